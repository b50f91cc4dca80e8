"""Mastodon and the fediverse: she signs in on her own server, which then says whether she follows the brand.

begin → her server's page of consent → /fan-check/mastodon/?code=…&state=… → ask. We may read her account and whom she
follows, ask about the brand only, and give the right back at once.

Source: docs.joinmastodon.org (apps, oauth, accounts/relationships; 300 questions in 5 minutes), RFC 6749, RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import outside
from social.fans import checking
from social.fans.checking import Down, Found, Wrong
from social.models import BrandAccount, FanCheck, FediverseApp

NETWORK = "mastodon"
SCOPES = "read:accounts read:follows"
_SERVER = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{2,5})?")


def begin(check: FanCheck, typed: str) -> str:
    """Register with her server where it does not know us yet, and return the page on which she consents.

    Raises:  Wrong, Down.
    """
    check.server = server_in(typed)
    app = _app(check.server)
    verifier = secrets.token_urlsafe(48)
    check.secret = json.dumps({"verifier": verifier})
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": app.client_id, "redirect_uri": redirect_uri(), "scope": SCOPES,
        "state": check.nonce, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{_base(check.server)}/oauth/authorize?{urlencode(asked)}"


def take_code(check: FanCheck, code: str) -> None:
    """Keep the code with which her server sent her back; `ask` turns it into an answer, now or when it can.

    Writes:  FanCheck.secret.
    """
    kept = _kept(check)
    check.secret = json.dumps({**kept, "code": code[:500]})
    check.save(update_fields=["secret"])


def ask(check: FanCheck) -> Found:
    """Return whether the account that signed in follows the brand.

    Raises:  Wrong, Down.
    """
    account = checking.account_of(check)
    base, token = _base(check.server), _token(check)
    status, hers = checking.json_of(f"{base}/api/v1/accounts/verify_credentials", token=token)
    if status in (401, 403):
        raise Wrong(_("Your server has taken the consent back. Start again."))
    if status != 200 or not isinstance(hers, dict) or not hers.get("acct"):
        raise Down(_("its answer cannot be read"))
    handle = f"{str(hers['acct']).partition('@')[0].lower()}@{check.server}"
    found = _relationship(base, token, _brand_there(base, token, check.server, account))
    _give_back(base, token, check.server)
    follows = found.get("following") is True
    evidence = {
        "object": account.handle,
        "endpoint": "accounts/relationships",
        "sha256": hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest(),
    }
    return Found(follows=follows, subject=str(hers.get("url") or handle), handle=handle, evidence=evidence)


def brand_subject(account: BrandAccount, *, keep: bool = True) -> str:
    """Return the brand's account as user@server.

    Raises:  Wrong.
    """
    user, _at, server = account.handle.strip().lstrip("@").lower().partition("@")
    if not re.fullmatch(r"[a-z0-9_.-]{1,64}", user):
        raise Wrong(_("Type the whole account, like @brand@mastodon.social."))
    return f"{user}@{server_in(server)}"


def server_in(typed: str) -> str:
    """Return the server in what she typed: @ann@server.example, server.example or an address of it.

    Raises:  Wrong.
    """
    text = typed.strip().lower()
    if "://" in text:
        try:
            text = urlsplit(text).netloc
        except ValueError:
            text = ""
    server = text.rpartition("@")[2].strip("/ ")
    if len(server) > 253 or "." not in server or not _SERVER.fullmatch(server):
        raise Wrong(_("Type your whole account, like @ann@mastodon.social: its second part is your server."))
    return server


def redirect_uri() -> str:
    """Return where servers send people back to."""
    return f"{settings.SITE_URL}/fan-check/mastodon/"


def _base(server: str) -> str:
    """Return a server's address: always encrypted, but for one in a private network that the settings allow."""
    try:
        address = outside.resolve(server.partition(":")[0], 443)
    except outside.Refused as why:
        raise Wrong(str(why)) from None
    except outside.Unreachable as why:
        raise Down(str(why)) from None
    is_ours = any(address in network for network in settings.OUTSIDE_ALSO)
    return f"{'http' if is_ours else 'https'}://{server}"


