"""
Run a program file inside this process, through the Automation API, with policy packs.

An official Pulumi CLI runs packs with ``pulumi up --policy-pack FOLDER``. The language host that can be built without the
official installer is too old for that, so tests let the Automation API serve the program; packs and engine are the same.
"""

from __future__ import annotations

import json
import runpy
import sys

from pulumi import automation


def main(job: dict) -> int:
    """
    Run one operation.

    Args:
        job: ``cli`` (folder above ``bin``), ``program`` (a file), ``project``, ``stack``, ``operation``, ``config``, ``tags``,
            ``packs`` (folders), ``pack_configs`` (files).

    Returns:
        The exit code.
    """
    options = automation.LocalWorkspaceOptions(pulumi_command=automation.PulumiCommand(job["cli"]))

    def program() -> None:
        runpy.run_path(job["program"])

    stack = automation.create_or_select_stack(job["stack"], job["project"], program, opts=options)
    for key, value in job["config"].items():
        stack.set_config(key, automation.ConfigValue(value))
    for tag, value in job["tags"].items():
        stack.workspace.set_tag(job["stack"], tag, value)
    try:
        getattr(stack, job["operation"])(
            policy_packs=job["packs"], policy_pack_configs=job["pack_configs"], on_output=print
        )
    except automation.CommandError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
