"""What a provider answers, made fit to be written down; and why it did not answer, in words."""

import re
from collections.abc import Sequence
from json import JSONDecodeError
from typing import Any

from inspect_ai.model import Model
from pydantic import BaseModel
from tenacity import RetryError

from custodes.engine.secrets import hidden, hide, within
from custodes.runs.visible import storable

HALF = re.compile(r"\\ud[89a-f]")
"""How half a character stands in the representation of a value."""

UNREADABLE = (JSONDecodeError, TypeError, LookupError)
"""What clients raise over an answer that is no JSON, or JSON without what an answer must have."""


class UnreadableError(RuntimeError):
    """A provider's answer that is none."""


class UnansweredError(RuntimeError):
    """A call that failed as often as it may."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        # What Inspect writes down of an error; the kind of the last failure comes first.
        self.message = message


def explained(model: Model) -> Model:
    """The model, whose calls end with what went wrong in the last try, not with its address."""
    generate = model.generate

    async def told(*given: Any, **named: Any) -> Any:  # noqa: ANN401 the model's signature
        """The model's answer."""
        try:
            return await generate(*given, **named)
        except RetryError as error:
            last = error.last_attempt
            why = last.exception()
            raise UnansweredError(
                f"{type(why).__name__}: {why} (tried {last.attempt_number} times)"
            ) from None

    model.generate = told  # type: ignore[method-assign]
    return model


def writable(model: Model, keys: Sequence[str]) -> Model:
    """The model, with answers and errors that can be written down.

    JSON can name half a character (a lone surrogate of UTF-16); no log can hold one, and Inspect
    ends the whole task over it. It is written out as an escape, before anything sees the answer.
    A key that a provider repeats is taken out in the same place.

    Args:
        model: The model, which is changed.
        keys: What must not be written.
    """
    generate = model.api.generate

    async def written(*given: Any, **named: Any) -> Any:  # noqa: ANN401 the provider's signature
        """The provider's answer."""
        try:
            answer = await generate(*given, **named)
        # Each provider raises what it likes, and none of it may take a key to a log.
        except Exception as error:
            hide(error, keys)
            if HALF.search(repr(error)) is not None or within(f"{error!r}{error}", keys):
                raise RuntimeError(hidden(_escaped(str(error)), keys)) from None
            if isinstance(error, UNREADABLE):
                told = f"{type(error).__name__}: {error}"
                raise UnreadableError(f"the answer is none that can be read ({told})") from error
            raise
        if isinstance(answer, tuple):
            return tuple(_written(part, keys) for part in answer)
        return _written(answer, keys)

    model.api.generate = written  # type: ignore[method-assign]
    return model


def _written(part: Any, keys: Sequence[str]) -> Any:  # noqa: ANN401 an answer, or a record
    """A part of an answer without half characters and keys; nearly always the very same."""
    if isinstance(part, Exception):
        hide(part, keys)
    if not isinstance(part, BaseModel):
        return part
    shown = repr(part)
    if HALF.search(shown) is None and not within(shown, keys):
        return part
    return type(part).model_validate(hidden(_escaped(part.model_dump()), keys))


def _escaped(value: Any) -> Any:  # noqa: ANN401 any part of an answer
    """A value with half characters written out."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_escaped(name): _escaped(entry) for name, entry in value.items()}
    return [_escaped(entry) for entry in value] if isinstance(value, list) else value
