import { greater } from '../../ledger/money';
import type { Entry } from '../../ledger/entry';
import type { IntakeRecord, RejectionReason } from '../../ledger/intake';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { AccountCache } from '../account-cache';
import type { Balances } from '../balances';
import { spendableOf } from '../reading';
import type { Engine } from '../engine';
import type { BudgetRefusal, EngineOutcome } from '../engine-outcome';
import type { PlainRequest } from '../router';
import type { Received } from './reception';

export interface QueuedParts {
  readonly accounts: Pick<AccountCache, 'peek'>;
  readonly engine: Pick<Engine, 'findEntry'>;
  readonly balances: Pick<Balances, 'current'>;
  readonly receive: (request: PlainRequest, account: AccountRecord) => Promise<Received>;
  /** Of some budgets and those above them, the one that has the least now, as a refusal. */
  readonly exhausted: (account: AccountRecord, budgetIds: readonly string[]) => Promise<BudgetRefusal>;
  readonly find: (account: AccountRecord, requestId: string) => Promise<IntakeRecord | undefined>;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** How long an outcome is waited for. */
  readonly waitMsMax: number;
}

/** How an attempt ended; without an outcome its record has to be looked at. */
interface Ended {
  readonly attempt: number;
  readonly outcome: EngineOutcome | undefined;
}

/** Between two looks at a record: another instance may work its shard's intake off. */
const LOOK_MS_MIN = 25;
const LOOK_MS_MAX = 250;

/**
 * The strategy `queued`: a deduction is received as those are that are charged later, and answered when its outcome is known,
 * or as received once that takes too long. The instance that works the shard's intake off is told of the outcome by the
 * worker, any other one looks at the record.
 */
export class Queued {
  readonly #waiting = new Map<string, Set<(ended: Ended) => void>>();

  constructor(private readonly parts: QueuedParts) {}

  /** Resolves with the outcome, or with `received`. Rejects as `Intake.receive` does, and where what ended cannot be read. */
  async submit(request: PlainRequest, account: AccountRecord): Promise<EngineOutcome> {
    const until = this.parts.now() + this.parts.waitMsMax;
    for (;;) {
      const received = await this.parts.receive(request, account);
      if (received.kind !== 'received') return received;
      const outcome = await this.#outcomeOf(received.record, account, until);
      if (!outcome) return received;
      if (outcome.kind === 'applied' && received.replayed) return { ...outcome, kind: 'replayed' };
      if (outcome.kind === 'replayed') return outcome;
      // An attempt that stood already may have been refused for what was true before this request came: it is made anew.
      if (outcome.kind === 'applied' || !received.replayed) return outcome;
    }
  }

  /** The worker has ended an attempt. */
  ended({ accountId, requestId, attempt }: IntakeRecord, outcome: EngineOutcome | undefined): void {
    for (const tell of this.#waiting.get(`${accountId} ${requestId}`) ?? []) tell({ attempt, outcome });
  }

  /**
   * @returns how an attempt ended, of its own success always as `applied` and of another attempt's as `replayed`; `undefined` when that is
   * not known in time
   */
  async #outcomeOf(
    record: IntakeRecord,
    account: AccountRecord,
    until: number,
  ): Promise<EngineOutcome | undefined> {
    const { now } = this.parts;
    if (record.state !== 'received') return this.#lookAt(record, account);
    for (let pauseMs = LOOK_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, LOOK_MS_MAX)) {
      const ended = await this.#next(record, Math.min(pauseMs, until - now()));
      const isIt = ended !== undefined && ended.attempt >= record.attempt;
      // What the worker finds done may have been done by itself, or by another that died over it: the record says.
      if (isIt && ended.outcome && ended.outcome.kind !== 'replayed')
        return ended.attempt > record.attempt ? asReplayed(ended.outcome) : ended.outcome;
      const found = await this.#lookAt(record, account);
      if (found || now() >= until) return found;
    }
  }

  /** @returns what the worker tells of a key, if it does within a time */
  async #next({ accountId, requestId }: IntakeRecord, ms: number): Promise<Ended | undefined> {
    const key = `${accountId} ${requestId}`;
    const over = new AbortController();
    const ended = Promise.withResolvers<Ended>();
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(ended.resolve));
    try {
      return await Promise.race([
        ended.promise,
        this.parts.sleep(Math.max(0, ms), over.signal).then(() => undefined),
      ]);
    } finally {
      over.abort();
      waiting.delete(ended.resolve);
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    }
  }

  async #lookAt(waitedFor: IntakeRecord, known: AccountRecord): Promise<EngineOutcome | undefined> {
    const { accountId, requestId, attempt, fingerprint } = waitedFor;
    const account = this.parts.accounts.peek(accountId) ?? known;
    const record = await this.parts.find(account, requestId);
    if (!record || record.attempt < attempt || record.state === 'received') return undefined;
    if (record.state === 'rejected') return this.#refusal(record, account);
    const found = await this.parts.engine.findEntry(account, requestId);
    if (!found) return undefined;
    if (found.entry.fingerprint !== fingerprint) return { kind: 'keyReused' };
    return record.attempt === attempt && isOwn(found.entry, record)
      ? { kind: 'applied', ...found, departures: [] }
      : { kind: 'replayed', ...found };
  }

  async #refusal(
    { reason, screening, budgets = [] }: IntakeRecord,
    account: AccountRecord,
  ): Promise<EngineOutcome> {
    switch (reason as RejectionReason) {
      case 'INSUFFICIENT_FUNDS':
        return {
          kind: 'insufficientFunds',
          availableMinor: greater(0n, spendableOf(await this.parts.balances.current(account), account)),
        };
      case 'ACCOUNT_FROZEN':
        return { kind: 'accountFrozen' };
      case 'ACCOUNT_CLOSED':
        return { kind: 'accountClosed' };
      case 'IDEMPOTENCY_KEY_REUSED':
        return { kind: 'keyReused' };
      case 'BUDGET_EXHAUSTED':
      case 'BUDGET_NOT_FOUND':
        return this.parts.exhausted(account, budgets);
      case 'INVALID_ARGUMENT':
        return { kind: 'tooManyBudgets' };
      case 'SCREENED_OUT':
        return { kind: 'screenedOut', reason: screening?.reason ?? null };
    }
  }
}

/** The attempt that was waited for was refused, and somebody else has made another one since. */
function asReplayed(outcome: EngineOutcome): EngineOutcome {
  return outcome.kind === 'applied' ? { ...outcome, kind: 'replayed' } : outcome;
}

/**
 * Whether an attempt has made the entry that stands under its key: then both were written in one transaction. Otherwise somebody
 * else did before, by an earlier attempt or by a request that was not queued, and the attempt found it.
 */
function isOwn({ createdAtUs }: Entry, { sinceUs }: IntakeRecord): boolean {
  return createdAtUs >= sinceUs;
}
