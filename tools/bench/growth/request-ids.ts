import { hash } from 'node:crypto';

export const ID_KINDS = ['ordered', 'random'] as const;

/** Whether request ids rise with time, as those from a clock do (UUIDv7, ULID), or are scattered (UUIDv4). */
export type IdKind = (typeof ID_KINDS)[number];

export const ID_LENGTH = 32;

/** The id of a position in the account's life. Both kinds are equally long, so that their rows are, too. */
export const REQUEST_IDS: Readonly<Record<IdKind, (position: number) => string>> = {
  ordered: (position) => position.toString().padStart(ID_LENGTH, '0'),
  random: (position) => hash('sha256', position.toString(), 'hex').slice(0, ID_LENGTH),
};
