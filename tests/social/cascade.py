"""A cascade of shares with known parameters, written straight into the ledger."""

import math
import random
from datetime import timedelta

from django.utils import timezone

from campaigns.models import Link
from contacts.models import Contact
from social.models import EarnedVisit, Referral, ShareLink


def poisson(told, mean):
    """Return a Poisson number. Source: D. Knuth, TAOCP 2, 3.4.1."""
    limit, n, product = math.exp(-mean), 0, told.random()
    while product > limit:
        n += 1
        product *= told.random()
    return n


class Writer:
    """Writes people, links, visits and referrals in bulk, a generation at a time."""

    def __init__(self, campaign, prefix="p"):
        self.campaign, self.prefix, self.made = campaign, prefix, 0
        self.now = timezone.now()

    def contacts(self, n):
        made = [
            Contact(
                email=f"{self.prefix}{self.made + k}@example.com", first_name=f"{self.prefix.upper()}{self.made + k}"
            )
            for k in range(n)
        ]
        self.made += n
        return Contact.objects.bulk_create(made, batch_size=1000)

    def share(self, people, parents, generation, at, network="whatsapp"):
        """Each person of `people` presses once; her parent is the link beside her."""
        tokens = [
            Link(kind="share", token=f"{self.prefix}{generation}{n:012d}".upper(), campaign=self.campaign, contact=one)
            for n, one in enumerate(people)
        ]
        links = Link.objects.bulk_create(tokens, batch_size=1000)
        rows = [
            ShareLink(
                link=link, contact=one, campaign=self.campaign, network=network, parent=above, generation=generation,
                intended_at=at, composed_at=at,
            )
            for link, one, above in zip(links, people, parents, strict=True)
        ]  # fmt: skip
        return ShareLink.objects.bulk_create(rows, batch_size=1000)

    def visits(self, link, n, at):
        return [
            EarnedVisit(share_link=link, day=at.date(), visitor_key=f"{link.pk}-{k}", first_at=at) for k in range(n)
        ]

    def refer(self, friends, links, at):
        Referral.objects.bulk_create(
            [
                Referral(
                    sponsor=link.contact, friend=friend, share_link=link, generation=link.generation, state="approved",
                    confirmed_at=at,
                )
                for friend, link in zip(friends, links, strict=True)
            ],
            batch_size=1000,
        )  # fmt: skip


def grow(campaign, *, seeds, k, visitors, hours, seed=1, most=8, prefix="p"):
    """Let `seeds` people share; each leads to Poisson(k) who sign up and share in turn `hours` later.

    Returns the sizes of the generations and the number of visits.
    """
    told, writer = random.Random(seed), Writer(campaign, prefix)
    at, people, parents = writer.now - timedelta(days=60), writer.contacts(seeds), [None] * seeds
    sizes, visits = [], []
    for generation in range(1, most):
        links = writer.share(people, parents, generation, at)
        sizes.append(len(links))
        at += timedelta(hours=hours)
        parents = [link for link in links for _child in range(poisson(told, k))]
        visits += [one for link in links for one in writer.visits(link, poisson(told, visitors), at)]
        people = writer.contacts(len(parents))
        writer.refer(people, parents, at)
        if not people:
            break
    EarnedVisit.objects.bulk_create(visits, batch_size=1000)
    return sizes, len(visits)
