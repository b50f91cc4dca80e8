import contacts.models.brand
import contacts.models.job
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttributeType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.SlugField(
                        help_text="as written in segments and merge tags: favourite_shop",
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                ("label", models.CharField(max_length=120, verbose_name="label")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "text"),
                            ("number", "number"),
                            ("date", "date"),
                            ("boolean", "yes or no"),
                            ("list", "list"),
                        ],
                        default="text",
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                (
                    "is_filterable",
                    models.BooleanField(
                        default=False,
                        help_text="has an index of its own, for segments over many people",
                        verbose_name="filterable",
                    ),
                ),
            ],
            options={
                "verbose_name": "attribute",
                "verbose_name_plural": "attributes",
                "ordering": ["label"],
            },
        ),
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                ("slug", models.SlugField(unique=True, verbose_name="short name")),
                (
                    "default_language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")],
                        default=contacts.models.brand.default_language,
                        max_length=8,
                        verbose_name="default language",
                    ),
                ),
                (
                    "languages",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='languages it writes in, for example ["fr", "en"]',
                        verbose_name="languages",
                    ),
                ),
                ("website", models.URLField(blank=True, verbose_name="website")),
                (
                    "postal_address",
                    models.TextField(
                        blank=True,
                        help_text="stands in the footer of every mail; the law asks for it",
                        verbose_name="postal address",
                    ),
                ),
                (
                    "logo",
                    models.ImageField(
                        blank=True,
                        storage=contacts.models.brand.public_storage,
                        upload_to="brands/",
                        verbose_name="logo",
                    ),
                ),
                (
                    "colour_primary",
                    models.CharField(
                        default="#5b2a86",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-fA-F]{6}$",
                                "Write the colour as # and six hexadecimal digits, for example #5b2a86.",
                            )
                        ],
                        verbose_name="main colour",
                    ),
                ),
                (
                    "colour_accent",
                    models.CharField(
                        default="#d99a00",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^#[0-9a-fA-F]{6}$",
                                "Write the colour as # and six hexadecimal digits, for example #5b2a86.",
                            )
                        ],
                        verbose_name="accent colour",
                    ),
                ),
                (
                    "font_stack",
                    models.CharField(
                        default="-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
                        max_length=200,
                        verbose_name="font",
                    ),
                ),
                ("privacy_url", models.URLField(blank=True, verbose_name="privacy page")),
                (
                    "friend_robots",
                    models.CharField(
                        choices=[
                            ("noindex, nofollow", "keep out of search engines"),
                            ("noindex", "keep out, links may be followed"),
                            ("all", "may be found"),
                        ],
                        default="noindex, nofollow",
                        help_text="previews of networks come in any case",
                        max_length=20,
                        verbose_name="friends' pages in search engines",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
            ],
            options={
                "verbose_name": "brand",
                "verbose_name_plural": "brands",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                ("rules", models.JSONField(default=dict, verbose_name="rules")),
                (
                    "rules_version",
                    models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="language version"),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "segment",
                "verbose_name_plural": "segments",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Asking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("form", models.CharField(max_length=24, verbose_name="form")),
                ("asker", models.CharField(max_length=32, verbose_name="asker")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("n", models.PositiveIntegerField(default=0, verbose_name="times")),
            ],
            options={
                "verbose_name": "asking",
                "verbose_name_plural": "askings",
                "indexes": [models.Index(fields=["hour"], name="asking_age")],
                "constraints": [models.UniqueConstraint(fields=("form", "asker", "hour"), name="asking_once_an_hour")],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(blank=True, max_length=254, null=True, unique=True, verbose_name="e-mail")),
                (
                    "address_hash",
                    models.CharField(blank=True, editable=False, max_length=32, verbose_name="address hash"),
                ),
                (
                    "unsendable",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("eai", "letters outside ASCII before the @, which few servers accept"),
                            ("invalid", "not an address"),
                        ],
                        max_length=10,
                        verbose_name="cannot be written to",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                (
                    "language",
                    models.CharField(
                        blank=True, choices=[("en", "English"), ("fr", "French")], max_length=8, verbose_name="language"
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        help_text="IANA name, for example Europe/Paris",
                        max_length=64,
                        verbose_name="time zone",
                    ),
                ),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="attributes")),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="where this person came from first", max_length=120, verbose_name="source"
                    ),
                ),
                (
                    "open_tracking_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="agreed to open measurement"
                    ),
                ),
                (
                    "click_tracking_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="agreed to click measurement"
                    ),
                ),
                (
                    "profiling_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="agreed to profiling"),
                ),
                (
                    "public_name_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="agreed to show her first name"
                    ),
                ),
                (
                    "last_opened_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last open"),
                ),
                (
                    "last_clicked_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last click"),
                ),
                (
                    "last_shared_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last share"),
                ),
                (
                    "last_redeemed_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last redemption"),
                ),
                (
                    "last_ordered_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last order"),
                ),
                (
                    "paused_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="she asked for no mail before this time",
                        null=True,
                        verbose_name="pause until",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="merged",
                        to="contacts.contact",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "referred_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="brought",
                        to="contacts.contact",
                        verbose_name="brought by",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "indexes": [
                    models.Index(fields=["address_hash"], name="contact_suppression_join"),
                    models.Index(fields=["last_name", "first_name"], name="contact_by_name"),
                    models.Index(fields=["first_name"], name="contact_by_first_name"),
                    models.Index(fields=["created_at"], name="contact_by_age"),
                    models.Index(fields=["last_opened_at"], name="contact_last_open"),
                    models.Index(fields=["last_clicked_at"], name="contact_last_click"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email__isnull", True),
                            ("email", django.db.models.functions.text.Lower("email")),
                            _connector="OR",
                        ),
                        name="contact_email_is_normalised",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", ""), _negated=True), name="contact_email_missing_is_null"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("referred_by", models.F("id")), _negated=True),
                        name="contact_not_own_friend",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=80, verbose_name="table")),
                ("last_id", models.BigIntegerField(verbose_name="highest number")),
                ("writers", models.JSONField(default=list, verbose_name="open transactions")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
            ],
            options={
                "verbose_name": "feed mark",
                "verbose_name_plural": "feed marks",
                "constraints": [models.UniqueConstraint(fields=("table", "last_id"), name="feed_mark_once")],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("service", models.CharField(max_length=40, verbose_name="service")),
                ("node", models.CharField(max_length=120, verbose_name="node")),
                ("at", models.DateTimeField(verbose_name="last sign of life")),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
                "constraints": [models.UniqueConstraint(fields=("service", "node"), name="heartbeat_of_service")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalSegment",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(db_index=True, max_length=120, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                ("rules", models.JSONField(default=dict, verbose_name="rules")),
                (
                    "rules_version",
                    models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="language version"),
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
                "verbose_name": "historical segment",
                "verbose_name_plural": "historical segments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.CharField(
                        help_text="API key prefix, device or session that asked", max_length=80, verbose_name="client"
                    ),
                ),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("request_hash", models.CharField(max_length=64, verbose_name="request hash")),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="empty while the first request still works",
                        null=True,
                        verbose_name="status",
                    ),
                ),
                ("answer", models.JSONField(blank=True, null=True, verbose_name="answer")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "idempotency key",
                "verbose_name_plural": "idempotency keys",
                "indexes": [models.Index(fields=["created_at"], name="idempotency_age")],
                "constraints": [models.UniqueConstraint(fields=("client", "key"), name="idempotency_once")],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address_hash", models.CharField(max_length=32, verbose_name="address hash")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("hard_bounce", "address does not exist"),
                            ("soft_bounces", "failed again and again"),
                            ("complaint", "complained"),
                            ("unsubscribed_all", "left everything"),
                            ("erased", "erased on request"),
                            ("imported", "on an imported list"),
                            ("manual", "by hand"),
                        ],
                        max_length=16,
                        verbose_name="reason",
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300, verbose_name="detail")),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="source")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="lifted")),
                ("lifted_reason", models.CharField(blank=True, max_length=300, verbose_name="why lifted")),
            ],
            options={
                "verbose_name": "suppression",
                "verbose_name_plural": "suppressions",
                "permissions": [("lift_suppression", "Can lift a suppression")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("address_hash",),
                        name="suppression_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_at__isnull", True), models.Q(("lifted_reason", ""), _negated=True), _connector="OR"
                        ),
                        name="suppression_lift_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.tag",
                        verbose_name="tag",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag of a contact",
                "verbose_name_plural": "tags of contacts",
                "constraints": [models.UniqueConstraint(fields=("contact", "tag"), name="contact_tag_once")],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="tags",
            field=models.ManyToManyField(
                blank=True,
                related_name="contacts",
                through="contacts.ContactTag",
                to="contacts.tag",
                verbose_name="tags",
            ),
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "slug",
                    models.SlugField(
                        help_text="stands in the List-Id of the mails", unique=True, verbose_name="short name"
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="shown to subscribers in the preference centre",
                        max_length=300,
                        verbose_name="description",
                    ),
                ),
                (
                    "is_public",
                    models.BooleanField(
                        default=True,
                        help_text="offered on sign-up forms and in the preference centre",
                        verbose_name="public",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="topics",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "topic",
                "verbose_name_plural": "topics",
                "ordering": ["brand", "name"],
                "constraints": [models.UniqueConstraint(fields=("brand", "name"), name="topic_name_in_brand")],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "to be confirmed"),
                            ("subscribed", "subscribed"),
                            ("unsubscribed", "unsubscribed"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("consent", "consent"),
                            ("customer", "existing customer, similar products"),
                            ("service", "a service the person asked for"),
                        ],
                        default="none",
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="source")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("subscribed_at", models.DateTimeField(blank=True, null=True, verbose_name="subscribed since")),
                ("unsubscribed_at", models.DateTimeField(blank=True, null=True, verbose_name="unsubscribed since")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason for leaving")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscriptions",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="contacts.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "subscription",
                "verbose_name_plural": "subscriptions",
                "indexes": [models.Index(fields=["topic", "state", "contact"], name="subscription_audience")],
                "constraints": [
                    models.UniqueConstraint(fields=("contact", "topic"), name="subscription_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "subscribed"), _negated=True),
                            ("subscribed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="subscription_has_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "unsubscribed"), _negated=True),
                            ("unsubscribed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="subscription_has_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignupForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        help_text="stands in the address of the page: /join/short-name/",
                        unique=True,
                        verbose_name="short name",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "title",
                    models.JSONField(
                        blank=True, default=dict, help_text='per language: {"fr": "…", "en": "…"}', verbose_name="title"
                    ),
                ),
                (
                    "wording",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="per language; kept with each consent",
                        verbose_name="consent wording",
                    ),
                ),
                ("asks_names", models.BooleanField(default=True, verbose_name="asks for the first name")),
                (
                    "asks_tracking",
                    models.BooleanField(
                        default=True,
                        help_text="separate, unticked boxes (CNIL 2026-042)",
                        verbose_name="asks for measurement consent",
                    ),
                ),
                ("is_double_opt_in", models.BooleanField(default=True, verbose_name="confirm by mail")),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signup_forms",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "topics",
                    models.ManyToManyField(related_name="signup_forms", to="contacts.topic", verbose_name="topics"),
                ),
            ],
            options={
                "verbose_name": "sign-up form",
                "verbose_name_plural": "sign-up forms",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address_hash", models.CharField(blank=True, max_length=32, verbose_name="address hash")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("open_tracking", "measure opens"),
                            ("click_tracking", "measure clicks"),
                            ("profiling", "profile"),
                            ("public_name", "show the first name to friends"),
                        ],
                        max_length=16,
                        verbose_name="purpose",
                    ),
                ),
                ("is_given", models.BooleanField(verbose_name="given")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("consent", "consent"),
                            ("customer", "existing customer, similar products"),
                            ("service", "a service the person asked for"),
                        ],
                        default="consent",
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("form", "form"),
                            ("confirmation", "confirmation by mail"),
                            ("preferences", "preference centre"),
                            ("one_click", "one-click unsubscribe"),
                            ("import", "import"),
                            ("api", "API"),
                            ("admin", "by hand"),
                        ],
                        max_length=12,
                        verbose_name="how",
                    ),
                ),
                (
                    "wording_hash",
                    models.CharField(
                        blank=True, help_text="SHA-256 of the words shown", max_length=64, verbose_name="wording hash"
                    ),
                ),
                ("wording", models.TextField(blank=True, verbose_name="wording")),
                ("language", models.CharField(blank=True, max_length=8, verbose_name="language")),
                ("evidence", models.JSONField(blank=True, default=dict, verbose_name="evidence")),
                ("actor", models.CharField(blank=True, max_length=120, verbose_name="by")),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
                (
                    "brand",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="consents",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "indexes": [models.Index(fields=["contact", "purpose", "-at"], name="consent_of_contact")],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                (
                    "actor_label",
                    models.CharField(
                        help_text="user name, API key prefix, device or command", max_length=120, verbose_name="actor"
                    ),
                ),
                ("verb", models.CharField(max_length=60, verbose_name="act")),
                ("subject_kind", models.CharField(blank=True, max_length=60, verbose_name="object")),
                ("subject_id", models.BigIntegerField(blank=True, null=True, verbose_name="object id")),
                ("detail", models.JSONField(blank=True, default=dict, verbose_name="detail")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id", "-at"], name="audit_of_subject"),
                    models.Index(fields=["-at"], name="audit_recent"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("phone", "phone"),
                            ("card", "loyalty card"),
                            ("shop", "shop id"),
                            ("external", "external id"),
                            ("handle", "network handle"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "value",
                    models.CharField(
                        help_text="normalised; a handle starts with its network: bluesky:ann.example",
                        max_length=254,
                        verbose_name="value",
                    ),
                ),
                (
                    "proof",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "none"),
                            ("imported", "imported"),
                            ("declared", "declared"),
                            ("confirmed", "confirmed"),
                        ],
                        max_length=10,
                        verbose_name="proof",
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="source")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "identity",
                "verbose_name_plural": "identities",
                "constraints": [models.UniqueConstraint(fields=("kind", "value"), name="identity_is_one_person")],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("parameters", models.JSONField(blank=True, default=dict, verbose_name="parameters")),
                ("cursor", models.JSONField(blank=True, default=dict, verbose_name="cursor")),
                ("progress", models.BigIntegerField(default=0, verbose_name="done so far")),
                ("total", models.BigIntegerField(blank=True, null=True, verbose_name="total")),
                ("counts", models.JSONField(blank=True, default=dict, verbose_name="counts")),
                (
                    "upload",
                    models.FileField(
                        blank=True,
                        storage=contacts.models.job.private_storage,
                        upload_to="jobs/in/",
                        verbose_name="file",
                    ),
                ),
                (
                    "result",
                    models.FileField(
                        blank=True,
                        storage=contacts.models.job.private_storage,
                        upload_to="jobs/out/",
                        verbose_name="result",
                    ),
                ),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("owner", models.CharField(blank=True, max_length=80, verbose_name="runner")),
                ("fence", models.BigIntegerField(default=0, verbose_name="fence")),
                ("lease_until", models.DateTimeField(blank=True, null=True, verbose_name="lease until")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
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
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
                "indexes": [models.Index(fields=["state", "lease_until"], name="job_to_run")],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("key", models.CharField(max_length=120, unique=True, verbose_name="key")),
                ("payload", models.JSONField(blank=True, default=dict, verbose_name="payload")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("drained_at", models.DateTimeField(blank=True, null=True, verbose_name="taken over")),
                (
                    "brand",
                    models.ForeignKey(
                        blank=True,
                        help_text="whose mail answers; none = that of any brand",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "indexes": [
                    models.Index(
                        condition=models.Q(("drained_at__isnull", True)), fields=["id"], name="notice_to_drain"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "frequency",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "every mail"),
                            ("weekly", "at most one a week"),
                            ("monthly", "at most one a month"),
                        ],
                        max_length=8,
                        verbose_name="how often",
                    ),
                ),
                (
                    "hour",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="0–23, in the person's own time zone",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(23)],
                        verbose_name="preferred hour",
                    ),
                ),
                ("network", models.CharField(blank=True, max_length=24, verbose_name="preferred network")),
                ("motivations", models.JSONField(blank=True, default=list, verbose_name="why she follows us")),
                (
                    "reply_within_hours",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="expects an answer within, hours"
                    ),
                ),
                (
                    "reply_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "it does not matter"),
                            ("email", "by e-mail"),
                            ("phone", "by phone"),
                            ("network", "on the network where I asked"),
                        ],
                        max_length=8,
                        verbose_name="expects the answer",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="said")),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preference",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "declared preference",
                "verbose_name_plural": "declared preferences",
                "indexes": [
                    models.Index(
                        condition=models.Q(("frequency", ""), _negated=True),
                        fields=["frequency", "contact"],
                        name="preference_rare",
                    )
                ],
            },
        ),
    ]
