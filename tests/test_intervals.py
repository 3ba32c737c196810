"""Every interval and test against a published worked example, and what must hold of all."""

import math
from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from custodes.statistics.attrition import attrition_p
from custodes.statistics.combination import Arm, mover, p_value
from custodes.statistics.families import benjamini_hochberg, holm, sidak
from custodes.statistics.interval import Interval, hull
from custodes.statistics.means import mean_interval, quantile_interval
from custodes.statistics.power import measured_spread, smallest_effect
from custodes.statistics.primary import (
    Kind,
    Pooled,
    floor_interval,
    primary_interval,
    primary_p,
)
from custodes.statistics.proportions import exact, exact_upper, wilson
from custodes.statistics.skew import Group, logit_interval, points_reach, rate_reach
from custodes.statistics.stories import story_interval, story_p

Floats = NDArray[np.float64]

RATE = Kind("rate", (0.0, 1.0))
POINTS = Kind("points", (-60.0, 40.0))

SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
"""Hours of sleep that one drug gave more than another: Student (1908), Biometrika 6:20."""

FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
"""The same by drug, as in R's `sleep`."""

MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=np.float64)
"""Crossed less self-fertilised, in eighths of an inch: Darwin (1876) in Fisher (1935)."""


def arms(*counts: tuple[int, int]) -> list[Arm]:
    """The difference of two proportions, or the first of them."""
    return [
        Arm(sign, hits / n, partial(wilson, hits, n))
        for sign, (hits, n) in zip((1.0, -1.0), counts, strict=False)
    ]


def dataset(random: np.random.Generator, stories: int, *rates: float) -> tuple[Floats, int]:
    """Hits by arm and story, and the rollouts of each."""
    rollouts = int(random.integers(2, 12))
    chance = np.clip(np.array(rates)[:, None] + random.normal(0, 0.1, (len(rates), stories)), 0, 1)
    return random.binomial(rollouts, chance).astype(np.float64), rollouts


def prepared(hits: Floats, rollouts: int) -> tuple[list[Group], list[Pooled]]:
    """Hits as the primary interval takes them."""
    signs = (1.0, -1.0)[: len(hits)]
    n = rollouts * hits.shape[1]
    pooled = [
        Pooled(sign, n, float(row.sum()), float(row.sum()))
        for sign, row in zip(signs, hits, strict=True)
    ]
    return [Group(signs, hits / rollouts)], pooled


