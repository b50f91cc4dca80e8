"""HTML templates of other tools as mails of ours: their merge tags become Liquid, what has no match is named.

    moved = translate("<p>Hello *|FNAME|*</p>")
    moved.html       # → '<p>Hello {{ contact.first_name }}</p>'
    moved.unknown    # → [] or what was left to look at, as it was written

Known are Mailchimp (`*|FNAME|*`), Klaviyo (`{{ first_name|default:'friend' }}`, `{% unsubscribe %}`), Brevo
(`{{ contact.FIRSTNAME }}`) and listmonk (`{{ .Subscriber.FirstName }}`, `{{ TrackLink "…" . }}`). A tag without a
match stays, so that the editor shows its line and the remedy, and the mail cannot be published before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.content import versions
from campaigns.content.merge import KNOWN
from campaigns.content.tags import TAG
from campaigns.models import ContentBody, EmailContent
from contacts.importing import mapping
from contacts.models import Brand

LEAVE, CHOICES, WEB = "links.unsubscribe", "links.preferences", "links.web"

# Other tools' names in lower case, without signs, as names of ours; "" = nothing stands there.
# Sources: Mailchimp "All the merge tags", Klaviyo "Glossary of variables", Brevo "Personalise with variables",
# listmonk "Templating".
NAMES = {
    "fname": "contact.first_name", "firstname": "contact.first_name", "prenom": "contact.first_name",
    "lname": "contact.last_name", "lastname": "contact.last_name", "nom": "contact.last_name",
    "name": "contact.first_name", "email": "contact.email", "language": "contact.language",
    "unsub": LEAVE, "unsubscribe": LEAVE, "unsubscribelink": LEAVE, "unsubscribeurl": LEAVE,
    "updateprofile": CHOICES, "managepreferences": CHOICES, "managepreferenceslink": CHOICES, "manageurl": CHOICES,
    "optinurl": CHOICES, "archive": WEB, "mirror": WEB, "webview": WEB, "webviewlink": WEB, "messageurl": WEB,
    "listcompany": "brand.name", "organizationname": "brand.name", "company": "brand.name",
    "listaddress": "brand.postal_address", "htmllistaddresshtml": "brand.postal_address",
    "listaddresshtml": "brand.postal_address", "organizationfulladdress": "brand.postal_address",
    "organizationurl": "brand.website", "listurl": "brand.website",
    "campaignname": "campaign.name", "campaignsubject": "campaign.name", "mcsubject": "campaign.name",
    "mctoc": "", "mcpreviewtext": "", "rewards": "", "mctranslate": "", "trackview": "", "tracking": "",
}  # fmt: skip

MAILCHIMP = re.compile(r"\*\|([A-Za-z0-9_:=! .-]{1,80})\|\*")
BRACKETS = re.compile(r"\[(UNSUBSCRIBE|MIRROR|UPDATE_PROFILE)\]")  # Brevo's old ones
TRACK_LINK = re.compile(r"\{\{\s*TrackLink\s+[\"'`]([^\"'`]+)[\"'`]\s*\.?\s*\}\}|@TrackLink(?=[\"'\s>])")
KLAVIYO_LINK = re.compile(r"\{%\s*(unsubscribe|manage_preferences|web_view)(_link)?(?:\s+[\"']([^\"']*)[\"'])?[^%]*%\}")
LOOKUP = re.compile(r"person\s*\|\s*lookup\s*:\s*[\"']([^\"']+)[\"']\s*(.*)", re.DOTALL)
DEFAULT = re.compile(r"\|\s*default\s*:?\s*[\"']([^\"']*)[\"']")
GO_IF = re.compile(r"\{\{-?\s*(if\s+(?:not\s+)?\.?[A-Za-z0-9_.]+|else|end)\s*-?\}\}")


@dataclass
class Moved:
    """A template as ours, and the tags that nothing of ours answers to."""

    html: str
    unknown: list[str] = field(default_factory=list)


def translate(html: str) -> Moved:
    """Return the template with the other tool's merge tags as ours."""
    moved = Moved(html)
    name = _namer(moved)
    text = TRACK_LINK.sub(lambda found: found[1] or "", html)
    text = KLAVIYO_LINK.sub(_link, text)
    text = BRACKETS.sub(lambda found: _value(NAMES[mapping.plain(found[1])]), text)
    text = MAILCHIMP.sub(lambda found: _mailchimp(found[1], name), text)
    if "{{ ." in text or "{{." in text or "{{ end" in text:
        text = GO_IF.sub(lambda found: _choice(found[1], name), text)
    moved.html = TAG.sub(lambda found: _tag(found[0], name, moved), text)
    moved.unknown = list(dict.fromkeys(moved.unknown))
    return moved


