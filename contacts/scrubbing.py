"""Text without addresses and tokens: for logs, and for what is kept of a relay's replies.

scrub("550 5.7.1 <ann@example.com> refused")     # → "550 5.7.1 <[address]> refused"
"""

from __future__ import annotations

import re

# Addresses (also IDN), 32-hex mail tokens, Crockford visit and claim tokens in paths, passwords in URLs.
SECRET = re.compile(
    r"(?P<address>[^\s<>\"'(),:;=/]+@[^\s<>\"'(),:;/]+)"
    r"|(?P<token>(?<![0-9A-Za-z])[0-9A-Fa-f]{32}(?![0-9A-Za-z]))"
    r"|(?P<path>(?<=/[ocwupsvfqQ]/)[0-9A-Za-z-]{12,})"
    r"|(?P<url>(?<=://)[^\s/@]+@)"
)


def scrub(text: str) -> str:
    """Return the text with every address and token replaced by a mark."""
    return SECRET.sub(lambda found: f"[{'address' if found.lastgroup == 'address' else 'token'}]", text)
