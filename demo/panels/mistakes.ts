import { label, onLanguage, say, words } from '../i18n.js';
import { percent } from '../numbers.js';
import type { Session } from '../session.js';
import { h } from '../view/dom.js';
import { canvasFor, paint } from '../view/paint.js';
import { onTheme } from '../view/theme.js';

const SIDE = 32;

/** The last ten validation images that the network got wrong; each can be sent to the pad. */
export function mistakesPanel(session: Session, send: (image: Float32Array) => void): HTMLElement {
  const list = h('ul', { class: 'mistakes' });
  const none = say(h('p', { class: 'note' }), 'mistakes.none');
  const sorted = h('input', { type: 'checkbox', id: 'mistakes-sort' });
  const draw = (): void => {
    const mistakes = sorted.checked ? [...session.mistakes].sort((a, b) => b.confidence - a.confidence) : session.mistakes;
    none.hidden = mistakes.length > 0;
    list.replaceChildren(...mistakes.map(({ image, truth, said, confidence }) => {
      const canvas = canvasFor(SIDE, SIDE, 1);
      paint(canvas, { values: image, columns: SIDE, kind: 'ink', range: 1, scale: 1 });
      const gaps = { truth, said, confidence: percent(confidence).replaceAll(' ', '\u00a0') };
      const button = label(h('button', { type: 'button', class: 'tile mistake', on: { click: () => send(image) } }, canvas), 'mistakes.send', gaps);
      return h('li', {}, button, h('span', {}, words('mistakes.one', gaps)));
    }));
  };
  session.on('validated', draw);
  session.on('opened', draw);
  sorted.addEventListener('change', draw);
  onTheme(draw);
  onLanguage(draw);
  return h('section', { class: 'panel', id: 'mistakes' }, h('div', { class: 'panel-head' }, say(h('h3'), 'mistakes.title'), h('label', { class: 'check' }, sorted, say(h('span'), 'mistakes.sort'))), none, list);
}
