# The bundled local Solana network, for development.
FROM node:20.19.5-bookworm-slim
WORKDIR /localnet
COPY localnet/package.json localnet/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY localnet .
RUN mkdir /ledger && chown node /ledger
USER node
VOLUME /ledger
CMD ["node", "main.cjs", "--data", "/ledger"]
