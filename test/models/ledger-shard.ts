import { applyBatch } from '../../src/ledger/apply-batch';
import { type Command, commandKey } from '../../src/ledger/command';
import { type Entry, entryKey } from '../../src/ledger/entry';
import type { Outcome } from '../../src/ledger/outcome';
import type { Changes, Needs, ShardState } from '../../src/ledger/shard-state';
import { emptySubAccount, rowKey, type SubAccount } from '../../src/ledger/sub-account';
import { arrivalKey, type Departure } from '../../src/ledger/transfer';

/**
 * The smallest shard around `applyBatch`: it loads exactly what a batch asks for and nothing else, and takes an
 * INSERT's word for a duplicate key. What is loaded is frozen, so that changing it throws.
 */
export class LedgerShard {
  readonly rows = new Map<string, SubAccount>();
  readonly entries = new Map<string, Entry>();
  readonly arrivals = new Set<string>();
  readonly departures: Departure[] = [];
  readonly #nowUs = 1_000_000;

  constructor(rows: readonly SubAccount[] = []) {
    for (const row of rows) this.#put(row);
  }

  /** Runs a batch until it is decided, and writes it. */
  run(commands: readonly Command[]): { outcomes: readonly Outcome[]; changes: Changes } {
    const keys = new Set<string>();
    const wholeAccounts = new Set<string>();
    for (;;) {
      const decision = applyBatch(this.load(commands, { keys, wholeAccounts }), commands);
      if (decision.kind === 'needs') {
        this.#satisfy(decision.needs, { keys, wholeAccounts });
      } else if (this.#hasDuplicates(decision.changes)) {
        if (commands.every((command) => keys.has(commandKey(command))))
          throw new Error('a known key is inserted again');
        for (const command of commands) keys.add(commandKey(command));
      } else {
        this.write(decision.changes);
        return decision;
      }
    }
  }

  /** What a transaction would have loaded: the rows the commands name, whole accounts, and these keys. */
  load(
    commands: readonly Command[],
    scope: { keys: ReadonlySet<string>; wholeAccounts: ReadonlySet<string> },
  ): ShardState {
    const named = new Set(commands.map((command) => rowKey(command.accountId, command.subAccount)));
    return {
      nowUs: this.#nowUs,
      subAccounts: new Map(
        [...this.rows].filter(([key, row]) => named.has(key) || scope.wholeAccounts.has(row.accountId)),
      ),
      wholeAccounts: new Set(scope.wholeAccounts),
      lookedUpKeys: new Set(scope.keys),
      entries: new Map([...this.entries].filter(([key]) => scope.keys.has(key))),
      arrivals: new Set([...this.arrivals].filter((key) => scope.keys.has(key))),
    };
  }

  write(changes: Changes): void {
    for (const row of changes.subAccounts) this.#put(row);
    for (const entry of changes.entries)
      this.entries.set(entryKey(entry.accountId, entry.requestId), Object.freeze(entry));
    for (const { accountId, transferId } of changes.arrivals)
      this.arrivals.add(arrivalKey(accountId, transferId));
    this.departures.push(...changes.departures);
  }

  sum(accountId: string, value: (row: SubAccount) => bigint): bigint {
    return [...this.rows.values()].reduce(
      (total, row) => total + (row.accountId === accountId ? value(row) : 0n),
      0n,
    );
  }

  #put(row: SubAccount): void {
    this.rows.set(rowKey(row.accountId, row.index), Object.freeze(row));
  }

  /** Every need is met once; asking twice for the same would go on for ever. */
  #satisfy(needs: Needs, loaded: { keys: Set<string>; wholeAccounts: Set<string> }): void {
    const before = loaded.keys.size + loaded.wholeAccounts.size + this.rows.size;
    for (const key of needs.keys) loaded.keys.add(key);
    for (const accountId of needs.wholeAccounts) loaded.wholeAccounts.add(accountId);
    for (const { accountId, index } of needs.missingRows) this.#create(accountId, index);
    if (loaded.keys.size + loaded.wholeAccounts.size + this.rows.size === before)
      throw new Error('a batch asks for what it has');
  }

  /** Empty, and under the status that the account has. */
  #create(accountId: string, index: number): void {
    const sibling = [...this.rows.values()].find((row) => row.accountId === accountId);
    const accountStatus = sibling?.accountStatus ?? 'active';
    this.#put(emptySubAccount({ accountId, index, epoch: 1, accountStatus, accountStatusVersion: 1 }));
  }

  #hasDuplicates(changes: Changes): boolean {
    return (
      changes.entries.some((entry) => this.entries.has(entryKey(entry.accountId, entry.requestId))) ||
      changes.arrivals.some((arrival) => this.arrivals.has(arrivalKey(arrival.accountId, arrival.transferId)))
    );
  }
}
