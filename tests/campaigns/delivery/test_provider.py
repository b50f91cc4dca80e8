"""Providers that take many mails a call, on a real local HTTP server that fills the fields in as each provider does."""

import json
import re
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from campaigns.content import batch
from campaigns.delivery import sender
from campaigns.delivery.mail import Mail
from campaigns.delivery.provider import anymail_message
from campaigns.models import Campaign, Delivery, RelayState
from contacts.models import Suppression
from tests.campaigns.delivery.test_smtp import states
from tests.make import make_attribute, make_contact, make_mail

pytestmark = pytest.mark.django_db(transaction=True)

BLOCKS = [
    {"type": "heading", "text": "Bonjour {{ contact.first_name }} & co"},
    {
        "type": "text",
        "html": "<p>{{ contact.first_name | upcase }}: <a href='https://shop.example/?a=1&amp;b=2'>the shop</a></p>"
        "{% if contact.language == 'fr' %}<p>à bientôt</p>{% endif %}"
        "<p>{% for bean in contact.attributes.beans %}{{ bean }}, {% endfor %}</p>",
    },
    {"type": "footer"},
]


def queue(n, blocks=BLOCKS, **person):
    """A campaign with a mail of its own and n people who wait for it."""
    make_attribute(name="beans")
    campaign = make_mail(blocks=blocks, subject="May, {{ contact.first_name }}")
    Campaign.objects.filter(pk=campaign.pk).update(
        state="sending", started_at=timezone.now(), audience_at=timezone.now()
    )
    campaign.refresh_from_db()
    for k in range(n):
        own = {"first_name": f"Zoé {k} <3", "language": ("fr", "en")[k % 2], "attributes": {"beans": ["a"] * (k % 3)}}
        contact = make_contact(email=f"fan{k}@example.com", topic=campaign.topic, **{**own, **person})
        Delivery.objects.create(campaign=campaign, contact=contact)
    return campaign


def as_form(handler):
    """Mailgun's fields: a form, or multipart."""
    body, kind = handler.body, handler.headers["content-type"]
    if kind.startswith("multipart"):
        parsed = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        form = {}
        for piece in parsed.get_payload():
            name = piece.get_param("name", header="content-disposition")
            form.setdefault(name, []).append(piece.get_payload(decode=True).decode())
        return form
    return parse_qs(body.decode())


def mailgun(handler):
    form = as_form(handler)
    own = json.loads(form["recipient-variables"][0]) if "recipient-variables" in form else {}

    def fill(text, address):
        return re.sub(r"%recipient\.([\w:-]+)%", lambda found: own[address][found[1]], text) if own else text

    found = {}
    for to in form["to"]:
        leave = form["h:List-Unsubscribe"][0]
        found[to] = tuple(fill(text, to) for text in (form["subject"][0], form["html"][0], leave))
    return found, {"id": "<batch@mailgun>", "message": "Queued"}, {}


def sendgrid(handler):
    asked = json.loads(handler.body)
    html = next(each["value"] for each in asked["content"] if each["type"] == "text/html")
    found = {}
    for person in asked["personalizations"]:
        substitutions = person.get("substitutions", {})

        def fill(text, own=substitutions):
            for field, value in own.items():
                text = text.replace(field, value)
            return text

        headers = {**asked.get("headers", {}), **person.get("headers", {})}
        subject = person.get("subject") or asked["subject"]
        found[person["to"][0]["email"]] = (fill(subject), fill(html), headers["List-Unsubscribe"])
    return found, {}, {"X-Message-Id": "sg"}


