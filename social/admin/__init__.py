"""The admin of the upper floor, one module a noun."""

from social.admin import fans, offers, orders, places, rfm, sharing, words

__all__ = ["fans", "offers", "orders", "places", "rfm", "sharing", "words"]
