"""Merge tags on their way through HTML tools, which would move or break them: they travel as tokens.

`Tags.hide` replaces each tag by a word (in attributes and text) or a comment (`{% … %}` in text: a table keeps it in place);
`Tags.show` puts them back and says which one did not come back where it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def around_tags(text: str, change: Callable[[str], str]) -> str:
    """Return the text with `change` applied to all that is not a merge tag."""
    parts, end = [], 0
    for match in TAG.finditer(text):
        parts += [change(text[end : match.start()]), match.group()]
        end = match.end()
    return "".join((*parts, change(text[end:])))
