import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server as TlsServer } from 'node:tls';
import { GrpcApi } from './api/grpc/grpc-api';
import type { UnaryService } from './api/grpc/unary';
import { ProblemFilter } from './api/rest/problem.filter';
import { fastifyOptions, RestApi } from './api/rest/rest-api';
import { AppModule } from './app.module';
import { EngineRuntime } from './engine/runtime';
import { Health } from './platform/health';
import { Metrics } from './platform/metrics';
import { NOTICES, type Notices } from './platform/notices';
import type { Settings } from './platform/settings';
import { StructuredLog } from './platform/structured-log';
import { UnusedConnections } from './platform/unused-connections';

/** Connections that may wait to be accepted, as after a restart when every client comes at once; the kernel may allow fewer. */
const BACKLOG = 4_096;
const CLOSE_IDLE_MS = 50;
/** A first request that has begun to come when the stop does has so long to become whole. */
const HALF_SAID_MS_MAX = 1_000;

/** The framework logs what keeps a listener from opening, and throws it. It is told once, by whoever catches it. */
class FrameworkLog extends StructuredLog {
  override error(message: string, ...rest: unknown[]): void {
    if (rest.at(-1) === 'NestApplication') super.debug(message, ...rest);
    else super.error(message, ...rest);
  }
}

/** A running service. */
export interface Service {
  readonly restUrl: string;
  /** Host and port. */
  readonly grpcAddress: string;
  /**
   * For the drain time it goes on serving and says that it stops. Then it takes nothing new, finishes what was taken, and
   * ends every connection.
   */
  stop(): Promise<void>;
}

/** What may be added to a service, and who is told. */
export interface ServiceExtras {
  /** Registers further REST routes; the benchmarks' yardsticks. */
  readonly extend?: ((rest: FastifyInstance) => void) | undefined;
  /** Given the API's gRPC services, makes more beside them; the same. */
  readonly further?: ((own: readonly UnaryService[]) => readonly UnaryService[]) | undefined;
  /** Called before the first listener opens: from then on, what has been taken must be finished before the process ends. */
  readonly opening?: () => void;
}

/**
 * Starts the service: databases first, then the listeners.
 *
 * @throws DatabaseRefusedError when a database is not what it is configured as
 */
export async function startService(
  settings: Settings,
  adminKey: string,
  { extend, further, opening }: ServiceExtras = {},
): Promise<Service> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forSettings(settings, adminKey),
    new FastifyAdapter(fastifyOptions(settings.httpTls?.current)),
    { bodyParser: false, logger: new FrameworkLog(settings.logLevel), abortOnError: false },
  );
  const runtime = app.get(EngineRuntime);
  await runtime.start();
  const notices = app.get<Notices>(NOTICES);
  await notices.start();

  app.useGlobalFilters(new ProblemFilter(app.get(Metrics)));
  await app.get(RestApi).register(app.getHttpAdapter().getInstance(), extend);
  const log = app.get(StructuredLog);
  settings.httpTls?.watch((renewed) => {
    (app.getHttpServer() as unknown as TlsServer).setSecureContext(renewed);
  }, log);
  const unused = new UnusedConnections(app.getHttpAdapter().getInstance().server);
  opening?.();
  await app.listen({ port: settings.httpPort, host: settings.host, backlog: BACKLOG });
  const grpc = app.get(GrpcApi);
  const grpcAddress = await grpc.start(further);

  return {
    restUrl: await app.getUrl(),
    grpcAddress,
    stop: async () => {
      app.get(Health).stopping();
      grpc.stopping();
      await sleep(settings.drainSeconds * 1_000);
      // A connection whose last request was under way when the listener closed would be kept alive for its next one.
      const { server } = app.getHttpAdapter().getInstance();
      const stoppedAt = performance.now();
      const closingIdle = setInterval(() => {
        server.closeIdleConnections();
        unused.end({ halfSaid: performance.now() > stoppedAt + HALF_SAID_MS_MAX });
      }, CLOSE_IDLE_MS);
      settings.httpTls?.stop();
      await Promise.all([app.close(), grpc.stop()]).finally(() => {
        clearInterval(closingIdle);
      });
      await notices.stop();
      await runtime.stop();
    },
  };
}
