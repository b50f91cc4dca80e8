"""The demo: a believable small chain of shops, one campaign, and what its fans did, through the real doors only.

    stage.people(2000) → send → play → funnel

Every stage is done once and leaves a mark, so a second `demo` adds nothing. The same seed makes the same story.
"""

SEED = 2026
