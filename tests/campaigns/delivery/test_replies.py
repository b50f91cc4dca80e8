import pytest

from campaigns.delivery import replies
from campaigns.delivery.consequences import Window
from campaigns.delivery.replies import Fault, judge


@pytest.mark.parametrize(
    ("code", "text", "fault", "is_final", "is_hard"),
    [
        (250, "2.0.0 queued", Fault.NOBODY, True, False),
        (550, "5.1.1 no such user", Fault.CONTACT, True, True),
        (550, "5.1.10 recipient not found", Fault.CONTACT, True, True),
        (550, "5.2.1 disabled", Fault.CONTACT, True, True),
        (550, "User unknown", Fault.CONTACT, True, True),
        (552, "5.2.2 mailbox full", Fault.CONTACT, True, False),
        (552, "5.3.4 too big", Fault.CONTENT, True, False),
        (550, "5.7.26 unauthenticated", Fault.SENDER, False, False),
        (550, "5.7.515 access denied", Fault.SENDER, False, False),
        (554, "rejected", Fault.SENDER, False, False),
        (452, "4.5.3 too many recipients", Fault.CONTACT, False, False),
        (552, "too many recipients", Fault.CONTACT, False, False),
        (451, "greylisted", Fault.CONTACT, False, False),
        (451, "4.7.1 throttled", Fault.DOMAIN, False, False),
        (450, "rate limit exceeded", Fault.DOMAIN, False, False),
        (421, "4.7.0 try later", Fault.RELAY, False, False),
        (535, "bad password", Fault.RELAY, False, False),
        (354, "go on", Fault.RELAY, False, False),
        (199, "what?", Fault.RELAY, False, False),
    ],
)
def test_a_reply_says_whose_fault_it_is(code, text, fault, is_final, is_hard):
    judged = judge(code, text)

    assert (judged.fault, judged.is_final, judged.is_hard) == (fault, is_final, is_hard)


def test_552_at_the_dot_is_about_the_mail_and_on_rcpt_about_the_transaction():
    assert judge(552, "too big", at_dot=True).fault is Fault.CONTENT
    assert not judge(552, "too many", at_dot=False).is_final


def test_only_the_contacts_own_fault_is_ever_hard():
    hard = [judge(code, f"5.{a}.{b}") for code in (550, 553, 554) for a in range(8) for b in range(30)]

    assert all(judged.fault is Fault.CONTACT for judged in hard if judged.is_hard)


def test_tries_are_spread_from_a_minute_to_four_hours():
    assert [replies.retry_after(n) // 60 for n in range(1, 9)] == [1, 5, 15, 30, 60, 120, 240, 240]


def test_one_policy_refusal_in_a_hundred_does_not_pause():
    window = Window()

    assert not any(window.note(judge(550, "5.7.1") if n % 100 == 0 else judge(250), "550 5.7.1") for n in range(900))


def test_more_than_five_per_cent_refused_for_good_pauses():
    window = Window()

    reasons = [window.note(judge(550, "5.1.1") if n % 10 == 0 else judge(250), "") for n in range(400)]

    assert reasons.index(next(filter(None, reasons))) == 199


def test_a_pause_quotes_no_address():
    window = Window()
    reasons = [window.note(judge(550, "5.7.1"), "550 5.7.1 <ann@example.com> refused by policy") for _n in range(20)]
    said = next(filter(None, reasons))
    assert "refused by policy" in said and "ann@" not in said
