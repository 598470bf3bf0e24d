import type {
  Asked,
  BalanceRead,
  Called,
  FaultSeen,
  HistoryEvent,
  OperationEnd,
  StatusChange,
} from '../history/events';

/** A call as the checker needs it; bodies are compared while the history is read and not kept. */
export interface CallSeen {
  readonly fromMs: number;
  readonly toMs: number;
  readonly door: Called['door'];
  readonly service: number;
  readonly status: number | undefined;
  readonly code: string | undefined;
}

/** All that is known of one key. */
export interface OpSeen {
  readonly asked: Asked;
  readonly calls: CallSeen[];
  firstBody: string | undefined;
  /** An answer that shows another entry than the first one did. */
  otherBody: string | undefined;
}

export interface Evidence {
  readonly ops: ReadonlyMap<number, OpSeen>;
  readonly balances: readonly BalanceRead[];
  readonly statuses: readonly StatusChange[];
  readonly operations: readonly OperationEnd[];
  readonly faults: readonly FaultSeen[];
}

/** Puts a history in order by key. */
export async function gather(
  events: AsyncIterable<HistoryEvent> | Iterable<HistoryEvent>,
): Promise<Evidence> {
  const ops = new Map<number, OpSeen>();
  const balances: BalanceRead[] = [];
  const statuses: StatusChange[] = [];
  const operations: OperationEnd[] = [];
  const faults: FaultSeen[] = [];
  for await (const event of events) {
    switch (event.event) {
      case 'asked':
        ops.set(event.op, { asked: event, calls: [], firstBody: undefined, otherBody: undefined });
        break;
      case 'called':
        addCall(ops.get(event.op), event);
        break;
      case 'balance':
        balances.push(event);
        break;
      case 'status':
        statuses.push(event);
        break;
      case 'operation':
        operations.push(event);
        break;
      case 'fault':
        faults.push(event);
        break;
    }
  }
  return { ops, balances, statuses, operations, faults };
}

function addCall(op: OpSeen | undefined, called: Called): void {
  if (!op) throw new Error(`the history has a call for a key that was never asked (${called.op})`);
  const { fromMs, toMs, door, service, status, code, body } = called;
  op.calls.push({ fromMs, toMs, door, service, status, code });
  // What is shown of an account changes with it; what is shown of an entry never does.
  if (body === undefined || op.asked.kind === 'creation') return;
  op.firstBody ??= body;
  if (op.firstBody !== body) op.otherBody = body;
}

export function isSuccess(call: CallSeen): boolean {
  return call.door !== 'lookup' && call.door !== 'later' && call.status !== undefined && call.status < 300;
}

/** Says for certain that this call did nothing. */
export function isDefiniteRefusal(call: CallSeen): boolean {
  const { status, code } = call;
  if (status === undefined || status < 400 || status === 408) return false;
  return status < 500 || code === 'OVERLOADED';
}
