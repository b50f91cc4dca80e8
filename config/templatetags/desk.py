"""What the desk's templates ask of the menu.

{% load desk %}{% crumbs parts as parts %}
{% desk_tools as tools %}    {{ tools.help.says }}
"""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from config import desk, help
from config.team import tools

register = template.Library()


@register.simple_tag(takes_context=True)
def crumbs(context: dict[str, Any], parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the way to this page in the menu's own words; `parts` are the theme's, which name Django's apps."""
    return desk.crumbs(context["request"], parts)


@register.simple_tag(takes_context=True)
def desk_tools(context: dict[str, Any]) -> dict[str, Any]:
    """Return what stands at the top of a page: its pin with the name it has or would have, and its help."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return {}
    path, match = request.get_full_path(), request.resolver_match
    pin = next((one for one in tools.pins_of(request) if one.path == path), None)
    line = desk.line_of(request.path)
    of_page = desk.title_of(line) if context.get("cl") else context.get("original") or context.get("title") or ""
    name = pin.name if pin else str(of_page)
    own = help.of(match.view_name) if match else None
    return {
        "may_pin": request.method == "GET" and request.path.startswith(reverse("admin:index")),
        "pin": pin,
        "path": path,
        "name": name[:80],
        "has_filters": bool(request.GET),
        "help": own or help.of(line),
    }
