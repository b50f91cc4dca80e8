"""Orders with their lines, and the credits that touches get for them."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from contacts.models import Contact
from social.models.places import Place
from social.models.sharing import ShareLink
from social.models.uses import Redemption


def new_secret() -> str:
    """Return 256 random bits as 43 letters."""
    return secrets.token_urlsafe(32)


class Order(models.Model):
    """A purchase as a shop or till reported it; its reference is unique per source. Amounts are minor units."""

    on_erase: ClassVar[str] = "detach"

    class MatchedBy(models.TextChoices):
        """By what the order found its contact, in the order in which it is tried."""

        CODE = "code", _("redeemed code")
        REFERENCE = "reference", _("link reference")
        IDENTITY = "identity", _("card or shop id")
        EMAIL = "email", _("e-mail")
        NONE = "", _("not matched")

    source = models.CharField(_("source"), max_length=80)
    reference = models.CharField(_("order number"), max_length=120)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders", verbose_name=_("contact")
    )
    matched_by = models.CharField(_("matched by"), max_length=10, choices=MatchedBy, blank=True)
    redemption = models.ForeignKey(
        Redemption, null=True, blank=True, on_delete=models.PROTECT, related_name="orders", verbose_name=_("redemption")
    )
    place = models.ForeignKey(
        Place, null=True, blank=True, on_delete=models.PROTECT, related_name="orders", verbose_name=_("place")
    )
    channel = models.CharField(_("channel"), max_length=24, blank=True)
    amount_minor = models.BigIntegerField(_("amount"), help_text=_("before returns"))
    returned_minor = models.BigIntegerField(_("returned"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    is_new_customer = models.BooleanField(_("new customer"), default=False)
    is_attributed = models.BooleanField(
        _("attributed"), default=True, help_text=_("past orders loaded for segments are not")
    )
    ordered_at = models.DateTimeField(_("ordered"))
    created_at = models.DateTimeField(_("received"), auto_now_add=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], name="order_once_per_source"),
            models.CheckConstraint(
                condition=models.Q(returned_minor__gte=0, amount_minor__gte=models.F("returned_minor")),
                name="order_returns_within_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "-ordered_at"], name="order_of_contact"),
            models.Index(fields=["ordered_at"], name="order_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.reference}"


class OrderLine(models.Model):
    """One article of an order and how much of it came back."""

    on_erase: ClassVar[str] = "keep"  # reaches the contact through its order, which is detached

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    number = models.PositiveSmallIntegerField(_("line"))
    sku = models.CharField(_("article"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=120, blank=True)
    size = models.CharField(_("size"), max_length=40, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    returned_quantity = models.PositiveIntegerField(_("came back"), default=0)
    unit_minor = models.BigIntegerField(_("unit price"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="order_line_number"),
            models.CheckConstraint(
                condition=models.Q(returned_quantity__lte=models.F("quantity")), name="order_line_returns_within"
            ),
        ]
        indexes = [models.Index(fields=["category", "order"], name="order_line_category")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku or self.title}"


class Conversion(models.Model):
    """An order as an outcome: the touches before it share its credit."""

    on_erase: ClassVar[str] = "detach"

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="conversion", verbose_name=_("order"))
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversions", verbose_name=_("contact")
    )
    net_minor = models.BigIntegerField(_("net amount"), help_text=_("after returns"))
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")

    def __str__(self) -> str:
        return f"{self.order_id} {self.net_minor} {self.currency}"


class Credit(models.Model):
    """A touch's part of one conversion under one model, in millionths; the parts of a model sum to 1,000,000."""

    on_erase: ClassVar[str] = "keep"

    class Model(models.TextChoices):
        LAST_TOUCH = "last_touch", _("last touch")
        FIRST_TOUCH = "first_touch", _("first touch")
        SHARE_ASSISTED = "share_assisted", _("share-assisted")

    conversion = models.ForeignKey(
        Conversion, on_delete=models.CASCADE, related_name="credits", verbose_name=_("conversion")
    )
    model = models.CharField(_("model"), max_length=16, choices=Model)
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.PROTECT, related_name="credits", verbose_name=_("campaign")
    )
    share_link = models.ForeignKey(
        ShareLink, null=True, blank=True, on_delete=models.PROTECT, related_name="credits", verbose_name=_("share link")
    )
    touch = models.CharField(_("touch"), max_length=20, help_text=_("kind of the event credited"))
    touched_at = models.DateTimeField(_("touched"))
    parts = models.PositiveIntegerField(_("parts"), help_text=_("millionths of the conversion"))

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        constraints = [models.CheckConstraint(condition=models.Q(parts__lte=1_000_000), name="credit_at_most_whole")]
        indexes = [models.Index(fields=["campaign", "model"], name="credit_of_campaign")]

    def __str__(self) -> str:
        return f"{self.conversion_id} {self.model} {self.parts}"


class OrderSource(models.Model):
    """A shop that reports its orders by a signed postback; `slug` is the orders' source."""

    on_erase: ClassVar[str] = "keep"

    slug = models.SlugField(_("source"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    secret = models.CharField(_("secret"), max_length=64, default=new_secret, help_text=_("signs the shop's postbacks"))
    is_active = models.BooleanField(_("accepted"), default=True)
    last_at = models.DateTimeField(_("last order"), null=True, blank=True, editable=False)
    last_problem = models.CharField(_("last problem"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
