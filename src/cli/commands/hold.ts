import type { Command } from 'commander';
import { cancelCall, confirmCall, holdCall } from '../../client/money-calls';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX } from '../../ledger/hold';
import type { CommandContext } from '../command-context';
import {
  accountIdArgument,
  amountArgument,
  requestIdArgument,
  wholeNumber,
} from '../terminal/option-parsers';
import { post, postOnce } from './post-once';

interface HoldOptions {
  readonly requestId?: string;
  readonly reference?: string;
  readonly expiresIn?: number;
}

export function addHoldCommands(program: Command, context: CommandContext): void {
  program
    .command('hold')
    .description('set money of an account aside, until it is confirmed, cancelled or expires')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<amount>', 'minor units', amountArgument)
    .option('--request-id <id>', 'names the hold; default: a new one, which is printed', requestIdArgument)
    .option('--reference <text>', 'your own note on the hold')
    .option('--expires-in <seconds>', `default: ${HOLD_SECONDS_DEFAULT}`, wholeNumber(1, HOLD_SECONDS_MAX))
    .action((accountId: string, amount: string, options: HoldOptions, command: Command) => {
      const { requestId, expiresIn, ...notes } = options;
      const expiry = expiresIn === undefined ? {} : { expiresInSeconds: expiresIn };
      const request = { accountId, amount, ...expiry, ...notes };
      return postOnce((id) => holdCall(request, id), requestId, command, context);
    });
  program
    .command('confirm')
    .description('take what is held, or a part of it; the rest is available again')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<hold>', 'request id of the hold', requestIdArgument)
    .argument('[amount]', 'minor units; default: all of it', amountArgument)
    .action((accountId: string, holdId: string, amount: string | undefined, _: unknown, command: Command) =>
      post(
        confirmCall({ accountId, holdId, ...(amount !== undefined && { amount }) }),
        holdId,
        command,
        context,
      ),
    );
  program
    .command('cancel')
    .description('release what is held; a try of this hold that comes later is refused')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<hold>', 'request id of the hold', requestIdArgument)
    .action((accountId: string, holdId: string, _: unknown, command: Command) =>
      post(cancelCall({ accountId, holdId }), holdId, command, context),
    );
}
