import { isAllowanceId, isAllowanceStepKey } from '../../../src/ledger/allowance';
import { type Entry, entryKey, signedAmount } from '../../../src/ledger/entry';
import { type Hold, isInStep, isTombstone } from '../../../src/ledger/hold';
import {
  confirmationKey,
  OPENING_BALANCE_KEY,
  requestNames,
  reversedName,
} from '../../../src/ledger/identifiers';
import { isLeaseKey } from '../../../src/ledger/lease';
import type { Payment } from '../../../src/ledger/payment';
import type { Changes } from '../../../src/ledger/shard-state';
import type { ScreeningModel } from './screening-model';
import { type AccountStatus, rowKey, type SubAccount } from '../../../src/ledger/sub-account';
import type { CommitWatcher } from '../world/sim-database';
import type { Trace } from '../world/trace';
import type { Asked } from './asked';
import { AccountModel, BALANCE_LIMIT_MINOR } from './account-model';
import { unspokenOf } from './deferred-rules';
import type { HoldModel } from './hold-model';
import { ownerOf } from './lease-model';
import { PaymentModel } from './payment-model';
import { brokenRow } from './row-rules';
import { SizeModel } from './size-model';
import type { Rule } from './rule';

/** A broken rule, the first of its run. */
export class Violation extends Error {
  constructor(
    readonly rule: Rule,
    detail: string,
    readonly about: readonly string[] = [],
  ) {
    super(`${rule}: ${detail}`);
    this.name = 'Violation';
  }
}

/** What the model is told of the world beside commits and answers. */
export interface LeaseWorld {
  readonly nowMs: () => number;
  readonly mark: (event: string) => void;
  /** Whether an instance was killed. */
  readonly isDead: (instance: string) => boolean;
  /** Whether something was broken just now, or stood still. */
  readonly isTroubled: () => boolean;
  /** Why a lease of an account may be recalled just now. */
  readonly recallReason: (accountId: string) => string;
}

/**
 * The independent judge: one bookkeeper without shards, retries or time, who sees every commit as it happens and every
 * answer as it is given, and compares. It shares only the shapes of rows and entries with what it judges.
 */
export class LedgerModel implements CommitWatcher {
  /** The first broken rule. Whoever runs the world stops when it is there. */
  readonly firstViolation: Promise<Violation>;
  entries = 0;
  /** The most that a lease may set aside. */
  leaseAmountMaxMinor = 0n;
  /** Where charges are screened. */
  screening: ScreeningModel | undefined;
  readonly payments = new PaymentModel();
  readonly sizes = new SizeModel();
  readonly #accounts = new Map<string, AccountModel>();
  #violated: ((violation: Violation) => void) | undefined;

