import type { Entry } from '../../../src/ledger/entry';
import type { IntakeRecord } from '../../../src/ledger/intake';
import type { Changes } from '../../../src/ledger/shard-state';
import { type Asked, openCall, type OpenCall } from './asked';
import type { Broken } from './rule';
import type { ScreeningModel } from './screening-model';

/** What of an account its intake is judged by. */
interface Books {
  readonly entries: ReadonlyMap<string, { readonly entry: Entry }>;
  readonly openCalls: Set<OpenCall>;
  lookAt(call: OpenCall): void;
}

/** What an account's clients asked to be charged later, and the records of it, as they are committed. */
export class IntakeModel {
  /** Where charges are screened. */
  screening: ScreeningModel | undefined;
  /** Keys under which something was submitted. */
  readonly #asked = new Set<string>();
  /** Keys under which something was asked for at once: that is not screened. */
  readonly #askedAtOnce = new Set<string>();
  /** By key, then by shard. */
  readonly #records = new Map<string, Map<string, IntakeRecord>>();
  /** Since when an attempt waits, and what was true at some instant of that, by key. */
  readonly #waiting = new Map<string, { readonly attempt: number; readonly call: OpenCall }>();
  readonly #promised: Asked[] = [];
  /** What was rejected and has not been received anew since, by key and fingerprint: another request may have its record by now. */
  readonly #rejected = new Set<string>();
  /** The same, as long as the record is there to be found. */
  readonly #standing = new Set<string>();

  /** Every rejection that was committed, as the feed must tell of it. */
  readonly rejections: { readonly shard: string; readonly record: IntakeRecord }[] = [];

  /** Something is about to be submitted under a key: from now on it may take effect at any time. */
  begin(requestId: string, account: Books): void {
    this.#asked.add(requestId);
    for (const call of account.openCalls) if (call.asked.requestId === requestId) call.isAlone = false;
  }

  /** Something is about to be asked for under a key that is to take effect at once. */
  askedAtOnce(requestId: string): void {
    this.#askedAtOnce.add(requestId);
  }

  /** Whether anything was ever submitted under a key. */
  has(requestId: string): boolean {
    return this.#asked.has(requestId);
  }

  /** @returns what a change of records breaks; entries of the same commit are known by then */
  committed(
    shard: string,
    { newIntakes, changedIntakes, entries }: Changes,
    account: Books,
    mine: (record: IntakeRecord) => boolean,
  ): Broken | undefined {
    for (const record of [...newIntakes, ...changedIntakes].filter(mine)) {
      const records = this.#of(record.requestId);
      const isCharged = entries.some((entry) => entry.requestId === record.requestId && mine(record));
      const broken = this.#brokenBy(shard, record, account) ?? this.#brokenVerdict(record, isCharged);
      records.set(shard, record);
      if (record.state === 'rejected') this.rejections.push({ shard, record });
      if (broken) return { ...broken, detail: `${record.requestId} on ${shard}: ${broken.detail}` };
    }
    return undefined;
  }

  forgotten(shard: string, requestId: string): Broken | undefined {
    const records = this.#of(requestId);
    const was = records.get(shard);
    records.delete(shard);
    if (was) this.#standing.delete(nameOf(was));
    return was?.state === 'received'
      ? { rule: 'acknowledgedIsDurable', detail: `${requestId} is forgotten while it waits on ${shard}` }
      : undefined;
  }

  /** Whether a request was rejected, and its record says so still. */
  isRejected(asked: Asked): boolean {
    return this.#standing.has(nameOf(asked));
  }

  /** A client was told that its request was received. */
  promised(asked: Asked, account: Books): Broken | undefined {
    this.#promised.push(asked);
    const isKept = [...this.#of(asked.requestId).values()].some(
      (each) => each.fingerprint === asked.fingerprint,
    );
    return isKept || isCharged(account, asked) || this.#rejected.has(nameOf(asked))
      ? undefined
      : { rule: 'acknowledgedIsDurable', detail: `${asked.requestId} was received, and there is no record` };
  }

