import type { DeductCommand } from '../../ledger/command';
import type { Hold } from '../../ledger/hold';
import { RECALLED, termMsOf } from '../../ledger/lease';
import { type AccountRecord, laterRecord } from '../../shards/directory/account-record';
import { ShardContendedError, ShardUnavailableError } from '../../shards/faults';
import type { Later, Surroundings } from '../../shards/surroundings';
import type { LeaseSettings } from '../../strategies/strategy-settings';
import type { AccountCache } from '../account-cache';
import { earlierUse } from '../earlier-use';
import type { LaneOutcome } from '../engine-outcome';
import type { KeyLookUps } from '../key-look-ups';
import type { EngineObserver } from '../observer';
import type { Request } from '../router';
import type { ShardSet } from '../shard-set';
import { SharedRuns } from '../shared-runs';
import { atMostMs } from '../within-ms';
import { DeferredKeys } from './deferred';
import { FlushGate } from './flush-gate';
import { Lease, type LeasePlace } from './lease';
import { OtherCharges } from './other-charges';

export interface LeasesParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly lookUps: KeyLookUps;
  readonly observer: EngineObserver;
  readonly settings: LeaseSettings;
  readonly surroundings: Surroundings;
}

/** Deductions that flushes write at once on one shard. */
const FLUSHED_AT_ONCE_MAX = 1_024;

/** How long nothing is leased where a lease was recalled or could not be had. */
const REST_MS = 1_000;

/** An account that is leased from is read again this often: its strategy may have changed. */
const REREAD_MS = 1_000;

/** Beyond twice a term: what flushes take, when all is well. */
const RECALL_SLACK_MS = 1_000;
const RECALL_PAUSE_MS = 10;

/** Clocks that measure a term may disagree by this and a tenth of it. */
const TERM_SLACK_MS = 20;

/** Leases that a stop gives back side by side wait for their shards no longer than this. */
const STOP_MS_MAX = 5_000;
const STOP_PAUSE_MS = 50;

/** For what only the last of these could not write. */
const LAST_CHARGES_MS = 1_000;

/**
 * Deductions answered from memory: the strategy `leased`. The money is set aside durably before anything is answered
 * from it, so nobody overdraws; what was answered and not written is lost when the process dies, and no more than its
 * leases held.
 *
 * Whatever is not a plain success from a lease is carried out durably, which decides and refuses like every other strategy.
 */
export class Leases {
  readonly #keys = new DeferredKeys();
  readonly #leases = new Map<string, Lease>();
  readonly #gates = new Map<string, FlushGate>();
  /** Until when nothing is leased, by account or by account and shard. */
  readonly #rests = new Map<string, number>();
  /** The epoch that an account is leased under. */
  readonly #epochs = new Map<string, number>();
  readonly #rereadAt = new Map<string, number>();
  /** The decision that is under way for a key. */
  readonly #deciding = new Map<string, Promise<unknown>>();
  readonly #asking = new Map<string, Promise<boolean>>();
  readonly #recalls = new SharedRuns((account: AccountRecord) => this.#recall(account), laterRecord);
  readonly #otherCharges: OtherCharges;
  #stopped = false;

  constructor(
    private readonly parts: LeasesParts,
    submitDurably: ConstructorParameters<typeof OtherCharges>[1],
  ) {
    this.#otherCharges = new OtherCharges({ ...parts, keys: this.#keys }, submitDurably);
  }

  /** Deductions that were answered and are not written yet. */
  get unwritten(): number {
    return this.#keys.count;
  }

  /** What was answered here under the request's key and is not written yet outranks whatever a shard would say. */
  earlier({
    kind,
    accountId,
    requestId,
    fingerprint,
  }: Pick<Request, 'kind' | 'accountId' | 'requestId' | 'fingerprint'>):
    { readonly shard: string; readonly outcome: LaneOutcome } | undefined {
    const known = this.#keys.find(accountId, requestId);
    if (!known) return undefined;
    const { entry, shard } = known;
    return kind === 'deduct' && entry.fingerprint === fingerprint
      ? { shard, outcome: { kind: 'replayed', entry, isDeferred: true } }
      : { shard, outcome: { kind: 'keyReused' } };
  }

  /** Whether something may be answered, or was, from a lease of the account. */
  concern({ accountId, strategy }: Pick<AccountRecord, 'accountId' | 'strategy'>): boolean {
    return strategy === 'leased' || this.#epochs.has(accountId);
  }

