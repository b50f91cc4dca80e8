"""Up to where a growing table can be read without missing a row that is still being written."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class FeedMark(models.Model):
    """The highest number given out in one table at a time, and who was writing then; `contacts.feeds`."""

    on_erase: ClassVar[str] = "keep"

    table = models.CharField(_("table"), max_length=80)
    last_id = models.BigIntegerField(_("highest number"))
    writers = models.JSONField(_("open transactions"), default=list)
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("feed mark")
        verbose_name_plural = _("feed marks")
        constraints = [models.UniqueConstraint(fields=["table", "last_id"], name="feed_mark_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.last_id}"
