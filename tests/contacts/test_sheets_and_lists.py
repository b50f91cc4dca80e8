"""Spreadsheets in, lists of people out, suppression lists of other tools."""

import csv
import io
import zipfile

import pytest
import python_calamine
import xlsxwriter
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from contacts import exporting, jobs, suppression
from contacts.importing import blocklist, sheets
from contacts.importing.reader import BadFile
from contacts.models import (
    AttributeType,
    AuditEntry,
    Contact,
    ContactTag,
    Identity,
    Job,
    Subscription,
    Suppression,
    Tag,
)
from tests.contacts.test_importing import adds_up, bring, rejected
from tests.make import make_contact, make_segment, make_topic, make_user

pytestmark = pytest.mark.django_db


def workbook(rows):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)
    return file.getvalue()


def archive(entries, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return file.getvalue()


ODS = """<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="S">%s</table:table>
</office:spreadsheet></office:body></office:document-content>"""


def test_an_xlsx_is_imported_as_its_sheet_shows_it():
    job = bring(workbook([["E-mail", "First name", "Points"], ["ann@example.com", "Ann", 12], ["nobody", "Ben", 3.5]]))

    ann = Contact.objects.get()
    assert (ann.email, ann.first_name, ann.attributes) == ("ann@example.com", "Ann", {"points": 12})
    assert job.counts["rejected"] == 1 and adds_up(job)


def test_an_ods_is_imported():
    cells = [["email", "city"], ["ann@example.com", "Évreux"]]
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in cells
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    bring(archive({"mimetype": kind, "content.xml": ODS % rows, "META-INF/manifest.xml": manifest}))

    assert Contact.objects.get().attributes == {"city": "Évreux"}


def test_a_bomb_an_archive_and_a_liar_are_refused_before_they_are_unpacked(monkeypatch):
    monkeypatch.setattr(python_calamine.CalamineWorkbook, "from_filelike", lambda *_: pytest.fail("unpacked"))
    bomb = archive({"xl/workbook.xml": b"0" * 30_000_000})
    liar = bytearray(bomb)
    at = liar.rindex(b"PK\x01\x02")
    liar[at + 24 : at + 28] = (1000).to_bytes(4, "little")  # the size that the list of contents gives
    for content, said in [
        (bomb, "far too large"),
        (bytes(liar), "far too large"),
        (archive({"people.csv": "email\nann@example.com\n"}), "archive"),
        (bomb[:400], "broken"),
    ]:
        with pytest.raises(BadFile, match=said):
            sheets.check(io.BytesIO(content))


def test_formula_cells_of_an_xlsx_never_come_back_as_formulas(tmp_path):
    make_contact(email="ann@example.com", first_name="=1+1", last_name="+49", attributes={"note": "＝cmd"})
    AttributeType.objects.create(name="note", label="Note")

    call_command("export_contacts", str(tmp_path / "people.csv"))
    call_command("export_contacts", str(tmp_path / "people.xlsx"))

    row = next(csv.DictReader(io.StringIO((tmp_path / "people.csv").read_text("utf-8-sig"))))
    assert (row["first_name"], row["last_name"], row["note"]) == ("'=1+1", "'+49", "'＝cmd")
    sheet = zipfile.ZipFile(tmp_path / "people.xlsx").read("xl/worksheets/sheet1.xml").decode()
    assert "=1+1" in sheet and "<f>" not in sheet


def test_a_segment_is_exported_with_identities_tags_topics_and_attributes(tmp_path, capsys):
    topic = make_topic(slug="letter")
    AttributeType.objects.create(name="sizes", label="Sizes", type="list")
    ann = make_contact(email="ann@example.com", language="fr", topic=topic, attributes={"sizes": ["S", "M"]})
    make_contact(email="ben@example.com", language="en")
    Identity.objects.create(contact=ann, kind="card", value="2001")
    ContactTag.objects.create(contact=ann, tag=Tag.objects.create(name="vip"))
    segment = make_segment(rules={"all": [{"field": "language", "op": "is", "value": "fr"}]})

    call_command("export_contacts", str(tmp_path / "fr.csv"), segment=segment.pk)

    (row,) = csv.DictReader(io.StringIO((tmp_path / "fr.csv").read_text("utf-8-sig")))
    assert (row["email"], row["identity:card"], row["tags"]) == ("ann@example.com", "2001", "vip")
    assert (row["topic:letter"], row["sizes"]) == ("subscribed", "S; M")
    assert "1 people" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no segment"):
        call_command("export_contacts", str(tmp_path / "x.csv"), segment=999)


def test_a_large_export_asks_the_same_queries_whatever_its_size(django_assert_num_queries):
    for n in range(5):
        make_contact(email=f"p{n}@example.com")
    with django_assert_num_queries(9):  # columns 4, one page 4, the empty page 1
        assert len(list(exporting.as_csv(Contact.objects.all()))) == 7


def test_what_was_exported_is_imported_again_without_a_change(tmp_path):
    make_contact(email="ann@example.com", first_name="Ann", topic=make_topic(slug="letter"))
    call_command("export_contacts", str(tmp_path / "people.csv"))

    job = bring((tmp_path / "people.csv").read_bytes())

    assert job.counts["created"] == 0 and adds_up(job)


def test_a_list_of_another_tool_suppresses_with_its_reasons_and_makes_nobody(capsys, tmp_path):
    path = tmp_path / "blocked.csv"
    path.write_text("Email,Reason\nann@example.com,Hard bounce\nben@example.com,spam complaint\nDAN@example.com,\nx,\n")

    call_command("import_suppressions", str(path), reason="unsubscribed_all")
    call_command("import_suppressions", str(path))

    out = capsys.readouterr().out
    assert "3 added, 0 known, 1 rejected." in out and "0 added, 3 known, 1 rejected." in out and "line 5: " in out
    reasons = [suppression.find(f"{name}@example.com").reason for name in ("ann", "ben", "dan")]
    assert reasons == ["hard_bounce", "complaint", "unsubscribed_all"]
    assert Suppression.objects.count() == 3 and not Contact.objects.exists()


def test_a_bare_list_of_addresses_needs_no_header():
    job = blocklist.plan(ContentFile(b"ann@example.com\nben@example.com\nx\n", name="left.txt"), hint=False)
    jobs.run(job.pk)
    job.refresh_from_db()

    assert job.counts == {"lines": 3, "created": 2, "unchanged": 0, "rejected": 1}
    assert [row[:1] + row[2:] for row in rejected(job)] == [["3", "x"]] and not job.upload
    with pytest.raises(BadFile, match="No column"):
        blocklist.plan(ContentFile(b"a\nb\n", name="left.txt"))


def test_a_suppression_list_goes_on_after_a_kill_and_doubles_nothing(monkeypatch):
    content = "email\n" + "".join(f"a{n}@example.com\n" for n in range(1200))
    job = blocklist.plan(ContentFile(content.encode(), name="left.csv"), hint=False)
    take, taken = blocklist.Blocklist.take, []

    def killed(self, rows):
        taken.append(len(rows))
        if len(taken) == 2:
            raise SystemExit
        return take(self, rows)

    monkeypatch.setattr(blocklist.Blocklist, "take", killed)
    with pytest.raises(SystemExit):
        jobs.run(job.pk)
    monkeypatch.undo()
    jobs.run(job.pk, take_over=True)
    job.refresh_from_db()

    assert (job.state, job.counts["created"], job.counts["lines"]) == ("done", 1200, 1200)
    assert Suppression.objects.count() == 1200


MAILCHIMP = '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,{}LEID,EUID,TAGS\n'


def test_mailchimps_three_files_keep_everybodys_standing():
    topic = make_topic(slug="letter")
    options = {"topic": topic, "basis": "consent", "evidence": "Mailchimp form"}
    row = "{0}@example.com,{1},2,2022-03-04 10:00:00,1.2.3.4,2022-03-05 10:00:00,{2}{0},2,\n"
    cleaned = MAILCHIMP.format("CLEAN_TIME,") + row.format("cara", "Cara", "2024-01-02 03:04:05,")
    left = MAILCHIMP.format("UNSUB_TIME,") + row.format("ben", "Ben", "2024-02-03 04:05:06,")
    yes = (
        MAILCHIMP.format("") + row.format("ann", "Ann", "") + row.format("ben", "Ben", "") + row.format("cara", "C", "")
    )

    bring(cleaned, standing="hard_bounce", **options)
    bring(left, standing="unsubscribed_all", **options)
    job = bring(yes, **options)

    assert suppression.find("cara@example.com").reason == "hard_bounce"
    held = {row.contact.email: row for row in Subscription.objects.select_related("contact")}
    assert (held["ann@example.com"].state, held["ben@example.com"].state) == ("subscribed", "unsubscribed")
    assert held["ben@example.com"].unsubscribed_at.year == 2024 and held["ann@example.com"].subscribed_at.year == 2022
    assert "cara@example.com" not in held and adds_up(job)


def test_klaviyo_brevo_and_listmonk_say_who_may_not_be_written_to():
    topic = make_topic(slug="letter")
    options = {"topic": topic, "basis": "consent", "evidence": "their form"}
    bring(
        "Email,Email Marketing Consent,Email Suppressions\na@example.com,SUBSCRIBED,[]\n"
        "b@example.com,UNSUBSCRIBED,\nc@example.com,SUBSCRIBED,['HARD_BOUNCE']\nd@example.com,NEVER_SUBSCRIBED,\n",
        **options,
    )
    bring("EMAIL;NOM;EMAIL_BLACKLISTED\ne@example.com;E;false\nf@example.com;F;true\n", **options)
    bring(
        'uuid,email,name,attributes,status,created_at,updated_at\nu1,g@example.com,Gina Fox,"{""city"": ""Bath"", '
        '""n"": 3}",enabled,2024-01-01,2024-01-01\nu2,h@example.com,H,{},blocklisted,2024-01-01,2024-01-01\n',
        **options,
    )

    states = dict(Subscription.objects.values_list("contact__email", "state"))
    yes = {email for email, state in states.items() if state == "subscribed"}
    assert yes == {"a@example.com", "e@example.com", "g@example.com"}
    assert states["b@example.com"] == states["f@example.com"] == "unsubscribed"
    assert suppression.find("c@example.com").reason == "hard_bounce"
    assert suppression.find("h@example.com").reason == "imported"
    gina = Contact.objects.get(email="g@example.com")
    assert (gina.first_name, gina.attributes) == ("Gina", {"city": "Bath", "n": 3})
    assert AttributeType.objects.get(name="n").type == "number"


def test_people_who_are_known_are_overwritten_filled_or_left_alone():
    text = "email,first name,last name,tags\nann@example.com,Anna,Smith,vip\n"
    outcomes = {}
    for policy in ("overwrite", "fill", "never"):
        Contact.objects.all().delete()
        make_contact(email="ann@example.com", first_name="Ann")
        job = bring(text, policy=policy)
        ann = Contact.objects.get()
        outcomes[policy] = (ann.first_name, ann.last_name, ann.tags.count(), job.counts["updated"])
    assert outcomes == {
        "overwrite": ("Anna", "Smith", 1, 1),
        "fill": ("Ann", "Smith", 1, 1),
        "never": ("Ann", "", 0, 0),
    }


def test_the_desk_takes_in_a_suppression_list_and_exports_people(client):
    client.force_login(make_user())
    make_contact(email="ann@example.com")
    address = reverse("admin:contacts_suppression_import")

    started = client.post(
        address, {"file": SimpleUploadedFile("x.csv", b"email\nben@example.com\n?\n"), "reason": "imported"}
    )
    jobs.run(Job.objects.get().pk)
    page = client.get(started["Location"]).content.decode()
    wrong = client.post(address, {"file": SimpleUploadedFile("x.csv", b"PK\x03\x04"), "reason": "imported"})
    out = client.post(reverse("admin:contacts_job_export"), {"segment": "", "format": "csv"})
    sheet = client.post(reverse("admin:contacts_job_export"), {"segment": "", "format": "xlsx"})

    assert "Suppression list x.csv" in page and "newly suppressed" in page and "Download the rejected rows" in page
    assert suppression.find("ben@example.com").source == "x.csv" and wrong.context["form"].errors["file"]
    assert b"ann@example.com" in b"".join(out.streaming_content) and sheet.content.startswith(b"PK")
    assert AuditEntry.objects.filter(verb="exported contacts").count() == 2


def test_the_desk_reads_a_file_again_as_told_and_remembers_the_mapping(client):
    client.force_login(make_user())
    upload = {"file": SimpleUploadedFile("x.csv", "email;Prénom\nann@example.com;Zoé\n".encode("cp1252"))}
    columns = client.post(reverse("admin:contacts_job_import"), upload)["Location"]
    pk = Job.objects.get().pk

    client.post(reverse("admin:contacts_job_shape", args=[pk]), {"encoding": "mac_roman", "delimiter": ";"})
    assert "PrÈnom" in client.get(columns).content.decode()
    client.post(reverse("admin:contacts_job_shape", args=[pk]), {"encoding": "cp1252", "delimiter": ";"})
    client.post(columns, {"basis": "none", "column-1": "last_name"})

    again = {"file": SimpleUploadedFile("y.csv", "email,Prénom\nben@example.com,Ben\n".encode())}
    page = client.get(client.post(reverse("admin:contacts_job_import"), again)["Location"])
    assert [one.target for one in page.context["columns"]] == ["email", "last_name"]
