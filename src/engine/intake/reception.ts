import type { Entry } from '../../ledger/entry';
import type { IntakeRecord } from '../../ledger/intake';
import { type Home, pastHomes, routeRequest } from '../../ledger/routing';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { LaneOutcome, Refusal } from '../engine-outcome';
import type { Flow } from '../flow';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { KeyLookUps } from '../key-look-ups';
import type { Leases } from '../leasing/leases';
import type { EngineObserver } from '../observer';
import type { PlainRequest } from '../router';
import type { ShardSet } from '../shard-set';
import type { IntakeLevels } from './intake-levels';

/** What became of a request to charge something later. */
export type Received =
  /** It waits, as of now or (`replayed`) of before; a replay shows what has become of it since. */
  | { readonly kind: 'received'; readonly record: IntakeRecord; readonly replayed: boolean }
  /** It took effect before. */
  | { readonly kind: 'replayed'; readonly entry: Entry; readonly shard: string }
  | { readonly kind: 'keyReused' }
  | Refusal;

export interface ReceptionParts {
  readonly shards: ShardSet;
  readonly entries: KeyLookUps;
  readonly intakes: KeyLookUps<IntakeRecord>;
  readonly leases: Pick<Leases, 'concern' | 'inTurn' | 'settle'>;
  readonly levels: IntakeLevels;
  readonly observer: EngineObserver;
  readonly reach?: ReachPoint | undefined;
}

/**
 * Receives deductions to be charged later: durable at home before anybody is answered, without the lock of any row. What a
 * stale placement leads to a past home is found there and brought to the present one, so no fence turns a request back.
 */
export class Reception {
  constructor(private readonly parts: ReceptionParts) {}

  /** Resolves once the record is durable, or with why there is none. Rejects when a past home cannot be read. */
  async receive(request: PlainRequest, account: AccountRecord): Promise<Received> {
    const { leases } = this.parts;
    const { accountId, requestId } = request;
    return leases.concern(account)
      ? leases.inTurn(accountId, requestId, () => this.#receiveBehindLease(request, account))
      : this.#receiveDurably(request, account);
  }

  /** What was answered from a lease under the same key is in memory only. It is written first: whatever is said of it here is durable. */
  async #receiveBehindLease(request: PlainRequest, account: AccountRecord): Promise<Received> {
    const shard = await this.parts.leases.settle(request.accountId, request.requestId);
    return shard === undefined ? this.#receiveDurably(request, account) : { kind: 'shardUnavailable', shard };
  }

  async #receiveDurably(request: PlainRequest, account: AccountRecord): Promise<Received> {
    const { placement, past } = account;
    let attemptMin = 1;
    for (const shard of pastHomes(request.requestId, placement, past)) {
      const known = await this.#knownAt(shard, request);
      if (typeof known !== 'number') return known;
      attemptMin = Math.max(attemptMin, known + 1);
    }
    return this.#keep(request, { account, attemptMin });
  }

  /** What has the key at a past home, or the number of the last attempt that has ended there; 0 without one. */
  async #knownAt(shard: string, request: PlainRequest): Promise<Received | number> {
    const { accountId, requestId, fingerprint } = request;
    // The record first: one that is charged between the two reads is found as an entry.
    const record = await this.parts.intakes.find(shard, accountId, requestId);
    const entry = await this.parts.entries.find(shard, accountId, requestId);
    if (entry)
      return entry.fingerprint === fingerprint ? { kind: 'replayed', entry, shard } : { kind: 'keyReused' };
    if (!record) return 0;
    const isSame = record.fingerprint === fingerprint;
    const stands = request.isMessage && record.state === 'rejected' && isSame;
    if (record.state === 'moved' || (record.state === 'rejected' && !stands)) return record.attempt;
    return isSame ? { kind: 'received', record, replayed: true } : { kind: 'keyReused' };
  }

  async #keep(
    request: PlainRequest,
    { account, attemptMin }: { readonly account: AccountRecord; readonly attemptMin: number },
  ): Promise<Received> {
    const { shards, levels, observer, reach = NO_FAULTS } = this.parts;
    const { accountId, requestId, amountMinor, fingerprint, reference, metadata, isMessage, budgetIds } =
      request;
    const { shard, subAccount }: Home = routeRequest(requestId, account.placement, account.subAccounts);
    await shards.ensure([shard]);
    if (!shards.has(shard)) return { kind: 'shardUnavailable', shard };
    if (!levels.take(shard, { accountId, keyId: keyOf(request.flow) })) return { kind: 'overloaded', shard };
    const outcome = await shards.lanes(shard).submit({
      kind: 'receive',
      accountId,
      requestId,
      amountMinor,
      fingerprint,
      reference,
      metadata,
      subAccount,
      attemptMin,
      ...(isMessage && { isMessage }),
      ...(budgetIds && { budgets: budgetIds }),
    });
    if (outcome.kind !== 'received' || outcome.replayed) levels.giveBack(shard, accountId);
    else {
      observer.received(shard);
      await reach('intake.received');
    }
    return received(shard, outcome);
  }
}

/** The flow of a key's large batches has its id and a word. */
function keyOf(flow: Flow | undefined): string | undefined {
  return flow?.split(' ', 1)[0] || undefined;
}

function received(shard: string, outcome: LaneOutcome): Received {
  switch (outcome.kind) {
    case 'replayed':
      return { ...outcome, shard };
    case 'received':
    case 'keyReused':
    case 'overloaded':
    case 'shardUnavailable':
    case 'failed':
      return outcome;
    default:
      throw new TypeError(`"${outcome.kind}" is not an outcome of what is received`);
  }
}
