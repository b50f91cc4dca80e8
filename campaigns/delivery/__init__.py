"""Delivery: a ledger, not a queue. The database says what is to be sent, what is on the wire and what was taken.

audience → ledger → feed → relay (smtp, Outbox, Anymail) → replies → ledger; `control` holds the verbs a person presses.
"""
