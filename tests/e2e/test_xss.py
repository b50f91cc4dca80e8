"""150 attacks through every field that the desk shows: no script of theirs ever runs in a real browser."""

import json
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT, sign_in

pytestmark = pytest.mark.e2e
# Each would call `hit()`; how the page would have to be broken for that differs.
CALLS = ("hit()", "top.hit()", "parent.hit&#40;&#41;", "window['hit']()", "eval('hit()')")
SHAPES = (
    "<script>{}</script>",
    "</textarea><script>{}</script>",
    "</title></style><script>{}</script>",
    "--><script>{}</script><!--",
    "]]><script>{}</script>",
    "<img src=x onerror={}>",
    "<img/src='x'/onerror=\"{}\">",
    '"><img src=x onerror={}>',
    "'><img src=x onerror={}>",
    '" autofocus onfocus={} x="',
    "' autofocus onfocus={} x='",
    "<svg onload={}>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><script>{}</script></svg>",
    "<math><mtext></p><img src=x onerror={}></math>",
    "<body onload={}>",
    "<details open ontoggle={}>",
    "<iframe srcdoc='<script>parent.{}</script>'></iframe>",
    '<iframe src="javascript:parent.{}"></iframe>',
    '<a href="javascript:{}" autofocus>x</a>',
    "javascript:{}",
    " javascript:{}",
    "data:text/html,<script>{}</script>",
    '<object data="javascript:{}"></object>',
    '<form action="javascript:{}"><button autofocus>x</button></form>',
    "<video><source onerror={}></video>",
    "{{{{ '<script>{}</script>' }}}}",
    "{{% raw %}}<script>{}</script>{{% endraw %}}",
    '<noscript><p title="</noscript><img src=x onerror={}>">',
    "<template><script>{}</script></template><style>@import 'javascript:{}';</style>",
)
PAYLOADS = [shape.format(*[call] * shape.count("{}")) for shape in SHAPES for call in CALLS]

FILL = """
import json, sys
import django; django.setup()
from campaigns.content import versions
from campaigns.content.blocks import registry
from campaigns.models import Campaign, ContentBody, EmailContent, Sender, Image
from contacts.models import Brand, Contact, Segment, Topic, Tag
payloads = json.load(sys.stdin)
brand, paths = Brand.objects.first(), []
group = 0
for start in range(0, len(payloads), 30):
    some = payloads[start:start + 30]
    group += 1
    def take(n, most):
        return some[n % len(some)][:most]
    blocks, n = [], 0
    for kind in registry().values():
        block = {"type": kind.kind, **kind.defaults}
        for field in kind.fields:
            if field.kind in ("line", "text", "rich", "url"):
                block[field.name] = take(n, 4000); n += 1
        blocks.append(block)
    blocks += [{"type": "text", "html": one} for one in some]
    blocks += [{"type": "button", "label": one, "link": one} for one in some]
    blocks += [{"type": take(3, 40), "id": take(4, 40), "for": take(5, 40)}]
    content = EmailContent.objects.create(name=take(0, 120), brand=brand)
    body = ContentBody(language="en", subject=take(1, 250), preheader=take(2, 250), blocks=versions.with_ids(blocks))
    code = ContentBody(language="fr", subject=take(3, 250), format="html", source="\\n".join(some))
    for one in (1, 2):
        version = content.versions.create(number=one, note=take(6 + one, 200))
        for which in (body, code):
            which.pk, which.version = None, version; which._state.adding = True; which.save()
    sender = Sender.objects.create(brand=brand, from_name=take(9, 120), from_email=f"x{group}@x.example")
    topic = Topic.objects.create(brand=brand, name=take(10, 120), slug=f"x{group}", description=take(11, 300))
    rules = {"all": [{"field": "language", "op": "is", "value": "fr"}]}
    segment = Segment.objects.create(name=take(12, 100), rules=rules)
    campaign = Campaign.objects.create(name=take(13, 100), topic=topic, sender=sender, content=content,
        everyone_reason=take(14, 200), state="draft")
    campaign.segments.add(segment)
    contact = Contact.objects.create(email=f"xss{group}@x.example", first_name=take(15, 80), last_name=take(16, 80),
        attributes={"city": take(17, 100)})
    Image.objects.create(brand=brand, alt=take(18, 300), sha256=f"{group:064d}", file="images/n.png", width=1, height=1)
    edit = f"/admin/campaigns/emailcontent/{content.pk}/"
    paths += [edit + "change/"] + [edit + f"edit/{code}/{page}" for code in ("en", "fr") for page in ("", "versions/")]
    own = f"/admin/campaigns/campaign/{campaign.pk}/"
    paths += [own + "change/", own + "check/", own + "check/domain/", own + "preview/?language=en"]
    paths += [f"/admin/contacts/contact/{contact.pk}/change/", f"/admin/contacts/contact/{contact.pk}/profile/"]
    paths += [f"/admin/campaigns/sender/{sender.pk}/change/", f"/admin/contacts/topic/{topic.pk}/change/"]
    paths += [f"/admin/contacts/segment/{segment.pk}/change/"]
for name in ("campaigns/emailcontent", "campaigns/campaign", "campaigns/sender", "campaigns/image", "contacts/contact",
             "contacts/topic", "contacts/segment"):
    paths.append(f"/admin/{name}/")
print(json.dumps([*paths, "/admin/", "/archive/" + brand.slug + "/"]))
"""


def test_no_payload_runs_on_any_page_of_the_desk(chromium, site):
    env = {**site.env, "DJANGO_SETTINGS_MODULE": "config.settings"}
    told = subprocess.run(
        [sys.executable, "-c", FILL], input=json.dumps(PAYLOADS), env=env, cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr[-2000:]
    paths = json.loads(told.stdout.splitlines()[-1])
    context = chromium.new_context(base_url=site.base, locale="en-GB", bypass_csp=True)  # escaping alone must hold
    hits = []
    context.expose_function("hit", lambda: hits.append(page.url))
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("dialog", lambda dialog: dialog.dismiss())
    sign_in(page, site)

    wrong = []
    for path in paths:
        answer = page.goto(path, wait_until="load")
        if answer.status not in (200, 302):
            wrong.append((path, answer.status))
        if path.endswith("/edit/en/"):
            page.locator("[name=subject]").press_sequentially("x")  # the preview is asked for anew
            page.wait_for_timeout(400)
    context.close()

    assert len(PAYLOADS) == 150
    assert hits == [] and wrong == []
    print(len(PAYLOADS), "payloads,", len(paths), "pages,", len(hits), "executions")
