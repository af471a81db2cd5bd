// One polite voice for screen readers.

const GAP_MS = 5000;
let region: HTMLElement | null = null;
let last = -Infinity;

export function startAnnouncer(element: HTMLElement): void {
  element.setAttribute('aria-live', 'polite');
  element.setAttribute('role', 'status');
  region = element;
}

/** Speaks now: the answer to something that the reader did. */
export function announce(text: string): void {
  if (region) region.textContent = text;
}

/** Speaks at most every five seconds: news that nobody asked for. */
export function announceRarely(text: string): void {
  if (performance.now() - last < GAP_MS) return;
  last = performance.now();
  announce(text);
}
