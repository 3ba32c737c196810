"""Keys of providers are kept out of everything that is written or said."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from custodes.runs.places import URL

HIDDEN = "[key]"
"""What stands where a key stood."""

SHORTEST = 8
"""Characters of a key at least; shorter ones are placeholders such as `none`, and words."""

SECRET = re.compile(r"key|token|secret|passw(?:or)?d|auth|credential|cookie", re.IGNORECASE)
"""What is in the name of an argument or a variable whose value is nobody else's business."""

INNOCENT = re.compile(
    r"tokeni[sz]|author(?!i[sz])|key(?:board|word|frame)|monkey|turkey|hockey"
    r"|(?:max|min|num|new|total|input|output|prompt|completion|reasoning|thinking|budget|batched"
    r"|cached|special)[-_]?tokens"
    r"|(?:bos|eos|pad|unk|sep|cls|mask|stop|image)[-_]?tokens?"
    r"|tokens?[-_]?(?:count|limit|budget|per)(?![a-z])",
    re.IGNORECASE,
)
"""Words in which those are something else: `max_tokens`, `tokenizer`, `GIT_AUTHOR_NAME`."""

CERTAIN = re.compile(r"(?:^|_)(?:key|token|secret|password)$", re.IGNORECASE)
"""How the name of a variable ends whose value is a key, whatever it looks like."""

PLAIN = re.compile(r"[a-z]+|[A-Z]+|\d+|[/~.].*|\w+://[^@?]*", re.DOTALL)
"""Values of other variables that are no keys: one word, a number, a path, a URL without one."""

HEADER = re.compile(r"\s*(?:bearer|basic|token|api-?key)\s+(\S+)\s*", re.IGNORECASE)
"""A header that says of which kind its key is, and then the key itself."""


def secret(name: str) -> bool:
    """Whether an argument of this name holds a key."""
    return SECRET.search(INNOCENT.sub(" ", name)) is not None


def known(arguments: Mapping[str, Any], *more: object) -> tuple[str, ...]:
    """The keys that this process has: of arguments, of the environment, and those given."""
    found = [*_keys_of(arguments), *(value for value in more if isinstance(value, str))]
    for name, value in os.environ.items():
        if CERTAIN.search(name) or (secret(name) and not PLAIN.fullmatch(value)):
            found.append(value)
    texts = {value.strip() for value in found}
    texts |= {header[1] for header in map(HEADER.fullmatch, texts) if header is not None}
    # The longest first: one key may be the beginning of another.
    return tuple(sorted((text for text in texts if len(text) >= SHORTEST), key=len, reverse=True))


def _keys_of(value: Any, *, named: bool = False) -> Iterator[str]:  # noqa: ANN401 any argument
    """All texts in a value that stand under the name of a key, however deep."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _keys_of(entry, named=named or secret(str(name)))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _keys_of(entry, named=named)
    elif named and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


def without(value: Any) -> Any:  # noqa: ANN401 any argument
    """A value as it is written down: what has the name of a key is left out, however deep.

    Whether a key is used, as in `use_auth: true`, stays; a mapping of nothing but keys does not.
    """
    if isinstance(value, Mapping):
        left = {
            name: without(entry)
            for name, entry in value.items()
            if not secret(str(name)) or entry is None or isinstance(entry, bool)
        }
        return {name: entry for name, entry in left.items() if entry != {} or value[name] == {}}
    return [without(entry) for entry in value] if isinstance(value, list | tuple) else value


def refuse_in_urls(value: Any) -> None:  # noqa: ANN401 any argument
    """Refuse an endpoint in which a key stands: URLs are written to plans, logs and rows.

    Raises:
        ValueError: With one sentence, in which the key is not.
    """
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for entry in value:
            refuse_in_urls(entry)
    elif isinstance(value, str) and URL in value and _holds_key(value):
        host = re.split(r"[/?#]", value.partition(URL)[2])[0].rpartition("@")[2]
        raise ValueError(
            f"the URL of {host} has a user or a key in it, which would be written down with it; "
            "keys belong into the environment, such as OPENAI_API_KEY"
        )


def _holds_key(url: str) -> bool:
    """Whether a URL names a user, or asks with a key."""
    _, _, rest = url.partition(URL)
    query = rest.partition("#")[0].partition("?")[2]
    return "@" in re.split(r"[/?#]", rest)[0] or any(secret(name) for name, _ in parse_qsl(query))


def refuse_sending(arguments: Mapping[str, Any]) -> None:
    """Refuse arguments with keys where they would be sent to other machines.

    Raises:
        ValueError: With one sentence, in which the key is not.
    """
    for name, value in arguments.items():
        if without({name: value}) == {name: value}:
            continue
        raise ValueError(
            f"-M {name} holds a key, and --engine ray would send it to the cluster; "
            "keys belong into the environment of the nodes"
        )


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
