"""The help of results and settings, and of the pages about oneself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from config.help.terms import CONSENT, EARNED, HUMAN, INTENT, SUPPRESSED, Help

HELP: dict[str, Help] = {
    "admin:campaigns_report_list": Help(
        _(
            "What each campaign brought, step by step, with what was not measured. "
            "Two campaigns are compared with their doubt."
        ),
        (HUMAN, INTENT, EARNED, (_("Lift"), _("The difference to people who got nothing, with its interval."))),
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
        _("Every act that was recorded, newest first, with who did it as far as it may be known."), (HUMAN,)
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
        _("Addresses that get nothing more, and why. Some can be lifted; an erased one never."), (SUPPRESSED,)
    ),
    "admin:contacts_consent_changelist": Help(
        _("Every yes and no, with its proof. Rows are added, never changed."), (CONSENT,)
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
