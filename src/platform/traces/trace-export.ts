import type { OnApplicationShutdown } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { EngineObserver } from '../../engine/observer';
import { PRODUCT_VERSION } from '../version';

/** Spans that wait to be sent; more are dropped. */
const QUEUED_MAX = 4_096;
const SENT_AT_ONCE_MAX = 512;
const PAUSE_MS = 1_000;
/** How long one sending may take, and how long the end of the service waits for what is left. */
const SEND_MS_MAX = 3_000;

export interface TraceExportParts {
  /** Where spans are sent, OTLP over HTTP; such as http://127.0.0.1:4318/v1/traces */
  readonly url: string;
  readonly instanceId: string;
  readonly observer: Pick<EngineObserver, 'deferred'>;
}

/** Sends spans to an OpenTelemetry collector. One that is away harms nothing: what does not fit the queue is dropped. */
export class TraceExport implements OnApplicationShutdown {
  readonly #provider: BasicTracerProvider;

  constructor({ url, instanceId, observer }: TraceExportParts) {
    const exporter = new SayingExporter(new OTLPTraceExporter({ url, timeoutMillis: SEND_MS_MAX }), observer);
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        'service.name': 'hotsplit',
        'service.version': PRODUCT_VERSION,
        'service.instance.id': instanceId,
      }),
      // The doors decide what is traced: nothing that is not comes here.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [
        new BatchSpanProcessor(exporter, {
          maxQueueSize: QUEUED_MAX,
          maxExportBatchSize: SENT_AT_ONCE_MAX,
          scheduledDelayMillis: PAUSE_MS,
          exportTimeoutMillis: SEND_MS_MAX,
        }),
      ],
    });
  }

  get tracer(): Tracer {
    return this.#provider.getTracer('hotsplit', PRODUCT_VERSION);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }
}

/** Says once that spans cannot be sent, until they can again. */
class SayingExporter implements SpanExporter {
  #isAway = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly observer: Pick<EngineObserver, 'deferred'>,
  ) {}

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.exporter.export(spans, (result) => {
      if (result.error && !this.#isAway) this.observer.deferred('sending traces', result.error);
      this.#isAway = result.error !== undefined;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }
}
