import { FAULT_KINDS, type Round, type Target } from '../../tools/chaos/faults/fault';
import {
  BRISK_PACE,
  kindsFor,
  PACE,
  type Parts,
  planOnce,
  planRounds,
} from '../../tools/chaos/faults/plan-rounds';
import { Dice } from '../../tools/kernel/dice';

const PARTS: Parts = {
  services: 2,
  databases: 3,
  smallDisk: 2,
  clustered: true,
  links: ['database', 'database', 'database', 'redis', 'screening', 'clients'],
};

describe('the plan of a chaos run', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(first(30, 1)).toEqual(first(30, 1));
    expect(first(30, 1)).not.toEqual(first(30, 2));
  });

  it('deals every kind once before any comes again', () => {
    const kinds = first(200, 3).flatMap(({ faults }) => faults.map(({ kind }) => kind));
    const all = Object.keys(FAULT_KINDS).sort();
    for (let from = 0; from + all.length <= kinds.length; from += all.length)
      expect(kinds.slice(from, from + all.length).sort()).toEqual(all);
  });

  it('has every kind exactly once in a brisk run', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const rounds = [...planOnce(PARTS, BRISK_PACE, new Dice(seed))];
      const kinds = rounds.flatMap(({ faults }) => faults.map(({ kind }) => kind));
      expect(kinds.sort()).toEqual(Object.keys(FAULT_KINDS).sort());
    }
  });

  it('never breaks one thing in two ways at once, so that whatever is broken is mended', () => {
    for (const { faults } of first(500, 4)) {
      const targets = faults.flatMap(({ target }) => named(target));
      expect(new Set(targets).size).toBe(targets.length);
    }
  });

  it('leaves a round empty never, and lets several faults meet', () => {
    const sizes = first(200, 5).map(({ faults }) => faults.length);
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([1, PACE.faultsMax]);
  });

  it('fills no disk where no small one can be had', () => {
    expect(kindsFor({ smallDisk: undefined, clustered: true })).not.toContain('disk full');
  });

  it('breaks no writer where there is no cluster', () => {
    const kinds = kindsFor({ smallDisk: 2, clustered: false });
    expect(kinds).not.toContain('writer killed');
    expect(kinds).not.toContain('writer stopped');
  });
});

function first(count: number, seed: number): Round[] {
  const rounds = planRounds(PARTS, PACE, new Dice(seed));
  return Array.from({ length: count }, () => rounds.next().value as Round);
}

function named(target: Target): string[] {
  if (target.part === 'services') return ['service 0', 'service 1'];
  return [`${target.part} ${'number' in target ? target.number : ''}`];
}
