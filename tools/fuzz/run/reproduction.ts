import type { Delivery } from '../generate/request';

const SHOWN_MAX = 1_500;

/** How to see a finding again. */
export interface Reproduction {
  /** What was done to the request, in words. */
  readonly changes: readonly string[];
  /** For a shell. */
  readonly command: string;
  /** Generates the same case again: `--case`. */
  readonly replay: string;
}

/** The request as a command for a shell: curl where curl can say it, the bytes themselves otherwise. */
export function commandOf({ bytes, requests, manner }: Delivery, url: string): string {
  const [request] = requests;
  if (manner !== 'whole' || !request || requests.length !== 1 || !isPrintable(bytes))
    return rawCommand(bytes, url);
  const { method, target, headers, body } = request;
  const parts = [
    'curl -i --path-as-is',
    method === 'HEAD' ? '-I' : `-X ${method}`,
    ...headers
      .filter(([name]) => name !== 'host')
      .map(([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-binary ${quoted(body.toString())}`]),
    quoted(`${url}${target}`),
  ];
  return parts.join(' ');
}

function rawCommand(bytes: Buffer, url: string): string {
  const { hostname, port } = new URL(url);
  const shown = bytes.length > SHOWN_MAX ? bytes.subarray(0, SHOWN_MAX) : bytes;
  const note = bytes.length > SHOWN_MAX ? `  # the first ${SHOWN_MAX} of ${bytes.length} bytes` : '';
  return `echo ${shown.toString('base64')} | base64 -d | nc ${hostname} ${port}${note}`;
}

function isPrintable(bytes: Buffer): boolean {
  return bytes.length <= SHOWN_MAX && /^[\x20-\x7e\r\n]*$/.test(bytes.toString('latin1'));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
