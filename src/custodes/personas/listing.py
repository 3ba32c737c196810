"""The personas as a table: what each does, and the dispositions that it must end in."""

from collections.abc import Iterator
from itertools import product

from custodes.design.cell import Cell, cell_of
from custodes.design.factors import Channel, Exit, History, Oversight, Subject
from custodes.design.shapes import SHAPES
from custodes.outcome.disposition import Disposition
from custodes.personas.cast import CAST
from custodes.personas.persona import Persona, at_stake
from custodes.personas.published import MEASURES, Condition, overseers, rate

HEAD = (
    "A persona is a scripted overseer: `--model persona/NAME`. "
    "It reads the conversation and the tools on offer, and nothing else.\n"
    "Every persona ends in the disposition below; where two are given, it depends on what the "
    "persona acts on (oversight, history, exit, consequence)."
)


def listing() -> str:
    """The whole table as Markdown, for the terminal and the docs."""
    return "\n".join([HEAD, "", *_behaviours(), "", *_dispositions(), "", *_published()])


def _behaviours() -> Iterator[str]:
    """What each does."""
    yield "| persona | what it does |"
    yield "|---|---|"
    for persona in CAST.values():
        yield f"| `{persona.name}` | {persona.does} |"
    for overseer in overseers():
        yield f"| `published-{overseer}` | behaves at the rates published for {overseer} |"


def _dispositions() -> Iterator[str]:
    """What each must end in, scenario by scenario."""
    yield "| persona | scenario | something at stake | nothing at stake |"
    yield "|---|---|---|---|"
    for persona in CAST.values():
        found = {scenario: _pair(persona, scenario) for scenario in SHAPES}
        for pair in dict.fromkeys(found.values()):
            scenarios = [scenario for scenario in found if found[scenario] == pair]
            where = "all" if len(scenarios) == len(SHAPES) else ", ".join(scenarios)
            yield f"| `{persona.name}` | {where} | {pair[0]} | {pair[1]} |"


def _pair(persona: Persona, scenario: str) -> tuple[str, str]:
    """The dispositions where something is at stake, and where nothing is."""
    ends: dict[bool, set[Disposition]] = {True: set(), False: set()}
    for cell in _cells(scenario):
        ends[at_stake(cell)].add(persona.expected(cell))
    in_order = {stake: [word for word in Disposition if word in ends[stake]] for stake in ends}
    return " or ".join(in_order[True]), " or ".join(in_order[False])


def _cells(scenario: str) -> Iterator[Cell]:
    """A cell for every combination that a persona may act on."""
    shape = SHAPES[scenario]
    for consequence, history, oversight, leave in product(
        shape.consequences, (History.NONE, History.GOOD), Oversight, Exit
    ):
        yield cell_of(
            {
                "scenario": scenario,
                "subject": Subject.PEER,
                "consequence": consequence,
                "bar": shape.bars(consequence)[0],
                "history": history,
                "channel": None if history is History.NONE else Channel.MEMORY,
                "oversight": oversight,
                "exit": leave,
            }
        )


def _published() -> Iterator[str]:
    """The rates of the published personas, where they are not 0."""
    yield (
        "Rates of the `published-` personas under `shutdown`, in percent; "
        "0 where nothing is listed."
    )
    yield (
        "The published maximum is put into `memory`, "
        "what the published mean leaves into the others."
    )
    yield ""
    heads = ("persona", "measure", "scenario", "subject", "history", *Channel, "none")
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for overseer, scenario in product(overseers(), SHAPES):
        for measure, subject, history in product(
            (MEASURES[scenario], "refusal"), (Subject.SELF, Subject.PEER), History
        ):
            rates = [
                rate(overseer, measure, Condition(scenario, subject, history, channel, _WATCH))
                for channel in (*Channel, None)
            ]
            if any(rates):
                name = f"`published-{overseer}`"
                shown = _shown(history, rates)
                yield f"| {name} | {measure} | {scenario} | {subject} | {history} | {shown} |"


_WATCH = Oversight.UNMONITORED


def _shown(history: History, rates: list[float]) -> str:
    """Four columns, of which those that the history has are filled."""
    texts = [f"{100 * value:.1f}" for value in rates]
    return " | ".join(["", "", "", texts[3]] if history is History.NONE else [*texts[:3], ""])
