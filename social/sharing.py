"""Sharing: a person's press on a network's button, and the link of her own that it makes.

    offers = offered(brand, "fr")                        # the networks of the page, in the marketer's order
    composer = press(token, "bluesky", text="Look")      # ShareLink + one share_intent; repeats change nothing
    redirect(composer.url)                               # the network's own page of writing

A press is an intent, not a share (docs/sharing.md): the network's robot or a friend comes later, in `social.visits`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import links
from campaigns.models import Campaign, Delivery, Link
from campaigns.tracking import classify, events
from campaigns.tracking.tokens import Token
from contacts.models import Brand, Contact
from social import preview, subject
from social.models import NetworkSetting, Referral, ShareLink
from social.networks import choice, registry
from social.networks.registry import Network, UnknownNetwork
from social.subject import Subject

CROWD_LINK = re.compile(r"/c/[0-9a-f]{32}/[0-9]{1,6}(?=[\"'])")  # in a page that no contact owns

DEEPEST = 32_767  # generations that a small integer holds
SAMPLE = f"{settings.TRACKING_URL}/v/{'0' * 16}"  # as long as every address that is shared


class GoneCampaign(LookupError):
    """The token's campaign or delivery is no longer there; the page is a plain 404."""


@dataclass(frozen=True, slots=True)
class Sharer:
    """Who a share token speaks for. The contact is None for a crowd token and after an erasure."""

    campaign: Campaign
    delivery: Delivery | None
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Offered:
    """A network as the page shows it: its entry, the marketer's words for its button, and those to be shared there."""

    network: Network
    label: str
    text: str = ""

    @property
    def key(self) -> str:
        return self.network.key


@dataclass(frozen=True, slots=True)
class Composer:
    """Where a press leads. `url` is '' for copy and share sheet, which stay on our page."""

    url: str
    share_link: ShareLink


def sharer(token: Token) -> Sharer:
    """Return who shares what.

    Reads:   Campaign; Delivery with its contact unless the token is the crowd's.
    Raises:  GoneCampaign.
    """
    campaign = Campaign.objects.select_related("content__brand", "topic__brand", "sender__brand").filter(
        pk=token.campaign_id
    ).first()  # fmt: skip
    if campaign is None:
        raise GoneCampaign(f"Campaign {token.campaign_id} is gone.")
    if not token.delivery_id:
        return Sharer(campaign, None, None)
    delivery = Delivery.objects.select_related("contact").filter(pk=token.delivery_id, campaign=campaign).first()
    if delivery is None:
        raise GoneCampaign(f"Delivery {token.delivery_id} is gone.")
    return Sharer(campaign, delivery, delivery.contact)


def offered(
    brand: Brand,
    language: str,
    only: Sequence[str] = (),
    *,
    campaign: Campaign | None = None,
    contact: Contact | None = None,
) -> list[Offered]:
    """Return the networks to share on, in order: the marketer's choice, else the registry's defaults; no retired ones.

    `only` keeps these keys (a share bar's own choice), in its order. `contact` brings in the choices for her segments.
    """
    chosen = choice.of(brand, language, campaign, contact)
    live = [network for network in registry.networks().values() if not network.is_retired]
    shown = [n for n in live if (chosen[n.key].is_enabled if n.key in chosen else n.is_default)]
    if only:
        wanted = {
            network.key: network for network in live if network.key not in chosen or chosen[network.key].is_enabled
        }
        shown = [wanted[key] for key in dict.fromkeys(only) if key in wanted] or shown
    else:
        ranks = {key: rank for rank, key in enumerate(registry.networks())}
        shown.sort(key=lambda n: chosen[n.key].position if n.key in chosen else 1000 + ranks[n.key])
    return [_offered(network, chosen.get(network.key)) for network in shown]


def _offered(network: Network, made: choice.Choice | None) -> Offered:
    if made is None:
        return Offered(network, network_name(network))
    return Offered(network, made.label or network_name(network), made.text)


def settle_networks(brand: Brand) -> int:
    """Write down the networks a brand shows now, in order, to be changed; return how many were new."""
    made = 0
    for number, one in enumerate(offered(brand, brand.default_language), 1):
        row = NetworkSetting.objects.get_or_create(
            brand=brand,
            network=one.key,
            campaign=None,
            segment=None,
            language="",
            defaults={"position": number * 10},
        )
        made += row[1]
    return made


def network_name(network: Network) -> str:
    """Return the network's name; what is no name of a company is in the page's language."""
    ours = {
        "email": _("E-mail"),
        "sms": _("Text message"),
        "copy": _("Copy the link"),
        "webshare": _("More apps"),
    }
    return ours.get(network.key, network.name)


def invitation(one: Offered) -> str:
    """Return the words of a network's button: "Share on Bluesky", "Send by e-mail"."""
    if one.network.kind == "message":
        return _("Send by %(network)s") % {"network": one.label}
    special = {"email": _("Send by e-mail"), "sms": _("Send by text message")}
    if one.key in special and one.label == network_name(one.network):
        return special[one.key]
    return one.label if one.network.kind != "network" else _("Share on %(network)s") % {"network": one.label}


def words(about: Subject, one: Offered | None, contact: Contact | None) -> str:
    """Return the words of the field before she writes: the network's own or the bar's, and that she gains."""
    said = one.text if one is not None and one.text else about.text
    return " ".join(filter(None, (said, disclosure(about, contact))))


def disclosure(about: Subject, contact: Contact | None) -> str:
    """Return the sentence that tells friends that the sharer gains too; '' where she gains nothing.

    Source:  ICC Marketing Code, article 7, and loi 2023-451 (FR): a recommendation that pays says so.
    """
    gains = contact is not None and about.program is not None and about.program.sponsor_offer_id is not None
    return _("(I get something for it too.)") if gains else ""


