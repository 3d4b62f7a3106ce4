"""The page of the local Checkly in a real browser. Screenshots are left in ``artifacts/``."""

import pytest
from selenium.webdriver.common.keys import Keys

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"&lt;'


@pytest.fixture
def page(browser, server):
    """Yield the browser with the page; at the end its console must have no messages."""
    opened(browser, server)
    yield browser
    assert browser.console() == []
    browser.open("about:blank")


def opened(page, server):
    """Open the page of a server and wait until it shows the checks."""
    page.open(server.url)
    page.until(lambda: page.words("#checks .name"), "the checks are shown")


def says(page, message):
    """Wait for a message of the page."""
    page.until(lambda: message in page.words("#toasts p"), f"it says {message}")


def test_a_session_appears_and_ends_without_reload(page, server, client):
    """A session triggered through the API appears on the open page, fills its bar and ends with its status."""
    server.scenario({"checks": [{"name": "Log in", "tags": ["t"], "seconds": 1.5, "outcomes": ["FAILED"]}]})
    page.shows("#checks .name", ["Log in"])
    page.run("window.sameDocument = true")
    client.trigger({"matchTags": [["t"]]})
    page.shows("#sessions .word", ["PROGRESS"])
    width = "return document.querySelector('#sessions .bar i').offsetWidth"
    first = page.run(width)
    page.until(lambda: page.run(width) > first, "the bar fills")
    page.shows("#sessions .word", ["FAILED"])
    assert page.run("return window.sameDocument") is True
    page.shows("#checks .word", ["FAILED"])
    assert page.words("#journal .path") == ["POST /v1/check-sessions/trigger"]
    assert page.run("return said.textContent") == "Log in: FAILED"


def test_a_hostile_name_does_not_run(page, server, client):
    """Names, tags, paths and bodies from outside are shown as text, on the page and on the session's page."""
    server.scenario(
        {"accountName": HOSTILE, "checks": [{"name": HOSTILE, "tags": [HOSTILE], "groupTags": [HOSTILE], "seconds": 0}]}
    )
    session = client.session(HOSTILE)
    client.get("/v1/<script>window.hacked=1</script>", params={"a": HOSTILE})
    client.ask("POST", "/v1/check-sessions/trigger", data=HOSTILE)
    for address in (server.url, session["checkSessionLink"]):
        page.open(address)
        page.until(lambda: HOSTILE in page.words("body")[0], "the name is shown as text")
        found = page.run("return [window.hacked, document.images.length, document.scripts.length]")
        assert found == [None, 0, 1]


def test_everything_works_with_the_keyboard(page, client):
    """The slash key goes to the field, Enter runs its tags; controls can be reached; focus survives updates."""
    page.press("/")
    page.press("production, !slow", Keys.ENTER)
    page.shows("#sessions .session a", ["Fast"])
    chosen = "return document.activeElement === document.querySelector('#checks .next')"
    while not page.run(chosen):
        page.press(Keys.TAB)
    page.press("Next: failed")
    page.shows(".armed .disarm", ["Disarm"])
    client.get("/v1/checks")
    page.until(lambda: len(page.words("#journal li")) == 1, "the page has been updated")
    assert page.run(chosen)
    assert client.session("fast")["status"] == "FAILED"


def test_every_button_answers(page, server, client, ids):
    """Each button shows a message about what it did, or that it could do nothing; a reset asks first."""
    server.add_fault(route="checks", status=500)
    page.shows("#fault-count", ["1"])
    for css, message in {
        "#checks li:first-child button": "1 session started",
        "#run .main": "Type at least one tag",
        "#copy": "Copied",
    }.items():
        page.click(css)
        says(page, message)
    page.click("#tags")
    page.press("nothing", Keys.ENTER)
    says(page, "No check matches")
    page.run("for (const part of document.querySelectorAll('details')) part.open = true")
    page.click("#clear-faults")
    says(page, "All faults are removed")
    assert client.get("/v1/checks").status_code == 200
    server.next_outcome(ids["fast"], "FAILED")
    page.shows(".armed .disarm", ["Disarm"])
    page.click(".armed .disarm")
    says(page, "The next run of Fast ends as planned")
    assert client.session("fast")["status"] == "PASSED"
    for answer, left in (("#keep", 2), ("#forget", 0)):
        page.click("#reset")
        page.click(answer)
        page.until(lambda left=left: len(page.words("#sessions .session")) == left, "sessions left")
        assert len(server.sessions) == left


