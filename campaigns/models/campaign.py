"""Campaigns, who was left out of them and why, and every address that a mail or a print redirects through us."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from campaigns.models.content import ContentVersion, EmailContent, Sender
from contacts.models import Contact, Segment, Topic

MOST_HELD_BACK = 20  # per cent of an audience


class Campaign(models.Model):
    """One mailing to segments (`campaign`), or a template sent by an event (`transactional`)."""

    class Kind(models.TextChoices):
        CAMPAIGN = "campaign", _("campaign")
        TRANSACTIONAL = "transactional", _("sent by an event")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        SENDING = "sending", _("sending")
        PAUSED = "paused", _("paused")
        FINISHED = "finished", _("finished")
        CANCELLED = "cancelled", _("cancelled")

    class Tracking(models.TextChoices):
        CONSENT = "consent", _("each contact as she agreed")
        CROWD = "crowd", _("totals only")
        NONE = "none", _("nothing")

    class Ambiguity(models.TextChoices):
        """What happens to a mail whose relay never told whether it took it."""

        HOLD = "hold", _("hold: never twice")
        RESEND = "resend", _("send again: never lost")
        RESOLVE = "resolve", _("look for proof first")

    class Timing(models.TextChoices):
        """When a person's mail goes once it is her turn; quiet hours hold for both."""

        AT_ONCE = "at_once", _("as soon as it is her turn")
        PREFERRED = "preferred", _("at the hour she likes, where she named one")
        EVENING = "evening", _("in each person's own evening, from 6 to 9 p.m.")

    class Priority(models.IntegerChoices):
        LOW = -1, _("may wait for others")
        NORMAL = 0, _("normal")
        HIGH = 1, _("before all others")

    class Objective(models.TextChoices):
        AWARENESS = "awareness", _("awareness")
        SALES = "sales", _("sales")
        LOYALTY = "loyalty", _("loyalty")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, default=Kind.CAMPAIGN)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    trigger = models.CharField(
        _("trigger"),
        max_length=40,
        blank=True,
        help_text=_("the event that sends it, for example confirm_subscription"),
    )
    topic = models.ForeignKey(
        Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("topic")
    )
    sender = models.ForeignKey(
        Sender, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("sender")
    )
    content = models.ForeignKey(
        EmailContent, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("mail")
    )
    content_version = models.ForeignKey(
        ContentVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("version sent"),
        editable=False,
    )
    segments = models.ManyToManyField(Segment, blank=True, related_name="campaigns", verbose_name=_("to"))
    excluded_segments = models.ManyToManyField(
        Segment, blank=True, related_name="excluded_from", verbose_name=_("but not to")
    )
    within = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns_within",
        verbose_name=_("only among"),
        help_text=_("nobody outside gets the mail, whatever is chosen above; alone, all of them get it"),
    )
    everyone_reason = models.CharField(
        _("why to everybody"),
        max_length=300,
        blank=True,
        help_text=_("needed when no segment is chosen: all subscribers of the topic get the mail"),
    )
    scheduled_at = models.DateTimeField(_("start"), null=True, blank=True)
    pace_per_hour = models.PositiveIntegerField(
        _("mails per hour"), null=True, blank=True, help_text=_("empty = as fast as the relays allow")
    )
    timing = models.CharField(_("hour"), max_length=9, choices=Timing, default=Timing.AT_ONCE)
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    tracking = models.CharField(_("measurement"), max_length=8, choices=Tracking, default=Tracking.CONSENT)
    ambiguity = models.CharField(_("mails in doubt"), max_length=8, choices=Ambiguity, default=Ambiguity.HOLD)
    holdout_percent = models.PositiveSmallIntegerField(
        _("control group"),
        default=0,
        validators=[MaxValueValidator(MOST_HELD_BACK)],
        help_text=_("per cent of the audience that gets nothing, 0–20"),
    )
    needs_subscription = models.BooleanField(
        _("only to subscribers"),
        default=False,
        help_text=_(
            "of a mail sent by an event: it goes only to who is subscribed to the topic, on a basis, and can be left; "
            "without it, it is a service that the person asked for"
        ),
    )
    in_archive = models.BooleanField(
        _("in the public archive"), default=False, help_text=_("everybody may read it, without anything personal")
    )
    objective = models.CharField(
        _("objective"),
        max_length=10,
        choices=Objective,
        default=Objective.SALES,
        help_text=_("decides which number the report leads with: friends’ visits, people who bought, or who came back"),
    )
    target = models.PositiveIntegerField(
        _("target"), null=True, blank=True, help_text=_("of that number; empty = no target")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("who answers for it"),
    )
    due_on = models.DateField(_("to be reached by"), null=True, blank=True)
    needs_approval = models.BooleanField(
        _("a second person approves it"), default=False, help_text=_("nobody starts it before, whatever her role")
    )

    audience_cursor = models.BigIntegerField(_("snapshot reached contact"), default=0, editable=False)
    audience_at = models.DateTimeField(_("audience frozen"), null=True, blank=True, editable=False)
    send_until = models.DateTimeField(
        _("not after"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("the earliest end of what its blocks promise"),
    )
    paused_reason = models.CharField(_("why paused"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["audience_cursor"])

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [
            ("start_campaign", "Can start, pause and cancel a campaign"),
            ("approve_campaign", "Can approve a campaign"),
            ("start_unapproved", "Can start a campaign without a second person's approval"),
            ("write_to_everybody", "Can write to everybody, from any mail"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(holdout_percent__lte=MOST_HELD_BACK), name="campaign_holdout_0_20"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="campaign") | ~models.Q(trigger=""), name="campaign_transactional_has_trigger"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="scheduled") | models.Q(scheduled_at__isnull=False),
                name="campaign_schedule_has_time",
            ),
            models.UniqueConstraint(
                fields=["trigger", "topic"],
                condition=models.Q(kind="transactional", state="sending"),
                name="campaign_one_per_trigger",
            ),
            models.UniqueConstraint(
                fields=["trigger"],
                condition=models.Q(kind="transactional", state="sending", topic=None),
                name="campaign_one_per_trigger_alone",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "scheduled_at"], name="campaign_due"),
            models.Index(fields=["-created_at"], name="campaign_recent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_service(self) -> bool:
        """Say whether it is a service that each reader asked for by what she did: such a mail cannot be left."""
        return self.kind == self.Kind.TRANSACTIONAL and not self.needs_subscription


class AudienceExclusion(models.Model):
    """How many people of the segments were left out of the snapshot, by reason."""

    class Reason(models.TextChoices):
        SUPPRESSED = "suppressed", _("suppressed address")
        UNSUBSCRIBED = "unsubscribed", _("not subscribed to the topic")
        NO_BASIS = "no_basis", _("no consent and no other basis")
        UNSENDABLE = "unsendable", _("no address that can be written to")
        PAUSED = "paused", _("asked for a pause")
        CAPPED = "capped", _("had enough mail lately")
        ASKED = "asked", _("asked for consent less than six months ago")
        EXCLUDED = "excluded", _("in an excluded segment")
        CONTROL = "control", _("drawn for the control group")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="exclusions", verbose_name=_("campaign")
    )
    reason = models.CharField(_("reason"), max_length=14, choices=Reason)
    n = models.BigIntegerField(_("people"), default=0)

    class Meta:
        verbose_name = _("left out")
        verbose_name_plural = _("left out")
        constraints = [models.UniqueConstraint(fields=["campaign", "reason"], name="exclusion_reason_once")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.n}"


