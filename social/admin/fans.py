"""Fan proofs and the words of posts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from contacts import audit
from contacts.admin_base import BigTableAdmin, FanfareAdmin
from social.admin.offers import NetworkChoice
from social.fans import words
from social.models import FanProof, FanWord
from social.models.fans import FanLevel


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

    def has_delete_permission(self, request: HttpRequest, obj: FanProof | None = None) -> bool:
        return False  # it is revoked, so that claims keep what they rested on

    def get_readonly_fields(self, request: HttpRequest, obj: FanProof | None = None) -> list[str]:
        return ["contact", "network", "level"] if obj else []

    def save_model(self, request: HttpRequest, obj: FanProof, form: Any, change: bool) -> None:
        if not change:
            obj.method, obj.verified_at = "staff", timezone.now()
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
        fields = ["brand", "network", "word", "post_url", "cap", "starts_at", "ends_at"]

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
    """Words of posts: how often each was used, and the press that replaces one that leaked."""

    form = WordForm
    list_display = ["word", "network", "used", "cap", "starts_at", "ends_at", "rotated_at"]
    list_filter = ["network", "brand"]
    search_fields = ["word", "post_url"]
    autocomplete_fields = ["brand"]
    readonly_fields = ["used", "rotated_at"]

    def get_fields(self, request: HttpRequest, obj: FanWord | None = None) -> list[str]:
        shown = ["brand", "network", "word", "post_url", "cap", "starts_at", "ends_at"]
        if obj is None:
            return shown
        return [*shown, "used", "rotated_at"] if obj.rotated_at else [*shown, "used", "successor"]

    def get_readonly_fields(self, request: HttpRequest, obj: FanWord | None = None) -> list[str]:
        return [*self.readonly_fields, "brand", "network", "word"] if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: FanWord | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.used == 0

    def save_model(self, request: HttpRequest, obj: FanWord, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if successor := form.cleaned_data.get("successor"):
            try:
                words.rotate(obj, successor)
            except IntegrityError:
                messages.error(request, _("This word was used before. Take another one."))
            else:
                audit.record(request.user, "rotated word", obj)
                messages.success(request, _("The new word works from now on; the old one explains itself."))
