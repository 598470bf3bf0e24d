import {
  type Attributes,
  type Context,
  context as contexts,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import type { Span, SpanAttributes } from '../../shards/span';
import { traceParentOf } from '../call-names';
import { Rate } from '../rates/gcra';

export interface TracesParts {
  readonly tracer: Tracer;
  /** Share of the calls that are traced, of those that do not say themselves whether they are; from 0 to 1. */
  readonly share: number;
  readonly random: () => number;
  readonly now: () => number;
}

/** More traces are not begun in a second, whatever clients say: each costs as much as some requests. */
const TRACES_A_SECOND_MAX = 500;

/** `undefined` where nothing is traced. */
export const TRACES = Symbol('traces');

/**
 * Begins traces at the doors. Whether a call is traced is decided once, here: by its `traceparent`'s flag where it has one, else by
 * chance. A call that is not traced has no span, and nothing on its way costs anything.
 */
export class Traces {
  readonly #begun = new Rate(TRACES_A_SECOND_MAX);

  constructor(private readonly parts: TracesParts) {}

  /**
   * @param nameOf asked only where the call is traced
   * @param traceParent as the client sent it
   */
  begin(nameOf: () => string, traceParent: unknown): DoorSpan | undefined {
    const parent = parentIn(traceParent);
    const isTraced = parent ? parent.isSampled : this.parts.random() < this.parts.share;
    const { tracer, now } = this.parts;
    if (!isTraced || !this.#begun.take(1, now()).allowed) return undefined;
    const context = parent?.context ?? ROOT_CONTEXT;
    return new DoorSpan(tracer, tracer.startSpan(nameOf(), { kind: SpanKind.SERVER }, context));
  }
}

function parentIn(said: unknown): { readonly context: Context; readonly isSampled: boolean } | undefined {
  const [, traceId, spanId, flags] = traceParentOf(said)?.split('-') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const isSampled = (parseInt(flags, 16) & 1) === 1;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
  return { context, isSampled };
}

/** A span as the engine knows it, kept by OpenTelemetry. */
class TracedSpan implements Span {
  constructor(
    private readonly tracer: Tracer,
    readonly span: OtelSpan,
  ) {}

  child(name: string, attributes: SpanAttributes = {}, links: readonly Span[] = []): Span {
    const within = trace.setSpan(contexts.active(), this.span);
    const linked = links.filter((each) => each instanceof TracedSpan);
    const options = {
      attributes: prefixed(attributes),
      links: linked.map(({ span }) => ({ context: span.spanContext() })),
    };
    return new TracedSpan(this.tracer, this.tracer.startSpan(name, options, within));
  }

  link(other: Span): void {
    if (other instanceof TracedSpan) this.span.addLink({ context: other.span.spanContext() });
  }

  end(outcome?: string): void {
    if (outcome !== undefined) this.span.setAttribute('hotsplit.outcome', outcome);
    this.span.end();
  }

  fail(error: unknown): void {
    // What a database says may quote a statement; the log has it, and this names its kind only.
    const message = error instanceof Error ? error.name : 'error';
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
    this.span.end();
  }
}

/** The span of a call, from its arrival until it is answered. */
export class DoorSpan extends TracedSpan {
  describe(attributes: SpanAttributes): void {
    this.span.setAttributes({ ...attributes });
  }

  /** @param isFault of the service; what callers did wrong is none */
  answered(status: SpanAttributes, isFault: boolean): void {
    this.span.setAttributes({ ...status });
    if (isFault) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}

function prefixed(attributes: SpanAttributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`hotsplit.${name}`, value]));
}
