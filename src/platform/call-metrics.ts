import { Counter, type Registry } from 'prom-client';
import { FoldedHistogram, type HistogramSeries, SECONDS_BOUNDS } from './folded-histogram';

/** Told of each call on one route, or of one method, when it has been answered. */
export type CallDone<Status> = (status: Status, seconds: number) => void;

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'];

/**
 * Calls at both doors by what they were answered. Series are made for routes and methods that there are, and for statuses that
 * were answered: nothing that a caller makes up becomes a label.
 */
export class CallMetrics {
  readonly #http: FoldedHistogram;
  readonly #grpc: FoldedHistogram;
  readonly #streams: Counter;

  constructor(registry: Registry) {
    this.#http = new FoldedHistogram(registry, {
      name: 'hotsplit_http_request_seconds',
      help: 'Time from an HTTP request’s head until its answer is ready to be sent, by the route’s pattern (`none`: no route was found) and the status’ class. `_count` is the number of requests. Streams of events are left out.',
      labelNames: ['method', 'route', 'status'],
      bounds: SECONDS_BOUNDS,
    });
    this.#grpc = new FoldedHistogram(registry, {
      name: 'hotsplit_grpc_call_seconds',
      help: 'Time from a gRPC call’s message to its answer, by method and status, of the API’s own services without streams. `_count` is the number of calls.',
      labelNames: ['method', 'status'],
      bounds: SECONDS_BOUNDS,
    });
    this.#streams = new Counter({
      name: 'hotsplit_grpc_streams_total',
      help: 'Streams of gRPC calls that have ended, by method and the status that they ended with; `CANCELLED` where the client went away while deductions were in flight, and `OK` where none was.',
      labelNames: ['method', 'status'],
      registers: [registry],
    });
  }

  /** Told of each stream of a method when it has ended. */
  grpcStream<Status>(method: string, nameOf: (status: Status) => string): (status: Status) => void {
    return (status) => {
      this.#streams.inc({ method, status: nameOf(status) });
    };
  }

  /** @param method and route as they are registered */
  httpRoute(method: string, route: string): CallDone<number> {
    const series: HistogramSeries[] = [];
    return (status, seconds) => {
      const place = Math.min(Math.max(Math.floor(status / 100), 1), CLASSES.length) - 1;
      const known = (series[place] ??= this.#http.series({
        method,
        route,
        status: CLASSES[place] as string,
      }));
      known.observe(seconds);
    };
  }

  /** @param nameOf names a status; there are so many and no more */
  grpcMethod<Status>(method: string, nameOf: (status: Status) => string): CallDone<Status> {
    const series = new Map<Status, HistogramSeries>();
    return (status, seconds) => {
      let known = series.get(status);
      if (!known) {
        known = this.#grpc.series({ method, status: nameOf(status) });
        series.set(status, known);
      }
      known.observe(seconds);
    };
  }
}
