import { type Clock, pause } from '../../kernel/clock';
import type { HistoryEvent } from '../history/events';
import type { Dice } from '../../kernel/dice';
import type { Account } from './accounts';
import type { Clients, Op } from './clients';
import { read, type Reply, type Rest } from './rest';

const PATIENCE_MS = 12_000;
const PAUSE_MS = { from: 200, to: 1_200 } as const;
const FROZEN_MS = { from: 300, to: 1_500 } as const;
const END_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 250;

interface Begun {
  readonly operationId: string;
  readonly kind: string;
  readonly account?: string;
}

/**
 * The operator, who goes on working while things break: resizes (in number and over other shards), levels, freezes and
 * unfreezes, audits, opens accounts.
 */
export class Steward {
  readonly counts: Record<string, { asked: number; accepted: number }> = {};
  readonly #begun: Begun[] = [];
  readonly #frozen = new Set<string>();
  #working: Promise<void> | undefined;
  #stopped = false;
  #opened = 0;

  constructor(
    private readonly parts: {
      readonly rest: Rest;
      readonly clients: Clients;
      readonly accounts: readonly Account[];
      readonly shardNames: readonly string[];
      readonly dice: Dice;
      readonly clock: Clock;
      readonly services: number;
      readonly write: (event: HistoryEvent) => void;
    },
  ) {}

  start(): void {
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }

  /** Unfreezes what is frozen, and follows every operation that was begun to its end. */
  async windUp(): Promise<void> {
    for (const account of this.#frozen) {
      const deadline = this.parts.clock.nowMs() + END_MS_MAX;
      while (!(await this.#setStatus(account, 'active')) && this.parts.clock.nowMs() < deadline)
        await pause(LOOK_AGAIN_MS);
    }
    for (const begun of this.#begun) this.parts.write(await this.#endOf(begun));
  }

  /** An audit of everything; answers whether it is balanced and what it found. */
  async audit(): Promise<{ balanced: boolean; findings: unknown; error?: string }> {
    const reply = await this.#call('audit', 'POST', '/v1/admin/audits');
    const operationId = read(reply.body)['operationId'];
    if (typeof operationId !== 'string')
      return {
        balanced: false,
        findings: [],
        error: `it was not accepted: ${reply.status ?? reply.why ?? '?'}`,
      };
    const end = await this.#endOf({ operationId, kind: 'audit' });
    this.parts.write(end);
    return {
      balanced: end.balanced === true,
      findings: end.findings,
      ...(end.ended === 'done' ? {} : { error: `it ended ${end.ended}: ${end.error ?? ''}` }),
    };
  }

  async #work(): Promise<void> {
    const { dice } = this.parts;
    while (!this.#stopped) {
      await this.#act(dice.next());
      await pause(dice.between(PAUSE_MS.from, PAUSE_MS.to));
    }
  }

  #act(drawn: number): Promise<unknown> {
    const { dice, accounts } = this.parts;
    const split = accounts.filter(({ kind }) => kind.subAccounts > 1);
    const account = dice.oneOf(split).id;
    if (drawn < 0.3) return this.#resize(account);
    if (drawn < 0.55) return this.#move(dice.happens(0.8) ? account : dice.oneOf(accounts).id);
    if (drawn < 0.7) return this.#begin('rebalance', account, `/v1/admin/accounts/${account}/rebalance`);
    if (drawn < 0.85) return this.#freezeForAWhile(account);
    if (drawn < 0.92) return this.#begin('audit', undefined, '/v1/admin/audits');
    return this.#open();
  }

  #resize(account: string): Promise<unknown> {
    const count = this.parts.dice.between(3, 12);
    return this.#begin('resize', account, `/v1/admin/accounts/${account}/sub-accounts`, { count });
  }

