"""Judge a set of runs under the policy of a gate. Pure functions; an unknown status is never good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkly_dynamic.core.sessions import FINAL_STATUSES, NO_SESSION, NOT_FOUND, Run
from checkly_dynamic.core.text import number_of, printable

DEFAULT_FAIL_ON = ("FAILED", "TIMED_OUT", "CANCELLED")
"""The final statuses that make a verdict bad by default: the same as for Checkly's ``checks run``."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How a gate waits and judges; see ``CheckSessionGate`` for the meaning of each field."""

    timeout_seconds: float = 900.0
    fail_on: tuple[str, ...] = DEFAULT_FAIL_ON
    attempts: int = 1
    fail_fast: bool = False
    non_blocking: tuple[str, ...] = ()
    record_only: bool = False
    failure_details: bool = True

    @classmethod
    def from_state(cls, inputs: Mapping[str, Any]) -> Policy:
        """Read the policy from validated inputs, where numbers are floats and defaults are absent."""
        return cls(
            timeout_seconds=float(inputs.get("timeoutSeconds", cls.timeout_seconds)),
            fail_on=tuple(inputs.get("failOn", cls.fail_on)),
            attempts=int(inputs.get("attempts", cls.attempts)),
            fail_fast=bool(inputs.get("failFast", cls.fail_fast)),
            non_blocking=tuple(inputs.get("nonBlocking") or ()),
            record_only=inputs.get("onFailure") == "record",
            failure_details=bool(inputs.get("failureDetails", cls.failure_details)),
        )

    def is_non_blocking(self, run: Run) -> bool:
        """Whether ``non_blocking`` names the check of a run, by its id or its exact name."""
        if run.whole:  # it may have the name of a check, and stands for all its checks
            return False
        ids = map(str.lower, self.non_blocking)
        return run.check_id.lower() in ids or bool(run.name and run.name in self.non_blocking)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """
    What a gate concludes.

    Attributes:
        conclusion: The first of these that applies: ``FAILED`` (a check ended bad or has no run, a trigger matched no check, or
            every check is non-blocking), ``UNKNOWN`` (Checkly could not be read, or has forgotten a session),
            ``PENDING`` (not finished in time), ``PASSED``.
        reason: One sentence.
        counts: Status → number of checks; ``flaky``: checks that ended bad and passed in a re-run of the same update;
            ``missing``: checks without a run (both only when there are any).
        not_good: The runs that keep the verdict from being good: ended ones, then unfinished ones.
    """

    conclusion: str
    reason: str
    counts: dict[str, int]
    not_good: tuple[Run, ...]

    @property
    def passed(self) -> bool:
        """Whether the conclusion is ``PASSED``."""
        return self.conclusion == "PASSED"


def current(runs: Iterable[Run]) -> list[Run]:
    """
    Return the runs that count, in the given order: for each check those of its latest attempt.

    The run of a whole test session counts until one of its checks has run again: then the whole session has.
    """
    runs = list(runs)
    latest: dict[str, int] = {}
    for run in runs:
        for name in {run.check_key, run.source}:
            latest[name] = max(run.attempt, latest.get(name, 0))
    return [run for run in runs if run.attempt == latest[run.check_key]]


def is_bad(run: Run, fail_on: Collection[str]) -> bool:
    """Whether a run has ended in a way that makes the verdict bad. An unknown final status always does."""
    if not run.finished or run.status == "PASSED":
        return False
    return run.status in fail_on or run.status not in FINAL_STATUSES


def judge(
    counting: Sequence[Run], *, fail_on: Collection[str] = DEFAULT_FAIL_ON, unanswered: int = 0, flaky: int = 0
) -> Verdict:
    """
    Judge the runs of a gate that count.

    Args:
        counting: The latest attempt of each check (see :func:`current`), and a stand-in for each check without a run.
        fail_on: Final statuses that make the verdict bad.
        unanswered: The number of triggers without a session that had to match a check.
        flaky: How many checks ended bad and passed in a re-run of the same update.
    """
    blocking = [run for run in counting if not run.non_blocking]
    bad = [run for run in blocking if is_bad(run, fail_on) and run.status != NOT_FOUND]
    forgotten = [run for run in blocking if run.status == NOT_FOUND]
    lost = [run for run in blocking if not run.finished and run.unread]
    running = [run for run in blocking if not run.finished and not run.unread]
    nothing_blocks = bool(counting) and not blocking

    if bad or unanswered or nothing_blocks:
        conclusion = "FAILED"
    elif forgotten or lost:
        conclusion = "UNKNOWN"
    else:
        conclusion = "PENDING" if running else "PASSED"

    total = number_of(len(counting), "check")
    problems = []
    if nothing_blocks:
        problems.append("every check is non-blocking, so nothing was proven")
    if unanswered:
        problems.append("no check matched" + (f" for {unanswered} triggers" if unanswered > 1 else ""))
    if bad:
        problems.append(f"{len(bad)} of {total} did not pass ({_by_status(bad)})")
    if forgotten:
        problems.append(f"{len(forgotten)} of {total} unknown: Checkly has forgotten the session")
    if lost:
        problems.append(f"{len(lost)} of {total} unknown: Checkly could not be read")
    if running:
        late = " in time" if conclusion == "PENDING" else ""
        problems.append(f"{len(running)} of {total} had not finished{late}")

    counts = Counter("missing" if run.status == NO_SESSION else run.status for run in counting)
    return Verdict(
        conclusion=conclusion,
        reason="; ".join(problems) or _good_reason(counting, fail_on, flaky),
        counts={**counts, **({"flaky": flaky} if flaky else {})},
        not_good=(*bad, *forgotten, *lost, *running),
    )


def _good_reason(counting: Sequence[Run], fail_on: Collection[str], flaky: int) -> str:
    if not counting:
        return "no check matched, as on_no_match allows"
    ignored = [run for run in counting if run.non_blocking and (is_bad(run, fail_on) or not run.finished)]
    good = [run for run in counting if run not in ignored]
    words = []
    if allowed := [run for run in good if run.status != "PASSED"]:
        words.append(f"{_by_status(allowed)}, as fail_on allows")
    if flaky:
        words.append(f"{flaky} flaky: passed in a re-run")
    if ignored:
        words.append(f"non-blocking: {_by_status(ignored)}")
    return f"{number_of(len(good), 'check')} passed" + (f" ({'; '.join(words)})" if words else "")


def _by_status(runs: Iterable[Run]) -> str:
    words = Counter("without a check session" if run.status == NO_SESSION else printable(run.status) for run in runs)
    return ", ".join(f"{number} {word}" for word, number in sorted(words.items()))
