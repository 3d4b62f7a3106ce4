"""The programs in examples/ on the real engine, as their pages describe; the larger ones have their own test files."""

import json
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import make_server

import pytest

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
# "scenarios" holds files for the local Checkly, which the test of its scenarios reads.
FOLDERS = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and folder.name != "scenarios")
# A check of the local Checkly's default scenario; it fails if ENVIRONMENT_URL contains "bad".
CHECKOUT = "dfe8c8ac-05d8-5be0-98a8-9699a12f00db"


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_example_has_a_page_and_a_test(folder):
    """A README of at most a page says what the example shows, and starts with pip and the local Checkly, without a Makefile."""
    text = (EXAMPLES / folder / "README.md").read_text()
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 50
    assert "pip install 'checkly-dynamic[" in text
    assert "\ncheckly-dynamic emulator " in text
    assert "make " not in text.replace("make sure", "")
    assert f"| [{folder}]({folder}/README.md) | " in (EXAMPLES / "README.md").read_text()
    assert any(f'"{folder}' in test.read_text() for test in HERE.glob("test_*.py"))


def live(project, name="live"):
    """Return the version that users see."""
    return project.resources()[name]["outputs"]["input"]


@pytest.mark.long
def test_automation(project, checkly):
    """The script's exit code is the verdict. Red shows what failed and why, even if the deployment fails before its checks."""
    script = str(EXAMPLES / "automation" / "deploy.py")
    project.env = {**checkly.env, "PULUMI_STACK": "", "PULUMI_PYTHON_CMD": ""}  # the script names its own

    def deploy(*arguments, expect):
        done = project.execute(sys.executable, script, *arguments, expect=expect)
        return done.stdout.splitlines(), json.loads((project.work / "report.json").read_text())

    lines, report = deploy("v1", expect=0)
    assert lines[-1] == "v1: green: 2 checks passed"
    assert report["deployVersions"] == ["v1"]

    lines, report = deploy("v2", "broken", expect=1)
    assert lines[-4:] == [
        "v2: RED: 1 of 1 check did not pass (1 FAILED)",
        f"  Legacy invoices: FAILED {report['failed'][0]['link']}",
        "    assertion failed: status code = 200 (status code 502)",
        "    assertion failed: json body $.invoices is not empty (status code 502)",
    ]

    checkly.add_fault(route="trigger", status=503)
    lines, report = deploy("v3", expect=1)
    assert lines[-1] == "v3: RED: the deployment failed before its checks"
    assert report["passed"] is False
    assert "503" in report["failure"]


def test_blue_green(make_example, make_checkly):
    """A good version goes live; a bad one runs beside it, unseen and without an alert; the next good one goes live."""
    checkly = make_checkly(speed=10)
    project = make_example("blue-green", env=checkly.env)
    site = project.work / "site"

    def shown():
        return (site / "live").resolve().name, (site / "live" / "index.html").read_text()

    project.up("-c", "blue=v1", "-c", "green=v1", "-c", "live=blue")
    assert shown() == ("blue", "<h1>Shop v1</h1>\n")
    project.up("-c", "green=v2", "-c", "live=green")
    assert shown() == ("green", "<h1>Shop v2</h1>\n")

    project.up("-c", "blue=v3-bad", "-c", "live=blue", expect="failure")
    assert shown() == ("green", "<h1>Shop v2</h1>\n")
    assert (site / "blue" / "index.html").read_text() == "<h1>Shop v3-bad</h1>\n"
    assert project.outputs()["tested"]["deployVersions"] == ["blue@v3-bad"]

    project.up("-c", "blue=v4")
    assert shown() == ("blue", "<h1>Shop v4</h1>\n")
    assert [session["environmentVariables"][0]["value"] for session in checkly.test_sessions.values()] == [
        f"https://{release}.shop.example.com" for release in ("blue-v1", "green-v2", "blue-v3-bad", "blue-v4")
    ]
    assert checkly.sessions == {}
    project.preview("--expect-no-changes")
    project.destroy()
    assert list(site.iterdir()) == []


def test_component(make_example, make_checkly):
    """The gate is a child of the component, its trigger waits for the deployment, and a red service does not block the other."""
    checks = [
        {"name": "API", "tags": ["api"], "seconds": 0.1},
        {"name": "API, slowly", "tags": ["api", "slow"], "seconds": 0.1},
        {"name": "Payments", "tags": ["payments"], "seconds": 0.1, "outcomes": ["PASSED", "FAILED"]},
    ]
    project = make_example("component", env=make_checkly(scenario={"checks": checks}).env)
    project.up("-c", "version=v1")
    gate = "platform:index:Proved$checkly-dynamic:index:CheckSessionGate"
    for kind in ("Trigger", "Verdict", "Barrier"):
        part = project.resources(f":CheckSession{kind}")["api"]
        assert f"::{gate}$pulumi-python:dynamic/checkly:CheckSession{kind}::api" in part["urn"]
        if kind == "Trigger":
            assert any(urn.endswith("Stash::api") for urn in part["dependencies"])
    assert project.outputs()["api"]["counts"] == {"PASSED": 1}

    done = project.up("-c", "version=v2", "--continue-on-error", expect="failure")
    assert "payments: 1 of 1 check did not pass (1 FAILED)" in done.text
    assert (live(project, "api-live"), live(project, "payments-live")) == ("v2", "v1")
    assert project.outputs()["payments"]["conclusion"] == "FAILED"

    source = (EXAMPLES / "component" / "proved.py").read_text()
    component = source[source.index("class Proved") :]
    assert component in (EXAMPLES.parent / "docs" / "components.md").read_text()


