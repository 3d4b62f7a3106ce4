"""Two stacks with two Checkly accounts, deployed at once by one process: every request carries the key of its own stack."""

from __future__ import annotations

import json

import pytest
from gates import HEAD, check, check_id, posts, scenario

TWO = f"""
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pulumi import automation

from checkly_dynamic import get_matching_checks

def program():
    {HEAD.replace(chr(10), chr(10) + "    ")}
    trigger = CheckSessionTrigger("smoke", target={{"match_tags": [["smoke"]]}})
    gate = CheckSessionGate("smoke-passed", wait_for=trigger)
    pulumi.export("matching", [check.name for check in get_matching_checks(match_tags=[["smoke"]]).checks])
    pulumi.export("summary", gate.summary)

def deploy(name, settings):
    options = automation.LocalWorkspaceOptions(pulumi_command=automation.PulumiCommand(sys.argv[1]))
    stack = automation.create_or_select_stack(name, "inline", program, opts=options)
    stack.set_all_config({{
        "checkly:" + key: automation.ConfigValue(value, secret=key == "apiKey") for key, value in settings.items()
    }})
    outputs = stack.up().outputs
    return {{name: output.value for name, output in outputs.items()}}

accounts = json.loads(sys.argv[2])
with ThreadPoolExecutor() as pool:
    print(json.dumps(list(pool.map(deploy, accounts, accounts.values()))))
"""


@pytest.mark.long
def test_stacks_of_two_accounts_in_one_process_do_not_mix_their_keys(make_project, make_checkly):
    """Each local Checkly knows one key and one account, and refuses every other; both accept each of their requests."""
    accounts, checklys = {}, []
    for name in ("one", "other"):
        settings = {"apiKey": f"cu_made_up_{name}", "accountId": check_id(name)}
        checklys.append(make_checkly(scenario=scenario(check(f"Home of {name}", seconds=1), **settings)))
        accounts[name] = {**settings, "apiUrl": checklys[-1].env["CHECKLY_API_URL"]}
    project = make_project()
    deployed = json.loads(project.python(TWO, str(project.cli.parent), json.dumps(accounts)))
    for name, checkly, outputs in zip(accounts, checklys, deployed, strict=True):
        assert outputs["matching"] == [f"Home of {name}"]
        assert outputs["summary"]["checks"] == {f"Home of {name}": "PASSED"}
        assert {entry["status"] for entry in checkly.requests} == {200, 201}
        assert len(posts(checkly)) == 1
