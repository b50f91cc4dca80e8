"""The QR studio: a code in the brand's colours, with its logo, for paper and screens, read again before it goes out.

    design = Design(dark="#5b2a86", logo=png_bytes)         # a logo takes level H and at most a quarter of the side
    problems(design)                                        # → [] or sentences: contrast, dark on light, logo
    render("HTTPS://GO.BRAND.COM/Q/7K2M…", design, "pdf", millimetres=40)
    least_size("HTTPS://…", design, metres=2.0, dpi=300)    # → Size(millimetres=200, …): how large it must be printed

PNG, SVG and PDF are drawn from the same matrix; what is read back is that matrix in these colours with this logo.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from PIL import Image, ImageColor, UnidentifiedImageError
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from social import qr
from social.voucher_pdf import draw_modules

KINDS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
LOGO_SHARE = 0.22  # of the code's side, without the quiet zone
MOST_LOGO = 0.25  # zxing read 40 % at level H on a clean raster; real prints are dirtier
LEAST_CONTRAST = 3.0  # WCAG ratio below which cheap cameras fail; refused
GOOD_CONTRAST = 4.5
MODULE_PRINT = 0.5  # millimetres that any printer and phone manage
DOTS_A_MODULE = 4  # least dots of the printer a module. Source: Denso Wave, QR code point for determining size
DISTANCE_RATIO = 10  # a code is read from about ten times its side
PIXELS = 2_000  # side of a PNG, about
LOGO_PIXELS = 600
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class CannotDraw(ValueError):
    """The design cannot be given out; the message is the sentence with the remedy."""


@dataclass(frozen=True)
class Design:
    """How a code looks. `logo` is the bytes of a picture."""

    level: str = "M"
    dark: str = "#000000"
    light: str = "#ffffff"
    logo: bytes = field(default=b"", repr=False)
    logo_share: float = LOGO_SHARE

    @property
    def real_level(self) -> str:
        """The level that is drawn: a logo always takes the highest."""
        return "H" if self.logo else self.level


@dataclass(frozen=True)
class Size:
    """How large a code must be at least, in millimetres with its quiet zone, and what asks for it."""

    millimetres: float
    modules: int
    module: float
    by: str


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    first, second = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def problems(design: Design) -> list[str]:
    """Return what forbids a design, as sentences; empty when nothing does."""
    if not (_COLOUR.fullmatch(design.dark) and _COLOUR.fullmatch(design.light)):
        return [_("A colour looks like #5b2a86.")]
    found = []
    if _luminance(design.dark) > _luminance(design.light):
        found.append(_("The modules must be darker than the ground: many phones do not read inverted codes."))
    ratio = contrast(design.dark, design.light)
    if ratio < LEAST_CONTRAST:
        found.append(
            _("The contrast of these colours is %(ratio).1f; cameras need at least %(least).1f. Take a darker one.")
            % {"ratio": ratio, "least": LEAST_CONTRAST}
        )
    if design.logo_share > MOST_LOGO:
        found.append(_("A logo may take a quarter of the side at most."))
    return found


def warnings(design: Design) -> list[str]:
    """Return what speaks against a design without forbidding it."""
    if not problems(design) and contrast(design.dark, design.light) < GOOD_CONTRAST:
        return [_("The contrast is low: in dim light some phones will need a second try. Black on white reads best.")]
    return []


def render(text: str, design: Design, kind: str, *, millimetres: float = 40.0) -> bytes:
    """Return the code as a file of this kind; SVG and PDF measure `millimetres` a side, quiet zone included.

    Raises:  CannotDraw when the design is forbidden or the drawn code does not read back; qr.QRTooLong.
    """
    if found := problems(design):
        raise CannotDraw(" ".join(found))
    try:
        rows = qr.modules(text, level=design.real_level)
        logo = _logo(design.logo) if design.logo else None
        picture = _painted(rows, design, logo, box_size=max(4, PIXELS // len(rows)))
        qr.read_back(picture.resize((len(rows) * 6, len(rows) * 6), Image.Resampling.BILINEAR).convert("L"), text)
    except qr.QRUnreadable as why:
        raise CannotDraw(_("This code does not read back. Take a smaller logo or stronger colours.")) from why
    if kind == "svg":
        return _svg(rows, design, logo, millimetres).encode()
    return _pdf(rows, design, logo, millimetres) if kind == "pdf" else _png(picture, len(rows), millimetres)


def least_size(text: str, design: Design, *, metres: float, dpi: int) -> Size:
    """Return how large a code must be to be read from this far, printed at this many dots an inch."""
    n = len(qr.modules(text, level=design.real_level))
    wishes = {
        "distance": metres * 1000 / DISTANCE_RATIO,
        "printer": DOTS_A_MODULE * 25.4 / max(dpi, 1) * n,
        "phone": MODULE_PRINT * n,
    }
    by = max(wishes, key=lambda name: wishes[name])
    side = round(wishes[by] + 0.05, 1)
    return Size(millimetres=side, modules=n, module=round(side / n, 2), by=by)


# --- Drawing ---------------------------------------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = [value / 255 for value in ImageColor.getrgb(colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _logo(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data)) as opened:
            logo = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as why:
        raise CannotDraw(_("The logo is no picture that can be opened. Take a PNG or JPEG.")) from why
    logo.thumbnail((LOGO_PIXELS, LOGO_PIXELS))
    return logo


def _box(n: int, design: Design, logo: Image.Image) -> tuple[float, float, float, float]:
    """Return where the logo stands, in modules from the upper left: x, y, width, height."""
    most = (n - 2 * qr.QUIET_ZONE) * design.logo_share
    scale = most / max(logo.size)
    width, height = logo.width * scale, logo.height * scale
    return (n - width) / 2, (n - height) / 2, width, height


def _painted(rows: qr.Rows, design: Design, logo: Image.Image | None, *, box_size: int) -> Image.Image:
    mask = qr.raster(rows, box_size)
    picture = Image.new("RGB", mask.size, design.dark)
    picture.paste(Image.new("RGB", mask.size, design.light), mask=mask)
    if logo is not None:
        x, y, width, height = (value * box_size for value in _box(len(rows), design, logo))
        pad = box_size // 2
        ground = Image.new("RGB", (round(width) + 2 * pad, round(height) + 2 * pad), design.light)
        picture.paste(ground, (round(x) - pad, round(y) - pad))
        small = logo.resize((max(1, round(width)), max(1, round(height))))
        picture.paste(small, (round(x), round(y)), small)
    return picture


def _png(picture: Image.Image, n: int, millimetres: float) -> bytes:
    out = io.BytesIO()
    dots = picture.width / (millimetres / 25.4)
    few = picture.quantize(64) if picture.getcolors(2) is None else picture.quantize(2)
    few.save(out, "PNG", optimize=True, dpi=(dots, dots))
    return out.getvalue()


def _svg(rows: qr.Rows, design: Design, logo: Image.Image | None, millimetres: float) -> str:
    n = len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{millimetres:g}mm" height="{millimetres:g}mm" '
        f'viewBox="0 0 {n} {n}"><path fill="{design.light}" d="M0 0h{n}v{n}H0z"/>'
        f'<path fill="{design.dark}" shape-rendering="crispEdges" d="{qr.path(rows)}"/>'
    ]
    if logo is not None:
        x, y, width, height = _box(n, design, logo)
        across, down = width + 1, height + 1
        parts.append(
            f'<path fill="{design.light}" d="M{x - 0.5:.3f} {y - 0.5:.3f}h{across:.3f}v{down:.3f}h-{across:.3f}z"/>'
            f'<image x="{x:.3f}" y="{y:.3f}" width="{width:.3f}" height="{height:.3f}" '
            f'href="data:image/png;base64,{base64.b64encode(_bytes(logo)).decode()}"/>'
        )
    return "".join([*parts, "</svg>"])


def _pdf(rows: qr.Rows, design: Design, logo: Image.Image | None, millimetres: float) -> bytes:
    out, side, n = io.BytesIO(), millimetres * mm, len(rows)
    canvas = Canvas(out, pagesize=(side, side))
    canvas.setFillColor(HexColor(design.light))
    canvas.rect(0, 0, side, side, stroke=0, fill=1)
    canvas.setFillColor(HexColor(design.dark))
    draw_modules(canvas, rows, 0, 0, side / n)
    if logo is not None:
        unit = side / n
        x, y, width, height = (value * unit for value in _box(n, design, logo))
        canvas.setFillColor(HexColor(design.light))
        canvas.rect(x - unit / 2, y - unit / 2, width + unit, height + unit, stroke=0, fill=1)
        canvas.drawImage(ImageReader(logo), x, y, width, height, mask="auto")
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _bytes(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
