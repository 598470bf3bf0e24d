import type { DirectoryDatabase } from './directory-database';
import { DirectoryFeed } from './directory-feed';

const line = (number: number): string => JSON.stringify({ number, type: 'account.changed', account: {} });

describe('the feed of the directory', () => {
  it('has nothing left of what is published, though the account changes while that is taken out', async () => {
    let untold: string | null = `${line(1)}\n`;
    let isDisturbed = false;
    const database = {
      read: () => {
        const found = untold;
        // Behind the reader's back another event is appended.
        if (!isDisturbed) untold = `${untold ?? ''}${line(2)}\n`;
        isDisturbed = true;
        return Promise.resolve(found === null ? [] : [['acme', found]]);
      },
      writeUnsynced: (_sql: string, [left, , asRead]: readonly (string | null)[]) => {
        if (asRead !== untold) return Promise.resolve(0);
        untold = left ?? null;
        return Promise.resolve(1);
      },
    } as unknown as DirectoryDatabase;
    await new DirectoryFeed(database).forget(['acme 1']);
    expect(untold).toBe(`${line(2)}\n`);
  });
});
