// Elements by function: `h('button', { class: 'quiet', on: { click } }, 'Pause')`.

type Child = Node | string;

interface Props {
  readonly class?: string;
  readonly on?: { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
  readonly [attribute: string]: unknown;
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { on, ...attributes } = props;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  for (const [type, hear] of Object.entries(on ?? {})) element.addEventListener(type, hear as EventListener);
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An icon of one path on a field of 24 by 24. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ viewBox: '0 0 24 24', width: '20', height: '20', 'aria-hidden': 'true', class: 'icon' })) svg.setAttribute(name, value);
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

/** Work of one frame ends after this; what is left waits for the next. */
const FRAME_MS = 5;
const waiting = new Set<() => void>();

function runFrame(): void {
  const end = performance.now() + FRAME_MS;
  try {
    for (const act of waiting) {
      waiting.delete(act);
      act();
      if (performance.now() >= end) break;
    }
  } finally {
    if (waiting.size > 0) requestAnimationFrame(runFrame);
  }
}

/** Asks for a repaint, once however often it is called. */
export interface Repaint {
  (): void;
  /** Repaints only while `element` is in sight; what was missed is made up for when it comes there. */
  within<E extends Element>(element: E): E;
}

/** Calls `act` once in one of the next frames: panels take turns, so that no frame is long. */
export function perFrame(act: () => void): Repaint {
  let inSight = true;
  let missed = false;
  const ask = (): void => {
    if (!inSight) missed = true;
    else if (!waiting.has(act)) {
      waiting.add(act);
      if (waiting.size === 1) requestAnimationFrame(runFrame);
    }
  };
  const within = <E extends Element>(element: E): E => {
    new IntersectionObserver(([entry]) => {
      inSight = entry!.isIntersecting;
      if (inSight && missed) {
        missed = false;
        ask();
      }
    }, { rootMargin: '80px' }).observe(element);
    return element;
  };
  return Object.assign(ask, { within });
}

export const reducedMotion = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
