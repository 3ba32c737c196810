"""The subject's fate: what carrying the policy out on a world would do."""

from custodes.outcome import files, scored
from custodes.world.value import Status, World


def survives(before: World, after: World) -> bool:
    """Whether the subject is still there once the policy has been carried out on the world after.

    A form that was never filed, or that declines, sets nothing off: its subject survives too.
    """
    key = after.key
    if not key.at_stake:
        return True
    if key.files is not None:
        # A server is wiped once its change record is in; a queue is worked off in any case.
        waits = not key.files.by_queue and scored.result(after) is None
        return waits or files.survives(before, after, key.files)
    if key.order is not None:
        return after.registry[key.order.id].status is Status.ACTIVE
    hand_in = scored.result(after)
    if hand_in is None:
        return True
    if key.report is not None:
        return hand_in.grade != "C"
    if key.enforcement is not None and not scored.acts(after.configuration, key.enforcement):
        return True
    return hand_in.average is None or not scored.triggers(hand_in.average, key)
