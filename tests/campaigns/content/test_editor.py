"""The editor: a form that says what the blocks are, buttons that move them, a preview that saves nothing."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict
from django.urls import reverse

from campaigns.content import editing, starters, versions
from campaigns.content.blocks import registry
from campaigns.models import ContentBody, ContentVersion, EmailContent
from tests.make import make_brand, make_contact, make_user

pytestmark = pytest.mark.django_db


def mail(**fields):
    content = EmailContent.objects.create(name="May", brand=make_brand())
    blocks = [{"id": name, "type": "heading", "text": name} for name in ("a", "b", "c")] + [
        {"id": "f", "type": "footer"}
    ]
    versions.new_version(content, [ContentBody(language="en", subject="Hi", blocks=blocks)])
    return content


def edit_url(content, language="en", page="edit"):
    return reverse(f"admin:campaigns_emailcontent_{page}", args=[content.pk, language])


def form(**fields):
    data = QueryDict(mutable=True)
    data.update(fields)
    return data


def body_of(content):
    return content.versions.order_by("-number").first().bodies.get(language="en")


@pytest.mark.parametrize(
    ("press", "order"),
    [
        ("up:b", "bacf"),
        ("down:b", "acbf"),
        ("up:a", "abcf"),
        ("down:f", "abcf"),
        ("remove:b", "acf"),
        ("remove:nobody", "abcf"),
        ("nonsense", "abcf"),
    ],
)
def test_a_button_moves_a_block(press, order):
    body = body_of(mail())

    editing.act(body, press)

    assert "".join(block["id"] for block in body.blocks) == order


def test_a_new_block_comes_before_the_footer_with_its_defaults():
    body = body_of(mail())

    opened = editing.act(body, "add:spacer")

    assert body.blocks[-2] == {"type": "spacer", "id": opened, "height": 24} and body.blocks[-1]["type"] == "footer"


def test_a_copy_has_an_id_of_its_own():
    body = body_of(mail())

    editing.act(body, "copy:b")

    assert [block["text"] for block in body.blocks[:4]] == ["a", "b", "b", "c"] and len(
        {b["id"] for b in body.blocks}
    ) == 5


def test_the_form_changes_what_it_holds_and_nothing_else():
    body = body_of(mail())

    editing.from_form(
        body, form(**{"subject": " New \r\n words ", "b.text": "Bee", "x.text": "nobody", "b.id": "evil"})
    )

    assert body.subject == "New words" and [block["id"] for block in body.blocks] == ["a", "b", "c", "f"]
    assert body.blocks[1]["text"] == "Bee" and body.blocks[0]["text"] == "a"


def test_numbers_and_choices_come_back_as_what_they_are():
    body = ContentBody(language="en", subject="x", blocks=[{"id": "i", "type": "image"}, {"id": "s", "type": "spacer"}])

    editing.from_form(body, form(**{"i.image": "7", "i.width": "x", "s.height": "40"}))

    assert body.blocks[0]["image"] == 7 and body.blocks[0]["width"] is None and body.blocks[1]["height"] == 40


def test_every_block_can_be_added_shown_and_previewed(client):
    content = mail()
    client.force_login(make_user())
    for kind in registry():
        client.post(edit_url(content), {"subject": "Hi", "press": f"add:{kind}"})

    page = client.get(edit_url(content)).content.decode()

    assert all(f'value="add:{kind}"' in page for kind in registry())
    assert len(body_of(content).blocks) == 4 + len(registry())
    assert client.post(edit_url(content, page="preview"), {"subject": "x"}).status_code == 200


def test_a_press_saves_the_form_and_a_look_saves_nothing(client):
    content = mail()
    client.force_login(make_user())

    client.get(edit_url(content))
    client.get(edit_url(content, "fr"))
    assert ContentVersion.objects.count() == 1 and ContentBody.objects.count() == 1
    answer = client.post(edit_url(content), {"subject": "Hello", "a.text": "First", "press": "down:a"})

    assert answer.status_code == 302 and answer["Location"].endswith("?open=a#a")
    assert body_of(content).subject == "Hello" and body_of(content).blocks[1]["text"] == "First"


def test_the_preview_shows_what_the_form_holds_as_somebody(client):
    content = mail()
    ann = make_contact(first_name="Ann")
    client.force_login(make_user())
    fields = {"subject": "Hi {{ contact.first_name }}", "a.text": "Unsaved {{ contact.first_name }}", "seen_by": ann.pk}

    page = client.post(edit_url(content, page="preview"), fields).content.decode()

    assert "Hi Ann" in page and "Unsaved Ann" in page and "sandbox srcdoc=" in page
    assert body_of(content).subject == "Hi"
    friend = client.post(edit_url(content, page="preview"), {**fields, "seen_by": "friend"}).content.decode()
    assert "Ann" not in friend
    assert client.get(edit_url(content, page="preview")).status_code == 405


def test_what_is_wrong_is_said_beside_the_mail_and_stops_publishing(client):
    content = mail()
    client.force_login(make_user())

    client.post(edit_url(content), {"subject": "Hi {{ nobody }}", "press": "publish"})

    page = client.get(edit_url(content)).content.decode()
    assert "{{ nobody }}" in page and "To mend before it can be sent" in page and " disabled" in page
    assert content.versions.get().published_at is None


def test_publishing_freezes_and_the_next_press_opens_a_new_version(client):
    content = mail()
    client.force_login(make_user())

    client.post(edit_url(content), {"subject": "One", "press": "publish"})
    client.post(edit_url(content), {"subject": "Two", "press": "save"})

    first, second = content.versions.order_by("number")
    assert first.published_at and not second.published_at
    assert (first.bodies.get().subject, second.bodies.get().subject) == ("One", "Two")


@pytest.mark.parametrize(
    "payload", ["</iframe><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}<svg/onload=x>"]
)
def test_nothing_written_into_a_mail_runs_in_the_editor(client, payload):
    content = mail()
    client.force_login(make_user())
    client.post(edit_url(content), {"subject": payload, "preheader": payload, "a.text": payload, "press": "save"})

    for answer in (client.get(edit_url(content)), client.post(edit_url(content, page="preview"), {"subject": payload})):
        page = answer.content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "<svg/onload" not in page


def test_who_may_not_change_mails_may_not_edit(client):
    client.force_login(make_user(is_superuser=False))

    content = mail()

    assert client.get(edit_url(content)).status_code == 403
    assert client.post(edit_url(content, page="preview"), {}).status_code == 403


def test_a_new_mail_begins_with_a_starter_and_leads_to_the_editor(client):
    client.force_login(make_user())
    data = {"name": "June", "brand": make_brand().pk, "start": "announcement"}

    answer = client.post(reverse("admin:campaigns_emailcontent_add"), data)

    content = EmailContent.objects.get()
    assert answer["Location"] == edit_url(content) and content.versions.get().bodies.count() == 2


def test_a_new_mail_is_chosen_by_its_picture_in_the_brands_own_style(client):
    client.force_login(make_user())
    brand, template = make_brand(name="Épices & Cie", colour_primary="#123456"), mail()
    EmailContent.objects.update(is_template=True)

    page = client.get(reverse("admin:campaigns_emailcontent_add")).text
    pictures = re.findall(r'<iframe src="([^"]+)\?brand=\d+"[^>]* sandbox ', page)
    assert len(pictures) == len(starters.STARTERS) + 1 and page.count('type="radio"') == len(pictures)
    assert [name in pictures[at] for at, name in enumerate(starters.LETTERS)] == [True] * 10
    letter = client.get(pictures[0], {"brand": brand.pk})
    own = client.get(reverse("admin:campaigns_emailcontent_start", args=[template.pk, "en"]), {"brand": brand.pk})

    assert "Épices &amp; Cie" in letter.text and "#123456" in letter.text and "It is here" in letter.text
    assert letter["X-Frame-Options"] == "SAMEORIGIN" and "sandbox" in letter["Content-Security-Policy"]
    assert own.status_code == 200 and "allow-scripts" not in letter["Content-Security-Policy"]
    assert EmailContent.objects.get() == template


@pytest.mark.parametrize("start", ["nothing", "99", "9" * 40, "²"])
def test_what_is_no_letter_has_no_picture(client, start):
    client.force_login(make_user())
    address = reverse("admin:campaigns_emailcontent_start", args=[start, "fr"])
    for brand in (make_brand().pk, "", "9" * 40, "²"):
        assert client.get(address, {"brand": brand}).status_code == 404


def test_who_may_not_write_mails_sees_no_picture_of_them(client):
    client.force_login(make_user(is_superuser=False))
    address = reverse("admin:campaigns_emailcontent_start", args=["announcement", "fr"])
    assert client.get(address, {"brand": make_brand().pk}).status_code == 403


def test_lists_and_pages_of_the_room_open(client):
    content = mail()
    client.force_login(make_user())
    for name in ("emailcontent", "sender", "image"):
        for page in ("changelist", "add"):
            assert client.get(reverse(f"admin:campaigns_{name}_{page}")).status_code == 200
    assert "May" in client.get(reverse("admin:campaigns_emailcontent_change", args=[content.pk])).content.decode()


@pytest.mark.parametrize("name", sorted(starters.STARTERS))
def test_every_starter_is_right_in_every_language(name):
    content = starters.create(name, make_brand())

    assert {body.language for body in content.versions.get().bodies.all()} == {"en", "fr"}
    assert bool(content.versions.get().published_at) == starters.STARTERS[name].is_transactional


def test_who_sees_no_people_previews_as_nobody_and_what_is_no_number_is_nobody(client):
    content, ann = mail(), make_contact(first_name="Ann")
    client.force_login(make_user())
    for seen_by in ("²", "9" * 40, "-1"):
        page = client.post(edit_url(content, page="preview"), {"a.text": "x", "seen_by": seen_by})
        assert page.status_code == 200 and "Ann" not in page.text
    writer = make_user(username="writer", is_superuser=False)
    mails = Permission.objects.filter(codename__in=["view_emailcontent", "change_emailcontent"])
    writer.user_permissions.set(mails)
    client.force_login(writer)

    fields = {"a.text": "Hi {{ contact.first_name }}", "seen_by": ann.pk}
    answer = client.post(edit_url(content, page="preview"), fields)

    assert answer.status_code == 200 and "Hi" in answer.text and "Ann" not in answer.text
    assert "sandbox allow-popups" in answer["Content-Security-Policy"]
    assert "Ann" not in client.get(edit_url(content)).text
