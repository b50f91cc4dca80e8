from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection

roles = import_module("config.migrations.0002_roles")
EVERYBODY = ["campaigns.write_to_everybody"]
MANAGER = import_module("config.migrations.0006_shop_managers").MANAGER
LATER = {"marketer": EVERYBODY, "approver": EVERYBODY, "place manager": MANAGER}

pytestmark = pytest.mark.django_db


def member_of(role):
    user = User.objects.create_user(role.replace(" ", "-"), password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


def test_a_fresh_database_has_the_six_roles():
    names = set(Group.objects.values_list("name", flat=True))

    assert names == {"marketer", "approver", "analyst", "place manager", "cashier", "administrator"}


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_permission_a_role_names_exists(role):
    wanted = {f"{m.split('.')[0]}.{act}_{m.split('.')[1]}" for m, acts in roles.ROLES[role] for act in acts}
    wanted |= {*roles.BESIDES.get(role, []), *LATER.get(role, [])}

    held = {
        f"{app}.{name}"
        for app, name in Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    }

    assert held == wanted


def test_a_marketer_starts_campaigns_but_changes_no_ledger_and_no_team():
    marketer = member_of("marketer")

    assert marketer.has_perm("campaigns.add_campaign") and marketer.has_perm("campaigns.start_campaign")
    assert not marketer.has_perm("campaigns.change_delivery")
    assert not marketer.has_perm("contacts.change_consent")
    assert not marketer.has_perm("auth.change_user")
    assert not marketer.has_perm("contacts.lift_suppression")


def test_an_analyst_sees_and_changes_nothing():
    analyst = member_of("analyst")

    assert analyst.has_perm("campaigns.view_campaign")
    assert not [name for name in analyst.get_all_permissions() if ".view_" not in name]


def test_a_cashier_redeems_and_sees_no_contact():
    cashier = member_of("cashier")

    assert cashier.has_perm("social.add_redemption")
    assert not cashier.has_perm("contacts.view_contact")


def test_an_administrator_holds_every_permission():
    assert Group.objects.get(name="administrator").permissions.count() == Permission.objects.count()


def test_the_roles_can_be_unmade_and_made_again():
    roles.drop_roles(apps, connection.schema_editor())
    assert not Group.objects.exists()

    roles.make_roles(apps, connection.schema_editor())
    assert Group.objects.get(name="marketer").permissions.filter(codename="start_campaign").exists()
