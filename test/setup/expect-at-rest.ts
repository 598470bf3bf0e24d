import type { EngineInstance } from './engine-site';

/**
 * Asserts what must hold at the end of every run, once all has come to rest: the audit finds nothing, nothing is in
 * transit, every key took effect once, and the account holds what it should.
 */
export async function expectAtRest(
  instance: EngineInstance,
  accountId: string,
  expected: { readonly totalMinor: bigint; readonly keys?: readonly string[] },
): Promise<void> {
  await instance.whenSettled();
  await instance.whenNothingIsLent(accountId);
  const report = await instance.audit();
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ balanced: true, inTransit: 0 });

  const keys = await instance.entryKeys(accountId);
  expect(new Set(keys).size).toBe(keys.length);
  if (expected.keys) {
    const user = keys.filter((key) => !key.includes(' ')).sort();
    // Compared as one string: a difference among thousands of keys is still printed in a moment.
    expect(user.join('\n')).toBe([...expected.keys].sort().join('\n'));
  }
  expect(await instance.total(accountId)).toBe(expected.totalMinor);
  const rows = await instance.rows(accountId);
  const ownMinor = rows.reduce((sum, { row }) => sum + row.availableMinor - row.grantedMinor, 0n);
  expect(ownMinor).toBe(expected.totalMinor);
}
