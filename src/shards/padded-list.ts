/** Ids in one look-up. MariaDB turns lists of a thousand or more into a subquery. */
export const LOOKED_UP_MAX = 500;

const LENGTHS = [1, 8, 64, LOOKED_UP_MAX];

/**
 * A list made as long as one of a few lengths by repeating its last element. An `IN` list of every length would be a
 * statement text of its own, and compiled statements are kept by their text.
 */
export function paddedList<Element>(list: readonly Element[]): Element[] {
  const last = list.at(-1);
  if (last === undefined || list.length > LOOKED_UP_MAX)
    throw new RangeError(`a look-up of ${list.length} is not one of 1 to ${LOOKED_UP_MAX}`);
  const length = LENGTHS.find((each) => each >= list.length) ?? LOOKED_UP_MAX;
  return [...list, ...new Array<Element>(length - list.length).fill(last)];
}
