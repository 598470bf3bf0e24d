import { Module } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { Metrics } from '../platform/metrics';
import { Settings } from '../platform/settings';
import { AccountsModule } from '../accounts/accounts.module';
import { HistoryModule } from '../history/history.module';
import { BalanceController } from './balance.controller';
import { BalanceService, SHARED_BALANCES } from './balance.service';
import { RedisBalanceStore } from './redis-balance-store';
import { SharedBalances } from './shared-balances';

const BALANCE_STORE = Symbol('balance store');

/** None: each instance reads by itself. */
function balanceStore({ redisUrl }: Settings, metrics: Metrics): RedisBalanceStore | undefined {
  if (redisUrl === undefined) return undefined;
  const store = new RedisBalanceStore(redisUrl, metrics);
  metrics.dependencies.readRedisFrom('balances', () => store.isUp);
  return store;
}

function sharedBalances(
  store: RedisBalanceStore | undefined,
  { surroundings }: EngineRuntime,
): SharedBalances | undefined {
  return store && new SharedBalances({ store, surroundings });
}

/** Reads over all of an account's shards. */
@Module({
  imports: [AccountsModule, HistoryModule],
  controllers: [BalanceController],
  providers: [
    BalanceService,
    { provide: BALANCE_STORE, useFactory: balanceStore, inject: [Settings, Metrics] },
    { provide: SHARED_BALANCES, useFactory: sharedBalances, inject: [BALANCE_STORE, EngineRuntime] },
  ],
  exports: [BalanceService],
})
export class BalancesModule {}
