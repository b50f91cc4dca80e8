"""Entity tags, conditions and sparse answers, alike for every resource."""

import pytest

from contacts.models import Segment
from tests.make import make_campaign, make_contact, make_segment

pytestmark = pytest.mark.django_db


def change(partner, segment, name, **headers):
    body = f'{{"name": "{name}"}}'
    address = f"/api/v1/segments/{segment.pk}/"
    return partner.client.patch(address, body, "application/json", headers=partner.headers(**headers))


def test_what_the_asker_has_already_is_not_sent_again(partner):
    address = f"/api/v1/contacts/{make_contact().pk}/"
    tag = partner.get(address)["ETag"]

    same = partner.client.get(address, headers=partner.headers(If_None_Match=tag))
    partner.post("/api/v1/contacts/", {"email": "ann@example.com", "first_name": "Ann"})
    other = partner.client.get(address, headers=partner.headers(If_None_Match=tag))

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    assert other.status_code == 200 and other["ETag"] != tag


def test_of_two_who_change_the_same_the_second_is_told(partner):
    segment = make_segment()
    tag = partner.get(f"/api/v1/segments/{segment.pk}/")["ETag"]

    first = change(partner, segment, "Hers", If_Match=tag)
    second = change(partner, segment, "His", If_Match=tag)

    assert first.status_code == 200
    assert second.status_code == 412 and second.json()["code"] == "precondition_failed"
    assert second["ETag"] == partner.get(f"/api/v1/segments/{segment.pk}/")["ETag"]
    assert Segment.objects.get().name == "Hers"
    assert change(partner, segment, "His", If_Match=second["ETag"]).status_code == 200
    assert change(partner, segment, "Mine").status_code == 200  # who asks for no condition gets none


def test_only_the_wanted_fields_are_told(partner):
    ann = make_contact(first_name="Ann")

    one = partner.get(f"/api/v1/contacts/{ann.pk}/", fields="id,first_name").json()
    listed = partner.get("/api/v1/contacts/", fields="email").json()
    unknown = partner.get("/api/v1/contacts/", fields="id,emial")

    assert one == {"id": ann.pk, "first_name": "Ann"}
    assert listed["results"] == [{"email": "ann@example.com"}]
    assert unknown.status_code == 422 and "emial" in str(unknown.json())
    for empty in ("", ","):
        assert partner.get("/api/v1/contacts/", fields=empty).status_code == 422


@pytest.mark.parametrize(
    "address",
    ["links/?number=0.5", "referrals/?generation=0.5", "share-links/?generation=1e1", "trees/{}/people/?of=no"],
)
def test_what_is_counted_is_filtered_by_whole_numbers_only(partner, address):
    address = f"/api/v1/{address.format(make_campaign().pk)}"

    refused, taken = partner.get(address), partner.get(address.partition("=")[0] + "=1")

    assert refused.status_code == 422 and refused.json()["errors"][0]["detail"]
    assert taken.status_code == 200 and taken.json()["results"] == []
