import { Readable } from 'node:stream';
import { readLines } from './read-lines';
import { type LogRecord, readRecords } from './read-records';

async function recordsOf(chunks: readonly Buffer[], lengthMax = 40): Promise<LogRecord[]> {
  const tooLong = (line: number): never => {
    throw new Error(`line ${line} is too long`);
  };
  const records: LogRecord[] = [];
  const lines = readLines(Readable.from(chunks), { lengthMax, tooLong });
  for await (const record of readRecords(lines, { delimiter: ',', lengthMax })) records.push(record);
  return records;
}

const read = (text: string): Promise<LogRecord[]> => recordsOf([Buffer.from(text)]);

describe('the records of a log', () => {
  it('come out alike however the text is cut', async () => {
    const text = Buffer.from('\uFEFFa,ä\r\n"x\r\ny",2\n\n3,4"5\n6,');
    const whole = await recordsOf([text]);
    expect(whole).toEqual([
      { firstLine: 1, lastLine: 1, isEnded: true, fields: ['a', 'ä'] },
      { firstLine: 2, lastLine: 3, isEnded: true, fields: ['x\ny', '2'] },
      { firstLine: 4, lastLine: 4, isEnded: true, fields: 'blank' },
      { firstLine: 5, lastLine: 5, isEnded: true, fields: ['3', '4"5'] },
      { firstLine: 6, lastLine: 6, isEnded: false, fields: ['6', ''] },
    ]);
    for (let at = 1; at < text.length; at += 1)
      expect(await recordsOf([text.subarray(0, at), text.subarray(at)])).toEqual(whole);
  });

  it.each([
    ['to the end', 'a,"b\nc,d\n', { firstLine: 1, lastLine: 2 }],
    ['for longer than a record may be', `a,b\n"c,d\n${'e,f\n'.repeat(20)}"`, { firstLine: 2, lastLine: 2 }],
  ])('end with a quote that is open %s', async (_how, text, place) => {
    const last = (await read(text)).at(-1);
    expect(last).toMatchObject({ firstLine: place.firstLine, fields: 'not closed' });
  });

  it('have no line without end', async () => {
    await expect(read(`a\n${'x'.repeat(41)}\n`)).rejects.toThrow('line 2 is too long');
    await expect(read(`a\n${'x'.repeat(41)}`)).rejects.toThrow('line 2 is too long');
  });
});
