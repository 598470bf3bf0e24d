/** From the first tick to the last. */
export interface Axis {
  readonly scale: 'linear' | 'logarithmic';
  readonly ticks: readonly number[];
}

const LINEAR_TICKS = 4;

/** Where a value is between the axis's ends, from 0 to 1. */
export function place(value: number, { scale, ticks }: Axis): number {
  const [from = 0] = ticks;
  const to = ticks.at(-1) ?? 1;
  const share =
    scale === 'linear'
      ? (value - from) / (to - from)
      : Math.log10(Math.max(value, from) / from) / Math.log10(to / from);
  return Math.min(1, Math.max(0, share));
}

/** The powers of ten from one to another. */
export function logarithmicAxis(from: number, to: number): Axis {
  const ticks = [];
  for (let value = from; value <= to; value *= 10) ticks.push(value);
  return { scale: 'logarithmic', ticks };
}

/** From 0 to a round number that no value exceeds. */
export function linearAxis(values: readonly number[]): Axis {
  const most = Math.max(1, ...values);
  const magnitude = 10 ** Math.floor(Math.log10(most / LINEAR_TICKS));
  const step = Math.ceil(most / LINEAR_TICKS / magnitude) * magnitude;
  return { scale: 'linear', ticks: Array.from({ length: LINEAR_TICKS + 1 }, (_, n) => n * step) };
}
