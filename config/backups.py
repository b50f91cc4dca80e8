"""One tar with the database and the files, and the way back from it.

    backups.write(Path("/backup/fanfare.tar.gz"))       # while the site runs
    backups.restore(Path("/backup/fanfare.tar.gz"))     # into an empty database; sending is then on hold

The tar holds `manifest.json` (what, when, checksums), `database.sqlite3` or `database.dump`, `public/`, `private/`,
`spool/` and the secrets that live in files. Read it as you would read the database itself.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Model

from campaigns.models import Campaign, Delivery
from contacts.models import Contact

FORMAT = 1
FOLDERS = ("public", "private", "spool")  # under VAR_DIR; hits not yet ingested are in spool
SECRETS = {"SECRET_KEY": "secret.key", "TOKEN_KEYS": "token.key", "ADDRESS_PEPPER": "address.pepper"}
CHUNK = 1 << 20  # bytes read at once
HOLD = (
    "INSERT INTO campaigns_sendinghold (since, reason) VALUES ('{now}', 'Restored from the backup of {made}: "
    "what was sent after it is not known here. Look at the campaigns before lifting this.')"
)


# Mails sent after the backup name campaigns and deliveries by numbers that the restored database would give again: to
# others, who would then be unsubscribed or shown a voucher by somebody else's link. So it goes on far above them.
SKIPPED: dict[type[Model], int] = {Delivery: 10_000_000, Campaign: 1_000}


class BackupError(Exception):
    """The backup cannot be written or used; the message says why and what to do."""


@dataclass
class Manifest:
    """What a backup holds. `pepper` is a fingerprint, not the secret: suppressions work with that pepper only."""

    made_at: str
    vendor: str
    pepper: str
    secrets: list[str]
    migrations: int
    format: int = FORMAT
    sha256: dict[str, str] = field(default_factory=dict)


def write(target: Path) -> Manifest:
    """Write a backup of the running site and return its manifest.

    Reads:   the database as of one moment, then the files (so every file that a row names is there).
    Writes:  target, readable by its owner only, at once or not at all.
    Raises:  BackupError when the folder, the disk or pg_dump fails.
    """
    manifest = Manifest(
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        vendor=connection.vendor,
        pepper=fingerprint(),
        secrets=[name for name in SECRETS if name in settings.SECRETS_IN_FILES],
        migrations=len(MigrationRecorder(connection).applied_migrations()),
    )
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch() as folder, private_file(partial) as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
            add(tar, manifest, dump(folder), dumped_name())
            for path, name in files_to_keep(manifest):
                add(tar, manifest, path, name)
            listing = folder / "manifest.json"
            listing.write_text(json.dumps(asdict(manifest), indent=1))
            tar.add(listing, "manifest.json")
        partial.replace(target)
    except OSError as why:
        raise BackupError(f"Cannot write {target}: {why}. Choose another place with --to.") from why
    finally:
        partial.unlink(missing_ok=True)
    return manifest


@contextlib.contextmanager
def private_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that its owner alone may read, and have it on the disk when left."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder on the disk of VAR_DIR, where a whole database fits and others cannot look."""
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR, prefix="backup-") as folder:
        yield Path(folder)


def fingerprint() -> str:
    """Return a mark by which two sites see whether they share ADDRESS_PEPPER, without showing it."""
    return hashlib.sha256(f"fanfare pepper {settings.ADDRESS_PEPPER}".encode()).hexdigest()[:16]


def dumped_name() -> str:
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.dump"


def dump(folder: Path) -> Path:
    """Copy the database, as of one moment, into the folder."""
    path = folder / dumped_name()
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(path)) as copy:
            cast(sqlite3.Connection, connection.connection).backup(copy)  # one read transaction: writers go on
        return path
    run_client(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}"])
    return path


