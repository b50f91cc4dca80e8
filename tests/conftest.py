"""What every test shares: cheap passwords, an empty cache. Files go under a temporary VAR_DIR (config/settings.py)."""

import contextlib
import socket
import threading

import dns.message
import dns.resolver
import dns.rrset
import pytest
from django.db.backends.postgresql.operations import DatabaseOperations


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what asks no database, for the second of two runs on different databases",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    if not config.getoption("--database-only"):
        return
    left_out = [item for item in items if not asks_a_database(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if asks_a_database(item)]


def group(item: pytest.Item) -> str:
    """Return what stays in one process when several share the tests (--dist loadgroup): a file, so that what its tests
    share is made once. Those that really commit are groups of their own: they empty the database, the roles with it,
    and so come last in every process, as pytest-django orders them.
    """
    marker = item.get_closest_marker("django_db")
    fixtures = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    commits = bool(fixtures or (marker and marker.kwargs.get("transaction")))
    return f"{item.path.parent.name}/{item.path.stem}{' commits' if commits else ''}"


def asks_a_database(item: pytest.Item) -> bool:
    """Say whether a test opens the run's database, or a service that only the second run has.

    Sites of their own (tests/config) are on SQLite in both runs.
    """
    fixtures = {"db", "transactional_db", "django_db_setup", "postgres"} & set(getattr(item, "fixturenames", ()))
    is_served = any(f"[{service}]" in item.name for service in ("redis", "rabbitmq"))
    return bool(item.get_closest_marker("django_db") or fixtures or is_served)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True  # look a file up when asked; each test client would list all of them first
    DatabaseOperations.sql_flush = empty_quickly  # type: ignore[method-assign]


def empty_quickly(self, style, tables, *, reset_sequences=False, allow_cascade=False):
    """Empty PostgreSQL's tables after a test with real commits: TRUNCATE makes a thousand files anew, DELETE none."""
    rows = [f"DELETE FROM {self.quote_name(table)};" for table in tables]
    return ["SET session_replication_role = replica;", *rows, "SET session_replication_role = DEFAULT;"]


@pytest.fixture(autouse=True)
def no_remembered_links() -> None:
    """Rolled-back ids come again, so a test must not meet another's targets in the node's links.sqlite."""
    from campaigns.tracking import targets

    targets.clear()


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Rolled-back keys come again with the same number; each starts its minute anew."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def nobodys_language() -> None:
    """A request leaves its language on the thread; the next test must not speak it."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def zone(monkeypatch):
    """A DNS server on 127.0.0.1 that knows what is put into the zone, and nothing else."""
    records: dict[str, list[str]] = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                packet, peer = server.recvfrom(4096)
                answer = dns.message.make_response(dns.message.from_wire(packet))
                name = answer.question[0].name
                if texts := records.get(name.to_text(omit_final_dot=True)):
                    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *[f'"{text}"' for text in texts]))
                else:
                    answer.set_rcode(3)
                server.sendto(answer.to_wire(), peer)

    threading.Thread(target=serve, daemon=True).start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    yield records
    server.close()
