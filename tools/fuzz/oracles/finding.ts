/** What no answer may show. */
export type FindingKind =
  | 'server error'
  | 'no answer'
  | 'not a problem of the catalog'
  | 'not as described'
  | 'leak'
  | 'books differ'
  | 'changed by a refusal'
  | 'log'
  | 'crash'
  | 'slow'
  | 'never succeeded';

export interface Finding {
  readonly kind: FindingKind;
  /** The operation or the place, for telling findings apart. */
  readonly where: string;
  readonly detail: string;
}

/** Two findings of one signature have one cause, most likely. */
export function signatureOf({ kind, where, detail }: Finding): string {
  return `${kind} | ${where} | ${detail.replace(/[0-9]{2,}|"[^"]*"/g, '…').slice(0, 120)}`;
}