  #move(account: string): Promise<unknown> {
    const { dice, shardNames } = this.parts;
    const shards = dice.shuffled(shardNames).slice(0, dice.between(1, shardNames.length));
    const count = dice.between(shards.length, 9);
    return this.#begin('move', account, `/v1/admin/accounts/${account}/sub-accounts`, { count, shards });
  }

  async #begin(kind: string, account: string | undefined, path: string, body?: object): Promise<void> {
    const reply = await this.#call(kind, body ? 'PUT' : 'POST', path, body);
    const operationId = read(reply.body)['operationId'];
    if (typeof operationId !== 'string') return;
    this.#begun.push({ operationId, kind, ...(account === undefined ? {} : { account }) });
  }

  async #freezeForAWhile(account: string): Promise<void> {
    const { dice } = this.parts;
    this.#frozen.add(account);
    await this.#setStatus(account, 'frozen');
    await pause(dice.between(FROZEN_MS.from, FROZEN_MS.to));
    if (await this.#setStatus(account, 'active')) this.#frozen.delete(account);
  }

  async #setStatus(account: string, to: 'frozen' | 'active'): Promise<boolean> {
    const verb = to === 'frozen' ? 'freeze' : 'unfreeze';
    const { fromMs, toMs, status } = await this.#call(verb, 'POST', `/v1/accounts/${account}/${verb}`);
    const answered = status === undefined ? {} : { status };
    this.parts.write({ event: 'status', account, to, fromMs, toMs, ...answered });
    return status === 200;
  }

  async #open(): Promise<void> {
    const { clients, dice } = this.parts;
    const subAccounts = dice.between(1, 6);
    const op: Op = clients.ask({
      account: `opened-${(this.#opened += 1)}`,
      key: 'opening balance',
      kind: 'creation',
      amount: String(dice.between(10, 100_000)),
      further: { asset: 'USD/2', subAccounts },
    });
    this.#count('open', (await clients.send(op, this.#anyService())) === 'succeeded');
  }

  async #call(kind: string, method: 'POST' | 'PUT', path: string, body?: object): Promise<Reply> {
    const service = this.#anyService();
    const reply = await this.parts.rest.call({ service, method, path, body, patienceMs: PATIENCE_MS });
    this.#count(kind, reply.status !== undefined && reply.status < 300);
    return reply;
  }

  async #endOf({ operationId, kind, account }: Begun): Promise<HistoryEvent & { event: 'operation' }> {
    const { rest, clock } = this.parts;
    const deadline = clock.nowMs() + END_MS_MAX;
    const common = { event: 'operation' as const, operationId, kind, ...(account ? { account } : {}) };
    for (;;) {
      const path = `/v1/admin/operations/${operationId}`;
      const service = this.#anyService();
      const reply = await rest.call({ service, method: 'GET', path, patienceMs: PATIENCE_MS });
      const { status, result, error } = read(reply.body);
      if (reply.status === 200 && status === 'done') return { ...common, ended: status, ...auditOf(result) };
      if (reply.status === 200 && status === 'failed')
        return { ...common, ended: status, error: JSON.stringify(error) };
      if (clock.nowMs() > deadline) return { ...common, ended: 'open', error: reply.body };
      await pause(LOOK_AGAIN_MS);
    }
  }

  #count(kind: string, accepted: boolean): void {
    const count = (this.counts[kind] ??= { asked: 0, accepted: 0 });
    count.asked += 1;
    if (accepted) count.accepted += 1;
  }

  #anyService(): number {
    return this.parts.dice.between(0, this.parts.services - 1);
  }
}

/** Asked so often for an account, a busy machine has made it. */
const CREATIONS_MAX = 30;

/** Creates the accounts that a run begins with, whoever is asked. */
export async function createAccounts(clients: Clients, accounts: readonly Account[]): Promise<void> {
  await Promise.all(accounts.map((account) => createAccount(clients, account)));
}

async function createAccount(clients: Clients, { id, kind }: Account): Promise<void> {
  const creation = clients.ask({
    account: id,
    key: 'opening balance',
    kind: 'creation',
    amount: String(kind.openingMinor),
    further: { asset: 'USD/2', subAccounts: kind.subAccounts },
  });
  for (let tries = 0; tries < CREATIONS_MAX; tries += 1) {
    if ((await clients.send(creation, 0)) === 'succeeded') return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`the account ${id} could not be created`);
}

function auditOf(result: unknown): { balanced?: boolean; findings?: unknown } {
  const { balanced, findings } = (result ?? {}) as { balanced?: unknown; findings?: unknown };
  return typeof balanced === 'boolean' ? { balanced, findings } : {};
}
