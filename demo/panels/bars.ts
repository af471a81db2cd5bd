import { onLanguage, say, words } from '../i18n.js';
import { percent } from '../numbers.js';
import type { Session } from '../session.js';
import { announce } from '../view/announce.js';
import { h } from '../view/dom.js';

const QUIET_MS = 500;

/** Probabilities of the ten digits, their order fixed; the winner is spoken when the pen rests. */
export function barsPanel(session: Session): { element: HTMLElement; clear(): void } {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = h('i');
    const value = h('span', { class: 'value' });
    return { bar, value, row: h('li', {}, h('b', {}, String(digit)), h('span', { class: 'track' }, bar), value) };
  });
  const verdict = h('p', { class: 'verdict', id: 'verdict' });
  const shipped = say(h('p', { class: 'note', id: 'shipped', hidden: true }), 'bars.shipped');
  let timer = 0;
  let shown: Float32Array | null = null;
  const show = (): void => {
    const order = shown ? [...shown.keys()].sort((a, b) => shown![b]! - shown![a]!) : [];
    rows.forEach(({ bar, value, row }, digit) => {
      const part = shown?.[digit] ?? 0.1;
      bar.style.transform = `scaleX(${part})`;
      value.textContent = shown ? percent(part) : '–';
      row.classList.toggle('winner', order[0] === digit);
    });
    if (!shown) verdict.textContent = words(session.step === 0 && session.run.model !== 'lenet5' ? 'bars.untrained' : 'bars.empty');
    else verdict.textContent = words('bars.says', { digit: order[0]!, percent: percent(shown[order[0]!]!), next: order[1]!, less: percent(shown[order[1]!]!) });
  };
  session.on('seen', ({ probabilities, shipped: along }) => {
    shown = probabilities;
    shipped.hidden = !along;
    show();
    clearTimeout(timer);
    timer = window.setTimeout(() => session.activity !== 'training' && announce(verdict.textContent!), QUIET_MS);
  });
  onLanguage(show);
  session.on('opened', show);
  show();
  const element = h('section', { class: 'panel bars-panel' }, say(h('h3'), 'bars.title'), verdict, h('ol', { class: 'bars', start: 0 }, ...rows.map(({ row }) => row)), shipped);
  return { element, clear: () => { shown = null; show(); } };
}
