import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Health } from '../../platform/health';
import { Metrics } from '../../platform/metrics';

/** Liveness, readiness and metrics: for machines, without a key. */
@Injectable()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  register(rest: FastifyInstance): void {
    const schema = { tags: ['operations'] };
    rest.get('/healthz', { schema: { ...schema, summary: 'Is the process alive?' } }, () => ({
      status: 'ok',
    }));
    rest.get(
      '/readyz',
      { schema: { ...schema, summary: 'Can it serve, shard by shard?' } },
      async (_request, reply) => {
        const readiness = await this.health.readiness();
        void reply.code(readiness.status === 'ready' ? 200 : 503);
        return readiness;
      },
    );
    rest.get(
      '/metrics',
      { schema: { ...schema, summary: 'Prometheus metrics' } },
      async (_request, reply) => {
        void reply.header('content-type', this.metrics.registry.contentType);
        return this.metrics.registry.metrics();
      },
    );
  }
}
