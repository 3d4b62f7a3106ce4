"""A headless Chromium for the tests of a page: open, run a script, press keys, emulate a device, read the console."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from typing_extensions import Self

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts" / "report"
KEYS = {"Tab": Keys.TAB, "Enter": Keys.ENTER, "Escape": Keys.ESCAPE, "Space": Keys.SPACE}


def missing_programs() -> list[str]:
    """Name the programs that are not installed."""
    return [name for name in ("chromium", "chromedriver") if not shutil.which(name)]


class Browser:
    """One browser with one window, which shows nothing, keeps nothing and asks nobody."""

    def __enter__(self) -> Self:
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for argument in ("headless=new", "no-sandbox", "hide-scrollbars", "disable-background-networking"):
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self._driver = webdriver.Chrome(options=options, service=service)
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.quit()

    def reset(self) -> None:
        """Forget what a test has emulated."""
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setEmulatedMedia", media="", features=[])
        self._driver.get("about:blank")
        self.console()

    def open(self, page: Path) -> None:
        """Open a file, from disk, and wait until it is loaded."""
        self._driver.get(page.as_uri())

    def run(self, script: str) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self._driver.execute_script(script)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: names of :data:`KEYS`, or characters."""
        webdriver.ActionChains(self._driver).send_keys(*(KEYS.get(key, key) for key in keys)).perform()

    def cdp(self, command: str, **parameters: Any) -> Any:
        """Run a command of the Chrome DevTools Protocol."""
        return self._driver.execute_cdp_cmd(command, parameters)

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the whole page in ``artifacts/report/``."""
        data = self.cdp("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file = ARTIFACTS / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(data))
        return file

    def console(self) -> list[str]:
        """Return what the console said since the last call; a refusal of the content security policy shows here."""
        return [entry["message"] for entry in self._driver.get_log("browser")]
