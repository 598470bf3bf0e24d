import type { Command } from 'commander';
import type { DeductionState, EntryResult, HoldResult, SubmittedDeduction } from '../../client';
import { TimeOrderedIds } from '../../client/request-ids';
import type { CallRequest } from '../../client/single-call';
import { type CommandContext, withService } from '../command-context';
import { OutcomeUnknown, passing } from '../faults';
import type { JsonOf } from '../service/service-client';
import { fieldTable } from '../terminal/tables';

type Moved = EntryResult | HoldResult | SubmittedDeduction;

/** The service says of both what they are and where they stand. */
type Shown = JsonOf<
  Partial<EntryResult & HoldResult> & Pick<EntryResult, 'accountId' | 'amount' | 'createdAt'>
> & {
  readonly kind: string;
  readonly status: string;
};

/** Sends a request under a request id, a new one unless one is given, and prints what it came to. */
export async function postOnce(
  requestOf: (requestId: string) => CallRequest<Moved>,
  given: string | undefined,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const requestId = given ?? new TimeOrderedIds().next();
  // Before it is sent, so that whoever interrupts the command still knows what to ask for.
  if (given === undefined) context.err.write(`request id ${requestId}\n`);
  await post(requestOf(requestId), requestId, command, context);
}

/** Sends what may be sent again as it is, and prints what it came to. */
export async function post(
  request: CallRequest<Moved>,
  requestId: string,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const { body, replayed } = await client.call(request).catch((error: unknown) => {
      throw passing(error)?.perhapsDone === true ? new OutcomeUnknown(requestId, error) : error;
    });
    context.out.write(
      json === true
        ? `${JSON.stringify({ ...body, replayed })}\n`
        : 'receivedAt' in body
          ? fieldTable(stateFields(body))
          : movedFields(body as Shown, requestId, replayed),
    );
  });
}

/** A deduction that was submitted, or one that took effect. */
export function stateFields(state: JsonOf<DeductionState> & { readonly createdAt?: string }) {
  const { status, accountId, amount, requestId, reason, receivedAt, endedAt, createdAt } = state;
  return {
    kind: 'deduction',
    status,
    ...(reason !== undefined && { reason }),
    account: accountId,
    amount,
    'request id': requestId,
    ...(receivedAt !== undefined && { 'received at': receivedAt }),
    ...(endedAt !== undefined && { 'ended at': endedAt }),
    ...(createdAt !== undefined && { at: createdAt }),
  };
}

/** A slip of the pen looks just like a cancel that overtakes its hold. */
const NEVER_HELD = 'no hold was taken under this id; one that comes now is refused: the id is used up';

function movedFields(moved: Shown, requestId: string, replayed: boolean): string {
  const { kind, status, accountId, amount, confirmedAmount, reverses, expiresAt, createdAt } = moved;
  return fieldTable({
    kind,
    status: replayed ? `${status} (replayed: this request id took effect before)` : status,
    account: accountId,
    amount,
    ...(confirmedAmount !== undefined && { confirmed: confirmedAmount }),
    'request id': requestId,
    ...(reverses !== undefined && { reverses }),
    ...(expiresAt !== undefined && { 'expires at': expiresAt }),
    at: createdAt,
    ...(status === 'cancelled' && amount === '0' && { note: NEVER_HELD }),
  });
}
