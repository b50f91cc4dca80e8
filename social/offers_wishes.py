"""What partners send and get about offers: the JSON shapes of social.offers_api."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from contacts import identities
from contacts.models import Brand, Contact, Identity, Segment
from contacts.problems import Strict
from social import qr
from social.models import Claim, Code, CodeBatch, Offer, OfferBlackout, OfferLimit, OfferText, Place, Redemption
from social.offers import codes, counters

BIGGEST = 2**63 - 1


def docs() -> str:
    """Return where the API's refusals are written down."""
    return f"{settings.SITE_URL}/api/docs/problems/"


class TextSerializer(serializers.ModelSerializer[OfferText]):
    class Meta:
        model = OfferText
        fields = ["language", "title", "body", "terms", "friend_title", "reason_to_share"]


class LimitSerializer(serializers.ModelSerializer[OfferLimit]):
    max_uses = serializers.IntegerField(min_value=1, max_value=2**31 - 1)  # the same on every database

    class Meta:
        model = OfferLimit
        fields = ["scope", "max_uses"]


class BlackoutSerializer(serializers.ModelSerializer[OfferBlackout]):
    class Meta:
        model = OfferBlackout
        fields = ["first_day", "last_day"]


PLAIN = [
    "name", "kind", "percent", "amount_minor", "currency", "starts_at", "ends_at", "use_within_days", "code_mode",
    "generic_code", "holding", "min_fan_level", "network", "segment", "first_order_only", "min_order_minor",
    "reversible_days", "cost_minor", "budget_minor", "expected_percent", "over_budget",
]  # fmt: skip


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """An offer; `left` is None without a limit in all."""

    brand = serializers.SlugRelatedField("slug", read_only=True)  # type: ignore[var-annotated]
    texts = TextSerializer(many=True, read_only=True)
    limits = LimitSerializer(many=True, read_only=True)
    blackouts = BlackoutSerializer(many=True, read_only=True)
    places = serializers.SlugRelatedField("slug", many=True, read_only=True)  # type: ignore[var-annotated]
    left = serializers.SerializerMethodField()

    class Meta:
        model = Offer
        fields = [
            "id", "brand", "state", *PLAIN, "spent_minor", "places", "texts", "limits", "blackouts", "left",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_left(self, offer: Offer) -> int | None:
        return counters.left(offer)


class TextWishSerializer(Strict):
    language = serializers.ChoiceField(settings.LANGUAGES)
    title = serializers.CharField(max_length=120)
    body = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    terms = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    friend_title = serializers.CharField(required=False, allow_blank=True, max_length=120)
    reason_to_share = serializers.CharField(required=False, allow_blank=True, max_length=200)


class LimitWishSerializer(Strict):
    scope = serializers.ChoiceField(OfferLimit.Scope.choices)
    max_uses = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class BlackoutWishSerializer(Strict):
    """Days without redemption, both included."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()


class OfferWishSerializer(Strict):
    """An offer as a partner wants it."""

    brand: serializers.SlugRelatedField[Brand] = serializers.SlugRelatedField("slug", queryset=Brand.objects.all())
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(Offer.Kind.choices, required=False)
    percent = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)
    amount_minor = serializers.IntegerField(min_value=1, max_value=BIGGEST, required=False, allow_null=True)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    use_within_days = serializers.IntegerField(min_value=1, max_value=32_767, required=False, allow_null=True)
    code_mode = serializers.ChoiceField(Offer.CodeMode.choices, required=False)
    generic_code = serializers.RegexField(r"^[A-Za-z0-9 -]{1,40}$", required=False)
    holding = serializers.ChoiceField(Offer.Holding.choices, required=False)
    min_fan_level = serializers.IntegerField(min_value=0, max_value=5, required=False, allow_null=True)
    network = serializers.CharField(max_length=24, required=False, allow_blank=True)
    segment: serializers.PrimaryKeyRelatedField[Segment] = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.all(), required=False, allow_null=True
    )
    first_order_only = serializers.BooleanField(required=False)
    min_order_minor = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False, allow_null=True)
    reversible_days = serializers.IntegerField(min_value=0, max_value=32_767, required=False)
    cost_minor = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False)
    budget_minor = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False, allow_null=True)
    expected_percent = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    over_budget = serializers.ChoiceField(Offer.OverBudget.choices, required=False)
    places: serializers.SlugRelatedField[Place] = serializers.SlugRelatedField(
        "slug", queryset=Place.objects.all(), many=True, required=False, help_text="None = all."
    )
    texts = TextWishSerializer(many=True, required=False)
    limits = LimitWishSerializer(many=True, required=False)
    blackouts = BlackoutWishSerializer(many=True, required=False)


OFFER = OpenApiExample(
    "Twenty per cent for fans, the first thousand",
    request_only=True,
    value={
        "brand": "maison",
        "name": "May for fans",
        "kind": "percent",
        "percent": 20,
        "starts_at": "2026-05-01T00:00:00+02:00",
        "ends_at": "2026-06-01T00:00:00+02:00",
        "limits": [{"scope": "total", "max_uses": 1000}],
        "texts": [{"language": "en", "title": "20 % for our fans", "terms": "Once each."}],
    },
)


class CodeSerializer(serializers.ModelSerializer[Code]):
    printed = serializers.SerializerMethodField(help_text="In groups, as people type it.")

    class Meta:
        model = Code
        fields = ["id", "offer", "batch", "value", "printed", "state", "created_at"]
        read_only_fields = fields

    def get_printed(self, code: Code) -> str:
        pattern = code.batch.pattern if code.batch else ""
        return codes.display_like(pattern, code.value) if pattern else codes.display(code.value)


class BatchSerializer(serializers.ModelSerializer[CodeBatch]):
    """A batch; `n` codes are there, `state` and `error` are those of the job that fills it."""

    state = serializers.CharField(source="job.state", default="done", read_only=True)
    error = serializers.CharField(source="job.error", default="", read_only=True)

    class Meta:
        model = CodeBatch
        fields = ["id", "offer", "name", "pattern", "is_imported", "n", "state", "error", "created_at"]
        read_only_fields = fields


class BatchWishSerializer(Strict):
    """`make` so many codes, to a `pattern` if you like, or keep your `own`."""

    offer: serializers.PrimaryKeyRelatedField[Offer] = serializers.PrimaryKeyRelatedField(queryset=Offer.objects.all())
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    make = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    pattern = serializers.CharField(
        max_length=40, required=False, help_text="# is a random character, the last one checks: SPRING-#####-#####-#"
    )
    own = serializers.ListField(child=serializers.CharField(max_length=80), max_length=10_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("make" in attrs) == ("own" in attrs):
            words = _("Say either how many codes to make, or which codes are yours.")
            raise serializers.ValidationError({"make": [words]})
        return attrs


class CodeWishSerializer(Strict):
    code = serializers.CharField(max_length=400, help_text="As typed, scanned, or the whole address of a QR code.")


class ValidateWishSerializer(CodeWishSerializer):
    place = serializers.CharField(max_length=50, required=False)
    amount_minor = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False)


class ReserveWishSerializer(CodeWishSerializer):
    place = serializers.CharField(max_length=50, required=False)
    minutes = serializers.IntegerField(min_value=1, max_value=1_440, required=False)


class RedeemWishSerializer(ValidateWishSerializer):
    order_reference = serializers.CharField(max_length=120, required=False)


REDEEM = OpenApiExample(
    "A web shop's order",
    request_only=True,
    value={"code": "7K2M9-PQRWX-G", "place": "lyon", "amount_minor": 5000, "order_reference": "1042"},
)


class ReverseWishSerializer(Strict):
    redemption = serializers.IntegerField(min_value=1, max_value=BIGGEST)
    reason = serializers.CharField(max_length=300)


CODE = OpenApiExample("A code as it was typed", request_only=True, value={"code": "7k2m9 pqrwx-g"})
BATCH = OpenApiExample(
    "A hundred thousand for a printer",
    request_only=True,
    value={"offer": 4, "name": "Printer", "make": 100_000, "pattern": "SPRING-#####-#####-#"},
)
CLAIM = OpenApiExample("For a customer", request_only=True, value={"offer": 4, "email": "ann@example.com"})
REVERSE = OpenApiExample("Goods came back", request_only=True, value={"redemption": 88, "reason": "Goods back"})


class VerdictSerializer(serializers.Serializer[Any]):
    """Whether it may be redeemed; of its holder `first_name` alone, its initial for a key without `contacts:read`."""

    valid = serializers.BooleanField()
    reason = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    offer = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    value = serializers.CharField()
    first_name = serializers.CharField()
    claim = serializers.IntegerField(allow_null=True)


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    """A claim. `code` and `url` stay empty for a personal offer: they are mailed to her."""

    code = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Claim
        fields = [
            "id", "offer", "contact", "seq", "state", "via", "code", "url", "claimed_at", "expires_at",
            "reserved_until",
        ]  # fmt: skip
        read_only_fields = fields

    def get_code(self, claim: Claim) -> str:
        if claim.offer.holding == Offer.Holding.PERSONAL:
            return ""
        return codes.display(claim.code.value) if claim.code else claim.offer.generic_code

    def get_url(self, claim: Claim) -> str:
        return "" if claim.offer.holding == Offer.Holding.PERSONAL else qr.claim_url(claim.token)


class ClaimWishSerializer(Strict):
    """Which offer, for whom: exactly one of `contact`, `email`, `card`, `external_id`."""

    offer: serializers.PrimaryKeyRelatedField[Offer] = serializers.PrimaryKeyRelatedField(
        queryset=Offer.objects.select_related("brand", "segment")
    )
    contact = serializers.IntegerField(min_value=1, max_value=BIGGEST, required=False)
    email = serializers.CharField(max_length=320, required=False)
    card = serializers.CharField(max_length=254, required=False)
    external_id = serializers.CharField(max_length=254, required=False)

    KINDS = {"email": Identity.Kind.EMAIL, "card": Identity.Kind.CARD, "external_id": Identity.Kind.EXTERNAL}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("contact", *self.KINDS)) != 1:
            words = _("Say whose it is by exactly one of: %(names)s.") % {"names": ", ".join(["contact", *self.KINDS])}
            raise serializers.ValidationError({"contact": [words]})
        return attrs

    def person(self) -> Contact:
        """Return who is meant, following merges. Raises: ValidationError at the field that finds nobody."""
        given = self.validated_data
        name = next(name for name in ("contact", *self.KINDS) if name in given)
        if name == "contact":
            known = Contact.objects.filter(pk=given[name]).first()
            found = known and identities.survivor(known)
        else:
            found = identities.find(self.KINDS[name], given[name])
        if found is None:
            raise serializers.ValidationError({name: [_("No contact is known by this. Create her first.")]})
        return found


class RedemptionSerializer(serializers.ModelSerializer[Redemption]):
    """A use, or with `reverses` its undoing; `discount_minor` is what to take off."""

    offer = serializers.IntegerField(source="claim.offer_id", read_only=True)
    contact = serializers.IntegerField(source="claim.contact_id", read_only=True, allow_null=True)
    place = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    is_undone = serializers.SerializerMethodField()

    class Meta:
        model = Redemption
        fields = [
            "id", "kind", "claim", "offer", "contact", "place", "channel", "amount_minor", "discount_minor", "currency",
            "order_reference", "reverses", "is_undone", "reason", "at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_undone(self, row: Redemption) -> bool:
        return hasattr(row, "reversal")


class PlaceSerializer(serializers.ModelSerializer[Place]):
    class Meta:
        model = Place
        fields = ["id", "slug", "name", "address", "time_zone", "opens_at", "closes_at"]
        read_only_fields = fields
