"""A service as the rules want it; each setting breaks one of them."""

import sys

import pulumi

from checkly_dynamic import CheckSessionGate

# A language host that does not know policy packs runs this program in the pack's place, without an engine.
if pulumi.runtime.get_root_resource() is None:
    sys.exit(
        "pulumi-language-python of this Pulumi CLI is too old to run a policy pack; "
        "install a current CLI: https://www.pulumi.com/docs/install/"
    )

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
