import { NotingObserver } from '../../../test/models/noting-observer';
import { promisesSettled } from '../../../test/models/turns';
import type { Screened } from '../../ledger/screened';
import type { Question } from './question';
import { Screening } from './screening';
import { ScreeningFailure } from './screening-failure';
import { SCREENING_SETTINGS, type ScreeningSettings } from './screening-settings';

interface Call {
  readonly asked: readonly string[];
  readonly signal: AbortSignal;
  readonly answer: (given: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** Screening whose service answers when the test says so, and whose time passes when the test says so. */
class Bench {
  readonly calls: Call[] = [];
  readonly observer = new NotingObserver();
  readonly screening: Screening;
  #nowMs = 0;
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  constructor(settings: Partial<ScreeningSettings> = {}, { service = true } = {}) {
    this.screening = new Screening({
      settings: { ...SCREENING_SETTINGS, ...settings },
      ask: service ? this.#ask : undefined,
      observer: this.observer,
      now: () => this.#nowMs,
      random: () => 1,
      sleep: (ms) =>
        new Promise((wake) => {
          this.#sleepers.push({ atMs: this.#nowMs + ms, wake });
        }),
      turn: () => Promise.resolve(),
    });
  }

  readonly #ask = (questions: readonly Question[], signal: AbortSignal): Promise<unknown> =>
    new Promise((answer, fail) => {
      this.calls.push({ asked: questions.map(({ requestId }) => requestId), signal, answer, fail });
    });

  screen(requestId: string, given: Partial<Question> = {}): Promise<Screened> {
    return this.screening.screen(question(requestId, given));
  }

  async pass(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter((each) => !due.includes(each));
    for (const { wake } of due) wake();
    await promisesSettled();
  }

  /** Answers the oldest call that is open. */
  async answer(verdicts: Readonly<Record<string, string>> = {}): Promise<void> {
    const call = this.calls.shift();
    if (!call) throw new Error('nothing is asked');
    call.answer({
      results: call.asked.map((requestId) => ({ requestId, verdict: verdicts[requestId] ?? 'pass' })),
    });
    await promisesSettled();
  }

  async fail(error: unknown = new ScreeningFailure('unreachable', 'away')): Promise<void> {
    const call = this.calls.shift();
    if (!call) throw new Error('nothing is asked');
    call.fail(error);
    await promisesSettled();
  }
}

function question(requestId: string, given: Partial<Question> = {}): Question {
  return {
    accountId: 'acme',
    requestId,
    amountMinor: 1n,
    fingerprint: 'f',
    reference: null,
    metadata: null,
    attempt: 1,
    occurredAtUs: 0,
    ...given,
  };
}

const bySystem = (verdict: string, code: string) => ({
  verdict,
  by: 'policy',
  reason: `not screened: ${code}`,
});

describe('screening', () => {
  test('is off without a service and a rule', () => {
    expect(new Bench({}, { service: false }).screening.isOn).toBe(false);
  });

  test('asks about what comes together in one call, and about what comes meanwhile in the next', async () => {
    const bench = new Bench({ callsMax: 1, itemsMax: 2 });
    const said = ['a', 'b', 'c', 'd', 'e'].map((id) => bench.screen(id));
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['a', 'b']]);
    await bench.answer({ b: 'reject' });
    await bench.answer({ c: 'wait' });
    await bench.answer();
    expect((await Promise.all(said)).map(({ verdict }) => verdict)).toEqual([
      'pass',
      'reject',
      'wait',
      'pass',
      'pass',
    ]);
  });

  test('never asks about two charges of one request id in one call: the answer could not tell them apart', async () => {
    const bench = new Bench();
    void bench.screen('same');
    void bench.screen('same', { accountId: 'other' });
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['same'], ['same']]);
  });

  test('makes no more calls at once than it may', async () => {
    const bench = new Bench({ callsMax: 3, itemsMax: 1 });
    for (let n = 0; n < 10; n += 1) void bench.screen(`k${n}`);
    await promisesSettled();
    expect(bench.calls.length).toBe(3);
  });

  test('fails what waits beyond its bound', async () => {
    const bench = new Bench({ depthMax: 2, onFailure: 'reject' });
    void bench.screen('a');
    void bench.screen('b');
    expect(await bench.screen('c')).toEqual(bySystem('reject', 'busy'));
  });

  test.each(['pass', 'wait', 'reject'] as const)(
    'turns a failure into %s, if that is the policy',
    async (onFailure) => {
      const bench = new Bench({ onFailure });
      const said = bench.screen('a');
      await promisesSettled();
      await bench.fail();
      expect(await said).toEqual(bySystem(onFailure, 'unreachable'));
      expect(bench.observer.screeningFailures).toEqual(['unreachable']);
    },
  );

  test('gives a call up at its deadline, and ends it', async () => {
    const bench = new Bench({ callMsMax: 200 });
    const said = bench.screen('a');
    await promisesSettled();
    const [call] = bench.calls;
    await bench.pass(199);
    expect(call?.signal.aborted).toBe(false);
    await bench.pass(1);
    expect(await said).toEqual(bySystem('wait', 'deadline'));
    expect(call?.signal.aborted).toBe(true);
  });

  test('asks in halves about a batch that fails, until the one that fails stands alone', async () => {
    const bench = new Bench({ onFailure: 'reject' });
    const ids = ['a', 'b', 'poison', 'd', 'e'];
    const said = Promise.all(ids.map((id) => bench.screen(id)));
    await promisesSettled();
    while (bench.calls.length > 0) {
      if (bench.calls[0]?.asked.includes('poison')) await bench.fail(new ScreeningFailure('status', '500'));
      else await bench.answer();
    }
    expect((await said).map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'reject', 'pass', 'pass']);
    // From now on it is asked about alone.
    void bench.screen('poison', { attempt: 2 });
    void bench.screen('f');
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['poison'], ['f']]);
  });

  test('leaves the service alone after failures in a row, and tries with one call', async () => {
    const bench = new Bench({ itemsMax: 1, callsMax: 5 });
    const said = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => bench.screen(id, { accountId: id })));
    await promisesSettled();
    for (let n = 0; n < 5; n += 1) await bench.fail();
    // Of the sixth, a call had begun when the first failed.
    await bench.fail();
    await said;
    expect(bench.observer.screeningStates).toEqual([false]);
    expect(bench.screening.isHeld).toBe(true);
    expect(await bench.screen('g')).toEqual(bySystem('wait', 'circuit_open'));

    await bench.pass(500);
    expect(bench.screening.isHeld).toBe(false);
    const trial = Promise.all(['h', 'i'].map((id) => bench.screen(id)));
    await promisesSettled();
    expect(bench.calls.length).toBe(1);
    await bench.answer();
    await bench.answer();
    expect((await trial).map(({ by }) => by)).toEqual(['service', 'service']);
    expect(bench.observer.screeningStates).toEqual([false, true]);
  });

  test('answers all that waits when the trial fails', async () => {
    const bench = new Bench({ itemsMax: 1, callsMax: 5 });
    const first = Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => bench.screen(id, { accountId: id })));
    await promisesSettled();
    for (let n = 0; n < 5; n += 1) await bench.fail();
    await first;
    await bench.pass(500);
    const said = Promise.all(['f', 'g', 'h'].map((id) => bench.screen(id)));
    await promisesSettled();
    await bench.fail();
    expect((await said).map(({ reason }) => reason)).toEqual([
      'not screened: unreachable',
      'not screened: circuit_open',
      'not screened: circuit_open',
    ]);
  });

  describe.each(['pass', 'wait', 'reject'] as const)('by the policy %s', (onFailure) => {
    const many = <T>(count: number, make: (n: number) => T) =>
      Array.from({ length: count }, (_, n) => make(n));
    const failsForBad = async (bench: Bench): Promise<void> => {
      while (bench.calls.length > 0) {
        if (bench.calls[0]?.asked.some((id) => id.startsWith('bad')))
          await bench.fail(new ScreeningFailure('status', '500'));
        else await bench.answer();
      }
    };
    const both = async (bench: Bench, { badCount, round }: { badCount: number; round: number }) => {
      const said = {
        bad: many(badCount, (n) => bench.screen(`bad-${n}-${round}`, { accountId: 'P' })),
        good: many(200, (n) => bench.screen(`good-${n}-${round}`, { accountId: 'G' })),
      };
      await promisesSettled();
      await failsForBad(bench);
      return { bad: await Promise.all(said.bad), good: await Promise.all(said.good) };
    };

    test.each([12, 200])(
      'no other account suffers from %i charges that the service cannot take',
      async (badCount) => {
        const bench = new Bench({ onFailure });
        // Alone first, when the service has not answered anything yet.
        const alone = many(badCount, (n) => bench.screen(`bad-${n}`, { accountId: 'P' }));
        await promisesSettled();
        await failsForBad(bench);
        expect(new Set((await Promise.all(alone)).map(({ reason }) => reason))).toEqual(
          new Set(['not screened: status']),
        );
        for (let round = 0; round < 3; round += 1) {
          const said = await both(bench, { badCount, round });
          expect(new Set(said.good.map(({ verdict, by }) => `${verdict} ${by}`))).toEqual(
            new Set(['pass service']),
          );
          expect(said.bad[0]).toEqual(bySystem(onFailure, 'status'));
          expect(said.bad.at(-1)).toEqual(bySystem(onFailure, 'status'));
        }
        expect(bench.observer.screeningStates).toEqual([]);
      },
    );
  });

  test('lets no other account suffer from charges on which the service does not answer in time', async () => {
    const bench = new Bench({ onFailure: 'reject' });
    const said = Promise.all(
      ['P', 'G', 'P', 'G'].map((accountId, n) => bench.screen(`k${n}`, { accountId })),
    );
    await promisesSettled();
    await bench.fail(new ScreeningFailure('deadline', 'late'));
    expect(bench.calls.map(({ asked }) => asked)).toEqual([
      ['k1', 'k3'],
      ['k0', 'k2'],
    ]);
    await bench.answer();
    await bench.fail(new ScreeningFailure('deadline', 'late'));
    expect((await said).map(({ verdict }) => verdict)).toEqual(['reject', 'pass', 'reject', 'pass']);
  });

  test('asks about charges of an account that had bad ones apart from the others, in half of the calls', async () => {
    const bench = new Bench({ callsMax: 4, itemsMax: 2 });
    void bench.screen('bad', { accountId: 'P' });
    await promisesSettled();
    await bench.fail(new ScreeningFailure('status', '500'));
    for (let n = 0; n < 8; n += 1) {
      void bench.screen(`p${n}`, { accountId: 'P' });
      void bench.screen(`g${n}`, { accountId: 'G' });
    }
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked.join()).toSorted()).toEqual([
      'g0,g1',
      'g2,g3',
      'p0,p1',
      'p2,p3',
    ]);
    await bench.pass(60_000);
    while (bench.calls.length > 0) await bench.answer();
    // By then the account is trusted again.
    void bench.screen('p', { accountId: 'P' });
    void bench.screen('g', { accountId: 'G' });
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['p', 'g']]);
  });

  test('lets bad charges of two accounts say nothing of the service before its first answer, while another waits', async () => {
    const bench = new Bench({ onFailure: 'reject', callsMax: 2, itemsMax: 1 });
    const bad = Array.from({ length: 6 }, (_, n) => bench.screen(`bad ${n}`, { accountId: `bad-${n % 2}` }));
    const good = Array.from({ length: 4 }, (_, n) => bench.screen(`good ${n}`, { accountId: 'good' }));
    await promisesSettled();
    const isBad = ({ asked }: Call): boolean => asked.some((id) => id.startsWith('bad'));
    for (let steps = 0; steps < 40 && bench.calls.length > 0; steps += 1) {
      await promisesSettled();
      const [call] = bench.calls;
      if (call && isBad(call)) await bench.fail(new ScreeningFailure('status', '400'));
      else await bench.answer();
    }
    expect(bench.calls).toEqual([]);
    for (const each of good) expect(await each).toMatchObject({ verdict: 'pass', by: 'service' });
    for (const each of bad) expect(await each).toMatchObject({ verdict: 'reject', by: 'policy' });
  });

  test('leaves the service alone when it fails for a charge, too, that it answered before', async () => {
    const bench = new Bench({ itemsMax: 1, callsMax: 8 });
    const known = bench.screen('known', { accountId: 'G' });
    await promisesSettled();
    await bench.answer();
    await known;
    const said = Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => bench.screen(id)));
    await promisesSettled();
    for (let n = 0; n < 5; n += 1) await bench.fail(new ScreeningFailure('status', '500'));
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['known']]);
    expect(bench.observer.screeningStates).toEqual([]);
    await bench.fail(new ScreeningFailure('status', '500'));
    await said;
    expect(bench.observer.screeningStates).toEqual([false]);
    // That charge is what the service is tried with, too.
    await bench.pass(500);
    void bench.screen('f');
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['known']]);
    await bench.answer();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['f']]);
    expect(bench.observer.screeningStates).toEqual([false, true]);
  });

  test('tries with one charge of 200, each time of another account', async () => {
    const bench = new Bench({ onFailure: 'wait' });
    const away = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => bench.screen(id, { accountId: id }));
    await promisesSettled();
    while (bench.calls.length > 0) await bench.fail(new ScreeningFailure('status', '503'));
    await Promise.all(away);
    expect(bench.observer.screeningStates).toEqual([false]);
    // The service is up again. A bad charge of P stands before 199 good ones of G.
    const submit = () =>
      Promise.all(
        Array.from({ length: 200 }, (_, n) => bench.screen(`k${n}`, { accountId: n === 0 ? 'P' : 'G' })),
      );
    await bench.pass(500);
    let said = submit();
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['k0']]);
    await bench.fail(new ScreeningFailure('status', '500'));
    await said;
    await bench.pass(1_000);
    said = submit();
    await promisesSettled();
    expect(bench.calls.map(({ asked }) => asked)).toEqual([['k1']]);
    while (bench.calls.length > 0) {
      if (bench.calls[0]?.asked.includes('k0')) await bench.fail(new ScreeningFailure('status', '500'));
      else await bench.answer();
    }
    expect((await said).filter(({ verdict }) => verdict === 'pass').length).toBe(199);
    expect(bench.observer.screeningStates).toEqual([false, true]);
  });

  test('holds nothing where failures are passed or rejected anyway', async () => {
    const bench = new Bench({ itemsMax: 1, callsMax: 5, onFailure: 'pass' });
    const said = Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => bench.screen(id, { accountId: id })));
    await promisesSettled();
    for (let n = 0; n < 5; n += 1) await bench.fail();
    await said;
    expect(bench.screening.isHeld).toBe(false);
    expect(await bench.screen('f')).toEqual(bySystem('pass', 'circuit_open'));
  });

  test('remembers a verdict until its charge has ended, and asks again after that', async () => {
    const bench = new Bench();
    const said = bench.screen('a');
    await promisesSettled();
    await bench.answer({ a: 'reject' });
    await said;
    expect(await bench.screen('a')).toMatchObject({ verdict: 'reject' });
    expect(bench.calls.length).toBe(0);
    // Another attempt under the key is another question.
    void bench.screen('a', { attempt: 2 });
    await promisesSettled();
    expect(bench.calls.length).toBe(1);
    bench.screening.ended(question('a'));
    void bench.screen('a');
    await promisesSettled();
    expect(bench.calls.length).toBe(2);
  });

  test('asks again about what is to wait', async () => {
    const bench = new Bench();
    const said = bench.screen('a');
    await promisesSettled();
    await bench.answer({ a: 'wait' });
    await said;
    void bench.screen('a');
    await promisesSettled();
    expect(bench.calls.length).toBe(1);
  });

  test('asks the service only about what the built-in rule lets pass, and counts a charge once', async () => {
    const bench = new Bench({ velocity: { countPerSecondMax: 1 } });
    const said = bench.screen('a');
    await promisesSettled();
    await bench.answer({ a: 'wait' });
    expect(await said).toMatchObject({ verdict: 'wait', by: 'service' });
    const again = bench.screen('a');
    await promisesSettled();
    await bench.answer();
    expect(await again).toMatchObject({ verdict: 'pass', by: 'service' });
    expect(await bench.screen('b')).toEqual({
      verdict: 'reject',
      by: 'velocity',
      reason: 'more than 1 in a second',
    });
  });

  test('is the built-in rule alone where there is no service', async () => {
    const bench = new Bench({ velocity: { countPerSecondMax: 1 } }, { service: false });
    expect(await bench.screen('a')).toEqual({ verdict: 'pass', by: 'velocity', reason: null });
    expect(await bench.screen('b')).toMatchObject({ verdict: 'reject' });
    expect(await bench.screen('a')).toMatchObject({ verdict: 'pass' });
  });
});
