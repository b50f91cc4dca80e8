"""Fan proof end to end, against servers that speak the real protocols, yes and no; and servers that do not."""

import ipaddress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from django.utils import timezone

from contacts import formkeys, outside
from contacts.models import Identity
from social.fans import bluesky, checking, mastodon, proofs
from social.models import BrandAccount, Claim, FanCheck, FanProof, FediverseApp
from social.offers.reasons import Reason, Refused
from social.tasks import ask_networks
from tests.make import make_brand, make_contact, make_offer
from tests.social.mails import mail_with
from tests.social.servers import Bad, Bluesky

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def near(settings):
    settings.OUTSIDE_ALSO = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture(scope="session")
def atproto():
    served = Bluesky()
    for handle in ("brand.test", "ann.test", "ben.test", "many.test"):
        served.add(handle)
    served.follow("ann.test", "brand.test")
    served.follow("ben.test", "ann.test")
    yield served
    served.http.shutdown()


@pytest.fixture
def sky(atproto, settings):
    settings.BLUESKY_APPVIEW = settings.PLC_DIRECTORY = atproto.url
    atproto.appview_is_up = True
    BrandAccount.objects.create(brand=make_brand(), network="bluesky", handle="@brand.test")
    return atproto


@pytest.fixture(scope="session")
def mock():
    from mastodon_mock.testing.server import MockServer

    with MockServer() as server:  # Alice follows Bob; Carol follows nobody
        yield f"127.0.0.1:{server._port}"


@pytest.fixture
def fediverse(mock):
    BrandAccount.objects.create(brand=make_brand(), network="mastodon", handle=f"@bob@{mock}")
    return mock


@pytest.fixture
def ann():
    return make_contact(language="en")


def page_of(client, ann, network, **fields):
    offer = make_offer(min_fan_level=5, network=network, **fields)
    _delivery, token = mail_with(offer, contact=ann)

    def press(**given):
        return client.post(f"/f/{token}", {"key": formkeys.make(token, "offer"), **given})

    press.token = token
    press.text = lambda: client.get(f"/f/{token}").text
    return press


# --- Bluesky ---------------------------------------------------------------------------------------------------------


def test_bluesky_says_yes_and_the_offer_is_hers(client, ann, sky):
    press = page_of(client, ann, "bluesky")
    assert "Check with Bluesky" in press.text()

    press(check="bluesky", account="@Ann.test")
    check = FanCheck.objects.get()
    sign = bluesky.sign_of(check)
    assert sign in press.text() and "ann.test" not in press.text()  # the link may be a friend's
    sky.say("ann.test", f"Bags. {sign} More bags.")
    press(look="bluesky")

    proof = FanProof.objects.get()
    assert (proof.level, proof.method, proof.network, proof.contact) == (5, "check", "bluesky", ann)
    assert proof.expires_at - proof.verified_at == timedelta(days=30)
    assert proof.evidence["subject"] == sky.dids["ann.test"] and proof.evidence["object"] == sky.dids["brand.test"]
    assert proof.evidence["endpoint"] == "app.bsky.graph.getRelationships" and len(proof.evidence["sha256"]) == 64
    assert Claim.objects.get().proof == proof and "Fan: verified" in press.text()
    assert Identity.objects.get().value == "bluesky:ann.test"


def test_bluesky_says_no(client, ann, sky):
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="ben.test")
    sky.say("ben.test", bluesky.sign_of(FanCheck.objects.get()))

    press(look="bluesky")

    assert "Bluesky says that your account does not follow ours." in press.text()
    assert FanCheck.objects.get().state == "no" and not FanProof.objects.exists() and not Claim.objects.exists()


def test_without_the_sign_the_account_is_not_hers(client, ann, sky):
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="ann.test")
    sky.say("ann.test", "Bags.")

    answer = press(look="bluesky")

    assert "is not in the profile of that account yet" in answer.text and not FanProof.objects.exists()
    assert FanCheck.objects.get().state == "started"


