import { CALLS, RESOURCES } from './contract';

/** Names of resources that a schema refers to. */
function referencesIn(schema: unknown): string[] {
  return [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)#"/g)].map(([, name = '']) => name);
}

describe('the contract', () => {
  it('gives every call a name of its own', () => {
    const names = CALLS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('describes every resource that an answer refers to', () => {
    const known = new Set<string>(RESOURCES.map(({ $id }) => $id));
    for (const { name, answers } of CALLS)
      expect([name, referencesIn(answers).filter((each) => !known.has(each))]).toEqual([name, []]);
    for (const resource of RESOURCES)
      expect(referencesIn(resource).filter((each) => !known.has(each))).toEqual([]);
  });

  it('says what a success looks like, for every call', () => {
    for (const { name, answers } of CALLS)
      expect([name, Object.keys(answers).some((status) => status.startsWith('2'))]).toEqual([name, true]);
  });

  it('takes no field that it does not name', () => {
    for (const { name, body, query } of CALLS)
      for (const schema of [body, query])
        if (typeof schema === 'object') expect([name, schema.additionalProperties]).toEqual([name, false]);
  });

  it('bounds every list', () => {
    const lists = CALLS.filter(({ answers }) => JSON.stringify(answers).includes('"items":{"type":"array"'));
    expect(lists.filter(({ rows }) => rows === undefined).map(({ name }) => name)).toEqual([]);
    expect(lists.length).toBeGreaterThan(5);
  });
});
