"""What every test shares: cheap passwords, an empty cache. Files go under a temporary VAR_DIR (config/settings.py)."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
