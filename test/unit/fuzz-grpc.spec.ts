import { messagesIn } from '../../tools/fuzz/grpc/call';

describe('messages in the bytes of a fuzzed gRPC call', () => {
  const framed = (text: string): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(text.length, 1);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const read = (...parts: Buffer[]): string[] => messagesIn(Buffer.concat(parts)).map(String);

  it('are those that are whole', () => {
    expect(read(framed('one'), framed(''), framed('two'))).toEqual(['one', '', 'two']);
    expect(read(framed('one'), framed('two').subarray(0, -1))).toEqual(['one']);
    expect(read(framed('one'), Buffer.from([0, 0]))).toEqual(['one']);
    expect(read()).toEqual([]);
  });

  it('may end in the head of the next one, as the service reads them', () => {
    expect(read(framed('one').subarray(0, -1), framed('two'))).toEqual(['on\0']);
  });
});
