import { InvalidArgumentError, Option } from 'commander';

/** An option that may be given several times, each time one of the choices. */
export function repeatable(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).argParser((value: string, before?: string[]) => {
    if (!choices.includes(value))
      throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return [...(before ?? []), value];
  });
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

export function listOfNumbers(text: string): number[] {
  return text.split(',').map(positive);
}

/** Numbers of which 0 may be one. */
export function listOfSizes(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part);
    if (part.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('Sizes are numbers from 0 up.');
    return value;
  });
}
