import type {
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { AnonymousThrottle, PROBE_HELD_MS_MAX } from '../../platform/anonymous-throttle';
import { ApiKeys } from '../../platform/api-keys';
import { Health } from '../../health/health';
import { admitAnybody } from '../admit';
import { statusOf } from './rich-status';
import { callerOf } from './unary';
import { codecOf, enumOf } from './wire';

interface Request {
  readonly service: string;
}

interface Answer {
  readonly status: number;
}

type Watch = ServerWritableStream<Request, Answer>;

const SERVICE = 'grpc.health.v1.Health';
const STATUSES = enumOf('grpc.health.v1.HealthCheckResponse.ServingStatus');
const SERVING = STATUSES['SERVING'] ?? 0;
const NOT_SERVING = STATUSES['NOT_SERVING'] ?? 0;
const SERVICE_UNKNOWN = STATUSES['SERVICE_UNKNOWN'] ?? 0;

const WATCH_MS = 2_000;

/** The standard health service: what `/readyz` says, for the server as a whole and for each of its services. */
@Injectable()
export class HealthService {
  readonly #watches = new Map<Watch, number | undefined>();
  #timer: NodeJS.Timeout | undefined;
  #known: ReadonlySet<string> = new Set();

  constructor(
    private readonly health: Health,
    private readonly keys: ApiKeys,
    private readonly throttle: AnonymousThrottle,
  ) {}

  /** @param services that can be asked for by name */
  start(services: readonly string[]): void {
    this.#known = new Set(['', SERVICE, ...services]);
    this.#timer = setInterval(() => void this.#tellWatches(), WATCH_MS).unref();
  }

  /** Tells every watch now. */
  stopping(): void {
    void this.#tellWatches();
  }

  /** Tells every watch that nothing is served any more, and ends it. Call it when `Health` knows. */
  stop(): void {
    clearInterval(this.#timer);
    for (const [watch, told] of this.#watches) {
      if (told !== NOT_SERVING && told !== SERVICE_UNKNOWN) watch.write({ status: NOT_SERVING });
      watch.end();
    }
  }

  definition(): ServiceDefinition {
    const request = codecOf<Request>('grpc.health.v1.HealthCheckRequest');
    const answer = codecOf<Answer>('grpc.health.v1.HealthCheckResponse');
    const method = (name: string, responseStream: boolean) => ({
      path: `/${SERVICE}/${name}`,
      requestStream: false,
      responseStream,
      requestSerialize: request.encode,
      requestDeserialize: request.decode,
      responseSerialize: answer.encode,
      responseDeserialize: answer.decode,
    });
    return { Check: method('Check', false), Watch: method('Watch', true) };
  }

  handlers(): UntypedServiceImplementation {
    return {
      Check: (call: ServerUnaryCall<Request, Answer>, done: sendUnaryData<Answer>) => {
        if (!this.#known.has(call.request.service)) {
          done({ code: status.NOT_FOUND, details: 'There is no such service.', metadata: new Metadata() });
          return;
        }
        const answer = async (): Promise<void> => {
          done(null, { status: await this.#serving() });
        };
        const admitted = admitAnybody(
          { keys: this.keys, throttle: this.throttle },
          callerOf(call),
          PROBE_HELD_MS_MAX,
        );
        if (admitted instanceof Promise) void admitted.then(answer);
        else if (admitted) done(statusOf(admitted));
        else void answer();
      },
      Watch: (call: Watch) => {
        const isKnown = this.#known.has(call.request.service);
        this.#watches.set(call, isKnown ? undefined : SERVICE_UNKNOWN);
        call.once('close', () => this.#watches.delete(call));
        if (isKnown) void this.#tellWatches();
        else call.write({ status: SERVICE_UNKNOWN });
      },
    };
  }

  async #serving(): Promise<number> {
    const readiness = await this.health.readiness();
    return readiness.status === 'ready' ? SERVING : NOT_SERVING;
  }

  async #tellWatches(): Promise<void> {
    if (this.#watches.size === 0) return;
    const serving = await this.#serving();
    for (const [watch, told] of this.#watches) {
      if (told === serving || told === SERVICE_UNKNOWN || !watch.writable) continue;
      this.#watches.set(watch, serving);
      watch.write({ status: serving });
    }
  }
}
