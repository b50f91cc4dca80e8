"""Brands (looks and languages), the topics people subscribe to, and the forms on which they do."""

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts import utm


def public_storage() -> Storage:
    """Where pictures lie that mails and public pages show."""
    return storages["public"]


def default_language() -> str:
    """The site's language, for brands that name none."""
    return settings.LANGUAGE_CODE


hex_colour = RegexValidator(
    r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six hexadecimal digits, for example #5b2a86.")
)


class Brand(models.Model):
    """Looks, languages and legal footer of one name we write under. A brand is no tenant."""

    class FriendRobots(models.TextChoices):
        """What search engines are told of friends' pages, as `X-Robots-Tag` and `robots` say it."""

        NOTHING = "noindex, nofollow", _("keep out of search engines")
        LINKS = "noindex", _("keep out, links may be followed")
        ALL = "all", _("may be found")

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("short name"), unique=True)
    default_language = models.CharField(
        _("default language"), max_length=8, default=default_language, choices=settings.LANGUAGES
    )
    languages = models.JSONField(
        _("languages"), default=list, blank=True, help_text=_('languages it writes in, for example ["fr", "en"]')
    )
    website = models.URLField(_("website"), blank=True)
    postal_address = models.TextField(
        _("postal address"), blank=True, help_text=_("stands in the footer of every mail; the law asks for it")
    )
    logo = models.ImageField(_("logo"), upload_to="brands/", blank=True, storage=public_storage)
    colour_primary = models.CharField(_("main colour"), max_length=7, default="#5b2a86", validators=[hex_colour])
    colour_accent = models.CharField(_("accent colour"), max_length=7, default="#d99a00", validators=[hex_colour])
    font_stack = models.CharField(
        _("font"), max_length=200, default="-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
    )
    privacy_url = models.URLField(_("privacy page"), blank=True)
    friend_robots = models.CharField(
        _("friends' pages in search engines"),
        max_length=20,
        choices=FriendRobots,
        default=FriendRobots.NOTHING,
        help_text=_("previews of networks come in any case"),
    )
    link_parameters = models.CharField(
        _("parameters of links to the shop"),
        max_length=300,
        blank=True,
        validators=[utm.check],
        help_text=_(
            "for the shop's statistics: utm_source={network}&utm_medium={medium}&utm_campaign={campaign}; what a link"
            " says already stays, and nothing about a person is added"
        ),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """What one subscribes to: `Offers in store`, `Monthly letter`. An unsubscribe ends one topic, or all."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="topics", verbose_name=_("brand"))
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), unique=True, help_text=_("stands in the List-Id of the mails"))
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("shown to subscribers in the preference centre")
    )
    is_public = models.BooleanField(
        _("public"), default=True, help_text=_("offered on sign-up forms and in the preference centre")
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["brand", "name"]
        constraints = [models.UniqueConstraint(fields=["brand", "name"], name="topic_name_in_brand")]

    def __str__(self) -> str:
        return self.name


class SignupForm(models.Model):
    """A place where people ask to be written to; its wording is hashed into each consent it collects."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="signup_forms", verbose_name=_("brand"))
    slug = models.SlugField(
        _("short name"), unique=True, help_text=_("stands in the address of the page: /join/short-name/")
    )
    name = models.CharField(_("name"), max_length=120)
    topics = models.ManyToManyField(Topic, related_name="signup_forms", verbose_name=_("topics"))
    title = models.JSONField(_("title"), default=dict, blank=True, help_text=_('per language: {"fr": "…", "en": "…"}'))
    wording = models.JSONField(
        _("consent wording"), default=dict, blank=True, help_text=_("per language; kept with each consent")
    )
    asks_names = models.BooleanField(_("asks for the first name"), default=True)
    asks_tracking = models.BooleanField(
        _("asks for measurement consent"), default=True, help_text=_("separate, unticked boxes (CNIL 2026-042)")
    )
    is_double_opt_in = models.BooleanField(_("confirm by mail"), default=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-up form")
        verbose_name_plural = _("sign-up forms")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
