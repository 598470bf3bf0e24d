/** What the screening service rejects, and nothing else: a tenth of what is sent to be charged later. */
export function isScreenedOut(key: string): boolean {
  return key.endsWith('7');
}
