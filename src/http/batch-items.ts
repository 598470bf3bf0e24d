import type { Given } from '../contract/call';
import { fieldFaults } from '../contract/field-faults';
import { Problem } from '../contract/problem';
import { checkOf } from './compiled-checks';

/** Checks one item of a batch by its schema. Batches are let through as they are, so that a malformed item is refused alone. */
export function itemReader<Schema extends object>(schema: Schema): (given: unknown) => Given<Schema> {
  const isItem = checkOf<Given<Schema>>(schema);
  /** @throws Problem INVALID_ARGUMENT */
  return (given) => {
    if (isItem(given)) return given;
    throw new Problem('INVALID_ARGUMENT', { errors: fieldFaults(isItem.errors ?? [], 'item') });
  };
}

/** The id that an item names, malformed or not. What is no id is told back as far as one goes. */
export function idIn(item: unknown, field: 'requestId' | 'holdId'): string | null {
  const id = (item as Partial<Record<typeof field, unknown>> | null | undefined)?.[field];
  return typeof id === 'string' ? id.slice(0, 64) : null;
}