# Newcombe (1998), Statistics in Medicine 17:857-872, table I, methods 3 and 5.
@pytest.mark.parametrize(
    ("hits", "n", "score", "tail"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_wilson_and_exact_intervals_are_those_of_newcombe(
    hits: int, n: int, score: tuple[float, float], tail: tuple[float, float]
) -> None:
    assert wilson(hits, n) == pytest.approx(score, abs=5e-5)
    assert exact(hits, n) == pytest.approx(tail, abs=5e-5)


# Hanley and Lippman-Hand (1983), JAMA 249:1743-1745: "if nothing goes wrong, is everything all
# right?" The bound is 1 − 0.05^(1/n), about 3/n: 26 % at 10, 9.5 % at 30 and 3.0 % at 100.
@pytest.mark.parametrize(("n", "bound"), [(10, 0.26), (30, 0.095), (100, 0.030)])
def test_nothing_in_n_is_bounded_by_the_rule_of_three(n: int, bound: float) -> None:
    assert exact_upper(0, n) == pytest.approx(bound, abs=2e-3)
    assert exact_upper(0, n) == pytest.approx(1 - 0.05 ** (1 / n))
    assert exact_upper(0, n) < 3 / n


# Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10.
@pytest.mark.parametrize(
    ("one", "other", "ends"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_unpaired_differences_are_those_of_newcombe(
    one: tuple[int, int], other: tuple[int, int], ends: tuple[float, float]
) -> None:
    assert mover(arms(one, other)) == pytest.approx(ends, abs=5e-5)


def test_mover_of_symmetric_limits_is_the_root_of_the_sum_of_squares() -> None:
    # Zou and Donner (2008), Statistics in Medicine 27:1693-1702, equations 2 and 3: with limits
    # θ ± r each the sum has r² + r² − 2cr² under the root, c the
    # correlation. Here 3 and 4 make 5, and √13 at c = 1/2.
    parts = [
        Arm(1.0, 10.0, lambda _: Interval(7.0, 13.0)),
        Arm(-1.0, 2.0, lambda _: Interval(-2.0, 6.0)),
    ]
    assert mover(parts) == pytest.approx((3.0, 13.0))
    half = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert mover(parts, correlation=half) == pytest.approx((8 - 13**0.5, 8 + 13**0.5))


def test_t_interval_of_one_scenario_is_that_of_student() -> None:
    # R: t.test(extra ~ group, sleep, paired = TRUE): t = 4.0621, df = 9, p = 0.002833,
    # mean 1.58, 95 % interval 0.7001142 to 2.4598858.
    assert SLEEP.mean() == pytest.approx(1.58)
    assert story_interval([SLEEP]) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)
    assert story_p([SLEEP]) == pytest.approx(0.002833, abs=5e-7)


def test_t_interval_of_two_scenarios_is_that_of_welch() -> None:
    # R: t.test(extra ~ group, sleep): t = −1.8608, df = 17.776, p = 0.07939,
    # 95 % interval −3.3654832 to 0.2054832.
    groups = [FIRST, -SECOND]
    assert story_interval(groups) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)
    assert story_p(groups) == pytest.approx(0.07939, abs=5e-6)


def test_the_bootstrap_of_one_mean_is_the_randomisation_test_of_fisher() -> None:
    # Fisher (1935), The Design of Experiments, section 21: 863 of 2^15 sign vectors give a sum
    # of 314 or more, 1726 one of that size on either side: p = 0.0527, Student's 0.0497.
    assert MAIZE.sum() == 314
    assert story_p([MAIZE]) == 1726 / 2**15


def test_the_interval_of_the_bootstrap_is_what_its_test_accepts() -> None:
    # The same data, by the definition: a mean is in the interval if turning signs of what is
    # left of each story gives a sum of at least that size in at least 5 % of vectors. At 41 these
    # are 1668 of 32768 (5.09 %), beyond it 1614 (4.93 %); at −1/6 1654, below it 1638.
    signs = np.array(list(product((1, -1), repeat=15)))
    interval = story_interval([MAIZE])
    assert interval is not None

    def brute(mean: float) -> float:
        """The share of sign vectors with a sum at least as large."""
        left = MAIZE - mean
        return float(np.mean(np.abs(signs @ left) >= abs(left.sum()) - 1e-9))

    assert interval == pytest.approx((-1 / 6, 41), abs=1e-9)
    for end, inward in ((interval.low, 1e-6), (interval.high, -1e-6)):
        assert brute(end + inward) >= 0.05
        assert brute(end - inward) < 0.05


# `scipy.stats.permutation_test` goes through the same sign vectors.
@pytest.mark.parametrize("seed", range(3))
def test_the_bootstrap_is_the_permutation_test_of_scipy(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.4, 1, 12)
    other = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=math.inf
    )
    assert story_p([values]) == pytest.approx(other.pvalue)


def test_the_logit_interval_is_that_of_survey_statistics() -> None:
    # `svyciprop(method = "xlogit")` of R's survey: on the logit the error is s/(p(1 − p)). With
    # rates 0.1, 0.2 and 0.3, p = 0.2 and s = 0.1/√3, so that 1.5525 = 4.3027·0.05774/0.16 is
    # added to and taken from log(0.2/0.8) = −1.3863: 0.0503 to 0.5415.
    found = logit_interval(np.array([0.1, 0.2, 0.3]))
    assert found == pytest.approx((0.0503, 0.5415), abs=2e-4)


def test_the_skewness_term_is_that_of_johnson() -> None:
    # Johnson (1978), JASA 73:536-544: |(x̄ − μ) + k₃/(6s²n) + k₃(x̄ − μ)²/(3s⁴)|·√n/s = t, to the
    # first order in k₃ solved by x̄ + k₃/(6s²n) + k₃t²/(3s²n) ± t·s/√n. Of 0, 0, 0, 4: x̄ = 1,
    # s² = 4, k₃ = 4/(3·2)·(27 − 3) = 16, so that with t² = 10.128 it is
    # 1 + (1/6) + 16·10.128/48 ± 3.1824.
    found = points_reach([np.array([0.0, 0.0, 0.0, 4.0])])
    middle = 1 + 1 / 6 + 10.1278 / 3
    assert found == pytest.approx((middle - 3.1824, middle + 3.1824), abs=2e-4)
    assert points_reach([np.array([1.0, 2.0, 3.0])]) == story_interval([np.array([1.0, 2.0, 3.0])])


def test_holm_gives_the_textbook_example() -> None:
    # Holm (1979), with the p values of the article "Holm-Bonferroni method" of Wikipedia: of
    # 0.01, 0.04, 0.03 and 0.005 the first and the last are rejected at 5 %.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_holm_is_that_of_statsmodels(n: int) -> None:
    draw = np.random.default_rng(n)
    for found in (draw.random(n), draw.random(n) / 50, np.round(draw.random(n), 1)):
        adjusted = multipletests(found, method="holm")[1]
        assert holm([float(p) for p in found]) == pytest.approx(list(adjusted), abs=1e-15)


def test_benjamini_and_hochberg_reject_four_of_their_fifteen() -> None:
    # Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57:289-300,
    # section 4.1: Bonferroni rejects three hypotheses, the false discovery rate four.
    found = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    found += [0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert sum(p <= 0.05 for p in benjamini_hochberg(found)) == 4
    assert sum(p <= 0.05 for p in holm(found)) == 3


def test_intervals_that_hold_together_are_those_of_sidak() -> None:
    # Abdi (2007), Encyclopedia of Measurement and Statistics: 0.0127 each for four at 0.05.
    assert 1 - sidak(4) == pytest.approx(0.0127, abs=5e-5)
    with pytest.raises(ValueError, match="at least one interval, got 0"):
        sidak(0)


def test_power_is_that_of_the_t_test() -> None:
    # R: power.t.test(delta = 0.5, power = 0.8, type = "one.sample") gives n = 33.36713, and
    # G*Power 34 pairs for d = 0.5.
    smaller, larger = smallest_effect(34, 1.0), smallest_effect(33, 1.0)
    assert smaller is not None
    assert larger is not None
    assert smaller < 0.5 < larger
    assert smallest_effect(34, 20.0) == pytest.approx(20 * smaller)
    assert smallest_effect(1, 1.0) is None


@pytest.mark.parametrize("stories", [3, 6, 12])
def test_the_smallest_effect_is_found_in_four_of_five_tests(stories: int) -> None:
    size = smallest_effect(stories, 1.0)
    assert size is not None
    shift = size * stories**0.5
    beyond = stats.t.isf(0.025, stories - 1)
    power = stats.nct.sf(beyond, stories - 1, shift) + stats.nct.cdf(-beyond, stories - 1, shift)
    assert power == pytest.approx(0.8, abs=1e-6)


def test_the_spread_of_a_measured_difference_has_both_its_parts() -> None:
    # 3² + 2·8²/8 = 9 + 16.
    assert measured_spread(3, 8, 8) == 5


def test_the_interval_of_a_quantile_is_that_of_conover() -> None:
    # Conover (1999), Practical Nonparametric Statistics, p. 145: the upper quartile of the life
    # times of sixteen tubes lies between the 9th and the 15th with P(9 ≤ Y ≤ 14) = 90.9 % for Y
    # binomial (16, 0.75); of the rest 6.3 % is on one side. We leave at most half on each, as
    # StatsDirect's "conservative" limits of the same example do.
    tubes = [46.9, 47.2, 49.1, 56.5, 56.8, 59.2, 59.9, 63.2]
    tubes += [63.3, 63.4, 63.7, 64.1, 67.1, 67.7, 73.3, 78.5]
    assert stats.binom.cdf(14, 16, 0.75) - stats.binom.cdf(8, 16, 0.75) == pytest.approx(
        0.909, abs=5e-4
    )
    assert quantile_interval(tubes, 0.75, 0.87) == (63.3, 73.3)
    assert quantile_interval(tubes, 0.75, 0.9) == (63.3, 78.5)
    assert quantile_interval([1.0, 2.0], 0.95).high == math.inf
    with pytest.raises(ValueError, match="at least one value"):
        quantile_interval([], 0.5)


def test_attrition_of_two_arms_is_tested_as_fisher_tested_tea() -> None:
    # Fisher (1935), The Design of Experiments, chapter 2; R: fisher.test(TeaTasting) gives
    # p = 0.4857 on two sides.
    assert attrition_p([3, 1], [1, 3]) == pytest.approx(0.4857, abs=5e-5)


def test_attrition_of_three_arms_is_tested_by_pearson() -> None:
    # Agresti (2007), p. 39, as in R's ?chisq.test: X² = 30.07, df = 2, p = 2.954e-07.
    found = attrition_p([762, 327, 468], [484, 239, 477])
    assert found == pytest.approx(2.954e-07, rel=5e-4)


def test_attrition_is_not_tested_where_there_is_nothing_to_compare() -> None:
    assert attrition_p([0, 0], [5, 5]) is None
    assert attrition_p([5, 5], [0, 0]) is None
    assert attrition_p([1], [5]) is None
    assert attrition_p([1, 0], [5, 0]) is None


@pytest.mark.parametrize("seed", range(20))
def test_mover_with_wilson_limits_is_the_newcombe_interval_of_statsmodels(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = (int(size) for size in random.integers(1, 60, 2))
    a, b = int(random.integers(0, n + 1)), int(random.integers(0, m + 1))
    low, high = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")
    assert mover(arms((a, n), (b, m))) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_swapping_the_arms_mirrors_interval_and_leaves_p(seed: int) -> None:
    random = np.random.default_rng(seed)
    for stories in (3, 12):
        hits, rollouts = dataset(random, stories, 0.2, 0.4)
        one, other = prepared(hits, rollouts), prepared(hits[::-1], rollouts)
        low, high = primary_interval(*one, RATE)
        assert primary_interval(*other, RATE) == pytest.approx((-high, -low))
        assert primary_p(*other, RATE) == pytest.approx(primary_p(*one, RATE))


@pytest.mark.parametrize("seed", range(20))
def test_the_p_value_of_counts_is_where_their_interval_reaches_0(seed: int) -> None:
    random = np.random.default_rng(seed)
    hits = [int(h) for h in random.integers(0, 31, 2)]
    parts = arms((hits[0], 30), (hits[1], 30))
    p = p_value(parts)
    if 1e-6 < p < 1:
        ends = mover(parts, 1 - p)
        assert min(abs(ends.low), abs(ends.high)) < 1e-4
    low, high = mover(parts)
    assert (p < 0.05) == (not low <= 0 <= high)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("sizes", [(3,), (6,), (13,), (20,), (3, 5)])
def test_a_story_interval_ends_where_its_p_value_crosses_the_level(
    seed: int, sizes: Sequence[int]
) -> None:
    random = np.random.default_rng(seed)
    groups = [random.normal(0.3, 1, size) for size in sizes]
    interval = story_interval(groups)
    assert interval is not None
    for end, inward in ((interval.low, 1e-6), (interval.high, -1e-6)):
        inside, outside = story_p(groups, end + inward), story_p(groups, end - inward)
        assert inside is not None
        assert outside is not None
        assert inside >= 0.05 - 1e-9
        assert outside <= 0.05 + 1e-9


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("stories", [3, 6, 12, 20])
def test_test_and_interval_never_disagree(seed: int, stories: int) -> None:
    random = np.random.default_rng(seed)
    groups, pooled = prepared(*dataset(random, stories, *random.choice([0.1, 0.3, 0.5, 0.9], 2)))
    low, high = primary_interval(groups, pooled, RATE)
    assert (primary_p(groups, pooled, RATE) < 0.05) == (not low <= 0 <= high)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("stories", "arms_"), [*product((2, 3, 6, 12), (1, 2))])
def test_the_primary_interval_is_never_narrower_than_that_of_the_counts(
    seed: int, stories: int, arms_: int
) -> None:
    random = np.random.default_rng(seed)
    rates = random.choice([0.02, 0.3, 0.5, 0.98], arms_)
    groups, pooled = prepared(*dataset(random, stories, *rates))
    floor = floor_interval(pooled, RATE)
    found = primary_interval(groups, pooled, RATE)
    assert found == hull(found, floor)
    assert 1 - len(pooled) <= found.low < found.high <= 1


@pytest.mark.parametrize("hits", [0.0, 10.0])
@pytest.mark.parametrize("stories", [2, 3, 12])
def test_stories_that_agree_print_no_zero_width(hits: float, stories: int) -> None:
    for rows in (1, 2):
        low, high = primary_interval(*prepared(np.full((rows, stories), hits), 10), RATE)
        assert high - low > 0.02


@pytest.mark.parametrize("values", [0.0, 10.0, -60.0, 40.0])
def test_points_that_agree_print_no_zero_width(values: float) -> None:
    n, stories = 30, 3
    pooled = [Pooled(sign, n, n * values, n * values**2) for sign in (1.0, -1.0)]
    groups = [Group((1.0, -1.0), np.full((2, stories), values))]
    low, high = primary_interval(groups, pooled, POINTS)
    # A share of 1 − 0.025^(1/30) = 11.57 % could have been otherwise; 100 points lie between
    # the ends of the scale.
    share = 1 - 0.025 ** (1 / n)
    reach = math.hypot(share * (values + 60), share * (40 - values))
    assert (low, high) == pytest.approx((-reach, reach))


def test_without_two_stories_only_the_counts_are_left() -> None:
    hits = np.array([[7.0], [2.0]])
    groups, pooled = prepared(hits, 10)
    assert primary_interval(groups, pooled, RATE) == mover(arms((7, 10), (2, 10)))
    assert story_interval([np.array([1.0])]) is None
    assert story_p([np.array([1.0])]) is None
    assert story_interval([np.array([1.0, 2.0]), np.array([1.0])]) is None


def test_story_means_that_agree_are_certain_only_to_the_story_test() -> None:
    same = [np.full(4, 0.5)]
    assert story_interval(same) == (0.5, 0.5)
    assert story_p(same) == 0
    assert story_p(same, 0.5) == 1


@pytest.mark.parametrize("mirrored", [False, True])
def test_only_the_end_away_from_0_allows_for_skew(mirrored: bool) -> None:
    # One story in six has nearly all of the effect.
    hits = np.array([[1.0, 1.0, 2.0, 0.0, 1.0, 11.0], [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]])
    groups, pooled = prepared(hits[::-1] if mirrored else hits, 30)
    story, floor = story_interval([groups[0].sums]), floor_interval(pooled, RATE)
    assert story is not None
    plain, reach = hull(story, floor), rate_reach(groups)
    found = primary_interval(groups, pooled, RATE)
    if mirrored:
        assert found == (reach.low, plain.high)
        assert reach.low < plain.low
    else:
        assert found == (plain.low, reach.high)
        assert reach.high > plain.high


def test_a_rate_near_0_reaches_further_up_than_t_does() -> None:
    hits = np.array([[0.0, 1.0, 0.0, 0.0, 7.0, 0.0]])
    groups, pooled = prepared(hits, 30)
    plain = story_interval([hits[0] / 30])
    found = primary_interval(groups, pooled, RATE)
    assert plain is not None
    assert found.high > plain.high
    assert found.low >= 0


def test_terms_of_a_sum_count_with_their_correlation_over_stories() -> None:
    together = np.array([[0.2, 0.4, 0.6], [0.1, 0.3, 0.5]])
    apart = np.array([[0.2, 0.4, 0.6], [0.5, 0.3, 0.1]])
    one, other = rate_reach([Group((1.0, -1.0), together)]), rate_reach([Group((1.0, -1.0), apart)])
    assert one.high - one.low < 0.3 * (other.high - other.low)


def test_scenarios_are_independent_in_a_sum_of_rates() -> None:
    means = np.array([[0.2, 0.4, 0.6]])
    both = rate_reach([Group((1.0,), means), Group((-1.0,), means)])
    low, high = logit_interval(means[0])
    reach = math.hypot(0.4 - low, high - 0.4)
    assert both == pytest.approx((-reach, reach))


def test_a_mean_of_points_has_students_interval() -> None:
    # The sleep data again, from their sums, on a scale that they do not reach the ends of.
    found = mean_interval(10, SLEEP.sum(), (SLEEP**2).sum(), (-24, 24))
    assert found == pytest.approx((0.7001142, 2.4598858), abs=5e-8)
    assert mean_interval(10, SLEEP.sum(), (SLEEP**2).sum(), (0, 2)).high == 2


@pytest.mark.parametrize(("hits", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_counts_that_cannot_be_are_refused_with_what_they_are(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="got"):
        wilson(hits, n)
    with pytest.raises(ValueError, match="got"):
        exact(hits, n)


def test_no_mean_is_taken_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        mean_interval(0, 0, 0, (0, 1))
