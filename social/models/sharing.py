"""Share links and what came of them: visits, friends, rewards. A press is an intent; only outcomes are rewarded."""

from typing import ClassVar

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Link
from contacts.models import Brand, Contact, Segment
from social.models.offers import Offer
from social.models.uses import Claim


class NetworkSetting(models.Model):
    """A marketer's choice for one network of the registry: shown or not, where in the order, under which words.

    For a whole brand, or only for a campaign, a language, a segment; the more particular choice wins.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="networks", verbose_name=_("brand"))
    campaign = models.ForeignKey(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="networks",
        verbose_name=_("campaign"),
        help_text=_("empty = every campaign of the brand"),
    )
    segment = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="networks",
        verbose_name=_("segment"),
        help_text=_("empty = everybody; on the share page only, since a mail's bar is the same for all"),
    )
    language = models.CharField(_("language"), max_length=8, blank=True, help_text=_("empty = every language"))
    network = models.CharField(_("network"), max_length=24)
    is_enabled = models.BooleanField(_("shown"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    label = models.JSONField(
        _("label"), default=dict, blank=True, help_text=_("per language; empty = the network's name")
    )
    text = models.JSONField(
        _("words to share"), default=dict, blank=True, help_text=_("per language; empty = the share bar's words")
    )

    class Meta:
        verbose_name = _("network")
        verbose_name_plural = _("networks")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                F("brand"),
                F("network"),
                Coalesce("campaign", 0),
                Coalesce("segment", 0),
                F("language"),
                name="network_setting_once",
                violation_error_message=_(
                    "There is a choice for this network, campaign, segment and language already."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.network


class ShareLink(models.Model):
    """One contact's own link for one campaign, block and network; its token grants a visit and nothing else.

    `parent` is the link through which the sharer herself came, so shares form a tree; a mail's own are `generation` 1.
    """

    on_erase: ClassVar[str] = "detach"

    link = models.OneToOneField(Link, on_delete=models.PROTECT, related_name="share_link", verbose_name=_("link"))
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="share_links", verbose_name=_("contact")
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="share_links", verbose_name=_("campaign")
    )
    block = models.CharField(_("block"), max_length=40, blank=True)
    network = models.CharField(_("network"), max_length=24)
    offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="share_links", verbose_name=_("offer")
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="children",
        verbose_name=_("came through"),
    )
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    intended_at = models.DateTimeField(_("pressed"), null=True, blank=True)
    composed_at = models.DateTimeField(
        _("composed"), null=True, blank=True, help_text=_("the network's own robot fetched the link")
    )
    visited_at = models.DateTimeField(_("first friend"), null=True, blank=True)
    observed_network = models.CharField(
        _("network seen"), max_length=24, blank=True, help_text=_("another than the link's own, told by a robot")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        constraints = [
            models.UniqueConstraint(fields=["contact", "campaign", "block", "network"], name="share_link_once")
        ]
        indexes = [models.Index(fields=["campaign", "network"], name="share_link_report")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.network} {self.contact_id}"


class DailySalt(models.Model):
    """The salt of one day's visitor keys; destroyed after the day, so that visits never join across days."""

    day = models.DateField(_("day"), unique=True)
    salt = models.CharField(_("salt"), max_length=64)

    class Meta:
        verbose_name = _("daily salt")
        verbose_name_plural = _("daily salts")

    def __str__(self) -> str:
        return f"{self.day}"


