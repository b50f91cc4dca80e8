import contacts.models.brand
import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contacts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaceRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "quiet_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="hour 0–23 in each person's own time zone; campaigns wait until the quiet is over",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(23)],
                        verbose_name="quiet from",
                    ),
                ),
                (
                    "quiet_until",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="hour 0–23",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(23)],
                        verbose_name="quiet until",
                    ),
                ),
                (
                    "cap_mails",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="mails of campaigns a person gets in that time; empty = no cap",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="at most",
                    ),
                ),
                (
                    "cap_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        help_text="days",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="within",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule of pace",
                "verbose_name_plural": "rules of pace",
            },
        ),
        migrations.CreateModel(
            name="RelayPace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "relay",
                    models.CharField(
                        help_text="a name of EMAIL_RELAYS", max_length=40, unique=True, verbose_name="relay"
                    ),
                ),
                (
                    "per_second",
                    models.FloatField(
                        blank=True,
                        help_text="empty = no limit",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0.001)],
                        verbose_name="a second",
                    ),
                ),
                ("per_hour", models.PositiveIntegerField(blank=True, null=True, verbose_name="an hour")),
                ("per_day", models.PositiveIntegerField(blank=True, null=True, verbose_name="a day")),
                (
                    "warmup_on",
                    models.DateField(
                        blank=True,
                        help_text="the first day of a new address; empty = none",
                        null=True,
                        verbose_name="warm-up since",
                    ),
                ),
                (
                    "warmup_first",
                    models.PositiveIntegerField(
                        default=200,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="mails on the first day",
                    ),
                ),
                (
                    "warmup_growth",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="per cent more each day",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="growth",
                    ),
                ),
            ],
            options={
                "verbose_name": "pace of a relay",
                "verbose_name_plural": "pace of relays",
            },
        ),
        migrations.CreateModel(
            name="RelayState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="relay")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failures in a row")),
                ("open_until", models.DateTimeField(blank=True, null=True, verbose_name="left alone until")),
                ("last_error", models.CharField(blank=True, max_length=300, verbose_name="last error")),
                ("day", models.DateField(blank=True, null=True, verbose_name="day")),
                ("sent_today", models.PositiveIntegerField(default=0, verbose_name="sent today")),
            ],
            options={
                "verbose_name": "relay",
                "verbose_name_plural": "relays",
            },
        ),
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "version",
                "verbose_name_plural": "versions",
                "ordering": ["content", "-number"],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("campaign", "campaign"), ("transactional", "sent by an event")],
                        default="campaign",
                        max_length=14,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("scheduled", "scheduled"),
                            ("sending", "sending"),
                            ("paused", "paused"),
                            ("finished", "finished"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        blank=True,
                        help_text="the event that sends it, for example confirm_subscription",
                        max_length=40,
                        verbose_name="trigger",
                    ),
                ),
                (
                    "everyone_reason",
                    models.CharField(
                        blank=True,
                        help_text="needed when no segment is chosen: all subscribers of the topic get the mail",
                        max_length=300,
                        verbose_name="why to everybody",
                    ),
                ),
                ("scheduled_at", models.DateTimeField(blank=True, null=True, verbose_name="start")),
                (
                    "pace_per_hour",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="empty = as fast as the relays allow",
                        null=True,
                        verbose_name="mails per hour",
                    ),
                ),
                (
                    "timing",
                    models.CharField(
                        choices=[
                            ("at_once", "as soon as it is her turn"),
                            ("preferred", "at the hour she likes, where she named one"),
                        ],
                        default="at_once",
                        max_length=9,
                        verbose_name="hour",
                    ),
                ),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(-1, "may wait for others"), (0, "normal"), (1, "before all others")],
                        default=0,
                        verbose_name="priority",
                    ),
                ),
                (
                    "tracking",
                    models.CharField(
                        choices=[
                            ("consent", "each contact as she agreed"),
                            ("crowd", "totals only"),
                            ("none", "nothing"),
                        ],
                        default="consent",
                        max_length=8,
                        verbose_name="measurement",
                    ),
                ),
                (
                    "ambiguity",
                    models.CharField(
                        choices=[
                            ("hold", "hold: never twice"),
                            ("resend", "send again: never lost"),
                            ("resolve", "look for proof first"),
                        ],
                        default="hold",
                        max_length=8,
                        verbose_name="mails in doubt",
                    ),
                ),
                (
                    "holdout_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="per cent of the audience that gets nothing, 0–20",
                        verbose_name="control group",
                    ),
                ),
                (
                    "needs_subscription",
                    models.BooleanField(
                        default=False,
                        help_text="of a mail sent by an event: it goes only to who is subscribed to the topic, on a basis, and can be left; without it, it is a service that the person asked for",
                        verbose_name="only to subscribers",
                    ),
                ),
                (
                    "in_archive",
                    models.BooleanField(
                        default=False,
                        help_text="everybody may read it, without anything personal",
                        verbose_name="in the public archive",
                    ),
                ),
                (
                    "objective",
                    models.CharField(
                        choices=[("awareness", "awareness"), ("sales", "sales"), ("loyalty", "loyalty")],
                        default="sales",
                        max_length=10,
                        verbose_name="objective",
                    ),
                ),
                (
                    "audience_cursor",
                    models.BigIntegerField(default=0, editable=False, verbose_name="snapshot reached contact"),
                ),
                (
                    "audience_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="audience frozen"),
                ),
                (
                    "send_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="the earliest end of what its blocks promise",
                        null=True,
                        verbose_name="not after",
                    ),
                ),
                ("paused_reason", models.CharField(blank=True, max_length=300, verbose_name="why paused")),
                ("started_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="finished")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "excluded_segments",
                    models.ManyToManyField(
                        blank=True, related_name="excluded_from", to="contacts.segment", verbose_name="but not to"
                    ),
                ),
                (
                    "segments",
                    models.ManyToManyField(
                        blank=True, related_name="campaigns", to="contacts.segment", verbose_name="to"
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="contacts.topic",
                        verbose_name="topic",
                    ),
                ),
                (
                    "content_version",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="campaigns.contentversion",
                        verbose_name="version sent",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
                "permissions": [
                    ("start_campaign", "Can start, pause and cancel a campaign"),
                    ("approve_campaign", "Can approve a campaign"),
                ],
                "indexes": [
                    models.Index(fields=["state", "scheduled_at"], name="campaign_due"),
                    models.Index(fields=["-created_at"], name="campaign_recent"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("holdout_percent__lte", 20)), name="campaign_holdout_0_20"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "campaign"), models.Q(("trigger", ""), _negated=True), _connector="OR"
                        ),
                        name="campaign_transactional_has_trigger",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "scheduled"), _negated=True),
                            ("scheduled_at__isnull", False),
                            _connector="OR",
                        ),
                        name="campaign_schedule_has_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "transactional"), ("state", "sending")),
                        fields=("trigger", "topic"),
                        name="campaign_one_per_trigger",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "transactional"), ("state", "sending"), ("topic", None)),
                        fields=("trigger",),
                        name="campaign_one_per_trigger_alone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occasion", models.CharField(blank=True, max_length=120, verbose_name="occasion")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("claimed", "taken by a sender"),
                            ("committing", "on the wire"),
                            ("sent", "sent"),
                            ("deferred", "to be tried again"),
                            ("failed", "failed"),
                            ("suppressed", "not sent: no longer allowed"),
                            ("ambiguous", "in doubt"),
                            ("cancelled", "cancelled"),
                            ("control", "control group"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("variant", models.CharField(blank=True, max_length=16, verbose_name="variant")),
                ("language", models.CharField(blank=True, max_length=8, verbose_name="language")),
                ("tracks_opens", models.BooleanField(default=False, verbose_name="opens measured")),
                ("tracks_clicks", models.BooleanField(default=False, verbose_name="clicks measured")),
                (
                    "context",
                    models.JSONField(
                        blank=True, help_text="of a transactional mail", null=True, verbose_name="merge values"
                    ),
                ),
                ("owner", models.CharField(blank=True, max_length=80, verbose_name="sender process")),
                ("fence", models.BigIntegerField(default=0, verbose_name="fence")),
                ("lease_until", models.DateTimeField(blank=True, null=True, verbose_name="lease until")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next try")),
                ("relay", models.CharField(blank=True, max_length=40, verbose_name="relay")),
                ("reply_code", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="reply")),
                ("reply", models.CharField(blank=True, max_length=300, verbose_name="reply text")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="queued")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("bounced_at", models.DateTimeField(blank=True, null=True, verbose_name="bounced")),
                ("complained_at", models.DateTimeField(blank=True, null=True, verbose_name="complained")),
                ("unsubscribed_at", models.DateTimeField(blank=True, null=True, verbose_name="unsubscribed")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "content_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="campaigns.contentversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["campaign", "id"], name="delivery_to_claim"
                    ),
                    models.Index(
                        condition=models.Q(("state", "deferred")),
                        fields=["campaign", "next_at"],
                        name="delivery_to_retry",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["claimed", "committing"])),
                        fields=["lease_until"],
                        name="delivery_lease_over",
                    ),
                    models.Index(fields=["campaign", "state", "tracks_opens", "tracks_clicks"], name="delivery_counts"),
                    models.Index(fields=["contact", "-sent_at"], name="delivery_of_contact"),
                    models.Index(
                        condition=models.Q(("bounced_at__isnull", False)),
                        fields=["campaign"],
                        name="delivery_came_back",
                    ),
                    models.Index(
                        condition=models.Q(("complained_at__isnull", False)),
                        fields=["campaign"],
                        name="delivery_unwanted",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "contact", "occasion"), name="delivery_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["claimed", "committing"]), _negated=True),
                            ("lease_until__isnull", False),
                            _connector="OR",
                        ),
                        name="delivery_claim_has_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sent"), _negated=True), ("sent_at__isnull", False), _connector="OR"
                        ),
                        name="delivery_sent_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "deferred"), _negated=True), ("next_at__isnull", False), _connector="OR"
                        ),
                        name="delivery_deferred_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailContent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "is_template",
                    models.BooleanField(
                        default=False, help_text="offered as a start for new mails", verbose_name="template"
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contents",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
            },
        ),
        migrations.AddField(
            model_name="contentversion",
            name="content",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="campaigns.emailcontent",
                verbose_name="mail",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="content",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="campaigns",
                to="campaigns.emailcontent",
                verbose_name="mail",
            ),
        ),
        migrations.CreateModel(
            name="Engagement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("first_at", models.DateTimeField(verbose_name="first")),
                ("last_at", models.DateTimeField(verbose_name="last")),
                ("n", models.PositiveIntegerField(default=1, verbose_name="times")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="engagements",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="engagements",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "engagement",
                "verbose_name_plural": "engagements",
                "indexes": [models.Index(fields=["contact", "kind", "-last_at"], name="engagement_of_contact")],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "kind", "contact"), name="engagement_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalEmailContent",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "is_template",
                    models.BooleanField(
                        default=False, help_text="offered as a start for new mails", verbose_name="template"
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("updated_at", models.DateTimeField(blank=True, editable=False, verbose_name="changed")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical mail",
                "verbose_name_plural": "historical mails",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HourlyTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("verdict", models.CharField(max_length=8, verbose_name="verdict")),
                ("dimension", models.CharField(blank=True, max_length=10, verbose_name="dimension")),
                ("value", models.CharField(blank=True, max_length=40, verbose_name="value")),
                ("n", models.BigIntegerField(default=0, verbose_name="events")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="totals",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "hourly total",
                "verbose_name_plural": "hourly totals",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "kind", "dimension", "value", "verdict", "hour"), name="total_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Image",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ImageField(
                        height_field="height",
                        storage=contacts.models.brand.public_storage,
                        upload_to="images/",
                        verbose_name="file",
                        width_field="width",
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64, unique=True, verbose_name="hash")),
                ("width", models.PositiveIntegerField(editable=False, help_text="pixels", verbose_name="width")),
                ("height", models.PositiveIntegerField(editable=False, help_text="pixels", verbose_name="height")),
                (
                    "sizes",
                    models.JSONField(
                        default=dict, editable=False, help_text="file names by width", verbose_name="narrower files"
                    ),
                ),
                (
                    "alt",
                    models.CharField(
                        help_text="what a person who does not see it should know",
                        max_length=300,
                        verbose_name="alternative text",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "brand",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="images",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "image",
                "verbose_name_plural": "images",
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("click", "link in a mail"), ("share", "shared link"), ("qr", "QR code")],
                        default="click",
                        max_length=6,
                        verbose_name="kind",
                    ),
                ),
                ("number", models.PositiveIntegerField(blank=True, null=True, verbose_name="number")),
                ("block", models.CharField(blank=True, max_length=40, verbose_name="block")),
                (
                    "token",
                    models.CharField(blank=True, max_length=32, null=True, unique=True, verbose_name="public token"),
                ),
                (
                    "target",
                    models.TextField(
                        blank=True,
                        help_text="may hold merge tags; then Django answers instead of the front",
                        verbose_name="target",
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                (
                    "fallback",
                    models.URLField(
                        blank=True,
                        help_text="where it leads once it has expired",
                        max_length=2000,
                        verbose_name="afterwards to",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="links",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "indexes": [models.Index(fields=["updated_at"], name="link_to_sync")],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "number"), name="link_number_in_campaign"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("token__isnull", False),
                            models.Q(("campaign__isnull", False), ("number__isnull", False)),
                            _connector="OR",
                        ),
                        name="link_has_an_address",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("click", "click"),
                            ("web_view", "web version read"),
                            ("unsubscribe", "unsubscribed"),
                            ("bounce", "bounced"),
                            ("complaint", "complained"),
                            ("reply", "replied"),
                            ("share_intent", "pressed share"),
                            ("share_composed", "share composed"),
                            ("earned_visit", "friend's visit"),
                            ("earned_contact", "friend signed up"),
                            ("earned_conversion", "friend bought"),
                            ("offer_view", "offer seen"),
                            ("claim", "offer claimed"),
                            ("redeem", "offer redeemed"),
                            ("reverse", "redemption undone"),
                            ("qr_scan", "QR code scanned"),
                            ("conversion", "order"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                ("key", models.CharField(max_length=140, verbose_name="key")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("human", "human"),
                            ("proxy", "proxy"),
                            ("machine", "machine"),
                            ("unknown", "unknown"),
                        ],
                        default="human",
                        max_length=8,
                        verbose_name="verdict",
                    ),
                ),
                ("rule", models.CharField(blank=True, max_length=24, verbose_name="rule")),
                ("ruleset", models.PositiveSmallIntegerField(default=0, verbose_name="ruleset")),
                ("network", models.CharField(blank=True, max_length=24, verbose_name="network")),
                (
                    "device",
                    models.CharField(
                        blank=True,
                        choices=[("", "unknown"), ("phone", "phone"), ("tablet", "tablet"), ("computer", "computer")],
                        max_length=8,
                        verbose_name="device",
                    ),
                ),
                ("os", models.CharField(blank=True, max_length=24, verbose_name="system")),
                ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                ("subject_kind", models.CharField(blank=True, max_length=24, verbose_name="object")),
                ("subject_id", models.BigIntegerField(blank=True, null=True, verbose_name="object id")),
                ("ip_prefix", models.CharField(blank=True, max_length=45, verbose_name="address range")),
                ("user_agent", models.CharField(blank=True, max_length=400, verbose_name="browser")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="stored")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="campaigns.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.link",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "indexes": [
                    models.Index(fields=["contact", "-at"], name="event_timeline"),
                    models.Index(fields=["campaign", "kind", "-at"], name="event_of_campaign"),
                    models.Index(fields=["delivery", "at"], name="event_of_delivery"),
                    models.Index(fields=["at"], name="event_retention"),
                ],
                "constraints": [models.UniqueConstraint(fields=("key", "at"), name="event_once")],
            },
        ),
        migrations.CreateModel(
            name="LinkEngagement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_at", models.DateTimeField(verbose_name="first")),
                ("last_at", models.DateTimeField(verbose_name="last")),
                ("n", models.PositiveIntegerField(default=1, verbose_name="times")),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="engagements",
                        to="campaigns.link",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "clicks on a link",
                "verbose_name_plural": "clicks on links",
                "constraints": [models.UniqueConstraint(fields=("link", "contact"), name="link_engagement_once")],
            },
        ),
        migrations.CreateModel(
            name="LinkTarget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.TextField(verbose_name="target")),
                ("until", models.DateTimeField(auto_now_add=True, verbose_name="until")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_targets",
                        to="campaigns.link",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "former target",
                "verbose_name_plural": "former targets",
            },
        ),
        migrations.CreateModel(
            name="OutboxMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sender", models.CharField(max_length=254, verbose_name="envelope sender")),
                ("recipient", models.CharField(max_length=254, verbose_name="recipient")),
                ("subject", models.CharField(blank=True, max_length=250, verbose_name="subject")),
                (
                    "message",
                    models.BinaryField(help_text="bytes as they would go over the wire", verbose_name="message"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="kept")),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outbox_mails",
                        to="campaigns.delivery",
                        verbose_name="delivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail in the Outbox",
                "verbose_name_plural": "Outbox",
                "indexes": [models.Index(fields=["-created_at"], name="outbox_recent")],
            },
        ),
        migrations.CreateModel(
            name="Sender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "from_name",
                    models.CharField(
                        max_length=120,
                        validators=[
                            django.core.validators.RegexValidator(
                                "[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]",
                                "Remove the line breaks and control characters: they would break the mail's header.",
                                inverse_match=True,
                            )
                        ],
                        verbose_name="name shown",
                    ),
                ),
                ("from_email", models.EmailField(max_length=254, verbose_name="address")),
                (
                    "reply_to",
                    models.EmailField(
                        blank=True, help_text="somebody must read it", max_length=254, verbose_name="replies go to"
                    ),
                ),
                (
                    "bounce_domain",
                    models.CharField(
                        blank=True,
                        help_text="domain of the envelope sender; empty = the address's domain",
                        max_length=120,
                        verbose_name="bounce domain",
                    ),
                ),
                (
                    "relay",
                    models.CharField(
                        blank=True,
                        help_text="a name of EMAIL_RELAYS; empty = by weight",
                        max_length=40,
                        verbose_name="relay",
                    ),
                ),
                ("dkim_selector", models.CharField(blank=True, max_length=63, verbose_name="DKIM selector")),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="senders",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "sender",
                "verbose_name_plural": "senders",
                "constraints": [
                    models.UniqueConstraint(fields=("brand", "from_email", "from_name"), name="sender_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCampaign",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("campaign", "campaign"), ("transactional", "sent by an event")],
                        default="campaign",
                        max_length=14,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("scheduled", "scheduled"),
                            ("sending", "sending"),
                            ("paused", "paused"),
                            ("finished", "finished"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        blank=True,
                        help_text="the event that sends it, for example confirm_subscription",
                        max_length=40,
                        verbose_name="trigger",
                    ),
                ),
                (
                    "everyone_reason",
                    models.CharField(
                        blank=True,
                        help_text="needed when no segment is chosen: all subscribers of the topic get the mail",
                        max_length=300,
                        verbose_name="why to everybody",
                    ),
                ),
                ("scheduled_at", models.DateTimeField(blank=True, null=True, verbose_name="start")),
                (
                    "pace_per_hour",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="empty = as fast as the relays allow",
                        null=True,
                        verbose_name="mails per hour",
                    ),
                ),
                (
                    "timing",
                    models.CharField(
                        choices=[
                            ("at_once", "as soon as it is her turn"),
                            ("preferred", "at the hour she likes, where she named one"),
                        ],
                        default="at_once",
                        max_length=9,
                        verbose_name="hour",
                    ),
                ),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(-1, "may wait for others"), (0, "normal"), (1, "before all others")],
                        default=0,
                        verbose_name="priority",
                    ),
                ),
                (
                    "tracking",
                    models.CharField(
                        choices=[
                            ("consent", "each contact as she agreed"),
                            ("crowd", "totals only"),
                            ("none", "nothing"),
                        ],
                        default="consent",
                        max_length=8,
                        verbose_name="measurement",
                    ),
                ),
                (
                    "ambiguity",
                    models.CharField(
                        choices=[
                            ("hold", "hold: never twice"),
                            ("resend", "send again: never lost"),
                            ("resolve", "look for proof first"),
                        ],
                        default="hold",
                        max_length=8,
                        verbose_name="mails in doubt",
                    ),
                ),
                (
                    "holdout_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="per cent of the audience that gets nothing, 0–20",
                        verbose_name="control group",
                    ),
                ),
                (
                    "needs_subscription",
                    models.BooleanField(
                        default=False,
                        help_text="of a mail sent by an event: it goes only to who is subscribed to the topic, on a basis, and can be left; without it, it is a service that the person asked for",
                        verbose_name="only to subscribers",
                    ),
                ),
                (
                    "in_archive",
                    models.BooleanField(
                        default=False,
                        help_text="everybody may read it, without anything personal",
                        verbose_name="in the public archive",
                    ),
                ),
                (
                    "objective",
                    models.CharField(
                        choices=[("awareness", "awareness"), ("sales", "sales"), ("loyalty", "loyalty")],
                        default="sales",
                        max_length=10,
                        verbose_name="objective",
                    ),
                ),
                (
                    "audience_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="audience frozen"),
                ),
                (
                    "send_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="the earliest end of what its blocks promise",
                        null=True,
                        verbose_name="not after",
                    ),
                ),
                ("paused_reason", models.CharField(blank=True, max_length=300, verbose_name="why paused")),
                ("started_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="finished")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("updated_at", models.DateTimeField(blank=True, editable=False, verbose_name="changed")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "content",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.emailcontent",
                        verbose_name="mail",
                    ),
                ),
                (
                    "content_version",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.contentversion",
                        verbose_name="version sent",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contacts.topic",
                        verbose_name="topic",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.sender",
                        verbose_name="sender",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical campaign",
                "verbose_name_plural": "historical campaigns",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="campaign",
            name="sender",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="campaigns",
                to="campaigns.sender",
                verbose_name="sender",
            ),
        ),
        migrations.CreateModel(
            name="SendingHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="lifted")),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "sending hold",
                "verbose_name_plural": "sending holds",
            },
        ),
        migrations.CreateModel(
            name="SentCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("relay", models.CharField(max_length=40)),
                ("minute", models.BigIntegerField()),
                ("n", models.IntegerField(default=0)),
            ],
            options={
                "verbose_name": "mails of a minute",
                "verbose_name_plural": "mails of a minute",
                "constraints": [models.UniqueConstraint(fields=("relay", "minute"), name="sent_count_minute")],
            },
        ),
        migrations.CreateModel(
            name="SpoolFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=120, verbose_name="node")),
                ("name", models.CharField(max_length=200, verbose_name="file")),
                ("offset", models.BigIntegerField(default=0, help_text="bytes", verbose_name="read up to")),
                ("torn_lines", models.PositiveIntegerField(default=0, verbose_name="torn lines")),
                ("started_at", models.DateTimeField(auto_now_add=True, verbose_name="first read")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="read to the end")),
            ],
            options={
                "verbose_name": "spool file",
                "verbose_name_plural": "spool files",
                "constraints": [models.UniqueConstraint(fields=("node", "name"), name="spool_file_once")],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=20, verbose_name="key")),
                ("data", models.JSONField(verbose_name="counts")),
                (
                    "mark",
                    models.CharField(
                        help_text="as long as it is the same, so are the counts", max_length=80, verbose_name="mark"
                    ),
                ),
                ("seconds", models.FloatField(help_text="that the counting took", verbose_name="seconds")),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "tally",
                "verbose_name_plural": "tallies",
                "constraints": [models.UniqueConstraint(fields=("campaign", "key"), name="tally_once")],
            },
        ),
        migrations.CreateModel(
            name="TokenBucket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=140, unique=True, verbose_name="key")),
                ("rate", models.FloatField(help_text="mails per second", verbose_name="rate")),
                ("capacity", models.FloatField(help_text="mails", verbose_name="burst")),
                ("tokens", models.FloatField(verbose_name="left")),
                ("refilled_at", models.DateTimeField(verbose_name="refilled")),
                (
                    "changed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="of a domain's own pace, which finds itself",
                        null=True,
                        verbose_name="rate changed",
                    ),
                ),
            ],
            options={
                "verbose_name": "throttle",
                "verbose_name_plural": "throttles",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tokens__gte", 0)), name="bucket_never_below_zero")
                ],
            },
        ),
        migrations.CreateModel(
            name="WeeklyReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "reader of the weekly page",
                "verbose_name_plural": "readers of the weekly page",
            },
        ),
        migrations.CreateModel(
            name="Automation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                (
                    "delay_minutes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="minutes after its cause",
                        validators=[django.core.validators.MaxValueValidator(525600)],
                        verbose_name="wait",
                    ),
                ),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(365)], verbose_name="days"
                    ),
                ),
                (
                    "cap_mails",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="of these mails a person gets in that time; empty = one for each cause",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="at most",
                    ),
                ),
                (
                    "cap_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        help_text="days",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="within",
                    ),
                ),
                (
                    "looked_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="looked for causes"),
                ),
                (
                    "switched_on_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="switched on"),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="automations",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        help_text="who left it gets no such mail, unless the mail is a service she asked for",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.topic",
                        verbose_name="topic",
                    ),
                ),
                (
                    "campaign",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="automation",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "automatic mail",
                "verbose_name_plural": "automatic mails",
                "constraints": [models.UniqueConstraint(fields=("brand", "kind"), name="automation_once")],
            },
        ),
        migrations.CreateModel(
            name="AudienceExclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("suppressed", "suppressed address"),
                            ("unsubscribed", "not subscribed to the topic"),
                            ("no_basis", "no consent and no other basis"),
                            ("unsendable", "no address that can be written to"),
                            ("paused", "asked for a pause"),
                            ("capped", "had enough mail lately"),
                            ("asked", "asked for consent less than six months ago"),
                            ("excluded", "in an excluded segment"),
                            ("control", "drawn for the control group"),
                        ],
                        max_length=14,
                        verbose_name="reason",
                    ),
                ),
                ("n", models.BigIntegerField(default=0, verbose_name="people")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exclusions",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "left out",
                "verbose_name_plural": "left out",
                "constraints": [models.UniqueConstraint(fields=("campaign", "reason"), name="exclusion_reason_once")],
            },
        ),
        migrations.CreateModel(
            name="ContentBody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=8, verbose_name="language"
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        max_length=250,
                        validators=[
                            django.core.validators.RegexValidator(
                                "[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]",
                                "Remove the line breaks and control characters: they would break the mail's header.",
                                inverse_match=True,
                            )
                        ],
                        verbose_name="subject",
                    ),
                ),
                (
                    "preheader",
                    models.CharField(
                        blank=True,
                        max_length=250,
                        validators=[
                            django.core.validators.RegexValidator(
                                "[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]",
                                "Remove the line breaks and control characters: they would break the mail's header.",
                                inverse_match=True,
                            )
                        ],
                        verbose_name="preheader",
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("blocks", "blocks"), ("mjml", "MJML"), ("html", "HTML")],
                        default="blocks",
                        max_length=6,
                        verbose_name="format",
                    ),
                ),
                ("blocks", models.JSONField(blank=True, default=list, verbose_name="blocks")),
                ("source", models.TextField(blank=True, help_text="MJML or HTML", verbose_name="source")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bodies",
                        to="campaigns.contentversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "body",
                "verbose_name_plural": "bodies",
                "constraints": [models.UniqueConstraint(fields=("version", "language"), name="content_body_language")],
            },
        ),
        migrations.AddConstraint(
            model_name="contentversion",
            constraint=models.UniqueConstraint(fields=("content", "number"), name="content_version_number"),
        ),
    ]
