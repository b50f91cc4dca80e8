"""The ways of showing that one is a fan, beside the typed word: link, message, shop, list, share; and what leaks."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from contacts import formkeys, identities, jobs
from contacts.importing.reader import BadFile
from contacts.models import Identity, Job
from social.fans import lists, messages, networks, pairing, posts, proofs, shared, words
from social.models import Claim, FanCode, FanProof, FanWord, ShareLink
from social.models.fans import FanLevel
from social.offers.reasons import Reason, Refused
from social.offers.redemption import claim
from social.tills import Till
from tests.make import make_brand, make_contact, make_offer, make_share_link, make_till, make_user
from tests.social.mails import mail_with

pytestmark = pytest.mark.django_db

INSTAGRAM = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 Instagram 340.0.3.27.95"
FACEBOOK = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.38.108]"


def people(n):
    return [make_contact(email=f"p{number}@example.com") for number in range(n)]


def press_link(client, word, agent="", **extra):
    path = f"/fan/{word.token}"
    shown = client.get(path, headers={"User-Agent": agent}, **extra)
    seen = shown.context["seen"]
    return client.post(path, {"key": formkeys.make(f"{word.token}:{seen}", "fan"), "seen": seen})


# --- How long a proof holds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "days"), [(1, 30), (2, 30), (3, 90), (4, 30), (5, 30)])
def test_a_proof_holds_for_the_life_of_its_level(level, days):
    ann = make_contact()
    proof = proofs.give(ann, "instagram", FanLevel(level), "any")

    assert proof.expires_at - proof.verified_at == timedelta(days=days)
    assert proofs.level_of(ann, "instagram", timezone.now() + timedelta(days=days - 1)) == level
    assert proofs.level_of(ann, "instagram", timezone.now() + timedelta(days=days)) is None


def test_a_word_typed_again_after_a_month_holds_again_and_counts_once():
    ann, brand = make_contact(), make_brand()
    words.publish(brand, "instagram", "confetti", cap=1)
    first = words.use("confetti", ann, brand)

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert proofs.level_of(ann, "instagram", timezone.now()) is None
        assert words.use("confetti", ann, brand) == first
        assert proofs.level_of(ann, "instagram", timezone.now()) == 2
    assert FanWord.objects.get().used == 1


# --- The link of a post ----------------------------------------------------------------------------------------------


def test_the_link_of_a_post_gives_a_code_that_the_offer_page_takes(client):
    ann = make_contact(language="en")
    offer = make_offer(min_fan_level=2, network="instagram")
    word = words.publish(offer.brand, "instagram", "confetti", post_url="https://instagram.example/p/1")
    _delivery, token = mail_with(offer, contact=ann)

    page = press_link(client, word, INSTAGRAM)
    code = page.context["code"]
    assert code in page.text and not page.cookies
    answer = client.post(f"/f/{token}", {"key": formkeys.make(token, "offer"), "word": code.lower()}, follow=True)

    proof = Claim.objects.get().proof
    assert "Show this at the till." in answer.text and proof.contact == ann
    assert (proof.level, proof.method) == (2, "link")
    assert proof.evidence == {"post": "https://instagram.example/p/1", "seen": "instagram"}
    assert FanWord.objects.get().used == 1


def test_a_get_of_the_link_makes_nothing(client):
    word = words.publish(make_brand(), "instagram", "confetti")

    assert "Show my code" in client.get(f"/fan/{word.token}").text
    assert client.get(f"/FAN/{word.token}").status_code == 200
    assert not FanCode.objects.exists()
    assert client.post(f"/fan/{word.token}", {"key": "1-x"}).status_code == 422 and not FanCode.objects.exists()
    assert client.get("/fan/0000000000000000").status_code == 404


def test_the_code_of_a_link_works_once_and_for_half_an_hour():
    ann, dan, brand = make_contact(), make_contact(email="dan@example.com"), make_brand()
    word = words.publish(brand, "instagram", "confetti")
    code, late = words.open_link(word).code, words.open_link(word).code

    assert words.use(code, ann, brand) == words.use(code, ann, brand)
    with pytest.raises(Refused) as why:
        words.use(code, dan, brand)
    assert why.value.reason == Reason.WORD_UNKNOWN
    with time_machine.travel(timezone.now() + timedelta(minutes=31)), pytest.raises(Refused):
        words.use(late, dan, brand)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rotated_at": timezone.now()}, "replaced by a new one"),
        ({"cap": 3, "used": 3}, "as often as allowed"),
        ({"starts_at": timezone.now() + timedelta(days=1)}, "not the word of the post"),
    ],
)
def test_a_link_that_works_no_more_explains_itself(client, change, said):
    word = words.publish(make_brand(), "instagram", "confetti")
    FanWord.objects.update(**change)

    assert said in client.get(f"/fan/{word.token}", headers={"Accept-Language": "en"}).text


def test_the_pages_speak_french(client):
    word = words.publish(make_brand(), "instagram", "confetti")

    assert "Afficher mon code" in client.get(f"/fan/{word.token}", headers={"Accept-Language": "fr"}).text


# --- Leaks -----------------------------------------------------------------------------------------------------------


def test_more_claims_in_ten_minutes_than_the_limit_raise_the_alarm_once():
    brand = make_brand()
    word = words.publish(brand, "instagram", "confetti")
    FanWord.objects.update(burst_limit=3)
    word.refresh_from_db()
    for person in people(3):
        words.use("confetti", person, brand)
    assert FanWord.objects.get().alarm == []

    words.use("confetti", make_contact(), brand)

    word = FanWord.objects.get()
    assert word.alarm == ["burst"] and word.alarmed_at


def test_people_from_another_network_raise_the_alarm(client):
    word = words.publish(make_brand(), "instagram", "confetti")
    for _ in range(12):
        press_link(client, word, INSTAGRAM)
    press_link(client, word, FACEBOOK)
    press_link(client, word, "Mozilla/5.0", HTTP_REFERER="https://www.tiktok.com/@x")
    assert FanWord.objects.get().alarm == []

    press_link(client, word, FACEBOOK)  # 3 of 15: a fifth

    assert FanWord.objects.get().alarm == ["elsewhere"]
    assert words.seen_on(word) == {"instagram": 12, "facebook": 2, "tiktok": 1}


def test_one_press_replaces_the_word_by_one_of_ours(admin_client):
    word = words.publish(make_brand(), "instagram", "confetti", cap=10, post_url="https://instagram.example/p/1")
    FanWord.objects.update(alarm=["burst"], alarmed_at=timezone.now(), used=4)

    assert "many claims within ten minutes" in admin_client.get(f"/admin/social/fanword/{word.pk}/leak/").text
    assert "seems to have left its post" in admin_client.get("/admin/").text
    admin_client.post(f"/admin/social/fanword/{word.pk}/rotate/")
    admin_client.post(f"/admin/social/fanword/{word.pk}/rotate/")

    old, new = FanWord.objects.order_by("pk")
    assert old.rotated_at and (new.replaces, new.cap, new.post_url) == (old, 6, old.post_url)
    assert new.word in words.FRESH and new.token != old.token


def test_an_alarm_called_off_comes_again_at_twice_the_claims(admin_client):
    word = words.publish(make_brand(), "instagram", "confetti")
    FanWord.objects.update(alarm=["burst"], alarmed_at=timezone.now())

    admin_client.post(f"/admin/social/fanword/{word.pk}/call-off/")

    word.refresh_from_db()
    assert (word.alarm, word.alarmed_at, word.burst_limit) == ([], None, 60)


def test_two_words_published_each_used_one_replaced_and_the_report_shows_claims_per_post(client, admin_client):
    offer = make_offer(min_fan_level=2)
    first = words.publish(offer.brand, "instagram", "confetti", post_url="https://instagram.example/p/1")
    words.publish(offer.brand, "facebook", "lanterns", post_url="https://facebook.example/2")
    crowd = people(4)
    for typed, person in zip(["confetti", "confetti", "lanterns"], crowd, strict=False):
        words.use(typed, person, offer.brand)
        claim(offer, person, via=Claim.Via.MAIL)
    new = words.rotate(first, "roses")
    words.use("roses", crowd[3], offer.brand)
    _delivery, token = mail_with(offer, contact=make_contact(language="en"))

    old = client.post(f"/f/{token}", {"key": formkeys.make(token, "offer"), "word": "confetti"})
    assert "replaced by a new one" in old.text and "it shows the new word" in old.text

    by_url = {post.url: post for post in posts.report()}
    one, two = by_url["https://instagram.example/p/1"], by_url["https://facebook.example/2"]
    assert [word.word for word in one.words] == ["confetti", "roses"] and one.current == new
    assert (one.fans, one.claims, two.fans, two.claims) == (3, 2, 1, 1)
    page = admin_client.get("/admin/social/fanword/report/").text
    assert "confetti" in page and "https://facebook.example/2" in page


def test_our_own_words_never_repeat():
    brand = make_brand()
    FanWord.objects.bulk_create(
        FanWord(brand=brand, network="x", word=word, starts_at=timezone.now()) for word in words.FRESH[1:]
    )

    assert words.fresh(brand) == words.FRESH[0]
    words.publish(brand, "x", words.FRESH[0])
    assert words.fresh(brand).split()[0] in words.FRESH


@pytest.mark.parametrize(
    ("agent", "referrer", "network"),
    [
        (INSTAGRAM, "", "instagram"),
        (FACEBOOK, "", "facebook"),
        ("Mozilla/5.0 (Linux; Android 14) trill_2023", "", "tiktok"),
        ("Mozilla/5.0", "https://l.instagram.com/?u=x", "instagram"),
        ("Mozilla/5.0", "https://t.co/x", "x"),
        ("Mozilla/5.0", "https://notinstagram.com/", ""),
        ("Mozilla/5.0", "http://[", ""),
        ("", "", ""),
    ],
)
def test_networks_are_seen_by_their_own_browser_or_the_page_before(agent, referrer, network):
    assert networks.seen(agent, referrer) == network


# --- Messages and shops ----------------------------------------------------------------------------------------------


def test_a_code_sent_by_message_is_level_3_and_keeps_her_account(client, admin_client):
    ann = make_contact(language="en")
    offer = make_offer(min_fan_level=3, network="instagram")
    _delivery, token = mail_with(offer, contact=ann)
    shown = client.post(f"/f/{token}", {"key": formkeys.make(token, "offer"), "ask": "1"}, follow=True)
    code = shown.context["asked"]
    assert code in shown.text and "direct message on Instagram" in shown.text

    admin_client.post("/admin/social/fanproof/code/", {"code": code.lower(), "handle": "@Ann.Lyon"})

    proof = FanProof.objects.get()
    assert (proof.contact, proof.level, proof.method, proof.network) == (ann, 3, "message", "instagram")
    identity = Identity.objects.get()
    assert (identity.value, identity.proof, identity.contact) == ("instagram:ann.lyon", "confirmed", ann)
    assert "Claim the offer" in client.get(f"/f/{token}").text


def test_she_gets_the_same_code_until_it_is_used():
    ann = make_contact()

    assert messages.ask(ann, "instagram") == messages.ask(ann, "instagram")
    proof = messages.enter(messages.ask(ann, "instagram").code, by=make_user(), in_shop=True)
    assert (proof.method, proof.level) == ("staff", 3)
    assert messages.known(ann, "instagram") is None


def test_a_code_entered_at_a_till_names_the_till():
    device, zoe = make_till()

    proof = messages.enter(messages.ask(make_contact(), "instagram").code, by=Till(device, zoe), in_shop=True)

    assert proof.evidence == {"by": f"device:{device.pk}", "place": zoe.place.pk, "staff": zoe.pk}


@pytest.mark.parametrize("typed", ["", "ABC-DEFG", "x" * 500, "0000000", "\x00"])
def test_a_wrong_fan_code_is_a_sentence(admin_client, typed):
    page = admin_client.post("/admin/social/fanproof/code/", {"code": typed})

    assert page.status_code == 200 and not FanProof.objects.exists()


def test_a_used_and_an_old_code_are_refused():
    user, code = make_user(), messages.ask(make_contact(), "instagram").code
    messages.enter(code, by=user)
    with pytest.raises(Refused) as why:
        messages.enter(code, by=user)
    assert why.value.reason == Reason.FAN_CODE_UNKNOWN

    late = messages.ask(make_contact(email="dan@example.com"), "instagram").code
    with time_machine.travel(timezone.now() + timedelta(days=3)), pytest.raises(Refused):
        messages.enter(late, by=user)


def test_a_code_is_understood_as_people_type_it():
    code = pairing.make(FanCode.Kind.ASK, network="x", life=timedelta(days=1), contact=make_contact())

    shown = pairing.display(code.code)
    assert pairing.find("ask", f" {shown.lower().replace('0', 'o').replace('1', 'l')} ") == code
    assert pairing.find("link", shown) is None


# --- The brand's list ------------------------------------------------------------------------------------------------


def a_list(text, network="instagram"):
    job = lists.take(ContentFile(text.encode(), "followers.csv"), network=network)
    jobs.run(job.pk)
    return Job.objects.get(pk=job.pk)


def test_matches_of_the_list_become_level_4_and_nothing_of_the_others_stays(settings):
    ann, ben = make_contact(), make_contact(email="ben@example.com")
    identities.attach(ann, "handle", "instagram:ann.lyon", "confirmed", "message")
    stranger = "zz.stranger.42"

    job = a_list(f"username,email\n@Ann.Lyon,\n{stranger},zz@stranger.example\n,BEN@example.com\n")

    assert {proof.contact for proof in FanProof.objects.filter(level=4, network="instagram")} == {ann, ben}
    assert (job.state, job.counts) == ("done", {"lines": 3, "created": 2, "updated": 0, "left_out": 1})
    assert not job.upload and stranger not in str(job.__dict__)
    assert not any("followers" in path.name for path in settings.PRIVATE_ROOT.rglob("*"))
    assert proofs.words_for(4) == "verified"


def test_the_same_list_next_month_renews_instead_of_doubling():
    ann = make_contact()
    identities.attach(ann, "handle", "instagram:ann")
    a_list("username\nann\n")

    with time_machine.travel(timezone.now() + timedelta(days=29)):
        job = a_list("username\nann\nann\n")
        assert proofs.best(ann, "instagram", timezone.now() + timedelta(days=29))
    assert FanProof.objects.count() == 1 and job.counts["updated"] == 1


def test_a_handle_of_another_network_matches_nobody():
    identities.attach(make_contact(), "handle", "x:ann")

    a_list("username\nann\n")

    assert not FanProof.objects.exists()


def test_a_list_survives_a_kill_between_two_batches(monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 2)
    fans = people(5)
    text = "email\n" + "".join(f"{fan.email}\n" for fan in fans)
    job = lists.take(ContentFile(text.encode(), "followers.csv"), network="instagram")
    once, match = [], lists._match

    def dies(*args):
        if once:
            raise KeyboardInterrupt
        once.append(match(*args))

    monkeypatch.setattr(lists, "_match", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    monkeypatch.setattr(lists, "_match", match)
    jobs.run(job.pk, take_over=True)

    assert FanProof.objects.count() == 5 and Job.objects.get().counts["lines"] == 5


@pytest.mark.parametrize("text", ["", "name,city\nAnn,Lyon\n", "\x00\x01\x02"])
def test_a_file_without_accounts_is_a_sentence(admin_client, text):
    with pytest.raises(BadFile):
        lists.take(ContentFile(text.encode(), "x.csv"), network="instagram")
    upload = io.BytesIO(text.encode() or b"\n")
    upload.name = "x.csv"
    page = admin_client.post("/admin/social/fanproof/list/", {"network": "instagram", "file": upload})
    assert page.status_code == 200 and page.context["form"].errors and not Job.objects.exists()


def test_the_team_takes_a_list_in_the_desk(admin_client):
    upload = io.BytesIO(b"username\nann\n")
    upload.name = "followers.csv"

    page = admin_client.post("/admin/social/fanproof/list/", {"network": "instagram", "file": upload}, follow=True)

    assert page.status_code == 200 and Job.objects.get().kind == "fan_list"


# --- Shares ----------------------------------------------------------------------------------------------------------


def test_a_share_that_reached_the_network_is_level_1():
    link = make_share_link(network="bluesky")
    assert shared.prove(link.contact, "bluesky") is None

    ShareLink.objects.update(composed_at=timezone.now())

    proof = shared.prove(link.contact)
    assert (proof.level, proof.network) == (1, "bluesky") and shared.prove(link.contact) == proof


def test_a_share_where_rewarding_it_is_forbidden_proves_nothing():
    link = make_share_link(network="facebook")
    ShareLink.objects.update(composed_at=timezone.now())

    assert shared.prove(link.contact) is None
    assert not shared.is_allowed("tumblr") and shared.is_allowed("bluesky")


def test_the_page_never_promises_an_offer_for_a_like_or_a_share(client):
    ann = make_contact(language="en")
    for level in range(6):
        _delivery, token = mail_with(make_offer(min_fan_level=level, network="facebook"), contact=ann)
        text = client.get(f"/f/{token}").text
        assert "Nothing has to be liked or shared for it." in text and "I shared one" not in text


def test_a_words_page_names_its_network_as_people_do(admin_client):
    word = words.publish(make_brand(), "instagram", "confetti")

    page = admin_client.get(f"/admin/social/fanword/{word.pk}/change/").text

    assert "Instagram" in page and ">instagram<" not in page
