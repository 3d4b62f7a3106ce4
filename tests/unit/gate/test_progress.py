"""What people see while a gate waits: few whole lines, when something changed or nothing did for long."""

from updates import Lines

from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.progress import Progress
from checkly_dynamic.core.sessions import Run


def test_counts_are_shown_when_they_change_and_at_most_every_5_seconds():
    """The last counts are late, but not lost; up to three bad checks are named; without news there is a line each minute."""
    now, log = [0.0], Lines()
    progress = Progress(log, Deadline(900, Clock(monotonic=lambda: now[0])), ("FAILED",))

    def show(seconds, *statuses):
        for second in seconds:
            now[0] = second
            progress.update(
                Run(id=f"s{n}", check_id=f"c{n}", name=f"Check\n\x1b {n}", status=status, finished=status != "STARTED")
                for n, status in enumerate(statuses)
            )

    show([0], *["STARTED"] * 42)
    show(range(1, 10), "PASSED", *["STARTED"] * 41)
    show(range(10, 30), "PASSED", *["FAILED"] * 40, "STARTED")
    assert [line.replace("Check \N{REPLACEMENT CHARACTER} ", "") for _, line in log.shown] == [
        '0 of 42 checks finished; waiting for "0", 900 s left',
        '1 of 42 checks finished (1 PASSED); waiting for "1", 895 s left',
        '41 of 42 checks finished (40 FAILED, 1 PASSED); not passed: 1, 2, 3 and 37 more; waiting for "41", 890 s left',
    ]
    show(range(30, 600), "PASSED", *["FAILED"] * 40, "STARTED")
    assert len(log.shown) == 3 + 9
