import { label, say, type Key } from '../i18n.js';
import { figure } from '../numbers.js';
import type { Numbers } from '../lesson/convolution.js';
import { answerTo, isRight, QUESTIONS, type Question } from '../lesson/questions.js';
import { announce } from '../view/announce.js';
import { h } from '../view/dom.js';

/** Ten check questions: answer first, then the reason. */
export function questionsPanel(): { element: HTMLElement; show(numbers: Numbers): void } {
  const list = h('ol', { class: 'questions' });
  const show = (numbers: Numbers): void => list.replaceChildren(...QUESTIONS.map((question) => item(question, numbers)));
  return { element: h('section', { class: 'panel', id: 'questions' }, say(h('h3'), 'questions.title'), say(h('p', { class: 'note' }), 'questions.help'), list), show };
}

function item(question: Question, numbers: Numbers): HTMLElement {
  const { n, k, s, p, d } = numbers.setting;
  const answer = answerTo(question, numbers);
  const gaps = { n, k, s, p, d, o: numbers.o, span: numbers.span, last: `${k}${k}`, own: k * k + 1, answer: 'number' in answer ? figure(answer.number) : '' };
  const input = 'number' in answer
    ? h('input', { type: 'text', inputmode: 'decimal', size: 6 })
    : h('select', {}, h('option', { value: '' }, '–'), ...answer.choices.map((choice) => say(h('option', { value: choice }), `choice.${choice}` as Key)));
  const result = h('p', { class: 'result', hidden: true });
  const check = (): void => {
    if (input.value === '') return;
    const right = isRight(answer, input.value);
    result.hidden = false;
    result.className = `result ${right ? 'good' : 'bad'}`;
    const right_ = say(h('b'), right ? 'questions.right' : 'questions.wrong');
    result.replaceChildren(right_, ' ', say(h('span'), 'choice' in answer && question !== 'zero' && question !== 'crop' && question !== 'ties' ? `reason.${question}.${answer.choice}` as Key : `reason.${question}` as Key, gaps));
    announce(result.textContent!);
  };
  input.addEventListener('keydown', (event) => (event as KeyboardEvent).key === 'Enter' && check());
  const asked = say(h('span'), `question.${question}`, gaps);
  return h('li', {}, h('label', {}, asked, ' ', label(input, `question.${question}`, gaps)), say(h('button', { type: 'button', on: { click: check } }), 'questions.check'), result);
}