class EarnedVisit(models.Model):
    """A human visitor other than the sharer on one share link, once a day."""

    on_erase: ClassVar[str] = "keep"

    share_link = models.ForeignKey(
        ShareLink, on_delete=models.CASCADE, related_name="visits", verbose_name=_("share link")
    )
    day = models.DateField(_("day"))
    visitor_key = models.CharField(_("visitor key"), max_length=32)
    is_sharer = models.BooleanField(_("the sharer herself"), default=False)
    observed_network = models.CharField(_("network seen"), max_length=24, blank=True)
    first_at = models.DateTimeField(_("first"))

    class Meta:
        verbose_name = _("earned visit")
        verbose_name_plural = _("earned visits")
        constraints = [
            models.UniqueConstraint(fields=["share_link", "day", "visitor_key"], name="earned_visit_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.share_link_id} {self.day}"


class OrphanHit(models.Model):
    """Hits of one day on an address that looks like a share's or a code's and is nobody's; '' = above the day's 200."""

    class Kind(models.TextChoices):
        VISIT = "v", _("friend's page")
        SCAN = "q", _("QR code")

    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=1, choices=Kind)
    token = models.CharField(_("address"), max_length=16, blank=True)
    n = models.PositiveIntegerField(_("hits"), default=0)
    people = models.PositiveIntegerField(_("by people"), default=0)
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("hits on no link of ours")
        verbose_name_plural = _("hits on no link of ours")
        constraints = [models.UniqueConstraint(fields=["day", "kind", "token"], name="orphan_hit_once")]

    def __str__(self) -> str:
        return f"{self.day} /{self.kind}/{self.token} {self.n}"


class ReferralProgram(models.Model):
    """What sponsor and friend get, for which outcome, after how many days."""

    class Event(models.TextChoices):
        SIGNUP = "signup", _("confirmed sign-up")
        ORDER = "order", _("first order")
        REDEMPTION = "redemption", _("redemption")

    brand = models.ForeignKey(
        Brand, on_delete=models.PROTECT, related_name="referral_programs", verbose_name=_("brand")
    )
    name = models.CharField(_("name"), max_length=120)
    qualifying_event = models.CharField(_("counts after"), max_length=12, choices=Event, default=Event.SIGNUP)
    hold_days = models.PositiveSmallIntegerField(_("days to wait"), default=7)
    cap_per_sponsor = models.PositiveIntegerField(_("most rewards a sponsor"), null=True, blank=True)
    sponsor_offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("sponsor's reward")
    )
    friend_offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("friend's advantage")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("referral programme")
        verbose_name_plural = _("referral programmes")

    def __str__(self) -> str:
        return self.name


class Milestone(models.Model):
    """What a sponsor gets in addition when so many friends counted; once, whatever her friends bring later."""

    program = models.ForeignKey(
        ReferralProgram, on_delete=models.CASCADE, related_name="milestones", verbose_name=_("programme")
    )
    friends = models.PositiveSmallIntegerField(_("friends"), help_text=_("usually 1, 3 and 10"))
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("reward"))

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["program", "friends"]
        constraints = [
            models.UniqueConstraint(fields=["program", "friends"], name="milestone_once"),
            models.CheckConstraint(condition=models.Q(friends__gte=1), name="milestone_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.friends}"


class Referral(models.Model):
    """A sharer brought a new contact: pending until she confirms, held, approved; or flagged or voided, with why."""

    on_erase: ClassVar[str] = "detach"

    class State(models.TextChoices):
        PENDING = "pending", _("to be confirmed")
        HELD = "held", _("waiting")
        APPROVED = "approved", _("approved")
        FLAGGED = "flagged", _("to be looked at")
        VOIDED = "voided", _("voided")

    sponsor = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="referrals_made", verbose_name=_("sponsor")
    )
    friend = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="referrals_received", verbose_name=_("friend")
    )
    share_link = models.ForeignKey(
        ShareLink, null=True, on_delete=models.PROTECT, related_name="referrals", verbose_name=_("share link")
    )
    program = models.ForeignKey(
        ReferralProgram,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="referrals",
        verbose_name=_("programme"),
    )
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    origin = models.CharField(
        _("network of the day"), max_length=32, blank=True, help_text=_("an HMAC under a salt destroyed after the day")
    )
    created_at = models.DateTimeField(_("signed up"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    qualified_at = models.DateTimeField(
        _("counts since"),
        null=True,
        blank=True,
        help_text=_("the outcome of the programme; the days to wait start here"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        constraints = [
            models.UniqueConstraint(fields=["friend"], name="referral_friend_once"),
            models.CheckConstraint(condition=~models.Q(sponsor=models.F("friend")), name="referral_not_oneself"),
        ]
        indexes = [models.Index(fields=["sponsor", "state"], name="referral_of_sponsor")]

    def __str__(self) -> str:
        return f"{self.sponsor_id} → {self.friend_id} {self.state}"


class RewardGrant(models.Model):
    """A reward given for a referral, once per side; that of a milestone hangs on the referral that reached it."""

    on_erase: ClassVar[str] = "keep"

    class Side(models.TextChoices):
        SPONSOR = "sponsor", _("sponsor")
        FRIEND = "friend", _("friend")
        MILESTONE = "mile", _("milestone")

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="rewards", verbose_name=_("referral"))
    side = models.CharField(_("side"), max_length=8, choices=Side)
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.PROTECT, related_name="rewards", verbose_name=_("milestone")
    )
    claim = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="rewards", verbose_name=_("claim")
    )
    granted_at = models.DateTimeField(_("granted"), auto_now_add=True)

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [
            models.UniqueConstraint(F("referral"), F("side"), Coalesce("milestone", 0), name="reward_once_per_side")
        ]

    def __str__(self) -> str:
        return f"{self.referral_id} {self.side}"
