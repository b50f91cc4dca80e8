"""The answers that the API's description shows: asked of the demo, one for each shape, and kept in config/partners/.

    python -m tests.api.examples      # builds a demo of its own, asks it, writes config/partners/examples.json

A shape is a schema's name in docs/api/openapi.json. Lists are cut to two rows; secrets and addresses of this machine
are replaced. Run it when an answer's shape changes; tests/api/test_openapi.py compares each example with its schema.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
DESCRIPTION = ROOT / "docs" / "api" / "openapi.json"
MOST = 2  # rows of a list that an example shows
SECRET = re.compile(r"(fan_|whsec_)[A-Za-z0-9+/=._-]{20,}")
ORDERS = b"order,email,date,total\n1042,ann@example.com,2026-05-02,59.90\n"
FILES: dict[str, tuple[bytes, dict[str, str]]] = {
    "imports": (b"email,first_name\nann@example.com,Ann\n", {}),
    "suppression-imports": (b"email\nleft@example.com\n", {"reason": "hard_bounce", "source": "Mailchimp"}),
    "order-imports": (ORDERS, {"source": "shop", "currency": "EUR"}),
}
RULES = {"field": "language", "op": "is", "value": "fr"}


def main() -> None:
    """Build the demo, ask it in a process of its own, write the file."""
    with tempfile.TemporaryDirectory(prefix="fanfare-examples-") as place:
        environment = {**os.environ, "VAR_DIR": place, "LOG_LEVEL": "ERROR", "SITE_URL": "http://localhost:8000"}
        environment.pop("DATABASE_URL", None)
        for words in (["manage.py", "demo", "--once", "--contacts", "100"], ["-m", "tests.api.examples", "--ask"]):
            subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True)  # noqa: S603


def ask() -> None:
    """Ask the demo of this process's environment for one answer of each shape."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from config.partners import schema

    kept: dict[str, Any] = {}
    for shape, answer in _answers(_Caller()):
        if shape and shape not in kept:
            kept[shape] = cut(answer)
    text = SECRET.sub(r"\1…", json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=1))
    schema.EXAMPLES.write_text(text.replace("http://localhost:8000", "https://fanfare.example") + "\n")
    print(f"{len(kept)} examples")


class _Caller:
    """Somebody with a key for everything, who knows what each operation answers with."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        from config.partners import keys

        owner = User.objects.filter(is_superuser=True).first()
        assert owner
        _key, text = keys.issue("examples", owner, keys.SCOPES)
        self.client = Client(headers={"Authorization": f"Bearer {text}"}, SERVER_NAME="localhost")
        self.keys = itertools.count()
        self.paths = json.loads(DESCRIPTION.read_text())["paths"]

    def __call__(self, verb: str, template: str, body: Any = None, *, query: str = "", **ids: Any) -> tuple[str, Any]:
        """Return the shape's name and the answer; a refusal ends it all, for then an example would be missing."""
        path = template.format(**ids) + query
        extra = {"content_type": "application/json"} if verb == "post" and "file" not in (body or {}) else {}
        once = {"Idempotency-Key": f"example-{next(self.keys)}"} if verb == "post" else {}
        answer = getattr(self.client, verb)(path, body or {}, headers=once, **extra)
        assert answer.status_code < 300, (verb, path, answer.status_code, answer.content[:500])
        from config.partners import schema

        content = self.paths[template][verb]["responses"][str(answer.status_code)]["content"]
        return schema.shape_of(content["application/json"]["schema"]), answer.json()


def cut(answer: Any) -> Any:
    """Return an answer with its lists cut short."""
    if isinstance(answer, dict):
        return {name: cut(value) for name, value in answer.items()}
    return [cut(value) for value in answer[:MOST]] if isinstance(answer, list) else answer