def run_client(command: list[str], stdin: IO[bytes] | None = None) -> None:
    """Run one of PostgreSQL's programs against our database; its password travels in the environment only."""
    options = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    env = {**os.environ, **{variable: str(options[key]) for variable, key in names.items() if options.get(key)}}
    try:
        done = subprocess.run(command, env=env, stdin=stdin, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise BackupError(
            f"{command[0]} is not installed. On Debian and Ubuntu: apt install postgresql-client"
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or "no reason given").splitlines()[0]
        raise BackupError(f"{command[0]} failed: {said}")


def files_to_keep(manifest: Manifest) -> Iterator[tuple[Path, str]]:
    """Yield files of the site and their names in the tar."""
    for folder in FOLDERS:
        for path in sorted((settings.VAR_DIR / folder).rglob("*")):
            if path.is_file():
                yield path, path.relative_to(settings.VAR_DIR).as_posix()
    for name in manifest.secrets:
        yield settings.VAR_DIR / SECRETS[name], SECRETS[name]


def add(tar: tarfile.TarFile, manifest: Manifest, path: Path, name: str) -> None:
    """Put one file into the tar and its checksum into the manifest; a spool file may grow meanwhile or be gone."""
    try:
        with path.open("rb") as file:
            entry = tar.gettarinfo(arcname=name, fileobj=file)
            counted = Counted(file)
            tar.addfile(entry, cast(IO[bytes], counted))
    except FileNotFoundError:
        return
    manifest.sha256[name] = counted.digest.hexdigest()


class Counted:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.digest.update(piece)
        return piece


def restore(source: Path, *, force: bool = False) -> Manifest:
    """Put a backup back and return its manifest; sending is on hold from the first moment.

    Writes:  the whole database in one step, then files that are missing; SendingHold and the numbers from which
             campaigns and deliveries go on within the same step.
    Raises:  BackupError when the backup is damaged or of another kind, or (unless forced) the database holds data.
    """
    with scratch() as folder:
        manifest = unpack(source, folder)
        refuse_foreign(manifest, force=force)
        if not force and (what := holds_data()):
            raise BackupError(f"The database is not empty: it holds {what}. Use --force to replace all of it.")
        database = folder / dumped_name()
        (load_sqlite if connection.vendor == "sqlite" else load_postgres)(database, manifest)
        put_files_back(manifest, folder)
    return manifest


def unpack(source: Path, folder: Path) -> Manifest:
    """Extract a backup and compare every file with its checksum."""
    try:
        with tarfile.open(source) as tar:
            tar.extractall(folder, filter="data")
        found = json.loads((folder / "manifest.json").read_text())
    except (OSError, tarfile.TarError, EOFError, ValueError) as why:
        raise BackupError(f"{source} is no whole backup of Fanfare: {type(why).__name__}. Try another one.") from why
    if found.get("format") != FORMAT:
        raise BackupError(f"{source} has format {found.get('format')}, this Fanfare reads {FORMAT}. Upgrade it first.")
    manifest = Manifest(**found)
    for name, expected in manifest.sha256.items():
        if not (folder / name).is_file() or checksum(folder / name) != expected:
            raise BackupError(f"{source} is damaged: {name} differs from its checksum. Try another one.")
    return manifest


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_foreign(manifest: Manifest, *, force: bool) -> None:
    """Refuse a backup of the other kind of database, or one whose suppressions this site could not read."""
    if manifest.vendor != connection.vendor:
        raise BackupError(
            f"The backup is of {manifest.vendor}, this site uses {connection.vendor}. Correct DATABASE_URL."
        )
    brings_pepper = "ADDRESS_PEPPER" in manifest.secrets and "ADDRESS_PEPPER" in settings.SECRETS_IN_FILES
    if manifest.pepper != fingerprint() and not brings_pepper and not force:
        raise BackupError(
            "ADDRESS_PEPPER differs from the one of the backup: every suppression would be forgotten. "
            "Set the old one, or use --force."
        )


def holds_data() -> str:
    """Say what the database holds that a restore would destroy, '' when nothing."""
    try:
        for name, model in (("contacts", Contact), ("campaigns", Campaign), ("users", get_user_model())):
            if model._default_manager.exists():
                return name
    except DatabaseError:  # no tables yet
        return ""
    return ""


def hold_statement(manifest: Manifest) -> str:
    """SQL that puts sending on hold; both times come from clocks and our own manifest, checked to be times."""
    made = dt.datetime.fromisoformat(manifest.made_at).isoformat(" ", "minutes")
    return HOLD.format(now=dt.datetime.now(dt.UTC).isoformat(" ", "seconds").removesuffix("+00:00"), made=made)


def skip_statements() -> list[str]:
    """SQL that makes campaigns and deliveries number their next rows above all that was given since the backup."""
    found = [(model._meta.db_table, newest(model), n) for model, n in SKIPPED.items()]
    if connection.vendor != "sqlite":
        sequence = "pg_get_serial_sequence('public.{0}', 'id')"
        setting = f"SELECT setval({sequence}, greatest(nextval({sequence}), {{1}}) + {{2}})"
        return [setting.format(*each) for each in found]
    start = (
        "INSERT INTO sqlite_sequence (name, seq) SELECT '{0}', 0 "
        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{0}')"
    )
    skip = "UPDATE sqlite_sequence SET seq = max(seq, {1}) + {2} WHERE name = '{0}'"
    return [statement.format(*each) for each in found for statement in (start, skip)]


def newest(model: type[Model]) -> int:
    """Return the highest number in the database that is about to be replaced, 0 when there is none."""
    try:
        return int(model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0)
    except DatabaseError:  # no tables yet
        return 0


def load_sqlite(copy: Path, manifest: Manifest) -> None:
    """Hold the copy, then replace the live database by it, page by page under SQLite's own lock."""
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(copy)) as source:
        with source:
            for statement in (hold_statement(manifest), *skip_statements()):
                source.execute(statement)
        source.backup(cast(sqlite3.Connection, connection.connection))
    connections.close_all()


