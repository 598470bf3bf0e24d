import type { DeductCommand, FlushCommand } from '../../ledger/command';
import type { Entry } from '../../ledger/entry';
import type { Hold } from '../../ledger/hold';
import { FLUSH_DEDUCTIONS_MAX, leaseKey } from '../../ledger/lease';
import type { Outcome } from '../../ledger/outcome';
import type { Later } from '../../shards/surroundings';
import type { LeaseSettings } from '../../strategies/strategy-settings';
import type { LaneOutcome } from '../engine-outcome';
import type { EngineObserver } from '../observer';
import type { ShardSet } from '../shard-set';
import type { Deferred, DeferredKeys } from './deferred';
import type { FlushGate } from './flush-gate';

export interface LeaseParts {
  readonly shards: ShardSet;
  readonly keys: DeferredKeys;
  readonly gate: FlushGate;
  readonly settings: LeaseSettings;
  readonly observer: EngineObserver;
  readonly now: () => number;
  readonly wallMs: () => number;
  readonly later: Later;
  readonly newId: () => string;
  /** For what was answered and can no more be written from the lease. */
  readonly chargeOtherwise: (lost: readonly Deferred[], afterwards: Promise<unknown>) => void;
  /** The lease was recalled, or its row is not to be leased from. */
  readonly turnedDown: () => void;
}

/** Where a lease is taken: of one account, on one shard, for requests routed by one epoch. */
export interface LeasePlace {
  readonly accountId: string;
  readonly shard: string;
  readonly epoch: number;
}

interface Sent {
  readonly command: FlushCommand;
  readonly deductions: readonly Deferred[];
}

/** The pause before a flush whose outcome is not known is sent again, as it was. */
const AGAIN_MS_MIN = 50;
const AGAIN_MS_MAX = 1_000;

/** Flushes that writing all of a lease may take: of what is under way, of all that waits, and the last. */
const FLUSHES_MAX = 200;

/**
 * Money of one account, set aside in one row, that this instance answers deductions from. What was answered is written
 * with the next flush, which takes the next lease in the same transaction.
 *
 *     none ──flush──▶ held ──flush──▶ held ──last flush──▶ none
 *
 * It answers only until its term is over, counted from before the last flush was sent: whoever changed the account after
 * that flush only has to wait as long. What is free is what is held, less all that was answered and is not written, so no
 * flush ever needs more than its lease has.
 */
export class Lease {
  #hold: Hold | undefined;
  #freeMinor = 0n;
  #answersUntil = -Infinity;
  #usedAt: number;
  #pending: Deferred[] = [];
  /** Under way, or its outcome is not known: it is sent again as it was. */
  #sent: Sent | undefined;
  #flushing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isEnding = false;
  #againMs = AGAIN_MS_MIN;
  #callOff: (() => void) | undefined;

  constructor(
    readonly place: LeasePlace,
    private readonly parts: LeaseParts,
  ) {
    this.#usedAt = parts.now();
  }

  /** Nothing is held, written or waiting. */
  get isOver(): boolean {
    return !this.#hold && !this.#sent && this.#pending.length === 0 && !this.#flushing && !this.#next;
  }

