import type { Entry } from '../../../src/ledger/entry';
import type { HoldState } from '../../../src/ledger/hold';
import { capturedKey } from '../../../src/ledger/identifiers';
import type { AccountStatus } from '../../../src/ledger/sub-account';
import type { Asked, OpenCall } from './asked';
import { BudgetModel } from './budget-model';
import { CreditLineModel } from './credit-line-model';
import { HoldModel } from './hold-model';
import { IntakeModel } from './intake-model';
import { LeaseModel } from './lease-model';
import { LevelModel } from './level-model';
import type { PinnedCall } from './pinned-call';

/** What an account may hold. */
export const BALANCE_LIMIT_MINOR = 9n * 10n ** 18n;

/** A reading that has not ended, and the totals the account had meanwhile. */
export interface OpenReading {
  readonly totalsMinor: Set<bigint>;
  /** What it was granted meanwhile. */
  readonly grantsMinor: Set<bigint>;
  /** Σ of the credits that were under way at any time of it. */
  creditsMinor: bigint;
}

export interface Transit {
  readonly amountMinor: bigint;
  readonly toShard: string;
}

/** One account as the plainest bookkeeper sees it: one number, its entries, and what is under way. */
export class AccountModel {
  /** Σ of its entries. */
  totalMinor = 0n;
  /** Σ available + held over all rows of all shards. */
  inRowsMinor = 0n;
  /** Σ of the holds that stand, leases included. */
  heldMinor = 0n;
  heldInRowsMinor = 0n;
  inTransitMinor = 0n;
  readonly entries = new Map<string, { readonly shard: string; readonly entry: Entry }>();
  /** Every variant of a key that was ever asked for. */
  readonly asked = new Map<string, Asked[]>();
  readonly leases = new LeaseModel();
  readonly intake = new IntakeModel();
  readonly levels = new LevelModel();
  readonly budgets = new BudgetModel();
  readonly line = new CreditLineModel();
  readonly transit = new Map<string, Transit>();
  /** The idempotency window of every move so far is over: a key whose home has moved may be used once more. */
  mayUseAgain = false;
  /** Keys that were used once more after it. */
  readonly usedAgain = new Set<string>();
  readonly #holds = new Map<string, HoldModel>();
  /** By what is reversed: what reversals asked for, by their ids, and what was reversed. */
  readonly reversals = new Map<
    string,
    { readonly asked: Map<string, Set<bigint | null>>; backMinor: bigint }
  >();
  readonly arrived = new Set<string>();
  readonly openCalls = new Set<OpenCall>();
  /** Payments to this account that have not been answered. */
  readonly openPayments = new Set<OpenCall>();
  readonly openPinned = new Set<PinnedCall>();
  readonly openReadings = new Set<OpenReading>();
  /** What the last change of status that was answered said, while nobody has asked for another. */
  surely: AccountStatus = 'active';
  /** From when it was asked for until it was surely undone. */
  maybeFrozen = false;
  maybeClosed = false;

  hold(holdId: string): HoldModel {
    const known = this.#holds.get(holdId);
    if (known) return known;
    const made = new HoldModel();
    this.#holds.set(holdId, made);
    return made;
  }

