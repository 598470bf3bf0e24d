import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { type Answer, isUnknown } from '../model/answer-rules';
import { NO_ANSWER, type SimInstance } from '../world/sim-instance';
import { LEASE_SETTINGS } from '../../../src/strategies/strategy-settings';
import type { Plan } from './plan';
import { inspect, isNotNow, type Site } from './site';

/** How long a call is under way to an instance, and its answer back. */
const LATENCY_MS_MEAN = 1;

/** An intake that may hold less than this may be full at any time. */
const INTAKE_RECORDS_MIN = 100;

/** Half of what an account may hold, in minor units. */
const MUCH_MINOR = 45n * 10n ** 17n;

/** One call, as a client makes it. */
export interface DoorCall {
  readonly what: string;
  readonly about: string;
  readonly accountId: string;
  /** It would bring an account money, which has to have room for it. */
  readonly brings: boolean;
  /** The account that it would bring money to, where that is another one. */
  readonly paid?: string;
  readonly carryOut: (instance: SimInstance, account: AccountRecord) => Promise<Answer>;
}

/** Nothing was decided; the same key may be sent again. */
export function isNoAnswer(answer: Answer): boolean {
  return isUnknown(answer) || answer.kind === 'overloaded';
}

/** Calls an instance as its doors are called: it may die meanwhile, and while nothing is broken it must serve. */
export async function callDoor(site: Site, instance: SimInstance, call: DoorCall): Promise<Answer> {
  const { world, chance, nowMs: sinceMs } = site;
  const { what, about } = call;
  const account = world.model.account(call.paid ?? call.accountId);
  const reading = account.beginReading();
  site.note(`→ ${instance.name} ${what}`);
  await site.sleep(chance.spanMs(LATENCY_MS_MEAN));
  const told = await site.inTime(
    `${what} at ${instance.name}`,
    carriedOut(site, instance, call).catch((error: unknown): Answer => {
      if (!isNotNow(error)) world.model.violated('noDefect', `${what}: ${inspect(error)}`, about);
      return { kind: 'unknown' };
    }),
    { kind: 'unknown' },
  );
  await site.sleep(chance.spanMs(LATENCY_MS_MEAN));
  world.coverage.mark(`answer ${told.kind}`);
  site.note(`← ${about} ${told.kind}`);
  account.openReadings.delete(reading);
  // Queues of a few commands may be full at any time, and an account so rich that a credit has to wait for those before it.
  const wasRich =
    call.brings &&
    [...reading.totalsMinor].some((totalMinor) => totalMinor + reading.creditsMinor > MUCH_MINOR);
  const mayBePutOff = told.kind === 'overloaded' && (hasShortQueues(site.plan) || wasRich);
  if (sinceMs >= site.calmSinceMs && !mayBePutOff && isNoAnswer(told))
    world.model.violated('calmIsServed', `${what}: ${told.kind} while nothing is broken`, about);
  return told;
}

function hasShortQueues({ laneSettings, leasing, intake, holdBatches }: Plan): boolean {
  return (
    laneSettings.depthMax !== undefined ||
    holdBatches !== undefined ||
    (intake !== undefined && intake.recordsMax < INTAKE_RECORDS_MIN) ||
    (leasing !== undefined && leasing.settings.deductionsMax < LEASE_SETTINGS.deductionsMax)
  );
}

async function carriedOut(site: Site, instance: SimInstance, call: DoorCall): Promise<Answer> {
  const answer = await instance.call(async () => {
    // What it answers from memory it must not answer while it stands still.
    if (site.plan.leasing) await site.world.timeline.sleep(0, instance);
    const account = await instance.accounts.find(call.accountId);
    return account ? call.carryOut(instance, account) : ({ kind: 'unknown' } as const);
  });
  return answer === NO_ANSWER ? { kind: 'unknown' } : answer;
}
