"""Whether arms lost different shares of their rollouts."""

from collections.abc import Sequence

from scipy import stats

SUSPICIOUS = 0.05
"""The p value under which a difference in attrition is flagged."""


PAIR = 2
"""Arms for which Fisher's test is exact."""


def attrition_p(lost: Sequence[int], kept: Sequence[int]) -> float | None:
    """The p value of equal attrition in all arms; None where nothing or everything was lost.

    Fisher's exact test for two arms, the χ² test of Pearson for more, by SciPy.
    """
    arms = [(gone, here) for gone, here in zip(lost, kept, strict=True) if gone + here]
    if sum(lost) == 0 or sum(kept) == 0 or len(arms) < PAIR:
        return None
    if len(arms) == PAIR:
        return float(stats.fisher_exact(arms).pvalue)
    return float(stats.chi2_contingency(list(zip(*arms, strict=True)), correction=False).pvalue)
