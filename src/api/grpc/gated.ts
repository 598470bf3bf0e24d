import type { ServerUnaryCall } from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Principal } from '../../platform/principal';
import type { ListGate } from '../../platform/list-gate';
import { tooManyLists } from '../list-problem';

interface ListCall {
  readonly call: ServerUnaryCall<object, object>;
  readonly rows: number;
  readonly caller: Principal;
}

/** Reads a list when the gate lets it, and counts its answer until the client has taken it; see `ListGate`. */
export async function gated<Answer>(
  gate: ListGate,
  { call, rows, caller }: ListCall,
  read: () => Answer | Promise<Answer>,
): Promise<Answer> {
  const stream = streamOf(call);
  const { limit } = call.request as { readonly limit?: number };
  const pass = gate.ask({
    keyId: caller.keyId,
    rows: limit || rows,
    cutOff: () => {
      stream.close(constants.NGHTTP2_CANCEL);
    },
  });
  stream.once('close', () => {
    pass.gone();
  });
  if (stream.closed) pass.gone();
  if (!(await pass.begun)) throw tooManyLists();
  try {
    return await read();
  } finally {
    pass.answered();
  }
}

/** The server library tells nobody when an answer has gone; the stream under the call does. Not in the library's types. */
function streamOf(call: unknown): ServerHttp2Stream {
  return (call as { readonly call: { readonly stream: ServerHttp2Stream } }).call.stream;
}