def sparkpost(handler):
    asked = json.loads(handler.body)
    found = {}
    for person in asked["recipients"]:
        own = {**asked.get("substitution_data", {}), **person.get("substitution_data", {})}

        def fill(text, own=own):
            text = re.sub(r"\{\{\{\s*(\w+)\s*\}\}\}", lambda found: own[found[1]], text)
            return re.sub(r"\{\{\s*([\w.-]+)\s*\}\}", lambda found: own[found[1]], text)

        content = asked["content"]
        leave = content["headers"]["List-Unsubscribe"]
        found[person["address"]["email"]] = tuple(map(fill, (content["subject"], content["html"], leave)))
    n = len(found)
    return found, {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": n, "id": "1"}}, {}


def mailjet(handler):
    asked = json.loads(handler.body)
    default, found, answers = asked.get("Globals", {}), {}, []
    for person in asked["Messages"]:
        both = {**default, **person}
        own = both.get("Variables", {})

        reads = both.get("TemplateLanguage")

        def fill(text, own=own, reads=reads):
            return re.sub(r"\{\{var:(\w+)\}\}", lambda found: own[found[1]], text) if reads else text

        address = person["To"][0]["Email"]
        headers = {**default.get("Headers", {}), **person.get("Headers", {})}
        found[address] = (fill(both["Subject"]), fill(both["HTMLPart"]), headers["List-Unsubscribe"])
        answers.append({"Status": "success", "To": [{"Email": address, "MessageID": "1", "MessageUUID": "u"}]})
    return found, {"Messages": answers}, {}


def resend(handler):
    asked = json.loads(handler.body)
    return {asked["to"][0]: (asked["subject"], asked["html"], asked["headers"]["List-Unsubscribe"])}, {"id": "r"}, {}


ESPS = {
    "mailgun": (mailgun, {"api_key": "k", "sender_domain": "brand.example"}),
    "sendgrid": (sendgrid, {"api_key": "k"}),
    "sparkpost": (sparkpost, {"api_key": "k"}),
    "mailjet": (mailjet, {"api_key": "k", "secret_key": "s"}),
    "resend": (resend, {"api_key": "k"}),
}


class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        self.body = self.rfile.read(int(self.headers["content-length"]))
        server.calls += 1
        server.keys.append(self.headers.get("Idempotency-Key"))
        status = server.answer(server.calls)
        if status is None:
            self.close_connection = True
            return
        found, answer, headers = server.fill(self)
        if status == 200:
            server.got |= found
        payload = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(payload)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def api(settings, request):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.fill, own = ESPS[request.param]
    server.calls, server.keys, server.got, server.answer = 0, [], {}, lambda n: 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own = {**own, "api_url": f"http://127.0.0.1:{server.server_port}/v3/"}
    settings.FANFARE_RELAYS = [
        {"name": "esp", "kind": "anymail", "url": "", "weight": 1, "options": {"esp": request.param, "settings": own}}
    ]
    yield server
    server.shutdown()
    server.server_close()


def expected(campaign):
    """What each gets on the wire: subject, page and way out."""
    rows = list(Delivery.objects.all())
    for row, made in zip(rows, batch.messages(campaign, rows), strict=True):
        alone = anymail_message(Mail(row, made.envelope_from, made.recipient, made.message))
        html = alone.alternatives[0][0].strip().replace("\r\n", "\n")
        yield made.recipient, (alone.subject, html, alone.extra_headers["List-Unsubscribe"])


BATCHES = ["mailgun", "sendgrid", "sparkpost", "mailjet"]


@pytest.mark.parametrize("api", BATCHES, indirect=True)
def test_one_call_carries_many_mails_and_each_gets_exactly_her_own(api):
    campaign = queue(40)
    sender.run(campaign)

    assert states(campaign) == {"sent": 40} and api.calls == 1
    got = {address: tuple(text.strip() for text in texts) for address, texts in api.got.items()}
    want = dict(expected(campaign))
    assert got == want
    assert got["fan3@example.com"][0] == "May, Zoé 3 <3" and "Zoé 3 &lt;3 &amp; co" in got["fan3@example.com"][1]


@pytest.mark.parametrize("api", ["mailgun"], indirect=True)
def test_text_that_the_merge_language_would_read_goes_one_by_one(api):
    campaign = queue(3, [{"type": "heading", "text": "100 %recipient"}, {"type": "footer"}])
    sender.run(campaign)

    assert states(campaign) == {"sent": 3} and api.calls == 3
    assert all("100 %recipient" in html for _subject, html, _leave in api.got.values())


@pytest.mark.parametrize("api", ["mailgun"], indirect=True)
def test_a_name_that_the_merge_language_would_read_goes_one_by_one(api):
    campaign = queue(3, first_name="%recipient.ff1%")
    sender.run(campaign)

    assert states(campaign) == {"sent": 3} and api.calls == 3
    assert all(subject == "May, %recipient.ff1%" for subject, _html, _leave in api.got.values())


@pytest.mark.parametrize("api", ["sendgrid"], indirect=True)
def test_a_batch_without_an_answer_is_in_doubt_whole_and_a_refused_one_goes_one_by_one(api):
    api.answer = lambda n: None
    campaign = queue(5)
    sender.run(campaign)
    assert states(campaign) == {"ambiguous": 5} and api.calls == 1

    Delivery.objects.update(state="queued", reply="")
    Campaign.objects.update(state="sending")
    RelayState.objects.all().delete()
    api.calls, api.answer = 0, lambda n: 400 if n in {1, 3} else 200
    sender.run(campaign)
    assert states(campaign) == {"sent": 4, "failed": 1} and api.calls == 6
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("api", ["resend"], indirect=True)
def test_a_provider_with_idempotency_keys_is_asked_again_under_the_same_key(api, monkeypatch):
    monkeypatch.setattr("campaigns.delivery.provider.REPEATS", (0.0, 0.0))
    api.answer = lambda n: None if n < 3 else 200
    campaign = queue(1)
    sender.run(campaign)

    row = Delivery.objects.get()
    assert states(campaign) == {"sent": 1} and api.keys == [f"fanfare-{campaign.pk}-{row.pk}"] * 3
