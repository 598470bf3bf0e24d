import { createHash } from 'node:crypto';
import { TestClock } from '../../test/models/test-clock';
import { promisesSettled } from '../../test/models/turns';
import type { EngineRuntime } from '../engine/runtime';
import { DirectoryUnavailableError, type ApiKeyRecord, type Scope } from '../shards/directory/directory';
import { ApiKeys } from './api-keys';
import { InProcessNotices } from './notices';
import { principalOf } from './principal';

const ADMIN = 'the-bootstrap-admin-key';
const PREVIOUS_ADMIN = 'the-admin-key-before-that';
const SETTINGS = { recheckMs: 5_000, staleMsMax: 60_000 };

/** The directory's part of API keys, in memory, counting how often it is asked. */
class KeyDirectory {
  readonly records = new Map<string, ApiKeyRecord>();
  lookUps = 0;
  away = false;
  /** Look-ups wait for it. */
  held: Promise<void> = Promise.resolve();

  async findApiKeys(hashes: readonly Buffer[]): Promise<(ApiKeyRecord & { secretHash: Buffer })[]> {
    this.lookUps += 1;
    const found = hashes.flatMap((secretHash) => {
      const record = this.records.get(secretHash.toString('hex'));
      return record ? [{ ...record, secretHash }] : [];
    });
    await this.held;
    if (this.away) throw new DirectoryUnavailableError('away');
    return found;
  }

  insertApiKey(key: Omit<ApiKeyRecord, 'createdAtUs'> & { secretHash: Buffer }): Promise<void> {
    const { secretHash, ...record } = key;
    this.records.set(secretHash.toString('hex'), { ...record, createdAtUs: 0 });
    return Promise.resolve();
  }

  deleteApiKey(keyId: string): Promise<boolean> {
    const found = [...this.records].find(([, record]) => record.keyId === keyId);
    return Promise.resolve(found ? this.records.delete(found[0]) : false);
  }
}

function setUp(notices = new InProcessNotices(), directory = new KeyDirectory(), clock = new TestClock()) {
  const observer = { deferred: () => undefined };
  const runtime = { directory, surroundings: clock, observer } as unknown as EngineRuntime;
  return {
    directory,
    notices,
    clock,
    keys: new ApiKeys(runtime, ADMIN, notices, { ...SETTINGS, previousAdminKey: PREVIOUS_ADMIN }),
  };
}

async function withKey(parts = setUp()) {
  const { secret, keyId } = await parts.keys.create({ name: 'n', scopes: ['read'] });
  await parts.keys.authenticate(secret);
  return { ...parts, secret, keyId };
}

