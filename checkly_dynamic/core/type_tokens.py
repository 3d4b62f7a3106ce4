"""The types of the resources in a stack's state."""

PACKAGES = ("pulumi-python:dynamic/checkly", "checkly-sessions:index")
"""The resources of Python programs, and those of the native provider."""

GATE = "checkly-dynamic:index:CheckSessionGate"
TRIGGERS = frozenset(f"{package}:{kind}SessionTrigger" for package in PACKAGES for kind in ("Check", "Test"))
VERDICTS = frozenset(f"{package}:CheckSessionVerdict" for package in PACKAGES)
"""Every ``CheckSessionGate`` contains one."""
