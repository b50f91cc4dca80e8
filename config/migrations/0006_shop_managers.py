"""Whoever wrote campaigns goes on to write to everybody; a place manager begins to write, to the people of her shops."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.models import Q

WROTE = ("add_campaign", "change_campaign", "start_campaign")
MANAGER = (
    "campaigns.add_campaign", "campaigns.change_campaign", "campaigns.view_campaign", "campaigns.start_campaign",
    "campaigns.change_emailcontent", "campaigns.view_emailcontent", "campaigns.view_image", "contacts.view_topic",
)  # fmt: skip


def grant(apps, schema_editor):
    create_permissions(installed.get_app_config("campaigns"), verbosity=0, apps=installed)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    campaigns = Permission.objects.filter(content_type__app_label="campaigns")
    everybody = campaigns.filter(codename="write_to_everybody").first()
    wrote = campaigns.filter(codename__in=WROTE)
    if everybody is not None:
        for group in Group.objects.filter(permissions__in=wrote).distinct():
            group.permissions.add(everybody)
        for user in apps.get_model("auth", "User").objects.filter(user_permissions__in=wrote).distinct():
            user.user_permissions.add(everybody)
    named = Q()
    for name in MANAGER:
        app, _, codename = name.partition(".")
        named |= Q(content_type__app_label=app, codename=codename)
    manager = Group.objects.filter(name="place manager").first()
    if manager is not None:
        manager.permissions.add(*Permission.objects.filter(named))


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0005_pinned_and_seen"),
        ("contacts", "0003_sparse_indexes"),
        ("campaigns", "0005_shop_managers"),
        ("social", "0003_shop_managers"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
