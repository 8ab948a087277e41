-- Transfers that were settled for others (x402's /settle): each pays once, whoever shows it again.
create table settled_transfers (
    transfer   text collate "C" primary key,          -- SHA-256 of what the payer signed
    state      text collate "C" not null,             -- pending, settled, failed
    at         timestamptz not null
);

-- Deposits whose account was opened before they were paid: what gets its rent back.
create table opened_deposits (
    intent_id  text collate "C" not null,
    mint       text collate "C" not null,
    job_id     text collate "C" not null,
    client     text collate "C" not null,
    amount     bigint not null check (amount > 0),
    settle_by  bigint not null,             -- seconds since the epoch, as the chain has it
    primary key (intent_id, mint)
);

create index idx_opened_deposits_client on opened_deposits (client, settle_by);
create index idx_opened_deposits_settle_by on opened_deposits (settle_by, intent_id);
