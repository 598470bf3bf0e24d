import { type CallNames, namesLogged } from './call-names';
import { ACCESS, type StructuredLog } from './structured-log';

/** A call that was answered, as far as it may be logged: bodies, keys and the values of a query are not part of it. */
export interface AnsweredCall extends CallNames {
  /** Empty where the caller showed no known key. */
  readonly keyId: string;
  /** HTTP's, or `grpc`. */
  readonly method: string;
  /** The pattern of the route, never the path that was asked for; or the gRPC method. */
  readonly route: string;
  /** HTTP's, or the name of gRPC's. */
  readonly status: number | string;
  readonly seconds: number;
}

/** One line for some of the answered calls. */
export class AccessLog {
  /**
   * @param share of the calls that are logged, from 0 to 1
   * @param random from 0 to below 1
   */
  constructor(
    private readonly log: Pick<StructuredLog, 'info'>,
    private readonly share: number,
    private readonly random: () => number,
  ) {}

  /** Whether the next call is among those that are logged. Asked first, so that the others cost no more than this. */
  wants(): boolean {
    return this.share > 0 && this.random() < this.share;
  }

  write({ keyId, method, route, status, seconds, ...names }: AnsweredCall): void {
    const ms = Math.round(seconds * 1_000_000) / 1_000;
    this.log.info(ACCESS, { ...namesLogged(names), keyId: keyId || 'none', method, route, status, ms });
  }
}
