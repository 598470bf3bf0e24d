import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { OperationService } from '../operations/operation.service';
import { Metrics } from '../platform/metrics';
import { Settings } from '../platform/settings';
import { AuditJob } from './audit-job';

const HOUR_MS = 3_600_000;
const LOOK_MS = 60_000;

/** Runs audits that were asked for, and those on the schedule. */
@Injectable()
export class AuditService implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runtime: EngineRuntime,
    private readonly operations: OperationService,
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    this.runtime.operations.register(
      'audit',
      new AuditJob(this.runtime, (end) => {
        this.metrics.audited(end);
      }),
    );
    if (this.settings.auditHours === 0) return;
    this.#timer = setInterval(() => void this.#auditIfDue(), LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** The schedule is a lease that nobody prolongs: whoever gets it, of all instances, audits. */
  async #auditIfDue(): Promise<void> {
    try {
      const ttlMs = this.settings.auditHours * HOUR_MS;
      if (await this.runtime.directory.leases.acquire('audit schedule', randomUUID(), ttlMs))
        await this.operations.audit();
    } catch (error) {
      this.runtime.observer.deferred('the scheduled audit', error);
    }
  }
}
