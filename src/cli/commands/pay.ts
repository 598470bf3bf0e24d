import { type Command, Option } from 'commander';
import {
  cancelCall,
  confirmCall,
  creditReversalCall,
  deductCall,
  entryCall,
  extendCall,
  holdCall,
  raiseCall,
  reversalCall,
  submitCall,
  transferCall,
} from '../../client/money-calls';
import type { Notes } from '../../client/shapes';
import type { CallRequest } from '../../client/single-call';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX } from '../../ledger/hold';
import type { CommandContext } from '../command-context';
import {
  accountIdArgument,
  amountArgument,
  pairArgument,
  requestIdArgument,
  wholeNumber,
} from '../terminal/option-parsers';
import { budgetsArgument } from './budget';
import type { Moved } from './moved';
import { post, postOnce } from './post-once';

const ARGUMENTS = {
  account: ['<account>', 'account id', accountIdArgument],
  from: ['<from>', 'the account that pays', accountIdArgument],
  to: ['<to>', 'the account that is paid', accountIdArgument],
  amount: ['<amount>', 'minor units', amountArgument],
  rest: ['[amount]', 'minor units; default: what is left of it', amountArgument],
  whole: ['[amount]', 'minor units; default: all that it has', amountArgument],
  deduction: ['<deduction>', 'request id of the deduction, or of a confirmed hold', requestIdArgument],
  credit: ['<credit>', 'request id of the credit', requestIdArgument],
  hold: ['<hold>', 'request id of the hold', requestIdArgument],
  seconds: ['<seconds>', 'from now', wholeNumber(1, HOLD_SECONDS_MAX)],
  inAll: ['<amount>', 'minor units: what it is to come to in all', amountArgument],
} as const;

type Given = Readonly<Record<'first' | 'second' | 'third', string>>;

interface PayOptions extends Notes {
  readonly requestId?: string;
  readonly expiresIn?: number;
  readonly captureId?: string;
  readonly final?: boolean;
  readonly allowMore?: boolean;
  readonly budgets?: readonly string[];
}

/** A command that moves money: what is sent takes effect once, however often it is sent. */
interface Payment {
  readonly name: string;
  readonly does: string;
  readonly takes: readonly (keyof typeof ARGUMENTS)[];
  /** What its notes are on; without, it takes none. */
  readonly notesOn?: string;
  /** What it is known by: an id of its own, or that of the hold which it is about; of a capture, either. */
  readonly id: 'its own' | 'of the hold' | 'its own, or of the hold';
  /** Adds what options it has beside. */
  readonly options?: (command: Command) => void;
  /** The last of the arguments may be missing. @param id its own, or `OF_HOLD` */
  readonly request: (given: Given, id: string, options: PayOptions) => CallRequest<Moved>;
}

/** In place of an id: the hold's own says enough. A capture may have that id as its own, too. */
const OF_HOLD = '';

