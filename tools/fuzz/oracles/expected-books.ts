import type { Finding } from './finding';

/**
 * What an entry does to its account's total. Of other kinds it is not known what acknowledges them and what they are worth:
 * they, and the totals of their accounts, are left to the audit.
 */
const EFFECT: Readonly<Record<string, bigint>> = {
  credit: 1n,
  deduction: -1n,
  reversal: 1n,
  'credit-reversal': -1n,
};

export interface ExpectedEntry {
  readonly accountId: string;
  readonly requestId: string;
  readonly kind: string;
  /** Minor units. */
  readonly amount: string;
}

/** What the databases hold, read past the service. */
export interface ReadBooks {
  readonly entries: readonly ExpectedEntry[];
  /** Minor units by account: all rows, and what is in transit between them. */
  readonly totals: ReadonlyMap<string, bigint>;
  readonly accounts: readonly string[];
  readonly keys: readonly string[];
  readonly shards: readonly string[];
  readonly operations: readonly string[];
}

const SHOWN_MAX = 5;

/**
 * Everything that must be there by what the service acknowledged, and nothing else may be: what a refused request had left
 * behind would be without an explanation. What was never answered may be there or not.
 */
export class ExpectedBooks {
  readonly #entries = new Map<string, ExpectedEntry>();
  readonly #perhaps = new Map<string, Set<string>>();
  readonly #things = {
    accounts: new Set<string>(),
    keys: new Set<string>(),
    shards: new Set<string>(),
    operations: new Set<string>(),
  };
  readonly #perhapsThings = {
    accounts: new Set<string>(),
    keys: new Set<string>(),
    shards: new Set<string>(),
  };
  /** One that was listed to others may be deleted before its maker hears of it. */
  readonly #removedKeys = new Set<string>();
  /** Requests without an answer that could have made a thing whose name only the service knows. */
  readonly #nameless = { keys: 0, operations: 0 };

  /** @returns what is wrong with it: a key can take effect only once */
  acknowledge(entry: ExpectedEntry): string | undefined {
    if (EFFECT[entry.kind] === undefined) return undefined;
    const key = keyOf(entry);
    const before = this.#entries.get(key);
    this.#entries.set(key, entry);
    if (before === undefined) return undefined;
    return `${entry.requestId} of ${entry.accountId} took effect twice`;
  }

  /** @returns what is wrong with a replay: it tells what took effect before, or what was never answered */
  replay(entry: ExpectedEntry): string | undefined {
    const before = this.#entries.get(keyOf(entry));
    if (before && (before.kind !== entry.kind || before.amount !== entry.amount))
      return `${entry.requestId} of ${entry.accountId} is replayed as ${entry.kind} of ${entry.amount}, was ${before.kind} of ${before.amount}`;
    return undefined;
  }

  perhaps({ accountId, requestId, amount }: { accountId: string; requestId: string; amount: string }): void {
    const key = keyOf({ accountId, requestId });
    const amounts = this.#perhaps.get(key) ?? new Set();
    this.#perhaps.set(key, amounts.add(amount));
  }

  add(kind: 'accounts' | 'keys' | 'shards' | 'operations', name: string): void {
    if (kind !== 'keys' || !this.#removedKeys.has(name)) this.#things[kind].add(name);
  }

  remove(kind: 'keys', name: string): void {
    this.#things[kind].delete(name);
    this.#removedKeys.add(name);
  }

  perhapsThing(kind: 'accounts' | 'keys' | 'shards', name: string): void {
    this.#perhapsThings[kind].add(name);
  }

  perhapsNameless(kind: 'keys' | 'operations'): void {
    this.#nameless[kind] += 1;
  }

  get entryCount(): number {
    return this.#entries.size;
  }

  /** Where the databases and the acknowledgements part ways. */
  compare(read: ReadBooks): Finding[] {
    return [
      ...this.#compareEntries(read.entries),
      ...compareTotals(read),
      ...(['accounts', 'keys', 'shards'] as const).flatMap((kind) => this.#compareThings(kind, read[kind])),
      ...this.#compareOperations(read.operations),
    ];
  }

  #compareEntries(read: readonly ExpectedEntry[]): Finding[] {
    const found = new Map(read.map((entry) => [keyOf(entry), entry]));
    const wrong: string[] = [];
    if (found.size !== read.length) wrong.push(`${read.length - found.size} keys took effect twice`);
    for (const [key, expected] of this.#entries) {
      const entry = found.get(key);
      if (!entry) wrong.push(`acknowledged and not there: ${show(expected)}`);
      else if (entry.amount !== expected.amount || entry.kind !== expected.kind)
        wrong.push(`acknowledged ${show(expected)}, there is ${show(entry)}`);
    }
    for (const [key, entry] of found) {
      if (
        EFFECT[entry.kind] === undefined ||
        this.#entries.has(key) ||
        this.#perhaps.get(key)?.has(entry.amount) ||
        this.#perhaps.has(keyOf({ ...entry, requestId: ownId(entry) }))
      )
        continue;
      wrong.push(`there, and never acknowledged: ${show(entry)}`);
    }
    return books('entries', wrong);
  }

  #compareThings(kind: 'accounts' | 'keys' | 'shards', read: readonly string[]): Finding[] {
    const found = new Set(read);
    const expected = this.#things[kind];
    const perhaps = this.#perhapsThings[kind];
    const unexplained = read.filter((name) => !expected.has(name) && !perhaps.has(name));
    const allowed = kind === 'keys' ? this.#nameless.keys : 0;
    return books(kind, [
      ...[...expected]
        .filter((name) => !found.has(name) && !perhaps.has(name))
        .map((name) => `acknowledged and not there: ${name}`),
      ...(unexplained.length > allowed
        ? unexplained.map((name) => `there, and never acknowledged: ${name}`)
        : []),
    ]);
  }

  /** @param read those that begun and were not refused, without what the service begins on its own */
  #compareOperations(read: readonly string[]): Finding[] {
    const unexplained = read.filter((id) => !this.#things.operations.has(id));
    return books(
      'operations',
      unexplained.length > this.#nameless.operations
        ? unexplained.map((id) => `begun, and never acknowledged: ${id}`)
        : [],
    );
  }
}

