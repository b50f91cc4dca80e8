"""Every test here starts with an empty spool and no remembered target."""

import shutil

import pytest

from campaigns.tracking import spool, targets


@pytest.fixture(autouse=True)
def clean_disk():
    shutil.rmtree(spool.folder(), ignore_errors=True)
    targets.clear()
    yield
    shutil.rmtree(spool.folder(), ignore_errors=True)
    targets.clear()
