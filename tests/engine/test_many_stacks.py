"""More than one stack: state in an object store, several stacks and accounts at once, a stack that requires a verdict."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from gates import check, check_id, posts, program
from moto.server import ThreadedMotoServer

CONSUMER = """
import pulumi
from checkly_dynamic import require_passed

proof = require_passed("organization/demo/s0", "summary", deploy_version="1")
pulumi.Stash("live", input=proof.deploy_version)
"""
STACKS = [f"organization/demo/s{number}" for number in range(6)]


@pytest.fixture
def bucket():
    """Yield the URL of a backend in an S3-compatible server, which stops after the test."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    requests.put(f"{url}/state", timeout=10).raise_for_status()
    yield f"s3://state?endpoint={url}&s3ForcePathStyle=true&region=us-east-1"
    server.stop()


@pytest.mark.long
def test_six_stacks_share_an_object_store_and_one_rate_limit(make_project, make_stack, bucket):
    """Six updates at once are green with one request each; another stack requires one of them; the report reads the state."""
    project, checkly = make_stack(program(), check("Home"), check("Cart"))
    backend = {"PULUMI_BACKEND_URL": bucket, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    project.env |= backend
    for stack in STACKS:
        project.run("stack", "init", stack, "--no-select")
    with ThreadPoolExecutor(len(STACKS)) as pool:
        done = list(pool.map(lambda stack: project.up("--stack", stack), STACKS))
    assert [result.changes["created"] for result in done] == [8] * len(STACKS)
    assert len(posts(checkly)) == len(STACKS)
    assert project.up("--stack", STACKS[1]).changes == {"unchanged": 8}
    assert len(posts(checkly)) == len(STACKS)

    consumer = make_project(CONSUMER, name="consumer")
    consumer.env |= backend
    consumer.run("stack", "init", "organization/consumer/dev")
    assert consumer.up().changes == {"created": 2}
    assert "2 checks passed" in project.checkly_dynamic("report", "--stack", STACKS[2]).stdout


TWO = """
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pulumi
from pulumi import automation
from checkly_dynamic import CheckSessionGate, get_matching_checks

def program():
    gate = CheckSessionGate("smoke", target={"match_tags": [["smoke"]]})
    pulumi.export("matching", get_matching_checks(match_tags=[["smoke"]]).names)
    pulumi.export("summary", gate.summary)

def deploy(name, settings):
    stack = automation.create_or_select_stack(name, "inline", program)
    for key, value in settings.items():
        stack.set_config("checkly:" + key, automation.ConfigValue(value, secret=key == "apiKey"))
    return {name: output.value for name, output in stack.up().outputs.items()}

accounts = json.loads(sys.argv[1])
with ThreadPoolExecutor() as pool:
    print(json.dumps(list(pool.map(deploy, accounts, accounts.values()))))
"""


@pytest.mark.long
def test_stacks_of_two_accounts_in_one_process_do_not_mix_their_keys(project, make_checkly):
    """Each local Checkly knows one key and one account, and refuses every other; both accept each of their requests."""
    accounts, checklys = {}, []
    for name in ("one", "other"):
        settings = {"apiKey": f"cu_made_up_{name}", "accountId": check_id(name)}
        checklys.append(make_checkly(scenario={"checks": [check(f"Home of {name}", seconds=1)], **settings}))
        accounts[name] = {**settings, "apiUrl": checklys[-1].env["CHECKLY_API_URL"]}
    deployed = json.loads(project.execute(sys.executable, "-c", TWO, json.dumps(accounts)).stdout)
    for name, checkly, outputs in zip(accounts, checklys, deployed, strict=True):
        assert outputs["matching"] == [f"Home of {name}"]
        assert outputs["summary"]["checks"] == {f"Home of {name}": "PASSED"}
        assert {entry["status"] for entry in checkly.requests} == {200, 201}
        assert len(posts(checkly)) == 1
