"""The partner's five stories of docs/api/stories.md, run word for word: each prints what is printed below it."""

import re
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.e2e

GUIDE = (ROOT / "docs" / "api" / "stories.md").read_text()
SHARED, *STORIES = GUIDE.split("\n## ")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def run(script, site, folder, **more):
    """Run a block as it stands, but with this Python and the site's own `manage.py`; return what it printed."""
    script = script.replace("manage.py", str(ROOT / "manage.py")).replace("python3", sys.executable)
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True,
        env={**site.env, "FANFARE_URL": site.base, **more},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.fixture(scope="module")
def key(site):
    [script] = blocks(SHARED, "sh")
    return run(f'{script}\necho "$FANFARE_KEY"', site, ROOT).strip()


@pytest.mark.parametrize("story", STORIES, ids=[story.partition("\n")[0] for story in STORIES])
def test_a_story_of_the_partner_guide_prints_what_it_says(site, key, tmp_path, story):
    for program in blocks(SHARED, "python") + blocks(story, "python"):
        (tmp_path / re.match(r"# (\w+\.py):", program)[1]).write_text(program)
    [script], [printed] = blocks(story, "sh"), blocks(story, "text")

    assert run(script, site, tmp_path, FANFARE_KEY=key) == printed


def test_the_guide_tells_five_stories():
    assert len(STORIES) == 5
