"""Steps back, versions to compare and restore, two writers at once, and code with its faults located."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from campaigns.content import editing, lint, markup, versions, web
from campaigns.models import ContentBody, EmailContent
from tests.make import make_brand, make_contact, make_user

pytestmark = pytest.mark.django_db
PART = {"headers": {"X-Fanfare-Part": "1"}}


def mail(text="First"):
    content = EmailContent.objects.create(name="May", brand=make_brand())
    blocks = [{"id": "a", "type": "heading", "text": text}, {"id": "f", "type": "footer"}]
    versions.new_version(content, [ContentBody(language="en", subject="Hi", blocks=blocks)])
    return content


def url(content, page="edit", language="en"):
    return reverse(f"admin:campaigns_emailcontent_{page}", args=[content.pk, language])


def body_of(content):
    return content.versions.order_by("-number").first().bodies.get(language="en")


def test_a_state_is_taken_back_whole(client):
    content = mail()
    client.force_login(make_user())
    before = editing.state_of(body_of(content))
    client.post(url(content), {"subject": "New", "a.text": "Second", "press": "remove:f"})

    answer = client.post(url(content), {"press": "state", "state": before}, **PART)

    assert answer.status_code == 200 and 'id="mail-form"' in answer.text
    assert editing.state_of(body_of(content)) == before


@pytest.mark.parametrize("state", ["", "no json", "[]", '{"blocks": 7}'])
def test_a_state_that_cannot_be_read_changes_nothing(client, state):
    content = mail()
    client.force_login(make_user())

    answer = client.post(url(content), {"press": "state", "state": state}, **PART)

    assert answer.status_code == 400 and body_of(content).blocks[0]["text"] == "First"


def test_a_block_is_moved_to_a_place():
    body = body_of(mail())

    editing.act(body, "move:f:0")
    assert [block["id"] for block in body.blocks] == ["f", "a"]
    editing.act(body, "move:f:99")
    editing.act(body, "move:f:x")
    assert [block["id"] for block in body.blocks] == ["f", "a"]


def test_the_later_of_two_writers_is_told_and_overrules_nobody(client):
    content = mail()
    client.force_login(make_user())
    stamp = versions.stamp(body_of(content))
    client.post(url(content), {"subject": "Hers", "stamp": stamp, "press": "save"})

    answer = client.post(url(content), {"subject": "Mine", "stamp": stamp, "press": "save"}, **PART)

    assert answer.status_code == 409 and "Somebody else" in answer.text
    assert body_of(content).subject == "Hers"


def test_ten_minutes_of_writing_and_another_writer_leave_a_version():
    content, marie = mail(), make_user()
    versions.draft_of(content, marie)
    assert content.versions.count() == 1

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        versions.draft_of(content, marie)
        assert content.versions.count() == 2
        versions.draft_of(content, marie)
        versions.draft_of(content, make_user(username="paul"))
    assert content.versions.count() == 3


def test_versions_are_compared_and_one_is_gone_back_to(client):
    content = mail("Tea")
    versions.new_version(content, [ContentBody(language="en", subject="Hi", blocks=[{"type": "text", "html": "Mint"}])])
    client.force_login(make_user())

    page = client.get(url(content, "versions")).text
    assert "<del>Tea</del>" in page and "<ins>Mint</ins>" in page
    client.post(url(content, "versions"), {"restore": "1"})

    assert content.versions.count() == 3 and body_of(content).blocks[0]["text"] == "Tea"
    assert content.versions.first().note == "as version 1"


@pytest.mark.parametrize("query", ["?a=x&b=y", "?a=99999999999999999999", "?a=1&b=1"])
def test_versions_that_are_none_are_shown_as_the_newest(client, query):
    client.force_login(make_user())

    assert client.get(url(mail(), "versions") + query).status_code == 200


def test_blocks_become_code_and_come_back():
    body = body_of(mail("Tea"))

    editing.act(body, "format:mjml")
    assert body.format == "mjml" and "<mj-section" in body.source and "{{ links.unsubscribe }}" in body.source
    assert [one for one in lint.body_findings(body, make_brand()) if one.level == "error"] == []
    editing.act(body, "format:blocks")
    assert body.format == "blocks" and body.blocks[0]["text"] == "Tea"


@pytest.mark.parametrize(
    ("source", "format", "lines"),
    [
        ("<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>", "mjml", [3]),
        ("<mjml><mj-body>\n<mj-fun></mj-fun></mj-body></mjml>", "mjml", [2]),
        ("<mjml><mj-body></mj-body></mjml>\n</mj-text>", "mjml", [2]),
        ("<mj-text>", "mjml", [1, 1]),
        ("<table>\n<tr><td>{{ a < b }}\n</table>\n</div>", "html", [4]),
        ("<p>fine<p>too<br><img src='x'>", "html", []),
        ("<div>\n\n<b>", "html", [1, 3]),
    ],
)
def test_faults_of_code_have_their_line(source, format, lines):
    assert [fault.line for fault in markup.faults(source, format)] == lines


def test_code_that_cannot_be_read_says_where():
    body = ContentBody(language="en", subject="Hi", format="mjml", source="<mjml>\n<mj-body>\n<mj-text>\n</mjml>")

    found = [one for one in lint.body_findings(body, make_brand()) if one.level == "error"]

    assert [(one.code, one.where) for one in found] == [("markup", "en, line 2"), ("markup", "en, line 3")]


def test_a_preview_is_dark_light_and_without_pictures():
    style = "<style>@media (prefers-color-scheme: dark) {a{}}</style>"
    page = style + '<img alt="A cup" src="https://x.example/a.png" width="1">'

    assert "@media all {" in web.as_seen(page, is_dark=True) and "@media not all {" in web.as_seen(page)
    blind = web.as_seen(page, shows_images=False)
    assert "src=" not in blind and 'alt="A cup"' in blind


def test_contacts_are_found_by_the_beginning_of_name_or_address(client):
    make_contact(first_name="Ann")
    make_contact(email="zoe@example.com", first_name="Zoe")
    client.force_login(make_user())
    people = reverse("admin:campaigns_emailcontent_people")

    assert len(client.get(people, {"q": "zo"}).json()["people"]) == 1
    assert len(client.get(people).json()["people"]) == 2
    client.force_login(make_user(username="paul", is_superuser=False))
    assert client.get(people).status_code == 403
