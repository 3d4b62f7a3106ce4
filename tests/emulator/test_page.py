"""The page of the local Checkly in a real browser (Debian's packages chromium and chromium-driver)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"&lt;'
# The texts whose contrast is below 4.5.
CONTRAST = """
const lum = rgb => { const [r, g, b] = rgb.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b; };
const parse = text => text.match(/[\\d.]+/g).map(Number);
const behind = node => { for (; node; node = node.parentElement) { const c = parse(getComputedStyle(node).backgroundColor);
  if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
return [...document.querySelectorAll('*')].filter(n => n.offsetParent && !n.disabled
    && [...n.childNodes].some(c => c.nodeType === 3 && c.textContent.trim()))
  .map(n => { const a = lum(parse(getComputedStyle(n).color).slice(0, 3)), b = lum(behind(n));
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), n.textContent]; })
  .filter(([ratio]) => ratio < 4.5);
"""


@pytest.fixture(scope="module")
def chromium():
    """Start headless Chromium once."""
    browser, driver = (shutil.which(name) for name in ("chromium", "chromedriver"))
    assert browser and driver, "the page is tested in a real browser: apt-get install chromium chromium-driver"  # noqa: PT018
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1380,1000"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield running
    running.quit()


@pytest.fixture
def browser(chromium, server):
    """Give the browser with the page at desktop size in light colours; at the end it may not have complained of anything."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    colours(chromium, "light")
    opened(chromium, server)
    yield chromium
    assert chromium.get_log("browser") == []
    chromium.get("about:blank")


def opened(browser, server):
    """Open the page of a server and wait until it shows the checks."""
    browser.get(server.url)
    until(browser, lambda: words(browser, "#checks .name"), "the checks are shown")


def colours(browser, scheme):
    """Ask for light or dark colours, as the system's setting would."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def until(browser, condition, what):
    """Wait for a condition; fail in words."""
    return WebDriverWait(browser, 15, poll_frequency=0.05).until(lambda _: condition(), what)


def words(browser, css):
    """Return the texts of the elements that a selector finds, all of one moment."""
    script = "return [...document.querySelectorAll(arguments[0])].map(node => node.innerText.trim())"
    return browser.execute_script(script, css)


def shows(browser, css, expected):
    """Wait until these are the texts of the elements that a selector finds."""
    until(browser, lambda: words(browser, css) == expected, f"{css} shows {expected}")


def says(browser, message):
    """Wait for a message of the page."""
    until(browser, lambda: message in words(browser, "#toasts p"), f"it says {message}")


def click(browser, css):
    """Click the first element that a selector finds."""
    browser.find_element(By.CSS_SELECTOR, css).click()


def picture(browser, name):
    """Keep a screenshot as an artefact of the run."""
    ARTIFACTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(ARTIFACTS / f"local-checkly-{name}.png"))


def test_a_session_appears_and_ends_without_reload(browser, server, client):
    """A session triggered through the API appears on the open page, fills its bar and ends with its word."""
    server.scenario({"checks": [{"name": "Log in", "tags": ["t"], "seconds": 1.5, "outcomes": ["FAILED"]}]})
    shows(browser, "#checks .name", ["Log in"])
    browser.execute_script("window.sameDocument = true")
    client.trigger({"matchTags": [["t"]]})
    shows(browser, "#sessions .word", ["PROGRESS"])
    bar = browser.find_element(By.CSS_SELECTOR, "#sessions .bar i")
    first = bar.size["width"]
    until(browser, lambda: bar.size["width"] > first, "the bar fills")
    shows(browser, "#sessions .word", ["FAILED"])
    assert browser.execute_script("return window.sameDocument") is True
    shows(browser, "#checks .word", ["FAILED"])
    assert words(browser, "#journal .path") == ["POST /v1/check-sessions/trigger"]
    assert browser.find_element(By.ID, "said").get_attribute("textContent") == "Log in: FAILED"


def test_a_hostile_name_does_not_run(browser, server, client):
    """Names, tags, paths and bodies from outside are shown as text, on the page and on the session's page."""
    server.scenario(
        {"accountName": HOSTILE, "checks": [{"name": HOSTILE, "tags": [HOSTILE], "groupTags": [HOSTILE], "seconds": 0}]}
    )
    session = client.session(HOSTILE)
    client.get("/v1/<script>window.hacked=1</script>", params={"a": HOSTILE})
    client.ask("POST", "/v1/check-sessions/trigger", data=HOSTILE)
    for address in (server.url, session["checkSessionLink"]):
        browser.get(address)
        until(browser, lambda: HOSTILE in browser.find_element(By.TAG_NAME, "body").text, "the name is shown as text")
        found = browser.execute_script("return [window.hacked, document.images.length, document.scripts.length]")
        assert found == [None, 0, 1]


def test_everything_works_with_the_keyboard(browser, client):
    """The slash key goes to the field, Enter runs its tags; controls can be reached; focus survives updates."""
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("production, !slow", Keys.ENTER)
    shows(browser, "#sessions .session a", ["Fast"])
    choose = browser.find_element(By.CSS_SELECTOR, "#checks .next")
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == choose:
            break
    choose.send_keys("Next: failed")
    shows(browser, ".armed .disarm", ["Disarm"])
    client.get("/v1/checks")
    until(browser, lambda: len(words(browser, "#journal li")) == 1, "the page has been updated")
    assert browser.switch_to.active_element == choose
    assert client.session("fast")["status"] == "FAILED"


