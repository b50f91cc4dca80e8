"""The check asks each link once whether it leads anywhere."""

import pytest
from django.urls import reverse

from campaigns.content.reachable import unreachable
from tests.contacts.test_outside import Site, site  # noqa: F401 - a fixture
from tests.make import make_letter, make_user

pytestmark = pytest.mark.django_db


def letter(*links):
    text = "".join(f'<p><a href="{link}">here</a></p>' for link in links)
    campaign = make_letter(blocks=[{"id": "b3", "type": "text", "html": text}])
    return campaign, campaign.content_version


def test_dead_links_stop_and_doubtful_ones_warn(site):  # noqa: F811
    campaign, version = letter(f"{site}/200", f"{site}/404", f"{site}/503", f"{site}/c?a={{{{ contact.first_name }}}}")

    found = unreachable(campaign, version)

    assert [(one.level, one.code) for one in found] == [
        ("error", "link.reachable"), ("warning", "link.reachable"), ("note", "link.answers")
    ]  # fmt: skip
    assert "/404" in found[0].message and "/503" in found[1].message and "1 of 3" in found[2].message
    assert len(Site.asked) == 3, "each once for both languages, none with merge tags"


def test_a_link_into_our_network_is_not_asked(site, settings):  # noqa: F811
    settings.OUTSIDE_ALSO = []
    campaign, version = letter(f"{site}/200")
    assert [one.level for one in unreachable(campaign, version)] == ["warning"]
    assert Site.asked == []


def test_asking_can_be_switched_off(site, settings):  # noqa: F811
    settings.LINK_CHECK = False
    campaign, version = letter(f"{site}/200")
    assert [one.code for one in unreachable(campaign, version)] == ["link.unasked"]
    assert Site.asked == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_check_page_asks_after_it_has_come(client, site, language):  # noqa: F811
    client.force_login(make_user())
    campaign, _version = letter(f"{site}/404")
    page = client.get(reverse("admin:campaigns_campaign_check", args=[campaign.pk])).content.decode()
    address = reverse("admin:campaigns_campaign_links", args=[campaign.pk])
    assert f'hx-get="{address}"' in page and Site.asked == []
    answer = client.get(address, headers={"accept-language": language}).content.decode()
    assert "404" in answer and "check-word-links" in answer
