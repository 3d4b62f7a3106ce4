"""Transforms of a whole stack, which change the options and inputs of every resource: none of them opens a gate."""

from __future__ import annotations

import pytest
from gates import check, of_type, of_version, runs, scenario, stashes

OLD = """
import pulumi

def change(args):
    args.{0}
    return pulumi.ResourceTransformationResult(args.props, args.opts)

pulumi.runtime.register_stack_transformation(change)
"""

NEW = """
import pulumi

def change(args):
    args.{0}
    return pulumi.ResourceTransformResult(args.props, args.opts)

pulumi.runtime.register_resource_transform(change)
"""


@pytest.mark.long
def test_a_transform_of_every_resource_opens_no_gate(make_project, make_checkly):
    """
    ``protect`` protects trigger and gate. Ignored changes let no version in that was not checked.

    Tags are refused by the trigger. Without the transform, the version is checked and goes live.
    """
    checkly = make_checkly(scenario=scenario(check("Cart")))
    project = make_project(NEW.format("opts.protect = True") + of_version(1), env=checkly.env)
    project.up()
    for kind in ("Trigger", "Verdict", "Barrier"):
        assert all(one["protect"] for one in of_type(project, f":CheckSession{kind}").values())
    assert "protect" in project.destroy(expect="failure").text

    for transform in (OLD, NEW):
        project.write(transform.format('opts.ignore_changes = ["deployVersion"]') + of_version(2))
        assert "was not checked" in project.up(expect="failure").text
        assert stashes(project)["live"] == "1"
    project.write(OLD.format('opts.ignore_changes = ["*"]') + of_version(2))
    project.up()
    assert stashes(project)["live"] == "1"
    tags = """props.update({"tags": {"team": "web"}} if "checkly:" in args.type_ else {})"""
    project.write(NEW.format(tags) + of_version(2))
    assert "tags: unknown key" in project.up(expect="failure").text
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Cart": 1})

    project.write(of_version(2))
    project.up()
    assert (stashes(project)["live"], runs(checkly)) == ("2", {"Cart": 2})
