"""The summary that a program exports: short, readable, and complete about what is bad."""

from __future__ import annotations

from checkly_dynamic.core.summary import summarise


def row(name, status="PASSED", *, check="", attempt=1, **more):
    """Describe a stored run."""
    id_ = f"{name}-{check}-{attempt}"
    ids = {"checkSessionId": id_, "checkSessionLink": f"l-{id_}", "checkId": check or name}
    return {**ids, "name": name, "status": status, "attempt": attempt, "finished": True, **more}


def bad_row(raw):
    """Describe a stored run in ``failed``."""
    link = {"sessionId": raw["checkSessionId"], "link": raw["checkSessionLink"]}
    return {"name": raw["name"], "status": raw["status"], **link, "errors": [], "runLocations": ["eu"]}


def checks(*rows):
    """Return the summary's checks."""
    bad = [bad_row(raw) for raw in rows if raw["status"] == "FAILED"]
    return summarise({"sessions": rows, "failed": bad}, [])["checks"]


def test_a_deploy_version_that_is_missing_is_left_out():
    """Not null; when others have one, how many lack it is told, so that require_passed can refuse."""
    assert "withoutDeployVersion" not in summarise({}, [None, None])
    assert summarise({}, [None, None])["deployVersions"] == []
    assert summarise({}, ["1", None])["withoutDeployVersion"] == 1


def test_names_that_occur_twice_carry_their_check_id():
    """Two checks of one name, or one check from two triggers, do not hide each other."""
    assert checks(row("Home", check="c1"), row("Home", check="c2"), row("Cart")) == {
        "Home (c1)": "PASSED",
        "Home (c2)": "PASSED",
        "Cart": "PASSED",
    }
    twice = [row("Home", check="c1"), row("Home", "FAILED", check="c1", checkSessionLink="other")]
    assert checks(*twice) == {"Home (c1)": "FAILED", "Home (c1) (again)": "PASSED"}


def test_at_most_fifty_checks_bad_ones_first():
    """Counts tell the rest; rows of bad checks are limited as well."""
    rows = [row(f"good {n}") for n in range(60)] + [row(f"bad {n}", "FAILED") for n in range(10)]
    shown = checks(*rows)
    assert len(shown) == 50
    assert list(shown)[:10] == [f"bad {n}" for n in range(10)]
    many = [bad_row(row(f"bad {n}", "FAILED")) for n in range(60)]
    assert len(summarise({"failed": many}, [])["failed"]) == 50
