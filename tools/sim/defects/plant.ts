import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Defect, Edit } from './defect';

/** The checkout that this build was made from: `dist/tools/sim/defects` is four folders below it. */
const ROOT = join(__dirname, '..', '..', '..', '..');
const BUILT = join(ROOT, 'dist');

/** The source of a file with an edit of it carried out. @throws Error when the edit does not fit exactly once */
export function edited(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(
      `"${find}" stands ${parts.length - 1} times in ${file}, not once: the defect is out of date`,
    );
  return parts.join(replace);
}

/** From now on, files of the product that are loaded have the defect in them. Must come before anything loads them. */
export function plant(defect: Defect): void {
  registerHooks({
    load(url, context, nextLoad) {
      const file = url.startsWith('file:') ? sourceOf(fileURLToPath(url)) : undefined;
      const edits = defect.edits.filter((edit) => edit.file === file);
      if (file === undefined || edits.length === 0) return nextLoad(url, context);
      const source = edits.reduce(edited, readFileSync(join(ROOT, file), 'utf8'));
      return { format: 'commonjs', shortCircuit: true, source: compiled(source, file) };
    },
  });
}

/** The source file of a built one, from the repository's root. */
function sourceOf(builtFile: string): string {
  return relative(BUILT, builtFile).split(sep).join('/').replace(/\.js$/, '.ts');
}

function compiled(source: string, filename: string): string {
  return transformSync(source, {
    filename,
    configFile: false,
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
    },
    module: { type: 'commonjs' },
  }).code;
}
