import { Injectable } from '@nestjs/common';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One file of the built page. */
export interface ConsoleFile {
  readonly type: string;
  readonly content: Buffer;
  readonly zipped: Buffer;
  /** Its name changes with its content. */
  readonly isImmutable: boolean;
}

const ASSETS = 'assets';

/** The files of the page, as the build made them. They are read when they are first asked for, and kept. */
@Injectable()
export class ConsolePages {
  #files: ReadonlyMap<string, ConsoleFile> | undefined;

  /** @param path below `/console/`; empty for the page itself */
  find(path: string): ConsoleFile | undefined {
    this.#files ??= readFiles(builtFolder());
    return this.#files.get(path === '' ? 'index.html' : path);
  }
}

function readFiles(folder: string): ReadonlyMap<string, ConsoleFile> {
  const assets = join(folder, ASSETS);
  if (!existsSync(join(folder, 'index.html'))) return new Map();
  const names = [
    ...readdirSync(folder).filter((name) => extname(name) !== ''),
    ...readdirSync(assets).map((name) => `${ASSETS}/${name}`),
  ];
  return new Map(
    names.flatMap((name) => {
      const type = TYPES[extname(name)];
      if (type === undefined) return [];
      const content = readFileSync(join(folder, name));
      const file = { type, content, zipped: gzipSync(content), isImmutable: name.startsWith(`${ASSETS}/`) };
      return [[name, file] as const];
    }),
  );
}

/** Beside the built service, also for tests that run from its sources. */
function builtFolder(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === 'dist') return join(folder, 'console');
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'dist', 'console');
  }
  return join(__dirname, 'console');
}
