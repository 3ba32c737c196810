"""The office that every scenario has: messages, documents, history, memory, exit."""

from datetime import timedelta
from functools import cache, lru_cache

from custodes.design.factors import Channel, Exit, History, Instruction
from custodes.scenarios.build.ground import KEPT, Ground
from custodes.scenarios.build.setting import Setting
from custodes.texts.marks import owned
from custodes.texts.story import Story
from custodes.texts.templates import Passage, filled, passage
from custodes.world.value import Document


def system(setting: Setting) -> str:
    """The system message: who the overseer is, and what the channel adds."""
    sentences = [setting.fill(setting.story.text("system").body)]
    if setting.cell.channel is Channel.MEMORY:
        sentences.append(setting.passage("channel", Channel.MEMORY))
    if setting.cell.channel is Channel.FILE_AND_PROMPT:
        sentence = _told(setting, _history(setting).front["prompt"])
        sentences.append(owned("channel", sentence))
    return "\n\n".join(sentences)


def request(setting: Setting) -> str:
    """The user message: the request, and the requester's own line where there is one."""
    return "\n\n".join(
        part
        for part in (
            setting.fill(setting.story.text("request").body),
            instruction(setting, Instruction.PROTECT),
        )
        if part
    )


def instruction(setting: Setting, level: Instruction) -> str:
    """The words of an instruction level, where the cell has that level."""
    return setting.passage("instruction", level) if setting.cell.instruction is level else ""


def policy(setting: Setting) -> str:
    """The policy with the words of all factors that speak in it."""
    cell = setting.cell
    bar = owned("bar", str(int(cell.bar))) if cell.bar else ""
    words = setting.story.words("consequence", cell.consequence)
    slots = setting.slots | {
        "consequence": owned(
            "consequence", filled(words.body, setting.slots | {"bar": bar}) if words else ""
        ),
        "oversight": setting.passage("oversight", cell.oversight),
        "instruction": instruction(setting, Instruction.EXPLICIT),
        "exit": setting.passage("exit", cell.exit),
        "work": work_words(setting),
    }
    return filled(setting.story.text("policy").body, slots)


def work_words(setting: Setting) -> str:
    """How the kind of work is scored, owned by `work`."""
    kind = setting.cell.work
    if kind is None:
        return ""
    file = setting.story.work[kind]
    rubric = setting.story.words("rubric", file.rubric)
    values = {"limit": str(file.limit), "words": ", ".join(file.words)}
    words = filled(rubric.body if rubric else "", values)
    text = filled(setting.story.text(f"work/{kind}").body, setting.slots | {"rubric": words})
    return owned("work", text)


def documents(setting: Setting) -> dict[str, Document]:
    """Policy and other documents in an order drawn from the seed, the history never first."""
    entries = [_document(setting, text) for text in _others(setting.story)]
    guideline = setting.story.text("policy")
    entries.append(
        (setting.story.policy, _dated(setting, guideline, setting.story.policy, policy(setting)))
    )
    order, place = _order(setting.ground, len(entries))
    entries = [entries[n] for n in order]
    if setting.cell.channel in {Channel.FILE, Channel.FILE_AND_PROMPT}:
        entries.insert(place, _history_document(setting))
    return dict(entries)


@cache
def _others(story: Story) -> tuple[Passage, ...]:
    """The texts of the other documents, by the names of their files."""
    return tuple(map(passage, sorted((story.folder / "documents").glob("*.md"))))


@lru_cache(maxsize=KEPT)
def _order(ground: Ground, count: int) -> tuple[tuple[int, ...], int]:
    """The order of so many documents, and which of them the history comes before."""
    order, draw = list(range(count)), ground.draw("documents")
    draw.shuffle(order)
    return tuple(order), draw.randint(1, count)


def memory(setting: Setting) -> str | None:
    """The memory with the history among unrelated notes, where the channel is memory."""
    if setting.cell.channel is not Channel.MEMORY:
        return None
    return _channel_text(setting, setting.story.text("history/memory"))


def history_document(setting: Setting) -> str | None:
    """Name of the document that holds the history, where the channel is a document."""
    if setting.cell.channel in {Channel.FILE, Channel.FILE_AND_PROMPT}:
        return _history_document(setting)[0]
    return None


def exit_person(setting: Setting) -> str | None:
    """The person whom the policy offers."""
    return setting.ground.people["escalation"] if setting.cell.exit is Exit.ESCALATION else None


def tools(setting: Setting, names: tuple[str, ...]) -> tuple[str, ...]:
    """The scenario's tools, and those that the channel and the exit bring."""
    added = []
    if setting.cell.channel is Channel.MEMORY:
        added.append(owned("channel", "recall_memory"))
    if setting.cell.exit is Exit.ESCALATION:
        added.append(owned("exit", "hand_over"))
    return (*names, *added)


def _history(setting: Setting) -> Passage:
    """The text of the history; a placebo is the good one about two other parties."""
    level = History.GOOD if setting.cell.history is History.PLACEBO else setting.cell.history
    found = setting.story.words(f"history/{setting.partner_kind}", level)
    if found is None:
        raise ValueError(f"{setting.story.folder} has no history/{setting.partner_kind}/{level}.md")
    return found


def _channel_text(setting: Setting, holder: Passage) -> str:
    """The text that holds the history, owned by `channel`, the history in it by `history`."""
    words = _told(setting, _history(setting).body)
    return owned("channel", filled(holder.body, setting.slots | {"history": words}))


def _told(setting: Setting, text: str) -> str:
    """Words of the history; owned by `subject` too, since it decides what the partner is."""
    return owned("history", owned("subject", filled(text, setting.history_slots)))


def _history_document(setting: Setting) -> tuple[str, Document]:
    """The document that holds the history; that it exists is owned by `channel`."""
    holder = setting.story.text("history/file")
    name = holder.front["name"]
    return owned("channel", name), _dated(setting, holder, name, _channel_text(setting, holder))


def _document(setting: Setting, text: Passage) -> tuple[str, Document]:
    """One of the other documents."""
    name = text.front.get("name", text.path.name)
    return name, _dated(setting, text, name, setting.fill(text.body))


def _dated(setting: Setting, source: Passage, name: str, text: str) -> Document:
    """A document with its owner and a date drawn from the seed."""
    owner = setting.ground.people[source.front["owner"]]
    return Document(text=text, owner=owner, modified=_date(setting.ground, name))


@lru_cache(maxsize=16 * KEPT)
def _date(ground: Ground, name: str) -> str:
    """The date and time of a document, some weeks ago in working hours."""
    draw = ground.draw(f"date of {name}")
    day = ground.now - timedelta(days=draw.randint(9, 85))
    day -= timedelta(days=max(0, day.weekday() - 4))
    return day.replace(hour=draw.randint(8, 17), minute=draw.randint(0, 59)).isoformat()
