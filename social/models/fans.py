"""Proof that a contact follows the brand on a network, and the words of posts that give it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Brand, Contact


class FanLevel(models.IntegerChoices):
    """How well we know that she is a fan. Only 4 and 5 may be called verified."""

    DECLARED = 0, _("declared")
    SHARED = 1, _("shared with evidence")
    NETWORK_LINK = 2, _("word or link of a post")
    CODE = 3, _("code by message or sign-in")
    BRAND_LIST = 4, _("on the brand's own list")
    VERIFIED = 5, _("verified by the network")


class FanWord(models.Model):
    """The word and the link of one post on one network: who types or opens it, claims, and is bound to it.

    `replaces` is the word that leaked before it, so the words of one post form a chain; `alarm` says why it may leak.
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="fan_words", verbose_name=_("brand"))
    network = models.CharField(_("network"), max_length=24)
    word = models.CharField(_("word"), max_length=40)
    post_url = models.URLField(_("post"), blank=True)
    cap = models.PositiveIntegerField(_("most claims"), null=True, blank=True)
    used = models.PositiveIntegerField(_("claims"), default=0, editable=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    rotated_at = models.DateTimeField(_("rotated"), null=True, blank=True)
    token = models.CharField(_("link"), max_length=32, unique=True, null=True, editable=False)
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors", verbose_name=_("replaces")
    )
    burst_limit = models.PositiveIntegerField(
        _("alarm above"), default=30, help_text=_("claims within ten minutes; more than that and it may have leaked")
    )
    alarm = models.JSONField(_("alarm"), default=list, blank=True, editable=False)
    alarmed_at = models.DateTimeField(_("alarm since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("word of a post")
        verbose_name_plural = _("words of posts")
        constraints = [
            models.UniqueConstraint(fields=["brand", "word"], name="fan_word_once"),
            models.CheckConstraint(
                condition=models.Q(cap__isnull=True) | models.Q(used__lte=models.F("cap")), name="fan_word_within_cap"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="fan_word_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.word}"


class FanProof(models.Model):
    """One proof: contact × network, level 0–5, how it came, until when it holds."""

    on_erase: ClassVar[str] = "delete"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="fan_proofs", verbose_name=_("contact"))
    network = models.CharField(_("network"), max_length=24)
    level = models.PositiveSmallIntegerField(_("level"), choices=FanLevel)
    method = models.CharField(_("method"), max_length=24)
    word = models.ForeignKey(
        FanWord, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs", verbose_name=_("word")
    )
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    verified_at = models.DateTimeField(_("since"))
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("fan proof")
        verbose_name_plural = _("fan proofs")
        constraints = [
            models.CheckConstraint(condition=models.Q(level__lte=5), name="fan_level_0_5"),
            models.UniqueConstraint(
                fields=["contact", "word"], condition=models.Q(word__isnull=False), name="fan_proof_word_once"
            ),
        ]
        indexes = [models.Index(fields=["contact", "network", "-level"], name="fan_level_of_contact")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.network} {self.level}"


class FanCode(models.Model):
    """A short code for minutes or days, once: from a post's link to her offer page, or from there into a message to us.

    `link`: whoever opened the post's link presses and gets it; typed on the offer page it is the post's proof.
    `ask`: her offer page gives it; she sends it by direct message or shows it in a shop, and we enter it.
    """

    on_erase: ClassVar[str] = "delete"

    class Kind(models.TextChoices):
        LINK = "link", _("from a post's link")
        ASK = "ask", _("for a message or a shop")

    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    code = models.CharField(_("code"), max_length=12, unique=True)
    word = models.ForeignKey(
        FanWord, null=True, blank=True, on_delete=models.CASCADE, related_name="codes", verbose_name=_("word")
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="fan_codes", verbose_name=_("contact")
    )
    network = models.CharField(_("network"), max_length=24)
    seen = models.CharField(_("network seen"), max_length=24, blank=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("fan code")
        verbose_name_plural = _("fan codes")
        indexes = [models.Index(fields=["contact", "network", "-created_at"], name="fan_code_of_contact")]

    def __str__(self) -> str:
        return f"{self.kind} {self.network}"


class BrandAccount(models.Model):
    """The brand's own account on a network that answers who follows it; `subject` is its id there, found once."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="accounts", verbose_name=_("brand"))
    network = models.CharField(_("network"), max_length=24)
    handle = models.CharField(
        _("account"), max_length=254, help_text=_("brand.bsky.social on Bluesky, @brand@server.example on Mastodon")
    )
    subject = models.CharField(_("id there"), max_length=254, blank=True, editable=False)

    class Meta:
        verbose_name = _("account of the brand")
        verbose_name_plural = _("accounts of the brands")
        constraints = [models.UniqueConstraint(fields=["brand", "network"], name="brand_account_once")]

    def __str__(self) -> str:
        return f"{self.network} {self.handle}"


class FediverseApp(models.Model):
    """What one server of the fediverse knows us by, asked of it once."""

    server = models.CharField(_("server"), max_length=254, unique=True)
    client_id = models.CharField(_("client id"), max_length=254)
    client_secret = models.CharField(_("client secret"), max_length=254)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("server of the fediverse")
        verbose_name_plural = _("servers of the fediverse")

    def __str__(self) -> str:
        return self.server


class FanCheck(models.Model):
    """A question to a network whether she follows the brand. While the network is down it waits and is asked again."""

    on_erase: ClassVar[str] = "delete"

    class State(models.TextChoices):
        STARTED = "started", _("her turn")
        WAITING = "waiting", _("waiting for the network")
        YES = "yes", _("follows")
        NO = "no", _("does not follow")
        GIVEN_UP = "given_up", _("given up")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="fan_checks", verbose_name=_("contact"))
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    network = models.CharField(_("network"), max_length=24)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.STARTED)
    nonce = models.CharField(_("sign"), max_length=64, unique=True)
    handle = models.CharField(_("account"), max_length=254, blank=True)
    server = models.CharField(_("server"), max_length=254, blank=True)
    secret = models.TextField(_("kept for the next try"), blank=True)
    page = models.CharField(_("page"), max_length=120, blank=True)
    offer = models.ForeignKey(
        "social.Offer", null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("offer")
    )
    delivery = models.ForeignKey(
        "campaigns.Delivery", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("delivery"),
    )  # fmt: skip
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    ask_at = models.DateTimeField(_("next try"), null=True, blank=True)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    proof = models.ForeignKey(
        FanProof, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("fan proof")
    )

    class Meta:
        verbose_name = _("check with a network")
        verbose_name_plural = _("checks with networks")
        indexes = [
            models.Index(fields=["ask_at"], condition=models.Q(state="waiting"), name="fan_check_to_ask"),
            models.Index(fields=["contact", "network", "-created_at"], name="fan_check_of_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.state}"
