"""A service as the rules want it; each setting breaks one of them."""

import pulumi

from checkly_dynamic import CheckSessionGate

config = pulumi.Config()
version = config.get("version") or None

if config.get_bool("gate") is not False:
    run_all = config.get_bool("runAllChecks")
    gate = CheckSessionGate(
        "smoke",
        target=None if run_all else {"match_tags": [[config.get("tag") or "canary"]]},
        run_all_checks=run_all,
        deploy_version=version,
        timeout_seconds=config.get_float("timeoutSeconds"),
        on_failure=config.get("onFailure"),
    )
    live = pulumi.Stash("live", input={"version": version, "checksPassed": gate.passed})
    pulumi.export("smoke", gate.summary)
