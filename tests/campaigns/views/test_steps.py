"""The five steps of a campaign, each in a line."""

import pytest

from campaigns.admin import steps
from campaigns.models import ContentBody


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("News for {{ contact.first_name | default: 'you' }}", "News for you"),
        ("10 % off", "10 % off"),
        ("{{ contact.first_name", "{{ contact.first_name"),
        ("{{ 1 | nonsense }}", "{{ 1 | nonsense }}"),
    ],
)
def test_the_line_of_a_mail_is_the_subject_as_a_stranger_reads_it(written, read):
    assert steps.as_unknown_person(ContentBody(language="en", subject=written)) == read
