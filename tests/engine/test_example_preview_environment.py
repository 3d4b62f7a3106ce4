"""examples/preview-environment on the real engine: tested at its own URL, then live, then checked with alerts."""

from __future__ import annotations

import pytest
from example_projects import example

# Of the local Checkly's default scenario; it fails where ENVIRONMENT_URL contains "bad".
CHECKOUT = "dfe8c8ac-05d8-5be0-98a8-9699a12f00db"


@pytest.fixture
def checkly(make_checkly):
    """Return a local Checkly whose checks take a tenth of their time."""
    return make_checkly(speed=10)


@pytest.fixture
def project(make_project, checkly):
    """Return the example as a project."""
    return example(make_project, "preview-environment", name="preview-environment", env=checkly.env)


def live(project):
    """Return the version that users see."""
    return project.resources()["live"]["outputs"]["input"]


def test_a_version_goes_live_after_its_tests_and_no_bad_one_does(project, checkly):
    """The tests run at the version's own URL; a bad version stays there, is not live, and starts no check with alerts."""
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

    project.up("-c", "version=v3")
    assert live(project) == "v3"


def test_the_real_checks_have_the_last_word(project, checkly):
    """A version that fails only where it is live fails the deployment; the next update runs only the bad check again."""
    checkly.next_outcome(CHECKOUT, "PASSED")
    checkly.next_outcome(CHECKOUT, "FAILED")
    done = project.up("-c", "version=v1", expect="failure")
    assert "live-checks: 1 of 6 checks did not pass (1 FAILED)" in done.text
    assert live(project) == "v1"
    assert project.outputs()["tested"]["passed"] is True
    assert len(checkly.sessions) == 6
    project.up("-c", "version=v1")
    assert len(checkly.sessions) == 7
    assert len(checkly.test_sessions) == 1