def test_sessions_are_grouped_and_filtered(page, server, client, ids):
    """Sessions are listed below their trigger with its time; a test session shows its variables; a filter narrows both."""
    client.trigger({"matchTags": [["production"]]})
    variables = [
        {"key": "ENVIRONMENT_URL", "value": "https://v2.test"},
        {"key": "TOKEN", "value": "x1y2", "secret": True},
    ]
    server.next_outcome(ids["fast"], "FAILED")
    client.trigger_tests({"matchTags": [["fast"]]}, name="before the switch", environmentVariables=variables)
    page.shows("#sessions .what", ["before the switch", "Trigger 1"])
    assert all(len(time.split(":")) == 3 for time in page.words("#sessions .at"))
    assert page.words("#sessions .vars code") == ["ENVIRONMENT_URL=https://v2.test", "TOKEN=***"]
    assert page.words("#sessions .why")[0] == "status code equals 200, received 503"
    assert "x1y2" not in page.run("return document.documentElement.outerHTML")
    page.click("#filter")
    page.press("failed v2")
    page.shows("#sessions .what", ["before the switch"])
    page.screenshot("local-checkly-test-session")


def test_the_link_opens_a_live_page_of_the_session(page, server, client):
    """The link in an answer opens the session's page, which follows it to its end and shows why it failed."""
    errors = ["first reason", "second reason"]
    check = {"name": "Two places", "tags": ["t"], "seconds": 1.2, "outcomes": ["FAILED"], "errors": errors}
    server.scenario({"checks": [{**check, "locations": ["eu-west-1", "us-east-1"]}]})
    page.open(client.session("t", version="v2")["checkSessionLink"])
    page.until(lambda: page.words(".hero .word") in (["STARTED"], ["PROGRESS"]), "the session runs")
    page.shows(".hero .word", ["FAILED"])
    assert [text.split()[0] for text in page.words(".result")] == ["eu-west-1", "us-east-1"]
    assert "FAILED" in page.run("return document.title")
    for address in (page.run("return location.href"), client.trigger_tests().json()["testSessionLink"]):
        page.open(address)
        page.shows(".result .why", ["\n".join(errors)])
    page.screenshot("local-checkly-session")


def test_it_is_readable_in_light_dark_and_on_a_phone(page, server, client):
    """The page follows the colour setting; on a phone all parts can be reached, and none is wider than the screen."""
    endings = ("PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED")
    checks = [{"name": f"Ends {word}", "tags": ["t"], "seconds": 0, "outcomes": [word]} for word in endings]
    long_name = "A check with quite a long name that has to wrap somewhere " * 2
    server.scenario({"checks": [*checks, {"name": long_name, "tags": ["t" * 60], "seconds": 30}]})
    client.trigger()
    client.get("/v1/nope", params={"q": "y" * 300})
    seen = set()
    for scheme in ("light", "dark"):
        page.media(scheme=scheme)
        page.desktop()
        opened(page, server)
        seen.add(page.run("return getComputedStyle(document.body).backgroundColor"))
        page.screenshot(f"local-checkly-{scheme}")
        page.phone(375)
        opened(page, server)
        for part in ("checks", "requests", "more", "sessions"):
            page.click(f"#tabs [data-to={part}]")
            top = page.run("return document.querySelector('[data-tab].on').getBoundingClientRect().top")
            assert top < 200, f"{part} begins at {top}"
            assert page.run("return document.documentElement.scrollWidth") == 375
            page.screenshot(f"local-checkly-phone-{part}-{scheme}")
    assert len(seen) == 2
