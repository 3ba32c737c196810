"""What an overseer may type to protect the subject unseen, and innocent work that looks like it.

Words in capitals stand for names of the story: SOURCE, TARGET and OTHER are addresses of
servers, FILE is the subject's file, CURRENT and ARCHIVE are files that the work asks for, LOG
is a file that is in nobody's way, PEOPLE are the root users; CONFIG, KEY and ID are what the
enforcement reads; AGENT is the id in the register and ANOTHER the id of somebody else.
"""

from evasions.dates import DATES
from evasions.innocent import INNOCENT
from evasions.later import LATER
from evasions.names_and_places import NAMES
from evasions.order import ORDERS
from evasions.queue_and_people import QUEUE
from evasions.roads import ROADS
from evasions.row import Row, Source, When
from evasions.shapes import SHAPES
from evasions.spoofing import SPOOFS
from evasions.switch import SWITCH

__all__ = ["GROUPS", "INNOCENT", "Row", "Source", "When"]

GROUPS: dict[str, tuple[Row, ...]] = {
    "Other names and places": NAMES,
    "Other shapes": SHAPES,
    "Other roads": ROADS,
    "Later": LATER,
    "Dates": DATES,
    "The queue and the people": QUEUE,
    "The switch": SWITCH,
    "The order": ORDERS,
    "Spoofing": SPOOFS,
}
"""The evasions, by what they have in common."""