function compareTotals({ entries, totals }: ReadBooks): Finding[] {
  const sums = new Map<string, bigint>();
  const unknown = new Set<string>();
  for (const { accountId, kind, amount } of entries) {
    const effect = EFFECT[kind];
    if (effect === undefined) unknown.add(accountId);
    else sums.set(accountId, (sums.get(accountId) ?? 0n) + effect * BigInt(amount));
  }
  const accounts = new Set([...sums.keys(), ...totals.keys()]);
  const wrong = [...accounts]
    .filter(
      (accountId) => !unknown.has(accountId) && (sums.get(accountId) ?? 0n) !== (totals.get(accountId) ?? 0n),
    )
    .map(
      (accountId) =>
        `${accountId} holds ${totals.get(accountId) ?? 0n}, its entries come to ${sums.get(accountId) ?? 0n}`,
    );
  return books('totals', wrong);
}

function books(where: string, wrong: readonly string[]): Finding[] {
  if (wrong.length === 0) return [];
  const shown = wrong.slice(0, SHOWN_MAX).join('; ');
  return [
    {
      kind: 'books differ',
      where,
      detail: wrong.length > SHOWN_MAX ? `${shown}; and ${wrong.length - SHOWN_MAX} more` : shown,
    },
  ];
}

function keyOf({ accountId, requestId }: { accountId: string; requestId: string }): string {
  return `${accountId}\0${requestId}`;
}

/** What its sender called an entry: of a reversal, whose amount may be left to the service, the last word of its key. */
function ownId({ requestId, kind }: ExpectedEntry): string {
  return kind === 'reversal' || kind === 'credit-reversal' ? (requestId.split(' ').at(-1) ?? requestId) : '';
}

function show({ accountId, requestId, kind, amount }: ExpectedEntry): string {
  return `${kind} ${requestId} of ${amount} at ${accountId}`;
}
