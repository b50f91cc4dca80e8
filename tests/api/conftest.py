"""A partner with a key, calling the API as she would over the wire."""

import json

import pytest
from django.test import Client

from config.partners import keys
from tests.make import make_user

AT_DOCS = {"Referer": "http://testserver/api/docs/"}  # the only page from which a sign-in opens the API


class Partner:
    """An HTTP client that signs with a key: `partner.post("/api/v1/contacts/", {...})`."""

    def __init__(self, *scopes, owner=None):
        owner = owner or make_user(username="partner-owner")
        self.key, self.text = keys.issue("shop", owner, scopes or keys.SCOPES)
        self.client = Client(raise_request_exception=True)

    def get(self, path, **query):
        return self.client.get(path, query, headers=self.headers())

    def post(self, path, body=None, **headers):
        return self.client.post(path, json.dumps(body or {}), "application/json", headers=self.headers(**headers))

    def patch(self, path, body):
        return self.client.patch(path, json.dumps(body), "application/json", headers=self.headers())

    def headers(self, **more):
        return {
            "Authorization": f"Bearer {self.text}",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }


@pytest.fixture
def partner(db):
    return Partner()
