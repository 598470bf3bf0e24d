import { parseAmount } from '../ledger/money';
import { Problem } from './problem';
import { FIELD_RULES } from './fields';

/** What a body says of money, as its schema lets it through. */
interface GivenNotes {
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const METADATA_BYTES_MAX = 4_096;

/**
 * Reads what the schema cannot say: exact amounts, and texts that are whole Unicode and not too long together.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function moneyOf(
  body: GivenNotes & { readonly amount: string | number },
): Notes & { amountMinor: bigint } {
  return { amountMinor: amountOf('amount', body.amount), ...notesOf(body) };
}

/** What the user attached. */
interface Notes {
  readonly reference: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** @throws Problem INVALID_ARGUMENT */
export function notesOf(body: GivenNotes): Notes {
  const { reference, metadata } = body;
  if (reference !== undefined && !reference.isWellFormed()) throw invalidField('reference');
  if (metadata !== undefined) {
    const json = JSON.stringify(metadata);
    const wellFormed = Object.entries(metadata).every(
      ([key, value]) => key.isWellFormed() && value.isWellFormed(),
    );
    if (!wellFormed || Buffer.byteLength(json) > METADATA_BYTES_MAX) throw invalidField('metadata');
  }
  return { reference, metadata };
}

/** @throws Problem INVALID_ARGUMENT */
export function amountOf(field: string, value: unknown): bigint {
  const amount = parseAmount(value);
  if (amount === undefined) throw invalidField(field);
  return amount;
}

/** `null` where none is given. @throws Problem INVALID_ARGUMENT */
export function optionalAmount(field: string, value: string | number | undefined): bigint | null {
  return value === undefined ? null : amountOf(field, value);
}

function invalidField(field: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule: FIELD_RULES[field] ?? 'is not valid' }] });
}
