"""Turn a bare Python >= 3.11 into a running Fanfare: build `.venv` once, then continue inside it.

    bootstrap.enter(["manage.py", "up"])      # builds if need be, then re-executes in .venv
    bootstrap.enter(["manage.py", "test"])    # also installs requirements-dev.txt and becomes pytest

Standard library only, and readable by any Python 3: an old one must reach the sentence that says so.
`FANFARE_BOOTSTRAP=0` switches everything off (containers, a virtual environment of one's own).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
SOURCE_ONLY = ("--no-binary", "dkimpy")  # pure Python without a wheel; only the tests use it, to verify our signatures
SUITES = {"e2e": "tests/e2e", "faults": "tests/faults", "benchmark": "tests/benchmarks"}  # left out of plain `test`


class Refusal(Exception):
    """The environment cannot be built; the message is one sentence with the remedy."""


def enter(argv: Sequence[str]) -> None:
    """Continue inside `.venv`, or return when already there.

    Writes:  .venv, when its stamp differs from the requirements file and the Python version.
    Raises:  SystemExit with one sentence when Python is too old, venv is missing or a wheel cannot be had.
    """
    testing = argv[1:2] == ["test"]
    try:
        if os.environ.get("FANFARE_BOOTSTRAP") == "0":
            python = sys.executable
        else:
            require_python(sys.version_info[:2])
            python = str(build(ROOT, dev=testing))
    except Refusal as why:
        raise SystemExit(f"Fanfare: {why}") from None
    if testing:
        os.execv(python, [python, "-m", "pytest", *pytest_arguments(argv[2:])])  # noqa: S606
    if os.environ.get("FANFARE_BOOTSTRAP") != "0" and not inside(ROOT):
        os.execv(python, [python, *argv])  # noqa: S606


def require_python(version: tuple[int, int]) -> None:
    """Refuse a Python older than 3.11."""
    if version < OLDEST:
        raise Refusal("Python {}.{} or newer is needed, this is {}.{}; use a newer one.".format(*OLDEST, *version))


def pytest_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `test [e2e|faults|benchmark] [anything pytest takes]`."""
    if words and words[0] in SUITES:
        named = any(Path(word.split("::")[0]).exists() for word in words[1:])
        return ["-m", words[0], *([] if named else [SUITES[words[0]]]), *words[1:]]
    return list(words)


def inside(root: Path) -> bool:
    """Say whether this interpreter is the one of root/.venv."""
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def build(root: Path, *, dev: bool) -> Path:
    """Make root/.venv hold what the lock files say and return its Python; instant when the stamp is right."""
    name = "requirements-dev.txt" if dev else "requirements.txt"
    if not is_fresh(root, name):
        with locked(root / ".venv.lock"):
            if not is_fresh(root, name):  # another start may have built it while this one waited
                create(root)
                install(root, name)
                for done in (name, "requirements.txt"):  # the dev set contains the other with the same pins
                    stamp_path(root, done).write_text(stamp(root, done))
    return python_of(root)


def python_of(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


def stamp_path(root: Path, name: str) -> Path:
    return root / ".venv" / f".fanfare-{name}"


def stamp(root: Path, name: str) -> str:
    """Return what the environment must have been built from: the lock file's hash and the Python version."""
    version = "{}.{}".format(*sys.version_info[:2])
    return f"{hashlib.sha256((root / name).read_bytes()).hexdigest()} {version}\n"


def is_fresh(root: Path, name: str) -> bool:
    """Say whether .venv exists and was built from exactly this lock file by this Python."""
    if not (python_of(root).exists() and (root / ".venv" / "pyvenv.cfg").exists()):
        return False
    try:
        return stamp_path(root, name).read_text() == stamp(root, name)
    except OSError:
        return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two starts at once build one after the other."""
    try:
        import fcntl
    except ImportError:
        raise Refusal("it runs on Linux and macOS; on Windows use WSL.") from None
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def create(root: Path) -> None:
    """Make an empty .venv of this Python version, unless the one there has it already."""
    config = root / ".venv" / "pyvenv.cfg"
    wanted = "version = {}.{}.".format(*sys.version_info[:2])
    if python_of(root).exists() and config.exists() and wanted in config.read_text():
        return
    say("making .venv …")
    made = subprocess.run(
        [base_python(), "-m", "venv", "--clear", str(root / ".venv")], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise Refusal(venv_remedy(made.stdout + made.stderr))


def base_python() -> str:
    """Return the interpreter that environments are made from, even when this one lives in another environment."""
    return getattr(sys, "_base_executable", None) or sys.executable


def venv_remedy(output: str) -> str:
    """Say in one sentence why no environment could be made."""
    if "ensurepip" in output or "No module named venv" in output:
        return "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"
    return f"could not make .venv: {(output.strip() or 'no reason given').splitlines()[-1]}"


def install(root: Path, name: str) -> None:
    """Install the hashed wheels of one lock file into .venv."""
    say(f"installing {name} into .venv, about half a minute the first time …")
    command = [str(python_of(root)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The lock is complete. Resolving it again would only let pip stumble over a newer release of `package[extra]`.
    command += ["--no-input", "--no-deps", "--require-hashes", "--only-binary", ":all:", *SOURCE_ONLY]
    command += ["--requirement", str(root / name)]
    if subprocess.run(command, check=False).returncode:
        raise Refusal(f"pip could not install {name} (its reason is above). Check the network or pip's configuration.")


def say(what: str) -> None:
    print(f"Fanfare: {what}", file=sys.stderr, flush=True)
