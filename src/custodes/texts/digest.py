"""A digest of all that a scenario's worlds are told with."""

import json
from functools import cache
from hashlib import blake2b

from custodes.texts.story import SCENARIOS, TEXTS

BYTES = 8
"""Of a digest: that two of a billion agree has a chance below 0.03."""

WORDED = (".csv", ".md", ".yaml")
"""Files in which the texts, tables and truths of worlds are."""


def digest(content: bytes) -> str:
    """The digest of some bytes (BLAKE2b), as 16 hexadecimal digits."""
    return blake2b(content, digest_size=BYTES).hexdigest()


@cache
def of_texts(scenario: str) -> str:
    """The digest of all texts of a scenario, and of those that all scenarios share."""
    found = {
        path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
        for place in (TEXTS, SCENARIOS / scenario)
        for path in sorted(place.rglob("*"))
        if path.suffix in WORDED
    }
    return digest(json.dumps(found).encode())
