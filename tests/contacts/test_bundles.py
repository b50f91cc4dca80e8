"""A whole export of another tool in one archive: lists of who left, people, templates."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from campaigns.content import foreign
from campaigns.models import ContentBody, EmailContent
from contacts import jobs, suppression
from contacts.importing import bundle
from contacts.importing.reader import BadFile
from contacts.models import Contact, Job, Subscription
from tests.contacts.test_sheets_and_lists import MAILCHIMP, archive, workbook
from tests.make import make_brand, make_topic, make_user

pytestmark = pytest.mark.django_db

ROW = "{0}@example.com,{0},2,2022-03-04 10:00:00,1.2.3.4,2022-03-05 10:00:00,{1}{0},2,\n"
WELCOME = (
    '<html lang="fr"><head><title>Bienvenue</title></head><body><p>*|FNAME|*</p><a href="*|UNSUB|*">x</a></body></html>'
)


def export():
    return archive(
        {
            "subscribed_members_export.csv": MAILCHIMP.format("")
            + "".join(ROW.format(name, "") for name in ("ann", "ben", "cara")),
            "unsubscribed_members_export.csv": MAILCHIMP.format("UNSUB_TIME,") + ROW.format("ben", "2024-02-03,"),
            "cleaned_members_export.csv": MAILCHIMP.format("CLEAN_TIME,") + ROW.format("cara", "2024-02-03,"),
            "templates/welcome_mail.html": WELCOME,
            "templates/broken.html": "no page",
            "readme.pdf": "x",
            "__MACOSX/._x.csv": "x",
        }
    )


def bring(client, content, name="export.zip"):
    return client.post(reverse("admin:contacts_job_import"), {"file": SimpleUploadedFile(name, content)})


def test_a_mailchimp_archive_comes_in_whole_with_who_left_first(client):
    client.force_login(make_user())
    topic = make_topic(slug="letter")

    files = bring(client, export())["Location"]
    page = client.get(files)
    asked = {one.name.rpartition("/")[2]: one.role for one in page.context["entries"]}
    client.post(files, {"topic": topic.pk, "basis": "consent", "evidence": "Mailchimp form"})
    told = {name: job for name, job, _why in client.get(files).context["begun"]}
    columns = reverse("admin:contacts_job_columns", args=[told["subscribed_members_export.csv"].pk])
    wish = {"topic": topic.pk, "basis": "consent", "evidence": "Mailchimp form", "tags": "", "policy": "overwrite"}
    too_early = client.post(columns, wish)
    jobs.run_waiting()
    client.post(columns, wish)
    jobs.run_waiting()

    assert asked == {
        "cleaned_members_export.csv": "hard_bounce", "unsubscribed_members_export.csv": "unsubscribed_all",
        "broken.html": "template", "welcome_mail.html": "template", "subscribed_members_export.csv": "people",
        "readme.pdf": "",
    }  # fmt: skip
    assert list(asked)[:2] == ["cleaned_members_export.csv", "unsubscribed_members_export.csv"]
    assert "still being taken in" in too_early.content.decode()
    states = dict(Subscription.objects.values_list("contact__email", "state"))
    assert states == {"ann@example.com": "subscribed", "ben@example.com": "unsubscribed"}
    assert suppression.find("cara@example.com").reason == "hard_bounce" and Contact.objects.count() == 3
    content = EmailContent.objects.get()
    body = ContentBody.objects.get()
    assert (content.name, content.is_template, body.language, body.subject) == ("welcome mail", True, "fr", "Bienvenue")
    assert "{{ contact.first_name }}" in body.source and "{{ links.unsubscribe }}" in body.source
    assert Job.objects.get(kind="templates").counts == {"lines": 2, "created": 1, "rejected": 1}
    assert "done" in client.get(files).content.decode() and not Job.objects.exclude(upload="").exists()


def test_one_html_page_is_an_archive_of_one(client):
    client.force_login(make_user())
    make_brand()
    files = bring(client, WELCOME.encode(), "welcome.html")["Location"]
    client.post(files, {"topic": "", "basis": "none"})
    jobs.run_waiting()
    assert EmailContent.objects.get().name == "welcome"


def test_a_spreadsheet_is_no_archive_of_files():
    assert not bundle.is_bundle(io.BytesIO(workbook([["email"], ["ann@example.com"]])))
    assert not bundle.is_bundle(io.BytesIO(b"PK\x03\x04 broken")) and not bundle.is_bundle(io.BytesIO(b"email\n"))


def bomb():
    return archive({"people.csv": "a" * 60_000_000})


def understated():
    """An archive whose list of contents says less than what unpacks."""
    content = bytearray(archive({"people.csv": "email\n" + "x" * 5000}))
    size = (5006).to_bytes(4, "little")
    return bytes(content.replace(size, (10).to_bytes(4, "little")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bomb(), "far too large"),
        (archive({f"{n}.csv": "email\n" for n in range(201)}), "more than 200"),
        (archive({"a.pdf": "x"}), "no list of people"),
        (export()[:-30], "broken"),
    ],
)
def test_an_archive_that_cannot_be_is_refused_with_a_sentence(client, content, words):
    client.force_login(make_user())
    answer = bring(client, content)
    assert words in answer.content.decode() and not Job.objects.exists()


def test_an_entry_that_lies_of_its_size_is_refused():
    with (
        zipfile.ZipFile(io.BytesIO(understated())) as lying,
        pytest.raises(BadFile),
        bundle.opened(lying, "people.csv"),
    ):
        pass


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("*|FNAME|* *|POINTS|*", "{{ contact.first_name }} {{ contact.attributes.points }}"),
        ("*|IF:VIP|*a*|ELSE:|*b*|END:IF|*", "{% if contact.attributes.vip %}a{% else %}b{% endif %}"),
        ("*|LIST:COMPANY|* *|HTML:LIST_ADDRESS_HTML|*", "{{ brand.name }} {{ brand.postal_address }}"),
        ("{{ first_name|default:'you' }}", '{{ contact.first_name | default: "you" }}'),
        ("{{ person|lookup:'Home City' }}", "{{ contact.attributes.home_city }}"),
        ("{% unsubscribe 'Leave' %}", '<a href="{{ links.unsubscribe }}">Leave</a>'),
        ("{{ contact.FIRSTNAME }} {{ mirror }}", "{{ contact.first_name }} {{ links.web }}"),
        ("{{ .Subscriber.FirstName }}", "{{ contact.first_name }}"),
        ("{{ .Subscriber.Attribs.city }}", "{{ contact.attributes.city }}"),
        ('<a href="{{ TrackLink "https://a.example" . }}">{{ TrackView }}', '<a href="https://a.example">'),
        ("{{ if .Subscriber.Name }}x{{ end }}", "{% if contact.first_name %}x{% endif %}"),
        ("{{ contact.first_name }} {{ event.item }}", "{{ contact.first_name }} {{ event.item }}"),
    ],
)  # fmt: skip
def test_merge_tags_of_other_tools_become_ours(theirs, ours):
    moved = foreign.translate(theirs)
    assert moved.html == ours and not moved.unknown


def test_a_tag_without_a_match_stays_and_is_named_on_the_version():
    content = foreign.take_in("Code", "<p>{{ params.code }}</p>", make_brand())
    assert foreign.translate("{{ params.code }}").unknown == ["{{ params.code }}"]
    assert "{{ params.code }}" in content.versions.get().note
