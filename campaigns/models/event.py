"""What happened: classified events, the rollups that reports read, and how far each spool file was read."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign, Link
from campaigns.models.delivery import Delivery
from contacts.models import Contact


class Event(models.Model):
    """One classified hit or act. No foreign key points here and its unique key holds the time: it may be partitioned.

    A crowd hit has neither contact nor delivery. `ip_prefix` (/24 or /48) and `user_agent` are emptied after 30 days.
    `key` makes it once: `spool:<file>:<offset>` for hits, `<subject>:<id>` for acts.
    """

    on_erase: ClassVar[str] = "detach"
    erase_blanks: ClassVar[dict[str, object]] = {"ip_prefix": "", "user_agent": ""}

    class Kind(models.TextChoices):
        """All kinds, each documented in docs/events.md; upper floors write theirs by `tracking.events.record`."""

        OPEN = "open", _("open")
        CLICK = "click", _("click")
        WEB_VIEW = "web_view", _("web version read")
        UNSUBSCRIBE = "unsubscribe", _("unsubscribed")
        BOUNCE = "bounce", _("bounced")
        COMPLAINT = "complaint", _("complained")
        REPLY = "reply", _("replied")
        SHARE_INTENT = "share_intent", _("pressed share")
        SHARE_COMPOSED = "share_composed", _("share composed")
        EARNED_VISIT = "earned_visit", _("friend's visit")
        EARNED_CONTACT = "earned_contact", _("friend signed up")
        EARNED_CONVERSION = "earned_conversion", _("friend bought")
        OFFER_VIEW = "offer_view", _("offer seen")
        CLAIM = "claim", _("offer claimed")
        REDEEM = "redeem", _("offer redeemed")
        REVERSE = "reverse", _("redemption undone")
        QR_SCAN = "qr_scan", _("QR code scanned")
        CONVERSION = "conversion", _("order")

    class Verdict(models.TextChoices):
        HUMAN = "human", _("human")
        PROXY = "proxy", _("proxy")
        MACHINE = "machine", _("machine")
        UNKNOWN = "unknown", _("unknown")

    class Device(models.TextChoices):
        UNKNOWN = "", _("unknown")
        PHONE = "phone", _("phone")
        TABLET = "tablet", _("tablet")
        COMPUTER = "computer", _("computer")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("time"))
    key = models.CharField(_("key"), max_length=140)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict, default=Verdict.HUMAN)
    rule = models.CharField(_("rule"), max_length=24, blank=True)
    ruleset = models.PositiveSmallIntegerField(_("ruleset"), default=0)
    # db_index=False: an index below begins with the column, and each index costs every hit
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("campaign")
    )
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="events", db_index=False, verbose_name=_("contact")
    )
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, verbose_name=_("delivery")
    )
    link = models.ForeignKey(Link, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("link"))
    network = models.CharField(_("network"), max_length=24, blank=True)
    device = models.CharField(_("device"), max_length=8, choices=Device, blank=True)
    os = models.CharField(_("system"), max_length=24, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    subject_kind = models.CharField(_("object"), max_length=24, blank=True)
    subject_id = models.BigIntegerField(_("object id"), null=True, blank=True)
    ip_prefix = models.CharField(_("address range"), max_length=45, blank=True)
    user_agent = models.CharField(_("browser"), max_length=400, blank=True)
    created_at = models.DateTimeField(_("stored"), auto_now_add=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["key", "at"], name="event_once")]
        indexes = [
            models.Index(fields=["contact", "-at"], name="event_timeline"),
            models.Index(fields=["campaign", "kind", "-at"], name="event_of_campaign"),
            models.Index(fields=["delivery", "at"], name="event_of_delivery"),
            models.Index(fields=["at"], name="event_retention"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class HourlyTotal(models.Model):
    """Events of one hour by campaign, kind, verdict and one dimension.

    Dimensions are '' (all), link, network, device, os, country and crowd.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="totals", db_index=False, verbose_name=_("campaign")
    )
    hour = models.DateTimeField(_("hour"))
    kind = models.CharField(_("kind"), max_length=20)
    verdict = models.CharField(_("verdict"), max_length=8)
    dimension = models.CharField(_("dimension"), max_length=10, blank=True)
    value = models.CharField(_("value"), max_length=40, blank=True)
    n = models.BigIntegerField(_("events"), default=0)

    class Meta:
        verbose_name = _("hourly total")
        verbose_name_plural = _("hourly totals")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "kind", "dimension", "value", "verdict", "hour"], name="total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.kind} {self.n}"


