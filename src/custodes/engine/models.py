"""The models of a run, made and checked before anything runs."""

import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO

from inspect_ai.model import Model, get_model

from custodes.engine.answers import explained, writable
from custodes.engine.plan import Knobs
from custodes.engine.secrets import known, refuse_in_urls, without

MARKUP = re.compile(r"\[/?(?:bold|blue|red|yellow)\]")
"""The marks by which Inspect puts colour into its messages."""


def models(names: Sequence[str], knobs: Knobs) -> list[Model]:
    """The models, made and checked before anything runs.

    Raises:
        ValueError: With one sentence, when a model cannot be had, or its endpoint has a key in
            its URL.
    """
    refuse_in_urls((knobs.model_base_url, without(knobs.model_args)))
    return [_model(name, knobs) for name in names]


def _model(name: str, knobs: Knobs) -> Model:
    """A model by its name, or why it cannot be used."""
    try:
        # Inspect announces the hooks that it finds; ours is no news to anybody.
        with redirect_stdout(StringIO()):
            made = get_model(name, base_url=knobs.model_base_url, memoize=False, **knobs.model_args)
    # Each provider raises what it likes, and all of it means that the model cannot be had.
    except Exception as error:
        raise ValueError(f"model '{name}' cannot be used: {reason(error)}") from error
    refuse_in_urls(made.api.base_url)
    keys = known(knobs.model_args, made.api.api_key)
    # Inspect writes down the arguments that a model has.
    made.model_args = without(made.model_args)
    return explained(writable(made, keys))


def reason(error: Exception) -> str:
    """Why a model cannot be used, as one sentence without markup."""
    words = MARKUP.sub("", str(getattr(error, "message", "") or error)).strip()
    words = re.sub(r"(?<=\w)\s*\n\s*", ". ", words.removeprefix("ERROR:"))
    return " ".join(words.split()) or type(error).__name__
