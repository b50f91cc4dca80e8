"""The shapes a report is made of, for pages, downloads and the API alike.

    Step("clicked", _("clicked"), n=387, of=12480, of_label=_("sent"), definition=_("People who …"))
    Table("links", _("Links"), [Column(_("target")), Column(_("people"), "number")], [["https://…", 12]])

An upper floor's section adds its steps to the funnel, in order, and its tables below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from campaigns.reports.interval import wilson

if TYPE_CHECKING:
    from campaigns.aims import Aim

TOO_FEW = 30  # below this many people an interval is wider than what it says: show the people, not a rate

StepKind = Literal["people", "loads", "acts", "money"]
ColumnKind = Literal["text", "number", "rate", "money", "time", "link"]


@dataclass(frozen=True)
class Rate:
    """`n` of `of`, with its 95 % interval."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        return self.n / self.of if self.of else None

    @property
    def low(self) -> float:
        return wilson(min(self.n, self.of), self.of)[0]

    @property
    def high(self) -> float:
        return wilson(min(self.n, self.of), self.of)[1]

    @property
    def says_little(self) -> bool:
        """Whether too few were asked for the rate to mean much."""
        return self.of < TOO_FEW


@dataclass(frozen=True)
class Money:
    """An amount in minor units of one currency; amounts of different currencies are never added."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Counted:
    """A number that opens its rows; `url` is '' where it opens nothing."""

    n: int
    url: str = ""


Value = str | int | float | datetime | Rate | Money | Counted | None
Cell = Value


@dataclass(frozen=True)
class Step:
    """One step of the funnel: how many people, loads or acts, of how many.

    kind        people: exact uniques · loads: hits that may be machines · acts: events · money: `money` is shown, not n
    of          what the rate is taken of; 0 = no rate
    url         where the rows behind the number are; '' = nowhere
    is_social   drawn in brass instead of plum
    """

    key: str
    label: str
    n: int
    of: int = 0
    of_label: str = ""
    definition: str = ""
    kind: StepKind = "people"
    money: Money | None = None
    url: str = ""
    is_social: bool = False

    @property
    def rate(self) -> Rate | None:
        """The rate with its interval; None when there is nothing to take it of, or the step is no share of it."""
        return Rate(self.n, self.of) if self.of and self.kind in {"people", "loads"} else None


@dataclass(frozen=True)
class Column:
    """One column of a table; `definition` is shown on hover and in the page's glossary."""

    label: str
    kind: ColumnKind = "text"
    definition: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a title, shown, downloadable as CSV under `key`, and served by the API."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """What a floor adds to a report: steps of the funnel, and tables.

    replaces    lower tables that it shows better
    leads       the number that a campaign of an objective leads with, by objective
    """

    key: str
    title: str
    steps: Sequence[Step] = ()
    tables: Sequence[Table] = ()
    replaces: Sequence[str] = ()
    leads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """One hour of the series."""

    hour: datetime
    opened: int
    clicked: int


@dataclass(frozen=True)
class Group:
    """Treated or control: how many people, and what they did since the campaign."""

    key: str
    label: str
    people: int
    ordered: Rate
    definition: str = ""


@dataclass(frozen=True)
class CampaignReport:
    """Everything known about one campaign's outcome."""

    campaign_id: int
    name: str
    made_at: datetime
    sentence: str
    funnel: Sequence[Step]
    series: Sequence[Point]
    tables: Sequence[Table]
    sections: Sequence[Section] = ()
    groups: Sequence[Group] = ()
    lift: str = ""
    next_step: str = ""
    aim: Aim | None = None
    notes: Sequence[str] = field(default_factory=tuple)

    def table(self, key: str) -> Table | None:
        """Return the table of that key, of any section."""
        return next((table for table in self.all_tables() if table.key == key), None)

    def all_tables(self) -> list[Table]:
        """Return the tables that have rows, the sections' last."""
        return [*self.tables, *(table for section in self.sections for table in section.tables if table.rows)]
