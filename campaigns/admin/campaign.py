"""The campaign's page: five steps always in view, the mail beside them, and the presses that send it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST
from liquid.exceptions import LiquidError
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultiple

from campaigns import writers
from campaigns.admin import approving, steps, zones
from campaigns.admin import reports as report_pages
from campaigns.admin.again import MakesDrafts, readers, to_page
from campaigns.admin.approving import ApprovalPages
from campaigns.admin.beginning import BeginsCampaigns
from campaigns.admin.checking import CheckPages, edit_url
from campaigns.admin.consent import AsksConsent
from campaigns.admin.live import badge, numbers, watched
from campaigns.admin.merging import MergingForm
from campaigns.admin.planning import CalendarPages
from campaigns.admin.presses import VERBS
from campaigns.delivery import control, hold, progress
from campaigns.models import Campaign
from contacts.admin_base import SANDBOX, BigTableAdmin
from contacts.models import Segment

State = Campaign.State
OPEN = (State.DRAFT, State.SCHEDULED)
LIVE_FIELDS = {
    "name",
    "objective",
    "target",
    "due_on",
    "owner",
    "pace_per_hour",
    "timing",
    "priority",
}  # what may change while it sends; the rest was frozen at the start
SHOP_FIELDS = {"name", "topic", "within", "content", "objective", "target", "due_on", "owner", "timing"}


class WithProgress(ChangeList):
    """A list whose page knows each campaign's numbers, by one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        numbers = progress.of_many([campaign.pk for campaign in self.result_list])
        for campaign in self.result_list:
            campaign.progress = numbers[campaign.pk]


