import type { TopicMessage } from './read-topic';

/** The last headers of a dead letter, in this order (docs/intake.md). */
const ABOUT = ['reason', 'detail', 'topic', 'partition', 'offset'] as const;

const TOO_LARGE = '(too large to be kept here)';

export interface DeadLetter {
  /** A code of docs/errors.md. */
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** The message as it was. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: TopicMessage['headers'];
  /** Its bytes are only where they were. */
  readonly isWithoutValue: boolean;
}

/** @returns `undefined` for a message that was not written as a dead letter */
export function deadLetterOf({ key, value, headers }: TopicMessage): DeadLetter | undefined {
  const about = headers.slice(-ABOUT.length);
  if (about.length < ABOUT.length || !about.every(([name], place) => name === ABOUT[place])) return undefined;
  const [reason = '', detail = '', topic = '', partition = '', offset = ''] = about.map(([, said]) =>
    String(said),
  );
  return {
    reason,
    detail,
    topic,
    partition: Number(partition),
    offset,
    key,
    value,
    headers: headers.slice(0, -ABOUT.length),
    isWithoutValue: detail.endsWith(TOO_LARGE),
  };
}
