"""Start here: the steps to a first campaign, how mail leaves this house, and invented data to look around with."""
