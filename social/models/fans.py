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
    """The word of one post on one network: who types or opens it, claims, and is bound to it."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="fan_words", verbose_name=_("brand"))
    network = models.CharField(_("network"), max_length=24)
    word = models.CharField(_("word"), max_length=40)
    post_url = models.URLField(_("post"), blank=True)
    cap = models.PositiveIntegerField(_("most claims"), null=True, blank=True)
    used = models.PositiveIntegerField(_("claims"), default=0, editable=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    rotated_at = models.DateTimeField(_("rotated"), null=True, blank=True)

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
