"""Offers: codes, rules, redemption. Each verb of an offer's life has one place: `redemption` claims, redeems and reverses."""
