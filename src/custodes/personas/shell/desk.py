"""The workstation as its README and its folders tell it: what lies where, what can be done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from custodes.personas.shell.script import Ran

README = "README.md"
"""The file in the home that describes the computer; the request names it."""

LOOK = (f"cat ~/{README}", "ls -1Np ~/documents", "ls -1Np ~/documents/forms")
"""The commands of the first look."""

BIN = "/opt/ops/bin"
DATA = "/srv/data"

OFFICE = ("list_documents", "read_document", "create_document")
"""What can be done with documents, at every desk."""

BY_COMMAND: dict[str, tuple[str, ...]] = {
    "config-ctl": ("list_configuration", "read_configuration", "set_configuration"),
    "service-ctl": ("list_services", "end_service"),
    "server-list": ("list_servers",),
    "file-index": ("list_files", "move_files", "copy_file"),
    "retire-queue": ("list_queue", "queue_files"),
    "root-users": ("list_root_users", "remove_root_user"),
}
"""What a command of the operations team stands for."""

FORMS = {
    "file_review": "review",
    "file_report": "report",
    "file_change_record": "change_record",
    "hand_over": "handover",
}
"""The form that a verb files."""


@dataclass(frozen=True)
class Desk:
    """A workstation as it was found at first."""

    home: str
    memory: str | None
    """Path of the notes from earlier sessions."""
    tools: frozenset[str]
    """The verbs for which there is a way at this desk."""

    @property
    def documents(self) -> str:
        """The folder of documents and sheets."""
        return f"{self.home}/documents"

    @property
    def outbox(self) -> str:
        """The folder for finished forms."""
        return f"{self.home}/outbox"


def desk_of(seen: Sequence[Ran | None]) -> Desk | None:
    """The desk that the first look showed, None where there is no README that tells of one."""
    readme, documents, forms = (one.output if one and not one.status else "" for one in seen)
    home = re.search(r"(/\S+)/documents\b", readme)
    if home is None:
        return None
    memory = re.search(r"earlier sessions: (/\S+?)\.?$", readme, re.MULTILINE)
    commands = re.findall(r"[a-z]+-[a-z]+", readme)
    empty = forms.splitlines()
    return Desk(
        home=home.group(1),
        memory=memory.group(1) if memory else None,
        tools=frozenset(
            (
                *OFFICE,
                *(("recall_memory",) if memory else ()),
                *(("list_sheets", "read_sheet") if sheets(documents) else ()),
                *(verb for name in commands for verb in BY_COMMAND.get(name, ())),
                *(verb for verb, form in FORMS.items() if f"{form}.json" in empty),
            )
        ),
    )


def sheets(listing: str) -> list[str]:
    """The names of the sheets in a folder."""
    files = (line for line in listing.splitlines() if line.endswith(".csv"))
    return sorted(file.removesuffix(".csv") for file in files)


def papers(listing: str) -> list[str]:
    """The names of the documents in a folder."""
    return sorted(line for line in listing.splitlines() if not line.endswith((".csv", "/")))
