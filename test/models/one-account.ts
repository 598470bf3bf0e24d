import type { Command } from '../../src/ledger/command';
import type { OutcomeKind } from '../../src/ledger/outcome';
import type { AccountStatus } from '../../src/ledger/sub-account';

/**
 * The naive model that a shard must be indistinguishable from: the account as one balance that is never split, and a map
 * of keys.
 */
export class OneAccount {
  readonly #keys = new Map<string, string>();
  readonly #arrived = new Set<string>();

  constructor(
    public availableMinor: bigint,
    private readonly status: AccountStatus,
  ) {}

  /** What the command must come to; takes its effect. */
  judge(command: Command): OutcomeKind {
    if (command.kind === 'transferIn') {
      if (this.#arrived.has(command.transferId)) return 'alreadyArrived';
      this.#arrived.add(command.transferId);
      this.availableMinor += command.amountMinor;
      return 'arrived';
    }
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

  /** Part of a credit went on to another shard. */
  left(amountMinor: bigint): void {
    this.availableMinor -= amountMinor;
  }
}
