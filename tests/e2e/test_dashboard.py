"""The page in a real browser: complete, quiet, as wide as the screen, and true to the tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pyspark.sql import SparkSession

from tests.spark.monitoring import example
from tests.spark.monitoring.example import AS_OF, job_on
from tiltyard.jobs import dashboard, monitor
from tiltyard.tables import Warehouse

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = (1400, 400)

# Written without the project's views, straight on the Delta folders. {of} is a condition on the app.
DIRECT = {
    "scores_per_hour": """
        SELECT count(*) / 24 FROM delta.`{root}/scores`
        WHERE {of} AND scored_at > '2013-12-17 14:30:00' AND scored_at <= '2013-12-18 14:30:00'""",
    "predictions_per_day": """
        SELECT count(*) / 7 FROM delta.`{root}/scores`
        WHERE {of} AND scored_at > '2013-12-11 14:30:00' AND scored_at <= '2013-12-18 14:30:00'""",
    "evaluation_auroc": """
        SELECT percentile(metrics['auroc'], 0.5) FROM delta.`{root}/evaluations` AS e
        WHERE {of} AND tenant IS NOT NULL AND status = 'ok' AND window_end = (
          SELECT max(window_end) FROM delta.`{root}/evaluations` AS n
          WHERE n.app = e.app AND n.tenant = e.tenant)""",
    "models_in_production": """
        SELECT count(*) FROM delta.`{root}/champions`
        WHERE {of} AND fallback = 'tenant' AND tenant IS NOT NULL""",
    "models_trained_this_month": """
        SELECT count(*) FROM delta.`{root}/models` AS m
        WHERE {of} AND tenant IS NOT NULL AND payload IS NOT NULL AND (
          run_id IN (SELECT run_id FROM delta.`{root}/runs` WHERE started_at >= '2013-12-01')
          OR (logical_date >= '2013-12-01'
              AND run_id NOT IN (SELECT run_id FROM delta.`{root}/runs`)))""",
    "share_above_chance": """
        SELECT count_if(above_chance) / count(above_chance) FROM delta.`{root}/models`
        WHERE {of} AND tenant IS NOT NULL AND logical_date = '2013-12-16'""",
    "experiments_this_week": """
        SELECT count(*) FROM delta.`{root}/runs`
        WHERE {of} AND job = 'experiment' AND started_at >= '2013-12-16'""",
}


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(spark, str(tmp_path_factory.mktemp("dashboard") / "warehouse"))
    example.fill(made, scores=20_000)
    experiment = {"job": "experiment", "attempt": 1, "logical_date": AS_OF.date(), "status": "ok"}
    apps = ("flight_delay", "flight_delay", "lead_scoring")
    example.write(made, "runs", [
        {**experiment, "app": app, "run_id": f"experiment-{n}", "started_at": AS_OF - timedelta(hours=n)}
        for n, app in enumerate(apps)
    ])  # fmt: skip
    return made


@pytest.fixture(scope="module")
def file(warehouse: Warehouse) -> Path:
    monitor.run(job_on(warehouse), as_of=AS_OF)
    return Path(dashboard.run(job_on(warehouse), as_of=AS_OF)["output"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def direct(warehouse: Warehouse) -> dict[str, dict[str, float]]:
    """Every tile's number by scope, from the tables themselves."""
    scopes = {"platform": "true", "flight_delay": "app = 'flight_delay'"}
    return {
        app: {
            name: warehouse.spark.sql(query.format(root=warehouse.root, of=of)).collect()[0][0]
            for name, query in DIRECT.items()
        }
        for app, of in scopes.items()
    }


@pytest.fixture(
    scope="module", params=[(width, scheme) for width in WIDTHS for scheme in ("light", "dark")], ids=str
)
def opened(request: pytest.FixtureRequest, browser: Browser, file: Path) -> Iterator[Page]:
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if asked.url.startswith("http") else None)
    page.goto(file.as_uri())
    page.wait_for_selector("#hours ~ .chart .main-svg")
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def page(opened: Page) -> Page:
    """The page as it opens: all apps, tables folded."""
    opened.select_option("#scope", "platform")
    for button in opened.get_by_role("button", name="Show fewer").all():
        button.click()
    return opened


