"""Find real processes by what their environment carries."""

import subprocess
from pathlib import Path


def carrying(mark: str) -> list[int]:
    """Return the ids of living processes that were started with `mark` in their environment."""
    if not Path("/proc/self/environ").exists():
        listed = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in listed.splitlines() if mark in line]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def command_of(pid: int) -> str:
    """Return the command line of a process."""
    return subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout
