import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { Server as TlsServer } from 'node:tls';
import { AccessLog } from '../../platform/access-log';
import { AuditTrail } from '../../audit-log/audit-trail';
import { AnonymousThrottle } from '../../platform/anonymous-throttle';
import { ApiKeys } from '../../platform/api-keys';
import { Metrics } from '../../platform/metrics';
import { AccountRates } from '../../platform/rates/account-rates';
import { RateLimits } from '../../platform/rates/rate-limits';
import { Settings } from '../../platform/settings';
import { TRACES, type Traces } from '../../platform/traces/traces';
import { StructuredLog } from '../../platform/structured-log';
import { REAL_SURROUNDINGS } from '../../shards/surroundings';
import { keyIdIn } from '../admit';
import { BodyBudget } from '../body-budget';
import { ListGate } from '../../platform/list-gate';
import { ConnectionLimit } from '../listener-limits';
import { AccountMethods } from './account-methods';
import { AdminMethods } from './admin-methods';
import { limitEachConnection } from './connection-limits';
import { DeductionMethods } from './deduction-methods';
import { EventMethods } from './event-methods';
import { HealthService } from './health-service';
import { countMessages } from './count-messages';
import { LeavingPeers } from './leaving-peers';
import { GrpcListenError } from './listen-error';
import { ReflectionService } from './reflection-service';
import { StreamDoor } from './stream-door';
import { unaryDefinition, unaryHandler, type UnaryService } from './unary';

/** The largest message is a batch. What is a little larger is still read, to be told in the API's own form. */
const RECEIVED_BYTES_MAX = 4 * 1024 * 1024 + 64 * 1024;
const PING_MS = 60_000;
const PONG_MS_MAX = 20_000;
/** Of the time that an orderly stop may take, calls may take this much. */
const CALLS_SHARE = 0.75;

/**
 * The gRPC API: plain handlers of grpc-js, wired to the services (ADR 0017 says why not over the framework's transport).
 * Methods are checked for keys, read and answered by `unary`, and by `DeductStream`.
 */
@Injectable()
export class GrpcApi {
  readonly #peers = new LeavingPeers();
  #server: Server | undefined;

  constructor(
    private readonly deductions: DeductionMethods,
    private readonly accounts: AccountMethods,
    private readonly admin: AdminMethods,
    private readonly events: EventMethods,
    private readonly streams: StreamDoor,
    private readonly health: HealthService,
    private readonly keys: ApiKeys,
    private readonly throttle: AnonymousThrottle,
    private readonly metrics: Metrics,
    private readonly bodies: BodyBudget,
    private readonly lists: ListGate,
    private readonly accessLog: AccessLog,
    private readonly trail: AuditTrail,
    private readonly rates: RateLimits,
    private readonly accountRates: AccountRates,
    private readonly settings: Settings,
    private readonly log: StructuredLog,
    @Inject(TRACES) private readonly traces: Traces | undefined,
  ) {}

  /**
   * Opens the listener. Rejects when the port cannot be had.
   *
   * @param further given its services, makes more of unary methods under the same checks; the benchmarks' yardsticks
   * @returns host and port that it listens on
   */
  async start(
    further: (own: readonly UnaryService[]) => readonly UnaryService[] = () => [],
  ): Promise<string> {
    const { grpcCallsMax, host, grpcPort } = this.settings;
    // It would write lines of its own form to standard error, about what it reports as errors, too.
    setLogVerbosity(logVerbosity.NONE);
    const server = new Server({
      'grpc.max_receive_message_length': RECEIVED_BYTES_MAX,
      'grpc.max_concurrent_streams': grpcCallsMax,
      'grpc.keepalive_time_ms': PING_MS,
      'grpc.keepalive_timeout_ms': PONG_MS_MAX,
    });
    limitEachConnection(server, (listener) => {
      const connections = new ConnectionLimit(listener, this.settings.grpcConnectionsMax, () => {
        this.metrics.grpcConnectionRefused();
      });
      listener.on('stream', ({ session }, { authorization }) => {
        if (!session || connections.hasShownKey(session)) return;
        if (keyIdIn(authorization, this.keys) !== '') connections.showedKey(session, session.socket);
      });
      countMessages(listener, {
        budget: this.bodies,
        later: REAL_SURROUNDINGS.later,
        keyIdOf: (authorization) => keyIdIn(authorization, this.keys),
        refused: (reason, keyId) => {
          this.metrics.bodyRefused(reason, keyId);
        },
      });
      this.#peers.watch(listener);
      this.#renewCertificates(listener as unknown as TlsServer);
    });
    const services = [this.deductions, this.accounts, this.admin, this.events].map((methods) =>
      methods.service(),
    );
    for (const service of [...services, ...further(services)]) this.#add(server, service);
    server.addService(this.health.definition(), this.health.handlers());
    this.health.start(services.map(({ name }) => name));
    addReflection(server, new ReflectionService({ keys: this.keys, throttle: this.throttle }));
    this.#server = server;
    const at = host.includes(':') ? `[${host}]` : host;
    return `${at}:${await bind(server, `${at}:${grpcPort}`, this.#credentials())}`;
  }

  /** Tells those who watch its health, while it goes on serving. Call it when `Health` knows. */
  stopping(): void {
    this.health.stopping();
  }

  /** Takes nothing new and finishes what was taken; what takes too long is cut off. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.settings.grpcTls?.stop();
    this.health.stop();
    this.streams.stop();
    await this.#peers.leave();
    const timer = setTimeout(
      () => {
        server.forceShutdown();
      },
      this.settings.stopSecondsMax * 1_000 * CALLS_SHARE,
    );
    await new Promise<void>((stopped) => {
      server.tryShutdown(() => {
        stopped();
      });
    });
    clearTimeout(timer);
  }

  #add(server: Server, service: UnaryService): void {
    const { keys, throttle, metrics, lists, accessLog, trail, rates, accountRates, traces } = this;
    const gates = { keys, throttle, lists, rates, accountRates };
    const parts = { ...gates, observer: metrics, accessLog, trail, traces, calls: metrics.calls };
    const isOurs = service.name === 'hotsplit.v1.DeductionService';
    const definitions = service.methods.map(
      (method) => [method.name, unaryDefinition(service.name, method)] as const,
    );
    const handlers = service.methods.map((method): readonly [string, UntypedHandleCall] => [
      method.name,
      unaryHandler(service.name, method, parts),
    ]);
    server.addService(
      {
        ...Object.fromEntries(definitions),
        ...(isOurs && { StreamDeduct: this.streams.definition() }),
      },
      { ...Object.fromEntries(handlers), ...(isOurs && { StreamDeduct: this.streams.handler() }) },
    );
  }

  #credentials(): ServerCredentials {
    const { grpcTls } = this.settings;
    if (!grpcTls) return ServerCredentials.createInsecure();
    const { cert, key } = grpcTls.current;
    return ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]);
  }

  #renewCertificates(listener: TlsServer): void {
    this.settings.grpcTls?.watch((renewed) => {
      listener.setSecureContext(renewed);
    }, this.log);
  }
}

function addReflection(server: Server, reflection: ReflectionService): void {
  for (const definition of reflection.definitions()) server.addService(definition, reflection.handlers());
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((bound, fail) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error) fail(new GrpcListenError(address, error));
      else bound(port);
    });
  });
}
