import type {
  CancelCommand,
  Command,
  ConfirmCommand,
  CreditCommand,
  DebitCommand,
  ExpireCommand,
  ExtendCommand,
  GrantCommand,
  PayBackCommand,
  PayInCommand,
  RaiseCommand,
  ReverseCommand,
  TransferOutCommand,
} from '../../src/ledger/command';
import type { OutcomeKind } from '../../src/ledger/outcome';
import type { RowStatus } from '../../src/ledger/sub-account';

/** What a cancel leaves that came before its try. */
const TOMBSTONE = 'tombstone';

interface NaiveHold {
  state: 'held' | 'confirmed' | 'over';
  readonly triedMinor: bigint;
  /** What it was tried for and raised to. */
  totalMinor: bigint;
  /** What is set aside for it; of one that was settled, what was until then. */
  leftMinor: bigint;
  /** What the capture took that settled it. */
  confirmedMinor: bigint;
  readonly captures: Map<string, string>;
  readonly expiresInUs: number;
}

/**
 * The naive model that a shard must be indistinguishable from: the account as one balance that is never split, and a map
 * of keys.
 */
export class OneAccount {
  readonly #keys = new Map<string, string>();
  readonly #holds = new Map<string, NaiveHold>();
  /** What is left of each deduction, capture and credit. */
  readonly #reversible = new Map<
    string,
    { readonly of: 'deduction' | 'credit'; readonly leftMinor: bigint }
  >();
  /** Keys of what went to other accounts. */
  readonly #paid = new Set<string>();
  readonly #arrived = new Set<string>();
  readonly #departed = new Map<string, bigint>();
  #statusVersion = 1;
  #grantVersion = 0;

  constructor(
    public availableMinor: bigint,
    private status: RowStatus,
    public heldMinor = 0n,
  ) {}

