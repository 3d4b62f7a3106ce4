"""The page of the local Checkly in a real browser (Debian's packages chromium and chromium-driver)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"&lt;'
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
    assert browser, "the page is tested in a real browser: apt-get install chromium chromium-driver"
    assert driver, "the page is tested in a real browser: apt-get install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1380,1000"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield running
    running.quit()


@pytest.fixture
def browser(chromium):
    """Give the browser at desktop size in light colours; at the end it may not have complained of anything."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    colours(chromium, "light")
    chromium.get_log("browser")
    yield chromium
    assert chromium.get_log("browser") == []
    chromium.get("about:blank")


def colours(browser, scheme):
    """Ask for light or dark colours, as the system's setting would."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def until(browser, condition, what):
    """Wait for a condition on the page; fail in words."""
    return WebDriverWait(browser, 15, poll_frequency=0.05).until(condition, what)


def words(browser, css):
    """Return the texts of the elements that a selector finds, all of one moment."""
    script = "return [...document.querySelectorAll(arguments[0])].map(node => node.innerText.trim())"
    return browser.execute_script(script, css)


def picture(browser, name):
    """Keep a screenshot as an artefact of the run."""
    ARTIFACTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(ARTIFACTS / f"local-checkly-{name}.png"))


def test_a_session_appears_and_ends_without_reload(browser, server, client, ids):
    """A session triggered through the API appears on the open page, fills its bar and ends with its word."""
    server.scenario(
        {"checks": [{"id": ids["fast"], "name": "Log in", "tags": ["t"], "seconds": 1.5, "outcomes": ["FAILED"]}]}
    )
    browser.get(server.url)
    until(browser, lambda b: words(b, "#checks .name") == ["Log in"], "the check is shown")
    browser.execute_script("window.sameDocument = true")
    client.trigger({"matchTags": [["t"]]})
    until(browser, lambda b: "PROGRESS" in "".join(words(b, "#sessions .word")), "the session runs")
    bar = browser.find_element(By.CSS_SELECTOR, "#sessions .bar i")
    first = bar.size["width"]
    until(browser, lambda _: bar.size["width"] > first, "the bar fills")
    until(browser, lambda b: words(b, "#sessions .word") == ["FAILED"], "the session ends")
    assert browser.execute_script("return window.sameDocument") is True
    until(browser, lambda b: words(b, "#checks .word") == ["FAILED"], "the check shows it too")
    assert words(browser, "#journal .path") == ["POST /v1/check-sessions/trigger"]
    assert browser.find_element(By.ID, "said").get_attribute("textContent") == "Log in: FAILED"


def test_a_hostile_name_does_not_run(browser, server, client):
    """Names, tags, paths and bodies from outside are shown as text, on the page and on the session's page."""
    server.scenario(
        {"accountName": HOSTILE, "checks": [{"name": HOSTILE, "tags": [HOSTILE], "groupTags": [HOSTILE], "seconds": 0}]}
    )
    session = client.trigger({"matchTags": [[HOSTILE]]}).json()["sessions"][0]
    client.get("/v1/<script>window.hacked=1</script>", params={"a": HOSTILE})
    client.ask("POST", "/v1/check-sessions/trigger", data=HOSTILE)
    for address in (server.url, session["checkSessionLink"]):
        browser.get(address)
        until(browser, lambda b: HOSTILE in b.find_element(By.TAG_NAME, "body").text, "the name is shown as text")
        assert browser.execute_script("return [window.hacked, document.images.length, document.scripts.length]") == [
            None,
            0,
            1,
        ]


def test_everything_works_with_the_keyboard(browser, server, client):
    """The slash key goes to the field, Enter runs its tags; controls can be reached; focus survives updates."""
    browser.get(server.url)
    until(browser, lambda b: words(b, "#checks .name"), "the checks are shown")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("production, !slow", Keys.ENTER)
    until(browser, lambda b: words(b, "#sessions .session a") == ["Fast"], "the checks with the tags run")
    choose = browser.find_element(By.CSS_SELECTOR, "#checks .next")
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == choose:
            break
    choose.send_keys("Next: failed")
    until(browser, lambda b: words(b, "#checks .armed .name") == ["Fast"], "the check is armed")
    client.get("/v1/checks")
    until(browser, lambda b: len(words(b, "#journal li")) == 1, "the page has been updated")
    assert browser.switch_to.active_element == choose
    assert client.session(["fast"])["status"] == "FAILED"


