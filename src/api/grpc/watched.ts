import { status } from '@grpc/grpc-js';
import type { AccessLog } from '../../platform/access-log';
import type { CallMetrics } from '../../platform/call-metrics';
import type { CallNames } from '../../platform/call-names';

/** Told how a call ended, and whose key it came with. */
type Answered = (code: status, keyId: string) => void;

/** Notes how the calls of one method end. To be called as each begins. */
export function watched(
  route: string,
  { accessLog, calls }: { readonly accessLog: AccessLog; readonly calls: CallMetrics },
): (names: CallNames) => Answered {
  const timed = calls.grpcMethod(route, (code: status) => status[code]);
  return (names) => {
    const begunAt = performance.now();
    return (code, keyId) => {
      const seconds = (performance.now() - begunAt) / 1_000;
      timed(code, seconds);
      if (!accessLog.wants()) return;
      accessLog.write({ ...names, keyId, method: 'grpc', route, status: status[code], seconds });
    };
  };
}
