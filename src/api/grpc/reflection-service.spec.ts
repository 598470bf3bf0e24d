import { Metadata } from '@grpc/grpc-js';
import { EventEmitter } from 'node:events';
import { FileDescriptorProto } from 'protobufjs/ext/descriptor';
import type { Doorkeepers } from '../admit';
import { ReflectionService } from './reflection-service';

interface Answer {
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
}

/** Lets everybody through. */
const open = { throttle: { pass: () => true } } as unknown as Doorkeepers;

/** What the service answers to one question on a stream of its own. */
function answerTo(question: object): Answer {
  const answers: Answer[] = [];
  const stream = Object.assign(new EventEmitter(), {
    write: (answer: Answer) => answers.push(answer),
    end: () => undefined,
    metadata: new Metadata(),
    getPeer: () => '127.0.0.1:1',
  });
  const handler = new ReflectionService(open).handlers()['ServerReflectionInfo'] as unknown as (
    call: EventEmitter,
  ) => void;
  handler(stream);
  stream.emit('data', { host: '', ...question });
  return answers[0] ?? {};
}

describe('reflection', () => {
  test.each([
    ['google.rpc.ErrorInfo', 'google/rpc/error_details.proto', 'google/protobuf/duration.proto'],
    ['google.rpc.BadRequest', 'google/rpc/error_details.proto', 'google/protobuf/duration.proto'],
    ['google.rpc.Status', 'google/rpc/status.proto', 'google/protobuf/any.proto'],
  ])('knows %s, which errors are made of, so that clients can show them in words', (symbol, ...files) => {
    const { fileDescriptorProto = [] } =
      answerTo({ fileContainingSymbol: symbol }).fileDescriptorResponse ?? {};
    const names = fileDescriptorProto.map((bytes) => FileDescriptorProto.decode(bytes) as { name?: string });
    expect(names.map(({ name }) => name)).toEqual(files);
  });
});
