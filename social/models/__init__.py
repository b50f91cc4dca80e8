"""The tables of the upper floor: what a fan does next. `from social.models import Offer` is the public door."""

from social.models.fans import BrandAccount, FanCheck, FanCode, FanProof, FanWord, FediverseApp
from social.models.offers import Attempt, Claim, Code, CodeBatch, Offer, OfferCounter, OfferLimit, OfferText, Redemption
from social.models.orders import Conversion, Credit, Order, OrderLine, OrderSource
from social.models.places import Device, Place, QRCode, StaffMember
from social.models.rfm import RfmScale, RfmScore
from social.models.sharing import (
    DailySalt,
    EarnedVisit,
    Milestone,
    NetworkSetting,
    Referral,
    ReferralProgram,
    RewardGrant,
    ShareLink,
)
from social.models.trees import ShareTree, TreeNode

__all__ = [
    "Attempt",
    "BrandAccount",
    "Claim",
    "Code",
    "CodeBatch",
    "Conversion",
    "Credit",
    "DailySalt",
    "Device",
    "EarnedVisit",
    "FanCheck",
    "FanCode",
    "FanProof",
    "FanWord",
    "FediverseApp",
    "Milestone",
    "NetworkSetting",
    "Offer",
    "OfferCounter",
    "OfferLimit",
    "OfferText",
    "Order",
    "OrderLine",
    "OrderSource",
    "Place",
    "QRCode",
    "Redemption",
    "Referral",
    "ReferralProgram",
    "RewardGrant",
    "RfmScale",
    "RfmScore",
    "ShareLink",
    "ShareTree",
    "StaffMember",
    "TreeNode",
]
