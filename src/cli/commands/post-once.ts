import type { Command } from 'commander';
import { TimeOrderedIds } from '../../client/request-ids';
import type { CallRequest } from '../../client/single-call';
import { type CommandContext, withService } from '../command-context';
import { OutcomeUnknown, passing } from '../faults';
import { type Moved, movedFields } from './moved';

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
  await withService(command, context, async (client, { show }) => {
    const { body, replayed } = await client.call(request).catch((error: unknown) => {
      throw passing(error)?.perhapsDone === true ? new OutcomeUnknown(requestId, error) : error;
    });
    show.one({ ...body, replayed }, movedFields(body, requestId, replayed));
  });
}
