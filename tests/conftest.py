"""What every test shares: cheap passwords, an empty cache. Files go under a temporary VAR_DIR (config/settings.py)."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_remembered_links() -> None:
    """Rolled-back ids come again, so a test must not meet another's targets in the node's links.sqlite."""
    from campaigns.tracking import targets

    targets.clear()


@pytest.fixture(autouse=True)
def nobodys_language() -> None:
    """A request leaves its language on the thread; the next test must not speak it."""
    from django.utils import translation

    translation.deactivate()
