"""Who could start campaigns goes on to start them alone; a role that shall need a second person loses the right."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations


def grant(apps, schema_editor):
    create_permissions(installed.get_app_config("campaigns"), verbosity=0, apps=installed)
    Permission = apps.get_model("auth", "Permission")
    before = Permission.objects.filter(codename="start_campaign", content_type__app_label="campaigns").first()
    after = Permission.objects.filter(codename="start_unapproved", content_type__app_label="campaigns").first()
    if before is None or after is None:
        return
    for group in before.group_set.all():
        group.permissions.add(after)
    for user in before.user_set.all():
        user.user_permissions.add(after)


class Migration(migrations.Migration):
    dependencies = [("config", "0002_roles"), ("campaigns", "0003_approval_and_target")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
