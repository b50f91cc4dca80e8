import csv
import io
import random

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts import consent, demo, identities, jobs, suppression
from contacts.importing import mapping, reader, work
from contacts.importing.rejects import Rejects
from contacts.models import AttributeType, Consent, Contact, Identity, Job, Subscription, Suppression
from tests.make import make_contact, make_topic

pytestmark = pytest.mark.django_db


def bring(content, name="people.csv", **options):
    """Import the bytes or text as a file and return the finished job."""
    data = content if isinstance(content, bytes) else content.encode()
    shape, columns, _ = work.look(io.BytesIO(data))
    job = work.plan(ContentFile(data, name=name), columns=columns, shape=shape, hint=False, **options)
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def adds_up(job):
    counts = job.counts
    return counts["created"] + counts["updated"] + counts["unchanged"] + counts["rejected"] == counts["lines"]


def rejected(job, headers=False):
    with job.result.open("rb") as file:
        return list(csv.reader(io.StringIO(file.read().decode())))[0 if headers else 1 :]


def test_ten_thousand_believable_rows_add_up_and_a_second_import_changes_nothing(tmp_path):
    topic = make_topic(slug="letter")
    path = demo.seed_contacts(10_000, 7, tmp_path)
    options = {"topic": topic, "basis": "consent", "evidence": "form on the website", "tags": ["imported"]}

    first = bring(path.read_bytes(), **options)
    again = bring(path.read_bytes(), **options)

    assert (first.state, again.state) == ("done", "done")
    assert first.counts["lines"] == again.counts["lines"] == 10_000
    assert adds_up(first) and adds_up(again)
    assert first.counts["created"] == Contact.objects.count()
    assert first.counts["rejected"] == again.counts["rejected"] == len(rejected(first)) > 100
    assert (
        first.counts["subscribed"] == Subscription.objects.filter(state="subscribed").count() == Consent.objects.count()
    )
    assert first.counts["created"] + first.counts["rejected"] < 10_000  # there were doubles
    assert again.counts["created"] == again.counts["updated"] == again.counts["subscribed"] == 0
    assert Contact.objects.filter(email__contains="xn--").count() > 1000
    assert Contact.objects.filter(last_name="O'Neil").exists() and Contact.objects.filter(unsendable="eai").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(encoding, delimiter):
    text = delimiter.join(["E-mail", "Prénom", "Ville"]) + "\r\n"
    text += delimiter.join(["ann@example.com", "Zoé", f'"Évreux{delimiter} Eure"']) + "\r\n"

    bring(text.encode(encoding))

    ann = Contact.objects.get()
    assert (ann.email, ann.first_name, ann.attributes) == (
        "ann@example.com",
        "Zoé",
        {"ville": f"Évreux{delimiter} Eure"},
    )


def test_quoted_line_breaks_stay_in_their_value_and_lines_keep_their_numbers():
    job = bring('email,address\nann@example.com,"12 rue\ndes Lilas"\nnobody,x\n')

    assert Contact.objects.get().attributes == {"address": "12 rue\ndes Lilas"}
    assert [(line, value) for line, _, value, *_ in rejected(job)] == [("4", "nobody")]


def test_a_forgotten_quotation_mark_costs_one_line_and_no_more():
    job = bring('email,first name\nann@example.com,Ann\nben@example.com,"Ben\ncara@example.com,Cara\n')

    assert set(Contact.objects.values_list("email", flat=True)) == {"ann@example.com", "cara@example.com"}
    assert job.counts["rejected"] == 1 and adds_up(job)
    assert rejected(job)[0][:2] == ["3", "a quotation mark opens here and is never closed."]


def test_missing_and_doubled_headers_get_names():
    assert reader.unique(["Phone", "", "phone", " "]) == ["Phone", "Column 2", "phone (2)", "Column 4"]
    job = bring("email,,Phone,phone\nann@example.com,left,0601020304,right\n")
    assert job.counts["created"] == 1
    assert Contact.objects.get().attributes == {"column_2": "left", "phone_2": "right"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b"PK\x03\x04 and so on", "broken or cut off"),
        (b"%PDF-1.4", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"email\x00,name\nann@example.com,Ann\n", "no text"),
        (b"colour,shape\nred,round\n", "No column holds an e-mail address"),
        (b"x" * 1_500_000, "longer than a million"),
        (b"email,name\n" + b"x" * 1_500_000, "longer than a million"),
    ],
)
def test_a_wrong_file_is_refused_with_a_remedy(content, said):
    with pytest.raises(reader.BadFile, match=said) as refused:
        bring(content)
    assert str(refused.value).endswith(".")


