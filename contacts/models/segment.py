"""Segments: rules over contacts, a typed tree compiled to SQL for sets and to a predicate for one person."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Segment(models.Model):
    """A named rule tree. `rules` is checked by `contacts.segments.rules.parse` before it is saved; `{}` means nobody.

    `{"all": [{"field": "language", "op": "is", "value": "fr"}, {"field": "tag", "op": "has", "value": "vip"}]}`
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    rules = models.JSONField(_("rules"), default=dict)
    rules_version = models.PositiveSmallIntegerField(_("language version"), default=1, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
