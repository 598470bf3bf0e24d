import { useEffect, useState } from 'preact/hooks';

const BASE = '/console';

/** The parts of the address below the console's own; none for the overview. */
export function useRoute(): readonly string[] {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const moved = (): void => {
      setRoute(current());
    };
    window.addEventListener('popstate', moved);
    document.addEventListener('click', follow);
    return () => {
      window.removeEventListener('popstate', moved);
      document.removeEventListener('click', follow);
    };
  }, []);
  return route;
}

function current(): readonly string[] {
  return location.pathname
    .slice(BASE.length)
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

/** The address of a view. */
export function hrefOf(...parts: readonly string[]): string {
  return [BASE, ...parts.map(encodeURIComponent)].join('/');
}

export function go(href: string): void {
  if (href !== location.pathname + location.search) history.pushState(null, '', href);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

/** Follows the console's own links without loading the page anew. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target !== '' || link.origin !== location.origin) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname);
}
