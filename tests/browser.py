"""A headless Chromium (Debian's packages chromium and chromium-driver) for the tests of the two pages."""

import base64
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

ARTIFACTS = Path(__file__).parents[1] / "artifacts"


class Browser:
    """One window: open a page, run a script, press keys, emulate a device, read the console."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver
        self.cdp = driver.execute_cdp_cmd  # the Chrome DevTools Protocol
        self.run = driver.execute_script

    def open(self, address: str) -> None:
        """Open a page and wait until it is loaded."""
        self._driver.get(address)

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        webdriver.ActionChains(self._driver).send_keys(*keys).perform()

    def click(self, css: str) -> None:
        """Click the first element that a selector finds."""
        self._driver.find_element("css selector", css).click()

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait for a condition; fail in words."""
        WebDriverWait(self._driver, 15, poll_frequency=0.05).until(lambda _: condition(), what)

    def words(self, css: str) -> list[str]:
        """Return the texts of the elements that a selector finds, all read at once."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(node => node.innerText.trim())", css)

    def shows(self, css: str, expected: list[str]) -> None:
        """Wait until these are the texts of the elements that a selector finds."""
        self.until(lambda: self.words(css) == expected, f"{css} shows {expected}")

    def media(self, media: str = "", scheme: str = "light") -> None:
        """Show pages on screen or, with ``print``, on paper, in light or dark colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.cdp("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def phone(self, width: int) -> None:
        """Show pages as on a phone of this width."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        self.cdp("Emulation.setDeviceMetricsOverride", size)

    def desktop(self) -> None:
        """Show pages as on a desktop."""
        self.cdp("Emulation.clearDeviceMetricsOverride", {})

    def screenshot(self, name: str) -> None:
        """Save a screenshot of the whole page in ``artifacts/``, for people to look at after a run."""
        data = self.cdp("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
        ARTIFACTS.mkdir(exist_ok=True)
        (ARTIFACTS / f"{name}.png").write_bytes(base64.b64decode(data))

    def console(self) -> list[str]:
        """Return the console messages since the last call, including violations of the content security policy."""
        return [entry["message"] for entry in self._driver.get_log("browser")]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium once; each test opens its own page."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        pytest.fail("the pages are tested in a real browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars", "window-size=1380,1000"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield Browser(running)
    running.quit()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Yield the browser at desktop size in light colours, without a page or messages of an earlier test."""
    chromium.desktop()
    chromium.media()
    chromium.open("about:blank")
    chromium.console()
    return chromium
