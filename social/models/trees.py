"""The tree of a campaign's friends, put together from share links and referrals so that any branch opens at once."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from contacts.models import Contact
from social.models.sharing import ShareLink


class ShareTree(models.Model):
    """The figures of a campaign's tree and when they were put together; `version` names the nodes that hold."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, related_name="share_tree", verbose_name=_("campaign")
    )
    version = models.PositiveIntegerField(_("version"), default=0)
    figures = models.JSONField(_("figures"), default=dict)
    took_ms = models.PositiveIntegerField(_("took, in milliseconds"), default=0)
    building_until = models.DateTimeField(_("being put together until"), null=True, blank=True)
    built_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("tree of friends")
        verbose_name_plural = _("trees of friends")

    def __str__(self) -> str:
        return str(self.campaign)


class TreeNode(models.Model):
    """One person in a campaign's tree: who shared, or who came through a share; what she and her branch brought.

    Made anew from the ledger at each build: nothing refers to it. Without a contact it is a friend whom nobody knows.
    """

    on_erase: ClassVar[str] = "detach"

    tree = models.ForeignKey(ShareTree, on_delete=models.CASCADE, related_name="nodes", verbose_name=_("tree"))
    version = models.PositiveIntegerField(_("version"))
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="tree_nodes", verbose_name=_("contact")
    )
    share_link = models.ForeignKey(
        ShareLink, null=True, on_delete=models.SET_NULL, related_name="tree_nodes", verbose_name=_("share link")
    )
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="children", verbose_name=_("came through")
    )
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    via = models.CharField(_("came by"), max_length=24, blank=True)
    networks = models.JSONField(_("networks"), default=list)
    is_sharer = models.BooleanField(_("shared"), default=False)
    is_confirmed = models.BooleanField(_("shared, with evidence"), default=False)
    visits = models.PositiveIntegerField(_("friends' visits"), default=0)
    friends = models.PositiveIntegerField(_("friends who signed up"), default=0)
    money = models.JSONField(_("what friends bought"), default=dict, help_text=_("minor units by currency"))
    money_minor = models.BigIntegerField(_("what friends bought, in the base currency"), default=0)
    people_below = models.PositiveIntegerField(_("people in the branch"), default=0)
    branch_visits = models.PositiveIntegerField(_("visits in the branch, her own included"), default=0)
    branch_friends = models.PositiveIntegerField(_("friends in the branch, her own included"), default=0)
    branch_money = models.JSONField(_("bought in the branch"), default=dict)
    branch_money_minor = models.BigIntegerField(_("bought in the branch, in the base currency"), default=0)
    joined_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("person in a tree")
        verbose_name_plural = _("people in trees")
        indexes = [
            models.Index(
                fields=["tree", "version", "parent", "-branch_friends", "-branch_visits", "id"], name="tree_branch"
            ),
            models.Index(fields=["tree", "version", "-friends", "-money_minor", "-visits", "id"], name="tree_top"),
        ]

    def __str__(self) -> str:
        return f"{self.tree_id} {self.contact_id} {self.generation}"

    @property
    def key(self) -> str:
        """What names this person in every build of the tree: `c7` by contact, `l9` by link; `n3` in this build only."""
        if self.contact_id:
            return f"c{self.contact_id}"
        return f"l{self.share_link_id}" if self.share_link_id else f"n{self.pk}"
