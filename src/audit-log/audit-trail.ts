import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { accountView } from '../contract/accounts';
import { keyView } from '../contract/keys';
import { webhookView } from '../contract/webhooks';
import { EngineRuntime } from '../engine/runtime';
import { Metrics } from '../platform/metrics';
import { Settings } from '../platform/settings';
import { ADMINISTRATION, StructuredLog } from '../platform/structured-log';
import type { AuditEvent, AuditOutcome } from '../shards/directory/audit-line';
import { DirectoryOverloadedError } from '../shards/directory/directory';
import { shownSafely } from './shown-safely';

/** Lines that one statement adds. */
const LINES_MAX = 200;
/** Calls that may wait until their line is written. */
const WAITING_MAX = 2_000;
/** Calls of one key that may wait: those of others go on. */
const WAITING_OF_KEY_MAX = 100;
/** Lines about what calls came to that may wait while the directory is away. */
const UNWRITTEN_MAX = 10_000;
const TRY_AGAIN_MS = 1_000;
/** The last lines of a service that stops are waited for so long. */
const STOP_MS_MAX = 5_000;
/** Between two looks for lines whose time is over, and how many statements one look may take. */
const TIDY_MS = 3_600_000;
const TIDY_STATEMENTS_MAX = 1_000;
/** Reads of one kind by one key have one line in so long. */
const READS_MS = 3_600_000;
const READS_REMEMBERED_MAX = 10_000;

/** A call, as far as the log tells of it. */
export type AuditedCall = Omit<AuditEvent, 'callId' | 'outcome' | 'before' | 'after' | 'code'> & {
  /** It reads only: one line tells of it, and of those like it in the next hour. */
  readonly isRead: boolean;
  /** The account, key or webhook that is to change, for how it was before. */
  readonly accountId?: string;
  readonly keyId?: string;
  readonly webhookId?: string;
};

/** What a call came to. */
export interface AuditedEnd {
  readonly outcome: Exclude<AuditOutcome, 'asked'>;
  readonly code?: string;
  readonly after?: unknown;
}

/** Tells the log what became of a call. */
export type EndAudited = (end: AuditedEnd) => void;

interface Waiter {
  readonly event: AuditEvent;
  readonly written: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes down who administers the installation. A call that changes something has a line in the directory before it is carried out,
 * so that none can be without one, and a second line that says what it came to. If the first cannot be written, the call
 * is refused and nothing is done. The second is not waited for: while the directory is away it waits here.
 */
@Injectable()
export class AuditTrail implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #waiting: Waiter[] = [];
  #unwritten: AuditEvent[] = [];
  #writing: Promise<void> | undefined;
  #tidying: NodeJS.Timeout | undefined;
  readonly #readAt = new Map<string, number>();
  #isStopping = false;

  constructor(
    private readonly runtime: EngineRuntime,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly log: StructuredLog,
  ) {}

  onApplicationBootstrap(): void {
    this.#tidying = setInterval(() => void this.#tidy(), TIDY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#tidying);
    this.#isStopping = true;
    const late = new Promise<void>((passed) => this.runtime.surroundings.later(STOP_MS_MAX, passed));
    await Promise.race([this.#write(), late]);
    for (const event of this.#unwritten.splice(0)) this.#lost(event);
  }

  /**
   * Writes that somebody asks for something.
   *
   * @returns what to call with what it came to. Rejects with `DirectoryUnavailableError` when it cannot be written: then the call
   *   must not be carried out
   */
  async begin(call: AuditedCall): Promise<EndAudited> {
    const { isRead, accountId, keyId, webhookId, ...about } = call;
    if (isRead) {
      return ({ outcome, code }) => {
        this.note({ ...about, outcome, ...(code !== undefined && { code }) });
      };
    }
    const callId = this.runtime.surroundings.newId();
    const before = await this.#before({ accountId, keyId, webhookId });
    await this.#ask({ ...about, callId, outcome: 'asked', ...(before !== undefined && { before }) });
    return (end) => {
      this.#add({
        ...withoutDetails(about),
        ...targetOf(about, end),
        callId,
        ...end,
        ...(end.after !== undefined && { after: shownSafely(end.after) }),
      });
    };
  }

  /** Writes what changes nothing: once an hour, however often the same is done by the same. */
  note(event: Omit<AuditEvent, 'callId'>): void {
    if (this.#isNews(event)) this.#add({ ...event, callId: this.runtime.surroundings.newId() });
  }

  /** Resolves when everything that was added is written, or cannot be for now. */
  settled(): Promise<void> {
    return this.#write();
  }

  async #before({
    accountId,
    keyId,
    webhookId,
  }: {
    accountId?: string | undefined;
    keyId?: string | undefined;
    webhookId?: string | undefined;
  }): Promise<unknown> {
    const { directory } = this.runtime;
    if (accountId !== undefined) {
      const account = await directory.findAccount(accountId);
      return account && accountView(account);
    }
    if (keyId !== undefined) {
      const key = await directory.findApiKey(keyId);
      return key && keyView(key);
    }
    const webhook = webhookId === undefined ? undefined : await directory.webhooks.find(webhookId);
    return webhook && shownSafely(webhookView(webhook));
  }

