"""Beyond one machine: state in an object store, several stacks at once, a stack that requires a verdict, and the report."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from gates import check, posts, program, scenario

CONSUMER = """
import pulumi
from checkly_dynamic import require_passed

proof = require_passed("organization/demo/s0", "summary", deploy_version="1")
pulumi.Stash("live", input=proof.deploy_version)
"""
STACKS = 6


@pytest.fixture
def bucket(tmp_path):
    """Return the URL of a backend in an S3-compatible server, which ends with the test."""
    log = tmp_path / "s3.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"], stdout=out, stderr=out
        )
    try:
        url = ""
        for _ in range(300):
            found = [word for word in log.read_text().split() if word.startswith("http://127.0.0.1:")]
            if found:
                url = found[0].rstrip("/")
                break
            time.sleep(0.1)
        requests.put(f"{url}/state", timeout=10).raise_for_status()
        yield f"s3://state?endpoint={url}&s3ForcePathStyle=true&region=us-east-1"
    finally:
        server.kill()
        server.wait()


@pytest.mark.long
def test_six_stacks_share_an_object_store_and_one_rate_limit(make_project, make_checkly, bucket):
    """Six updates at once are green with one request each; another stack requires one of them; the report reads the state."""
    checkly = make_checkly(scenario=scenario(check("Home"), check("Cart")))
    env = {**checkly.env, "PULUMI_BACKEND_URL": bucket, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    project = make_project(program())
    project.env.update(env)
    for number in range(STACKS):
        project.run("stack", "init", f"organization/demo/s{number}", "--no-select")
    with ThreadPoolExecutor(STACKS) as pool:
        done = list(pool.map(lambda number: project.up("--stack", f"organization/demo/s{number}"), range(STACKS)))
    assert [result.changes["created"] for result in done] == [8] * STACKS
    assert len(posts(checkly)) == STACKS
    again = project.up("--stack", "organization/demo/s1")
    assert (again.changes, len(posts(checkly))) == ({"unchanged": 8}, STACKS)

    consumer = make_project(CONSUMER, name="consumer")
    consumer.env.update(env)
    consumer.run("stack", "init", "organization/consumer/dev")
    assert consumer.up().changes == {"created": 2}

    report = subprocess.run(
        [sys.executable, "-m", "checkly_dynamic", "report", "--stack", "organization/demo/s2"],
        cwd=project.folder,
        env={**os.environ, **project.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (report.returncode, "2 checks passed" in report.stdout) == (0, True), report.stderr
