"""The cast and the things of the tests: plain functions with defaults, each short.

Ann is a subscribed fan, Ben unsubscribed, Cara's address bounced, Dan is Ann's friend and no contact yet.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns.models import Campaign, ContentBody, ContentVersion, Delivery, EmailContent, Sender
from contacts import identities
from contacts.models import AttributeType, Brand, Contact, Segment, Subscription, Topic
from social import sharing
from social.models import Device, Offer, OfferLimit, OfferText, Place, ReferralProgram, ShareLink, StaffMember


def make_user(**fields: Any) -> User:
    fields.setdefault("username", "marie")
    fields.setdefault("is_staff", True)
    fields.setdefault("is_superuser", True)
    return User.objects.create_user(**fields)


def make_brand(**fields: Any) -> Brand:
    fields.setdefault("slug", "maison")
    fields.setdefault("name", fields["slug"].title())
    fields.setdefault("postal_address", "12 rue des Lilas, 69001 Lyon")
    return Brand.objects.get_or_create(slug=fields.pop("slug"), defaults=fields)[0]


def make_topic(**fields: Any) -> Topic:
    fields.setdefault("slug", "offers")
    fields.setdefault("name", fields["slug"].title())
    fields.setdefault("brand", None)
    fields["brand"] = fields["brand"] or make_brand()
    return Topic.objects.get_or_create(slug=fields.pop("slug"), defaults=fields)[0]


def make_attribute(**fields: Any) -> AttributeType:
    fields.setdefault("name", "favourite_shop")
    fields.setdefault("label", fields["name"])
    return AttributeType.objects.create(**fields)


def make_contact(**fields: Any) -> Contact:
    """A contact; with `topic=` she is subscribed to it by consent."""
    topic = fields.pop("topic", None)
    contact = identities.create(**{"email": "ann@example.com", **fields})
    if topic:
        Subscription.objects.create(
            contact=contact, topic=topic, state="subscribed", basis="consent", subscribed_at=timezone.now()
        )
    return contact


def make_segment(**fields: Any) -> Segment:
    fields.setdefault("name", "Everybody who speaks French")
    fields.setdefault("rules", {"all": [{"field": "language", "op": "is", "value": "fr"}]})
    return Segment.objects.create(**fields)


def make_sender(**fields: Any) -> Sender:
    fields.setdefault("from_email", "news@mail.brand.example")
    fields.setdefault("from_name", "Maison")
    fields.setdefault("brand", None)
    fields["brand"] = fields["brand"] or make_brand()
    return Sender.objects.get_or_create(from_email=fields.pop("from_email"), defaults=fields)[0]


def make_campaign(**fields: Any) -> Campaign:
    """A draft to everybody on the topic, without a mail; `campaigns.content.versions` gives it one."""
    fields.setdefault("name", "May")
    fields.setdefault("topic", None)
    fields["topic"] = fields["topic"] or make_topic()
    fields.setdefault("sender", make_sender(brand=fields["topic"].brand))
    fields.setdefault("everyone_reason", "all of them asked for it")
    return Campaign.objects.create(**fields)


def make_delivery(**fields: Any) -> Delivery:
    """A row waiting in a campaign that is sending, to a contact who is subscribed."""
    if "campaign" not in fields:
        fields["campaign"] = make_campaign(state=Campaign.State.SENDING, audience_at=timezone.now())
    if "contact" not in fields:
        fields["contact"] = make_contact(topic=fields["campaign"].topic)
    return Delivery.objects.create(**fields)


def make_place(**fields: Any) -> Place:
    fields.setdefault("slug", "lyon")
    fields.setdefault("name", f"Shop {fields['slug'].title()}")
    fields.setdefault("brand", None)
    fields["brand"] = fields["brand"] or make_brand()
    return Place.objects.get_or_create(slug=fields.pop("slug"), defaults=fields)[0]


def make_offer(**fields: Any) -> Offer:
    """A live offer of 20 % with words in both languages; `limits={"total": 10}` sets its ceilings."""
    limits = fields.pop("limits", {})
    fields.setdefault("name", "Twenty for fans")
    fields.setdefault("percent", 20)
    fields.setdefault("state", Offer.State.LIVE)
    fields.setdefault("starts_at", timezone.now() - timedelta(days=1))
    fields.setdefault("ends_at", timezone.now() + timedelta(days=10))
    fields.setdefault("brand", None)
    fields["brand"] = fields["brand"] or make_brand()
    offer = Offer.objects.create(**fields)
    for language, title in (("en", "20 % for our fans"), ("fr", "20 % pour nos fans")):
        OfferText.objects.create(offer=offer, language=language, title=title, body="All bags.", terms="Once each.")
    for scope, most in limits.items():
        OfferLimit.objects.create(offer=offer, scope=scope, max_uses=most)
    return offer


def make_till(**fields: Any) -> tuple[Device, StaffMember]:
    """A till and its cashier Zoe with PIN 1234 at a shop."""
    place = fields.pop("place", None) or make_place()
    device = Device.objects.create(place=place, name="Phone", secret_hash=fields.pop("secret_hash", "0" * 64))
    zoe = StaffMember.objects.create(place=place, name="Zoe", pin_hash=make_password("1234"), **fields)
    return device, zoe


def make_letter(**fields: Any) -> Campaign:
    """A campaign that is sent, in English and French, with a share bar; `blocks=` come before it."""
    blocks, bar = fields.pop("blocks", []), fields.pop("bar", {})
    campaign = make_campaign(**{"state": Campaign.State.SENDING, "audience_at": timezone.now(), **fields})
    content = EmailContent.objects.create(name=campaign.name, brand=campaign.topic.brand)
    version = ContentVersion.objects.create(content=content, number=1, published_at=timezone.now())
    for language, subject, reason in (
        ("en", "Roses for May", "Your friends get roses too"),
        ("fr", "Des roses en mai", "Vos amis y ont droit aussi"),
    ):
        text = {"id": "b1", "type": "text", "html": f"<p>{subject} for {{{{ contact.first_name }}}}</p>"}
        share = {"id": "b6", "type": "share", "reason": reason, "text": f"{subject} 🌹", **bar}
        body = {"subject": subject, "blocks": [text, *blocks, share, {"id": "b9", "type": "footer"}]}
        ContentBody.objects.create(version=version, language=language, preheader=reason, **body)
    campaign.content, campaign.content_version = content, version
    campaign.save()
    return campaign


def make_share_link(**fields: Any) -> ShareLink:
    """The link that Ann made by pressing Bluesky in the letter she got."""
    campaign = fields.pop("campaign", None) or make_letter()
    contact = fields.pop("contact", None) or make_contact(first_name="Ann", topic=campaign.topic)
    return sharing.share_link_for(contact, campaign, fields.pop("network", "bluesky"), **fields)


def make_program(**fields: Any) -> ReferralProgram:
    """Twenty per cent for the friend at once; the sponsor's five euros wait for `hold_days`."""
    fields.setdefault("brand", make_brand())
    fields.setdefault("name", "Bring a friend")
    fields.setdefault("friend_offer", make_offer(name="Welcome", brand=fields["brand"]))
    fields.setdefault("sponsor_offer", make_offer(name="Thanks", brand=fields["brand"]))
    return ReferralProgram.objects.create(**fields)


def make_mail(**fields: Any) -> "Campaign":
    """A campaign with a published mail; `blocks`, `subject`, `language`, `format`, `source` make the one body."""
    from campaigns.content import versions
    from campaigns.models import ContentBody, EmailContent

    body = {name: fields.pop(name) for name in ("blocks", "subject", "language", "format", "source") if name in fields}
    bodies = fields.pop("bodies", None) or [ContentBody(**{"language": "en", "subject": "News", **body})]
    for one in bodies:
        one.blocks = one.blocks or (
            [{"type": "text", "html": "<p>Hello</p>"}, {"type": "footer"}] if not one.source else []
        )
    campaign = make_campaign(**fields)
    content = EmailContent.objects.create(name="May", brand=campaign.topic.brand)
    version = versions.new_version(content, bodies)
    versions.publish(version)
    campaign.content, campaign.content_version = content, version
    campaign.save()
    return campaign
