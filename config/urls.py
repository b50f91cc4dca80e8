"""Every door of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import branding, health, kept
from config.start import pages as start
from config.team import pages, signins, tools

admin.site.login_form = signins.Form
admin.autodiscover()  # here and not at the start: a process that serves no pages saves their memory

handler404 = "config.errors.not_found"

urlpatterns: list[URLPattern | URLResolver] = [
    path("kept/", admin.site.admin_view(kept.for_site(admin.site)), name="kept"),
    path("admin/login/", signins.login),
    path("admin/", include(pages.desk)),
    path("admin/", include(tools.desk)),
    path("admin/", include(start.desk)),
    path("admin/", admin.site.urls),
    path("team/second/", pages.second_proof, name="team_second"),
    path("team/welcome/<str:uid>/<str:token>/", pages.welcome, name="team_welcome"),
    path("api/", include("config.api")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", branding.favicon, name="favicon"),
    path("brand/<slug:slug>.css", branding.brand_css, name="brand_css"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("contacts.urls")),
    path("", include("campaigns.urls")),
    path("", include("social.urls")),
]
