"""What strangers send: mutated tokens, swapped purposes, rotated keys, long headers, odd methods, a full disk.

MUTANTS=1000000 python3 manage.py test tests/campaigns/tracking/test_hostile.py     # the large run
"""

import io
import os
import random
import resource

import pytest
from django.core.wsgi import get_wsgi_application

from campaigns import links
from campaigns.tracking import ingest, spool, tail, targets
from campaigns.tracking.front import Front
from campaigns.tracking.tokens import Codec, Purpose, make
from tests.campaigns.tracking.test_ingest import Web, ann, click_path, delivery, open_path, web  # noqa: F401

pytestmark = pytest.mark.django_db
MUTANTS = int(os.environ.get("MUTANTS", "4000"))
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", ""]
SHAPES = ["/o/{}.gif", "/c/{}/1", "/c/{}/999999", "/c/{}", "/f/{}", "/w/{}", "/q/{}", "/v/{}"]


def lines():
    return sum(path.read_bytes().count(b"\n") for path in tail.files(spool.folder()))


def mutants(seed=7):
    """Tokens that are nearly right: a digit changed, another key, another purpose, cut, doubled, foreign letters."""
    dice = random.Random(seed)
    strange = Codec([(0, b"s" * 32), (9, b"t" * 32)])
    while True:
        purpose = dice.choice(list(Purpose))
        token = make(purpose, dice.randrange(1, 2**24), dice.randrange(2**32))
        at = dice.randrange(32)
        other = dice.choice("0123456789abcdef".replace(token[at], ""))
        yield dice.choice([
            token[:at] + other + token[at + 1 :],
            strange.make(purpose, 7, 42),
            token[:at],
            token + token[: at + 1],
            token[:at] + dice.choice("g %\u00e9\0/..;\t") + token[at + 1 :],
            f"{dice.getrandbits(128):032x}",
        ])  # fmt: skip


def test_no_mutant_is_accepted_and_none_is_answered_with_an_error(web):  # noqa: F811
    dice, made = random.Random(1), mutants()
    for token in (next(made) for _ in range(MUTANTS)):
        for shape in ("/o/{}.gif", dice.choice(SHAPES[1:6])):
            status = web.get(shape.format(token), method=dice.choice(METHODS))[0]
            assert status[:3] in {"200", "404", "418"}
        web.answers.clear()
    assert lines() == 0


def test_forged_unknown_and_foreign_clicks_look_the_same(web, delivery):  # noqa: F811
    forged, foreign = "0" * 32, make(Purpose.OPEN, delivery.campaign_id, delivery.pk)
    rotated_away = Codec([(5, b"k" * 32)]).make(Purpose.CLICK, delivery.campaign_id, delivery.pk)
    answers = []
    for token in (forged, foreign, rotated_away, "abc"):
        answers.append((web.get(f"/c/{token}/1"), web.body))
    assert all(answer == answers[0] for answer in answers) and answers[0][0][0] == "404 Not Found"
    assert lines() == 0


@pytest.mark.django_db(transaction=True)  # a request outside Django's test client closes its connection
def test_the_whole_site_answers_mutants_odd_methods_and_headers_of_8_kb_without_an_error():
    application = Front(get_wsgi_application(), spool=spool.Spool())
    dice, made, said = random.Random(3), mutants(9), []
    for at in range(120):
        path = dice.choice(SHAPES).format(next(made))
        environ = {
            "REQUEST_METHOD": METHODS[at % len(METHODS)] or "GET",
            "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
            "REMOTE_ADDR": dice.choice(["192.0.2.1", "", "::1", "nonsense"]), "wsgi.input": io.BytesIO(),
            "HTTP_USER_AGENT": dice.choice(["x" * 8192, "\t\x00\xff" * 2730]), "HTTP_REFERER": "r" * 8192,
            "HTTP_ACCEPT_LANGUAGE": "\n" * 8192, "HTTP_HOST": "localhost", "QUERY_STRING": "s=" + "A" * 8192,
        }  # fmt: skip
        list(application(environ, lambda status, headers, *_: said.append(status)))
    assert len(said) == 120 and not [status for status in said if status[0] == "5"]
    application.spool.close()


def test_a_line_with_headers_of_8_kb_stays_within_a_page(web, delivery):  # noqa: F811
    web.get(open_path(delivery), agent="\xff" * 8192, HTTP_REFERER="\xfe" * 8192, HTTP_ACCEPT_LANGUAGE="\xfd" * 8192)
    record = tail.files(spool.folder())[0].read_bytes()
    assert len(record) < spool.LONGEST and ingest.run(once=True).events == 1


def test_when_the_disk_is_full_nothing_acknowledged_is_lost_or_doubled(web, delivery):  # noqa: F811
    """The kernel refuses to let files grow: within a line, then at all, then there is room again."""
    targets.put(links.Link.objects.all())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    acknowledged, refused, led_on = 0, 0, 0
    web.get(open_path(delivery))
    size = tail.files(spool.folder())[0].stat().st_size
    try:
        for limit in (soft, size * 4 + 31, size // 2, 0, soft):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            for _ in range(20):
                status, _headers = web.get(open_path(delivery))
                acknowledged, refused = acknowledged + (status[:3] == "200"), refused + (status[:3] == "503")
                status, headers = web.get(click_path(delivery))
                assert status == "302 Found", "a full disk keeps nobody from the shop"
                led_on += "X-Not-Stored" in headers
                acknowledged += "X-Not-Stored" not in headers
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    web.front.spool.close()
    done = ingest.run(once=True)
    assert done.events == acknowledged + 1 and refused > 0 and led_on > 0
