"""A database and a sink of their own for one fault test, and the processes that use them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.sink import Sink

MAILS = int(os.environ.get("FAULTS_MAILS", "80"))  # how many the larger tests send
PATIENCE = 300 + MAILS / 5  # seconds for one process's work
ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("DATABASE_URL", "")
DATABASES = ["sqlite", *(["postgresql"] if SERVER.startswith("postgres") else [])]


class House:
    """Processes that share a database, and the SMTP server they send to."""

    def __init__(self, folder: Path, database: str, sink: Sink, *, connections: int = 4):
        self.sink = sink
        url = f"sqlite:///{folder / 'ledger.sqlite3'}" if database == "sqlite" else own_postgresql()
        self.environment = {
            **os.environ,
            "FANFARE_BOOTSTRAP": "0",
            "VAR_DIR": str(folder),
            "DATABASE_URL": url,
            "EMAIL_RELAYS": f"main=smtp://127.0.0.1:{sink.port}?connections={connections}&timeout=20",
            "LOG_LEVEL": "WARNING",
        }
        self.url, self.database, self.folder = url, database, folder
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=self.environment, check=True)

    def start(self, *words: object) -> subprocess.Popen:
        command = [sys.executable, "-m", "tests.faults.worker", *map(str, words)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def celery(self, *words: object) -> subprocess.Popen:
        """Start a worker or a beat of this house."""
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery", *map(str, words)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def run(self, *words: object) -> tuple[int, str]:
        """Run a worker to its end and return its exit code (-9 when it killed itself) and its output."""
        process = self.start(*words)
        output = process.communicate(timeout=PATIENCE)[0]
        return process.returncode, output

    def report(self) -> dict:
        return json.loads(self.run("report")[1])

    def pull_down(self) -> None:
        if self.url.startswith("postgres"):
            psql(f"DROP DATABASE IF EXISTS {urlsplit(self.url).path[1:]} WITH (FORCE)")


def own_postgresql() -> str:
    """Make an empty database on the server of DATABASE_URL and return its URL."""
    name = f"faults_{os.getpid()}_{next(counter)}"
    psql(f"CREATE DATABASE {name}")
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


def psql(statement: str) -> None:
    import psycopg

    with psycopg.connect(SERVER.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        connection.execute(statement)


counter = iter(range(1_000_000))
