import { accountRecord } from '../../test/models/account-record';
import { capture, confirm, credit, deduct, hold, payIn, payment, reverse } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import { findEntryOf, type EntryOf } from './entry-search';

describe('an entry is found by its request id', () => {
  test.each([
    ['d', 'deduction', {}],
    ['c', 'credit', {}],
    ['h', 'hold-confirmation', {}],
    ['part', 'hold-confirmation', {}],
    ['part', 'hold-confirmation', { holdId: 'h' }],
    ['h', 'hold-confirmation', { holdId: 'h' }],
    ['back', 'reversal', {}],
    ['back', 'reversal', { reverses: 'd' }],
    ['p', 'transfer-in', {}],
    ['p', 'transfer-in', { counterparty: 'payer' }],
  ] as const)('%s is a %s (%j)', async (requestId, kind, of) => {
    const { find } = await site();
    expect(await find(requestId, of)).toMatchObject({ kind: 'found', found: { entry: { kind } } });
  });

  test.each([
    ['none', {}],
    ['back', { reverses: 'c' }],
    ['p', { counterparty: 'another' }],
    ['part', { holdId: 'd' }],
    ['d', { holdId: 'd' }],
  ] as const)('%s is not there (%j)', async (requestId, of) => {
    const { find } = await site();
    expect(await find(requestId, of)).toEqual({ kind: 'notFound' });
  });

  test('is ambiguous where two reversals have it, unless what they reverse is named', async () => {
    const { find, write } = await site();
    await write(deduct({ requestId: 'd2', subAccount: 1, amountMinor: 7n }));
    await write(reverse({ reverses: 'd2', requestId: 'back', subAccount: 1, amountMinor: 2n }));
    expect(await find('back')).toEqual({ kind: 'ambiguous' });
    expect(await find('back', { reverses: 'd2' })).toMatchObject({ found: { entry: { amountMinor: 2n } } });
  });

  test('the newest is found where an id was used again on another shard', async () => {
    const { find, write } = await site();
    await write(deduct({ requestId: 'd', subAccount: 1, amountMinor: 9n }));
    expect(await find('d')).toMatchObject({ found: { shard: 's1', entry: { amountMinor: 9n } } });
  });

  test('is told to be one of too many where more keys would have to be gone through than one call may', async () => {
    const { find, write } = await site();
    for (let n = 0; n < 201; n += 1)
      await write(reverse({ reverses: 'd', requestId: `part${n}`, subAccount: 0, amountMinor: 1n }));
    expect(await find('none')).toEqual({ kind: 'tooMany' });
    expect(await find('d')).toMatchObject({ kind: 'found' });
    expect(await find('part7', { reverses: 'd' })).toMatchObject({ kind: 'found' });
  });
});

/** An account with an entry of every kind that has a name of its own, its first home long forgotten. */
async function site() {
  const { shards, write } = entrySite();
  await write(credit({ requestId: 'c', subAccount: 1, amountMinor: 5n }));
  await write(deduct({ requestId: 'd', subAccount: 0, amountMinor: 500n }));
  await write(reverse({ reverses: 'd', requestId: 'back', subAccount: 0, amountMinor: 3n }));
  await write(hold({ requestId: 'h', subAccount: 1, amountMinor: 10n }));
  await write(capture({ holdId: 'h', captureId: 'part', subAccount: 1, amountMinor: 4n }));
  await write(confirm({ holdId: 'h', subAccount: 1 }));
  await write(payIn({ payment: payment({ requestId: 'p', amountMinor: 6n }) }));
  const engine = { findEntry: () => Promise.resolve(undefined) };
  return {
    write,
    find: (requestId: string, of: EntryOf = {}) =>
      findEntryOf({ engine, shards }, accountRecord({ accountId: 'acme' }), requestId, of),
  };
}
