"""The tables of the upper floor: what a fan does next. `from social.models import Offer` is the public door."""

from social.models.fans import BrandAccount, FanCheck, FanCode, FanProof, FanWord, FediverseApp
from social.models.fraud import FraudCase, FraudRule
from social.models.offers import Code, CodeBatch, Offer, OfferBlackout, OfferCounter, OfferLimit, OfferText
from social.models.orders import Conversion, Credit, Order, OrderLine, OrderSource
from social.models.places import Device, Place, QRCode, QRScanDay, StaffMember, TillTicket
from social.models.rfm import RfmScale, RfmScore
from social.models.sharing import (
    DailySalt,
    EarnedVisit,
    Milestone,
    NetworkSetting,
    OrphanHit,
    Referral,
    ReferralProgram,
    RewardGrant,
    ShareLink,
)
from social.models.trees import ShareTree, TreeNode
from social.models.uses import Attempt, Claim, Redemption, TillNote

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
    "FraudCase",
    "FraudRule",
    "Milestone",
    "NetworkSetting",
    "Offer",
    "OfferBlackout",
    "OfferCounter",
    "OfferLimit",
    "OfferText",
    "Order",
    "OrderLine",
    "OrderSource",
    "OrphanHit",
    "Place",
    "QRCode",
    "QRScanDay",
    "Redemption",
    "Referral",
    "ReferralProgram",
    "RewardGrant",
    "RfmScale",
    "RfmScore",
    "ShareLink",
    "ShareTree",
    "StaffMember",
    "TillNote",
    "TillTicket",
    "TreeNode",
]
