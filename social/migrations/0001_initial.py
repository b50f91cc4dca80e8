import contacts.models.job
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import simple_history.models
import social.models.offers
import social.models.orders
import social.models.places
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("campaigns", "0001_initial"),
        ("contacts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailySalt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("salt", models.CharField(max_length=64, verbose_name="salt")),
            ],
            options={
                "verbose_name": "daily salt",
                "verbose_name_plural": "daily salts",
            },
        ),
        migrations.CreateModel(
            name="FediverseApp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("server", models.CharField(max_length=254, unique=True, verbose_name="server")),
                ("client_id", models.CharField(max_length=254, verbose_name="client id")),
                ("client_secret", models.CharField(max_length=254, verbose_name="client secret")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
            ],
            options={
                "verbose_name": "server of the fediverse",
                "verbose_name_plural": "servers of the fediverse",
            },
        ),
        migrations.CreateModel(
            name="FraudRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(editable=False, max_length=24, unique=True, verbose_name="rule")),
                ("is_on", models.BooleanField(default=True, verbose_name="on")),
                ("threshold", models.PositiveIntegerField(verbose_name="from")),
            ],
            options={
                "verbose_name": "fraud rule",
                "verbose_name_plural": "fraud rules",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="OrderSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="source")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "secret",
                    models.CharField(
                        default=social.models.orders.new_secret,
                        help_text="signs the shop's postbacks",
                        max_length=64,
                        verbose_name="secret",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="accepted")),
                ("last_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last order")),
                (
                    "last_problem",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="last problem"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "shop",
                "verbose_name_plural": "shops",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="RfmScale",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recency", models.JSONField(default=list, verbose_name="recency")),
                ("frequency", models.JSONField(default=list, verbose_name="frequency")),
                ("monetary", models.JSONField(default=list, verbose_name="money")),
                ("is_manual", models.BooleanField(default=False, verbose_name="set by hand")),
                ("buyers", models.PositiveIntegerField(default=0, editable=False, verbose_name="buyers")),
                ("scored_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="scored")),
            ],
            options={
                "verbose_name": "RFM scale",
                "verbose_name_plural": "RFM",
            },
        ),
        migrations.CreateModel(
            name="FanWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                ("word", models.CharField(max_length=40, verbose_name="word")),
                ("post_url", models.URLField(blank=True, verbose_name="post")),
                ("cap", models.PositiveIntegerField(blank=True, null=True, verbose_name="most claims")),
                ("used", models.PositiveIntegerField(default=0, editable=False, verbose_name="claims")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("rotated_at", models.DateTimeField(blank=True, null=True, verbose_name="rotated")),
                ("token", models.CharField(editable=False, max_length=32, null=True, unique=True, verbose_name="link")),
                (
                    "burst_limit",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="claims within ten minutes; more than that and it may have leaked",
                        verbose_name="alarm above",
                    ),
                ),
                ("alarm", models.JSONField(blank=True, default=list, editable=False, verbose_name="alarm")),
                ("alarmed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="alarm since")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fan_words",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successors",
                        to="social.fanword",
                        verbose_name="replaces",
                    ),
                ),
            ],
            options={
                "verbose_name": "word of a post",
                "verbose_name_plural": "words of posts",
                "constraints": [
                    models.UniqueConstraint(fields=("brand", "word"), name="fan_word_once"),
                    models.CheckConstraint(
                        condition=models.Q(("cap__isnull", True), ("used__lte", models.F("cap")), _connector="OR"),
                        name="fan_word_within_cap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                        ),
                        name="fan_word_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FanProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "declared"),
                            (1, "shared with evidence"),
                            (2, "word or link of a post"),
                            (3, "code by message or sign-in"),
                            (4, "on the brand's own list"),
                            (5, "verified by the network"),
                        ],
                        verbose_name="level",
                    ),
                ),
                ("method", models.CharField(max_length=24, verbose_name="method")),
                ("evidence", models.JSONField(blank=True, default=dict, verbose_name="evidence")),
                ("verified_at", models.DateTimeField(verbose_name="since")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fan_proofs",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "word",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proofs",
                        to="social.fanword",
                        verbose_name="word",
                    ),
                ),
            ],
            options={
                "verbose_name": "fan proof",
                "verbose_name_plural": "fan proofs",
                "indexes": [models.Index(fields=["contact", "network", "-level"], name="fan_level_of_contact")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("level__lte", 5)), name="fan_level_0_5"),
                    models.UniqueConstraint(
                        condition=models.Q(("word__isnull", False)),
                        fields=("contact", "word"),
                        name="fan_proof_word_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FanCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("link", "from a post's link"), ("ask", "for a message or a shop")],
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                ("code", models.CharField(max_length=12, unique=True, verbose_name="code")),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                ("seen", models.CharField(blank=True, max_length=24, verbose_name="network seen")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                ("expires_at", models.DateTimeField(verbose_name="until")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="used")),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fan_codes",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "word",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="social.fanword",
                        verbose_name="word",
                    ),
                ),
            ],
            options={
                "verbose_name": "fan code",
                "verbose_name_plural": "fan codes",
                "indexes": [models.Index(fields=["contact", "network", "-created_at"], name="fan_code_of_contact")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOffer",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "per cent off"),
                            ("amount", "amount off"),
                            ("gift", "gift"),
                            ("text", "free text"),
                        ],
                        default="percent",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="per cent")),
                (
                    "amount_minor",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="in the currency's smallest unit, cents for EUR",
                        null=True,
                        verbose_name="amount",
                    ),
                ),
                (
                    "currency",
                    models.CharField(default=social.models.offers.base_currency, max_length=3, verbose_name="currency"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("live", "live"), ("paused", "paused"), ("ended", "ended")],
                        default="draft",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                (
                    "use_within_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="days to use it after the claim"
                    ),
                ),
                (
                    "code_mode",
                    models.CharField(
                        choices=[
                            ("per_contact", "one code made for each contact"),
                            ("pool", "one code of a list for each contact"),
                            ("generic", "one code for all"),
                        ],
                        default="per_contact",
                        max_length=12,
                        verbose_name="codes",
                    ),
                ),
                ("generic_code", models.CharField(blank=True, max_length=40, verbose_name="the one code")),
                (
                    "holding",
                    models.CharField(
                        choices=[
                            ("bearer", "whoever shows it first"),
                            ("personal", "only the person: the code is mailed to her"),
                        ],
                        default="bearer",
                        max_length=8,
                        verbose_name="held by",
                    ),
                ),
                (
                    "min_fan_level",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "declared"),
                            (1, "shared with evidence"),
                            (2, "word or link of a post"),
                            (3, "code by message or sign-in"),
                            (4, "on the brand's own list"),
                            (5, "verified by the network"),
                        ],
                        help_text="empty = open to all contacts",
                        null=True,
                        verbose_name="fan proof asked",
                    ),
                ),
                (
                    "network",
                    models.CharField(
                        blank=True,
                        help_text="the proof must be of this network; empty = any",
                        max_length=24,
                        verbose_name="network",
                    ),
                ),
                ("first_order_only", models.BooleanField(default=False, verbose_name="first order only")),
                (
                    "min_order_minor",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="least order amount"),
                ),
                (
                    "reversible_days",
                    models.PositiveSmallIntegerField(
                        default=30, verbose_name="days in which a redemption can be undone"
                    ),
                ),
                ("cost_minor", models.PositiveBigIntegerField(default=0, verbose_name="cost of one redemption")),
                ("budget_minor", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="budget")),
                (
                    "expected_percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="of 100 who claim, how many come; empty = learned from this offer, 50 at first",
                        null=True,
                        verbose_name="expected use of claims, %",
                    ),
                ),
                (
                    "over_budget",
                    models.CharField(
                        choices=[("refuse", "not honoured"), ("honour", "honoured all the same")],
                        default="refuse",
                        max_length=8,
                        verbose_name="codes out when the budget is spent",
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
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contacts.segment",
                        verbose_name="only for",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical offer",
                "verbose_name_plural": "historical offers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="NetworkSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        blank=True, help_text="empty = every language", max_length=8, verbose_name="language"
                    ),
                ),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                ("is_enabled", models.BooleanField(default=True, verbose_name="shown")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "label",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="per language; empty = the network's name",
                        verbose_name="label",
                    ),
                ),
                (
                    "text",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="per language; empty = the share bar's words",
                        verbose_name="words to share",
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="networks",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        help_text="empty = every campaign of the brand",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="networks",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        help_text="empty = everybody; on the share page only, since a mail's bar is the same for all",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="networks",
                        to="contacts.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "network",
                "verbose_name_plural": "networks",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("brand"),
                        models.F("network"),
                        django.db.models.functions.comparison.Coalesce("campaign", 0),
                        django.db.models.functions.comparison.Coalesce("segment", 0),
                        models.F("language"),
                        name="network_setting_once",
                        violation_error_message="There is a choice for this network, campaign, segment and language already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "per cent off"),
                            ("amount", "amount off"),
                            ("gift", "gift"),
                            ("text", "free text"),
                        ],
                        default="percent",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="per cent")),
                (
                    "amount_minor",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="in the currency's smallest unit, cents for EUR",
                        null=True,
                        verbose_name="amount",
                    ),
                ),
                (
                    "currency",
                    models.CharField(default=social.models.offers.base_currency, max_length=3, verbose_name="currency"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("live", "live"), ("paused", "paused"), ("ended", "ended")],
                        default="draft",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                (
                    "use_within_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="days to use it after the claim"
                    ),
                ),
                (
                    "code_mode",
                    models.CharField(
                        choices=[
                            ("per_contact", "one code made for each contact"),
                            ("pool", "one code of a list for each contact"),
                            ("generic", "one code for all"),
                        ],
                        default="per_contact",
                        max_length=12,
                        verbose_name="codes",
                    ),
                ),
                ("generic_code", models.CharField(blank=True, max_length=40, verbose_name="the one code")),
                (
                    "holding",
                    models.CharField(
                        choices=[
                            ("bearer", "whoever shows it first"),
                            ("personal", "only the person: the code is mailed to her"),
                        ],
                        default="bearer",
                        max_length=8,
                        verbose_name="held by",
                    ),
                ),
                (
                    "min_fan_level",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "declared"),
                            (1, "shared with evidence"),
                            (2, "word or link of a post"),
                            (3, "code by message or sign-in"),
                            (4, "on the brand's own list"),
                            (5, "verified by the network"),
                        ],
                        help_text="empty = open to all contacts",
                        null=True,
                        verbose_name="fan proof asked",
                    ),
                ),
                (
                    "network",
                    models.CharField(
                        blank=True,
                        help_text="the proof must be of this network; empty = any",
                        max_length=24,
                        verbose_name="network",
                    ),
                ),
                ("first_order_only", models.BooleanField(default=False, verbose_name="first order only")),
                (
                    "min_order_minor",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="least order amount"),
                ),
                (
                    "reversible_days",
                    models.PositiveSmallIntegerField(
                        default=30, verbose_name="days in which a redemption can be undone"
                    ),
                ),
                ("cost_minor", models.PositiveBigIntegerField(default=0, verbose_name="cost of one redemption")),
                ("budget_minor", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="budget")),
                (
                    "expected_percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="of 100 who claim, how many come; empty = learned from this offer, 50 at first",
                        null=True,
                        verbose_name="expected use of claims, %",
                    ),
                ),
                (
                    "over_budget",
                    models.CharField(
                        choices=[("refuse", "not honoured"), ("honour", "honoured all the same")],
                        default="refuse",
                        max_length=8,
                        verbose_name="codes out when the budget is spent",
                    ),
                ),
                ("spent_minor", models.PositiveBigIntegerField(default=0, editable=False, verbose_name="spent")),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="contacts.segment",
                        verbose_name="only for",
                    ),
                ),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
                "indexes": [models.Index(fields=["state", "ends_at"], name="offer_live")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="offer_ends_after_start"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "percent"), _negated=True),
                            models.Q(("percent__gte", 1), ("percent__lte", 100)),
                            _connector="OR",
                        ),
                        name="offer_percent_1_100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "amount"), _negated=True), ("amount_minor__gt", 0), _connector="OR"
                        ),
                        name="offer_amount_above_0",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code_mode", "generic"), _negated=True),
                            models.Q(("generic_code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="offer_generic_has_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("min_fan_level__isnull", True), ("min_fan_level__lte", 5), _connector="OR"),
                        name="offer_fan_level_0_5",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expected_percent__isnull", True), ("expected_percent__lte", 100), _connector="OR"
                        ),
                        name="offer_expected_0_100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("budget_minor__isnull", True),
                            ("spent_minor__lte", models.F("budget_minor")),
                            ("over_budget", "honour"),
                            _connector="OR",
                        ),
                        name="offer_within_budget",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOfferText",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=8, verbose_name="language"
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                ("body", models.TextField(blank=True, verbose_name="text")),
                ("terms", models.TextField(blank=True, verbose_name="terms")),
                (
                    "friend_title",
                    models.CharField(
                        blank=True,
                        help_text="the friend's own advantage",
                        max_length=120,
                        verbose_name="title for friends",
                    ),
                ),
                ("reason_to_share", models.CharField(blank=True, max_length=200, verbose_name="reason to share")),
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
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.image",
                        verbose_name="image",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical text of an offer",
                "verbose_name_plural": "historical texts of offers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalOfferLimit",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("total", "in all"),
                            ("contact", "per contact"),
                            ("day", "per day"),
                            ("week", "per week"),
                            ("month", "per month"),
                        ],
                        max_length=8,
                        verbose_name="counted",
                    ),
                ),
                ("max_uses", models.PositiveIntegerField(verbose_name="most redemptions")),
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
                (
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical limit of an offer",
                "verbose_name_plural": "historical limits of offers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalOfferBlackout",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
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
                (
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical days without redemption",
                "verbose_name_plural": "historical days without redemption",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="FanCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("started", "her turn"),
                            ("waiting", "waiting for the network"),
                            ("yes", "follows"),
                            ("no", "does not follow"),
                            ("given_up", "given up"),
                        ],
                        default="started",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("nonce", models.CharField(max_length=64, unique=True, verbose_name="sign")),
                ("handle", models.CharField(blank=True, max_length=254, verbose_name="account")),
                ("server", models.CharField(blank=True, max_length=254, verbose_name="server")),
                ("secret", models.TextField(blank=True, verbose_name="kept for the next try")),
                ("page", models.CharField(blank=True, max_length=120, verbose_name="page")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("problem", models.CharField(blank=True, max_length=200, verbose_name="problem")),
                ("ask_at", models.DateTimeField(blank=True, null=True, verbose_name="next try")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="started")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fan_checks",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="campaigns.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="social.fanproof",
                        verbose_name="fan proof",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "check with a network",
                "verbose_name_plural": "checks with networks",
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["ask_at"], name="fan_check_to_ask"),
                    models.Index(fields=["contact", "network", "-created_at"], name="fan_check_of_contact"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CodeBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                ("is_imported", models.BooleanField(default=False, verbose_name="imported")),
                ("pattern", models.CharField(blank=True, max_length=40, verbose_name="pattern")),
                ("n", models.PositiveIntegerField(default=0, verbose_name="codes")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.job",
                        verbose_name="work",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "batch of codes",
                "verbose_name_plural": "batches of codes",
            },
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=40, unique=True, verbose_name="code")),
                (
                    "state",
                    models.CharField(
                        choices=[("free", "free"), ("assigned", "given out"), ("spent", "spent"), ("void", "void")],
                        default="free",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="social.codebatch",
                        verbose_name="batch",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "code",
                "verbose_name_plural": "codes",
                "indexes": [
                    models.Index(condition=models.Q(("state", "free")), fields=["offer", "id"], name="code_free")
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField(default=1, verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("redeemed", "redeemed"), ("void", "void")],
                        default="open",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("token", models.CharField(max_length=32, unique=True, verbose_name="token")),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("mail", "mail"),
                            ("share", "friend's page"),
                            ("qr", "QR code"),
                            ("api", "API"),
                            ("staff", "staff"),
                        ],
                        default="mail",
                        max_length=8,
                        verbose_name="through",
                    ),
                ),
                ("claimed_at", models.DateTimeField(auto_now_add=True, verbose_name="claimed")),
                ("expires_at", models.DateTimeField(verbose_name="use until")),
                ("reserved_until", models.DateTimeField(blank=True, null=True, verbose_name="reserved until")),
                ("reserved_by", models.CharField(blank=True, max_length=80, verbose_name="reserved by")),
                (
                    "reserved_counted",
                    models.JSONField(
                        blank=True, default=list, editable=False, verbose_name="counters moved by the reservation"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="claims",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="campaigns.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "code",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claim",
                        to="social.code",
                        verbose_name="code",
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="claims",
                        to="social.fanproof",
                        verbose_name="fan proof",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "claim",
                "verbose_name_plural": "claims",
                "indexes": [
                    models.Index(fields=["offer", "state"], name="claim_liability"),
                    models.Index(fields=["contact", "-claimed_at"], name="claim_of_contact"),
                ],
                "constraints": [models.UniqueConstraint(fields=("offer", "contact", "seq"), name="claim_once")],
            },
        ),
        migrations.CreateModel(
            name="OfferBlackout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blackouts",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "days without redemption",
                "verbose_name_plural": "days without redemption",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="offer_blackout_in_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OfferLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("total", "in all"),
                            ("contact", "per contact"),
                            ("day", "per day"),
                            ("week", "per week"),
                            ("month", "per month"),
                        ],
                        max_length=8,
                        verbose_name="counted",
                    ),
                ),
                ("max_uses", models.PositiveIntegerField(verbose_name="most redemptions")),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "limit of an offer",
                "verbose_name_plural": "limits of offers",
                "constraints": [
                    models.UniqueConstraint(fields=("offer", "scope"), name="offer_limit_scope"),
                    models.CheckConstraint(condition=models.Q(("max_uses__gt", 0)), name="offer_limit_above_0"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OfferCounter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope_key", models.CharField(blank=True, max_length=40, verbose_name="scope")),
                ("used", models.PositiveIntegerField(default=0, verbose_name="used")),
                ("max_uses", models.PositiveIntegerField(verbose_name="most")),
                (
                    "limit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counters",
                        to="social.offerlimit",
                        verbose_name="limit",
                    ),
                ),
            ],
            options={
                "verbose_name": "counter",
                "verbose_name_plural": "counters",
                "constraints": [
                    models.UniqueConstraint(fields=("limit", "scope_key"), name="offer_counter_once"),
                    models.CheckConstraint(
                        condition=models.Q(("used__lte", models.F("max_uses"))), name="offer_counter_within_limit"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OfferText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], max_length=8, verbose_name="language"
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                ("body", models.TextField(blank=True, verbose_name="text")),
                ("terms", models.TextField(blank=True, verbose_name="terms")),
                (
                    "friend_title",
                    models.CharField(
                        blank=True,
                        help_text="the friend's own advantage",
                        max_length=120,
                        verbose_name="title for friends",
                    ),
                ),
                ("reason_to_share", models.CharField(blank=True, max_length=200, verbose_name="reason to share")),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.image",
                        verbose_name="image",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "text of an offer",
                "verbose_name_plural": "texts of offers",
                "constraints": [models.UniqueConstraint(fields=("offer", "language"), name="offer_text_language")],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=80, verbose_name="source")),
                ("reference", models.CharField(max_length=120, verbose_name="order number")),
                (
                    "matched_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("code", "redeemed code"),
                            ("reference", "link reference"),
                            ("identity", "card or shop id"),
                            ("email", "e-mail"),
                            ("", "not matched"),
                        ],
                        max_length=10,
                        verbose_name="matched by",
                    ),
                ),
                ("channel", models.CharField(blank=True, max_length=24, verbose_name="channel")),
                ("amount_minor", models.BigIntegerField(help_text="before returns", verbose_name="amount")),
                ("returned_minor", models.BigIntegerField(default=0, verbose_name="returned")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("is_new_customer", models.BooleanField(default=False, verbose_name="new customer")),
                (
                    "is_attributed",
                    models.BooleanField(
                        default=True, help_text="past orders loaded for segments are not", verbose_name="attributed"
                    ),
                ),
                ("ordered_at", models.DateTimeField(verbose_name="ordered")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "indexes": [
                    models.Index(fields=["contact", "-ordered_at"], name="order_of_contact"),
                    models.Index(fields=["ordered_at"], name="order_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "reference"), name="order_once_per_source"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__gte", models.F("returned_minor")), ("returned_minor__gte", 0)
                        ),
                        name="order_returns_within_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("net_minor", models.BigIntegerField(help_text="after returns", verbose_name="net amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="conversions",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversion",
                        to="social.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "conversion",
                "verbose_name_plural": "conversions",
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="line")),
                ("sku", models.CharField(blank=True, max_length=80, verbose_name="article")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("category", models.CharField(blank=True, max_length=120, verbose_name="category")),
                ("size", models.CharField(blank=True, max_length=40, verbose_name="size")),
                ("quantity", models.PositiveIntegerField(default=1, verbose_name="quantity")),
                ("returned_quantity", models.PositiveIntegerField(default=0, verbose_name="came back")),
                ("unit_minor", models.BigIntegerField(verbose_name="unit price")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="social.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "indexes": [models.Index(fields=["category", "order"], name="order_line_category")],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "number"), name="order_line_number"),
                    models.CheckConstraint(
                        condition=models.Q(("returned_quantity__lte", models.F("quantity"))),
                        name="order_line_returns_within",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrphanHit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "kind",
                    models.CharField(
                        choices=[("v", "friend's page"), ("q", "QR code")], max_length=1, verbose_name="kind"
                    ),
                ),
                ("token", models.CharField(blank=True, max_length=16, verbose_name="address")),
                ("n", models.PositiveIntegerField(default=0, verbose_name="hits")),
                ("people", models.PositiveIntegerField(default=0, verbose_name="by people")),
                ("last_at", models.DateTimeField(verbose_name="last")),
            ],
            options={
                "verbose_name": "hits on no link of ours",
                "verbose_name_plural": "hits on no link of ours",
                "constraints": [models.UniqueConstraint(fields=("day", "kind", "token"), name="orphan_hit_once")],
            },
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("slug", models.SlugField(unique=True, verbose_name="short name")),
                ("address", models.TextField(blank=True, verbose_name="address")),
                (
                    "time_zone",
                    models.CharField(
                        default=social.models.places.site_time_zone, max_length=64, verbose_name="time zone"
                    ),
                ),
                ("opens_at", models.TimeField(blank=True, null=True, verbose_name="opens")),
                (
                    "closes_at",
                    models.TimeField(
                        blank=True,
                        help_text="redemptions outside these hours are looked at; empty = never",
                        null=True,
                        verbose_name="closes",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "managers",
                    models.ManyToManyField(
                        blank=True, related_name="places", to=settings.AUTH_USER_MODEL, verbose_name="managers"
                    ),
                ),
            ],
            options={
                "verbose_name": "place",
                "verbose_name_plural": "places",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("brand", "name"), name="place_name_in_brand")],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="place",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="social.place",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="places",
            field=models.ManyToManyField(
                blank=True, help_text="none = all", related_name="offers", to="social.place", verbose_name="places"
            ),
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("secret_hash", models.CharField(max_length=64, unique=True, verbose_name="secret (hashed)")),
                ("enrolled_at", models.DateTimeField(auto_now_add=True, verbose_name="enrolled")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "enrolled_by",
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
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="devices",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
            ],
            options={
                "verbose_name": "till",
                "verbose_name_plural": "tills",
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                ("code_fingerprint", models.CharField(max_length=16, verbose_name="code fingerprint")),
                ("reason", models.CharField(max_length=32, verbose_name="reason")),
                (
                    "who",
                    models.CharField(
                        blank=True,
                        help_text="device, key prefix or daily-salted address hash",
                        max_length=80,
                        verbose_name="who",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="attempts",
                        to="social.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused try",
                "verbose_name_plural": "refused tries",
                "indexes": [
                    models.Index(fields=["who", "-at"], name="attempt_rate"),
                    models.Index(fields=["reason", "at"], name="attempt_alarm"),
                ],
            },
        ),
        migrations.CreateModel(
            name="QRCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "placement",
                    models.CharField(
                        choices=[
                            ("poster", "poster"),
                            ("till", "till"),
                            ("slide", "slide"),
                            ("tv", "television"),
                            ("package", "package"),
                            ("mail", "mail"),
                        ],
                        default="poster",
                        max_length=8,
                        verbose_name="placement",
                    ),
                ),
                ("dark", models.CharField(default="#000000", max_length=7, verbose_name="colour of the modules")),
                ("light", models.CharField(default="#ffffff", max_length=7, verbose_name="colour of the ground")),
                (
                    "level",
                    models.CharField(
                        choices=[("L", "L 7 %"), ("M", "M 15 %"), ("Q", "Q 25 %"), ("H", "H 30 %")],
                        default="M",
                        max_length=1,
                        verbose_name="correction",
                    ),
                ),
                (
                    "document",
                    models.FileField(
                        blank=True,
                        help_text="the code then leads to a page that hands it out",
                        storage=contacts.models.job.private_storage,
                        upload_to="documents/",
                        verbose_name="document",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qr_code",
                        to="campaigns.link",
                        verbose_name="link",
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(
                        blank=True,
                        help_text="in the middle, 22 % of the side; the code then takes level H",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.image",
                        verbose_name="logo",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qr_codes",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
            ],
            options={
                "verbose_name": "QR code",
                "verbose_name_plural": "QR codes",
            },
        ),
        migrations.CreateModel(
            name="QRScanDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("n", models.PositiveIntegerField(default=0, verbose_name="scans")),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="social.qrcode",
                        verbose_name="QR code",
                    ),
                ),
            ],
            options={
                "verbose_name": "scans of a day",
                "verbose_name_plural": "scans of days",
                "constraints": [models.UniqueConstraint(fields=("code", "day"), name="qr_scan_day_once")],
            },
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("redeem", "redemption"), ("reverse", "reversal")],
                        default="redeem",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("pos", "till"), ("web", "web"), ("api", "API")],
                        default="pos",
                        max_length=4,
                        verbose_name="channel",
                    ),
                ),
                ("amount_minor", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="order amount")),
                ("discount_minor", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="discount")),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                ("cost_minor", models.PositiveBigIntegerField(default=0, verbose_name="taken from the budget")),
                ("counted", models.JSONField(blank=True, default=list, editable=False, verbose_name="counters moved")),
                ("order_reference", models.CharField(blank=True, max_length=120, verbose_name="order number")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="social.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="social.device",
                        verbose_name="till",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="social.redemption",
                        verbose_name="undoes",
                    ),
                ),
                (
                    "user",
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
                "verbose_name": "redemption",
                "verbose_name_plural": "redemptions",
                "indexes": [
                    models.Index(fields=["place", "-at"], name="redemption_today_at_place"),
                    models.Index(fields=["at"], name="redemption_at"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "redeem"), ("reverses__isnull", True)),
                            models.Q(("kind", "reverse"), ("reverses__isnull", False)),
                            _connector="OR",
                        ),
                        name="redemption_reversal_names_what",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="redemption",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="social.redemption",
                verbose_name="redemption",
            ),
        ),
        migrations.CreateModel(
            name="ReferralProgram",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "qualifying_event",
                    models.CharField(
                        choices=[
                            ("signup", "confirmed sign-up"),
                            ("order", "first order"),
                            ("redemption", "redemption"),
                        ],
                        default="signup",
                        max_length=12,
                        verbose_name="counts after",
                    ),
                ),
                ("hold_days", models.PositiveSmallIntegerField(default=7, verbose_name="days to wait")),
                (
                    "cap_per_sponsor",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="most rewards a sponsor"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral_programs",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "friend_offer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.offer",
                        verbose_name="friend's advantage",
                    ),
                ),
                (
                    "sponsor_offer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.offer",
                        verbose_name="sponsor's reward",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral programme",
                "verbose_name_plural": "referral programmes",
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("generation", models.PositiveSmallIntegerField(default=1, verbose_name="generation")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "to be confirmed"),
                            ("held", "waiting"),
                            ("approved", "approved"),
                            ("flagged", "to be looked at"),
                            ("voided", "voided"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("reasons", models.JSONField(blank=True, default=list, verbose_name="reasons")),
                (
                    "origin",
                    models.CharField(
                        blank=True,
                        help_text="an HMAC under a salt destroyed after the day",
                        max_length=32,
                        verbose_name="network of the day",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="signed up")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed")),
                (
                    "qualified_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="the outcome of the programme; the days to wait start here",
                        null=True,
                        verbose_name="counts since",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "friend",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="referrals_received",
                        to="contacts.contact",
                        verbose_name="friend",
                    ),
                ),
                (
                    "sponsor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="referrals_made",
                        to="contacts.contact",
                        verbose_name="sponsor",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="social.referralprogram",
                        verbose_name="programme",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral",
                "verbose_name_plural": "referrals",
                "indexes": [models.Index(fields=["sponsor", "state"], name="referral_of_sponsor")],
                "constraints": [
                    models.UniqueConstraint(fields=("friend",), name="referral_friend_once"),
                    models.CheckConstraint(
                        condition=models.Q(("sponsor", models.F("friend")), _negated=True), name="referral_not_oneself"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Milestone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("friends", models.PositiveSmallIntegerField(help_text="usually 1, 3 and 10", verbose_name="friends")),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.offer",
                        verbose_name="reward",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="milestones",
                        to="social.referralprogram",
                        verbose_name="programme",
                    ),
                ),
            ],
            options={
                "verbose_name": "milestone",
                "verbose_name_plural": "milestones",
                "ordering": ["program", "friends"],
                "constraints": [
                    models.UniqueConstraint(fields=("program", "friends"), name="milestone_once"),
                    models.CheckConstraint(condition=models.Q(("friends__gte", 1)), name="milestone_at_least_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RewardGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("sponsor", "sponsor"), ("friend", "friend"), ("mile", "milestone")],
                        max_length=8,
                        verbose_name="side",
                    ),
                ),
                ("granted_at", models.DateTimeField(auto_now_add=True, verbose_name="granted")),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rewards",
                        to="social.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "milestone",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rewards",
                        to="social.milestone",
                        verbose_name="milestone",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rewards",
                        to="social.referral",
                        verbose_name="referral",
                    ),
                ),
            ],
            options={
                "verbose_name": "reward",
                "verbose_name_plural": "rewards",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("referral"),
                        models.F("side"),
                        django.db.models.functions.comparison.Coalesce("milestone", 0),
                        name="reward_once_per_side",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RfmScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recency", models.PositiveSmallIntegerField(verbose_name="recency")),
                ("frequency", models.PositiveSmallIntegerField(verbose_name="frequency")),
                ("monetary", models.PositiveSmallIntegerField(verbose_name="money")),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("champions", "champions"),
                            ("loyal", "loyal"),
                            ("big_spenders", "big spenders"),
                            ("promising", "promising"),
                            ("at_risk", "at risk"),
                            ("lost", "lost"),
                            ("steady", "steady"),
                        ],
                        max_length=12,
                        verbose_name="group",
                    ),
                ),
                ("last_ordered_at", models.DateTimeField(verbose_name="last order")),
                ("orders", models.PositiveIntegerField(verbose_name="orders")),
                ("net_minor", models.BigIntegerField(verbose_name="net amount")),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rfm_score",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "RFM score",
                "verbose_name_plural": "RFM scores",
                "indexes": [models.Index(fields=["recency", "frequency", "monetary"], name="rfm_cell")],
            },
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("block", models.CharField(blank=True, max_length=40, verbose_name="block")),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                ("generation", models.PositiveSmallIntegerField(default=1, verbose_name="generation")),
                ("intended_at", models.DateTimeField(blank=True, null=True, verbose_name="pressed")),
                (
                    "composed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="the network's own robot fetched the link",
                        null=True,
                        verbose_name="composed",
                    ),
                ),
                ("visited_at", models.DateTimeField(blank=True, null=True, verbose_name="first friend")),
                (
                    "observed_network",
                    models.CharField(
                        blank=True,
                        help_text="another than the link's own, told by a robot",
                        max_length=24,
                        verbose_name="network seen",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="share_links",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="share_links",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="share_link",
                        to="campaigns.link",
                        verbose_name="link",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="share_links",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="children",
                        to="social.sharelink",
                        verbose_name="came through",
                    ),
                ),
            ],
            options={
                "verbose_name": "share link",
                "verbose_name_plural": "share links",
                "indexes": [models.Index(fields=["campaign", "network"], name="share_link_report")],
                "constraints": [
                    models.UniqueConstraint(fields=("contact", "campaign", "block", "network"), name="share_link_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="referral",
            name="share_link",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="referrals",
                to="social.sharelink",
                verbose_name="share link",
            ),
        ),
        migrations.CreateModel(
            name="EarnedVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("visitor_key", models.CharField(max_length=32, verbose_name="visitor key")),
                ("is_sharer", models.BooleanField(default=False, verbose_name="the sharer herself")),
                ("observed_network", models.CharField(blank=True, max_length=24, verbose_name="network seen")),
                ("first_at", models.DateTimeField(verbose_name="first")),
                (
                    "share_link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visits",
                        to="social.sharelink",
                        verbose_name="share link",
                    ),
                ),
            ],
            options={
                "verbose_name": "earned visit",
                "verbose_name_plural": "earned visits",
                "constraints": [
                    models.UniqueConstraint(fields=("share_link", "day", "visitor_key"), name="earned_visit_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Credit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("last_touch", "last touch"),
                            ("first_touch", "first touch"),
                            ("share_assisted", "share-assisted"),
                        ],
                        max_length=16,
                        verbose_name="model",
                    ),
                ),
                (
                    "touch",
                    models.CharField(help_text="kind of the event credited", max_length=20, verbose_name="touch"),
                ),
                ("touched_at", models.DateTimeField(verbose_name="touched")),
                ("parts", models.PositiveIntegerField(help_text="millionths of the conversion", verbose_name="parts")),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credits",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "conversion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credits",
                        to="social.conversion",
                        verbose_name="conversion",
                    ),
                ),
                (
                    "share_link",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credits",
                        to="social.sharelink",
                        verbose_name="share link",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit",
                "verbose_name_plural": "credits",
                "indexes": [models.Index(fields=["campaign", "model"], name="credit_of_campaign")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("parts__lte", 1000000)), name="credit_at_most_whole")
                ],
            },
        ),
        migrations.CreateModel(
            name="ShareTree",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
                ("figures", models.JSONField(default=dict, verbose_name="figures")),
                ("took_ms", models.PositiveIntegerField(default=0, verbose_name="took, in milliseconds")),
                (
                    "building_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="being put together until"),
                ),
                ("built_at", models.DateTimeField(verbose_name="as of")),
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="share_tree",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "tree of friends",
                "verbose_name_plural": "trees of friends",
            },
        ),
        migrations.CreateModel(
            name="StaffMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("pin_hash", models.CharField(max_length=128, verbose_name="PIN (hashed)")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
            ],
            options={
                "verbose_name": "cashier",
                "verbose_name_plural": "cashiers",
                "constraints": [models.UniqueConstraint(fields=("place", "name"), name="staff_name_at_place")],
            },
        ),
        migrations.AddField(
            model_name="redemption",
            name="staff",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="redemptions",
                to="social.staffmember",
                verbose_name="cashier",
            ),
        ),
        migrations.CreateModel(
            name="FraudCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=24, verbose_name="rule")),
                (
                    "key",
                    models.CharField(help_text="one case per rule and subject", max_length=120, verbose_name="about"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "to look at"),
                            ("dismissed", "nothing wrong"),
                            ("acted", "acted on"),
                            ("undone", "undone"),
                        ],
                        default="open",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("n", models.PositiveIntegerField(default=0, verbose_name="seen")),
                ("threshold", models.PositiveIntegerField(default=0, verbose_name="from")),
                ("evidence", models.JSONField(blank=True, default=dict, verbose_name="evidence")),
                ("done", models.JSONField(blank=True, default=dict, verbose_name="what was done")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("opened_at", models.DateTimeField(auto_now_add=True, verbose_name="opened")),
                ("seen_at", models.DateTimeField(auto_now=True, verbose_name="last seen")),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="social.claim",
                        verbose_name="claim",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "decided_by",
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
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.offer",
                        verbose_name="offer",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="social.referral",
                        verbose_name="referral",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.staffmember",
                        verbose_name="cashier",
                    ),
                ),
            ],
            options={
                "verbose_name": "fraud case",
                "verbose_name_plural": "fraud cases",
                "indexes": [models.Index(fields=["state", "-opened_at"], name="fraud_case_open")],
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="fraud_case_once")],
            },
        ),
        migrations.CreateModel(
            name="TillNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("phone", "phone without network"), ("paper", "paper"), ("file", "file")],
                        default="paper",
                        max_length=5,
                        verbose_name="from",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="the same note twice is one note", max_length=120, unique=True, verbose_name="key"
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=400, verbose_name="code")),
                ("noted_at", models.DateTimeField(verbose_name="noted")),
                ("amount_minor", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="order amount")),
                ("order_reference", models.CharField(blank=True, max_length=120, verbose_name="order number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "to settle"),
                            ("settled", "redeemed"),
                            ("collision", "refused"),
                            ("dropped", "put aside"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=32, verbose_name="reason")),
                ("detail", models.JSONField(blank=True, default=dict, verbose_name="detail")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.device",
                        verbose_name="till",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
                (
                    "redemption",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.redemption",
                        verbose_name="redemption",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.staffmember",
                        verbose_name="cashier",
                    ),
                ),
            ],
            options={
                "verbose_name": "late redemption",
                "verbose_name_plural": "late redemptions",
                "indexes": [models.Index(fields=["state", "place"], name="till_note_waiting")],
            },
        ),
        migrations.CreateModel(
            name="TillTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("secret_hash", models.CharField(max_length=64, unique=True, verbose_name="secret (hashed)")),
                ("expires_at", models.DateTimeField(verbose_name="until")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="used")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tickets",
                        to="social.place",
                        verbose_name="place",
                    ),
                ),
            ],
            options={
                "verbose_name": "till ticket",
                "verbose_name_plural": "till tickets",
            },
        ),
        migrations.CreateModel(
            name="TreeNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("generation", models.PositiveSmallIntegerField(default=1, verbose_name="generation")),
                ("via", models.CharField(blank=True, max_length=24, verbose_name="came by")),
                ("networks", models.JSONField(default=list, verbose_name="networks")),
                ("is_sharer", models.BooleanField(default=False, verbose_name="shared")),
                ("is_confirmed", models.BooleanField(default=False, verbose_name="shared, with evidence")),
                ("visits", models.PositiveIntegerField(default=0, verbose_name="friends' visits")),
                ("friends", models.PositiveIntegerField(default=0, verbose_name="friends who signed up")),
                (
                    "money",
                    models.JSONField(
                        default=dict, help_text="minor units by currency", verbose_name="what friends bought"
                    ),
                ),
                (
                    "money_minor",
                    models.BigIntegerField(default=0, verbose_name="what friends bought, in the base currency"),
                ),
                ("people_below", models.PositiveIntegerField(default=0, verbose_name="people in the branch")),
                (
                    "branch_visits",
                    models.PositiveIntegerField(default=0, verbose_name="visits in the branch, her own included"),
                ),
                (
                    "branch_friends",
                    models.PositiveIntegerField(default=0, verbose_name="friends in the branch, her own included"),
                ),
                ("branch_money", models.JSONField(default=dict, verbose_name="bought in the branch")),
                (
                    "branch_money_minor",
                    models.BigIntegerField(default=0, verbose_name="bought in the branch, in the base currency"),
                ),
                ("joined_at", models.DateTimeField(verbose_name="since")),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tree_nodes",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="children",
                        to="social.treenode",
                        verbose_name="came through",
                    ),
                ),
                (
                    "share_link",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tree_nodes",
                        to="social.sharelink",
                        verbose_name="share link",
                    ),
                ),
                (
                    "tree",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nodes",
                        to="social.sharetree",
                        verbose_name="tree",
                    ),
                ),
            ],
            options={
                "verbose_name": "person in a tree",
                "verbose_name_plural": "people in trees",
                "indexes": [
                    models.Index(
                        fields=["tree", "version", "parent", "-branch_friends", "-branch_visits", "id"],
                        name="tree_branch",
                    ),
                    models.Index(
                        fields=["tree", "version", "-friends", "-money_minor", "-visits", "id"], name="tree_top"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BrandAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=24, verbose_name="network")),
                (
                    "handle",
                    models.CharField(
                        help_text="brand.bsky.social on Bluesky, @brand@server.example on Mastodon",
                        max_length=254,
                        verbose_name="account",
                    ),
                ),
                ("subject", models.CharField(blank=True, editable=False, max_length=254, verbose_name="id there")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accounts",
                        to="contacts.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "account of the brand",
                "verbose_name_plural": "accounts of the brands",
                "constraints": [models.UniqueConstraint(fields=("brand", "network"), name="brand_account_once")],
            },
        ),
    ]
