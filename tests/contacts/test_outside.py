"""Addresses that people typed are asked, but never lead into our own network."""

import ipaddress
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from contacts import outside
from contacts.outside import Refused, TooLarge, Unreachable, fetch, status

INSIDE = [
    "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "localhost", "LOCALHOST.", "[::1]",
    "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]",
    "[64:ff9b::a00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]",
    "[2001:db8::1]", "[100::1]", "[::127.0.0.1]", "[2001:0:7f00:1::]",
]  # fmt: skip
NO_ADDRESS = [
    "", "shop.example", "//shop.example/", "ftp://shop.example/", "file:///etc/passwd", "gopher://127.0.0.1:25/",
    "javascript:alert(1)", "http://", "http:///", "http://user@shop.example/", "http://u:p@shop.example/",
    "http://shop.example:99999/", "http://[::1/", "http://shop.example/\r\nX: y", "http://shop.example /",
    "http://sh\u0000op.example/", "dict://127.0.0.1/", "http://\u2488.example/", "unix:/run/x.sock", "data:,x",
]  # fmt: skip


@pytest.fixture
def no_socket(monkeypatch):
    """A socket that is opened at all is the failure."""
    opened = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
    yield
    assert opened == []


@pytest.mark.parametrize("host", INSIDE)
def test_nothing_inside_is_ever_connected_to(host, no_socket):
    for scheme in ("http", "https"):
        with pytest.raises((Refused, Unreachable)):
            status(f"{scheme}://{host}/")


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_web_address_is_refused(url, no_socket):
    with pytest.raises((Refused, Unreachable)):
        status(url)


def test_one_private_answer_among_public_ones_refuses_the_name(monkeypatch, no_socket):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.215.14", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers)
    with pytest.raises(Refused):
        status("http://mixed.example/")


class Site(BaseHTTPRequestHandler):
    """/200, /404 …: answers that; /get refuses HEAD; /slow never answers; /moved leads to the metadata service."""

    asked: list[str] = []
    gate = threading.Event()

    def do_HEAD(self):
        Site.asked.append(f"{self.command} {self.headers['Host']}{self.path}")
        if self.path == "/slow":
            Site.gate.wait(5)
        number = self.path.strip("/")
        code = (
            int(number)
            if number.isdigit()
            else {"moved": 302, "get": 405 if self.command == "HEAD" else 200}.get(number, 200)
        )
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        body = b"x" * 1000 if self.path == "/long" else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD

    def log_message(self, *words):
        pass


@pytest.fixture
def site(settings):
    settings.OUTSIDE_ALSO = [ipaddress.ip_network("127.0.0.0/8")]
    Site.asked.clear()
    Site.gate.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Site.gate.set()
    server.shutdown()
    server.server_close()


def test_the_status_is_told_and_a_redirect_is_not_followed(site):
    assert [status(f"{site}/{code}") for code in (200, 404, 410, 503)] == [200, 404, 410, 503]
    assert status(f"{site}/moved") == 302
    assert status(f"{site}/get") == 200 and [ask.split()[0] for ask in Site.asked[-2:]] == ["HEAD", "GET"]


def test_the_name_is_asked_once_so_a_second_answer_changes_nothing(site, monkeypatch):
    port = int(site.rsplit(":", 1)[1])
    answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])

    def rebinding(host, port, *args, **kwargs):
        ip = host if host.replace(".", "").isdigit() else next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert status(f"http://rebind.example:{port}/200") == 200
    assert Site.asked == [f"HEAD rebind.example:{port}/200"]
    assert next(answers) == "10.0.0.1", "only the first answer was used"


def test_who_does_not_answer_is_given_up_in_time(site):
    with pytest.raises(Unreachable, match="in time"):
        status(f"{site}/slow", timeout=0.2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    with pytest.raises(Unreachable, match="no answer"):
        status(f"http://127.0.0.1:{closed}/")


def test_a_site_without_a_right_certificate_is_no_answer(site):
    with pytest.raises(Unreachable):
        status(site.replace("http:", "https:"), timeout=1)


def test_public_addresses_are_outside():
    for text in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"):
        assert outside.is_outside(ipaddress.ip_address(text))


def test_an_answer_comes_whole_or_not_at_all(site):
    whole = fetch(f"{site}/long", most=1000)

    assert (whole.status, whole.body, whole.headers["content-length"]) == (200, b"x" * 1000, "1000")
    assert fetch(f"{site}/moved").status == 302
    with pytest.raises(TooLarge):
        fetch(f"{site}/long", most=999)


def test_the_whole_time_of_a_question_is_bounded(site):
    began = time.monotonic()
    with pytest.raises(Unreachable):
        fetch(f"{site}/slow", deadline=0.2)
    assert time.monotonic() - began < 3


def test_what_is_fetched_never_leads_inside(no_socket):
    with pytest.raises(Refused):
        fetch("http://169.254.169.254/latest/meta-data/")
