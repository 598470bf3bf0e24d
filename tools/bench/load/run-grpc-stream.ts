import { type GrpcCall, GrpcSession } from '../grpc/grpc-session';
import { DeductionsWriter, METHODS, readResults } from '../grpc/messages';
import { countedLoop, type LoopAnswer, type LoopDeduction, type LoopPlan } from './counted-loop';
import type { LoadResult } from './load-plan';

const STREAMS = 4;

/** StreamDeduct: deductions one by one, which travel together as they come to hand, on a few streams of one connection each. */
export async function runGrpcStream(plan: LoopPlan): Promise<LoadResult> {
  const open = Array.from({ length: STREAMS }, () => GrpcSession.open(plan.address, plan.key));
  const sessions = await Promise.all(open);
  const streams = sessions.map(
    (session) => new DeductStream(session.call(METHODS.streamDeduct), plan.accountId),
  );
  try {
    return await countedLoop(plan, async (deductions, worker) => {
      const stream = streams[worker % STREAMS] as DeductStream;
      return Promise.all(deductions.map((each) => stream.deduct(each)));
    });
  } finally {
    await Promise.all(streams.map((stream) => stream.end()));
    await Promise.all(sessions.map((session) => session.close()));
  }
}

/** One StreamDeduct, whose answers come in any order. */
export class DeductStream {
  readonly #waiting = new Map<string, (answer: LoopAnswer) => void>();
  readonly #writer: DeductionsWriter;
  #atHand: LoopDeduction[] = [];
  #ended: string | undefined;

  constructor(
    private readonly call: GrpcCall,
    accountId: string,
  ) {
    this.#writer = new DeductionsWriter(accountId);
    call.onMessage = (message) => {
      for (const { requestId, answer } of readResults(message)) this.#settle(requestId, answer);
    };
    void call.ended.then(({ code, message }) => {
      this.#ended = `stream ended with ${code} ${message}`.trim();
      for (const requestId of [...this.#waiting.keys()])
        this.#settle(requestId, { kind: 'unknown', code: this.#ended });
    });
  }

  deduct(deduction: LoopDeduction): Promise<LoopAnswer> {
    if (this.#ended !== undefined) return Promise.resolve({ kind: 'refused', code: this.#ended });
    return new Promise((resolve) => {
      this.#waiting.set(deduction.requestId, resolve);
      this.#atHand.push(deduction);
      // Whoever was answered by one message asks again in one message.
      if (this.#atHand.length === 1) setImmediate(() => this.#flush());
    });
  }

  async end(): Promise<void> {
    this.call.end();
    await this.call.ended;
  }

  #flush(): void {
    const deductions = this.#atHand;
    this.#atHand = [];
    if (this.#ended === undefined) this.call.send(this.#writer.write(deductions));
  }

  #settle(requestId: string, answer: LoopAnswer): void {
    this.#waiting.get(requestId)?.(answer);
    this.#waiting.delete(requestId);
  }
}
