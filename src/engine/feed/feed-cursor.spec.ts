import { decodeFeedCursor, encodeFeedCursor, type FeedCursor } from './feed-cursor';

const cursor: FeedCursor = new Map([
  ['.', { place: 0, skip: 0 }],
  ['s0', { place: 1_767_225_600_123_456, skip: 0 }],
  ['a-long_NAME', { place: 1_767_225_600_123_457, skip: 511 }],
]);

describe('a cursor of the feed', () => {
  it('comes back from its text as it was', () => {
    const text = encodeFeedCursor(cursor);
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(new Map(decodeFeedCursor(text))).toEqual(new Map([...cursor].sort()));
    expect(decodeFeedCursor(encodeFeedCursor(new Map()))).toEqual(new Map());
  });

  it.each([
    '',
    'x',
    'oldest',
    Buffer.from('2,s0:1').toString('base64url'),
    Buffer.from('1,s0:1,s0:2').toString('base64url'),
    Buffer.from('1,s0:01').toString('base64url'),
    Buffer.from('1,s0').toString('base64url'),
    Buffer.from('1,s0:zzzzzzzzzzzzz').toString('base64url'),
    Buffer.from('1,s1:1,s0:2').toString('base64url'),
    `${encodeFeedCursor(cursor)}=`,
  ])('is nothing but what was handed out: not %j', (text) => {
    expect(decodeFeedCursor(text)).toBeUndefined();
  });
});
