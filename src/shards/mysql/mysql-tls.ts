import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { tlsFilesOf } from '../shard-address';

/** A file's content, read again when the file has changed. What cannot be read now stays as it was. */
class FileContent {
  #content: Buffer | undefined;
  #seen = '';

  constructor(private readonly path: string) {}

  get content(): Buffer | undefined {
    try {
      const { mtimeMs, ino, size } = statSync(this.path);
      const seen = `${mtimeMs} ${ino} ${size}`;
      if (seen !== this.#seen) {
        this.#content = readFileSync(this.path);
        this.#seen = seen;
      }
    } catch (error) {
      if (!this.#content) throw error;
    }
    return this.#content;
  }
}

/**
 * How the driver speaks TLS to the servers of a URL: always with a certificate that is trusted and names the host. The
 * driver asks for the parts at each new connection, and makes a new context when one of them is another than before.
 */
export class MysqlTls {
  readonly rejectUnauthorized = true;
  readonly verifyIdentity = true;
  readonly #ca: FileContent | undefined;
  readonly #cert: FileContent | undefined;
  readonly #key: FileContent | undefined;

  /** Nothing for a URL without TLS. */
  static of(url: string): MysqlTls | undefined {
    const files = tlsFilesOf(url);
    return files && new MysqlTls(files);
  }

  private constructor({ ca, cert, key }: NonNullable<ReturnType<typeof tlsFilesOf>>) {
    this.#ca = ca === undefined ? undefined : new FileContent(ca);
    this.#cert = cert === undefined ? undefined : new FileContent(cert);
    this.#key = key === undefined ? undefined : new FileContent(key);
  }

  get ca(): Buffer | undefined {
    return this.#ca?.content;
  }

  get cert(): Buffer | undefined {
    return this.#cert?.content;
  }

  get key(): Buffer | undefined {
    return this.#key?.content;
  }

  /** @throws Error of the system or of TLS for files that cannot be used */
  check(): void {
    const { ca, cert, key } = this;
    createSecureContext({ ca, cert, key });
  }
}
