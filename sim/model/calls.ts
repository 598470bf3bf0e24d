import type { EngineOutcome } from '../../src/engine/engine-outcome';
import type { AccountModel, Asked, OpenCall } from './account-model';
import type { LedgerModel } from './ledger-model';

/** What a client was told: an outcome, or nothing it can rely on. */
export type Answer = EngineOutcome | { readonly kind: 'unknown' };

/** A shard that could not be asked, or an answer that never came: the same key will tell. */
export function isUnknown({ kind }: Answer): boolean {
  return kind === 'unknown' || kind === 'shardUnavailable';
}

/** Judges every answer by what was true while it was waited for. */
export class JudgedCalls {
  /** By account and key: answers so far. */
  readonly #answers = new Map<string, { readonly asked: Asked; readonly answers: Answer[]; open: number }>();
  calls = 0;

  constructor(private readonly model: LedgerModel) {}

  begin(asked: Asked, nowMs: number): OpenCall {
    this.calls += 1;
    const account = this.model.account(asked.accountId);
    const variants = account.asked.get(asked.requestId);
    if (!variants) account.asked.set(asked.requestId, [asked]);
    else if (variants.every(({ fingerprint }) => fingerprint !== asked.fingerprint)) variants.push(asked);
    const call: OpenCall = {
      asked,
      sinceMs: nowMs,
      tookEffectBefore: isEffective(account, asked),
      wasShort: false,
      wasFrozen: false,
      wasClosed: false,
    };
    account.openCalls.add(call);
    account.lookAt(call);
    this.#recordOf(asked).open += 1;
    return call;
  }

  end(call: OpenCall, answer: Answer): void {
    const account = this.model.account(call.asked.accountId);
    account.openCalls.delete(call);
    const record = this.#recordOf(call.asked);
    record.open -= 1;
    this.#judge(account, call, answer, record.answers);
    record.answers.push(answer);
  }

  /** Keys of which no answer can be relied on yet. */
  get unresolved(): Asked[] {
    return [...this.#answers.values()]
      .filter(({ answers }) => answers.some(isUnknown) && !answers.some(isEffect))
      .map(({ asked }) => asked);
  }

  /** Keys that were told to have taken effect. */
  get effective(): Asked[] {
    return [...this.#answers.values()]
      .filter(({ answers }) => answers.some(isEffect))
      .map(({ asked }) => asked);
  }

  /** A request whose every answer was a refusal has done nothing. */
  judgeRefused(): void {
    for (const { asked, answers, open } of this.#answers.values()) {
      if (open > 0 || answers.some((answer) => isUnknown(answer) || isEffect(answer))) continue;
      if (isEffective(this.model.account(asked.accountId), asked))
        this.model.violated(
          'refusalChangesNothing',
          `${asked.requestId} was only ever refused (${answers.map(({ kind }) => kind).join(', ')}) and took effect`,
          asked.requestId,
        );
    }
  }

  #recordOf(asked: Asked) {
    const key = `${asked.accountId} ${asked.requestId} ${asked.fingerprint}`;
    const known = this.#answers.get(key);
    if (known) return known;
    const made = { asked, answers: [], open: 0 };
    this.#answers.set(key, made);
    return made;
  }

  #judge(account: AccountModel, call: OpenCall, answer: Answer, earlier: readonly Answer[]): void {
    const { requestId } = call.asked;
    const wrong = (rule: Parameters<LedgerModel['violated']>[0], detail: string): void => {
      this.model.violated(
        rule,
        `${requestId} (${call.asked.kind} of ${call.asked.amountMinor}): ${detail}`,
        requestId,
      );
    };
    switch (answer.kind) {
      case 'applied':
      case 'replayed': {
        const stored = account.entries.get(requestId);
        if (!stored) return wrong('acknowledgedIsDurable', `told ${answer.kind}, and there is no entry`);
        const { shard, entry } = stored;
        const told = { ...answer.entry, shard: answer.shard };
        if (entry.fingerprint !== call.asked.fingerprint)
          return wrong('replayIsTheFirst', 'told of another request');
        if (!isSame(told, { ...entry, shard })) return wrong('replayIsTheFirst', `told ${inspect(told)}`);
        if (
          answer.kind === 'applied' &&
          (call.tookEffectBefore || earlier.some(({ kind }) => kind === 'applied'))
        )
          return wrong('oneEffectPerKey', 'told to be applied, and it was before');
        return;
      }
      case 'insufficientFunds':
      case 'accountFrozen':
      case 'accountClosed':
      case 'balanceLimitExceeded':
        if (call.tookEffectBefore)
          return wrong('keyOutranksRefusal', `${answer.kind}, though it had taken effect`);
        if (answer.kind === 'insufficientFunds' && !call.wasShort)
          return wrong(
            'refusedOnlyIfShort',
            `refused with ${answer.availableMinor}, and the account always had enough`,
          );
        if (answer.kind === 'accountFrozen' && !call.wasFrozen) return wrong('statusWasAsked', 'told frozen');
        if (answer.kind === 'accountClosed' && !call.wasClosed) return wrong('statusWasAsked', 'told closed');
        return;
      case 'keyReused': {
        const first = account.entries.get(requestId)?.entry;
        if (first === undefined || first.fingerprint === call.asked.fingerprint)
          return wrong('replayIsTheFirst', 'told that its key was used for another request');
        return;
      }
      case 'overloaded':
      case 'shardUnavailable':
      case 'unknown':
        return;
      default:
        return wrong('noDefect', `answered ${answer.kind}`);
    }
  }
}

function isEffect({ kind }: Answer): boolean {
  return kind === 'applied' || kind === 'replayed';
}

function isEffective(account: AccountModel, asked: Asked): boolean {
  return account.entries.get(asked.requestId)?.entry.fingerprint === asked.fingerprint;
}

function isSame(a: object, b: object): boolean {
  return inspect(a) === inspect(b);
}

function inspect(value: object): string {
  return JSON.stringify(Object.entries(value).sort(), (_, each: unknown) =>
    typeof each === 'bigint' ? each.toString() : each,
  );
}
