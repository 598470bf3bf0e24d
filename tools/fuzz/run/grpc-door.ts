import fc from 'fast-check';
import { type GrpcCall, type GrpcPlan, grpcPlans } from '../grpc/call';
import { GrpcKeeper, isRefusal } from '../grpc/keeper';
import { type GrpcMethod, readMethods } from '../grpc/methods';
import { type GrpcAnswer, GrpcFuzzSession } from '../grpc/session';
import type { KnownValues } from '../generate/known-values';
import type { ExpectedBooks } from '../oracles/expected-books';
import { type Finding, signatureOf } from '../oracles/finding';
import { judgeGrpc } from '../oracles/judge-grpc';
import type { Secrets } from '../oracles/leaks';
import { type Door, type FoundOnce, mostlyLacking, type Round } from './door';
import { changedBy, type SiteBooks } from './site-books';
import { Tally } from './tally';

const SESSIONS = 8;
/** Methods that make what others need. */
const MAKING = /^(Create|Register|(Hold|Deduct|Credit)$)/;
const BYTES_SHOWN_MAX = 1_000;
/** In Tally's terms: OK is a success, a gRPC status stands below 200, and 0 is no answer. */
const OK = 200;

export interface GrpcDoorParts {
  readonly url: string;
  readonly key: string;
  readonly known: KnownValues;
  readonly expected: ExpectedBooks;
  readonly secrets: Secrets;
  readonly site: SiteBooks;
}

/** Fuzzes the gRPC API: every method and field of the protos, and bytes that are none of them. */
export class GrpcDoor implements Door {
  readonly name = 'grpc';
  readonly #tally = new Tally();
  readonly #methods: readonly GrpcMethod[] = readMethods();
  #plans: fc.Arbitrary<GrpcPlan> = grpcPlans(this.#methods);
  readonly #sessions: readonly GrpcFuzzSession[];
  readonly #keeper: GrpcKeeper;
  readonly #found = new Set<string>();

  constructor(private readonly parts: GrpcDoorParts) {
    this.#keeper = new GrpcKeeper(parts.known, parts.expected, parts.secrets);
    this.#sessions = Array.from({ length: SESSIONS }, () => new GrpcFuzzSession(parts.url));
  }

  async run(requests: number, seed: number): Promise<Round> {
    const plans = fc.sample(this.#plans, { numRuns: requests, seed })[Symbol.iterator]();
    const found: FoundOnce[] = [];
    const work = async (session: GrpcFuzzSession): Promise<void> => {
      for (const plan of plans) found.push(...(await this.#exercise(session, plan, seed)).found);
    };
    await Promise.all(this.#sessions.map(work));
    return { requests, found };
  }

  async runLacking(requests: number, seed: number): Promise<Round> {
    const lacking = this.#methods.filter(({ id }) => !this.#tally.hasSucceeded(`grpc ${id}`));
    if (lacking.length === 0) return { requests: 0, found: [] };
    const all = this.#plans;
    const making = this.#methods.filter(({ name }) => MAKING.test(name));
    this.#plans = grpcPlans(mostlyLacking(lacking, making));
    const round = await this.run(requests, seed);
    this.#plans = all;
    return round;
  }

  async runQuietly(requests: number, seed: number): Promise<Round> {
    const { site } = this.parts;
    const [session] = this.#sessions;
    const found: FoundOnce[] = [];
    if (!session) return { requests: 0, found };
    let before = await site.digestAtRest();
    for (const plan of fc.sample(this.#plans, { numRuns: requests, seed: ~seed })) {
      const { call, answer, found: judged } = await this.#exercise(session, plan, seed);
      found.push(...judged);
      const isRefused = isRefusal(answer) && !call.method.isStream;
      const isAnswered = answer.status === 0;
      if (isAnswered) await site.atRest();
      // What was neither refused nor answered may still be on its way.
      const after = isRefused || isAnswered ? await site.digest() : await site.digestAtRest();
      const changed = changedBy(call.method.id, before, after);
      if (isRefused && changed.length > 0) {
        const detail = `${changed.join(', ')} changed, and the answer was ${answer.status} ${answer.text}`;
        found.push(
          ...this.#once(
            [{ kind: 'changed by a refusal', where: `grpc ${call.method.id}`, detail }],
            call,
            seed,
          ),
        );
      }
      before = after;
    }
    return { requests, found };
  }

  report() {
    const ids = this.#methods.map(({ id }) => `grpc ${id}`);
    return { neverSucceeded: ids.filter((id) => !this.#tally.hasSucceeded(id)), counts: this.#tally.all };
  }

  close(): void {
    for (const session of this.#sessions) session.close();
  }

  async #exercise(session: GrpcFuzzSession, plan: GrpcPlan, seed: number) {
    const { known, key, secrets } = this.parts;
    const call = plan(known, key);
    const answer: GrpcAnswer = await session.deliver(call);
    const { status } = answer;
    const where = `grpc ${call.method.id}`;
    const isElsewhere = call.headers[':path'] !== call.method.path;
    this.#tally.add(isElsewhere ? 'grpc elsewhere' : where, status === 0 ? OK : (status ?? 0));
    const findings = judgeGrpc(call, answer, secrets);
    const fault = this.#keeper.note(call, answer);
    if (fault !== undefined) findings.push({ kind: 'books differ', where, detail: fault });
    return { call, answer, found: this.#once(findings, call, seed) };
  }

  #once(findings: readonly Finding[], call: GrpcCall, seed: number): FoundOnce[] {
    const fresh = findings.filter((finding) => !this.#found.has(signatureOf(finding)));
    for (const finding of fresh) this.#found.add(signatureOf(finding));
    const bytes = Buffer.concat([...call.parts]);
    const command = `${JSON.stringify(call.headers)} ${bytes.subarray(0, BYTES_SHOWN_MAX).toString('base64')} (${bytes.length} bytes), then ${call.ending}`;
    const replay = `--door grpc --seed ${seed}`;
    return fresh.map((finding) => ({ finding, reproduction: { changes: call.changes, command, replay } }));
  }
}
