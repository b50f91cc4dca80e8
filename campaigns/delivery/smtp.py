"""Sending through one SMTP relay over several connections at once, from a single thread.

Pool("main", access, connections=10).deliver(feed, desk)

Each round: read what arrived, hand out mails, then one commit for whoever is ready now (never waiting for another,
never
a tick): it records the replies and marks the intents; then the dots go out with the next envelopes behind them.
"""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from django.db import DatabaseError

from campaigns.delivery.conversation import Broken, Conversation, Phase
from campaigns.delivery.database import is_postgresql
from campaigns.delivery.mail import Desk, Feed, Mail, Outcome
from campaigns.delivery.opening import Access, CannotOpen, Opened, open_connection
from contacts.manners import PAUSE

DRAIN = 6.0  # seconds that answers to dots are awaited after SIGTERM
FAREWELL = 1.0  # seconds that all answers to QUIT together are awaited
FRUITLESS = 3  # connections in a row that end before their first answer, and the relay is left alone
RETRY_DATABASE = 1.0  # seconds between attempts to record while the database is away


class Pool:
    """The connections to one relay. They stay open between turns, until `close`."""

    def __init__(self, name: str, access: Access, *, connections: int = 4) -> None:
        self.name = name
        self.access = access
        self.most = connections
        self.talks: list[Conversation] = []
        self._openings: set[Future[Opened]] = set()
        self._threads = ThreadPoolExecutor(max_workers=connections, thread_name_prefix=f"smtp-{name}")
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._outcomes: list[Outcome] = []
        self._committed_at = 0.0
        self._database_back_at = 0.0
        self._drain_until = float("inf")
        self._is_failing = False
        self._broken_at_once = ""
        self._fruitless = 0

    def deliver(self, feed: Feed, desk: Desk) -> None:
        """Send what the feed gives until it is exhausted and every answer is recorded, or the relay fails."""
        self._is_failing, self._fruitless = False, 0
        self._drain_until = float("inf")
        while True:
            desk.tick()
            if desk.is_stopped() and self._drain_until == float("inf"):
                self._drain_until = time.monotonic() + DRAIN
                self._drop_undotted("stopped")
            if not self._is_ending():
                self._hand_out(feed)
            patience = self._patience()
            if patience:
                began = time.monotonic()
                feed.prepare(patience, 2 * self.most)
                patience = max(0.0, patience - (time.monotonic() - began))
            self._listen(desk, patience)
            self._expire(desk)
            self._settle(feed, desk)
            if self._is_done(feed):
                self._give_up(desk)
                return

    def close(self) -> None:
        """Say goodbye on every connection; on one that still owes an answer there is nothing to say."""
        until = time.monotonic() + FAREWELL
        for talk in list(self.talks):
            self._forget(talk)
            rest = until - time.monotonic()
            talk.quit(max(0.0, rest) if talk.dotted is None else 0.0)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._selector.close()
        self._bell.close()
        self._ring.close()

    def _is_ending(self) -> bool:
        return self._is_failing or self._drain_until < float("inf")

    def _is_done(self, feed: Feed) -> bool:
        if self._outcomes and time.monotonic() < self._drain_until:
            return False
        if time.monotonic() >= self._drain_until:
            return True
        busy = any(talk.current or talk.dotted for talk in self.talks)
        return not busy and (self._is_ending() or feed.is_exhausted())

    def _hand_out(self, feed: Feed) -> None:
        """Give mails to idle connections and open further ones while there is more to do than they can take."""
        idle = [each for each in self.talks if each.phase is Phase.IDLE and not (each.current or each.dotted)]
        for talk in idle:
            mail = self._next(feed)
            if mail is None:
                return
            self._attempt(talk, partial(talk.begin, mail))
        room = self.most - len(self.talks) - len(self._openings)
        if room > 0 and not feed.buffered() and not self.talks and not self._openings:
            first = self._next(feed)  # nothing is open: find out whether it is worth connecting
            if first is not None:
                feed.give_back(first)
        if not self.talks:
            room = min(room, 1 - len(self._openings))  # one finds out whether the relay answers, then the others follow
        for _ in range(min(room, feed.buffered() - len(self._openings))):
            opening = self._threads.submit(open_connection, self.access)
            self._openings.add(opening)
            opening.add_done_callback(lambda _: self._wake())

    def _next(self, feed: Feed) -> Mail | None:
        """Return the feed's next mail that fits into the relay's limit; one that does not is refused here."""
        while (mail := feed.next()) is not None:
            limit = self.talks[0].opened.size_limit if self.talks else 0
            if not limit or len(mail.message) <= limit:
                return mail
            self._outcomes.append(Outcome(mail, 552, f"5.3.4 {len(mail.message)} octets, the relay takes {limit}"))
        return None

    def _events(self, patience: float) -> list[tuple[selectors.SelectorKey, int]]:
        if 0.0 < patience < 0.002:
            # epoll waits whole milliseconds, rounded up; a rest of less would cost one.
            with contextlib.suppress(ValueError):  # more than 1,024 files are open
                select.select([self._selector], [], [], patience)
            patience = 0.0
        return self._selector.select(patience)

    def _wake(self) -> None:
        try:
            self._ring.send(b"!")
        except OSError:
            return  # closed meanwhile

    def _listen(self, desk: Desk, patience: float) -> None:
        for key, events in self._events(patience):
            if key.fileobj is self._bell:
                self._bell.recv(4_096)
                self._welcome(desk)
                continue
            talk: Conversation = key.data
            if events & selectors.EVENT_WRITE:
                self._attempt(talk, talk.write)
            if events & selectors.EVENT_READ and talk.phase is not Phase.CLOSED:
                self._attempt(talk, talk.read)
                self._outcomes += talk.collect()

    def _patience(self) -> float:
        """Return how long to listen: not at all when there is something to commit, unless others should write first."""
        if any(talk.phase is Phase.READY for talk in self.talks) or self._outcomes:
            now = time.monotonic()
            rest = self._committed_at + PAUSE - now if not is_postgresql() else 0.0
            return max(0.0, rest, self._database_back_at - now)
        return 0.2

    def _welcome(self, desk: Desk) -> None:
        """Take over the connections that were opened, or note why they could not be."""
        for opening in [opening for opening in self._openings if opening.done()]:
            self._openings.discard(opening)
            try:
                opened = opening.result()
            except CannotOpen as why:
                if not self.talks:  # with others alive the relay merely limits their number
                    desk.relay_failed(str(why))
                    self._is_failing = True
                self.most = max(1, len(self.talks))
                continue
            talk = Conversation(opened, timeout=self.access.timeout)
            self.talks.append(talk)
            self._selector.register(opened.sock, selectors.EVENT_READ, talk)

    def _attempt(self, talk: Conversation, step: Callable[[], None]) -> None:
        """Do one step of a conversation; a broken one is closed and its mails' outcomes kept."""
        try:
            step()
        except Broken as why:
            self._abandon(talk, str(why))
            return
        except UnicodeEncodeError:
            self._refuse_address(talk)
            return
        if talk.is_writing is not talk.is_watched_for_room:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if talk.is_writing else 0)
            self._selector.modify(talk.sock, wanted, talk)
            talk.is_watched_for_room = talk.is_writing

    def _refuse_address(self, talk: Conversation) -> None:
        mail, talk.current = talk.current, None
        talk.phase = Phase.IDLE
        if mail is not None:
            self._outcomes.append(Outcome(mail, 553, "5.6.7 address with letters outside ASCII"))

    def _abandon(self, talk: Conversation, why: str) -> None:
        self._forget(talk)
        self._outcomes += talk.abandon(why)
        # A relay may end a connection after some mails. One that ends several before their first answer, fails.
        self._fruitless = 0 if talk.answered else self._fruitless + 1
        if self._fruitless >= FRUITLESS or (self._fruitless and not self.talks):
            self._broken_at_once = why

    def _forget(self, talk: Conversation) -> None:
        if talk in self.talks:
            self.talks.remove(talk)
            self._selector.unregister(talk.sock)

    def _drop_undotted(self, why: str) -> None:
        """Close every connection that awaits no answer to a dot: nothing of theirs went out."""
        for talk in [talk for talk in self.talks if talk.current is not None and talk.dotted is None]:
            self._forget(talk)
            self._outcomes += talk.abandon(why)

    def _give_up(self, desk: Desk) -> None:
        """Close what still owes an answer when the drain is over: its mail is in doubt, the one behind it goes back."""
        for talk in [talk for talk in self.talks if talk.current or talk.dotted]:
            self._forget(talk)
            self._outcomes += talk.abandon("stopped before the answer")
        outcomes, self._outcomes = self._outcomes, []
        if outcomes:
            with contextlib.suppress(DatabaseError):  # then their leases end by themselves
                desk.settle(outcomes, [])

    def _expire(self, desk: Desk) -> None:
        now = time.monotonic()
        for talk in [talk for talk in self.talks if talk.deadline <= now]:
            self._abandon(talk, "no answer in time")
        if self._broken_at_once:
            why, self._broken_at_once = self._broken_at_once, ""
            desk.relay_failed(why)
            self._is_failing = True
            self._drop_undotted(why)

    def _settle(self, feed: Feed, desk: Desk) -> None:
        """Commit once for all that is ready, then write the dots that this commit allows."""
        ready = [talk for talk in self.talks if talk.phase is Phase.READY and talk.current is not None]
        if not (ready or self._outcomes) or time.monotonic() < max(self._database_back_at, self._next_commit()):
            return
        outcomes, self._outcomes = self._outcomes, []
        try:
            allowed = desk.settle(outcomes, [talk.current for talk in ready if talk.current is not None])
        except DatabaseError:
            self._outcomes = outcomes + self._outcomes
            self._database_back_at = time.monotonic() + RETRY_DATABASE
            self._drop_undotted("the database did not take the intent")
            return
        self._committed_at = time.monotonic()
        for talk in ready:
            self._finish(talk, feed, allowed)
        if not self._is_ending() and feed.fetch_ahead():
            self._committed_at = time.monotonic()

    def _next_commit(self) -> float:
        return self._committed_at + PAUSE if not is_postgresql() else 0.0

    def _finish(self, talk: Conversation, feed: Feed, allowed: set[int]) -> None:
        mail = talk.current
        if mail is None or talk.phase is not Phase.READY:
            return
        if mail.row.id not in allowed:
            # DATA has no other abort than the end of the connection. The desk has settled the row.
            talk.current = None
            self._forget(talk)
            talk.abandon("intent refused")
            return
        following = self._next(feed) if feed.buffered() and not self._is_ending() else None
        self._attempt(talk, partial(talk.finish, following))
