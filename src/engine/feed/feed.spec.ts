import { FeedWorld } from '../../../test/models/feed-world';

const THREE = ['a', 'b', 'c'];

describe('the feed', () => {
  let world: FeedWorld;

  beforeEach(() => {
    world = new FeedWorld(['s0', 's1']);
  });

  describe('published', () => {
    it('has every entry once, page by page of whatever size', async () => {
      world.write('s0', THREE);
      world.write('s1', ['d', 'e']);
      world.write('s0', ['f']);
      await world.publisher({ rowsMax: 1 }).tick();
      for (const limit of [1, 2, 5, 100]) {
        const ids: string[] = [];
        for (
          let page = await world.read({ limit });
          ;
          page = await world.read({ limit, start: page.cursor })
        ) {
          expect(page.ids.length).toBeLessThanOrEqual(limit);
          ids.push(...page.ids);
          if (!page.hasMore) break;
        }
        expect(ids).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      }
    });

    it('has what commits late behind what committed before, and none is passed over', async () => {
      const late = world.database('s0').feed.nextId();
      world.write('s0', ['first'], { subAccount: 1 });
      await world.publisher().tick();
      const { cursor, ids } = await world.read();
      expect(ids).toEqual(['first']);
      world.write('s0', ['late'], { subAccount: 0 }, late);
      await world.publisher().tick();
      expect((await world.read({ start: cursor })).ids).toEqual(['late']);
    });

    it.each(['feed.found', 'feed.published'] as const)(
      'has everything once though a publisher dies at %s',
      async (at) => {
        world.write('s0', THREE);
        const dying = world.publisher({}, { reach: (point) => (point === at ? NEVER : undefined) });
        void dying.tick();
        await turns();
        world.write('s0', ['d']);
        await world.publisher().tick();
        expect((await world.read()).ids).toEqual(['a', 'b', 'c', 'd']);
        expect(world.database('s0').feed.unpublished(10)).toEqual([]);
      },
    );

    it.each([1, 2])(
      'has everything once though rows are taken out of another database %d times',
      async (times) => {
        world.write('s0', THREE);
        const publisher = world.publisher();
        const forget = jest.spyOn(world.database('s0').feed, 'forget');
        for (let time = 0; time < times; time += 1) forget.mockReturnValueOnce(false);
        await publisher.tick();
        world.write('s0', ['d']);
        await publisher.tick();
        expect((await world.read()).ids).toEqual(['a', 'b', 'c', 'd']);
        expect(world.database('s0').feed.unpublished(10)).toEqual([]);
      },
    );

    it('has everything once though a publisher stalls before it appends, and goes on', async () => {
      world.write('s0', THREE);
      let goOn = (): void => undefined;
      const stalled = new Promise<void>((resolve) => (goOn = resolve));
      const slow = world.publisher({}, { reach: (point) => (point === 'feed.found' ? stalled : undefined) });
      const ticking = slow.tick();
      await turns();
      await world.publisher().tick();
      world.write('s0', ['d']);
      await world.publisher().tick();
      goOn();
      await ticking;
      await slow.tick();
      expect((await world.read()).ids).toEqual(['a', 'b', 'c', 'd']);
    });

    it('has everything once though two publishers saw the same end and other rows behind it', async () => {
      const late = world.database('s0').feed.nextId();
      world.write('s0', ['b'], { subAccount: 1 });
      let goOn = (): void => undefined;
      const stalled = new Promise<void>((resolve) => (goOn = resolve));
      const slow = world.publisher({}, { reach: (point) => (point === 'feed.found' ? stalled : undefined) });
      const ticking = slow.tick();
      await turns();
      world.write('s0', ['late'], { subAccount: 0 }, late);
      await world.publisher({ rowsMax: 1 }).tick();
      const { cursor, ids } = await world.read();
      expect(ids).toEqual(['late', 'b']);
      goOn();
      await ticking;
      expect((await world.read()).ids).toEqual(['late', 'b']);
      expect((await world.read({ start: cursor })).ids).toEqual([]);
    });

    it('is left to whoever has the lease, and goes on without an answer about it', async () => {
      world.write('s0', THREE);
      await world.publisher({}, { hasLease: () => false }).tick();
      expect((await world.read()).ids).toEqual([]);
      await world.publisher({}, { hasLease: () => undefined }).tick();
      expect((await world.read()).ids).toEqual(THREE);
    });

    it('goes on where a clock was ahead', async () => {
      world.nowUs += 3_600_000_000;
      world.write('s0', ['a']);
      await world.publisher().tick();
      const { cursor } = await world.read();
      world.nowUs -= 3_600_000_000;
      world.write('s0', ['b']);
      await world.publisher().tick();
      expect((await world.read({ start: cursor })).ids).toEqual(['b']);
    });
  });

  describe('read', () => {
    it('goes on without a shard that is away, whose events come when it is back', async () => {
      world.write('s0', ['a']);
      world.write('s1', ['b']);
      await world.publisher().tick();
      world.takeAway('s1');
      const without = await world.read();
      expect(without).toMatchObject({ ids: ['a'], away: ['s1'], hasMore: false });
      expect((await world.read({ start: without.cursor })).ids).toEqual([]);
      world.bringBack('s1');
      expect(await world.read({ start: without.cursor })).toMatchObject({ ids: ['b'], away: [] });
    });

    it('is refused where nothing can be read, and from now on where one shard cannot', async () => {
      world.takeAway('s1');
      await expect(world.read({ start: 'newest' })).rejects.toThrow('s1');
      world.takeAway('s0');
      await expect(world.read()).rejects.toThrow('s0, s1');
    });

    it('from now on has what is published later', async () => {
      world.write('s0', ['before']);
      await world.publisher().tick();
      const { cursor, ids, hasMore } = await world.read({ start: 'newest' });
      expect([ids, hasMore]).toEqual([[], false]);
      world.write('s1', ['after']);
      await world.publisher().tick();
      expect((await world.read({ start: cursor })).ids).toEqual(['after']);
    });

    it('has only what is wanted, and comes to the end all the same', async () => {
      for (let n = 0; n < 40; n += 1)
        world.write('s0', [`r${n}`], { accountId: n % 10 === 0 ? 'acme' : 'other' });
      await world.publisher().tick();
      const wants = ({ accountId }: { accountId: string }): boolean => accountId === 'acme';
      const page = await world.read({ wants });
      expect(page.ids).toEqual(['r0', 'r10', 'r20', 'r30']);
      expect((await world.read({ wants, start: page.cursor })).ids).toEqual([]);
      expect((await world.read({ start: page.cursor })).ids).toEqual([]);
    });

    it('is told that it has fallen behind what is kept, and by which shard', async () => {
      world.write('s0', ['a']);
      await world.publisher().tick();
      const { cursor } = await world.read();
      for (const id of ['b', 'c']) {
        world.write('s0', [id]);
        await world.publisher().tick();
      }
      world.nowUs += 8 * 24 * 3_600_000_000;
      const publisher = world.publisher();
      await publisher.tick();
      world.nowMs += 120_000;
      await publisher.tick();
      await expect(world.read({ start: cursor })).rejects.toThrow('expired at s0');
      expect((await world.read()).ids).toEqual([]);
      world.write('s0', ['d']);
      await publisher.tick();
      expect((await world.read()).ids).toEqual(['d']);
    });

    it('passes over nothing that is deleted while a page is read', async () => {
      for (let n = 0; n < 100; n += 1) world.write('s0', [`r${n}`]);
      await world.publisher().tick();
      const { feed } = world.database('s0');
      const places = feed.from(1, 100).map(({ place }) => place);
      // Once the first rows are read, everything up to the eightieth is deleted.
      let asked = 0;
      world.beforeEach = () => {
        asked += 1;
        if (asked > 4) feed.trim(places[80] ?? 0, 1_000);
      };
      const page = await world.read();
      expect(page.ids).toEqual(Array.from({ length: page.ids.length }, (_, n) => `r${n}`));
      expect(page).toMatchObject({ hasMore: true });
      await expect(world.read({ start: page.cursor })).rejects.toThrow('expired at s0');
    });

    it('raises the alarm where an entry is gone that the feed tells of, and goes on', async () => {
      world.write('s0', THREE);
      await world.publisher().tick();
      world.database('s0').account('acme').entries.delete('b');
      expect((await world.read()).ids).toEqual(['a', 'c']);
      expect(world.observer.defects).toHaveLength(1);
    });
  });
});

const NEVER = new Promise<void>(() => undefined);

async function turns(): Promise<void> {
  for (let n = 0; n < 50; n += 1) await new Promise((resolve) => setImmediate(resolve));
}
