import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../../src/engine/fingerprint';
import type { FaultPoint, ReachPoint } from '../../src/engine/fault-points';
import { FENCE_MS_MAX } from '../../src/engine/runtime';
import { choosePlacement } from '../../src/ledger/routing';
import { InjectedFault } from '../../src/platform/test-faults';
import type { Location } from '../../src/shards/shard-address';
import { requestAt } from '../models/engine-requests';
import { type EngineInstance, EngineSite } from './engine-site';
import { awaited, eventually } from './eventually';
import { expectAtRest } from './expect-at-rest';
import { inTurns } from './in-turns';
import { HOLDS_ACCOUNT, INTAKE_ACCOUNT, OPENING_MINOR, PROVOCATIONS, provoke } from './provocations';
import { restAsks } from './rest-asks';
import { changeOf, isCarriedOut, RetryingLoad, type Sent } from './retrying-load';
import { type Exit, ServiceProcess } from './service-process';
import type { TestStore } from './stores';

const SHARDS = ['s0', 's1', 's2'];
/** Begins on s0 and s1. */
const ACCOUNT = Array.from({ length: 100 }, (_, number) => `crash-${number}`).find(
  (id) => choosePlacement(id, SHARDS, 2)[0] === 's0',
) as string;
const CLIENTS = 8;
/** As in the service: a fence whose runner has died is to be given up by the next one. */
const AS_SERVED = { fenceMsMax: FENCE_MS_MAX };
const CALLS_BEFORE = 40;

/** What a crash left behind, and what became of it. */
export interface CrashOutcome {
  readonly point: FaultPoint;
  readonly store: string;
  readonly exit: Exit;
  readonly acknowledged: number;
  /** Keys whose calls were cut off, and how many of them had taken effect. */
  readonly inDoubt: number;
  readonly tookEffect: number;
  readonly operationsLeft: number;
  /** From the crash until nothing was left to do. */
  readonly endedMs: number;
}

/**
 * Lets the real service, as a process, die at a point under load, and another instance bring everything to its end: one
 * that runs all along where the store allows two, one that is started afterwards on SQLite. Asserts that all ends, that
 * what was acknowledged is there once, and that every account is proven by the audit.
 */
