import { isAllowanceId } from '../../../src/ledger/allowance';
import type { FeedStart } from '../../../src/engine/feed/feed-reader';
import { type FeedEvent, frameOf } from '../../../src/engine/feed/feed-event';
import { isMark } from '../../../src/ledger/entry';
import { isLeaseKey } from '../../../src/ledger/lease';
import type { AccountEvent } from '../../../src/shards/directory/told-change';
import type { Dice } from '../../kernel/dice';
import type { FeedPlan } from './plan';
import { NOT_NOW, type Site } from './site';

/** In the end everything is published, and read, within this much calm: event by event, where pages have room for one. */
const READ_MS_MAX = 300_000;

/** One reader of the feed with a cursor of its own, which it sometimes dies without having kept. */
interface Follower {
  readonly name: string;
  /** `undefined` for all accounts. */
  readonly accountId: string | undefined;
  readonly limit: number;
  cursor: FeedStart;
  /** Of what came with cursors that were kept. */
  readonly seen: Set<string>;
  /** The last sequence by order key. */
  readonly last: Map<string, number>;
  /** Accounts that are hot, as far as it was told. */
  readonly hot: Set<string>;
}

/** Reads the feed while everything breaks; in the end each follower must have been told of everything, once and in order. */
export class FeedFollowers {
  readonly #followers: readonly Follower[];
  readonly #chance: Dice;

  constructor(
    private readonly site: Site,
    private readonly plan: FeedPlan,
  ) {
    this.#chance = site.chance.named('feed followers');
    this.#followers = plan.limits.map((limit, number) => ({
      name: `follower ${number}`,
      accountId: number === 0 ? undefined : site.plan.accounts[number - 1]?.accountId,
      limit,
      cursor: 'oldest',
      seen: new Set(),
      last: new Map(),
      hot: new Set(),
    }));
  }

  async follow(isOver: () => boolean): Promise<void> {
    const one = async (follower: Follower): Promise<void> => {
      while (!isOver()) {
        await this.site.sleep(this.#chance.spanMs(this.plan.pauseMsMean));
        await this.#page(follower);
      }
    };
    await Promise.all(this.#followers.map(one));
  }

  /** Nothing happens any more: what has happened is told, soon. */
  async judge(): Promise<void> {
    for (const follower of this.#followers) {
      const expected = this.#expected(follower.accountId);
      const untilMs = this.site.nowMs + READ_MS_MAX;
      for (;;) {
        const read = await this.#page(follower);
        const missing = [...expected].filter((id) => !follower.seen.has(id));
        if (missing.length === 0 && read === 'end') break;
        if (this.site.nowMs > untilMs) {
          this.#violated(
            'feedTells',
            `${follower.name} is not told of ${missing.length} of ${expected.size}: ${String(missing[0])}`,
          );
          return;
        }
        if (read !== 'more') await this.site.sleep(200);
      }
      // Accounts may have cooled meanwhile, and have told so.
      const known = this.#expected(follower.accountId);
      const unknown = [...follower.seen].find((id) => !known.has(id));
      if (unknown !== undefined)
        this.#violated('feedTells', `${follower.name} is told of what never happened: ${unknown}`);
    }
  }

  async #page(follower: Follower): Promise<'more' | 'end' | 'away'> {
    const { accountId, cursor, limit } = follower;
    const page = await this.site.ask('the feed', async ({ runtime }) =>
      runtime.feed?.reader.read({
        start: cursor,
        limit,
        wants: (unit) => accountId === undefined || unit.accountId === accountId,
      }),
    );
    if (page === NOT_NOW || !page) return 'away';
    if (page.kind === 'expired') {
      this.#violated('feedTells', `${follower.name} is told that its cursor of ${page.source} has expired`);
      return 'away';
    }
    if (page.events.length > limit)
      this.#violated('feedInOrder', `a page of ${page.events.length}, not ${limit}`);
    this.site.world.coverage.mark('feed read', page.events.length);
    if (page.away.length > 0) this.site.world.coverage.mark('feed read without a database that is away');
    if (this.#chance.happens(this.plan.cursorLost)) return 'away';
    follower.cursor = page.cursor;
    for (const event of page.events) this.#told(follower, event);
    return page.hasMore ? 'more' : page.away.length > 0 ? 'away' : 'end';
  }

  #told({ name, seen, last, hot }: Follower, event: FeedEvent): void {
    const { orderKey, sequence } = frameOf(event);
    if (event.kind === 'account') this.#heat(name, hot, event.event);
    const key = keyOf(event);
    if (seen.has(key)) this.#violated('feedInOrder', `${name} is told twice of ${key}`);
    seen.add(key);
    const before = last.get(orderKey) ?? -1;
    if (sequence <= before)
      this.#violated('feedInOrder', `${name} is told of ${orderKey} ${sequence} behind ${before}`);
    last.set(orderKey, sequence);
  }

  /** Hot and cooled take turns. */
  #heat(name: string, hot: Set<string>, { type, account: { accountId } }: AccountEvent): void {
    if (type !== 'account.hot' && type !== 'account.cooled') return;
    if (hot.has(accountId) === (type === 'account.hot'))
      this.#violated('feedTells', `${name} is told a second time that ${accountId} is ${type}`);
    if (type === 'account.hot') hot.add(accountId);
    else hot.delete(accountId);
  }

  /** Everything that has happened, by the databases themselves. */
  #expected(accountId: string | undefined): Set<string> {
    const { databases, directory } = this.site.world;
    const expected = new Set<string>();
    const wants = (id: string): boolean => accountId === undefined || id === accountId;
    for (const { name, accounts } of databases) {
      for (const [id, { entries, holds }] of accounts) {
        if (!wants(id) || isAllowanceId(id)) continue;
        for (const entry of entries.values())
          if (!isMark(entry.kind)) expected.add(keyOf({ kind: 'entry', shard: name, entry }));
        for (const hold of holds.values())
          if (hold.state === 'expired' && !isLeaseKey(hold.holdId))
            expected.add(keyOf({ kind: 'hold', shard: name, hold }));
      }
    }
    for (const [id, { intake }] of this.site.world.model.accounts)
      if (wants(id))
        for (const { shard, record } of intake.rejections)
          expected.add(keyOf({ kind: 'rejection', shard, rejection: record }));
    for (const [id, events] of directory.read('SELECT account_id, events FROM account', []) as [
      string,
      bigint,
    ][])
      if (wants(id))
        for (let number = 1; number <= Number(events); number += 1) expected.add(`${id} #${number}`);
    return expected;
  }

  #violated(rule: 'feedTells' | 'feedInOrder', detail: string): void {
    this.site.world.model.violated(rule, detail);
  }
}

function keyOf(event: FeedEvent): string {
  switch (event.kind) {
    case 'entry': {
      const { accountId, subAccount, version, requestId } = event.entry;
      return `${accountId} ${event.shard} ${subAccount} v${version} ${requestId}`;
    }
    case 'hold':
      return `${event.hold.accountId} ${event.shard} expired ${event.hold.holdId}`;
    case 'rejection': {
      const { accountId, requestId, attempt, receivedAtUs } = event.rejection;
      return `${accountId} ${event.shard} rejected ${requestId} #${attempt} ${receivedAtUs}`;
    }
    case 'account':
      return `${event.event.account.accountId} #${event.event.number}`;
    case 'webhook':
      return `${event.event.webhook.webhookId} #${event.event.number}`;
  }
}
