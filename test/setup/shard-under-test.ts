import { AccountsLockedError } from '../../src/shards/faults';
import type { Command, CreditCommand, DeductCommand } from '../../src/ledger/command';
import type { Outcome } from '../../src/ledger/outcome';
import type { SubAccount } from '../../src/ledger/sub-account';
import { fingerprint } from '../../src/engine/fingerprint';
import { NO_HINT, type Shard, type ShardBalance } from '../../src/shards/shard';
import * as commands from '../models/commands';
import type { ShardSite, ShardStore } from './every-store';
import type { ShardOpening } from './stores';

const TRIES_MAX = 20;

/** A shard on a fresh database, and what most tests of a store ask of it: about one account. */
export class ShardUnderTest {
  site!: ShardSite;
  shard!: Shard;
  clusterId!: string;

  /** One for each test of the block that this is called in. */
  static each({ makeSite }: Pick<ShardStore, 'makeSite'>, accountId = 'acme'): ShardUnderTest {
    const on = new ShardUnderTest(accountId);
    beforeEach(async () => {
      on.site = await makeSite();
      ({ shard: on.shard, clusterId: on.clusterId } = await on.site.open());
    });
    afterEach(async () => {
      await on.shard.close();
      await on.site.drop();
    });
    return on;
  }

  private constructor(private readonly accountId: string) {}

  readonly run = async (...batch: Command[]): Promise<readonly Outcome[]> =>
    (await this.shard.applyBatch(batch, NO_HINT)).outcomes;

  readonly kinds = async (...batch: Command[]): Promise<string[]> =>
    (await this.run(...batch)).map(({ kind }) => kind);

  readonly rows = (): Promise<SubAccount[]> => this.shard.listSubAccounts(this.accountId);

  readonly balances = async (): Promise<bigint[]> =>
    (await this.rows()).map(({ availableMinor }) => availableMinor);

  readonly balanceOf = async (accountId: string): Promise<ShardBalance | undefined> =>
    (await this.shard.readBalances([accountId])).get(accountId);

  /** Credits sub-account 0, 1, … */
  readonly fund = (...amounts: bigint[]): Promise<readonly Outcome[]> =>
    this.run(
      ...amounts.map((amountMinor, subAccount) => creditOf(`fund${subAccount}`, amountMinor, subAccount)),
    );

  /** Another service instance on the same database, for as long as `use` takes. */
  readonly besides = async <T>(use: (other: Shard) => Promise<T>, options: ShardOpening = {}): Promise<T> => {
    const { shard: other } = await this.site.open({ clusterId: this.clusterId, ...options });
    try {
      return await use(other);
    } finally {
      await other.close();
    }
  };
}

/** Asks again while others have the rows locked: on a busy machine they may for longer than one try waits. */
export async function applyWhenFree(
  shard: Shard,
  batch: readonly Command[],
): ReturnType<Shard['applyBatch']> {
  for (let tries = 1; ; tries += 1)
    try {
      return await shard.applyBatch(batch, NO_HINT);
    } catch (error) {
      if (!(error instanceof AccountsLockedError) || tries === TRIES_MAX) throw error;
    }
}

export function creditOf(requestId: string, amountMinor: bigint, subAccount = 0): CreditCommand {
  const print = fingerprint('credit', amountMinor);
  return commands.credit({ requestId, amountMinor, subAccount, fingerprint: print });
}

export function deductOf(requestId: string, amountMinor: bigint, subAccount = 0): DeductCommand {
  const print = fingerprint('deduct', amountMinor);
  return commands.deduct({ requestId, amountMinor, subAccount, fingerprint: print });
}
