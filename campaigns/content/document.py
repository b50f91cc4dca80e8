"""The frame of every mail: 600 pixels, one column, a card on paper, light and dark, no foreign sheet."""

from __future__ import annotations

import re

from campaigns.content.blocks import CompileEnv

INK, PAPER, CARD, GREY, LINE = "#1d1b26", "#faf8f5", "#ffffff", "#5f5b6b", "#e6e2ea"
DARK_INK, DARK_PAPER, DARK_CARD, DARK_GREY, DARK_LINE = "#f3f1f7", "#16141d", "#201d2a", "#b5b0c0", "#3a3547"


def lighter(colour: str, share: float = 0.5) -> str:
    """Return a #rrggbb colour mixed with white: a brand's plum becomes readable on a dark ground."""
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(channel + (255 - channel) * share):02x}" for channel in channels)


def is_light(colour: str) -> bool:
    """Say whether black words are easier to read on this colour than white ones (WCAG relative luminance)."""
    linear = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
    return bool(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.36)


def on_colour(colour: str) -> str:
    """Return ink or white, whichever reads better on a colour."""
    return INK if is_light(colour) else "#ffffff"


def styles(env: CompileEnv) -> str:
    """Return the style sheet: what is inlined, then what only mail programs with media queries take."""
    primary = env.brand.colour_primary
    bright = lighter(primary, 0.62)
    return f"""
.rich a {{ color: {primary}; }}
.rich p {{ margin: 0 0 12px; }}
.rich ul, .rich ol {{ margin: 0 0 12px; padding-left: 24px; }}
.small a {{ color: {GREY}; }}
@media (prefers-color-scheme: dark) {{
  body, .paper {{ background-color: {DARK_PAPER} !important; }}
  .card, .card > table {{ background-color: {DARK_CARD} !important; background: {DARK_CARD} !important; }}
  .card div, .card p, .card li, .card h1, .card h2, .card h3, .card td {{ color: {DARK_INK} !important; }}
  .mast div {{ color: {DARK_INK} !important; }}
  .small div, .small p, .small a, .small td {{ color: {DARK_GREY} !important; }}
  .rich a, .words a {{ color: {bright} !important; }}
  .card .hero div, .card .hero h1, .card .hero td {{ color: {on_colour(primary)} !important; }}
  .card .accent div, .card .accent h1, .card .accent td {{ color: {on_colour(env.brand.colour_accent)} !important; }}
  .line p {{ border-color: {DARK_LINE} !important; }}
  .inset {{ background-color: {DARK_PAPER} !important; border-color: {DARK_LINE} !important; }}
}}"""


def masthead(env: CompileEnv) -> str:
    """Return what stands over the card: the brand's logo, or its name."""
    name = env.attribute(env.brand.name)
    if env.brand.logo:
        inside = f'<mj-image src="{env.attribute(env.logo_url())}" alt="{name}" width="140px" padding="4px 24px" />'
    else:
        inside = f'<mj-text align="center" font-size="18px" font-weight="700" padding="4px 24px">{name}</mj-text>'
    return f'<mj-section padding="16px 8px" css-class="mast"><mj-column>{inside}</mj-column></mj-section>'


def mjml(env: CompileEnv, *, subject: str, preheader: str, card: str, below: str, top: int = 16) -> str:
    """Return the whole MJML document: the sections inside and under the card, `top` pixels of room above the first."""
    font = env.attribute(env.brand.font_stack)
    title = env.brand.name if "{%" in subject else subject  # MRML writes it twice: a choice would be made twice
    primary = env.brand.colour_primary
    looks = f'background-color="{CARD}" border-radius="12px" padding="{top}px 0 16px" css-class="card"'
    wrapped = f"<mj-wrapper {looks}>{card}</mj-wrapper>"
    return f"""<mjml lang="{env.language}"><mj-head><mj-title>{env.attribute(title)}</mj-title>
<mj-preview>{env.attribute(preheader)}</mj-preview>
<mj-attributes><mj-all font-family="{font}" /><mj-section padding="0 8px" />
<mj-text font-size="16px" line-height="1.5" color="{INK}" padding="8px 24px" />
<mj-button font-size="17px" font-weight="600" background-color="{primary}" color="{on_colour(primary)}"
 border-radius="10px" inner-padding="14px 28px" padding="16px 24px" />
<mj-image padding="8px 24px" />
<mj-divider border-width="1px" border-color="{LINE}" padding="16px 24px" /></mj-attributes>
<mj-raw><meta name="color-scheme" content="light dark"></mj-raw>
<mj-raw><meta name="supported-color-schemes" content="light dark"></mj-raw>
<mj-style>{styles(env)}</mj-style></mj-head>
<mj-body width="600px" background-color="{PAPER}" css-class="paper">
{masthead(env)}
{wrapped if card else ""}{below}</mj-body></mjml>"""


def html(env: CompileEnv, *, subject: str, preheader: str, body: str, style: str) -> str:
    """Return a whole HTML document around a raw mail's cleaned body."""
    hidden = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden"
    return f"""<!doctype html><html lang="{env.language}"><head><meta charset="utf-8">
<title>{env.attribute(subject)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style type="text/css">{style}</style></head>
<body><div style="{hidden}">{env.attribute(preheader)}</div>{body}</body></html>"""


BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


def with_pixel(page: str, address: str) -> str:
    """Return the page with the open pixel as the last thing in its body."""
    pixel = f'<img src="{address}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'
    found = list(BODY_END.finditer(page))
    at = found[-1].start() if found else len(page)
    return page[:at] + pixel + page[at:]
