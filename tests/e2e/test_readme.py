"""README's example, run word for word against the demo: it ends in a report."""

import json
import re
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.e2e


def test_the_api_example_of_the_readme_works_as_it_stands(site):
    example = next(
        block
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
        if "create_api_key" in block
    )
    script = example.replace("http://localhost:8000", site.base).replace("python3", sys.executable)

    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=site.env, cwd=ROOT, capture_output=True, text=True
    )

    assert told.returncode == 0, told.stdout + told.stderr
    answers = [json.loads(line) for line in re.sub(r"\}\s*\{", "}\n{", told.stdout).splitlines() if line.strip()]
    check, scheduled, report = answers
    assert check["is_ready"] is True and check["people"] > 0, check
    assert scheduled["state"] == "scheduled"
    assert report["sentence"] == "Nothing was sent yet."
