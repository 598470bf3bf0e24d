import type {
  CancelCommand,
  ConfirmCommand,
  CreditCommand,
  DeductCommand,
  EndIntakeCommand,
  ExpireCommand,
  ExtendCommand,
  FenceCommand,
  GrantCommand,
  HoldCommand,
  LayoutCommand,
  LevelCommand,
  ReceiveCommand,
  PayBackCommand,
  PayInCommand,
  RaiseCommand,
  ReverseCommand,
  StatusCommand,
  TakeOverCommand,
  TransferInCommand,
  TransferOutCommand,
} from '../../src/ledger/command';
import type { Payment } from '../../src/ledger/payment';
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
  return {
    ...pinned('confirm'),
    holdId: 'r1',
    captureId: null,
    amountMinor: null,
    isFinal: true,
    mayTakeMore: false,
    reference: null,
    metadata: null,
    ...given,
    kind: 'confirm',
  };
}

/** By default a part of the hold that `hold` takes, which goes on. */
export function capture(given: Partial<ConfirmCommand> = {}): ConfirmCommand {
  return confirm({ captureId: 'c1', isFinal: false, amountMinor: 4n, fingerprint: 'c1', ...given });
}

export function extend(given: Partial<ExtendCommand> = {}): ExtendCommand {
  const lasts = { expiresInUs: 900_000_000, lastsUsMax: 2_592_000_000_000 };
  return { ...pinned('extend'), holdId: 'r1', ...lasts, ...given, kind: 'extend' };
}

/** By default to twice what `hold` takes. */
export function raise(given: Partial<RaiseCommand> = {}): RaiseCommand {
  return { ...pinned('raise'), holdId: 'r1', amountMinor: 20n, ...given, kind: 'raise' };
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
    of: 'deduction',
    reverses: 'r1',
    captureId: null,
    requestId,
    amountMinor: null,
    reference: null,
    metadata: null,
    ...given,
    kind: 'reverse',
  };
}

/** A payment to `acme`. */
export function payment(given: Partial<Payment> = {}): Payment {
  return {
    accountId: 'payer',
    requestId: 'p1',
    subAccount: 0,
    amountMinor: 10n,
    fingerprint: 'what p1 asks for',
    reference: null,
    metadata: null,
    createdAtUs: 1,
    payee: { accountId: 'acme', shard: 'here', subAccount: 0 },
    ...given,
  };
}

export function payIn(given: Partial<PayInCommand> = {}): PayInCommand {
  const spread = { spreadOver: [], homeRows: 1, spreadId: 'pay p1' };
  return { accountId: 'acme', subAccount: 0, payment: payment(), ...spread, ...given, kind: 'payIn' };
}

/** By default of a payment that `acme` has made. */
export function payBack(given: Partial<PayBackCommand> = {}): PayBackCommand {
  const made = payment({ accountId: 'acme', payee: { accountId: 'payee', shard: 'far', subAccount: 0 } });
  return { accountId: 'acme', subAccount: 0, payment: made, ...given, kind: 'payBack' };
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

export function grant(given: Partial<GrantCommand> = {}): GrantCommand {
  return { accountId: 'acme', version: 1, signedMinor: 100n, ...given, kind: 'grant' };
}

export function level(given: Partial<LevelCommand> = {}): LevelCommand {
  return { accountId: 'acme', exactly: true, ...given, kind: 'level' };
}

/** A row whose `moved` is made to fit the rest. */
export function row(given: Partial<SubAccount> = {}): SubAccount {
  const { availableMinor = 0n, heldMinor = 0n, grantedMinor = 0n } = given;
  const { netMinor = availableMinor + heldMinor - grantedMinor } = given;
  return {
    ...emptySubAccount({
      accountId: 'acme',
      index: 0,
      epoch: 1,
      accountStatus: 'active',
      accountStatusVersion: 1,
    }),
    movedMinor: wrap64(availableMinor + heldMinor - netMinor - grantedMinor),
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
