import { callIdOf, namesLogged, traceParentOf } from './call-names';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('the id of a call', () => {
  it.each(['a', '7b3c2c1e-52d1-4f6c-9a53-2d3b6d6b8c10', 'Root=1-67891233-abcdef;Self=x', 'x'.repeat(128)])(
    'is what the client said: %s',
    (said) => {
      expect(callIdOf(said)).toBe(said);
    },
  );

  it.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['one that is too long', 'x'.repeat(129)],
    ['one that would end a line of the log', 'a\nlevel=error'],
    ['one with a quote', 'a"b'],
    ['two, joined', 'a, b'],
    ['one in another alphabet', 'ä'],
    ['several', ['a', 'b']],
  ])('is a new one instead of %s', (_what, said) => {
    const [first, second] = [callIdOf(said), callIdOf(said)];
    expect(first).toMatch(/^[\w-]{12}-[0-9a-z]+$/);
    expect(second).not.toBe(first);
    expect(callIdOf(first)).toBe(first);
  });
});

describe('a traceparent', () => {
  it('is taken as it is, and its trace is named in the log', () => {
    const said = `00-${TRACE}-${PARENT}-01`;
    expect(traceParentOf(said)).toBe(said);
    expect(namesLogged({ callId: 'a', traceParent: said })).toEqual({ xRequestId: 'a', traceId: TRACE });
    expect(namesLogged({ callId: 'a', traceParent: undefined })).toEqual({ xRequestId: 'a' });
  });

  it('of a later version is taken as far as it is known', () => {
    expect(traceParentOf(`cc-${TRACE}-${PARENT}-01-what comes`)).toBe(`00-${TRACE}-${PARENT}-01`);
  });

  it.each([
    undefined,
    '',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}-01\n`,
    `cc-${TRACE}-${PARENT}-01-${'x'.repeat(500)}`,
  ])('is not taken when it is none: %j', (said) => {
    expect(traceParentOf(said)).toBeUndefined();
  });
});
