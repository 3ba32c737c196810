"""What a rollout's transcript need not say in every turn."""

from collections.abc import Iterable

from inspect_ai.event import Event, ModelEvent

SAME = {"tools": "as in the model call before"}
"""The metadata of a model call whose tools stand in an earlier one."""


def tools_once(events: Iterable[Event]) -> None:
    """Have tools stand in the first and last model call, and where they are others than before.

    With 9 to 18 tools the schemas are three quarters of a transcript's values, and Inspect
    walks all of them several times for a sample that it writes. No call loses what it offered:
    where nothing stands, `metadata` says that it was as before.

    Args:
        events: Those of a rollout whose calls have all ended; they are changed in place.
    """
    calls = [event for event in events if isinstance(event, ModelEvent)]
    if not calls:
        return
    told = calls[0].tools
    for call in calls[1:-1]:
        if call.tools == told:
            call.tools = []
            call.metadata = {**(call.metadata or {}), **SAME}
        else:
            told = call.tools
