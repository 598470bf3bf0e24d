import type {
  CancelCommand,
  Command,
  ConfirmCommand,
  CreditCommand,
  DebitCommand,
  ExpireCommand,
  ReverseCommand,
  TransferOutCommand,
} from '../../src/ledger/command';
import type { OutcomeKind } from '../../src/ledger/outcome';
import type { AccountStatus } from '../../src/ledger/sub-account';

/** What a cancel leaves that came before its try. */
const TOMBSTONE = 'tombstone';

interface NaiveHold {
  state: 'held' | 'confirmed' | 'over';
  readonly amountMinor: bigint;
  confirmedMinor: bigint;
  readonly expiresInUs: number;
}

/**
 * The naive model that a shard must be indistinguishable from: the account as one balance that is never split, and a map
 * of keys.
 */
export class OneAccount {
  readonly #keys = new Map<string, string>();
  readonly #holds = new Map<string, NaiveHold>();
  /** What is left of each deduction and confirmed hold. */
  readonly #reversibleMinor = new Map<string, bigint>();
  readonly #arrived = new Set<string>();
  readonly #departed = new Map<string, bigint>();
  #statusVersion = 1;

  constructor(
    public availableMinor: bigint,
    private status: AccountStatus,
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
      case 'reverse':
        return this.#reverse(command);
      case 'transferIn':
        if (this.#arrived.has(command.transferId)) return 'alreadyArrived';
        this.#arrived.add(command.transferId);
        this.availableMinor += command.amountMinor;
        return 'arrived';
      case 'transferOut':
        this.#send(command);
        return 'departed';
      case 'status':
        if (command.version > this.#statusVersion) {
          this.status = command.status;
          this.#statusVersion = command.version;
        }
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
      if (this.availableMinor < amountMinor) return 'insufficientFunds';
    }
    this.availableMinor += kind === 'credit' ? amountMinor : -amountMinor;
    this.#keys.set(requestId, fingerprint);
    if (kind === 'deduct') this.#reversibleMinor.set(requestId, amountMinor);
    if (kind !== 'hold') return 'applied';
    const { expiresInUs } = command;
    this.#holds.set(requestId, { state: 'held', amountMinor, confirmedMinor: 0n, expiresInUs });
    this.heldMinor += amountMinor;
    return 'held';
  }

  #confirm({ holdId, amountMinor: asked }: ConfirmCommand): OutcomeKind {
    if (this.#keys.get(holdId) === TOMBSTONE) return 'holdAlreadyCancelled';
    const hold = this.#holds.get(holdId);
    if (!hold) return 'holdNotHere';
    const amountMinor = asked ?? hold.amountMinor;
    if (hold.state === 'confirmed')
      return hold.confirmedMinor === amountMinor ? 'holdSettled' : 'holdAlreadyConfirmed';
    if (hold.state === 'over' || hold.expiresInUs === 0) return 'holdAlreadyCancelled';
    if (amountMinor > hold.amountMinor) return 'confirmExceedsHold';
    hold.state = 'confirmed';
    hold.confirmedMinor = amountMinor;
    this.heldMinor -= hold.amountMinor;
    this.availableMinor += hold.amountMinor - amountMinor;
    this.#reversibleMinor.set(holdId, amountMinor);
    return 'holdSettled';
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
      this.heldMinor -= hold.amountMinor;
      this.availableMinor += hold.amountMinor;
    }
    hold.state = 'over';
    return 'holdSettled';
  }

  #reverse({ reverses, requestId, fingerprint, amountMinor: asked }: ReverseCommand): OutcomeKind {
    const key = `${reverses} ${requestId}`;
    const earlier = this.#keys.get(key);
    if (earlier !== undefined) return earlier === fingerprint ? 'replayed' : 'keyReused';
    const leftMinor = this.#reversibleMinor.get(reverses);
    if (leftMinor === undefined) return 'deductionNotHere';
    if (this.status === 'closed') return 'accountClosed';
    const amountMinor = asked ?? leftMinor;
    if (leftMinor === 0n || amountMinor > leftMinor) return 'reversalExceedsDeduction';
    this.#keys.set(key, fingerprint);
    this.#reversibleMinor.set(reverses, leftMinor - amountMinor);
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
