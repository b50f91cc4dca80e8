"""People: the list, the form, the 360° page; tags and declared attributes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.decorators import action

from contacts import (
    audit,
    basis,
    consent,
    duplicates,
    identities,
    preferences,
    privacy,
    profile,
    retention,
    suppression,
)
from contacts.admin import doubles
from contacts.admin.parts_field import AttributesField
from contacts.admin.several import ChangesSeveral
from contacts.admin_base import BigTableAdmin, FanfareAdmin
from contacts.models import AttributeType, Contact, ContactTag, Identity, Segment, Subscription, Tag, Topic
from contacts.segments import indexes, predicate, sql
from contacts.segments.rules import BadRule

PAGE = 50  # timeline entries a page
MOST_FOUND = 1_000  # people that one search shows of each index; a longer word finds the others
MAX_SEGMENTS = 60  # segments asked about one person


class InSegment(admin.SimpleListFilter):
    """Only the people of one segment."""

    title = gettext_lazy("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Segment.objects.filter(archived_at=None).values_list("pk", "name")[:50]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        chosen = self.value() or ""
        segment = Segment.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() else None
        if segment is None:
            return queryset
        try:
            return queryset.filter(sql.where(segment.rules).true)
        except BadRule as why:
            messages.error(request, str(why))
            return queryset.none()


class OnTopic(admin.SimpleListFilter):
    """Only the subscribers of one topic."""

    title = gettext_lazy("subscribed to")
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Topic.objects.filter(archived_at=None).values_list("slug", "name")[:50])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        if not self.value():
            return queryset
        topic = Topic.objects.filter(slug=self.value()).values_list("pk", flat=True).first()
        held = Subscription.objects.filter(contact=OuterRef("pk"), topic=topic, state=Subscription.State.SUBSCRIBED)
        return queryset.filter(Exists(held))


class Silent(admin.SimpleListFilter):
    """Only the prospects whose three years are almost over."""

    title = gettext_lazy("silence")
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("soon", _("prospects whose time ends within two months"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        return queryset.filter(pk__in=retention.ending().values("pk")) if self.value() == "soon" else queryset


class IdentityInline(TabularInline):  # type: ignore[misc]
    model = Identity
    fields = ["kind", "value", "proof", "source"]
    readonly_fields = ["proof", "source"]
    extra = 0


class TagInline(TabularInline):  # type: ignore[misc]
    model = ContactTag
    fk_name = "contact"
    autocomplete_fields = ["tag"]
    extra = 0


class ContactForm(ModelForm):  # type: ignore[type-arg]
    """A contact by hand: the address is normalised and one person's; each attribute has a field of its type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "attributes" in self.fields:
            self.fields["attributes"] = AttributesField(AttributeType.objects.all(), label=_("Attributes"))

    def clean_attributes(self) -> dict[str, Any]:
        """Keep what is not declared and so has no field here."""
        declared = set(AttributeType.objects.values_list("name", flat=True))
        kept = {name: value for name, value in self.instance.attributes.items() if name not in declared}
        return {**kept, **self.cleaned_data["attributes"]}

    def clean_email(self) -> str | None:
        """Raises: ValidationError for what is no address, or somebody's. One that is there is not changed here."""
        try:
            identities.set_email(self.instance, self.cleaned_data["email"])
        except ValueError as why:
            raise ValidationError(str(why)) from None
        email: str | None = self.instance.email
        return email


