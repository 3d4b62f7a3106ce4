"""The page of the local Checkly in a real browser (Debian's packages chromium and chromium-driver)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

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
    """The slash key goes to the field, Enter runs its tags; buttons can be reached and pressed; focus survives updates."""
    browser.get(server.url)
    until(browser, lambda b: words(b, "#checks .name"), "the checks are shown")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("production, !slow", Keys.ENTER)
    until(browser, lambda b: words(b, "#sessions .name") == ["Fast"], "the checks with the tags run")
    fail = browser.find_element(By.CSS_SELECTOR, "#checks .fail")
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == fail:
            break
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    until(browser, lambda _: fail.text == "Will fail", "the check will fail")
    client.get("/v1/checks")
    until(browser, lambda b: len(words(b, "#journal li")) == 1, "the page has been updated")
    assert browser.switch_to.active_element == fail
    assert client.session(["fast"])["status"] == "FAILED"
    browser.find_element(By.ID, "reset").send_keys(Keys.ENTER)
    until(browser, lambda b: words(b, "#sessions .name") == [], "the reset is shown")


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
        until(browser, lambda b: len(words(b, "#sessions li")) == 6, "the sessions are shown")
        assert browser.execute_script(CONTRAST) == []
        seen[scheme] = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        picture(browser, scheme)
    assert seen["light"] != seen["dark"]
    phone = {"width": 375, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(server.url)
    until(browser, lambda b: len(words(b, "#sessions li")) == 6, "the sessions are shown")
    assert browser.execute_script("return document.documentElement.scrollWidth") == 375
    picture(browser, "phone")


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
