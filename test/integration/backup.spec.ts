import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRestored } from '../../src/backup/audit-restored';
import type { Installation } from '../../src/backup/installation';
import { restore } from '../../src/backup/restore';
import { sourceAt } from '../../src/backup/open-source';
import { targetAt } from '../../src/backup/open-target';
import { takeBackup } from '../../src/backup/take-backup';
import { FENCE_MS_MAX } from '../../src/engine/runtime';
import { EXPECTED_SCHEMA } from '../../src/shards/mysql/expected-schema';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { rawSql } from '../setup/raw-sql';
import { changeOf, isCarriedOut, type RetryingLoad } from '../setup/retrying-load';
import { STORES } from '../setup/stores';

const OPENING_MINOR = 100_000n;

/** How a connection of one's own waits for a lock as short as it can. */
const AT_ONCE = {
  sqlite: 'PRAGMA busy_timeout = 0',
  mariadb: 'SET SESSION lock_wait_timeout = 0',
  mysql: 'SET SESSION lock_wait_timeout = 1',
} as const;

/** MySQL waits for a second at least, and the fence stands for three: there one table speaks for all. */
function tablesToTry(hasDirectory: boolean, mark: keyof typeof AT_ONCE): string[] {
  const parts = hasDirectory ? (['shard', 'directory'] as const) : (['shard'] as const);
  const tables = parts.flatMap((part) => [...EXPECTED_SCHEMA[part].tables]);
  return mark === 'mysql' ? tables.slice(-1) : tables;
}

