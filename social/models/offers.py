"""Offers and their life: claim → (reserve) → redeem → reverse. Redemptions are append-only; counters keep limits."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from campaigns.models import Campaign, Delivery, Image
from contacts.models import Brand, Contact, Segment
from social.models.fans import FanLevel, FanProof
from social.models.places import Device, Place, StaffMember


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
                condition=models.Q(budget_minor__isnull=True) | models.Q(spent_minor__lte=models.F("budget_minor")),
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

    class Meta:
        verbose_name = _("limit of an offer")
        verbose_name_plural = _("limits of offers")
        constraints = [
            models.UniqueConstraint(fields=["offer", "scope"], name="offer_limit_scope"),
            models.CheckConstraint(condition=models.Q(max_uses__gt=0), name="offer_limit_above_0"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.max_uses}"


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
    n = models.PositiveIntegerField(_("codes"), default=0)
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


class Claim(models.Model):
    """A contact took an offer; `token` (128 bit, Crockford) is what her QR holds. Moved by conditional UPDATEs only."""

    on_erase: ClassVar[str] = "detach"

    class State(models.TextChoices):
        OPEN = "open", _("open")
        REDEEMED = "redeemed", _("redeemed")
        VOID = "void", _("void")

    class Via(models.TextChoices):
        MAIL = "mail", _("mail")
        SHARE = "share", _("friend's page")
        QR = "qr", _("QR code")
        API = "api", _("API")
        STAFF = "staff", _("staff")

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="claims", verbose_name=_("offer"))
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="claims", verbose_name=_("contact")
    )
    seq = models.PositiveSmallIntegerField(_("number"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    code = models.OneToOneField(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="claim", verbose_name=_("code")
    )
    token = models.CharField(_("token"), max_length=32, unique=True)
    proof = models.ForeignKey(
        FanProof, null=True, blank=True, on_delete=models.SET_NULL, related_name="claims", verbose_name=_("fan proof")
    )
    via = models.CharField(_("through"), max_length=8, choices=Via, default=Via.MAIL)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="claims", verbose_name=_("campaign")
    )
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("delivery")
    )
    claimed_at = models.DateTimeField(_("claimed"), auto_now_add=True)
    expires_at = models.DateTimeField(_("use until"))
    reserved_until = models.DateTimeField(_("reserved until"), null=True, blank=True)
    reserved_by = models.CharField(_("reserved by"), max_length=80, blank=True)
    reserved_counted = models.JSONField(
        _("counters moved by the reservation"), default=list, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [models.UniqueConstraint(fields=["offer", "contact", "seq"], name="claim_once")]
        indexes = [
            models.Index(fields=["offer", "state"], name="claim_liability"),
            models.Index(fields=["contact", "-claimed_at"], name="claim_of_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.contact_id} {self.state}"


class Redemption(models.Model):
    """A use of a claim, or the reversal of one. Never changed, never deleted."""

    on_erase: ClassVar[str] = "keep"  # reaches the contact through its claim, which is detached

    class Kind(models.TextChoices):
        REDEEM = "redeem", _("redemption")
        REVERSE = "reverse", _("reversal")

    class Channel(models.TextChoices):
        POS = "pos", _("till")
        WEB = "web", _("web")
        API = "api", _("API")

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("claim"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.REDEEM)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal", verbose_name=_("undoes")
    )
    place = models.ForeignKey(
        Place, null=True, blank=True, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("place")
    )
    staff = models.ForeignKey(
        StaffMember,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="redemptions",
        verbose_name=_("cashier"),
    )
    device = models.ForeignKey(
        Device, null=True, blank=True, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("till")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    channel = models.CharField(_("channel"), max_length=4, choices=Channel, default=Channel.POS)
    amount_minor = models.PositiveBigIntegerField(_("order amount"), null=True, blank=True)
    discount_minor = models.PositiveBigIntegerField(_("discount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    cost_minor = models.PositiveBigIntegerField(_("taken from the budget"), default=0)
    counted = models.JSONField(_("counters moved"), default=list, blank=True, editable=False)
    order_reference = models.CharField(_("order number"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="redeem", reverses__isnull=True)
                | models.Q(kind="reverse", reverses__isnull=False),
                name="redemption_reversal_names_what",
            ),
        ]
        indexes = [models.Index(fields=["place", "-at"], name="redemption_today_at_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.claim_id}"


class Attempt(models.Model):
    """One try at a code that was refused, with the exact reason; the code only as a fingerprint."""

    on_erase: ClassVar[str] = "keep"

    at = models.DateTimeField(_("time"), auto_now_add=True)
    code_fingerprint = models.CharField(_("code fingerprint"), max_length=16)
    reason = models.CharField(_("reason"), max_length=32)
    place = models.ForeignKey(
        Place, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts", verbose_name=_("place")
    )
    who = models.CharField(
        _("who"), max_length=80, blank=True, help_text=_("device, key prefix or daily-salted address hash")
    )

    class Meta:
        verbose_name = _("refused try")
        verbose_name_plural = _("refused tries")
        indexes = [models.Index(fields=["who", "-at"], name="attempt_rate")]

    def __str__(self) -> str:
        return f"{self.reason} {self.code_fingerprint}"
