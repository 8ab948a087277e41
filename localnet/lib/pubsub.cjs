'use strict';

// Subscriptions over WebSocket: signature, account, logs, program, slot and root.

const { COMMITMENTS, commitmentIn, reached } = require('./commitment.cjs');
const { encodeAccount, matchesFilters, publicKeyBytes, toBase58, toJson } = require('./encoding.cjs');
const { withContext } = require('./rpc/context.cjs');
const { RpcError, codes, invalidParams } = require('./rpc-error.cjs');

const METHOD = /^(signature|account|logs|program|slot|root)(Subscribe|Unsubscribe)$/;
const MAX_SUBSCRIPTIONS = 10_000;
const ABSENT_ACCOUNT = {
  lamports: 0, owner: '11111111111111111111111111111111', executable: false, rentEpoch: 0, space: 0, data: ['', 'base64'],
};

class PubSub {
  #chain;
  #subscriptions = new Map(); // id -> {id, kind, socket, key, config, commitment}
  #lastId = 0;

  constructor(chain) {
    this.#chain = chain;
    chain.on('transaction', ({ entry, commitment }) => this.#publishTransaction(entry, commitment));
    chain.on('slot', ({ slot }) => this.#publishSlot(slot));
  }

  /** Serves a ws WebSocket until it closes. */
  attach(socket) {
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      for (const subscription of this.#of(null)) {
        if (subscription.socket === socket) this.#subscriptions.delete(subscription.id);
      }
    });
    socket.on('message', (data) => this.#answer(socket, data));
  }

  #answer(socket, data) {
    let request;
    try {
      request = JSON.parse(data.toString());
    } catch {
      socket.send(toJson({ jsonrpc: '2.0', id: null, error: { code: codes.parse, message: 'Parse error' } }));
      return;
    }
    const head = { jsonrpc: '2.0', id: request?.id ?? null };
    let subscription = null;
    try {
      const [, kind, action] = METHOD.exec(request?.method) ?? [];
      if (!kind) throw new RpcError(codes.methodNotFound, 'Method not found');
      const params = request.params ?? [];
      if (action === 'Unsubscribe') {
        socket.send(toJson({ ...head, result: this.#unsubscribe(socket, kind, params[0]) }));
        return;
      }
      subscription = this.#subscription(socket, kind, params);
      socket.send(toJson({ ...head, result: subscription.id }));
    } catch (error) {
      const code = error instanceof RpcError ? error.code : codes.invalidParams;
      socket.send(toJson({ ...head, error: { code, message: error.message } }));
      return;
    }
    // Only now, so that no notification overtakes the answer that says what it belongs to.
    this.#subscriptions.set(subscription.id, subscription);
    if (subscription.kind === 'signature') this.#notifyIfReached(subscription);
  }

  #subscription(socket, kind, [subject, config]) {
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw new RpcError(codes.internal, 'too many subscriptions');
    return {
      id: ++this.#lastId, kind, socket, config: config ?? {}, commitment: commitmentIn(config), key: keyOf(kind, subject),
    };
  }

  #unsubscribe(socket, kind, id) {
    const subscription = this.#subscriptions.get(id);
    if (subscription?.socket !== socket || subscription.kind !== kind) throw invalidParams('Invalid subscription id.');
    return this.#subscriptions.delete(id);
  }

  #of(kind, commitment) {
    return [...this.#subscriptions.values()].filter((item) =>
      (kind === null || item.kind === kind) && (commitment === undefined || item.commitment === commitment));
  }

  #notify(subscription, result) {
    subscription.socket.send(toJson({
      jsonrpc: '2.0', method: `${subscription.kind}Notification`, params: { result, subscription: subscription.id },
    }));
  }

  #notifyIfReached(subscription) {
    const entry = this.#chain.history.get(subscription.key);
    if (!entry?.durable || !reached(this.#chain.commitmentOf(entry), subscription.commitment)) return;
    this.#subscriptions.delete(subscription.id); // a signature has one notification
    this.#notify(subscription, this.#at(entry.slot, { err: entry.err }));
  }

  #at(slot, value) {
    const answer = withContext(this.#chain, value);
    return { ...answer, context: { ...answer.context, slot } };
  }

  #publishTransaction(entry, commitment) {
    for (const subscription of this.#of('signature')) {
      // At or past what it waits for: a commitment may have been jumped over by a late sync to disk.
      if (subscription.key === entry.signature && COMMITMENTS.indexOf(subscription.commitment) <= COMMITMENTS.indexOf(commitment)) {
        this.#notifyIfReached(subscription);
      }
    }
    this.#publishLogs(entry, commitment);
    this.#publishAccounts(entry, commitment);
  }

  #publishLogs(entry, commitment) {
    const wanting = this.#of('logs', commitment).filter((item) => item.key === null || entry.mentions.includes(item.key));
    if (wanting.length === 0) return;
    const value = { signature: entry.signature, err: entry.err, logs: this.#chain.recordOf(entry).logs };
    for (const subscription of wanting) this.#notify(subscription, this.#at(entry.slot, value));
  }

  #publishAccounts(entry, commitment) {
    const accounts = this.#of('account', commitment);
    const programs = this.#of('program', commitment);
    if (accounts.length === 0 && programs.length === 0) return;
    const lookup = (address) => this.#chain.vm.account(address);
    for (const address of entry.writable) {
      const account = lookup(publicKeyBytes(address));
      for (const subscription of accounts.filter((item) => item.key === address)) {
        this.#notify(subscription,
          withContext(this.#chain, encodeAccount(account, subscription.config, lookup, 'base64') ?? ABSENT_ACCOUNT));
      }
      if (!account) continue;
      const owner = toBase58(account.owner());
      for (const subscription of programs.filter((item) => item.key === owner)) {
        if (!matchesFilters(Buffer.from(account.data()), subscription.config.filters)) continue;
        const value = { pubkey: address, account: encodeAccount(account, subscription.config, lookup, 'base64') };
        this.#notify(subscription, withContext(this.#chain, value));
      }
    }
  }

  #publishSlot(slot) {
    const root = Math.max(0, slot - this.#chain.finalizedAfter);
    for (const subscription of this.#of('slot')) this.#notify(subscription, { parent: slot - 1, root, slot });
    for (const subscription of this.#of('root')) this.#notify(subscription, root);
  }
}

/** What a subscription is about: an address, a signature, or null for everything. */
function keyOf(kind, subject) {
  switch (kind) {
    case 'account':
    case 'program':
      publicKeyBytes(subject);
      return subject;
    case 'signature':
      if (typeof subject !== 'string') throw invalidParams('expected a signature');
      return subject;
    case 'logs': {
      if (subject === 'all' || subject === 'allWithVotes') return null;
      if (subject?.mentions?.length !== 1) throw invalidParams('expected "all" or {mentions: [one address]}');
      publicKeyBytes(subject.mentions[0]);
      return subject.mentions[0];
    }
    default:
      return null;
  }
}

module.exports = { PubSub };
