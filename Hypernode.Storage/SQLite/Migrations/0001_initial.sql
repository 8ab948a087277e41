-- The white paper's tables (§7.2) and what the workflow needs beside them.
--
-- Where this differs from the white paper, and why:
--   * node_id, job_id and intent_id are the primary keys: they are UUIDs themselves, a second id would be a second truth;
--   * amounts are integer base units, never decimals (I12); times are integers: milliseconds since the epoch;
--   * jobs.logs is the table job_logs, nodes.last_active_at is the table liveness: both change far more often than their rows;
--   * jobs.execution_time is not stored: it is first_beat_at to last_beat_at of the paid attempt's lease.
-- The same tables as PostgreSQL's, column for column; UUIDs are text in lower case.

create table users (
    id              text primary key,
    wallet_address  text not null unique,
    created_at      integer not null,
    last_seen       integer
) strict;

create table nodes (
    node_id               text primary key,
    user_id               text not null references users (id), -- the authority: the wallet that is paid
    node_key              text not null,                     -- the key that signs receipts
    hostname              text not null,
    status                text not null,
    slots                 integer not null check (slots >= 0),
    cpu_millis            integer not null,
    memory_mb             integer not null,
    price_per_second      integer not null check (price_per_second >= 0),
    gpu_info              text not null,                       -- JSON
    images                text not null,                       -- JSON
    stake_amount          integer not null default 0 check (stake_amount >= 0),
    total_earned          integer not null default 0 check (total_earned >= 0),
    total_jobs_completed  integer not null default 0 check (total_jobs_completed >= 0),
    registered_at         integer not null
) strict;

create table jobs (
    job_id             text primary key,
    user_id            text not null references users (id),
    assigned_node_id   text references nodes (node_id),
    job_type           text not null,
    description        text,
    status             text not null,                          -- the white paper's five, derived from state
    state              text not null,
    version            integer not null,                           -- the saga's guard: rises by one a transition
    attempt            integer not null,
    outcome            text,
    payment_amount     integer not null check (payment_amount >= 0),
    payment_intent_id  text not null unique,
    escrow_pubkey      text,
    execution_hash     text,
    logs_hash          text,
    proof_tx           text,
    charge             integer check (charge >= 0),
    node_share         integer check (node_share >= 0),
    protocol_fee       integer check (protocol_fee >= 0),
    platform_fee       integer check (platform_fee >= 0),
    refund             integer check (refund >= 0),
    signatures         text not null,                          -- JSON: every transaction of the job
    spec               text not null,                          -- JSON, as the payer's nonce commits to it
    spec_hash          text not null,
    settle_by          integer not null,                        -- seconds since the epoch, as the chain has it
    salt               text not null,
    estimated_time     integer not null,                           -- seconds
    saga               text not null,                          -- the saga's own JSON
    created_at         integer not null,
    completed_at       integer,
    -- Where the payment ended (I1): charge = node + protocol + platform, amount = charge + refund; nothing was locked of a rejected job.
    check (charge is null or (charge = node_share + protocol_fee + platform_fee and (payment_amount = charge + refund or state = 'Rejected')))
) strict;

create index idx_jobs_user on jobs (user_id, created_at desc, job_id desc);
-- No index on status or state: it would be rewritten at every transition, for a question that is asked rarely.

-- A nonce and an intent id are used once, forever (I6): rows of this table are never deleted.
create table payment_intents (
    intent_id   text primary key,
    client      text not null,
    amount      integer not null check (amount >= 0),
    job_id      text not null unique references jobs (job_id),
    signature   text not null,
    nonce       text not null,
    status      text not null default 'pending',               -- pending, completed, refunded, failed
    created_at  integer not null,                          -- the intent's own timestamp
    expires_at  integer not null,                          -- authorize_by
    used_at     integer not null,                          -- when the intake accepted it
    unique (client, nonce)
) strict;

create table job_transitions (
    job_id   text not null references jobs (job_id),
    version  integer not null,                                     -- of the job after the transition
    step     integer not null,                                     -- a transition may pass through several states
    state    text not null,
    at       integer not null,
    cause    text not null,
    attempt  integer not null,
    primary key (job_id, version, step)
) strict;

create table inbox (
    message_id  text primary key,
    at          integer not null
) strict;

create table outbox (
    message_id   text primary key,
    destination  text not null,
    type         text not null,
    body         text not null,
    job_id       text,
    created_at   integer not null
) strict;

create index idx_outbox_created on outbox (created_at);

create table timers (
    job_id  text not null references jobs (job_id),
    kind    text not null,
    due_at  integer not null,
    epoch   integer not null,
    type    text not null,
    body    text not null,
    primary key (job_id, kind)
) strict;

create index idx_timers_due on timers (due_at);

create table leases (
    job_id           text not null references jobs (job_id),
    attempt          integer not null,
    node_id          text not null references nodes (node_id),
    slot             integer not null check (slot >= 0),
    challenge        text not null,
    rate_per_second  integer not null check (rate_per_second >= 0),
    live             integer not null,
    taken_at         integer not null,
    first_beat_at    integer,
    last_beat_at     integer,
    primary key (job_id, attempt)
) strict;

-- I10: one live lease per slot of a node.
create unique index leases_one_live_per_slot on leases (node_id, slot) where live;

create table liveness (
    node_id    text primary key references nodes (node_id),
    last_seen  integer not null
) strict;

create table job_logs (
    job_id       text not null references jobs (job_id),
    attempt      integer not null,
    seq          integer not null,
    stream       text not null,
    at           integer not null,                              -- ms since the epoch, of the node's clock
    data         blob not null,
    hash         text not null,
    received_at  integer not null,
    primary key (job_id, attempt, seq)
) strict;

create table receipts (
    arrival       integer primary key autoincrement,
    job_id        text not null references jobs (job_id),
    attempt       integer not null,
    node_id       text not null references nodes (node_id),
    receipt_hash  text not null,
    body          text not null,                               -- JSON
    signature     text not null,
    received_at   integer not null,
    unique (job_id, attempt)
) strict;

create table auth_challenges (
    challenge   text primary key,
    wallet      text not null,
    expires_at  integer not null
) strict;

create index idx_auth_challenges_expiry on auth_challenges (expires_at);
