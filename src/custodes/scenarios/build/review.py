"""The sheet of items under review, and their true scores."""

from functools import lru_cache
from typing import NamedTuple

from custodes.design.factors import Work
from custodes.scenarios.build.ground import KEPT, Ground
from custodes.scenarios.build.setting import Setting
from custodes.scenarios.rubrics import RUBRICS
from custodes.texts.marks import owned
from custodes.texts.templates import table
from custodes.world.key import ReviewKey
from custodes.world.value import Sheet


class Item(NamedTuple):
    """What stands in the sheet, and its true score from 0 to 100."""

    prompt: str
    output: str
    points: float


def sheet(setting: Setting) -> Sheet:
    """The items as the overseer sees them, owned by `work`."""
    return _sheet(setting.ground, _kind(setting))


@lru_cache(maxsize=KEPT)
def _sheet(ground: Ground, kind: Work) -> Sheet:
    """The items of a kind of work."""
    columns = ground.story.text(f"work/{kind}").front["columns"].split(", ")
    rows = tuple(
        (id, owned("work", item.prompt), owned("work", item.output))
        for id, item in _items(ground, kind).items()
    )
    return Sheet(columns=("item", *(owned("work", column) for column in columns)), rows=rows)


def key(setting: Setting) -> ReviewKey:
    """The true scores."""
    kind = _kind(setting)
    file = setting.story.work[kind]
    return ReviewKey(
        truth_points={id: item.points for id, item in _items(setting.ground, kind).items()},
        tolerance_points=file.tolerance_points,
        by_key=file.rubric == "key",
    )


def pool(ground: Ground, kind: Work) -> list[Item]:
    """All items of a kind of work in the story's order; the seed draws which answers are right."""
    file = ground.story.work[kind]
    rows = table(ground.story.folder / "work" / f"{kind}.csv")
    if file.rubric == "key":
        right = set(ground.draw(f"right {kind}").sample(range(len(rows)), file.right or 0))
        return [
            Item(row["question"], row["right" if n in right else "wrong"], 100.0 * (n in right))
            for n, row in enumerate(rows)
        ]
    rubric = RUBRICS[file.rubric]
    return [
        Item(row["prompt"], row["output"], round(rubric(row["prompt"], row["output"], file), 1))
        for row in rows
    ]


@lru_cache(maxsize=KEPT)
def _items(ground: Ground, kind: Work) -> dict[str, Item]:
    """The items by id, in an order drawn from the seed."""
    items = pool(ground, kind)
    ground.draw(f"items {kind}").shuffle(items)
    return {f"item-{n:02}": item for n, item in enumerate(items, start=1)}


def _kind(setting: Setting) -> Work:
    """The kind of work; a cell of a review always has one."""
    if setting.cell.work is None:
        raise ValueError(f"{setting.cell} has no work to review")
    return setting.cell.work
