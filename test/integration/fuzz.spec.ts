import { fuzz } from '../../tools/fuzz/run/fuzz-run';
import { findingText } from '../../tools/fuzz/run/describe-report';
import { sqliteSites } from '../setup/service-sites';

const REQUESTS = 5_000;
const CALLS = 1_400;
const SEED = 20_260_101;

/**
 * Whatever is sent to a running service, made from its own description: no error of its own, no crash, nothing changed by
 * a refusal, nothing given away, and every answer as described. More of it: `npm run fuzz`.
 */
describe('[sqlite] fuzzing the service', () => {
  it(`finds nothing in ${REQUESTS} requests, and every operation succeeds among them`, async () => {
    const report = await fuzz({
      kind: sqliteSites,
      requests: REQUESTS,
      seed: SEED,
      door: 'rest',
      print: () => undefined,
    });

    expect(report.found.map((found) => findingText(found, report))).toEqual([]);
    expect([report.neverSucceeded, report.audit]).toEqual([[], 'balanced']);
    expect(report.requests).toBeGreaterThanOrEqual(REQUESTS);
    expect(report.entries).toBeGreaterThan(50);
  });

  it(`finds nothing in ${CALLS} gRPC calls, and every method succeeds among them`, async () => {
    const report = await fuzz({
      kind: sqliteSites,
      requests: CALLS,
      seed: SEED,
      door: 'grpc',
      print: () => undefined,
    });

    expect(report.found.map((found) => findingText(found, report))).toEqual([]);
    // No call comes by chance upon an address that may be sent to; parity.spec creates webhooks over gRPC.
    const lacking = report.neverSucceeded.filter((where) => where !== 'grpc AdminService/CreateWebhook');
    expect([lacking, report.audit]).toEqual([[], 'balanced']);
    expect(report.requests).toBeGreaterThanOrEqual(CALLS);
    expect(report.entries).toBeGreaterThan(50);
  });
});
