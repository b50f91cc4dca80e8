"""Whether the links of a mail lead anywhere: each is asked once, all at the same time, within some seconds.

    for finding in unreachable(campaign): …      # an error for 404 and 410, a warning for what did not answer

Only plain addresses are asked: one with merge tags is another for each reader. settings.LINK_CHECK switches it off.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.utils import translation
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from campaigns.content import compiled
from campaigns.content.blocks import CompileEnv
from campaigns.content.findings import BadContent, Finding
from campaigns.models import Campaign, ContentVersion
from campaigns.tracking.targets import is_plain
from contacts import outside

MOST = 40  # links asked; a mail with more is asked for its first
AT_ONCE = 8
GONE = {404, 410}


def unreachable(campaign: Campaign, version: ContentVersion) -> list[Finding]:
    """Return a finding for each link that does not lead where it should; a note where nothing may be asked."""
    if not settings.LINK_CHECK:
        message = _("Links are not asked here whether they lead anywhere (LINK_CHECK).")
        return [Finding("note", "link.unasked", message)]
    asked = targets(campaign, version)[:MOST]
    language = translation.get_language()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda target: _ask(target, language), asked))
    found = [finding for finding in answers if finding is not None]
    good = len(asked) - len(found)
    if good:
        message = _("%(n)d of %(of)d links answer.") % {"n": good, "of": len(asked)}
        found.append(Finding("note", "link.answers", message))
    return found


def targets(campaign: Campaign, version: ContentVersion) -> list[str]:
    """Return the plain web addresses of all languages' mails, each once, in order."""
    return list(dict.fromkeys(_targets(campaign, version)))


def _targets(campaign: Campaign, version: ContentVersion) -> Iterator[str]:
    for body in version.bodies.all():
        env = CompileEnv(version.content.brand, body.language, campaign, "public", compiled.images_of(body))
        try:
            mail = compiled.compile_body(body, env)
        except BadContent:
            continue  # the check of the words says what is wrong
        yield from (target for _block, target, _address in mail.targets if is_plain(target))


def _ask(target: str, language: str | None) -> Finding | None:
    with translation.override(language):
        try:
            status = outside.status(iri_to_uri(target))
        except outside.Refused as why:
            return _finding("warning", target, str(why), _("Readers may not get there."))
        except outside.Unreachable as why:
            return _finding("warning", target, str(why), _("Open it; if it works for you, go on."))
    if status in GONE:
        return _finding("error", target, _("answers %(status)d, nothing is there") % {"status": status}, _("Mend it."))
    if status >= 500:
        return _finding("warning", target, _("answers %(status)d") % {"status": status}, _("Look before you send."))
    return None


def _finding(level: str, target: str, said: str, remedy: str) -> Finding:
    message = _("%(link)s: %(said)s.") % {"link": target[:80], "said": said.rstrip(".")}
    return Finding(level, "link.reachable", message, remedy)  # type: ignore[arg-type]
