"""The check's rules about domain, links, pictures, colours, gaps, time and French law; and the page that shows them."""

from datetime import UTC, datetime, timedelta

import dns.resolver
import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from campaigns import domains
from campaigns.content import checks, law, reach, spam, versions
from campaigns.models import ContentBody
from social.blocks.share import ShareBar
from tests.make import make_campaign, make_contact, make_mail, make_offer, make_user

pytestmark = pytest.mark.django_db
FOOTER = {"type": "footer"}


def codes(campaign):
    return {finding.code for finding in checks.check(campaign)}


def mail(*blocks, language="fr", subject="Bonjour"):
    campaign = make_mail()
    body = ContentBody(language=language, subject=subject, blocks=[*blocks, FOOTER])
    versions.new_version(campaign.content, [body])
    return campaign


def states(zone, **records):
    zone.update({name.replace("__", "."): texts for name, texts in records.items()})
    return {one.kind: one.state for one in domains.ask("news.x.example", envelope="b.x.example", selector="s1")}


def test_a_domain_that_publishes_all_is_good_and_a_parents_policy_counts(zone):
    zone["b.x.example"] = ["v=spf1 include:relay.example -all"]
    zone["s1._domainkey.news.x.example"] = ["v=DKIM1; k=rsa; p=MIGf"]
    zone["_dmarc.x.example"] = ["v=DMARC1; p=reject; np=reject"]

    found = {one.kind: one for one in domains.ask("news.x.example", envelope="b.x.example", selector="s1")}

    assert {kind: one.state for kind, one in found.items()} == {"SPF": "good", "DKIM": "good", "DMARC": "good"}
    assert "x.example" in found["DMARC"].said


@pytest.mark.parametrize(
    ("name", "texts", "kind", "state"),
    [
        ("b.x.example", ["v=spf1 +all"], "SPF", "bad"),
        ("b.x.example", ["v=spf1 a -all", "v=spf1 mx -all"], "SPF", "bad"),
        ("b.x.example", ["v=spf1 " + "include:a.example " * 11 + "-all"], "SPF", "bad"),
        ("b.x.example", ["hello"], "SPF", "bad"),
        ("s1._domainkey.news.x.example", ["v=DKIM1; p="], "DKIM", "bad"),
        ("_dmarc.news.x.example", ["v=DMARC1; rua=mailto:a@x.example"], "DMARC", "bad"),
        ("_dmarc.news.x.example", ["v=DMARC1; p=none; pct=50"], "DMARC", "odd"),
        ("_dmarc.news.x.example", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "DMARC", "bad"),
    ],
)
def test_what_receivers_would_refuse_is_found(zone, name, texts, kind, state):
    zone[name] = texts

    found = {one.kind: one for one in domains.ask("news.x.example", envelope="b.x.example", selector="s1")}

    assert found[kind].state == state and found[kind].remedy


def test_a_dns_that_cannot_be_asked_is_said_and_blames_nobody(monkeypatch):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 1
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    monkeypatch.setattr(domains, "TIMEOUT", 0.2)

    found = list(reach.of_domain(make_campaign().sender))

    assert {one.level for one in found} == {"note"} and "could not be asked" in found[0].message


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-01-07", ""),
        ("2026-02-04", "law.sales"),
        ("2026-07-21", ""),
        ("2027-03-01", "law.sales"),
        ("2031-01-10", "law.sales_unknown"),
    ],
)
def test_soldes_is_a_word_of_its_weeks(day, code):
    body = ContentBody(language="fr", subject="Les soldes commencent", blocks=[])
    campaign = make_campaign(scheduled_at=datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC))

    assert [one.code for one in law.findings(campaign, body)] == ([code] if code else [])


