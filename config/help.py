"""What each page of the desk is for and what its words mean, in plain words, behind the question mark of every page.

of("admin:contacts_segment_changelist")   # → Help("A segment is a question about people: …", [("Preview", "…")])

A page within another has the help of the menu's line it lies under. Words of the field are defined where they are met.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Help:
    """What a page is for, and its terms with their meanings."""

    says: Words
    terms: tuple[tuple[Words, Words], ...] = ()


_CONSENT = (
    _("Consent"),
    _("Her yes to one topic, with when, where and in which words it was given. Without it no mail goes out."),
)
_HUMAN = (_("Human"), _("An act of a person. Robots, proxies and scanners that follow every link are counted apart."))
_SUPPRESSED = (_("Suppressed"), _("An address that gets nothing more: it left, bounced, complained or was erased."))
_CLAIM = (_("Claim"), _("A person took the offer: she has her own code. It is not used yet."))
_REDEMPTION = (_("Redemption"), _("A code was used at a till or in the shop. It counts once, whoever shows it."))
_INTENT = (_("Share intent"), _("She pressed a network’s button in the mail. Whether she posted is not known yet."))
_EARNED = (_("Earned visit"), _("A person who came through somebody’s share, not from our mail."))

HELP: dict[str, Help] = {
    "admin:index": Help(
        _(
            "Home says what waits for you, what is running and what the last campaign taught. "
            "Each line leads to its page; Stop is beside whatever sends."
        ),
        (
            (
                _("In doubt"),
                _("The relay took a mail but never answered. You decide whether it counts as sent or goes again."),
            ),
            (
                _("Rate"),
                _("Of those who agreed to be measured. The interval behind it holds the true value 19 times in 20."),
            ),
        ),
    ),
    "desk_start": Help(
        _(
            "What a first campaign needs, ticked as you do it, and whether mail can leave: the relays and the records "
            "that receivers ask the DNS for."
        ),
        (
            (_("SPF"), _("A record in your domain that says which machines may send in its name.")),
            (_("DKIM"), _("A signature on each mail, and its key in your domain: nobody changed it on the way.")),
            (_("DMARC"), _("What receivers do with mail in your name that fails both. Large ones ask for it.")),
            (_("Relay"), _("The machine or provider that takes our mail and carries it to the receivers.")),
        ),
    ),
    "admin:contacts_contact_changelist": Help(
        _(
            "Everybody you know, one page each: what she agreed to, what she got, did, shared, redeemed "
            "and bought. Search by the beginning of a name or address."
        ),
        (
            _CONSENT,
            _SUPPRESSED,
            (_("Fan"), _("Somebody who follows one of your accounts, as far as the network or she herself proved it.")),
        ),
    ),
    "admin:contacts_segment_changelist": Help(
        _(
            "A segment is a question about people that is answered anew each time. "
            "Put conditions together; the number beside them follows while you do."
        ),
        (
            (
                _("Frozen"),
                _(
                    "At the start of a campaign its people are written down once, so that none is missed or "
                    "written to twice."
                ),
            ),
        ),
    ),
    "admin:social_rfmscale_changelist": Help(
        _(
            "Customers in groups by how lately, how often and for how much they bought. "
            "Each group can be made a segment."
        ),
        ((_("R, F, M"), _("Recency, frequency and money, each from 1 to 5 among your own customers; 5 is best.")),),
    ),
    "admin:contacts_topic_changelist": Help(
        _(
            "What people subscribe to, each by itself: a letter, offers, news of one shop. "
            "Whoever leaves one stays in the others."
        ),
        (_CONSENT,),
    ),
    "admin:contacts_job_changelist": Help(
        _(
            "Imports, exports and other long work: how far it is, what it did, what it refused. "
            "It goes on where it stopped, also after a crash."
        ),
        (
            (
                _("Rejected rows"),
                _(
                    "Lines that could not be taken, as a file with the reason in each: mend them there and "
                    "import that file."
                ),
            ),
            (_("Basis"), _("On what ground you may write to these people. None said, none written to.")),
        ),
    ),
    "admin:contacts_signupform_changelist": Help(
        _(
            "Forms that stand on your site or at your till. "
            "Who fills one in gets a mail to confirm; only then is she subscribed."
        ),
        ((_("Double opt-in"), _("A second yes by a link in a mail: it proves that the address is hers.")),),
    ),
    "admin:campaigns_campaign_changelist": Help(
        _(
            "A campaign is one mail to many people: whom, what, with which offer, checked, then sent. "
            "Steps can be done in any order; nothing leaves before you say so."
        ),
        (
            (_("Check"), _("All that is missing or unwise, before anything is sent.")),
            (_("Pace"), _("How many mails an hour go out at most.")),
            _SUPPRESSED,
        ),
    ),
    "admin:campaigns_automation_changelist": Help(
        _(
            "Mails that go out by themselves when something happens: a welcome, a birthday, a friend who "
            "joined. Each can be tried on you alone first."
        ),
        ((_("Holdout"), _("A part of the people who get nothing, so that the effect can be told from chance.")),),
    ),
    "admin:campaigns_emailcontent_changelist": Help(
        _(
            "Mails and the templates they start from. "
            "Each save keeps a version; a campaign sends the newest that was checked."
        ),
        (
            (_("Block"), _("A part of a mail: words, a picture, a button, the share bar, an offer.")),
            (_("Variable"), _("A word in braces that becomes each person’s own, for example her first name.")),
        ),
    ),
    "admin:campaigns_image_changelist": Help(
        _(
            "Pictures for mails, made small enough to load on a telephone. "
            "Say what is on each: some readers hear it instead."
        )
    ),
    "admin:campaigns_campaign_calendar": Help(
        _(
            "What goes out when, by day, week or month. "
            "Red days are those on which somebody would get more than your cap."
        ),
        ((_("Pressure"), _("How many mails one person of a segment would get in these days.")),),
    ),
    "admin:campaigns_outboxmail_changelist": Help(
        _(
            "Mails that were kept here instead of sent, because the relay is the Outbox: look at them as "
            "they would arrive."
        )
    ),
    "admin:social_networksetting_changelist": Help(
        _(
            "The networks of the share bar, in their order. "
            "Those that say nothing about their rules on rewards are marked."
        ),
        (_INTENT,),
    ),
    "admin:social_sharelink_changelist": Help(
        _("Everybody’s own links to share, with what came of each step. The steps are never added together."),
        (
            _INTENT,
            (_("Composed"), _("The network’s own window was opened with her words.")),
            (_("Shared"), _("Evidence: the network’s robot came for the preview, or a friend came.")),
            _EARNED,
        ),
    ),
    "admin:social_sharelink_trees": Help(
        _("Who came through whom. The tree opens branch by branch; those who brought most stand first."),
        (
            (
                _("K"),
                _(
                    "How many new sharers one sharer brings. "
                    "Above 1 it grows by itself; the band says how sure that is."
                ),
            ),
            (_("Generation"), _("1 = came from a reader’s share, 2 = from theirs, and so on.")),
            _EARNED,
        ),
    ),
    "admin:social_orphanhit_changelist": Help(
        _(
            "Presses on addresses of ours that lead nowhere: a wrong letter on a poster, a link that "
            "ended. Lead them somewhere."
        )
    ),
    "admin:social_referral_changelist": Help(
        _("Friends whom people brought, from the visit to the reward. Look through those that are held."),
        (
            (_("Held"), _("The reward waits for some days, in case the order comes back.")),
            (
                _("Flagged"),
                _(
                    "Something speaks against it; the reasons stand beside it. "
                    "Nobody is refused without a person’s word."
                ),
            ),
        ),
    ),
    "admin:social_referralprogram_changelist": Help(
        _(
            "What a person gets for a friend, what the friend gets, and for which act. "
            "Rewards are for outcomes, never for the press itself."
        ),
        (
            (_("Milestone"), _("A further advantage at the third or tenth friend.")),
            (_("Qualifying event"), _("What the friend has to do before it counts.")),
        ),
    ),
    "admin:social_fanproof_changelist": Help(
        _(
            "Who follows your accounts, and how that is known: proved by the network, by a post, or said "
            "by herself. An offer says which proof it wants."
        )
    ),
    "admin:social_fanword_changelist": Help(
        _("Words in a public post of hers that prove a fan: your name, your hashtag. Look through what was found.")
    ),
    "admin:social_brandaccount_changelist": Help(
        _("Your own accounts on the networks: proof of a fan is asked of them.")
    ),
    "admin:social_fancheck_changelist": Help(
        _("Questions that were put to a network about one person, with her leave, and what it answered.")
    ),
    "admin:social_offer_changelist": Help(
        _(
            "An advantage with its limits: for whom, how often, how much, until when. "
            "Each person has a code of her own."
        ),
        (
            _CLAIM,
            _REDEMPTION,
            (
                _("Limit"),
                _(
                    "How often it may be used: by one person, in one shop, in all. "
                    "It holds also when twenty tills ask at once."
                ),
            ),
        ),
    ),
    "admin:social_claim_changelist": Help(
        _("Who took which offer and what became of her code."), (_CLAIM, _REDEMPTION)
    ),
    "admin:social_redemption_changelist": Help(
        _(
            "Each use of a code: where, when, by whom at the till, what it cost. "
            "One used by mistake is taken back, not deleted."
        ),
        (_REDEMPTION,),
    ),
    "admin:social_offer_budget": Help(
        _("What the offers cost so far and may still cost, by offer and shop."),
        ((_("Exposure"), _("What it would cost if all who hold a code used it.")),),
    ),
    "admin:social_codebatch_changelist": Help(
        _("Codes for all or for one each: made here or brought by a file, printed, exported, stopped.")
    ),
    "admin:social_qrcode_changelist": Help(
        _(
            "QR codes for posters, packages and tills. "
            "Where one leads can be changed after printing; its design is read back before you print it."
        ),
        ((_("Quiet zone"), _("The empty margin that a camera needs to find the code.")),),
    ),
    "admin:social_place_changelist": Help(
        _("Your shops and tills. A till belongs to a place; offers can be bound to places.")
    ),
    "admin:social_tillnote_changelist": Help(
        _(
            "Codes that a till took while it had no line. "
            "Each is tried again; here stand those that a person has to decide."
        )
    ),
    "admin:social_fraudcase_changelist": Help(
        _("What looks like cheating, with the reasons. You decide; what you decide is kept with your name."),
        (
            (
                _("Score"),
                _("The sum of the rules that fit. Beyond your limit it waits for you, it is never refused by itself."),
            ),
        ),
    ),
    "admin:social_fraudrule_changelist": Help(
        _("What counts as odd and how much. Change a rule and see whom it would have stopped last month.")
    ),
    "till": Help(
        _("For the staff: a code is scanned or typed, the answer is green or red, and a redemption can be taken back.")
    ),
    "admin:campaigns_report_list": Help(
        _(
            "What each campaign brought, step by step, with what was not measured. "
            "Two campaigns are compared with their doubt."
        ),
        (_HUMAN, _INTENT, _EARNED, (_("Lift"), _("The difference to people who got nothing, with its interval."))),
    ),
    "admin:social_order_changelist": Help(
        _("What people bought, with returns, and which campaign has a part in it."),
        (
            (
                _("Attribution"),
                _(
                    "Which contact with us an order is credited to. "
                    "The model is named beside the number; another gives another."
                ),
            ),
        ),
    ),
    "admin:campaigns_event_changelist": Help(
        _("Every act that was recorded, newest first, with who did it as far as it may be known."), (_HUMAN,)
    ),
    "admin:campaigns_sender_changelist": Help(
        _(
            "Who writes: a name, an address, its domain. "
            "The page says whether the domain’s DNS lets you, and what to put there."
        ),
        ((_("SPF, DKIM, DMARC"), _("Three entries in the DNS by which a receiver knows that the mail is yours.")),),
    ),
    "admin:campaigns_relaystate_changelist": Help(
        _("The ways out for mail. One that fails is left alone for a while and tried again by itself.")
    ),
    "admin:campaigns_relaypace_changelist": Help(
        _("How much each relay may take, and how a new one is warmed up."),
        (
            (
                _("Warm-up"),
                _("A new address sends little at first and more each day, so that receivers learn to trust it."),
            ),
        ),
    ),
    "admin:campaigns_pacerule_changelist": Help(
        _(
            "When nobody is written to, and how many mails a person gets at most in some days. "
            "Mails she asked for come all the same."
        )
    ),
    "admin:contacts_brand_changelist": Help(
        _("Name, colours, logo, postal address: what stands on every mail and public page of a brand.")
    ),
    "admin:auth_user_changelist": Help(
        _("Who may sign in, with which role. Invite by mail; who leaves is switched off, her work stays.")
    ),
    "admin:auth_group_changelist": Help(
        _("A role is a set of things one may do. Six are ready; a person may have several.")
    ),
    "admin:config_apikey_changelist": Help(
        _("Keys for other systems. A key is shown once, is bound to what you tick, and ends with its owner."),
        ((_("Scope"), _("One kind of thing a key may read or write.")),),
    ),
    "admin:social_ordersource_changelist": Help(
        _("Shops that tell us of orders: which one, in which currency, with which secret.")
    ),
    "admin:config_webhookendpoint_changelist": Help(
        _(
            "Addresses of other systems that are told when something happens. "
            "The log shows each try; what failed can be sent again."
        ),
        ((_("Signature"), _("Each message bears one, so that the receiver knows it is from here.")),),
    ),
    "admin:contacts_suppression_changelist": Help(
        _("Addresses that get nothing more, and why. Some can be lifted; an erased one never."), (_SUPPRESSED,)
    ),
    "admin:contacts_consent_changelist": Help(
        _("Every yes and no, with its proof. Rows are added, never changed."), (_CONSENT,)
    ),
    "admin:contacts_auditentry_changelist": Help(
        _("Who did what and when, in words. Nothing here can be changed or deleted.")
    ),
    "admin:campaigns_sendinghold_changelist": Help(
        _("While a hold is on, no mail leaves at all, for example after a restore. Lift it campaign by campaign.")
    ),
    "api-docs": Help(_("What other systems may ask and say, with examples to try.")),
    "team_account": Help(
        _("Your own account: where you are signed in, the second step of signing in, what you are told of.")
    ),
    "desk_pins": Help(_("The pages you pinned. They stand at the top of your menu, and in nobody else’s.")),
    "team_invite": Help(_("She gets a mail with a link, chooses her password and is in, with the role you give her.")),
    "admin:password_change": Help(_("A new password for you. Other browsers are signed out.")),
}


def of(url_name: str) -> Help | None:
    """Return the help of the page of that URL name, None for one that has none."""
    return HELP.get(url_name)