  /** Nothing is under way any more: what was received has taken effect or was rejected. */
  brokenPromise(account: Books): Broken | undefined {
    const lost = this.#promised.find(
      (asked) =>
        !isCharged(account, asked) &&
        !this.#rejected.has(nameOf(asked)) &&
        // Of two that were received where neither knew of the other, one may end as the other did.
        ![...this.#of(asked.requestId).values()].some(
          ({ state, fingerprint }) => state === 'rejected' && fingerprint === asked.fingerprint,
        ),
    );
    return lost && { rule: 'acknowledgedIsDurable', detail: `${lost.requestId} was received and is lost` };
  }

  #of(requestId: string): Map<string, IntakeRecord> {
    const known = this.#records.get(requestId);
    if (known) return known;
    const made = new Map<string, IntakeRecord>();
    this.#records.set(requestId, made);
    return made;
  }

  #brokenBy(shard: string, record: IntakeRecord, account: Books): Broken | undefined {
    const was = this.#of(record.requestId).get(shard);
    if (!mayFollow(was, record))
      return {
        rule: 'receivedEndsOnce',
        detail: `${was ? `${was.state} ${was.attempt}` : 'nothing'} becomes ${record.state} ${record.attempt}`,
      };
    if (record.state === 'received') {
      this.#rejected.delete(nameOf(record));
      this.#standing.delete(nameOf(record));
      this.#begins(record, account);
      return undefined;
    }
    if (record.state === 'rejected') {
      this.#rejected.add(nameOf(record));
      this.#standing.add(nameOf(record));
    }
    if (record.state === 'moved') {
      const others = [...this.#of(record.requestId).keys()].some((each) => each !== shard);
      return others ? undefined : { rule: 'acknowledgedIsDurable', detail: 'moved to nowhere' };
    }
    const waiting = this.#waiting.get(record.requestId);
    if (waiting?.attempt === record.attempt) account.openCalls.delete(waiting.call);
    if (record.state === 'rejected') return brokenRejection(record, waiting?.call);
    const entry = account.entries.get(record.requestId)?.entry;
    return entry?.fingerprint === record.fingerprint
      ? undefined
      : { rule: 'acknowledgedIsDurable', detail: 'said to have succeeded, and there is no entry' };
  }

  #brokenVerdict(record: IntakeRecord, isCharged: boolean): Broken | undefined {
    const { screening } = this;
    if (!screening) return undefined;
    const detail =
      record.reason === 'SCREENED_OUT'
        ? screening.brokenRejection(record)
        : isCharged && record.state === 'succeeded' && !this.#askedAtOnce.has(record.requestId)
          ? screening.brokenCharge(record)
          : undefined;
    return detail === undefined ? undefined : { rule: 'chargedAsScreened', detail };
  }

  /** One that is brought from another shard has waited since it was received there. */
  #begins(record: IntakeRecord, account: Books): void {
    const { accountId, requestId, attempt, amountMinor, fingerprint, budgets } = record;
    const waiting = this.#waiting.get(requestId);
    if (waiting && waiting.attempt >= attempt) return;
    if (waiting) account.openCalls.delete(waiting.call);
    const plain = { kind: 'deduct', accountId, requestId, amountMinor, fingerprint } as const;
    const asked: Asked = budgets ? { ...plain, budgets } : plain;
    const call = openCall(asked, { sinceMs: 0, tookEffectBefore: false });
    this.#waiting.set(requestId, { attempt, call });
    account.openCalls.add(call);
    account.lookAt(call);
  }
}

function nameOf({
  requestId,
  fingerprint,
}: {
  readonly requestId: string;
  readonly fingerprint: string;
}): string {
  return `${requestId} ${fingerprint}`;
}

function mayFollow(was: IntakeRecord | undefined, { state, attempt, screening }: IntakeRecord): boolean {
  if (!was) return state === 'received';
  // One that stays as it is was put off.
  if (was.state === 'received')
    return attempt === was.attempt && (state !== 'received' || screening !== null);
  if (state !== 'received' || was.state === 'succeeded') return false;
  return was.state === 'moved' ? attempt >= was.attempt : attempt > was.attempt;
}

function brokenRejection({ reason }: IntakeRecord, call: OpenCall | undefined): Broken | undefined {
  switch (reason) {
    case 'INSUFFICIENT_FUNDS':
      return call && !call.wasShort
        ? { rule: 'refusedOnlyIfShort', detail: 'rejected, and the account always had enough' }
        : undefined;
    case 'BUDGET_EXHAUSTED':
      return call && call.shortBudgets.size === 0
        ? { rule: 'refusedOnlyIfShort', detail: 'rejected, and its budgets always had enough' }
        : undefined;
    case 'ACCOUNT_FROZEN':
      return call && !call.wasFrozen
        ? { rule: 'statusWasAsked', detail: 'rejected as of a frozen account' }
        : undefined;
    case 'ACCOUNT_CLOSED':
      return call && !call.wasClosed
        ? { rule: 'statusWasAsked', detail: 'rejected as of a closed account' }
        : undefined;
    default:
      return undefined;
  }
}

function isCharged({ entries }: Books, { requestId, fingerprint }: Asked): boolean {
  return entries.get(requestId)?.entry.fingerprint === fingerprint;
}
