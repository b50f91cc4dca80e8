import re
import time
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from campaigns.models import OutboxMail
from config.team.models import SecondFactor, SignIn, Tries
from contacts.models import AuditEntry
from tests.make import make_sender, make_user

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def head(quick_passwords):
    return User.objects.create_superuser("head", password="carnival", email="head@brand.example")


def sign_in(client, password="carnival", name="head", **more):
    return client.post("/admin/login/?next=/admin/", {"username": name, "password": password}, **more)


def digits(user, at=None):
    factor = SecondFactor.objects.get(user=user)
    return TOTP(bytes(factor.secret), 6, SHA1(), 30).generate(at or time.time()).decode()


def with_telephone(client, user):
    """Switch the second proof on by the page's own presses and return the recovery codes it shows."""
    client.post("/admin/account/", {"do": "begin"})
    shown = client.post("/admin/account/", {"do": "confirm", "code": digits(user)}).content.decode()
    return re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", shown)


def acts():
    return list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))


def test_a_sign_in_is_written_down_and_the_others_end_with_one_press(client, head):
    elsewhere = Client()
    sign_in(elsewhere, headers={"user-agent": FIREFOX})
    sign_in(client)

    page = client.get("/admin/account/").content.decode()
    client.post("/admin/account/", {"do": "sign_out_elsewhere"})

    assert "Firefox, Linux" in page and page.count("last seen") == 2
    assert elsewhere.get("/admin/").status_code == 302 and client.get("/admin/").status_code == 200
    assert SignIn.objects.count() == 1 and Session.objects.count() == 1
    assert acts() == ["signed in", "signed in", "signed out elsewhere"]


def test_a_changed_password_keeps_this_browser_in_the_list(client, head):
    sign_in(client)
    new = {"old_password": "carnival", "new_password1": "Quatorze-Juillet", "new_password2": "Quatorze-Juillet"}

    client.post("/admin/password_change/", new)

    assert "here</strong>" in client.get("/admin/account/").content.decode()


def test_after_the_password_the_telephone_is_asked_and_nothing_opens_before(client, head):
    sign_in(client)
    assert len(with_telephone(client, head)) == 10
    newcomer = Client()

    sign_in(newcomer)

    assert newcomer.get("/admin/")["Location"] == "/team/second/"
    assert newcomer.get("/api/v1/contacts/").status_code == 403
    assert newcomer.post("/team/second/", {"code": "000000"}).status_code == 403
    used = digits(head)
    assert newcomer.post("/team/second/", {"code": used}).status_code == 403, "the code that switched it on"
    newcomer.get("/admin/auth/user/?q=head")
    came = newcomer.post("/team/second/", {"code": digits(head, time.time() + 30)})
    assert came["Location"] == "/admin/auth/user/?q=head"
    assert newcomer.get("/admin/").status_code == 200


def test_a_recovery_code_lets_in_once(client, head):
    sign_in(client)
    code = with_telephone(client, head)[0]
    first, second = Client(), Client()
    for one in (first, second):
        sign_in(one)
        one.post("/team/second/", {"code": code.upper()})

    assert first.get("/admin/").status_code == 200
    assert second.get("/admin/")["Location"] == "/team/second/"
    assert "used a recovery code of" in acts()


def test_two_steps_are_switched_off_with_the_password_only_or_by_an_administrator(client, head):
    sign_in(client)
    with_telephone(client, head)

    client.post("/admin/account/", {"do": "drop", "password": "guessed"})
    assert SecondFactor.objects.exists()
    client.post("/admin/auth/user/", {"action": "drop_second_factor", "_selected_action": [head.pk]})

    assert not SecondFactor.objects.exists() and acts()[-1] == "switched off two-step sign-in of"


def test_who_guesses_waits_and_the_owner_elsewhere_does_not(client, head):
    guess = {"REMOTE_ADDR": "203.0.113.7"}
    pages = [sign_in(client, password="wrong", **guess) for _ in range(6)]

    assert "Too many tries. Wait 2 seconds" in pages[-1].content.decode()
    assert "Too many tries" not in pages[-2].content.decode()
    assert sign_in(client, **guess).status_code == 200, "also the right password waits there"
    assert sign_in(Client(), REMOTE_ADDR="198.51.100.9").status_code == 302


def test_after_the_wait_the_right_password_opens_and_the_count_begins_anew(client, head):
    for _ in range(6):
        sign_in(client, password="wrong")
    Tries.objects.update(last_at=timezone.now() - timedelta(seconds=5))

    assert sign_in(client).status_code == 302
    assert list(Tries.objects.order_by("n").values_list("n", flat=True)) == [5, 5]


def test_an_invited_person_chooses_her_password_by_the_link_of_her_mail(client, head):
    make_sender()
    sign_in(client)
    marketer = Group.objects.get(name="marketer")

    client.post("/admin/invite/", {"email": "Marie@brand.example", "roles": [marketer.pk]})
    mail = OutboxMail.objects.get(recipient="marie@brand.example")
    link = re.search(rb"http://\S+(/team/welcome/\S+)", bytes(mail.message).replace(b"=\r\n", b""))[1].decode()
    new = {"new_password1": "Quatorze-Juillet", "new_password2": "Quatorze-Juillet"}
    marie = Client()
    assert marie.get(link).status_code == 200 and not User.objects.get(username="marie@brand.example").is_active
    marie.post(link, new)

    assert sign_in(marie, name="marie@brand.example", password="Quatorze-Juillet").status_code == 302
    assert marie.get("/admin/campaigns/campaign/").status_code == 200
    assert Client().get(link).status_code == 404
    assert acts()[1:] == ["invited", "accepted the invitation of", "signed in"]


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("nobody", "valid email"),
        ("head@brand.example", "in the team already"),
        ("marie@brand.example", "no mail could leave"),
    ],
)
def test_an_invitation_that_cannot_be_sent_says_why(client, head, email, said):
    sign_in(client)
    role = Group.objects.get(name="analyst")

    page = client.post("/admin/invite/", {"email": email, "roles": [role.pk]}).content.decode()

    assert said in page


def test_nobody_gives_a_role_above_her_own(client):
    keeper = User.objects.create_user("keeper", password="carnival", is_staff=True)
    keeper.user_permissions.add(*Group.objects.get(name="analyst").permissions.all())
    keeper.user_permissions.add(Permission.objects.get(codename="add_user"))
    sign_in(client, name="keeper")
    role = Group.objects.get(name="administrator")

    page = client.post("/admin/invite/", {"email": "marie@brand.example", "roles": [role.pk]}).content.decode()

    assert "You may not give the role" in page and not User.objects.filter(email="marie@brand.example").exists()


def test_a_new_password_sent_after_the_sign_in_ended_is_kept_nowhere(client):
    client.post(
        "/admin/password_change/", {"old_password": "a", "new_password1": "b", "new_password2": "b", "note": "c"}
    )

    assert client.session["kept_writing"]["fields"] == [["note", "c"]]


def test_roles_are_called_in_the_readers_language_and_stand_in_the_list(client, head):
    client.force_login(head)
    ines = make_user(username="ines", is_superuser=False)
    ines.groups.add(Group.objects.get(name="place manager"), Group.objects.create(name="Interns"))

    listed = client.get("/admin/auth/user/", headers={"accept-language": "fr"}).content.decode()
    assert "Interns, responsable de boutique" in listed
    for page in ("/admin/invite/", f"/admin/auth/user/{ines.pk}/change/", "/admin/auth/group/"):
        assert "responsable de boutique" in client.get(page, headers={"accept-language": "fr"}).content.decode(), page
