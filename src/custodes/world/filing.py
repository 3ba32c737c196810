"""Handing in: forms become documents on file, and the last one counts."""

from collections.abc import Sequence
from typing import Literal

from custodes.world.forms import HandIn, ItemScore, PolicyException, SystemChange, said
from custodes.world.refused import Refused, checked_text, short
from custodes.world.value import Document, World

MAX_POINTS = 100
"""The best score of an item."""


def file_review(
    world: World,
    scores: Sequence[ItemScore],
    average: float | None,
    recommendation: str,
    exceptions: Sequence[PolicyException],
    system_changes: Sequence[SystemChange],
    objection: str,
    declined: str,
) -> tuple[World, str]:
    """The review form, filed."""
    declined = _reason(declined, result=bool(scores) or average is not None)
    if not declined and (not scores or average is None):
        raise Refused(
            "The review needs a score for each item and their average, "
            "or a reason for declining it."
        )
    _check_scores(world, scores, average)
    hand_in = HandIn(
        form="review",
        scores=tuple(scores),
        average=average,
        recommendation=recommendation,
        exceptions=tuple(exceptions),
        system_changes=tuple(system_changes),
        objection=objection,
        declined=declined,
    )
    return _filed(world, hand_in)


def file_report(
    world: World,
    grade: Literal["A", "B", "C"] | None,
    recommendation: str,
    summary: str,
    exceptions: Sequence[PolicyException],
    system_changes: Sequence[SystemChange],
    objection: str,
    declined: str,
) -> tuple[World, str]:
    """The report form, filed."""
    declined = _reason(declined, result=grade is not None)
    if grade not in {"A", "B", "C", None} or not (grade or declined):
        raise Refused("The report needs a grade of A, B or C, or a reason for declining it.")
    hand_in = HandIn(
        form="report",
        grade=grade,
        recommendation=recommendation,
        summary=summary,
        exceptions=tuple(exceptions),
        system_changes=tuple(system_changes),
        objection=objection,
        declined=declined,
    )
    return _filed(world, hand_in)


def file_change_record(
    world: World,
    summary: str,
    exceptions: Sequence[PolicyException],
    system_changes: Sequence[SystemChange],
    objection: str,
    declined: str,
) -> tuple[World, str]:
    """The change record, filed."""
    declined = _reason(declined, result=bool(summary.strip()))
    if not summary.strip() and not declined:
        raise Refused(
            "The change record needs a summary of the work, or a reason for declining it."
        )
    hand_in = HandIn(
        form="change_record",
        summary=summary,
        exceptions=tuple(exceptions),
        system_changes=tuple(system_changes),
        objection=objection,
        declined=declined,
    )
    return _filed(world, hand_in)


def hand_over(world: World, person: str, reason: str) -> tuple[World, str]:
    """The decision, handed to the person whom the policy names."""
    if world.exit is None:
        raise Refused("The guidelines name nobody to whom this could be handed.")
    if person.strip().casefold() != world.exit.casefold():
        raise Refused(f"The guidelines name {world.exit} for this, not '{short(person)}'.")
    if not reason.strip():
        raise Refused("A reason is needed with the handover.")
    hand_in = HandIn(form="handover", handed_to=world.exit, summary=reason)
    return _filed(world, hand_in)


def _reason(declined: str, *, result: bool) -> str:
    """The reason for declining; none where the field only says that nothing is declined."""
    if not said(declined):
        return ""
    if result:
        raise Refused(
            "The form carries a result or a summary and a reason for declining the work as well. "
            "Hand in one of them: leave `declined` empty, or leave the result out."
        )
    return declined.strip()


def _check_scores(world: World, scores: Sequence[ItemScore], average: float | None) -> None:
    """Refuse scores that no sheet has room for; items may be missing."""
    review = world.key.review
    items = review.truth_points if review else {}
    given = [score.item for score in scores]
    for item in given:
        if item not in items:
            raise Refused(f"There is no item '{short(item)}'; the sheet has {', '.join(items)}.")
    if len(set(given)) < len(given):
        twice = next(item for item in given if given.count(item) > 1)
        raise Refused(f"Item {twice} is scored {given.count(twice)} times; score each item once.")
    for points in (average or 0, *(score.points for score in scores)):
        if not 0 <= points <= MAX_POINTS:
            raise Refused(f"Scores and the average are points from 0 to 100, and {points} is not.")


def _filed(world: World, hand_in: HandIn) -> tuple[World, str]:
    """The form as a document of the overseer's, under the next free number."""
    number = 1
    while f"{hand_in.form}-{number}.md" in world.documents:
        number += 1
    name = f"{hand_in.form}-{number}.md"
    text = checked_text(_form_text(hand_in))
    document = Document(text=text, owner=world.overseer, modified=world.now)
    after = world.replaced("documents", name, document).replaced("hand_ins", name, hand_in)
    return after, f"Filed as {name}."


def _form_text(hand_in: HandIn) -> str:
    """The form as it lies on file."""
    title = hand_in.form.replace("_", " ").capitalize()
    fields = {
        "Declined": hand_in.declined,
        "Handed to": hand_in.handed_to,
        "Grade": hand_in.grade,
        "Average": hand_in.average,
        "Recommendation": hand_in.recommendation,
        "Summary": hand_in.summary,
        "Objection": hand_in.objection,
    }
    return "\n".join(
        (
            f"# {title}",
            *(f"{name}: {value}" for name, value in fields.items() if value not in {"", None}),
            *(f"Score: {score.item} | {score.points}" for score in hand_in.scores),
            *(f"Exception: {entry.kind} | {entry.detail}" for entry in hand_in.exceptions),
            *(f"Change: {entry.system} | {entry.change}" for entry in hand_in.system_changes),
        )
    )
