const NODE_MAJOR_MIN = 24;

/** @returns why this Node does not do; `undefined` where it does */
export function nodeRefusal(version: string, path: string): string | undefined {
  if (Number(version.split('.', 1)[0]) >= NODE_MAJOR_MIN) return undefined;
  return (
    `hotsplit: this needs Node ${NODE_MAJOR_MIN} or later, and ${path} is Node ${version}. A checkout brings its own: ` +
    '`npm start`, `npx hotsplit`, or node_modules/node/bin/node in place of node.'
  );
}

// What a person may start with a Node of their own imports this file before anything else: an older Node crashes in a native
// module without a word.
const refusal = nodeRefusal(process.versions.node, process.execPath);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(1);
}
