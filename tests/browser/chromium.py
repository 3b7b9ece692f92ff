"""The system's Chromium, and a real server for it to look at."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

# A headless browser calls itself one, and is a robot to us.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@contextmanager
def serving(home: Path, log: Path) -> Iterator[str]:
    """The address of a server of `home`; what it says goes to `log`."""
    recsys = Path(sys.executable).with_name("recsys")
    with log.open("w") as out:
        server = subprocess.Popen([recsys, "serve", "--port", "0", "--home", home], stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 60
            while not (found := re.search(r"listening on (http://\S+)", log.read_text())):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.05)
            yield found[1]
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. Not kept for longer, as no other event loop may run in this thread meanwhile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@contextmanager
def browsing(browser: Any, **options: Any) -> Iterator[tuple[Any, list[str], list[str]]]:
    """A page that knows nothing of others, what its console complains of, and the dialogs that it opened."""
    page = browser.new_page(**{"user_agent": AGENT} | options)
    complaints: list[str] = []
    dialogs: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield page, complaints, dialogs
    page.close()
