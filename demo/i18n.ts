import { en, type Key } from './words/en.js';
import { zh } from './words/zh.js';

// Two languages, switched in place: every element that shows words remembers which.

export type Lang = 'en' | 'zh';
export type { Key };
/** What stands in a gap: text, a number, or something to be asked again in the other language. */
export type Gaps = Readonly<Record<string, string | number | (() => string)>>;

const TABLES: Readonly<Record<Lang, Readonly<Record<Key, string>>>> = { en, zh };
const TEXT = '';
const said = new WeakMap<Element, Map<string, { key: Key; gaps: Gaps }>>();
const listeners: (() => void)[] = [];
let lang: Lang = 'en';

/** The words of `key`, `{gaps}` filled. */
export function words(key: Key, gaps: Gaps = {}): string {
  return TABLES[lang][key].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = gaps[name];
    return String(typeof value === 'function' ? value() : value ?? '');
  });
}

function put(element: Element, attribute: string, key: Key, gaps: Gaps): void {
  const all = said.get(element) ?? new Map<string, { key: Key; gaps: Gaps }>();
  said.set(element, all.set(attribute, { key, gaps }));
  element.setAttribute('data-said', '');
  apply(element);
}

function apply(element: Element): void {
  for (const [attribute, { key, gaps }] of said.get(element) ?? []) {
    const text = words(key, gaps);
    if (attribute !== TEXT) element.setAttribute(attribute, text);
    else if (element.textContent !== text) element.textContent = text;
  }
}

/** Gives an element its words; it changes them with the language. */
export function say<T extends Element>(element: T, key: Key, gaps: Gaps = {}): T {
  put(element, TEXT, key, gaps);
  return element;
}

/** The same for an attribute, its name to a screen reader unless another is given. */
export function label<T extends Element>(element: T, key: Key, gaps: Gaps = {}, attribute = 'aria-label'): T {
  put(element, attribute, key, gaps);
  return element;
}

export const language = (): Lang => lang;

export function setLanguage(next: Lang): void {
  lang = next;
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  document.querySelectorAll('[data-said]').forEach(apply);
  listeners.forEach((hear) => hear());
}

export function onLanguage(hear: () => void): void {
  listeners.push(hear);
}

/** Chinese where the browser prefers it. */
export const preferred = (): Lang => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
