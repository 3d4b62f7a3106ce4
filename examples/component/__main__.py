"""Two services, each proved by its own checks before it goes live."""

import pulumi
from proved import Proved

version = pulumi.Config().require("version")

for service in ("api", "payments"):
    deployed = pulumi.Stash(service, input=f"{service}:{version}")  # stands for your infrastructure
    proved = Proved(service, service=service, version=version, opts=pulumi.ResourceOptions(depends_on=[deployed]))
    pulumi.Stash(f"{service}-live", input=version, opts=pulumi.ResourceOptions(depends_on=[proved]))
    pulumi.export(service, proved.summary)
