"""How the API pages its lists and answers a repeated POST.

POST /api/v1/conversions/      Idempotency-Key: order-1042     → the same answer, however often it comes

Every POST of every view that is `Once` takes the header: no action has to ask for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contacts import idempotency, problems

LONGEST_KEY = 255  # characters


LONGEST_NUMBER = 18  # digits


def refuse_empty(request: Request, names: Iterable[str]) -> None:
    """Raises: ValidationError (422) naming each of these parameters of the address that has no value."""
    empty = [name for name in names if request.query_params.get(name) == ""]
    if empty:
        raise ValidationError({name: [_("Write a value, or leave it out.")] for name in empty})


def whole_number(request: Request, name: str) -> int | None:
    """Return a parameter of the address that counts or numbers something, None where it was left out.

    Raises:  ValidationError (422) for anything but digits, the empty text included.
    """
    asked = request.query_params.get(name)
    if asked is None:
        return None
    if not _counts(asked):
        raise ValidationError({name: [_("Write a whole number.")]})
    return int(asked)


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


class WholeNumber(filters.NumberFilter):  # type: ignore[misc]  # django-filter is untyped
    """A filter by a column of whole numbers; the library's own takes 0.5 and finds nothing."""

    field_class = forms.IntegerField


class FilterSet(filters.FilterSet):  # type: ignore[misc]
    """The filters of one resource, its `filterset_fields` or written out."""

    FILTER_DEFAULTS = filters.FilterSet.FILTER_DEFAULTS | {
        each: {"filter_class": WholeNumber}
        for each in (models.IntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField)
    }


class Filters(filters.DjangoFilterBackend):  # type: ignore[misc]
    """The filters of a list, where an empty one is a mistake: it would quietly give everything."""

    filterset_base = FilterSet

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Raises: ValidationError (422) naming each filter that was left empty."""
        known = self.get_filterset(request, queryset, view)
        refuse_empty(request, known.filters if known else ())
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found


class ByCursor(CursorPagination):
    """Pages by primary key: page 10,000 costs what page 1 costs. `?limit=` up to 1,000, default 100."""

    ordering = "id"
    page_size = 100
    max_page_size = 1000
    page_size_query_param = "limit"
    cursor_query_param = "cursor"

    def get_page_size(self, request: Request) -> int:
        """Raises: ValidationError (422) for a limit that is no number; above the most there is it means the most."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (_counts(asked) and int(asked)):
            words = _("Write a whole number from 1 to %(most)d.") % {"most": self.max_page_size}
            raise ValidationError({self.page_size_query_param: [words]})
        return min(int(asked), self.max_page_size)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return how a page looks; the parent's says that `next` is always a text, and the last page has none."""
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        for name in ("next", "previous"):
            link = described["properties"][name]
            link.pop("nullable", None)
            described["properties"][name] = {**link, "type": ["string", "null"]}
        return described


class Passing(Exception):
    """Carries an answer that may be another one in a minute past the idempotency key, which keeps nothing of it."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Once(APIView):
    """A view whose every POST acts once per `Idempotency-Key`.

    `own_keys` names actions whose verb keeps its answers itself, `secret_answers` those whose answer is kept sealed,
    `outside` those that ask other servers, which nobody's transaction waits for.
    """

    own_keys: tuple[str, ...] = ()
    secret_answers: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask who comes and what she may, then put the key before what a POST would do."""
        super().initial(request, *args, **kwargs)
        action = getattr(self, "action", "")
        act = getattr(self, "post", None)
        if request.method == "POST" and act is not None and action not in self.own_keys:
            how = {"is_secret": action in self.secret_answers, "is_outside": action in self.outside}
            self.post = lambda *args, **kwargs: _once(request, lambda: act(*args, **kwargs), **how)


def _once(request: Request, act: Callable[[], Response], *, is_secret: bool, is_outside: bool) -> Response:
    """Do what a POST asks, or repeat the answer it got when its `Idempotency-Key` came first.

    Raises:  Unprocessable (422): `idempotency_conflict` for a known key with another body, `idempotency_key` for one
             that is too long. Conflict (409): `idempotency_running` while the first is not answered.
    Source:  draft-ietf-httpapi-idempotency-key-header.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        words = _("The Idempotency-Key is longer than %(n)d characters. Send a shorter one.") % {"n": LONGEST_KEY}
        raise problems.Unprocessable(words, code="idempotency_key")
    try:
        if not key:
            return act()
        asked = client_of(request), key, {"path": request.path, "body": _body(request)}
        if is_outside:
            status, body = idempotency.once_outside(*asked, lambda: _answer(act))
        else:
            status, body = idempotency.once(*asked, lambda: _undone_if_refused(act), is_secret=is_secret)
    except Passing as passed:
        return passed.response
    except idempotency.Conflict as why:
        raise problems.Unprocessable(str(why), code="idempotency_conflict") from why
    except idempotency.Running as why:
        raise problems.Conflict(str(why), code="idempotency_running") from why
    content_type = problems.CONTENT_TYPE if status >= 400 else None
    return Response(body, status=status, content_type=content_type)


def _body(request: Request) -> Any:
    """Return what was sent as JSON can say it; of a file its name and SHA-256."""
    if not hasattr(request.data, "lists"):
        return request.data
    return {name: [_told(value) for value in values] for name, values in request.data.lists()}


def _told(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]


def acting_user(request: Request) -> User:
    """Return the key's owner or the person signed in. Raises: NotAuthenticated for nobody."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def client_of(request: Request) -> str:
    """Return who asks, for idempotency keys and the audit log: the key's prefix or the user's id."""
    prefix = getattr(request.auth, "prefix", None)  # the roof's ApiKey, unknown down here
    return f"key:{prefix}" if prefix else f"user:{request.user.pk}"


def _undone_if_refused(act: Callable[[], Response]) -> tuple[int, dict[str, Any]]:
    """Run the act in a savepoint of its own, so that a refusal undoes it and is kept as the answer all the same."""

    def guarded() -> Response:
        with transaction.atomic():
            return act()

    return _answer(guarded)


def _answer(act: Callable[[], Response]) -> tuple[int, dict[str, Any]]:
    """Run the act and return its answer, or the refusal that it raised."""
    try:
        response = act()
    except Passing:
        raise
    except Exception as why:
        refused = problems.respond(why)
        if refused is None:
            raise
        response = refused
    return response.status_code, response.data
