// Imported first by every script that a person starts: what the scripts do needs this much, and an older Node says so instead of
// failing somewhere inside.
const NODE_MAJOR_MIN = 20;

if (Number(process.versions.node.split('.', 1)[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `hotsplit: the scripts need Node ${NODE_MAJOR_MIN} or later, and ${process.execPath} is Node ${process.versions.node}. ` +
      'They bring the Node that the service runs under.\n',
  );
  process.exit(1);
}
