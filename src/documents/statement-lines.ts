/** A statement as a document shows it. Amounts in minor units, times in RFC 3339. */
export interface StatementDocument {
  readonly accountId: string;
  /** Such as `USD/2`: the number behind the slash is how many decimals an amount has. */
  readonly asset: string;
  /** Absent where it begins with the account. */
  readonly openingAt?: string | undefined;
  readonly closingAt: string;
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
}

/** An entry, and what the account had behind it. */
export interface StatementLine {
  readonly at: string;
  readonly kind: string;
  /** What the entry changed the balance by. */
  readonly changeMinor: bigint;
  readonly balanceMinor: bigint;
  readonly requestId: string;
  readonly reference?: string | undefined;
  readonly counterparty?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Control characters, separators of lines, and what turns the direction of writing around: shown as their numbers. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** One line of text of which nothing is obeyed: `\u001b` for an escape. References and metadata are anybody's. */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
