import type {
  MethodDefinition,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Field, Type } from 'protobufjs';
import { FileDescriptorProto } from 'protobufjs/ext/descriptor';
import { admitAnybody, type Doorkeepers } from '../admit';
import { statusOf } from './rich-status';
import { callerOf } from './unary';
import { codecOf, PROTO_FOLDER } from './wire';

/** Made by `npm run protos` from the protos; a test compares them. */
export const DESCRIPTORS_FILE = 'descriptors.binpb';

/** Every file as the compiler described it, byte by byte, and what it names. */
interface DescribedFile {
  readonly bytes: Buffer;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly services: readonly string[];
  readonly symbols: readonly string[];
}

interface Request {
  readonly host: string;
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly listServices?: string;
}

type Call = ServerDuplexStream<Request, object>;

/** The packages that clients ask under; the messages are the same. */
const PACKAGES = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'];
const METHOD = 'ServerReflectionInfo';

/** The standard reflection service: tells any client, without a key, what services and messages there are. */
export class ReflectionService {
  readonly #files: readonly DescribedFile[] = readFiles();
  readonly #byName = new Map(this.#files.map((file) => [file.name, file]));
  readonly #bySymbol = new Map(this.#files.flatMap((file) => file.symbols.map((symbol) => [symbol, file])));

  constructor(private readonly doorkeepers: Doorkeepers) {}

  /** One for each package. */
  definitions(): ServiceDefinition[] {
    const request = codecOf<Request>('grpc.reflection.v1.ServerReflectionRequest');
    const answer = codecOf('grpc.reflection.v1.ServerReflectionResponse');
    return PACKAGES.map((name): Record<string, MethodDefinition<Request, object>> => ({
      [METHOD]: {
        path: `/${name}.ServerReflection/${METHOD}`,
        requestStream: true,
        responseStream: true,
        requestSerialize: request.encode,
        requestDeserialize: request.decode,
        responseSerialize: answer.encode,
        responseDeserialize: answer.decode,
      },
    }));
  }

  handlers(): UntypedServiceImplementation {
    return {
      [METHOD]: (call: Call) => {
        call.on('data', (request: Request) => {
          const admitted = admitAnybody(this.doorkeepers, callerOf(call));
          if (admitted instanceof Promise) {
            call.pause();
            void admitted.then(() => {
              call.resume();
              this.#tell(call, request);
            });
          } else if (admitted) call.emit('error', statusOf(admitted));
          else this.#tell(call, request);
        });
        call.on('drain', () => call.resume());
        call.on('end', () => {
          call.end();
        });
      },
    };
  }

  #tell(call: Call, request: Request): void {
    // A client that asks and does not read is asked to wait.
    if (!call.write({ validHost: request.host, originalRequest: request, ...this.#answer(request) }))
      call.pause();
  }

  #answer(request: Request): object {
    const { fileByFilename, fileContainingSymbol } = request;
    if (Object.hasOwn(request, 'listServices')) {
      const service = this.#files.flatMap(({ services }) => services).map((name) => ({ name }));
      return { listServicesResponse: { service } };
    }
    const file = Object.hasOwn(request, 'fileByFilename')
      ? this.#byName.get(fileByFilename ?? '')
      : this.#bySymbol.get(fileContainingSymbol ?? '');
    if (file) return { fileDescriptorResponse: { fileDescriptorProto: this.#withDependencies(file) } };
    return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: 'There is nothing of this name.' } };
  }

  #withDependencies(file: DescribedFile): Buffer[] {
    const needed = new Set<DescribedFile>([file]);
    for (const { dependencies } of needed)
      for (const name of dependencies) {
        const dependency = this.#byName.get(name);
        if (dependency) needed.add(dependency);
      }
    return [...needed].map(({ bytes }) => bytes);
  }
}

function readFiles(): DescribedFile[] {
  const set = new Type('FileDescriptorSet').add(new Field('file', 1, 'bytes', 'repeated'));
  const { file } = set.decode(readFileSync(join(PROTO_FOLDER, DESCRIPTORS_FILE))) as unknown as {
    file: Buffer[];
  };
  return file.map(describe);
}

interface Named {
  readonly name: string;
}

interface Message extends Named {
  readonly nestedType: readonly Message[];
  readonly enumType: readonly Named[];
  readonly field: readonly Named[];
}

function describe(bytes: Buffer): DescribedFile {
  const file = FileDescriptorProto.decode(bytes) as unknown as Named & {
    readonly package: string;
    readonly dependency: readonly string[];
    readonly messageType: readonly Message[];
    readonly enumType: readonly Named[];
    readonly service: readonly (Named & { readonly method: readonly Named[] })[];
  };
  const inPackage = ({ name }: Named): string => `${file.package}.${name}`;
  const symbols = [
    ...file.messageType.flatMap((message) => symbolsOf(message, file.package)),
    ...file.enumType.map(inPackage),
    ...file.service.flatMap((service) => [
      inPackage(service),
      ...service.method.map(({ name }) => `${inPackage(service)}.${name}`),
    ]),
  ];
  const { name, dependency: dependencies } = file;
  return { bytes, name, dependencies, services: file.service.map(inPackage), symbols };
}

function symbolsOf(message: Message, scope: string): string[] {
  const name = `${scope}.${message.name}`;
  return [
    name,
    ...message.field.map((field) => `${name}.${field.name}`),
    ...message.enumType.map((each) => `${name}.${each.name}`),
    ...message.nestedType.flatMap((nested) => symbolsOf(nested, name)),
  ];
}
