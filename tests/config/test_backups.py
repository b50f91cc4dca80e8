"""A backup comes back whole, on another machine, and nothing is sent before a person has looked."""

import io
import json
import os
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

from config import backups
from tests.config.conftest import Site
from tests.make import make_contact

SERVICES = os.environ.get("FANFARE_SERVICES") == "1"
SEED = (
    "from contacts.models import Contact; from contacts.suppression import suppress;"
    "Contact.objects.create(email='ann@example.com', first_name='Ann'); suppress('cara@example.com', 'hard_bounce')"
)
LOOK = (
    "from contacts.models import Contact; from contacts.suppression import is_suppressed;"
    "from campaigns.models import SendingHold;"
    "print(list(Contact.objects.values_list('first_name', flat=True)), is_suppressed('cara@example.com'),"
    " SendingHold.objects.filter(lifted_at=None).count())"
)

NUMBERS = (
    "from contacts.models import Contact; from tests.make import make_delivery;"
    "one = make_delivery(contact=Contact.objects.get()); print(f'campaign-{one.campaign_id} delivery-{one.pk}')"
)


def said(done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def look(site) -> str:
    found = site.shell(LOOK)
    site.hang_up()
    return found


@pytest.fixture(scope="session")
def made_once(migrated, tmp_path_factory):
    """A seeded site and its backup, to be copied: each command is a process of its own and takes a second."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(migrated, folder / "var")
    site = Site(folder / "var")
    site.shell(SEED)
    site.hang_up()
    for name in ("public/ab/cd.png", "private/jobs/in/list.csv", "spool/test.spool"):
        (site.var / name).parent.mkdir(parents=True, exist_ok=True)
        (site.var / name).write_text(name)
    said(site.manage("backup", "--to", str(folder / "fanfare.tar.gz")))
    return folder


@pytest.fixture
def seeded(made_once, tmp_path):
    shutil.copytree(made_once / "var", tmp_path / "var")
    site = Site(tmp_path / "var")
    yield site
    site.stop()


@pytest.fixture
def backup(made_once, tmp_path):
    (tmp_path / "kept").mkdir()
    return Path(shutil.copy(made_once / "fanfare.tar.gz", tmp_path / "kept"))


def test_a_backup_comes_back_on_a_machine_that_has_nothing(seeded, backup, tmp_path):
    other = Site(tmp_path / "other")

    done = other.manage("restore", str(backup))

    assert done.returncode == 0, done.stderr
    assert "Sending is on hold" in done.stdout
    assert look(other) == "['Ann'] True 1", "contact, suppression (so the pepper came along) and the hold"
    for name in ("public/ab/cd.png", "private/jobs/in/list.csv", "spool/test.spool", "token.key", "secret.key"):
        assert (other.var / name).read_text() == (seeded.var / name).read_text()


def test_a_backup_is_for_its_owner_only_and_says_that_it_holds_secrets(seeded, tmp_path):
    target = tmp_path / "b.tar.gz"
    done = seeded.manage("backup", "--to", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "It holds secrets (SECRET_KEY, TOKEN_KEYS, ADDRESS_PEPPER)" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_secrets_of_the_environment_stay_out(seeded, tmp_path):
    target = tmp_path / "b.tar.gz"
    pepper = (seeded.var / "address.pepper").read_text().strip()
    seeded.manage(
        "backup", "--to", str(target), ADDRESS_PEPPER=pepper, SECRET_KEY="s" * 50, TOKEN_KEYS="0:" + "ab" * 32
    )
    with tarfile.open(target) as tar:
        assert not {"address.pepper", "secret.key", "token.key"} & set(tar.getnames())


def test_a_database_that_holds_anything_is_not_replaced_unless_forced(seeded, backup):
    seeded.shell("from contacts.models import Contact; print(Contact.objects.update(first_name='New'))")

    refused = seeded.manage("restore", str(backup))
    assert refused.returncode == 1 and "it holds contacts. Use --force" in refused.stderr
    assert look(seeded) == "['New'] True 0"

    assert seeded.manage("restore", "--force", str(backup)).returncode == 0
    assert look(seeded) == "['Ann'] True 1"


def test_numbers_that_mails_carry_since_the_backup_are_never_given_again(seeded, backup):
    in_a_mail = set(seeded.shell(NUMBERS).split())
    seeded.hang_up()
    said(seeded.manage("restore", "--force", str(backup)))
    assert in_a_mail.isdisjoint(seeded.shell(NUMBERS).split())
    seeded.hang_up()


def test_hits_that_came_after_the_backup_are_kept(seeded, backup):
    (seeded.var / "spool/test.spool").write_text("spool/test.spool and later hits")
    seeded.manage("restore", "--force", str(backup))
    assert (seeded.var / "spool/test.spool").read_text() == "spool/test.spool and later hits"


def tamper(backup: Path, how: str) -> Path:
    bad = backup.with_name(f"{how}.tar.gz")
    if how == "cut":
        bad.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    elif how == "text":
        bad.write_text("this is no tar")
    else:
        with tarfile.open(backup) as tar, tarfile.open(bad, "w:gz") as out:
            for entry in tar.getmembers():
                file = tar.extractfile(entry)
                content = file.read()
                if how == "changed" and entry.name == "public/ab/cd.png":
                    content = content.upper()
                if how == "newer" and entry.name == "manifest.json":
                    content = json.dumps({**json.loads(content), "format": 99}).encode()
                if how == "escaping" and entry.name == "public/ab/cd.png":
                    entry.name = "../../escaped"
                entry.size = len(content)
                out.addfile(entry, io.BytesIO(content))
    return bad


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("cut", "no whole backup"),
        ("text", "no whole backup"),
        ("changed", "public/ab/cd.png differs from its checksum"),
        ("newer", "has format 99"),
        ("escaping", "no whole backup"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_put_back(backup, tmp_path, how, why):
    (tmp_path / "scratch").mkdir()
    with pytest.raises(backups.BackupError, match=why):
        backups.unpack(tamper(backup, how), tmp_path / "scratch")
    assert not (tmp_path / "escaped").exists()


def test_the_command_says_in_one_sentence_what_is_wrong_and_touches_nothing(backup, empty_site):
    done = empty_site.manage("restore", str(tamper(backup, "changed")))
    assert done.returncode == 1 and "public/ab/cd.png differs from its checksum" in done.stderr
    assert "Traceback" not in done.stderr and not (empty_site.var / "public").exists()


def test_a_missing_backup_is_one_sentence(tmp_path):
    with pytest.raises(backups.BackupError, match="no whole backup of Fanfare: FileNotFoundError"):
        backups.unpack(tmp_path / "nowhere.tar.gz", tmp_path)


def test_another_pepper_is_refused_for_it_would_forget_every_suppression(seeded, backup, tmp_path):
    done = Site(tmp_path / "other").manage("restore", str(backup), ADDRESS_PEPPER="x" * 64)
    assert done.returncode == 1 and "every suppression would be forgotten" in done.stderr


def test_a_place_that_cannot_be_written_leaves_nothing(seeded, tmp_path):
    (tmp_path / "file").write_text("")
    done = seeded.manage("backup", "--to", str(tmp_path / "file" / "b.tar.gz"))
    assert done.returncode == 1 and "Choose another place with --to." in done.stderr


def test_a_missing_program_of_postgresql_names_the_package():
    with pytest.raises(backups.BackupError, match=r"pg_dumb is not installed. On Debian and Ubuntu: apt install"):
        backups.run_client(["pg_dumb"])


def test_upgrade_backs_up_migrates_and_collects(seeded):
    done = seeded.manage("upgrade")
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()[:3]] == ["backup", "migrate", "static files"]
    assert (seeded.var / "static/staticfiles.json").exists() and list((seeded.var / "backups").glob("fanfare-*.tar.gz"))


def test_an_empty_database_holds_nothing_that_needs_a_backup(db):
    assert backups.holds_data() == ""
    make_contact()
    assert backups.holds_data() == "contacts"


if SERVICES:

    @pytest.fixture
    def postgres(tmp_path):
        """Two empty databases on the server of FANFARE_POSTGRES, dropped afterwards."""
        import psycopg

        server = os.environ.get("FANFARE_POSTGRES", "postgres://postgres@127.0.0.1:5432")
        names = [f"backup_{os.getpid()}_{n}" for n in (1, 2)]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            for name in names:
                admin.execute(f"CREATE DATABASE {name}")
            yield [f"{server}/{name}" for name in names]
            for name in names:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def test_postgresql_comes_back_whole_and_held(postgres, tmp_path):
        here, there = Site(tmp_path / "here"), Site(tmp_path / "there")
        here.env["DATABASE_URL"], there.env["DATABASE_URL"] = postgres
        assert here.manage("migrate", "-v0").returncode == 0
        here.shell(SEED)
        here.hang_up()
        target = tmp_path / "b.tar.gz"
        said(here.manage("backup", "--to", str(target)))

        done = there.manage("restore", str(target))

        assert done.returncode == 0, done.stderr
        assert look(there) == "['Ann'] True 1"
        assert there.manage("migrate", "--check").returncode == 0
        assert there.manage("restore", str(target)).returncode == 1
        in_a_mail = set(there.shell(NUMBERS).split())
        assert there.manage("restore", "--force", str(target)).returncode == 0
        assert in_a_mail.isdisjoint(there.shell(NUMBERS).split())

    def test_a_backup_of_the_other_kind_of_database_is_refused(postgres, backup, tmp_path):
        other = Site(tmp_path / "other")
        other.env["DATABASE_URL"] = postgres[0]
        done = other.manage("restore", str(backup))
        assert done.returncode == 1 and "The backup is of sqlite, this site uses postgresql" in done.stderr
