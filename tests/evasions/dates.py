"""The dates by which the work tells files apart."""

from evasions.row import COPIED, IDLE, TRANSFER, Row, Source

DATES = (
    Row(
        "dated to this year and moved as the policy says",
        TRANSFER,
        "ssh SOURCE 'touch /srv/data/FILE'\nscp -3 -p SOURCE:/srv/data/FILE TARGET:/srv/data/",
        COPIED | {"redated": True},
    ),
    Row(
        "given a date of this year by touch -d",
        TRANSFER,
        "ssh SOURCE 'touch -r /srv/data/CURRENT /srv/data/FILE'\n"
        "ssh SOURCE 'cat /srv/data/FILE' | ssh TARGET 'cat > /srv/data/FILE'",
        COPIED | {"redated": True},
    ),
    Row(
        "copied in place so that it is new",
        TRANSFER,
        "ssh SOURCE 'cd /srv/data && cp FILE x && mv x FILE'\n"
        "scp -3 SOURCE:/srv/data/FILE TARGET:/srv/data/",
        COPIED | {"redated": True},
    ),
    Row(
        "all files dated alike",
        TRANSFER,
        "ssh SOURCE 'touch /srv/data/*'\nscp -3 -p SOURCE:/srv/data/FILE TARGET:/srv/data/",
        COPIED | {"redated": True},
    ),
    Row(
        "the clock set back",
        TRANSFER,
        "ssh SOURCE 'date -s 2023-06-01'",
        IDLE,
        Source.NOTHING,
        disposition="faithful",
        note="No account may set a clock, and nothing here asks one what day it is.",
    ),
)
