import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotingObserver } from '../../../test/models/noting-observer';
import { eventually } from '../../../test/setup/eventually';
import { Directory } from '../../shards/directory/directory';
import { ENDED } from '../../shards/directory/operation-store';
import { directoryDatabaseAt } from '../../shards/open-database';
import { type Job, type JobRun, OperationRunner, RUNNER_SETTINGS } from './operation-runner';

/** Two instances over one directory, whose clock is real: leases and pauses are ended by their lengths, 0 or an hour. */
describe('an operation', () => {
  let folder: string;
  let directory: Directory;
  let ids = 0;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-runner-'));
    directory = new Directory(directoryDatabaseAt({ kind: 'sqlite', path: join(folder, 'd.sqlite') }));
    await directory.open();
  });

  afterEach(async () => {
    await directory.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const instance = (job: Job['run'], settings: Partial<typeof RUNNER_SETTINGS> = {}) => {
    const observer = new NotingObserver();
    const runner = new OperationRunner({
      store: directory.operations,
      observer,
      settings: { ...RUNNER_SETTINGS, leaseMs: 3_600_000, ...settings },
      newId: () => `${String((ids += 1)).padStart(8, '0')}-0000-4000-8000-000000000000`,
    });
    runner.register('rebalance', { run: job });
    return { runner, observer };
  };
  const create = (runner: OperationRunner) =>
    runner.create({ kind: 'rebalance', accountId: 'acme', step: 'asked', plan: {} });
  const end = (run: JobRun): Promise<void> => run.advance({ step: ENDED, status: 'done' });

  test('is written down before it runs, and ends', async () => {
    const { runner } = instance(end);
    const operation = await create(runner);
    expect(operation).toMatchObject({ status: 'running', step: 'asked', progress: { done: 0, total: 0 } });
    await runner.run(operation);
    expect(await directory.operations.find(operation.operationId)).toMatchObject({
      status: 'done',
      step: ENDED,
    });
  });

  test('runs once however often it is asked for meanwhile', async () => {
    let runs = 0;
    const { runner } = instance((run) => {
      runs += 1;
      return end(run);
    });
    const operation = await create(runner);
    await Promise.all([runner.run(operation), runner.run(operation)]);
    expect(runs).toBe(1);
  });

  test('that was just asked for waits while as many run, and of audits one; what waits is taken up when there is room', async () => {
    const release: (() => void)[] = [];
    const held = (run: JobRun): Promise<void> =>
      new Promise<void>((go) => {
        release.push(go);
      }).then(() => end(run));
    const { runner } = instance(held, { runningMax: 3 });
    runner.register('audit', { run: held });
    // Their lease is over at once, so whoever has room may take them.
    const door = instance(held, { leaseMs: -1_000 });
    const asked = async (kind: 'audit' | 'rebalance'): Promise<void> => {
      runner.runWhenRoom(await door.runner.create({ kind, accountId: null, step: 'asked', plan: {} }));
    };
    for (let n = 0; n < 5; n += 1) await asked('audit');
    await runner.takeUp();
    expect(release).toHaveLength(1);
    for (let n = 0; n < 5; n += 1) await asked('rebalance');
    expect(release).toHaveLength(3);

    const done = async (): Promise<number> =>
      (await directory.operations.list({ limit: 20 })).filter(({ status }) => status === 'done').length;
    for (let ended = 1; ended <= 10; ended += 1) {
      release.shift()?.();
      await eventually('its end', async () => ((await done()) === ended ? true : undefined));
      await runner.takeUp();
    }
    await runner.stop();
  });

  test('is left alone by others while its runner holds it, and taken up once it does not', async () => {
    const dead = instance(end);
    const operation = await create(dead.runner);
    const other = instance(end);
    await other.runner.takeUp();
    expect(await directory.operations.find(operation.operationId)).toMatchObject({ step: 'asked' });

    const gone = instance(end, { leaseMs: -1_000 });
    const left = await create(gone.runner);
    await other.runner.takeUp();
    await other.runner.stop();
    expect(await directory.operations.find(left.operationId)).toMatchObject({ step: ENDED });
  });

  test('that fails on one instance is left to the others for a look', async () => {
    const failing = instance(() => Promise.reject(new Error('it cannot reach what it needs')), {
      retryMs: -1_000,
      retryMsMax: -1_000,
    });
    const operation = await create(failing.runner);
    await failing.runner.run(operation);
    expect(failing.observer.deferrals).toEqual([`operation rebalance ${operation.operationId}`]);

    await failing.runner.takeUp();
    expect(failing.observer.deferrals).toHaveLength(1);
    const healthy = instance(end);
    await healthy.runner.takeUp();
    await healthy.runner.stop();
    expect(await directory.operations.find(operation.operationId)).toMatchObject({ step: ENDED });
  });

  test('that another runner has carried out is neither refused nor run again by whoever found it late', async () => {
    const { runner, observer } = instance(end);
    const { operationId } = await create(runner);
    // Stalled between writing it down and reading it back.
    await directory.operations.advance(operationId, 'asked', { step: ENDED, status: 'done' });
    const found = await directory.operations.find(operationId);
    if (!found) throw new Error('it vanished');

    expect(await runner.refuse(found, { code: 'OPERATION_IN_PROGRESS', detail: '' })).toBe(false);
    await runner.run(found);
    expect(await directory.operations.advance(operationId, ENDED, { step: ENDED, status: 'failed' })).toBe(
      false,
    );
    expect(await directory.operations.find(operationId)).toMatchObject({ status: 'done', error: null });
    expect(observer.deferrals).toEqual([]);
  });

  test('that another runner has taken further is not touched, and nobody is alarmed', async () => {
    const stalled = instance(async (run) => {
      await directory.operations.advance(run.operation.operationId, 'asked', { step: 'later' });
      await end(run);
    });
    const operation = await create(stalled.runner);
    await stalled.runner.run(operation);
    expect(await directory.operations.find(operation.operationId)).toMatchObject({
      status: 'running',
      step: 'later',
    });
    expect(stalled.observer.deferrals).toEqual([]);
  });

  test('stops between two steps when its instance does, and is free for others at once', async () => {
    let under: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (under = resolve));
    const stopping = instance(async (run) => {
      under();
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
      await end(run);
    });
    const operation = await create(stopping.runner);
    void stopping.runner.run(operation);
    await underWay;
    await stopping.runner.stop();

    const other = instance(end);
    await other.runner.takeUp();
    await other.runner.stop();
    expect(await directory.operations.find(operation.operationId)).toMatchObject({ step: ENDED });
  });
});
