-- A node signs in with its key, and each of its requests asks whose key that is.

create index idx_nodes_key on nodes (node_key);
