/** The name of the way through a service to a shard. */
export function way(service: number, shard: string): string {
  return `service ${service} to ${shard}`;
}
