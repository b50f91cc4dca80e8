"""Every operation of the API under fire of schemathesis, as a partner with a key, as a marketer signed in, as nobody.

    python -m tests.api.fuzz --tool /path/to/schemathesis                          # 200 cases an operation and caller
    python -m tests.api.fuzz --tool … --cases 5 --who partner --only /contacts/    # a short look

Takes a place of its own (its database, its port, removed at the end), fills it with the demo, serves it as production
does, and asks by docs/api/openapi.json: all phases, all checks. Exits with 1 when one finding is left.
`pip install schemathesis` goes into an environment of its own, as it wants other versions than we do.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DESCRIPTION = ROOT / "docs" / "api" / "openapi.json"
PYTHON = [sys.executable]
RENEWS = "/keys/own/rotate/"
CALLERS = ("partner", "marketer", "nobody")
SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth.models import User
from django.middleware.csrf import _get_new_csrf_string
from config.partners import keys
from contacts.models import Contact
user = User.objects.filter(is_superuser=True).first()
session = import_module(settings.SESSION_ENGINE).SessionStore()
session["_auth_user_id"], session["_auth_user_backend"] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
session["_auth_user_hash"] = user.get_session_auth_hash()
session.save()
key = keys.issue("fuzz", user, keys.SCOPES, per_minute=10_000_000)[1]
print("FUZZ", key, session.session_key, _get_new_csrf_string())
"""
# What is meant to be: a rule of ours that a schema of one field cannot say, beside the check that would mourn it.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 429]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 429]
"""


def main() -> int:
    """Run the callers one after the other and return 0 when nothing was found."""
    asked = _arguments()
    place = asked.place or Path(tempfile.mkdtemp(prefix="fanfare-fuzz-"))
    is_new = not place.exists() or not any(place.iterdir())
    environment = {**os.environ, "VAR_DIR": str(place), "DEBUG": "False", "SITE_URL": f"http://127.0.0.1:{asked.port}"}
    environment |= {"ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    try:
        if is_new:
            _manage(environment, "demo", "--once", "--contacts", "100")
        serving = _serve(environment, asked.port)
        try:
            callers = _headers(environment, asked.port)
            # A key that renews itself twice opens nothing more, and all that follows would be 401: that comes last.
            return max(
                _fire(asked, who, callers[who], place, part)
                for who in asked.who or CALLERS
                for part in (["--exclude-path-regex", RENEWS], ["--include-path-regex", RENEWS])
            )
        finally:
            serving.terminate()
            serving.wait()
    finally:
        if not asked.place:
            shutil.rmtree(place, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.api.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tool", default="schemathesis", help="the schemathesis to run")
    parser.add_argument("--cases", type=int, default=200, help="an operation and caller")
    parser.add_argument("--who", action="append", choices=CALLERS, help="one caller; all three when left out")
    parser.add_argument("--only", default="", help="operations whose path matches this expression")
    parser.add_argument("--port", type=int, default=8931)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--place", type=Path, help="a folder that is kept: filled once, used again")
    parser.add_argument("--report", type=Path, help="a folder for one JUnit file a caller")
    return parser.parse_args()


def _manage(environment: dict[str, str], *words: str, given: str = "") -> str:
    command = [*PYTHON, "manage.py", *words]
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, input=given, text=True
    ).stdout


def _serve(environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    command = [*PYTHON, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--blocking-threads", "2", "--no-access-log", "--log-level", "error", "config.wsgi:application"]
    serving = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603
    for _try in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30).close()  # noqa: S310
            return serving
        except OSError:
            time.sleep(0.1)
    serving.terminate()
    raise RuntimeError(f"nobody serves port {port}")


def _headers(environment: dict[str, str], port: int) -> dict[str, list[str]]:
    said = _manage(environment, "shell", "--no-imports", given=SIGN_IN)
    found = re.search(r"FUZZ (\S+) (\S+) (\S+)", said)
    assert found, said
    key, session, csrf = found.groups()
    page = f"http://127.0.0.1:{port}/api/docs/"
    cookies = f"Cookie: sessionid={session}; csrftoken={csrf}"
    return {
        "partner": [f"Authorization: Bearer {key}"],
        "marketer": [cookies, f"X-CSRFToken: {csrf}", f"Referer: {page}"],
        "nobody": [],
    }


def _fire(asked: argparse.Namespace, who: str, headers: list[str], place: Path, part: list[str]) -> int:
    config = place / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [asked.tool, "--config-file", str(config), "run", str(DESCRIPTION)]
    command += ["--url", f"http://127.0.0.1:{asked.port}", "--max-examples", str(asked.cases), "--seed", asked.seed]
    command += ["--checks", "all", "--continue-on-failure", "--no-shrink", "--request-timeout", "60"]
    command += ["--suppress-health-check", "all", "--warnings", "off"]
    command += ["--include-path-regex", asked.only] if asked.only else part
    if asked.report:
        asked.report.mkdir(parents=True, exist_ok=True)
        command += ["--report", "junit", "--report-junit-path", str(asked.report.resolve() / f"{who}.xml")]
    for header in headers:
        command += ["--header", header]
    print(json.dumps({"caller": who, "cases": asked.cases, "only": asked.only or part}), flush=True)
    return subprocess.run(command, cwd=place, check=False).returncode  # noqa: S603 - the tool the caller names


if __name__ == "__main__":
    sys.exit(main())
