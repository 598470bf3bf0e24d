import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { HOSTILE } from '../../../test/setup/hostile-values';
import type { Request } from './request';
import { literal, raw, type Value } from './value';

/** Nothing listens there. */
const CLOSED = '127.0.0.1:1';
const NEW_FILES = 8;

/** Addresses of databases: all that a new shard may be is in one folder, or refuses the connection. */
export class Addresses {
  /** Stands in the URLs as the password: it may never be heard again. */
  readonly password = 'fuzz-password-of-a-shard';

  /** @param folder of the service under test; files that are no databases are made in it */
  constructor(private readonly folder: string) {
    mkdirSync(join(folder, 'folder'), { recursive: true });
    writeFileSync(join(folder, 'text'), 'no database at all\n');
    symlinkSync('/dev/null', join(folder, 'nothing'));
    symlinkSync('/dev/zero', join(folder, 'endless'));
    symlinkSync(join(folder, 'circle'), join(folder, 'circle'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
  }

  /** A file of its own for a shard that is there from the start. */
  spareUrl(number: number): string {
    return `sqlite:${join(this.folder, `spare-${number}.sqlite`)}`;
  }

  get vocabulary(): Readonly<Record<string, fc.Arbitrary<Value>>> {
    const sqlite = (name: string): Value => literal(`sqlite:${join(this.folder, name)}`);
    const odd = [
      'folder',
      'text',
      'nothing',
      'endless',
      'circle',
      'pipe',
      'none/shard',
      'shard-0.sqlite',
      'text/shard',
    ];
    return {
      url: fc.oneof(
        { weight: 4, arbitrary: fc.nat(NEW_FILES - 1).map((n) => sqlite(`new-${n}.sqlite`)) },
        { weight: 3, arbitrary: fc.constantFrom(...odd).map(sqlite) },
        // A receiver of events whose name nobody can look up.
        { weight: 5, arbitrary: fc.constant(literal('https://receiver.invalid/hooks')) },
        {
          weight: 2,
          arbitrary: fc
            .constantFrom('db', 'a%2Fb', 'x'.repeat(64))
            .map((name) => literal(`mysql://fuzz:${this.password}@${CLOSED}/${name}`)),
        },
        { weight: 2, arbitrary: fc.constantFrom(...Object.values(HOSTILE.url)).map(raw) },
      ),
    };
  }

  /** Would the service touch anything outside if it took this request? Bodies that it cannot read touch nothing. */
  confines({ body }: Request): boolean {
    if (body === undefined || !/sqlite|mysql|\\u/i.test(body.toString('latin1'))) return true;
    let value: unknown;
    try {
      value = JSON.parse(body.toString().replace(/^\ufeff/, ''));
    } catch {
      return true;
    }
    return stringsIn(value).every((text) => this.#isConfined(text));
  }

  #isConfined(text: string): boolean {
    if (text.startsWith('sqlite:')) {
      const path = text.slice('sqlite:'.length);
      return !path.startsWith('/') || resolve(path).startsWith(`${this.folder}${sep}`) || path.includes('\0');
    }
    if (!URL.canParse(text)) return true;
    const { protocol, host, pathname } = new URL(text);
    return protocol !== 'mysql:' || host === CLOSED || pathname.length < 2 || host === '';
  }
}

/** All strings of a value. A stack of one's own, because hostile values are deeper than that of the language. */
function stringsIn(value: unknown): string[] {
  const strings: string[] = [];
  const left = [value];
  while (left.length > 0) {
    const at = left.pop();
    if (typeof at === 'string') strings.push(at);
    else if (typeof at === 'object' && at !== null)
      for (const each of Object.values(at) as unknown[]) left.push(each);
  }
  return strings;
}
