"""How the API is put together: who is let in, how it reads, pages, refuses and describes itself."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.partners.keys.KeyAuthentication",
        "config.partners.docs_session.DocsSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.partners.keys.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["config.partners.limits.PerKey"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["contacts.problems.Json"],
    "DEFAULT_FILTER_BACKENDS": ["contacts.answers.Filters"],
    "DEFAULT_SCHEMA_CLASS": "config.partners.schema.Schema",
    "DEFAULT_PAGINATION_CLASS": "contacts.answers.ByCursor",
    "EXCEPTION_HANDLER": "contacts.problems.handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fanfare",
    "VERSION": "1",
    "DESCRIPTION": "Contacts, segments, campaigns and what came of them. Keys: Authorization: Bearer fan_PREFIX.secret",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # what only answers hold is not asked for in a request
    "SWAGGER_UI_SETTINGS": {"docExpansion": "none", "deepLinking": True},  # a hundred operations: open what one needs
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "MailBasisEnum": "contacts.models.consent.MAIL_BASES",
        "QRLevelEnum": "social.models.QRCode.LEVELS",
        "DeliveryStateEnum": "campaigns.models.Delivery.State",
        "JobStateEnum": "contacts.models.Job.State",
        "IdentityKindEnum": "contacts.models.Identity.Kind",
        "OfferKindEnum": "social.models.Offer.Kind",
        "RedemptionKindEnum": "social.models.Redemption.Kind",
        "OfferStateEnum": "social.models.Offer.State",
    },
}
