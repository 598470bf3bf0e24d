/**
 * A request id of the form of UUIDv7: it begins with the time, so that ids made later sort later and new entries lie
 * beside each other in the ledger's index.
 */
export function newRequestId({
  wallMs,
  random,
}: {
  readonly wallMs: number;
  readonly random: () => number;
}): string {
  const time = Math.floor(wallMs).toString(16).padStart(12, '0');
  const digits = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-${variant}${digits(3)}-${digits(12)}`;
}
