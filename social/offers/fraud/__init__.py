"""Fraud with offers: rules that look, cases that a person decides, acts that can be undone."""
