import type { Entry } from '../../../src/ledger/entry';
import type { Hold } from '../../../src/ledger/hold';
import { RECALLED, termMsOf } from '../../../src/ledger/lease';
import type { Asked, OpenCall } from './asked';
import type { Broken } from './rule';

/** A deduction that an instance answered from a lease, and has to write. */
export interface Deferral {
  readonly asked: Asked;
  readonly owner: string;
  readonly shard: string;
  /** The placement that it was answered under. */
  readonly epoch: number;
  /** What was true of the account since: it may have to be charged like any other. */
  readonly since: OpenCall;
  /** Why its owner said that it cannot be charged any more. */
  shortfall?: string;
}

/** What an owner says of a deduction that it cannot charge, and what is true at that instant. */
export interface ToldShort {
  readonly reason: string;
  /** The key stands for something else. */
  readonly isReused: boolean;
  /** The owner is being stopped, and something was broken just now. */
  readonly mayStopShort: boolean;
}

interface OpenLease {
  readonly hold: Hold;
  readonly shard: string;
}

/**
 * One account's leases, and what was answered from them, as the plainest bookkeeper sees it: who answers owes an entry for
 * it, and stands with a lease for as long as he does. A debt is forgiven only to the dead, and to those who say so and had
 * their lease taken away.
 */
export class LeaseModel {
  /** Σ of the leases that stand: nobody's money but the account's. */
  lentMinor = 0n;
  readonly #open = new Map<string, OpenLease>();
  /** By key: every answer from a lease, in their order. */
  readonly #deferrals = new Map<string, Deferral[]>();
  readonly #unwritten = new Set<Deferral>();
  /** When a lease ran out last, by owner and shard. */
  readonly #ranOut = new Map<string, { readonly atMs: number; readonly termMs: number }>();
  /** The newest placement that rows of a shard have seen. */
  readonly #epochs = new Map<string, number>();

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  get unwritten(): ReadonlySet<Deferral> {
    return this.#unwritten;
  }

  deferralsOf(requestId: string): readonly Deferral[] {
    return this.#deferrals.get(requestId) ?? [];
  }

  /** What an instance owes under a key. */
  owedBy(owner: string, requestId: string): Deferral | undefined {
    return this.deferralsOf(requestId).find(
      (each) => each.owner === owner && each.shortfall === undefined && this.#unwritten.has(each),
    );
  }

  sawRow(shard: string, epoch: number): void {
    this.#epochs.set(shard, Math.max(epoch, this.#epochs.get(shard) ?? 0));
  }

  /**
   * @param bounds `amountMaxMinor`: of a lease; `mayLend`: the account and its row allow to lend more than what is left
   * @param entries that were committed with it
   */
  taken(
    shard: string,
    hold: Hold,
    bounds: { readonly amountMaxMinor: bigint; readonly mayLend: boolean },
    entries: readonly Entry[],
  ): string | undefined {
    const { holdId, amountMinor } = hold;
    const wasOpen = this.#open.has(holdId);
    const owner = ownerOf(holdId);
    const before = this.#standing(owner, shard);
    const leftMinor = sumOf(before) - this.#owedAmong(owner, entries);
    this.#open.set(holdId, { hold: { ...hold, state: 'held' }, shard });
    this.lentMinor += amountMinor;
    if (wasOpen) return 'taken twice';
    if (amountMinor <= 0n || amountMinor > bounds.amountMaxMinor) return `lent ${amountMinor}`;
    const mayLend = bounds.mayLend && before.every(({ reference }) => reference !== RECALLED);
    return mayLend || amountMinor <= leftMinor
      ? undefined
      : `lent ${amountMinor} after ${leftMinor} while nothing is to be lent`;
  }

  /** @returns whether it is news */
  recalled({ holdId }: Hold): boolean {
    const known = this.#open.get(holdId);
    if (!known || known.hold.reference === RECALLED) return false;
    this.#open.set(holdId, { ...known, hold: { ...known.hold, reference: RECALLED } });
    return true;
  }

