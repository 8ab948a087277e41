-- Transfers that were settled for others (x402's /settle): each pays once, whoever shows it again.
create table settled_transfers (
    transfer   text primary key,          -- SHA-256 of what the payer signed
    state      text not null,             -- pending, settled, failed
    at         integer not null
);

-- Deposits whose account was opened before they were paid: what gets its rent back.
create table opened_deposits (
    intent_id  text not null,
    mint       text not null,
    job_id     text not null,
    client     text not null,
    amount     integer not null check (amount > 0),
    settle_by  integer not null,             -- seconds since the epoch, as the chain has it
    primary key (intent_id, mint)
);

create index idx_opened_deposits_client on opened_deposits (client, settle_by);
create index idx_opened_deposits_settle_by on opened_deposits (settle_by, intent_id);
