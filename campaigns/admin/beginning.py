"""A new campaign in one press: its name, who gets it, and what its mail begins with. Part of CampaignAdmin.

The mail begins as last time, from a template, or from a ready letter. On an empty installation the same page asks for
what no mail can do without: who writes, from where.
"""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import composing, founding, writers
from campaigns.admin.again import to_page
from campaigns.content import starters
from campaigns.delivery import control
from campaigns.models import Campaign, EmailContent, Sender
from contacts.models import Segment, Topic

OFFERED = 30  # templates; 3 campaigns
LAST = 3
State = Campaign.State


def beginnings(by: User) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a mail of a person can begin with, in groups: last campaigns, own templates, ready letters."""
    sent = writers.visible(by).filter(kind=Campaign.Kind.CAMPAIGN, started_at__isnull=False, content__isnull=False)
    if writers.is_bound(by):
        approved = writers.templates().order_by("name")[:OFFERED]
        return [
            (_("Templates approved for shops"), [(f"template-{one.pk}", one.name) for one in approved]),
            (_("As last time"), [(f"campaign-{one.pk}", one.name) for one in sent.order_by("-started_at")[:LAST]]),
        ]
    templates = EmailContent.objects.filter(is_template=True, archived_at=None, versions__isnull=False).distinct()
    return [
        (_("As last time"), [(f"campaign-{one.pk}", one.name) for one in sent.order_by("-started_at")[:LAST]]),
        (_("Your templates"), [(f"template-{one.pk}", one.name) for one in templates.order_by("name")[:OFFERED]]),
        (_("Ready letters"), [(f"letter-{key}", str(letter.label)) for key, letter in starters.LETTERS.items()]),
    ]


class Beginning(forms.Form):
    """What the page asks; `begin` is one of `beginnings()`, as `campaign-7`, `template-3` or `letter-announcement`."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("only your team sees it"))
    brand = forms.CharField(
        label=gettext_lazy("Who writes"), max_length=120, help_text=gettext_lazy("your brand’s name")
    )
    postal_address = forms.CharField(
        label=gettext_lazy("Postal address"),
        max_length=500,
        help_text=gettext_lazy("stands in the footer of every mail; the law asks for it"),
    )
    from_email = forms.EmailField(
        label=gettext_lazy("Sender’s address"), help_text=gettext_lazy("an address of your own domain")
    )
    topic = forms.ModelChoiceField(
        Topic.objects.filter(archived_at=None).select_related("brand"), label=gettext_lazy("Topic"), empty_label=None
    )
    sender = forms.ModelChoiceField(
        Sender.objects.filter(archived_at=None).order_by("from_email"),
        label=gettext_lazy("Sender"),
        required=False,
        empty_label=gettext_lazy("the brand’s only one"),
    )
    segment = forms.ModelChoiceField(
        Segment.objects.filter(archived_at=None).order_by("name"),
        label=gettext_lazy("To"),
        required=False,
        empty_label=gettext_lazy("decide later, on the campaign’s page"),
    )
    within = forms.ModelChoiceField(
        Segment.objects.none(), label=gettext_lazy("To"), required=False, empty_label=gettext_lazy("choose your shop")
    )
    begin = forms.ChoiceField(label=gettext_lazy("The mail begins with"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, by: User, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = [(title, choices) for title, choices in beginnings(by) if choices]
        choices = [choice for _title, group in self.groups for choice in group]
        begin = cast(forms.ChoiceField, self.fields["begin"])
        begin.choices, begin.initial = choices, choices[0][0] if choices else None
        self._ask_whom(writers.segments_of(by))
        unasked = ("topic", "sender") if is_first else ("brand", "postal_address", "from_email")
        for name in unasked:
            del self.fields[name]
        senders = cast(QuerySet[Sender], getattr(self.fields.get("sender"), "queryset", Sender.objects.none()))
        if not is_first and senders.count() < 2:
            del self.fields["sender"]

    def _ask_whom(self, mine: list[Segment] | None) -> None:
        """Ask for a segment, or of whom writes to the people of her shops: which shop, where she has several."""
        if mine is None:
            del self.fields["within"]
            return
        del self.fields["segment"]
        people = Segment.objects.filter(pk__in=[segment.pk for segment in mine])
        cast(forms.ModelChoiceField[Segment], self.fields["within"]).queryset = people
        if len(mine) == 1:
            self.fields["within"].initial = mine[0]


def begin(asked: dict[str, Any], by: User) -> Campaign:
    """Return the draft that the form asks for.

    Raises:  composing.Incomplete when the brand has several senders and none was chosen; control.Refused as there.
    """
    kind, _dash, key = asked["begin"].partition("-")
    segments = [asked["segment"]] if asked.get("segment") else []
    if kind == "campaign":
        copied = composing.duplicate(writers.visible(by).get(pk=key), by)
        copied.name = asked["name"]
        copied.save(update_fields=["name", "updated_at"])
        if segments:
            copied.segments.set(segments)
        return copied
    topic = asked.get("topic") or founding.found(asked["brand"], asked["postal_address"], asked["from_email"], by=by)
    mail: dict[str, Any] = {"template": EmailContent.objects.get(pk=key)} if kind == "template" else {}
    if kind == "letter":
        brand = topic.brand
        spoken = [brand.default_language, *(brand.languages or [])]
        mail["bodies"] = starters.bodies(
            key, languages=dict.fromkeys(spoken), website=brand.website, **starters.rows_for(brand)
        )
    mail["within"] = asked.get("within")
    return composing.compose(
        name=asked["name"], topic=topic, sender=asked.get("sender"), segments=segments, by=by, **mail
    )


class BeginsCampaigns:
    """What CampaignAdmin gets from here."""

    admin_site: Any
    has_add_permission: Any

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask what a new campaign begins with; `?plain=1` is the bare form, for mails that events send."""
        by = cast(User, request.user)
        if not writers.is_bound(by) and ("plain" in request.GET or "_popup" in {*request.GET, *request.POST}):
            return super().add_view(request, form_url, extra_context)  # type: ignore[misc,no-any-return]
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_first = founding.missing()
        if is_first and not request.user.has_perms(founding.RIGHTS):
            raise PermissionDenied(_("There is no brand to write for yet. Ask an administrator to add one."))
        form = Beginning(request.POST or None, by=by, is_first=is_first)
        if request.method == "POST" and form.is_valid():
            try:
                return to_page(begin(form.cleaned_data, by))
            except composing.Incomplete as why:
                form.add_error("sender" if "sender" in form.fields else None, str(why))
            except control.Refused as why:
                form.add_error("within" if "within" in form.fields else None, str(why))
        context = {**self.admin_site.each_context(request), "title": _("New campaign"), "form": form}
        context["is_bound"] = writers.is_bound(by)
        return render(request, "admin/campaigns/campaign/begin.html", context)
