"""How a report reads in the API: the funnel, the control group, every table.

GET /api/v1/campaigns/7/report/    → {"sentence": "12,480 mails sent, …", "funnel": […], "tables": […], …}
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.models import Campaign
from campaigns.reports.shapes import Counted, Money, Rate


class RateSerializer(serializers.Serializer[Any]):
    """A share with its 95 % Wilson interval; `value` is null when there is nothing to take it of."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class MoneySerializer(serializers.Serializer[Any]):
    minor = serializers.IntegerField(help_text="In the currency's smallest unit.")
    currency = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    """One step of the funnel: `n` people, loads or acts, of `of`."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # not DRF's own
    kind = serializers.ChoiceField(["people", "loads", "acts", "money"])
    n = serializers.IntegerField()
    of = serializers.IntegerField()
    rate = RateSerializer(allow_null=True)
    money = MoneySerializer(allow_null=True)
    definition = serializers.CharField()


class GroupSerializer(serializers.Serializer[Any]):
    """Treated or control: how many people, and how many of them ordered."""

    key = serializers.CharField()
    people = serializers.IntegerField()
    ordered = RateSerializer()


@extend_schema_field({"nullable": True, "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "object"}]})
class CellField(serializers.Field[Any, Any, Any, Any]):
    """A cell: a text, a number, a time, null, a rate or an amount."""

    def to_representation(self, value: Any) -> Any:
        if isinstance(value, Rate):
            return RateSerializer(value).data
        if isinstance(value, Money):
            return MoneySerializer(value).data
        return value.n if isinstance(value, Counted) else value


class ColumnSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # not DRF's own
    kind = serializers.ChoiceField(["text", "number", "rate", "money", "time", "link"])
    definition = serializers.CharField(allow_blank=True)


class TableSerializer(serializers.Serializer[Any]):
    """One table of the report: `rows` hold a cell a column."""

    key = serializers.CharField()
    title = serializers.CharField()
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=CellField()))
    note = serializers.CharField(allow_blank=True)


class AimSerializer(serializers.Serializer[Any]):
    """What the campaign is for: the leading number so far, against its target."""

    objective = serializers.ChoiceField(Campaign.Objective.choices)
    measure = serializers.CharField(help_text="earned_visit, conversion or returned: docs/measures.md.")
    n = serializers.IntegerField()
    target = serializers.IntegerField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    owner = serializers.CharField(allow_blank=True)
    projected = serializers.IntegerField(
        allow_null=True, help_text="At the pace so far, on the day it is due; null below 30 or without a date."
    )


class ReportSerializer(serializers.Serializer[Any]):
    campaign_id = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    sentence = serializers.CharField()
    aim = AimSerializer()
    funnel = StepSerializer(many=True)
    groups = GroupSerializer(many=True)
    lift = serializers.CharField(allow_blank=True)
    tables = TableSerializer(many=True, source="all_tables")
