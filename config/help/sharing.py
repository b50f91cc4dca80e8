"""The help of networks, friends, fans, offers and tills."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from config.help.terms import CLAIM, EARNED, INTENT, REDEMPTION, Help

HELP: dict[str, Help] = {
    "admin:social_networksetting_changelist": Help(
        _(
            "The networks of the share bar, in their order. "
            "Those that say nothing about their rules on rewards are marked."
        ),
        (INTENT,),
    ),
    "admin:social_sharelink_changelist": Help(
        _("Everybody’s own links to share, with what came of each step. The steps are never added together."),
        (
            INTENT,
            (_("Composed"), _("The network’s own window was opened with her words.")),
            (_("Shared"), _("Evidence: the network’s robot came for the preview, or a friend came.")),
            EARNED,
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
            EARNED,
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
            CLAIM,
            REDEMPTION,
            (
                _("Limit"),
                _(
                    "How often it may be used: by one person, in one shop, in all. "
                    "It holds also when twenty tills ask at once."
                ),
            ),
        ),
    ),
    "admin:social_claim_changelist": Help(_("Who took which offer and what became of her code."), (CLAIM, REDEMPTION)),
    "admin:social_redemption_changelist": Help(
        _(
            "Each use of a code: where, when, by whom at the till, what it cost. "
            "One used by mistake is taken back, not deleted."
        ),
        (REDEMPTION,),
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
}
