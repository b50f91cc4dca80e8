"""The public pages of a mail: web version, unsubscribe, preferences, confirmation; and what the front hands on.

They hold no rules: a token is read, one verb is called, a page is shown. No cookie, no session, a GET changes nothing.
"""
