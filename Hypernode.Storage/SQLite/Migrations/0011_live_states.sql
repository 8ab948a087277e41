-- The last state that was shown live of what has no history of its own (node:…, network, wallet:…), and its number.

create table live_states (
    topic  text primary key,
    seq    integer not null check (seq > 0),
    body   text not null
) strict;
