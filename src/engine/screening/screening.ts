import type { Screened } from '../../ledger/screened';
import type { ScreeningObserver } from '../observer';
import { remember } from '../remember';
import type { AskScreening, Question } from './question';
import type { Said } from './read-verdicts';
import { ScreeningCalls } from './screening-calls';
import { ScreeningFailure } from './screening-failure';
import type { FailurePolicy, ScreeningSettings } from './screening-settings';
import { Velocity } from './velocity';

export interface ScreeningParts {
  readonly settings: ScreeningSettings;
  /** The operator's service, where there is one. */
  readonly ask?: AskScreening | undefined;
  readonly observer: ScreeningObserver;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly turn: () => Promise<void>;
}

/** Verdicts kept while their charges are under way. One that is forgotten is asked for again. */
const VERDICTS_MAX = 100_000;

/**
 * Asks whether a charge that nobody waits for may be made, before it is made: first the built-in rule, then the operator's
 * service. Whoever charges keeps the verdict: a `reject` is durable before anybody acts on it, a `pass` is written in the
 * transaction of its charge. A crash between verdict and charge asks again.
 */
export class Screening {
  readonly #velocity: Velocity | undefined;
  readonly #calls: ScreeningCalls | undefined;
  /** By question. `undefined`: the built-in rule lets it pass and has counted it, and the service has not said. */
  readonly #verdicts = new Map<string, Screened | undefined>();

  constructor(private readonly parts: ScreeningParts) {
    const { settings, ask } = parts;
    if (settings.velocity) this.#velocity = new Velocity(settings.velocity);
    if (ask) this.#calls = new ScreeningCalls({ ...parts, ask });
  }

  /** Without a service and a rule nothing is screened, and nobody need ask. */
  get isOn(): boolean {
    return this.#velocity !== undefined || this.#calls !== undefined;
  }

  /** Whatever is asked about now would have to wait: it may as well be left where it is. */
  get isHeld(): boolean {
    return this.parts.settings.onFailure === 'wait' && this.#calls?.isOpen === true;
  }

  get waitMsMax(): number {
    return this.parts.settings.waitMsMax;
  }

  /** The verdict on a charge, its failure turned into one by policy. Never rejects, and takes no longer than the calls before it. */
  async screen(question: Question): Promise<Screened> {
    const key = keyOf(question);
    const known = this.#verdicts.get(key);
    if (known) return known;
    const screened = this.#judge(question, key) ?? (await this.#asked(question));
    if (screened.verdict !== 'wait') remember(this.#verdicts, key, screened, VERDICTS_MAX);
    this.parts.observer.screened(screened);
    return screened;
  }

  /** A charge has come to its end: its verdict need not be remembered any more. */
  ended(question: Question): void {
    this.#verdicts.delete(keyOf(question));
  }

  /** By the built-in rule, which counts a charge once. @returns a verdict where the service need not be asked */
  #judge(question: Question, key: string): Screened | undefined {
    if (this.#velocity && !this.#verdicts.has(key)) {
      const reason = this.#velocity.judge(question);
      if (reason !== undefined) return { verdict: 'reject', by: 'velocity', reason };
      remember(this.#verdicts, key, undefined, VERDICTS_MAX);
    }
    return this.#calls ? undefined : { verdict: 'pass', by: 'velocity', reason: null };
  }

  async #asked(question: Question): Promise<Screened> {
    const said = await (this.#calls as ScreeningCalls).ask(question);
    if (!(said instanceof ScreeningFailure)) return byService(said);
    this.parts.observer.screeningFailed(said);
    return byPolicy(this.parts.settings.onFailure, said);
  }
}

function byService({ verdict, reason }: Said): Screened {
  return { verdict, by: 'service', reason };
}

function byPolicy(verdict: FailurePolicy, { code }: ScreeningFailure): Screened {
  return { verdict, by: 'policy', reason: `not screened: ${code}` };
}

function keyOf({ accountId, requestId, attempt, fingerprint }: Question): string {
  return `${accountId} ${requestId} ${attempt} ${fingerprint}`;
}
