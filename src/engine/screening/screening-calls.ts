import { Circuit } from './circuit';
import { Doubts } from './doubts';
import type { AskScreening, Question } from './question';
import { readVerdicts, type Said } from './read-verdicts';
import { mayBeOneOfMany, ScreeningFailure } from './screening-failure';
import type { ScreeningSettings } from './screening-settings';
import type { ScreeningObserver } from '../observer';
import { accountsOf, type Lane, type Waiting, WaitingCharges } from './waiting-charges';

export interface CallParts {
  readonly ask: AskScreening;
  readonly settings: ScreeningSettings;
  readonly observer: ScreeningObserver;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly turn: () => Promise<void>;
}

/**
 * Merges questions into calls. What waits while calls are under way becomes the next ones; the number of calls, of charges in
 * a call and of charges that wait are bounded, and each call has a deadline.
 *
 * A call whose failure may be the fault of one charge is made again in halves, so that the others do not suffer for it.
 *
 * Failures alone do not tell a service that is away from charges that it cannot take. After several in a row the service is asked
 * again about a charge that it has answered before: only where that fails, too, it is left alone.
 */
export class ScreeningCalls {
  readonly #circuit: Circuit;
  readonly #doubts: Doubts;
  readonly #waiting: WaitingCharges;
  /** A charge about which the service said something usable, the last one. */
  #answered: Question | undefined;
  #calls = 0;
  #doubtfulCalls = 0;
  #lastLane: Lane = 'doubtful';
  #isPumping = false;
  #isProbing = false;
  /** The account whose charge failed in the last trial. */
  #triedAccountId: string | undefined;

