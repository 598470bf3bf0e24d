import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { getHealth, getMetrics, getReadiness } from '../contract/health';
import { Serves } from '../http/serves.decorator';
import { Health, type Readiness } from './health';
import { Metrics } from '../platform/metrics';

/** Liveness, readiness and metrics: for machines, without a key. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  @Get('healthz')
  @Serves(getHealth)
  alive() {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Serves(getReadiness)
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    void reply.code(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  }

  @Get('metrics')
  @Serves(getMetrics)
  exposition(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.exposition();
  }
}
