-- An outbox row says which host is at it, and until when: no other host's relay sends it before that.

alter table outbox add column owner_host text;     -- null: nobody's yet
alter table outbox add column taken_until integer; -- null, or in the past: a relay may take it

-- A relay's question is "which rows is nobody at?", however many are on their way. Their age orders the answer, which is short.
create index idx_outbox_free on outbox (taken_until);
drop index idx_outbox_created;
-- No index on the inbox's times: its rows lie in the order in which they came, and the retention reads the first of them.

-- One row, written again and again: whether the storage still takes writes, and how fast.
create table storage_probe (
    id  integer primary key check (id = 1),
    at  integer not null
) strict;
