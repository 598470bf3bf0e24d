import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { NOTICES, type Notices } from './notices';

/** Opens the databases before anything else starts, and closes them when nothing is taken any more. */
@Injectable()
export class EngineLifeCycle implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly runtime: EngineRuntime,
    @Inject(NOTICES) private readonly notices: Notices,
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
  }
}
