"""Offers: codes, rules, redemption. `redemption` is the door: claim, validate, redeem, reverse."""
