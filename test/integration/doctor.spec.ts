import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createConnection } from 'mysql2/promise';
import type { Check } from '../../src/doctor/check';
import { examine } from '../../src/doctor/doctor';
import { LANE_SETTINGS } from '../../src/engine/lane-settings';
import { SILENT_OBSERVER } from '../../src/engine/observer';
import { EngineRuntime } from '../../src/engine/runtime';
import { parseLocation } from '../../src/shards/shard-address';
import { freePort } from '../setup/free-port';
import { HUNG_MS } from '../setup/eventually';

interface Script {
  readonly startServers: (wanted: {
    mariadb: number;
    bufferPool: string;
    serverOptions: readonly string[];
  }) => Promise<{
    readonly servers: { readonly mariadb: readonly { readonly port: number }[] };
    readonly stop: () => Promise<void>;
  }>;
}

const GOOD = [
  '--log-bin=binlog',
  '--server-id=1',
  '--sync-binlog=1',
  '--binlog-format=ROW',
  '--max-allowed-packet=64M',
  '--innodb-flush-method=fsync',
  '--innodb-doublewrite=ON',
  '--lock-wait-timeout=60',
];

const BAD = [
  '--log-bin=binlog',
  '--server-id=2',
  '--sync-binlog=0',
  '--binlog-format=STATEMENT',
  '--max-allowed-packet=8M',
  '--innodb-flush-method=nosync',
  '--innodb-doublewrite=OFF',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-deadlock-detect=OFF',
  '--max-connections=12',
  '--lock-wait-timeout=31536000',
  '--read-only=ON',
];

/** A server that is set up as the docs say, and one on which everything that can be set wrong is. */
describe('[mariadb] hotsplit doctor', () => {
  const stops: (() => Promise<void>)[] = [];
  let folder: string;
  let good: number;
  let bad: number;

  async function start(serverOptions: readonly string[], bufferPool: string): Promise<number> {
    const file = resolve(__dirname, '../../scripts/servers/start-servers.mjs');
    const { startServers } = (await import(pathToFileURL(file).href)) as Script;
    const { servers, stop } = await startServers({ mariadb: 1, bufferPool, serverOptions });
    stops.push(stop);
    return servers.mariadb[0]?.port ?? 0;
  }

  beforeAll(async () => {
    good = await start(GOOD, '128M');
    bad = await start(BAD, '32M');
    for (const port of [good, bad]) {
      const admin = await createConnection(`mysql://root@127.0.0.1:${port}`);
      for (const name of ['one', 'two', 'three']) await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
    }
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-doctor-'));
    const runtime = new EngineRuntime({
      shards: ['a', 'b'].map((name, n) => ({ name, location: parseLocation(goodUrl(n)) })),
      directory: parseLocation(goodUrl(0)),
      lanesPerShard: 1,
      laneSettings: LANE_SETTINGS,
      observer: SILENT_OBSERVER,
      startMsMax: HUNG_MS,
    });
    await runtime.start();
    await runtime.stop();
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const goodUrl = (n: number): string => `mysql://root@127.0.0.1:${good}/${['one', 'two'][n] ?? 'three'}`;
  const dataFolder = (name: string): string => mkdtempSync(join(folder, name));
  const CONNECTIONS = { HOTSPLIT_HTTP_CONNECTIONS_MAX: '100', HOTSPLIT_GRPC_CONNECTIONS_MAX: '100' };
  const wrong = (checks: readonly Check[]): readonly Check[] => checks.filter(({ state }) => state !== 'ok');

  it('says nothing of an installation that is as it should be', async () => {
    const checks = await examine({
      ...CONNECTIONS,
      HOTSPLIT_SHARDS: `a=${goodUrl(0)},b=${goodUrl(1)}`,
      HOTSPLIT_DATA_DIR: dataFolder('good-'),
    });
    expect(wrong(checks)).toEqual([]);
    expect(checks.length).toBeGreaterThan(40);
  });

  it('says nothing of the embedded store before its first start', async () => {
    expect(wrong(await examine({ ...CONNECTIONS, HOTSPLIT_DATA_DIR: dataFolder('new-') }))).toEqual([]);
  });

  it('finds everything that was planted, and says of each what it means and what to do', async () => {
    const dataDir = dataFolder('bad-');
    writeFileSync(join(dataDir, 'admin.key'), 'k'.repeat(32));
    chmodSync(join(dataDir, 'admin.key'), 0o644);
    chmodSync(dataDir, 0o755);
    const secret = join(folder, 'shards');
    const away = await freePort();
    // Swapped, one twice, one that is badly set up, and one that nobody answers for.
    writeFileSync(
      secret,
      [
        `b=${goodUrl(0)}`,
        `a=${goodUrl(1)}`,
        `again=${goodUrl(1)}`,
        `bad=mysql://root@127.0.0.1:${bad}/one`,
        `denied=mysql://nobody:wrong@127.0.0.1:${bad}/two`,
        `away=mysql://root@127.0.0.1:${away}/one`,
      ].join(','),
    );
    chmodSync(secret, 0o644);
    const checks = await examine({
      ...CONNECTIONS,
      HOTSPLIT_HTTP_CONNECTIONS_MAX: '1000000',
      HOTSPLIT_SHARDS_FILE: secret,
      HOTSPLIT_DATA_DIR: dataDir,
      HOTSPLIT_REDIS_URL: `redis://127.0.0.1:${away}`,
      HOTSPLIT_KAFKA_BROKERS: `127.0.0.1:${away}`,
    });
    const found = wrong(checks);
    for (const check of found) {
      expect(check.means).toBeTruthy();
      expect(check.remedy).toBeTruthy();
    }
    const named = found.map(({ target, id, state }) => `${target} ${id} ${state}`);
    expect(named).toEqual(
      expect.arrayContaining([
        'host data-folder warning',
        'host admin-key warning',
        'host secret HOTSPLIT_SHARDS_FILE warning',
        'bad redo-log broken',
        'bad flush-method broken',
        'bad doublewrite warning',
        'bad binary-log-format broken',
        'bad binary-log-sync broken',
        'bad packet broken',
        'bad connections broken',
        'bad buffer-pool warning',
        'bad deadlock-detection warning',
        'bad lock-waits warning',
        'bad writable broken',
        'denied access broken',
        'away reachable broken',
        'b identity broken',
        'a identity broken',
        'again identity broken',
        'redis reachable broken',
        'kafka reachable broken',
      ]),
    );
    // Nothing of what is well was found fault with.
    expect(named.filter((name) => /^[ab] (?!identity)/.test(name))).toEqual([]);
    expect(JSON.stringify(checks)).not.toContain('wrong@');
  });

  it('reports faults of the settings like the others, without the values of secrets', async () => {
    const checks = await examine({ HOTSPLIT_SHARDS: 'a=postgres://u:topsecret@h/x', HOTSPLIT_LANES: '3' });
    expect(checks.map(({ target, state }) => [target, state])).toEqual([
      ['settings', 'broken'],
      ['settings', 'broken'],
    ]);
    expect(JSON.stringify(checks)).not.toContain('topsecret');
  });
});
