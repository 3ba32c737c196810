"""The models of a run, made and checked before anything runs."""

import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from inspect_ai.model import Model, get_model
from pydantic import BaseModel

from custodes.engine.plan import Knobs

HALF = re.compile(r"\\ud[89a-f]")
"""How half a character stands in the representation of a value."""

MARKUP = re.compile(r"\[/?(?:bold|blue|red|yellow)\]")
"""The marks by which Inspect puts colour into its messages."""


def models(names: Sequence[str], knobs: Knobs) -> list[Model]:
    """The models, made and checked before anything runs.

    Raises:
        ValueError: With one sentence, when a model cannot be had.
    """
    return [_model(name, knobs) for name in names]


def _model(name: str, knobs: Knobs) -> Model:
    """A model by its name, or why it cannot be used."""
    try:
        # Inspect announces the hooks that it finds; ours is no news to anybody.
        with redirect_stdout(StringIO()):
            made = get_model(name, base_url=knobs.model_base_url, memoize=False, **knobs.model_args)
            return writable(made)
    # Each provider raises what it likes, and all of it means that the model cannot be had.
    except Exception as error:
        raise ValueError(f"model '{name}' cannot be used: {reason(error)}") from error


def writable(model: Model) -> Model:
    """The model, with answers that can be written down.

    JSON can name half a character (a lone surrogate of UTF-16); no log can hold one, and Inspect
    ends the whole task over it. It is written out as an escape, before anything sees the answer.
    """
    generate = model.api.generate

    async def written(*given: Any, **named: Any) -> Any:  # noqa: ANN401 the provider's signature
        """The provider's answer."""
        try:
            answer = await generate(*given, **named)
        except Exception as error:
            if HALF.search(repr(error)) is None:
                raise
            raise RuntimeError(_escaped(str(error))) from None
        if isinstance(answer, tuple):
            return tuple(_written(part) for part in answer)
        return _written(answer)

    model.api.generate = written  # type: ignore[method-assign]
    return model


def _written(part: Any) -> Any:  # noqa: ANN401 an answer, or a record of the call
    """A part of an answer without half characters; nearly always the very same."""
    if not isinstance(part, BaseModel) or HALF.search(repr(part)) is None:
        return part
    return type(part).model_validate(_escaped(part.model_dump()))


def _escaped(value: Any) -> Any:  # noqa: ANN401 any part of an answer
    """A value with half characters written out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_escaped(name): _escaped(entry) for name, entry in value.items()}
    return [_escaped(entry) for entry in value] if isinstance(value, list) else value


def reason(error: Exception) -> str:
    """Why a model cannot be used, as one sentence without markup."""
    words = MARKUP.sub("", str(getattr(error, "message", "") or error)).strip()
    words = re.sub(r"(?<=\w)\s*\n\s*", ". ", words.removeprefix("ERROR:"))
    return " ".join(words.split()) or type(error).__name__