export async function crashAt(point: FaultPoint, store: TestStore): Promise<CrashOutcome> {
  const site = await EngineSite.make(store, SHARDS.length);
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-crash-'));
  let service: ServiceProcess | undefined;
  try {
    const keeper = new Keeper(point);
    const preparing = await site.start({ ...AS_SERVED, reach: keeper.reach, intake: 'left alone' });
    const sent: Sent[] = await prepare(point, { site, other: preparing, keeper });
    await site.stop(preparing);

    service = await startFaulty(point, { site, folder });
    const beside =
      store.mark === 'sqlite' ? undefined : await site.start({ ...AS_SERVED, reach: keeper.reach });
    if (service) sent.push(...(await loadUntilDead(point, service)));
    const exit = service ? await service.exit : KILLED;
    const crashed = performance.now();

    keeper.letGo();
    const other = beside ?? (await site.start(AS_SERVED));
    const operationsLeft = await site.openOperations();
    const found = new Set(await other.entryKeys(ACCOUNT));
    await whenAllEnded(site, other);
    const endedMs = performance.now() - crashed;
    await expectUnlocked(other);
    if (aboutHolds(point)) await expectAllReleased(other);
    if (aboutIntake(point)) await expectAllEnded(other);
    if (aboutPayments(point)) await expectNothingLost(other);

    const acknowledged = sent.filter(isCarriedOut);
    const inDoubt = sent.filter((each) => !isCarriedOut(each));
    const tookEffect = inDoubt.filter(({ asked }) => found.has(asked.requestId)).length;
    await retryAll(sent, other);
    await expectAtRest(other, ACCOUNT, {
      totalMinor: OPENING_MINOR + changeOf(sent),
      keys: sent.map(({ asked }) => asked.requestId),
    });
    return {
      point,
      store: store.mark,
      exit,
      acknowledged: acknowledged.length,
      inDoubt: inDoubt.length,
      tookEffect,
      operationsLeft,
      endedMs,
    };
  } finally {
    await service?.end();
    await site.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const KILLED: Exit = { code: null, signal: 'SIGKILL' };

/** @returns undefined when it died at its start already: that is where it takes up what others left */
async function startFaulty(
  point: FaultPoint,
  { site, folder }: { site: EngineSite; folder: string },
): Promise<ServiceProcess | undefined> {
  try {
    return await ServiceProcess.start({
      folder,
      shards: site.shards.map(({ name, location }) => `${name}=${addressOf(location)}`),
      settings: {
        HOTSPLIT_REBALANCE_MS: '0',
        // A charge is screened, by a rule that lets all of them pass, only where a crash is to meet that.
        ...(point === 'intake.screened' && { HOTSPLIT_VELOCITY_PER_SECOND: '1000000' }),
        HOTSPLIT_TEST_FENCE_MS: String(FENCE_MS_MAX),
        HOTSPLIT_TEST_FAULT: `${point}:crash${countOf(point)}`,
        ...(isUnderLocks(point) && { HOTSPLIT_TEST_READ_ROUNDS: '0' }),
      },
    });
  } catch (error) {
    if (String(error).includes('at its start (SIGKILL)')) return undefined;
    throw error;
  }
}

/** @returns everything that was asked for, with the answers that came */
async function loadUntilDead(point: FaultPoint, service: ServiceProcess): Promise<Sent[]> {
  const load = new RetryingLoad({
    accountId: ACCOUNT,
    workers: CLIENTS,
    // As much comes as goes: what is provoked can be paid however late it comes.
    creditEvery: 2,
    instances: [restAsks(service.rest)],
  });
  try {
    await load.progress(CALLS_BEFORE);
    const provoked = await awaited(
      `the crash at ${point}`,
      provoke(PROVOCATIONS[point], service.rest, { accountId: ACCOUNT, died: service.exit }),
    );
    await awaited(`the crash at ${point}`, service.exit);
    return [...load.sent, ...provoked.map((asked) => ({ asked, answers: [] }))];
  } finally {
    await service.end();
    await load.stop();
  }
}

/** No operation holds the account any more, and it can be used again. */
async function expectUnlocked(instance: EngineInstance): Promise<void> {
  const account = await instance.account(ACCOUNT);
  expect(account).toMatchObject({ operationId: null, next: null });
  if (account.status !== 'active')
    expect(await instance.changeStatus(ACCOUNT, 'active')).toMatchObject({ kind: 'done' });
}

function isUnderLocks(point: FaultPoint): boolean {
  return point === 'collector.locked' || point === 'collector.paid';
}

function aboutHolds(point: FaultPoint): boolean {
  return PROVOCATIONS[point] === 'hold' || PROVOCATIONS[point] === 'cancel';
}

/** Every hold expires, whoever found it first. */
async function expectAllReleased(instance: EngineInstance): Promise<void> {
  await eventually('the expiry of every hold', async () =>
    (await instance.rows(HOLDS_ACCOUNT)).every(({ row }) => row.heldMinor === 0n) ? true : undefined,
  );
  await expectAtRest(instance, HOLDS_ACCOUNT, { totalMinor: OPENING_MINOR });
}

function aboutIntake(point: FaultPoint): boolean {
  return point.startsWith('intake.');
}

/** Whatever was received has ended, and what succeeded was taken once. */
async function expectAllEnded(instance: EngineInstance): Promise<void> {
  const records = [...(await instance.receivedEnded(INTAKE_ACCOUNT)).values()];
  const charged = records.filter(({ state }) => state === 'succeeded');
  expect(records.length).toBeGreaterThan(0);
  expect(records.filter(({ state, amountMinor }) => state === 'rejected' && amountMinor === 1n)).toEqual([]);
  await expectAtRest(instance, INTAKE_ACCOUNT, {
    totalMinor: charged.reduce((left, { amountMinor }) => left - amountMinor, OPENING_MINOR),
    keys: charged.map(({ requestId }) => requestId),
  });
}

function aboutPayments(point: FaultPoint): boolean {
  return point.startsWith('payment.');
}

/** Whatever left the one account is in the other, or back, and nothing is under way. */
async function expectNothingLost(instance: EngineInstance): Promise<void> {
  const { runtime } = instance;
  await eventually('the end of every payment', async () => {
    await runtime.paymentRecovery.recover();
    const left = await Promise.all(
      SHARDS.map((name) => runtime.shards.shard(name).paymentsFrom(INTAKE_ACCOUNT, 1)),
    );
    return left.every((some) => some.length === 0) ? true : undefined;
  });
  let totalMinor = 0n;
  for (const accountId of [INTAKE_ACCOUNT, HOLDS_ACCOUNT])
    for (const { row } of await instance.rows(accountId)) totalMinor += row.availableMinor;
  expect(totalMinor).toBe(2n * OPENING_MINOR);
}

/** A payment that its maker did not live to deliver. */
async function leaveUnpaid(instance: EngineInstance): Promise<void> {
  const [payer, payee] = [await instance.account(INTAKE_ACCOUNT), await instance.account(HOLDS_ACCOUNT)];
  const asked = {
    accountId: INTAKE_ACCOUNT,
    requestId: 'unpaid',
    amountMinor: 7n,
    reference: null,
    metadata: null,
  };
  const paid = instance.runtime.paying.pay(
    { ...asked, fingerprint: fingerprint('unpaid') },
    { payer, payee },
  );
  await expect(paid).rejects.toThrow('payment.departed');
}

/** Where a departure is kept from arriving. */
const LEFT_IN_TRANSIT: readonly FaultPoint[] = ['transfer.departed', 'recovery.found'];

/** Lets the instance that is not to crash leave work to the one that is. */
class Keeper {
  #fail: readonly FaultPoint[];
  #never: readonly FaultPoint[];

  constructor(point: FaultPoint) {
    const left: Partial<Record<FaultPoint, readonly FaultPoint[]>> = {
      'recovery.found': LEFT_IN_TRANSIT,
      'resize.abandoning': ['resize.abandoning'],
      'payment.found': ['payment.departed'],
      'payment.returned': ['payment.departed'],
    };
    this.#fail = left[point] ?? [];
    this.#never = point === 'resize.abandoning' ? ['resize.fencing'] : [];
  }

  readonly reach: ReachPoint = (point) => {
    if (this.#never.includes(point)) return new Promise(() => undefined);
    return this.#fail.includes(point) ? Promise.reject(new InjectedFault(point)) : undefined;
  };

  letGo(): void {
    this.#fail = [];
    this.#never = [];
  }

  /** What is done now is done undisturbed. */
  async aside(work: () => Promise<unknown>): Promise<void> {
    const [fail, never] = [this.#fail, this.#never];
    this.letGo();
    await work();
    this.#fail = fail;
    this.#never = never;
  }
}

/** Makes the account, and what a point wants to find. @returns what was asked for on the way */
async function prepare(
  point: FaultPoint,
  { site, other, keeper }: { site: EngineSite; other: EngineInstance; keeper: Keeper },
): Promise<Sent[]> {
  await keeper.aside(async () => {
    await other.create(ACCOUNT, 2, OPENING_MINOR);
    await other.resizeSurely(ACCOUNT, { subAccounts: 4, shards: ['s0', 's1'] });
    if (aboutHolds(point)) {
      await other.create(HOLDS_ACCOUNT, 2, OPENING_MINOR);
      await other.resizeSurely(HOLDS_ACCOUNT, { subAccounts: 4, shards: ['s1', 's2'] });
    }
    if (aboutIntake(point) || aboutPayments(point)) await other.create(INTAKE_ACCOUNT, 2, OPENING_MINOR);
    if (aboutPayments(point)) await other.create(HOLDS_ACCOUNT, 2, OPENING_MINOR);
    await whenAllEnded(site, other);
  });
  // What waits where its account was before.
  if (point === 'intake.moved')
    await keeper.aside(async () => {
      for (let n = 0; n < 20; n += 1) await other.receive(INTAKE_ACCOUNT, `moved-${n}`, 1n);
      await other.resizeSurely(INTAKE_ACCOUNT, { subAccounts: 2, shards: ['s2'] });
    });
  // Departures that nobody finished: recovery's work.
  if (point === 'recovery.found') return [await leaveInTransit(other)];
  if (point === 'payment.found' || point === 'payment.returned') await leaveUnpaid(other);
  // What was under way to it comes back.
  if (point === 'payment.returned')
    await keeper.aside(async () => {
      expect(await other.changeStatus(HOLDS_ACCOUNT, 'frozen')).toMatchObject({ kind: 'done' });
    });
  // A fence that was given up, and its runner gone before it could say so.
  if (point === 'resize.abandoning') {
    const begun = await other.operations.resize({ accountId: ACCOUNT, subAccounts: 6, shards: ['s1', 's2'] });
    if (begun.kind !== 'started') throw new Error(`no resize was begun: ${begun.kind}`);
    await other.runtime.operations.run(begun.operation);
    expect(await other.operations.find(begun.operation.operationId)).toMatchObject({ step: 'abandoning' });
  }
  return [];
}

/** A credit that is spread over both shards; the other one's share does not arrive. */
async function leaveInTransit(instance: EngineInstance): Promise<Sent> {
  const account = await instance.account(ACCOUNT);
  const requestId = requestAt('s0', account, 0, 'left-');
  const asked = { kind: 'credit', requestId, amountMinor: OPENING_MINOR } as const;
  return { asked, answers: [await instance.submit(ACCOUNT, asked)] };
}

/** The n-th time: in the midst of the load, where a point is passed often. */
function countOf(point: FaultPoint): string {
  return point.startsWith('transfer.') || point === 'collector.departed' ? ':3' : '';
}

async function whenAllEnded(site: EngineSite, instance: EngineInstance): Promise<void> {
  await eventually('the end of every operation', async () =>
    (await site.openOperations()) === 0 ? true : undefined,
  );
  await instance.whenSettled();
}

/** Sends every key once more: what was acknowledged is a replay, the rest is carried out or found so. */
async function retryAll(sent: readonly Sent[], instance: EngineInstance): Promise<void> {
  // Credits first: then no deduction is short.
  const creditsFirst = [...sent].sort((a, b) => (a.asked.kind < b.asked.kind ? -1 : 1));
  const wrong = await inTurns(creditsFirst, 32, async (each) => {
    const wasAcknowledged = isCarriedOut(each);
    const answer = await instance.submit(ACCOUNT, each.asked);
    each.answers.push(answer);
    const isRight = answer.kind === 'replayed' || (answer.kind === 'applied' && !wasAcknowledged);
    return isRight ? undefined : { asked: each.asked, wasAcknowledged, answer };
  });
  expect(wrong.filter((each) => each !== undefined)).toEqual([]);
}

export function addressOf(location: Location): string {
  return location.kind === 'sqlite' ? `sqlite:${location.path}` : location.url;
}
