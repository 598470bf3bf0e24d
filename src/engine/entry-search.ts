import { type Entry, isMark } from '../ledger/entry';
import { confirmationKey, requestNames, reversalKey, reversedName } from '../ledger/identifiers';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Shard } from '../shards/shard';
import type { Engine } from './engine';
import type { ListedEntry } from './merged-entries';

/** What tells entries apart that have one request id. */
export interface EntryOf {
  /** Of a reversal: the request id of what it reverses. */
  readonly reverses?: string | undefined;
  /** Of a capture: its hold. Of a capture's reversal: the hold, beside `reverses`. */
  readonly holdId?: string | undefined;
  /** Of a transfer: the account that it came from. */
  readonly counterparty?: string | undefined;
}

export type EntryFound =
  | { readonly kind: 'found'; readonly found: ListedEntry }
  | { readonly kind: 'notFound' }
  /** Several entries have the request id. */
  | { readonly kind: 'ambiguous' }
  /** It may be among more reversals, captures or arrivals than one call may go through. */
  | { readonly kind: 'tooMany' };

/** Statements that one call sends to a shard for each kind of key; each goes through 20,000. */
const SEARCHES_MAX = 10;

/**
 * The entry that was made under a request id, of whatever kind and wherever the account has been meanwhile.
 *
 * Deductions, credits and outgoing transfers share one namespace, and the last capture of a hold goes by the hold's request id: such
 * an entry is found first, the newest where the id was used again after the idempotency window. Reversals, further captures and
 * incoming transfers have request ids of their own making: what they belong to tells them apart, and without that they are searched.
 */
export async function findEntryOf(
  parts: { readonly engine: Pick<Engine, 'findEntry'>; readonly shards: readonly Shard[] },
  account: AccountRecord,
  requestId: string,
  of: EntryOf,
): Promise<EntryFound> {
  const { accountId } = account;
  const { reverses, holdId, counterparty } = of;
  const { shards } = parts;
  if (reverses !== undefined) {
    const name = holdId === undefined ? reversedName(reverses, null) : reversedName(holdId, reverses);
    return one(await entriesUnder(shards, accountId, [reversalKey(name, requestId)]));
  }
  if (holdId !== undefined) {
    const keys = [
      confirmationKey(holdId, requestId),
      ...(holdId === requestId ? [confirmationKey(holdId)] : []),
    ];
    return one(await entriesUnder(shards, accountId, keys));
  }
  const hasName = ({ entry }: ListedEntry): boolean =>
    requestNames(entry.kind, entry.requestId).requestId === requestId;
  if (counterparty !== undefined)
    return searched(shards, accountId, [`transfer ${counterparty} ${requestId} `], requestId, hasName);

  // What was answered from memory and is not written yet is written by this.
  const own = await parts.engine.findEntry(account, requestId);
  if (own && !isMark(own.entry.kind)) return { kind: 'found', found: own };
  const named = await entriesUnder(shards, accountId, [requestId, confirmationKey(requestId)]);
  const [newest] = named.sort((a, b) => b.entry.createdAtUs - a.entry.createdAtUs);
  if (newest) return { kind: 'found', found: newest };
  const prefixes = [`return ${requestId} `, 'confirmation ', 'reversal ', 'transfer '];
  return searched(shards, accountId, prefixes, requestId, hasName);
}

async function searched(
  shards: readonly Shard[],
  accountId: string,
  prefixes: readonly string[],
  requestId: string,
  isMeant: (found: ListedEntry) => boolean,
): Promise<EntryFound> {
  const searches = await Promise.all(
    shards.map(async (shard) => {
      const found: string[] = [];
      for (const prefix of prefixes) {
        const keys = await keysOn(shard, accountId, prefix, requestId);
        if (!keys) return undefined;
        found.push(...keys);
      }
      return (await entriesUnder([shard], accountId, found)).filter(isMeant);
    }),
  );
  const found = searches.flatMap((each) => each ?? []);
  if (searches.includes(undefined) && found.length < 2) return { kind: 'tooMany' };
  return one(found);
}

/** @returns nothing where there are more keys than may be gone through */
async function keysOn(
  shard: Shard,
  accountId: string,
  prefix: string,
  requestId: string,
): Promise<string[] | undefined> {
  // A prefix that names the request leaves nothing to look for in what comes behind it.
  const [, ...named] = prefix.trimEnd().split(' ');
  const word = named.at(-1) ?? requestId;
  const keys: string[] = [];
  let after: string | undefined;
  for (let searches = 0; searches < SEARCHES_MAX; searches += 1) {
    const found = await shard.searchKeys({ accountId, prefix, word, ...(after !== undefined && { after }) });
    keys.push(...found.keys);
    after = found.stoppedAt;
    if (after === undefined) return keys;
  }
  return undefined;
}

async function entriesUnder(
  shards: readonly Shard[],
  accountId: string,
  keys: readonly string[],
): Promise<ListedEntry[]> {
  if (keys.length === 0) return [];
  const found = await Promise.all(
    shards.map(async (shard) =>
      (await shard.findEntries(accountId, keys)).map((entry: Entry) => ({ entry, shard: shard.name })),
    ),
  );
  return found.flat().filter(({ entry }) => !isMark(entry.kind));
}

function one(found: readonly ListedEntry[]): EntryFound {
  const [first, second] = found;
  if (second) return { kind: 'ambiguous' };
  return first ? { kind: 'found', found: first } : { kind: 'notFound' };
}