def test_with_the_appview_down_her_own_server_says_it(ann, sky):
    for number in range(103):  # the brand on the second page of her follows
        sky.write(
            "many.test",
            "app.bsky.graph.follow",
            {
                "$type": "app.bsky.graph.follow",
                "subject": f"did:plc:{'b' * 20}{number:04d}".translate(str.maketrans("0189", "abcd")),
                "createdAt": "2026-05-01T09:00:00.000Z",
            },
        )
    sky.follow("many.test", "brand.test")
    check, _ = checking.begin("bluesky", ann, make_brand(), "many.test")
    sky.say("many.test", bluesky.sign_of(check))
    sky.appview_is_up = False

    checking.look(check)

    assert check.state == "yes" and check.proof.evidence["endpoint"] == "com.atproto.repo.listRecords"


@pytest.mark.parametrize("typed", ["", "ann@", "ann test", "x" * 300, "\x00", "did:plc:x", "-.test", "http://"])
def test_what_is_no_account_of_bluesky_is_a_sentence(client, ann, sky, typed):
    answer = page_of(client, ann, "bluesky")(check="bluesky", account=typed)

    assert answer.status_code == 422 and "It looks like ann.bsky.social." in answer.text


def test_an_unknown_account_of_bluesky_is_a_sentence(client, ann, sky):
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="nobody.test")

    assert "Bluesky knows no account called nobody.test." in press(look="bluesky").text


def test_an_account_of_somebody_else_here_is_refused(client, ann, sky):
    ben = make_contact(email="ben@example.com")
    Identity.objects.create(contact=ben, kind="handle", value="bluesky:ann.test", proof="confirmed")
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="ann.test")
    sky.say("ann.test", bluesky.sign_of(FanCheck.objects.get()))

    assert "belongs to another person" in press(look="bluesky").text and not FanProof.objects.exists()


# --- Mastodon --------------------------------------------------------------------------------------------------------


def signs_in(client, server, answer, user):
    """What her browser does: consent on her own server, then back to us."""
    assert answer.status_code == 302
    asked = {key: value[0] for key, value in parse_qs(urlsplit(answer["Location"]).query).items()}
    assert asked["scope"] == "read:accounts read:follows" and asked["code_challenge_method"] == "S256"
    given = {"username": user, **{name: asked[name] for name in ("redirect_uri", "client_id", "state", "scope")}}
    consent = requests.post(f"http://{server}/oauth/authorize", data=given, allow_redirects=False, timeout=5)
    back = urlsplit(consent.headers["Location"])
    assert back.path == "/fan-check/mastodon/"
    shown = client.get(f"{back.path}?{back.query}")
    assert "Ask now" in shown.text and FanCheck.objects.get().state == "started" and not shown.cookies
    return client.post(back.path, {name: shown.context[name] for name in ("state", "code", "key")})


def test_her_own_server_says_yes_and_the_offer_is_hers(client, ann, fediverse):
    press = page_of(client, ann, "mastodon")

    answer = signs_in(client, fediverse, press(check="mastodon", account=f"@alice@{fediverse}"), "alice")

    assert answer["Location"] == f"/f/{press.token}" and "Fan: verified" in press.text()
    proof, check = FanProof.objects.get(), FanCheck.objects.get()
    assert (proof.level, proof.network, proof.evidence["endpoint"]) == (5, "mastodon", "accounts/relationships")
    assert Claim.objects.get().proof == proof and check.state == "yes" and check.secret == ""
    assert Identity.objects.get().value == f"mastodon:alice@{fediverse}"


def test_her_own_server_says_no(client, ann, fediverse):
    press = page_of(client, ann, "mastodon")

    signs_in(client, fediverse, press(check="mastodon", account=fediverse), "carol")

    assert "Mastodon says that your account does not follow ours." in press.text()
    assert not FanProof.objects.exists() and FanCheck.objects.get().secret == ""


def test_the_right_to_ask_is_given_back(client, ann, fediverse, monkeypatch):
    tokens, real = [], mastodon._give_back
    monkeypatch.setattr(
        mastodon, "_give_back", lambda base, token, server: (tokens.append(token), real(base, token, server))
    )
    press = page_of(client, ann, "mastodon")
    signs_in(client, fediverse, press(check="mastodon", account=fediverse), "alice")

    told = {"Authorization": f"Bearer {tokens[0]}"}
    answer = requests.get(f"http://{fediverse}/api/v1/accounts/verify_credentials", headers=told, timeout=5)
    assert answer.status_code == 401


