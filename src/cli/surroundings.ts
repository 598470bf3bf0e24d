import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { OperatorFault } from './faults';

/** What the commands take from the world around them, so that tests can hand in another one. */
export interface Surroundings {
  /** Results. With `--json`, exactly one JSON document. */
  readonly out: Writable;
  /** Everything else: progress, warnings, faults. */
  readonly err: Writable;
  /**
   * One secret from standard input, without the blanks and line breaks around it.
   *
   * @param what is asked for
   * @throws OperatorFault when there is none
   */
  readonly readIn: (what: string) => Promise<string>;
  /** Where keys are pressed, perhaps by nobody. Standard input is opened by looking at it. */
  readonly keys?: () => NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Clock {
  /** Wall clock, for ids only. */
  readonly wallMs: () => number;
  /** Never goes backwards: durations and deadlines. */
  readonly nowMs: () => number;
  /** Rejects as soon as the signal is raised. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export function processSurroundings(): Surroundings {
  return {
    out: process.stdout,
    err: process.stderr,
    readIn: (what) => readSecret(process.stdin, what),
    keys: () => process.stdin,
    env: process.env,
    clock: {
      wallMs: () => Date.now(),
      nowMs: () => performance.now(),
      pause: (milliseconds, signal) => pauseFor(milliseconds, undefined, { signal }),
    },
    random: () => Math.random(),
  };
}

const SECRET_LENGTH_MAX = 64 * 1024;

/** Read to its end, so that nothing is shown of it and nothing left behind. */
export async function readSecret(input: Readable, what: string): Promise<string> {
  let text = '';
  for await (const chunk of input.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > SECRET_LENGTH_MAX)
      throw new OperatorFault(`${what} is to come from standard input, and what comes there is too long`);
  }
  const secret = text.trim();
  if (secret === '')
    throw new OperatorFault(`${what} is to come from standard input, and nothing came there`);
  return secret;
}