  constructor(private readonly parts: CallParts) {
    const { now, random, observer, settings } = parts;
    this.#doubts = new Doubts(now);
    this.#waiting = new WaitingCharges(this.#doubts, settings);
    this.#circuit = new Circuit({
      now,
      random,
      changed: (isClosed) => {
        observer.screeningState(isClosed);
      },
    });
  }

  /** The service is left alone just now. */
  get isOpen(): boolean {
    return this.#circuit.state === 'open';
  }

  /** Never rejects: a failure is told as what it is. */
  ask(question: Question): Promise<Said | ScreeningFailure> {
    if (this.isOpen) return Promise.resolve(leftAlone());
    return new Promise((resolve) => {
      if (!this.#waiting.add({ question, resolve }))
        resolve(new ScreeningFailure('busy', 'too many charges wait to be asked about'));
      else if (!this.#isPumping) void this.#pumpSoon();
    });
  }

  /** Takes in what comes at the same time before the first call. */
  async #pumpSoon(): Promise<void> {
    this.#isPumping = true;
    await this.parts.turn();
    this.#isPumping = false;
    this.#pump();
  }

  #pump(): void {
    while (this.#waiting.has('fresh') || this.#waiting.has('doubtful')) {
      const { state } = this.#circuit;
      if (state === 'open') {
        for (const { resolve } of this.#waiting.drain()) resolve(leftAlone());
        return;
      }
      if (state === 'trial') {
        if (this.#calls === 0) void this.#try();
        return;
      }
      const lane = this.#nextLane();
      if (!lane) return;
      const batch = this.#waiting.take(lane);
      if (batch.length > 0) void this.#call(batch, lane);
    }
  }

  /** Both in turns, and the doubtful ones in no more than half of the calls. @returns `undefined` where no call may be made now */
  #nextLane(): Lane | undefined {
    const { callsMax } = this.parts.settings;
    if (this.#calls >= callsMax) return undefined;
    const mayBeDoubtful =
      this.#waiting.has('doubtful') && this.#doubtfulCalls < Math.max(1, Math.floor(callsMax / 2));
    const mayBeFresh = this.#waiting.has('fresh') && !this.#waiting.hasManyHalves;
    if (mayBeFresh && (!mayBeDoubtful || this.#lastLane === 'doubtful')) return (this.#lastLane = 'fresh');
    return mayBeDoubtful ? (this.#lastLane = 'doubtful') : undefined;
  }

  /** Never rejects. */
  async #call(batch: readonly Waiting[], lane: Lane): Promise<void> {
    this.#calls += 1;
    if (lane === 'doubtful') this.#doubtfulCalls += 1;
    const said = await this.#answerTo(batch.map(({ question }) => question));
    this.#calls -= 1;
    if (lane === 'doubtful') this.#doubtfulCalls -= 1;
    if (said instanceof ScreeningFailure) this.#failed(batch, said);
    else this.#succeeded(batch, said);
    this.#pump();
  }

  #succeeded(batch: readonly Waiting[], said: readonly (Said | ScreeningFailure)[]): void {
    this.#circuit.succeeded();
    batch.forEach(({ resolve, question }, at) => {
      const each = said[at] as Said | ScreeningFailure;
      if (!(each instanceof ScreeningFailure)) this.#answered = question;
      resolve(each);
    });
  }

  #failed(batch: readonly Waiting[], failure: ScreeningFailure): void {
    const accounts = accountsOf(batch);
    this.#circuit.failed(accounts);
    const isOne = mayBeOneOfMany(failure);
    if (this.#circuit.isDoubted && !this.#isProbing) void this.#probe();
    if (this.#circuit.state === 'closed') {
      // One charge may be the reason, or all of one account's: a service that is late may be so for those.
      if (isOne ? batch.length > 1 : accounts.size > 1) {
        this.#waiting.addHalvesOf(batch);
        return;
      }
      for (const accountId of accounts) this.#doubts.accountFailed(accountId);
      if (isOne) for (const { question } of batch) this.#doubts.chargeFailed(question);
    }
    for (const { resolve } of batch) resolve(failure);
  }

  /** Finds out whether the service is away, after failures in a row. Never rejects. */
  async #probe(): Promise<void> {
    if (!this.#answered) {
      if (!this.#circuit.mayBeOneAccount) await this.#probeWithOther();
      return;
    }
    this.#isProbing = true;
    this.#calls += 1;
    const said = await this.#answerTo([this.#answered]);
    this.#calls -= 1;
    this.#isProbing = false;
    if (!(said instanceof ScreeningFailure)) this.#circuit.succeeded();
    else if (this.#circuit.isDoubted) this.#leaveAlone();
    this.#pump();
  }

  /**
   * Nothing is known that the service can answer. Failures of different accounts are not the fault of one, but they may be that of two:
   * a charge that waits, of an account without failures, finds out. Never rejects.
   */
  async #probeWithOther(): Promise<void> {
    const other = this.#waiting.takeUndoubted();
    if (!other) {
      this.#leaveAlone();
      return;
    }
    this.#isProbing = true;
    this.#calls += 1;
    const said = await this.#answerTo([other.question]);
    this.#calls -= 1;
    this.#isProbing = false;
    if (!(said instanceof ScreeningFailure)) this.#succeeded([other], said);
    else {
      other.resolve(said);
      if (this.#circuit.isDoubted) this.#leaveAlone();
    }
    this.#pump();
  }

  /** What failed lately says nothing about charges any more. */
  #leaveAlone(): void {
    this.#doubts.clear();
    this.#circuit.open();
  }

  /** Tries the service with a charge that it has answered before, then with one that waits. Never rejects. */
  async #try(): Promise<void> {
    this.#calls += 1;
    const isUp = this.#answered && !((await this.#answerTo([this.#answered])) instanceof ScreeningFailure);
    if (isUp) this.#circuit.succeeded();
    else await this.#tryOne();
    this.#calls -= 1;
    this.#pump();
  }

  async #tryOne(): Promise<void> {
    const one = this.#waiting.takeOne(this.#triedAccountId);
    if (!one) return;
    const said = await this.#answerTo([one.question]);
    if (!(said instanceof ScreeningFailure)) {
      this.#succeeded([one], said);
      return;
    }
    this.#triedAccountId = one.question.accountId;
    this.#circuit.open();
    one.resolve(said);
  }

  /** Makes one call. Never rejects. @returns what is said of each charge, or why the call failed */
  async #answerTo(questions: readonly Question[]): Promise<(Said | ScreeningFailure)[] | ScreeningFailure> {
    const { now, observer } = this.parts;
    const began = now();
    let said: (Said | ScreeningFailure)[] | ScreeningFailure;
    try {
      const answer = await this.#ask(questions);
      said = readVerdicts(
        questions.map(({ requestId }) => requestId),
        answer,
      );
    } catch (error) {
      said = failureOf(error);
    }
    const result = said instanceof ScreeningFailure ? said.code : 'answered';
    observer.screeningCall({ result, seconds: (now() - began) / 1_000 });
    return said;
  }

  /** @throws ScreeningFailure `deadline` when there is no whole answer in time */
  async #ask(questions: readonly Question[]): Promise<unknown> {
    const { ask, sleep, settings } = this.parts;
    const call = new AbortController();
    const timer = new AbortController();
    const answer = ask(questions, call.signal).then((given) => ({ given }));
    const late = sleep(settings.callMsMax, timer.signal).then(() => undefined);
    try {
      const first = await Promise.race([answer, late]);
      if (first) return first.given;
    } finally {
      timer.abort();
    }
    answer.catch(() => undefined);
    call.abort();
    throw new ScreeningFailure('deadline', `no answer within ${settings.callMsMax} ms`);
  }
}

function leftAlone(): ScreeningFailure {
  return new ScreeningFailure('circuit_open', 'the service failed too often lately and is left alone');
}

function failureOf(error: unknown): ScreeningFailure {
  return error instanceof ScreeningFailure
    ? error
    : new ScreeningFailure('unreachable', 'the call failed', { cause: error });
}