  constructor(
    private readonly trace: Trace,
    private readonly world: LeaseWorld,
  ) {
    this.firstViolation = new Promise((resolve) => (this.#violated = resolve));
  }

  account(accountId: string): AccountModel {
    const known = this.#accounts.get(accountId);
    if (known) return known;
    const made = new AccountModel();
    made.intake.screening = this.screening;
    this.#accounts.set(accountId, made);
    return made;
  }

  get accounts(): ReadonlyMap<string, AccountModel> {
    return this.#accounts;
  }

  violated(rule: Rule, detail: string, ...about: string[]): void {
    const violation = new Violation(rule, detail, about);
    this.trace.note(`VIOLATION ${violation.message}`);
    this.#violated?.(violation);
    this.#violated = undefined;
  }

  committed(shard: string, changes: Changes, before: ReadonlyMap<string, SubAccount>): void {
    const touched = new Set<AccountModel>();
    for (const row of changes.subAccounts) {
      const was = before.get(rowKey(row.accountId, row.index));
      const broken = brokenRow(row, was, changes);
      if (broken)
        this.violated(
          'rowIsSound',
          `row ${row.accountId} ${row.index} of ${shard}: ${broken}`,
          row.accountId,
        );
      const account = this.account(row.accountId);
      account.leases.sawRow(shard, row.epoch);
      account.inRowsMinor += balanceOf(row) - (was ? balanceOf(was) : 0n);
      account.granted(BigInt.asIntN(64, row.grantedMinor - (was?.grantedMinor ?? 0n)));
      account.heldInRowsMinor += row.heldMinor - (was?.heldMinor ?? 0n);
      touched.add(account);
    }
    for (const departure of changes.departures) this.#departs(shard, departure);
    for (const arrival of changes.arrivals) this.#arrives(shard, arrival);
    for (const hold of changes.newHolds)
      if (isAllowanceId(hold.accountId)) continue;
      else if (isLeaseKey(hold.holdId)) this.#lends(shard, hold, { changes, before });
      else this.#judgeHold(hold, this.account(hold.accountId).hold(hold.holdId).taken(hold));
    const broken = this.payments.departed(shard, changes);
    if (broken !== undefined) this.violated('paymentEndsOnce', broken);
    const last = lastCaptures(changes);
    const charged = new Set(
      changes.entries.filter(
        ({ accountId, requestId }) => isAllowanceId(accountId) && !isAllowanceStepKey(requestId),
      ),
    );
    for (const entry of changes.entries) {
      if (isAllowanceId(entry.accountId)) {
        this.#entersAllowance(shard, entry);
        continue;
      }
      this.#enters(shard, entry, last);
      this.#judgeCharges(entry, charged);
    }
    for (const { requestId, accountId } of charged)
      this.violated('capHolds', `${accountId} is charged under ${requestId}, and nobody is`, requestId);
    // One that was taken and changed in the same batch is written once.
    const atOnce = changes.newHolds.filter(
      (hold) => !isTombstone(hold) && (hold.state !== 'held' || !isLeaseKey(hold.holdId)),
    );
    for (const hold of [...changes.changedHolds, ...atOnce])
      if (!isAllowanceId(hold.accountId)) this.#changes(hold, changes.nowUs);
    this.#judgeHoldsOfBudgets([...changes.newHolds, ...changes.changedHolds]);
    this.#receives(shard, changes);
    for (const account of touched) {
      const beyond = account.budgets.ended();
      if (beyond !== undefined) this.violated('capHolds', beyond);
      this.#balances(account);
      if (account.leases.lentMinor > 0n) account.levels.wasLent = true;
      account.levels.saw(...account.payablesMinor);
    }
    for (const accountId of debitedBy(changes)) this.#staysWithinItsLimit(this.account(accountId), accountId);
    this.#note(shard, changes);
  }

  forgot(shard: string, payments: readonly Pick<Payment, 'accountId' | 'requestId'>[]): void {
    const broken = this.payments.forgotten(shard, payments);
    if (broken !== undefined) this.violated('paymentEndsOnce', broken);
    for (const { accountId, requestId } of payments)
      this.trace.note(`${shard} forgets payment ${requestId} of ${accountId}`);
  }

  #receives(shard: string, changes: Changes): void {
    const { newIntakes, changedIntakes, forgottenIntakes } = changes;
    const accountIds = new Set([...newIntakes, ...changedIntakes].map(({ accountId }) => accountId));
    for (const accountId of accountIds) {
      const account = this.account(accountId);
      const broken = account.intake.committed(
        shard,
        changes,
        account,
        (each) => each.accountId === accountId,
      );
      if (broken) this.violated(broken.rule, broken.detail, accountId);
    }
    for (const { accountId, requestId } of forgottenIntakes) {
      const broken = this.account(accountId).intake.forgotten(shard, requestId);
      if (broken) this.violated(broken.rule, broken.detail, requestId);
    }
  }

  /** Nothing is under way any more: whatever was received has ended. */
  judgeReceived(): void {
    for (const account of this.#accounts.values()) {
      const broken = account.intake.brokenPromise(account);
      if (broken) this.violated(broken.rule, broken.detail);
    }
  }

  /** @param last the keys of captures that end their holds */
  #enters(shard: string, entry: Entry, last: ReadonlySet<string>): void {
    const { accountId, requestId } = entry;
    const account = this.account(accountId);
    this.entries += 1;
    const earlier = account.entries.get(requestId);
    if (earlier && this.#isUsedAgain(account, earlier, { shard, requestId }))
      this.world.mark('key used again after its window');
    else if (earlier)
      this.violated('oneEffectPerKey', `${requestId} on ${earlier.shard} and on ${shard}`, requestId);
    account.entries.set(requestId, { shard, entry });
    account.totalMinor += signedAmount(entry);
    this.#judgePayment(shard, account, entry);
    if (!this.#wasAsked(account, entry))
      this.violated('effectWasAsked', `${entry.kind} of ${entry.amountMinor} under ${requestId}`, requestId);
    const isForbidden = statusForbids(account.surely, entry);
    // What was answered from a lease before is written all the same, and what is left of the lease stays lent.
    const wasPromised =
      account.leases.deferralsOf(requestId).length > 0 || (entry.kind === 'hold' && isLeaseKey(requestId));
    account.leases.wrote(entry);
    if (isForbidden && !wasPromised)
      this.violated('statusIsKept', `${requestId} on an account that is ${account.surely}`, requestId);
    // In the order in which they were decided: each left an instant at which another may have been refused.
    if (entry.kind === 'hold' || entry.kind === 'hold-raise') account.heldMinor += entry.amountMinor;
    if (entry.kind === 'hold-confirmation') account.heldMinor -= entry.amountMinor;
    if (entry.kind.startsWith('hold') && !isLeaseKey(requestId)) this.#holds(account, entry, last);
    account.look();
  }

  /** What budgets may spend are accounts that nobody asks for anything of. */
  #entersAllowance(shard: string, entry: Entry): void {
    const { accountId, requestId } = entry;
    const account = this.account(accountId);
    this.entries += 1;
    const earlier = account.entries.get(requestId);
    if (earlier && earlier.shard !== shard && !isAllowanceStepKey(requestId))
      this.world.mark('charged again after its window');
    else if (earlier)
      this.violated('oneEffectPerKey', `${requestId} of ${accountId} on ${earlier.shard} and on ${shard}`);
    account.entries.set(requestId, { shard, entry });
    account.totalMinor += signedAmount(entry);
    if (entry.kind === 'hold' || entry.kind === 'hold-raise') account.heldMinor += entry.amountMinor;
    if (entry.kind === 'hold-confirmation') account.heldMinor -= entry.amountMinor;
    if (account.totalMinor < 0n)
      this.violated('neverNegative', `${accountId} has ${account.totalMinor} after ${requestId}`, requestId);
  }

  /** @param charged the entries of allowances that no entry of this batch has accounted for so far */
  #judgeCharges(entry: Entry, charged: Set<Entry>): void {
    const { accountId, requestId, kind } = entry;
    const isOfHold = kind.startsWith('hold') && !isLeaseKey(requestId);
    if (kind !== 'deduction' && kind !== 'reversal' && !isOfHold) return;
    const account = this.account(accountId);
    // Keys of different accounts never meet in these worlds.
    const own = [...charged].filter((each) => each.requestId === requestId);
    for (const each of own) charged.delete(each);
    const asked = account.asked.get(requestId)?.find(({ fingerprint }) => fingerprint === entry.fingerprint);
    const broken = account.budgets.entered(entry, own, asked?.budgets);
    if (broken !== undefined) this.violated('capHolds', broken, requestId);
    if (own.length > 0) this.world.mark(`budgets ${kind}`);
    account.look();
  }

