import { useLayoutEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const KEPT_AS = 'hotsplit-console-theme';

/** Light or dark: what somebody chose here, else what the system says. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => kept() ?? ofSystem());
  // Before anything is painted, so that nobody sees the other theme first.
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const turn = (): void => {
    const next = theme === 'dark' ? 'light' : 'dark';
    keep(next);
    setTheme(next);
  };
  return [theme, turn];
}

function ofSystem(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** A browser may keep nothing for anybody. */
function kept(): Theme | undefined {
  try {
    const said = localStorage.getItem(KEPT_AS);
    return said === 'light' || said === 'dark' ? said : undefined;
  } catch {
    return undefined;
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEPT_AS, theme);
  } catch {
    // Then it is chosen again.
  }
}
