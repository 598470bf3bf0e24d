import { Directory } from '../../src/shards/directory/directory';
import { type AuditEvent, auditLineHash, NO_HASH } from '../../src/shards/directory/audit-line';
import { directoryDatabaseAt } from '../../src/shards/open-database';
import { STORES, type StoreSite } from '../setup/stores';

const event = (n: number): AuditEvent => ({
  callId: `call ${n}`,
  outcome: 'asked',
  actor: n % 2 === 0 ? 'even' : 'odd',
  address: '127.0.0.1',
  door: 'rest',
  action: 'freezeAccount',
  target: `account-${n % 3}`,
  request: { z: 1, a: { y: '"', b: [null, true] } },
});

describe.each(STORES)('[$mark] the audit log in the directory', ({ makeSite }) => {
  let site: StoreSite;
  let directories: [Directory, Directory];

  beforeEach(async () => {
    site = await makeSite();
    const { location } = site;
    directories = [
      new Directory(directoryDatabaseAt(location)),
      new Directory(directoryDatabaseAt(location)),
    ];
    for (const directory of directories) await directory.open();
  });
  afterEach(async () => {
    for (const directory of directories) await directory.close();
    await site.drop();
  });

  const all = (order: 'oldest first' | 'newest first' = 'oldest first') =>
    directories[0].auditLog.list({ limit: 1_000, order });

  it('is one chain without gaps, however many add to it at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        directories[n % 2 === 0 ? 0 : 1].auditLog.append([event(2 * n), event(2 * n + 1)]),
      ),
    );
    const lines = await all();
    let previousHash = NO_HASH;
    for (const [index, { text, hash }] of lines.entries()) {
      expect(auditLineHash(text)).toBe(hash);
      expect(JSON.parse(text)).toMatchObject({ sequence: index + 1, previousHash });
      previousHash = hash;
    }
    expect(new Set(lines.map(({ text }) => (JSON.parse(text) as AuditEvent).callId)).size).toBe(40);
    expect(lines[0]?.text).toMatch(/"request":\{"a":\{"b":\[null,true\],"y":"\\""\},"z":1\}/);
  });

  it('is read by key, call and target, from either end, page by page', async () => {
    const { auditLog } = directories[0];
    await auditLog.append(Array.from({ length: 9 }, (_, n) => event(n)));
    const callsOf = async (page: Partial<Parameters<typeof auditLog.list>[0]>) =>
      (await auditLog.list({ limit: 100, order: 'oldest first', ...page })).map(({ text }) =>
        (JSON.parse(text) as AuditEvent).callId.slice(5),
      );
    expect(await callsOf({ actor: 'odd' })).toEqual(['1', '3', '5', '7']);
    expect(await callsOf({ target: 'account-0', order: 'newest first' })).toEqual(['6', '3', '0']);
    expect(await callsOf({ target: 'account-0', actor: 'odd' })).toEqual(['3']);
    expect(await callsOf({ action: 'closeAccount' })).toEqual([]);
    expect(await callsOf({ limit: 2, order: 'newest first' })).toEqual(['8', '7']);
    expect(await callsOf({ limit: 2, order: 'newest first', behind: 8 })).toEqual(['6', '5']);
    expect(await callsOf({ limit: 2, behind: 2 })).toEqual(['2', '3']);
  });

  it('tells of rows that were changed beside their lines', async () => {
    const { auditLog } = directories[0];
    await auditLog.append([event(0), event(1), event(2), event(3)]);
    expect((await all()).every(({ isAsWritten }) => isAsWritten)).toBe(true);
    const database = directoryDatabaseAt(site.location);
    await database.open('directory');
    for (const [sequence, change] of [
      "actor = 'x'",
      "action = 'x'",
      'target = NULL',
      'at_us = at_us - 5000',
    ].entries())
      await database.write(`UPDATE audit_log SET ${change} WHERE sequence = ?`, [sequence + 1]);
    await database.close();
    expect((await all()).some(({ isAsWritten }) => isAsWritten)).toBe(false);
  });

  it('forgets the oldest lines when their time is over, and never the last one', async () => {
    const { auditLog } = directories[0];
    await auditLog.append(Array.from({ length: 5 }, (_, n) => event(n)));
    expect(await auditLog.deleteOld(3_600_000)).toBe(0);
    const [last] = await all('newest first');
    // By the database's clock, all were written before now.
    expect(await auditLog.deleteOld(-3_600_000)).toBe(4);
    expect(await auditLog.deleteOld(-3_600_000)).toBe(0);
    expect(await all()).toEqual([last]);
    await auditLog.append([event(9)]);
    const [, next] = await all();
    expect(JSON.parse(next?.text ?? '')).toMatchObject({ sequence: 6, previousHash: last?.hash });
  });
});