  /** The last capture of a hold gives back what is left of it, at the same instant. */
  #holds(account: AccountModel, entry: Entry, last: ReadonlySet<string>): void {
    const { requestId, holdId } = requestNames(entry.kind, entry.requestId);
    const about = holdId ?? requestId;
    const known = account.hold(about);
    const captureId = requestId === about && entry.requestId === confirmationKey(about) ? null : requestId;
    const broken = known.entered(entry, captureId);
    if (broken !== undefined) this.violated('holdIsSound', `hold ${about}: ${broken}`, about);
    if (last.has(entryKey(entry.accountId, entry.requestId))) this.#release(account, known);
  }

  #release(account: AccountModel, known: HoldModel): void {
    const restMinor = known.release();
    account.heldMinor -= restMinor;
    const charges = known.hold?.charges ?? [];
    account.budgets.released(charges, restMinor);
    for (const { allowanceId } of charges) this.account(allowanceId).heldMinor -= restMinor;
    if (charges.length > 0 && restMinor > 0n) this.world.mark('budgets given back by a hold');
  }

  /** What a hold has set aside in a budget is what it has set aside in its account, at every instant. */
  #judgeHoldsOfBudgets(written: readonly Hold[]): void {
    for (const hold of written)
      if (isAllowanceId(hold.accountId)) this.account(hold.accountId).hold(hold.holdId).hold = hold;
    for (const hold of written) {
      for (const { allowanceId } of hold.charges ?? []) {
        const inBudget = this.account(allowanceId).hold(hold.holdId).hold;
        if (!inBudget || isInStep(hold, inBudget)) continue;
        this.violated('capHolds', `${hold.holdId} is another in ${allowanceId}`, hold.holdId);
      }
    }
  }

  /** A key may be used once more where it was not before, when its window is over. */
  #isUsedAgain(
    account: AccountModel,
    earlier: { readonly shard: string },
    { shard, requestId }: { readonly shard: string; readonly requestId: string },
  ): boolean {
    if (!account.mayUseAgain || earlier.shard === shard || account.usedAgain.has(requestId)) return false;
    account.usedAgain.add(requestId);
    return true;
  }

  #lends(
    shard: string,
    hold: Hold,
    { changes, before }: { readonly changes: Changes; readonly before: ReadonlyMap<string, SubAccount> },
  ): void {
    const account = this.account(hold.accountId);
    this.world.mark('lease taken');
    const after = changes.subAccounts.find(
      ({ accountId, index }) => accountId === hold.accountId && index === hold.subAccount,
    );
    // One batch may let a row go on and lend from it.
    const rows = [before.get(rowKey(hold.accountId, hold.subAccount)), after];
    const mayLend =
      account.surely === 'active' &&
      rows.some((row) => row?.accountStatus === 'active') &&
      rows.some((row) => row?.state === 'open');
    const bounds = { amountMaxMinor: this.leaseAmountMaxMinor, mayLend };
    const ofAccount = changes.entries.filter(({ accountId }) => accountId === hold.accountId);
    this.#judgeLease(hold, account.leases.taken(shard, hold, bounds, ofAccount));
  }

  #endsLease(hold: Hold, nowUs: number): void {
    const account = this.account(hold.accountId);
    if (hold.state === 'held') {
      if (account.leases.recalled(hold))
        this.world.mark(`lease recalled ${this.world.recallReason(hold.accountId)}`);
      return;
    }
    this.#judgeLease(hold, account.leases.ended(hold, { nowUs, nowMs: this.world.nowMs() }));
    if (hold.state === 'expired')
      this.world.mark(
        this.world.isDead(ownerOf(hold.holdId)) ? 'lease of the dead expired' : 'lease of the living expired',
      );
    account.heldMinor -= hold.amountMinor;
    account.look();
  }

  #judgeLease({ holdId, accountId }: Hold, broken: string | undefined): void {
    if (broken !== undefined)
      this.violated('leaseIsSound', `${holdId} of ${accountId}: ${broken}`, holdId, accountId);
  }

  /** An instance says that it cannot charge what it answered. */
  fellShort(
    owner: string,
    { accountId, requestId, reason }: { accountId: string; requestId: string; reason: string },
    isStopping: boolean,
  ): void {
    const account = this.account(accountId);
    const { leases, entries } = account;
    const entry = entries.get(requestId)?.entry;
    const isReused =
      !account.hold(requestId).isTombstoneOf(owner) &&
      leases
        .deferralsOf(requestId)
        .some(({ asked }) => entry !== undefined && asked.fingerprint !== entry.fingerprint);
    const mayStopShort = isStopping && this.world.isTroubled();
    const broken = leases.fellShort(owner, requestId, { reason, isReused, mayStopShort });
    if (broken !== undefined)
      this.violated(
        'acknowledgedIsDurable',
        `${owner} does not charge ${requestId} (${reason}), ${broken}`,
        requestId,
      );
  }

  /** What an instance answered from leases is written, or told as lost, when it has stopped in order. */
  hasStopped(owner: string): void {
    for (const [accountId, { leases }] of this.#accounts) {
      const kept = leases.open.find((leaseId) => ownerOf(leaseId) === owner);
      if (kept !== undefined && !this.world.isTroubled())
        this.violated('leaseIsSound', `${owner} has stopped with ${kept} of ${accountId}`, kept, accountId);
    }
    this.#judgeUnspoken((other) => other !== owner);
  }

  /** Nothing is under way any more: what was answered from leases is lost with the dead, or told as lost. */
  judgeDeferrals(): void {
    this.#judgeUnspoken((owner) => this.world.isDead(owner));
    for (const { leases } of this.#accounts.values())
      for (const { shortfall } of leases.unwritten)
        if (shortfall === undefined) this.world.mark('lease deduction lost with its instance');
  }

  #judgeUnspoken(isForgiven: (owner: string) => boolean): void {
    for (const account of this.#accounts.values()) {
      const unspoken = unspokenOf(account, isForgiven);
      if (unspoken)
        this.violated(
          'acknowledgedIsDurable',
          `${unspoken.asked.requestId} was answered by ${unspoken.owner} from a lease, and there is no entry`,
          unspoken.asked.requestId,
        );
    }
  }

  #changes(hold: Hold, nowUs: number): void {
    if (isLeaseKey(hold.holdId)) {
      this.#endsLease(hold, nowUs);
      return;
    }
    const account = this.account(hold.accountId);
    const known = account.hold(hold.holdId);
    this.#judgeHold(hold, known.changed(hold, nowUs));
    if (hold.state !== 'held') this.#release(account, known);
    account.look();
  }

  #judgeHold({ holdId }: Hold, broken: string | undefined): void {
    if (broken !== undefined) this.violated('holdIsSound', `hold ${holdId}: ${broken}`, holdId);
  }

  #wasAsked(account: AccountModel, entry: Entry): boolean {
    if (entry.requestId === OPENING_BALANCE_KEY) return entry.kind === 'credit';
    // A hold and its confirmation are judged with the hold.
    if (entry.kind.startsWith('hold')) return true;
    if (entry.kind === 'reversal' || entry.kind === 'credit-reversal') return this.#reverses(account, entry);
    // How a payment goes on is judged by what has left.
    if (entry.kind === 'transfer-in' || entry.kind === 'transfer-refused' || entry.kind === 'transfer-return')
      return true;
    const variants = account.asked.get(entry.requestId) ?? [];
    return variants.some(
      ({ kind, amountMinor, fingerprint }) =>
        kind === ASKED_AS[entry.kind] &&
        amountMinor === entry.amountMinor &&
        fingerprint === entry.fingerprint,
    );
  }

  #judgePayment(shard: string, account: AccountModel, entry: Entry): void {
    const broken = this.payments.wentOn(shard, entry, {
      mayTurnAway: account.maybeFrozen || account.maybeClosed,
      roomMinor: BALANCE_LIMIT_MINOR - account.totalMinor - account.line.mostMinor,
    });
    if (broken !== undefined) this.violated('paymentEndsOnce', broken, entry.accountId);
    if (entry.kind === 'transfer-refused') this.world.mark('payment refused where it was to arrive');
  }

  /** What comes back was asked for, and never is more than was taken. */
  #reverses(account: AccountModel, { kind, requestId: key, amountMinor }: Entry): boolean {
    const { requestId, reverses: reversed = '', holdId } = requestNames(kind, key);
    const reverses = holdId === undefined ? reversed : reversedName(holdId, reversed);
    const reversals = account.reversalsOf(reverses);
    const of = kind === 'reversal' ? 'deduction' : 'credit';
    const takenMinor = account.reversibleMinor(of, reverses) ?? 0n;
    const leftMinor = takenMinor - reversals.backMinor;
    reversals.backMinor += amountMinor;
    if (reversals.backMinor > takenMinor)
      this.violated(
        'reversedWithinDeduction',
        `${reversals.backMinor} of ${takenMinor} under ${reverses}`,
        reverses,
      );
    const asked = reversals.asked.get(requestId);
    return asked?.has(amountMinor) === true || (asked?.has(null) === true && amountMinor === leftMinor);
  }

  #departs(
    shard: string,
    { accountId, transferId, amountMinor, toShard }: Changes['departures'][number],
  ): void {
    const account = this.account(accountId);
    const id = `${shard} ${transferId}`;
    if (account.transit.has(id) || account.arrived.has(id) || amountMinor <= 0n)
      this.violated('transferOnce', `${transferId} leaves ${shard} again, with ${amountMinor}`, transferId);
    account.transit.set(id, { amountMinor, toShard });
    account.inTransitMinor += amountMinor;
  }

  #arrives(
    shard: string,
    { accountId, transferId, amountMinor, fromShard }: Changes['arrivals'][number],
  ): void {
    const account = this.account(accountId);
    const id = `${fromShard} ${transferId}`;
    const sent = account.transit.get(id);
    if (sent?.amountMinor !== amountMinor || sent.toShard !== shard) {
      this.violated(
        'transferOnce',
        `${transferId} arrives on ${shard} and is not on its way there`,
        transferId,
      );
      return;
    }
    account.transit.delete(id);
    account.arrived.add(id);
    account.inTransitMinor -= amountMinor;
  }

  /** Nothing that was asked for leaves an account with less than it may be in debt for; what was promised before is paid all the same. */
  #staysWithinItsLimit({ ownMinor, line }: AccountModel, accountId: string): void {
    if (ownMinor < -line.mostMinor)
      this.violated('neverNegative', `${accountId} has ${ownMinor} and may owe ${line.mostMinor}`, accountId);
  }

  #balances({
    inRowsMinor,
    inTransitMinor,
    totalMinor,
    heldMinor,
    heldInRowsMinor,
    line,
  }: AccountModel): void {
    if (heldInRowsMinor !== heldMinor)
      this.violated('holdIsSound', `rows hold ${heldInRowsMinor}, and the holds that stand ${heldMinor}`);
    if (inRowsMinor + inTransitMinor !== totalMinor + line.grantedMinor)
      this.violated(
        'booksBalance',
        `rows ${inRowsMinor} + in transit ${inTransitMinor}, entries ${totalMinor} + granted ${line.grantedMinor}`,
      );
  }

  #note(shard: string, changes: Changes): void {
    const { entries, departures, arrivals, localMoves, subAccounts, changedHolds } = changes;
    const { newIntakes, changedIntakes, forgottenIntakes } = changes;
    const parts = [
      ...[...newIntakes, ...changedIntakes].map(
        ({ requestId, state, attempt }) => `${state} ${requestId} (${attempt})`,
      ),
      ...forgottenIntakes.map(({ requestId }) => `forgets ${requestId}`),
      ...changedHolds.map(({ holdId, state }) => `${state} ${holdId}`),
      ...entries.map((entry) => `${entry.kind} ${entry.requestId} ${entry.amountMinor}`),
      ...departures.map(
        ({ transferId, amountMinor, toShard }) => `out ${transferId} ${amountMinor} → ${toShard}`,
      ),
      ...arrivals.map(({ transferId, amountMinor }) => `in ${transferId} ${amountMinor}`),
      ...localMoves.map(({ transferId, amountMinor }) => `local ${transferId} ${amountMinor}`),
    ];
    const rows = subAccounts.map((row) => `${row.accountId}/${row.index}=${row.availableMinor}${flags(row)}`);
    this.trace.note(`${shard} commits ${parts.join('; ')} [${rows.join(' ')}]`);
  }
}

