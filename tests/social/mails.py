"""A sent mail that carries an offer, for the tests of offers."""

from django.utils import timezone

from campaigns.models import ContentBody, ContentVersion, EmailContent
from campaigns.tracking.tokens import Purpose, make
from tests.make import make_campaign, make_delivery


def mail_with(*offers, contact):
    """A mail whose blocks b4, b5 … are the offers' cards; returns its delivery and its offer token."""
    content = EmailContent.objects.create(name="May", brand=offers[0].brand)
    version = ContentVersion.objects.create(content=content, number=1, published_at=timezone.now())
    blocks = [{"id": "b1", "type": "text", "html": "Hi"}]
    blocks += [{"id": f"b{4 + n}", "type": "offer", "offer": offer.pk} for n, offer in enumerate(offers)]
    ContentBody.objects.create(version=version, language="en", subject="Hi", blocks=blocks)
    campaign = make_campaign(content=content, content_version=version)
    delivery = make_delivery(campaign=campaign, contact=contact, content_version=version)
    return delivery, make(Purpose.OFFER, campaign.pk, delivery.pk)
