import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import type { HttpScreening } from './http-screening';
import { NOTICES, type Notices } from './notices';

/** The operator's screening service; `undefined` where there is none. */
export const SCREENING = Symbol('screening');

/** Opens the databases before anything else starts, and closes them when nothing is taken any more. */
@Injectable()
export class EngineLifeCycle implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly runtime: EngineRuntime,
    @Inject(NOTICES) private readonly notices: Notices,
    @Inject(SCREENING) private readonly screening: HttpScreening | undefined,
  ) {}

  /** Rejects with `DatabaseRefusedError` when a database is not what it is configured as. */
  async onModuleInit(): Promise<void> {
    await this.runtime.start();
    await this.notices.start();
  }

  /** The module of this provider is global, so every other module has stopped by then. */
  async onApplicationShutdown(): Promise<void> {
    await this.notices.stop();
    await this.runtime.stop();
    // Not before: a charge whose call is cut off would go by the policy for failures.
    await this.screening?.close();
  }
}
