// npm pack, npm publish: the service is no package. It runs from a checkout or as an image; what is installed is its client.
console.error(
  'hotsplit itself is not packed. Its client is: npm run build && npm pack ./dist/packages/client',
);
process.exit(1);