  /**
   * One decision at a time for a key, whatever kind it is of: what is answered from a lease is nowhere but here until it is
   * written, so nothing else may come to take the key meanwhile. Resolves and rejects as the decision does.
   */
  async inTurn<T>(accountId: string, requestId: string, decide: () => Promise<T>): Promise<T> {
    const key = `${accountId} ${requestId}`;
    for (let other = this.#deciding.get(key); other; other = this.#deciding.get(key))
      await other.catch(() => undefined);
    const decision = decide().finally(() => this.#deciding.delete(key));
    this.#deciding.set(key, decision);
    return decision;
  }

  /**
   * Answers from a lease if it can; otherwise what carrying it out durably comes to. Its key is to be its own meanwhile: see
   * `inTurn`. Rejects as carrying it out does.
   */
  async deduct(
    {
      shard,
      command,
      account,
    }: { readonly shard: string; readonly command: DeductCommand; readonly account: AccountRecord },
    durably: () => Promise<LaneOutcome>,
  ): Promise<LaneOutcome> {
    const { accountId, requestId } = command;
    const request = { ...command, kind: 'deduct' } as const;
    const earlier = this.earlier(request);
    if (earlier) return earlier.outcome;
    if (!this.#leasesFrom(account, shard) || command.amountMinor > this.parts.settings.amountMaxMinor)
      return durably();
    if (this.#keys.count >= this.parts.settings.deductionsMax) return { kind: 'overloaded', shard };
    try {
      const entry = await this.parts.lookUps.find(shard, accountId, requestId);
      if (entry) return await earlierUse(request, entry, this.parts.shards.shard(shard));
    } catch (error) {
      if (error instanceof ShardUnavailableError) return { kind: 'shardUnavailable', shard };
      if (error instanceof ShardContendedError) return { kind: 'overloaded', shard };
      throw error;
    }
    return (await this.#answer(shard, command)) ?? durably();
  }

  /**
   * Has what was answered here under a key written; never rejects.
   *
   * @returns the shard, when it could not be written just now: no look-up that finds nothing means anything then
   */
  async settle(accountId: string, requestId: string): Promise<string | undefined> {
    const known = this.#keys.find(accountId, requestId);
    if (!known) return undefined;
    const { shard, entry } = known;
    const isWritten = (): boolean => this.#keys.find(accountId, requestId) !== known;
    await this.#leases.get(keyOf({ accountId, shard, epoch: entry.epoch }))?.write(isWritten);
    await this.#otherCharges.tried(known);
    return isWritten() ? undefined : shard;
  }

  /** Leases of the account, of all instances. Rejects with `ShardUnavailableError` when a shard in reach cannot be read. */
  async open({ accountId, reach }: Pick<AccountRecord, 'accountId' | 'reach'>): Promise<LocatedLease[]> {
    const { shards } = this.parts;
    await shards.ensure(reach);
    const found = await Promise.all(
      reach.map(async (shard) =>
        (await shards.shard(shard).openLeases(accountId)).map((hold) => ({ shard, hold })),
      ),
    );
    return found.flat();
  }

  /**
   * Has every lease of the account given back: own ones at once, others by a mark that their owners read with their next
   * flush. Nothing is leased here for a while then. Whatever was answered from a lease before this call is written when it
   * resolves with true: a recall that is under way already may have looked before that was answered, so callers share the
   * one after it.
   *
   * @returns false when some remain after all, or it cannot be known; never rejects
   */
  recall(account: AccountRecord): Promise<boolean> {
    return this.#recalls.ask(account.accountId, account);
  }

  /**
   * Resolves when no instance answers from a lease of the account any more. Only when its rows turn down new leases:
   * others' terms are over then, if the leases themselves are not.
   *
   * Rejects with `ShardUnavailableError` when a shard in reach cannot be read.
   */
  async waitOut(account: AccountRecord): Promise<void> {
    const { surroundings } = this.parts;
    const began = surroundings.now();
    const leases = await this.open(account);
    if (leases.length === 0) return;
    const termMs = Math.max(...leases.map(({ hold }) => termMsOf(hold)));
    const untilMs = began + termMs * 1.1 + TERM_SLACK_MS;
    if (await this.recall(account)) return;
    for (let leftMs = untilMs - surroundings.now(); leftMs > 0; leftMs = untilMs - surroundings.now())
      await surroundings.sleep(leftMs);
  }

  /** Writes all that was answered and gives all leases back. */
  async whenIdle(): Promise<void> {
    // What a stop could not write it has told as lost: it must not be written behind that.
    if (this.#stopped) return;
    await Promise.all([...this.#leases.values()].map((lease) => lease.giveBack()));
    await this.#otherCharges.whenIdle();
    this.#tidy();
  }

  /** The same, within bounds, and nothing is leased any more: what cannot be written by then is told as a shortfall. */
  async stop(): Promise<void> {
    const { surroundings, observer } = this.parts;
    this.#stopped = true;
    const deadline = surroundings.now() + STOP_MS_MAX;
    const isOver = (): boolean => [...this.#leases.values()].every((lease) => lease.isOver);
    do {
      const givenBack = Promise.all([...this.#leases.values()].map((lease) => lease.giveBack()));
      await this.#within(deadline, givenBack);
      if (!isOver()) await surroundings.sleep(STOP_PAUSE_MS);
    } while (!isOver() && surroundings.now() < deadline);
    const chargesUntil = Math.max(deadline, surroundings.now() + LAST_CHARGES_MS);
    await this.#within(chargesUntil, this.#otherCharges.stop());
    for (const lease of this.#leases.values()) {
      lease.stop();
      for (const { entry } of lease.unwritten)
        observer.shortfall({ ...entry, reason: 'it could not be written before the instance stopped' });
    }
    this.#otherCharges.giveUp();
  }

  async #within(until: number, work: Promise<unknown>): Promise<void> {
    const { surroundings } = this.parts;
    const sleep: Surroundings['sleep'] = (ms, signal) => surroundings.sleep(ms, signal);
    await atMostMs(sleep, Math.max(0, until - surroundings.now()), work);
  }

  /** From the lease as it is, or as the next flush leaves it. */
  async #answer(shard: string, command: DeductCommand): Promise<LaneOutcome | undefined> {
    const { accountId, epoch, subAccount } = command;
    const place = { accountId, shard, epoch };
    if (!(await this.#isNewest(place))) return undefined;
    for (let tries = 1; tries <= 2; tries += 1) {
      // Asked anew after each wait: a recall, a stop or another epoch may have come between.
      if (this.#stopped || this.#isResting(accountId, shard) || this.#epochs.get(accountId) !== epoch)
        return undefined;
      if (!this.#standing(place) && !(await this.#mayBegin(accountId))) return undefined;
      if (this.#isStopped() || this.#isResting(accountId, shard)) return undefined;
      const lease = this.#standing(place) ?? this.#begin(place);
      const entry = this.#keys.count < this.parts.settings.deductionsMax ? lease.answer(command) : undefined;
      if (entry) return { kind: 'applied', entry, departures: [], isDeferred: true };
      if (tries === 1) await lease.flush(subAccount);
    }
    return undefined;
  }

  /** Whether no lease stands that was taken under another epoch of the account: what a crash may lose is one lease a shard. */
  async #isNewest({ accountId, epoch }: LeasePlace): Promise<boolean> {
    const known = this.#epochs.get(accountId) ?? 0;
    if (epoch <= known) return epoch === known;
    const old = [...this.#leases.values()].filter(
      ({ place }) => place.accountId === accountId && place.epoch !== epoch,
    );
    await Promise.all(old.map((lease) => lease.giveBack()));
    if (!old.every((lease) => lease.isOver) || this.#otherCharges.isCharging(accountId)) return false;
    this.#epochs.set(accountId, Math.max(epoch, this.#epochs.get(accountId) ?? 0));
    return this.#epochs.get(accountId) === epoch;
  }

  #standing(place: LeasePlace): Lease | undefined {
    const known = this.#leases.get(keyOf(place));
    return known && !(known.isOver && known.isEnding) ? known : undefined;
  }

  /**
   * Whether the directory has the account leased from now: what is known here of a strategy may be old. A crowd shares one
   * reading, also one that is under way: any reading may be overtaken by a change of strategy before the lease is taken, and
   * nothing but durability rests on it, which every answer states. Statuses, on which money rests, are in the rows.
   */
  #mayBegin(accountId: string): Promise<boolean> {
    const asking = this.#asking.get(accountId);
    if (asking) return asking;
    const begun = this.parts.accounts
      .read(accountId)
      .then((account) => account?.strategy === 'leased' && account.status === 'active')
      .catch((error: unknown) => {
        this.parts.observer.deferred(`asking whether ${accountId} is leased from`, error);
        return false;
      })
      .then((may) => {
        if (!may) this.#rest(accountId);
        return may;
      })
      .finally(() => this.#asking.delete(accountId));
    this.#asking.set(accountId, begun);
    return begun;
  }

  #begin(place: LeasePlace): Lease {
    const key = keyOf(place);
    const { surroundings } = this.parts;
    const later: Later = (ms, run) => surroundings.later(ms, run);
    const lease = new Lease(place, {
      ...this.parts,
      later,
      keys: this.#keys,
      gate: this.#gateOf(place.shard),
      now: () => surroundings.now(),
      wallMs: () => surroundings.wallMs(),
      newId: () => surroundings.newId(),
      chargeOtherwise: (lost, afterwards) => {
        this.#otherCharges.add(lost, afterwards);
      },
      turnedDown: () => {
        this.#rest(`${place.accountId} ${place.shard}`);
        this.parts.accounts.refresh(place.accountId);
      },
    });
    this.#leases.set(key, lease);
    this.#tidy();
    return lease;
  }

  #gateOf(shard: string): FlushGate {
    const gate = this.#gates.get(shard) ?? new FlushGate(FLUSHED_AT_ONCE_MAX);
    this.#gates.set(shard, gate);
    return gate;
  }

  /** Forgets what is over; done when a lease is added, so that it costs nothing between. */
  #tidy(): void {
    const now = this.parts.surroundings.now();
    for (const [key, lease] of this.#leases) if (lease.isOver && lease.isEnding) this.#leases.delete(key);
    const leased = new Set([...this.#leases.values()].map(({ place }) => place.accountId));
    for (const accountId of this.#epochs.keys()) if (!leased.has(accountId)) this.#epochs.delete(accountId);
    for (const [key, until] of this.#rests) if (until <= now) this.#rests.delete(key);
    for (const [key, at] of this.#rereadAt) if (now - at > REREAD_MS) this.#rereadAt.delete(key);
  }

  /** Whether the account is to be leased from, as far as is known; it is asked again in the background. */
  #leasesFrom(account: AccountRecord, shard: string): boolean {
    const { accountId, status } = account;
    const { accounts, surroundings } = this.parts;
    if (this.#stopped || status !== 'active' || this.#isResting(accountId, shard)) return false;
    if (this.#otherCharges.isCharging(accountId)) return false;
    const now = surroundings.now();
    if (now - (this.#rereadAt.get(accountId) ?? -Infinity) > REREAD_MS) {
      this.#rereadAt.set(accountId, now);
      accounts.refresh(accountId);
    }
    return true;
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  #isResting(accountId: string, shard: string): boolean {
    if (this.#rests.size === 0) return false;
    const now = this.parts.surroundings.now();
    const until = (key: string): number => this.#rests.get(key) ?? -Infinity;
    return now < until(accountId) || now < until(`${accountId} ${shard}`);
  }

  #rest(key: string): void {
    this.#rests.set(key, this.parts.surroundings.now() + REST_MS);
  }

  async #recall(account: AccountRecord): Promise<boolean> {
    try {
      return await this.#untilGivenBack(account);
    } catch (error) {
      if (!(error instanceof ShardUnavailableError))
        this.parts.observer.deferred(`recalling leases of ${account.accountId}`, error);
      return false;
    }
  }

  async #untilGivenBack(account: AccountRecord): Promise<boolean> {
    const { accountId } = account;
    const { shards, settings, surroundings } = this.parts;
    this.parts.accounts.refresh(accountId);
    let until = surroundings.now() + 2 * settings.termMs + RECALL_SLACK_MS;
    for (let isFirst = true; ; isFirst = false) {
      this.#rest(accountId);
      const own = [...this.#leases.values()].filter(({ place }) => place.accountId === accountId);
      await Promise.all(own.map((lease) => lease.giveBack()));
      const leases = await this.open(account);
      if (leases.length === 0) return true;
      if (isFirst) until += Math.max(...leases.map(({ hold }) => termMsOf(hold)));
      if (surroundings.now() > until) return false;
      await Promise.all(
        leases
          .filter(({ hold }) => hold.reference !== RECALLED)
          .map(({ shard, hold: { holdId: leaseId, subAccount } }) =>
            shards.lanes(shard).submit({ kind: 'recall', accountId, leaseId, subAccount }),
          ),
      );
      await surroundings.sleep(RECALL_PAUSE_MS);
    }
  }
}

interface LocatedLease {
  readonly shard: string;
  readonly hold: Hold;
}

function keyOf({ accountId, shard, epoch }: LeasePlace): string {
  return `${accountId} ${epoch} ${shard}`;
}
