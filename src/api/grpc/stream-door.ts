import { Metadata, type MethodDefinition, status, type UntypedHandleCall } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { DeductionService } from '../../deductions/deduction.service';
import { AnonymousThrottle } from '../../platform/anonymous-throttle';
import { ApiKeys } from '../../platform/api-keys';
import { ItemGate } from '../../platform/item-gate';
import { Metrics } from '../../platform/metrics';
import { RateLimits } from '../../platform/rates/rate-limits';
import { Settings } from '../../platform/settings';
import { admit, type Admitted } from '../admit';
import { problemOfFault } from '../fault-problem';
import { ManyDeductions } from '../many-deductions';
import { deduct } from '../../contract/deductions';
import { Problem } from '../../contract/problem';
import { callNamesOf, named, namesIn } from './call-names';
import { type DeductCall, DeductStream } from './deduct-stream';
import { statusOf } from './rich-status';
import { callerOf } from './unary';
import { codecOf } from './wire';

const PATH = '/hotsplit.v1.DeductionService/StreamDeduct';

/** The StreamDeduct calls that are open. */
@Injectable()
export class StreamDoor {
  readonly #open = new Set<DeductStream>();
  #isStopping = false;

  constructor(
    private readonly deductions: DeductionService,
    private readonly keys: ApiKeys,
    private readonly throttle: AnonymousThrottle,
    private readonly metrics: Metrics,
    private readonly rates: RateLimits,
    private readonly gate: ItemGate,
    private readonly settings: Settings,
  ) {
    metrics.readStreamsFrom(() => ({ streams: this.#open.size, inFlight: this.inFlight }));
  }

  /** Deductions of all streams that were taken and whose results have not left. */
  get inFlight(): number {
    return [...this.#open].reduce((sum, stream) => sum + stream.inFlight, 0);
  }

  definition(): MethodDefinition<Buffer, object> {
    const results = codecOf('hotsplit.v1.StreamDeductResponse');
    const asIs = (bytes: Buffer): Buffer => bytes;
    return {
      path: PATH,
      requestStream: true,
      responseStream: true,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: results.encode,
      responseDeserialize: results.decode,
    };
  }

  handler(): UntypedHandleCall {
    const many = new ManyDeductions(this.deductions, this.metrics, this.gate);
    const doorkeepers = { keys: this.keys, throttle: this.throttle };
    const problemOf = (error: unknown): Problem => problemOfFault(error, this.metrics);
    const ended = this.metrics.calls.grpcStream(PATH, (code: status) => status[code]);
    return (call: DeductCall): void => {
      const caller = callerOf(call);
      const names = callNamesOf(call.metadata);
      const isAdmitted = (): ReturnType<typeof admit> => admit(doorkeepers, caller, deduct.scope);
      const open = (admitted: Admitted): void => {
        if (admitted instanceof Problem) {
          this.metrics.problemAnswered(admitted, names, '');
          const refusal = statusOf(admitted);
          ended(refusal.code);
          call.emit('error', named(refusal, names));
          return;
        }
        call.sendMetadata(namesIn(new Metadata(), names));
        const refused = (problem: Problem): void => {
          this.metrics.problemAnswered(problem, names, admitted.keyId);
        };
        this.#add(call, { many, names, problemOf, refused, ended, admit: isAdmitted, rates: this.rates });
      };
      const admitted = isAdmitted();
      if (admitted instanceof Promise) admitted.catch(problemOf).then(open, open);
      else open(admitted);
    };
  }

  /** What was taken is answered, then every stream ends; the client sends the rest elsewhere. */
  stop(): void {
    this.#isStopping = true;
    for (const stream of this.#open) stream.refuse(stopping());
  }

  #add(call: DeductCall, parts: Omit<ConstructorParameters<typeof DeductStream>[1], 'inFlightMax'>): void {
    const stream = new DeductStream(call, { ...parts, inFlightMax: this.settings.grpcStreamInFlightMax });
    this.#open.add(stream);
    call.once('close', () => this.#open.delete(stream));
    if (this.#isStopping) stream.refuse(stopping());
  }
}

function stopping(): Problem {
  const detail = 'This instance stops. What it took is answered; send the rest again.';
  return new Problem('OVERLOADED', { detail, retryAfterSeconds: 1 });
}