  /** @param at the time of the shard's clock, and of the world's */
  ended(hold: Hold, at: { readonly nowUs: number; readonly nowMs: number }): string | undefined {
    const known = this.#open.get(hold.holdId);
    if (!known) return `${hold.state}, and it does not stand`;
    this.#open.delete(hold.holdId);
    this.lentMinor -= hold.amountMinor;
    if (hold.state === 'expired') {
      this.#ranOut.set(`${ownerOf(hold.holdId)} ${known.shard}`, {
        atMs: at.nowMs,
        termMs: termMsOf(hold),
      });
      return hold.expiresAtUs <= at.nowUs ? undefined : 'expired before its time';
    }
    return hold.state === 'cancelled' ? undefined : `ended as ${hold.state}`;
  }

  /** A new answer from a lease. @returns what it breaks: it must have money that was set aside */
  answered(deferral: Deferral, at: { readonly nowMs: number }): Broken | undefined {
    const { asked, owner, shard } = deferral;
    const owed = this.owedBy(owner, asked.requestId);
    this.#deferrals.set(asked.requestId, [...this.deferralsOf(asked.requestId), deferral]);
    this.#unwritten.add(deferral);
    if (owed)
      return { rule: 'oneEffectPerKey', detail: `answered from a lease of ${owner}, and it was before` };
    const standingMinor = sumOf(this.#standing(owner, shard));
    const owedMinor = this.#owedMinor(owner, shard);
    if (owedMinor <= standingMinor || this.#ranOutWithinTerm(owner, shard, at.nowMs)) return undefined;
    return {
      rule: 'leaseCovers',
      detail: `${owner} owes ${owedMinor} on ${shard}, and its lease there is ${standingMinor}`,
    };
  }

  /** An entry was committed: whoever answered that owes it no more. */
  wrote({ requestId, fingerprint }: Entry): void {
    for (const each of this.deferralsOf(requestId))
      if (each.asked.fingerprint === fingerprint) this.#unwritten.delete(each);
  }

  /** An owner says that it cannot charge what it answered. @returns what is wrong with that */
  fellShort(owner: string, requestId: string, told: ToldShort): string | undefined {
    const deferral = this.deferralsOf(requestId).findLast((each) => each.owner === owner);
    if (!deferral) return 'which it never answered';
    const wasOwed = this.#unwritten.has(deferral);
    deferral.shortfall = told.reason;
    const { since } = deferral;
    switch (told.reason) {
      case 'keyReused':
        return told.isReused
          ? undefined
          : 'and its key is nobody else’s, or was taken by a cancel at the same instance';
      case 'insufficientFunds':
        if (!since.wasShort) return 'and the account always had enough';
        break;
      case 'accountFrozen':
        if (!since.wasFrozen) return 'and nobody froze the account';
        break;
      case 'accountClosed':
        if (!since.wasClosed) return 'and nobody closed the account';
        break;
      default:
        // Whatever of it was on its way to a shard that did not answer may be written.
        return told.mayStopShort ? undefined : 'and nothing kept it from being written';
    }
    if (!wasOwed) return 'which is written';
    return this.isLost(deferral) ? undefined : 'and its lease was not taken away';
  }

  /** Whether what it was answered from may be gone, without its owner's doing. */
  isLost({ owner, shard, epoch }: Deferral): boolean {
    return this.#ranOut.has(`${owner} ${shard}`) || (this.#epochs.get(shard) ?? 0) > epoch;
  }

  /** Whether an instance that is asked for it must find it: what it answered itself, and what others' leases still back. */
  isOwedTo(instance: string, deferral: Deferral): boolean {
    if (deferral.shortfall !== undefined) return false;
    return deferral.owner === instance || !this.isLost(deferral);
  }

  #standing(owner: string, shard: string): Hold[] {
    return [...this.#open.values()]
      .filter(({ hold, shard: at }) => at === shard && ownerOf(hold.holdId) === owner)
      .map(({ hold }) => hold);
  }

  /** Of some entries, what an instance owed. */
  #owedAmong(owner: string, entries: readonly Entry[]): bigint {
    const owed = entries.filter(({ requestId, fingerprint }) => {
      const each = this.owedBy(owner, requestId);
      return each?.asked.fingerprint === fingerprint;
    });
    return sumOf(owed);
  }

  #owedMinor(owner: string, shard: string): bigint {
    let owed = 0n;
    for (const each of this.#unwritten)
      if (each.owner === owner && each.shard === shard && each.shortfall === undefined)
        owed += each.asked.amountMinor;
    return owed;
  }

  /** A shard's clock that jumps ends a lease early: its owner learns of that within a term. */
  #ranOutWithinTerm(owner: string, shard: string, nowMs: number): boolean {
    const ranOut = this.#ranOut.get(`${owner} ${shard}`);
    return ranOut !== undefined && nowMs <= ranOut.atMs + ranOut.termMs;
  }
}

function sumOf(amounts: readonly { readonly amountMinor: bigint }[]): bigint {
  return amounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

/** Ids of instances begin with their names: `lease i3.17` is of `i3`. */
export function ownerOf(leaseId: string): string {
  return leaseId.slice(leaseId.indexOf(' ') + 1, leaseId.lastIndexOf('.'));
}
