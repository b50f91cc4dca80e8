"""Bluesky: she puts a sign into her profile, then the network is asked whether her account follows the brand's.

The account is hers when the sign stands in its profile, read from her own server; then the follow is asked of the
AppView (`app.bsky.graph.getRelationships`), and of her own server's list of follows when the AppView is down.

Source: atproto.com/specs (handle, DID, repository), docs.bsky.app (public, no sign-in; 3,000 questions in 5 minutes).
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from social.fans import checking
from social.fans.checking import Down, Found, Wrong
from social.models import BrandAccount, FanCheck

NETWORK = "bluesky"
MOST_PAGES = 100  # of 100 follows each: 10,000 follows, when only her own server answers

# Source: atproto.com/specs/handle
_HANDLE = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_DID = re.compile(r"did:(plc:[a-z2-7]{24}|web:[a-zA-Z0-9.%-]{1,250})")


def sign_of(check: FanCheck) -> str:
    """Return what she puts into her profile for a minute."""
    return f"fan-{check.nonce[:8].lower()}"


def begin(check: FanCheck, typed: str) -> str:
    """Keep the account she typed; she stays on the page, which shows her sign.

    Raises:  Wrong.
    """
    handle = typed.strip().lstrip("@").lower()
    handle = handle.removeprefix("https://").removeprefix("bsky.app/profile/").rstrip("/")
    if handle and "." not in handle:
        handle = f"{handle}.bsky.social"
    if not _HANDLE.fullmatch(handle):
        raise Wrong(_("This is no Bluesky account. It looks like ann.bsky.social."))
    check.handle = handle
    return ""


def ask(check: FanCheck) -> Found:
    """Return whether the account that carries the sign follows the brand.

    Raises:  Wrong, Down.
    """
    brand = brand_subject(checking.account_of(check))
    did = resolve(check.handle)
    server = server_of(did)
    if sign_of(check) not in _profile(server, did).lower():
        raise Wrong(
            _("The sign %(sign)s is not in the profile of that account yet. Save it there, then press again.")
            % {"sign": sign_of(check)}
        )
    try:
        follows, raw = _by_appview(did, brand)
        endpoint = "app.bsky.graph.getRelationships"
    except Down:
        follows, raw = _by_repository(server, did, brand)
        endpoint = "com.atproto.repo.listRecords"
    evidence = {"object": brand, "endpoint": endpoint, "sha256": hashlib.sha256(raw.encode()).hexdigest()}
    return Found(follows=follows, subject=did, handle=check.handle, evidence=evidence)


def brand_subject(account: BrandAccount, *, keep: bool = True) -> str:
    """Return the brand's DID; asked once, then kept on its account.

    Raises:  Down when it cannot be found: that is ours to mend, never her fault.
    """
    if account.subject:
        return account.subject
    try:
        account.subject = resolve(account.handle.strip().lstrip("@").lower())
    except Wrong as why:
        raise Down(str(why)) from None
    if keep:
        account.save(update_fields=["subject"])
    return account.subject


def resolve(handle: str) -> str:
    """Return the DID of a handle.

    Raises:  Wrong when nobody is called so; Down.
    """
    status, found = _xrpc(settings.BLUESKY_APPVIEW, "com.atproto.identity.resolveHandle", handle=handle)
    did = found.get("did") if status == 200 and isinstance(found, dict) else None
    if not isinstance(did, str) or not _DID.fullmatch(did):
        if status == 200:
            raise Down(_("its answer cannot be read"))
        raise Wrong(_("Bluesky knows no account called %(handle)s. Check it.") % {"handle": handle})
    return did


def server_of(did: str) -> str:
    """Return the address of the server that keeps an account's repository.

    Raises:  Wrong when the account has none; Down.
    """
    if did.startswith("did:web:"):
        url = f"https://{did.removeprefix('did:web:').replace('%3A', ':')}/.well-known/did.json"
    else:
        url = f"{settings.PLC_DIRECTORY}/{quote(did, safe=':')}"
    status, document = checking.json_of(url)
    services = document.get("service") if status == 200 and isinstance(document, dict) else None
    for service in services if isinstance(services, list) else []:
        if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
            return str(service.get("serviceEndpoint", "")).rstrip("/")
    raise Wrong(_("That account has no server at the moment. Try another one."))


def _profile(server: str, did: str) -> str:
    status, found = _xrpc(
        server, "com.atproto.repo.getRecord", repo=did, collection="app.bsky.actor.profile", rkey="self"
    )
    if status != 200:
        return ""  # an account that never wrote a profile
    value = found.get("value") if isinstance(found, dict) else None
    return str(value.get("description", "")) if isinstance(value, dict) else ""


def _by_appview(did: str, brand: str) -> tuple[bool, str]:
    status, found = _xrpc(settings.BLUESKY_APPVIEW, "app.bsky.graph.getRelationships", actor=did, others=brand)
    rows = found.get("relationships") if status == 200 and isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise Down(_("its answer cannot be read"))
    hers = [row for row in rows if isinstance(row, dict) and row.get("did") == brand]
    return any(row.get("following") for row in hers), json.dumps(hers, sort_keys=True)


def _by_repository(server: str, did: str, brand: str) -> tuple[bool, str]:
    """Go through her own list of follows, page by page, and keep nothing but the one line about the brand."""
    cursor = ""
    for _page in range(MOST_PAGES):
        asked = {"repo": did, "collection": "app.bsky.graph.follow", "limit": "100"}
        status, found = _xrpc(server, "com.atproto.repo.listRecords", **asked, **({"cursor": cursor} if cursor else {}))
        records = found.get("records") if status == 200 and isinstance(found, dict) else None
        if not isinstance(records, list):
            raise Down(_("its answer cannot be read"))
        for record in records:
            value = record.get("value") if isinstance(record, dict) else None
            if isinstance(value, dict) and value.get("subject") == brand:
                return True, json.dumps(record, sort_keys=True)
        after = str(found.get("cursor") or "")
        if not after or after == cursor or len(records) < 2:
            return False, "[]"
        cursor = after
    return False, "[]"


def _xrpc(server: str, method: str, **parameters: str) -> tuple[int, Any]:
    return checking.json_of(f"{server}/xrpc/{method}?{urlencode(parameters)}", most=1_000_000)
