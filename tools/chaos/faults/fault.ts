/** The ways in which things are broken. */
export const FAULT_KINDS = {
  'service killed': 'kill -9, started again after a while',
  'service stopped': 'SIGSTOP, then SIGCONT',
  'service restarted': 'SIGTERM, started again when it has ended',
  'rolling restart': 'one service after the other, in order',
  'database killed': 'kill -9, started again after a while',
  'database stopped': 'SIGSTOP, then SIGCONT',
  'writer killed':
    'kill -9 of the node that the shard on a cluster is written through; it joins the others again after a while',
  'writer stopped': 'SIGSTOP of that node, then SIGCONT',
  'disk full': 'not a byte is left on the disk of a database; then there is room again',
  'redis killed': 'kill -9, started again after a while, empty',
  'redis stopped': 'SIGSTOP, then SIGCONT',
  'redis flushed': 'FLUSHALL',
  'screening killed': 'the screening service is gone, and comes back after a while',
  'screening slow': 'its answers come after their deadline',
  'screening failing': 'every answer of it is a 500',
  'connections cut': 'every connection between two parts ends, several times',
  'answers dropped': 'requests go through, answers do not come back; then those connections end',
  'network slow': 'every packet between two parts takes longer',
  'packets swallowed': 'no byte passes between two parts, no connection ends',
  'connections refused': 'every connection between two parts ends, and no other is made',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

/** What is broken: a part, or the network between two. */
export type Target =
  | { readonly part: 'service' | 'database'; readonly number: number }
  | { readonly part: 'services' | 'redis' | 'screening' | 'writer' }
  | { readonly part: 'link'; readonly number: number };

export interface Fault {
  readonly kind: FaultKind;
  readonly target: Target;
  /** After the round's beginning. */
  readonly afterMs: number;
  readonly forMs: number;
  /** How much, where that can vary: milliseconds of delay, or how often connections are cut. */
  readonly degree: number;
}

/** Faults that overlap, then a time without any. */
export interface Round {
  readonly faults: readonly Fault[];
  /** Without faults, counted from when everything is whole again. */
  readonly quietMs: number;
}
