/**
 * Divides an amount in proportion to weights, exactly: the parts add up to it, and none is more than its exact share rounded up.
 *
 * @param weights none below zero; where all are zero, so are all parts, and the amount must be
 */
export function shareOut(amountMinor: bigint, weights: readonly bigint[]): bigint[] {
  let weightLeft = weights.reduce((sum, weight) => sum + weight, 0n);
  let leftMinor = amountMinor;
  if (weightLeft === 0n && amountMinor !== 0n) throw new RangeError('there is nobody to share out to');
  return weights.map((weight) => {
    const part = weight === 0n ? 0n : (leftMinor * weight + weightLeft - 1n) / weightLeft;
    leftMinor -= part;
    weightLeft -= weight;
    return part;
  });
}