def test_a_header_alone_is_an_import_of_nothing():
    job = bring("email,first name\n")
    assert (job.state, job.counts) == ("done", {})


def test_an_empty_cell_changes_nothing_and_keep_fills_only_gaps():
    make_contact(email="ann@example.com", first_name="Ann", attributes={"city": "Lyon"})

    first = bring("email,first name,last name,city\nann@example.com,,Smith,\n")
    second = bring("email,first name,language\nann@example.com,Anna,fr-FR\n", policy="fill")

    ann = Contact.objects.get()
    assert (ann.first_name, ann.last_name, ann.language, ann.attributes) == ("Ann", "Smith", "fr", {"city": "Lyon"})
    assert first.counts["updated"] == second.counts["updated"] == 1


def test_no_basis_no_mail_and_a_basis_needs_its_evidence():
    topic = make_topic()
    bring("email\nann@example.com\n", topic=topic)
    assert not Subscription.objects.exists()
    with pytest.raises(work.NoEvidence):
        bring("email\nann@example.com\n", topic=topic, basis="consent")


def test_who_left_is_suppressed_or_said_no_is_not_subscribed():
    topic = make_topic()
    ben, cara = make_contact(email="ben@example.com", topic=topic), make_contact(email="cara@example.com")
    consent.unsubscribe(ben, topic, method="one_click")
    suppression.suppress(cara.email, Suppression.Reason.HARD_BOUNCE)
    text = "email,opt-in\nann@example.com,yes\nben@example.com,yes\ncara@example.com,yes\ndan@example.com,no\n"

    job = bring(text, topic=topic, basis="consent", evidence="fair 2025")

    assert list(Subscription.objects.filter(state="subscribed").values_list("contact__email", flat=True)) == [
        "ann@example.com"
    ]
    assert (job.counts["subscribed"], job.counts["suppressed"]) == (1, 1)
    row = Consent.objects.get(is_given=True)
    assert (row.method, row.basis, row.evidence["said"]) == ("import", "consent", "fair 2025")


def test_who_was_erased_is_not_taken_in_again():
    suppression.suppress("ann@example.com", Suppression.Reason.ERASED)
    job = bring("email\nANN@example.com\n")
    assert not Contact.objects.exists()
    assert "erased" in rejected(job)[0][1]


def test_one_person_from_three_files_is_one_contact_with_her_identities():
    bring("Loyalty card,First name\n2000 123,Ann\n")
    bring("Customer ID,Carte de fidélité,Courriel\nshop-7,2000123,ann@example.com\n")
    job = bring("email,customer id,phone\nann@example.com,shop-7,+33 6 01 02 03 04\n")

    ann = Contact.objects.get()
    assert (ann.first_name, ann.email) == ("Ann", "ann@example.com")
    assert ann.address_hash == suppression.address_hash("ann@example.com")
    assert set(Identity.objects.values_list("kind", "value")) == {
        ("card", "2000123"), ("shop", "shop-7"), ("phone", "+33601020304"),
    }  # fmt: skip
    assert job.counts["updated"] == 1


def test_a_line_whose_identities_belong_to_two_people_is_rejected():
    identities.attach(make_contact(email="dan@example.com"), "card", "1", "declared")
    make_contact(email="ann@example.com")
    job = bring("email,card\nann@example.com,1\n")
    assert "different contacts" in rejected(job)[0][1]
    assert job.counts["rejected"] == 1


def test_types_are_proposed_and_a_value_of_another_type_is_rejected_with_its_column():
    AttributeType.objects.create(name="points", label="Points", type="number")
    text = 'email,Points,Born,Vegan,Postcode\nann@example.com,"12,5",03/05/1990,oui,01000\nben@example.com,many,,non,\n'
    job = bring(text.replace(",12", ",12"))

    assert Contact.objects.get().attributes == {
        "points": 12.5,
        "born": "1990-05-03",
        "vegan": True,
        "postcode": "01000",
    }
    assert dict(AttributeType.objects.values_list("name", "type")) == {
        "points": "number", "born": "date", "vegan": "boolean", "postcode": "text",
    }  # fmt: skip
    assert rejected(job)[0][1].startswith("points: “many” is no number")


def test_cells_of_the_rejected_file_are_safe_in_a_spreadsheet():
    job = bring('email,name\nnobody,"=HYPERLINK(1)"\n')
    assert rejected(job)[0][3] == "'=HYPERLINK(1)"
    assert rejected(bring("email,=HYPERLINK(1)\nnobody,x\n"), headers=True)[0][3] == "'=HYPERLINK(1)"