def test_we_register_with_a_server_once(ann, fediverse):
    for _ in range(2):
        checking.begin("mastodon", ann, make_brand(), f"@alice@{fediverse}")

    assert FediverseApp.objects.count() == 1


def test_who_declines_is_led_back(client, ann, fediverse):
    press = page_of(client, ann, "mastodon")
    press(check="mastodon", account=fediverse)

    page = client.get(f"/fan-check/mastodon/?error=access_denied&state={FanCheck.objects.get().nonce}")

    assert "gave no consent" in page.text and f"/f/{press.token}" in page.text


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?state=%00", f"?state={'A' * 500}&code=1"])
def test_a_forged_return_finds_nothing(client, fediverse, query):
    assert client.get(f"/fan-check/mastodon/{query}").status_code == 404
    assert client.get(f"/fan-check/other/{query}").status_code == 404


def test_a_code_that_her_server_does_not_know_is_a_sentence(client, ann, fediverse):
    page_of(client, ann, "mastodon")(check="mastodon", account=fediverse)
    state = FanCheck.objects.get().nonce

    given = {"state": state, "code": "forged", "key": formkeys.make(state, "fan-check")}
    page = client.post("/fan-check/mastodon/", given)

    assert "did not accept the sign-in" in page.text and not FanProof.objects.exists()


@pytest.mark.parametrize(
    "typed", ["", "ann", "@ann@", "@ann@ser ver.example", "@ann@-x.example", "x" * 400, "http://["]
)
def test_what_is_no_account_of_the_fediverse_is_a_sentence(client, ann, fediverse, typed):
    answer = page_of(client, ann, "mastodon")(check="mastodon", account=typed)

    assert answer.status_code == 422 and "its second part is your server" in answer.text


# --- Servers that are no good ----------------------------------------------------------------------------------------

WAYS = ["hang", "drip", "redirect", "huge", "garbage", "error", "closed"]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(outside, "TIMEOUT", 0.3)
    monkeypatch.setattr(outside.fetch, "__kwdefaults__", {**outside.fetch.__kwdefaults__, "deadline": 0.6})


@pytest.mark.parametrize("way", WAYS)
def test_while_bluesky_is_no_good_the_claim_waits_and_later_succeeds(client, ann, sky, settings, quick, way):
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="ann.test")
    check = FanCheck.objects.get()
    sky.say("ann.test", bluesky.sign_of(check))
    with Bad(way) as bad:
        settings.BLUESKY_APPVIEW = bad.url
        press(look="bluesky")

    check.refresh_from_db()
    assert (check.state, check.tries) == ("waiting", 1) and check.problem and check.ask_at > timezone.now()
    assert "Nothing is lost" in press.text() and "does not answer at the moment" in press.text()

    settings.BLUESKY_APPVIEW = sky.url
    assert checking.look_again() == 0  # not yet its time
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        ask_networks()
    assert Claim.objects.get().proof.level == 5 and FanCheck.objects.get().state == "yes"


@pytest.mark.parametrize("way", WAYS)
def test_a_server_of_the_fediverse_that_is_no_good_is_refused_in_time(client, ann, fediverse, quick, way):
    press = page_of(client, ann, "mastodon")
    with Bad(way) as bad:
        began = timezone.now()
        answer = press(check="mastodon", account=f"@ann@{bad.url.removeprefix('http://')}")

    assert timezone.now() - began < timedelta(seconds=5)
    assert answer.status_code == 422 and "cannot be asked right now" in answer.text
    assert not FanCheck.objects.exists() and not FediverseApp.objects.exists()


def test_a_server_that_fails_after_the_consent_keeps_the_claim_waiting(client, ann, fediverse, quick, monkeypatch):
    press = page_of(client, ann, "mastodon")
    with Bad("garbage") as bad:
        monkeypatch.setattr(mastodon, "_base", lambda server: bad.url if down else f"http://{server}")
        down = []
        answer = press(check="mastodon", account=fediverse)
        down.append(True)
        signs_in(client, fediverse, answer, "alice")
        assert FanCheck.objects.get().state == "waiting" and "Nothing is lost" in press.text()
        down.clear()
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            checking.look_again()

    assert Claim.objects.get().proof.level == 5 and FanCheck.objects.get().secret == ""


