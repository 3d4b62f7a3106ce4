"""The trigger of check sessions that a Pulumi program constructs."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import pulumi

from checkly_dynamic.provider import CheckSessionTriggerProvider
from checkly_dynamic.resources.inputs import api_target
from checkly_dynamic.resources.trigger_base import Trigger
from checkly_dynamic.resources.types import Session, TargetArgs, TargetArgsDict


@final
class CheckSessionTrigger(Trigger, module="checkly", name="CheckSessionTrigger"):
    """
    Runs checks in Checkly: one request when it is created, and one whenever a relevant input changes.

    It does not wait for the checks, so their ids are in Pulumi's state before anything slow begins; use a
    :class:`CheckSessionGate` to wait. The checks run as real runs: Checkly's alerting rules apply.

    Args:
        resource_name: The resource's name in the stack.
        target: Which checks to run: :class:`TargetArgs`, or a mapping with ``match_tags`` and ``check_ids`` (also in
            the API's own spelling, ``matchTags`` and ``checkId``). Any other key is refused.
        deploy_version: A string that is new for each deployment, such as an image digest, at most 10,000 characters. A change
            runs the checks again. Whitespace at both ends is dropped. By default none.
        triggers: A list of JSON values; any change runs the checks again. Assets and archives are refused.
        refresh_cache: Passed through: install the dependencies of Playwright Check Suites from scratch. Default False.
        run_all_checks: Must be True for a target that is empty or has only tags with ``!``, because it runs every check of the
            account, or nearly every one. Refused beside a target that selects checks. Default False.
        on_no_match: What happens when no active check matches: ``"fail"`` (the default) or ``"pass"``.
        opts: Pulumi's resource options. Use ``depends_on`` for what must be deployed before the checks run.

    Attributes:
        sessions: The check sessions, as the API returned them, in its order.
        session_ids: Their ids.
        statuses: Their last known statuses; ``pulumi refresh`` updates those that were not final.
        links: Their pages in Checkly.
        missing_check_ids: Checks that were asked for by id alone and did not start: deleted or deactivated.
        triggered_at: When the request was answered, ISO 8601 in UTC.

    Raises:
        PayloadError: Here, for values that Pulumi could not send (a set or a date, NaN) and for strings that were made by
            formatting an Output. ``pulumi preview`` and ``pulumi up`` report every other bad argument before any request;
            ``up`` fails with ``ApiError``, ``NoMatchingChecks`` and the like when Checkly refuses.
    """

    sessions: pulumi.Output[Sequence[Session]]
    statuses: pulumi.Output[Sequence[str]]
    links: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        target: pulumi.Input[TargetArgs | TargetArgsDict | Mapping[str, Any]] | None = None,
        deploy_version: pulumi.Input[str] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        refresh_cache: pulumi.Input[bool] | None = None,
        run_all_checks: pulumi.Input[bool] | None = None,
        on_no_match: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "resourceName": resource_name,
            "target": api_target(target),
            "deployVersion": deploy_version,
            "triggers": triggers,
            "refreshCache": refresh_cache,
            "runAllChecks": run_all_checks,
            "onNoMatch": on_no_match,
        }
        outputs = ("sessions", "sessionIds", "statuses", "links", "missingCheckIds", "triggeredAt")
        super().__init__(CheckSessionTriggerProvider(), resource_name, inputs, outputs, opts)
        self.session_ids: pulumi.Output[Sequence[str]] = pulumi.get(self, "sessionIds")
