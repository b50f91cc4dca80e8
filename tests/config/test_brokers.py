"""Real workers on real brokers: what is sent is done, also when the worker is asked to leave in the middle.

The filesystem broker needs nothing and is always tried. FANFARE_SERVICES=1 adds Redis and RabbitMQ on 127.0.0.1, and a
service that does not answer is a failure.
"""

import contextlib
import os
import signal
import socket
import threading
import time
from queue import Empty

import pytest
from celery import current_app
from kombu import Connection

BROKERS = {"filesystem": "filesystem://"}
if os.environ.get("FANFARE_SERVICES") == "1":
    BROKERS["redis"] = os.environ.get("FANFARE_REDIS", "redis://127.0.0.1:6379/13")
    BROKERS["rabbitmq"] = os.environ.get("FANFARE_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
PORTS = {"redis": 6379, "rabbitmq": 5672}
READY = "from contacts.models import Heartbeat; print(Heartbeat.objects.filter(service='worker').exists())"
SEND = """
from config.tasks import heartbeat
from contacts.models import Heartbeat
Heartbeat.objects.all().delete()
for _ in range({count}):
    heartbeat.delay()
print("sent")
"""
COMPLAINT = "from config import broker; print('complaint', repr(broker.complaint()))"
WAITING = """
from amqp.exceptions import NotFound
from config.celery import app
from kombu.exceptions import ChannelError
with app.connection_for_read() as connection:
    try:
        print(connection.default_channel.queue_declare(app.conf.task_default_queue, passive=True).message_count)
    except (NotFound, ChannelError, *connection.channel_errors):
        print(0)  # Redis forgets an empty queue
"""


def wait_for(site, worker, code: str, answer: str, seconds: float = 60) -> None:
    """Wait until the code prints the answer, as long as the worker lives."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert worker.poll() is None, worker.stdout.read()
        if site.shell(code) == answer:
            return
        time.sleep(0.1)
    raise AssertionError(f"not {answer} in time: {code}")


@pytest.fixture(params=BROKERS)
def on_broker(request, site):
    """The site with its own queue on one broker."""
    if port := PORTS.get(request.param):
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
    site.env["BROKER_URL"] = BROKERS[request.param]
    site.env["BROKER_QUEUE"] = f"test-{os.getpid()}-{time.monotonic_ns()}"
    yield site
    site.shell("from config.celery import app; app.control.purge()")


def start_worker(site):
    words = ["-m", "celery", "--quiet", "-A", "config.celery", "worker", "-P", "threads", "-c", "2"]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    return site.start(*words)


def test_a_worker_does_what_was_sent_before_it_started(on_broker):
    on_broker.shell(SEND.format(count=3))
    worker = start_worker(on_broker)

    wait_for(on_broker, worker, WAITING, "0")
    wait_for(on_broker, worker, READY, "True")
    worker.terminate()
    said, _ = worker.communicate(timeout=30)

    assert worker.returncode == 0
    assert said.count("config.tasks.heartbeat") >= 3 and "Traceback" not in said


def test_a_worker_that_is_asked_to_leave_finishes_and_the_next_takes_the_rest(on_broker):
    worker = start_worker(on_broker)
    wait_for(on_broker, worker, READY, "True")
    on_broker.shell(SEND.format(count=30))
    worker.send_signal(signal.SIGTERM)
    first, _ = worker.communicate(timeout=60)

    second = start_worker(on_broker)
    wait_for(on_broker, second, WAITING, "0")
    second.terminate()
    rest, _ = second.communicate(timeout=60)

    done = sum(text.count("succeeded in") for text in (first, rest))
    assert done >= 30, "a task may run twice, but none is lost on a clean stop"


def test_a_worker_starts_while_the_broker_still_holds_its_predecessor(on_broker):
    """After a crash RabbitMQ keeps a connection for some time: the next worker of the same name must not die of it."""
    former = start_worker(on_broker)
    wait_for(on_broker, former, READY, "True")
    worker = start_worker(on_broker)
    time.sleep(3)  # its control queue is asked for now, or never

    former.kill()
    former.communicate(timeout=30)
    on_broker.shell(SEND.format(count=3))
    wait_for(on_broker, worker, READY, "True")
    worker.terminate()
    said, _ = worker.communicate(timeout=30)

    assert worker.returncode == 0 and "RESOURCE_LOCKED" not in said


def test_a_broker_that_does_not_answer_is_told(site):
    site.env["BROKER_URL"] = "redis://127.0.0.1:1/0"
    assert "ConnectionRefused" in site.shell(COMPLAINT) or "OperationalError" in site.shell(COMPLAINT)


def test_the_broker_that_answers_has_no_complaint(on_broker):
    assert on_broker.shell(COMPLAINT) == "complaint ''"


def test_processed_files_of_the_filesystem_broker_are_swept(settings, tmp_path):
    from config import broker

    settings.BROKER_DIR = tmp_path
    (tmp_path / "processed").mkdir()
    for name in ("old.fanfare.msg", "new.fanfare.msg"):
        (tmp_path / "processed" / name).write_text("{}")
    os.utime(tmp_path / "processed" / "old.fanfare.msg", (0, 0))

    assert broker.sweep() == 1
    assert [path.name for path in (tmp_path / "processed").iterdir()] == ["new.fanfare.msg"]


def test_a_message_in_a_file_is_found_whole_or_not_at_all(tmp_path):
    folders = {name: tmp_path / name for name in ("messages", "processed", "control")}
    for folder in folders.values():
        folder.mkdir()
    options = {
        "data_folder_in": str(folders["messages"]), "data_folder_out": str(folders["messages"]),
        "processed_folder": str(folders["processed"]), "control_folder": str(folders["control"]),
        "store_processed": True,
    }  # fmt: skip
    large, found = "x" * 2_000_000, []
    assert current_app.main == "fanfare"  # config.celery is loaded and has put our transport in its place

    def write():
        with Connection("filesystem://", transport_options=options) as connection:
            queue = connection.SimpleQueue("whole")
            for number in range(15):
                queue.put([number, large])

    with Connection("filesystem://", transport_options=options) as connection:
        queue = connection.SimpleQueue("whole")  # declared before the other thread asks: one process declares once
        writer = threading.Thread(target=write)
        writer.start()
        until = time.monotonic() + 60
        while len(found) < 15 and time.monotonic() < until:
            with contextlib.suppress(Empty):
                message = queue.get(block=False)  # a half-written file would not parse
                found.append(message.payload[0])
                message.ack()
    writer.join()

    assert found == list(range(15))