def _answers(call: _Caller) -> Iterator[tuple[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    yield from _made(call, rows)
    for template, verbs in call.paths.items():
        if "get" in verbs and "{" not in template and _is_json(verbs["get"]):
            shape, answer = call("get", template)
            yield shape, answer
            if isinstance(answer, dict) and answer.get("results"):
                rows.setdefault(template, answer["results"])
    for template, verbs in call.paths.items():
        if "get" in verbs and "{" in template and _is_json(verbs["get"]):
            ids = _ids(template, rows)
            query = f"?contact={rows['/api/v1/contacts/'][0]['id']}" if template.endswith("why/") else ""
            yield call("get", template, query=query, **ids)


def _is_json(operation: dict[str, Any]) -> bool:
    return "application/json" in operation["responses"]["200"].get("content", {})


def _ids(template: str, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return what stands in a template's braces: of the first row of its list, or of a campaign that was sent."""
    sent = [row for row in rows["/api/v1/campaigns/"] if row["state"] == "finished"] or rows["/api/v1/campaigns/"]
    if "campaign" in template:
        return {"id": sent[0]["id"], "campaign": sent[0]["id"]}
    if "batches" in template:
        return {"batch": rows["batches"][0]["id"]}
    first = rows.get(template[: template.index("{")])
    assert first, f"the demo has nothing for {template}"
    return {"id": first[0].get("id"), "slug": first[0].get("slug")}


def _made(call: _Caller, rows: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Any]]:
    """Yield what only a POST answers with, and leave something of each kind for the lists."""
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.utils import timezone

    from campaigns.models import Campaign
    from social.models import Claim

    v1 = "/api/v1/"
    people = call("get", v1 + "contacts/")[1]["results"]
    offer = call("get", v1 + "offers/")[1]["results"][0]["id"]
    sent = Campaign.objects.filter(state=Campaign.State.FINISHED).order_by("pk")[0]
    draft = call("post", v1 + "campaigns/{id}/duplicate/", id=sent.pk)[1]["id"]
    yield call("post", v1 + "campaigns/{id}/check/", {}, id=draft)
    body = {"language": "en", "subject": "Sorry, the right price", "blocks": [{"id": "b1", "type": "footer"}]}
    yield call("post", v1 + "campaigns/{id}/publish/", {"bodies": [body]}, id=draft)
    yield call("get", v1 + "campaigns/{id}/links/", id=sent.pk)
    yield call("post", v1 + "campaigns/{id}/test/", {"to": ["marie@example.com"]}, id=draft)
    yield call("post", v1 + "segments/preview/", {"rules": RULES})
    two = {"contacts": [{"email": "ann@example.com", "first_name": "Ann"}, {"email": "no address"}]}
    yield call("post", v1 + "contacts/bulk/", two)
    yield call("post", v1 + "contacts/{id}/merge/", {"contact": people[1]["id"], "dry_run": True}, id=people[0]["id"])
    claim = Claim.objects.filter(state="open", code__isnull=False)[0]
    assert claim.code
    made = call("post", v1 + "codes/", {"offer": offer, "name": "Printer", "make": 100, "pattern": "MAY-#####-#####-#"})
    rows["batches"] = [made[1]]
    yield made
    yield call(
        "post", v1 + "codes/validate/", {"code": Claim.objects.filter(state="open", code__isnull=False)[0].code.value}
    )
    topic = call("get", v1 + "topics/")[1]["results"][0]["slug"]
    for name, (data, given) in FILES.items():
        own = {"topic": topic} if name == "imports" else given
        yield call("post", f"{v1}{name}/", {"file": SimpleUploadedFile(f"{name}.csv", data), **own})
    yield call(
        "post", v1 + "qr-codes/", {"name": "Window", "placement": "poster", "target": "https://shop.example/may"}
    )
    used = call("get", v1 + "redemptions/")[1]["results"][0]["id"]
    yield call("post", v1 + "reversals/", {"redemption": used, "reason": "Goods back"})
    yield call("post", v1 + "fan-proofs/", {"contact": people[0]["id"], "network": "instagram", "level": 3})
    Campaign.objects.create(
        name="Order ready", kind="transactional", trigger="order_ready", state="sending", started_at=timezone.now(),
        topic=sent.topic, sender=sent.sender, content=sent.content, content_version=sent.content_version,
    )  # fmt: skip
    wish = {"trigger": "order_ready", "contact": people[0]["id"], "values": {"order": "1042"}}
    message = call("post", v1 + "messages/", wish)
    rows[v1 + "messages/"] = [message[1]]
    yield message
    settings.OUTSIDE_ALSO = [__import__("ipaddress").ip_network("127.0.0.0/8")]
    hook = call("post", v1 + "webhooks/", {"url": "http://127.0.0.1:9/fanfare", "events": ["offer.redeemed"]})
    yield hook
    yield call("post", v1 + "webhooks/{id}/test/", {}, id=hook[1]["id"])
    yield call("post", v1 + "webhooks/{id}/replay/", {"since": "2026-05-01T00:00:00Z"}, id=hook[1]["id"])
    yield call("post", v1 + "keys/own/rotate/", {})


if __name__ == "__main__":
    ask() if sys.argv[1:] == ["--ask"] else main()
