-- The white paper's tables (§7.2) and what the workflow needs beside them.
--
-- Where this differs from the white paper, and why:
--   * node_id, job_id and intent_id are the primary keys: they are UUIDs themselves, a second id would be a second truth;
--   * amounts are bigint base units, never decimals (I12); times are timestamptz, written in whole milliseconds;
--   * jobs.logs is the table job_logs, nodes.last_active_at is the table liveness: both change far more often than their rows;
--   * jobs.execution_time is not stored: it is first_beat_at to last_beat_at of the paid attempt's lease.
-- Ids sort and compare by byte (collate "C").

create table users (
    id              uuid primary key,
    wallet_address  text collate "C" not null unique,
    created_at      timestamptz not null,
    last_seen       timestamptz
);

create table nodes (
    node_id               text collate "C" primary key,
    user_id               uuid not null references users (id), -- the authority: the wallet that is paid
    node_key              text collate "C" not null,           -- the key that signs receipts
    hostname              text not null,
    status                text not null,
    slots                 int not null check (slots >= 0),
    cpu_millis            int not null,
    memory_mb             int not null,
    price_per_second      bigint not null check (price_per_second >= 0),
    gpu_info              text not null,                       -- JSON
    images                text not null,                       -- JSON
    stake_amount          bigint not null default 0 check (stake_amount >= 0),
    total_earned          bigint not null default 0 check (total_earned >= 0),
    total_jobs_completed  bigint not null default 0 check (total_jobs_completed >= 0),
    registered_at         timestamptz not null
);

create table jobs (
    job_id             text collate "C" primary key,
    user_id            uuid not null references users (id),
    assigned_node_id   text collate "C" references nodes (node_id),
    job_type           text not null,
    description        text,
    status             text not null,                          -- the white paper's five, derived from state
    state              text not null,
    version            int not null,                           -- the saga's guard: rises by one a transition
    attempt            int not null,
    outcome            text,
    payment_amount     bigint not null check (payment_amount >= 0),
    payment_intent_id  text collate "C" not null unique,
    escrow_pubkey      text,
    execution_hash     text,
    logs_hash          text,
    proof_tx           text,
    charge             bigint check (charge >= 0),
    node_share         bigint check (node_share >= 0),
    protocol_fee       bigint check (protocol_fee >= 0),
    platform_fee       bigint check (platform_fee >= 0),
    refund             bigint check (refund >= 0),
    signatures         text not null,                          -- JSON: every transaction of the job
    spec               text not null,                          -- JSON, as the payer's nonce commits to it
    spec_hash          text not null,
    settle_by          bigint not null,                        -- seconds since the epoch, as the chain has it
    salt               text not null,
    estimated_time     int not null,                           -- seconds
    saga               text not null,                          -- the saga's own JSON
    created_at         timestamptz not null,
    completed_at       timestamptz,
    -- Where the payment ended (I1): charge = node + protocol + platform, amount = charge + refund; nothing was locked of a rejected job.
    check (charge is null or (charge = node_share + protocol_fee + platform_fee and (payment_amount = charge + refund or state = 'Rejected')))
) with (fillfactor = 70); -- room for updates in place

create index idx_jobs_user on jobs (user_id, created_at desc, job_id desc);
-- No index on status or state: it would be rewritten at every transition, for a question that is asked rarely.

-- A nonce and an intent id are used once, forever (I6): rows of this table are never deleted.
create table payment_intents (
    intent_id   text collate "C" primary key,
    client      text collate "C" not null,
    amount      bigint not null check (amount >= 0),
    job_id      text collate "C" not null unique references jobs (job_id),
    signature   text not null,
    nonce       text collate "C" not null,
    status      text not null default 'pending',               -- pending, completed, refunded, failed
    created_at  timestamptz not null,                          -- the intent's own timestamp
    expires_at  timestamptz not null,                          -- authorize_by
    used_at     timestamptz not null,                          -- when the intake accepted it
    unique (client, nonce)
);

create table job_transitions (
    job_id   text collate "C" not null references jobs (job_id),
    version  int not null,                                     -- of the job after the transition
    step     int not null,                                     -- a transition may pass through several states
    state    text not null,
    at       timestamptz not null,
    cause    text not null,
    attempt  int not null,
    primary key (job_id, version, step)
);

create table inbox (
    message_id  uuid primary key,
    at          timestamptz not null
);

create table outbox (
    message_id   uuid primary key,
    destination  text not null,
    type         text not null,
    body         text not null,
    job_id       text collate "C",
    created_at   timestamptz not null
);

create index idx_outbox_created on outbox (created_at);

create table timers (
    job_id  text collate "C" not null references jobs (job_id),
    kind    text not null,
    due_at  timestamptz not null,
    epoch   int not null,
    type    text not null,
    body    text not null,
    primary key (job_id, kind)
);

create index idx_timers_due on timers (due_at);

create table leases (
    job_id           text collate "C" not null references jobs (job_id),
    attempt          int not null,
    node_id          text collate "C" not null references nodes (node_id),
    slot             int not null check (slot >= 0),
    challenge        text not null,
    rate_per_second  bigint not null check (rate_per_second >= 0),
    live             boolean not null,
    taken_at         timestamptz not null,
    first_beat_at    timestamptz,
    last_beat_at     timestamptz,
    primary key (job_id, attempt)
);

-- I10: one live lease per slot of a node.
create unique index leases_one_live_per_slot on leases (node_id, slot) where live;

create table liveness (
    node_id    text collate "C" primary key references nodes (node_id),
    last_seen  timestamptz not null
);

create table job_logs (
    job_id       text collate "C" not null references jobs (job_id),
    attempt      int not null,
    seq          bigint not null,
    stream       text not null,
    at           bigint not null,                              -- ms since the epoch, of the node's clock
    data         bytea not null,
    hash         text not null,
    received_at  timestamptz not null,
    primary key (job_id, attempt, seq)
);

create table receipts (
    arrival       bigint generated always as identity primary key,
    job_id        text collate "C" not null references jobs (job_id),
    attempt       int not null,
    node_id       text collate "C" not null references nodes (node_id),
    receipt_hash  text not null,
    body          text not null,                               -- JSON
    signature     text not null,
    received_at   timestamptz not null,
    unique (job_id, attempt)
);

create table auth_challenges (
    challenge   text primary key,
    wallet      text collate "C" not null,
    expires_at  timestamptz not null
);

create index idx_auth_challenges_expiry on auth_challenges (expires_at);
