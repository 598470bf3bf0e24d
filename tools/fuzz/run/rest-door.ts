import fc from 'fast-check';
import { AnswerSchemas } from '../description/answer-schemas';
import { type Arrival, Arrivals } from '../description/arrival';
import type { Operation } from '../description/operation';
import type { KnownValues } from '../generate/known-values';
import { deliveryOf, type Plan, plans } from '../generate/plan';
import type { Delivery, Request } from '../generate/request';
import type { Addresses } from '../generate/vocabulary';
import { type Finding, signatureOf } from '../oracles/finding';
import { type Court, judgeAnswer } from '../oracles/judge-answer';
import type { Secrets } from '../oracles/leaks';
import type { Answer } from '../send/answer';
import { Connection, type Heard } from '../send/connection';
import { type Bookkeeper, NAMED_OPERATIONS } from './bookkeeper';
import { type Door, type FoundOnce, mostlyLacking, type Round } from './door';
import { commandOf } from './reproduction';
import { changedBy, type SiteBooks } from './site-books';
import { Tally } from './tally';

const CONNECTIONS = 16;
const SHRINKS_MAX = 150;
/** Of the service's own processor time while one request waits: a busy machine makes none of it. */
const SLOW_CPU_MS = 15_000;
/** What a whole round may find: after that something is broken so thoroughly that more would say nothing. */
const FOUND_MAX = 25;

export interface RestDoorParts {
  readonly url: string;
  readonly key: string;
  readonly operations: readonly Operation[];
  readonly known: KnownValues;
  readonly keeper: Bookkeeper;
  readonly secrets: Secrets;
  readonly addresses: Addresses;
  readonly site: SiteBooks;
  /** What the service's process has used of a processor so far; stands still where that cannot be known. */
  readonly cpuMs: () => number;
  /** Values of the service that answers may show. */
  readonly shown: readonly string[];
}

/** A finding that ends a property, for fast-check to make it smaller. */
class Found extends Error {
  constructor(readonly finding: Finding) {
    super(signatureOf(finding));
  }
}

/** Fuzzes the REST API: everything that its description describes, and what it does not. */
export class RestDoor implements Door {
  readonly name = 'rest';
  readonly #tally = new Tally();
  #plans: fc.Arbitrary<Plan>;
  readonly #arrivals: Arrivals;
  readonly #court: Court;
  readonly #connections: Connection[];
  /** What has been found, by signature, and who is making it smaller. */
  readonly #found = new Map<string, number>();

