import { Dice } from '../../tools/kernel/dice';
import { type Owner, StandstillError, Timeline } from '../../tools/sim/world/timeline';

/** What happened from the beginning on, each with its time, until a second has passed. */
async function course(
  begin: (timeline: Timeline, note: (what: string) => () => void) => void,
  seed = 1,
): Promise<string[]> {
  const timeline = new Timeline(new Dice(seed));
  const beganMs = timeline.nowMs;
  const happened: string[] = [];
  begin(timeline, (what) => () => happened.push(`${timeline.nowMs - beganMs} ${what}`));
  await timeline.until(timeline.sleep(1_000));
  return happened;
}

describe('simulated time', () => {
  test('brings what is due in the order of its time, however it was asked for', async () => {
    const dues = Array.from({ length: 100 }, (_, n) => (n * 37) % 101);
    const happened = await course((timeline, note) => {
      for (const ms of dues) timeline.after(ms, note('due'));
    });
    expect(happened).toEqual([...dues].sort((a, b) => a - b).map((ms) => `${ms} due`));
  });

  test('lets everything follow from one event before the next one comes', async () => {
    const happened = await course((timeline, note) => {
      const follow = async (): Promise<void> => {
        note('first')();
        for (let n = 0; n < 50; n += 1) await Promise.resolve();
        note('what follows')();
      };
      timeline.after(5, () => void follow());
      timeline.after(6, note('second'));
    });
    expect(happened).toEqual(['5 first', '5 what follows', '6 second']);
  });

  test('mixes what is due at one moment: the same way for a seed, otherwise for another', async () => {
    const tenAtOnce = (seed: number): Promise<string[]> =>
      course((timeline, note) => {
        for (let n = 0; n < 10; n += 1) timeline.after(5, note(`number ${n}`));
      }, seed);
    const first = await tenAtOnce(1);
    expect(await tenAtOnce(1)).toEqual(first);
    expect(await tenAtOnce(2)).not.toEqual(first);
    expect(await tenAtOnce(2)).toEqual(expect.arrayContaining(first));
  });

  test('passes over what was called off, and over the events of the dead', async () => {
    const dead: Owner = { isGone: true, stalledUntilMs: 0 };
    const happened = await course((timeline, note) => {
      const callOff = timeline.after(5, note('called off'));
      timeline.after(6, note('of the dead'), dead);
      timeline.after(7, note('left'));
      callOff();
    });
    expect(happened).toEqual(['7 left']);
  });

  test('keeps the events of one that stalls until it goes on', async () => {
    const happened = await course((timeline, note) => {
      const stalled: Owner = { isGone: false, stalledUntilMs: timeline.nowMs + 100 };
      timeline.after(5, note('of the stalled'), stalled);
      timeline.after(150, note('of the stalled, later'), stalled);
      timeline.after(50, note('of another'));
    });
    expect(happened).toEqual(['50 of another', '100 of the stalled', '150 of the stalled, later']);
  });

  test('tells when nothing is left to happen and somebody still waits', async () => {
    const timeline = new Timeline(new Dice(1));
    timeline.after(5, () => undefined);
    await expect(timeline.until(new Promise(() => undefined))).rejects.toBeInstanceOf(StandstillError);
  });

  test('rejects as what is waited for does', async () => {
    const timeline = new Timeline(new Dice(1));
    const failing = timeline.sleep(5).then(() => {
      throw new RangeError('broken');
    });
    await expect(timeline.until(failing)).rejects.toBeInstanceOf(RangeError);
  });
});

describe('chance from a seed', () => {
  const numbers = (chance: Dice): number[] => Array.from({ length: 20 }, () => chance.next());

  test('is the same for the same seed, and other for another', () => {
    expect(numbers(new Dice(7))).toEqual(numbers(new Dice(7)));
    expect(numbers(new Dice(7))).not.toEqual(numbers(new Dice(8)));
  });

  test('that is forked does not depend on how much is drawn beside it', () => {
    const [quiet, busy] = [new Dice(7), new Dice(7)];
    const [ofQuiet, ofBusy] = [quiet.fork(), busy.fork()];
    numbers(busy);
    expect(numbers(ofBusy)).toEqual(numbers(ofQuiet));
  });

  test('keeps within its bounds and reaches both ends', () => {
    const chance = new Dice(7);
    const drawn = new Set(Array.from({ length: 1_000 }, () => chance.between(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
    const names = new Set(
      Array.from({ length: 1_000 }, () => chance.weighted({ often: 9, never: 0, at: 1 })),
    );
    expect([...names].sort()).toEqual(['at', 'often']);
    expect(chance.happens(0)).toBe(false);
    expect(chance.happens(1)).toBe(true);
  });

  test('chooses some, each once', () => {
    expect(new Dice(7).some(['a', 'b', 'c'], 5).sort()).toEqual(['a', 'b', 'c']);
    expect(new Dice(7).some(['a', 'b', 'c'], 2)).toHaveLength(2);
  });
});
