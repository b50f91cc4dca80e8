"""Links that ended lead on, addresses that are nobody's are counted, and a brand chooses what search engines keep."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from campaigns import links
from campaigns.models import Link
from campaigns.tracking import tokens
from contacts.models import Brand
from social import orphans
from social.models import OrphanHit
from tests.make import make_letter, make_share_link, make_user

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
NOBODYS = "7K2M9PQRWX7K2M9P"
AUTUMN = "https://shop.example/autumn"


def end(link, fallback=AUTUMN):
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(days=1), fallback=fallback)


def get(client, path, agent=PHONE):
    return client.get(path, headers={"user-agent": agent})


# --- After the end ---------------------------------------------------------------------------------------------------


def test_a_link_of_a_mail_that_ended_leads_to_its_fallback(client):
    campaign = make_letter()
    link = links.number_for(campaign, None, "b1", "https://shop.example/may")
    token = tokens.make(tokens.Purpose.CLICK, campaign.pk, 0)
    end(link)

    assert get(client, f"/c/{token}/{link.number}")["Location"] == AUTUMN


def test_a_link_of_a_mail_without_a_fallback_says_that_it_ended(client):
    campaign = make_letter()
    link = links.number_for(campaign, None, "b1", "https://shop.example/may")
    token = tokens.make(tokens.Purpose.CLICK, campaign.pk, 0)
    end(link, "")

    assert "Location" not in get(client, f"/c/{token}/{link.number}")


def test_a_printed_code_that_ended_leads_to_its_fallback_and_without_one_nowhere(client):
    poster = links.public(Link.Kind.QR, target="https://shop.example/may")
    bare = links.public(Link.Kind.QR, target="https://shop.example/may")
    end(poster)
    end(bare, "")

    assert get(client, f"/q/{poster.token}")["Location"] == AUTUMN
    assert get(client, f"/q/{bare.token}").status_code == 404


def test_the_desk_lets_an_invitation_end_and_says_where_it_then_leads(client, admin_client):
    link = make_share_link().link
    listed, page = "/admin/campaigns/link/", f"/admin/campaigns/link/{link.pk}/change/"

    assert page in admin_client.get(f"/admin/social/sharelink/{link.share_link.pk}/change/").text
    assert page not in admin_client.get(listed).text and 'name="target"' not in admin_client.get(page).text
    ends = {"expires_at_0": "2020-05-01", "expires_at_1": "10:00", "fallback": "https://brand.example/june"}
    ends |= {"former_targets-TOTAL_FORMS": 0, "former_targets-INITIAL_FORMS": 0}
    assert admin_client.post(page, ends).status_code == 302

    over = client.get(f"/v/{link.token}", follow=True)
    assert over.status_code == 410 and "https://brand.example/june" in over.text


def test_an_invitation_that_ended_offers_its_fallback(client):
    share_link = make_share_link()
    end(share_link.link)

    page = get(client, f"/v/{share_link.link.token}")

    assert page.status_code == 410 and f'href="{AUTUMN}"' in page.content.decode()


# --- Addresses that are nobody's -------------------------------------------------------------------------------------


def test_hits_on_nobodys_addresses_are_counted_by_day_and_people_apart(client):
    for agent in (PHONE, PHONE, "Googlebot/2.1 (+http://www.google.com/bot.html)"):
        assert get(client, f"/v/{NOBODYS.lower()}", agent).status_code == 404
    get(client, f"/q/{NOBODYS}")

    counted = OrphanHit.objects.order_by("kind").values_list("kind", "token", "n", "people")
    assert list(counted) == [("q", NOBODYS, 1, 1), ("v", NOBODYS, 3, 2)]


def test_words_of_another_form_heads_and_our_own_links_are_no_orphans(client):
    share_link = make_share_link()
    for word in ("wp-login.php", "7K2M", "U" * 16, share_link.link.token):
        get(client, f"/v/{word}")
    client.head(f"/v/{NOBODYS}")

    assert not OrphanHit.objects.exists()


def test_who_tries_many_addresses_fills_no_table(client, monkeypatch):
    monkeypatch.setattr(orphans, "A_DAY", 3)
    for last in "0123456":
        get(client, f"/v/{NOBODYS[:15]}{last}")

    assert OrphanHit.objects.count() == 4
    assert OrphanHit.objects.get(token="").n == 4


def test_old_counts_are_forgotten_with_the_first_of_a_day(client):
    long_ago = timezone.localdate() - timedelta(days=91)
    OrphanHit.objects.create(day=long_ago, kind="v", token=NOBODYS, n=1, last_at=timezone.now())

    get(client, f"/v/{NOBODYS}")

    assert [row.day for row in OrphanHit.objects.all()] == [timezone.localdate()]


def test_a_database_that_cannot_count_still_answers(client, monkeypatch):
    def broken(*_args):
        raise DatabaseError

    monkeypatch.setattr(orphans, "_count", broken)

    assert get(client, f"/v/{NOBODYS}").status_code == 404


def test_the_desk_lists_them(client):
    client.force_login(make_user(is_superuser=True, is_staff=True))
    get(client, f"/v/{NOBODYS}")

    page = client.get(reverse("admin:social_orphanhit_changelist"))

    assert page.status_code == 200 and f"/v/{NOBODYS}" in page.content.decode()


def test_a_new_target_set_by_the_desk_leaves_the_former_one_with_who_changed_it(client):
    user = make_user(is_superuser=True, is_staff=True)
    client.force_login(user)
    poster = links.public(Link.Kind.QR, target="https://shop.example/may")
    form = {"target": "https://shop.example/june", "expires_at_0": "", "expires_at_1": "", "fallback": AUTUMN}
    rows = {"former_targets-TOTAL_FORMS": 0, "former_targets-INITIAL_FORMS": 0}

    client.post(reverse("admin:campaigns_link_change", args=[poster.pk]), {**form, **rows})

    poster.refresh_from_db()
    assert (poster.target, poster.fallback) == ("https://shop.example/june", AUTUMN)
    former = poster.former_targets.get()
    assert (former.target, former.changed_by) == ("https://shop.example/may", user)


# --- Search engines --------------------------------------------------------------------------------------------------


def test_a_friends_page_stays_out_of_search_engines_until_the_brand_lets_it_in(client):
    share_link = make_share_link()
    path = f"/v/{share_link.link.token}"

    closed = get(client, path)
    Brand.objects.update(friend_robots="all")
    opened = get(client, path)

    for page, said in ((closed, "noindex, nofollow"), (opened, "all")):
        assert page["X-Robots-Tag"] == said
        assert f'<meta name="robots" content="{said}">' in page.content.decode()
