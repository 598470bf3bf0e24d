import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuditLogModule } from '../audit-log/audit-log.module';
import { HealthModule } from '../health/health.module';
import { ProblemFilter } from './problem.filter';
import { RestApi } from './rest-api';

/** What all controllers share: the server's limits and hooks, and the form of every error. */
@Module({
  imports: [AuditLogModule, HealthModule],
  providers: [RestApi, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [RestApi],
})
export class HttpModule {}
