"""Run several processes as one: their output side by side, all stopped together, none left behind.

Supervisor({"web": ["granian", …], "worker": ["celery", …]}).run()    # → 0 after SIGTERM or Ctrl-C, 1 after a death
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import IO

GRACE = 15.0  # seconds between SIGTERM and SIGKILL; a batch of mails is a few seconds
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Supervisor:
    """Children by name; the first that ends, or one of the STOPPING signals, ends all."""

    def __init__(self, commands: Mapping[str, Sequence[str]], *, env: Mapping[str, str] | None = None) -> None:
        self.commands = commands
        self.env = {**os.environ, **(env or {}), "PYTHONUNBUFFERED": "1"}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.selector = selectors.DefaultSelector()
        self.unfinished: dict[str, bytes] = {}
        self.signals = 0
        self.width = max(map(len, commands))

    def run(self) -> int:
        """Start all, show what they say until one ends or a signal comes, stop all, return the exit code."""
        before = {number: signal.signal(number, self.on_signal) for number in STOPPING}
        try:
            for name, command in self.commands.items():
                self.start(name, command)
            dead = self.watch()
            self.stop()
        finally:
            self.kill()
            for number, handler in before.items():
                signal.signal(number, handler)
        if dead:
            self.say(dead, f"ended by itself with {self.children[dead].returncode}, so all were stopped")
        return 1 if dead else 0

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one child in a process group of its own: the terminal's Ctrl-C reaches only us."""
        child = subprocess.Popen(  # noqa: S603
            command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        self.children[name] = child
        self.unfinished[name] = b""
        if child.stdout is None:
            raise RuntimeError("a child was started without a pipe")
        os.set_blocking(child.stdout.fileno(), False)
        self.selector.register(child.stdout, selectors.EVENT_READ, name)

    def watch(self) -> str:
        """Show output until a signal came ('') or a child ended (its name)."""
        while not self.signals:
            self.show(0.2)
            for name, child in self.children.items():
                if child.poll() is not None:
                    return name
        return ""

    def stop(self) -> None:
        """Ask all to end and wait, at most GRACE seconds or until a second signal."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        seen, until = self.signals, time.monotonic() + GRACE
        while self.alive() and time.monotonic() < until and self.signals == seen:
            self.show(0.1)

    def kill(self) -> None:
        """End whatever is left, grandchildren included."""
        for child in self.children.values():
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue  # nobody is left in that group; macOS says "permission" of a group of zombies
        for child in self.children.values():
            child.wait()
        self.drain()
        self.selector.close()

    def alive(self) -> bool:
        return any(child.poll() is None for child in self.children.values())

    def show(self, seconds: float) -> None:
        """Print what the children wrote, line by line, each with its child's name."""
        if not self.selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self.selector.select(seconds):
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            piece = pipe.read() or b""
            if not piece:
                self.selector.unregister(pipe)
            *lines, self.unfinished[key.data] = (self.unfinished[key.data] + piece).split(b"\n")
            if not piece and self.unfinished[key.data]:
                lines.append(self.unfinished[key.data])
                self.unfinished[key.data] = b""
            for line in lines:
                self.say(key.data, line.decode(errors="replace").rstrip())

    def drain(self) -> None:
        """Show what is still in the pipes, last lines without a newline too: the reason of a death stands there."""
        while self.selector.get_map() and self.selector.select(0):
            self.show(0)
        for name, line in self.unfinished.items():  # of whoever left the group and holds its pipe open still
            if line:
                self.say(name, line.decode(errors="replace").rstrip())

    def say(self, name: str, line: str) -> None:
        try:
            sys.stdout.write(f"{name:<{self.width}} | {line}\n")
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read our output is gone; the children still must be stopped in order
            self.signals += 1


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child runs first so that even a killed parent leaves nobody behind; Linux only."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
