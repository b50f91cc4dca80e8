"""Fan proofs: who is a fan where, codes entered from messages, the brand's list of followers, accounts and checks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from contacts import audit
from contacts.admin.exports import dressed
from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin
from contacts.importing.reader import BadFile
from social.admin.offers import NetworkChoice
from social.fans import checking, lists, networks, proofs
from social.fans import messages as fan_messages
from social.models import BrandAccount, FanCheck, FanProof
from social.models.fans import FanLevel
from social.offers.reasons import Refused, remedy


class ProofForm(NetworkChoice):
    """A proof given by hand: somebody of the team saw it. Checks by networks come from their own doors."""

    class Meta:
        model = FanProof
        fields = ["contact", "network", "level", "expires_at"]

    def clean_level(self) -> int:
        level = int(self.cleaned_data["level"])
        if level == FanLevel.VERIFIED:
            raise forms.ValidationError(_("Only a check with the network itself gives this level."))
        return level


class CodeForm(forms.Form):
    """The code, whose account sent it, or that it was shown in a shop."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=20)
    handle = forms.CharField(
        label=gettext_lazy("Account that sent it"), max_length=200, required=False,
        help_text=gettext_lazy("kept as hers, so that a list of followers finds her later"),
    )  # fmt: skip
    in_shop = forms.BooleanField(
        label=gettext_lazy("Shown in a shop: I saw on her phone that she follows us"), required=False
    )


class ListForm(forms.Form):
    """The file and its network."""

    network = forms.ChoiceField(label=gettext_lazy("Network"))
    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("CSV with a column “username”, “handle” or “email”")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["network"].choices = list(networks.to_follow().items())  # type: ignore[attr-defined]


@admin.register(FanProof)
class FanProofAdmin(BigTableAdmin):
    """Who is a fan where, how well we know it, and since when."""

    form = ProofForm
    list_display = ["contact", "network", "level", "method", "verified_at", "expires_at", "revoked_at"]
    list_filter = ["level", "method", "network"]
    search_fields = ["contact__email"]
    list_select_related = ["contact"]
    autocomplete_fields = ["contact"]
    actions = ["revoke"]
    actions_list = ["to_code", "to_list"]
    empty_words = gettext_lazy(
        "A person is a fan here once something proves it: a share, a word of a post, a check, a list."
    )

    def has_delete_permission(self, request: HttpRequest, obj: FanProof | None = None) -> bool:
        return False  # it is revoked, so that claims keep what they rested on

    def get_readonly_fields(self, request: HttpRequest, obj: FanProof | None = None) -> list[str]:
        return ["contact", "network", "level"] if obj else []

    def save_model(self, request: HttpRequest, obj: FanProof, form: Any, change: bool) -> None:
        if not change:
            obj.method, obj.verified_at = "staff", timezone.now()
            obj.expires_at = obj.expires_at or proofs.expiry(obj.level, obj.verified_at)
            obj.evidence = {"user": request.user.pk}
        super().save_model(request, obj, form, change)
        if not change:
            audit.record(request.user, "gave fan proof", obj, level=obj.level)

    @admin.action(description=gettext_lazy("Revoke: holds no more from now on"), permissions=["change"])
    def revoke(self, request: HttpRequest, proofs: QuerySet[FanProof]) -> None:
        for proof in proofs.filter(revoked_at__isnull=True):
            FanProof.objects.filter(pk=proof.pk).update(revoked_at=timezone.now())
            audit.record(request.user, "revoked fan proof", proof)
        messages.success(request, _("The proofs are revoked."))

    @action(description=gettext_lazy("Enter a code from a message"), url_path="to-code")  # type: ignore[untyped-decorator]
    def to_code(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_fanproof_code"))

    @action(description=gettext_lazy("Take a list of followers"), url_path="to-list")  # type: ignore[untyped-decorator]
    def to_list(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_fanproof_list"))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("code/", site(self.code), name="social_fanproof_code"),
            path("list/", site(self.list), name="social_fanproof_list"),
            *super().get_urls(),
        ]

    def code(self, request: HttpRequest) -> HttpResponse:
        """Take the code that somebody sent by direct message or showed in a shop, and give its proof."""
        if not self.has_add_permission(request) or not request.user.is_authenticated:
            raise PermissionDenied
        form = dressed(CodeForm(request.POST or None))
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                proof = fan_messages.enter(
                    given["code"], by=request.user, handle=given["handle"].strip().lstrip("@"), in_shop=given["in_shop"]
                )
            except Refused as why:
                form.add_error("code", f"{why} {remedy(why.reason)}")
            else:
                said = _("Noted for %(network)s: she can claim now, on her offer page.")
                messages.success(request, said % {"network": networks.name_of(proof.network)})
                return HttpResponseRedirect(reverse("admin:social_fanproof_code"))
        return self._page(request, "fan_code.html", {"title": _("Enter a code from a message"), "form": form})

    def list(self, request: HttpRequest) -> HttpResponse:
        """Take the brand's own list of followers and start the job that finds ours in it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = dressed(ListForm(request.POST or None, request.FILES or None))
        if request.method == "POST" and form.is_valid():
            try:
                job = lists.take(form.cleaned_data["file"], network=form.cleaned_data["network"], by=request.user)
            except BadFile as why:
                form.add_error("file", str(why))
            else:
                audit.record(request.user, "took list of followers", job)
                return HttpResponseRedirect(reverse("admin:contacts_job_change", args=[job.pk]))
        return self._page(request, "fan_list.html", {"title": _("Take a list of followers"), "form": form})

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/social/{template}", {**common, **context})


class AccountForm(forms.ModelForm[BrandAccount]):
    """The brand's account, looked up once so that a typing error shows here and not to fans."""

    network = forms.ChoiceField(label=gettext_lazy("network"), widget=UnfoldAdminSelectWidget())

    class Meta:
        model = BrandAccount
        fields = ["brand", "network", "handle"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["network"].choices = [  # type: ignore[attr-defined]
            (key, networks.name_of(key)) for key in checking.NETWORKS
        ]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        account = BrandAccount(network=given["network"], handle=given["handle"])
        try:
            self.instance.subject = checking.module_of(account.network).brand_subject(account, keep=False)
        except (checking.Down, checking.Wrong) as why:
            raise forms.ValidationError({"handle": str(why)}) from why
        return given


@admin.register(BrandAccount)
class BrandAccountAdmin(FanfareAdmin):
    """The brand's accounts on networks that say who follows whom."""

    form = AccountForm
    list_display = ["brand", "network", "handle"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand"]


@admin.register(FanCheck)
class FanCheckAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Questions to networks: what waits, since when, and why. What a server confided to us is not shown."""

    list_display = ["contact", "network", "state", "tries", "problem", "ask_at", "created_at"]
    list_filter = ["state", "network"]
    search_fields = ["=contact__email"]
    list_select_related = ["contact"]
    fields = [
        "contact",
        "brand",
        "network",
        "handle",
        "server",
        "state",
        "tries",
        "problem",
        "ask_at",
        "created_at",
        "offer",
        "proof",
    ]
