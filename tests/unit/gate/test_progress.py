"""What people see while a gate waits: few whole lines, when something changed or nothing did for long."""

from __future__ import annotations

import pytest
from updates import Lines

from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.progress import Progress
from checkly_dynamic.core.sessions import Run


class Screen:
    """A progress whose clock is a number."""

    def __init__(self):
        self.now, self.log = 0.0, Lines()
        self.progress = Progress(self.log, Deadline(900, Clock(monotonic=lambda: self.now)), ("FAILED",))

    def show(self, now, *statuses, name="Check"):
        """Let the gate report these statuses at a time."""
        self.now = now
        self.progress.update(
            Run(id=f"s{n}", check_id=f"c{n}", name=f"{name} {n}", status=status, finished=status != "STARTED")
            for n, status in enumerate(statuses)
        )


@pytest.fixture
def screen():
    """Give a screen."""
    return Screen()


def test_counts_are_shown_when_they_change_and_at_most_every_5_seconds(screen):
    """The last known counts are not lost, only late; a long silence is broken once a minute."""
    screen.show(0, "STARTED", "STARTED", "STARTED")
    for second in range(1, 30):
        screen.show(second, "PASSED", "STARTED", "STARTED")
    assert screen.log.shown == [
        '0 of 3 checks finished; waiting for "Check 0", 900 s left',
        '1 of 3 checks finished (1 PASSED); waiting for "Check 1", 895 s left',
    ]
    for second in range(30, 600):
        screen.show(second, "PASSED", "STARTED", "STARTED")
    assert len(screen.log.shown) == 11


def test_bad_checks_are_named_up_to_three(screen):
    """Who waits sees at once what failed; forty failed checks are still one line."""
    screen.show(0, "FAILED", "PASSED", "STARTED")
    screen.show(10, *["FAILED"] * 40, "STARTED")
    assert screen.log.shown == [
        '2 of 3 checks finished (1 FAILED, 1 PASSED); not passed: Check 0; waiting for "Check 2", 900 s left',
        (
            "40 of 41 checks finished (40 FAILED); not passed: Check 0, Check 1, Check 2 and 37 more; "
            'waiting for "Check 40", 890 s left'
        ),
    ]


def test_foreign_text_cannot_break_a_line(screen):
    """A check's name with line breaks and escapes stays one harmless line."""
    screen.show(0, "STARTED", name="evil\n\x1b[2Jname")
    [line] = screen.log.shown
    assert line.endswith('waiting for "evil \N{REPLACEMENT CHARACTER}[2Jname 0", 900 s left')
