"""Public pages of the upper floor: they fetch, call one verb and answer; no rule lives here."""
