"""How well we know that a contact is a fan: one file per way of proving it, one question, `proofs.level_of`."""
