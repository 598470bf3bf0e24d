import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import type { Operation } from './operation';

/** What an answer may look like by the description; each schema is compiled on its first use. */
export class AnswerSchemas {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  /**
   * What is wrong with an answer's status, content type and body.
   *
   * @param body the JSON value, when the content type says JSON
   * @returns undefined when the answer is as described
   */
  fault(
    operation: Operation,
    answer: { readonly status: number; readonly contentType: string; readonly body: unknown },
  ): string | undefined {
    const status = [`${answer.status}`, `${`${answer.status}`[0] ?? ''}XX`, 'default'].find(
      (each) => operation.answers[each] !== undefined,
    );
    if (status === undefined) return `the status ${answer.status} is not described`;
    const content = operation.answers[status] ?? {};
    const type = answer.contentType.split(';')[0]?.trim() ?? '';
    if (Object.keys(content).length === 0)
      return answer.body === undefined && type === ''
        ? undefined
        : `a body with ${answer.status} is not described`;
    const schema = content[type];
    if (!schema) return `the content type "${type}" is not described for ${answer.status}`;
    if (!/json/.test(type)) return undefined;
    const key = `${operation.id} ${status} ${type}`;
    const validate = this.#compiled.get(key) ?? this.#ajv.compile(schema);
    this.#compiled.set(key, validate);
    if (validate(answer.body)) return undefined;
    const [error] = validate.errors ?? [];
    return `the body of ${answer.status} is not as described: ${error?.instancePath ?? ''} ${error?.message ?? ''}`;
  }
}