  constructor(private readonly parts: RestDoorParts) {
    const { url, operations, addresses, secrets, shown } = parts;
    const { hostname, port } = new URL(url);
    for (const name of NAMED_OPERATIONS)
      if (!operations.some(({ id }) => id === name)) throw new Error(`the description has no ${name}`);
    this.#plans = plans(operations, addresses.vocabulary);
    this.#arrivals = new Arrivals(operations);
    this.#court = { schemas: new AnswerSchemas(), secrets, shown };
    this.#connections = Array.from(
      { length: CONNECTIONS },
      () => new Connection({ host: hostname, port: Number(port) }),
    );
  }

  async run(requests: number, seed: number): Promise<Round> {
    const before = this.#tally.requests;
    const each = Math.ceil(requests / CONNECTIONS);
    const found = await Promise.all(
      this.#connections.map((connection, nth) => this.#explore(connection, nth, each, derived(seed, nth))),
    );
    return { requests: this.#tally.requests - before, found: found.flat() };
  }

  async runLacking(requests: number, seed: number): Promise<Round> {
    const { operations, addresses } = this.parts;
    const lacking = operations.filter(({ id }) => !this.#tally.hasSucceeded(id));
    if (lacking.length === 0) return { requests: 0, found: [] };
    const all = this.#plans;
    const making = operations.filter((operation) => isMaking(operation));
    this.#plans = plans(mostlyLacking(lacking, making), addresses.vocabulary);
    const round = await this.run(requests, seed);
    this.#plans = all;
    return round;
  }

  async runQuietly(requests: number, seed: number): Promise<Round> {
    const { site } = this.parts;
    const [connection] = this.#connections;
    if (!connection) return { requests: 0, found: [] };
    const found: FoundOnce[] = [];
    let before = await site.digestAtRest();
    for (const plan of fc.sample(this.#plans, { numRuns: requests, seed: derived(seed, -1) })) {
      const delivery = this.#deliveryOf(plan);
      // What is abandoned or broken may have been carried out: it says nothing of refusals.
      if (delivery.manner !== 'whole' || delivery.requests.every(({ method }) => method === 'GET')) continue;
      const { findings, answers } = await this.#exercise(connection, delivery);
      const isRefused = answers.every(({ status }) => status >= 400);
      if (!isRefused) await site.atRest();
      const after = await site.digest();
      const changed = changedBy(whereOf(delivery), before, after);
      if (isRefused && changed.length > 0) {
        const told = answers.map(({ status, text }) => `${status} ${text.slice(0, 200)}`).join(', ');
        const detail = `${changed.join(', ')} changed, and the answer was ${told}`;
        findings.push({ kind: 'changed by a refusal', where: whereOf(delivery), detail });
      }
      before = after;
      for (const finding of findings.filter((each) => this.#claim(each, 0))) {
        const changes = plan.changes.map(({ what }) => what);
        const command = commandOf(delivery, this.parts.url);
        found.push({ finding, reproduction: { changes, command, replay: `--seed ${seed}` } });
      }
    }
    return { requests, found };
  }

  report() {
    const { operations } = this.parts;
    return {
      neverSucceeded: operations.map(({ id }) => id).filter((id) => !this.#tally.hasSucceeded(id)),
      counts: this.#tally.all,
    };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Sends one case again, as fast-check made it. */
  async replay(seed: number, path: string): Promise<readonly FoundOnce[]> {
    const [connection] = this.#connections;
    return connection ? this.#explore(connection, 0, 1, seed, path) : [];
  }

  /** One stream of requests. What it finds is made smaller right away; then it goes on with what is left. */
  async #explore(
    connection: Connection,
    nth: number,
    requests: number,
    seed: number,
    path?: string,
  ): Promise<FoundOnce[]> {
    const found: FoundOnce[] = [];
    for (let left = requests, part = 0; left > 0 && this.#found.size < FOUND_MAX; part += 1) {
      const partSeed = part === 0 ? seed : derived(seed, 1_000 + part);
      let shrinks = 0;
      let smallest: Delivery | undefined;
      const property = fc.asyncProperty(this.#plans, async (plan) => {
        if (shrinks > SHRINKS_MAX) return;
        const delivery = this.#deliveryOf(plan);
        const { findings } = await this.#exercise(connection, delivery);
        const mine = findings.find((finding) => this.#claim(finding, nth, shrinks > 0));
        if (!mine) {
          if (shrinks > 0) shrinks += 1;
          return;
        }
        shrinks += 1;
        smallest = delivery;
        throw new Found(mine);
      });
      const run = await fc.check(property, {
        seed: partSeed,
        numRuns: left,
        ...(path === undefined ? {} : { path }),
        includeErrorInReport: true,
      });
      left -= run.numRuns;
      if (!run.failed) break;
      const [plan] = run.counterexample ?? [];
      const error = run.errorInstance;
      if (!(error instanceof Found) || !plan)
        throw error instanceof Error ? error : new Error('no plan was made');
      found.push({
        finding: error.finding,
        reproduction: {
          changes: plan.changes.map(({ what }) => what),
          command: commandOf(smallest ?? this.#deliveryOf(plan), this.parts.url),
          replay: `--case ${partSeed}/${run.counterexamplePath?.split(':')[0] ?? ''}`,
        },
      });
    }
    return found;
  }

  /** Whoever finds something first makes it smaller; the others pass it by. */
  #claim(finding: Finding, nth: number, isShrinking = false): boolean {
    const signature = signatureOf(finding);
    const owner = this.#found.get(signature);
    if (owner === undefined && !isShrinking) this.#found.set(signature, nth);
    return owner === undefined ? !isShrinking : owner === nth && isShrinking;
  }

  #deliveryOf(plan: Plan): Delivery {
    const { known, key, url, addresses } = this.parts;
    const delivery = deliveryOf(plan, known, { host: new URL(url).host, key });
    if (delivery.requests.every((request) => addresses.confines(request))) return delivery;
    return deliveryOf({ draft: { ...plan.draft, again: undefined, body: undefined }, changes: [] }, known, {
      host: new URL(url).host,
      key,
    });
  }

  async #exercise(
    connection: Connection,
    delivery: Delivery,
  ): Promise<{ findings: Finding[]; answers: readonly Answer[] }> {
    const { cpuMs } = this.parts;
    const began = cpuMs();
    const heard = await connection.deliver(delivery);
    const findings = this.#judge(delivery, heard);
    if (cpuMs() - began > SLOW_CPU_MS)
      findings.push({
        kind: 'slow',
        where: whereOf(delivery),
        detail: `more than ${SLOW_CPU_MS} ms of processor time`,
      });
    return { findings, answers: heard.answers };
  }

  #judge(delivery: Delivery, { answers, end }: Heard): Finding[] {
    const { requests, manner, bytes } = delivery;
    const said = saidIn(bytes, requests);
    const findings: Finding[] = [];
    for (let nth = 0; nth < Math.max(requests.length, answers.length); nth += 1) {
      const request = requests[nth];
      const answer = answers[nth];
      const arrival = request && this.#arrivals.of(request.method, request.target);
      this.#tally.add(arrival?.operation.id ?? 'elsewhere', answer?.status ?? 0);
      if (answer)
        findings.push(
          ...judgeAnswer({ request, arrival: arrivalOf(answer, arrival), answer, said }, this.#court),
        );
      else if (manner === 'whole' && !answers.some(endsConnection))
        findings.push({ kind: 'no answer', where: whereOf(delivery), detail: end });
      const fault = request && this.parts.keeper.note(request, arrival, answer);
      if (fault !== undefined)
        findings.push({ kind: 'books differ', where: arrival?.operation.id ?? 'elsewhere', detail: fault });
    }
    return findings;
  }
}

/** A path that is none of the API's is answered as such, however much it looks like one of them. */
function arrivalOf(answer: Answer, arrival: Arrival | undefined): Arrival | undefined {
  return answer.text.includes('"ROUTE_NOT_FOUND"') ? undefined : arrival;
}

function endsConnection({ headers }: Answer): boolean {
  return headers['connection'] === 'close';
}

function whereOf({ requests }: Delivery): string {
  const [request]: readonly (Request | undefined)[] = requests;
  return request?.operation.id ?? 'elsewhere';
}

/** What the client said, as it might be heard again: as bytes, and with escapes read. */
function saidIn(bytes: Buffer, requests: readonly Request[]): string {
  // In chunks, a body does not stand in the bytes as it is.
  const hidden = requests.flatMap(({ body }) =>
    body === undefined || bytes.includes(body) ? [] : [body.toString()],
  );
  const text = [bytes.toString(), ...hidden].join('\n');
  const unescaped = text.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  try {
    return `${text}\n${unescaped}\n${decodeURIComponent(text)}`;
  } catch {
    return `${text}\n${unescaped}`;
  }
}

/** Another seed for each part of a run. */
function derived(seed: number, part: number): number {
  return (Math.imul(seed ^ Math.imul(part + 2, 0x9e37_79b1), 0x85eb_ca6b) ^ (part << 7)) | 0;
}

/** Whether it makes what others need: an account, a hold, a shard, a key, a webhook. */
function isMaking({ method, path, answers }: Operation): boolean {
  return method === 'POST' && !path.replace('{accountId}', '').includes('{') && answers['201'] !== undefined;
}
