import { type Options, Presets, SingleBar } from 'cli-progress';
import type { CommandContext } from '../command-context';
import type { Clock } from '../surroundings';
import { harmless } from './harmless';
import { isTerminal } from './paint';
import { grouped } from './tables';
import type { TextOutput } from './text-output';

/** One stretch of long work. */
export interface Stage {
  /** @param total when it has turned out to be another one */
  reached(count: number, total?: number): void;
  /** What it is waiting for; gone with the next progress. */
  note(text: string): void;
  end(): void;
}

export interface StageStart {
  readonly label: string;
  readonly unit: string;
  readonly total: number;
  /** Where it begins, when an earlier run has done a part. */
  readonly from?: number;
}

export type BeginStage = (start: StageStart) => Stage;

const LINE_EVERY_MS = 5_000;

/** A bar for people who watch, a line every few seconds for those who read a log later, nothing for machines. */
export function showProgress({
  err,
  streams,
  clock,
  json,
}: Pick<CommandContext, 'err' | 'streams' | 'clock'> & { json: boolean }): BeginStage {
  if (json) return () => ({ reached: () => undefined, note: () => undefined, end: () => undefined });
  const stream = streams.err;
  return (start) =>
    isTerminal(stream) ? beginBar(start, { stream, clock }) : beginLines(start, { err, clock });
}

function beginBar(
  { label, unit, total, from = 0 }: StageStart,
  { stream, clock }: { readonly stream: NodeJS.WriteStream; readonly clock: Clock },
): Stage {
  const startedAtMs = clock.nowMs();
  let whole = total;
  const format: Options['format'] = (_options, { value, progress }, { note }: { note: string }) => {
    const pace = measurePace({
      done: value - from,
      left: whole - value,
      elapsedMs: clock.nowMs() - startedAtMs,
    });
    const width = 24;
    const filled = Math.round(Math.min(1, progress) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const state = note === '' ? describePace(pace) : note;
    return `${label} ${bar} ${percent(value, whole)} ${grouped(value)}/${grouped(whole)} ${unit} ${state}`;
  };
  const bar = new SingleBar(
    { format, stream, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  bar.start(total, from, { note: '' });
  return {
    reached: (count, newTotal) => {
      if (newTotal !== undefined) bar.setTotal((whole = newTotal));
      bar.update(count, { note: '' });
    },
    note: (text) => {
      bar.update({ note: harmless(text) });
    },
    end: () => {
      bar.stop();
    },
  };
}

function beginLines(
  { label, unit, total, from = 0 }: StageStart,
  { err, clock }: { readonly err: TextOutput; readonly clock: Clock },
): Stage {
  const startedAtMs = clock.nowMs();
  let writtenAtMs = startedAtMs;
  let lastNote = '';
  let whole = total;
  return {
    reached: (count, newTotal = whole) => {
      lastNote = '';
      whole = newTotal;
      const nowMs = clock.nowMs();
      if (nowMs - writtenAtMs < LINE_EVERY_MS) return;
      writtenAtMs = nowMs;
      const pace = measurePace({ done: count - from, left: whole - count, elapsedMs: nowMs - startedAtMs });
      err.write(
        `${label}: ${grouped(count)} of ${grouped(whole)} ${unit} (${percent(count, whole)}) ${describePace(pace)}\n`,
      );
    },
    note: (text) => {
      if (text !== lastNote) err.write(`${label}: ${text}\n`);
      lastNote = text;
    },
    end: () => undefined,
  };
}

interface Pace {
  readonly perSecond: number;
  readonly secondsLeft: number;
}

function measurePace({ done, left, elapsedMs }: { done: number; left: number; elapsedMs: number }): Pace {
  const perSecond = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0;
  return { perSecond, secondsLeft: perSecond > 0 ? Math.max(0, left) / perSecond : Infinity };
}

function describePace({ perSecond, secondsLeft }: Pace): string {
  const rate = `${grouped(Math.round(perSecond))}/s`;
  return Number.isFinite(secondsLeft) ? `${rate}, ${duration(secondsLeft)} left` : rate;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function percent(count: number, total: number): string {
  return `${total === 0 ? 100 : Math.min(100, Math.floor((count * 100) / total))} %`;
}
