/** A message as a broker has it. */
export interface TopicMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In their order; a name may come several times. */
  readonly headers: readonly (readonly [name: Buffer | null, value: Buffer | null])[];
}

/** The last value that a message has under a header's name. */
export function headerOf({ headers }: TopicMessage, name: string): string | undefined {
  return headers.findLast(([each]) => each?.toString() === name)?.[1]?.toString();
}
