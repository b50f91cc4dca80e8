"""The admin of the upper floor, one module a noun."""

from social.admin import sharing

__all__ = ["sharing"]
