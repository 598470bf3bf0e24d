import * as fc from 'fast-check';
import { credit, deduct, layout, level, row, transferIn, transferOut } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { CreditCommand, RowCommand } from './command';
import { signedAmount } from './entry';
import { wrap64 } from './money';
import { routeRequest, subAccountsOn } from './routing';
import type { Changes } from './shard-state';
import type { SubAccount } from './sub-account';
import type { Departure } from './transfer';

const RUNS = { seed: 20_251_101, numRuns: 400 };

const SHARDS = ['east', 'north', 'west'];

/**
 * However an account is spread, and whatever is on its way, late or delivered twice: Σ (available + held) + in transit =
 * Σ net = Σ entries, and each row of each shard has what it was given.
 */
describe('an account on several shards', () => {
  test('is worth Σ entries at every instant, through spreads, pulls, levels and resizes', () => {
    fc.assert(
      fc.property(accountLives(), ({ shardCount, subAccounts, steps }) => {
        const account = new SpreadAccount(shardCount, subAccounts);
        for (const step of steps) {
          account.take(step);
          account.check();
        }
        account.settle();
        account.check();
        expect(wrap64(account.sum((each) => each.movedMinor))).toBe(0n);
      }),
      RUNS,
    );
  });

  test('ends with all its money in rows in use, once all has arrived and every shard was emptied of the rest', () => {
    fc.assert(
      fc.property(accountLives(), fc.nat({ max: 9 }), ({ shardCount, subAccounts, steps }, only) => {
        const account = new SpreadAccount(shardCount, subAccounts);
        for (const step of steps) account.take(step);
        account.settle();
        account.shrinkTo(only % subAccounts);
        account.check();
        expect(account.rows().filter((each) => each.availableMinor > 0n)).toEqual(
          account.rows().filter((each) => each.state === 'open' && each.availableMinor > 0n),
        );
        for (const each of account.rows())
          expect(each.state).toBe(each.index === only % subAccounts ? 'open' : 'closed');
      }),
      RUNS,
    );
  });
});

interface Sent {
  readonly fromShard: string;
  readonly departure: Departure;
}

class SpreadAccount {
  readonly #placement;
  readonly #shards: Map<string, LedgerShard>;
  readonly #everyRow: { readonly shard: string; readonly subAccount: number }[];
  readonly #sent: Sent[] = [];
  #spreads = 0;

  constructor(shardCount: number, subAccounts: number) {
    const shards = SHARDS.slice(0, shardCount);
    this.#placement = { epoch: 1, shards };
    this.#everyRow = shards.flatMap((shard) =>
      subAccountsOn(shard, this.#placement, subAccounts).map((subAccount) => ({ shard, subAccount })),
    );
    const rowsOn = (name: string): SubAccount[] =>
      this.#everyRow
        .filter(({ shard }) => shard === name)
        .map(({ subAccount }) => row({ index: subAccount }));
    this.#shards = new Map(shards.map((name) => [name, new LedgerShard(rowsOn(name))]));
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'credit':
      case 'deduct':
        this.#ask(step);
        break;
      case 'pull':
        this.#pull(step);
        break;
      case 'deliver':
        if (this.#sent.length > 0) this.#deliver(step.number);
        break;
      case 'level':
        this.#on(this.#shardAt(step.at)).run([level({ exactly: step.exactly })]);
        break;
      case 'layout': {
        const inUse = this.#everyRow.map((each) => each.subAccount).filter((_, n) => step.open[n % 8]);
        this.#on(this.#shardAt(step.at)).run([layout(inUse, { operation: step.operation })]);
      }
    }
  }

