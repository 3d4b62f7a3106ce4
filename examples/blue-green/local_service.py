"""
A service that needs no cloud: a folder of files for each colour, and a link that says which of them is live.

Stands for your load balancer and its two target groups.
"""

import shutil
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult


class _ReleaseProvider(ResourceProvider):
    def create(self, props: Any) -> CreateResult:
        return CreateResult(props["folder"], _written(props))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        return UpdateResult(_written(news))

    def delete(self, _id: str, props: Any) -> None:
        shutil.rmtree(props["folder"], ignore_errors=True)


class Release(Resource, module="shop", name="Release"):
    """One colour with one version, at a URL of its own, ready to be switched to."""

    folder: pulumi.Output[str]
    version: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, color: str, *, folder: Path, version: pulumi.Input[str]) -> None:
        super().__init__(_ReleaseProvider(), color, {"folder": str(folder), "version": version, "url": None})


class _SwitchProvider(ResourceProvider):
    def create(self, props: Any) -> CreateResult:
        return CreateResult(props["link"], _turned(props))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        return UpdateResult(_turned(news))

    def delete(self, _id: str, props: Any) -> None:
        Path(props["link"]).unlink(missing_ok=True)


class Switch(Resource, module="shop", name="Switch"):
    """What users see."""

    folder: pulumi.Output[str]

    def __init__(self, name: str, *, link: Path, folder: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        super().__init__(_SwitchProvider(), name, {"link": str(link), "folder": folder}, opts)


def _written(props: Any) -> dict[str, Any]:
    folder = Path(props["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(f"<h1>Shop {props['version']}</h1>\n")
    # Nothing listens there. A real release has such a URL from your platform: of a revision, a target group, a test listener.
    url = f"https://{folder.name}-{props['version']}.shop.example.com"
    return {"folder": props["folder"], "version": props["version"], "url": url}


def _turned(props: Any) -> dict[str, Any]:
    # Made aside and moved over the old one, so that there is never a moment without a live colour.
    new = Path(props["link"] + ".new")
    new.unlink(missing_ok=True)
    new.symlink_to(props["folder"], target_is_directory=True)
    new.replace(props["link"])
    return {"link": props["link"], "folder": props["folder"]}
