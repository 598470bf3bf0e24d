import { Ambushes } from '../faults/ambushes';
import { LeasedAmbushes } from '../faults/leased-ambushes';
import { clockPutRight } from '../faults/blows/clocks';
import { strike } from '../faults/strike';
import type { Clients } from './clients';
import type { CreditLineChanges } from './credit-lines';
import type { FeedFollowers } from './feed-followers';
import type { Blow, LeasingPlan, Wish } from './plan';
import { readHoldLists } from './hold-lists';
import { readLists } from './lists';
import { Readers } from './readers';
import { moveBound } from './levels';
import type { Site } from './site';
import type { Wishes } from './wishes';

/** Wishes and blows are spread over this much time. */
const STORM_MS = 6_000;

const QUEUED_OR_NOT = ['queued', 'queued', 'merged', 'atomic'] as const;

/** Keys of an instance that stands still, sent again for something else. */
const HELD_UP_REUSE_SHARE = 0.3;

/** Everything at once: calls, wishes and blows. Ends when all of them have. */
export async function storm(
  site: Site,
  parts: {
    clients: Clients;
    wishes: Wishes;
    limits: CreditLineChanges;
    feed: FeedFollowers | undefined;
  },
): Promise<void> {
  const { plan, chance, world } = site;
  const ambushes = new Ambushes(site, {
    freeze: (accountId, told) => parts.wishes.freeze(accountId, told),
    close: (accountId) => parts.wishes.close(accountId),
    rush: (account, ms) => parts.clients.rush(account, ms),
    again: (asked) => parts.clients.again(asked, HELD_UP_REUSE_SHARE),
  });
  world.noticesLost = plan.noticesLost;
  if (world.screening) world.screening.isTroubled = true;
  ambushes.lieInWait();
  let isOver = false;
  const calls = parts.clients.make(plan.stormCalls).then(() => {
    isOver = true;
  });
  const scattered = <Name extends string>(
    means: Readonly<Record<Name, number | undefined>>,
    run: (name: Name) => Promise<unknown>,
  ): Promise<unknown>[] =>
    (Object.entries(means) as [Name, number | undefined][]).flatMap(([name, mean]) =>
      // Nothing is drawn for what this world does not have: a kind that is added leaves all other worlds as they were.
      mean === undefined
        ? []
        : Array.from({ length: timesOf(mean, chance.next()) }, async () => {
            await site.sleep(chance.next() * STORM_MS);
            await run(name);
          }),
    );
  const ambushesOfLeases = (leasing: LeasingPlan): Promise<unknown>[] => {
    const leased = new LeasedAmbushes(site, leasing, parts);
    return scattered({ ambush: leasing.ambushes }, () => leased.spring());
  };
  await Promise.all([
    calls,
    new Readers(site).read(plan.readers, () => isOver),
    parts.feed?.follow(() => isOver),
    ...scattered({ limit: plan.creditLines?.changes }, () => parts.limits.change()),
    ...scattered({ bound: plan.feed?.boundsMoved }, () => moveBound(site)),
    ...(plan.lists
      ? [
          readLists(site, plan.lists, () => isOver),
          // A lease that was taken while the clock was a day ahead, by an instance that died, stands for a day after that.
          ...scattered({ clock: plan.leasing ? undefined : plan.lists.clocksPutRight }, () =>
            clockPutRight(site),
          ),
        ]
      : []),
    plan.holdLists && readHoldLists(site, plan.holdLists, () => isOver),
    ...scattered<Wish>(plan.wishes, (wish) => parts.wishes.carryOut(wish)),
    ...scattered<Blow>(plan.blows, (blow) => strike(site, blow)),
    ...scattered({ change: plan.queued?.changes }, () => parts.wishes.changeStrategy(QUEUED_OR_NOT)),
    ...(plan.leasing
      ? [
          ...scattered({ change: plan.leasing.changes }, () => parts.wishes.changeStrategy()),
          ...scattered({ restart: plan.leasing.restarts }, (restart) => strike(site, restart)),
          ...scattered({ heldUp: plan.leasing.heldUp }, () =>
            ambushes.holdUp(chance.oneOf(site.accounts), STORM_MS),
          ),
          ...ambushesOfLeases(plan.leasing),
        ]
      : []),
  ]);
  await ambushes.spare();
}

/** How often something happens whose mean is given: the whole part, and one more by chance. */
function timesOf(mean: number, lot: number): number {
  return Math.floor(mean) + (lot < mean % 1 ? 1 : 0);
}
