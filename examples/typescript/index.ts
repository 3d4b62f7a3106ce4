import * as pulumi from "@pulumi/pulumi";
import * as checkly from "@pulumi/checkly-sessions";

const config = new pulumi.Config();
const version = config.require("version");

// Stands for what you deploy.
const service = new pulumi.Stash("service", { input: pulumi.interpolate`shop:${version}` });

// Starts the checks with the tag "production", after the service was deployed, and whenever the version changes.
const smoke = new checkly.CheckSessionTrigger(
    "smoke",
    { target: { matchTags: [["production"]] }, deployVersion: version },
    { dependsOn: [service] },
);

// Waits for the checks and records the result. It never fails, so the exported summary is also correct after a failure.
const verdict = new checkly.CheckSessionVerdict("smoke", {
    waitFor: [smoke.handle],
    expectedDeployVersions: [version],
    timeoutSeconds: 600,
    attempts: 2,
});

// Fails when the result is not good.
const gate = new checkly.CheckSessionBarrier("smoke", {
    verdict: verdict.verdict,
    expectedDeployVersions: [version],
    waitFor: [smoke.handle],
});

// Stands for what takes the traffic: it starts only on green.
new pulumi.Stash("live", { input: version }, { dependsOn: [gate] });

export const summary = verdict.summary;
