import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { countText, msText } from '../format';

export interface Line {
  readonly name: string;
  /** The name of a colour of the style sheet. */
  readonly colour: string;
}

interface ChartProps {
  readonly title: string;
  /** In words what the chart shows now. */
  readonly summary: string;
  readonly lines: readonly Line[];
  /** Seconds since 1970, then a row of values for each line. */
  readonly data: readonly (readonly (number | null)[])[];
  readonly unit: 'count' | 'ms';
}

const HEIGHT = 150;

export function Chart({ title, summary, lines, data, unit }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, lines, unit), shown(data), element);
    };
    draw();
    const resized = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== plot.current?.width) plot.current?.setSize({ width, height: HEIGHT });
    });
    resized.observe(element);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData(shown(data));
  }, [data]);
  return (
    <div class="chart" aria-label={`${title}: ${summary}`} role="img">
      <div class="chart-legend" aria-hidden="true">
        <span class="chart-title">{title}</span>
        {lines.map(({ name, colour }) => (
          <span class="legend" key={name}>
            <i class={`swatch swatch-${colour}`} /> {name}
          </span>
        ))}
      </div>
      <div ref={frame} class="chart-frame" aria-hidden="true" />
    </div>
  );
}

function shown(data: ChartProps['data']): uPlot.AlignedData {
  return data as unknown as uPlot.AlignedData;
}

function optionsOf(element: HTMLElement, lines: readonly Line[], unit: ChartProps['unit']): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colourOf = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const text = unit === 'ms' ? msText : countText;
  const axis = {
    stroke: colourOf('muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colourOf('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, unit === 'ms' ? 1 : 4)] } },
    axes: [
      { ...axis, size: 24, space: 80, values: (_plot, ticks) => ticks.map(clockText) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => text(tick)) },
    ],
    series: [
      {},
      ...lines.map(({ name, colour }, place) => ({
        label: name,
        stroke: colourOf(colour),
        width: 1.8,
        points: { show: false },
        ...(place === 0 && { fill: `color-mix(in srgb, ${colourOf(colour)} 12%, transparent)` }),
      })),
    ],
  };
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function clockText(seconds: number): string {
  return CLOCK.format(new Date(seconds * 1_000));
}
