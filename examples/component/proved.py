"""A gate with the company's settings as one component: what a platform team gives to all service teams."""

import pulumi

from checkly_dynamic import CheckSessionGate


class Proved(pulumi.ComponentResource):
    """The checks of one service, run after it was deployed; what depends on this starts only when they passed."""

    def __init__(
        self, name: str, *, service: str, version: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("platform:index:Proved", name, None, opts)
        gate = CheckSessionGate(
            name,
            target={"match_tags": [[service, "!slow"]]},
            deploy_version=version,
            timeout_seconds=600,
            attempts=2,
            # A component's children do not wait for its depends_on by themselves.
            opts=pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None),
        )
        self.passed, self.summary = gate.passed, gate.summary
        self.register_outputs({})  # not `passed`: on red it has no value, and these outputs would wait for it