  /** Whether such an event has no line of the last minute. */
  #isNews({ actor, action, target = '', outcome }: Partial<AuditEvent>): boolean {
    const name = JSON.stringify([actor, action, target, outcome]);
    const now = this.runtime.surroundings.now();
    if (now - (this.#readAt.get(name) ?? -Infinity) < READS_MS) return false;
    // The oldest is forgotten first: at worst a line more is written.
    this.#readAt.delete(name);
    this.#readAt.set(name, now);
    if (this.#readAt.size > READS_REMEMBERED_MAX) {
      const [oldest] = this.#readAt.keys();
      if (oldest !== undefined) this.#readAt.delete(oldest);
    }
    return true;
  }

  #ask(event: AuditEvent): Promise<void> {
    const ofKey = this.#waiting.filter(({ event: { actor } }) => actor === event.actor).length;
    if (this.#waiting.length >= WAITING_MAX || ofKey >= WAITING_OF_KEY_MAX)
      return Promise.reject(new DirectoryOverloadedError('too many calls wait for the audit log'));
    return new Promise((written, failed) => {
      this.#waiting.push({ event, written, failed });
      void this.#write();
    });
  }

  #add(event: AuditEvent): void {
    this.log.info(ADMINISTRATION, withoutDetails(event));
    this.#unwritten.push(event);
    if (this.#unwritten.length > UNWRITTEN_MAX) {
      const oldest = this.#unwritten.shift();
      if (oldest) this.#lost(oldest);
    }
    void this.#write();
  }

  /** Never rejects. */
  #write(): Promise<void> {
    return (this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    }));
  }

  async #writeAll(): Promise<void> {
    // What is added in this turn goes together.
    await this.runtime.surroundings.turn();
    while (this.#waiting.length > 0 || this.#unwritten.length > 0) {
      const waiters = this.#waiting.splice(0, LINES_MAX);
      const ended = this.#unwritten.splice(0, LINES_MAX - waiters.length);
      try {
        await this.runtime.directory.auditLog.append([...ended, ...waiters.map(({ event }) => event)]);
        for (const { event, written } of waiters) {
          this.log.info(ADMINISTRATION, withoutDetails(event));
          written();
        }
      } catch (error) {
        for (const { failed } of waiters) failed(error);
        this.#unwritten = [...ended, ...this.#unwritten];
        this.runtime.observer.deferred('writing the audit log', error);
        if (this.#waiting.length === 0) {
          if (!this.#isStopping && this.#unwritten.length > 0) this.#tryAgain();
          return;
        }
      }
    }
  }

  #tryAgain(): void {
    this.runtime.surroundings.later(TRY_AGAIN_MS, () => void this.#write());
  }

  #lost(event: AuditEvent): void {
    this.metrics.auditLineLost();
    this.log.error('a line of the audit log could not be written', { line: event });
  }

  async #tidy(): Promise<void> {
    const { auditLogDays } = this.settings;
    try {
      for (let statements = 0; statements < TIDY_STATEMENTS_MAX; statements += 1)
        if ((await this.runtime.directory.auditLog.deleteOld(auditLogDays * 24 * 3_600_000)) === 0) return;
    } catch (error) {
      this.runtime.observer.deferred('tidying the audit log', error);
    }
  }
}

/** Of a webhook that the call has made, its id, which nobody knew before. */
function targetOf({ target }: { readonly target?: string }, { after }: AuditedEnd): { target?: string } {
  const shown = after as
    { readonly webhookId?: unknown; readonly webhook?: { readonly webhookId?: unknown } } | undefined;
  const made = shown?.webhookId ?? shown?.webhook?.webhookId;
  return target === undefined && typeof made === 'string' ? { target: made } : {};
}

const DETAILS: ReadonlySet<string> = new Set(['request', 'before', 'after']);

/** What has been said in the line before, or is too much for the service's log, left out. */
function withoutDetails<Event extends object>(event: Event): Omit<Event, 'request' | 'before' | 'after'> {
  const short = Object.entries(event).filter(([name]) => !DETAILS.has(name));
  return Object.fromEntries(short) as Omit<Event, 'request' | 'before' | 'after'>;
}
