import type { MigrationInterface } from 'typeorm';
import { CreateDirectory1764000000000 } from '../../migrations/directory/1764000000000-create-directory';
import { CreateLedger1764000000000 } from '../../migrations/shard/1764000000000-create-ledger';
import { ChangePlacements1764100000000 } from '../../migrations/directory/1764100000000-change-placements';
import { HoldAndReverse1764200000000 } from '../../migrations/shard/1764200000000-hold-and-reverse';
import { VersionTransfers1764100000000 } from '../../migrations/shard/1764100000000-version-transfers';
import type { SchemaPart } from './database';

const MIGRATIONS: Readonly<Record<SchemaPart, (new () => MigrationInterface)[]>> = {
  shard: [CreateLedger1764000000000, VersionTransfers1764100000000, HoldAndReverse1764200000000],
  directory: [CreateDirectory1764000000000, ChangePlacements1764100000000],
};

export function migrationsOf(part: SchemaPart): (new () => MigrationInterface)[] {
  return MIGRATIONS[part];
}
