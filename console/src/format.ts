/** How many digits of an asset stand behind the point: `USD/2` has two. */
export function decimalsOf(asset: string): number {
  return Number(/\/(\d+)$/.exec(asset)?.[1] ?? 0);
}

export function codeOf(asset: string): string {
  return asset.replace(/\/\d+$/, '');
}

/** Minor units as people write them, exact: `99750` of `USD/2` is `997.50`. */
export function amountText(minor: string, asset: string): string {
  const decimals = decimalsOf(asset);
  const sign = minor.startsWith('-') ? '−' : '';
  const digits = minor.replace('-', '').padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** An amount as it stands in a field to be edited; empty for none. */
export function typedText(minor: string | undefined, asset: string): string {
  return minor === undefined ? '' : amountText(minor, asset).replaceAll(',', '');
}

/** What somebody typed, in minor units; `undefined` when it is no amount above zero of this asset. */
export function minorOf(typed: string, asset: string): string | undefined {
  const decimals = decimalsOf(asset);
  const [, whole = '', behind = ''] = /^(\d{1,19})(?:\.(\d+))?$/.exec(typed.trim().replaceAll(',', '')) ?? [];
  if (whole === '' || behind.length > decimals) return undefined;
  const minor = `${whole}${behind.padEnd(decimals, '0')}`.replace(/^0+/, '');
  return minor === '' || BigInt(minor) > 10n ** 18n ? undefined : minor;
}

/** As `minorOf`, of a limit, which may be 0. */
export function limitMinorOf(typed: string, asset: string): string | undefined {
  return /^0(\.0+)?$/.test(typed.trim()) ? '0' : minorOf(typed, asset);
}

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export function countText(value: number): string {
  return Math.abs(value) < 10 && !Number.isInteger(value) ? SMALL.format(value) : COUNT.format(value);
}

export function msText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 1_000) return `${SMALL.format(value / 1_000)} s`;
  return `${value < 10 ? SMALL.format(value) : COUNT.format(value)} ms`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' });

/** Today the time of day, else the day with it. */
export function timeText(iso: string): string {
  const time = new Date(iso);
  const isToday = new Date().toDateString() === time.toDateString();
  return isToday ? CLOCK.format(time) : `${DAY.format(time)}, ${CLOCK.format(time)}`;
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

/** How long ago, or in how long, to about a tenth. */
export function ageText(iso: string, now = Date.now()): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1_000);
  const [size, unit] = UNITS.find(([each]) => Math.abs(seconds) >= each) ?? [1, 's'];
  const length = `${Math.floor(Math.abs(seconds) / size)} ${unit}`;
  return seconds < 0 ? `in ${length}` : `${length} ago`;
}

const ID_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A request id that nobody else makes. `crypto.randomUUID` is missing where the page came without TLS. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return `console-${[...bytes].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('')}`;
}
