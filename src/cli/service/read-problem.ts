interface Problem {
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly available?: unknown;
}

/** Reads problem+json (RFC 9457), or makes the best of what a proxy answered in the service's place. */
export function readProblem(status: number, text: string): { code: string; detail: string } {
  const problem = parseObject(text);
  if (problem === undefined) {
    const excerpt = text
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 200);
    return { code: `HTTP_${status}`, detail: excerpt === '' ? 'an answer without a text' : excerpt };
  }
  return readProblemObject(problem, `HTTP_${status}`);
}

/** The same of an object that is already parsed, such as the error of one item of a batch. */
export function readProblemObject(problem: Problem, codeIfNone: string): { code: string; detail: string } {
  const code = typeof problem.code === 'string' ? problem.code : codeIfNone;
  const said =
    [problem.detail, problem.title].find((text) => typeof text === 'string') ?? 'no detail was given';
  const available = typeof problem.available === 'string' ? [`available ${problem.available}`] : [];
  return { code, detail: [said, ...available, ...fieldErrors(problem.errors)].join('; ') };
}

/** `Retry-After` as RFC 9110 has it: seconds, or a date. */
export function readRetryAfterMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^[0-9]+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function parseObject(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function fieldErrors(errors: unknown): string[] {
  if (!Array.isArray(errors)) return [];
  return errors.map(
    (error: { field?: unknown; rule?: unknown }) => `${String(error.field)}: ${String(error.rule)}`,
  );
}
