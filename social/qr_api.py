"""QR codes for partners: placements with their short links, and each code as PNG, SVG or PDF.

POST /api/v1/qr-codes/ {"name": "Window", "placement": "poster", "target": "https://brand.example/spring"}
GET  /api/v1/qr-codes/7/image/?kind=pdf&mm=60     → the file, read back before it is handed out
"""

from __future__ import annotations

from typing import Any

from django.core.validators import URLValidator
from django.db.models import Sum
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import links
from campaigns.models import Link
from contacts.problems import Strict, Unprocessable
from contacts.resource import Resource
from social import placements, qr, studio
from social.models import Place, QRCode


class QRCodeSerializer(serializers.ModelSerializer[QRCode]):
    """A placement; `scans` counts people's phones, `address` is what the code holds."""

    target = serializers.CharField(source="link.target", read_only=True)
    place = serializers.SlugRelatedField[Place]("slug", read_only=True, allow_null=True)
    address = serializers.SerializerMethodField()
    scans = serializers.SerializerMethodField()

    class Meta:
        model = QRCode
        fields = [
            "id",
            "name",
            "placement",
            "place",
            "target",
            "address",
            "dark",
            "light",
            "level",
            "scans",
            "created_at",
        ]

    def get_address(self, code: QRCode) -> str:
        return qr.address(code.link.token or "")

    def get_scans(self, code: QRCode) -> int:
        return code.days.aggregate(n=Sum("n"))["n"] or 0


class QRWishSerializer(Strict):
    """A new placement, or what changes of one; the target may change after printing."""

    name = serializers.CharField(max_length=120, required=False)
    placement = serializers.ChoiceField(choices=QRCode.Placement.choices, required=False)
    target = serializers.CharField(max_length=2_000, required=False, validators=[URLValidator(["http", "https"])])
    place: serializers.SlugRelatedField[Place] = serializers.SlugRelatedField(
        "slug", queryset=Place.objects.all(), required=False, allow_null=True
    )
    dark = serializers.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    light = serializers.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    level = serializers.ChoiceField(choices=QRCode.LEVELS, required=False)


POSTER = OpenApiExample(
    "A poster in the window",
    request_only=True,
    value={"name": "Window, May", "placement": "poster", "target": "https://shop.example/may"},
)


@extend_schema_view(list=extend_schema(summary="List QR codes"), retrieve=extend_schema(summary="One QR code"))
class QRCodeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[QRCode]):
    """Placements with their own short links: posters, tills, slides, packages."""

    scope = "qr-codes"
    queryset = QRCode.objects.select_related("link", "place", "logo")
    serializer_class = QRCodeSerializer
    filterset_fields = ["placement", "name"]

    @extend_schema(
        summary="Make a QR code", request=QRWishSerializer, responses={201: QRCodeSerializer}, examples=[POSTER]
    )
    def create(self, request: Request) -> Response:
        """201 with the placement; `name` and `target` are needed."""
        return self._make(request)

    @extend_schema(
        summary="Change a QR code", request=QRWishSerializer, responses=QRCodeSerializer,
        examples=[OpenApiExample("Elsewhere", request_only=True, value={"target": "https://shop.example/june"})],
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Change name, colours or where the printed code leads."""
        code = self.get_object()
        given = self._wish(request)
        target = given.pop("target", None)
        for name, value in given.items():
            setattr(code, name, value)
        self._check(code)
        code.save()
        if target is not None:
            links.retarget(code.link, target, request.user if request.user.is_authenticated else None)
        return Response(self.get_serializer(code).data)

    @extend_schema(
        summary="A QR code as a file",
        parameters=[
            OpenApiParameter("kind", str, enum=list(studio.KINDS), description="png, svg or pdf; png if left out"),
            OpenApiParameter("mm", float, description="side in millimetres with the quiet zone; 40 if left out"),
        ],
        responses={(200, mime): OpenApiResponse(OpenApiTypes.BINARY) for mime in studio.KINDS.values()},
    )
    @action(detail=True, methods=["get"])
    def image(self, request: Request, pk: str | None = None) -> HttpResponse:
        """GET gives the code as PNG, SVG or PDF; 422 when its design does not read back."""
        code, kind = self.get_object(), request.query_params.get("kind", "png")
        try:
            side = float(request.query_params.get("mm", 40))
        except ValueError:
            side = 0.0
        if kind not in studio.KINDS or not 10 <= side <= 2_000:
            raise Unprocessable("kind is png, svg or pdf, and mm lies between 10 and 2000.", code="bad_image")
        try:
            data = placements.file_of(code, kind, millimetres=side)
        except studio.CannotDraw as why:
            raise Unprocessable(str(why), code="unreadable") from why
        return HttpResponse(data, content_type=studio.KINDS[kind])

    def _make(self, request: Request) -> Response:
        given = self._wish(request)
        if not given.get("name") or not given.get("target"):
            raise Unprocessable("A new QR code needs a name and a target.", code="incomplete")
        target = given.pop("target")
        code = QRCode(**given)
        self._check(code)
        code.link = links.public(Link.Kind.QR, target=target)
        code.save()
        return Response(self.get_serializer(code).data, status=status.HTTP_201_CREATED)

    def _wish(self, request: Request) -> dict[str, Any]:
        wish = QRWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return dict(wish.validated_data)

    def _check(self, code: QRCode) -> None:
        if found := studio.problems(studio.Design(dark=code.dark, light=code.light, level=code.level)):
            raise Unprocessable(" ".join(found), code="unreadable")


ROUTES = {"qr-codes": QRCodeViewSet}
