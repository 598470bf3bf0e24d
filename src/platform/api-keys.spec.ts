import { createHash } from 'node:crypto';
import { TestClock } from '../../test/models/test-clock';
import { promisesSettled } from '../../test/models/turns';
import type { EngineRuntime } from '../engine/runtime';
import {
  type ApiKeyLimits,
  type ApiKeyRecord,
  DirectoryUnavailableError,
  type FoundApiKey,
  type NewApiKey,
  type Scope,
} from '../shards/directory/directory';
import { ApiKeys } from './api-keys';
import { InProcessNotices } from './notices';
import { principalOf } from './principal';

const ADMIN = 'the-bootstrap-admin-key';
const PREVIOUS_ADMIN = 'the-admin-key-before-that';
const UNLIMITED = { accounts: null, expiresAtUs: null };
const SETTINGS = { recheckMs: 5_000, staleMsMax: 60_000 };

/** The directory's part of API keys, in memory, counting how often it is asked. */
class KeyDirectory {
  readonly records = new Map<string, ApiKeyRecord>();
  lookUps = 0;
  away = false;
  /** Its clock, which is not the instance's. */
  nowUs = 1_000_000_000;
  readonly noted: (readonly string[])[] = [];
  /** Look-ups wait for it. */
  held: Promise<void> = Promise.resolve();

  async findApiKeys(hashes: readonly Buffer[]): Promise<FoundApiKey[]> {
    this.lookUps += 1;
    const found = hashes.flatMap((secretHash) => {
      const record = this.records.get(secretHash.toString('hex'));
      return record ? [{ ...record, secretHash, nowUs: this.nowUs }] : [];
    });
    await this.held;
    if (this.away) throw new DirectoryUnavailableError('away');
    return found;
  }

  noteKeyUses(keyIds: readonly string[]): Promise<void> {
    if (this.away) return Promise.reject(new DirectoryUnavailableError('away'));
    this.noted.push(keyIds);
    for (const [hash, record] of this.records)
      if (keyIds.includes(record.keyId)) this.records.set(hash, { ...record, lastUsedAtUs: this.nowUs });
    return Promise.resolve();
  }

  insertApiKey(key: NewApiKey): Promise<void> {
    const { secretHash, ...record } = key;
    this.records.set(secretHash.toString('hex'), { ...record, lastUsedAtUs: null, createdAtUs: 0 });
    return Promise.resolve();
  }

