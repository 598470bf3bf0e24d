import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { PROBE_HELD_MS_MAX } from '../../platform/anonymous-throttle';
import { Health } from '../../platform/health';
import { Metrics } from '../../platform/metrics';
import { problemResponses, readinessShape } from './schemas/shapes';

/** Liveness, readiness and metrics: for machines, without a key. */
@Injectable()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  register(rest: FastifyInstance): void {
    const schema = { tags: ['operations'], security: [] };
    const config = { heldMsMax: PROBE_HELD_MS_MAX };
    rest.get(
      '/healthz',
      {
        config,
        schema: {
          ...schema,
          operationId: 'getHealth',
          summary: 'Is the process alive?',
          response: {
            200: {
              description: 'It is.',
              type: 'object',
              required: ['status'],
              properties: { status: { type: 'string', enum: ['ok'] } },
            },
            ...problemResponses,
          },
        },
      },
      () => ({ status: 'ok' }),
    );
    rest.get(
      '/readyz',
      {
        config,
        schema: {
          ...schema,
          operationId: 'getReadiness',
          summary: 'Can it serve, shard by shard?',
          response: {
            200: { description: 'It can.', ...readinessShape },
            503: { description: 'It cannot serve everything, or is about to stop.', ...readinessShape },
            ...problemResponses,
          },
        },
      },
      async (_request, reply) => {
        const readiness = await this.health.readiness();
        void reply.code(readiness.status === 'ready' ? 200 : 503);
        return readiness;
      },
    );
    rest.get(
      '/metrics',
      {
        schema: {
          ...schema,
          operationId: 'getMetrics',
          summary: 'Prometheus metrics',
          response: {
            200: {
              description: 'Text, version 0.0.4.',
              content: { 'text/plain': { schema: { type: 'string' } } },
            },
            ...problemResponses,
          },
        },
      },
      async (_request, reply) => {
        void reply.header('content-type', this.metrics.registry.contentType);
        return this.metrics.exposition();
      },
    );
  }
}
