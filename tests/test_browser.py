"""The page in a real browser: nothing is loaded, nothing overflows, everybody can read it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import reports
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from custodes.report import page as pages
from custodes.report.model import Report

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PAPER: ViewportSize = {"width": 794, "height": 1123}

MADE_UP: dict[str, Callable[[], Report]] = {
    "one": reports.one_model,
    "seven": reports.seven_models,
    "empty": reports.empty,
    "hostile": reports.hostile,
    "large": reports.large,
}

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"

OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"

CLASHES = """() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
  const right = Math.min(window.innerWidth, svg.getBoundingClientRect().right + 9);
  const words = [...svg.querySelectorAll('text')].map(text => {
    const box = text.getBoundingClientRect();
    return {words: text.textContent, left: box.left, right: box.right, y: Math.round(box.bottom)};
  }).sort((a, b) => a.y - b.y || a.left - b.left);
  return words.filter((one, at) => one.right > right || (
    at > 0 && words[at - 1].y === one.y && words[at - 1].right > one.left
  )).map(one => one.words);
})"""
"""Words of charts that leave them, or that stand on others in the same line."""


class Opened(NamedTuple):
    """A page, and what happened as it was opened."""

    page: Page
    problems: list[str]
    """Errors, requests that leave the file, and windows that opened."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a head."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.fail("These tests need Chromium, and there is none: apt-get install -y chromium")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, headless=True, args=[*FLAGS])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of the made-up pages."""
    folder = tmp_path_factory.mktemp("pages")
    addresses = {}
    for name, make in MADE_UP.items():
        pages.write(make(), folder / name)
        addresses[name] = Path(folder / name / "report.html").as_uri()
    return addresses


def opened(context: BrowserContext, address: str) -> Opened:
    """A page that has been loaded in full."""
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("dialog", lambda dialog: problems.append(f"window: {dialog.message}"))
    page.on(
        "request",
        lambda sent: None if sent.url == address else problems.append(f"asked for {sent.url}"),
    )
    page.goto(address, wait_until="networkidle")
    return Opened(page, problems)


@pytest.mark.parametrize("name", MADE_UP)
@pytest.mark.parametrize(
    ("size", "scheme"),
    [(SMALL, "light"), (PHONE, "dark"), (DESKTOP, "light")],
    ids=["360-light", "390-dark", "1280-light"],
)
def test_a_page_loads_nothing_complains_of_nothing_and_fits(
    browser: Browser, written: dict[str, str], name: str, size: ViewportSize, scheme: str
) -> None:
    dark = scheme == "dark"
    with browser.new_context(viewport=size, color_scheme="dark" if dark else "light") as context:
        page, problems = opened(context, written[name])
        assert page.evaluate(OVERFLOW) <= 0
        page.evaluate(OPEN_ALL)
        assert page.evaluate(OVERFLOW) <= 0
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(20, 23, 27)" if dark else "rgb(255, 255, 255)")
        assert problems == []


@pytest.mark.parametrize("name", ["one", "seven", "empty", "hostile"])
@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["390-light", "1280-dark"]
)
def test_axe_finds_nothing_serious(
    browser: Browser, written: dict[str, str], name: str, size: ViewportSize, scheme: str
) -> None:
    dark = scheme == "dark"
    with browser.new_context(viewport=size, color_scheme="dark" if dark else "light") as context:
        page, _ = opened(context, written[name])
        page.evaluate(OPEN_ALL)
        found = Axe().run(page).response["violations"]
        wrong = [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]
        assert wrong == []


def test_axe_would_find_a_chart_without_a_name(browser: Browser, written: dict[str, str]) -> None:
    with browser.new_context() as context:
        page, _ = opened(context, written["one"])
        page.evaluate("document.querySelector('svg.chart').removeAttribute('aria-labelledby')")
        page.evaluate("document.querySelectorAll('svg.chart title').forEach(one => one.remove())")
        found = Axe().run(page).response["violations"]
        assert "svg-img-alt" in {one["id"] for one in found}


@pytest.mark.parametrize("name", ["one", "seven"])
@pytest.mark.parametrize("size", [SMALL, DESKTOP], ids=["360", "1280"])
def test_words_of_charts_stay_within_them_and_apart(
    browser: Browser, written: dict[str, str], name: str, size: ViewportSize
) -> None:
    with browser.new_context(viewport=size) as context:
        page, _ = opened(context, written[name])
        page.evaluate(OPEN_ALL)
        assert page.locator("svg.chart text").count() > 100
        assert page.evaluate(CLASHES) == []


def test_words_of_charts_are_as_large_on_a_phone(browser: Browser, written: dict[str, str]) -> None:
    heights = set()
    for size in (SMALL, DESKTOP):
        with browser.new_context(viewport=size) as context:
            page, _ = opened(context, written["one"])
            box = page.locator("svg.chart .label").first.bounding_box()
            assert box is not None
            heights.add(round(box["height"]))
    assert len(heights) == 1


def test_without_javascript_charts_show_and_tables_open_by_keyboard(
    browser: Browser, written: dict[str, str]
) -> None:
    with browser.new_context(java_script_enabled=False, viewport=PHONE) as context:
        page, problems = opened(context, written["seven"])
        assert page.locator("svg.chart").first.is_visible()
        table = page.locator(".figure table").first
        assert not table.is_visible()
        page.locator(".figure summary").first.focus()
        page.keyboard.press("Enter")
        assert table.is_visible()
        assert problems == []


def test_the_first_stop_of_the_keyboard_skips_to_the_report(
    browser: Browser, written: dict[str, str]
) -> None:
    with browser.new_context(viewport=DESKTOP) as context:
        page, _ = opened(context, written["seven"])
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").is_visible()
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")


def test_on_paper_colours_are_light_and_every_table_is_there(
    browser: Browser, written: dict[str, str]
) -> None:
    with browser.new_context(viewport=PAPER, color_scheme="dark") as context:
        page, _ = opened(context, written["seven"])
        page.emulate_media(media="print", color_scheme="dark")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(255, 255, 255)"
        hidden = page.evaluate(
            "[...document.querySelectorAll('table')].filter(one => !one.checkVisibility("
            "{contentVisibilityAuto: true}) || one.getBoundingClientRect().height < 9).length"
        )
        assert hidden == 0
        assert page.evaluate(OVERFLOW) <= 0
        assert page.pdf(format="A4").startswith(b"%PDF")
