"""An offer's life in somebody's hands: claim → (reserve) → redeem → reverse. Redemptions are append-only."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Delivery
from contacts.models import Contact
from social.models.fans import FanProof
from social.models.offers import Code, Offer
from social.models.places import Device, Place, StaffMember


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
    client = models.CharField(_("asked by"), max_length=80, blank=True, editable=False)  # `key:<prefix>` of a partner
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
    client = models.CharField(_("asked by"), max_length=80, blank=True, editable=False)  # `key:<prefix>` of a partner
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)

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
        indexes = [
            models.Index(fields=["place", "-at"], name="redemption_today_at_place"),
            models.Index(fields=["at"], name="redemption_at"),
        ]

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
    claim = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.SET_NULL, related_name="attempts", verbose_name=_("claim")
    )
    who = models.CharField(
        _("who"), max_length=80, blank=True, help_text=_("device, key prefix or daily-salted address hash")
    )

    class Meta:
        verbose_name = _("refused try")
        verbose_name_plural = _("refused tries")
        indexes = [
            models.Index(fields=["who", "-at"], name="attempt_rate"),
            models.Index(fields=["reason", "at"], name="attempt_alarm"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.code_fingerprint}"


class TillNote(models.Model):
    """A redemption heard of later: noted without network, on paper, or in a file of a real till; settled once."""

    on_erase: ClassVar[str] = "keep"  # reaches a contact through the redemption's claim, which is detached

    class State(models.TextChoices):
        WAITING = "waiting", _("to settle")
        SETTLED = "settled", _("redeemed")
        COLLISION = "collision", _("refused")
        DROPPED = "dropped", _("put aside")

    class Source(models.TextChoices):
        PHONE = "phone", _("phone without network")
        PAPER = "paper", _("paper")
        FILE = "file", _("file")

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="notes", verbose_name=_("place"))
    device = models.ForeignKey(
        Device, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("till")
    )
    staff = models.ForeignKey(
        StaffMember, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("cashier")
    )
    source = models.CharField(_("from"), max_length=5, choices=Source, default=Source.PAPER)
    key = models.CharField(_("key"), max_length=120, unique=True, help_text=_("the same note twice is one note"))
    code = models.CharField(_("code"), max_length=400, blank=True)
    noted_at = models.DateTimeField(_("noted"))
    amount_minor = models.PositiveBigIntegerField(_("order amount"), null=True, blank=True)
    order_reference = models.CharField(_("order number"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    redemption = models.ForeignKey(
        Redemption, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("redemption")
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("late redemption")
        verbose_name_plural = _("late redemptions")
        indexes = [models.Index(fields=["state", "place"], name="till_note_waiting")]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.noted_at:%Y-%m-%d %H:%M}"
