"""The content of a report. Text and links from outside are safe here: the readers replace or drop what is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from checkly_dynamic.core.sessions import Run

CONCLUSIONS = ("FAILED", "UNKNOWN", "PENDING", "PASSED")
"""The conclusions of a gate, worst first. The worst one of all gates is the conclusion of the report."""

OUTCOMES = ("failed", "unknown", "running", "non-blocking", "flaky", "warned", "passed")
"""The outcomes of a result, worst first. ``warned``: a status other than PASSED that the gate accepts, such as DEGRADED."""

BAD_OUTCOMES = ("failed", "unknown", "running")  # these keep a gate from passing


@dataclass(frozen=True)
class CheckResult:
    """One check of a gate: a name that is unique in the gate, one of :data:`OUTCOMES`, and its runs. The last run counts."""

    name: str
    outcome: str
    attempts: tuple[Run, ...]

    @property
    def run(self) -> Run:
        """The run that counts."""
        return self.attempts[-1]

    @property
    def status(self) -> str:
        """Its status, with a remark if needed: ``FAILED, non-blocking``."""
        extra = f", {self.outcome}" if self.outcome in ("non-blocking", "flaky") else ""
        return f"{self.run.status or 'UNKNOWN'}{extra}"

    @property
    def errors(self) -> tuple[str, ...]:
        """Why the check failed; for a flaky check, why its last bad attempt failed."""
        runs = reversed(self.attempts) if self.outcome == "flaky" else [self.run]
        return next((run.errors for run in runs if run.errors), ())


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """One gate: a result for each check, worst first, and one sentence for each thing to know before trusting them."""

    name: str
    conclusion: str
    reason: str
    deploy_versions: tuple[str, ...] = ()  # one is empty if only some triggers have one
    results: tuple[CheckResult, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    started_at: str = ""  # ISO 8601; empty when unknown
    finished_at: str = ""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the conclusion is ``PASSED``."""
        return self.conclusion == "PASSED"

    def with_note(self, note: str) -> "GateReport":
        """Return this gate with one more note."""
        return replace(self, notes=(*self.notes, note))

    @property
    def bad(self) -> list[CheckResult]:
        """The results that keep the gate from passing."""
        return [result for result in self.results if result.outcome in BAD_OUTCOMES]


@dataclass(frozen=True)
class Change:
    """A check that ended differently in two runs; *difference* shows statuses or durations: ``PASSED → FAILED``."""

    kind: str
    gate: str
    now: CheckResult
    difference: str


@dataclass(frozen=True)
class Report:
    """All gates of one stack (``project/stack`` if known), and the changes since a previous run, if there is one."""

    gates: tuple[GateReport, ...]
    stack: str = ""
    changes: tuple[Change, ...] | None = None

    @property
    def conclusion(self) -> str:
        """The worst conclusion of all gates; ``UNKNOWN`` without a gate."""
        return min((gate.conclusion for gate in self.gates), key=CONCLUSIONS.index, default="UNKNOWN")

    @property
    def passed(self) -> bool:
        """Whether there are gates and all of them passed."""
        return self.conclusion == "PASSED"
