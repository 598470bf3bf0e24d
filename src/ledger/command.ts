import { entryKey } from './entry';
import { arrivalKey } from './transfer';
import type { Transfer } from './transfer';

/** What commands from outside have in common. The router fills in `subAccount` and `epoch`. */
interface OutsideCommand {
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  /** Hash of what the user sent (32 hex digits): the kind and every parameter, nothing derived. */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
  readonly subAccount: number;
  /** The placement epoch the command was routed by. */
  readonly epoch: number;
}

export interface DeductCommand extends OutsideCommand {
  readonly kind: 'deduct';
}

export interface CreditCommand extends OutsideCommand {
  readonly kind: 'credit';
  /** Every other sub-account of the account, where a share of a large credit goes. */
  readonly spreadOver: readonly SpreadTarget[];
}

export interface SpreadTarget {
  readonly shard: string;
  readonly subAccount: number;
}

/** The second step of a transfer: it arrives. */
export interface TransferInCommand extends Transfer {
  readonly kind: 'transferIn';
  readonly fromShard: string;
  /** The row that takes the money: `toSubAccount`. */
  readonly subAccount: number;
  readonly epoch: number;
}

/** One instruction to a shard. */
export type Command = DeductCommand | CreditCommand | TransferInCommand;

/** The key under which a shard remembers that a command took effect. */
export function commandKey(command: Command): string {
  return command.kind === 'transferIn'
    ? arrivalKey(command.accountId, command.transferId)
    : entryKey(command.accountId, command.requestId);
}