  changeApiKey(keyId: string, change: Partial<ApiKeyLimits>): Promise<ApiKeyRecord | undefined> {
    const found = [...this.records].find(([, record]) => record.keyId === keyId);
    if (!found) return Promise.resolve(undefined);
    const changed = { ...found[1], ...change };
    this.records.set(found[0], changed);
    return Promise.resolve(changed);
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
  const { secret, keyId } = await parts.keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
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
    const { secret } = await keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
    expect(secret).toMatch(/^hs_[A-Za-z0-9_-]{43}$/);
    expect([...directory.records.keys()]).toEqual([createHash('sha256').update(secret).digest('hex')]);
    expect(JSON.stringify([...directory.records])).not.toContain(secret);
  });

  test('carry their scopes in one order, whatever the order they were asked for in', async () => {
    const { keys } = setUp();
    const wanted: Scope[] = ['admin', 'accounts', 'credit', 'read', 'refund', 'deduct'];
    const { scopes, secret, keyId } = await keys.create({ name: 'n', scopes: wanted, ...UNLIMITED });
    expect(scopes).toEqual(['read', 'deduct', 'refund', 'credit', 'accounts', 'admin']);
    expect(await keys.authenticate(secret)).toEqual(principalOf({ keyId, scopes: wanted, accounts: null }));
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
    const { secret, keyId } = await keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
    directory.away = true;
    await expect(keys.authenticate(secret)).rejects.toThrow('away');
    expect(keys.peek(secret)).toBe('unseen');
    directory.away = false;
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
  });

  test('are forgotten at once when they are deleted, here and wherever the notice of it arrives; others are not', async () => {
    const here = setUp();
    const elsewhere = setUp(here.notices, here.directory);
    const { secret, keyId } = await here.keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
    const other = await here.keys.create({ name: 'other', scopes: ['read'], ...UNLIMITED });
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
    const { secret, keyId } = await keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
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

describe('API keys that expire', () => {
  /** A key that is good for ten seconds by the directory's clock. */
  async function withExpiry() {
    const parts = setUp();
    const expiresAtUs = parts.directory.nowUs + 10_000_000;
    const { secret, keyId } = await parts.keys.create({
      name: 'n',
      scopes: ['read'],
      accounts: null,
      expiresAtUs,
    });
    const pass = (ms: number): void => {
      parts.clock.pass(ms);
      parts.directory.nowUs += ms * 1_000;
    };
    return { ...parts, secret, keyId, pass };
  }

  test('are good until then by the directory’s clock, and not a moment longer', async () => {
    const { keys, secret, keyId, pass } = await withExpiry();
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
    for (let second = 1; second < 10; second += 1) {
      pass(1_000);
      expect(keys.peek(secret)).toMatchObject({ keyId });
      await promisesSettled();
    }
    pass(999);
    expect(keys.peek(secret)).toMatchObject({ keyId });
    pass(1);
    expect(keys.peek(secret)).toBe('recheck');
    expect(await keys.authenticate(secret)).toBeUndefined();
    expect(await keys.authenticate(secret)).toBeUndefined();
    expect(keys.peek(secret)).toBe('unknown');
  });

  test('are looked up as unknown keys are once they have', async () => {
    const { keys, secret, pass } = await withExpiry();
    pass(10_000);
    expect(await keys.authenticate(secret)).toBeUndefined();
    expect(keys.peek(secret)).toBe('unknown');
  });

  test('do not outlive that while the directory is away', async () => {
    const { keys, directory, clock, secret, keyId } = await withExpiry();
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
    directory.away = true;
    clock.pass(9_000);
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
    clock.pass(999);
    expect(keys.peek(secret)).toMatchObject({ keyId });
    clock.pass(1);
    expect(keys.peek(secret)).toBe('recheck');
    await expect(keys.authenticate(secret)).rejects.toThrow('away');
  });

  test('go on when that is put off, here and wherever the notice arrives', async () => {
    const { keys, directory, secret, keyId, pass, notices } = await withExpiry();
    const elsewhere = setUp(notices, directory).keys;
    pass(10_000);
    for (const each of [keys, elsewhere]) expect(await each.authenticate(secret)).toBeUndefined();
    await keys.change(keyId, { expiresAtUs: null });
    for (const each of [keys, elsewhere]) {
      expect(each.peek(secret)).toBe('unseen');
      expect(await each.authenticate(secret)).toMatchObject({ keyId });
    }
  });

  test('or are changed follow the change at once', async () => {
    const { keys, secret, keyId } = await withExpiry();
    expect(await keys.authenticate(secret)).toMatchObject({ accounts: null });
    await keys.change(keyId, { accounts: ['a:'], scopes: ['credit', 'read'] });
    expect(keys.peek(secret)).toBe('unseen');
    expect(await keys.authenticate(secret)).toEqual(
      principalOf({ keyId, scopes: ['read', 'credit'], accounts: ['a:'] }),
    );
  });
});

describe('the last use of API keys', () => {
  test('is noted behind their look-ups, once a minute a key at most', async () => {
    const { keys, directory, clock, secret, keyId } = await withKey();
    await promisesSettled();
    expect(directory.noted).toEqual([[keyId]]);
    for (let second = 0; second < 180; second += 1) {
      clock.pass(1_000);
      directory.nowUs += 1_000_000;
      keys.peek(secret);
      await promisesSettled();
    }
    expect(directory.noted.length).toBeGreaterThanOrEqual(3);
    expect(directory.noted.length).toBeLessThanOrEqual(4);
  });

  test('is not noted of keys that nobody uses, nor of unknown ones', async () => {
    const { keys, directory, clock } = await withKey();
    await promisesSettled();
    await keys.authenticate('unknown');
    clock.pass(600_000);
    directory.nowUs += 600_000_000;
    await promisesSettled();
    expect(directory.noted).toHaveLength(1);
  });

  test('keeps nobody waiting: neither a write that hangs nor one that fails', async () => {
    const { keys, directory } = setUp();
    directory.noteKeyUses = () => new Promise(() => undefined);
    const first = await keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
    expect(await keys.authenticate(first.secret)).toMatchObject({ keyId: first.keyId });
    const second = await keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
    expect(await keys.authenticate(second.secret)).toMatchObject({ keyId: second.keyId });

    const failing = setUp();
    failing.directory.noteKeyUses = () => Promise.reject(new DirectoryUnavailableError('away'));
    const { secret, keyId } = await failing.keys.create({ name: 'n', scopes: ['read'], ...UNLIMITED });
    expect(await failing.keys.authenticate(secret)).toMatchObject({ keyId });
    await promisesSettled();
  });
});
