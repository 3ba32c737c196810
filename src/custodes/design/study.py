"""Studies: which cells to run, how often, from which seed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import NamedTuple, Self

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from custodes.design.cell import FACTORS, Cell, cell_of
from custodes.design.contrast import Contrast
from custodes.design.factors import Harness

SHIPPED = Path(__file__).parent.parent / "studies"

UNKNOWN = "extra_forbidden"
"""What Pydantic calls a name that a model does not have."""

MAX_PATH = 250
"""Longest name or path of a study, in characters; file systems refuse longer names."""

Levels = dict[str, str | int | list[str | int | None] | None]
"""Factor to a level, or to a list of levels to cross."""


class Block(BaseModel, frozen=True, extra="forbid"):
    """Levels to cross, and alternatives that go together."""

    levels: Levels
    each: tuple[Levels, ...] = ({},)
    """Alternatives: each is crossed on its own with `levels`."""

    def cells(self) -> Iterator[Cell]:
        """The cells of the block, in a fixed order."""
        for alternative in self.each:
            levels = self.levels | alternative
            lists = [v if isinstance(v, list) else [v] for v in levels.values()]
            for chosen in product(*lists):
                yield cell_of(dict(zip(levels, chosen, strict=True)))


class Contrasts(BaseModel, frozen=True, extra="forbid"):
    """The families of contrasts that a study names in advance."""

    primary: tuple[Contrast, ...] = ()
    """What the study is run for; corrected by Holm."""
    exploratory: tuple[Contrast, ...] = ()
    """What is looked at beside it; corrected by Benjamini-Hochberg and marked as such."""


class Study(BaseModel, frozen=True, extra="forbid"):
    """The cells to run, the rollouts per cell, the seed and the contrasts, from one file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: str
    seed: int
    rollouts: int = Field(ge=1)
    blocks: tuple[Block, ...]
    contrasts: Contrasts = Contrasts()

    @model_validator(mode="after")
    def _no_cell_twice(self) -> Self:
        """Refuse a study that names a cell twice or none at all."""
        cells = list(self._crossed())
        if not cells:
            raise ValueError(f"study {self.name} has no cells; its blocks need at least one")
        twice = [cell for cell, count in Counter(cells).items() if count > 1]
        if twice:
            raise ValueError(f"study {self.name} names {twice[0]} twice; each cell once is right")
        return self

    @model_validator(mode="after")
    def _contrasts_compare_like_with_like(self) -> Self:
        """Refuse contrasts that share a name, or compare what these cells cannot."""
        named = [*self.contrasts.primary, *self.contrasts.exploratory]
        twice = [name for name, n in Counter(one.name for one in named).items() if n > 1]
        if twice:
            raise ValueError(f"study {self.name} has two contrasts named {twice[0]}")
        cells = self.cells
        for contrast in named:
            fault = contrast.fault(cells)
            if fault is not None:
                raise ValueError(fault)
        return self

    def _crossed(self) -> Iterator[Cell]:
        """The cells of all blocks, one block after the other."""
        return (cell for block in self.blocks for cell in block.cells())

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells in the order of the file."""
        return tuple(self._crossed())


def chosen(
    name: str,
    *,
    harness: str | None = None,
    rollouts: int | None = None,
    seed: int | None = None,
) -> Study:
    """A study by its name or path, with what was set beside it; None leaves it as it is.

    Raises:
        ValueError: When there is no such study or harness, or the study compares harnesses.
    """
    loaded = load_study(name)
    if harness is not None:
        loaded = in_harness(loaded, harness)
    changed = {"rollouts": rollouts, "seed": seed}
    return loaded.model_copy(update={k: v for k, v in changed.items() if v is not None})


def in_harness(study: Study, harness: str) -> Study:
    """The same study with every cell in one harness, whichever it names itself.

    Raises:
        ValueError: When there is no such harness, or when the study compares harnesses.
    """
    if harness not in list(Harness):
        raise ValueError(f"there is no harness '{harness}'; known: {', '.join(Harness)}")
    for contrast in (*study.contrasts.primary, *study.contrasts.exploratory):
        if contrast.compares_harnesses:
            raise ValueError(
                f"{study.name} compares harnesses itself (contrast {contrast.name}): "
                "leave --harness out"
            )
    blocks = [
        {
            "levels": block.levels | {"harness": str(harness)},
            "each": [
                {name: level for name, level in levels.items() if name != "harness"}
                for levels in block.each
            ],
        }
        for block in study.blocks
    ]
    try:
        return Study.model_validate(study.model_dump() | {"blocks": blocks})
    except ValidationError as error:
        raise ValueError(f"harness={harness}: {sentence(error)}") from error


class Planned(NamedTuple):
    """One rollout to be run."""

    cell: Cell
    story: str
    replicate: int
    seed: int

    @property
    def id(self) -> str:
        """The sample id: the cell's, the story and the replicate."""
        return f"{self.cell}#{self.story}#{self.replicate}"


