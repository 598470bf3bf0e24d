import fc from 'fast-check';
import { Arrivals } from '../../tools/fuzz/description/arrival';
import { readDescription } from '../../tools/fuzz/description/read-description';
import { KnownValues } from '../../tools/fuzz/generate/known-values';
import { deliveryOf, plans } from '../../tools/fuzz/generate/plan';

const SENDER = { host: '127.0.0.1:1', key: 'the-key-of-the-admin' };
const SEED = 7;

const DESCRIPTION = {
  security: [{ key: [] }],
  paths: {
    '/v1/things/{thingId}/pledges/{pledgeId}/settle': {
      post: {
        parameters: [
          { name: 'thingId', in: 'path', required: true, schema: { type: 'string', minLength: 1 } },
          { name: 'pledgeId', in: 'path', required: true, schema: { type: 'string', minLength: 1 } },
          { name: 'mode', in: 'query', required: false, schema: { type: 'string', enum: ['fast', 'slow'] } },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Settlement' } } },
        },
        responses: { 201: {} },
      },
    },
  },
  components: {
    schemas: {
      Settlement: {
        type: 'object',
        required: ['share'],
        properties: {
          share: { type: 'integer', minimum: 3, maximum: 9 },
          note: { type: 'string', maxLength: 5 },
        },
      },
    },
  },
};

/** Requests come from the description alone: what it describes is sent, whatever it is. */
describe('the requests of the fuzzer', () => {
  const operations = readDescription(DESCRIPTION);
  const known = new KnownValues();
  known.add('elsewhere', { thingId: 'thing-1', pledgeId: 'pledge-1' });
  known.add('elsewhere', { thingId: 'thing-2', pledgeId: 'pledge-2' });
  const arrivals = new Arrivals(operations);
  const sampled = fc.sample(plans(operations, {}), { numRuns: 400, seed: SEED });
  const requests = sampled.map((plan) => ({ plan, ...deliveryOf(plan, known, SENDER) }));
  const asDescribed = requests
    .filter(({ plan }) => plan.changes.length === 0)
    .flatMap(({ requests }) => requests);

  it('arrive at an operation that nobody wrote a line for, with values that belong together', () => {
    const paths = asDescribed.map(({ method, target }) => arrivals.of(method, target)?.path ?? {});
    expect(paths.every(({ pledgeId }) => pledgeId !== undefined)).toBe(true);
    const together = paths.filter(
      ({ thingId, pledgeId }) => pledgeId === thingId?.replace('thing', 'pledge'),
    );
    expect(together.length).toBeGreaterThan(paths.length / 3);
  });

  it('have bodies as described, fields that may be left out in some and not in others', () => {
    const bodies = asDescribed.map(
      ({ body }) => JSON.parse(String(body)) as { share: number; note?: string },
    );
    expect(bodies.every(({ share, note = '' }) => share >= 3 && share <= 9 && note.length <= 5)).toBe(true);
    expect(new Set(bodies.map(({ note }) => note === undefined)).size).toBe(2);
    expect(new Set(asDescribed.map(({ target }) => target.split('?')[1]))).toEqual(
      new Set([undefined, 'mode=fast', 'mode=slow']),
    );
  });

  it('are changed in about half of the cases, in many ways', () => {
    const changes = sampled.flatMap(({ changes }) => changes.map(({ what }) => what));
    expect(sampled.length - asDescribed.length).toBeGreaterThan(sampled.length / 3);
    expect(new Set(changes).size).toBeGreaterThan(100);
  });

  it('are the same for the same seed', () => {
    const again = fc.sample(plans(operations, {}), { numRuns: 400, seed: SEED });
    expect(again.map((plan) => deliveryOf(plan, known, SENDER).bytes.toString('latin1'))).toEqual(
      requests.map(({ bytes }) => bytes.toString('latin1')),
    );
  });

  it('send again what was taken', () => {
    const [operation] = operations;
    known.addTaken(operation?.id ?? '', { about: { thingId: 't', pledgeId: 'p' }, body: '{"share":4}' });
    const again = sampled.filter(({ draft, changes }) => draft.again !== undefined && changes.length === 0);
    expect(again.length).toBeGreaterThan(5);
    for (const plan of again) {
      const [request] = deliveryOf(plan, known, SENDER).requests;
      expect([request?.target.split('?')[0], String(request?.body)]).toEqual([
        '/v1/things/t/pledges/p/settle',
        '{"share":4}',
      ]);
    }
  });
});
