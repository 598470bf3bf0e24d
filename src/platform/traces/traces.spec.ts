import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Traces } from './traces';

const TRACE = 'a'.repeat(32);
const PARENT = 'b'.repeat(16);

function setUp({ share = 0.01, random = 0.5 } = {}) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let now = 0;
  const tracer = provider.getTracer('test');
  const traces = new Traces({ tracer, share, random: () => random, now: () => now });
  const begin = (traceParent?: string) => traces.begin(() => 'POST /x', traceParent);
  return { begin, spans: () => exporter.getFinishedSpans(), pass: (ms: number) => void (now += ms) };
}

describe('a call', () => {
  it('is traced by chance where it does not say, and otherwise by what its traceparent says', () => {
    expect(setUp({ random: 0.009 }).begin()).toBeDefined();
    expect(setUp({ random: 0.01 }).begin()).toBeUndefined();
    expect(setUp({ random: 0 }).begin(`00-${TRACE}-${PARENT}-00`)).toBeUndefined();
    expect(setUp({ share: 0 }).begin(`00-${TRACE}-${PARENT}-01`)).toBeDefined();
    expect(setUp({ random: 0.5 }).begin('nonsense')).toBeUndefined();
  });

  it('goes on with the trace that it came with', () => {
    const { begin, spans } = setUp();
    begin(`00-${TRACE}-${PARENT}-01`)?.answered({}, false);
    expect(spans()).toMatchObject([
      { name: 'POST /x', parentSpanContext: { traceId: TRACE, spanId: PARENT } },
    ]);
    expect(spans()[0]?.spanContext().traceId).toBe(TRACE);
  });

  it('has parts, what they came to, and links between parts of different traces', () => {
    const { begin, spans } = setUp({ share: 1 });
    const [one, other] = [begin(), begin()];
    const [lane, otherLane] = [one?.child('lane'), other?.child('lane')];
    if (!lane || !otherLane) throw new Error('not traced');
    const batch = lane.child('batch', { commands: 2 }, [lane, otherLane]);
    otherLane.link(batch);
    batch.fail(new TypeError('SELECT secret'));
    lane.end('applied');
    otherLane.end('overloaded');
    const [batchSpan, laneSpan, otherSpan] = spans();
    expect(batchSpan).toMatchObject({
      name: 'batch',
      attributes: { 'hotsplit.commands': 2 },
      status: { message: 'TypeError' },
    });
    expect(batchSpan?.parentSpanContext?.spanId).toBe(laneSpan?.spanContext().spanId);
    expect(batchSpan?.links.map(({ context }) => context.spanId)).toEqual([
      laneSpan?.spanContext().spanId,
      otherSpan?.spanContext().spanId,
    ]);
    expect(laneSpan).toMatchObject({ attributes: { 'hotsplit.outcome': 'applied' } });
    expect(otherSpan?.links.map(({ context }) => context.spanId)).toEqual([batchSpan?.spanContext().spanId]);
  });

  it('is not traced when too many are, whatever it says', () => {
    const { begin, pass } = setUp();
    const many = (): number =>
      Array.from({ length: 2_000 }, () => begin(`00-${TRACE}-${PARENT}-01`)).filter(Boolean).length;
    expect(many()).toBe(500);
    pass(100);
    expect(many()).toBe(50);
  });
});
