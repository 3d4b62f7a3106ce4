"""
A headless Chromium, driven through chromedriver with plain W3C WebDriver requests.

Only what the tests of a page need: open, run a script, press keys, emulate a device, read what the console said.
"""

from __future__ import annotations

import base64
import contextlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts" / "report"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Space": "\ue00d"}


def missing_programs() -> list[str]:
    """Name the programs that are not installed."""
    browser = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return [*([] if browser else ["chromium"]), *([] if shutil.which("chromedriver") else ["chromedriver"])]


@contextlib.contextmanager
def driver() -> Iterator[str]:
    """Run chromedriver on a free port of its choice."""
    with subprocess.Popen(
        [shutil.which("chromedriver") or "chromedriver", "--port=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout
            said = (re.search(r"successfully on port (\d+)", line) for line in process.stdout)
            yield next(match[1] for match in said if match)
        finally:
            process.terminate()


def wanted(profile: str) -> dict[str, Any]:
    """Return the capabilities of a browser that shows nothing, keeps nothing and asks nobody."""
    arguments = [
        "--headless=new",
        "--no-sandbox",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        f"--user-data-dir={profile}",
    ]
    return {
        "goog:chromeOptions": {"args": arguments, "binary": next(filter(None, map(shutil.which, CHROMIUM)))},
        "goog:loggingPrefs": {"browser": "ALL"},
    }


class Browser:
    """One browser with one window. Speaks to loopback only; the profile is thrown away."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            port = stack.enter_context(driver())
            self._http = stack.enter_context(requests.Session())
            self._http.trust_env = False
            self._url = f"http://127.0.0.1:{port}/session"
            self._url += "/" + self._call("POST", "", {"capabilities": {"alwaysMatch": wanted(profile)}})["sessionId"]
            stack.callback(self._call, "DELETE", "")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def reset(self) -> None:
        """Forget what a test has emulated."""
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setEmulatedMedia", media="", features=[])
        self._call("POST", "/url", {"url": "about:blank"})
        self.console()

    def open(self, page: Path) -> None:
        """Open a file, from disk, and wait until it is loaded."""
        self._call("POST", "/url", {"url": page.as_uri()})

    def run(self, script: str) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def press(self, *keys: str) -> None:
        """Press keys one after the other: names of :data:`KEYS`, or characters."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def cdp(self, command: str, **parameters: Any) -> Any:
        """Run a command of the Chrome DevTools Protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def device(self, width: int, height: int, *, mobile: bool = False) -> None:
        """Emulate a screen."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def scheme(self, name: str) -> None:
        """Emulate a preference for ``dark`` or ``light``."""
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the whole page in ``artifacts/report/``."""
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        data = self.cdp("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        file = ARTIFACTS / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(data))
        return file

    def console(self) -> list[str]:
        """Return what the console said since the last call; a refusal of the content security policy shows here."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, self._url + path, json=body, timeout=60)
        value = answer.json()["value"]
        assert answer.ok, value
        return value
