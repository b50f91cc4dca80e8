"""The help of Home, people and campaigns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from config.help.terms import CONSENT, SUPPRESSED, Help

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
            CONSENT,
            SUPPRESSED,
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
        (CONSENT,),
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
            SUPPRESSED,
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
}
