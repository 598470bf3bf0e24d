import type { Command } from 'commander';
import { type CommandContext, withService } from '../command-context';
import { OutcomeUnknown } from '../faults';
import { passingFailure } from '../service/passing-failure';
import { newRequestId } from '../service/new-request-id';
import { fieldTable } from '../terminal/tables';

/** What the service answers of an entry or a hold, as far as it is printed. */
interface Answered {
  readonly requestId: string;
  readonly kind: string;
  readonly status: string;
  readonly amount: string;
  readonly confirmedAmount?: string;
  readonly reverses?: string;
  readonly expiresAt?: string;
  readonly createdAt: string;
}

/** A request that takes effect once. */
export interface OnceRequest {
  readonly path: string;
  readonly accountId: string;
  /** A new one is made and printed when absent. */
  readonly requestId?: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends a request under a request id and prints what it came to. */
export async function postOnce(
  { path, accountId, requestId: given, body }: OnceRequest,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const requestId = given ?? newRequestId({ wallMs: context.clock.wallMs(), random: context.random });
  // Before it is sent, so that whoever interrupts the command still knows what to ask for.
  if (given === undefined) context.err.write(`request id ${requestId}\n`);
  await post({ path, accountId, requestId, body: { ...body, requestId } }, command, context);
}

/** Sends what may be sent again by its path alone, and prints what it came to. */
export async function post(
  { path, accountId, requestId, body }: OnceRequest & { readonly requestId: string },
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const { body: answered, replayed } = await client
      .call<Answered>({
        method: 'POST',
        path: `/v1/accounts/${encodeURIComponent(accountId)}/${path}`,
        body,
      })
      .catch((error: unknown) => {
        throw passingFailure(error)?.perhapsDone === true ? new OutcomeUnknown(requestId, error) : error;
      });
    if (json === true) return void context.out.write(`${JSON.stringify({ ...answered, replayed })}\n`);
    const { kind, status, amount, confirmedAmount, reverses, expiresAt, createdAt } = answered;
    context.out.write(
      fieldTable({
        kind,
        status: replayed ? `${status} (replayed: this request id took effect before)` : status,
        account: accountId,
        amount,
        ...(confirmedAmount === undefined ? {} : { confirmed: confirmedAmount }),
        'request id': requestId,
        ...(reverses === undefined ? {} : { reverses }),
        ...(expiresAt === undefined ? {} : { 'expires at': expiresAt }),
        at: createdAt,
      }),
    );
  });
}
