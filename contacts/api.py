"""Contacts, topics and segments for partners.

    POST /api/v1/contacts/   {"email": "ann@example.com", "first_name": "Ann",
                              "subscriptions": [{"topic": "offers", "basis": "consent", "evidence": {"form": "till 4"}}]}
    GET  /api/v1/segments/3/count/   → {"yes": 1204, "no": 8796, "not_observable": 0}
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from config.partners import answers, keys, problems
