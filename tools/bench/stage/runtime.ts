import { AccountService } from '../../../src/accounts/account.service';
import type { LaneSettings } from '../../../src/engine/lane-settings';
import { type EngineObserver, SILENT_OBSERVER } from '../../../src/engine/observer';
import { EngineRuntime } from '../../../src/engine/runtime';
import { readSettings, type Settings, strategySettingsOf } from '../../../src/platform/settings';
import type { LockService } from '../../../src/strategies/lock-service';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { addressText, directoryOf, type Site } from './site';

export const HOT_ACCOUNT = 'hot';

/** More than any measurement can spend, and spread over the sub-accounts by the opening credit. */
export const OPENING_BALANCE_MINOR = 10n ** 15n;

/** The product's own defaults, with what the developer has set in the environment: lanes, batch size, bounds. */
export function settingsOf(site: Site): Settings {
  return readSettings(environmentOf(site));
}

export function environmentOf(site: Site): Record<string, string | undefined> {
  return {
    ...process.env,
    HOTSPLIT_SHARDS: site.shards.map(addressText).join(','),
    HOTSPLIT_DIRECTORY: undefined,
    HOTSPLIT_HTTP_PORT: '0',
    HOTSPLIT_GRPC_PORT: '0',
    HOTSPLIT_LOG_LEVEL: 'error',
  };
}

/** The engine on a site, started as the service starts it, but without the rebalancer. */
export async function startRuntime(
  site: Site,
  observer: EngineObserver,
  {
    locks,
    keepsFeed = true,
    ...laneSettings
  }: Partial<LaneSettings> & { readonly locks?: LockService | undefined; readonly keepsFeed?: boolean } = {},
): Promise<EngineRuntime> {
  const settings = settingsOf(site);
  const runtime = new EngineRuntime({
    shards: site.shards,
    directory: directoryOf(site),
    lanesPerShard: settings.lanesPerShard,
    laneSettings: {
      batchCommandsMax: settings.batchCommandsMax,
      depthMax: settings.laneDepthMax,
      waitMsMax: settings.waitMsMax,
      breakMs: 500,
      ...laneSettings,
    },
    observer,
    mergeWindowMs: settings.mergeWindowMs,
    strategySettings: strategySettingsOf(settings),
    ...(locks && { locks }),
    feed: keepsFeed && settings.events === 'on' ? {} : null,
    startMsMax: 10_000,
  });
  await runtime.start();
  return runtime;
}

/** An amply funded account, made the way the service makes one. */
export function createHotAccount(runtime: EngineRuntime, subAccounts: number): Promise<AccountRecord> {
  return createAccount(runtime, {
    accountId: HOT_ACCOUNT,
    subAccounts,
    initialBalanceMinor: OPENING_BALANCE_MINOR,
  });
}

export async function createAccount(
  runtime: EngineRuntime,
  account: {
    readonly accountId: string;
    readonly subAccounts: number;
    readonly initialBalanceMinor: bigint | null;
  },
): Promise<AccountRecord> {
  const creation = await new AccountService(runtime).create({
    ...account,
    asset: 'USD/2',
    strategy: 'merged',
    lowBalanceMinor: null,
  });
  if (creation.kind === 'conflict') throw new Error('the site is not fresh: its account exists already');
  // Every row has its share from the start, as the rebalancer would see to: yardsticks take from rows without drawing on others.
  if (account.initialBalanceMinor !== null) await runtime.rebalancer.level(creation.account, true);
  return creation.account;
}

/** Tables and account only, for yardsticks that do without the product. */
export async function prepareSite(site: Site, subAccounts: number): Promise<AccountRecord> {
  const runtime = await startRuntime(site, SILENT_OBSERVER);
  try {
    return await createHotAccount(runtime, subAccounts);
  } finally {
    await runtime.stop();
  }
}
