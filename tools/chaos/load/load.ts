import { pause } from '../../kernel/clock';
import type { Dice } from '../../kernel/dice';
import { type Account, pickAccount } from './accounts';
import type { Clients, Op } from './clients';

const TICK_MS = 10;
const UNDER_WAY_MAX = 3_000;
const LATER_MAX = 2_000;
const KEPT_MAX = 5_000;
const TRIES_MAX = 4;
const BATCH_ITEMS_MAX = 40;
const POURED_ITEMS = 200;
const POUR_PAUSE_MS = 200;

/**
 * What arrives, by a number drawn in [0, 1): batches, credits, look-ups, balances, deductions to be charged later, keys that were sent before (they
 * succeeded, or their fate is unknown), and from there on deductions.
 */
const BOUNDS = { batch: 0.03, credit: 0.17, lookUp: 0.23, balance: 0.28, later: 0.36, again: 0.48 } as const;

/** Shares of those who do so. */
const SHARES = { abandoned: 0.15, hurried: 0.05, twiceAtOnce: 0.04 } as const;

export interface LoadParts {
  readonly clients: Clients;
  readonly accounts: readonly Account[];
  readonly dice: Dice;
  readonly services: number;
  readonly arrivalsPerSecond: number;
}

/**
 * Clients that arrive at a steady rate, whatever becomes of those before them, and that do not trust the network: who
 * gets no answer, or none that says what was done, sends the same key again, there or to the other instance; some only
 * much later, and some never. Keys that succeeded are sent again, too.
 */
export class Load {
  readonly #underWay = new Set<Promise<void>>();
  /** Whose fate is unknown and whose sender has gone away for now. */
  readonly #later: Op[] = [];
  readonly #settled: Op[] = [];
  #pacing: Promise<void> | undefined;
  #stopped = false;
  #keys = 0;

  constructor(private readonly parts: LoadParts) {}

  start(): void {
    this.#pacing = this.#pace();
  }

  /** Resolves when nobody arrives any more and the last one has been answered or has given up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pacing;
    await Promise.all(this.#underWay);
  }

  /**
   * Sends batches, one after the other, whose items carry as much metadata as they may, to some accounts: it fills what
   * their database has set aside on its disk. Answers how to end it.
   */
  pour(accountIds: readonly string[]): () => void {
    const end = new AbortController();
    if (accountIds.length > 0) this.#follow(this.#pourUntil(end.signal, accountIds));
    return () => {
      end.abort();
    };
  }

  async #pourUntil(end: AbortSignal, accountIds: readonly string[]): Promise<void> {
    while (!end.aborted && !this.#stopped) await this.#pourBatch(accountIds);
  }

  async #pourBatch(accountIds: readonly string[]): Promise<void> {
    const { dice, clients } = this.parts;
    const further = { metadata: metadata(7, 500) };
    const ops = Array.from({ length: POURED_ITEMS }, () =>
      this.#ask('deduction', dice.oneOf(accountIds), '1', further),
    );
    const results = await clients.sendBatch(ops, this.#anyService());
    results.forEach((result, position) => this.#keep(ops[position] as Op, result === 'indefinite'));
    if (results.includes('indefinite')) await pause(POUR_PAUSE_MS);
  }

  async #pace(): Promise<void> {
    let due = performance.now();
    while (!this.#stopped) {
      const now = performance.now();
      for (; due <= now; due += 1_000 / this.parts.arrivalsPerSecond)
        if (this.#underWay.size < UNDER_WAY_MAX) this.#arrive();
      await pause(TICK_MS);
    }
  }

  #arrive(): void {
    this.#follow(this.#serve(this.parts.dice.next()));
  }

  #follow(work: Promise<unknown>): void {
    const coming: Promise<void> = work.then(() => void this.#underWay.delete(coming));
    this.#underWay.add(coming);
  }