const PAYMENTS: readonly Payment[] = [
  {
    name: 'credit',
    does: 'bring money into an account; a request id takes effect once, however often it is sent',
    takes: ['account', 'amount'],
    notesOn: 'the entry',
    id: 'its own',
    request: ({ first: accountId, second: amount }, id, notes) =>
      entryCall('credits', { accountId, amount, ...notes }, id),
  },
  {
    name: 'deduct',
    does: 'take money from an account; a request id takes effect once, however often it is sent',
    takes: ['account', 'amount'],
    notesOn: 'the entry',
    id: 'its own',
    options: (command) => command.addOption(budgetsOption()),
    request: ({ first: accountId, second: amount }, id, notes) =>
      deductCall({ accountId, amount, ...notes }, id),
  },
  {
    name: 'transfer',
    does: 'pay from one account to another; answered when the money has arrived',
    takes: ['from', 'to', 'amount'],
    notesOn: 'both entries',
    id: 'its own',
    request: ({ first: from, second: to, third: amount }, id, notes) =>
      transferCall({ from, to, amount, ...notes }, id),
  },
  {
    name: 'submit',
    does: 'have a deduction kept durably, to be charged later; `deduction` tells what became of it',
    takes: ['account', 'amount'],
    notesOn: 'the entry',
    id: 'its own',
    options: (command) => command.addOption(budgetsOption()),
    request: ({ first: accountId, second: amount }, id, notes) =>
      submitCall({ accountId, amount, ...notes }, id),
  },
  {
    name: 'reverse',
    does: 'give a deduction back, or a part of it; all its reversals together never exceed it',
    takes: ['account', 'deduction', 'rest'],
    notesOn: 'the entry',
    id: 'its own',
    options: (command) =>
      command.option(
        '--capture-id <id>',
        'of a hold: the request id of the capture that is reversed',
        requestIdArgument,
      ),
    request: ({ first: accountId, second: reverses, third: amount }, id, notes) =>
      reversalCall({ accountId, reverses, ...ifGiven(amount), ...notes }, id),
  },
  {
    name: 'reverse-credit',
    does: 'take a credit back, or a part of it, which the account pays; all its reversals together never exceed it',
    takes: ['account', 'credit', 'rest'],
    notesOn: 'the entry',
    id: 'its own',
    request: ({ first: accountId, second: reverses, third: amount }, id, notes) =>
      creditReversalCall({ accountId, reverses, ...ifGiven(amount), ...notes }, id),
  },
  {
    name: 'hold',
    does: 'set money of an account aside, until it is confirmed, cancelled or expires',
    takes: ['account', 'amount'],
    notesOn: 'the hold',
    id: 'its own',
    options: (command) =>
      command
        .option(
          '--expires-in <seconds>',
          `default: ${HOLD_SECONDS_DEFAULT}`,
          wholeNumber(1, HOLD_SECONDS_MAX),
        )
        .addOption(budgetsOption()),
    request: ({ first: accountId, second: amount }, id, { expiresIn, ...notes }) =>
      holdCall(
        { accountId, amount, ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }), ...notes },
        id,
      ),
  },
  {
    name: 'confirm',
    does: 'take what is held, or a part of it; the rest is available again, unless more is to be taken',
    takes: ['account', 'hold', 'whole'],
    notesOn: 'the entry, in place of those of the hold',
    id: 'its own, or of the hold',
    options: (command) =>
      command
        .option(
          '--request-id <id>',
          'of this capture, among those of the hold; the last one needs none',
          requestIdArgument,
        )
        .option('--no-final', 'more is to be taken: the rest stays held')
        .option('--allow-more', 'take what is above the hold out of what is available'),
    request: ({ first: accountId, second: holdId, third: amount }, requestId, options) =>
      confirmCall({
        accountId,
        holdId,
        ...ifGiven(amount),
        ...(requestId !== OF_HOLD && { requestId }),
        ...options,
      }),
  },
  {
    name: 'raise',
    does: 'set more aside for a hold',
    takes: ['account', 'hold', 'inAll'],
    id: 'of the hold',
    request: ({ first: accountId, second: holdId, third: amount }) =>
      raiseCall({ accountId, holdId, amount }),
  },
  {
    name: 'extend',
    does: 'let a hold last until so long from now, never shorter than it would',
    takes: ['account', 'hold', 'seconds'],
    id: 'of the hold',
    request: ({ first: accountId, second: holdId, third: seconds }) =>
      extendCall({ accountId, holdId, expiresInSeconds: Number(seconds) }),
  },
  {
    name: 'cancel',
    does: 'release what is held; a try of this hold that comes later is refused',
    takes: ['account', 'hold'],
    id: 'of the hold',
    request: ({ first: accountId, second: holdId }) => cancelCall({ accountId, holdId }),
  },
];

function budgetsOption(): Option {
  return new Option(
    '--budgets <budget>',
    'a budget that it is charged to as well, and to all above it (repeatable)',
  ).argParser(budgetsArgument);
}

export function addPaymentCommands(program: Command, context: CommandContext): void {
  for (const payment of PAYMENTS) addPayment(program, payment, context);
}

function addPayment(program: Command, payment: Payment, context: CommandContext): void {
  const { name, does, takes, notesOn, id, options: addOptions, request } = payment;
  const command = program.command(name).description(does);
  for (const each of takes) {
    const [flags, description, parse] = ARGUMENTS[each];
    command.argument(flags, description, parse);
  }
  if (id === 'its own')
    command.option('--request-id <id>', 'default: a new one, which is printed', requestIdArgument);
  if (notesOn !== undefined)
    command
      .option('--reference <text>', `your own note on ${notesOn}`)
      .option('--metadata <key=value>', `a pair of your own on ${notesOn} (repeatable)`, pairArgument);
  addOptions?.(command);
  // Commander gives the arguments one by one, then the options and the command.
  command.action((...called: unknown[]) => {
    const [first = '', second = '', third = ''] = called.slice(0, takes.length) as (string | undefined)[];
    const { requestId, ...options } = called[takes.length] as PayOptions;
    const given = { first, second, third };
    // The last capture of a hold needs no id; what a hold is told otherwise has none.
    const isOfHold = id !== 'its own' && requestId === undefined && options.final !== false;
    return isOfHold
      ? post(request(given, OF_HOLD, options), second, command, context)
      : postOnce((own) => request(given, own, options), requestId, command, context);
  });
}

/** What is left out is an empty text here, which is no amount. */
function ifGiven(amount: string): { readonly amount?: string } {
  return amount === '' ? {} : { amount };
}
