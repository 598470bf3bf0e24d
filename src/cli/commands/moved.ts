import type {
  DeductionState,
  EntryResult,
  HoldResult,
  SubmittedDeduction,
  TransferResult,
} from '../../client';
import type { JsonOf } from '../service/service-client';
import type { Fields } from '../terminal/columns';

/** What a request that moves money comes to. */
export type Moved = EntryResult | HoldResult | SubmittedDeduction | TransferResult;

/** As the service answers, which says of each what it is and where it stands. */
export type ShownMove = JsonOf<Moved>;

type Entered = JsonOf<
  Partial<EntryResult & HoldResult> & Pick<EntryResult, 'accountId' | 'amount' | 'createdAt'>
> & {
  readonly kind: string;
  readonly status: string;
};

/** A slip of the pen looks just like a cancel that overtakes its hold. */
const NEVER_HELD = 'no hold was taken under this id; one that comes now is refused: the id is used up';

/** @param replayed whether the request id had taken effect before */
export function movedFields(moved: ShownMove, requestId: string, replayed: boolean): Fields {
  if ('receivedAt' in moved) return stateFields(moved);
  if ('from' in moved) return transferFields(moved, replayed);
  return enteredFields(moved as Entered, requestId, replayed);
}

/** A deduction that was submitted, or one that took effect. */
export function stateFields(state: JsonOf<DeductionState> & { readonly createdAt?: string }): Fields {
  const { status, accountId, amount, requestId, reason, screening, receivedAt, endedAt, createdAt } = state;
  return {
    kind: 'deduction',
    status,
    reason,
    screening:
      screening && [screening.verdict, `by ${screening.by}`, screening.reason ?? ''].join(' ').trim(),
    account: accountId,
    amount,
    'request id': requestId,
    ...notesFields(state),
    'received at': receivedAt,
    'ended at': endedAt,
    at: createdAt,
  };
}

export function notesFields({
  reference,
  metadata,
}: {
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}): Fields {
  const pairs = Object.entries(metadata ?? {}).map(([key, value]) => [`metadata ${key}`, value]);
  return { reference, ...(Object.fromEntries(pairs) as Fields) };
}

function transferFields(transfer: JsonOf<TransferResult>, replayed: boolean): Fields {
  const { from, to, amount, requestId, createdAt } = transfer;
  return {
    kind: 'transfer',
    status: statusOf('succeeded', replayed),
    from,
    to,
    amount,
    'request id': requestId,
    ...notesFields(transfer),
    at: createdAt,
  };
}

function enteredFields(moved: Entered, requestId: string, replayed: boolean): Fields {
  const { kind, status, accountId, amount, heldAmount, confirmedAmount, reverses } = moved;
  const { budgets, expiresAt, createdAt } = moved;
  return {
    kind,
    status: statusOf(status, replayed),
    account: accountId,
    amount,
    held: heldAmount,
    confirmed: confirmedAmount,
    'request id': requestId,
    reverses,
    budgets: budgets?.join(', '),
    ...notesFields(moved),
    'expires at': expiresAt,
    at: createdAt,
    note: status === 'cancelled' && amount === '0' ? NEVER_HELD : undefined,
  };
}

function statusOf(status: string, replayed: boolean): string {
  return replayed ? `${status} (replayed: this request id took effect before)` : status;
}
