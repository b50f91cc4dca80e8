"""The team: how its people are invited, sign in, prove themselves a second time, and sign out elsewhere."""
