"""Who settles late redemptions, enters days without redemption, and decides cases of fraud."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = {
    "marketer": [
        "add_offerblackout", "change_offerblackout", "delete_offerblackout", "view_offerblackout", "view_tillnote",
        "view_fraudcase", "change_fraudcase", "view_fraudrule", "change_fraudrule",
    ],
    "approver": ["view_offerblackout", "view_tillnote", "view_fraudcase"],
    "analyst": ["view_offerblackout", "view_tillnote"],
    "place manager": ["view_tillnote", "add_tillnote", "change_tillnote"],
}  # fmt: skip


def grant(apps, schema_editor):
    for app_config in installed.get_app_configs():
        create_permissions(app_config, verbosity=0, apps=installed, using=schema_editor.connection.alias)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    known = {p.codename: p for p in Permission.objects.filter(content_type__app_label="social")}
    for role, names in RIGHTS.items():
        group = Group.objects.filter(name=role).first()
        if group is not None:
            group.permissions.add(*(known[name] for name in names if name in known))
    administrator = Group.objects.filter(name="administrator").first()
    if administrator is not None:
        administrator.permissions.add(*Permission.objects.all())


def take_back(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for role, names in RIGHTS.items():
        group = Group.objects.filter(name=role).first()
        if group is not None:
            group.permissions.remove(*Permission.objects.filter(codename__in=names, content_type__app_label="social"))


class Migration(migrations.Migration):
    dependencies = [("config", "0006_key_rotation_and_usage"), ("social", "0010_till_notes_budget_and_fraud")]
    operations = [migrations.RunPython(grant, take_back)]