@admin.register(Campaign)
class CampaignAdmin(
    BeginsCampaigns,
    ApprovalPages,
    CalendarPages,
    CheckPages,
    AsksConsent,
    MakesDrafts,
    SimpleHistoryAdmin,  # type: ignore[misc]
    BigTableAdmin,
):
    """Campaigns: list with numbers, and the page of five steps."""

    form = MergingForm
    change_form_template = "admin/campaigns/campaign/page.html"
    add_form_template = None
    list_display = ["name", "state_shown", "mails", "begun"]
    list_filter = ["state", "kind", "topic"]
    search_fields = ["name"]
    list_select_related = ["content", "sender"]
    autocomplete_fields = ["topic", "sender", "content"]
    readonly_fields = ["kind", "trigger"]
    ordering = ["-created_at"]

    fieldsets = [
        (
            gettext_lazy("People"),
            {"fields": ["name", "topic", "segments", "excluded_segments", "within", "everyone_reason"]},
        ),
        (gettext_lazy("Content"), {"fields": ["content"]}),
        (gettext_lazy("Share & offer"), {"fields": ["objective", "target", "due_on", "owner"]}),
        (gettext_lazy("Check"), {"fields": ["tracking", "in_archive"]}),
        (
            gettext_lazy("Send"),
            {
                "fields": [
                    "sender",
                    "pace_per_hour",
                    "timing",
                    "priority",
                    "holdout_percent",
                    "ambiguity",
                    "needs_approval",
                ]
            },
        ),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithProgress

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["name", "kind", "trigger", "topic", "sender", "content"]})]
        if not writers.is_bound(request.user):
            return self.fieldsets
        return [
            (title, {"fields": [name for name in part["fields"] if name in SHOP_FIELDS]})
            for title, part in self.fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        if obj is None:
            return []
        if obj.state in OPEN:
            return [*self.readonly_fields, *(["content"] if writers.is_bound(request.user) else [])]
        return [name for _title, part in self.fieldsets for name in part["fields"] if name not in LIVE_FIELDS]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        return writers.visible(request.user, super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Say whether she may look; a campaign's history asks this and the next alone, not the list's rows."""
        return super().has_view_permission(request, obj) and _is_hers(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_hers(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == State.DRAFT)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        mine = writers.segments_of(request.user)
        if db_field.name == "within" and mine is not None:
            people = Segment.objects.filter(pk__in=[segment.pk for segment in mine])
            kwargs |= {"queryset": people, "required": True}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if not change:
            obj.created_by_id = request.user.pk
            super().save_model(request, obj, form, change)
            return
        obj._history_user = request.user  # type: ignore[attr-defined]
        # Only the form's fields are written: a press may have come between.
        fields = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=[*(name for name in form.cleaned_data if name in fields), "updated_at"])
        if form.kept:
            words = {"who": form.other or _("Somebody"), "what": ", ".join(form.kept)}
            messages.info(request, _("%(who)s changed this meanwhile, and it was kept: %(what)s.") % words)
        if "pace_per_hour" in form.changed_data:
            control.set_pace(obj, obj.pace_per_hour, request.user)

    def response_add(self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None) -> HttpResponse:
        if "_popup" in request.POST or "_addanother" in request.POST:
            answer: HttpResponse = super().response_add(request, obj, post_url_continue)
            return answer
        return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        """Stay on the page: the next step, or the press that sends, stands there."""
        answer: HttpResponse = super().response_change(request, obj)
        return to_page(obj) if "_save" in request.POST else answer

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, campaign: Campaign) -> str:
        return badge(campaign)

    @admin.display(description=gettext_lazy("mails"))
    def mails(self, campaign: Campaign) -> str:
        numbers: progress.Progress = campaign.progress  # type: ignore[attr-defined]
        if not numbers.total:
            return "—"
        return format_html(
            '<meter class="fan-meter" min="0" max="{}" value="{}"></meter>{}',
            numbers.total,
            numbers.sent,
            _("%(sent)s of %(total)s") % {"sent": steps.number(numbers.sent), "total": steps.number(numbers.total)},
        )

    @admin.display(description=gettext_lazy("start"), ordering="started_at")
    def begun(self, campaign: Campaign) -> str:
        at = campaign.started_at or campaign.scheduled_at
        return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else "—"

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/do/<slug:verb>/", site(self.do), name="campaigns_campaign_do"),
            path("<int:pk>/duplicate/", site(self.duplicate), name="campaigns_campaign_duplicate"),
            path("<int:pk>/write-to/", site(self.write_to), name="campaigns_campaign_write_to"),
            path("<int:pk>/progress/", site(self.live), name="campaigns_campaign_progress"),
            path("<int:pk>/watch/", site(self.watch), name="campaigns_campaign_watch"),
            path("<int:pk>/preview/", site(self.preview), name="campaigns_campaign_preview"),
            *report_pages.urls(self.admin_site),
            path("ask-consent/", site(self.choose_topic), name="campaigns_campaign_ask_consent"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        campaign = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if campaign is not None:
            context |= self.page(request, campaign)
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if "overview" in context:
            wrong = set(context["adminform"].form.errors)
            context["sections"] = [
                (step, fieldset, not wrong.isdisjoint(fieldset.fields))
                for step, fieldset in zip(context["overview"].steps, context["adminform"], strict=True)
            ]
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def page(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        """Return what the page shows beside its form."""
        overview = steps.overview(campaign)
        return {
            "campaign": campaign,
            "badge": badge(campaign),
            "overview": overview,
            "may_start": request.user.has_perm("campaigns.start_campaign"),
            "may_add": self.has_add_permission(request),
            "readers": readers(campaign) if request.user.has_perm("contacts.add_segment") else [],
            "held": hold.active(),
            "content_url": edit_url(campaign, overview.languages) if campaign.content_id else None,
            "show_save_and_add_another": False,
            "report_url": url_or_none("admin:campaigns_campaign_report", campaign.pk),
            "languages": overview.languages,
            "is_open": campaign.state in OPEN,
            "zones": zones.offered(),
            "suggested_at": f"{suggested():%Y-%m-%dT%H:%M}",
            "show_save_and_continue": False,  # Save stays here: there is always a next step
            "segments": Segment.objects.order_by("name") if request.user.has_perm("contacts.view_segment") else [],
            **approving.context(request, campaign),
            **numbers(request, campaign),
            **(watched(campaign) if campaign.started_at else {}),
        }

    @method_decorator(require_POST)
    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Press one of the page's buttons: the same verbs as the API's."""
        if not request.user.has_perm("campaigns.start_campaign"):
            raise PermissionDenied
        campaign = get_object_or_404(writers.visible(request.user), pk=pk)
        if verb not in VERBS:
            raise Http404
        try:
            messages.success(request, VERBS[verb](request, campaign))
        except control.Refused as why:
            messages.error(request, str(why))
        return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[pk]))

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer the progress panel alone; the page asks every two seconds while anything is left to do."""
        campaign = get_object_or_404(writers.visible(request.user), pk=pk)
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        context = {"campaign": campaign, "badge": badge(campaign), **numbers(request, campaign)}
        if (before := request.GET.get("state")) and before != campaign.state:
            context |= {**self.page(request, campaign), "has_moved": True}  # the presses change with the state
        return render(request, "admin/campaigns/campaign/progress.html", context)

    def watch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer relays, receivers and the last lines of the log; asked for less often than the numbers."""
        campaign = get_object_or_404(writers.visible(request.user), pk=pk)
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        return render(request, "admin/campaigns/campaign/watch.html", {"campaign": campaign, **watched(campaign)})

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(
        csp_replace(
            {
                **SANDBOX,
                "frame-ancestors": ["'self'"],
                "img-src": ["'self'", "data:", "https:", settings.SITE_URL],
            }
        )
    )
    def preview(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Answer the mail as a reader of the language sees it, for the frame beside the steps."""
        from campaigns.content import web

        campaign = get_object_or_404(
            writers.visible(request.user, Campaign.objects.select_related("content__brand")), pk=pk
        )
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        language = request.GET.get("language") or steps.overview_languages(campaign)[0]
        try:
            return HttpResponse(web.html(campaign, language=language, audience="self"))
        except (ValueError, LookupError, LiquidError):
            return render(request, "admin/campaigns/campaign/no_preview.html")


def _is_hers(request: HttpRequest, campaign: Campaign | None) -> bool:
    return campaign is None or writers.visible(request.user).filter(pk=campaign.pk).exists()


def suggested() -> datetime:
    """Return a start to propose: tomorrow at ten by the site's clocks, or the hour that was chosen."""
    return timezone.localtime().replace(hour=10, minute=0) + timedelta(days=1)


def url_or_none(name: str, *words: object) -> str | None:
    """Return an address of another room, None while it has none."""
    from django.urls import NoReverseMatch

    try:
        return reverse(name, args=words)
    except NoReverseMatch:
        return None
