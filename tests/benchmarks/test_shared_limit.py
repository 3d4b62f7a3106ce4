"""Deployments that run at the same time share the account's rate limit and do not know of each other."""

import json
from contextlib import ExitStack

from measuring import checkly, host

DEPLOYMENTS, CHECKS = 10, 4


def test_ten_deployments_on_one_rate_limit_all_end_green():
    """
    Ten processes that together need more requests than the account may send all end green.

    Each one starts with the full budget, so Checkly refuses many requests with 429; no refused trigger is lost or sent twice.
    """
    with checkly([0.5] * CHECKS, rate_limit=20, window=3.0) as server, ExitStack() as stack:
        running = [stack.enter_context(host(server)) for _ in range(DEPLOYMENTS)]
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]
        seen = server.look()

    assert [answer["conclusion"] for answer in answers] == ["PASSED"] * DEPLOYMENTS
    assert [answer["counts"] for answer in answers] == [{"PASSED": CHECKS}] * DEPLOYMENTS
    assert seen["answers"].get("429", 0) > 0, "the limit was never reached, so nothing was shown"
    assert seen["answers"]["201"] == DEPLOYMENTS
    assert len(seen["stopped"]) == DEPLOYMENTS * CHECKS
