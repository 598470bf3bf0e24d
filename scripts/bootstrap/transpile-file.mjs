import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { repositoryRoot as root } from './repository.mjs';

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options: compilerOptions } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);

/**
 * Brings one source file into `dist`. Files that are neither TypeScript nor JSON have no place there.
 * Throws an Error with file, line and fault when it is not TypeScript at all; types are not looked at.
 */
export function transpileFile(source) {
  if (source.endsWith('.ts')) transpile(source);
  else if (source.endsWith('.json')) copyFileSync(join(root, source), placeOf(source));
}

function transpile(source) {
  const target = placeOf(source).replace(/\.ts$/, '.js');
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(
    readFileSync(join(root, source), 'utf8'),
    { compilerOptions, fileName: basename(source), reportDiagnostics: true },
  );
  // Those without a file are about the compiler's options, some of which do not fit a file by itself.
  const fault = diagnostics?.find(({ file }) => file !== undefined);
  if (fault) throw new Error(faultText(source, fault));
  const map = JSON.parse(sourceMapText ?? '{}');
  map.sources = [relative(dirname(target), join(root, source))];
  writeFileSync(target, outputText);
  writeFileSync(`${target}.map`, JSON.stringify(map));
}

function faultText(source, { file, start, messageText }) {
  const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `${source}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

function placeOf(source) {
  const place = join(root, 'dist', source);
  mkdirSync(dirname(place), { recursive: true });
  return place;
}
