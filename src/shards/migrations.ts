import type { MigrationInterface } from 'typeorm';
import { CreateDirectory1764000000000 } from '../../migrations/directory/1764000000000-create-directory';
import { CreateLedger1764000000000 } from '../../migrations/shard/1764000000000-create-ledger';
import { ChangePlacements1764100000000 } from '../../migrations/directory/1764100000000-change-placements';
import { FindOpenOperations1764600000001 } from '../../migrations/directory/1764600000001-find-open-operations';
import { FindWhatIsLeft1764600000000 } from '../../migrations/shard/1764600000000-find-what-is-left';
import { ReceiveDeductions1767000000000 } from '../../migrations/shard/1767000000000-receive-deductions';
import { ScreenDeductions1795960000000 } from '../../migrations/shard/1795960000000-screen-deductions';
import { KeepMarksApart1765500000000 } from '../../migrations/shard/1765500000000-keep-marks-apart';
import { HoldAndReverse1764200000000 } from '../../migrations/shard/1764200000000-hold-and-reverse';
import { VersionTransfers1764100000000 } from '../../migrations/shard/1764100000000-version-transfers';
import { IncarnateShards1764310000000 } from '../../migrations/shard/1764310000000-incarnate-shards';
import { LimitKeys1765700000000 } from '../../migrations/directory/1765700000000-limit-keys';
import { KnowShards1764310000000 } from '../../migrations/directory/1764310000000-know-shards';
import { RemoveShards1765800000000 } from '../../migrations/directory/1765800000000-remove-shards';
import { KeepAFeed1795970000000 } from '../../migrations/shard/1795970000000-keep-a-feed';
import { TellOfWebhooks1796000000000 } from '../../migrations/directory/1796000000000-tell-of-webhooks';
import { NoteMissedEvents1796000000600 } from '../../migrations/directory/1796000000600-note-missed-events';
import { KeepWebhooks1795970000003 } from '../../migrations/directory/1795970000003-keep-webhooks';
import { WatchBalances1795970000002 } from '../../migrations/directory/1795970000002-watch-balances';
import { TellOfAccounts1795970000001 } from '../../migrations/directory/1795970000001-tell-of-accounts';
import { KeepAnAuditLog1795980000000 } from '../../migrations/directory/1795980000000-keep-an-audit-log';
import { KeepBudgets1796400000000 } from '../../migrations/directory/1796400000000-keep-budgets';
import { ChargeBudgets1796400000000 } from '../../migrations/shard/1796400000000-charge-budgets';
import { HoldInBudgets1796500000200 } from '../../migrations/shard/1796500000200-hold-in-budgets';
import { ReceiveWithBudgets1796500000300 } from '../../migrations/shard/1796500000300-receive-with-budgets';
import { FeelHeat1796200000000 } from '../../migrations/directory/1796200000000-feel-heat';
import { FindOperations1796300000200 } from '../../migrations/directory/1796300000200-find-operations';
import { FindAccountsByMetadata1796400000300 } from '../../migrations/directory/1796400000300-find-accounts-by-metadata';
import { LimitRatesOfKeys1795980000001 } from '../../migrations/directory/1795980000001-limit-rates-of-keys';
import { LimitRatesOfAccounts1796000000200 } from '../../migrations/directory/1796000000200-limit-rates-of-accounts';
import { PayOtherAccounts1796000000500 } from '../../migrations/shard/1796000000500-pay-other-accounts';
import { ListHolds1796300000000 } from '../../migrations/shard/1796300000000-list-holds';
import { ChangeHolds1796300000100 } from '../../migrations/shard/1796300000100-change-holds';
import { KeepRunningSums1796500000000 } from '../../migrations/shard/1796500000000-keep-running-sums';
import { GrantOnCredit1796400000000 } from '../../migrations/shard/1796400000000-grant-on-credit';
import { LimitCredit1796400000001 } from '../../migrations/directory/1796400000001-limit-credit';
import { KeepConsoleSessions1796000000400 } from '../../migrations/directory/1796000000400-keep-console-sessions';
import type { SchemaPart } from './database';
import { DatabaseRefusedError } from './faults';

const MIGRATIONS: Readonly<Record<SchemaPart, (new () => MigrationInterface)[]>> = {
  shard: [
    CreateLedger1764000000000,
    VersionTransfers1764100000000,
    HoldAndReverse1764200000000,
    IncarnateShards1764310000000,
    FindWhatIsLeft1764600000000,
    KeepMarksApart1765500000000,
    ReceiveDeductions1767000000000,
    ScreenDeductions1795960000000,
    KeepAFeed1795970000000,
    PayOtherAccounts1796000000500,
    ListHolds1796300000000,
    ChangeHolds1796300000100,
    ChargeBudgets1796400000000,
    GrantOnCredit1796400000000,
    KeepRunningSums1796500000000,
    HoldInBudgets1796500000200,
    ReceiveWithBudgets1796500000300,
  ],
  directory: [
    CreateDirectory1764000000000,
    ChangePlacements1764100000000,
    KnowShards1764310000000,
    FindOpenOperations1764600000001,
    LimitKeys1765700000000,
    RemoveShards1765800000000,
    TellOfAccounts1795970000001,
    WatchBalances1795970000002,
    KeepAnAuditLog1795980000000,
    KeepWebhooks1795970000003,
    LimitRatesOfKeys1795980000001,
    LimitRatesOfAccounts1796000000200,
    TellOfWebhooks1796000000000,
    KeepConsoleSessions1796000000400,
    NoteMissedEvents1796000000600,
    FeelHeat1796200000000,
    FindOperations1796300000200,
    FindAccountsByMetadata1796400000300,
    KeepBudgets1796400000000,
    LimitCredit1796400000001,
  ],
};

export function migrationsOf(part: SchemaPart): (new () => MigrationInterface)[] {
  return MIGRATIONS[part];
}

/**
 * A later build may have changed what a table means, so an older one must not write to it.
 *
 * @param run the names of the migrations that the database has behind it
 * @throws DatabaseRefusedError `SCHEMA_TOO_NEW`
 */
export function refuseNewerSchema(part: SchemaPart, run: readonly string[]): void {
  const known = new Set(MIGRATIONS[part].map(({ name }) => name));
  const unknown = run.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new DatabaseRefusedError(
    'SCHEMA_TOO_NEW',
    `the ${part}'s tables were migrated by a later version of hotsplit (${unknown.join(', ')})`,
  );
}
