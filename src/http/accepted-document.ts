/** Forms in which something can be had beside JSON, by their media types. */
const DOCUMENTS = { 'text/csv': 'csv', 'text/html': 'html' } as const;

export type DocumentForm = (typeof DOCUMENTS)[keyof typeof DOCUMENTS];

/**
 * The document that the header `Accept` would rather have than JSON; `undefined` where JSON is as welcome, as with `*` + `/*`. Of several
 * with the same weight, the first.
 */
export function acceptedDocument(accept: string | undefined): DocumentForm | undefined {
  let best: { readonly form: DocumentForm | undefined; readonly weight: number } = {
    form: undefined,
    weight: 0,
  };
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length);
    const weight = quality === undefined ? 1 : Number(quality);
    if (weight > best.weight && isKnown(type)) best = { form: formOf(type), weight };
  }
  return best.form;
}

function isKnown(type: string): boolean {
  return formOf(type) !== undefined || ['application/json', 'application/*', '*/*'].includes(type);
}

function formOf(type: string): DocumentForm | undefined {
  return Object.hasOwn(DOCUMENTS, type) ? DOCUMENTS[type as keyof typeof DOCUMENTS] : undefined;
}