def toasts(browser):
    """Return the messages that are shown."""
    return words(browser, "#toasts p")


def test_every_button_answers(browser, server):
    """Each button says in a visible message what it did, also when nothing could be done."""
    server.add_fault(route="checks", status=500)
    browser.get(server.url)
    until(browser, lambda b: words(b, "#checks .name"), "the checks are shown")
    said = {
        "#checks li:first-child button": "1 session started",
        "#run .main": "Type at least one tag",
        "#copy": "Copied",
    }
    for css, text in said.items():
        browser.find_element(By.CSS_SELECTOR, css).click()
        until(browser, lambda b, text=text: text in toasts(b), f"{css} says {text}")
    browser.find_element(By.CSS_SELECTOR, "#tags").send_keys("nothing", Keys.ENTER)
    until(browser, lambda b: "No check matches" in toasts(b), "a run without a match is told")
    browser.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    browser.find_element(By.ID, "clear-faults").click()
    until(browser, lambda b: "All faults are removed" in toasts(b), "faults are removed")


def test_the_next_ending_can_be_armed_and_disarmed(browser, server, client):
    """The next run of a check can be told to end in four ways, which shows, and can be taken back."""
    browser.get(server.url)
    until(browser, lambda b: words(b, "#checks .name"), "the checks are shown")
    choose = Select(browser.find_element(By.CSS_SELECTOR, "#checks .next"))
    assert [option.get_attribute("value") for option in choose.options] == [
        "", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED",
    ]  # fmt: skip
    choose.select_by_value("TIMED_OUT")
    until(browser, lambda b: words(b, ".armed .disarm") == ["Disarm"], "it shows that it is armed")
    choose.select_by_value("DEGRADED")
    until(browser, lambda b: "The next run of Fast ends degraded" in toasts(b), "the second choice is told")
    assert client.session(["fast"])["status"] == "DEGRADED"
    choose.select_by_value("FAILED")
    until(browser, lambda b: words(b, ".armed .disarm") == ["Disarm"], "it is armed again")
    browser.find_element(By.CSS_SELECTOR, ".armed .disarm").click()
    until(browser, lambda b: words(b, ".armed") == [], "it is disarmed")
    assert client.session(["fast"])["status"] == "PASSED"


def test_a_reset_asks_first(browser, server, client):
    """Reset asks whether it is meant; only the second button forgets everything."""
    client.session(["fast"])
    browser.get(server.url)
    until(browser, lambda b: words(b, "#sessions .session"), "the session is shown")
    for answer, left in (("keep", 1), ("forget", 0)):
        browser.find_element(By.ID, "reset").click()
        browser.find_element(By.ID, answer).click()
        until(browser, lambda b, left=left: len(words(b, "#sessions .session")) == left, "sessions left")
        assert len(server.sessions) == left


def test_sessions_are_grouped_and_filtered(browser, server, client):
    """Sessions stand below their trigger with its time; a test session shows its variables; a filter narrows both."""
    client.trigger({"matchTags": [["production"]]})
    variables = [
        {"key": "ENVIRONMENT_URL", "value": "https://v2.test"},
        {"key": "TOKEN", "value": "x1y2", "secret": True},
    ]
    server.next_outcome(next(iter(server.sessions.values()))["checkId"], "FAILED")
    client.trigger_tests({"matchTags": [["fast"]]}, name="before the switch", environmentVariables=variables)
    browser.get(server.url)
    until(browser, lambda b: len(words(b, "#sessions .trigger")) == 2, "both triggers are shown")
    assert words(browser, "#sessions .what") == ["before the switch", "Trigger 1"]
    assert all(len(time.split(":")) == 3 for time in words(browser, "#sessions .at"))
    assert words(browser, "#sessions .vars code") == ["ENVIRONMENT_URL=https://v2.test", "TOKEN=***"]
    assert words(browser, "#sessions .why")[0] == "status code equals 200, received 503"
    assert "x1y2" not in browser.page_source
    browser.find_element(By.ID, "filter").send_keys("failed v2")
    until(browser, lambda b: words(b, "#sessions .what") == ["before the switch"], "the filter narrows")
    picture(browser, "test-session")


