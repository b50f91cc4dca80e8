"""A cache of compiled mails must not outlive the rows it was made of."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from campaigns.content import compiled, dkim


@pytest.fixture(autouse=True)
def _nothing_compiled():
    compiled.forget()


@pytest.fixture(scope="session")
def rsa_key():
    """An RSA key of 2,048 bits as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def signing(settings, rsa_key):
    """The senders' domain has a key of ours."""
    settings.DKIM_KEYS = {"mail.brand.example": ("f1", rsa_key)}
    return dkim.signer_for("mail.brand.example")
