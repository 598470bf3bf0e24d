/** An int64 as the codec reads it, and as it writes it: two halves, of which no bit is lost. */
export interface Int64 {
  readonly low: number;
  readonly high: number;
}

export function bigintOf({ low, high }: Int64): bigint {
  return high === 0 ? BigInt(low >>> 0) : (BigInt(high) << 32n) | BigInt(low >>> 0);
}

export function int64Of(value: bigint): Int64 {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}
