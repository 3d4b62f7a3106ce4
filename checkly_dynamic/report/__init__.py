"""
Reports: what is stored of gates, told to people and to programs. Pure functions of a :class:`Report`.

A renderer is imported where it is used, because each needs libraries of its own.
"""

from checkly_dynamic.report.compare import Changes, compare
from checkly_dynamic.report.model import CheckResult, GateReport, Report, insist_on, results

__all__ = ["Changes", "CheckResult", "GateReport", "Report", "compare", "insist_on", "results"]
