import type { ComponentChildren } from 'preact';
import { codeOf } from '../format';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: ComponentChildren;
}

export function Field({ label, hint, children }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint !== undefined && <small>{hint}</small>}
    </label>
  );
}

interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly name: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly type?: 'text' | 'number';
  readonly placeholder?: string;
  readonly inputMode?: 'decimal' | 'numeric';
}

export function TextField({
  label,
  hint,
  name,
  value,
  set,
  type = 'text',
  placeholder,
  inputMode,
}: TextFieldProps) {
  const shared = {
    name,
    value,
    autocomplete: 'off',
    spellcheck: false,
    onInput: (event: { readonly currentTarget: HTMLInputElement }): void => {
      set(event.currentTarget.value);
    },
    ...(placeholder !== undefined && { placeholder }),
    ...(inputMode !== undefined && { inputMode }),
  } as const;
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {type === 'number' ? <input type="number" {...shared} /> : <input {...shared} />}
    </Field>
  );
}

interface AmountFieldProps extends Pick<TextFieldProps, 'label' | 'hint' | 'name' | 'value' | 'set'> {
  readonly asset: string;
}

/** An amount in whole units of an asset, as people write it. */
export function AmountField({ label, asset, ...rest }: AmountFieldProps) {
  return <TextField label={`${label} in ${codeOf(asset)}`} inputMode="decimal" {...rest} />;
}

interface SelectFieldProps extends Omit<FieldProps, 'children'> {
  readonly name: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly options: readonly (readonly [value: string, text: string])[];
}

export function SelectField({ label, hint, name, value, set, options }: SelectFieldProps) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      <select
        name={name}
        value={value}
        onChange={(event) => {
          set(event.currentTarget.value);
        }}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface ChecksProps {
  readonly legend: string;
  readonly hint?: string;
  readonly names: readonly string[];
  readonly chosen: ReadonlySet<string>;
  readonly set: (chosen: ReadonlySet<string>) => void;
}

export function Checks({ legend, hint, names, chosen, set }: ChecksProps) {
  return (
    <fieldset class="checks">
      <legend>{legend}</legend>
      {names.map((name) => (
        <label key={name}>
          <input
            type="checkbox"
            name={`${legend}: ${name}`}
            checked={chosen.has(name)}
            onChange={(event) => {
              const next = new Set(chosen);
              if (event.currentTarget.checked) next.add(name);
              else next.delete(name);
              set(next);
            }}
          />
          {name}
        </label>
      ))}
      {hint !== undefined && <small>{hint}</small>}
    </fieldset>
  );
}
