"""Brands, topics, sign-up forms."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from contacts.admin.brand_form import BrandForm
from contacts.admin.parts_field import PerLanguageField
from contacts.admin_base import FanfareAdmin
from contacts.models import Brand, SignupForm, Topic


@admin.register(Brand)
class BrandAdmin(FanfareAdmin):
    """The names we write under."""

    form = BrandForm
    list_display = ["name", "default_language", "website"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "website", "postal_address", "privacy_url"]}),
        (_("Languages"), {"fields": ["default_language", "languages"]}),
        (_("Looks"), {"fields": ["logo", "colour_primary", "colour_accent", "font_stack"]}),
        (_("Sharing"), {"fields": ["friend_robots"]}),
        (_("Statistics of the shop"), {"fields": ["link_parameters"]}),
        (_("Archive"), {"fields": ["archived_at"], "classes": ["collapse"]}),
    ]


@admin.register(Topic)
class TopicAdmin(FanfareAdmin):
    """What people subscribe to."""

    list_display = ["name", "brand", "description", "is_public"]
    list_filter = ["brand", "is_public"]
    search_fields = ["name", "slug"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand"]
    prepopulated_fields = {"slug": ["name"]}


class SignupFormForm(forms.ModelForm[SignupForm]):
    """The words of the page are typed per language."""

    title = PerLanguageField(label=_("Title"), max_length=200)
    wording = PerLanguageField(
        label=_("Consent wording"), rows=3, help_text=_("what people agree to, word for word; kept with each consent")
    )

    class Meta:
        model = SignupForm
        fields = "__all__"  # noqa: DJ007 - the admin names what it leaves out


@admin.register(SignupForm)
class SignupFormAdmin(FanfareAdmin):
    """Pages on which people ask to be written to."""

    form = SignupFormForm
    list_display = ["name", "page", "brand", "is_double_opt_in"]
    list_filter = ["brand"]
    search_fields = ["name", "slug"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand", "topics"]
    prepopulated_fields = {"slug": ["name"]}

    readonly_fields = ["embed"]

    @admin.display(description=_("for your own site"))
    def embed(self, form: SignupForm) -> SafeString | str:
        """The form as plain HTML: no script, no cookie; the visitor presses once more on our page."""
        if not form.pk:
            return str(_("Save first; then the HTML for your own site stands here."))
        html = render_to_string("public/embed.html", {"form": form, "url": f"{settings.SITE_URL}/join/{form.slug}/"})
        label = _("HTML for your own site")
        return format_html(
            '<textarea class="fan-code" readonly rows="10" cols="80" aria-label="{}">{}</textarea>', label, html.strip()
        )

    @admin.display(description=_("page"))
    def page(self, form: SignupForm) -> SafeString:
        return format_html('<a href="/join/{0}/" target="_blank" rel="noopener">/join/{0}/</a>', form.slug)
