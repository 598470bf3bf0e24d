import { Argument, type Command } from 'commander';
import { STRATEGIES } from '../../ledger/strategy';
import { strategyCall } from '../../client/admin-calls';
import { type CommandContext, withService } from '../command-context';
import { accountIdArgument, revisionArgument } from '../terminal/option-parsers';
import { accountFields } from './account';

/** Added to the group `account`. */
export function addAccountStrategyCommand(account: Command, context: CommandContext): void {
  account
    .command('strategy')
    .description('change how an account’s deductions are carried out, while it is in use')
    .argument('<id>', 'account id', accountIdArgument)
    .addArgument(
      new Argument(
        '<strategy>',
        'the way; leased is for hot accounts, slower than merged on many cold ones',
      ).choices(STRATEGIES),
    )
    .option('--if-match <revision>', 'only if the account is as it was under this ETag', revisionArgument)
    .action((id: string, strategy: string, { ifMatch }: { ifMatch?: string }, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const choice = { accountId: id, strategy, ...(ifMatch !== undefined && { ifMatch: `"${ifMatch}"` }) };
        const { body: changed } = await client.call(strategyCall(choice));
        show.one(changed, accountFields(changed));
      }),
    );
}
