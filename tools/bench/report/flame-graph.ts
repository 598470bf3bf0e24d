import type { FlameNode } from '../measure/flame-tree';

const WIDTH = 1_200;
const ROW = 17;
const TITLE_HEIGHT = 26;
const CHARACTER = 6.6;
const SHARE_MIN = 0.002;

/** Colours by what runs: the product's own files, packages, Node and what is native. */
const COLOURS = {
  product: '#e8a33d',
  bench: '#d8c9a8',
  package: '#7fb069',
  node: '#8fb8de',
  native: '#c9a0dc',
};

/**
 * A flame graph as one SVG without scripts: a box for each function, as wide as its share of the busy time, on top of
 * whoever called it. What a box says in full is in its tooltip.
 */
export function flameGraph(title: string, root: FlameNode): string {
  const boxes: string[] = [];
  const depth = draw(root, { left: 0, level: 0, total: root.micros }, boxes);
  const height = TITLE_HEIGHT + (depth + 1) * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      'font-family="monospace" font-size="11">',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="4" y="16" font-size="13">${escaped(title)}</text>`,
    `<g transform="translate(0 ${TITLE_HEIGHT})">`,
    ...boxes,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** @returns the deepest level drawn */
function draw(
  node: FlameNode,
  at: { readonly left: number; readonly level: number; readonly total: number },
  boxes: string[],
): number {
  const share = node.micros / at.total;
  if (share < SHARE_MIN) return at.level - 1;
  boxes.push(box(node, at, share));
  let deepest = at.level;
  let left = at.left;
  for (const child of node.children) {
    deepest = Math.max(deepest, draw(child, { ...at, left, level: at.level + 1 }, boxes));
    left += (child.micros / at.total) * WIDTH;
  }
  return deepest;
}

function box(
  { name, place }: FlameNode,
  at: { readonly left: number; readonly level: number },
  share: number,
): string {
  const [x, y, width] = [at.left.toFixed(1), at.level * ROW, share * WIDTH];
  const room = Math.floor((width - 4) / CHARACTER);
  const label =
    room >= 3 ? `<text x="${(at.left + 2).toFixed(1)}" y="${y + 12}">${escaped(cut(name, room))}</text>` : '';
  const tooltip = escaped(`${name} ${place} ${(share * 100).toFixed(1)} %`);
  return (
    `<g><title>${tooltip}</title><rect x="${x}" y="${y}" width="${Math.max(0, width - 0.5).toFixed(1)}" ` +
    `height="${ROW - 1}" fill="${colourOf(place)}"/>${label}</g>`
  );
}

function colourOf(place: string): string {
  if (place === '') return COLOURS.native;
  if (place.startsWith('node:')) return COLOURS.node;
  if (place.startsWith('tools/')) return COLOURS.bench;
  return place.startsWith('src/') ? COLOURS.product : COLOURS.package;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
