"""The admin of the upper floor, one module a noun."""

from social.admin import codes, fans, fraud, networks, notes, offers, orders, places, rfm, sharing, studio, words

__all__ = [
    "codes", "fans", "fraud", "networks", "notes", "offers", "orders", "places", "rfm", "sharing", "studio", "words",
]  # fmt: skip