def test_a_balance_of_points_is_no_sale_and_english_is_not_looked_at():
    campaign = make_campaign(scheduled_at=datetime(2026, 3, 1, tzinfo=UTC))

    for language, subject in (("fr", "Votre solde de points"), ("fr", "Consolider"), ("en", "We sold soldes")):
        assert list(law.findings(campaign, ContentBody(language=language, subject=subject, blocks=[]))) == []


@pytest.mark.parametrize(
    ("html", "is_wrong"),
    [
        ("12 € au lieu de 18 €", True),
        ("<s>18 €</s> 12 €", True),
        ("12 € au lieu de 18 € ; prix le plus bas des 30 derniers jours : 15 €", False),
        ("<s>gone</s> 12 €", False),
    ],
)
def test_an_older_price_needs_the_lowest_of_thirty_days(html, is_wrong):
    body = ContentBody(language="fr", subject="x", blocks=[{"id": "a", "type": "text", "html": html}])

    assert ["law.lowest_price" for _one in law.findings(make_campaign(), body)] == ["law.lowest_price"] * is_wrong


def test_links_replies_gaps_and_time_are_looked_at():
    offer = make_offer(ends_at=timezone.now() + timedelta(hours=20))
    campaign = mail(
        {"type": "text", "html": "<p>{{ contact.first_name }} <a href='https://bit.ly/x'>here</a></p>"},
        {"type": "offer", "offer": offer.pk},
    )
    make_contact(topic=campaign.topic, first_name="")
    campaign.sender.reply_to = "no-reply@x.example"
    campaign.sender.save()

    found = {one.code: one for one in checks.check(campaign)}

    assert {"link.redirector", "sender.noreply", "merge.gaps", "offer.ends_soon"} <= set(found)
    assert found["merge.gaps"].message.startswith("1 person has no {{ contact.first_name }}")


def test_a_pale_brand_is_hard_to_read():
    campaign = make_mail()
    brand = campaign.content.brand
    assert "colour.contrast" not in codes(campaign)

    brand.colour_primary = "#f2c14e"
    brand.save()

    assert "colour.contrast" in codes(campaign)
    assert round(reach.contrast("#000000", "#ffffff"), 1) == 21


@pytest.mark.parametrize("reason", ["Share and win a bag", "Partagez et gagnez un sac", "Like to get 10 %"])
def test_a_reward_for_the_press_is_refused_with_the_networks_that_forbid_it(reason):
    found = ShareBar().check({"id": "a", "reason": reason, "networks": ["facebook"]}, "")

    assert [(one.level, one.code) for one in found] == [("error", "share.rewarded_press")]
    assert "Facebook" in found[0].remedy
    assert ShareBar().check({"id": "a", "reason": "Your friends get 10 % too"}, "") == []


def test_spamassassin_is_asked_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert spam.score(b"x") is None
    program = tmp_path / "spamc"
    program.write_text("#!/bin/sh\necho 2.5/5.0\nexit 0\n")
    program.chmod(0o755)

    assert spam.score(b"x") == spam.Score(2.5, 5.0)
    program.write_text("#!/bin/sh\necho 0/0\n")
    assert spam.score(b"x") is None


def test_the_page_says_go_or_why_not_and_asks_the_dns_after(client, zone):
    campaign = make_mail()
    make_contact(topic=campaign.topic)
    client.force_login(make_user(email="marie@example.com"))

    page = client.get(reverse("admin:campaigns_campaign_check", args=[campaign.pk])).text
    assert "Go" in page and "1 person would get it." in page and "marie@example.com" in page
    domain = client.get(reverse("admin:campaigns_campaign_domain", args=[campaign.pk])).text
    assert "SPF of mail.brand.example: not published." in domain and 'id="check-go" hx-swap-oob' in domain

    campaign.sender.reply_to = "noreply@x.example"
    campaign.sender.save()
    with time_machine.travel(timezone.now()):
        page = client.get(reverse("admin:campaigns_campaign_check", args=[campaign.pk])).text
    assert "Not yet: 1 thing stands in the way" in page
