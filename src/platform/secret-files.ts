import { closeSync, openSync, readSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/** Far above any secret; a path that leads to something else is found out here. */
const BYTES_MAX = 64 * 1024;

/** The variable that names the file with a secret's value. */
export function fileVariable(variable: string): string {
  return `${variable}_FILE`;
}

/**
 * Puts secrets in their places that stand in files, as Docker and Kubernetes mount them: `NAME_FILE` is the path, the
 * file's text without blanks and line breaks around it the value of `NAME`.
 *
 * @param faults is told of files that cannot be used, and of secrets that are given twice
 */
export function withSecretsOfFiles(
  environment: Environment,
  variables: readonly string[],
  faults: string[],
): Environment {
  const found: Record<string, string> = {};
  for (const variable of variables) {
    const path = environment[fileVariable(variable)];
    if (path === undefined || path === '') continue;
    if (environment[variable]) {
      faults.push(`${variable} and ${fileVariable(variable)} are both set; keep one of them`);
      continue;
    }
    const secret = readSecret(path);
    if (typeof secret === 'string') found[variable] = secret;
    else faults.push(`${fileVariable(variable)}: ${JSON.stringify(path)} ${secret.fault}`);
  }
  return { ...environment, ...found };
}

/** @returns the secret, or what is wrong with the file; never a part of what is in it */
export function readSecret(path: string): string | { readonly fault: string } {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(BYTES_MAX + 1);
      let length = 0;
      for (let read = -1; read !== 0 && length <= BYTES_MAX; length += read)
        read = readSync(file, buffer, length, buffer.length - length, null);
      if (length > BYTES_MAX) return { fault: `is longer than ${BYTES_MAX} bytes` };
      const secret = buffer.toString('utf8', 0, length).trim();
      return secret === '' ? { fault: 'is empty' } : secret;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})` };
  }
}
