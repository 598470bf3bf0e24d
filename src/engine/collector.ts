import { planCollection } from '../ledger/plan-collection';
import type { AccountRecord } from '../shards/directory/account-record';
import { NO_CREDIT } from '../shards/directory/credit-line';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { ShardContendedError, ShardUnavailableError } from '../shards/faults';
import type { AccountCache } from './account-cache';
import { LockedPayment } from './collecting/locked-payment';
import { Payments } from './collecting/payments';
import { Refusals } from './collecting/refusals';
import {
  at,
  claimOf,
  type Collected,
  fundsOf,
  type Homed,
  homeOf,
  inOrder,
  type PinnedDebit,
  type PlacedAccount,
  type ShortCharge,
  type Waiting,
} from './collecting/waiting';
import type { ReachPoint } from './fault-points';
import type { KeyLookUps } from './key-look-ups';
import type { LevelWatch } from './levels/level-watch';
import type { ReachLocks } from './locked-reach';
import type { Mover } from './mover';
import type { EngineObserver } from './observer';
import { remember } from './remember';
import {
  balanceOf,
  isAccountOutrun,
  isHalted,
  isOutrun,
  payableOf,
  type Reading,
  readReach,
  spendableOf,
} from './reading';
import type { Request } from './router';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';

export interface CollectorSettings {
  /** Deductions that may wait for one account; the next one is answered `overloaded`. */
  readonly waitingMax: number;
  /** Deductions judged in one round. */
  readonly roundMax: number;
  /** Rounds that go by readings; then all shards are locked. */
  readonly readRoundsMax: number;
  /** Readings of a round that tries to find an account at rest before it refuses anyone. */
  readonly passesMax: number;
  /** A deduction that has waited longer is answered `overloaded`. */
  readonly waitMsMax: number;
  /** How long what a reading found sends deductions straight here instead of home first. */
  readonly rememberMs: number;
  readonly accountsMax: number;
}

export const COLLECTOR_SETTINGS: CollectorSettings = {
  waitingMax: 8_192,
  roundMax: 2_048,
  readRoundsMax: 3,
  passesMax: 3,
  waitMsMax: 5_000,
  rememberMs: 500,
  accountsMax: 10_000,
};

const VOID_PAUSE_MS = 10;

/** The pause after a round that decided nothing. */
const STUCK_PAUSE_MS = 5;

export interface CollectorParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly transfers: Transfers;
  readonly mover: Mover;
  readonly lookUps: KeyLookUps;
  readonly locks: ReachLocks;
  /** Has the rows of an account pay again if it is within its credit limit. Rejects when a shard is away. */
  readonly settleCredit: (accountId: string) => Promise<unknown>;
  /** Who is told of refusals before they are answered. */
  readonly levels?: Pick<LevelWatch, 'see'> | undefined;
  readonly observer: EngineObserver;
  readonly settings: CollectorSettings;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly turn: () => Promise<void>;
  readonly reach?: ReachPoint;
}

/**
 * Pays what one shard cannot and the account can, and refuses what the account cannot: for each account, one round at a
 * time over all deductions that wait for it, so that a storm against an empty account costs a few reads and not one each.
 *
 * A round reads every shard in the account's reach and decides, in the order of arrival, whom the account can pay. What
 * each home lacks is brought from the others; the money and the deductions it was brought for are judged in one
 * transaction at home, so nobody takes it in between. A refusal wants more: that the account held still between two
 * readings, which makes them one instant after the deduction came, and that its key was looked up after that instant.
 *
 * Two instances may chase each other's money. So after some rounds all shards are locked, in the order of their names,
 * and what is decided then stands; there is no lease to wait for or to lose. Rounds and waiting are bounded.
 */
