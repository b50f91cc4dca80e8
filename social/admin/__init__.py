"""The admin of the upper floor, one module a noun."""

from social.admin import fans, networks, offers, orders, places, rfm, sharing, words

__all__ = ["fans", "networks", "offers", "orders", "places", "rfm", "sharing", "words"]
