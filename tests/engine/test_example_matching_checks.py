"""examples/matching-checks on the real engine: a preview names the checks, and refuses too few or too many."""

from __future__ import annotations

from example_projects import example


def test_a_preview_names_the_checks_and_refuses_a_bad_target(make_project, checkly):
    """The names are those that the update then runs; a typing error, or too much, is refused before anything runs."""
    project = example(make_project, "matching-checks", name="matching-checks", env=checkly.env)
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