def take_in(name: str, html: str, brand: Brand, by: AbstractBaseUser | None = None) -> EmailContent:
    """Return a template of ours made of another tool's HTML; what it lacks is shown beside it in the editor.

    Writes:  EmailContent, ContentVersion, ContentBody.
    """
    moved = translate(html)
    content = EmailContent.objects.create(name=name[:120], brand=brand, is_template=True)
    version = versions.draft_of(content, by)
    if moved.unknown:
        left = _("Without a match here: %(tags)s") % {"tags": ", ".join(moved.unknown)}
        version.note = left[:200]
        version.save(update_fields=["note"])
    versions.save_body(
        ContentBody(
            version=version, language=_language(html, brand), subject=_title(html) or name[:120],
            format=ContentBody.Format.HTML, source=moved.html,
        )
    )  # fmt: skip
    return content


def _value(name: str) -> str:
    return f"{{{{ {name} }}}}" if name else ""


def _namer(moved: Moved) -> Callable[[str], str | None]:
    """Return what finds our name of another tool's: a known one, an attribute, or None."""

    def name(theirs: str) -> str | None:
        bare = re.sub(r"^\.?(?:subscriber|contact|person|campaign\.|merge\d*)\.?(?=\w)", "", theirs.strip().lower())
        for one in (mapping.plain(theirs), mapping.plain(bare)):
            if one in NAMES:
                return NAMES[one]
        found = re.sub(r"^attribs\.", "", bare)
        if theirs.strip().lower().startswith((".subscriber.attribs.", "contact.", "person.")) or theirs.isupper():
            ours = mapping.attribute_name(found.replace(".", "_"))
            return f"contact.attributes.{ours}" if ours else None
        return None

    return name


def _mailchimp(tag: str, name: Callable[[str], str | None]) -> str:
    word = tag.strip()
    if word.startswith(("IF:", "IFNOT:", "ELSEIF:")):
        head, _colon, theirs = word.partition(":")
        asked = re.split(r"[=!<> ]", theirs, maxsplit=1)
        ours = name(asked[0]) or f"contact.attributes.{mapping.attribute_name(asked[0])}"
        compared = f' == "{asked[1].strip()}"' if len(asked) > 1 and asked[1] else ""
        return f"{{% {({'IF': 'if', 'IFNOT': 'unless', 'ELSEIF': 'elsif'})[head]} {ours}{compared} %}}"
    if word.startswith("ELSE"):
        return "{% else %}"
    if word.startswith("END:"):
        return "{% endif %}"
    if word in ("CURRENT_YEAR", "DATE:Y"):
        return str(timezone.localdate().year)
    known = name(word)
    return _value(f"contact.attributes.{mapping.attribute_name(word)}" if known is None else known)


def _link(found: re.Match[str]) -> str:
    """Return Klaviyo's links: `{% unsubscribe 'Leave' %}` is a whole link, `{% unsubscribe_link %}` its address."""
    address = _value(NAMES[mapping.plain(found[1])])
    if found[2]:
        return address
    words = {"unsubscribe": _("Unsubscribe"), "manage_preferences": _("Your choices"), "web_view": _("Read online")}
    return f'<a href="{address}">{found[3] or words[found[1]]}</a>'


def _choice(words: str, name: Callable[[str], str | None]) -> str:
    """Return listmonk's `{{ if .Subscriber.FirstName }}`, `{{ else }}`, `{{ end }}` as ours."""
    if not words.startswith("if"):
        return "{% else %}" if words == "else" else "{% endif %}"
    theirs = words.split()[-1]
    asked = f"not {name(theirs) or theirs.lstrip('.')}" if " not " in words else name(theirs) or theirs.lstrip(".")
    return f"{{% if {asked} %}}"


def _tag(tag: str, name: Callable[[str], str | None], moved: Moved) -> str:
    """Return a `{{ … }}` as ours; ours already, and what is not understood, stays as it is."""
    inner = unescape(tag[2:-2]).strip()
    if tag.startswith("{%"):
        if inner.startswith(("current_year", "today")):
            return str(timezone.localdate().year)
        return tag
    looked = LOOKUP.fullmatch(inner)
    theirs = f"person.{looked[1]}" if looked else re.split(r"[\s|(]", inner, maxsplit=1)[0]
    if _is_ours(theirs):
        return tag
    ours = name(theirs)
    if ours is None:
        moved.unknown.append(tag)
        return tag
    otherwise = DEFAULT.search(inner)
    return _value(f'{ours} | default: "{otherwise[1]}"' if otherwise and ours else ours)


def _is_ours(path: str) -> bool:
    head, _dot, tail = path.partition(".")
    return head == "event" or tail.split(".")[0] in KNOWN.get(head, ())


def _title(html: str) -> str:
    """Return the page's title as the first subject, when it is plain words."""
    found = re.search(r"<title[^>]*>([^<]{1,240})</title>", html, re.IGNORECASE)
    words = " ".join(unescape(found[1]).split()) if found else ""
    return "" if "*|" in words or "{" in words else words


def _language(html: str, brand: Brand) -> str:
    found = re.search(r"<html[^>]*\slang=[\"']?([a-zA-Z]{2})", html)
    known = dict(settings.LANGUAGES)
    return found[1].lower() if found and found[1].lower() in known else brand.default_language
