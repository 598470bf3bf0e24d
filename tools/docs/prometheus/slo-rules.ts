import { stringify } from 'yaml';

/** What is promised, and how it is counted. */
interface Slo {
  readonly name: string;
  /** The share that may be bad. */
  readonly budget: number;
  /** Requests a second over a window that count. */
  readonly all: (window: string) => string;
  /** Those of them that break the promise. */
  readonly bad: (window: string) => string;
  readonly summary: string;
  readonly description: string;
  readonly runbook: string;
}

const HTTP = 'hotsplit_http_request_seconds';
const GRPC = 'hotsplit_grpc_call_seconds';
/** The API's own routes. A stream of events lasts as long as its reader likes. */
const API = 'route=~"/v1/.*",route!="/v1/events/stream"';
/** Who asked for what cannot be had was answered; that request is not counted at all. */
const CALLERS_OWN =
  'INVALID_ARGUMENT|UNAUTHENTICATED|PERMISSION_DENIED|NOT_FOUND|ALREADY_EXISTS|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|RESOURCE_EXHAUSTED|CANCELLED';
const FAILED = 'UNAVAILABLE|INTERNAL|UNKNOWN|DEADLINE_EXCEEDED';
const MONEY_ROUTES =
  '/v1/accounts/:accountId/(deductions|credits|holds|deductions/:requestId/reversals|holds/:holdId/(confirm|cancel))';
const MONEY = `method="POST",route=~"${MONEY_ROUTES}",status="2xx"`;
const GRPC_MONEY =
  'method=~"/hotsplit.v1.DeductionService/(Deduct|Credit|Reverse|Hold|ConfirmHold|CancelHold)",status="OK"';

/** Series come when they are first counted: none is 0. */
function rate(series: string, window: string): string {
  return `(sum(rate(${series}[${window}])) or vector(0))`;
}

const SLOS: readonly Slo[] = [
  {
    name: 'calls',
    budget: 0.0001,
    all: (window) =>
      `${rate(`${HTTP}_count{${API},status!="4xx"}`, window)} + ${rate(`${GRPC}_count{status!~"${CALLERS_OWN}"}`, window)}`,
    bad: (window) =>
      `${rate(`${HTTP}_count{${API},status="5xx"}`, window)} + ${rate(`${GRPC}_count{status=~"${FAILED}"}`, window)}`,
    summary: 'Valid requests fail faster than 99.99 % allows',
    description: 'of valid requests (over REST and gRPC) were answered with 5xx, or with a status as bad',
    runbook: 'error-budget',
  },
  {
    name: 'commands',
    budget: 0.0001,
    all: (window) => rate('hotsplit_commands_total', window),
    bad: (window) =>
      rate('hotsplit_commands_total{outcome=~"overloaded|shardUnavailable|failed|rejected"}', window),
    summary: 'Deductions, credits and holds fail faster than 99.99 % allows',
    description: 'of commands, items of batches and of streams included, were turned away or failed',
    runbook: 'error-budget',
  },
  {
    name: 'latency',
    budget: 0.01,
    all: (window) =>
      `${rate(`${HTTP}_count{${MONEY}}`, window)} + ${rate(`${GRPC}_count{${GRPC_MONEY}}`, window)}`,
    bad: (window) =>
      `${rate(`${HTTP}_count{${MONEY}}`, window)} - ${rate(`${HTTP}_bucket{${MONEY},le="0.1"}`, window)} + ` +
      `${rate(`${GRPC}_count{${GRPC_MONEY}}`, window)} - ${rate(`${GRPC}_bucket{${GRPC_MONEY},le="0.1"}`, window)}`,
    summary: 'The p99 of single money requests is above 100 ms',
    description: 'of single deductions, credits, reversals and holds that succeeded took more than 100 ms',
    runbook: 'latency-budget',
  },
];

/** So many times the budget, seen over a long and a short window: it lasts, and it goes on. */
interface Burn {
  readonly severity: 'page' | 'ticket';
  readonly times: number;
  readonly long: string;
  readonly short: string;
}

/** Of a budget for 30 days: 2 % in an hour, 5 % in six; 10 % in one day, 10 % in three. */
const BURNS: readonly Burn[] = [
  { severity: 'page', times: 14.4, long: '1h', short: '5m' },
  { severity: 'page', times: 6, long: '6h', short: '30m' },
  { severity: 'ticket', times: 3, long: '1d', short: '2h' },
  { severity: 'ticket', times: 1, long: '3d', short: '6h' },
];

const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];
/** Nobody is woken for less than this in six hours: where little is asked for, one failure is a large share. */
const BAD_MIN = 10;
const SIX_HOURS_SECONDS = 6 * 3_600;

const HEAD = `# Made by \`npm run docs:generate\` from tools/docs/prometheus/slo-rules.ts, where the objectives are: do not edit.
`;

/** The recording and alerting rules of the service level objectives, as Prometheus reads them. */
export function sloRules(): string {
  const groups = [
    { name: 'hotsplit-slo', rules: SLOS.flatMap(recordings) },
    { name: 'hotsplit-slo-alerts', rules: SLOS.flatMap((slo) => BURNS.map((burn) => alert(slo, burn))) },
  ];
  return HEAD + stringify({ groups }, { lineWidth: 0 });
}

function recordings({ name, all, bad }: Slo): object[] {
  const labels = { slo: name };
  const ratios = WINDOWS.map((window) => ({
    record: `hotsplit:slo_bad:ratio_rate${window}`,
    expr: `(${bad(window)}) / (${all(window)})`,
    labels,
  }));
  return [...ratios, { record: 'hotsplit:slo_bad:rate6h', expr: bad('6h'), labels }];
}

function alert({ name, budget, summary, description, runbook }: Slo, burn: Burn): object {
  const { severity, times, long, short } = burn;
  const over = (window: string): string =>
    `hotsplit:slo_bad:ratio_rate${window}{slo="${name}"} > ${Number((times * budget).toPrecision(6))}`;
  const enough = `hotsplit:slo_bad:rate6h{slo="${name}"} * ${SIX_HOURS_SECONDS} > ${BAD_MIN}`;
  return {
    alert: name === 'latency' ? 'HotsplitLatencyBudgetBurn' : 'HotsplitErrorBudgetBurn',
    expr: `${over(long)} and ${over(short)} and ${enough}`,
    labels: { severity, slo: name, window: long },
    annotations: {
      summary,
      description: `{{ $value | humanizePercentage }} ${description} in the last ${long}, and it goes on. At this rate the budget of 30 days lasts ${days(times)}.`,
      runbook: `docs/alerts.md#${runbook}`,
    },
  };
}

function days(times: number): string {
  const left = 30 / times;
  return left >= 3 ? `${Math.round(left)} days` : `${Math.round(left * 24)} hours`;
}
