"""The admin of the upper floor, one module a noun."""

from social.admin import fans, offers, orders, places, rfm, sharing

__all__ = ["fans", "offers", "orders", "places", "rfm", "sharing"]
