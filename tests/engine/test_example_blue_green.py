"""examples/blue-green on the real engine: users see the new colour after green, and the old one after red."""

from __future__ import annotations

from example_projects import example


def test_the_switch_turns_only_behind_a_green_verdict(make_project, checkly):
    """A green version goes live; a red one is there, beside the live one, and nobody sees it; a repaired one goes live."""
    project = example(make_project, "blue-green", name="blue-green", env=checkly.env)
    site = project.work / "site"

    def live():
        return (site / "live").resolve().name, (site / "live" / "index.html").read_text()

    project.up("-c", "blue=v1", "-c", "green=v1", "-c", "live=blue")
    assert live() == ("blue", "<h1>Shop v1</h1>\n")
    project.up("-c", "green=v2", "-c", "live=green")
    assert live() == ("green", "<h1>Shop v2</h1>\n")

    project.up("-c", "blue=v3", "-c", "live=blue", "-c", "tag=broken", expect="failure")
    assert live() == ("green", "<h1>Shop v2</h1>\n")
    assert (site / "blue" / "index.html").read_text() == "<h1>Shop v3</h1>\n"
    assert project.outputs()["smoke"]["deployVersions"] == ["blue@v3"]

    project.up("-c", "blue=v4", "-c", "tag=canary")
    assert live() == ("blue", "<h1>Shop v4</h1>\n")
    project.destroy()
    assert list(site.iterdir()) == []
