"""Offers, their words, limits, counters and codes. What becomes of them is in `uses`."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from campaigns.models import Image
from contacts.models import Brand, Job, Segment
from social.models.fans import FanLevel
from social.models.places import Place


def base_currency() -> str:
    """The site's currency, for offers that name none."""
    return settings.BASE_CURRENCY


class Offer(models.Model):
    """What a fan gets: value, validity, who is eligible, how the code is held and how often it may be used."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("per cent off")
        AMOUNT = "amount", _("amount off")
        GIFT = "gift", _("gift")
        TEXT = "text", _("free text")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    class CodeMode(models.TextChoices):
        PER_CONTACT = "per_contact", _("one code made for each contact")
        POOL = "pool", _("one code of a list for each contact")
        GENERIC = "generic", _("one code for all")

    class Holding(models.TextChoices):
        BEARER = "bearer", _("whoever shows it first")
        PERSONAL = "personal", _("only the person: the code is mailed to her")

    class OverBudget(models.TextChoices):
        REFUSE = "refuse", _("not honoured")
        HONOUR = "honour", _("honoured all the same")

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="offers", verbose_name=_("brand"))
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PERCENT)
    percent = models.PositiveSmallIntegerField(_("per cent"), null=True, blank=True)
    amount_minor = models.PositiveBigIntegerField(
        _("amount"), null=True, blank=True, help_text=_("in the currency's smallest unit, cents for EUR")
    )
    currency = models.CharField(_("currency"), max_length=3, default=base_currency)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    use_within_days = models.PositiveSmallIntegerField(_("days to use it after the claim"), null=True, blank=True)
    code_mode = models.CharField(_("codes"), max_length=12, choices=CodeMode, default=CodeMode.PER_CONTACT)
    generic_code = models.CharField(_("the one code"), max_length=40, blank=True)
    holding = models.CharField(_("held by"), max_length=8, choices=Holding, default=Holding.BEARER)
    min_fan_level = models.PositiveSmallIntegerField(
        _("fan proof asked"), choices=FanLevel, null=True, blank=True, help_text=_("empty = open to all contacts")
    )
    network = models.CharField(
        _("network"), max_length=24, blank=True, help_text=_("the proof must be of this network; empty = any")
    )
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="offers", verbose_name=_("only for")
    )
    first_order_only = models.BooleanField(_("first order only"), default=False)
    min_order_minor = models.PositiveBigIntegerField(_("least order amount"), null=True, blank=True)
    reversible_days = models.PositiveSmallIntegerField(_("days in which a redemption can be undone"), default=30)
    cost_minor = models.PositiveBigIntegerField(_("cost of one redemption"), default=0)
    budget_minor = models.PositiveBigIntegerField(_("budget"), null=True, blank=True)
    expected_percent = models.PositiveSmallIntegerField(
        _("expected use of claims, %"),
        null=True,
        blank=True,
        help_text=_("of 100 who claim, how many come; empty = learned from this offer, 50 at first"),
    )
    over_budget = models.CharField(
        _("codes out when the budget is spent"), max_length=8, choices=OverBudget, default=OverBudget.REFUSE
    )
    spent_minor = models.PositiveBigIntegerField(_("spent"), default=0, editable=False)
    places = models.ManyToManyField(
        Place, blank=True, related_name="offers", verbose_name=_("places"), help_text=_("none = all")
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["spent_minor"])

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="offer_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="percent") | models.Q(percent__gte=1, percent__lte=100),
                name="offer_percent_1_100",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="amount") | models.Q(amount_minor__gt=0), name="offer_amount_above_0"
            ),
            models.CheckConstraint(
                condition=~models.Q(code_mode="generic") | ~models.Q(generic_code=""), name="offer_generic_has_code"
            ),
            models.CheckConstraint(
                condition=models.Q(min_fan_level__isnull=True) | models.Q(min_fan_level__lte=5),
                name="offer_fan_level_0_5",
            ),
            models.CheckConstraint(
                condition=models.Q(expected_percent__isnull=True) | models.Q(expected_percent__lte=100),
                name="offer_expected_0_100",
            ),
            models.CheckConstraint(
                condition=models.Q(budget_minor__isnull=True)
                | models.Q(spent_minor__lte=models.F("budget_minor"))
                | models.Q(over_budget="honour"),
                name="offer_within_budget",
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_at"], name="offer_live")]

    def __str__(self) -> str:
        return self.name


class OfferText(models.Model):
    """An offer's words in one language: title, body, terms, and why one would share it."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="texts", verbose_name=_("offer"))
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"), blank=True)
    terms = models.TextField(_("terms"), blank=True)
    friend_title = models.CharField(
        _("title for friends"), max_length=120, blank=True, help_text=_("the friend's own advantage")
    )
    reason_to_share = models.CharField(_("reason to share"), max_length=200, blank=True)
    image = models.ForeignKey(
        Image, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("image")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("text of an offer")
        verbose_name_plural = _("texts of offers")
        constraints = [models.UniqueConstraint(fields=["offer", "language"], name="offer_text_language")]

    def __str__(self) -> str:
        return self.title


class OfferLimit(models.Model):
    """A ceiling of one offer: in all, per contact, per day, week or month."""

    class Scope(models.TextChoices):
        TOTAL = "total", _("in all")
        CONTACT = "contact", _("per contact")
        DAY = "day", _("per day")
        WEEK = "week", _("per week")
        MONTH = "month", _("per month")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="limits", verbose_name=_("offer"))
    scope = models.CharField(_("counted"), max_length=8, choices=Scope)
    max_uses = models.PositiveIntegerField(_("most redemptions"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("limit of an offer")
        verbose_name_plural = _("limits of offers")
        constraints = [
            models.UniqueConstraint(fields=["offer", "scope"], name="offer_limit_scope"),
            models.CheckConstraint(condition=models.Q(max_uses__gt=0), name="offer_limit_above_0"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.max_uses}"


class OfferBlackout(models.Model):
    """Days on which an offer is not redeemed, both included; in the shop's time zone, else the site's."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="blackouts", verbose_name=_("offer"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("days without redemption")
        verbose_name_plural = _("days without redemption")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="offer_blackout_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"


class OfferCounter(models.Model):
    """How much of a limit is used in one scope: '' (total), `contact:12`, `day:2026-11-23`; at most `max_uses`."""

    on_erase: ClassVar[str] = "keep"

    limit = models.ForeignKey(OfferLimit, on_delete=models.CASCADE, related_name="counters", verbose_name=_("limit"))
    scope_key = models.CharField(_("scope"), max_length=40, blank=True)
    used = models.PositiveIntegerField(_("used"), default=0)
    max_uses = models.PositiveIntegerField(_("most"))

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints = [
            models.UniqueConstraint(fields=["limit", "scope_key"], name="offer_counter_once"),
            models.CheckConstraint(
                condition=models.Q(used__lte=models.F("max_uses")), name="offer_counter_within_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope_key} {self.used}/{self.max_uses}"


class CodeBatch(models.Model):
    """Codes made or imported together."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="batches", verbose_name=_("offer"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_imported = models.BooleanField(_("imported"), default=False)
    pattern = models.CharField(_("pattern"), max_length=40, blank=True)
    n = models.PositiveIntegerField(_("codes"), default=0)
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("work")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("batch of codes")
        verbose_name_plural = _("batches of codes")

    def __str__(self) -> str:
        return self.name or f"{self.offer} {self.pk}"


class Code(models.Model):
    """A code as typed at a till: Crockford base32 without separators plus a check character, or a partner's own."""

    on_erase: ClassVar[str] = "keep"

    class State(models.TextChoices):
        FREE = "free", _("free")
        ASSIGNED = "assigned", _("given out")
        SPENT = "spent", _("spent")
        VOID = "void", _("void")

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="codes", verbose_name=_("offer"))
    batch = models.ForeignKey(
        CodeBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="codes", verbose_name=_("batch")
    )
    value = models.CharField(_("code"), max_length=40, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.FREE)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        indexes = [models.Index(fields=["offer", "id"], condition=models.Q(state="free"), name="code_free")]

    def __str__(self) -> str:
        return f"…{self.value[-4:]}"