  /** It answers no more, and is not to be taken again: another follows it. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Takes a deduction on, if the lease stands and has enough. @returns its entry as it is answered */
  answer(command: DeductCommand): Entry | undefined {
    const { now, wallMs, keys, settings } = this.parts;
    const at = now();
    this.#usedAt = at;
    if (!this.#hold || this.#isEnding || at >= this.#answersUntil || this.#freeMinor < command.amountMinor)
      return undefined;
    const { accountId, requestId, amountMinor, fingerprint, reference, metadata } = command;
    const entry: Entry = {
      accountId,
      requestId,
      kind: 'deduction',
      amountMinor,
      subAccount: this.#hold.subAccount,
      version: this.#hold.version,
      epoch: this.place.epoch,
      fingerprint,
      reference,
      metadata,
      createdAtUs: Math.floor(wallMs() * 1_000),
    };
    const deferred = { entry, shard: this.place.shard };
    this.#freeMinor -= amountMinor;
    this.#pending.push(deferred);
    keys.add(deferred);
    if (this.#pending.length === 1 && !this.#flushing) this.#wakeIn(settings.flushMs);
    return entry;
  }

  /**
   * Resolves when a flush that began after this call has ended, whatever it came to; never rejects.
   *
   * @param subAccount the row to lease from, if there is no lease yet
   */
  flush(subAccount = this.#hold?.subAccount ?? 0): Promise<void> {
    return (this.#next ??= this.#flushNext(subAccount));
  }

  /** Writes what was answered and gives the rest back; @returns whether all of that is done. Never rejects. */
  async giveBack(): Promise<boolean> {
    this.#isEnding = true;
    this.#answersUntil = -Infinity;
    await this.#flushUntil(() => !this.#hasWork());
    return !this.#hasWork();
  }

  /** Flushes until something that waits is written, or could not be just now. Never rejects. */
  write(isWritten: () => boolean): Promise<void> {
    return this.#flushUntil(() => isWritten() || !this.#hasWork());
  }

  /** What it answered and could not write: for a process that ends. */
  get unwritten(): readonly Deferred[] {
    return [...(this.#sent?.deductions ?? []), ...this.#pending];
  }

  stop(): void {
    this.#callOff?.();
  }

  async #flushUntil(isDone: () => boolean): Promise<void> {
    for (let flushes = 0; flushes < FLUSHES_MAX && !isDone(); flushes += 1) {
      await this.flush();
      // Not written, and not under way again already: it will be, in a while.
      if (this.#sent && !this.#flushing && !this.#next) return;
    }
  }

  #hasWork(): boolean {
    return this.#hold !== undefined || this.#sent !== undefined || this.#pending.length > 0;
  }

  async #flushNext(subAccount: number): Promise<void> {
    await this.#flushing;
    this.#flushing = this.#flushOnce(subAccount).finally(() => {
      this.#flushing = undefined;
      this.#goOn();
    });
    this.#next = undefined;
    await this.#flushing;
  }

  async #flushOnce(subAccount: number): Promise<void> {
    const { gate, now, shards } = this.parts;
    this.#callOff?.();
    const leave = await gate.enter(Math.min(Math.max(1, this.#pending.length), FLUSH_DEDUCTIONS_MAX));
    try {
      this.#sent ??= this.#compose(subAccount);
      if (!this.#sent) return;
      const sentAt = now();
      const outcome = await shards.lanes(this.place.shard).submit(this.#sent.command);
      this.#settle(this.#sent, outcome, sentAt);
    } finally {
      leave();
    }
  }

  #compose(subAccount: number): Sent | undefined {
    const { settings, newId } = this.parts;
    const { accountId, epoch } = this.place;
    const deductions = this.#pending.splice(0, FLUSH_DEDUCTIONS_MAX);
    const isLast = this.#isEnding && this.#pending.length === 0;
    if (isLast && !this.#hold) return undefined;
    const { amountMaxMinor, termMs, expiryMs } = settings;
    const next = { leaseId: leaseKey(newId()), amountMaxMinor, expiresInUs: expiryMs * 1_000, termMs };
    const command: FlushCommand = {
      kind: 'flush',
      accountId,
      subAccount: this.#hold?.subAccount ?? subAccount,
      epoch,
      leaseId: this.#hold?.holdId ?? null,
      deductions: deductions.map(({ entry }) => entry),
      next: isLast ? null : next,
    };
    return { command, deductions };
  }

  #settle(sent: Sent, outcome: LaneOutcome, sentAt: number): void {
    if (outcome.kind === 'flushed') this.#adopt(sent, outcome, sentAt);
    else if (outcome.kind === 'leaseOver') this.#lose(undefined);
    else if (outcome.kind === 'fenced') this.#lose(this.#hold);
    else {
      // It may have been written. Until that is known the lease is answered from until its term is over, and no longer.
      this.#againMs = Math.min(this.#againMs * 2, AGAIN_MS_MAX);
      return;
    }
    this.#againMs = AGAIN_MS_MIN;
  }

  #adopt(sent: Sent, outcome: Extract<Outcome, { kind: 'flushed' }>, sentAt: number): void {
    const { keys, observer, settings, turnedDown } = this.parts;
    const { lease, isUsable, found, reused } = outcome;
    this.#sent = undefined;
    for (const deferred of sent.deductions) keys.delete(deferred);
    for (const { entry } of sent.deductions)
      if (reused.includes(entry.requestId)) observer.shortfall({ ...entry, reason: 'keyReused' });
    if (sent.deductions.length > 0) observer.flushed({ deductions: sent.deductions.length, found });
    if (!lease && this.#pending.length > 0) {
      this.#lose(undefined);
      return;
    }
    this.#hold = lease;
    const unwrittenMinor = this.#pending.reduce((sum, { entry }) => sum + entry.amountMinor, 0n);
    this.#freeMinor = (lease?.amountMinor ?? 0n) - unwrittenMinor;
    this.#answersUntil = isUsable && !this.#isEnding ? sentAt + settings.termMs : -Infinity;
    if ((isUsable && lease) || this.#isEnding) return;
    turnedDown();
    this.#isEnding = true;
  }

  /** The lease is gone, or its epoch is: what was answered is charged in another way. What is held still is given back. */
  #lose(hold: Hold | undefined): void {
    const lost = this.unwritten;
    this.#sent = undefined;
    this.#pending = [];
    this.#hold = hold;
    this.#freeMinor = 0n;
    this.#answersUntil = -Infinity;
    this.#isEnding = true;
    this.parts.turnedDown();
    // Its own money first: what was answered may need it.
    this.parts.chargeOtherwise(lost, hold ? this.giveBack() : Promise.resolve());
  }

  /** After a flush: the next, at once or in a while. */
  #goOn(): void {
    if (this.#next) return;
    const { settings, now } = this.parts;
    if (this.#sent) this.#wakeIn(this.#againMs);
    else if (this.#pending.length >= FLUSH_DEDUCTIONS_MAX || (this.#isEnding && this.#hasWork()))
      void this.flush();
    else if (this.#pending.length > 0) this.#wakeIn(settings.flushMs);
    else if (this.#hold) this.#wakeIn(Math.max(1, this.#usedAt + settings.termMs - now()));
  }

  #wakeIn(ms: number): void {
    this.#callOff?.();
    this.#callOff = this.parts.later(ms, () => {
      this.#wake();
    });
  }

  #wake(): void {
    const { settings, now } = this.parts;
    if (this.#sent || this.#pending.length > 0) void this.flush();
    // Nobody has asked for a while: others may want the money.
    else if (now() - this.#usedAt >= settings.termMs) void this.giveBack();
    else this.#goOn();
  }
}
