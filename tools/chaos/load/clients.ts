import type { Clock } from '../../kernel/clock';
import type { Called, HistoryEvent, Money } from '../history/events';
import { read, type Reply, type Rest } from './rest';

/** One request key and what is asked under it; the body is the same whenever it is sent. */
export interface Op {
  readonly number: number;
  readonly account: string;
  readonly key: string;
  readonly kind: Money;
  readonly amount: string;
  /** What else the body says. */
  readonly further: Readonly<Record<string, unknown>>;
  succeeded: boolean;
  /** Some call with it ended without saying what it had done. */
  isIndefinite: boolean;
  /** It is only ever sent to be charged later. */
  isLater: boolean;
}

/** What one call with a key came to, as far as its sender goes. */
export type Result = 'succeeded' | 'refused' | 'indefinite';

/** Told of each call as it ends. */
export type Watch = (called: Called, op: Op) => void;

export const PATIENCE_MS = 10_000;
const HURRY_MS = 1_500;

/** Sends requests, and writes down every one of them and what it came to. */
export class Clients {
  readonly ops: Op[] = [];

  constructor(
    private readonly parts: {
      readonly rest: Rest;
      readonly clock: Clock;
      readonly write: (event: HistoryEvent) => void;
      readonly watch: Watch;
    },
  ) {}

  ask(asked: Pick<Op, 'account' | 'key' | 'kind' | 'amount' | 'further'>): Op {
    const op = { ...asked, number: this.ops.length, succeeded: false, isIndefinite: false, isLater: false };
    this.ops.push(op);
    const { number, account, key, kind, amount } = op;
    this.parts.write({ event: 'asked', op: number, account, key, kind, amount });
    return op;
  }

  /** @param hurry whether this client gives up early */
  async send(op: Op, service: number, hurry = false): Promise<Result> {
    const path = op.kind === 'creation' ? '/v1/accounts' : `/v1/accounts/${op.account}/${op.kind}s`;
    const body =
      op.kind === 'creation'
        ? { id: op.account, initialBalance: op.amount, ...op.further }
        : { requestId: op.key, amount: op.amount, ...op.further };
    const patienceMs = hurry ? HURRY_MS : PATIENCE_MS;
    const reply = await this.parts.rest.call({ service, method: 'POST', path, body, patienceMs });
    return this.#called(op, service, 'single', reply);
  }

  /** @returns whether it is known that it was received, or that it was not */
  async sendLater(op: Op, service: number): Promise<boolean> {
    op.isLater = true;
    const reply = await this.parts.rest.call({
      service,
      method: 'POST',
      path: `/v1/accounts/${op.account}/deductions`,
      body: { requestId: op.key, amount: op.amount, ...op.further },
      headers: { prefer: 'respond-async' },
      patienceMs: PATIENCE_MS,
    });
    this.#write(op, service, 'later', { ...reply, body: '' });
    return resultOf(reply) !== 'indefinite';
  }

  /** What became of a deduction that was to be charged later. @returns whether that is known */
  async outcome(op: Op, service: number): Promise<boolean> {
    const reply = await this.parts.rest.call({
      service,
      method: 'GET',
      path: `/v1/accounts/${op.account}/deductions/${op.key}`,
      patienceMs: PATIENCE_MS,
    });
    const { status, reason } = read(reply.body);
    const code = reason === 'SCREENED_OUT' ? reason : 'REJECTED';
    const isKnown = reply.status === 404 || (reply.status === 200 && status !== 'received');
    const told = { ...reply, body: '' };
    if (isKnown)
      this.#write(op, service, 'outcome', status === 'rejected' ? { ...told, status: 422, code } : told);
    return isKnown;
  }

  /** All of them in one call. */
  async sendBatch(ops: readonly Op[], service: number): Promise<Result[]> {
    const items = ops.map(({ account, key, amount, further }) => ({
      accountId: account,
      requestId: key,
      amount,
      ...further,
    }));
    const reply = await this.parts.rest.call({
      service,
      method: 'POST',
      path: '/v1/deductions:batch',
      body: { items },
      patienceMs: PATIENCE_MS,
    });
    const results = reply.status === 200 ? (read(reply.body)['results'] as BatchResult[]) : [];
    return ops.map((op, position) => this.#called(op, service, 'batch', itemReply(reply, results[position])));
  }

  /** Asks what became of a deduction. */
  async lookUp(op: Op, service: number): Promise<void> {
    const reply = await this.parts.rest.call({
      service,
      method: 'GET',
      path: `/v1/accounts/${op.account}/deductions/${op.key}`,
      patienceMs: PATIENCE_MS,
    });
    this.#write(op, service, 'lookup', reply);
  }

  async readBalance(
    account: string,
    service: number,
    consistency: 'current' | 'snapshot',
    final = false,
  ): Promise<boolean> {
    const reply = await this.parts.rest.call({
      service,
      method: 'GET',
      path: `/v1/accounts/${account}/balance?consistency=${consistency}`,
      patienceMs: PATIENCE_MS,
    });
    const { available, total } = read(reply.body);
    this.parts.write({
      event: 'balance',
      account,
      service,
      consistency,
      fromMs: reply.fromMs,
      toMs: reply.toMs,
      ...(reply.status === undefined ? {} : { status: reply.status }),
      ...(reply.status === 200 ? { available: String(available), total: String(total) } : {}),
      ...(final ? { final } : {}),
    });
    return reply.status === 200;
  }

  #called(op: Op, service: number, door: Called['door'], reply: Reply): Result {
    this.#write(op, service, door, reply);
    const result = resultOf(reply);
    if (result === 'succeeded') op.succeeded = true;
    if (result === 'indefinite') op.isIndefinite = true;
    return result;
  }

  #write(op: Op, service: number, door: Called['door'], reply: Reply): void {
    const { fromMs, toMs, status, code, body, why } = reply;
    const called: Called = {
      event: 'called',
      op: op.number,
      door,
      service,
      fromMs,
      toMs,
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
      ...(status !== undefined && status < 300 && body !== '' ? { body } : {}),
      ...(why === undefined ? {} : { why }),
    };
    this.parts.write(called);
    this.parts.watch(called, op);
  }
}

interface BatchResult {
  readonly status: 'succeeded' | 'replayed' | 'rejected';
  readonly error?: { readonly status: number; readonly code: string };
}

/** An item's answer as it would be by itself. A batch that was answered as a whole answers each item so. */
function itemReply(reply: Reply, result: BatchResult | undefined): Reply {
  if (!result) return reply.status === 200 ? { ...reply, status: 500, code: 'NO_RESULT', body: '' } : reply;
  const { fromMs, toMs } = reply;
  if (result.status !== 'rejected')
    return { fromMs, toMs, body: '', status: result.status === 'succeeded' ? 201 : 200 };
  const { status = 500, code = 'NO_ERROR' } = result.error ?? {};
  return { fromMs, toMs, body: '', status, code };
}

/** "Overloaded" promises that nothing was done; the other answers of the fifties promise nothing. */
function resultOf({ status, code }: Reply): Result {
  if (status === undefined || status === 408) return 'indefinite';
  if (status < 300) return 'succeeded';
  return status < 500 || code === 'OVERLOADED' ? 'refused' : 'indefinite';
}
