-- The market is listed page by page, by id or by price, mostly of one status. All three change seldom: beats are in liveness.

create index idx_nodes_status on nodes (status, node_id);
create index idx_nodes_status_price on nodes (status, price_per_second, node_id);
create index idx_nodes_price on nodes (price_per_second, node_id);
