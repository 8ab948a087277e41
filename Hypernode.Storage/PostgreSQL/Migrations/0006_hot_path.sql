-- A foreign key is a query and a lock on the referenced row for each row that is inserted: some twenty a job. On these tables
-- it could never fail: the journal's one statement writes them for jobs only that it has just read and locked, and jobs and
-- nodes are never deleted; a log's chunks are taken from the holder of a live lease alone. Everything else keeps its keys.
alter table job_transitions drop constraint job_transitions_job_id_fkey;
alter table timers drop constraint timers_job_id_fkey;
alter table leases drop constraint leases_job_id_fkey;
alter table job_logs drop constraint job_logs_job_id_fkey;
alter table jobs drop constraint jobs_assigned_node_id_fkey; -- the lease has one
