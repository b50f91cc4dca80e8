"""Other Django senders at their own work, in a venv of their own: python send_peers_worker.py post_office 8171 500

Knows nothing of ours. Each has its mails ready in its own tables (SQLite, WAL); only the sending is measured.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import django
from django.conf import settings

NAME, PORT, N = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
FOLDER = Path(tempfile.mkdtemp(prefix="fanfare-peers-"))
BODY = "<p>" + "y" * 70 + "</p>\n"
HTML = BODY * (30_000 // len(BODY))
APPS = {
    "post_office": ["post_office"],
    "newsletter": ["django.contrib.sites", "sorl.thumbnail", "newsletter"],
    "send_mail": [],
}
settings.configure(
    SECRET_KEY="x",
    USE_TZ=True,
    SITE_ID=1,
    ROOT_URLCONF="newsletter.urls" if NAME == "newsletter" else "django.contrib.auth.urls",
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.admin",
        *APPS[NAME],
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "DIRS": [str(FOLDER)],
            "OPTIONS": {"context_processors": []},
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(FOLDER / "peers.sqlite3"),
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "timeout": 20},
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    MEDIA_ROOT=str(FOLDER),
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=PORT,
    NEWSLETTER_THUMBNAIL="sorl-thumbnail",
    POST_OFFICE={
        "BATCH_SIZE": 1000,
        "THREADS_PER_PROCESS": 10,
        "DEFAULT_PRIORITY": "medium",
        "MESSAGE_ID_ENABLED": True,
    },
    LOGGING_CONFIG=None,
)


def seed_post_office():
    from post_office import mail

    for start in range(0, N, 500):
        mail.send_many(
            [
                {
                    "recipients": f"fan{i}@example.com",
                    "sender": "news@brand.example",
                    "subject": "May",
                    "message": "Hello",
                    "html_message": HTML,
                }
                for i in range(start, min(N, start + 500))
            ]
        )


def post_office():
    """Send its queue with ten threads, as its own command does."""
    from post_office.mail import send_queued

    sent, failed, requeued = send_queued(processes=1)
    return sent


def seed_newsletter():
    from django.contrib.sites.models import Site
    from django.utils import timezone
    from newsletter.models import Article, Message, Newsletter, Submission, Subscription

    made = Newsletter.objects.create(title="May", slug="may", email="news@brand.example", sender="Brand")
    made.site.set([Site.objects.get_or_create(pk=1, defaults={"domain": "brand.example", "name": "b"})[0]])
    message = Message.objects.create(title="May", slug="may", newsletter=made)
    Article.objects.create(title="May", text=HTML, post=message)
    for i in range(N):
        Subscription.objects.create(
            newsletter=made, email_field=f"fan{i}@example.com", subscribed=True, subscribe_date=timezone.now()
        )
    submission = Submission.objects.create(
        newsletter=made, message=message, publish_date=timezone.now(), prepared=True, sending=False
    )
    submission.subscriptions.set(Subscription.objects.all())


def newsletter():
    """Submit the one submission, as its own command does."""
    from newsletter.models import Submission

    for name in ("message", "message_subject"):
        for ending in ("txt", "html"):
            where = FOLDER / "newsletter" / "message"
            where.mkdir(parents=True, exist_ok=True)
            (where / f"{name}.{ending}").write_text("{{ message.title }} {{ message.articles.all.0.text|safe }}")
    (FOLDER / "newsletter" / "message" / "message_subject.txt").write_text("{{ message.title }}")
    Submission.objects.get().submit()
    return N


def seed_send_mail():
    pass


def send_mail():
    """Call send_mail in a loop."""
    from django.core.mail import send_mail as send

    for i in range(N):
        send("May", "Hello", "news@brand.example", [f"fan{i}@example.com"], html_message=HTML)
    return N


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    globals()[f"seed_{NAME}"]()
    began = time.perf_counter()
    sent = globals()[NAME]()
    print(json.dumps({"sent": sent, "seconds": time.perf_counter() - began}))
