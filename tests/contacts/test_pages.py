"""What all public pages share: the language, the privacy of the answer, one answer for every token that is none."""

import pytest
from django.test import RequestFactory

from contacts.pages import Page
from tests.make import make_brand

ROOMS = ["/w/%s", "/u/%s", "/p/%s", "/confirm/%s", "/c/%s/1", "/s/%s", "/s/%s/bluesky", "/v/%s", "/v/%s/mail"]
ROOMS += ["/f/%s", "/f/%s/b5", "/f/%s/qr.png", "/q/%s", "/Q/%s", "/q/%s/b5"]
FORGED = ["f" * 32, "0" * 31, "x" * 300, "é" * 32, "7K3M9QX2A8BT4CVW"]


def test_every_room_answers_a_token_that_is_none_with_the_same_page(client, db):
    answers = [client.get(room % token) for room in ROOMS for token in FORGED]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1 and "This page is not here" in answers[0].text
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert not any(answer.cookies for answer in answers)


def test_the_page_that_is_not_here_speaks_the_browsers_language(client, db):
    assert 'lang="fr"' in client.get(f"/u/{'f' * 32}", headers={"accept-language": "fr"}).text


@pytest.mark.parametrize(
    ("query", "hers", "browser", "written", "spoken"),
    [
        ("fr", "en", "en", [], "fr"),
        ("xx", "fr", "en", [], "fr"),
        ("", "", "fr", [], "fr"),
        ("", "", "", [], "en"),
        ("fr", "fr", "fr", ["en"], "en"),
    ],
)
def test_a_page_speaks_the_language_chosen_else_hers_else_the_browsers_else_the_brands(
    db, query, hers, browser, written, spoken
):
    headers = {"accept-language": browser} if browser else {}
    request = RequestFactory().get("/", {"lang": query}, headers=headers)

    assert Page(request, make_brand(), contact_language=hers, written=written).language == spoken
