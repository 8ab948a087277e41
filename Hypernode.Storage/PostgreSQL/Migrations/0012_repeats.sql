-- Answers to requests with an Idempotency-Key. status is null while the first is being answered.

create table repeats (
    caller    text not null,
    key       text not null,
    request   text not null,     -- hash of method, route and body
    begun_at  timestamptz not null,
    status    integer,
    location  text,
    body      text,
    primary key (caller, key)
);

create index idx_repeats_begun on repeats (begun_at);
