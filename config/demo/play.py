"""What the demo's fans, friends and machines do with the mail, through the doors that real ones would use.

    story = Story(shop, campaign, letters)
    opens(story); leaves(story); shares(story); visits(story); friends(story)

Hits bear the time of the story (the campaign is two days old); what people do on our pages happens now.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.tracking import ingest
from config.demo import SEED, doors, mails
from config.demo.doors import ANDROID, APPLE_PRIVACY, COMPUTER, PHONE, Visitor
from config.demo.habits import Habit, habit
from config.demo.mails import Letter
from config.demo.shop import Shop
from social.models import ShareLink
from social.networks import registry

SCANNER = "104.47.8.20"  # of Exchange Online Protection's ranges (campaigns/tracking/scanners.json)
SIGN_UP, CONFIRM = 0.35, 0.8  # of the friends who come, and of those who sign up


@dataclass(frozen=True)
class Story:
    """The campaign of the demo and who got it."""

    shop: Shop
    campaign: Campaign
    sent_at: datetime
    letters: list[tuple[Letter, Habit]]

    def those(self, wanted: Callable[[Habit], object]) -> Iterator[tuple[Letter, Habit, Visitor]]:
        """Yield the mails of the people of these habits, each with its reader's browser."""
        for letter, who in self.letters:
            if wanted(who):
                yield letter, who, Visitor(who.browser, who.ip)


def tell(shop: Shop, campaign: Campaign) -> Story:
    """Return the story of a campaign that was sent into the Outbox."""
    letters = [(letter, habit(number)) for number, letter in enumerate(mails.of(campaign), 1)]
    return Story(shop, campaign, campaign.started_at or timezone.now(), letters)


def opens(story: Story) -> None:
    """Mails are loaded, read, scanned and clicked, over two days."""
    for letter, who, _reader in story.those(lambda who: who.apple):
        with doors.at(story.sent_at + timedelta(minutes=4 + who.number % 50)):
            Visitor(APPLE_PRIVACY, f"17.58.{who.number % 250}.9").get(letter.pixel)
    for letter, _who, _reader in story.those(lambda who: who.scanner):
        with doors.at(story.sent_at + timedelta(seconds=2)):
            for address in [letter.pixel, *letter.clicks]:
                Visitor(COMPUTER, SCANNER).get(address)
    for letter, who, reader in story.those(lambda who: who.reads_after):
        _read(letter, who, reader, story.sent_at)
    doors.close()
    ingest.run(once=True)


def _read(letter: Letter, who: Habit, reader: Visitor, sent_at: datetime) -> None:
    """One person opens the mail, again perhaps in the evening, and follows a link."""
    told = random.Random(f"{SEED}/read/{who.number}")  # noqa: S311 - a story, not a secret
    moment = sent_at + (who.reads_after or timedelta())
    with doors.at(moment):
        reader.get(letter.pixel)
    if told.random() < 0.2:
        with doors.at(moment + timedelta(hours=3)):
            reader.get(letter.pixel)
    if who.clicks and letter.clicks:
        with doors.at(moment + timedelta(seconds=told.randint(12, 90))):
            reader.get(told.choice(letter.clicks))
    if who.reads_on_web and letter.web:
        reader.get(letter.web)


def leaves(story: Story) -> None:
    """A few have had enough: by the page, or by their mail program's own button (RFC 8058)."""
    for letter, who, reader in story.those(lambda who: who.leaves):
        if who.leaves == "one_click":
            reader.send(letter.unsubscribe, {"List-Unsubscribe": "One-Click"})
        else:
            reader.press(reader.get(letter.unsubscribe), "scope", "topic")


def shares(story: Story) -> None:
    """Fans press share on their page; the network's own robot then fetches most of their links."""
    for letter, who, reader in story.those(lambda who: who.network):
        page = reader.get(letter.shares[0])
        reader.press(page, "network", who.network)
    for number, link in enumerate(_links(story)):
        if (robot := _robot(link.network)) and number % 5:  # one in five changes her mind in the composer
            Visitor(robot, "31.13.115.8").get(f"/v/{link.link.token}")
    doors.close()
    ingest.run(once=True)


def _links(story: Story) -> list[ShareLink]:
    return list(ShareLink.objects.filter(campaign=story.campaign).select_related("link").order_by("pk"))


def _robot(network: str) -> str:
    """Return how the network's robot calls itself, '' for one that has none."""
    labels = registry.get(network).robots
    return next((robot.match + "/1.0" for robot in registry.robots() if robot.label in labels), "")


def visits(story: Story) -> None:
    """Friends come through what was shared; some sign up."""
    friends = {letter.contact_id: who.friends for letter, who in story.letters if who.friends}
    for link in _links(story):
        for number in range(friends.get(link.contact_id or 0, 0)):
            told = random.Random(f"{SEED}/friend/{link.contact_id}/{number}")  # noqa: S311 - a story, not a secret
            friend = Visitor(told.choice([PHONE, ANDROID, COMPUTER]), f"90.{told.randint(1, 250)}.{number + 1}.7")
            page = friend.get(f"/v/{link.link.token}")
            if told.random() < SIGN_UP:
                first_name = told.choice(["Dan", "Lou", "Sacha", "Robin", "Camille", "Noa"])
                address = f"{first_name.lower()}.{link.pk}.{number}@example.net"
                friend.post(page, email=address, first_name=first_name)
    doors.close()
    ingest.run(once=True)


def friends(story: Story, confirmations: Campaign) -> None:
    """Most of the friends who signed up open the mail that asks, and confirm."""
    for number, letter in enumerate(mails.of(confirmations)):
        told = random.Random(f"{SEED}/confirm/{number}")  # noqa: S311 - a story, not a secret
        if told.random() < CONFIRM:
            friend = Visitor(PHONE, f"90.{number % 250}.77.7")
            friend.post(friend.get(letter.confirm))


def claims(story: Story) -> None:
    """Fans take the offer on its page."""
    for letter, _who, reader in story.those(lambda who: who.claims):
        page = reader.get(letter.offer)
        if page.forms:
            reader.post(page)
