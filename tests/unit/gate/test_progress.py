"""What people see while a gate waits: few whole lines, when something changed or nothing did for long."""

import pytest

from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.progress import Progress
from checkly_dynamic.core.sessions import CheckSession


class Screen:
    """A progress whose clock is a number."""

    def __init__(self, spoken):
        self.now = 0.0
        deadline = Deadline(900, Clock(monotonic=lambda: self.now))
        self.progress = Progress(spoken.append, deadline, ("FAILED",))

    def show(self, now, *statuses):
        """Let the gate report these statuses at a time."""
        self.now = now
        self.progress.counts(session(status, number) for number, status in enumerate(statuses))


def session(status, number=0, name="Check"):
    """Make a session."""
    ended = status in ("PASSED", "FAILED")
    return CheckSession(
        f"s{number}",
        f"https://checkly.example/{number}",
        f"c{number}",
        "API",
        f"{name} {number}",
        status,
        finished=ended,
    )


@pytest.fixture
def screen(spoken):
    """Give a screen that writes into *spoken*."""
    return Screen(spoken)


def test_counts_are_said_when_they_change_and_at_most_every_15_seconds(screen, spoken):
    """In a minute of changes there are at most five lines; the last known counts are not lost, only late."""
    screen.show(0, "STARTED", "STARTED", "STARTED")
    for second in range(1, 15):
        screen.show(second, "PASSED", "STARTED", "STARTED")
    assert len(spoken) == 1
    screen.show(15, "PASSED", "STARTED", "STARTED")
    for second in range(16, 60):
        screen.show(second, "PASSED", "STARTED", "STARTED")
    assert spoken == [
        "0 of 3 checks ended; waiting for Check 0, 900 s left",
        "1 of 3 checks ended (1 PASSED); waiting for Check 1, 885 s left",
    ]


def test_a_long_silence_is_broken_once_a_minute(screen, spoken):
    """A check that takes ten minutes does not look like a hang, and does not fill a log either."""
    for second in range(600):
        screen.show(second, "PASSED", "STARTED")
    assert len(spoken) == 10
    assert spoken[-1] == "1 of 2 checks ended (1 PASSED); waiting for Check 1, 360 s left"


def test_nothing_is_said_when_nothing_runs(screen, spoken):
    """The verdict speaks for itself, so there is no line of counts at the end."""
    screen.show(0, "PASSED", "FAILED")
    screen.show(20)
    assert spoken == []


def test_a_failed_check_is_named_at_once_with_its_link(screen, spoken):
    """Nobody has to wait for the others to look at a failure; a good end is not worth a line."""
    screen.progress.ended(session("PASSED"))
    screen.progress.ended(session("STARTED"))
    screen.progress.ended(session("FAILED", 2))
    assert spoken == ["Check 2: FAILED https://checkly.example/2"]


def test_foreign_text_cannot_break_a_line(screen, spoken):
    """A check's name with line breaks and escapes stays one harmless line."""
    screen.progress.counts([session("STARTED", name="evil\n\x1b[2Jname")])
    assert spoken == ["0 of 1 checks ended; waiting for evil \N{REPLACEMENT CHARACTER}[2Jname 0, 900 s left"]
