"""A cache of compiled mails must not outlive the rows it was made of."""

import pytest

from campaigns.content import compiled


@pytest.fixture(autouse=True)
def _nothing_compiled():
    compiled.forget()
