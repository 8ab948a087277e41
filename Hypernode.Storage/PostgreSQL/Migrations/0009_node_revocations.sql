-- Whose word took a node's right to work away, and why: the status alone does not say who may give it back.

create table node_revocations (
    node_id     text collate "C" primary key references nodes (node_id),
    revoked_by  text not null,                                  -- Operator or Chain
    reason      text not null,
    revoked_at  timestamptz not null
);