class Engagement(models.Model):
    """What one contact did about one campaign, human acts only: the one source of unique counts."""

    on_erase: ClassVar[str] = "detach"

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="engagements", db_index=False, verbose_name=_("campaign")
    )
    contact = models.ForeignKey(
        Contact,
        null=True,
        on_delete=models.SET_NULL,
        related_name="engagements",
        db_index=False,
        verbose_name=_("contact"),
    )
    kind = models.CharField(_("kind"), max_length=20)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    n = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        constraints = [models.UniqueConstraint(fields=["campaign", "kind", "contact"], name="engagement_once")]
        indexes = [models.Index(fields=["contact", "kind", "-last_at"], name="engagement_of_contact")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.contact_id} {self.kind} {self.n}"


class LinkEngagement(models.Model):
    """How often one contact followed one link, human acts only."""

    on_erase: ClassVar[str] = "detach"

    link = models.ForeignKey(
        Link, on_delete=models.CASCADE, related_name="engagements", db_index=False, verbose_name=_("link")
    )
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("contact")
    )
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    n = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("clicks on a link")
        verbose_name_plural = _("clicks on links")
        constraints = [models.UniqueConstraint(fields=["link", "contact"], name="link_engagement_once")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.contact_id} {self.n}"


class Tally(models.Model):
    """What was counted for a report over many rows, with what it was true of: kept where counting takes long."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="tallies", db_index=False, verbose_name=_("campaign")
    )
    key = models.CharField(_("key"), max_length=20)
    data = models.JSONField(_("counts"))
    mark = models.CharField(_("mark"), max_length=80, help_text=_("as long as it is the same, so are the counts"))
    seconds = models.FloatField(_("seconds"), help_text=_("that the counting took"))
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [models.UniqueConstraint(fields=["campaign", "key"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.key}"


class ConsentVisit(models.Model):
    """How often the button of a mail that asks for consent was followed, by where people came from; of nobody."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="consent_visits", db_index=False, verbose_name=_("campaign")
    )
    source = models.CharField(_("source"), max_length=120, blank=True)
    n = models.PositiveIntegerField(_("visits"), default=0)

    class Meta:
        verbose_name = _("visits from a consent campaign")
        verbose_name_plural = _("visits from consent campaigns")
        constraints = [models.UniqueConstraint(fields=["campaign", "source"], name="consent_visit_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.source} {self.n}"


class WeeklyReader(models.Model):
    """One of the team who wants the week on one page by mail; written to as the contact with her address."""

    on_erase: ClassVar[str] = "delete"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("contact"))
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("reader of the weekly page")
        verbose_name_plural = _("readers of the weekly page")

    def __str__(self) -> str:
        return str(self.user)


class SpoolFile(models.Model):
    """How far a front's spool file was read; moved in the transaction of the rows that were read."""

    node = models.CharField(_("node"), max_length=120)
    name = models.CharField(_("file"), max_length=200)
    offset = models.BigIntegerField(_("read up to"), default=0, help_text=_("bytes"))
    torn_lines = models.PositiveIntegerField(_("torn lines"), default=0)
    started_at = models.DateTimeField(_("first read"), auto_now_add=True)
    finished_at = models.DateTimeField(_("read to the end"), null=True, blank=True)

    class Meta:
        verbose_name = _("spool file")
        verbose_name_plural = _("spool files")
        constraints = [models.UniqueConstraint(fields=["node", "name"], name="spool_file_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.offset}"
