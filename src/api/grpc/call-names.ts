import type { Metadata, StatusObject } from '@grpc/grpc-js';
import {
  CALL_ID_HEADER,
  callIdOf,
  type CallNames,
  TRACE_PARENT_HEADER,
  traceParentOf,
} from '../../platform/call-names';

export function callNamesOf(metadata: Metadata): CallNames {
  return {
    callId: callIdOf(only(metadata.get(CALL_ID_HEADER))),
    traceParent: traceParentOf(only(metadata.get(TRACE_PARENT_HEADER))),
  };
}

/** Said twice, it names nothing. */
function only(said: readonly unknown[]): unknown {
  return said.length === 1 ? said[0] : undefined;
}

/** Metadata with a call's names in it. */
export function namesIn(metadata: Metadata, { callId, traceParent }: CallNames): Metadata {
  metadata.set(CALL_ID_HEADER, callId);
  if (traceParent !== undefined) metadata.set(TRACE_PARENT_HEADER, traceParent);
  return metadata;
}

/** A call that ends with a problem has no other metadata than those of its status, where clients' errors show them. */
export function named(problem: StatusObject, names: CallNames): StatusObject {
  namesIn(problem.metadata, names);
  return problem;
}
