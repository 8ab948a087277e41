-- Payments that arrive as plain transfers (x402). All sums of a job are in base units of the mint that it is paid in.
alter table jobs add column payment_mint text collate "C"; -- null: HYPER

-- Where they arrive: the terms are what the address commits to, and what gives back whatever comes there too late or twice.
create table deposits (
    intent_id  text collate "C" primary key,
    job_id     text collate "C" not null unique references jobs (job_id),
    client     text collate "C" not null,
    mint       text collate "C" not null,
    amount     bigint not null check (amount > 0),
    settle_by  bigint not null,             -- seconds since the epoch, as the chain has it
    transfer   text collate "C" not null unique       -- SHA-256 of what the payer signed: one transfer pays for one job
);

create index idx_deposits_settle_by on deposits (settle_by, intent_id);