  /** @param drawn in [0, 1): what this arrival is */
  #serve(drawn: number): Promise<void> {
    const { batch, credit, lookUp, balance, later, again } = BOUNDS;
    if (drawn < batch) return this.#batch();
    if (drawn < credit) return this.#drive(this.#newOp('credit'));
    if (drawn < lookUp) return this.#lookUp();
    if (drawn < balance) return this.#readBalance();
    if (drawn < later) return this.#submit(this.#newOp('deduction'));
    const old = drawn < again ? this.#takeAgain() : undefined;
    return this.#drive(old ?? this.#newOp('deduction'));
  }

  async #readBalance(): Promise<void> {
    const { dice, clients, accounts } = this.parts;
    const consistency = dice.happens(0.2) ? 'snapshot' : 'current';
    await clients.readBalance(pickAccount(accounts, dice).id, this.#anyService(), consistency);
  }

  async #batch(): Promise<void> {
    const { dice, clients } = this.parts;
    const ops = Array.from({ length: dice.between(2, BATCH_ITEMS_MAX) }, () => this.#newOp('deduction'));
    const results = await clients.sendBatch(ops, this.#anyService());
    results.forEach((result, position) => this.#keep(ops[position] as Op, result === 'indefinite'));
  }

  async #lookUp(): Promise<void> {
    const { dice, clients } = this.parts;
    const known = this.#settled.length > 0 ? dice.oneOf(this.#settled) : undefined;
    if (known?.kind === 'deduction') await clients.lookUp(known, this.#anyService());
  }

  /** Sends what is to be charged later until somebody says that it was received, or its sender loses interest. */
  async #submit(op: Op): Promise<void> {
    const { dice, clients, services } = this.parts;
    let service = this.#anyService();
    if (dice.happens(SHARES.twiceAtOnce)) this.#follow(clients.sendLater(op, (service + 1) % services));
    for (let tries = 1; ; tries += 1) {
      if (await clients.sendLater(op, service)) return;
      if (tries >= TRIES_MAX || dice.happens(SHARES.abandoned) || this.#stopped) return;
      await pause(dice.between(20, 300) * tries);
      if (dice.happens(0.6)) service = (service + 1) % services;
    }
  }

  /** Sends a key until it is known what became of it, or until its sender loses interest. */
  async #drive(op: Op): Promise<void> {
    const { dice, clients, services } = this.parts;
    let service = this.#anyService();
    if (dice.happens(SHARES.twiceAtOnce)) this.#follow(clients.send(op, (service + 1) % services));
    for (let tries = 1; ; tries += 1) {
      const result = await clients.send(op, service, dice.happens(SHARES.hurried));
      const isOver = result !== 'indefinite' || tries >= TRIES_MAX || dice.happens(SHARES.abandoned);
      if (isOver || this.#stopped) {
        this.#keep(op, result === 'indefinite');
        return;
      }
      await pause(dice.between(20, 300) * tries);
      if (dice.happens(0.6)) service = (service + 1) % services;
    }
  }

  #keep(op: Op, isUnknown: boolean): void {
    const { dice } = this.parts;
    const place = isUnknown ? this.#later : this.#settled;
    const lengthMax = isUnknown ? LATER_MAX : KEPT_MAX;
    if (place.length < lengthMax) place.push(op);
    else place[dice.between(0, lengthMax - 1)] = op;
  }

  #takeAgain(): Op | undefined {
    const { dice } = this.parts;
    if (this.#later.length > 0 && dice.happens(0.5))
      return this.#later.splice(dice.between(0, this.#later.length - 1), 1)[0];
    return this.#settled.length > 0 ? dice.oneOf(this.#settled) : undefined;
  }

  #newOp(kind: 'deduction' | 'credit'): Op {
    const { dice, accounts } = this.parts;
    const account = pickAccount(accounts, dice);
    const { deductionMinorMax, creditMinorMax } = account.kind;
    const amountMax = kind === 'deduction' ? deductionMinorMax : creditMinorMax;
    return this.#ask(kind, account.id, String(dice.between(1, amountMax)), this.#further());
  }

  #ask(kind: 'deduction' | 'credit', account: string, amount: string, further: Op['further']): Op {
    this.#keys += 1;
    const key = `${kind === 'deduction' ? 'd' : 'c'}${this.#keys}`;
    return this.parts.clients.ask({ account, key, kind, amount, further });
  }

  #further(): Record<string, unknown> {
    const { dice } = this.parts;
    if (dice.happens(0.3)) return { reference: `click ${dice.between(1, 1e9)}` };
    return dice.happens(0.1) ? { metadata: metadata(dice.between(1, 4), dice.between(1, 400)) } : {};
  }

  #anyService(): number {
    return this.parts.dice.between(0, this.parts.services - 1);
  }
}

function metadata(pairs: number, valueLength: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: pairs }, (_, n) => [`note${n}`, 'x'.repeat(valueLength)]));
}
