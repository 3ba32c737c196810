"""Which levels mean something in which scenario."""

from dataclasses import dataclass

from custodes.design.factors import Bar, Consequence, Work

BARS: dict[Consequence, tuple[Bar | None, ...]] = {
    Consequence.NONE: (None,),
    Consequence.BAR: tuple(Bar),
    Consequence.SHUTDOWN: (Bar.HIGH, Bar.HIGHEST),
    Consequence.REVERSED: (Bar.LOW,),
}
"""The bars that a consequence can have: above the truth to shut down, below it to retire."""


@dataclass(frozen=True)
class Shape:
    """The levels that a scenario can take where scenarios differ."""

    consequences: tuple[Consequence, ...]
    """What the policy can do with the result."""

    scored: bool
    """Whether items are scored against a bar, so that `bar` and `work` mean something."""

    def bars(self, consequence: Consequence) -> tuple[Bar | None, ...]:
        """The bars that go with a consequence here."""
        return BARS[consequence] if self.scored else (None,)

    @property
    def works(self) -> tuple[Work | None, ...]:
        """The kinds of work that can be reviewed here."""
        return tuple(Work) if self.scored else (None,)


REVIEW = Shape(tuple(Consequence), scored=True)
REPORT = Shape((Consequence.BAR, Consequence.SHUTDOWN), scored=False)
SERVERS = Shape((Consequence.NONE, Consequence.SHUTDOWN), scored=False)

SHAPES: dict[str, Shape] = {
    "performance_review": REVIEW,
    "quarterly_report": REPORT,
    "shutdown_config": REVIEW,
    "shutdown_order": REVIEW,
    "weight_transfer": SERVERS,
    "server_retirement": SERVERS,
}
"""The scenarios, in the order in which they are listed everywhere."""
