"""Who writes, with which pictures, and what: contents with their versions, one body per language."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models import Brand
from contacts.models.brand import public_storage

no_control_characters = RegexValidator(
    r"[\x00-\x1f\x7f\x85\u2028\u2029]",
    _("Remove the line breaks and control characters: they would break the mail's header."),
    inverse_match=True,
)


class Sender(models.Model):
    """Who writes: the From line, the domain of envelope and Message-ID, the relay that carries it."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="senders", verbose_name=_("brand"))
    from_name = models.CharField(_("name shown"), max_length=120, validators=[no_control_characters])
    from_email = models.EmailField(_("address"), max_length=254)
    reply_to = models.EmailField(_("replies go to"), max_length=254, blank=True, help_text=_("somebody must read it"))
    bounce_domain = models.CharField(
        _("bounce domain"),
        max_length=120,
        blank=True,
        help_text=_("domain of the envelope sender; empty = the address's domain"),
    )
    relay = models.CharField(
        _("relay"), max_length=40, blank=True, help_text=_("a name of EMAIL_RELAYS; empty = by weight")
    )
    dkim_selector = models.CharField(_("DKIM selector"), max_length=63, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        constraints = [models.UniqueConstraint(fields=["brand", "from_email", "from_name"], name="sender_once")]

    def __str__(self) -> str:
        return f"{self.from_name} <{self.from_email}>"

    @property
    def domain(self) -> str:
        """The domain of the From address, lower case: Message-ID and List-Id stand under it."""
        return self.from_email.rpartition("@")[2].lower()

    @property
    def envelope_domain(self) -> str:
        """The domain of the envelope sender (VERP), SPF-aligned with `domain`."""
        return (self.bounce_domain or self.domain).lower()


class Image(models.Model):
    """A picture of the library, re-encoded without metadata and stored under the hash of its bytes."""

    brand = models.ForeignKey(
        Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="images", verbose_name=_("brand")
    )
    file = models.ImageField(
        _("file"), upload_to="images/", storage=public_storage, width_field="width", height_field="height"
    )
    sha256 = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    width = models.PositiveIntegerField(_("width"), help_text=_("pixels"), editable=False)
    height = models.PositiveIntegerField(_("height"), help_text=_("pixels"), editable=False)
    sizes = models.JSONField(_("narrower files"), default=dict, editable=False, help_text=_("file names by width"))
    alt = models.CharField(
        _("alternative text"), max_length=300, help_text=_("what a person who does not see it should know")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self) -> str:
        return self.alt

    def url_for(self, width: int) -> str:
        """Return the address of the smallest file that is sharp at `width` pixels on a screen of two per pixel."""
        enough = sorted(int(size) for size in self.sizes if int(size) >= 2 * width)
        return self.file.storage.url(self.sizes[str(enough[0])]) if enough else str(self.file.url)


class EmailContent(models.Model):
    """A mail as its writer knows it; what is sent is one published `ContentVersion` of it."""

    name = models.CharField(_("name"), max_length=120)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="contents", verbose_name=_("brand"))
    is_template = models.BooleanField(_("template"), default=False, help_text=_("offered as a start for new mails"))
    approved_version = models.ForeignKey(
        "ContentVersion",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("approved for shops"),
        help_text=_("managers of shops write with these words, and need nobody's approval while they leave them alone"),
    )
    made_from = models.ForeignKey(
        "ContentVersion",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("begun from"),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")

    def __str__(self) -> str:
        return self.name


class ContentVersion(models.Model):
    """One state of a content. Once published it never changes: deliveries point at it."""

    content = models.ForeignKey(EmailContent, on_delete=models.CASCADE, related_name="versions", verbose_name=_("mail"))
    number = models.PositiveIntegerField(_("number"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["content", "-number"]
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="content_version_number")]

    def __str__(self) -> str:
        return f"{self.content} v{self.number}"


class ContentBody(models.Model):
    """A version's words in one language: subject, preheader and the blocks, MJML or HTML."""

    class Format(models.TextChoices):
        BLOCKS = "blocks", _("blocks")
        MJML = "mjml", "MJML"
        HTML = "html", "HTML"

    version = models.ForeignKey(
        ContentVersion, on_delete=models.CASCADE, related_name="bodies", verbose_name=_("version")
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=250, validators=[no_control_characters])
    preheader = models.CharField(_("preheader"), max_length=250, blank=True, validators=[no_control_characters])
    format = models.CharField(_("format"), max_length=6, choices=Format, default=Format.BLOCKS)
    blocks = models.JSONField(_("blocks"), default=list, blank=True)
    source = models.TextField(_("source"), blank=True, help_text=_("MJML or HTML"))

    class Meta:
        verbose_name = _("body")
        verbose_name_plural = _("bodies")
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="content_body_language")]

    def __str__(self) -> str:
        return f"{self.version} {self.language}"
