"""Marketers keep the brand's accounts; they, approvers and analysts see checks with networks."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

SEEN = ["view_brandaccount", "view_fancheck"]
RIGHTS = {
    "marketer": [*SEEN, "add_brandaccount", "change_brandaccount", "delete_brandaccount"],
    "approver": SEEN,
    "analyst": SEEN,
    "administrator": [*SEEN, "add_brandaccount", "change_brandaccount", "delete_brandaccount"],
}


def give(apps, schema_editor):
    create_permissions(installed.get_app_config("social"), verbosity=0, apps=installed, using=schema_editor.connection.alias)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for role, names in RIGHTS.items():
        for group in Group.objects.filter(name=role):
            group.permissions.add(*Permission.objects.filter(content_type__app_label="social", codename__in=names))


class Migration(migrations.Migration):
    dependencies = [("config", "0003_rfm_rights"), ("social", "0007_fan_codes_and_checks")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