describe.each(STORES)('[$mark] a backup', (store) => {
  let folder: string;
  let site: EngineSite;
  let other: EngineSite;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-backup-'));
    site = await EngineSite.make(store, 3);
    other = await EngineSite.make(store, 3);
  });

  afterEach(async () => {
    await site.end();
    await other.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const installationOf = ({ shards, directory }: EngineSite): Installation => ({
    shards,
    directory,
    dataDir: folder,
  });
  const to = (name: string): string => join(folder, name);

  async function begun(instance: EngineInstance): Promise<RetryingLoad> {
    await instance.create('acme', 6, OPENING_MINOR);
    const load = site.load({ accountId: 'acme', workers: 8, instances: [instance], creditEvery: 4 });
    await load.progress(200);
    return load;
  }

  it('under load has what was acknowledged before its moment and nothing that was asked after it, and balances', async () => {
    const instance = await site.start();
    const load = await begun(instance);
    let before: string[] = [];
    let asked = 0;
    const manifest = await takeBackup({
      installation: installationOf(site),
      folder: to('a'),
      version: '1.0.0',
      whileFenced: () => {
        before = load.sent.filter(isCarriedOut).map(({ asked: { requestId } }) => requestId);
        asked = load.sent.length;
        return Promise.resolve();
      },
    });
    await load.progress(200);
    // Money on its way between shards goes on arriving in the old installation.
    await instance.resizeSurely('acme', { subAccounts: 4, shards: ['s2', 's0'] });
    await load.stop();
    expect(manifest.shards.map(({ name }) => name)).toEqual(['s0', 's1', 's2']);

    const restored = await restore({ folder: to('a'), installation: installationOf(other) });
    expect(restored.lostShard).toBeUndefined();
    expect(await auditRestored(restored.installation)).toMatchObject({ balanced: true, findings: [] });
    const again = await other.start();
    const keys = (await again.entryKeys('acme')).filter((key) => !key.includes(' '));
    expect(keys).toEqual(expect.arrayContaining(before));
    const known = new Set(load.sent.slice(0, asked).map((sent) => sent.asked.requestId));
    expect(keys.filter((key) => !known.has(key))).toEqual([]);
    const inBackup = load.sent.filter((sent) => keys.includes(sent.asked.requestId));
    await expectAtRest(again, 'acme', { totalMinor: OPENING_MINOR + changeOf(inBackup), keys });

    // It goes on: what the backup has is replayed, what it lacks takes effect.
    expect(await again.submit('acme', (inBackup[0] as (typeof inBackup)[0]).asked)).toMatchObject({
      kind: 'replayed',
    });
    expect(await again.deduct('acme', 'after', 1n)).toMatchObject({ kind: 'applied' });
  });

  it('lets nobody write in the moment of its fence, and keeps nobody from writing after it', async () => {
    const instance = await site.start();
    await instance.create('acme', 6, OPENING_MINOR);
    const written: string[] = [];
    const outsiders = await Promise.all(
      site.shards.map(async ({ location }) => {
        const raw = await rawSql(location, store.mark);
        await raw.run(AT_ONCE[store.mark]);
        return { raw, tables: tablesToTry(location === site.directory, store.mark) };
      }),
    );
    let waiting: Promise<unknown> | undefined;
    await takeBackup({
      installation: installationOf(site),
      folder: to('a'),
      version: '1.0.0',
      whileFenced: async () => {
        const tries = outsiders.map(async ({ raw, tables }) => {
          for (const table of tables)
            try {
              await raw.run(`DELETE FROM ${table} WHERE 1 = 0`);
              written.push(table);
            } catch {
              // As it should be.
            }
        });
        await Promise.all(tries);
        waiting = instance.deduct('acme', 'while fenced', 1n);
      },
    });
    for (const { raw } of outsiders) await raw.close();
    expect(written).toEqual([]);
    expect(await waiting).toMatchObject({ kind: 'applied' });
    await restore({ folder: to('a'), installation: installationOf(other) });
    const again = await other.start();
    expect(await again.entryKeys('acme')).not.toContain('while fenced');
    expect(await again.audit()).toMatchObject({ balanced: true });
  });

  it('leaves every database as free as it was when it fails at any step, and then there is no backup', async () => {
    const instance = await site.start();
    await instance.create('acme', 6, OPENING_MINOR);
    for (const step of ['open', 'fence', 'openSnapshot', 'proveFence', 'lift', 'read', 'copy'] as const) {
      let opened = 0;
      const failing = takeBackup({
        installation: installationOf(site),
        folder: to(step),
        version: '1.0.0',
        fenceSecondsMax: 0,
        openSource: (database) => {
          const source = sourceAt(database);
          // The list of shards is read from one that is whole.
          opened += 1;
          if (opened === 3) Object.assign(source, { [step]: () => Promise.reject(new Error(`no ${step}`)) });
          return source;
        },
      });
      await expect(failing).rejects.toThrow(`no ${step}`);
      expect(readdirSync(to(step))).toEqual([]);
      expect(await instance.deduct('acme', `after ${step}`.replaceAll(' ', '-'), 1n)).toMatchObject({
        kind: 'applied',
      });
      await expect(restore({ folder: to(step), installation: installationOf(other) })).rejects.toMatchObject({
        code: 'BACKUP_NOT_WHOLE',
      });
    }
  });

  it('is refused when it is damaged, when the shards are others, and where something is already', async () => {
    const instance = await site.start();
    await instance.create('acme', 6, OPENING_MINOR);
    const options = { installation: installationOf(site), folder: to('a'), version: '1.0.0' };
    const manifest = await takeBackup(options);
    await expect(takeBackup(options)).rejects.toMatchObject({ code: 'BACKUP_FOLDER_NOT_EMPTY' });

    const target = installationOf(other);
    const refusals: readonly (readonly [string, Installation])[] = [
      ['RESTORE_MISMATCH', { ...target, shards: target.shards.slice(0, 2) }],
      [
        'RESTORE_MISMATCH',
        { ...target, shards: [...target.shards, { name: 'more', location: target.directory }] },
      ],
      ['RESTORE_TARGET_NOT_EMPTY', installationOf(site)],
    ];
    for (const [code, installation] of refusals)
      await expect(restore({ folder: to('a'), installation })).rejects.toMatchObject({ code });
    await expect(restore({ folder: to('a'), installation: target, only: 's1' })).rejects.toMatchObject({
      code: 'RESTORE_LOSES_MONEY',
    });
    await expect(
      restore({ folder: to('a'), installation: target, only: 's0', acceptLoss: true }),
    ).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });

    const [database] = manifest.databases;
    const file = database?.kind === 'sqlite' ? database.file : database?.tables[1];
    appendFileSync(to(join('a', file?.path ?? '')), 'x');
    await expect(restore({ folder: to('a'), installation: target })).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
    });
    const first = target.shards[0]?.location;
    if (first?.kind === 'sqlite') expect(existsSync(first.path)).toBe(false);
    // Nobody else may read it.
    expect(statSync(to(join('a', 'manifest.json'))).mode & 0o077).toBe(0);
    expect(statSync(to(join('a', file?.path ?? ''))).mode & 0o077).toBe(0);
  });

  it('whose restore is killed after any step is refused by services, and restored by the same command', async () => {
    const instance = await site.start();
    await instance.create('acme', 6, OPENING_MINOR);
    await takeBackup({ installation: installationOf(site), folder: to('a'), version: '1.0.0' });
    const target = installationOf(other);
    const killed = new Error('killed');
    for (const step of ['mark', 'fill', 'finish'] as const)
      for (let after = 1; after <= 3 - Number(step === 'finish'); after += 1) {
        let done = 0;
        const restoring = restore({
          folder: to('a'),
          installation: target,
          openTarget: (database) => {
            const real = targetAt(database);
            const ofReal = {
              mark: real.mark.bind(real),
              fill: real.fill.bind(real),
              finish: real.finish.bind(real),
            };
            const cutOff = async (...given: Parameters<typeof real.fill>): Promise<void> => {
              if (done === after) throw killed;
              await ofReal[step](...given);
              done += 1;
              if (done === after) throw killed;
            };
            return Object.assign(real, { [step]: cutOff, abandon: () => Promise.resolve() });
          },
        });
        await expect(restoring).rejects.toBe(killed);
        await expect(other.start()).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
      }
    await restore({ folder: to('a'), installation: target });
    const again = await other.start();
    await expectAtRest(again, 'acme', { totalMinor: OPENING_MINOR });
  });

  it('restored beside the old installation is not mixed with it, whichever address is wrong', async () => {
    const instance = await site.start();
    await instance.create('acme', 6, OPENING_MINOR);
    await takeBackup({ installation: installationOf(site), folder: to('a'), version: '1.0.0' });
    await restore({ folder: to('a'), installation: installationOf(other) });
    await site.stop(instance);
    const old = site.shards[1] as (typeof site.shards)[0];
    await expect(other.start({ addresses: [old] })).rejects.toMatchObject({
      code: 'SHARD_IDENTITY_MISMATCH',
    });
  });

  it('of one shard alone brings back what it had; repairs settle what it lost', async () => {
    const instance = await site.start({ fenceMsMax: FENCE_MS_MAX });
    const load = await begun(instance);
    await takeBackup({ installation: installationOf(site), folder: to('a'), version: '1.0.0' });
    await load.progress(100);
    await load.stop();
    await instance.whenSettled();
    await site.stop(instance);

    const fresh = other.shards[2] as (typeof other.shards)[0];
    const shards = site.shards.map((shard) => (shard.name === 's2' ? { ...fresh, name: 's2' } : shard));
    const installation = { ...installationOf(site), shards };
    const { lostShard = '' } = await restore({
      folder: to('a'),
      installation,
      only: 's2',
      acceptLoss: true,
    });
    const [name = '', incarnation = ''] = lostShard.split('=');
    const after = await site.start({ addresses: shards, lostShards: [{ name, incarnation }] });
    const found = (await after.audit()).findings.filter(({ accountId }) => accountId === 'acme');
    if (found.length > 0) {
      const begunRepair = await after.operations.repair('acme');
      if (begunRepair.kind !== 'started') throw new Error(`no repair was begun: ${begunRepair.kind}`);
      expect(await after.ended(begunRepair.operation.operationId)).toMatchObject({ status: 'done' });
    }
    await after.whenSettled();
    const report = await after.audit();
    expect(report.findings).toEqual([]);
    const keys = await after.entryKeys('acme');
    expect(new Set(keys).size).toBe(keys.length);
  });
});
