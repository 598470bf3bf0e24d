import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { GrpcApi } from './api/grpc/grpc-api';
import type { UnaryService } from './api/grpc/unary';
import { ConsoleRoutes } from './console/console-routes';
import { HotRoutes } from './deductions/hot-routes';
import { RestApi } from './http/rest-api';
import { fastifyOptions } from './http/server-options';
import { AppModule } from './app.module';
import type { Settings } from './platform/settings';
import { StructuredLog } from './platform/structured-log';

/** Connections that may wait to be accepted, as after a restart when every client comes at once; the kernel may allow fewer. */
const BACKLOG = 4_096;

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
  /** What a browser can open. */
  readonly pages: readonly { readonly name: string; readonly url: string }[];
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
  const server = app.getHttpAdapter().getInstance();
  await app.get(RestApi).prepare(server);
  app.get(HotRoutes).register(server);
  app.get(ConsoleRoutes).register(server);
  extend?.(server);
  await app.init();
  opening?.();
  await app.listen({ port: settings.httpPort, host: settings.host, backlog: BACKLOG });
  const grpcAddress = await app.get(GrpcApi).start(further);
  const restUrl = await app.getUrl();
  return { restUrl, pages: pagesOf(settings, restUrl), grpcAddress, stop: () => app.close() };
}

function pagesOf({ docs, console }: Settings, restUrl: string): Service['pages'] {
  return [
    ...(docs === 'on' ? [{ name: 'docs', url: `${restUrl}/docs` }] : []),
    ...(console === 'on' ? [{ name: 'console', url: `${restUrl}/console` }] : []),
  ];
}
