import type { RetryEvent } from './retries';

/** A secret or certificate as Node takes it: PEM text, or bytes. */
export type TlsMaterial = string | Uint8Array | readonly (string | Uint8Array)[];

/** For `https:` endpoints; names and meanings are Node's. */
export interface TlsOptions {
  /** The certificates to trust instead of the usual ones. */
  readonly ca?: TlsMaterial;
  /** The client's own certificate. */
  readonly cert?: TlsMaterial;
  readonly key?: TlsMaterial;
  readonly passphrase?: string;
  readonly servername?: string;
}

export interface ClientOptions {
  /** The addresses of the service's instances, such as `http://127.0.0.1:8080`. */
  readonly endpoints: string | readonly string[];
  readonly apiKey: string;
  /** How long a call may take, tries and waiting included. By default 30,000. */
  readonly timeoutMs?: number;
  /** How long one try may take before another is made. By default 15,000. */
  readonly attemptTimeoutMs?: number;
  /** Deductions that are under way at the service at once; more of them wait. By default 8,192. */
  readonly inFlightMax?: number;
  /** Deductions that wait, and other calls under way, each; one more is refused with QUEUE_FULL. By default 100,000. */
  readonly queueMax?: number;
  /** Batches that are under way at one endpoint at once. By default 4. */
  readonly batchesInFlightMax?: number;
  /** Deductions in one batch, at most, and by default, 5,000. */
  readonly batchItemsMax?: number;
  /** Connections to one endpoint. By default 64. */
  readonly connectionsMax?: number;
  /** The bound of the first pause before another try. By default 50. */
  readonly pauseMsFirst?: number;
  /** The bound that pauses grow to. By default 2,000. */
  readonly pauseMsMax?: number;
  readonly tls?: TlsOptions;
  /**
   * How long a connection may take to be made, and how long calls wait for the first connection of this client before they
   * end with NOT_CONNECTED. By default 5,000.
   */
  readonly connectTimeoutMs?: number;
  /** Is told of every try after which another one follows. What it throws becomes a warning of the process. */
  readonly onRetry?: (event: RetryEvent) => void;
}

/** The options with everything that has a default. */
export interface ClientSettings {
  readonly urls: readonly URL[];
  readonly apiKey: string;
  readonly tls: TlsOptions | undefined;
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly inFlightMax: number;
  readonly queueMax: number;
  readonly batchesInFlightMax: number;
  readonly batchItemsMax: number;
  readonly connectionsMax: number;
  readonly pauseMsFirst: number;
  readonly pauseMsMax: number;
  readonly connectTimeoutMs: number;
  readonly onRetry: ((event: RetryEvent) => void) | undefined;
}

const BATCH_ITEMS_MAX = 5_000;
/** Of Node's timers: what is longer would end at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const API_KEY = /^[\x21-\x7E]{1,512}$/;

const DEFAULTS = {
  timeoutMs: 30_000,
  // A service that is up answers within the ten seconds that a command may wait in one of its lanes.
  attemptTimeoutMs: 15_000,
  inFlightMax: 8_192,
  queueMax: 100_000,
  batchesInFlightMax: 4,
  batchItemsMax: BATCH_ITEMS_MAX,
  connectionsMax: 64,
  pauseMsFirst: 50,
  pauseMsMax: 2_000,
  connectTimeoutMs: 5_000,
};

/** @throws TypeError, RangeError naming the option and the rule; secrets are not in them */
export function settingsOf(options: ClientOptions): ClientSettings {
  const numbers = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[name] ?? DEFAULTS[name];
    const max = name === 'batchItemsMax' ? BATCH_ITEMS_MAX : TIMER_MS_MAX;
    if (!Number.isSafeInteger(value) || value < 1 || value > max)
      throw new RangeError(`${name} must be an integer from 1 to ${max}`);
    numbers[name] = value;
  }
  if (typeof options.apiKey !== 'string' || !API_KEY.test(options.apiKey))
    throw new TypeError('apiKey must be 1–512 printable ASCII characters without blanks');
  return {
    ...numbers,
    urls: urlsOf(options.endpoints),
    apiKey: options.apiKey,
    tls: options.tls,
    onRetry: options.onRetry,
  };
}

/** A call's own time, which has the same bounds. @throws RangeError */
export function timeoutMsOf(given: number | undefined, settings: Pick<ClientSettings, 'timeoutMs'>): number {
  if (given === undefined) return settings.timeoutMs;
  if (!(given > 0 && given <= TIMER_MS_MAX))
    throw new RangeError(`timeoutMs must be more than 0, and at most ${TIMER_MS_MAX}`);
  return given;
}

function urlsOf(endpoints: string | readonly string[]): URL[] {
  const urls = (typeof endpoints === 'string' ? [endpoints] : endpoints).map(urlOf);
  if (urls.length === 0) throw new TypeError('endpoints must name one address at least');
  return urls;
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new TypeError('endpoints must be http: or https: addresses, such as http://127.0.0.1:8080');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError('endpoints must be addresses without user, password, query or fragment');
  return url;
}
