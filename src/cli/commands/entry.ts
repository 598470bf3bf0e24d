import type { Command } from 'commander';
import { type CommandContext, withService } from '../command-context';
import { OutcomeUnknown } from '../faults';
import { passingFailure } from '../service/passing-failure';
import { newRequestId } from '../service/new-request-id';
import { accountIdArgument, amountArgument, requestIdArgument } from '../terminal/option-parsers';
import { fieldTable } from '../terminal/tables';

interface Entry {
  readonly requestId: string;
  readonly accountId: string;
  readonly kind: string;
  readonly status: string;
  readonly amount: string;
  readonly createdAt: string;
}

interface EntryRequest {
  readonly path: 'credits' | 'deductions';
  readonly accountId: string;
  readonly amount: string;
  readonly requestId?: string;
  readonly reference?: string;
}

export function addEntryCommands(program: Command, context: CommandContext): void {
  const kinds = [
    { name: 'credit', path: 'credits', does: 'bring money into an account' },
    { name: 'deduct', path: 'deductions', does: 'take money from an account' },
  ] as const;
  for (const { name, path, does } of kinds) {
    program
      .command(name)
      .description(`${does}; a request id takes effect once, however often it is sent`)
      .argument('<account>', 'account id', accountIdArgument)
      .argument('<amount>', 'minor units', amountArgument)
      .option('--request-id <id>', 'default: a new one, which is printed', requestIdArgument)
      .option('--reference <text>', 'your own note on the entry')
      .action(
        (
          accountId: string,
          amount: string,
          options: { requestId?: string; reference?: string },
          command: Command,
        ) => postEntry({ path, accountId, amount, ...options }, command, context),
      );
  }
}

async function postEntry(
  { path, accountId, amount, requestId: given, reference }: EntryRequest,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const requestId = given ?? newRequestId({ wallMs: context.clock.wallMs(), random: context.random });
    // Before it is sent, so that whoever interrupts the command still knows what to ask for.
    if (given === undefined) context.err.write(`request id ${requestId}\n`);
    const { body: entry, replayed } = await client
      .call<Entry>({
        method: 'POST',
        path: `/v1/accounts/${encodeURIComponent(accountId)}/${path}`,
        body: { amount, requestId, reference },
      })
      .catch((error: unknown) => {
        throw passingFailure(error)?.perhapsDone === true ? new OutcomeUnknown(requestId, error) : error;
      });
    if (json === true) return void context.out.write(`${JSON.stringify({ ...entry, replayed })}\n`);
    const status = replayed ? `${entry.status} (replayed: this request id took effect before)` : entry.status;
    const { kind, createdAt } = entry;
    context.out.write(
      fieldTable({
        kind,
        status,
        account: accountId,
        amount: entry.amount,
        'request id': requestId,
        at: createdAt,
      }),
    );
  });
}