  /** What the command must come to; takes its effect. */
  judge(command: Command): OutcomeKind {
    switch (command.kind) {
      case 'deduct':
      case 'credit':
      case 'hold':
        return this.#judgeRequest(command);
      case 'confirm':
        return this.#confirm(command);
      case 'cancel':
        return this.#cancel(command);
      case 'expire':
        return this.#expire(command);
      case 'extend':
        return this.#extend(command);
      case 'raise':
        return this.#raise(command);
      case 'reverse':
        return this.#reverse(command);
      case 'transferIn':
        if (this.#arrived.has(command.transferId)) return 'alreadyArrived';
        this.#arrived.add(command.transferId);
        this.availableMinor += command.amountMinor;
        return 'arrived';
      case 'payIn':
        return this.#payIn(command);
      case 'payBack':
        return this.#payBack(command);
      case 'transferOut':
        this.#send(command);
        return 'departed';
      case 'status':
        if (command.version > this.#statusVersion) {
          this.status = command.status;
          this.#statusVersion = command.version;
        }
        return 'settled';
      case 'grant':
        this.#grant(command);
        return 'settled';
      case 'fence':
      case 'layout':
        return 'settled';
      case 'level':
        return 'leveled';
      case 'restoreHalf':
      case 'flush':
      case 'recall':
      case 'receive':
      case 'takeOver':
      case 'endIntake':
        throw new RangeError('neither leases nor the intake are part of this model');
    }
  }

  #grant({ version, signedMinor }: GrantCommand): void {
    if (version <= this.#grantVersion) return;
    this.#grantVersion = version;
    this.availableMinor += signedMinor < -this.availableMinor ? -this.availableMinor : signedMinor;
  }

  /** What it would pay. */
  get payableMinor(): bigint {
    return this.status === 'overLimit' ? 0n : this.availableMinor;
  }

  /** What left under a transfer's id. */
  departedMinor(transferId: string): bigint {
    return this.#departed.get(transferId) ?? 0n;
  }

  /** Part of a credit went on to another shard. */
  left(amountMinor: bigint): void {
    this.availableMinor -= amountMinor;
  }

  #judgeRequest(command: DebitCommand | CreditCommand): OutcomeKind {
    const { kind, requestId, fingerprint, amountMinor } = command;
    const earlier = this.#keys.get(requestId);
    if (kind === 'hold' && earlier === TOMBSTONE) return 'holdAlreadyCancelled';
    if (earlier !== undefined && earlier !== fingerprint) return 'keyReused';
    if (earlier !== undefined) return kind === 'hold' ? 'held' : 'replayed';
    if (this.status === 'closed') return 'accountClosed';
    if (kind !== 'credit') {
      if (this.status === 'frozen') return 'accountFrozen';
      if (this.status === 'overLimit' || this.availableMinor < amountMinor) return 'insufficientFunds';
    }
    this.availableMinor += kind === 'credit' ? amountMinor : -amountMinor;
    this.#keys.set(requestId, fingerprint);
    if (kind === 'deduct' && command.payee) this.#paid.add(requestId);
    else if (kind === 'deduct') this.#reversible.set(requestId, { of: 'deduction', leftMinor: amountMinor });
    else if (kind === 'credit') this.#reversible.set(requestId, { of: 'credit', leftMinor: amountMinor });
    if (kind !== 'hold') return 'applied';
    const { expiresInUs } = command;
    this.#holds.set(requestId, {
      state: 'held',
      triedMinor: amountMinor,
      totalMinor: amountMinor,
      leftMinor: amountMinor,
      confirmedMinor: 0n,
      captures: new Map(),
      expiresInUs,
    });
    this.heldMinor += amountMinor;
    return 'held';
  }

  #confirm(command: ConfirmCommand): OutcomeKind {
    const { holdId, captureId, amountMinor: asked, isFinal, mayTakeMore, fingerprint } = command;
    if (this.#keys.get(holdId) === TOMBSTONE) return 'holdAlreadyCancelled';
    const hold = this.#holds.get(holdId);
    if (!hold) return 'holdNotHere';
    const earlier = captureId === null ? undefined : hold.captures.get(captureId);
    if (earlier !== undefined) return earlier === fingerprint ? asItIs(hold) : 'keyReused';
    const amountMinor = asked ?? hold.leftMinor;
    if (hold.state === 'confirmed') {
      const isSame = captureId === null && hold.confirmedMinor === amountMinor;
      return isSame || (isFinal && asked === null && hold.confirmedMinor === 0n)
        ? 'holdSettled'
        : 'holdAlreadyConfirmed';
    }
    if (isOver(hold)) return 'holdAlreadyCancelled';
    const moreMinor = amountMinor - hold.leftMinor;
    if ((moreMinor > 0n && !mayTakeMore) || (amountMinor === 0n && !isFinal)) return 'confirmExceedsHold';
    const refused = moreMinor > 0n ? this.#setAside(hold, moreMinor) : undefined;
    if (refused) return refused;
    if (amountMinor > 0n) {
      if (captureId !== null) hold.captures.set(captureId, fingerprint);
      const name = captureId === null ? holdId : `${holdId} ${captureId}`;
      this.#reversible.set(name, { of: 'deduction', leftMinor: amountMinor });
    }
    this.heldMinor -= isFinal ? hold.leftMinor : amountMinor;
    if (!isFinal) {
      hold.leftMinor -= amountMinor;
      return 'holdChanged';
    }
    hold.state = 'confirmed';
    hold.confirmedMinor = amountMinor;
    this.availableMinor += hold.leftMinor - amountMinor;
    return 'holdSettled';
  }

  #extend({ holdId }: ExtendCommand): OutcomeKind {
    if (this.#keys.get(holdId) === TOMBSTONE) return 'holdAlreadyCancelled';
    const hold = this.#holds.get(holdId);
    if (!hold) return 'holdNotHere';
    if (hold.state === 'confirmed') return 'holdAlreadyConfirmed';
    return isOver(hold) ? 'holdAlreadyCancelled' : 'holdChanged';
  }

  #raise({ holdId, amountMinor }: RaiseCommand): OutcomeKind {
    if (this.#keys.get(holdId) === TOMBSTONE) return 'holdAlreadyCancelled';
    const hold = this.#holds.get(holdId);
    if (!hold) return 'holdNotHere';
    if (amountMinor <= hold.triedMinor) return 'raiseTooLow';
    if (amountMinor <= hold.totalMinor) return asItIs(hold);
    if (hold.state === 'confirmed') return 'holdAlreadyConfirmed';
    if (isOver(hold)) return 'holdAlreadyCancelled';
    return this.#setAside(hold, amountMinor - hold.totalMinor) ?? 'holdChanged';
  }

  /** Sets more aside for a hold. @returns why it cannot */
  #setAside(hold: NaiveHold, moreMinor: bigint): OutcomeKind | undefined {
    if (this.status === 'closed') return 'accountClosed';
    if (this.status === 'frozen') return 'accountFrozen';
    if (this.status === 'overLimit' || this.availableMinor < moreMinor) return 'insufficientFunds';
    this.availableMinor -= moreMinor;
    this.heldMinor += moreMinor;
    hold.leftMinor += moreMinor;
    hold.totalMinor += moreMinor;
    return undefined;
  }

  #cancel({ holdId, leaveTombstone }: CancelCommand): OutcomeKind {
    const earlier = this.#keys.get(holdId);
    if (earlier === TOMBSTONE) return 'holdSettled';
    const hold = this.#holds.get(holdId);
    if (hold) return hold.state === 'confirmed' ? 'holdAlreadyConfirmed' : this.#release(hold);
    if (earlier !== undefined) return 'keyReused';
    if (!leaveTombstone) return 'holdNotHere';
    if (this.status === 'closed') return 'accountClosed';
    this.#keys.set(holdId, TOMBSTONE);
    return 'holdSettled';
  }

  #expire({ holdId }: ExpireCommand): OutcomeKind {
    if (this.#keys.get(holdId) === TOMBSTONE) return 'holdSettled';
    const hold = this.#holds.get(holdId);
    if (!hold) return 'holdNotHere';
    if (hold.state === 'held' && hold.expiresInUs > 0) return 'holdStands';
    return hold.state === 'confirmed' ? 'holdSettled' : this.#release(hold);
  }

  #release(hold: NaiveHold): OutcomeKind {
    if (hold.state === 'held') {
      this.heldMinor -= hold.leftMinor;
      this.availableMinor += hold.leftMinor;
    }
    hold.state = 'over';
    return 'holdSettled';
  }

  #reverse(command: ReverseCommand): OutcomeKind {
    const { of, reverses, captureId, requestId, fingerprint, amountMinor: asked } = command;
    const name = captureId === null ? reverses : `${reverses} ${captureId}`;
    const key = `${name} ${requestId}`;
    const earlier = this.#keys.get(key);
    if (earlier !== undefined) return earlier === fingerprint ? 'replayed' : 'keyReused';
    if (this.#paid.has(reverses)) return 'transferNotReversible';
    const reversible = this.#reversible.get(name);
    if (reversible?.of !== of) return 'deductionNotHere';
    if (this.status === 'closed') return 'accountClosed';
    const { leftMinor } = reversible;
    const amountMinor = asked ?? leftMinor;
    const exceeds = leftMinor === 0n || amountMinor > leftMinor;
    if (exceeds) return of === 'credit' ? 'reversalExceedsCredit' : 'reversalExceedsDeduction';
    if (of === 'credit' && this.status === 'frozen') return 'accountFrozen';
    const isShort = this.status === 'overLimit' || this.availableMinor < amountMinor;
    if (of === 'credit' && isShort) return 'insufficientFunds';
    this.#keys.set(key, fingerprint);
    this.#reversible.set(name, { of, leftMinor: leftMinor - amountMinor });
    this.availableMinor += of === 'credit' ? -amountMinor : amountMinor;
    return 'applied';
  }

  /** Taken or refused, by the status of the moment and for good. */
  #payIn({ payment: { accountId, requestId, createdAtUs, amountMinor } }: PayInCommand): OutcomeKind {
    const key = `from ${accountId} ${requestId} ${createdAtUs}`;
    if (this.#keys.has(key)) return 'replayed';
    this.#keys.set(key, 'decided');
    if (this.status === 'active' || this.status === 'overLimit') this.availableMinor += amountMinor;
    return 'applied';
  }

  #payBack({ payment: { requestId, createdAtUs, amountMinor } }: PayBackCommand): OutcomeKind {
    const key = `back ${requestId} ${createdAtUs}`;
    if (this.#keys.has(key)) return 'replayed';
    this.#keys.set(key, 'back');
    this.availableMinor += amountMinor;
    return 'applied';
  }

  #send({ transferId, amountMaxMinor }: TransferOutCommand): void {
    if (this.#departed.has(transferId)) return;
    const amountMinor = amountMaxMinor < this.availableMinor ? amountMaxMinor : this.availableMinor;
    // Nothing to take leaves no trace: the same id may still take something later.
    if (amountMinor > 0n) this.#departed.set(transferId, amountMinor);
    this.availableMinor -= amountMinor;
  }
}

function asItIs({ state }: NaiveHold): OutcomeKind {
  return state === 'held' ? 'holdChanged' : 'holdSettled';
}

/** Found to be over, or over by the clock. */
function isOver({ state, expiresInUs }: NaiveHold): boolean {
  return state === 'over' || expiresInUs === 0;
}
