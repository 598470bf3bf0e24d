import type {
  CancelCommand,
  ConfirmCommand,
  CreditCommand,
  DeductCommand,
  EndIntakeCommand,
  ExpireCommand,
  FenceCommand,
  HoldCommand,
  LayoutCommand,
  LevelCommand,
  ReceiveCommand,
  ReverseCommand,
  StatusCommand,
  TakeOverCommand,
  TransferInCommand,
  TransferOutCommand,
} from '../../src/ledger/command';
import { emptySubAccount, type SubAccount } from '../../src/ledger/sub-account';
import { wrap64 } from '../../src/ledger/money';

/** Commands and rows with something sensible wherever a test has nothing to say. */

export function deduct(given: Partial<DeductCommand> = {}): DeductCommand {
  return { ...fromOutside(given), ...given, kind: 'deduct' };
}

export function credit(given: Partial<CreditCommand> = {}): CreditCommand {
  const plain = fromOutside(given);
  return { ...plain, spreadOver: [], homeRows: 1, spreadId: plain.requestId, ...given, kind: 'credit' };
}

export function receive(given: Partial<ReceiveCommand> = {}): ReceiveCommand {
  return { ...fromOutside(given), attemptMin: 1, ...given, kind: 'receive' };
}

/** By default of the attempt that `receive` begins. */
export function takeOver(given: Partial<TakeOverCommand> = {}): TakeOverCommand {
  return { ...fromOutside(given), attempt: 1, receivedAtUs: 7, ...given, kind: 'takeOver' };
}

/** By default of the attempt that `receive` begins. */
export function endIntake(
  given: Pick<EndIntakeCommand, 'end'> & Partial<EndIntakeCommand>,
): EndIntakeCommand {
  const { accountId, requestId, subAccount, epoch } = fromOutside(given);
  return { accountId, requestId, attempt: 1, subAccount, epoch, ...given, kind: 'endIntake' };
}

export function hold(given: Partial<HoldCommand> = {}): HoldCommand {
  return { ...fromOutside(given), expiresInUs: 900_000_000, ...given, kind: 'hold' };
}

/** By default of the hold that `hold` takes, whole. */
export function confirm(given: Partial<ConfirmCommand> = {}): ConfirmCommand {
  return { ...pinned('confirm'), holdId: 'r1', amountMinor: null, ...given, kind: 'confirm' };
}

export function cancel(given: Partial<CancelCommand> = {}): CancelCommand {
  return { ...pinned('cancel'), holdId: 'r1', leaveTombstone: true, ...given, kind: 'cancel' };
}

export function expire(given: Partial<ExpireCommand> = {}): ExpireCommand {
  return { accountId: 'acme', holdId: 'r1', subAccount: 0, ...given, kind: 'expire' };
}

/** By default of the deduction that `deduct` makes, whole. */
export function reverse(given: Partial<ReverseCommand> = {}): ReverseCommand {
  const requestId = given.requestId ?? 'back';
  return {
    ...pinned(`what ${requestId} gives back`),
    reverses: 'r1',
    requestId,
    amountMinor: null,
    reference: null,
    metadata: null,
    ...given,
    kind: 'reverse',
  };
}

export function transferIn(given: Partial<TransferInCommand> = {}): TransferInCommand {
  const toSubAccount = given.subAccount ?? given.toSubAccount ?? 0;
  return {
    accountId: 'acme',
    transferId: 'spread topup 0',
    amountMinor: 10n,
    fromSubAccount: 1,
    fromShard: 'far',
    ...given,
    toSubAccount,
    subAccount: toSubAccount,
    kind: 'transferIn',
  };
}

export function transferOut(given: Partial<TransferOutCommand> = {}): TransferOutCommand {
  return {
    accountId: 'acme',
    transferId: 'pull 1',
    amountMaxMinor: 10n,
    toShard: 'far',
    toSubAccount: 1,
    ...given,
    kind: 'transferOut',
  };
}

export function fence(given: Partial<FenceCommand> = {}): FenceCommand {
  return { accountId: 'acme', epoch: 2, ...given, kind: 'fence' };
}

/** @param open the rows in use */
export function layout(open: readonly number[], given: Partial<LayoutCommand> = {}): LayoutCommand {
  return {
    accountId: 'acme',
    operation: 1,
    openIndices: new Set(open),
    epoch: 1,
    ...given,
    kind: 'layout',
  };
}

export function setStatus(given: Partial<StatusCommand> = {}): StatusCommand {
  return { accountId: 'acme', status: 'frozen', version: 2, ...given, kind: 'status' };
}

export function level(given: Partial<LevelCommand> = {}): LevelCommand {
  return { accountId: 'acme', exactly: true, ...given, kind: 'level' };
}

/** A row whose `moved` is made to fit the rest. */
export function row(given: Partial<SubAccount> = {}): SubAccount {
  const { availableMinor = 0n, heldMinor = 0n, netMinor = availableMinor + heldMinor } = given;
  return {
    ...emptySubAccount({
      accountId: 'acme',
      index: 0,
      epoch: 1,
      accountStatus: 'active',
      accountStatusVersion: 1,
    }),
    movedMinor: wrap64(availableMinor + heldMinor - netMinor),
    netMinor,
    ...given,
  };
}

function pinned(fingerprint: string) {
  return { accountId: 'acme', subAccount: 0, epoch: 1, fingerprint };
}

function fromOutside(given: { readonly requestId?: string }) {
  const requestId = given.requestId ?? 'r1';
  return {
    accountId: 'acme',
    requestId,
    amountMinor: 10n,
    fingerprint: `what ${requestId} asks for`,
    reference: null,
    metadata: null,
    subAccount: 0,
    epoch: 1,
  };
}
