"""Tables as a spreadsheet file: one sheet a table, numbers as numbers, text as text.

workbook([Table("links", "Links", …)])     # → the bytes of an .xlsx file
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter
from babel.numbers import get_currency_precision
from django.utils.timezone import localtime

from campaigns.reports.shapes import Counted, Money, Rate, Table, Value

SHEET_NAME = re.compile(r"[\[\]:*?/\\']")  # Excel refuses these in a sheet's name, and more than 31 characters


def workbook(tables: Sequence[Table]) -> bytes:
    """Return an XLSX file. A rate takes three columns: value, low and high of its 95 % interval; money two.

    No text becomes a formula or a link, whatever it begins with.
    """
    file = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {**safe, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        bold = book.add_format({"bold": True})
        for table in tables:
            sheet = book.add_worksheet(_sheet_name(table.title, len(book.worksheets()) + 1))
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, _head(table), bold)
            for number, row in enumerate(table.rows, 1):
                cells = [
                    cell
                    for column, value in zip(table.columns, row, strict=True)
                    for cell in _cells(column.kind, value)
                ]
                for place, cell in enumerate(cells):
                    sheet.write(number, place, cell)
            sheet.autofit()
    return file.getvalue()


def _sheet_name(title: str, number: int) -> str:
    return f"{number} {SHEET_NAME.sub(' ', title)}"[:31]


def _head(table: Table) -> list[str]:
    names: list[str] = []
    for column in table.columns:
        label = str(column.label)
        names += {"rate": [label, f"{label} ≥", f"{label} ≤"], "money": [label, ""]}.get(column.kind, [label])
    return names


def _cells(kind: str, value: Value) -> list[object]:
    if kind == "rate":
        return [value.value, value.low, value.high] if isinstance(value, Rate) and value.of else [None, None, None]
    if kind == "money":
        return [_amount(value), value.currency] if isinstance(value, Money) else [None, None]
    if isinstance(value, Counted):
        return [value.n]
    if isinstance(value, Rate):
        return [value.value]
    if isinstance(value, Money):
        return [f"{_amount(value)} {value.currency}"]
    if isinstance(value, datetime):
        return [localtime(value).replace(tzinfo=None)]
    return [value]


def _amount(value: Money) -> float:
    """Return the amount in the currency's own unit, as spreadsheets add it up."""
    precision = get_currency_precision(value.currency)
    return float(value.minor) / 10.0**precision
