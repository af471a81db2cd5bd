import type { Theme } from '../colour.js';

// Light or dark: as the system has it, until the button says otherwise.

const KEY = 'convasm.theme';
const systemDark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');
const listeners: (() => void)[] = [];
let chosen: Theme | null = null;

export const theme = (): Theme => chosen ?? (systemDark().matches ? 'dark' : 'light');

export function onTheme(hear: () => void): void {
  listeners.push(hear);
}

function show(): void {
  document.documentElement.dataset['theme'] = theme();
  listeners.forEach((hear) => hear());
}

export function toggleTheme(): void {
  chosen = theme() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Storage refused: the choice lasts as long as the page.
  }
  show();
}

export function startTheme(): void {
  try {
    const kept = localStorage.getItem(KEY);
    chosen = kept === 'light' || kept === 'dark' ? kept : null;
  } catch {
    chosen = null;
  }
  systemDark().addEventListener('change', show);
  show();
}