def load_postgres(archive: Path, manifest: Manifest) -> None:
    """Replace the database and hold it in one transaction: no sender sees it restored and not held."""
    tables, script = archive.with_suffix(".sql"), archive.with_name("restore.sql")
    run_client(["pg_restore", "--no-owner", "--no-privileges", f"--file={tables}", str(archive)])
    held = hold_statement(manifest).replace("campaigns_sendinghold", "public.campaigns_sendinghold")
    with script.open("wb") as whole, tables.open("rb") as middle:
        # newer tables than the backup's must go too, or the next migrate would find them in its way
        whole.write(b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n")
        shutil.copyfileobj(middle, whole, CHUNK)
        whole.write("".join(f"\n{statement};\n" for statement in (held, *skip_statements())).encode())
    connections.close_all()
    with script.open("rb") as file:
        run_client(["psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"], stdin=file)


def put_files_back(manifest: Manifest, folder: Path) -> None:
    """Copy files to where they were, and the secrets that this site too keeps in files.

    A spool file that is still there is longer than its copy: it stays, and its hits since the backup are read again.
    """
    for kept in FOLDERS:
        for path in (folder / kept).rglob("*"):
            target = settings.VAR_DIR / path.relative_to(folder)
            if path.is_file() and not (kept == "spool" and target.exists()):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    for name in manifest.secrets:
        if name in settings.SECRETS_IN_FILES:
            shutil.copyfile(folder / SECRETS[name], settings.VAR_DIR / SECRETS[name])
            (settings.VAR_DIR / SECRETS[name]).chmod(0o600)
    (settings.VAR_DIR / "links.sqlite").unlink(missing_ok=True)  # a cache of targets as they were before


def default_target() -> Path:
    """Return var/backups/fanfare-20260501T090000Z.tar.gz."""
    return Path(settings.VAR_DIR) / "backups" / f"fanfare-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}.tar.gz"
