"""Marketers see RFM and set its thresholds; approvers and analysts see it."""

from django.contrib.auth.management import create_permissions
from django.apps import apps as installed
from django.db import migrations

RIGHTS = {
    "marketer": ["view_rfmscale", "change_rfmscale", "view_rfmscore"],
    "approver": ["view_rfmscale", "view_rfmscore"],
    "analyst": ["view_rfmscale", "view_rfmscore"],
    "administrator": ["view_rfmscale", "change_rfmscale", "view_rfmscore"],
}


def give(apps, schema_editor):
    create_permissions(installed.get_app_config("social"), verbosity=0, apps=installed, using=schema_editor.connection.alias)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for role, names in RIGHTS.items():
        for group in Group.objects.filter(name=role):
            group.permissions.add(*Permission.objects.filter(content_type__app_label="social", codename__in=names))


class Migration(migrations.Migration):
    dependencies = [("config", "0002_roles"), ("social", "0005_rfm")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
