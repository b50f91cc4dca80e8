"""Tasks of the ground floor: ids in, one verb, nothing else."""

from __future__ import annotations

from celery import shared_task

from contacts import jobs, retention


@shared_task(ignore_result=True)
def run_job(job_id: int) -> None:
    """Do one job; a second hint for it finds it taken."""
    jobs.run(job_id)


@shared_task(ignore_result=True)
def run_waiting_jobs() -> None:
    """Do what no hint reached and what a killed worker left behind."""
    jobs.run_waiting()


@shared_task(ignore_result=True)
def forget_job_files() -> None:
    """Delete the files of jobs that ended long ago."""
    jobs.forget_files()


@shared_task(ignore_result=True)
def keep_prospects_in_time() -> None:
    """Write to prospects whose time ends, and forget those whose time is over."""
    retention.keep_in_time()