def _shown(page: Page, selector: str) -> int:
    return page.locator(f"{selector}:visible").count()


def test_every_tile_equals_a_direct_query(page: Page, direct: dict[str, dict[str, float]]) -> None:
    for app, expected in direct.items():
        if app != "platform":
            page.select_option("#scope", label=app)
        tiles = page.locator("[data-tile]:visible")
        found = {tile.get_attribute("data-tile"): tile.get_attribute("data-value") for tile in tiles.all()}
        assert {name: float(value or "nan") for name, value in found.items()} == pytest.approx(
            expected, rel=1e-12
        )
        assert all(value > 0 for value in expected.values()), "an example that says nothing"


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    for scope in ("platform", "app-0", "app-1"):
        page.select_option("#scope", scope)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for box in page.locator(".chart:visible").all():
            svg = box.locator(".main-svg").first.bounding_box()
            outer = box.bounding_box()
            assert svg is not None
            assert outer is not None
            assert svg["width"] == pytest.approx(outer["width"], abs=1)
            assert svg["height"] == pytest.approx(outer["height"], abs=1)


def test_the_filter_shows_one_app_only(page: Page) -> None:
    assert _shown(page, "[data-chart=skill]") == 2
    page.select_option("#scope", label="lead_scoring")
    assert _shown(page, "[data-chart=skill]") == 1
    assert _shown(page, "[data-row]") > 0
    assert set(page.locator("[data-row]:visible th span").all_inner_texts()) == {"lead_scoring"}
    assert _shown(page, "[data-tile]") == len(DIRECT)
    assert page.evaluate("""() => ["hours", "days"].every((name) => {
        const box = document.querySelector(`[data-chart=${name}]`), top = Math.max(...box.data[0].y);
        return top > 0 && box._fullLayout.yaxis.range[1] >= top;
    })""")


def test_tables_unfold(page: Page) -> None:
    rows = "table[aria-labelledby=tenants] [data-row]"
    assert _shown(page, rows) == 10
    page.get_by_role("button", name="Show all 50").click()
    assert _shown(page, rows) == 50
    page.get_by_role("button", name="Show fewer").first.click()
    assert _shown(page, rows) == 10


def test_a_hostile_name_is_only_a_name(page: Page) -> None:
    assert page.title() == "Tiltyard monitoring, 18 December 2013, 14:30 UTC"
    page.get_by_role("button", name="Show all 50").click()
    assert page.get_by_role("rowheader").filter(has_text=example.HOSTILE).is_visible()


def test_it_is_a_page_for_every_reader(page: Page) -> None:
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    for box in page.locator(".chart").all():
        assert box.get_attribute("role") == "img"
        assert len(box.get_attribute("aria-label") or "") > 20
    assert page.get_by_role("table").count() == 2
    assert page.get_by_role("table", name="Tenants that need a look").get_by_role("rowheader").count() == 10
    assert page.get_by_label("App", exact=True).count() == 1


CONTRAST = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    const rgb = parts(getComputedStyle(node).backgroundColor);
    if (rgb.length === 3 || rgb[3] > 0) return rgb;
    return node.parentElement ? ground(node.parentElement) : [255, 255, 255];
  };
  return [...document.querySelectorAll("h1, h2, h3, p, code, .badge, th, td, button, select, li, .soft")]
    .filter((node) => node.checkVisibility() && node.textContent.trim())
    .map((node) => [light(parts(getComputedStyle(node).color)), light(ground(node)), node.textContent.trim()])
    .map(([ink, paper, text]) => [(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), text])
    .filter(([ratio]) => ratio < 4.5);
}"""


def test_text_has_contrast(page: Page) -> None:
    assert page.evaluate(CONTRAST) == []