def _app(server: str) -> FediverseApp:
    known = FediverseApp.objects.filter(server=server).first()
    if known is not None:
        return known
    asked = {
        "client_name": "Fanfare", "redirect_uris": redirect_uri(), "scopes": SCOPES, "website": settings.SITE_URL,
    }  # fmt: skip
    status, found = checking.json_of(f"{_base(server)}/api/v1/apps", data=asked)
    ours = isinstance(found, dict) and found.get("client_id") and found.get("client_secret")
    if status != 200 or not ours:
        raise Wrong(_("%(server)s is no server of Mastodon or its kin. Check your account.") % {"server": server})
    keys = {"client_id": str(found["client_id"])[:254], "client_secret": str(found["client_secret"])[:254]}
    try:
        with transaction.atomic():
            return FediverseApp.objects.create(server=server, **keys)
    except IntegrityError:  # somebody else of that server came at the same moment
        return FediverseApp.objects.get(server=server)


def _token(check: FanCheck) -> str:
    """Return the right to ask her server, taken for her code once and kept only until it has answered."""
    kept = _kept(check)
    if token := kept.get("token"):
        return token
    if not kept.get("code"):
        raise Wrong(_("Sign in on your server first."))
    app = _app(check.server)
    given = {
        "grant_type": "authorization_code", "code": kept["code"], "client_id": app.client_id,
        "client_secret": app.client_secret, "redirect_uri": redirect_uri(), "scope": SCOPES,
        "code_verifier": kept.get("verifier", ""),
    }  # fmt: skip
    status, found = checking.json_of(f"{_base(check.server)}/oauth/token", data=given)
    token = found.get("access_token") if isinstance(found, dict) else None
    if status != 200 or not isinstance(token, str) or not token.isascii() or not token.isprintable():
        if status in (401, 403):  # it forgot us: next time we register again
            FediverseApp.objects.filter(pk=app.pk).delete()
        raise Wrong(_("Your server did not accept the sign-in any more. Start again."))
    check.secret = json.dumps({"token": token})
    check.save(update_fields=["secret"])
    return token


def _kept(check: FanCheck) -> dict[str, str]:
    kept = json.loads(check.secret or "{}")
    return kept if isinstance(kept, dict) else {}


def _brand_there(base: str, token: str, server: str, account: BrandAccount) -> str:
    """Return the id by which her server knows the brand; '' when it never heard of it, so nobody there follows."""
    user, _at, host = brand_subject(account).partition("@")
    name = user if host == server else f"{user}@{host}"
    status, found = checking.json_of(f"{base}/api/v1/accounts/lookup?acct={quote(name)}", token=token)
    if status == 200 and isinstance(found, dict) and found.get("id"):
        return str(found["id"])
    query = urlencode({"q": f"@{name}", "resolve": "true", "limit": "5"})
    status, rows = checking.json_of(f"{base}/api/v1/accounts/search?{query}", token=token)
    for row in rows if status == 200 and isinstance(rows, list) else []:
        if isinstance(row, dict) and str(row.get("acct", "")).lower() == name:
            return str(row.get("id", ""))
    return ""


def _relationship(base: str, token: str, brand_id: str) -> dict[str, Any]:
    if not brand_id:
        return {}
    status, rows = checking.json_of(
        f"{base}/api/v1/accounts/relationships?{urlencode({'id[]': brand_id})}", token=token
    )
    if status != 200 or not isinstance(rows, list):
        raise Down(_("its answer cannot be read"))
    return next((row for row in rows if isinstance(row, dict) and str(row.get("id")) == brand_id), {})


def _give_back(base: str, token: str, server: str) -> None:
    """Give the right back. Her server's answer stands whether or not this succeeds."""
    app = FediverseApp.objects.filter(server=server).first()
    if app is None:
        return
    keys = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
    try:
        checking.json_of(f"{base}/oauth/revoke", data=keys)
    except (Down, Wrong):
        return
