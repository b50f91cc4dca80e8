"""The check before sending: one list that says go, or what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from campaigns.content import compiled, law, lint, quoted, reach
from campaigns.content.blocks import CompileEnv
from campaigns.content.findings import BadContent, Finding
from campaigns.models import AudienceExclusion, Campaign, ContentBody, ContentVersion

__all__ = ["BadContent", "Finding", "check"]

Reason = AudienceExclusion.Reason
ORDER = {"error": 0, "warning": 1, "note": 2}


def check(campaign: Campaign) -> list[Finding]:
    """Return all findings about a campaign, errors first.

    Reads:   the content's newest version, sender, brand, topic, the audience's count. Writes nothing.
    """
    found = [*_frame(campaign), *_people(campaign)]
    version = newest(campaign)
    if version is None:
        remedy = _("Write one in the step “Content”.")
        found.append(Finding("error", "content.missing", _("The campaign has no mail."), remedy))
    else:
        found += [
            *_bodies(campaign, version),
            *reach.of_time(campaign, version),
            *reach.of_colours(version.content.brand),
        ]
    return sorted(found, key=lambda finding: ORDER[finding.level])


def newest(campaign: Campaign) -> ContentVersion | None:
    """Return the version that would be sent: the content's newest."""
    if campaign.content is None:
        return campaign.content_version
    return campaign.content.versions.select_related("content__brand").order_by("-number").first()


def _frame(campaign: Campaign) -> Iterator[Finding]:
    """Check who writes, to which list, and from where."""
    sender = campaign.sender
    if sender is None:
        yield Finding("error", "sender.missing", _("Nobody is named as the sender."), _("Choose a sender."))
    else:
        try:
            quoted.mailbox(sender.from_name, sender.from_email)
        except quoted.Unsendable as error:
            yield Finding("error", "sender.address", str(error), _("Correct the sender's name or address."))
        if sender.archived_at:
            yield Finding("error", "sender.archived", _("The sender is archived."), _("Choose another sender."))
        yield from reach.of_reply(sender)
        if not sender.reply_to:
            message = _("Replies go to the sender's own address.")
            yield Finding("note", "sender.reply", message, _("Name an address that somebody reads."))
    if not campaign.is_service and campaign.topic is None:
        remedy = _("Choose the topic that people subscribed to.")
        yield Finding("error", "topic.missing", _("The campaign has no topic, so nobody can leave it."), remedy)
    if campaign.content and campaign.content.is_template:
        message = _("The mail is a template: its sample words would go out as they stand.")
        yield Finding(
            "warning", "content.template", message, _("Make a new mail that starts from it, and choose that.")
        )
    brand = campaign.content.brand if campaign.content else sender.brand if sender else None
    if brand is not None and not brand.postal_address.strip():
        remedy = _("Write it in the settings of the brand %(brand)s.") % {"brand": brand.name}
        yield Finding("error", "address.missing", _("The postal address is missing; the law asks for it."), remedy)


def _people(campaign: Campaign) -> Iterator[Finding]:
    """Check that somebody would get it, and on which ground."""
    from campaigns.delivery import audience

    if campaign.kind != Campaign.Kind.CAMPAIGN or campaign.topic is None or campaign.audience_at is not None:
        return
    is_chosen = campaign.within_id or campaign.everyone_reason.strip() or campaign.segments.exists()
    if not is_chosen:
        message = _("No segment is chosen, and no reason to write to everybody.")
        yield Finding("error", "audience.unchosen", message, _("Choose a segment, or say why all subscribers get it."))
        return
    count = audience.count(campaign)
    if not count.reachable:
        message = _("Nobody would get this mail.")
        reasons = ", ".join(f"{Reason(reason).label}: {n}" for reason, n in count.excluded.items() if n)
        remedy = _("Widen the segments.") + (f" ({reasons})" if reasons else "")
        yield Finding("error", "audience.empty", message, remedy)
        if count.excluded.get("no_basis"):
            remedy = _("Ask them by a sign-up form, or import with the basis you have.")
            yield Finding("error", "basis.missing", _("There is no consent or other basis to write to them."), remedy)
        return
    yield _measured(campaign, count.reachable)


def _measured(campaign: Campaign, reachable: int) -> Finding:
    """Say how many are measured each by herself and how many only as a crowd, before it cannot be changed."""
    from campaigns.delivery import audience

    if campaign.tracking == Campaign.Tracking.NONE:
        return Finding("note", "tracking.split", _("Nothing is measured: neither opens nor clicks."))
    opens, clicks = audience.agreed_to_tracking(campaign)
    words = _(
        "Measured one by one: opens of %(opens)d, clicks of %(clicks)d of %(all)d people. "
        "The others count only in the crowd's totals."
    )
    said = {"opens": opens, "clicks": clicks, "all": reachable}
    return Finding("note", "tracking.split", words % said, _("Individual measuring asks each person's consent."))


def _bodies(campaign: Campaign, version: ContentVersion) -> Iterator[Finding]:
    bodies = list(version.bodies.all())
    if not bodies:
        remedy = _("Write it in at least one language.")
        yield Finding("error", "content.missing", _("The mail has no text in any language."), remedy)
    for body in bodies:
        yield from lint.body_findings(body, version.content.brand, campaign)
        yield from _ways_out(campaign, version, body)
        yield from reach.of_pictures(body)
        yield from reach.of_gaps(campaign, body)
        yield from law.findings(campaign, body)
    yield from _languages(version, {body.language for body in bodies})


def _ways_out(campaign: Campaign, version: ContentVersion, body: ContentBody) -> Iterator[Finding]:
    """Check that the mail can be left, says who wrote it, and can be read without HTML."""
    env = CompileEnv(version.content.brand, body.language, campaign, "self", compiled.images_of(body))
    try:
        mail = compiled.compile_body(body, env)
    except BadContent:
        return  # said already
    yield from reach.of_links(mail, body.language)
    if not campaign.is_service and "links.unsubscribe" not in mail.html_source:
        remedy = _("Add the footer block, or a link to {{ links.unsubscribe }}.")
        yield Finding("error", "unsubscribe.missing", _("There is no link to leave."), remedy, body.language)
    address = version.content.brand.postal_address.strip().splitlines()
    shows_address = bool(address) and (
        address[0].strip() in mail.text_source or "brand.postal_address" in mail.html_source
    )
    if address and not shows_address:
        remedy = _("Add the footer block, or {{ brand.postal_address }}.")
        yield Finding("error", "address.unseen", _("The mail does not show the postal address."), remedy, body.language)
    if not mail.text_source.strip():
        yield Finding(
            "error", "text.missing", _("The text part is empty."), _("Add a block with words."), body.language
        )
    if not body.preheader.strip():
        remedy = _("Say in one line what the subject leaves open.")
        yield Finding("note", "preheader.missing", _("There is no preheader."), remedy, body.language)


def _languages(version: ContentVersion, written: set[str]) -> Iterator[Finding]:
    brand = version.content.brand
    wanted = {str(language) for language in brand.languages} if isinstance(brand.languages, list) else set()
    for language in sorted(wanted - written):
        message = _("There is no text in %(language)s, which the brand writes in.") % {"language": language}
        fallback = compiled.pick(written, brand.default_language) if written else ""
        remedy = _("Write one; else these people get it in %(fallback)s.") % {"fallback": fallback}
        yield Finding("warning", "language.missing", message, remedy, language)
