"""What the beat does by itself: seconds between two times, and (`expires`) after how many a missed one is let go."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 20.0, "options": {"expires": 60}},
    "sending-round": {"task": "campaigns.tasks.go_round", "schedule": 15.0, "options": {"expires": 15}},
    "waiting-jobs": {"task": "contacts.tasks.run_waiting_jobs", "schedule": 30.0, "options": {"expires": 30}},
    "old-job-files": {"task": "contacts.tasks.forget_job_files", "schedule": 86_400.0, "options": {"expires": 3600}},
    "prospects": {"task": "contacts.tasks.keep_prospects_in_time", "schedule": 21_600.0, "options": {"expires": 3600}},
    "lapsed-reservations": {
        "task": "social.tasks.release_reservations",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "look-for-fraud": {"task": "social.tasks.look_for_fraud", "schedule": 300.0, "options": {"expires": 300}},
    "due-referrals": {"task": "social.tasks.approve_referrals", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-salts": {"task": "social.tasks.forget_salts", "schedule": 3600.0, "options": {"expires": 3600}},
    "share-trees": {"task": "social.tasks.refresh_trees", "schedule": 300.0, "options": {"expires": 300}},
    "score-rfm": {"task": "social.tasks.score_rfm", "schedule": 86_400.0, "options": {"expires": 3600}},
    "fan-checks": {"task": "social.tasks.ask_networks", "schedule": 60.0, "options": {"expires": 60}},
    "offer-counters": {"task": "social.tasks.check_counters", "schedule": 86_400.0, "options": {"expires": 3600}},
    "read-bounces": {"task": "campaigns.tasks.read_bounces", "schedule": 120.0, "options": {"expires": 120}},
    "count-reports": {"task": "campaigns.tasks.count_reports", "schedule": 20.0, "options": {"expires": 20}},
    "forget-events": {"task": "campaigns.tasks.forget_events", "schedule": 86_400.0, "options": {"expires": 3600}},
    "tell-partners": {"task": "config.tasks.tell_partners", "schedule": 5.0, "options": {"expires": 5}},
    "tell-team": {"task": "config.tasks.tell_team", "schedule": 120.0, "options": {"expires": 120}},
    "forget-webhooks": {"task": "config.tasks.forget_webhooks", "schedule": 86_400.0, "options": {"expires": 3600}},
    "sweep-broker": {"task": "config.tasks.sweep_broker", "schedule": 900.0, "options": {"expires": 900}},
}
