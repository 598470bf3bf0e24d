import * as fields from './fields';

/** What every refusal looks like. */
export const problem = {
  $id: 'Problem',
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', examples: ['INSUFFICIENT_FUNDS'] },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, rule: { type: 'string' } } },
    },
    available: fields.amountOut,
    left: fields.amountOut,
    held: fields.amountOut,
    operationId: { type: 'string' },
    incident: { type: 'string' },
    budgetId: { type: 'string' },
    renewsAt: fields.timeOut,
    settledAt: fields.timeOut,
  },
} as const;
