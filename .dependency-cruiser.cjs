/**
 * The layers of docs/architecture/layers.md, enforced. Imports run downwards:
 *
 *   main, app.module → http, api, cli → features → contract → engine → strategies → shards → ledger
 *                                                                                   (platform stands beside them)
 *
 * Each rule's comment says how to mend a breach.
 */
const features =
  '^src/(accounts|audit|audit-log|balances|budgets|deductions|events|health|holds|intake|keys|operations|rebalancer|shard-registry|sub-accounts)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two files that import each other are one idea: merge them, or move what both need into a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'ledger-is-pure',
      comment:
        'src/ledger decides about money without clock, randomness, I/O or framework, so that it can be tested by ' +
        'the million and simulated. Pass what you need in as a value; put the I/O in src/shards or src/engine. ' +
        '(crc-32 is the one exception: routing is defined by it.)',
      severity: 'error',
      from: { path: '^src/ledger/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/ledger/', 'node_modules/crc-32/'] },
    },
    {
      name: 'shards-know-only-the-ledger',
      comment:
        'A store applies what the ledger decided. If it needs a rule, the rule belongs in src/ledger; if it needs a setting, pass it in.',
      severity: 'error',
      from: { path: '^src/shards/' },
      to: { path: '^src/', pathNot: ['^src/(shards|ledger)/'] },
    },
    {
      name: 'strategies-know-shards-and-ledger',
      comment:
        'A strategy is SQL around one deduction, on a session that a shard hands it: the engine chooses it and decides what ' +
        'it hands over. If it needs something from outside, such as a lock, take it through an interface of its own.',
      severity: 'error',
      from: { path: '^src/strategies/' },
      to: { path: '^src/', pathNot: ['^src/(strategies|shards|ledger)/'] },
    },
    {
      name: 'engine-knows-shards-and-ledger',
      comment:
        'Lanes and routing must run in the simulator without a framework: pass services in through an interface of the engine.',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^src/', pathNot: ['^src/(engine|strategies|shards|ledger)/'] },
    },
    {
      name: 'engine-has-no-framework',
      comment:
        'NestJS wires the engine from app.module and the features; the engine itself is plain TypeScript.',
      severity: 'error',
      from: { path: '^src/(engine|strategies|ledger|shards)/' },
      to: { path: 'node_modules/(@nestjs|fastify)/' },
    },
    {
      name: 'services-do-not-know-the-doors',
      comment:
        'A service answers with values; its controller, or a hot route that is put on the server by hand, turns them into HTTP.',
      severity: 'error',
      from: { path: features, pathNot: '(\\.controller|/hot-routes)\\.ts$' },
      to: { path: '^src/(http|api|cli|console|client)/' },
    },
    {
      name: 'contract-knows-no-door',
      comment:
        'The contract is what all doors have in common: fields, rules, scopes, answers, problems. What is about HTTP or gRPC ' +
        'only belongs in that door; what a service does belongs in the service.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: {
        path: [
          features,
          '^src/(http|api|cli|console|client)/',
          'node_modules/(@nestjs|fastify|@fastify|@grpc)/',
        ],
      },
    },
    {
      name: 'doors-do-not-know-each-other',
      comment: 'A rule that holds at both doors is a rule of the contract: put it into src/contract.',
      severity: 'error',
      from: { path: '^src/(http|api/grpc)/' },
      to: { path: '^src/(http|api/grpc)/', pathNot: '^src/$1/' },
    },
    {
      name: 'platform-knows-no-feature',
      comment:
        'platform (settings, metrics, keys, logs) is used by everyone and therefore imports no feature and no door.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: [features, '^src/(contract|http|api|cli|console|client)/'] },
    },
    {
      name: 'cli-speaks-the-api-only',
      comment:
        'The operator talks to a running service over its API; share only pure vocabulary from src/ledger, from src/load what the ' +
        'console makes of the metrics, too, and the texts of src/documents. What has to work ' +
        'without a service (backup, restore, doctor) is a folder of its own, and its command reads the settings of the service.',
      severity: 'error',
      from: {
        path: '^src/cli/',
        pathNot: '^src/cli/(commands/(backup|restore|doctor)|service/installation)[.]ts$',
      },
      to: { path: '^src/', pathNot: ['^src/(cli|client|documents|ledger|load)/', '^src/require-node[.]ts$'] },
    },
    {
      name: 'load-stands-alone',
      comment: 'The console runs it in browsers, and the command line in Node: it imports nothing of either.',
      severity: 'error',
      from: { path: '^src/load/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/load/'] },
    },
    {
      name: 'documents-stand-alone',
      comment:
        'The service and the command line write them: they are text made of what is handed over, and import nothing.',
      severity: 'error',
      from: { path: '^src/documents/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/documents/'] },
    },
    {
      name: 'nobody-knows-backup-and-doctor',
      comment: 'They work past a running service, on its databases. Only the command line has them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|backup|doctor)/' },
      to: { path: '^src/(backup|doctor)/' },
    },
    {
      name: 'client-stands-alone',
      comment:
        'The client runs in other people’s processes, on any Node from 20 on and without a dependency: write down again ' +
        'what it needs to know of the service; test/unit/client-codes.spec.ts compares the two.',
      severity: 'error',
      from: { path: '^src/client/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/client/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'service-does-not-know-its-client',
      comment:
        'The client speaks to the service from outside. Only the command line, benchmarks and tests may use it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|client)/' },
      to: { path: '^src/client/' },
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'Move what both need into src.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^(test|tools|scripts)/', '\\.spec\\.ts$'] },
    },
    {
      name: 'tools-kernel-knows-nothing-of-the-product',
      comment:
        'tools/kernel has what any program that measures or breaks other programs needs: dice, clock, TCP relay, child ' +
        'processes, tables. What knows the product belongs in the tool that uses it.',
      severity: 'error',
      from: { path: '^tools/kernel/' },
      to: { path: ['^(src|migrations|test|scripts)/', '^tools/(?!kernel/)'] },
    },
    {
      name: 'tools-do-not-import-each-other',
      comment: 'Move what two tools need into tools/kernel, if it knows nothing of the product.',
      severity: 'error',
      from: { path: '^tools/([^/]+)/', pathNot: '^tools/kernel/' },
      to: { path: '^tools/', pathNot: ['^tools/kernel/', '^tools/$1/'] },
    },
    {
      name: 'chaos-shares-no-code-with-the-product',
      comment:
        'What judges the product must not repeat its mistakes: chaos starts it as a process, speaks REST to it and reads ' +
        'its tables. Write down again what you need to know of it.',
      severity: 'error',
      from: { path: '^tools/chaos/' },
      to: { path: '^(src|migrations|test)/' },
    },
    {
      name: 'chaos-checker-reads-history-and-databases',
      comment: 'The checker judges what was written down, not what the rest of the run has in memory.',
      severity: 'error',
      from: { path: '^tools/chaos/check/' },
      to: { path: '^tools/', pathNot: ['^tools/chaos/(check|history)/'] },
    },
    {
      name: 'declared-dependencies-only',
      comment: 'Add the package to package.json and a line to docs/dependencies.md, or do without it.',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'no-dev-dependencies-in-the-product',
      comment: 'The image installs production dependencies only: move the package to "dependencies".',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