describe('API keys', () => {
  test('know the bootstrap key without asking anybody, even when the directory is away', async () => {
    const { keys, directory } = setUp();
    directory.away = true;
    expect(await keys.authenticate(ADMIN)).toMatchObject({ keyId: 'bootstrap' });
    expect(keys.peek(ADMIN)).toMatchObject({ keyId: 'bootstrap' });
    expect(await keys.authenticate(PREVIOUS_ADMIN)).toMatchObject({ keyId: 'bootstrap' });
    expect(directory.lookUps).toBe(0);
  });

  test('keep no secret, only its SHA-256', async () => {
    const { keys, directory } = setUp();
    const { secret } = await keys.create({ name: 'n', scopes: ['read'] });
    expect(secret).toMatch(/^hs_[A-Za-z0-9_-]{43}$/);
    expect([...directory.records.keys()]).toEqual([createHash('sha256').update(secret).digest('hex')]);
    expect(JSON.stringify([...directory.records])).not.toContain(secret);
  });

  test('carry their scopes in one order, whatever the order they were asked for in', async () => {
    const { keys } = setUp();
    const wanted: Scope[] = ['admin', 'accounts', 'credit', 'read', 'refund', 'deduct'];
    const { scopes, secret, keyId } = await keys.create({ name: 'n', scopes: wanted });
    expect(scopes).toEqual(['read', 'deduct', 'refund', 'credit', 'accounts', 'admin']);
    expect(await keys.authenticate(secret)).toEqual(principalOf({ keyId, scopes: wanted }));
  });

  test('are remembered for as long as is set, and then confirmed before they are used again', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    clock.pass(4_999);
    // Not used meanwhile, so not asked for in the background.
    expect(directory.lookUps).toBe(1);
    clock.pass(1);
    expect(keys.peek(secret)).toBe('recheck');
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
    expect(directory.lookUps).toBe(2);
    expect(keys.peek(secret)).toMatchObject({ keyId });
  });

  test('in use are confirmed in the background, so that nobody waits', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    for (let second = 0; second < 60; second += 1) {
      clock.pass(1_000);
      expect(keys.peek(secret)).toMatchObject({ keyId });
      await promisesSettled();
    }
    expect(directory.lookUps).toBeLessThan(25);
  });

  test('that are not known are remembered for five seconds, apart from those that are', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    expect(keys.peek('unknown')).toBe('unseen');
    expect(await keys.authenticate('unknown')).toBeUndefined();
    expect(keys.peek('unknown')).toBe('unknown');
    for (let n = 0; n < 10_001; n += 1) await keys.authenticate(`guess-${n}`);
    expect(keys.peek('unknown')).toBe('unseen');
    expect(keys.peek('guess-10000')).toBe('unknown');
    expect(keys.peek(secret)).toMatchObject({ keyId });

    clock.pass(5_000);
    expect(keys.peek('guess-10000')).toBe('unseen');
    expect(directory.lookUps).toBe(10_003);
  });

  test('by the thousand at once are looked up with few statements, and are refused when too many wait', async () => {
    const { keys, directory, secret, keyId } = await withKey();
    const tried = await Promise.allSettled(
      Array.from({ length: 6_000 }, (_, n) => keys.authenticate(`guess-${n}`)),
    );
    expect(directory.lookUps).toBeLessThan(12);
    const refused = tried.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBe(6_000 - 4_096);
    expect(keys.peek(secret)).toMatchObject({ keyId });
  });

  test('that cannot be looked up are not remembered as unknown', async () => {
    const { keys, directory } = setUp();
    const { secret, keyId } = await keys.create({ name: 'n', scopes: ['read'] });
    directory.away = true;
    await expect(keys.authenticate(secret)).rejects.toThrow('away');
    expect(keys.peek(secret)).toBe('unseen');
    directory.away = false;
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
  });

  test('are forgotten at once when they are deleted, here and wherever the notice of it arrives; others are not', async () => {
    const here = setUp();
    const elsewhere = setUp(here.notices, here.directory);
    const { secret, keyId } = await here.keys.create({ name: 'n', scopes: ['read'] });
    const other = await here.keys.create({ name: 'other', scopes: ['read'] });
    for (const { keys } of [here, elsewhere]) {
      await keys.authenticate(secret);
      await keys.authenticate(other.secret);
    }

    expect(await here.keys.delete(keyId)).toBe(true);
    for (const { keys } of [here, elsewhere]) {
      expect(keys.peek(secret)).toBe('unseen');
      expect(await keys.authenticate(secret)).toBeUndefined();
      expect(keys.peek(other.secret)).toMatchObject({ keyId: other.keyId });
    }
    expect(await here.keys.delete(keyId)).toBe(false);
  });

  test('that are deleted while they are looked up are not remembered', async () => {
    const { keys, directory } = setUp();
    const { secret, keyId } = await keys.create({ name: 'n', scopes: ['read'] });
    const gate = Promise.withResolvers<undefined>();
    directory.held = gate.promise.then(() => undefined);
    const authenticated = keys.authenticate(secret);
    await promisesSettled();
    await keys.delete(keyId);
    gate.resolve(undefined);
    expect(await authenticated).toBeUndefined();
    expect(keys.peek(secret)).toBe('unknown');
  });
});

describe('while the directory is away, API keys', () => {
  test('that it confirmed go on, in use or not, until it has been away for too long', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    directory.away = true;
    clock.pass(30_000);
    expect(keys.peek(secret)).toBe('recheck');
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
    for (let second = 31; second < 60; second += 1) {
      clock.pass(1_000);
      if (keys.peek(secret) === 'recheck') expect(await keys.authenticate(secret)).toMatchObject({ keyId });
      await promisesSettled();
    }
    expect(directory.lookUps).toBeLessThan(80);

    clock.pass(2_000);
    await promisesSettled();
    await expect(keys.authenticate(secret)).rejects.toThrow('away');
    directory.away = false;
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
  });

  test('in use wait for nothing', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    directory.away = true;
    for (let step = 0; step < 500; step += 1) {
      clock.pass(100);
      expect(keys.peek(secret)).toMatchObject({ keyId });
      await promisesSettled();
    }
  });

  test('wait half a second for a directory that does not answer, and then go on', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    directory.held = new Promise(() => undefined);
    clock.pass(20_000);
    const authenticated = keys.authenticate(secret);
    await promisesSettled();
    clock.pass(500);
    expect(await authenticated).toMatchObject({ keyId });
    expect(keys.peek(secret)).toMatchObject({ keyId });
    clock.pass(1_000);
    // The look-up that has not been answered is not waited for again.
    expect(keys.peek(secret)).toBe('recheck');
    const again = keys.authenticate(secret);
    clock.pass(0);
    expect(await again).toMatchObject({ keyId });
  });

  test('that nobody knows do not make known ones be forgotten', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    directory.away = true;
    await Promise.allSettled(Array.from({ length: 20_000 }, (_, n) => keys.authenticate(`guess-${n}`)));
    clock.pass(10_000);
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
  });

  test('that were deleted through another instance are refused once it can be asked again', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    directory.away = true;
    await directory.deleteApiKey(keyId);
    clock.pass(10_000);
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
    directory.away = false;
    clock.pass(1_000);
    expect(await keys.authenticate(secret)).toBeUndefined();
    expect(keys.peek(secret)).toBe('unseen');
  });
});
