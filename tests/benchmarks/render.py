"""One personalised mail of 30 kB, from the contact's row to bytes ready for the socket, beside a plain join of them.

12 merge tags, a loop, two conditions, 25 links, pixel, the real share bar, offer card and QR code; half of the people
agreed to be measured. The plain join joins the very pieces that ours joins for the same people. Both work as the sender
does, 200 mails at a time, kept until the next 200 are made; what was remembered of texts and addresses is forgotten
before each round. Interleaved rounds, medians of CPU time. The Django way: a compiled Django template,
EmailMultiAlternatives, `message().as_bytes()`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template import Context, Template

ROUNDS = 7
BATCH = 200  # mails that are kept at once, as campaigns.delivery.feed does


class _Undo(Exception):
    """Everything this benchmark writes is rolled back."""


def run(n: int = 1000) -> Iterator[dict[str, Any]]:
    """Yield the measured lines for n mails a round."""
    lines: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            lines = _measure(n)
            raise _Undo
    except _Undo:
        yield from lines


def blocks(offer: int) -> list[dict[str, Any]]:
    """Return the mail's blocks: about 30 kB on the wire."""
    links = "".join(
        f'<a href="https://shop.example/product/{number}?ref=mail">Product {number}</a> ' for number in range(20)
    )
    loop = "{% for bean in contact.attributes.beans %}<li>{{ bean.name }} {{ bean.price }}</li>{% endfor %}"
    names = " ".join(
        f"{{{{ contact.{name} }}}}"
        for name in ("first_name", "last_name", "email", "language", "attributes.city", "attributes.points")
    )
    vip = "{% if contact.attributes.vip %}<p>For you first, {{ contact.first_name }}.</p>{% endif %}"
    french = "{% if contact.language == 'fr' %}<p>Bonjour</p>{% else %}<p>Hello</p>{% endif %}"
    closing = "<p>{{ contact.attributes.city }}, {{ brand.name }}: {{ campaign.topic }}</p>"
    return [
        {"type": "heading", "text": "Hello {{ contact.first_name | default: 'you' }}"},
        {"type": "text", "html": f"<p>{names}</p>{vip}{french}<ul>{loop}</ul><p>{links}</p>{closing}"},
        {"type": "share", "reason": "Friends get 10 % off their first bag."},
        {"type": "offer", "offer": offer},
        {"type": "qr", "offer": offer},
        {"type": "footer"},
    ]


