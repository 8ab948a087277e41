-- What a node sells beyond no network at all, as JSON; null (also of every older row): nothing else.
alter table nodes add column network_modes text;
