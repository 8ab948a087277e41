-- An outbox row says which host is at it, and until when: no other host's relay sends it before that.

alter table outbox
    add column owner_host   text,        -- null: nobody's yet
    add column taken_until  timestamptz; -- null, or in the past: a relay may take it

-- A relay's question is "which rows is nobody at?", however many are on their way. Their age orders the answer, which is short.
create index idx_outbox_free on outbox (taken_until);
drop index idx_outbox_created;

-- For the retention of inbox ids alone. It is written in order of time, so a block range index finds the old ones, and costs the
-- hot path next to nothing.
create index idx_inbox_at on inbox using brin (at) with (pages_per_range = 32, autosummarize = on);

-- Rows that live for milliseconds, and a row a job that is updated at each transition: vacuum them by count, not by share.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
alter table timers set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0, fillfactor = 80);
alter table jobs set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0,
    toast_tuple_target = 4080); -- a saga of ordinary size is not compressed anew at each transition
alter table nodes set (fillfactor = 50); -- few rows, updated at each payment

-- One row, written again and again: whether the storage still takes writes, and how fast.
create table storage_probe (
    id  int primary key check (id = 1),
    at  timestamptz not null
);