def _measure(n: int) -> list[dict[str, Any]]:
    from campaigns.content import batch, compiled

    compiled.forget()
    campaign, deliveries = seed(n)
    made = batch.messages(campaign, deliveries)
    assert not made[0].error, made[0].error
    django = _django_way(made[0].message)
    times: dict[str, list[float]] = {"ours": [], "fill": [], "join": [], "django": []}
    fill, joined = _fill(campaign, deliveries)
    for _round in range(ROUNDS):
        forget_texts()
        times["ours"].append(_timed(lambda: _in_batches(deliveries, lambda rows: batch.messages(campaign, rows)), n))
        forget_texts()
        times["fill"].append(_timed(fill, n))
        times["join"].append(_timed(lambda: _in_batches(joined, lambda rows: [b"".join(pieces) for pieces in rows]), n))
        times["django"].append(_timed(lambda: [django(k) for k in range(n // 10)], n // 10))
    compiled.forget()
    micro = {name: statistics.median(seconds) * 1e6 for name, seconds in times.items()}
    size = len(made[0].message)
    return [
        _line(
            "render",
            "plain join of the same pieces",
            micro["join"] / micro["fill"],
            micro["fill"],
            n,
            size,
        ),
        _line(
            "render with contacts read from the database",
            "plain join",
            micro["join"] / micro["ours"],
            micro["ours"],
            n,
            size,
        ),
        _line(
            "render",
            "Django template + EmailMultiAlternatives",
            micro["django"] / micro["fill"],
            micro["django"],
            n,
            size,
        ),
    ]


def _line(name: str, against: str, ratio: float, value: float, n: int, size: int) -> dict[str, Any]:
    return {
        "name": name,
        "against": against,
        "ratio": round(ratio, 3),
        "value": round(value, 2),
        "unit": "µs/mail",
        "n": n,
        "octets": size,
        "database": connection.vendor,
    }


def _timed(work: Any, n: int) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / n


def forget_texts() -> None:
    """Forget every text and address that was encoded."""
    from campaigns.content import evaluate, quoted

    for encoder in (evaluate.WIRE_HTML, evaluate.WIRE_TEXT):
        encoder.value.__self__.clear()  # type: ignore[attr-defined]
    for cached in (quoted.header, quoted.ascii_address):
        cached.cache_clear()


def seed(n: int) -> tuple[Any, list[Any]]:
    from campaigns.content import versions
    from campaigns.models import ContentBody, Delivery, EmailContent
    from contacts.models import AttributeType, Contact
    from tests.make import make_brand, make_campaign, make_offer, make_sender, make_topic

    for name in ("beans", "city", "points", "vip"):
        AttributeType.objects.get_or_create(name=name, defaults={"label": name})
    topic = make_topic(brand=make_brand(slug="benchmark"), slug="benchmark")
    campaign = make_campaign(topic=topic, sender=make_sender(brand=topic.brand, from_email="news@benchmark.example"))
    content = EmailContent.objects.create(name="benchmark", brand=topic.brand)
    subject = "News for {{ contact.first_name }}"
    offer = make_offer(brand=topic.brand)
    version = versions.new_version(content, [ContentBody(language="en", subject=subject, blocks=blocks(offer.pk))])
    versions.publish(version)
    campaign.content, campaign.content_version = content, version
    campaign.save()
    beans = [{"name": f"Bean {k}", "price": f"{k + 7},50 €"} for k in range(5)]
    people = [
        Contact(
            email=f"person{k}@example.com",
            first_name=f"Zoé{k % 97}",
            last_name=f"O'Neill {k}",
            language="en",
            attributes={"beans": beans, "city": f"Lyon {k % 9}", "points": k, "vip": bool(k % 2)},
        )
        for k in range(n)
    ]
    Contact.objects.bulk_create(people, batch_size=500)
    rows = [
        Delivery(
            campaign=campaign, contact=person, content_version=version, tracks_opens=not k % 2, tracks_clicks=not k % 2
        )
        for k, person in enumerate(people)
    ]
    return campaign, Delivery.objects.bulk_create(rows, batch_size=500)


def _in_batches(rows: list[Any], work: Any) -> None:
    kept: list[Any] = []
    for at in range(0, len(rows), BATCH):
        kept = work(rows[at : at + BATCH])
    kept.clear()


def _fill(campaign: Any, deliveries: list[Any]) -> tuple[Any, list[list[bytes]]]:
    """Return the work without the database, people and their blocks' values in memory; each mail as what it joins."""
    from campaigns.content import batch, compiled, mime
    from contacts.models import Contact

    contacts = Contact.objects.in_bulk([delivery.contact_id for delivery in deliveries])
    people = [batch.recipient_of(row, contacts[row.contact_id], campaign) for row in deliveries]
    mail = compiled.load(campaign, campaign.content_version, "en")
    own = batch.block_values(mail, campaign, people)
    both = list(zip(people, own, strict=True))

    def make(rows: list[Any]) -> list[Any]:
        makers = batch.Makers(mail, campaign.pk)
        return list(batch.by_column(mail, [person for person, _own in rows], [own for _person, own in rows], makers))

    makers = batch.Makers(mail, campaign.pk)
    values = [batch.values_for(mail, person, each, makers) for person, each in both]
    subjects = map("".join, mail.subject.rows(values))
    fronts = [mime.before(mail, person, subject) for person, subject in zip(people, subjects, strict=True)]
    joined = [list(pieces) for pieces in mime.rows(mail, fronts, values)]
    return (lambda: _in_batches(both, make)), joined


def _django_way(message: bytes) -> Any:
    """Return what a Django site does per mail: render two templates, build the message, flatten it."""
    import email
    import email.policy

    parsed: Any = email.message_from_bytes(message, policy=email.policy.default)
    html, text = (parsed.get_body((kind,)).get_content() for kind in ("html", "plain"))
    loop = "{% for bean in beans %}<li>{{ bean.name }} {{ bean.price }}</li>{% endfor %}"
    tags = " ".join(f"{{{{ v{k} }}}}" for k in range(12))
    condition = "{% if vip %}<p>{{ first }}</p>{% endif %}{% if fr %}<p>Bonjour</p>{% else %}<p>Hello</p>{% endif %}"
    page = Template(html.replace("</body>", f"<p>{tags}</p>{condition}{loop}</body>"))
    plain = Template(text)

    def one(k: int) -> bytes:
        beans = [{"name": f"Bean {i}", "price": i} for i in range(5)]
        own = {f"v{i}": f"Lyon {k}" for i in range(12)}
        context = Context({"first": f"Zoé{k}", "vip": k % 2, "beans": beans, **own})
        mail = EmailMultiAlternatives(
            f"News for Zoé{k}", plain.render(context), "news@brand.example", [f"p{k}@example.com"]
        )
        mail.attach_alternative(page.render(context), "text/html")
        return mail.message().as_bytes()

    return one
