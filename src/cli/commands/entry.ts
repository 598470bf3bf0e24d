import type { Command } from 'commander';
import { entryCall, reversalCall, stateLookUp, submitCall } from '../../client/money-calls';
import { type CommandContext, withService } from '../command-context';
import { accountIdArgument, amountArgument, requestIdArgument } from '../terminal/option-parsers';
import { fieldTable } from '../terminal/tables';
import { postOnce, stateFields } from './post-once';

interface EntryOptions {
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
      .action((accountId: string, amount: string, options: EntryOptions, command: Command) => {
        const { requestId, ...notes } = options;
        const request = { accountId, amount, ...notes };
        return postOnce((id) => entryCall(path, request, id), requestId, command, context);
      });
  }
  program
    .command('submit')
    .description('have a deduction kept durably, to be charged later; `deduction` tells what became of it')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<amount>', 'minor units', amountArgument)
    .option('--request-id <id>', 'default: a new one, which is printed', requestIdArgument)
    .option('--reference <text>', 'your own note on the entry')
    .action((accountId: string, amount: string, options: EntryOptions, command: Command) => {
      const { requestId, ...notes } = options;
      const request = { accountId, amount, ...notes };
      return postOnce((id) => submitCall(request, id), requestId, command, context);
    });
  program
    .command('deduction')
    .description('show a deduction, or what became of one that was submitted')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<request-id>', 'of the deduction', requestIdArgument)
    .action((accountId: string, requestId: string, _options: object, command: Command) =>
      withService(command, context, async (client, { json }) => {
        const { body } = await client.call(stateLookUp(accountId, requestId));
        context.out.write(json === true ? `${JSON.stringify(body)}\n` : fieldTable(stateFields(body)));
      }),
    );
  program
    .command('reverse')
    .description('give a deduction back, or a part of it; all its reversals together never exceed it')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<deduction>', 'request id of the deduction, or of a confirmed hold', requestIdArgument)
    .argument('[amount]', 'minor units; default: what is left of it', amountArgument)
    .option('--request-id <id>', 'default: a new one, which is printed', requestIdArgument)
    .option('--reference <text>', 'your own note on the entry')
    .action(
      (
        accountId: string,
        deduction: string,
        amount: string | undefined,
        { requestId, ...notes }: EntryOptions,
        command: Command,
      ) => {
        const request = { accountId, reverses: deduction, ...(amount !== undefined && { amount }), ...notes };
        return postOnce((id) => reversalCall(request, id), requestId, command, context);
      },
    );
}