class Link(models.Model):
    """Everything redirected or visited by token: campaign + permanent number (`/c/<t>/<n>`), or a random public one.

    A new content version keeps the number for the same block and target, else takes the next. `ShareLink` (`/v/`) and
    `QRCode` (`/q/`) extend it one to one.
    """

    on_erase: ClassVar[str] = "detach"

    class Kind(models.TextChoices):
        CLICK = "click", _("link in a mail")
        SHARE = "share", _("shared link")
        QR = "qr", _("QR code")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.CLICK)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="links", verbose_name=_("campaign")
    )
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    block = models.CharField(_("block"), max_length=40, blank=True)
    token = models.CharField(_("public token"), max_length=32, null=True, blank=True, unique=True)
    target = models.TextField(
        _("target"), blank=True, help_text=_("may hold merge tags; then Django answers instead of the front")
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="links", verbose_name=_("contact")
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    fallback = models.URLField(
        _("afterwards to"), max_length=2000, blank=True, help_text=_("where it leads once it has expired")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="link_number_in_campaign"),
            models.CheckConstraint(
                condition=models.Q(token__isnull=False) | models.Q(campaign__isnull=False, number__isnull=False),
                name="link_has_an_address",
            ),
        ]
        indexes = [models.Index(fields=["updated_at"], name="link_to_sync")]

    def __str__(self) -> str:
        return self.target or f"{self.get_kind_display()} {self.pk}"


class LinkTarget(models.Model):
    """A former target of a link and until when it held."""

    on_erase: ClassVar[str] = "keep"

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="former_targets", verbose_name=_("link"))
    target = models.TextField(_("target"))
    until = models.DateTimeField(_("until"), auto_now_add=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("former target")
        verbose_name_plural = _("former targets")

    def __str__(self) -> str:
        return self.target
