#!/usr/bin/env python3
"""Fanfare's one command: `demo` shows it all, `test` proves it, `up` runs it, `doctor` says what is wrong.

The first start builds `.venv` from the hashed requirements; see config/bootstrap.py.
"""

import os
import sys

from config import bootstrap


def main() -> None:
    """Run one command inside `.venv`."""
    bootstrap.enter(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
