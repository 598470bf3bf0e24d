import { cpus } from 'node:os';

/** How busy the whole machine is from now on. @returns asks for the share so far, 0 to 1 */
export function watchProcessors(): () => number {
  const before = sums();
  return () => {
    const now = sums();
    return 1 - (now.idle - before.idle) / Math.max(1, now.total - before.total);
  };
}

function sums(): { idle: number; total: number } {
  const times = cpus().map((cpu) => cpu.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    total: times.reduce((sum, each) => sum + Object.values(each).reduce((all, ms) => all + ms, 0), 0),
  };
}
