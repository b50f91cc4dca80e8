"""The front: it answers before Django, stores before it answers, and never asks the database."""

import os
import threading

import pytest

from campaigns import links
from campaigns.models import Link
from campaigns.tracking import spool, tail, targets
from campaigns.tracking.ingest import Chores
from campaigns.tracking.spool import Spool, is_abandoned
from campaigns.tracking.tokens import Purpose, make
from tests.campaigns.tracking.test_ingest import Web
from tests.make import make_campaign


@pytest.fixture
def web():
    web = Web()
    yield web
    web.front.spool.close()


def lines():
    return [line for path in tail.files(spool.folder()) for line in path.read_bytes().splitlines()]


def test_a_known_click_is_stored_and_redirected_without_a_query(web, db, django_assert_num_queries):
    campaign = make_campaign()
    targets.put([links.number_for(campaign, None, "b1", "https://shop.example/x?a=1")])
    with django_assert_num_queries(0):
        status, headers = web.get(f"/c/{make(Purpose.CLICK, campaign.pk, 9)}/1")
    assert (status, headers["Location"]) == ("302 Found", "https://shop.example/x?a=1")
    assert len(lines()) == 1 and "Set-Cookie" not in headers and headers["Referrer-Policy"] == "no-referrer"


def test_a_target_survives_a_restart_and_needs_no_database(db):
    campaign = make_campaign()
    targets.put([links.number_for(campaign, None, "b1", "https://shop.example/")])
    assert Web().get(f"/c/{make(Purpose.CLICK, campaign.pk)}/1")[0] == "302 Found"


def test_a_changed_target_is_live_within_seconds(web, db, monkeypatch):
    campaign = make_campaign()
    link = links.number_for(campaign, None, "b1", "https://shop.example/old")
    Chores(spool.folder()).sync()
    path = f"/c/{make(Purpose.CLICK, campaign.pk)}/1"
    assert web.get(path)[1]["Location"].endswith("old")

    links.retarget(link, "https://shop.example/new", None)
    Chores(spool.folder()).sync()
    web.front.targets.memory.clear()  # a second later

    assert web.get(path)[1]["Location"].endswith("new")
    assert link.former_targets.get().target.endswith("old")


def test_a_target_with_merge_tags_goes_on_to_django(web, db):
    campaign = make_campaign()
    targets.put([links.number_for(campaign, None, "b1", "https://shop.example/?l={{ contact.language }}")])
    assert web.get(f"/c/{make(Purpose.CLICK, campaign.pk)}/1")[0] == "418 Django"
    assert len(lines()) == 1


def test_a_former_target_keeps_the_number_in_a_new_version(db):
    campaign = make_campaign()
    link = links.number_for(campaign, None, "b1", "https://a.example")
    links.retarget(link, "https://b.example", None)
    assert links.number_for(campaign, None, "b1", "https://a.example") == link
    assert links.number_for(campaign, None, "b2", "https://a.example").number == 2
    assert Link.objects.count() == 2


@pytest.mark.parametrize("path", ["/c/", "/c/abc/1", f"/c/{'0' * 32}/1", f"/c/{'0' * 32}/", "/c/é/1"])
def test_clicks_with_wrong_tokens_meet_the_plain_404_and_are_not_stored(web, path):
    status, _headers = web.get(path)
    assert status == "404 Not Found" and b"does not exist" in web.body
    assert lines() == []


def test_wrong_pixels_are_pixels_and_are_not_stored(web):
    for path in ("/o/", "/o/x.gif", f"/o/{make(Purpose.CLICK, 1, 1)}.gif", f"/o/{make(Purpose.OPEN, 1, 1)}.png"):
        assert web.get(path)[0] == "200 OK" and web.body.startswith(b"GIF89a")
    assert lines() == []


def test_upper_case_tokens_are_accepted_and_head_has_no_body(web):
    web.get(f"/o/{make(Purpose.OPEN, 1, 1).upper()}.gif", method="HEAD")
    assert web.body == b"" and b"\th\t" in lines()[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "BREW", ""])
def test_other_methods_are_djangos(web, method):
    assert web.get(f"/o/{make(Purpose.OPEN, 1, 1)}.gif", method=method)[0] == "418 Django"
    assert lines() == []


def test_public_tokens_are_stored_and_known_codes_redirected(web, db):
    code = links.public("qr", target="https://shop.example/poster")
    targets.put([code])
    assert web.get(f"/Q/{code.token}")[1]["Location"] == "https://shop.example/poster"
    assert web.get(f"/v/{code.token.lower()}")[0] == "418 Django"
    assert web.get(f"/q/{'A' * 32}")[0] == "418 Django"
    assert [line.split(b"\t")[1:3] for line in lines()] == [[b"q", code.token.encode()], [b"v", code.token.encode()]]


def test_an_offers_page_is_stored_for_django_and_its_picture_is_not(web):
    token = make(Purpose.OFFER, 7, 9)
    wrong = make(Purpose.CLICK, 7, 9)
    for path in (f"/f/{token}", f"/f/{token.upper()}/b5", f"/f/{token}/qr.png", f"/f/{token}/b5/qr.png", f"/f/{wrong}"):
        assert web.get(path)[0] == "418 Django"
    web.get(f"/f/{token}", method="POST")
    assert [line.split(b"\t")[1:3] for line in lines()] == [[b"f", token.encode()]] * 2


def test_a_full_disk_refuses_the_open_but_lets_the_click_through(web, db, monkeypatch):
    campaign = make_campaign()
    targets.put([links.number_for(campaign, None, "b1", "https://shop.example/")])
    monkeypatch.setattr(web.front.spool, "append", lambda record: (_ for _ in ()).throw(OSError(28, "No space")))
    assert web.get(f"/o/{make(Purpose.OPEN, campaign.pk)}.gif")[0] == "503 Service Unavailable"
    assert web.get(f"/c/{make(Purpose.CLICK, campaign.pk)}/1")[0] == "302 Found"


def test_threads_and_rotation_lose_no_line(tmp_path):
    spool_ = Spool(tmp_path, rotate_at=5_000)
    record = b"x" * 99 + b"\n"

    def write():
        for _ in range(500):
            spool_.append(record)

    threads = [threading.Thread(target=write) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    files = tail.files(tmp_path)
    assert sum(path.stat().st_size for path in files) == 8 * 500 * 100 and len(files) > 50
    assert [is_abandoned(path) for path in files].count(False) == 1
    spool_.close()


def test_half_a_write_goes_whole_into_a_new_file(tmp_path, monkeypatch):
    spool_, real = Spool(tmp_path), os.write
    spool_.append(b"first\n")
    monkeypatch.setattr(
        os, "write", lambda fd, data: real(fd, data[:3]) if len(tail.files(tmp_path)) == 1 else real(fd, data)
    )
    spool_.append(b"second\n")
    assert [path.read_bytes() for path in tail.files(tmp_path)] == [b"first\nsec", b"second\n"]
    spool_.close()


def test_a_forked_child_writes_to_a_file_of_its_own(tmp_path):
    spool_ = Spool(tmp_path)
    spool_.append(b"parent\n")
    child = os.fork()
    if child == 0:
        spool_.append(b"child\n")
        os._exit(0)
    os.waitpid(child, 0)
    spool_.append(b"parent\n")
    assert sorted(path.read_bytes() for path in tail.files(tmp_path)) == [b"child\n", b"parent\nparent\n"]
    spool_.close()
