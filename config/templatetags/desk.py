"""What the desk's templates ask of the menu.

{% load desk %}{% crumbs parts as parts %}
"""

from __future__ import annotations

from typing import Any

from django import template

from config import desk

register = template.Library()


@register.simple_tag(takes_context=True)
def crumbs(context: dict[str, Any], parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the way to this page in the menu's own words; `parts` are the theme's, which name Django's apps."""
    return desk.crumbs(context["request"], parts)
