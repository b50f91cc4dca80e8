"""The till's camera, fed with a fan's own voucher: redeemed, refused with time and place, undone; and a cut network."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, ROOT, sign_in

pytestmark = pytest.mark.e2e

WIDTH, HEIGHT = 640, 480


def as_video(png, path):
    """One frame of YUV 4:2:0 over and over, the way Chromium's fake camera reads it."""
    code = Image.open(io.BytesIO(png)).convert("L")
    code = code.resize((400, 400), Image.Resampling.NEAREST)
    scene = Image.new("L", (WIDTH, HEIGHT), 200)
    scene.paste(code, ((WIDTH - 400) // 2, (HEIGHT - 400) // 2))
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for _frame in range(10):
            file.write(b"FRAME\n" + scene.tobytes() + grey)


OWN_MAIL = """
import json
from campaigns.models import Campaign, OutboxMail
from config.demo import mails
campaign = Campaign.objects.get(name="Autumn roast")
unused = OutboxMail.objects.filter(delivery__campaign=campaign, delivery__contact__language="en").exclude(
    delivery__contact__engagements__campaign=campaign)
letters = [mails.kept_letter(one) for one in unused.select_related("delivery").order_by("-pk")[:1]]
print("SEED" + json.dumps(letters[0].offer))
"""


@pytest.fixture(scope="module")
def offer_page(site):
    """An offer of somebody whom no other test knows: her code is used up here."""
    told = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-c", OWN_MAIL], env=site.env, cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    return json.loads(told.stdout.split("SEED")[1])


@pytest.fixture
def voucher(open_browser, offer_page):
    """The code and the QR picture of a fan's claim, as her own phone shows them."""
    page = open_browser(PHONE)
    page.goto(offer_page)
    claim = page.get_by_role("button", name="Claim the offer")
    if claim.count():
        claim.click()
    source = page.locator("img[src^='data:image/png']").first.get_attribute("src")
    return page.locator(".code").inner_text().strip(), base64.b64decode(source.partition(",")[2])


@pytest.fixture
def camera(chromium, site, tmp_path, voucher):
    """A phone whose camera sees the voucher."""
    as_video(voucher[1], tmp_path / "voucher.y4m")
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={tmp_path / 'voucher.y4m'}",
        ],
    )
    context = browser.new_context(**PHONE, base_url=site.base, permissions=["camera"])
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    browser.close()


def open_till(page, site, name):
    """Make a till of the phone by the manager's QR code, then sign Maud in."""
    sign_in(page, site)
    page.goto("/admin/social/place/")
    page.get_by_role("link", name="Port", exact=False).first.click()
    number = re.search(r"/place/(\d+)/", page.url)[1]
    page.goto(f"/admin/social/place/{number}/till-qr/")
    page.get_by_label("Name of this till").fill(name)
    page.get_by_role("button", name="Show the QR code").click()
    page.goto(page.locator("code").inner_text().replace(site.base, ""))
    page.get_by_role("button", name="Make it a till").click()
    page.get_by_label("PIN").fill("2468")
    page.get_by_role("button", name="Open the till").click()
    expect(page.get_by_role("heading", name="Which code?")).to_be_visible()


def scan(page):
    page.goto("/till/")
    page.get_by_role("button", name="Scan with the camera").click()


def test_a_voucher_is_scanned_redeemed_refused_and_undone_within_ten_seconds(camera, site, shoot):
    open_till(camera, site, "Camera")

    scan(camera)
    expect(camera.locator(".answer-good")).to_be_visible()
    camera.get_by_role("button", name="Redeem").click()
    expect(camera.get_by_role("heading", name="Redeemed")).to_be_visible()
    undo = camera.locator("[name=redemption]").get_attribute("value")

    scan(camera)
    refused = camera.locator(".answer-bad")
    expect(refused).to_contain_text("Already used on")
    expect(refused).to_contain_text("Port")
    shoot(camera, "till-scanned-twice-phone")

    token = camera.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    answer = camera.request.post(
        f"{site.base}/till/undo/",
        form={"redemption": undo, "csrfmiddlewaretoken": token},
        headers={"Referer": site.base},
    )
    assert "Undone" in answer.text()
    scan(camera)
    expect(camera.locator(".answer-good")).to_be_visible()


def test_without_network_two_codes_are_noted_and_the_manager_settles_them(camera, site, voucher):
    open_till(camera, site, "Cellar")
    code = voucher[0]
    camera.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    camera.goto("/till/")
    camera.get_by_label("Type the code").fill(code)
    camera.get_by_role("button", name="Check").click()
    camera.get_by_role("button", name="Redeem").click()
    expect(camera.get_by_role("heading", name="Redeemed")).to_be_visible()

    camera.context.set_offline(True)
    camera.goto("/till/")
    expect(camera.get_by_role("heading", name="No network")).to_be_visible()
    for typed in (code, "PARTNER-77"):  # one used already, one nobody knows
        camera.get_by_label("Code", exact=True).fill(typed)
        camera.get_by_role("button", name="Note it").click()
    expect(camera.locator("[data-notes] li")).to_have_count(2)

    camera.context.set_offline(False)
    camera.goto("/till/")
    expect(camera.get_by_text("has gone to the manager")).to_be_visible()
    camera.goto("/admin/social/tillnote/?state__exact=waiting")
    expect(camera.locator("#result_list tbody tr")).to_have_count(2)
    camera.locator("#action-toggle").first.check()
    camera.locator("select[name=action]").first.select_option("settle")
    camera.locator("[name=index]").first.click(force=True)
    camera.goto("/admin/social/tillnote/?state__exact=collision")
    expect(camera.locator("#result_list")).to_contain_text("Already used on")