@pytest.mark.parametrize("server", ["127.0.0.1:8000", "10.0.0.1", "169.254.169.254", "192.168.1.1:80"])
def test_a_server_in_our_own_network_is_never_asked(client, ann, fediverse, settings, server):
    settings.OUTSIDE_ALSO = []

    answer = page_of(client, ann, "mastodon")(check="mastodon", account=f"@ann@{server}")

    assert "private network" in answer.text and not FediverseApp.objects.exists()


def test_an_account_whose_server_leads_into_our_network_is_never_asked(client, ann, sky, monkeypatch):
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="ann.test")
    with Bad("garbage") as inner:
        monkeypatch.setattr(bluesky, "server_of", lambda did: inner.url.replace("127.0.0.1", "[::1]"))
        answer = press(look="bluesky")
        assert "private network" in answer.text and inner.asked == []


def test_who_asks_us_to_come_later_is_left_alone_for_all_its_checks(ann, sky, settings):
    settings.BLUESKY_APPVIEW = sky.url
    dan = make_contact(email="dan@example.com")
    hers, _ = checking.begin("bluesky", ann, make_brand(), "ann.test")
    his, _ = checking.begin("bluesky", dan, make_brand(), "ben.test")
    BrandAccount.objects.update(subject="")
    with Bad("busy") as bad:
        settings.BLUESKY_APPVIEW = bad.url
        checking.look(hers)
        n = len(bad.asked)
        checking.look(his)
        assert len(bad.asked) == n == 1

    hers.refresh_from_db(), his.refresh_from_db()
    assert timedelta(minutes=29) < hers.ask_at - timezone.now() <= timedelta(minutes=30)
    assert his.ask_at == hers.ask_at and his.state == "waiting"


def test_pauses_grow_and_after_two_days_it_is_given_up(client, ann, sky, settings):
    press = page_of(client, ann, "bluesky")
    press(check="bluesky", account="ann.test")
    with Bad("error") as bad:
        settings.BLUESKY_APPVIEW = bad.url
        press(look="bluesky")
        pauses = []
        for _ in range(4):
            check = FanCheck.objects.get()
            with time_machine.travel(check.ask_at + timedelta(seconds=1), tick=False):
                now = timezone.now()
                checking.look_again()
                pauses.append(round((FanCheck.objects.get().ask_at - now) / timedelta(minutes=1)))
        assert pauses == [2, 4, 8, 16]
        with time_machine.travel(timezone.now() + timedelta(days=2, minutes=5)):
            checking.look_again()

    assert FanCheck.objects.get().state == "given_up"


def test_she_may_begin_ten_checks_an_hour(ann, sky):
    for _ in range(10):
        checking.begin("bluesky", ann, make_brand(), "ann.test")
    with pytest.raises(Refused) as why:
        checking.begin("bluesky", ann, make_brand(), "ann.test")
    assert why.value.reason == Reason.TOO_MANY_ATTEMPTS


# --- The desk --------------------------------------------------------------------------------------------------------


def test_the_brands_account_is_looked_up_when_it_is_entered(admin_client, sky):
    BrandAccount.objects.all().delete()
    values = {"brand": make_brand().pk, "network": "bluesky"}

    wrong = admin_client.post("/admin/social/brandaccount/add/", {**values, "handle": "nobody.test"})
    admin_client.post("/admin/social/brandaccount/add/", {**values, "handle": "brand.test"})

    assert "knows no account called nobody.test" in wrong.text
    assert BrandAccount.objects.get().subject == sky.dids["brand.test"]


def test_the_desk_shows_checks_without_what_servers_confided(admin_client, ann, sky):
    check, _ = checking.begin("bluesky", ann, make_brand(), "ann.test")
    FanCheck.objects.update(secret="very-secret")

    page = admin_client.get(f"/admin/social/fancheck/{check.pk}/change/").text

    assert "ann.test" in page and "very-secret" not in page and check.nonce not in page


def test_a_network_without_an_account_of_ours_is_not_offered(client, ann):
    assert "Check with" not in page_of(client, ann, "bluesky").text()
    assert proofs.words_for(5) == "verified"
