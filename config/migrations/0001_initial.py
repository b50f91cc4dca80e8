import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contacts", "0001_initial"),
        ("social", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookPosition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=24, unique=True, verbose_name="source")),
                ("last_id", models.BigIntegerField(default=0, verbose_name="read up to")),
            ],
            options={
                "verbose_name": "webhook position",
                "verbose_name_plural": "webhook positions",
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("prefix", models.CharField(max_length=12, unique=True, verbose_name="prefix")),
                ("secret_hash", models.CharField(max_length=64, verbose_name="secret (hashed)")),
                (
                    "scopes",
                    models.JSONField(
                        default=list, help_text='for example ["contacts:read", "orders:write"]', verbose_name="scopes"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "old_secret_hash",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="former secret (hashed)"),
                ),
                (
                    "old_secret_until",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="former secret opens until"
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="empty = what the installation allows",
                        null=True,
                        verbose_name="requests a minute",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "places",
                    models.ManyToManyField(blank=True, related_name="+", to="social.place", verbose_name="places"),
                ),
                (
                    "topics",
                    models.ManyToManyField(blank=True, related_name="+", to="contacts.topic", verbose_name="topics"),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=500, verbose_name="address")),
                ("events", models.JSONField(blank=True, default=list, help_text="empty = all", verbose_name="events")),
                ("secret", models.CharField(max_length=120, verbose_name="signing secret")),
                ("old_secret", models.CharField(blank=True, max_length=120, verbose_name="former signing secret")),
                (
                    "old_secret_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="former secret signs until"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("disabled_reason", models.CharField(blank=True, max_length=300, verbose_name="why switched off")),
                ("failing_since", models.DateTimeField(blank=True, null=True, verbose_name="failing since")),
                ("failures", models.PositiveSmallIntegerField(default=0, verbose_name="failures in a row")),
                ("retry_at", models.DateTimeField(blank=True, null=True, verbose_name="next try")),
                ("leased_until", models.DateTimeField(blank=True, null=True, verbose_name="being served until")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to="config.apikey",
                        verbose_name="API key",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "constraints": [models.UniqueConstraint(fields=("key", "url"), name="webhook_once_per_key")],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.CharField(max_length=64, verbose_name="message id")),
                ("event", models.CharField(max_length=60, verbose_name="event")),
                ("order_key", models.CharField(blank=True, max_length=60, verbose_name="order key")),
                ("body", models.JSONField(default=dict, verbose_name="body")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next try")),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="last status")),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="last error")),
                ("delivered_at", models.DateTimeField(blank=True, null=True, verbose_name="delivered")),
                ("given_up_at", models.DateTimeField(blank=True, null=True, verbose_name="given up")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="config.webhookendpoint",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook message",
                "verbose_name_plural": "webhook messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True), ("given_up_at__isnull", True)),
                        fields=["endpoint", "id"],
                        name="webhook_owed",
                    ),
                    models.Index(fields=["created_at"], name="webhook_message_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "message_id"), name="webhook_message_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="KeyUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("n", models.PositiveIntegerField(default=0, verbose_name="requests")),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="config.apikey",
                        verbose_name="API key",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a key",
                "verbose_name_plural": "use of keys",
                "constraints": [models.UniqueConstraint(fields=("key", "day"), name="key_usage_once")],
            },
        ),
    ]
