"""Every refusal of the API in one shape: problem+json with a stable code and a pointer to each wrong field.

    HTTP/1.1 422
    Content-Type: application/problem+json
    {"type": "https://…/api/docs/problems/#invalid", "code": "invalid", "title": "Invalid", "status": 422,
     "detail": "1 field is wrong.", "errors": [{"pointer": "/email", "code": "invalid", "detail": "…"}]}

Source: RFC 9457.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


class Json(JSONParser):
    """JSON, refused with a sentence when it is nested deeper than Python reads."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("The JSON is nested too deeply.")) from None


class Unprocessable(exceptions.APIException):
    """The request was read, and a rule says no: the verb's own sentence is the detail."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "unprocessable"
    default_detail = gettext_lazy("This cannot be done.")


class Conflict(exceptions.APIException):
    """The request was right once, and no longer is: the object moved on."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = gettext_lazy("The object is no longer in the state that this needs.")


class PreconditionFailed(exceptions.APIException):
    """The thing is no longer as `If-Match` says; `headers` tell its tag now."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = gettext_lazy("Somebody changed it meanwhile. Read it again, then decide.")

    def __init__(self, *, headers: dict[str, str]) -> None:
        super().__init__()
        self.headers = headers


def handler(why: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception as problem+json; None for what no rule foresaw, which Django then logs as a 500."""
    return respond(why)


def respond(why: Exception) -> Response | None:
    """Return the answer to an exception, with `WWW-Authenticate` and `Retry-After` where the standards ask for them."""
    if isinstance(why, Http404):
        why = exceptions.NotFound()
    elif isinstance(why, PermissionDenied):
        why = exceptions.PermissionDenied()
    if not isinstance(why, exceptions.APIException):
        return None
    response = Response(_body(why), status=_status(why), content_type=CONTENT_TYPE)
    if header := getattr(why, "auth_header", None):
        response["WWW-Authenticate"] = header
    for name, value in getattr(why, "headers", {}).items():
        response[name] = value
    if seconds := getattr(why, "wait", None):
        response["Retry-After"] = str(int(seconds))
    return response


def nowhere() -> dict[str, Any]:
    """Return the body for an address that no route knows."""
    return _body(exceptions.NotFound())


def _status(why: exceptions.APIException) -> int:
    # 400 is kept for what cannot be parsed; a parsed body with wrong fields is 422.
    return 422 if isinstance(why, exceptions.ValidationError) else why.status_code


def _body(why: exceptions.APIException) -> dict[str, Any]:
    code = why.get_codes() if isinstance(why.get_codes(), str) else "invalid"
    body: dict[str, Any] = {
        "type": f"{settings.SITE_URL}/api/docs/problems/#{code}",
        "code": code,
        "title": str(code).replace("_", " ").capitalize(),
        "status": _status(why),
    }
    if isinstance(why, exceptions.ValidationError):
        errors = list(_errors(why.get_full_details(), ""))
        body["detail"] = ngettext("%(n)d field is wrong.", "%(n)d fields are wrong.", len(errors)) % {"n": len(errors)}
        body["errors"] = errors
    else:
        body["detail"] = str(why.detail)
    return body


def _is_one(details: Any) -> bool:
    """Say whether this is one error, and not the errors of fields that happen to be called `message` and `code`."""
    return (
        isinstance(details, dict) and isinstance(details.get("message"), str) and isinstance(details.get("code"), str)
    )


def _errors(details: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details into JSON pointers (RFC 6901)."""
    if _is_one(details):
        yield {"pointer": pointer or "/", "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for field, inner in details.items():
            step = "" if field == "non_field_errors" else f"/{str(field).replace('~', '~0').replace('/', '~1')}"
            yield from _errors(inner, pointer + step)
    elif isinstance(details, list):
        leaves = [inner for inner in details if _is_one(inner)]
        for number, inner in enumerate(details):
            yield from _errors(inner, pointer if inner in leaves else f"{pointer}/{number}")


class Strict(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know, with the nearest that it does."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises: ValidationError naming each unknown field and its nearest neighbour, or for text with NUL bytes."""
        if self.root is self and _holds_nul(data):
            words = _("A text holds a NUL byte, which is no text. Leave it out.")
            raise serializers.ValidationError({"non_field_errors": [words]})
        if isinstance(data, dict):
            unknown = {name: [self._hint(name)] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown, code="unknown_field")
            # a form knows texts only, and an empty one would quietly be taken for none
            is_form = hasattr(data, "lists")
            if wrong := _empty(self.fields, data) if is_form else _wrong_types(self.fields, data):
                raise serializers.ValidationError(wrong, code="invalid")
        return super().to_internal_value(data)

    def _hint(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.fields, n=1)
        if near:
            return _("There is no such field. Did you mean %(near)s?") % {"near": near[0]}
        return _("There is no such field. Known are: %(known)s.") % {"known": ", ".join(self.fields)}


def _empty(fields: Mapping[str, serializers.Field[Any, Any, Any, Any]], data: Any) -> dict[str, Any]:
    """Return the fields of a form that hold nothing and do not allow it."""
    bare = [name for name in data if data[name] == "" and not getattr(fields[name], "allow_blank", False)]
    return {name: [_("Write a value, or leave it out.")] for name in bare}


def _wrong_types(fields: Mapping[str, serializers.Field[Any, Any, Any, Any]], data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields whose JSON type is not the described one: DRF alone would quietly turn one into another."""
    return {name: [said] for name, value in data.items() if (said := _wrong_type(fields[name], value))}


def _wrong_type(field: serializers.Field[Any, Any, Any, Any], value: Any) -> str:
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next((said for one in value if (said := _wrong_type(field.child, one))), "")
    if isinstance(field, serializers.ManyRelatedField) and not isinstance(value, list):
        return _("Write a list, in square brackets.")
    if isinstance(field, serializers.CharField) and value is not None and not isinstance(value, str):
        return _("Write a text, in quotation marks.")
    if isinstance(field, serializers.BooleanField) and value is not None and not isinstance(value, bool):
        return _("Write true or false, without quotation marks.")
    if isinstance(field, serializers.IntegerField | serializers.PrimaryKeyRelatedField) and isinstance(
        value, str | bool
    ):
        return _("Write a whole number, without quotation marks.")
    if isinstance(field, serializers.RelatedField) and value == "":  # DRF alone would take it for null
        return _("Write a value, or null for none.") if field.allow_null else _("Write a value.")
    return ""


def _holds_nul(data: Any) -> bool:
    """Say whether any text within holds a NUL byte, which PostgreSQL takes neither as text nor in JSON."""
    return "\\x00" in repr(data) and _finds_nul(data)  # its writing shows at once that there is none


def _finds_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\x00" in data
    if isinstance(data, dict):
        return any(_finds_nul(name) or _finds_nul(value) for name, value in data.items())
    return isinstance(data, list) and any(_finds_nul(item) for item in data)
