import { styleText } from 'node:util';
import type { Writable } from 'node:stream';

export type Style = 'good' | 'warning' | 'bad' | 'head';

/** Colours a text, where colours are wanted. */
export type Paint = (style: Style, text: string) => string;

const COLOURS = { good: 'green', warning: 'yellow', bad: 'red', head: 'bold' } as const;

/**
 * Colours for terminals only: files and pipes get none. `NO_COLOR` (https://no-color.org) and `TERM=dumb` turn them off, and
 * `FORCE_COLOR` on.
 */
export function paintFor(stream: Writable, env: Readonly<Record<string, string | undefined>>): Paint {
  return wantsColours(stream, env)
    ? (style, text) => styleText(COLOURS[style], text, { validateStream: false })
    : plain;
}

export const plain: Paint = (_style, text) => text;

function wantsColours(stream: Writable, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR: none = '', FORCE_COLOR: force = '', TERM: terminal } = env;
  if (none !== '') return false;
  if (force !== '') return force !== '0';
  return isTerminal(stream) && terminal !== 'dumb';
}

export function isTerminal(stream: Writable): stream is NodeJS.WriteStream {
  return (stream as Partial<NodeJS.WriteStream>).isTTY === true;
}

/** What a status says of how things are. Those that say nothing of it have no colour. */
const STYLE_OF: Readonly<Record<string, Style>> = {
  active: 'good',
  confirmed: 'good',
  delivered: 'good',
  done: 'good',
  enabled: 'good',
  ok: 'good',
  ready: 'good',
  succeeded: 'good',
  up: 'good',
  draining: 'warning',
  frozen: 'warning',
  full: 'warning',
  pending: 'warning',
  received: 'warning',
  running: 'warning',
  stopping: 'warning',
  warning: 'warning',
  broken: 'bad',
  disabled: 'bad',
  down: 'bad',
  failed: 'bad',
  refused: 'bad',
  rejected: 'bad',
  unavailable: 'bad',
  unknown: 'bad',
};

/** @param said a status, perhaps with more behind it, such as `disabled: by an administrator` */
export function paintStatus(paint: Paint, said: string): string {
  const style = STYLE_OF[/^[a-z]+/.exec(said)?.[0] ?? ''];
  return style === undefined ? said : paint(style, said);
}
