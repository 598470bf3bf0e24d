import { fence, layOut, level, setStatus } from './account-wide';
import { assertNever } from './assert-never';
import { confirm } from './capture-hold';
import { extend, raise } from './change-hold';
import type { Command } from './command';
import { credit } from './credit';
import { deduct } from './deduct';
import { Draft } from './draft';
import { flush, recall } from './flush';
import { grant } from './grant';
import type { Outcome } from './outcome';
import { payBack, payIn } from './pay-in';
import { endIntake, receive, takeOver } from './receive';
import { restoreHalf } from './restore-half';
import { reverse } from './reverse';
import { cancel, expire } from './settle-hold';
import type { Changes, Needs, ShardState } from './shard-state';
import { takeHold } from './take-hold';
import { transferIn } from './transfer-in';
import { transferOut } from './transfer-out';

export type Decision =
  | { readonly kind: 'decided'; readonly outcomes: readonly Outcome[]; readonly changes: Changes }
  | { readonly kind: 'needs'; readonly needs: Needs };

/**
 * Decides a batch of commands on what a shard transaction has loaded: the shard's whole state machine, pure.
 *
 * Commands are judged in the order given, each on what those before it left behind; a key that occurs twice in a batch
 * is applied once and replayed once. A refusal changes nothing.
 *
 * @returns one outcome for each command, in their order, with the changes to write; or what must be loaded first, in
 * which case nothing was decided.
 */
export function applyBatch(state: ShardState, commands: readonly Command[]): Decision {
  const draft = new Draft(state);
  const outcomes = commands.map((command) => decide(draft, command));
  const needs = draft.needs;
  return needs ? { kind: 'needs', needs } : { kind: 'decided', outcomes, changes: draft.changes };
}

function decide(draft: Draft, command: Command): Outcome {
  switch (command.kind) {
    case 'deduct':
      return deduct(draft, command);
    case 'credit':
      return credit(draft, command);
    case 'hold':
      return takeHold(draft, command);
    case 'confirm':
      return confirm(draft, command);
    case 'cancel':
      return cancel(draft, command);
    case 'expire':
      return expire(draft, command);
    case 'extend':
      return extend(draft, command);
    case 'raise':
      return raise(draft, command);
    case 'reverse':
      return reverse(draft, command);
    case 'flush':
      return flush(draft, command);
    case 'recall':
      return recall(draft, command);
    case 'receive':
      return receive(draft, command);
    case 'takeOver':
      return takeOver(draft, command);
    case 'endIntake':
      return endIntake(draft, command);
    case 'payIn':
      return payIn(draft, command);
    case 'payBack':
      return payBack(draft, command);
    case 'restoreHalf':
      return restoreHalf(draft, command);
    case 'transferIn':
      return transferIn(draft, command);
    case 'transferOut':
      return transferOut(draft, command);
    case 'fence':
      return fence(draft, command);
    case 'layout':
      return layOut(draft, command);
    case 'status':
      return setStatus(draft, command);
    case 'grant':
      return grant(draft, command);
    case 'level':
      return level(draft, command);
    default:
      return assertNever(command);
  }
}
