"""The five stories of docs/api/stories.md, run by a client that a public generator makes of our OpenAPI file.

    python -m tests.api.generated --tool /path/to/openapi-python-client

`pip install openapi-python-client` goes into an environment of its own. The stories stay as they are; only the small
file that they share, `partner.py`, is another one: it finds the generated function for what is asked and calls it.
Takes a place of its own like tests.api.fuzz; exits with 1 when a story prints anything else than the guide says.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.api.fuzz import DESCRIPTION, ROOT, _manage

GUIDE = (ROOT / "docs" / "api" / "stories.md").read_text()
SHARED, *STORIES = GUIDE.split("\n## ")
PARTNER = '''# partner.py: ask Fanfare through the client that was generated of its description
import importlib
import inspect
import json
import os
import re
import typing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from fanfare_client import AuthenticatedClient
from fanfare_client.types import Unset

ROOT = os.environ.get("FANFARE_URL", "http://localhost:8000")
BASE, KEY = ROOT + "/api/v1/", os.environ["FANFARE_KEY"]
CLIENT = AuthenticatedClient(base_url=ROOT, token=KEY)
PATHS = json.loads(Path(os.environ["DESCRIPTION"]).read_text())["paths"]


class Refused(Exception):
    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.problem = problem


def operation(method, path):
    """Return the generated module of an operation and what stands in its path's braces."""
    for template, verbs in sorted(PATHS.items(), key=lambda each: "{" in each[0]):
        found = re.fullmatch(re.sub(r"{(\\\\w+)}", r"(?P<\\\\1>[^/]+)", template), path)
        if found and method.lower() in verbs:
            told = verbs[method.lower()]
            module = re.sub(r"\\\\W", "_", told["tags"][0]), re.sub(r"\\\\W", "_", told["operationId"])
            return importlib.import_module("fanfare_client.api." + ".".join(module)), found.groupdict()
    raise LookupError(f"{method} {path} is no operation of the description")


def typed(value, wanted):
    """Return a text of an address as the generated function wants it."""
    kinds = [kind for kind in (typing.get_args(wanted) or (wanted,)) if kind not in (Unset, type(None))]
    for kind in kinds:
        if kind is int or isinstance(value, str) and hasattr(kind, "fromisoformat"):
            return kind(value) if kind is int else kind.fromisoformat(value.replace("Z", "+00:00"))
    return value


def ask(method, path, body=None, once=None):
    split = urlsplit(path if path.startswith("http") else BASE + path)
    module, places = operation(method, split.path)
    hints = typing.get_type_hints(module.sync_detailed)
    given = {**places, **dict(parse_qsl(split.query.replace("+", "%2B")))}
    given.pop("fields", None)  # a typed client holds whole things
    given = {{"id": "id"}.get(name, name): typed(value, hints[name]) for name, value in given.items()}
    if body is not None:
        kinds = typing.get_args(hints["body"]) or (hints["body"],)
        model = next(kind for kind in kinds if hasattr(kind, "from_dict"))
        given["body"] = model.from_dict(body)
    if once:
        given["idempotency_key"] = once
    placed = [given.pop(name) for name in list(inspect.signature(module.sync_detailed).parameters) if name in places]
    answer = module.sync_detailed(*placed, client=CLIENT, **given)
    if not 200 <= answer.status_code < 300:
        raise Refused(json.loads(answer.content))
    if answer.status_code == 204:
        return None
    if isinstance(answer.parsed, list):
        return [one.to_dict() for one in answer.parsed]
    return answer.parsed.to_dict()


def pages(path):
    while path:
        page = ask("GET", path)
        yield from page["results"]
        path = page["next"]
'''.replace("\\\\", "\\")


def main() -> int:
    """Generate the client, serve a demo, run each story, and return how many did not print what they should."""
    parser = argparse.ArgumentParser(prog="tests.api.generated", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tool", default="openapi-python-client", help="the generator to run")
    parser.add_argument("--port", type=int, default=8932)
    asked = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="fanfare-generated-"))
    site = f"http://127.0.0.1:{asked.port}"
    environment = {
        **os.environ,
        "VAR_DIR": str(place / "var"),
        "DEBUG": "False",
        "SITE_URL": site,
        "LOG_LEVEL": "ERROR",
    }
    environment |= {"ALLOWED_HOSTS": "127.0.0.1", "OUTSIDE_ALSO": "127.0.0.0/8", "DESCRIPTION": str(DESCRIPTION)}
    environment |= {"FANFARE_URL": site, "PYTHONPATH": str(place)}
    generate = [asked.tool, "generate", "--path", str(DESCRIPTION), "--meta", "none"]
    subprocess.run([*generate, "--output-path", str(place / "fanfare_client")], check=True, capture_output=True)  # noqa: S603
    (place / "partner.py").write_text(PARTNER)
    try:
        _manage(environment, "demo", "--once", "--contacts", "400")
        command = [sys.executable, "manage.py", "up", "--port", str(asked.port)]
        up = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            until_ready(site)
            return _tell(asked.tool, environment, place)
        finally:
            up.terminate()
            up.wait()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def until_ready(site: str) -> None:
    """Wait until the site answers. Raises: OSError when it does not within a minute."""
    for left in reversed(range(300)):
        try:
            urllib.request.urlopen(f"{site}/healthz", timeout=5).close()  # noqa: S310
            return
        except OSError:
            if not left:
                raise
            time.sleep(0.2)


def _tell(tool: str, environment: dict[str, str], place: Path) -> int:
    python = Path(shutil.which(tool) or tool).with_name("python")
    [script] = _blocks(SHARED, "sh")
    key = _run(f'{script}\necho "$FANFARE_KEY"', python, environment, ROOT).strip()
    wrong = 0
    for story in STORIES:
        for program in _blocks(story, "python"):
            name = re.match(r"# (\w+\.py):", program)
            assert name
            (place / name[1]).write_text(program)
        [told], [printed] = _blocks(story, "sh"), _blocks(story, "text")
        said = _run(told, python, {**environment, "FANFARE_KEY": key}, place)
        wrong += said != printed
        print(f"{'as written' if said == printed else 'DIFFERS'}: {story.partition(chr(10))[0]}")
        if said != printed:
            print(said)
    return wrong


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def _run(script: str, python: Path, environment: dict[str, str], folder: Path) -> str:
    """Return what a block prints; our own command runs in this Python, the stories in the generator's."""
    script = script.replace("python3 manage.py", f"{sys.executable} {ROOT / 'manage.py'}").replace(
        "python3", str(python)
    )
    done = subprocess.run(  # noqa: S603
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,  # noqa: S607
    )
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
