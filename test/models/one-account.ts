import type { Command, CreditCommand, DeductCommand, TransferOutCommand } from '../../src/ledger/command';
import type { OutcomeKind } from '../../src/ledger/outcome';
import type { AccountStatus } from '../../src/ledger/sub-account';

/**
 * The naive model that a shard must be indistinguishable from: the account as one balance that is never split, and a map
 * of keys.
 */
export class OneAccount {
  readonly #keys = new Map<string, string>();
  readonly #arrived = new Set<string>();
  readonly #departed = new Map<string, bigint>();
  #statusVersion = 1;

  constructor(
    public availableMinor: bigint,
    private status: AccountStatus,
  ) {}

  /** What the command must come to; takes its effect. */
  judge(command: Command): OutcomeKind {
    switch (command.kind) {
      case 'deduct':
      case 'credit':
        return this.#judgeRequest(command);
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

  #judgeRequest(command: DeductCommand | CreditCommand): OutcomeKind {
    const earlier = this.#keys.get(command.requestId);
    if (earlier !== undefined) return earlier === command.fingerprint ? 'replayed' : 'keyReused';
    if (this.status === 'closed') return 'accountClosed';
    if (command.kind === 'deduct') {
      if (this.status === 'frozen') return 'accountFrozen';
      if (this.availableMinor < command.amountMinor) return 'insufficientFunds';
    }
    this.availableMinor += command.kind === 'credit' ? command.amountMinor : -command.amountMinor;
    this.#keys.set(command.requestId, command.fingerprint);
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
