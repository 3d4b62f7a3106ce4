"""Wait, for a bounded time, until an address really answers with a version: a resource to depend on."""

import time
import urllib.error
import urllib.request
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class _AnswersProvider(ResourceProvider):
    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in ("url", "version")))

    def create(self, props: Any) -> CreateResult:
        return CreateResult(props["url"], _waited(props))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        return UpdateResult(_waited(news))


class Answers(Resource, module="shop", name="Answers"):
    """
    There once the address has answered with the version several times in a row.

    Args:
        name: The resource's name.
        url: What to ask; its answer is the running version as plain text.
        version: The version that must answer.
        times: How often in a row: behind a load balancer, old instances still answer now and then.
        every_seconds: How long to wait between two questions.
        timeout_seconds: How long to wait altogether; then the deployment fails, and no check runs.
        opts: Pulumi's resource options.
    """

    version: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        url: pulumi.Input[str],
        version: pulumi.Input[str],
        times: int = 5,
        every_seconds: float = 2,
        timeout_seconds: float = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        patience = {"times": times, "everySeconds": every_seconds, "timeoutSeconds": timeout_seconds}
        super().__init__(_AnswersProvider(), name, {"url": url, "version": version, **patience}, opts)


def _waited(props: Any) -> dict[str, Any]:
    deadline = time.monotonic() + props["timeoutSeconds"]
    in_a_row, last = 0, "nothing"
    while in_a_row < props["times"]:
        last = _answer(props["url"])
        in_a_row = in_a_row + 1 if last == props["version"] else 0
        if in_a_row < props["times"] and time.monotonic() + props["everySeconds"] > deadline:
            msg = f"{props['url']} did not answer with {props['version']} in {props['timeoutSeconds']:g} s, last with {last}"
            raise TimeoutError(msg)
        if in_a_row < props["times"]:
            time.sleep(props["everySeconds"])
    return {key: value for key, value in props.items() if key != "__provider"}


def _answer(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.read(200).decode(errors="replace").strip()
    except (OSError, urllib.error.URLError) as error:
        return f"an error ({error})"
