"""Estimates of hand-made rows, against numbers worked by hand."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pytest

from custodes.statistics.combination import mover
from custodes.statistics.estimates import NO_ROLLOUTS, Term, estimate, story_groups
from custodes.statistics.primary import Kind, Pooled, arms_of, floor_interval
from custodes.statistics.proportions import exact, exact_upper, wilson
from custodes.statistics.tally import Rows, Tally


class Rollout(NamedTuple):
    """A rollout: its cell (whose scenario stands before a stroke), story, world and value."""

    cell: str
    story: str
    world: int
    value: float


def tally_of(rollouts: Iterable[Rollout], ends: tuple[float, float] = (0.0, 1.0)) -> Tally:
    """The tally of some rollouts."""
    rows = list(rollouts)
    cells = {cell: n for n, cell in enumerate(sorted({row.cell for row in rows}))}
    stories = sorted({(row.cell.partition("/")[0], row.story) for row in rows})
    return Tally(
        cells=cells,
        stories=tuple(stories),
        rows=Rows(
            cell=np.array([cells[row.cell] for row in rows], dtype=np.int64),
            story=np.array(
                [stories.index((row.cell.partition("/")[0], row.story)) for row in rows],
                dtype=np.int64,
            ),
            world=np.array([row.world for row in rows], dtype=np.int64),
            value=np.array([row.value for row in rows], dtype=np.float64),
        ),
        ends=ends,
    )


def hits(cell: str, *counts: int, of: int) -> list[Rollout]:
    """Rollouts of a cell: in each story so many hits of so many, in worlds of their own."""
    return [
        Rollout(cell, f"story {n}", -1, float(number < count))
        for n, count in enumerate(counts)
        for number in range(of)
    ]


def term(coefficient: float, *cells: str) -> Term:
    """Cells as one context."""
    return Term(coefficient, (cells,))


PLUS, MINUS = term(1.0, "review/a"), term(-1.0, "review/b")


def test_a_single_rate_has_its_story_interval_its_wilson_interval_and_its_n() -> None:
    found = estimate(tally_of(hits("review/a", 1, 2, 3, of=4)), [PLUS], "rate")
    # Stories 0.25, 0.5 and 0.75: mean 0.5, error 0.25/√3 = 0.1443, on the logit 0.5774, times
    # t = 4.3027 is 2.4842; 1/(1 + e^2.4842) = 0.0770. The exact interval of 6 of 12 is narrower.
    assert (found.value, found.n, found.hits, found.stories) == (0.5, 12, 6, 3)
    assert (found.low, found.high) == pytest.approx((0.0770, 0.9230), abs=1e-4)
    assert (found.pooled_low, found.pooled_high) == pytest.approx(wilson(6, 12))
    # The variance over stories, 0.0625/3, is that of 12 independent rollouts, 0.25/12.
    assert found.design_effect == pytest.approx(1)
    assert found.effective_n == pytest.approx(12)
    assert (found.basis, found.p, found.upper) == ("story", None, None)
    assert found.method == (
        "95 %, t over 3 stories on the logit, not narrower than the exact interval of the counts"
    )


def test_a_difference_is_of_pairs_of_stories() -> None:
    rows = [*hits("review/a", 13, 15, 17, of=20), *hits("review/b", 2, 5, 6, of=20)]
    found = estimate(tally_of(rows), [PLUS, MINUS], "rate")
    # Differences 0.55, 0.5 and 0.55: mean 0.5333, error 0.028868/√3 = 0.016667, so that Student
    # has 0.5333 ± 0.0717. The counts, 45 and 13 of 60, know less: Newcombe has 0.3623 to 0.6591,
    # from Wilson's 0.6277 to 0.8422 and 0.1312 to 0.3362.
    assert found.value == pytest.approx(8 / 15)
    floor = mover(arms_of([Pooled(1, 60, 45, 45), Pooled(-1, 60, 13, 13)], Kind("rate", (0, 1))))
    assert (found.low, found.high) == pytest.approx(floor)
    assert (found.low, found.high) == pytest.approx((0.3623, 0.6591), abs=5e-5)
    # t = 32 with two degrees of freedom: p = 0.00098, and more than that of the counts.
    assert found.p == pytest.approx(0.00098, abs=1e-5)
    assert found.method.startswith("95 %, t over 3 stories, widened for skew, not narrower")


def test_stories_that_differ_widen_a_difference() -> None:
    rows = [*hits("review/a", 4, 10, 16, of=20), *hits("review/b", 2, 2, 2, of=20)]
    found = estimate(tally_of(rows), [PLUS, MINUS], "rate")
    # Differences 0.1, 0.4 and 0.7: mean 0.4, error 0.3/√3 = 0.17321, so that Student goes down to
    # 0.4 − 0.7453, t = 2.3094 and p = 0.1472; the other end is 1.1453, but no difference is.
    assert found.low == pytest.approx(-0.3453, abs=1e-4)
    assert found.high == 1
    assert found.p == pytest.approx(0.1472, abs=1e-4)
    # 0.03 over (0.25 + 0.09)/60.
    assert found.design_effect == pytest.approx(0.03 / (0.34 / 60))


def test_nothing_in_n_prints_its_upper_bound() -> None:
    found = estimate(tally_of(hits("review/a", 0, 0, 0, of=10)), [PLUS], "rate")
    assert (found.value, found.low, found.hits) == (0, 0, 0)
    assert found.high == exact(0, 30).high
    assert found.upper == pytest.approx(1 - 0.05 ** (1 / 30))
    assert found.upper == exact_upper(0, 30)
    assert found.design_effect is None


def test_every_story_counts_the_same_however_many_rollouts_it_has() -> None:
    rows = [*hits("review/a", 1, of=1), *hits("review/a", 0, 0, of=9)[9:]]
    assert estimate(tally_of(rows), [PLUS], "rate").value == 0.5


def test_contexts_count_the_same_and_so_do_the_cells_of_one() -> None:
    rows = [
        *hits("review/a", 4, 4, of=4),
        *hits("review/b", 2, 2, of=4),
        *hits("review/c", 0, 0, of=4),
    ]
    both = Term(1.0, (("review/a",), ("review/b", "review/c")))
    # Half of 1, and a quarter each of 0.5 and 0.
    assert estimate(tally_of(rows), [both], "rate").value == pytest.approx(0.625)


def test_a_story_that_an_arm_lacks_drops_out_and_no_other_does() -> None:
    rows = [*hits("review/a", 1, 2, 3, of=4), *hits("review/b", 0, 1, of=4)]
    tally = tally_of(rows)
    found = estimate(tally, [PLUS, MINUS], "rate")
    # Story 2 has no minus: 0.25 − 0 and 0.5 − 0.25 are left.
    assert (found.stories, found.value) == (2, 0.25)
    assert [list(group) for group in story_groups(tally, [PLUS, MINUS])] == [[0.25, 0.25]]
    assert [list(group) for group in story_groups(tally, [PLUS])] == [[0.25, 0.5, 0.75]]


def test_one_story_speaks_of_itself_only() -> None:
    rows = [*hits("review/a", 7, of=10), *hits("review/b", 2, of=10)]
    found = estimate(tally_of(rows), [PLUS, MINUS], "rate")
    assert (found.basis, found.stories, found.design_effect) == ("conditional", 1, None)
    assert found.method.endswith("; conditional on these stories")
    assert (found.low, found.high) == (found.pooled_low, found.pooled_high)


def test_rows_without_stories_speak_of_themselves_only() -> None:
    rows = [Rollout("review/a", "", -1, value) for value in (0.0, 1.0, 1.0)]
    found = estimate(tally_of(rows), [PLUS], "rate")
    assert (found.basis, found.stories, found.hits) == ("conditional", 0, 2)
    assert (found.low, found.high) == exact(2, 3)


def test_two_scenarios_are_compared_with_welch_and_satterthwaite() -> None:
    rows = [*hits("review/a", 5, 10, 15, of=100), *hits("ledger/a", 40, 60, 50, 70, of=100)]
    terms = [term(1.0, "ledger/a"), term(-1.0, "review/a")]
    found = estimate(tally_of(rows), terms, "rate")
    # 0.55 − 0.1; variances 0.016667/4 and 0.0025/3, together 0.005; degrees of freedom
    # 0.005²/(0.0041667²/3 + 0.00083333²/2) = 4.0754; t = 2.7563 times 0.070711 is 0.1949.
    assert found.value == pytest.approx(0.45)
    assert found.low == pytest.approx(0.45 - 0.1949, abs=1e-4)
    assert found.stories == 7
    assert "Welch's t over 7 stories of 2 scenarios" in found.method


def test_from_twelve_stories_on_the_bootstrap_is_used() -> None:
    counts = [3, 5, 2, 8, 4, 6, 7, 1, 5, 4, 6, 3]
    rows = [*hits("review/a", *counts, of=10), *hits("review/b", *[2] * 12, of=10)]
    assert "wild cluster bootstrap over 12 stories" in (
        estimate(tally_of(rows), [PLUS, MINUS], "rate").method
    )
    assert (
        "t over 11 stories"
        in (
            estimate(
                tally_of(row for row in rows if row.story != "story 11"), [PLUS, MINUS], "rate"
            )
        ).method
    )


def paired(both: int, first: int, second: int, neither: int) -> list[Rollout]:
    """Pairs of rollouts that share a world, by which of them hits."""
    values = [(1.0, 1.0)] * both + [(1.0, 0.0)] * first + [(0.0, 1.0)] * second
    values += [(0.0, 0.0)] * neither
    return [
        Rollout(cell, "story", world, value)
        for world, pair in enumerate(values)
        for cell, value in zip(("review/a", "review/b"), pair, strict=True)
    ]


# Newcombe (1998), Statistics in Medicine 17:2635-2650, method 10, in Fagerland, Lydersen and
# Laake (2017), Statistical Analysis of Contingency Tables, chapter 8: Cavo et al. (2012), as
# their R package contingencytables prints it, and Bentur et al. (2009).
@pytest.mark.parametrize(
    ("table", "ends"),
    [((59, 6, 16, 80), (-0.1186, -0.0046)), ((1, 1, 7, 12), (-0.5069, -0.0256))],
)
def test_pairs_have_the_paired_interval_of_newcombe(
    table: tuple[int, int, int, int], ends: tuple[float, float]
) -> None:
    found = estimate(tally_of(paired(*table)), [PLUS, MINUS], "rate")
    assert (found.pooled_low, found.pooled_high) == pytest.approx(ends, abs=5e-5)


def test_pairs_that_agree_are_worth_more_than_the_counts() -> None:
    rows = paired(20, 4, 2, 20)
    alone = [row._replace(world=-1) for row in rows]
    together = estimate(tally_of(rows), [PLUS, MINUS], "rate")
    apart = estimate(tally_of(alone), [PLUS, MINUS], "rate")
    assert together.pooled_low is not None
    assert apart.pooled_low is not None
    assert apart.pooled_low < together.pooled_low
    # What the primary interval is never narrower than does not know of pairs.
    assert (together.low, together.high) == (apart.low, apart.high)


def test_pairs_count_for_as_much_as_there_are_of_them() -> None:
    # 46 pairs, and 138 rollouts of each arm without a partner.
    pairs, more = paired(20, 4, 2, 20), paired(0, 70, 66, 2)
    singles = [row._replace(world=-1) for row in more]
    some = estimate(tally_of([*pairs, *singles]), [PLUS, MINUS], "rate")
    none = [row._replace(world=-1) for row in [*pairs, *singles]]
    apart = estimate(tally_of(none), [PLUS, MINUS], "rate")
    assert some.pooled_low is not None
    assert some.pooled_high is not None
    assert apart.pooled_low is not None
    assert apart.pooled_high is not None
    # Both arms hit about half of the time, so that the squared width goes with 1 − weight × φ: a
    # quarter of the φ of the pairs, corrected by n/2 = 23.
    ratio = (some.pooled_high - some.pooled_low) / (apart.pooled_high - apart.pooled_low)
    correlation = (20 * 20 - 4 * 2 - 23) / (24 * 22 * 22 * 24) ** 0.5
    assert ratio**2 == pytest.approx(1 - 46 / 184 * correlation, abs=0.01)


def test_pairs_of_which_one_arm_never_varies_have_no_correlation() -> None:
    rows = paired(0, 5, 0, 15)
    alone = [row._replace(world=-1) for row in rows]
    assert estimate(tally_of(rows), [PLUS, MINUS], "rate") == (
        estimate(tally_of(alone), [PLUS, MINUS], "rate")
    )


def test_parts_add_up_to_their_total() -> None:
    random = np.random.default_rng(7)
    rows = [
        row
        for cell in ("review/a", "review/b", "review/c")
        for row in hits(cell, *(int(count) for count in random.integers(0, 9, 5)), of=8)
    ]
    tally = tally_of(rows)
    parts = [[PLUS, MINUS], [term(1.0, "review/b"), term(-1.0, "review/c")]]
    values = [estimate(tally, terms, "rate").value for terms in parts]
    total = estimate(tally, [PLUS, term(-1.0, "review/c")], "rate").value
    assert sum(value or 0 for value in values) == pytest.approx(total)


def test_an_arm_without_rollouts_is_not_evaluable() -> None:
    found = estimate(tally_of(hits("review/a", 1, 2, of=4)), [PLUS, MINUS], "rate")
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 8)
    assert found.why_not == NO_ROLLOUTS


def test_a_context_without_rollouts_is_left_out() -> None:
    gap = Term(1.0, (("review/a",), ("review/gone",)))
    found = estimate(tally_of(hits("review/a", 1, 2, of=4)), [gap], "rate")
    assert (found.stories, found.value) == (2, 3 / 8)


def test_a_story_in_which_a_cell_lacks_rollouts_is_the_mean_of_the_others() -> None:
    both = Term(1.0, (("review/a", "review/b"),))
    rollouts = [*hits("review/a", 4, 0, of=4), *hits("review/b", 0, of=4)]
    # Story 0: (4/4 + 0/4) / 2; story 1: 0/4 of the one cell that it has.
    assert estimate(tally_of(rollouts), [both], "rate").value == pytest.approx(0.25)


def test_points_have_students_interval_over_stories() -> None:
    values = {"review/a": [(4, 6), (9, 11), (14, 16)], "review/b": [(0, 0), (0, 0), (0, 0)]}
    rows = [
        Rollout(cell, f"story {n}", -1, float(value))
        for cell, stories in values.items()
        for n, pair in enumerate(stories)
        for value in pair
    ]
    found = estimate(tally_of(rows, (-60.0, 40.0)), [PLUS, MINUS], "points")
    # Differences 5, 10 and 15: 10 ± 4.3027·5/√3 = 10 ± 12.421. The minus arm has no spread: a
    # share of 1 − 0.025^(1/6) = 0.45926 of it could have been otherwise, up to 40 or down to −60,
    # which is 18.370 or 27.556. With Student's ± 4.832 of the plus arm (s² = 21.2, n = 6) these
    # are the wider: 10 − √(4.832² + 18.370²) and 10 + √(4.832² + 27.556²).
    assert found.value == 10
    assert found.low == pytest.approx(10 - 18.995, abs=1e-3)
    assert found.high == pytest.approx(10 + 27.976, abs=1e-3)
    assert found.hits is None
    assert "pooled t interval" in found.method


def test_a_higher_level_is_never_narrower() -> None:
    rows = [*hits("review/a", 3, 6, 7, of=10), *hits("review/b", 2, 2, 4, of=10)]
    usual = estimate(tally_of(rows), [PLUS, MINUS], "rate")
    sure = estimate(tally_of(rows), [PLUS, MINUS], "rate", level=0.99)
    assert sure.low is not None
    assert usual.low is not None
    assert sure.low < usual.low
    assert sure.method.startswith("99 %")
    assert estimate(tally_of(rows), [PLUS, MINUS], "rate", test=False).p is None


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("stories", [1, 2, 4, 12])
def test_an_estimate_lies_in_its_interval_and_both_on_the_scale(seed: int, stories: int) -> None:
    random = np.random.default_rng(seed)
    rows = [
        Rollout(cell, f"story {n}", n * 10 + number, float(random.random() < chance))
        for cell, chance in (("review/a", random.random()), ("review/b", 0.02))
        for n in range(stories)
        for number in range(int(random.integers(1, 8)))
    ]
    tally = tally_of(rows)
    for terms, least in (([PLUS], 0), ([PLUS, MINUS], -1)):
        found = estimate(tally, terms, "rate")
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        assert least <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high
        chosen = [tally.indices(one.cells) for one in terms]
        pooled = [
            Pooled(
                one.coefficient,
                int(tally.n[rows_].sum()),
                float(tally.total[rows_].sum()),
                float(tally.squares[rows_].sum()),
            )
            for one, rows_ in zip(terms, chosen, strict=True)
        ]
        floor = floor_interval(pooled, Kind("rate", (0, 1)))
        assert found.low <= floor.low
        assert floor.high <= found.high
