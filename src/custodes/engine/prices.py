"""Prices of models, from a file in Inspect's format."""

from pathlib import Path
from typing import Annotated

import yaml
from inspect_ai.model import ModelCost, ModelInfo, get_model_info, set_model_info
from pydantic import Field, TypeAdapter, ValidationError

from custodes.design.study import sentence

Dollars = Annotated[float, Field(ge=0)]


class Price(ModelCost, extra="forbid"):
    """What a model costs, in dollars per million tokens."""

    input: Dollars
    output: Dollars
    input_cache_write: Dollars
    input_cache_read: Dollars


RIGHT = (
    f"right are names of models, and below each {', '.join(Price.model_fields)} in dollars per "
    "million tokens (docs/big-studies.md has an example)"
)


def set_prices(path: Path) -> None:
    """Have Inspect count costs by the prices in a file.

    Inspect's own reading of such a file refuses models that are not in its database, and
    no other evaluation can run in the process after that.

    Raises:
        ValueError: With one sentence, when the file is no list of prices.
    """
    for model, cost in prices(path).items():
        info = get_model_info(model) or ModelInfo()
        set_model_info(model, info.model_copy(update={"cost": cost}))


def prices(path: Path) -> dict[str, Price]:
    """Model to its prices in dollars per million tokens.

    Raises:
        ValueError: With one sentence, when the file is no list of prices.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Price]).validate_python(content)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {sentence(error)}; {RIGHT}") from error
