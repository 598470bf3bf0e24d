import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { StructuredLog } from './structured-log';

/** PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const LOOK_MS = 1_000;

/**
 * A listener's certificate chain and private key, in two files that are read again when they have changed: certificates are
 * renewed every few weeks, and a service that moves money is not restarted for it. The files are read and compared, since
 * orchestrators replace them through links of which no watch of the file system tells.
 */
export class CertificateFiles {
  #current: Certificate;
  /** The last one that could not be used, so that each is told of once. */
  #refused: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @throws Error of the system or of TLS for files that cannot be used */
  constructor(private readonly paths: { readonly cert: string; readonly key: string }) {
    this.#current = { cert: readFileSync(paths.cert), key: readFileSync(paths.key) };
    createSecureContext(this.#current);
  }

  get current(): Certificate {
    return this.#current;
  }

  /** @param use given each new pair that can be used; connections that are open keep the one they have */
  watch(use: (renewed: Certificate) => void, log: Pick<StructuredLog, 'info' | 'error'>): void {
    const look = async (): Promise<void> => {
      await this.#look(use, log);
      if (this.#isStopped) return;
      this.#timer = setTimeout(() => void look(), LOOK_MS).unref();
    };
    this.#timer = setTimeout(() => void look(), LOOK_MS).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Never rejects: a file that is away, half written or beside the other one's predecessor is looked at again. */
  async #look(
    use: (renewed: Certificate) => void,
    log: Pick<StructuredLog, 'info' | 'error'>,
  ): Promise<void> {
    const { cert: file } = this.paths;
    try {
      const [cert, key] = await Promise.all([readFile(this.paths.cert), readFile(this.paths.key)]);
      if (cert.equals(this.#current.cert) && key.equals(this.#current.key)) return;
      createSecureContext({ cert, key });
      this.#current = { cert, key };
      this.#refused = undefined;
      use(this.#current);
      log.info('a certificate was read again', { file });
    } catch (error) {
      if (this.#isStopped) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#refused === reason) return;
      this.#refused = reason;
      log.error('a certificate that has changed cannot be used; the one before stays', { file, reason });
    }
  }
}
