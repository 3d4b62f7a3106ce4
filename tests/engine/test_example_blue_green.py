"""examples/blue-green on the real engine: users see the new colour after green, and the old one after red."""

from __future__ import annotations

from example_projects import example


def test_the_switch_turns_only_behind_a_green_verdict(make_project, make_checkly):
    """A good version goes live; a bad one stands unseen beside the live one, without an alert; the next good one goes live."""
    checkly = make_checkly(speed=10)
    project = example(make_project, "blue-green", name="blue-green", env=checkly.env)
    site = project.work / "site"

    def live():
        return (site / "live").resolve().name, (site / "live" / "index.html").read_text()

    project.up("-c", "blue=v1", "-c", "green=v1", "-c", "live=blue")
    assert live() == ("blue", "<h1>Shop v1</h1>\n")
    project.up("-c", "green=v2", "-c", "live=green")
    assert live() == ("green", "<h1>Shop v2</h1>\n")

    project.up("-c", "blue=v3-bad", "-c", "live=blue", expect="failure")
    assert live() == ("green", "<h1>Shop v2</h1>\n")
    assert (site / "blue" / "index.html").read_text() == "<h1>Shop v3-bad</h1>\n"
    assert project.outputs()["tested"]["deployVersions"] == ["blue@v3-bad"]

    project.up("-c", "blue=v4")
    assert live() == ("blue", "<h1>Shop v4</h1>\n")
    assert [session["environmentVariables"][0]["value"] for session in checkly.test_sessions.values()] == [
        f"https://{release}.shop.example.com" for release in ("blue-v1", "green-v2", "blue-v3-bad", "blue-v4")
    ]
    assert checkly.sessions == {}
    project.preview("--expect-no-changes")
    project.destroy()
    assert list(site.iterdir()) == []
