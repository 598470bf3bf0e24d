import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { join } from 'node:path';
import { Namespace, Root, Service } from 'protobufjs';
import { googleRpc } from './google-rpc';
import { ADMIN_KEY } from './rest-client';

export type Json = Readonly<Record<string, unknown>>;

/** How a call ended. `status` is the number of the gRPC status; `code` is empty without an ErrorInfo. */
export type GrpcOutcome =
  | { readonly kind: 'answered'; readonly message: Json }
  | {
      readonly kind: 'failed';
      readonly status: number;
      readonly code: string;
      readonly data: Readonly<Record<string, string>>;
      readonly errors: readonly { readonly field: string; readonly rule: string }[];
      readonly retryAfterSeconds?: number;
    };

export interface GrpcCall {
  /** Empty for none. */
  readonly key?: string;
  readonly deadline?: Date;
  /** Metadata beside the key. */
  readonly said?: Readonly<Record<string, string>>;
}

const protos = new Root();
protos.resolvePath = (_origin, target) => join(__dirname, '../../proto', target);
protos.loadSync([
  ...['ledger', 'deduction_service', 'account_service', 'admin_service', 'event_service'].map(
    (name) => `hotsplit/v1/${name}.proto`,
  ),
  'grpc/health/v1/health.proto',
]);

/** Speaks gRPC to a service under test, with a reading of the protos of its own. */
export class GrpcClient {
  readonly #client: Client;

  constructor(
    readonly address: string,
    secrets = credentials.createInsecure(),
  ) {
    this.#client = new Client(address, secrets, { 'grpc.use_local_subchannel_pool': 1 });
  }

  close(): void {
    this.#client.close();
  }

  /** @param method in full, such as `hotsplit.v1.DeductionService/Deduct`; amounts may be texts of digits */
  call(method: string, message: Json, call: GrpcCall = {}): Promise<GrpcOutcome> {
    const { request } = typesOf(method);
    return this.send(method, Buffer.from(request.encode(request.fromObject(message)).finish()), call);
  }

  /** Sends bytes as they are. */
  send(method: string, bytes: Buffer, call: GrpcCall = {}): Promise<GrpcOutcome> {
    const { answer } = typesOf(method);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        `/${method}`,
        asIs,
        asIs,
        bytes,
        metadataOf(call),
        call.deadline ? { deadline: call.deadline } : {},
        (error, received) => {
          if (error) resolve(failureOf(error));
          else resolve({ kind: 'answered', message: objectOf(answer, received ?? Buffer.alloc(0)) });
        },
      );
    });
  }

  /** What a call is answered with beside its message: its initial metadata, or those of the status that it ends with. */
  metadata(method: string, message: Json, call: GrpcCall = {}): Promise<Record<string, unknown>> {
    const { request } = typesOf(method);
    const bytes = Buffer.from(request.encode(request.fromObject(message)).finish());
    return new Promise((resolve) => {
      this.#client
        .makeUnaryRequest(`/${method}`, asIs, asIs, bytes, metadataOf(call), {}, (error) => {
          if (error) resolve(error.metadata.getMap());
        })
        .on('metadata', (metadata) => {
          resolve(metadata.getMap());
        });
    });
  }

  /** Opens StreamDeduct; what is written and read are bytes, see `streamBytes` and `resultsIn`. */
  stream(call: GrpcCall = {}): ClientDuplexStream<Buffer, Buffer> {
    return this.#client.makeBidiStreamRequest(
      '/hotsplit.v1.DeductionService/StreamDeduct',
      asIs,
      asIs,
      metadataOf(call),
      {},
    );
  }
}

/** Every method of the API's own services, in full. */
export function allMethods(): string[] {
  const own = protos.lookup('hotsplit.v1');
  const services = own instanceof Namespace ? own.nestedArray.filter((each) => each instanceof Service) : [];
  return services.flatMap(({ fullName, methods }) =>
    Object.keys(methods).map((name) => `${fullName.slice(1)}/${name}`),
  );
}

/** A message of a stream. */
export function streamBytes(deductions: readonly Json[]): Buffer {
  const type = protos.lookupType('hotsplit.v1.StreamDeductRequest');
  return Buffer.from(type.encode(type.fromObject({ deductions })).finish());
}

export interface StreamResult {
  readonly accountId: string;
  readonly requestId: string;
  readonly status: string;
  readonly error?: { readonly code: string; readonly data?: Readonly<Record<string, string>> };
}

export function resultsIn(bytes: Buffer): readonly StreamResult[] {
  return objectOf(protos.lookupType('hotsplit.v1.StreamDeductResponse'), bytes)['results'] as StreamResult[];
}

export function failureOf(error: ServiceError): Extract<GrpcOutcome, { kind: 'failed' }> {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const failure = { kind: 'failed', status: error.code, code: '', data: {}, errors: [] } as const;
  if (!Buffer.isBuffer(bytes)) return failure;
  const { details } = objectOf(googleRpc.lookupType('google.rpc.Status'), bytes) as {
    details: { typeUrl: string; value: Buffer }[];
  };
  const detail = (name: string): Json | undefined => {
    const found = details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`);
    return found && objectOf(googleRpc.lookupType(`google.rpc.${name}`), found.value);
  };
  const info = detail('ErrorInfo');
  const violations = (detail('BadRequest')?.['fieldViolations'] ?? []) as {
    field: string;
    description: string;
  }[];
  const retry = detail('RetryInfo')?.['retryDelay'] as { seconds: string } | undefined;
  return {
    ...failure,
    code: info?.['domain'] === 'hotsplit' ? String(info['reason']) : '',
    data: (info?.['metadata'] ?? {}) as Record<string, string>,
    errors: violations.map(({ field, description }) => ({ field, rule: description })),
    ...(retry && { retryAfterSeconds: Number(retry.seconds) }),
  };
}

function typesOf(method: string) {
  const [service = '', name = ''] = method.split('/');
  const { requestType, responseType } = protos.lookupService(service).methods[name] ?? {};
  const scope = service.slice(0, service.lastIndexOf('.'));
  return {
    request: protos.lookupType(`${scope}.${requestType}`),
    answer: protos.lookupType(`${scope}.${responseType}`),
  };
}

function objectOf(type: ReturnType<Root['lookupType']>, bytes: Buffer): Json {
  return type.toObject(type.decode(bytes), { longs: String, enums: String, arrays: true });
}

function metadataOf({ key = ADMIN_KEY, said = {} }: GrpcCall): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(said)) metadata.set(name, value);
  if (key !== '') metadata.set('authorization', `Bearer ${key}`);
  return metadata;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