const ASKED_AS: Partial<Record<Entry['kind'], Asked['kind']>> = {
  deduction: 'deduct',
  credit: 'credit',
  'transfer-out': 'pay',
};

/** A closed account takes nothing and pays nothing; a frozen one takes what users credit, and what it has paid itself. */
function statusForbids(surely: AccountStatus, { kind, amountMinor }: Entry): boolean {
  if (kind === 'transfer-refused') return false;
  if (surely !== 'frozen') return surely === 'closed';
  const isDebit =
    ['deduction', 'transfer-out', 'hold-raise', 'credit-reversal'].includes(kind) ||
    (kind === 'hold' && amountMinor > 0n);
  return isDebit || kind === 'transfer-in';
}

/** Accounts from which this batch takes what nobody had promised before. */
function debitedBy({ entries }: Changes): Set<string> {
  const debits = entries.filter(({ kind, requestId, amountMinor }) => {
    if (kind === 'hold') return amountMinor > 0n && !isLeaseKey(requestId);
    return ['deduction', 'transfer-out', 'hold-raise', 'credit-reversal'].includes(kind);
  });
  return new Set(debits.map(({ accountId }) => accountId));
}

function flags({ epoch, state, accountStatus }: SubAccount): string {
  return ` e${epoch}${state === 'open' ? '' : ` ${state}`}${accountStatus === 'active' ? '' : ` ${accountStatus}`}`;
}

function balanceOf({ availableMinor, heldMinor }: SubAccount): bigint {
  return availableMinor + heldMinor;
}

/** Of each hold that this batch confirms, the key of its last capture. */
function lastCaptures({ entries, newHolds, changedHolds }: Changes): Set<string> {
  const confirmed = new Set(
    [...newHolds, ...changedHolds]
      .filter(({ state }) => state === 'confirmed')
      .map(({ accountId, holdId }) => entryKey(accountId, holdId)),
  );
  const last = new Map<string, string>();
  for (const { accountId, requestId, kind } of entries) {
    if (kind !== 'hold-confirmation') continue;
    const hold = entryKey(accountId, requestNames(kind, requestId).holdId ?? '');
    if (confirmed.has(hold)) last.set(hold, entryKey(accountId, requestId));
  }
  return new Set(last.values());
}
