"""The person: a contact, the identities she is found by, her typed attributes and tags."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """One named person. The address may be missing: a shop's customer is found by her card alone.

    `email` is stored normalised (lower case, domain in its ASCII form), so unique means one person.
    `address_hash` is the keyed hash of it that joins `Suppression` in SQL, made by `contacts.suppression.address_hash`.
    `last_*_at` are acts of a human, written by the ingest; machines and proxies never move them.
    """

    on_erase: ClassVar[str] = "delete"

    class Unsendable(models.TextChoices):
        """Why no mail can be written to this address at all, whatever its owner agreed to."""

        EAI = "eai", _("letters outside ASCII before the @, which few servers accept")
        INVALID = "invalid", _("not an address")

    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True, unique=True)
    address_hash = models.CharField(_("address hash"), max_length=32, blank=True, editable=False)
    unsendable = models.CharField(_("cannot be written to"), max_length=10, choices=Unsendable, blank=True)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True, choices=settings.LANGUAGES)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("IANA name, for example Europe/Paris")
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    source = models.CharField(_("source"), max_length=120, blank=True, help_text=_("where this person came from first"))
    referred_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="brought", db_index=False,
        verbose_name=_("brought by"),
    )  # fmt: skip
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged", db_index=False,
        verbose_name=_("merged into"),
    )  # fmt: skip
    tags: models.ManyToManyField["Tag", "ContactTag"] = models.ManyToManyField(
        "Tag", through="ContactTag", related_name="contacts", blank=True, verbose_name=_("tags")
    )

    # Consent as it stands now, kept by contacts.consent from the ledger; empty = not given. The times say since when.
    open_tracking_at = models.DateTimeField(_("agreed to open measurement"), null=True, blank=True, editable=False)
    click_tracking_at = models.DateTimeField(_("agreed to click measurement"), null=True, blank=True, editable=False)
    profiling_at = models.DateTimeField(_("agreed to profiling"), null=True, blank=True, editable=False)
    public_name_at = models.DateTimeField(_("agreed to show her first name"), null=True, blank=True, editable=False)

    last_opened_at = models.DateTimeField(_("last open"), null=True, blank=True, editable=False)
    last_clicked_at = models.DateTimeField(_("last click"), null=True, blank=True, editable=False)
    last_shared_at = models.DateTimeField(_("last share"), null=True, blank=True, editable=False)
    last_redeemed_at = models.DateTimeField(_("last redemption"), null=True, blank=True, editable=False)
    last_ordered_at = models.DateTimeField(_("last order"), null=True, blank=True, editable=False)

    paused_until = models.DateTimeField(
        _("pause until"), null=True, blank=True, help_text=_("she asked for no mail before this time")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email__isnull=True) | models.Q(email=Lower("email")),
                name="contact_email_is_normalised",
            ),
            models.CheckConstraint(condition=~models.Q(email=""), name="contact_email_missing_is_null"),
            models.CheckConstraint(condition=~models.Q(referred_by=models.F("id")), name="contact_not_own_friend"),
        ]
        indexes = [
            models.Index(fields=["address_hash"], name="contact_suppression_join"),
            models.Index(fields=["last_name", "first_name"], name="contact_by_name"),
            models.Index(fields=["first_name"], name="contact_by_first_name"),
            models.Index(fields=["created_at"], name="contact_by_age"),
            # Nearly everybody has none of these: an index of the others costs an import nothing, and a planner that
            # counts the empty ones too takes every value for common and reads the table instead.
            *(
                models.Index(fields=[field], name=name, condition=models.Q((f"{field}__isnull", False)))
                for field, name in (
                    ("referred_by", "contact_brought"),
                    ("merged_into", "contact_merged"),
                    ("last_opened_at", "contact_last_open"),
                    ("last_clicked_at", "contact_last_click"),
                )
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or f"#{self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Identity(models.Model):
    """Another name by which a contact is found: a phone, a loyalty card, a shop's id, a network handle, an old address.

    The main address stands on `Contact.email`; `contacts.identities.find` looks in both.
    """

    on_erase: ClassVar[str] = "delete"

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        PHONE = "phone", _("phone")
        CARD = "card", _("loyalty card")
        SHOP = "shop", _("shop id")
        EXTERNAL = "external", _("external id")
        HANDLE = "handle", _("network handle")

    class Proof(models.TextChoices):
        NONE = "", _("none")
        IMPORTED = "imported", _("imported")
        DECLARED = "declared", _("declared")
        CONFIRMED = "confirmed", _("confirmed")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities", verbose_name=_("contact"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = models.CharField(
        _("value"), max_length=254, help_text=_("normalised; a handle starts with its network: bluesky:ann.example")
    )
    proof = models.CharField(_("proof"), max_length=10, choices=Proof, blank=True)
    source = models.CharField(_("source"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identity_is_one_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class AttributeType(models.Model):
    """An attribute that contacts may have: its name in `Contact.attributes`, its label and its type."""

    class Type(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        DATE = "date", _("date")
        BOOLEAN = "boolean", _("yes or no")
        LIST = "list", _("list")

    name = models.SlugField(
        _("name"), unique=True, help_text=_("as written in segments and merge tags: favourite_shop")
    )
    label = models.CharField(_("label"), max_length=120)
    type = models.CharField(_("type"), max_length=8, choices=Type, default=Type.TEXT)
    is_filterable = models.BooleanField(
        _("filterable"), default=False, help_text=_("has an index of its own, for segments over many people")
    )

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class Tag(models.Model):
    """A word put on contacts by hand, import or rule."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ContactTag(models.Model):
    """A tag on a contact."""

    on_erase: ClassVar[str] = "delete"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("contact"))
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+", verbose_name=_("tag"))

    class Meta:
        verbose_name = _("tag of a contact")
        verbose_name_plural = _("tags of contacts")
        constraints = [models.UniqueConstraint(fields=["contact", "tag"], name="contact_tag_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.tag_id}"
