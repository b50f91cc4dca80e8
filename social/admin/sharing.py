"""Networks, share links, referrals and their programmes in the admin."""
