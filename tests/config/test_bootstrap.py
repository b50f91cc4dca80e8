"""The first start on a bare machine, for real: manage.py builds .venv from hashed wheels (tiny ones, made here)."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config import bootstrap

ROOT = Path(__file__).resolve().parents[2]
BARE_PYTHON = sys._base_executable
SAYS_WHERE = "import sys\ndef execute_from_command_line(argv):\n    print('ran', argv[1:], 'in', sys.prefix)\n"
SAYS_ARGUMENTS = "import sys\nprint('pytest', sys.argv[1:])\n"


def make_wheel(folder: Path, name: str, files: dict[str, str], version: str = "1.0") -> str:
    """Write a pure wheel and return its line for a hashed lock file."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        record = ""
        for inner, text in files.items():
            wheel.writestr(inner, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{inner},sha256={digest},{len(text.encode())}\n"
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def make_clone(folder: Path) -> Path:
    """A copy of what the first start needs, whose lock files ask for two tiny wheels instead of Django and pytest."""
    root, wheels = folder / "clone", folder / "wheels"
    (root / "config").mkdir(parents=True)
    wheels.mkdir()
    shutil.copy(ROOT / "manage.py", root)
    for name in ("__init__.py", "bootstrap.py"):
        shutil.copy(ROOT / "config" / name, root / "config")
    django = make_wheel(
        wheels,
        "tinydjango",
        {"django/__init__.py": "", "django/core/__init__.py": "", "django/core/management/__init__.py": SAYS_WHERE},
    )
    tests = make_wheel(wheels, "tinypytest", {"pytest/__init__.py": "", "pytest/__main__.py": SAYS_ARGUMENTS})
    (root / "requirements.txt").write_text(django)
    (root / "requirements-dev.txt").write_text(django + tests)
    return root


@pytest.fixture
def clone(tmp_path):
    return make_clone(tmp_path)


@pytest.fixture(scope="session")
def first_start(tmp_path_factory):
    """A clone that was started once, and what it said."""
    root = make_clone(tmp_path_factory.mktemp("first"))
    return root, start(root, "demo", "--once")


@pytest.fixture
def started(first_start, tmp_path):
    """A copy of the clone that was started once: an environment of Python can be moved."""
    shutil.copytree(first_start[0].parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "clone"


def environment(clone: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "FANFARE_", "VIRTUAL_"))}
    return {
        **kept,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(clone.parent / "wheels"),
        "PIP_CONFIG_FILE": "/dev/null",
        **extra,
    }


def start(clone: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [BARE_PYTHON, "manage.py", *words]
    return subprocess.run(
        command, cwd=clone, env=environment(clone, **extra), capture_output=True, text=True, timeout=120
    )


def test_the_first_start_builds_and_the_second_does_nothing_but_run(first_start, started):
    root, first = first_start
    assert first.stdout == f"ran ['demo', '--once'] in {root / '.venv'}\n"
    assert "making .venv" in first.stderr and "requirements.txt" in first.stderr

    second = start(started, "demo")
    assert second.stdout == f"ran ['demo'] in {started / '.venv'}\n"
    assert second.stderr == ""


def test_a_changed_lock_file_is_installed_at_the_next_start(started):
    line = make_wheel(started.parent / "wheels", "extra", {"extra.py": ""})
    (started / "requirements.txt").write_text((started / "requirements.txt").read_text() + line)

    again = start(started, "up")

    assert "installing requirements.txt" in again.stderr and "making .venv" not in again.stderr
    assert list((started / ".venv").rglob("extra.py"))


def test_the_test_command_becomes_pytest_without_loading_django(started):
    done = start(started, "test", "-x", "tests/contacts")

    assert done.stdout == "pytest ['-x', 'tests/contacts']\n"
    assert start(started, "demo").stderr == "", "the dev set holds the other, nothing is left to install"


def test_a_wheel_with_another_hash_is_refused_and_no_stamp_is_left(started):
    line = make_wheel(started.parent / "wheels", "extra", {"extra.py": ""})
    lock = started / "requirements.txt"
    lock.write_text(lock.read_text() + re.sub(r"sha256:\w{64}", "sha256:" + "0" * 64, line))

    done = start(started, "demo")

    assert done.returncode == 1 and done.stdout == ""
    assert "Fanfare: pip could not install requirements.txt" in done.stderr
    assert not bootstrap.is_fresh(started, "requirements.txt")


def test_two_first_starts_at_once_build_once(clone):
    command = [BARE_PYTHON, "manage.py", "up"]
    both = [
        subprocess.Popen(command, cwd=clone, env=environment(clone), stdout=-1, stderr=-1, text=True) for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in both]

    assert [output[0] for output in outputs] == [f"ran ['up'] in {clone / '.venv'}\n"] * 2
    assert sum(output[1].count("making .venv") for output in outputs) == 1


def test_a_half_built_environment_is_finished_at_the_next_start(started):
    clone = started
    (clone / ".venv" / ".fanfare-requirements.txt").unlink()
    shutil.rmtree(next((clone / ".venv").rglob("site-packages/django")))
    shutil.rmtree(next((clone / ".venv").rglob("tinydjango-*.dist-info")))

    assert start(clone, "up").stdout.startswith("ran ['up']")


def test_the_switch_leaves_the_machine_alone(clone):
    with zipfile.ZipFile(next((clone.parent / "wheels").glob("tinydjango*"))) as wheel:
        wheel.extractall(clone / "own")

    done = start(clone, "up", FANFARE_BOOTSTRAP="0", PYTHONPATH=str(clone / "own"))

    assert done.stdout.startswith("ran ['up']") and not (clone / ".venv").exists()


def test_an_old_python_gets_one_sentence():
    with pytest.raises(bootstrap.Refusal, match=r"^Python 3.11 or newer is needed, this is 3.9; use a newer one\.$"):
        bootstrap.require_python((3, 9))


def test_an_old_python_stops_the_start_without_a_traceback(clone):
    script = clone / "old.py"
    script.write_text("import sys\nsys.version_info = (3, 9, 2, 'final', 0)\nimport manage\nmanage.main()\n")

    done = subprocess.run(
        [BARE_PYTHON, script, "up"], cwd=clone, env=environment(clone), capture_output=True, text=True
    )

    assert (
        done.returncode == 1
        and done.stderr == "Fanfare: Python 3.11 or newer is needed, this is 3.9; use a newer one.\n"
    )


def test_a_missing_venv_module_names_the_package():
    output = "The virtual environment was not created successfully because ensurepip is not available."
    assert bootstrap.venv_remedy(output).endswith("apt install python3-venv")
    assert bootstrap.venv_remedy("a\nNo space left on device").endswith("No space left on device")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        (["-k", "journey"], ["-k", "journey"]),
        (["e2e"], ["-m", "e2e", "tests/e2e"]),
        (["faults", "-x"], ["-m", "faults", "tests/faults", "-x"]),
        (["e2e", "tests/conftest.py::test_a"], ["-m", "e2e", "tests/conftest.py::test_a"]),
    ],
)
def test_the_suites_are_chosen_by_name(words, expected):
    assert bootstrap.pytest_arguments(words) == expected


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([\w.\[\]-]+==[^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_dev_lock_holds_every_pin_of_the_other():
    assert pins("requirements.txt") and pins("requirements.txt") <= pins("requirements-dev.txt")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_locks_are_hashed_and_name_no_registry(name):
    text = (ROOT / name).read_text()
    assert "://" not in text and "file:" not in text and "--index" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", text) if "==" in entry)
