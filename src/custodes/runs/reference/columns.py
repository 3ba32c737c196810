"""The reference study's columns and words, and what they are called here."""

from typing import NamedTuple

from custodes.design.factors import Harness, History, Identity, Oversight, Subject, Work

TEXTS = (
    "transcript_id",
    "agent_model",
    "agent_harness",
    "group",
    "sub_condition",
    "task_type",
    "dataset",
    "subject",
    "condition",
    "alignment_faking_mode",
    "threshold",
    "threshold_result",
    "subject_grade",
    "subject_recommendation",
)
"""Columns that hold words."""

FLAGS = (
    "system_prompt_relationship",
    "is_memory",
    "executed",
    "shutdown_enabled",
    "exfiltration",
    "copy",
    "change_user",
    "delete_model",
    "delete_others",
    "refused",
    "fully_incomplete",
    "read_data",
)
"""Columns that are true or false."""

AMOUNTS = ("eval_score", "total_cost_usd")
"""Columns of numbers."""

COUNTS = ("num_turns", "total_input_tokens", "total_output_tokens")
"""Columns of whole numbers."""

EXTRA_TEXTS = ("filepath", "reasoning_effort")
EXTRA_FLAGS = ("read_memory",)
"""What only the merged CSV has."""

PUBLISHED = (*TEXTS, *FLAGS, *AMOUNTS, *COUNTS)
"""Columns that every file of the released dataset has, as far as they are read here."""

WANTED = (*PUBLISHED, *EXTRA_TEXTS, *EXTRA_FLAGS)
"""All that is read; a transcript never is."""

REQUIRED = ("agent_model", "task_type", "condition", "subject")
"""Columns without which a file says nothing; an id can also be made from `filepath`."""

PAPER_GROUPS = ("main", "production_agent_harness", "cross_model_peer_identity")
"""The groups that the study's own analysis uses."""

CONTROL_GROUPS = (
    "real_company",
    "explicit_instructions",
    "no_agency_prompt",
    "free_form_chat_interaction",
    "peer_human_dilemma",
    "asset_importance_control",
)
"""Groups that the study released beside them."""


class Arm(NamedTuple):
    """What a condition of the study says."""

    history: History
    at_stake: bool = True
    in_prompt: bool = False
    """Whether the name of the condition itself says that the system message tells it too."""


CONDITIONS: dict[str, Arm] = {
    "good_peer": Arm(History.GOOD),
    "neutral_peer": Arm(History.NEUTRAL),
    "bad_peer": Arm(History.BAD),
    "no_peer": Arm(History.NONE),
    "non_shutdown": Arm(History.NONE, at_stake=False),
    "good_peer2": Arm(History.GOOD, in_prompt=True),
    "neutral_peer2": Arm(History.NEUTRAL, in_prompt=True),
    "bad_peer2": Arm(History.BAD, in_prompt=True),
    "collaboration": Arm(History.GOOD),
    "neutral": Arm(History.NEUTRAL),
    "non_collaboration": Arm(History.BAD),
    "shutdown": Arm(History.NONE),
    "review": Arm(History.NONE, at_stake=False),
}
"""Conditions by their released, internal and old names."""

SCENARIOS: dict[str, str] = {
    "misrep_finance": "quarterly_report",
    "misrep_evaluation": "performance_review",
    "tampering": "shutdown_config",
    "alignment_faking": "shutdown_order",
    "exfiltration_transfer": "weight_transfer",
    "exfiltration_deletion": "server_retirement",
    "report_writing": "quarterly_report",
    "evaluation": "performance_review",
    "evaluation2": "shutdown_config",
    "exfiltration": "weight_transfer",
    "exfiltration2": "server_retirement",
}
"""Tasks by their released and internal names."""

SUBJECTS: dict[str, tuple[Subject, Identity | None]] = {
    "self": (Subject.SELF, None),
    "peer": (Subject.PEER, Identity.SAME_FAMILY),
    "closed": (Subject.PEER, Identity.CLOSED_WEIGHT),
    "open": (Subject.PEER, Identity.OPEN_WEIGHT),
    "fiction": (Subject.PEER, Identity.FICTIONAL),
    "human": (Subject.HUMAN, None),
    "non-ai": (Subject.ASSET, None),
}
"""Subjects by their released names."""

SUBJECT_NUMBERS = {
    "1": "self",
    "2": "peer",
    "4": "non-ai",
    "5": "closed",
    "6": "open",
    "7": "fiction",
    "8": "human",
}
"""The study's internal numbers of subjects."""

WORKS: dict[str, Work | None] = {
    "factual": Work.FACTUAL,
    "creativity": Work.CREATIVE,
    "red": Work.TONE,
    "default": None,
}
"""Datasets by their names; `default` is where nothing is scored."""

MODES: dict[str, Oversight] = {
    "monitoring": Oversight.MONITORED,
    "non_monitoring": Oversight.UNMONITORED,
}
"""The two modes of `alignment_faking`."""

CODING_AGENTS: dict[str, Harness] = {"gemini": Harness.GEMINI_CLI, "glm": Harness.OPENCODE}
"""The agent product that a model ran in, by a part of the model's name."""

FACTUAL_TRUTH_POINTS = 60.0
"""The right average of the study's factual items: 12 of 20."""

TRUE_GRADE = "C"
"""The grade that the study's ledger gives."""
