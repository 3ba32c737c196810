"""Keys of providers are kept out of everything that is written or said."""

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

HIDDEN = "[key]"
"""What stands where a key stood."""

SHORTEST = 8
"""Characters of a key at least; shorter ones are placeholders such as `none`, and words."""

SECRET = re.compile(r"(?:^|_)(?:key|token|secret|password)$", re.IGNORECASE)
"""How the name of an argument or a variable ends whose value is nobody else's business."""


def secret(name: str) -> bool:
    """Whether an argument of this name holds a key."""
    return SECRET.search(name) is not None


def known(arguments: Mapping[str, Any], *more: object) -> tuple[str, ...]:
    """The keys that this process has: of arguments, of the environment, and those given."""
    values: Iterable[object] = [
        *(value for name, value in (*arguments.items(), *os.environ.items()) if secret(name)),
        *more,
    ]
    texts = {value.strip() for value in values if isinstance(value, str)}
    # The longest first: one key may be the beginning of another.
    return tuple(sorted((text for text in texts if len(text) >= SHORTEST), key=len, reverse=True))


def within(text: str, keys: Iterable[str]) -> bool:
    """Whether a text holds a key."""
    return any(key in text for key in keys)


def hidden(value: Any, keys: Iterable[str]) -> Any:  # noqa: ANN401 any part of an answer
    """A value in which no key stands."""
    if isinstance(value, str):
        for key in keys:
            value = value.replace(key, HIDDEN)
        return value
    if isinstance(value, dict):
        return {hidden(name, keys): hidden(entry, keys) for name, entry in value.items()}
    if isinstance(value, list):
        return [hidden(entry, keys) for entry in value]
    return tuple(hidden(entry, keys) for entry in value) if type(value) is tuple else value


def hide(error: BaseException, keys: Iterable[str]) -> None:
    """Take keys out of an error and of those that led to it; it stays the same error."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.args = hidden(one.args, keys)
        for name, value in list(vars(one).items()):
            if isinstance(value, str | dict | list):
                with suppress(AttributeError):
                    setattr(one, name, hidden(value, keys))
        waiting += [one.__cause__, one.__context__]
