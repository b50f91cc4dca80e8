"""A real site for the browser: the demo's data in a folder of its own, served by `manage.py up`, driven by Chromium.

Every page is watched: no error on the console, no request to a foreign host. With FANFARE_SCREENSHOTS=1 the pictures of
README and docs are made anew under docs/screenshots/.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CONTACTS = "400"
DESKTOP = {"viewport": {"width": 1366, "height": 900}, "locale": "en-GB"}
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB", "is_mobile": True, "has_touch": True}
TALL = {"x": 0, "y": 0, "width": 390, "height": 1180}  # of a phone's page, for pictures side by side


@dataclass(frozen=True)
class Site:
    """Where the site listens, what the demo printed (addresses, users, the funnel), what its servers write."""

    base: str
    demo: dict
    env: dict
    log: Path

    def address(self, name):
        return self.demo["addresses"][name]


def fresh_folder(tmp_path_factory) -> dict:
    """Return the environment of a site in a folder and on a port of its own."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "DATABASE_URL") if name in os.environ}
    base = f"http://localhost:{free_port()}"
    return {**keep, "VAR_DIR": str(tmp_path_factory.mktemp("var")), "SITE_URL": base, "FANFARE_BOOTSTRAP": "0"}


@contextmanager
def serve(env):
    """Serve the site of `fresh_folder` by `manage.py up` and yield its log; print the log's end afterwards."""
    log = Path(env["VAR_DIR"]) / "up.log"
    with log.open("wb") as written:
        up = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--port", env["SITE_URL"].rpartition(":")[2]],
            env=env, cwd=ROOT, start_new_session=True, stdout=written, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_until_ready(env["SITE_URL"], up)
        yield log
    finally:
        sys.stdout.write(log.read_text(errors="replace")[-5000:])
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=30)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    env = fresh_folder(tmp_path_factory)
    env["OUTSIDE_ALSO"] = "127.0.0.0/8"  # a partner's server in a test is on this machine
    demo = [sys.executable, str(ROOT / "manage.py"), "demo", "--once", "--json", "--contacts", CONTACTS]
    told = subprocess.run(demo, env=env, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    with serve(env) as log:
        yield Site(env["SITE_URL"], json.loads(told.stdout), env, log)


def wait_until_ready(base: str, up: subprocess.Popen, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert up.poll() is None, f"`up` ended with {up.returncode}"
        try:
            with urllib.request.urlopen(f"{base}/readyz") as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"{base} did not come up within {seconds} s")


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "No Chromium found. Install it: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def sign_in(page, site, user="admin", password="fanfare"):
    """Sign a person in to the desk and return the page, on Home."""
    page.goto("/admin/login/?next=/admin/")
    page.locator("#id_username").fill(user)
    page.locator("#id_password").fill(password)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(f"{site.base}/admin/")
    return page


@pytest.fixture
def open_browser(request, chromium, site):
    """Return a function that opens a fresh browser window; afterwards nothing may have gone wrong in any of them.

    A test marked `expects_refusal` may meet answers of 403 and 409, or no answer at all, which Chromium and
    htmx write to the console as errors.
    """
    windows, wrong = [], []
    refusal = ("Failed to load resource", "htmx:") if request.node.get_closest_marker("expects_refusal") else None

    def window(kind=DESKTOP, **more):
        context = chromium.new_context(**{**kind, **more}, base_url=site.base)
        windows.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: wrong.append(said.text) if is_error(said, refusal) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if is_foreign(asked.url, site.base) else None)
        return page

    yield window
    for context in windows:
        context.close()
    assert wrong == []


# What htmx writes when a newer request takes the place of one under way, as `hx-sync="replace"` asks; a request that
# fails writes `htmx:sendError` or `htmx:responseError` beside.
REPLACED = {"htmx:sendAbort", "htmx:afterRequest"}


def is_error(said, refusal):
    if said.text in REPLACED:
        return False
    return said.type == "error" and not (refusal and said.text.startswith(refusal))


def is_foreign(url: str, base: str) -> bool:
    return not url.startswith((f"{base}/", "data:", "blob:", "about:"))


@pytest.fixture
def shoot():
    """Return a function that keeps a picture of the page when pictures are asked for."""

    def picture(page, name, **options):
        folder = ROOT / "docs" / "screenshots" if os.environ.get("FANFARE_SCREENSHOTS") else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", **options)

    return picture
