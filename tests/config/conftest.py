"""A site of its own for tests that start real processes: its folder, its SQLite file, its environment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


SHELL = """
import contextlib, io, json, sys, traceback
import django
django.setup()
from django.db import connections
for line in sys.stdin:
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(json.loads(line), {})
        answer = [True, said.getvalue()]
    except Exception:
        answer = [False, traceback.format_exc()]
    connections.close_all()
    print(json.dumps(answer), flush=True)
"""


class Site:
    """One folder with a migrated database; `manage` runs a command there, `start` leaves it running.

    `shell` runs code in one process that stays: starting Django anew for each question takes a second.
    """

    def __init__(self, folder: Path) -> None:
        self.var = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = {
            **kept,
            "FANFARE_BOOTSTRAP": "0",
            "VAR_DIR": str(folder),
            "NODE_NAME": "test",
            "PYTHONUNBUFFERED": "1",
        }
        self.running: list[subprocess.Popen[str]] = []
        self.asked: tuple[dict[str, str], subprocess.Popen[str]] | None = None

    def manage(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env={**self.env, **env}, capture_output=True, text=True, timeout=120, check=False
        )

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env={**self.env, **env}, text=True, **pipes)
        self.running.append(process)
        return process

    def shell(self, code: str) -> str:
        """Run code in the site's settings and return the last line that it printed."""
        if self.asked is None or self.asked[0] != self.env:
            self.hang_up()
            words = [sys.executable, "-c", SHELL]
            env = {**self.env, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.asked = dict(self.env), subprocess.Popen(words, cwd=ROOT, env=env, text=True, **pipes)
        process = self.asked[1]
        process.stdin.write(json.dumps(code) + "\n")
        process.stdin.flush()
        went_well, said = json.loads(process.stdout.readline())
        assert went_well, said
        return said.strip().splitlines()[-1] if said.strip() else ""

    def hang_up(self) -> None:
        if self.asked:
            self.asked[1].stdin.close()
            self.asked[1].wait(30)
            self.asked[1].stdout.close()
            self.asked = None

    def stop(self) -> None:
        self.hang_up()
        for process in self.running:
            if process.poll() is None:
                process.terminate()
                try:
                    process.communicate(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A folder whose database is migrated, made once per test process."""
    site = Site(tmp_path_factory.mktemp("site"))
    done = site.manage("migrate", "-v0")
    assert done.returncode == 0, done.stderr
    return site.var


@pytest.fixture
def site(migrated, tmp_path):
    shutil.copytree(migrated, tmp_path / "var")
    site = Site(tmp_path / "var")
    yield site
    site.stop()


@pytest.fixture
def empty_site(tmp_path):
    site = Site(tmp_path / "empty")
    yield site
    site.stop()
