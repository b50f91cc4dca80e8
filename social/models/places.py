"""Shops, the people and devices at their tills, and printed QR codes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Image, Link
from contacts.models import Brand, Segment
from contacts.models.job import private_storage


def site_time_zone() -> str:
    """The site's zone, for places that name none."""
    return settings.TIME_ZONE


class Place(models.Model):
    """A shop, stand or till where offers are redeemed."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="places", verbose_name=_("brand"))
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), unique=True)
    address = models.TextField(_("address"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default=site_time_zone)
    managers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="places", verbose_name=_("managers")
    )
    opens_at = models.TimeField(_("opens"), null=True, blank=True)
    closes_at = models.TimeField(
        _("closes"), null=True, blank=True, help_text=_("redemptions outside these hours are looked at; empty = never")
    )
    people = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="places",
        verbose_name=_("its people"),
        help_text=_("whom its managers may write to; empty = nobody yet"),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["brand", "name"], name="place_name_in_brand")]

    def __str__(self) -> str:
        return self.name


class StaffMember(models.Model):
    """A cashier: a name and a four-digit PIN at one place, no e-mail account."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="staff", verbose_name=_("place"))
    name = models.CharField(_("name"), max_length=80)
    pin_hash = models.CharField(_("PIN (hashed)"), max_length=128)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("cashier")
        verbose_name_plural = _("cashiers")
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="staff_name_at_place")]

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """A phone or tablet enrolled as a till of one place; its cookie holds a secret of which we keep the SHA-256."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="devices", verbose_name=_("place"))
    name = models.CharField(_("name"), max_length=80)
    secret_hash = models.CharField(_("secret (hashed)"), max_length=64, unique=True)
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    enrolled_at = models.DateTimeField(_("enrolled"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("till")
        verbose_name_plural = _("tills")

    def __str__(self) -> str:
        return f"{self.place} · {self.name}"


class TillTicket(models.Model):
    """A manager's QR code that makes one phone a till, once and within minutes; we keep its secret's SHA-256."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="tickets", verbose_name=_("place"))
    name = models.CharField(_("name"), max_length=80)
    secret_hash = models.CharField(_("secret (hashed)"), max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("by")
    )
    expires_at = models.DateTimeField(_("until"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("till ticket")
        verbose_name_plural = _("till tickets")

    def __str__(self) -> str:
        return f"{self.place} · {self.name}"


class QRCode(models.Model):
    """A placement with its own short link: a poster, a till, a slide, a mail. Scans are counted per placement."""

    on_erase: ClassVar[str] = "detach"

    class Placement(models.TextChoices):
        POSTER = "poster", _("poster")
        TILL = "till", _("till")
        SLIDE = "slide", _("slide")
        TV = "tv", _("television")
        PACKAGE = "package", _("package")
        MAIL = "mail", _("mail")

    LEVELS: ClassVar[list[tuple[str, str]]] = [("L", "L 7 %"), ("M", "M 15 %"), ("Q", "Q 25 %"), ("H", "H 30 %")]

    link = models.OneToOneField(Link, on_delete=models.PROTECT, related_name="qr_code", verbose_name=_("link"))
    name = models.CharField(_("name"), max_length=120)
    placement = models.CharField(_("placement"), max_length=8, choices=Placement, default=Placement.POSTER)
    place = models.ForeignKey(
        Place, null=True, blank=True, on_delete=models.PROTECT, related_name="qr_codes", verbose_name=_("place")
    )
    dark = models.CharField(_("colour of the modules"), max_length=7, default="#000000")
    light = models.CharField(_("colour of the ground"), max_length=7, default="#ffffff")
    level = models.CharField(_("correction"), max_length=1, choices=LEVELS, default="M")
    logo = models.ForeignKey(
        Image, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("logo"),
        help_text=_("in the middle, 22 % of the side; the code then takes level H"),
    )  # fmt: skip
    document = models.FileField(
        _("document"), upload_to="documents/", blank=True, storage=private_storage,
        help_text=_("the code then leads to a page that hands it out"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("QR code")
        verbose_name_plural = _("QR codes")

    def __str__(self) -> str:
        return self.name


class QRScanDay(models.Model):
    """Scans of one placement on one day of the site's zone, by people's phones only; kept when events are gone."""

    on_erase: ClassVar[str] = "keep"

    code = models.ForeignKey(QRCode, on_delete=models.CASCADE, related_name="days", verbose_name=_("QR code"))
    day = models.DateField(_("day"))
    n = models.PositiveIntegerField(_("scans"), default=0)

    class Meta:
        verbose_name = _("scans of a day")
        verbose_name_plural = _("scans of days")
        constraints = [models.UniqueConstraint(fields=["code", "day"], name="qr_scan_day_once")]

    def __str__(self) -> str:
        return f"{self.code_id} {self.day} {self.n}"
