import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server as TlsServer } from 'node:tls';
import { GrpcApi } from './api/grpc/grpc-api';
import { Health } from './health/health';
import { Settings } from './platform/settings';
import { StructuredLog } from './platform/structured-log';
import { UnusedConnections } from './platform/unused-connections';

const CLOSE_IDLE_MS = 50;
/** At the stop: how long a request whose first bytes had arrived on a new connection may take to arrive completely. */
const HALF_SAID_MS_MAX = 1_000;

/**
 * Both listeners when the application stops. For the drain time they serve on and say that they stop; then they take nothing
 * new, side by side, and finish what was taken. Nest closes the HTTP server between the two hooks.
 */
@Injectable()
export class Doors implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #server: Server;
  #unused: UnusedConnections | undefined;
  #closingIdle: NodeJS.Timeout | undefined;
  #grpcStopped: Promise<void> | undefined;

  constructor(
    { httpAdapter }: HttpAdapterHost<FastifyAdapter>,
    private readonly grpc: GrpcApi,
    private readonly health: Health,
    private readonly settings: Settings,
    private readonly log: StructuredLog,
  ) {
    this.#server = httpAdapter.getInstance().server;
  }

  onModuleInit(): void {
    this.#unused = new UnusedConnections(this.#server);
    this.settings.httpTls?.watch((renewed) => {
      (this.#server as unknown as TlsServer).setSecureContext(renewed);
    }, this.log);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.health.stopping();
    this.grpc.stopping();
    await sleep(this.settings.drainSeconds * 1_000);
    this.#endConnectionsInTurn();
    this.settings.httpTls?.stop();
    this.#grpcStopped = this.grpc.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#grpcStopped;
    clearInterval(this.#closingIdle);
  }

  /** A connection whose last request was under way when the listener closed would be kept alive for its next one. */
  #endConnectionsInTurn(): void {
    const stoppedAt = performance.now();
    this.#closingIdle = setInterval(() => {
      this.#server.closeIdleConnections();
      this.#unused?.end({ halfSaid: performance.now() > stoppedAt + HALF_SAID_MS_MAX });
    }, CLOSE_IDLE_MS);
  }
}
