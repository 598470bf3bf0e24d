import { Problem } from '../../contract/problem';

/**
 * The fields of a message that are to change: those that its mask names; without one, those that are given.
 *
 * @param isGiven by the names of the fields that can change
 * @throws Problem INVALID_ARGUMENT for a mask with another name
 */
export function changedFields<Field extends string>(
  mask: { readonly paths: readonly string[] } | null | undefined,
  isGiven: Readonly<Record<Field, boolean>>,
): ReadonlySet<Field> {
  const changeable = Object.keys(isGiven) as Field[];
  const isChangeable = (path: string): path is Field => changeable.some((each) => each === path);
  const paths = mask?.paths ?? [];
  if (paths.length === 0) return new Set(changeable.filter((field) => isGiven[field]));
  if (paths.every(isChangeable)) return new Set(paths);
  const rule = `a list of ${changeable.join(', ')}`;
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'updateMask', rule }] });
}