@admin.register(Contact)
class ContactAdmin(ChangesSeveral, BigTableAdmin):
    """The people we may write to."""

    form = ContactForm
    list_display = ["person", "email", "language", "source", "created_at"]
    list_display_links = None
    list_filter = [InSegment, OnTopic, "language", "unsendable", Silent]
    search_fields = ["email"]
    search_help_text = gettext_lazy("the start of an e-mail address or name; a whole phone, card or shop number")
    autocomplete_fields = ["referred_by", "merged_into"]
    readonly_fields = [
        "unsendable", "open_tracking_at", "click_tracking_at", "profiling_at", "public_name_at", "last_opened_at",
        "last_clicked_at", "last_shared_at", "last_redeemed_at", "last_ordered_at", "created_at", "updated_at",
    ]  # fmt: skip
    ordering = ["-pk"]
    actions_list = ["import_contacts", "find_duplicates"]
    inlines = [IdentityInline, TagInline]
    fieldsets = [
        (None, {"fields": ["email", "first_name", "last_name", "language", "time_zone", "attributes"]}),
        (gettext_lazy("Origin"), {"fields": ["source", "referred_by", "merged_into", "created_at", "updated_at"]}),
        (
            gettext_lazy("Consent as it stands"),
            {"fields": ["open_tracking_at", "click_tracking_at", "profiling_at", "public_name_at", "paused_until"]},
        ),
    ]

    @admin.display(description=gettext_lazy("person"), ordering="-pk")
    def person(self, contact: Contact) -> SafeString:
        url = reverse("admin:contacts_contact_profile", args=[contact.pk])
        return format_html('<a class="font-semibold" href="{}">{}</a>', url, contact.full_name or f"#{contact.pk}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contact], search_term: str
    ) -> tuple[QuerySet[Contact], bool]:
        return (queryset.filter(_search(search_term)) if search_term.strip() else queryset), False

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/profile/", site(self.profile), name="contacts_contact_profile"),
            path("<int:pk>/timeline/", site(self.timeline), name="contacts_contact_timeline"),
            path("<int:pk>/export/", site(require_POST(self.export)), name="contacts_contact_export"),
            path("<int:pk>/unsubscribe/", site(require_POST(self.unsubscribe)), name="contacts_contact_unsubscribe"),
            path("<int:pk>/erase/", site(self.erase), name="contacts_contact_erase"),
            *doubles.urls(self),
            *super().get_urls(),
        ]

    @action(description=gettext_lazy("Import contacts"), url_path="to-import", permissions=["add"])  # type: ignore[untyped-decorator]
    def import_contacts(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:contacts_job_import"))

    @action(description=gettext_lazy("Duplicates"), url_path="to-duplicates", permissions=["change"])  # type: ignore[untyped-decorator]
    def find_duplicates(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:contacts_contact_duplicates"))

    def get_readonly_fields(self, request: HttpRequest, obj: Contact | None = None) -> list[str]:
        """An address that is there is changed on a page of its own, where the new one must confirm."""
        return [*self.readonly_fields, *(["email"] if obj is not None and obj.email else [])]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form; that somebody looked at the person is audited, as on the 360° page."""
        if request.method == "GET" and object_id.isdecimal():
            audit.record(request.user, "looked at contact", Contact.objects.filter(pk=object_id).first(), page="form")
        answer: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return answer

    # --- the 360° page ---

    def profile(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show everything known of one person on one page; the look is audited."""
        contact = self._viewable(request, pk)
        audit.record(request.user, "looked at contact", contact)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(contact),
            "contact": contact,
            "attributes": attributes_of(contact),
            "identities": contact.identities.all(),
            "tags": contact.tags.all(),
            "subscriptions": contact.subscriptions.select_related("topic__brand"),
            "suppression": suppression.find(contact.email) if contact.email else None,
            "standing": standing_of(contact),
            "grounds": basis.of(contact),
            "declared": preferences.sentences(contact),
            "doubles": duplicates.of(contact),
            "cards": contact.identities.filter(kind=Identity.Kind.CARD).count(),
            "kinds": profile.kinds(),
            "acts": acts_of(contact),
            "segments": segments_of(contact),
            "panels": profile.panels(contact),
            "brought": contact.brought.all()[:10],
            "may_change": self.has_change_permission(request, contact),
            "may_erase": self.has_delete_permission(request, contact),
            **self._entries(request, contact),
        }
        return TemplateResponse(request, "admin/contacts/contact/profile.html", context)

    def timeline(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer htmx with the next page of the timeline."""
        contact = self._viewable(request, pk)
        audit.record(request.user, "looked at contact", contact, page="timeline")
        context = {"contact": contact, **self._entries(request, contact)}
        return TemplateResponse(request, "admin/contacts/contact/entries.html", context)

    def _entries(self, request: HttpRequest, contact: Contact) -> dict[str, Any]:
        try:
            before = parse_datetime(request.GET.get("before", "").replace(" ", "+"))
        except ValueError:
            before = None
        before = before if before and before.tzinfo else None
        kind = request.GET.get("kind", "")[:24]
        entries = profile.timeline(contact, before=before, kinds=[kind] if kind else None, limit=PAGE)
        more = entries[-1].at.isoformat() if len(entries) == PAGE else ""
        return {"entries": entries, "more": more, "kind": kind}

    def _viewable(self, request: HttpRequest, pk: int) -> Contact:
        contact = get_object_or_404(Contact.objects.select_related("referred_by", "merged_into"), pk=pk)
        if not self.has_view_permission(request, contact):
            raise PermissionDenied
        return contact

    # --- what is done from it ---

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out everything held about the person as a ZIP."""
        contact = self._viewable(request, pk)
        audit.record(request.user, "exported contact", contact)
        answer = HttpResponse(privacy.export_contact(contact), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="contact-{contact.pk}.zip"'
        return answer

    def unsubscribe(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End one subscription by hand, or all of them."""
        contact = self._viewable(request, pk)
        if not self.has_change_permission(request, contact):
            raise PermissionDenied
        slug = request.POST.get("topic", "")
        topic = get_object_or_404(Topic, slug=slug) if slug else None
        n = consent.unsubscribe(contact, topic, method="admin", reason=request.POST.get("reason", ""))
        audit.record(request.user, "unsubscribed contact", contact, topic=slug or "all")
        messages.success(request, _("%(n)d subscriptions ended.") % {"n": n})
        return HttpResponseRedirect(reverse("admin:contacts_contact_profile", args=[pk]))

    def erase(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more, then forget the person for good."""
        contact = self._viewable(request, pk)
        if not self.has_delete_permission(request, contact):
            raise PermissionDenied
        if request.method == "POST":
            privacy.erase_contact(contact, actor=request.user)
            messages.success(request, _("Erased. The address stays suppressed, as a hash only."))
            return HttpResponseRedirect(reverse("admin:contacts_contact_changelist"))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Erase"), "contact": contact}
        return TemplateResponse(request, "admin/contacts/contact/erase.html", context)

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        privacy.erase_contact(obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> None:
        for contact in queryset:
            privacy.erase_contact(contact, actor=request.user)


def _search(term: str) -> Q:
    """Return the condition for people whose address or name starts so, or who own the number.

    Reads:   each index on its own, MOST_FOUND numbers at most, so that a search costs the same at a million.
    """
    term = " ".join(term.split())
    low = term.lower()
    found = [_starts("email", low)]
    if "@" not in term:
        spelt = {term, low, low.title()}
        found += [_starts(name, word) for name in ("last_name", "first_name") for word in spelt]
        first, _space, last = low.partition(" ")
        if last:
            found += [_starts("last_name", word) & Q(first_name__istartswith=first) for word in (last, last.title())]
    ids: set[int] = set()
    for condition in found:
        ids.update(Contact.objects.filter(condition).order_by().values_list("pk", flat=True)[:MOST_FOUND])
    numbers = {term, low, term.replace(" ", "").upper()}
    owners = Identity.objects.filter(value__in=numbers, kind__in=Identity.Kind.values)  # the index begins with the kind
    return Q(pk__in=ids | set(owners.values_list("contact_id", flat=True)[:MOST_FOUND]))


def _starts(column: str, word: str) -> Q:
    return Q(**{f"{column}__gte": word, f"{column}__lt": word + "\U0010ffff"})


def attributes_of(contact: Contact) -> list[tuple[str, Any]]:
    """Return (label, value) of the contact's attributes."""
    labels = dict(AttributeType.objects.values_list("name", "label"))
    yes_no = {True: _("yes"), False: _("no")}
    return [
        (labels.get(name, name), yes_no[value] if isinstance(value, bool) else ", ".join(map(str, value)))
        if isinstance(value, bool | list)
        else (labels.get(name, name), value)
        for name, value in sorted(contact.attributes.items())
    ]


def standing_of(contact: Contact) -> list[tuple[str, Any]]:
    """Return (purpose, since when or None) of the contact's consents."""
    return [(str(purpose.label), getattr(contact, column)) for purpose, column in consent.STANDING.items()]


def acts_of(contact: Contact) -> list[tuple[str, Any, bool]]:
    """Return (act, when it was last, whether it can be observed)."""
    return [
        (_("opened"), contact.last_opened_at, contact.open_tracking_at is not None),
        (_("clicked"), contact.last_clicked_at, contact.click_tracking_at is not None),
        (_("shared"), contact.last_shared_at, True),
        (_("redeemed"), contact.last_redeemed_at, True),
        (_("ordered"), contact.last_ordered_at, True),
    ]


def segments_of(contact: Contact) -> list[Segment]:
    """Return the segments that the contact is in now."""
    found = []
    for segment in Segment.objects.filter(archived_at=None)[:MAX_SEGMENTS]:
        try:
            if predicate.matches(segment.rules, contact):
                found.append(segment)
        except BadRule:  # a field is gone; the segment's own page says so
            continue
    return found


@admin.register(Tag)
class TagAdmin(FanfareAdmin):
    """Words put on people."""

    list_display = ["name"]
    search_fields = ["name"]


@admin.register(AttributeType)
class AttributeTypeAdmin(FanfareAdmin):
    """What we know of people beside their names."""

    list_display = ["label", "name", "type", "is_filterable"]
    list_filter = ["type"]
    search_fields = ["name", "label"]

    def save_model(self, request: HttpRequest, obj: AttributeType, form: Any, change: bool) -> None:
        """Keep the index of a filterable attribute in step: a job makes it while people work on."""
        super().save_model(request, obj, form, change)
        if (change or obj.is_filterable) and {"is_filterable", "type", "name"} & set(form.changed_data):
            indexes.keep(obj, by=request.user)
