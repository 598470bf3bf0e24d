import cluster from 'node:cluster';
import { Injectable, type LoggerService } from '@nestjs/common';
import { remember } from '../engine/remember';
import { DirectoryUnavailableError } from '../shards/directory/directory-database';
import { DatabaseRefusedError, ShardFault, ShardUnavailableError } from '../shards/faults';
import { LogBudget } from './log-budget';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Lines of one message that are written in a window of so long. */
const LINES_MAX: Readonly<Record<LogLevel, number>> = { error: 100, warn: 20, info: 100, debug: 1_000 };
/** Money that is lost is named line by line, as far as a disk may be asked to. */
const SHORTFALLS_MAX = 100_000;
export const SHORTFALL = 'a deduction was answered from a lease and cannot be charged';
/** How many of these there are is set by whoever wants them. */
const ACCESSES_MAX = 100_000;
export const ACCESS = 'a call was answered';
/** What a log shipper keeps beside the audit log must not have gaps; calls are bounded by the audit log itself. */
export const ADMINISTRATION = 'an administrative call';
const LINES_OF_MESSAGE_MAX: ReadonlyMap<string, number> = new Map([
  [SHORTFALL, SHORTFALLS_MAX],
  [ACCESS, ACCESSES_MAX],
  [ADMINISTRATION, Infinity],
]);
const WINDOW_MS = 10_000;
/** Messages whose lines are counted apart. Ours are constants; what the framework says is not. */
const MESSAGES_MAX = 200;

type Fields = Readonly<Record<string, unknown>>;

/**
 * One JSON object a line on standard error, so that standard output stays with what the service prints for people.
 * Each message has a rate: what fails, fails again with every request and every tick while a database is away. The next
 * line that is written says how many were left out (`linesLeftOut`).
 *
 * Callers pass no secrets; as a second guard, credentials in URLs (drivers quote them in errors) are blotted out.
 */
@Injectable()
export class StructuredLog implements LoggerService {
  readonly #rank: number;
  readonly #budgets = new Map<string, LogBudget>();

  constructor(
    level: LogLevel,
    private readonly write: (line: string) => void = (line) => void process.stderr.write(line),
    private readonly origin: Fields = cluster.worker ? { worker: cluster.worker.id } : {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#rank = LOG_LEVELS.indexOf(level);
  }

  error(message: string, ...rest: unknown[]): void {
    this.#line('error', message, rest);
  }

  warn(message: string, ...rest: unknown[]): void {
    this.#line('warn', message, rest);
  }

  info(message: string, ...rest: unknown[]): void {
    this.#line('info', message, rest);
  }

  /** Nest's word for `info`; what it has to say is for debugging. */
  log(message: string, ...rest: unknown[]): void {
    this.#line('debug', message, rest);
  }

  debug(message: string, ...rest: unknown[]): void {
    this.#line('debug', message, rest);
  }

  #line(level: LogLevel, message: string, rest: readonly unknown[]): void {
    if (LOG_LEVELS.indexOf(level) > this.#rank) return;
    const linesLeftOut = this.#budgetOf(level, message).take();
    if (linesLeftOut === undefined) return;
    const fields = rest.reduce<Fields>(
      (all, part) => ({ ...all, ...fieldsOf(part) }),
      linesLeftOut > 0 ? { linesLeftOut } : {},
    );
    const line = JSON.stringify(
      { time: new Date().toISOString(), level, ...this.origin, message, ...fields },
      readable,
    );
    this.write(`${withoutCredentials(line)}\n`);
  }

  #budgetOf(level: LogLevel, message: string): LogBudget {
    const known = this.#budgets.get(message);
    if (known) return known;
    const budget = new LogBudget(LINES_OF_MESSAGE_MAX.get(message) ?? LINES_MAX[level], WINDOW_MS, this.now);
    remember(this.#budgets, message, budget, MESSAGES_MAX);
    return budget;
  }
}

/** Nest passes the name of its class behind the message; we pass objects. */
function fieldsOf(part: unknown): Fields {
  return typeof part === 'object' && part !== null && !(part instanceof Error)
    ? (part as Fields)
    : { context: part };
}

/** What befalls a database says all in its message; a stack, and those of its causes, would only fill the log. */
function isOutage(error: Error): boolean {
  return (
    error instanceof DatabaseRefusedError ||
    error instanceof ShardUnavailableError ||
    error instanceof DirectoryUnavailableError ||
    (error instanceof ShardFault && error.verdict !== 'defect')
  );
}

function readable(_key: string, value: unknown): unknown {
  if (value instanceof Error && isOutage(value)) return { name: value.name, message: value.message };
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  return typeof value === 'bigint' ? value.toString() : value;
}

function withoutCredentials(line: string): string {
  // Up to the last @: a password that was not escaped may hold @ and / itself.
  return line.replace(/([a-z]+:\/\/)[^\s"]*@/gi, '$1***@');
}
