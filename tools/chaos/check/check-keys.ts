import type { Breach } from './breach';
import type { Dump } from './dump';
import { isScreenedOut } from '../history/screened-out';
import { type Evidence, isDefiniteRefusal, isSuccess, type OpSeen } from './evidence';

export interface Effect {
  readonly shard: string;
  readonly kind: string;
  readonly amount: bigint;
}

/** Entries by account and key. */
export type Effects = ReadonlyMap<string, readonly Effect[]>;

export function effectsIn(dump: Dump): Effects {
  const effects = new Map<string, Effect[]>();
  for (const { name, entries } of dump.shards)
    for (const { account, key, kind, amount } of entries) {
      const id = effectId(account, key);
      const effect = { shard: name, kind, amount };
      const known = effects.get(id);
      if (known) known.push(effect);
      else effects.set(id, [effect]);
    }
  return effects;
}

/** A blank is in no account id. */
export function effectId(account: string, key: string): string {
  return `${account} ${key}`;
}

const REJECTED: readonly (string | undefined)[] = ['REJECTED', 'SCREENED_OUT'];

/** Every key against its entries: nothing lost, doubled, or done that was refused or never asked. */
export function* checkKeys(evidence: Evidence, effects: Effects): Generator<Breach> {
  const asked = new Set<string>();
  for (const op of evidence.ops.values()) {
    const { account, key } = op.asked;
    const id = effectId(account, key);
    asked.add(id);
    yield* checkKey(op, effects.get(id) ?? []);
  }
  for (const [id, [effect]] of effects) {
    if (asked.has(id)) continue;
    const [account = '', key = ''] = split(id);
    yield {
      rule: 'unaskedEffect',
      account,
      key,
      detail: `a ${effect?.kind ?? '?'} of ${effect?.amount ?? '?'} on ${effect?.shard ?? '?'}`,
    };
  }
}

function* checkKey(op: OpSeen, effects: readonly Effect[]): Generator<Breach> {
  const { account, key, kind, amount } = op.asked;
  const breach = (rule: Breach['rule'], detail: string): Breach => ({ rule, account, key, detail });
  const where = effects.map(({ shard }) => shard).join(', ');

  const success = op.calls.find(isSuccess);
  if (success && effects.length === 0)
    yield breach('acknowledgedLost', `acknowledged at ${success.toMs} ms through service ${success.service}`);
  const outcome = op.calls.find(({ door }) => door === 'outcome');
  const received = op.calls.find(({ door, status }) => door === 'later' && status === 202);
  if (received && outcome?.status === 404)
    yield breach('acknowledgedLost', `received at ${received.toMs} ms through service ${received.service}`);
  if (received && !outcome) yield breach('unresolved', `received at ${received.toMs} ms, and waits for ever`);
  if (outcome?.code === 'SCREENED_OUT' && !isScreenedOut(key))
    yield breach('screenedWrongly', 'screened out, and was never to be');
  const isOnlyLater = op.calls.every(
    ({ door }) => door === 'later' || door === 'outcome' || door === 'lookup',
  );
  if (received && isOnlyLater && effects.length > 0 && isScreenedOut(key))
    yield breach('screenedWrongly', `was to be screened out; an entry on ${where}`);
  if (outcome !== undefined && REJECTED.includes(outcome.code) && effects.length > 0)
    yield breach('effectOfRefused', `rejected after it was received; an entry on ${where}`);
  if (effects.length > 1) yield breach('doubleEffect', `${effects.length} entries, on ${where}`);
  const sent = op.calls.filter(({ door }) => door !== 'lookup');
  if (effects.length > 0 && sent.length > 0 && sent.every(isDefiniteRefusal))
    yield breach('effectOfRefused', `every answer was ${refusals(op)}; an entry on ${where}`);

  const booked = kind === 'deduction' ? 'deduction' : 'credit';
  for (const effect of effects)
    if (effect.kind !== booked || effect.amount !== BigInt(amount))
      yield breach(
        'unaskedEffect',
        `asked for a ${booked} of ${amount}, booked a ${effect.kind} of ${effect.amount}`,
      );

  if (op.otherBody !== undefined)
    yield breach('bodyChanged', `first ${op.firstBody ?? ''}, then ${op.otherBody}`);
  yield* checkAnswers(op);
}

function* checkAnswers(op: OpSeen): Generator<Breach> {
  const { account, key, kind } = op.asked;
  const at = Math.min(...op.calls.filter(isSuccess).map(({ toMs }) => toMs));
  for (const call of op.calls) {
    const { status, code, fromMs, door } = call;
    const said = `${status ?? 'nothing'} ${code ?? ''} to a ${door} call at ${fromMs} ms through service ${call.service}`;
    if (door === 'lookup' && status === 404 && fromMs > at)
      yield {
        rule: 'lookUpMissed',
        account,
        key,
        detail: `acknowledged at ${at} ms; ${said}`,
      };
    // Once it was acknowledged, a key outranks funds and status.
    if (door !== 'lookup' && isDefiniteRefusal(call) && code !== 'OVERLOADED' && fromMs > at)
      yield { rule: 'replayRefused', account, key, detail: `acknowledged at ${at} ms; ${said}` };
    if (status !== undefined && !isExpected(call.door, kind, status, code))
      yield { rule: 'unexpectedAnswer', account, key, detail: said };
  }
}

/** The answers that a well-formed request of this kind may get in this run. */
function isExpected(door: string, kind: string, status: number, code: string | undefined): boolean {
  if (status < 300 || door === 'outcome') return true;
  if (code === 'OVERLOADED' || code === 'SHARD_UNAVAILABLE') return status === 503;
  if (door === 'lookup') return code === 'ENTRY_NOT_FOUND';
  if (kind === 'deduction') return code === 'INSUFFICIENT_FUNDS' || code === 'ACCOUNT_FROZEN';
  return false;
}

function refusals(op: OpSeen): string {
  return [...new Set(op.calls.map(({ status, code }) => code ?? String(status)))].join(', ');
}

function split(id: string): string[] {
  const blank = id.indexOf(' ');
  return [id.slice(0, blank), id.slice(blank + 1)];
}