def test_every_button_answers(browser, server, client, ids):
    """Each button says in a visible message what it did, also when nothing could be done; a reset asks first."""
    server.add_fault(route="checks", status=500)
    shows(browser, "#fault-count", ["1"])
    for css, message in {
        "#checks li:first-child button": "1 session started",
        "#run .main": "Type at least one tag",
        "#copy": "Copied",
    }.items():
        click(browser, css)
        says(browser, message)
    browser.find_element(By.CSS_SELECTOR, "#tags").send_keys("nothing", Keys.ENTER)
    says(browser, "No check matches")
    browser.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    click(browser, "#clear-faults")
    says(browser, "All faults are removed")
    assert client.get("/v1/checks").status_code == 200
    server.next_outcome(ids["fast"], "FAILED")
    shows(browser, ".armed .disarm", ["Disarm"])
    click(browser, ".armed .disarm")
    says(browser, "The next run of Fast ends as planned")
    assert client.session("fast")["status"] == "PASSED"
    for answer, left in (("#keep", 2), ("#forget", 0)):
        click(browser, "#reset")
        click(browser, answer)
        until(browser, lambda left=left: len(words(browser, "#sessions .session")) == left, "sessions left")
        assert len(server.sessions) == left


def test_sessions_are_grouped_and_filtered(browser, server, client, ids):
    """Sessions stand below their trigger with its time; a test session shows its variables; a filter narrows both."""
    client.trigger({"matchTags": [["production"]]})
    variables = [
        {"key": "ENVIRONMENT_URL", "value": "https://v2.test"},
        {"key": "TOKEN", "value": "x1y2", "secret": True},
    ]
    server.next_outcome(ids["fast"], "FAILED")
    client.trigger_tests({"matchTags": [["fast"]]}, name="before the switch", environmentVariables=variables)
    shows(browser, "#sessions .what", ["before the switch", "Trigger 1"])
    assert all(len(time.split(":")) == 3 for time in words(browser, "#sessions .at"))
    assert words(browser, "#sessions .vars code") == ["ENVIRONMENT_URL=https://v2.test", "TOKEN=***"]
    assert words(browser, "#sessions .why")[0] == "status code equals 200, received 503"
    assert "x1y2" not in browser.page_source
    browser.find_element(By.ID, "filter").send_keys("failed v2")
    shows(browser, "#sessions .what", ["before the switch"])
    picture(browser, "test-session")


def test_the_link_opens_a_live_page_of_the_session(browser, server, client):
    """The link of an answer opens a page of that session, which follows it to its end and tells why it failed."""
    errors = ["first reason", "second reason"]
    check = {"name": "Two places", "tags": ["t"], "seconds": 1.2, "outcomes": ["FAILED"], "errors": errors}
    server.scenario({"checks": [{**check, "locations": ["eu-west-1", "us-east-1"]}]})
    browser.get(client.session("t", version="v2")["checkSessionLink"])
    until(browser, lambda: words(browser, ".hero .word") in (["STARTED"], ["PROGRESS"]), "the session runs")
    shows(browser, ".hero .word", ["FAILED"])
    assert [text.split()[0] for text in words(browser, ".result")] == ["eu-west-1", "us-east-1"]
    assert "FAILED" in browser.title
    for address in (browser.current_url, client.trigger_tests().json()["testSessionLink"]):
        browser.get(address)
        shows(browser, ".result .why", ["\n".join(errors)])
    picture(browser, "session")


def test_it_is_readable_in_light_dark_and_on_a_phone(browser, server, client):
    """All text has a contrast of 4.5 or more in both schemes, and nothing is wider than a phone's screen."""
    endings = ("PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED")
    checks = [{"name": f"Ends {word}", "tags": ["t"], "seconds": 0, "outcomes": [word]} for word in endings]
    long_name = "A check with quite a long name that has to wrap somewhere " * 2
    server.scenario({"checks": [*checks, {"name": long_name, "tags": ["t" * 60], "seconds": 30}]})
    client.trigger()
    client.get("/v1/nope", params={"q": "y" * 300})
    seen = set()
    phone = {"width": 375, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    for scheme in ("light", "dark"):
        colours(browser, scheme)
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        opened(browser, server)
        assert browser.execute_script(CONTRAST) == []
        seen.add(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
        picture(browser, scheme)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        opened(browser, server)
        for part in ("checks", "requests", "more", "sessions"):
            click(browser, f"#tabs [data-to={part}]")
            top = browser.execute_script("return document.querySelector('[data-tab].on').getBoundingClientRect().top")
            assert top < 200, f"{part} begins at {top}"
            assert browser.execute_script("return document.documentElement.scrollWidth") == 375
            assert browser.execute_script(CONTRAST) == []
            picture(browser, f"phone-{part}-{scheme}")
    assert len(seen) == 2
