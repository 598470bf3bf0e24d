/** What crowds a service out, and what it is asked for. */
export const FLOOD_KINDS = {
  'bad keys':
    'every connection sends requests with keys that nobody has, the next as soon as one is answered',
  readiness: 'every connection asks whether the service is ready, again and again, without a key',
  'idle connections': 'every connection is opened and says nothing',
  'large batches': 'a client with a key sends batches of 5,000 deductions from accounts that nobody has',
} as const;

export type FloodKind = keyof typeof FLOOD_KINDS;

/** Floods by callers without a key, which must not cost those who have one. */
export const ANONYMOUS: readonly FloodKind[] = ['bad keys', 'readiness', 'idle connections'];

export interface FloodPlan {
  readonly kind: FloodKind;
  readonly url: string;
  readonly connections: number;
  /** Of the client that sends large batches. */
  readonly key: string;
}

/** What the flood was answered, by status; `closed` for connections that ended. */
export type FloodAnswers = Readonly<Record<string, number>>;
