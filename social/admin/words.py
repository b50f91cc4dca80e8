"""Words of posts in the admin: the word, its link and QR code, the alarm, the press that replaces it, the report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.tracking.tokens import public_token
from contacts import audit
from contacts.admin_base import FanfareAdmin
from social import qr
from social.admin.offers import NetworkChoice
from social.fans import networks, posts, words
from social.models import FanWord
from social.views.vouchers import data_uri

ALARMS = {
    "burst": gettext_lazy("many claims within ten minutes"),
    "elsewhere": gettext_lazy("people come from another network"),
}


class WordForm(NetworkChoice):
    """A word of a post; on a word in use one can enter its successor."""

    successor = forms.CharField(
        label=gettext_lazy("replace it by"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("the old word then explains itself; put the new one into the post first"),
        widget=UnfoldAdminTextInputWidget(),
    )

    class Meta:
        model = FanWord
        fields = ["brand", "network", "word", "post_url", "cap", "starts_at", "ends_at", "burst_limit"]

    def clean_word(self) -> str:
        word = words.normalise(self.cleaned_data["word"])
        if not word:
            raise forms.ValidationError(_("Write at least one letter or digit."))
        return word

    def clean_successor(self) -> str:
        word = words.normalise(self.cleaned_data["successor"])
        if word and FanWord.objects.filter(brand=self.instance.brand_id, word=word).exists():
            raise forms.ValidationError(_("This word was used before. Take another one."))
        return word


@admin.register(FanWord)
class FanWordAdmin(FanfareAdmin):
    """Words of posts: how often each was used, whether it leaks, and the press that replaces it."""

    form = WordForm
    list_display = ["word", "network_name", "used", "cap", "ends_at", "standing"]
    list_filter = ["network", "brand"]
    search_fields = ["word", "post_url"]
    autocomplete_fields = ["brand"]
    readonly_fields = ["used", "rotated_at", "link", "standing"]
    actions_list = ["to_report"]
    empty_words = gettext_lazy("A word in a post, such as MOKA, opens an offer to those who read it there and type it.")

    def get_fields(self, request: HttpRequest, obj: FanWord | None = None) -> list[str]:
        shown = ["brand", "network", "word", "post_url", "cap", "starts_at", "ends_at", "burst_limit"]
        if obj is None:
            return shown
        shown[1] = "network_name"
        return [*shown, "used", "rotated_at"] if obj.rotated_at else ["standing", "link", *shown, "used", "successor"]

    def get_readonly_fields(self, request: HttpRequest, obj: FanWord | None = None) -> list[str]:
        return [*self.readonly_fields, "brand", "network_name", "word"] if obj else self.readonly_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "starts_at": timezone.now()}

    def has_delete_permission(self, request: HttpRequest, obj: FanWord | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.used == 0

    def save_model(self, request: HttpRequest, obj: FanWord, form: Any, change: bool) -> None:
        obj.token = obj.token or public_token(80)
        super().save_model(request, obj, form, change)
        if successor := form.cleaned_data.get("successor"):
            self._rotate(request, obj, successor)

    def _rotate(self, request: HttpRequest, word: FanWord, new: str = "") -> FanWord | None:
        try:
            made = words.rotate(word, new)
        except IntegrityError:
            messages.error(request, _("This word was used before. Take another one."))
            return None
        audit.record(request.user, "rotated word", word)
        said = _("The new word is “%(word)s”. It works from now on: put it into the post. The old one explains itself.")
        messages.success(request, said % {"word": made.word})
        return made

    @admin.display(description=gettext_lazy("network"), ordering="network")
    def network_name(self, word: FanWord) -> str:
        return networks.name_of(word.network)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, word: FanWord) -> str:
        if word.rotated_at:
            return _("replaced")
        if not word.alarm:
            return _("in use")
        why = ", ".join(str(ALARMS.get(name, name)) for name in word.alarm)
        page = reverse("admin:social_fanword_leak", args=[word.pk])
        return format_html('<strong>{}: {}</strong> <a href="{}">{}</a>', _("Alarm"), why, page, _("What to do"))

    @admin.display(description=gettext_lazy("link for the post"))
    def link(self, word: FanWord) -> str:
        if not word.token:
            return _("Save once for a link.")
        return format_html(
            '<code>{}</code><p>{}</p><img src="{}" width="160" height="160" alt="{}"><p><a href="{}">{}</a></p>',
            posts.link_of(word),
            _("Instead of the word, or beside it; as QR code in a shop. Each opening gives a code that works once."),
            data_uri(qr.printed(posts.link_of(word))),
            _("QR code of the link"),
            reverse("admin:social_fanword_leak", args=[word.pk]),
            _("Replace the word now, or see where people come from"),
        )

    @action(description=gettext_lazy("Report per post"), url_path="to-report")  # type: ignore[untyped-decorator]
    def to_report(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_fanword_report"))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("report/", site(self.report), name="social_fanword_report"),
            path("<int:pk>/leak/", site(self.leak), name="social_fanword_leak"),
            path("<int:pk>/rotate/", site(require_POST(self.rotate)), name="social_fanword_rotate"),
            path("<int:pk>/call-off/", site(require_POST(self.call_off)), name="social_fanword_call_off"),
            *super().get_urls(),
        ]

    def report(self, request: HttpRequest) -> HttpResponse:
        """GET shows what each post brought: openings, fans, claims, redemptions, and what came from elsewhere."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, "posts.html", {"title": _("Report per post"), "posts": posts.report()})

    def leak(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows why a word may have leaked, and the two ways on."""
        word = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, word):
            raise PermissionDenied
        seen = [(networks.name_of(key), n, key != word.network) for key, n in sorted(words.seen_on(word).items())]
        context = {
            "title": _("The word “%(word)s”") % {"word": word.word},
            "word": word,
            "network": networks.name_of(word.network),
            "why": [ALARMS.get(name, name) for name in word.alarm],
            "seen": seen,
            "may": self.has_change_permission(request, word),
        }
        return self._page(request, "leak.html", context)

    def rotate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST replaces the word at once by one of our own."""
        word = self._changeable(request, pk)
        made = self._rotate(request, word)
        return HttpResponseRedirect(reverse("admin:social_fanword_change", args=[made.pk if made else pk]))

    def call_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST takes the alarm back."""
        word = self._changeable(request, pk)
        words.call_off(word)
        audit.record(request.user, "called off alarm", word)
        messages.success(request, _("The alarm is off. It comes again at twice the claims."))
        return HttpResponseRedirect(reverse("admin:social_fanword_changelist"))

    def _changeable(self, request: HttpRequest, pk: int) -> FanWord:
        word: FanWord = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, word):
            raise PermissionDenied
        return word

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/social/{template}", {**common, **context})
