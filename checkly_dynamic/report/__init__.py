"""
Reports on the gates of a stack, in several formats. Each renderer is a pure function of a :class:`Report`.

Renderers are imported where they are used, because they need libraries of the extra ``cli``.
"""

from checkly_dynamic.report.compare import Change, Changes, compare
from checkly_dynamic.report.model import CheckResult, GateReport, Report, Run, doubted, insist_on
from checkly_dynamic.report.results import results

__all__ = [
    "Change",
    "Changes",
    "CheckResult",
    "GateReport",
    "Report",
    "Run",
    "compare",
    "doubted",
    "insist_on",
    "results",
]