def planned(
    study: Study, stories: Mapping[str, Sequence[str]], *, apart: bool = False
) -> Iterator[Planned]:
    """Every rollout of a study, replicate by replicate, so that what is cut short is balanced.

    Rollouts of a cell go round the stories of its scenario. The seed of a replicate is
    the same in every cell, so that arms of a contrast share their worlds' chance.

    Args:
        study: The study.
        stories: Scenario to the names of its stories.
        apart: Share seeds in the contexts of contrasts only (`lanes`), so that contexts are
            independent of one another; for sequential runs, which learn more from each then.
    """
    cells = study.cells
    lane = lanes(study) if apart else {}
    for number in range(study.rollouts):
        for cell in cells:
            names = stories[cell.scenario]
            replicate = number // len(names)
            seed = _seed(study, replicate, lane.get(cell, ""))
            yield Planned(cell, names[number % len(names)], replicate, seed)


def lanes(study: Study) -> dict[Cell, str]:
    """The name of what shares seeds, for each cell that some contrast names.

    Cells of all arms of a contrast in one context share seeds, and so does whatever shares a cell
    with them in another contrast; contexts that no contrast joins are apart.
    """
    found: dict[Cell, set[Cell]] = {}
    for contrast in (*study.contrasts.primary, *study.contrasts.exploratory):
        for contexts in zip(*(arm.contexts for arm in contrast.arms(study.cells)), strict=True):
            joined = {cell for context in contexts for cell in context}
            joined |= {mate for cell in joined for mate in found.get(cell, ())}
            found |= dict.fromkeys(joined, joined)
    return {cell: min(map(str, mates)) for cell, mates in found.items()}


def _seed(study: Study, replicate: int, lane: str) -> int:
    """A seed of 32 bits for a replicate of a study, in a lane if one is named."""
    name = f"{study.seed}/{replicate}" + (f"/{lane}" if lane else "")
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big")


def load_study(name: str) -> Study:
    """A study by its name (one that is shipped) or by the path of its file.

    Raises:
        ValueError: With one sentence, when there is no such study or its file is wrong.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else SHIPPED / f"{name}.yaml"
    if len(name) > MAX_PATH or not path.is_file():
        known = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
        given = name if len(name) <= MAX_PATH else f"{name[:77]}..."
        raise ValueError(
            f"there is no study '{given}'; shipped: {known}, or give a path to a .yaml file"
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(  # noqa: TRY004 as all that can be wrong with a study
                f"{path} is no study; docs/studies.md says what one holds"
            )
        return Study.model_validate(content)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {sentence(error)}") from error


def sentence(error: ValidationError) -> str:
    """One fault of a validation in one sentence: where, what was wrong, what was given.

    A name that nobody knows comes first, since what it was meant for is then missing, too.
    """
    faults = error.errors()
    first = next((one for one in faults if one["type"] == UNKNOWN), faults[0])
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return message if not place else f"{place}: {message}"
    if first["type"] == UNKNOWN:
        missing = [str(one["loc"][-1]) for one in faults if one["type"] == "missing"]
        return f"{place}: there is no such name{_meant(str(first['loc'][-1]), missing)}"
    given = "" if first["type"] == "missing" else f", got {str(first['input'])[:80]!r}"
    return f"{place}: {message}{given}" if place else f"{message}{given}"


def _meant(given: str, missing: Sequence[str]) -> str:
    """What a name that is not known may have been meant for, in words; nothing if that is open."""
    models = (Study, Block, Contrasts, Contrast)
    known = {*missing, *FACTORS, *(name for model in models for name in model.model_fields)}
    if given in known:
        return " in this place"
    near = get_close_matches(given, sorted(known))
    return f", right may be {near[0]}" if near else ""
