import type { CommanderError } from 'commander';
import { OperationFailedError, RefusedError } from '../../client';
import { detailOf, Interrupted, NoProgress, NotSettled, OperatorFault, OutcomeUnknown } from '../faults';
import { harmless, jsonText } from './harmless';
import { type Paint, plain } from './paint';
import type { TextOutput } from './text-output';

export interface Fault {
  readonly code: string;
  readonly detail: string;
  readonly hint?: string;
}

const START_HINT = 'is it running? npm start; is the address right? --url or HOTSPLIT_URL';

/** What an operator can do about the common ones. */
const HINTS: Readonly<Record<string, string>> = {
  UNAUTHENTICATED:
    'give a key with --key or HOTSPLIT_KEY; the first one is HOTSPLIT_ADMIN_KEY of the service or, where that is not set, in admin.key ' +
    'in its data folder: a file that is left from before is not taken',
  PERMISSION_DENIED:
    'the key lacks the scope (read, deduct, refund, credit, accounts or admin); an admin can make another one',
  ACCOUNT_NOT_FOUND: 'make it first: hotsplit account create ID --asset USD/2',
  ACCOUNT_EXISTS: 'it has other parameters than these: hotsplit account show ID',
  INSUFFICIENT_FUNDS: 'bring funds first: hotsplit credit ACCOUNT AMOUNT',
  IDEMPOTENCY_KEY_REUSED:
    'this request id stands for another request already: leave --request-id out to get a new one',
  ACCOUNT_FROZEN:
    'a frozen account takes credits, and neither deductions nor transfers: hotsplit account unfreeze ID',
  ACCOUNT_NOT_EMPTY: 'take out what it holds first: hotsplit account show ID',
  HOLD_ALREADY_CANCELLED: 'its id stays used: take a new hold with another --request-id',
  HOLD_ALREADY_CONFIRMED: 'what was taken can be given back: hotsplit reverse ACCOUNT HOLD',
  HOLD_EXCEEDED:
    'leave the amount out to take all of it; --allow-more takes the rest out of what is available',
  REVERSAL_EXCEEDS_DEDUCTION: 'leave the amount out to reverse what is left',
  SHARD_IN_USE:
    'the settings of the service name it, or an account was on it once: move accounts off it (account resize) and leave it in place',
  OPERATION_IN_PROGRESS: 'wait until what is under way has ended, then ask again',
  OPERATION_NOT_FOUND: 'its id was printed when it was begun',
  PRECONDITION_FAILED: 'it has changed since: look at it again, then decide',
  SHARD_EXISTS: 'choose another name; hotsplit shard list shows those in use',
  RATE_LIMITED: 'wait a moment and try again',
  OVERLOADED: 'try again with the same request id',
  SHARD_UNAVAILABLE:
    'one of the databases cannot be reached: hotsplit shard list; then try again, with the same request id if there was one',
  UNEXPECTED_ANSWER: 'is something between here and the service?',
  INTERNAL: 'a defect of the service: its log has the details under the id in this answer',
};

/** Everything that can go wrong, as one line and perhaps a way out. */
export function describeFault(error: unknown): Fault {
  if (error instanceof RefusedError) return withHint(error.code, detailOf(error), HINTS[error.code]);
  if (error instanceof OperationFailedError) {
    const { code, detail, operationId } = error;
    return withHint(code, `${detail} (operation ${operationId})`, HINTS[code]);
  }
  if (error instanceof NotSettled)
    return withHint(error.code, error.message, error.isUnreached ? START_HINT : HINTS[error.code]);
  if (error instanceof OutcomeUnknown) {
    const again = `--request-id ${error.requestId}`;
    return {
      ...describeFault(error.cause),
      hint: `whether it took effect is unknown: repeat the command with ${again}, which cannot move the money twice`,
    };
  }
  if (error instanceof Interrupted) return { code: 'INTERRUPTED', detail: error.message };
  if (error instanceof OperatorFault) return { code: 'INVALID_INPUT', detail: error.message };
  if (error instanceof NoProgress) return { code: 'NO_PROGRESS', detail: error.message };
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'FAILED';
    return { code, detail: error.message };
  }
  return { code: 'FAILED', detail: String(error) };
}

/** Says it on the error stream in any case, so that a redirected output does not swallow it. */
export function printFault(
  fault: Fault,
  {
    out,
    err,
    json,
    paintErr = plain,
  }: {
    readonly out: TextOutput;
    readonly err: TextOutput;
    readonly json: boolean;
    /** For the error stream. */
    readonly paintErr?: Paint;
  },
): void {
  err.write(`${paintErr('bad', `${harmless(fault.code)}:`)} ${harmless(fault.detail)}\n`);
  if (fault.hint !== undefined) err.write(`hint: ${harmless(fault.hint)}\n`);
  if (json) printJsonFault(fault, out);
}

export function printJsonFault(fault: Fault, out: TextOutput): void {
  out.write(`${jsonText({ error: fault })}\n`);
}

/** What was wrong with the arguments, in Commander's words. */
export function misuseOf({ message }: CommanderError): Fault {
  return { code: 'INVALID_INPUT', detail: message.replace(/^error: /, '') };
}

function withHint(code: string, detail: string, hint: string | undefined): Fault {
  return hint === undefined ? { code, detail } : { code, detail, hint };
}
