const LAST_LINES = 60;
const ABOUT_LINES = 80;

/** The end of a trace, and before it what concerns the keys and accounts that a violation is about. */
export function shortTrace(lines: readonly string[], about: readonly string[]): string[] {
  const end = Math.max(0, lines.length - LAST_LINES);
  const concerning = lines.slice(0, end).filter((line) => about.some((name) => names(line, name)));
  const left = concerning.length - ABOUT_LINES;
  return [
    ...(left > 0 ? [`… ${left} earlier lines about ${about.join(', ')} …`] : []),
    ...concerning.slice(-ABOUT_LINES),
    ...(end > 0 ? ['…'] : []),
    ...lines.slice(end),
  ];
}

/** `k7` is in `deduction k7 3` and not in `deduction k71 3`. */
function names(line: string, name: string): boolean {
  return line.split(/[\s;/[\]:=]+/).includes(name);
}
