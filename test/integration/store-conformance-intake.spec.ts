import type { Command, EndIntakeCommand } from '../../src/ledger/command';
import type { IntakeRecord } from '../../src/ledger/intake';
import type { Outcome } from '../../src/ledger/outcome';
import { fingerprint } from '../../src/engine/fingerprint';
import { NO_HINT } from '../../src/shards/shard';
import * as commands from '../models/commands';
import { EVERY_STORE } from '../setup/every-store';
import { eventually } from '../setup/eventually';
import { deductOf, ShardUnderTest } from '../setup/shard-under-test';

const REJECTED = { kind: 'rejected', reason: 'INSUFFICIENT_FUNDS' } as const;

/** The intake: what every store must do alike, on its real database or in memory. */
describe.each(EVERY_STORE)('[$mark] the intake of a shard', ({ mark, makeSite }) => {
  const on = ShardUnderTest.each({ makeSite });
  const { run, kinds, fund, besides, balances } = on;

  const receive = (
    requestId: string,
    amountMinor = 3n,
    more: { reference?: string; metadata?: string } = {},
  ) => commands.receive({ requestId, amountMinor, fingerprint: fingerprint('deduct', amountMinor), ...more });
  const charge = (requestId: string, amountMinor = 3n, attempt = 1): Command => ({
    ...deductOf(requestId, amountMinor),
    attempt,
  });
  const end = (requestId: string, how: EndIntakeCommand['end']) =>
    commands.endIntake({ requestId, end: how });
  const find = async (requestId: string): Promise<IntakeRecord | undefined> =>
    (await on.shard.findIntakes('acme', [requestId]))[0];
  const waiting = async (): Promise<string[]> =>
    (await on.shard.intakeInState({ state: 'received', limit: 1_000 })).map(({ requestId }) => requestId);

  it('gives back exactly what it was given', async () => {
    const metadata = JSON.stringify({ 日本: '語', "it's": '\\"; DROP TABLE intake' });
    const [outcome] = await run(receive('in', 10n ** 18n, { reference: '注文-7', metadata }));
    const record = recordOf(outcome);
    expect(record).toMatchObject({
      attempt: 1,
      state: 'received',
      amountMinor: 10n ** 18n,
      reference: '注文-7',
      metadata,
    });
    expect(await find('in')).toEqual(record);
    expect(await find('IN')).toBeUndefined();
    const scanned = { start: { fromAccount: 'acme' }, upToAccount: 'acme', limit: 1_000 };
    expect((await on.shard.scanIntakes(scanned)).items).toEqual([record]);
    expect(record.receivedAtUs).toBeLessThanOrEqual(await on.shard.clockUs());
  });

  it('receives before the account has a row here, and charges when it has', async () => {
    expect(await kinds(receive('early'))).toEqual(['received']);
    await fund(10n);
    expect(await kinds(charge('early'))).toEqual(['applied']);
    expect(await balances()).toEqual([7n]);
    expect(await find('early')).toMatchObject({ state: 'succeeded' });
    expect(await on.shard.findEntry('acme', 'early')).toMatchObject({ amountMinor: 3n });
  });

  it('receives, charges and ends many in one batch, for several accounts', async () => {
    await fund(10_000n);
    const keys = Array.from({ length: 600 }, (_, n) => `in-${n}`);
    const others = keys.slice(0, 40).map((requestId) => ({ ...receive(requestId), accountId: 'other' }));
    const outcomes = await run(...keys.map((key) => receive(key)), ...others);
    expect(outcomes.every((outcome) => outcome.kind === 'received' && !outcome.replayed)).toBe(true);
    expect(await on.shard.intakeDepth({ countMax: 1_000 })).toMatchObject({ waiting: 640 });
    expect(await on.shard.intakeDepth({ countMax: 100 })).toMatchObject({ waiting: 100, accounts: [] });
    expect((await on.shard.intakeDepth({ countMax: 1_000, accountsMax: 1 })).accounts).toEqual([
      { accountId: 'acme', waiting: 600 },
    ]);

    const charged = await run(...keys.slice(0, 500).map((key) => charge(key)));
    expect(charged.every(({ kind }) => kind === 'applied')).toBe(true);
    const ended = await run(...keys.slice(500).map((key) => end(key, REJECTED)));
    expect(ended.every(({ kind }) => kind === 'intakeEnded')).toBe(true);
    expect(await balances()).toEqual([8_500n]);
    expect((await waiting()).length).toBe(40);
    expect(await find('in-599')).toMatchObject({ state: 'rejected', reason: 'INSUFFICIENT_FUNDS' });
  });

  it('keeps verdicts, and finds what was put off when it is due', async () => {
    await fund(1_000n);
    const putOff = (requestId: string, waitUsMax: number, reason: string | null) =>
      end(requestId, {
        kind: 'putOff',
        screening: { verdict: 'wait', by: 'service', reason },
        waitUsMax,
        jitter: 0,
      });
    const screenedOut = (reason: string | null): EndIntakeCommand['end'] => ({
      kind: 'rejected',
      reason: 'SCREENED_OUT',
      screening: { verdict: 'reject', by: 'velocity', reason },
    });
    const keys = ['passes', 'robot', "it's", 'silent', 'waits', 'waits on', 'too long'];
    await run(...keys.map((key) => receive(key)));
    const pass = { verdict: 'pass', by: 'policy', reason: 'not screened: deadline' } as const;
    await run({ ...charge('passes'), screening: pass } as Command);
    await run(
      end('robot', screenedOut('a robot')),
      end("it's", screenedOut('\\"; 🤖')),
      end('silent', screenedOut(null)),
      putOff('waits', 3_600_000_000, 'not yet'),
      putOff('waits on', 3_600_000_000, null),
      putOff('too long', 0, 'not in time'),
    );
    expect(await find('passes')).toMatchObject({ state: 'succeeded', screening: pass });
    expect(await find('robot')).toMatchObject({
      state: 'rejected',
      reason: 'SCREENED_OUT',
      screening: { verdict: 'reject', by: 'velocity', reason: 'a robot' },
    });
    expect((await find("it's"))?.screening?.reason).toBe('\\"; 🤖');
    expect((await find('silent'))?.screening).toEqual({ verdict: 'reject', by: 'velocity', reason: null });
    expect(await find('too long')).toMatchObject({ state: 'rejected', reason: 'SCREENED_OUT' });
    const waits = await find('waits');
    expect(waits).toMatchObject({
      state: 'received',
      amountMinor: 3n,
      screening: { verdict: 'wait', by: 'service', reason: 'not yet' },
    });
    expect((await find('waits on'))?.screening).toMatchObject({ verdict: 'wait', reason: null });

    const due = async (which: 'now' | 'by an earlier clock'): Promise<string[]> =>
      (await on.shard.intakeInState({ state: 'received', limit: 10, due: which })).map(
        ({ requestId }) => requestId,
      );
    expect((await waiting()).sort()).toEqual(['waits', 'waits on']);
    expect(await due('by an earlier clock')).toEqual([]);
    await eventually('what was put off', async () => ((await due('now')).length === 2 ? true : undefined));
    expect(await on.shard.clockUs()).toBeGreaterThanOrEqual(waits?.sinceUs ?? Infinity);
    // Another attempt begins without the verdict on the one before.
    await run(receive('robot'));
    expect(await find('robot')).toMatchObject({ attempt: 2, state: 'received', screening: null });
  });

  it('lists what waits from the oldest on, page by page', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) await run(receive(key));
    const found: string[] = [];
    for (let after: IntakeRecord | undefined; ;) {
      const page = await on.shard.intakeInState({ state: 'received', limit: 2, after });
      found.push(...page.map(({ requestId }) => requestId));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(found).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await on.shard.intakeInState({ state: 'received', limit: 9, olderThanMs: 600_000 })).toEqual([]);
    const { oldestUs } = await on.shard.intakeDepth({ countMax: 9 });
    expect(oldestUs).toBeGreaterThan(0);
  });

  it('has one record for a key that comes by two instances at once', async () => {
    await besides(async (other) => {
      const sent = await Promise.all(
        [on.shard, other, on.shard, other].map((shard) =>
          shard.applyBatch([receive('twice'), receive('also')], NO_HINT),
        ),
      );
      const outcomes = sent.map(({ outcomes: [first] }) => first as Outcome);
      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(4).fill('received'));
      expect(outcomes.filter((each) => each.kind === 'received' && !each.replayed).length).toBe(1);
    });
  });

  it('is not held up by rows that somebody else has locked', async () => {
    // A SQLite file has one writer, and the lock is that.
    if (mark === 'sqlite') return;
    await fund(10n);
    await besides(async (other) => {
      const locked = await other.lockAccount('acme');
      expect(await kinds(receive('beside'))).toEqual(['received']);
      await locked.release();
    });
  });

  it('charges once when two instances charge at once, and never what was rejected', async () => {
    await fund(100n);
    await run(receive('one'), receive('two'));
    await besides(async (other) => {
      const sent = await Promise.all(
        [on.shard, other].map((shard) => shard.applyBatch([charge('one'), charge('two')], NO_HINT)),
      );
      const all = sent.flatMap(({ outcomes }) => outcomes.map(({ kind }) => kind)).sort();
      expect(all).toEqual(['applied', 'applied', 'attemptOver', 'attemptOver']);

      await run(receive('three'));
      const [rejection, late] = await Promise.all([
        other.applyBatch([end('three', REJECTED)], NO_HINT),
        on.shard.applyBatch([charge('three')], NO_HINT),
      ]);
      const isRejected = rejection.outcomes[0]?.kind === 'intakeEnded';
      expect(late.outcomes[0]?.kind).toBe(isRejected ? 'attemptOver' : 'applied');
      expect((await find('three'))?.state).toBe(isRejected ? 'rejected' : 'succeeded');
      expect(await balances()).toEqual([isRejected ? 94n : 91n]);
    });
  });

  it('begins another attempt once for two requests at once, by one instance or by two', async () => {
    await fund(1n);
    await run(receive('again'));
    await run(end('again', REJECTED));
    await besides(async (other) => {
      const sent = await Promise.all(
        [on.shard, other].map((shard) => shard.applyBatch([receive('again')], NO_HINT)),
      );
      expect(sent.map(({ outcomes: [first] }) => first?.kind)).toEqual(['received', 'received']);
      expect(await find('again')).toMatchObject({ state: 'received', attempt: 2, reason: null });
    });
  });

  it('pays with the siblings of its row', async () => {
    await fund(2n, 2n);
    await run(receive('draws'));
    expect(await kinds(charge('draws'))).toEqual(['applied']);
    expect((await balances()).reduce((sum, minor) => sum + minor, 0n)).toBe(1n);
  });

  it('pays under locks that were taken before', async () => {
    await fund(10n);
    await run(receive('locked'));
    const locked = await on.shard.lockAccount('acme');
    const outcomes = await locked.apply([charge('locked'), charge('unknown')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'attemptOver']);
    expect(await find('locked')).toMatchObject({ state: 'succeeded' });
  });

  it('takes over from a past home, and forgets what ended', async () => {
    await fund(10n);
    const taken = commands.takeOver({
      requestId: 'moved',
      amountMinor: 3n,
      fingerprint: fingerprint('deduct', 3n),
      attempt: 4,
    });
    expect(await kinds(taken, taken)).toEqual(['received', 'received']);
    expect(await find('moved')).toMatchObject({ attempt: 4, receivedAtUs: 7 });
    expect(await kinds(charge('moved', 3n, 4))).toEqual(['applied']);
    const forget = { ...end('moved', { kind: 'forgotten' }), attempt: 4 };
    expect(await kinds(forget, forget)).toEqual(['intakeEnded', 'attemptOver']);
    expect(await find('moved')).toBeUndefined();
    expect(await run(receive('moved'))).toMatchObject([{ kind: 'replayed' }]);
  });
});

function recordOf(outcome: Outcome | undefined): IntakeRecord {
  if (outcome?.kind !== 'received') throw new Error(`not received: ${outcome?.kind}`);
  return outcome.record;
}
