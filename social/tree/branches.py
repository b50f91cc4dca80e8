"""The tree as it is opened: the first people, one branch, those who brought most, what one contact brought.

    page = roots(tree)                     # → Branch(nodes=[…20], more=True)
    page = below(tree, node_id, start=20)  # the next people of that branch

Each page costs the same whatever the size of the tree: an index holds every branch in its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from social.models import ShareTree, TreeNode

PAGE = 20  # people shown of a branch before "more"
TOP = 10


@dataclass(frozen=True)
class Branch:
    """Some people of a branch in their order, and whether there are more after them."""

    nodes: Sequence[TreeNode]
    start: int
    more: bool

    @property
    def next(self) -> int:
        return self.start + len(self.nodes)


def roots(tree: ShareTree, start: int = 0) -> Branch:
    """Return those who shared the mail itself, whoever brought most friends in all first."""
    return _page(_nodes(tree).filter(parent=None), start)


def below(tree: ShareTree, node_id: int, start: int = 0) -> Branch:
    """Return whom this person brought. Empty for a node of another tree or of a former build."""
    return _page(_nodes(tree).filter(parent_id=node_id), start)


def find(tree: ShareTree, key: str) -> TreeNode | None:
    """Return the person that a key names in the tree as it is now; an open page outlives a build."""
    column = {"c": "contact_id", "l": "share_link_id", "n": "pk"}.get(key[:1])
    number = key[1:]
    if column is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return _nodes(tree).filter(**{column: int(number)}).first()


def top(tree: ShareTree, n: int = TOP) -> list[TreeNode]:
    """Return who brought most herself: friends, then money, then visits; nobody who brought nothing."""
    brought = Q(friends__gt=0) | Q(visits__gt=0) | Q(money_minor__gt=0)
    return list(_nodes(tree).filter(brought).order_by("-friends", "-money_minor", "-visits", "pk")[:n])


def _nodes(tree: ShareTree) -> QuerySet[TreeNode]:
    return TreeNode.objects.filter(tree=tree, version=tree.version).select_related("contact")


def _page(rows: QuerySet[TreeNode], start: int) -> Branch:
    found = list(rows.order_by("-branch_friends", "-branch_visits", "pk")[start : start + PAGE + 1])
    return Branch(found[:PAGE], start, len(found) > PAGE)
