"""The desk's pages of the ground floor, one file a job: people, ledgers, looks, segments, imports."""

from contacts.admin import brands, jobs, ledgers, people, segments

__all__ = ["brands", "jobs", "ledgers", "people", "segments"]
