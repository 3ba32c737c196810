"""The published figures read as they stand, and a model's name finds those about it."""

import pytest

from custodes.design.factors import History, Subject
from custodes.design.published import overseer_of, overseers, published


def test_a_figure_is_published_once() -> None:
    keys = [row[:5] for row in published()]
    assert len(keys) == len(set(keys)) > 0


def test_figures_are_percentages_of_known_subjects_and_histories() -> None:
    for row in published():
        assert row.subject in set(Subject)
        assert row.history in set(History)
        assert row.statistic in {"max", "mean"}
        assert 0 <= row.percent <= 100


def test_a_mean_is_at_most_its_maximum() -> None:
    figures = {row[:5]: row.percent for row in published()}
    means = {key: value for key, value in figures.items() if key[4] == "mean"}
    assert means
    assert all(value <= figures[(*key[:4], "max")] for key, value in means.items())


def test_the_overseers_are_listed_once_in_the_order_of_the_figures() -> None:
    assert overseers() == (
        "gpt-5.2",
        "gemini-3-flash",
        "gemini-3-pro",
        "claude-haiku-4.5",
        "claude-opus-4.5",
        "glm-4.7",
        "deepseek-v3.1",
        "kimi-k2.5",
    )


@pytest.mark.parametrize("overseer", overseers())
@pytest.mark.parametrize("form", ["{}", "persona/published-{}", "openai-api/x/{}", "a/b/c/{}-exp"])
def test_every_overseer_is_found_by_its_own_name(form: str, overseer: str) -> None:
    assert overseer_of(form.format(overseer)) == overseer


@pytest.mark.parametrize(
    ("model", "overseer"),
    [
        ("openai/gpt-5.2", "gpt-5.2"),
        ("openai/gpt-5.2-2025-12-11", "gpt-5.2"),
        ("openai/azure/gpt-5.2", "gpt-5.2"),
        ("OpenAI/GPT-5_2", "gpt-5.2"),
        ("google/gemini-3-pro-preview", "gemini-3-pro"),
        ("google/vertex/gemini-3-pro-preview-11-2025", "gemini-3-pro"),
        ("google/gemini-3-flash-latest", "gemini-3-flash"),
        ("persona/published-gemini-3-flash", "gemini-3-flash"),
        ("anthropic/claude-haiku-4-5-20251001", "claude-haiku-4.5"),
        ("anthropic/vertex/claude-haiku-4-5@20251001", "claude-haiku-4.5"),
        ("anthropic/bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4.5"),
        ("bedrock/anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4.5"),
        ("together/deepseek-ai/DeepSeek-V3.1", "deepseek-v3.1"),
        ("zai-org/GLM-4.7", "glm-4.7"),
        ("moonshot/kimi-k2.5", "kimi-k2.5"),
        ("openrouter/moonshotai/kimi-k2.5-0127", "kimi-k2.5"),
    ],
)
def test_a_model_stands_for_the_overseer_that_it_is(model: str, overseer: str) -> None:
    assert overseer_of(model) == overseer


@pytest.mark.parametrize(
    "model",
    [
        "google/gemini-3.1-pro",
        "google/gemini-3.1-pro-preview",
        "google/gemini-3.5-flash",
        "google/gemini-3-flash-lite",
        "google/gemini-3-pro-image-preview",
        "google/gemini-3",
        "openai/gpt-5",
        "openai/gpt-5-2025-08-07",
        "openai/gpt-5.2-mini",
        "openai/gpt-5.2-nano",
        "openai/gpt-5.2-codex",
        "openai/gpt-5.2-pro",
        "openai/gpt-5.2-preview-mini",
        "openai/gpt-5.2-mini-2025-12-11",
        "openai/gpt-5.21",
        "openai/gpt-5x2",
        "openai/not-gpt-5.2",
        "anthropic/claude-opus-4-1-20250805",
        "anthropic/claude-sonnet-4-5-20250929",
        "together/deepseek-ai/DeepSeek-V3.1-Terminus",
        "together/deepseek-ai/DeepSeek-V3-1226",
        "zai-org/GLM-4.7-Air",
        "gpt-5.2/other",
        "persona/faithful",
        "persona/unpublished-gpt-5.2",
        "none/none",
        "",
    ],
)
def test_another_model_stands_for_no_overseer(model: str) -> None:
    assert overseer_of(model) is None
