"""Deployments that run at once share the account's rate limit without knowing of each other."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from measuring import checkly

DEPLOYMENTS, CHECKS = 10, 4


def test_ten_deployments_on_one_rate_limit_all_end_green():
    """
    Ten processes that together need more than the account may ask: every one ends, none falsely red.

    Each begins with the full budget, so Checkly refuses many requests with 429; no refused trigger is lost or sent twice.
    """
    with checkly([0.5] * CHECKS, rate_limit=20, window=3.0) as server, ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, Path(__file__).with_name("deployment.py")],
                    env=server.env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(DEPLOYMENTS)
        ]
        assert [process.stdout.readline() for process in running] == ["ready\n"] * DEPLOYMENTS
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]
        seen = server.look()

    assert answers == [{"conclusion": "PASSED", "counts": {"PASSED": CHECKS}}] * DEPLOYMENTS
    assert seen["answers"].get("429", 0) > 0, "the limit was never reached, so nothing was shown"
    assert seen["answers"]["201"] == DEPLOYMENTS
    assert len(seen["ends"]) == DEPLOYMENTS * CHECKS
    assert set(seen["answers"]) <= {"200", "201", "408", "429"}
