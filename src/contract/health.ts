import { PROBE_HELD_MS_MAX } from '../platform/anonymous-throttle';
import type { Call } from './call';

const upOrDown = { type: 'string', enum: ['up', 'down', 'full'] } as const;

const readiness = {
  type: 'object',
  required: ['status', 'directory', 'shards'],
  properties: {
    status: { type: 'string', enum: ['ready', 'unavailable', 'stopping'] },
    directory: upOrDown,
    shards: { type: 'object', additionalProperties: upOrDown, description: 'By name.' },
    refused: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description:
        'Shards whose database is refused, by name: `SHARD_EMPTY`, `SHARD_IDENTITY_MISMATCH`, `DATABASE_ACCESS_DENIED`, ….',
    },
  },
} as const;

export const getHealth = {
  name: 'getHealth',
  summary: 'Is the process alive?',
  group: 'operations',
  scope: null,
  heldMsMax: PROBE_HELD_MS_MAX,
  answers: {
    200: {
      description: 'It is.',
      type: 'object',
      required: ['status'],
      properties: { status: { type: 'string', enum: ['ok'] } },
    },
  },
} as const satisfies Call;

export const getReadiness = {
  name: 'getReadiness',
  summary: 'Can it serve, shard by shard?',
  group: 'operations',
  scope: null,
  heldMsMax: PROBE_HELD_MS_MAX,
  answers: {
    200: { description: 'It can.', ...readiness },
    503: { description: 'It cannot serve everything, or is about to stop.', ...readiness },
  },
} as const satisfies Call;

export const getMetrics = {
  name: 'getMetrics',
  summary: 'Prometheus metrics',
  group: 'operations',
  scope: null,
  answers: {
    200: {
      description: 'Text, version 0.0.4.',
      content: { 'text/plain': { schema: { type: 'string' } } },
    },
  },
} as const satisfies Call;