  /** Everything that left arrives, whatever of it has arrived before. */
  settle(): void {
    this.#sent.forEach((_, number) => {
      this.#deliver(number);
    });
  }

  /** What a resize to one row does when nothing gets in its way. */
  shrinkTo(only: number): void {
    const target = this.#rowAt(this.#everyRow.findIndex((each) => each.subAccount === only));
    for (const [name, shard] of this.#shards) {
      const { outcomes } = shard.run([layout([only], { operation: 99 }), level()]);
      const [, leveled] = outcomes;
      if (leveled?.kind !== 'leveled' || leveled.strandedMinor === 0n) continue;
      const pull = transferOut({
        transferId: `empty ${name}`,
        amountMaxMinor: leveled.strandedMinor,
        toShard: target.shard,
        toSubAccount: only,
      });
      this.#send(name, shard.run([pull]).changes);
    }
    this.settle();
  }

  check(): void {
    const entered = [...this.#shards.values()]
      .flatMap((shard) => [...shard.entries.values()])
      .reduce((sum, entry) => sum + signedAmount(entry), 0n);
    const inTransit = this.#sent
      .filter(({ departure }) => !this.#on(departure.toShard).arrivals.has(`acme in ${departure.transferId}`))
      .reduce((sum, { departure }) => sum + departure.amountMinor, 0n);
    expect(this.sum((each) => each.availableMinor + each.heldMinor) + inTransit).toBe(entered);
    expect(this.sum((each) => each.netMinor)).toBe(entered);
  }

  rows(): SubAccount[] {
    return [...this.#shards.values()].flatMap((shard) => [...shard.rows.values()]);
  }

  sum(value: (row: SubAccount) => bigint): bigint {
    return this.rows().reduce((sum, each) => sum + value(each), 0n);
  }

  #ask({ kind, key, amountMinor }: Extract<Step, { kind: 'credit' | 'deduct' }>): void {
    const requestId = `k${key}`;
    const { shard, subAccount } = routeRequest(requestId, this.#placement, this.#everyRow.length);
    const common = { requestId, amountMinor, fingerprint: `${kind} ${amountMinor}`, subAccount };
    const command: RowCommand =
      kind === 'credit' ? credit({ ...common, ...this.#spreadFrom(shard) }) : deduct(common);
    this.#send(shard, this.#on(shard).run([command]).changes);
  }

  /** One piece for each other shard, under an id that no other credit has. */
  #spreadFrom(home: string): Pick<CreditCommand, 'spreadOver' | 'homeRows' | 'spreadId'> {
    const rowsOn = (shard: string): number => this.#everyRow.filter((each) => each.shard === shard).length;
    const others = this.#placement.shards.filter((shard) => shard !== home);
    return {
      spreadOver: others.map((shard) => ({
        shard,
        subAccount: subAccountsOn(shard, this.#placement, this.#everyRow.length)[0] ?? 0,
        rows: rowsOn(shard),
      })),
      homeRows: rowsOn(home),
      spreadId: String((this.#spreads += 1)),
    };
  }

  /** The same pull comes back: its id names where from, where to and how much. */
  #pull({ at, to, amountMinor, key }: Extract<Step, { kind: 'pull' }>): void {
    const target = this.#rowAt(to % this.#everyRow.length);
    const from = this.#shardAt(at);
    if (target.shard === from) return;
    const command = transferOut({
      transferId: `pull ${from} ${key} ${target.subAccount} ${amountMinor}`,
      amountMaxMinor: amountMinor,
      toShard: target.shard,
      toSubAccount: target.subAccount,
    });
    this.#send(from, this.#on(from).run([command]).changes);
  }

  #send(fromShard: string, changes: Changes): void {
    this.#sent.push(...changes.departures.map((departure) => ({ fromShard, departure })));
  }

  #deliver(number: number): void {
    const { fromShard, departure } = this.#sent[number % this.#sent.length] as Sent;
    this.#on(departure.toShard).run([transferIn({ ...departure, fromShard })]);
  }

  #rowAt(place: number): { readonly shard: string; readonly subAccount: number } {
    const found = this.#everyRow[place];
    if (!found) throw new RangeError(`no row at place ${place}`);
    return found;
  }

  #shardAt(at: number): string {
    return this.#placement.shards[at % this.#placement.shards.length] as string;
  }

  #on(name: string): LedgerShard {
    return this.#shards.get(name) as LedgerShard;
  }
}

type Step =
  | { readonly kind: 'credit' | 'deduct'; readonly key: number; readonly amountMinor: bigint }
  | {
      readonly kind: 'pull';
      readonly key: number;
      readonly at: number;
      readonly to: number;
      readonly amountMinor: bigint;
    }
  | { readonly kind: 'deliver'; readonly number: number }
  | { readonly kind: 'level'; readonly at: number; readonly exactly: boolean }
  | {
      readonly kind: 'layout';
      readonly at: number;
      readonly operation: number;
      readonly open: readonly boolean[];
    };

function accountLives() {
  const amountMinor = fc.bigInt(1n, 90n);
  const at = fc.nat({ max: 2 });
  const kind = <K extends Step['kind']>(name: K) => fc.constant(name);
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom('credit' as const, 'deduct' as const),
        key: fc.nat({ max: 30 }),
        amountMinor,
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: kind('deliver'), number: fc.nat({ max: 40 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: kind('pull'),
        key: fc.nat({ max: 5 }),
        at,
        to: fc.nat({ max: 9 }),
        amountMinor,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('level'), at, exactly: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind('layout'),
        at,
        operation: fc.integer({ min: 1, max: 5 }),
        open: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      }),
    },
  );
  return fc
    .record({
      shardCount: fc.integer({ min: 1, max: 3 }),
      extra: fc.nat({ max: 7 }),
      steps: fc.array(step, { maxLength: 30 }),
    })
    .map(({ shardCount, extra, steps }) => ({ shardCount, subAccounts: shardCount + extra, steps }));
}
