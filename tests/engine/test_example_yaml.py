"""The example in YAML, deployed as its page says: red first, then green."""

from __future__ import annotations

import pulumi_cli
from example_projects import example
from gates import check, runs, scenario
from native import path_with


def test_the_switch_waits_for_the_checks(make_project, make_checkly):
    """On red the traffic stays where it is and the output tells why; the next update runs the bad check and switches."""
    shop = [
        check("Home page", tags=["production"]),
        check("Search API", "FAILED", "FAILED", "PASSED", tags=["production"]),
    ]
    checkly = make_checkly(scenario=scenario(*shop))
    project = example(make_project, "yaml", name="yaml", env={**checkly.env, "PATH": path_with(pulumi_cli.yaml_bin())})
    project.config("version", "v1")
    red = project.up(expect="failure")
    assert "gate: 1 of 2 checks did not pass (1 FAILED)" in red.text
    assert "live" not in project.resources()
    assert project.outputs()["summary"]["checks"] == {"Search API": "FAILED", "Home page": "PASSED"}
    project.up()
    assert "live" in project.resources()
    assert runs(checkly) == {"Home page": 1, "Search API": 3}
