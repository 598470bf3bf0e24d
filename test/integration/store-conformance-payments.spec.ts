import type { Command } from '../../src/ledger/command';
import { arrivalOfPaymentKey } from '../../src/ledger/identifiers';
import type { Payment } from '../../src/ledger/payment';
import { fingerprint } from '../../src/engine/fingerprint';
import * as commands from '../models/commands';
import { EVERY_STORE } from '../setup/every-store';
import { deductOf, ShardUnderTest } from '../setup/shard-under-test';

const PAYEE = { accountId: 'other', shard: 'far', subAccount: 2 };

/** Payments between accounts: what every store must do alike, on its real database or in memory. */
describe.each(EVERY_STORE)('[$mark] payments of a shard', ({ makeSite }) => {
  const on = ShardUnderTest.each({ makeSite });
  const { run, kinds, fund, balances } = on;

  const pay = (requestId: string, amountMinor = 3n, more: { reference?: string; metadata?: string } = {}) =>
    ({ ...deductOf(requestId, amountMinor), payee: PAYEE, ...more }) as Command;
  const incoming = (requestId: string, amountMinor = 3n): Payment =>
    commands.payment({ requestId, amountMinor, fingerprint: fingerprint('deduct', amountMinor) });
  const payIn = (requestId: string, amountMinor = 3n) =>
    commands.payIn({ payment: incoming(requestId, amountMinor) });
  const pending = async (toShard = 'far') =>
    on.shard.pendingPayments({ toShard, limit: 1_000, olderThanMs: 0 });

  it('writes a payment with its debit, and gives back exactly what it was given', async () => {
    await fund(2n * 10n ** 18n);
    const metadata = JSON.stringify({ 日本: '語', "it's": '\\"; DROP TABLE payment' });
    const [outcome] = await run(pay('out', 10n ** 18n, { reference: '注文-7', metadata }));
    expect(outcome).toMatchObject({
      kind: 'applied',
      entry: { kind: 'transfer-out', counterparty: 'other' },
    });
    const [payment] = await on.shard.findPayments('acme', ['out', 'none']);
    expect(payment).toMatchObject({
      accountId: 'acme',
      requestId: 'out',
      amountMinor: 10n ** 18n,
      fingerprint: fingerprint('deduct', 10n ** 18n),
      reference: '注文-7',
      metadata,
      payee: PAYEE,
    });
    const entry = await on.shard.findEntry('acme', 'out');
    expect(entry).toMatchObject({
      kind: 'transfer-out',
      counterparty: 'other',
      reference: '注文-7',
      metadata,
    });
    expect(payment?.createdAtUs).toBe(entry?.createdAtUs);
    expect(await pending()).toEqual([payment]);
    expect(await pending('near')).toEqual([]);
    expect(await on.shard.paymentsFrom('acme', 10)).toEqual([payment]);
    expect(await on.shard.paymentsFrom('other', 10)).toEqual([]);
    expect(await balances()).toEqual([10n ** 18n]);
  });

  it('replays a payment, and turns another request under its key away', async () => {
    await fund(10n);
    expect(await kinds(pay('out'), pay('out'), pay('out', 4n))).toEqual(['applied', 'replayed', 'keyReused']);
    expect(await kinds(pay('out'), deductOf('out', 4n))).toEqual(['replayed', 'keyReused']);
    expect(await pending()).toHaveLength(1);
    expect(await balances()).toEqual([7n]);
  });

  it('writes no payment that was not paid', async () => {
    await fund(2n);
    expect(await kinds(pay('out'))).toEqual(['insufficientFunds']);
    expect(await pending()).toEqual([]);
  });

  it('pages through what is under way, passes by what is young, and forgets what has arrived', async () => {
    await fund(1_000n);
    const ids = Array.from({ length: 250 }, (_, n) => `out-${String(n).padStart(3, '0')}`);
    await run(...ids.map((id) => pay(id, 1n)), deductOf('besides', 1n));
    const first = await on.shard.pendingPayments({ toShard: 'far', limit: 200, olderThanMs: 0 });
    const after = first.at(-1);
    const rest = await on.shard.pendingPayments({ toShard: 'far', limit: 200, olderThanMs: 0, after });
    expect([...first, ...rest].map(({ requestId }) => requestId)).toEqual(ids);
    expect(await on.shard.pendingPayments({ toShard: 'far', limit: 9, olderThanMs: 3_600_000 })).toEqual([]);
    await on.shard.forgetPayments(first);
    await on.shard.forgetPayments(first);
    expect(await pending()).toEqual(rest);
    expect(await on.shard.findEntry('acme', 'out-000')).toBeDefined();
  });

  it('takes a payment once, whatever the account becomes', async () => {
    await fund(1n);
    expect(await kinds(payIn('in'), payIn('in'))).toEqual(['applied', 'replayed']);
    await run(commands.setStatus({ status: 'closed' }));
    const [again] = await run(payIn('in'));
    expect(again).toMatchObject({ kind: 'replayed', entry: { kind: 'transfer-in', counterparty: 'payer' } });
    expect(await balances()).toEqual([4n]);
  });

  it.each(['frozen', 'closed'] as const)(
    'refuses a payment to a %s account for good, and lists no mark of that',
    async (status) => {
      await fund(1n);
      await run(commands.setStatus({ status, version: 2 }));
      const [refused] = await run(payIn('in'));
      expect(refused).toMatchObject({
        kind: 'applied',
        entry: { kind: 'transfer-refused', amountMinor: 0n },
      });
      await run(commands.setStatus({ status: 'active', version: 3 }));
      const [again] = await run(payIn('in'));
      expect(again).toMatchObject({ kind: 'replayed', entry: { kind: 'transfer-refused' } });
      expect(await balances()).toEqual([1n]);
      expect(await on.shard.findEntry('acme', arrivalOfPaymentKey(incoming('in')))).toMatchObject({
        kind: 'transfer-refused',
        counterparty: 'payer',
      });
      const before = { createdAtUs: Number.MAX_SAFE_INTEGER, shard: '', subAccount: 0, version: 0 };
      const { entries: listed } = await on.shard.listEntries({ accountId: 'acme', limit: 10, before });
      expect(listed.map(({ kind }) => kind)).toEqual(['credit']);
    },
  );

  it('gives a payment back once, to an account of whatever status', async () => {
    await fund(5n);
    await run(pay('out'));
    const [payment] = await pending();
    if (!payment) throw new Error('nothing is under way');
    await run(commands.setStatus({ status: 'closed' }));
    const back = commands.payBack({ payment });
    expect(await kinds(back, back)).toEqual(['applied', 'replayed']);
    expect(await kinds(back)).toEqual(['replayed']);
    expect(await balances()).toEqual([5n]);
  });

  it('says in scans which entries are about other accounts', async () => {
    await fund(10n);
    await run(pay('out'), payIn('in'), deductOf('plain', 1n));
    const scan = { start: { fromAccount: 'acme' }, upToAccount: 'acme', limit: 100 };
    const { items } = await on.shard.scanEntries(scan);
    expect(items.map(({ kind, between }) => [kind, between])).toEqual([
      ['credit', undefined],
      ['transfer-out', { requestId: 'out', counterparty: 'other' }],
      ['transfer-in', { requestId: arrivalOfPaymentKey(incoming('in')), counterparty: 'payer' }],
      ['deduction', undefined],
    ]);
  });

  it('does not reverse what went to another account', async () => {
    await fund(10n);
    await run(pay('out'));
    expect(await kinds(commands.reverse({ reverses: 'out' }))).toEqual(['transferNotReversible']);
    expect(await balances()).toEqual([7n]);
  });
});
