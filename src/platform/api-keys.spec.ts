import { createHash } from 'node:crypto';
import type { EngineRuntime } from '../engine/runtime';
import type { ApiKeyRecord, Scope } from '../shards/directory/directory';
import { ApiKeys } from './api-keys';
import { InProcessNotices } from './notices';

const ADMIN = 'the-bootstrap-admin-key';

/** The directory's part of API keys, in memory, counting how often it is asked. */
class KeyDirectory {
  readonly records = new Map<string, ApiKeyRecord>();
  lookUps = 0;
  away = false;

  findApiKey(hash: Buffer): Promise<ApiKeyRecord | undefined> {
    this.lookUps += 1;
    return this.away
      ? Promise.reject(new Error('away'))
      : Promise.resolve(this.records.get(hash.toString('hex')));
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

function setUp(notices = new InProcessNotices(), directory = new KeyDirectory()) {
  const runtime = { directory } as unknown as EngineRuntime;
  return { directory, notices, keys: new ApiKeys(runtime, ADMIN, notices) };
}

describe('API keys', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('know the bootstrap key without asking anybody, even when the directory is away', async () => {
    const { keys, directory } = setUp();
    directory.away = true;
    expect(await keys.authenticate(ADMIN)).toMatchObject({ keyId: 'bootstrap', scopes: new Set(['admin']) });
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
    const wanted: Scope[] = ['admin', 'credit', 'read', 'deduct'];
    const { scopes, secret, keyId } = await keys.create({ name: 'n', scopes: wanted });
    expect(scopes).toEqual(['read', 'deduct', 'credit', 'admin']);
    expect(await keys.authenticate(secret)).toEqual({ keyId, scopes: new Set(wanted) });
  });

  test('are remembered for five seconds, the unknown ones too, and then looked up again', async () => {
    const { keys, directory } = setUp();
    const { secret, keyId } = await keys.create({ name: 'n', scopes: ['read'] });
    expect(keys.peek(secret)).toBeNull();
    await keys.authenticate(secret);
    await keys.authenticate('unknown');
    expect(keys.peek(secret)).toMatchObject({ keyId });
    expect(keys.peek('unknown')).toBeUndefined();

    jest.advanceTimersByTime(4_999);
    expect(keys.peek(secret)).toMatchObject({ keyId });
    jest.advanceTimersByTime(1);
    expect([keys.peek(secret), keys.peek('unknown')]).toEqual([null, null]);
    await keys.authenticate(secret);
    expect(directory.lookUps).toBe(3);
  });

  test('that cannot be looked up are not remembered as unknown', async () => {
    const { keys, directory } = setUp();
    const { secret, keyId } = await keys.create({ name: 'n', scopes: ['read'] });
    directory.away = true;
    await expect(keys.authenticate(secret)).rejects.toThrow('away');
    expect(keys.peek(secret)).toBeNull();
    directory.away = false;
    expect(await keys.authenticate(secret)).toMatchObject({ keyId });
  });

  test('are forgotten at once when they are deleted, here and wherever the notice of it arrives', async () => {
    const here = setUp();
    const elsewhere = setUp(here.notices, here.directory);
    const { secret, keyId } = await here.keys.create({ name: 'n', scopes: ['read'] });
    for (const { keys } of [here, elsewhere]) await keys.authenticate(secret);

    expect(await here.keys.delete(keyId)).toBe(true);
    for (const { keys } of [here, elsewhere]) {
      expect(keys.peek(secret)).toBeNull();
      expect(await keys.authenticate(secret)).toBeUndefined();
    }
    expect(await here.keys.delete(keyId)).toBe(false);
  });

  test('that are tried by the thousand do not fill the memory', async () => {
    const { keys } = setUp();
    await keys.authenticate('first');
    for (let n = 0; n < 10_000; n += 1) await keys.authenticate(`guess-${n}`);
    expect(keys.peek('first')).toBeNull();
    expect(keys.peek('guess-9999')).toBeUndefined();
  });
});
