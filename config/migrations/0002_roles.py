"""Six roles as groups: marketer, approver, analyst, place manager, cashier, administrator."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

ALL = ("add", "change", "delete", "view")
EDIT = ("add", "change", "view")
SEE = ("view",)

# What each role may do: app.model → acts. Ledgers (deliveries, events, consents, redemptions) are never more than seen.
SEEN_BY_MARKETERS = """
    contacts.consent contacts.suppression contacts.notice contacts.heartbeat
    campaigns.delivery campaigns.event campaigns.link campaigns.linktarget campaigns.audienceexclusion campaigns.outboxmail
    campaigns.relaystate campaigns.sendinghold campaigns.hourlytotal campaigns.engagement campaigns.linkengagement
    social.claim social.redemption social.attempt social.sharelink social.earnedvisit social.rewardgrant social.order
    social.orderline social.conversion social.credit social.code social.offercounter social.device social.staffmember
    social.rfmscore social.fancheck social.tillnote
""".split()
MADE_BY_MARKETERS = """
    contacts.contact contacts.identity contacts.attributetype contacts.tag contacts.contacttag contacts.subscription
    contacts.segment contacts.topic contacts.signupform contacts.job
    campaigns.campaign campaigns.emailcontent campaigns.contentversion campaigns.contentbody campaigns.image
    social.offer social.offertext social.offerlimit social.codebatch social.qrcode social.fanproof social.fanword
    social.networksetting social.referral social.referralprogram social.place
""".split()
BRANDS = "contacts.brand campaigns.sender".split()
KEPT_BY_MARKETERS = "social.brandaccount social.offerblackout".split()
SET_BY_MARKETERS = "social.rfmscale social.fraudrule social.fraudcase".split()
SEEN_BY_ANALYSTS = [*MADE_BY_MARKETERS, *SEEN_BY_MARKETERS, *BRANDS, *KEPT_BY_MARKETERS, "social.rfmscale"]

ROLES = {
    "marketer": [
        *((m, EDIT) for m in MADE_BY_MARKETERS),
        *((m, ALL) for m in KEPT_BY_MARKETERS),
        *((m, ("change", "view")) for m in SET_BY_MARKETERS),
        *((m, SEE) for m in [*SEEN_BY_MARKETERS, *BRANDS]),
    ],
    "approver": [(m, SEE) for m in [*SEEN_BY_ANALYSTS, "social.fraudcase"]],
    "analyst": [(m, SEE) for m in SEEN_BY_ANALYSTS],
    "place manager": [
        *(
            (m, EDIT)
            for m in ("social.place", "social.staffmember", "social.device", "social.qrcode", "social.redemption")
        ),
        ("social.tillnote", EDIT),
        *((m, SEE) for m in ("social.offer", "social.claim", "social.attempt", "social.order", "contacts.brand")),
    ],
    "cashier": [
        ("social.redemption", ("add", "view")),
        ("social.claim", SEE),
        ("social.offer", SEE),
        ("social.place", SEE),
    ],
}
BESIDES = {
    "marketer": ["campaigns.start_campaign", "campaigns.start_unapproved"],
    "approver": ["campaigns.start_campaign", "campaigns.approve_campaign", "campaigns.start_unapproved"],
}


def make_roles(apps, schema_editor):
    """Give each role its permissions; permissions are made here, for on a fresh database they come only after migrate."""
    for app_config in installed.get_app_configs():
        create_permissions(app_config, verbosity=0, apps=installed, using=schema_editor.connection.alias)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    for role, grants in ROLES.items():
        names = {f"{m.split('.')[0]}.{act}_{m.split('.')[1]}" for m, acts in grants for act in acts}
        names |= set(BESIDES.get(role, []))
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.add(*(known[name] for name in sorted(names) if name in known))
    administrator, _made = Group.objects.get_or_create(name="administrator")
    administrator.permissions.add(*known.values())


def drop_roles(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=[*ROLES, "administrator"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_initial"),
        ("contacts", "0001_initial"),
        ("campaigns", "0001_initial"),
        ("social", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_roles, drop_roles)]