@pytest.mark.long
def test_matching_checks(make_example, checkly):
    """The preview names the checks that the update then runs; a typo or too many checks are refused before anything runs."""
    project = make_example("matching-checks", env=checkly.env)
    preview = project.preview("-c", "version=v1")
    line = next(line.strip() for line in preview.stdout.splitlines() if "checks would run: " in line)
    foreseen = line.partition("would run: ")[2].split(", ")
    assert checkly.triggers == []
    project.up("-c", "version=v1")
    assert sorted(session["name"] for session in checkly.sessions.values()) == sorted(foreseen)

    done = project.preview("-c", "version=v2", "-c", "atMost=3", expect="failure")
    assert f"error: the target selects {len(foreseen)} checks; between 1 and 3 are wanted" in done.text
    project.run("config", "set", "--path", "matchTags[0][0]", "prodction")
    done = project.preview("-c", "version=v2", "--debug", expect="failure")
    assert "error: the target selects 0 checks" in done.text
    assert "Home page answers is not run: lacks 'prodction'" in done.text
    assert "Traceback" not in done.text
    assert len(checkly.triggers) == 1


def test_preview_environment(make_example, make_checkly):
    """A bad version stays at its own URL, without alerts; one that fails only when it is live fails the deployment."""
    checkly = make_checkly(speed=10)
    project = make_example("preview-environment", env=checkly.env)
    project.up("-c", "version=v1")
    assert live(project) == "v1"
    (tests,) = checkly.test_sessions.values()
    assert tests["environmentVariables"] == [{"key": "ENVIRONMENT_URL", "value": "https://v1.preview.shop.example.com"}]
    assert [request["route"] for request in checkly.triggers] == ["test-trigger", "trigger"]

    done = project.up("-c", "version=v2-bad", expect="failure")
    assert "tested: 1 of 6 checks did not pass (1 FAILED)" in done.text
    assert live(project) == "v1"
    assert project.outputs()["tested"]["checks"]["Checkout with card"] == "FAILED"
    assert project.outputs()["tested"]["deployVersions"] == ["v2-bad"]
    assert [request["route"] for request in checkly.triggers][2:] == ["test-trigger"]

    checkly.next_outcome(CHECKOUT, "PASSED")
    checkly.next_outcome(CHECKOUT, "FAILED")
    done = project.up("-c", "version=v3", expect="failure")
    assert "live-checks: 1 of 6 checks did not pass (1 FAILED)" in done.text
    assert live(project) == "v3"
    assert project.outputs()["tested"]["passed"] is True
    started = len(checkly.sessions)
    project.up("-c", "version=v3")
    assert (len(checkly.sessions), len(checkly.test_sessions)) == (started + 1, 3)


@pytest.fixture
def rollout(checkly):
    """Serve versions at an address one by one, the last one for ever; yield the address, the versions and the requests."""
    answers, asked = ["v1", "v1", "v2", "v1", "v2", "v2", "v1", "v2"], []

    def answer(_, start_response):
        asked.append((answers.pop(0) if len(answers) > 1 else answers[0], len(checkly.triggers)))
        start_response("200 OK", [])
        return [f"{asked[-1][0]}\n".encode()]

    with make_server("127.0.0.1", 0, answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/version", list(answers), asked
        server.shutdown()
        thread.join()


def test_readiness(make_example, checkly, rollout):
    """The checks wait until there are only new answers; a rollout that does not end fails without a check."""
    url, answers, asked = rollout
    project = make_example("readiness", env=checkly.env)
    for key, value in {"url": url, "times": "3", "everySeconds": "0.05", "timeoutSeconds": "30"}.items():
        project.config(f"readiness:{key}", value)
    project.up("-c", "version=v2")
    # Three new answers in a row end the requests. Until then no check had started.
    assert asked == [(version, 0) for version in [*answers, "v2", "v2"]]
    assert len(checkly.triggers) == 1
    assert project.outputs()["smoke"]["deployVersions"] == ["v2"]

    done = project.up("-c", "version=v3", "-c", "timeoutSeconds=0.5", expect="failure")
    assert f"{url} did not answer with v3 in 0.5 s, last with v2" in done.text
    assert len(checkly.triggers) == 1
    assert project.outputs()["smoke"]["deployVersions"] == ["v2"]
