import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The page is one script and one style sheet, under names that change with their content. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/console', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the page's policy forbids what does not come as a file of this service.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    sourcemap: false,
  },
  logLevel: 'warn',
});
