/** The path from the package or the project's own folder on, and the line. */
export function placeOf({ url, lineNumber }: { url: string; lineNumber: number }): string {
  if (url === '') return '';
  const path = url.replace(/^.*\/node_modules\//, '').replace(/^.*\/dist\//, '');
  return `${path}:${lineNumber + 1}`;
}
