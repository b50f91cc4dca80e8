"""Children start together and end together, whoever ends first and however it ends. Real processes throughout."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.config.processes import carrying

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); time.sleep(600)"


@pytest.fixture
def supervised(tmp_path):
    """Start a supervisor over the given snippets; each child's process group is named by a file it holds open."""
    started = []

    def start(*snippets: str, grace: float = 15.0) -> subprocess.Popen[str]:
        commands = {f"child{n}": [sys.executable, "-c", snippet] for n, snippet in enumerate(snippets)}
        script = (
            f"from config import supervisor; supervisor.GRACE = {grace}\n"
            f"raise SystemExit(supervisor.Supervisor({commands!r}, env={{'MARK': {str(tmp_path)!r}}}).run())"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdout=-1, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        for _ in snippets:
            process.stdout.readline()
        return process

    start.mark = str(tmp_path)
    yield start
    for process in started:
        if process.poll() is None:
            process.kill()


def left(mark: str) -> list[int]:
    """Children and grandchildren that still live."""
    return carrying(f"MARK={mark}")


def wait_until_gone(mark: str, seconds: float = 10) -> list[str]:
    until = time.monotonic() + seconds
    while left(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return left(mark)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_and_is_no_failure(supervised, number):
    process = supervised(SLEEPER, SLEEPER)
    assert len(left(supervised.mark)) == 2

    process.send_signal(number)

    assert process.wait(20) == 0
    assert left(supervised.mark) == []


def test_the_death_of_one_stops_the_others_and_is_told(supervised):
    process = supervised(SLEEPER, "import time; print('up', flush=True); time.sleep(1); raise SystemExit(7)", SLEEPER)

    said = process.stdout.read()

    assert process.wait(20) == 1
    assert "child1 | ended by itself with 7, so all were stopped" in said
    assert left(supervised.mark) == []


def test_whoever_ignores_the_request_is_killed(supervised):
    process = supervised(STUBBORN, SLEEPER, grace=0.5)
    process.terminate()
    assert process.wait(20) == 0 and left(supervised.mark) == []


def test_a_second_ctrl_c_does_not_wait(supervised):
    process = supervised(STUBBORN, grace=600)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0 and left(supervised.mark) == []


def test_grandchildren_are_not_left_behind(supervised):
    process = supervised(PARENT)
    assert len(left(supervised.mark)) == 2
    process.terminate()
    assert process.wait(20) == 0 and left(supervised.mark) == []


if sys.platform == "linux":  # only Linux can tie a child's life to its parent's

    def test_even_a_killed_supervisor_leaves_nobody(supervised):
        process = supervised(SLEEPER, SLEEPER)
        process.kill()
        process.wait()
        assert wait_until_gone(supervised.mark) == []


def test_output_carries_the_name_of_its_child_even_without_a_last_newline(supervised):
    process = supervised("import sys; print('up'); print('é' * 3); sys.stdout.write('last words'); sys.stdout.flush()")
    said = process.stdout.read()
    assert "child0 | ééé\n" in said and "child0 | last words\n" in said


def test_last_words_are_shown_though_somebody_who_left_holds_the_pipe(supervised):
    leaver = "subprocess.Popen(['sleep', '3'], start_new_session=True)"
    process = supervised(f"import subprocess, sys; print('up', flush=True); {leaver}; sys.stdout.write('last words')")
    assert "child0 | last words\n" in process.stdout.read()


def test_a_reader_that_goes_away_stops_all(supervised):
    process = supervised("import time\nfor _ in range(600): print('up', flush=True); time.sleep(0.05)")
    process.stdout.close()
    assert process.wait(20) in {0, 1, 120} and wait_until_gone(supervised.mark) == []
