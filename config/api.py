"""The partner API's front door: every floor's viewsets registered in one place.

GET /api/v1/contacts/?email=ann@example.com
GET /api/docs/            the same as a page, GET /api/schema/ as OpenAPI 3.1
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.routers import DefaultRouter

from campaigns import api as campaigns
from campaigns import links_api as links
from campaigns import messages_api as messages
from campaigns import templates_api as templates
from config.partners import key_api as own_key
from config.partners import webhooks_api as webhooks
from contacts import api as contacts
from contacts import identities_api as identities
from contacts import imports_api as imports
from contacts import segments_api as segments
from contacts import topics_api as topics
from social import api as social
from social import fans_api as fans
from social import offers_api as offers
from social import qr_api as qr
from social import redemptions_api as redemptions
from social import sharing_api as sharing

router = DefaultRouter()
router.include_root_view = False
router.include_format_suffixes = False  # JSON is the only format; one address for each thing
for floor in (
    contacts,
    segments,
    topics,
    imports,
    campaigns,
    messages,
    social,
    sharing,
    qr,
    webhooks,
    own_key,
    offers,
    redemptions,
    identities,
    links,
    templates,
    fans,
):
    for prefix, viewset in floor.ROUTES.items():
        router.register(prefix, viewset, basename=prefix)

# The description of the API holds no data; whoever integrates reads it before she has a key.
OPEN = {"permission_classes": [AllowAny], "authentication_classes": []}

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(**OPEN), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema", **OPEN), name="api-docs"),
]
