import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { tlsFilesOf } from '../shard-address';

const PARTS = ['ca', 'cert', 'key'] as const;
type Part = (typeof PARTS)[number];
type Contents = { readonly [part in Part]?: Buffer };

/**
 * How the driver speaks TLS to the servers of a URL: always with a certificate that is trusted and names the host. The
 * driver asks for the parts at each new connection, and makes a new context when one of them is another than before. It
 * does so where nobody could catch an error, so it is given nothing that has not made a context before: files that are
 * away, or do not fit together while one after the other is replaced, leave those before in use.
 */
export class MysqlTls {
  readonly rejectUnauthorized = true;
  readonly verifyIdentity = true;
  #contents: Contents;
  /** The state of the files that was looked at last. */
  #seen: string;

  /**
   * Nothing for a URL without TLS.
   *
   * @throws Error of the system or of TLS for files that cannot be used
   */
  static of(url: string): MysqlTls | undefined {
    const files = tlsFilesOf(url);
    return files && new MysqlTls(files);
  }

  private constructor(private readonly files: { readonly [part in Part]: string | undefined }) {
    this.#seen = this.#state();
    this.#contents = this.#read();
  }

  get ca(): Buffer | undefined {
    return this.#current().ca;
  }

  get cert(): Buffer | undefined {
    return this.#current().cert;
  }

  get key(): Buffer | undefined {
    return this.#current().key;
  }

  #current(): Contents {
    try {
      const state = this.#state();
      if (state === this.#seen) return this.#contents;
      this.#seen = state;
      this.#contents = this.#read();
    } catch {
      // The files are looked at again when they have changed once more.
    }
    return this.#contents;
  }

  #paths(): (readonly [Part, string])[] {
    return PARTS.flatMap((part) => {
      const path = this.files[part];
      return path === undefined ? [] : [[part, path] as const];
    });
  }

  #state(): string {
    return this.#paths()
      .map(([, path]) => statSync(path))
      .map(({ mtimeMs, ino, size }) => `${mtimeMs} ${ino} ${size}`)
      .join(', ');
  }

  #read(): Contents {
    const contents: Contents = Object.fromEntries(
      this.#paths().map(([part, path]) => [part, readFileSync(path)]),
    );
    createSecureContext(contents);
    return contents;
  }
}
