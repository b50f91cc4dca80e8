"""What stands in deploy/ and docs/production.md fits the code: settings, commands and files that exist."""

import re
from pathlib import Path

import pytest

from tests.test_docs import our_commands, variables

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = (ROOT / "docs" / "production.md").read_text()
UNITS = sorted((ROOT / "deploy").glob("*.service"))


def test_the_environment_of_the_page_passes_every_deploy_check(tmp_path):
    from tests.config.test_checks import check_deploy

    block = re.search(r"<<END\n(.*?)\nEND", PRODUCTION, re.DOTALL)[1]
    block = re.sub(r"\$\(openssl rand -hex (\d+)\)", lambda found: "a1b2c3d4e5f6a7b8" * (int(found[1]) // 8), block)
    lines = dict(line.split("=", 1) for line in block.replace("$PASSWORD", "secret").splitlines())

    assert set(lines) <= variables()
    done = check_deploy(tmp_path, **lines)
    assert done.returncode == 0, done.stderr


def test_every_command_of_the_page_exists():
    named = set(re.findall(r"^fanfare (\w+)", PRODUCTION, re.MULTILINE)) | set(
        re.findall(r"`fanfare (\w+)", PRODUCTION)
    )
    assert named and named <= our_commands() | {"shell"}


def test_every_file_of_the_page_exists():
    named = set(re.findall(r"deploy/[\w.-]+", PRODUCTION))
    assert named and all((ROOT / name.rstrip(".")).exists() for name in named)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_start_commands_that_exist(unit):
    started = re.search(r"^ExecStart=\S+ manage.py (\w+)", unit.read_text(), re.MULTILINE)
    assert started and started[1] in our_commands()


def test_compose_sets_only_what_the_settings_read():
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    ours = set(re.findall(r"^ {4,6}([A-Z_]+): ", text, re.MULTILINE))
    others = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "DOMAIN", "TRACKING_DOMAIN"}
    others |= {"UPSTREAM", "HITS_UPSTREAM"}
    assert ours - others <= variables()


def test_the_image_is_built_from_the_hashed_lock_and_does_not_run_as_root():
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    assert "--no-deps --require-hashes --only-binary :all: --requirement requirements.txt" in text
    assert re.search(r"^USER fanfare$", text, re.MULTILINE) and "FANFARE_BOOTSTRAP=0" in text
