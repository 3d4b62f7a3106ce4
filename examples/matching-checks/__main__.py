"""Name the checks that would run, already in the preview, and refuse a target that selects none or too many."""

import pulumi

from checkly_dynamic import CheckSessionGate, get_matching_checks

config = pulumi.Config()
match_tags = config.get_object("matchTags") or [["production", "!skip-e2e"]]
at_most = config.get_int("atMost") or 20

matching = get_matching_checks(match_tags=match_tags)
pulumi.info(f"{len(matching.checks)} checks would run: {', '.join(matching.names) or 'none'}")
for excluded in matching.excluded:
    pulumi.debug(f"{excluded.check.name} is not run: {excluded.reason}")
if not 1 <= len(matching.checks) <= at_most:
    raise pulumi.RunError(f"the target selects {len(matching.checks)} checks; between 1 and {at_most} are wanted")

gate = CheckSessionGate("smoke", target={"match_tags": match_tags}, deploy_version=config.require("version"))

pulumi.export("smoke", gate.summary)
