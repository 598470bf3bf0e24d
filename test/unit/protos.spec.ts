import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileDescriptorSet } from 'protobufjs/ext/descriptor';

interface Named {
  readonly name: string;
}

interface DescribedMessage extends Named {
  readonly field?: readonly { readonly name: string; readonly jsonName: string }[];
  readonly nestedType?: readonly DescribedMessage[];
}

interface DescribedFile extends Named {
  readonly package?: string;
  readonly options?: { readonly javaOuterClassname?: string };
  readonly messageType?: readonly DescribedMessage[];
  readonly enumType?: readonly (Named & { readonly value?: readonly Named[] })[];
  readonly service?: readonly (Named & { readonly method?: readonly Named[] })[];
}

/** Words that no generated code can use as a name. */
const KEYWORDS = new Set(
  [
    // Go
    'break default func interface select case defer go map struct chan else goto package switch const fallthrough if',
    'range type continue for import return var',
    // Python
    'False None True and as assert async await class def del elif except finally from global in is lambda nonlocal not',
    'or pass raise try while with yield',
    // Java
    'abstract boolean byte catch char double enum extends final float implements instanceof int long native new null',
    'private protected public short static strictfp super synchronized this throw throws transient true false void',
    'volatile',
  ]
    .join(' ')
    .split(' '),
);

const bytes = readFileSync(join(__dirname, '../../proto/descriptors.binpb'));
const { file: all } = FileDescriptorSet.decode(bytes) as unknown as { file: readonly DescribedFile[] };
const files = all.filter(({ package: name = '' }) => name.startsWith('hotsplit.'));

/** Code is generated from the protos in languages that the service itself is not written in. */
describe('the protos of the API', () => {
  it('are all there', () => {
    expect(files.map(({ name }) => name)).toHaveLength(5);
  });

  it.each(files.map((file) => [file.name, file] as const))(
    '%s says where generated code goes',
    (_name, file) => {
      expect(file.options).toMatchObject({
        goPackage: 'hotsplit/v1;hotsplitv1',
        javaPackage: 'com.hotsplit.v1',
        javaMultipleFiles: true,
      });
      // Else it would be named like the service in it, with a suffix that the compiler makes up.
      expect(file.options?.javaOuterClassname).toMatch(/Proto$/);
    },
  );

  it('have no name that is a keyword of Go, Python or Java', () => {
    const names = files.flatMap(namesIn);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => KEYWORDS.has(name))).toEqual([]);
  });
});

function namesIn({
  package: place = '',
  messageType = [],
  enumType = [],
  service = [],
}: DescribedFile): string[] {
  return [
    ...place.split('.'),
    ...messageType.flatMap(namesOf),
    ...enumType.flatMap(({ name, value = [] }) => [name, ...value.map((each) => each.name)]),
    ...service.flatMap(({ name, method = [] }) => [name, ...method.map((each) => each.name)]),
  ];
}

/** Fields by both of their spellings. */
function namesOf({ name, field = [], nestedType = [] }: DescribedMessage): string[] {
  return [name, ...field.flatMap((each) => [each.name, each.jsonName]), ...nestedType.flatMap(namesOf)];
}
