"""A module as settings.CONFIRMED_HOOKS names them."""

seen = []


def confirmed(contact):
    seen.append(contact)