EXPORTS = {
    "mailchimp": "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,LANGUAGE,TAGS",
    "brevo": "CONTACT ID,EMAIL,NOM,PRENOM,SMS,DOUBLE_OPT-IN",
    "shopify": "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Phone,Tags",
    "google": "First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value",
    "old google": "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Value",
    "klaviyo": "Email,Klaviyo ID,First Name,Last Name,Phone Number,Email Marketing Consent",
    "listmonk": "uuid,email,name,attributes,status",
    "par nous": "Adresse e-mail,Prénom,Nom,Téléphone,Langue,N° de carte",
}


@pytest.mark.parametrize("export", EXPORTS)
def test_headers_of_the_usual_exports_are_recognised(export):
    headers = EXPORTS[export].split(",")
    targets = {column.header: column.target for column in mapping.propose(headers, [["x"] * len(headers)])}

    assert "email" in targets.values()
    assert {"first_name", "full_name"} & set(targets.values())
    assert list(targets.values()).count("email") == 1
    mapping.check(mapping.propose(headers, []))


def test_a_dry_run_counts_and_writes_nothing():
    job = bring("email,city\nann@example.com,Lyon\nANN@example.com,Lyon\nnobody,\n", dry_run=True)

    assert (job.counts["created"], job.counts["unchanged"], job.counts["rejected"]) == (1, 1, 1)
    assert not Contact.objects.exists() and not AttributeType.objects.exists()


def test_the_command_reports_and_refuses_with_remedies(tmp_path, capsys):
    path = tmp_path / "people.csv"
    path.write_text("email\nann@example.com\nnobody\n")
    make_topic(slug="letter")

    call_command("import_contacts", str(path), topic="letter", basis="consent", evidence="fair", tag=["fair"])

    assert "2 lines: 1 created, 0 updated, 0 unchanged, 1 rejected; 1 subscribed" in capsys.readouterr().out
    assert list(Contact.objects.get().tags.values_list("name", flat=True)) == ["fair"]
    for arguments, said in [
        ([str(tmp_path / "none.csv")], "There is no file"),
        ([str(path), "--topic", "letter"], "go together"),
        ([str(path), "--topic", "x", "--basis", "consent"], "There is no topic x"),
        ([str(path), "--topic", "letter", "--basis", "consent"], "Say where and how"),
        (["--resume", "99"], "There is no import"),
        ([], "Name the file"),
    ]:
        with pytest.raises(CommandError, match=said):
            call_command("import_contacts", *arguments)


def test_a_finished_import_forgets_its_upload():
    job = bring("email\nann@example.com\n")
    assert not job.upload and not job.result


CELLS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_is_imported_or_refused_and_no_line_is_lost(data, end):
    text = end.join(["email,first name,x", *(",".join(row) for row in data)])
    try:
        job = bring(text.encode())
    except reader.BadFile as why:
        assert str(why)
        return
    assert job.state in ("done", "failed")
    assert not job.counts or adds_up(job)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_imported_or_refused(data):
    try:
        job = bring(data)
    except (reader.BadFile, UnicodeError) as why:
        assert isinstance(why, reader.BadFile)
        return
    assert job.state in ("done", "failed") and (not job.counts or adds_up(job))


def test_batches_of_any_size_give_the_same_rows(tmp_path, monkeypatch):
    text = demo.seed_contacts(300, 3, tmp_path).read_text()
    monkeypatch.setattr(work, "BATCH", random.Random(1).randrange(2, 40))
    small = bring(text)
    found = list(Contact.objects.order_by("email").values_list("email", "first_name", "attributes"))
    Contact.objects.all().delete()
    monkeypatch.setattr(work, "BATCH", 500)
    large = bring(text)

    assert small.counts == large.counts
    assert found == list(Contact.objects.order_by("email").values_list("email", "first_name", "attributes"))


def test_a_cancelled_import_stops_and_keeps_what_is_in():
    job = jobs.create("import", hint=False)
    assert jobs.cancel(job)
    assert jobs.run(job.pk) is False
    assert Job.objects.get().state == "cancelled"


def test_a_file_that_breaks_off_keeps_what_stood_before_and_its_rejected_rows():
    lines = ["email", *(f"p{n}@example.com" for n in range(600)), "nobody", *(["x@example.com"] * 600), "y" * 1_100_000]
    job = bring("\n".join(lines))

    assert job.state == "failed" and "What stands before it was taken in." in job.error
    assert Contact.objects.count() >= 600 and adds_up(job)
    assert [row[2] for row in rejected(job)] == ["nobody"]


def test_rejected_rows_begin_anew_where_their_file_is_not(tmp_path):
    job = jobs.create("import", hint=False)
    with Rejects(job, ["email"], 500) as refused:
        refused.write([(7, "no", ["x"])])
    assert refused.path.read_bytes().decode().splitlines() == ["line,reason,email", "7,no,x"]
