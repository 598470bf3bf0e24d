import { fingerprint } from '../../src/engine/fingerprint';
import { feedChange } from '../../src/ledger/feed-change';
import type { IntakeRecord } from '../../src/ledger/intake';
import { readFeedRow } from '../../src/shards/feed/feed-row';
import { FIRST_PLACE, type PublishingRow } from '../../src/shards/feed/feed-store';
import { changesOf } from '../models/changes';
import { NO_HINT } from '../../src/shards/shard';
import * as commands from '../models/commands';
import { EVERY_STORE } from '../setup/every-store';
import { creditOf as credit, deductOf as deduct, ShardUnderTest } from '../setup/shard-under-test';

/** The feed: what every store must do alike, on its real database or in memory. */
describe.each(EVERY_STORE)('[$mark] the feed of a shard', ({ makeSite }) => {
  const on = ShardUnderTest.each({ makeSite });
  const { run, fund } = on;
  const unpublished = () => on.shard.feed.unpublished(1_000);
  const publishing = (place: number, follows: number, key = String(place)): PublishingRow => ({
    place,
    follows,
    key,
    createdAtUs: place,
    changes: '[[],[]]',
  });

  it('has a row for each batch that wrote entries, which says where they are', async () => {
    await fund(100n, 100n);
    await run(deduct('a', 1n), deduct('b', 2n, 1), deduct('c', 3n));
    const rows = await unpublished();
    expect(rows).toHaveLength(2);
    const { ranges } = readFeedRow(rows[1] as (typeof rows)[number]);
    expect(ranges).toMatchObject([{ accountId: 'acme', entries: 3 }]);
    const [entries = []] = await on.shard.findWritten(ranges);
    expect(entries.map(({ requestId }) => requestId)).toEqual(['a', 'b', 'c']);
    expect(feedChange(changesOf({ entries }))?.ranges).toEqual(ranges);
  });

  it('has no row for a batch that wrote none: a refusal, money that moves inside', async () => {
    await fund(100n, 0n);
    const before = await unpublished();
    await run(deduct('too much', 1_000n));
    await run({ kind: 'level', accountId: 'acme', exactly: true });
    expect(await unpublished()).toEqual(before);
  });

  it('says of a hold whose balance it has lowered, and what is left', async () => {
    await fund(100n);
    await run(hold('h'));
    const last = (await unpublished()).at(-1);
    expect(last && readFeedRow(last)).toEqual({
      ranges: [],
      expiredHolds: [],
      touches: [{ accountId: 'acme', rises: false, falls: true, availableMinor: 99n }],
      rejections: [],
    });
  });

  it('has what was rejected, exactly as it was received', async () => {
    await fund(1n);
    const metadata = JSON.stringify({ 日本: '語', "it's": '\\"; DROP TABLE feed' });
    const screening = {
      verdict: 'reject',
      by: 'service',
      reason: 'zu schnell für einen Menschen 🙂',
    } as const;
    const asked = { amountMinor: 10n ** 18n, fingerprint: fingerprint('deduct', 10n ** 18n) };
    await run(commands.receive({ ...asked, requestId: 'r', reference: '注文-7', metadata }));
    await run(commands.receive({ ...asked, requestId: 'waits' }));
    const before = await unpublished();
    await run(
      commands.endIntake({ requestId: 'r', end: { kind: 'rejected', reason: 'SCREENED_OUT', screening } }),
    );
    const [row, ...others] = (await unpublished()).slice(before.length);
    expect(others).toEqual([]);
    const [record] = await on.shard.findIntakes('acme', ['r']);
    expect(record).toMatchObject({ state: 'rejected', metadata, screening });
    const { state, subAccount, fingerprint: print, ...told } = record as IntakeRecord;
    expect([state, subAccount, typeof print]).toEqual(['rejected', 0, 'string']);
    expect(row && readFeedRow(row)).toEqual({
      ranges: [],
      expiredHolds: [],
      touches: [],
      rejections: [told],
    });
  });

  it('has a row for holds that expired, and none for those that were cancelled', async () => {
    await fund(100n);
    await run(hold('h', 1));
    await run(hold('k'));
    await run(
      commands.expire({ holdId: 'h' }),
      commands.cancel({ holdId: 'k', fingerprint: fingerprint('cancel') }),
    );
    const last = (await unpublished()).at(-1);
    expect(last && readFeedRow(last)).toEqual({
      ranges: [],
      expiredHolds: [{ accountId: 'acme', holdId: 'h' }],
      touches: [{ accountId: 'acme', rises: true, falls: false, availableMinor: 100n }],
      rejections: [],
    });
  });

  it('has the rows of one sub-account in the order in which they were written, whoever wrote them', async () => {
    await fund(1_000n);
    await on.besides(async (other) => {
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          (n % 2 === 0 ? on.shard : other).applyBatch([deduct(`r${n}`, 1n)], NO_HINT),
        ),
      );
    });
    const versions = (await unpublished())
      .flatMap((row) => readFeedRow(row).ranges)
      .flatMap((range) => range.versions.map(({ fromVersion }) => fromVersion));
    expect(versions).toHaveLength(41);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it('forgets rows by their keys, and never uses a key again', async () => {
    await fund(100n);
    const [first] = await unpublished();
    await on.shard.feed.forget([first?.key ?? '', '999999999']);
    await on.shard.feed.forget([]);
    expect(await unpublished()).toEqual([]);
    await run(credit('more', 1n));
    const [next] = await unpublished();
    expect(Number(next?.key)).toBeGreaterThan(Number(first?.key));
  });

  it('is appended to behind its newest row only, by one of those who saw it', async () => {
    const { feed } = on.shard;
    expect(await feed.newest(5)).toMatchObject([{ place: FIRST_PLACE }]);
    expect(await feed.append([publishing(10, FIRST_PLACE), publishing(12, 10)])).toBe(true);
    expect(await feed.append([publishing(11, FIRST_PLACE)])).toBe(false);
    expect(await feed.append([publishing(20, 12), publishing(12, 20)])).toBe(false);
    expect(await feed.append([publishing(20, 12)])).toBe(true);
    expect((await feed.newest(2)).map(({ place }) => place)).toEqual([20, 12]);
    expect((await feed.from(10, 2)).map(({ place }) => place)).toEqual([10, 12]);
    expect(await feed.from(21, 2)).toEqual([]);
    expect(await feed.from(12, 1)).toEqual([{ place: 12, key: '12', createdAtUs: 12, changes: '[[],[]]' }]);
  });

  it('keeps the newest of the rows that are too old as its floor', async () => {
    const { feed } = on.shard;
    const nowUs = await on.shard.clockUs();
    const hourUs = 3_600_000_000;
    const places = [5, 4, 3, 1].map((hours) => nowUs - hours * hourUs);
    let follows = FIRST_PLACE;
    for (const place of places) {
      await feed.append([publishing(place, follows, 'k')]);
      follows = place;
    }
    expect(await feed.floor()).toBe(FIRST_PLACE);
    const twoHours = 2 * 3_600_000;
    expect(await feed.trim(twoHours, 1)).toBe(true);
    while (await feed.trim(twoHours, 1));
    expect(await feed.floor()).toBe(places[2]);
    expect((await feed.from(0, 10)).map(({ place }) => place)).toEqual(places.slice(2));
    expect(await feed.trim(twoHours, 1)).toBe(false);
  });
});

function hold(requestId: string, expiresInUs = 900_000_000) {
  return commands.hold({ requestId, amountMinor: 1n, expiresInUs, fingerprint: fingerprint('hold', 1n) });
}