def address(link: Link) -> str:
    """Return the address that is shared: `https://host/v/TOKEN`."""
    return f"{settings.TRACKING_URL}/v/{link.token}"


def with_reference(html: str, share_link: ShareLink) -> str:
    """Return the friends' letter with this share named on its links, so that what friends buy is hers."""
    network = f"&amp;n={share_link.network}" if share_link.network else ""
    return CROWD_LINK.sub(rf"\g<0>?s={share_link.link.token}{network}", html)


def press(
    token: Token, network: str, block: str = "", *, text: str = "", title: str = "", tail: str = "", agent: str = ""
) -> Composer:
    """Note that the person pressed this network's button and return where its composer opens.

    agent    her browser's name, of which the kind of device is kept
    Writes:  ShareLink and one share_intent per contact × network of the campaign; repeats change nothing.
    Raises:  UnknownNetwork for a network that is not in the registry or retired; GoneCampaign.
    """
    who = sharer(token)
    entry = registry.get(network)
    if entry.is_retired:
        raise UnknownNetwork(f"{entry.name} is retired.")
    with transaction.atomic():
        share_link = share_link_for(who.contact, who.campaign, network, block)
        _intend(share_link, who, agent)
    return Composer(compose(share_link, text=text, title=title, tail=tail), share_link)


def press_on(share_link: ShareLink, network: str, *, text: str = "", title: str = "") -> Composer:
    """Note that a friend, whom nobody knows yet, shares on what she found behind this link.

    Writes:  one ShareLink of the next generation per parent and network, without a contact, and its share_intent.
    Raises:  UnknownNetwork.
    """
    entry = registry.get(network)
    if entry.is_retired:
        raise UnknownNetwork(f"{entry.name} is retired.")
    with transaction.atomic():
        ShareLink.objects.select_for_update(of=("self",)).get(pk=share_link.pk)  # two friends at once make one link
        made = share_link_for(None, share_link.campaign, network, share_link.block, parent=share_link)
        _intend(made, Sharer(share_link.campaign, None, None))
    return Composer(compose(made, text=text, title=title), made)


def is_over(share_link: ShareLink) -> bool:
    """Whether the invitation has ended."""
    ends = share_link.link.expires_at
    return ends is not None and ends <= timezone.now()


def compose(share_link: ShareLink, *, text: str = "", title: str = "", tail: str = "") -> str:
    """Return the composer's address for this link, '' for copy and share sheet. `tail` is an end that is never cut."""
    if registry.get(share_link.network).composer is None:
        return ""
    return registry.composer_url(
        share_link.network, text, address(share_link.link), title=title, image=_picture(share_link), tail=tail
    )


def _picture(share_link: ShareLink) -> str:
    """The picture's address for the two networks that want it in the composer's, '' for the others."""
    endpoint = registry.get(share_link.network).composer
    if endpoint is None or not any("image" in parts for parts in endpoint.parameters.values()):
        return ""
    language = share_link.contact.language if share_link.contact else ""
    about = subject.of(share_link.campaign, language, share_link.block)
    return preview.ensure(about, subject.hero_of(share_link.campaign, about.language)).url


def _intend(share_link: ShareLink, who: Sharer, agent: str = "") -> None:
    seen = classify.look("v", agent)
    now = timezone.now()
    ShareLink.objects.filter(pk=share_link.pk, intended_at__isnull=True).update(intended_at=now)
    person = f"{who.campaign.pk}:{who.contact.pk}:{share_link.network}" if who.contact else f"link:{share_link.pk}"
    events.record(
        "share_intent",
        key=f"share_intent:{person}",
        at=now,
        contact=who.contact,
        campaign=who.campaign,
        delivery=who.delivery if who.contact else None,
        link=share_link.link,
        network=share_link.network,
        device=(seen.device, seen.os),
        subject=("share_link", share_link.pk),
    )


def share_link_for(
    contact: Contact | None, campaign: Campaign, network: str, block: str = "", parent: ShareLink | None = None
) -> ShareLink:
    """Return the one link of contact × campaign × block × network, made when it is new.

    A contact who came through somebody's link carries it as parent: her generation is one more, so shares form a tree.
    Without a contact (crowd, an anonymous friend) there is one link per parent and network.
    """
    known = ShareLink.objects.select_related("link").filter(
        contact=contact, campaign=campaign, block=block[:40], network=network
    )
    if contact is None:
        known = known.filter(parent=parent)
    found = known.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _new_link(contact, campaign, network, block[:40], parent or _came_through(contact))
    except IntegrityError:  # a double press made it first
        return known.get()


def _new_link(
    contact: Contact | None, campaign: Campaign, network: str, block: str, parent: ShareLink | None
) -> ShareLink:
    language = contact.language if contact is not None else ""
    words = subject.of(campaign, language, block)
    return ShareLink.objects.create(
        link=links.public(Link.Kind.SHARE, campaign=campaign, contact=contact, block=block),
        contact=contact,
        campaign=campaign,
        block=block,
        network=network,
        offer=words.advantage.offer if words.advantage else None,
        parent=parent,
        generation=min(parent.generation + 1, DEEPEST) if parent else 1,
    )


def _came_through(contact: Contact | None) -> ShareLink | None:
    if contact is None:
        return None
    referral = (
        Referral.objects.filter(friend=contact)
        .exclude(state=Referral.State.VOIDED)
        .select_related("share_link")
        .first()
    )
    return referral.share_link if referral else None
