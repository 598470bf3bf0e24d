/**
 * What a run writes down, one JSON object a line. Times are milliseconds since the run began, amounts are strings of
 * minor units. The checker reads this and the databases, and nothing else.
 */
export type HistoryEvent = Asked | Called | BalanceRead | StatusChange | OperationEnd | FaultSeen;

export type Money = 'deduction' | 'credit' | 'creation';

/** One request key: what is asked under it, however often it is sent. A creation's amount is its opening balance. */
export interface Asked {
  readonly event: 'asked';
  readonly op: number;
  readonly account: string;
  readonly key: string;
  readonly kind: Money;
  readonly amount: string;
}

/** One call with that key (or its item in a batch) and its answer. Without `status` there was none. */
export interface Called {
  readonly event: 'called';
  readonly op: number;
  /** `later`: to be charged later; `outcome`: what became of that, looked up in the end. */
  readonly door: 'single' | 'batch' | 'lookup' | 'later' | 'outcome';
  readonly service: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The HTTP status; of an item in a batch, the one it would have had by itself. */
  readonly status?: number;
  /** The problem's code. */
  readonly code?: string;
  /** The entry as it was shown, byte for byte. */
  readonly body?: string;
  /** What became of a call without an answer. */
  readonly why?: string;
}

export interface BalanceRead {
  readonly event: 'balance';
  readonly account: string;
  readonly service: number;
  readonly consistency: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly status?: number;
  readonly available?: string;
  readonly total?: string;
  /** After everything had come to rest. */
  readonly final?: true;
}

export interface StatusChange {
  readonly event: 'status';
  readonly account: string;
  readonly to: 'frozen' | 'active';
  readonly fromMs: number;
  readonly toMs: number;
  readonly status?: number;
}

/** What became of an operation: `open` if it had not ended when everything else had come to rest. */
export interface OperationEnd {
  readonly event: 'operation';
  readonly operationId: string;
  readonly kind: string;
  readonly account?: string;
  readonly ended: 'done' | 'failed' | 'open';
  readonly error?: string;
  /** Of an audit. */
  readonly balanced?: boolean;
  readonly findings?: unknown;
}

export interface FaultSeen {
  readonly event: 'fault';
  readonly kind: string;
  readonly target: string;
  readonly fromMs: number;
  /** When what was broken was whole again. */
  readonly toMs: number;
}
