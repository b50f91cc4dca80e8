"""The tables of the ground floor: who we may write to, and how we know.

`from contacts.models import Contact` is the public door; the files beside this one hold one noun each.
"""

from contacts.models.audit import AuditEntry, IdempotencyKey
from contacts.models.brand import Brand, SignupForm, Topic
from contacts.models.consent import Consent, Subscription
from contacts.models.contact import AttributeType, Contact, ContactTag, Identity, Tag
from contacts.models.feed import FeedMark
from contacts.models.job import Heartbeat, Job, Notice
from contacts.models.preference import Asking, Preference
from contacts.models.segment import Segment
from contacts.models.suppression import Suppression

__all__ = [
    "Asking",
    "AttributeType",
    "AuditEntry",
    "Brand",
    "Consent",
    "Contact",
    "ContactTag",
    "FeedMark",
    "Heartbeat",
    "IdempotencyKey",
    "Identity",
    "Job",
    "Notice",
    "Preference",
    "Segment",
    "SignupForm",
    "Subscription",
    "Suppression",
    "Tag",
    "Topic",
]
