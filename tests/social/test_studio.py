"""The QR studio: what it gives out reads, also for another reader than the one that checked it."""

import io
import itertools

import cv2
import numpy
import pypdfium2
import pytest
import resvg_py
from PIL import Image, ImageDraw, ImageFilter

from social import qr, studio
from social.studio import CannotDraw, Design, contrast, least_size, problems, render

TEXT = "HTTPS://GO.BRAND.EXAMPLE/Q/7K2M9PQRWXG7K2M9"
PLUM = Design(dark="#5b2a86", light="#faf8f5")


def a_logo(colour="#d99a00", size=(300, 200)):
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse([10, 10, size[0] - 10, size[1] - 10], fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


DESIGNS = {"plain": Design(), "plum": PLUM, "logo": Design(dark="#5b2a86", logo=a_logo())}


def rasterised(data, kind):
    """The file as a picture of about 700 pixels: SVG by resvg, PDF by PDFium, neither of them ours."""
    if kind == "svg":
        data = bytes(resvg_py.svg_to_bytes(svg_string=data.decode(), width=700, height=700, dpi=96))
    if kind == "pdf":
        page = pypdfium2.PdfDocument(data)[0]
        return page.render(scale=700 / page.get_width()).to_pil().convert("RGB")
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    return picture.resize((700, 700), Image.Resampling.BOX)


def opencv_reads(picture):
    """What OpenCV's detector reads: another code base than zxing's."""
    told, *_rest = cv2.QRCodeDetector().detectAndDecode(numpy.asarray(picture.convert("L")))
    return told


def on_paper(picture):
    sheet = Image.new("RGB", (picture.width * 3 // 2, picture.height * 3 // 2), "white")
    sheet.paste(picture, (picture.width // 4, picture.height // 4))
    return sheet


WAYS = {
    "1x": lambda picture: picture,
    "half": lambda picture: picture.resize((350, 350), Image.Resampling.BILINEAR),
    "rotated": lambda picture: on_paper(picture).rotate(17, Image.Resampling.BICUBIC, fillcolor="white"),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(3)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", studio.KINDS)
@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_an_independent_reader_reads_every_kind_in_every_state(design, kind, way):
    picture = rasterised(render(TEXT, design, kind), kind)

    assert opencv_reads(WAYS[way](picture)) == TEXT


@pytest.mark.parametrize("level", qr.LEVELS)
def test_every_level_reads(level):
    assert opencv_reads(rasterised(render(TEXT, Design(level=level), "png"), "png")) == TEXT


def test_sizes_are_true_in_every_kind():
    page = pypdfium2.PdfDocument(render(TEXT, Design(), "pdf", millimetres=40))[0]
    assert page.get_width() == pytest.approx(40 / 25.4 * 72, abs=0.1)
    assert b'width="40mm" height="40mm"' in render(TEXT, Design(), "svg", millimetres=40)
    picture = Image.open(io.BytesIO(render(TEXT, Design(), "png", millimetres=40)))
    assert picture.width / picture.info["dpi"][0] * 25.4 == pytest.approx(40, abs=0.2)


def test_contrast_is_the_webs():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (Design(dark="#f2c14e"), "cameras need at least 3.0"),
        (Design(dark="#ffffff", light="#000000"), "darker than the ground"),
        (Design(dark="plum"), "A colour looks like"),
        (Design(dark="#000000\n"), "A colour looks like"),
        (Design(logo=a_logo(), logo_share=0.3), "a quarter of the side"),
    ],
)
def test_a_design_that_phones_do_not_read_is_refused_with_the_reason(design, said):
    assert any(said in problem for problem in problems(design))
    with pytest.raises(CannotDraw):
        render(TEXT, design, "png")


def test_low_contrast_warns_and_good_contrast_does_not():
    assert studio.warnings(Design(dark="#888888")) and not studio.warnings(PLUM)


def test_a_code_that_does_not_read_back_is_never_given_out(monkeypatch):
    monkeypatch.setattr(studio, "MOST_LOGO", 1.0)

    with pytest.raises(CannotDraw, match="does not read back"):
        render(TEXT, Design(logo=a_logo("#000000", (300, 300)), logo_share=0.8), "png")


@pytest.mark.parametrize("data", [b"x", b"\x89PNG\r\n", b"<svg/>"])
def test_a_logo_that_is_no_picture_is_a_sentence(data):
    with pytest.raises(CannotDraw, match="no picture"):
        render(TEXT, Design(logo=data), "png")


@pytest.mark.parametrize(
    ("metres", "dpi", "side", "by"),
    [
        (12.0, 300, 1200.1, "distance"),  # a slide read from 12 m is 1.2 m on the screen
        (0.1, 300, 20.6, "phone"),  # 41 modules of half a millimetre
        (0.1, 72, 57.9, "printer"),  # 4 dots of 0.353 mm a module
    ],
)
def test_the_size_follows_distance_printer_and_phone(metres, dpi, side, by):
    size = least_size("HTTPS://GO.BRAND.EXAMPLE/Q/7K2M9PQRWXG7K2M9X", Design(level="H"), metres=metres, dpi=dpi)

    assert (size.modules, size.by) == (41, by) and size.millimetres == pytest.approx(side, abs=0.2)


def test_rows_become_one_path_of_runs():
    assert qr.path([[True, True, False], [False, False, True]]) == "M0 0h2v1h-2zM2 1h1v1h-1z"


def test_a_false_corner_is_counted_in_rows_and_columns():
    row = [letter == "1" for letter in "10111010000"]

    assert qr.false_finders([row]) == 1
    assert qr.false_finders([[dark] for dark in row]) == 1


def test_hundreds_of_personal_codes_read(request):
    texts = [f"HTTPS://GO.BRAND.EXAMPLE/Q/{number:026d}" for number in range(60)]

    for text in itertools.islice(texts, 0, None, 6):
        assert opencv_reads(rasterised(qr.svg(text).encode(), "svg")) == text
    assert all(qr.read_photo(qr.png(text, box_size=4)) == [text] for text in texts)
