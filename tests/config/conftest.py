"""A site of its own for tests that start real processes: its folder, its SQLite file, its environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """One folder with a migrated database; `manage` runs a command there, `start` leaves it running."""

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

    def stop(self) -> None:
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
    return Site(tmp_path / "var")
