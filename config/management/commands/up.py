"""`manage.py up`: the whole site as one process - web, worker, beat and ingest - until Ctrl-C or SIGTERM.

With HIT_WORKERS there is a fifth, `hits`: the same application on the next port, for the proxy to send opens, clicks
and QR codes to.

python3 manage.py up --port 8000
python3 manage.py up --services web,ingest        # e.g. on a second node
"""

from __future__ import annotations

import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError

from config.health import pending_migrations
from config.supervisor import Supervisor

SERVICES = ("web", "hits", "worker", "beat", "ingest")


class Command(BaseCommand):
    help = "Run web, worker, beat and ingest together; Ctrl-C or SIGTERM stops them all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
        parser.add_argument("--services", default=",".join(SERVICES), help=f"some of {','.join(SERVICES)}")

    def handle(self, *args: Any, host: str, port: int, services: str, **options: Any) -> None:
        commands = chosen(services, host, port)
        if unapplied := pending_migrations():
            raise CommandError(f"The database lacks {unapplied} migrations. Run: python3 manage.py upgrade")
        for name, door in (("web", port), ("hits", port + 1)):
            if name in commands:
                require_free(host, door)
        if "web" in commands:
            self.stdout.write(f"Fanfare on http://{host}:{port}/admin/  (Ctrl-C stops it)")
        code = Supervisor(commands, env={"FANFARE_BOOTSTRAP": "0"}).run()
        if code:
            sys.exit(code)


def chosen(services: str, host: str, port: int) -> dict[str, list[str]]:
    """Return the command lines of the services asked for, in starting order."""
    wanted = [word.strip() for word in services.split(",") if word.strip()]
    if not wanted or set(wanted) - set(SERVICES):
        raise CommandError(f"Unexpected value --services {services}, use some of {','.join(SERVICES)}")
    lines = command_lines(host, port)
    if wanted == ["hits"] and "hits" not in lines:
        raise CommandError("--services hits starts nothing while HIT_WORKERS is 0. Set HIT_WORKERS=1 or more.")
    return {name: lines[name] for name in SERVICES if name in wanted and name in lines}


def command_lines(host: str, port: int) -> dict[str, list[str]]:
    """Return what each service runs; also what deploy/*.service run."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]
    lines = {
        "web": served(host, port, workers=settings.WEB_WORKERS, threads=settings.WEB_THREADS),
        "worker": [
            *(*celery, "worker", "-P", "threads", "-c", str(settings.WORKER_THREADS), "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"worker@{settings.NODE_NAME}"),
        ],
        "beat": [*celery, "beat", "--pidfile", "", "--loglevel", "WARNING"],
    }
    if settings.HIT_WORKERS:
        # One thread: a hit's write lets go of Python's lock, and a second thread would hand it to and fro at each hit.
        lines["hits"] = served(host, port + 1, workers=settings.HIT_WORKERS, threads=1)
    if "ingest" in get_commands():
        lines["ingest"] = [sys.executable, "manage.py", "ingest"]
    return lines


def served(host: str, port: int, *, workers: int, threads: int) -> list[str]:
    """Return the command line of a web server with our application."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(threads)),
        *("--no-ws", "--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"),
    ]


def require_free(host: str, port: int) -> None:
    """Refuse a port that somebody else listens on, before any child is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as why:
            raise CommandError(f"Cannot listen on {host}:{port}: {why}. Choose another with --port.") from None
