"""Reading by number while others write: nothing is passed over."""

import threading

import pytest
from django.db import connection, connections, transaction

from contacts import feeds
from contacts.models import FeedMark, Tag


@pytest.mark.django_db
def test_what_is_written_can_be_read_at_once_when_nobody_else_writes():
    last = Tag.objects.create(name="vip").pk

    assert feeds.settled(Tag) == last


class Late:
    """Another connection that has written a tag and not yet committed it."""

    def __init__(self, name="late"):
        self.written, self.may_end = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.write, args=[name])
        self.thread.start()
        assert self.written.wait(10)

    def write(self, name):
        try:
            with transaction.atomic():
                self.pk = Tag.objects.create(name=name).pk
                self.written.set()
                self.may_end.wait(10)
        finally:
            connections.close_all()

    def commit(self):
        self.may_end.set()
        self.thread.join(10)


if connection.vendor == "postgresql":  # SQLite has one writer: no number is given out and kept back

    @pytest.mark.django_db(transaction=True)
    def test_a_row_that_is_committed_late_holds_back_all_after_it():
        late = Late()
        early = Tag.objects.create(name="after")

        before = feeds.settled(Tag)
        Tag.objects.create(name="much later")
        still = feeds.settled(Tag)
        late.commit()

        assert before < late.pk < early.pk
        assert still == before
        assert feeds.settled(Tag) == Tag.objects.latest("pk").pk

    @pytest.mark.django_db(transaction=True)
    def test_a_writer_who_never_stops_holds_back_only_what_came_after_her():
        first = Late()
        seen = Tag.objects.create(name="between")
        feeds.settled(Tag)
        second = Late(name="second")
        first.commit()

        settled = feeds.settled(Tag)
        second.commit()

        assert settled == seen.pk
        assert not FeedMark.objects.filter(last_id__lt=seen.pk).exists()
