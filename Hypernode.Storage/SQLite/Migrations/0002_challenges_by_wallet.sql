-- A wallet's oldest challenges go when it asks for more: they are looked up by wallet, however many other wallets ask.

create index idx_auth_challenges_wallet on auth_challenges (wallet, expires_at);
