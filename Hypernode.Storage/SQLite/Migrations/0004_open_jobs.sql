-- The audit of I7 asks for open jobs every minute: they are few, those that have ended are many. A job enters this index when
-- it is accepted and leaves it when it ends; no transition in between touches it.

create index idx_jobs_open on jobs (job_id) where completed_at is null;