def test_the_link_opens_a_live_page_of_the_session(browser, server, client, ids):
    """The link of an answer opens a page of that session, which follows it to its end."""
    server.scenario({"checks": [{"id": ids["fast"], "name": "Two places", "tags": ["t"], "seconds": 1.2,
                                 "locations": ["eu-west-1", "us-east-1"]}]})  # fmt: skip
    session = client.session(["t"], "v2")
    browser.get(session["checkSessionLink"])
    until(browser, lambda b: words(b, ".hero .word") in (["STARTED"], ["PROGRESS"]), "the session runs")
    until(browser, lambda b: words(b, ".hero .word") == ["PASSED"], "the session ends")
    assert [text.split()[0] for text in words(browser, ".result")] == ["eu-west-1", "us-east-1"]
    assert "PASSED" in browser.title


def test_a_session_page_tells_why(browser, server, client):
    """The pages of both kinds of sessions show the errors of what failed, line by line."""
    errors = ["first reason", "second reason"]
    server.scenario(
        {"checks": [{"name": "One", "tags": ["t"], "seconds": 0, "outcomes": ["FAILED"], "errors": errors}]}
    )
    for link in (client.session(["t"])["checkSessionLink"], client.trigger_tests().json()["testSessionLink"]):
        browser.get(link)
        until(browser, lambda b: words(b, ".result .why") == ["\n".join(errors)], "the errors are shown")
    picture(browser, "session")


def test_it_is_readable_in_light_dark_and_on_a_phone(browser, server, client):
    """All text has a contrast of 4.5 or more in both schemes, and nothing is wider than a phone's screen."""
    endings = ("PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED")
    checks = [{"name": f"Ends {word}", "tags": ["t"], "seconds": 0, "outcomes": [word]} for word in endings]
    long_name = "A check with quite a long name that has to wrap somewhere " * 2
    server.scenario({"checks": [*checks, {"name": long_name, "tags": ["t" * 60], "seconds": 30}]})
    client.trigger()
    client.get("/v1/nope", headers={"X-Note": "x" * 300}, params={"q": "y" * 300})
    seen = {}
    for scheme in ("light", "dark"):
        colours(browser, scheme)
        browser.get(server.url)
        until(browser, lambda b: len(words(b, "#sessions .session")) == 6, "the sessions are shown")
        assert browser.execute_script(CONTRAST) == []
        seen[scheme] = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        picture(browser, scheme)
    assert seen["light"] != seen["dark"]
    phone = {"width": 375, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    for scheme in ("light", "dark"):
        colours(browser, scheme)
        browser.get(server.url)
        until(browser, lambda b: len(words(b, "#sessions .session")) == 6, "the sessions are shown")
        for part in ("checks", "requests", "more", "sessions"):
            browser.find_element(By.CSS_SELECTOR, f"#tabs [data-to={part}]").click()
            top = browser.execute_script("return document.querySelector('[data-tab].on').getBoundingClientRect().top")
            assert top < 200, f"{part} begins at {top}"
            assert browser.execute_script("return document.documentElement.scrollWidth") == 375
            assert browser.execute_script(CONTRAST) == []
            picture(browser, f"phone-{part}-{scheme}")


def test_nothing_is_asked_from_outside(browser, server):
    """The page loads nothing but itself and the state of this server."""
    browser.get(server.url)
    until(browser, lambda b: words(b, "#checks .name"), "the checks are shown")
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [address for address in asked if not address.startswith((server.url + "/_emulator/", "data:"))] == []
    assert requests.get(server.url + "/favicon.ico", timeout=5).status_code == 204


def test_a_lost_server_is_told(browser, client):
    """When the server ends, the open page says so and goes on when it is back."""
    from checkly_dynamic.emulator.testing import LocalCheckly

    with LocalCheckly() as first:
        port = int(first.url.rsplit(":", 1)[1])
        browser.get(first.url)
        until(browser, lambda b: words(b, "#checks .name"), "the checks are shown")
    until(browser, lambda b: b.find_element(By.ID, "trouble").is_displayed(), "the trouble is told")
    with LocalCheckly(port=port):
        until(browser, lambda b: not b.find_element(By.ID, "trouble").is_displayed(), "it goes on")
    browser.get("about:blank")
    assert {entry["source"] for entry in browser.get_log("browser")} == {"network"}  # the lost requests, nothing else
