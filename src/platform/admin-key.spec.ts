import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapAdminKey } from './admin-key';

describe('the bootstrap admin key', () => {
  let parent: string;
  let dataDir: string;
  let path: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'hotsplit-admin-key-'));
    dataDir = join(parent, 'new', 'data');
    path = join(dataDir, 'admin.key');
  });

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  test('is the configured one, and then nothing is written', () => {
    expect(bootstrapAdminKey({ adminKey: 'configured', dataDir })).toEqual({ key: 'configured' });
    expect(() => statSync(dataDir)).toThrow('ENOENT');
  });

  test('is generated at the first start, for its owner’s eyes only, in a folder that need not exist', () => {
    const { key, generatedAt } = bootstrapAdminKey({ dataDir });
    expect(key).toMatch(/^hs_admin_[A-Za-z0-9_-]{43}$/);
    expect(generatedAt).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe(`${key}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is kept from then on, and not called generated again', () => {
    const { key } = bootstrapAdminKey({ dataDir });
    expect(bootstrapAdminKey({ dataDir })).toEqual({ key });
    expect(bootstrapAdminKey({ adminKey: 'configured', dataDir })).toEqual({ key: 'configured' });
    expect(bootstrapAdminKey({ dataDir })).toEqual({ key });
  });

  test('is another one for every installation', () => {
    const keys = ['a', 'b', 'c'].map((name) => bootstrapAdminKey({ dataDir: join(parent, name) }).key);
    expect(new Set(keys).size).toBe(3);
  });

  test('may be put there by hand', () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(path, '  by-hand-0123456789 \n');
    expect(bootstrapAdminKey({ dataDir })).toEqual({ key: 'by-hand-0123456789' });
  });

  test('does not replace a file that is empty: a write that was cut off is looked at by a person', () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(path, '');
    expect(() => bootstrapAdminKey({ dataDir })).toThrow('EEXIST');
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  test('is not passed over when its path cannot be read', () => {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o700);
    expect(() => bootstrapAdminKey({ dataDir })).toThrow('EISDIR');
  });
});
