import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder';

describe('making a folder', () => {
  let parent: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'hotsplit-folder-'));
  });

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  it('makes those above it too, and is content with what is there', () => {
    const path = join(parent, 'a', 'b', 'c');
    makeFolder(path);
    makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('makes it for its owner only', () => {
    makeFolder(join(parent, 'a', 'b'));
    for (const made of [join(parent, 'a'), join(parent, 'a', 'b')])
      expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  it('says what is wrong where none can be made, and ends', () => {
    writeFileSync(join(parent, 'file'), '');
    expect(() => {
      makeFolder(join(parent, 'file', 'folder'));
    }).toThrow('ENOTDIR');
    if (process.platform === 'linux')
      expect(() => {
        makeFolder('/proc/hotsplit/data');
      }).toThrow('ENOENT');
  });
});
