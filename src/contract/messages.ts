import type { Given } from './call';
import { batchItem } from './deductions';

/** The value of a message whose deduction is to be charged, as JSON: an item of a batch, and when it happened. */
export const deductionMessage = {
  ...batchItem,
  properties: {
    ...batchItem.properties,
    occurredAt: {
      type: 'string',
      maxLength: 64,
      description: 'When it happened (RFC 3339). Not kept.',
    },
  },
} as const;

export type DeductionMessage = Given<typeof deductionMessage>;