export class Collector {
  readonly #payments: Payments;
  readonly #refusals: Refusals;
  readonly #lockedPayment: LockedPayment;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #lastRead = new Map<string, { payableMinor: bigint; at: number }>();
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly parts: CollectorParts) {
    this.#payments = new Payments(parts);
    this.#refusals = new Refusals({ ...parts, passesMax: parts.settings.passesMax });
    this.#lockedPayment = new LockedPayment({ ...parts, refusals: this.#refusals });
  }

  /** Whether the account had less at the last look: then its home need not be asked first. */
  expectsShort(accountId: string, amountMinor: bigint): boolean {
    const last = this.#lastRead.get(accountId);
    if (!last || amountMinor <= last.payableMinor) return false;
    return this.parts.now() - last.at <= this.parts.settings.rememberMs;
  }

  /** Deductions that wait for a round, over all accounts. */
  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /**
   * Resolves with the outcome once it is durable; `fenced` when the account's placement has changed meanwhile.
   *
   * @param account by which the request's key was looked up at its past homes
   */
  collect(
    request: Request | PinnedDebit | ShortCharge,
    shard: string,
    account: PlacedAccount,
  ): Promise<Collected> {
    const { accountId } = request;
    const queue = this.#queues.get(accountId) ?? [];
    if (queue.length >= this.parts.settings.waitingMax)
      return Promise.resolve({ shard, outcome: { kind: 'overloaded', shard } });
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        request,
        account,
        since: this.parts.now(),
        rounds: 0,
        decided: false,
        resolve: (collected) => {
          waiting.decided = true;
          resolve(collected);
        },
        reject,
      };
      queue.push(waiting);
      if (this.#queues.has(accountId)) return;
      this.#queues.set(accountId, queue);
      const running = this.#run(accountId, queue).finally(() => this.#running.delete(running));
      this.#running.add(running);
    });
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(accountId: string, queue: Waiting[]): Promise<void> {
    for (;;) {
      await this.parts.turn();
      const batch = this.#withoutLate(queue.splice(0, this.parts.settings.roundMax));
      if (batch.length > 0) {
        const undecided = await this.#round(accountId, batch);
        queue.unshift(...undecided);
        // What they wait for, a transfer that cannot arrive say, will hardly be there the next moment.
        if (undecided.length === batch.length) await this.parts.sleep(STUCK_PAUSE_MS);
      }
      if (queue.length === 0) break;
    }
    this.#queues.delete(accountId);
  }

  #withoutLate(batch: readonly Waiting[]): Waiting[] {
    const oldest = this.parts.now() - this.parts.settings.waitMsMax;
    return batch.filter((waiting) => {
      if (waiting.since >= oldest) return true;
      const [shard = ''] = this.parts.accounts.peek(waiting.request.accountId)?.placement.shards ?? [];
      waiting.resolve({ shard, outcome: { kind: 'overloaded', shard } });
      return false;
    });
  }

  /** @returns those that are not decided yet; never rejects */
  async #round(accountId: string, batch: Waiting[]): Promise<Waiting[]> {
    try {
      const account = this.parts.accounts.peek(accountId) ?? (await this.parts.accounts.read(accountId));
      if (!account) throw new RangeError(`deductions wait for an account that is gone: ${accountId}`);
      const routed = sendOthersBack(account, batch);
      if (routed.length === 0) return [];
      const locked = routed.some(({ rounds }) => rounds >= this.parts.settings.readRoundsMax);
      for (const waiting of routed) waiting.rounds += 1;
      this.parts.observer.collected({ requests: routed.length, locked });
      return await (locked ? this.#lockedRound(account, routed) : this.#readRound(account, routed));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return [];
    }
  }

  async #readRound(account: AccountRecord, batch: Waiting[]): Promise<Waiting[]> {
    const first = await readReach(this.parts.shards, account);
    if (isOutrun(first, account)) return this.#readAnew(account, batch);
    if (first.unreadable.length > 0) return this.#payFromTheRest(account, batch, first);
    if (isHalted(first)) return this.#haltedRound(account, batch, first);

    const balance = balanceOf(first);
    const payableMinor = payableOf(balance);
    const { inTransitMinor } = balance;
    this.#remember(account.accountId, payableMinor);
    const homed = batch.map((waiting) => homeOf(waiting, account));
    const plan = planCollection(fundsOf(first, account), homed.map(claimOf), payableMinor);
    // Refused before anyone is paid: paying would disturb the reading that a refusal needs.
    const undecided = await this.#refuse(account, at(homed, plan.short), first);
    const [unpaid] = await Promise.all([
      this.#payments.pay(account, at(homed, plan.pay), plan.pulls),
      inTransitMinor > 0n && plan.wait.length > 0
        ? this.parts.transfers.settle(account.accountId, account.reach)
        : undefined,
    ]);
    return inOrder([...undecided, ...unpaid, ...at(homed, plan.wait)]);
  }

  /** @returns those that could not be refused, because the account did not hold still or has enough after all */
  async #refuse(account: AccountRecord, short: readonly Homed[], first: Reading): Promise<Homed[]> {
    if (short.length === 0) return [];
    const still = await this.#refusals.atRest(account, first);
    if (!still) return [...short];
    const payableMinor = this.#refusals.payableOf(still);
    this.#remember(account.accountId, payableMinor);
    const refused = short.filter(({ amountMinor }) => amountMinor > payableMinor);
    await this.#refusals.refuse(refused, still);
    return short.filter((each) => !refused.includes(each));
  }

  /**
   * The account was found to have used more than its credit limit, and its rows refuse debits. Whom it can pay within the limit by
   * now, because credits came in or the limit was raised, waits until its rows pay again; the others are refused. While the directory
   * is away nobody knows the limit, and rows stay as they are: then only those are refused whom even the rows could not pay.
   */
  async #haltedRound(account: AccountRecord, batch: Waiting[], first: Reading): Promise<Waiting[]> {
    // Read between two readings of the balance: a limit that was in force while the account held still.
    const known = await this.#recordOf(account.accountId);
    const homed = batch.map((waiting) => homeOf(waiting, account));
    const balance = balanceOf(first);
    const bound = known ?? { ...account, credit: NO_CREDIT };
    const spendableMinor = spendableOf(balance, bound);
    const isShort = bound.credit.isOver || !known;
    const short = isShort ? homed.filter(({ amountMinor }) => amountMinor > spendableMinor) : [];
    const undecided = await this.#refuse(bound, short, first);
    const hopeful = homed.filter((each) => !short.includes(each));
    if (hopeful.length > 0) await this.parts.settleCredit(account.accountId);
    // They wait for the rows, not for money that others chase.
    for (const { waiting } of hopeful) waiting.rounds = 0;
    return inOrder([...undecided, ...hopeful]);
  }

  /** The account as the directory has it now; `undefined` while that is away. */
  async #recordOf(accountId: string): Promise<AccountRecord | undefined> {
    try {
      return await this.parts.accounts.read(accountId);
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) return undefined;
      throw error;
    }
  }

  /** The account's placement is changing under the reader: read it anew, and give the change a moment. */
  async #readAnew(account: AccountRecord, batch: Waiting[]): Promise<Waiting[]> {
    for (const waiting of batch) waiting.rounds -= 1;
    const fresh = await this.parts.accounts.read(account.accountId);
    if (fresh?.revision === account.revision) await this.parts.sleep(VOID_PAUSE_MS);
    return batch;
  }

  /** While a shard cannot be read nobody is refused for funds: whom the others cannot pay is told that it is missing. */
  async #payFromTheRest(account: AccountRecord, batch: Waiting[], reading: Reading): Promise<Waiting[]> {
    const [missing = ''] = reading.unreadable;
    const homed = batch.map((waiting) => homeOf(waiting, account));
    const reachable = homed.filter(({ shard }) => reading.parts.has(shard));
    const plan = planCollection(fundsOf(reading, account), reachable.map(claimOf), 0n);
    const paying = at(reachable, plan.pay);
    const unpaid = new Set(await this.#payments.pay(account, paying, plan.pulls));
    for (const each of homed) {
      if (paying.includes(each) && !unpaid.has(each)) continue;
      each.waiting.resolve({ shard: missing, outcome: { kind: 'shardUnavailable', shard: missing } });
    }
    return [];
  }

  async #lockedRound(account: AccountRecord, batch: Waiting[]): Promise<Waiting[]> {
    const homed = batch.map((waiting) => homeOf(waiting, account));
    try {
      const level = await this.#refusals.see(account);
      const end = await this.parts.locks.with(account, async (locked) =>
        (await isAccountOutrun(this.parts.shards, account))
          ? undefined
          : this.#lockedPayment.run(account, homed, locked, level),
      );
      if (end === 'halted') return startAgain(batch);
      if (!end) return await this.#readAnew(account, batch);
      this.#remember(account.accountId, end.short.payableMinor);
      await Promise.all(end.askHome.map((each) => this.#refusals.askHome(each, end.short)));
      if (end.settle) await this.parts.transfers.settle(account.accountId, account.reach);
      const unpaid = await this.#payments.pay(account, end.payAfterwards, []);
      return inOrder([...end.undecided, ...unpaid]);
    } catch (error) {
      const undecided = batch.filter(({ decided }) => !decided);
      if (error instanceof ShardContendedError) return undecided;
      if (!(error instanceof ShardUnavailableError)) throw error;
      const reading = await readReach(this.parts.shards, account);
      if (reading.unreadable.length === 0) return undecided;
      return this.#payFromTheRest(account, undecided, reading);
    }
  }

  #remember(accountId: string, payableMinor: bigint): void {
    const { now, settings } = this.parts;
    remember(this.#lastRead, accountId, { payableMinor, at: now() }, settings.accountsMax);
  }
}

/** Without locks: the account's credit line is settled, or they are refused. */
function startAgain(batch: Waiting[]): Waiting[] {
  for (const waiting of batch) waiting.rounds = 0;
  return batch;
}

/**
 * Those whose key was looked up by the placement that the account has now. What is a past home by now was none when the
 * others were looked up, and their key may have taken effect there since: they are routed anew.
 */
function sendOthersBack(account: AccountRecord, batch: readonly Waiting[]): Waiting[] {
  const { placement } = account;
  return batch.filter((waiting) => {
    if (isPlacedAlike(waiting.account, account)) return true;
    const [shard = ''] = placement.shards;
    waiting.resolve({ shard, outcome: { kind: 'fenced', epoch: placement.epoch } });
    return false;
  });
}

function isPlacedAlike(one: PlacedAccount, other: PlacedAccount): boolean {
  return (
    one.placement.epoch === other.placement.epoch &&
    one.allowance?.epochOfAccount === other.allowance?.epochOfAccount
  );
}
