import type { Command } from 'commander';
import { statusCall } from '../../client/account-calls';
import { type CommandContext, withService } from '../command-context';
import { accountIdArgument } from '../terminal/option-parsers';
import { accountFields } from './account';

const VERBS = [
  { verb: 'freeze', does: 'refuse deductions from an account; credits pass' },
  { verb: 'unfreeze', does: 'let deductions through again' },
  { verb: 'close', does: 'close an empty account for good; it refuses everything but reads then' },
] as const;

/** Added to the group `account`. */
export function addAccountStatusCommands(account: Command, context: CommandContext): void {
  for (const { verb, does } of VERBS) {
    account
      .command(verb)
      .description(`${does}; again does nothing`)
      .argument('<id>', 'account id', accountIdArgument)
      .action((id: string, _options: unknown, command: Command) =>
        withService(command, context, async (client, { show }) => {
          const { body: changed } = await client.call(statusCall(id, verb));
          show.one(changed, accountFields(changed));
        }),
      );
  }
}
