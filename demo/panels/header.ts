import { label, say, type Key, type Lang } from '../i18n.js';
import { h, icon } from '../view/dom.js';
import { toggleTheme } from '../view/theme.js';

const HALF_MOON = 'M12 3a9 9 0 1 0 0 18V3zm0-2a11 11 0 1 1 0 22 11 11 0 0 1 0-22z';
const SHARE = 'M14 4h6v6M20 4l-9 9M10 5H5v14h14v-5';

interface Actions {
  switchLanguage(): Lang;
  share(): void;
}

/** Name, ways to the three stories, language, theme, share. */
export function header({ switchLanguage, share }: Actions): HTMLElement {
  const link = (number: number, story: string, key: Key): HTMLElement => {
    const go = (event: Event): void => {
      event.preventDefault();
      document.getElementById(`story-${story}`)?.scrollIntoView();
      document.getElementById(`story-${story}`)?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
    };
    return h('a', { href: `#story=${story}`, on: { click: go } }, h('b', { 'aria-hidden': 'true' }, String(number)), say(h('span'), key));
  };
  const language = h('button', { type: 'button', id: 'language', class: 'quiet', on: { click: () => switchLanguage() } }, h('span', { lang: 'en' }, 'EN'), ' / ', h('span', { lang: 'zh-CN' }, '中文'));
  const sharing = icon(SHARE);
  sharing.classList.add('line');
  return h('header', { class: 'top' }, h('a', { class: 'brand', href: '#', on: { click: (event) => { event.preventDefault(); scrollTo(0, 0); } } }, mark(), 'convasm'),
    label(h('nav', {}, link(1, 'train', 'page.train'), link(2, 'draw', 'page.draw'), link(3, 'lesson', 'page.lesson')), 'page.nav'),
    h('div', { class: 'tools' }, label(language, 'page.language'), label(h('button', { type: 'button', id: 'theme', class: 'quiet', on: { click: toggleTheme } }, icon(HALF_MOON)), 'page.theme'),
      h('button', { type: 'button', id: 'share', class: 'quiet', on: { click: share } }, sharing, say(h('span'), 'page.share'))));
}

/** The mark: a kernel of three by three. */
function mark(): HTMLElement {
  return h('span', { class: 'mark', 'aria-hidden': 'true' }, ...Array.from({ length: 9 }, () => h('i')));
}

export function sectionHead(number: number, key: 'section.train' | 'section.draw' | 'section.lesson'): HTMLElement {
  return h('div', { class: 'section-head' }, h('span', { class: 'number', 'aria-hidden': 'true' }, String(number)), h('div', {}, say(h('h2', { tabindex: -1 }), key), say(h('p'), `${key}.lead`)));
}