  /** Holds that stand. */
  get openHolds(): string[] {
    return [...this.#holds].filter(([, { hold }]) => hold?.state === 'held').map(([holdId]) => holdId);
  }

  /** What has become of each hold so far. */
  get holdStates(): Map<string, HoldState> {
    return new Map(
      [...this.#holds].flatMap(([holdId, { hold }]) => (hold ? [[holdId, hold.state] as const] : [])),
    );
  }

  reversalsOf(deduction: string) {
    const known = this.reversals.get(deduction);
    if (known) return known;
    const made = { asked: new Map<string, Set<bigint | null>>(), backMinor: 0n };
    this.reversals.set(deduction, made);
    return made;
  }

  /** What may be reversed under a name: a deduction, a capture of a hold, or a credit. */
  reversibleMinor(of: 'deduction' | 'credit', name: string): bigint | undefined {
    const own = this.entries.get(name)?.entry;
    if (own?.kind === of) return own.amountMinor;
    return of === 'deduction' ? this.entries.get(capturedKey(name))?.entry.amountMinor : undefined;
  }

  /** What credits and payments that are under way would bring. */
  get comingMinor(): bigint {
    let coming = 0n;
    for (const { asked } of this.openCalls) if (asked.kind === 'credit') coming += asked.amountMinor;
    for (const { asked } of this.openPayments) coming += asked.amountMinor;
    return coming;
  }

  /** What it has of its own and nothing holds, wherever it is: what leases hold, too. Below zero where it is in debt. */
  get ownMinor(): bigint {
    return this.totalMinor - this.heldMinor + this.leases.lentMinor;
  }

  /** What could be spent at this instant, by the least that it may be in debt for. */
  get payableMinor(): bigint {
    return this.ownMinor + this.line.leastMinor;
  }

  /** What a reading of this instant may find that could be spent. */
  get payablesMinor(): bigint[] {
    return [this.line.grantedMinor, ...this.line.limitsMinor].map((each) => this.ownMinor + each);
  }

  /** Notes every total from now on, until it is taken out of `openReadings`. */
  beginReading(): OpenReading {
    const reading = {
      totalsMinor: new Set([this.totalMinor]),
      grantsMinor: new Set([this.line.grantedMinor]),
      creditsMinor: this.comingMinor,
    };
    this.openReadings.add(reading);
    return reading;
  }

  beginCall(call: OpenCall): void {
    this.openCalls.add(call);
    if (call.asked.kind === 'credit') this.#comes(call);
  }

  /** A payment to this account. */
  beginPayment(call: OpenCall): void {
    this.openPayments.add(call);
    this.#comes(call);
    this.#lookAtPayment(call);
  }

  #comes({ asked: { amountMinor } }: OpenCall): void {
    for (const reading of this.openReadings) reading.creditsMinor += amountMinor;
  }

  /** More or less was granted to a row; the others of its batch follow at the same instant. */
  granted(signedMinor: bigint): void {
    if (signedMinor === 0n) return;
    this.line.grantedMinor += signedMinor;
    for (const { grantsMinor } of this.openReadings) grantsMinor.add(this.line.grantedMinor);
  }

  /** Looks at every open call: what is true of this instant was true at some instant of each. */
  look(): void {
    for (const call of this.openCalls) this.lookAt(call);
    for (const call of this.openPayments) this.#lookAtPayment(call);
    for (const call of this.openPinned) call.lookAt(this);
    for (const { since } of this.leases.unwritten) this.lookAt(since);
    for (const { totalsMinor, grantsMinor } of this.openReadings) {
      totalsMinor.add(this.totalMinor);
      grantsMinor.add(this.line.grantedMinor);
    }
    this.levels.saw(...this.payablesMinor);
  }

  lookAt(call: OpenCall): void {
    const { requestId, amountMinor, budgets } = call.asked;
    if (budgets && !this.entries.has(requestId))
      for (const budgetId of this.budgets.shortOf(budgets, amountMinor)) call.shortBudgets.add(budgetId);
    if (this.payableMinor < amountMinor && !this.entries.has(requestId)) call.wasShort = true;
    if (this.maybeFrozen) call.wasFrozen = true;
    if (this.maybeClosed) call.wasClosed = true;
  }

  #lookAtPayment({ payeeWas }: OpenCall): void {
    if (this.maybeFrozen) payeeWas.add('frozen');
    if (this.maybeClosed) payeeWas.add('closed');
    const { mostMinor } = this.line;
    if (this.totalMinor + this.comingMinor + mostMinor > BALANCE_LIMIT_MINOR) payeeWas.add('full');
  }
}
