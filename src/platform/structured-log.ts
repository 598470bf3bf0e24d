import cluster from 'node:cluster';
import { Injectable, type LoggerService } from '@nestjs/common';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Fields = Readonly<Record<string, unknown>>;

/**
 * One JSON object a line on standard error, so that standard output stays with what the service prints for people.
 * Callers pass no secrets; as a second guard, credentials in URLs (drivers quote them in errors) are blotted out.
 */
@Injectable()
export class StructuredLog implements LoggerService {
  readonly #rank: number;

  constructor(
    level: LogLevel,
    private readonly write: (line: string) => void = (line) => void process.stderr.write(line),
    private readonly origin: Fields = cluster.worker ? { worker: cluster.worker.id } : {},
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
    const fields = rest.reduce<Fields>((all, part) => ({ ...all, ...fieldsOf(part) }), {});
    const line = JSON.stringify(
      { time: new Date().toISOString(), level, ...this.origin, message, ...fields },
      readable,
    );
    this.write(`${withoutCredentials(line)}\n`);
  }
}

/** Nest passes the name of its class behind the message; we pass objects. */
function fieldsOf(part: unknown): Fields {
  return typeof part === 'object' && part !== null && !(part instanceof Error)
    ? (part as Fields)
    : { context: part };
}

function readable(_key: string, value: unknown): unknown {
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  return typeof value === 'bigint' ? value.toString() : value;
}

function withoutCredentials(line: string): string {
  // Up to the last @: a password that was not escaped may hold @ and / itself.
  return line.replace(/([a-z]+:\/\/)[^\s"]*@/gi, '$1***@');
}
