import type { IncomingHttpHeaders } from 'node:http';
import { type HotsplitError, NoAnswerError, refusalOf, UnexpectedAnswerError } from './errors';
import type { HttpAnswer } from './http-transport';
import { type Problem, readProblem } from './problem';
import { meaningOf } from './problem-codes';

/** What one try came to. */
export type Verdict<T> =
  | { readonly kind: 'success'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | PassingVerdict;

/** The same request is to be sent again. */
export interface PassingVerdict {
  readonly kind: 'passing';
  readonly error: HotsplitError;
  /** This try may have taken effect. */
  readonly perhapsDone: boolean;
  /** What the service asked for. */
  readonly retryAfterMs?: number | undefined;
  /** It is the endpoint that fails, and another one may do better. */
  readonly isEndpointAtFault: boolean;
}

/** Takes what was asked for out of a success; undefined when it is not there. */
export type ReadSuccess<T> = (body: unknown, answer: HttpAnswer) => T | undefined;

/** Judges a whole answer. Whatever is not certainly the service's own word counts as no answer. */
export function judgeAnswer<T>(answer: HttpAnswer, read: ReadSuccess<T>): Verdict<T> {
  const { status, headers, text } = answer;
  if (status >= 200 && status < 300) {
    const value = read(parseJson(text), answer);
    return value === undefined
      ? unexpected('without what was asked for', answer)
      : { kind: 'success', value };
  }
  // Whoever says so has not let it through: a proxy with a smaller limit than the service, too.
  if (status === 413) return { kind: 'refused', problem: readProblem(parseJson(text)) ?? TOO_LARGE };
  const problem = readProblem(parseJson(text), status);
  if (!problem) return unexpected('without a problem of the service', answer);
  return judgeProblem(problem, headers);
}

/** Judges what was thrown in the place of an answer. */
export function judgeFault(fault: unknown): PassingVerdict {
  if (!(fault instanceof NoAnswerError)) throw fault;
  return { kind: 'passing', error: fault, perhapsDone: fault.perhapsDone, isEndpointAtFault: true };
}

function unexpected(what: string, { status, headers, text }: HttpAnswer): PassingVerdict {
  return {
    kind: 'passing',
    error: new UnexpectedAnswerError(`HTTP ${status} ${what}`, status, excerptOf(text)),
    perhapsDone: true,
    retryAfterMs: readRetryAfterMs(headers['retry-after']),
    isEndpointAtFault: true,
  };
}

/** What the page of a proxy says, in short. */
function excerptOf(text: string): string {
  const words = text.slice(0, PAGE_CHARACTERS_READ).replace(/<[^>]*>/g, ' ');
  return words.replace(/\s+/g, ' ').trim().slice(0, EXCERPT_CHARACTERS);
}

const PAGE_CHARACTERS_READ = 4_000;
const EXCERPT_CHARACTERS = 200;

function judgeProblem(problem: Problem, headers: IncomingHttpHeaders): Verdict<never> {
  const meaning = meaningOf(problem);
  if (meaning.kind === 'refused') return { kind: 'refused', problem };
  return {
    kind: 'passing',
    error: refusalOf(problem),
    perhapsDone: meaning.perhapsDone,
    retryAfterMs: readRetryAfterMs(headers['retry-after']),
    // All endpoints share the databases, and an overloaded one says itself when to come back.
    isEndpointAtFault: false,
  };
}

const TOO_LARGE: Problem = { code: 'PAYLOAD_TOO_LARGE', status: 413, detail: 'The body is too large' };

/** Longer than that, a date in a header is more likely a wrong clock than a wish. */
const RETRY_AFTER_MS_MAX = 60_000;

/** `Retry-After` as RFC 9110 has it: seconds, or a date. */
export function readRetryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^[0-9]+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
