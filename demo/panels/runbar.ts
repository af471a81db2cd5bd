import { MODELS, type ModelName, type RunOptions } from '../address.js';
import { label, say, words, type Gaps, type Key } from '../i18n.js';
import { count, loss, percent, rate, speed, typed } from '../numbers.js';
import type { Session } from '../session.js';
import { announce, announceRarely } from '../view/announce.js';
import { h, icon } from '../view/dom.js';

const PLAY = 'M7 4.5v15l12-7.5z';
const PAUSE = 'M7 5h3.5v14H7zM13.5 5H17v14h-3.5z';
const STEP = 'M5 5v14l9-7zM16 5h3v14h-3z';
const RESET = 'M12 5a7 7 0 1 1-6.7 5H8L4.5 5.5 1 10h2.2A9 9 0 1 0 12 3z';
/** A reset that throws away more steps than these asks first. */
const ASK_ABOVE = 200;

/** One figure with its name. */
function stat(key: Key, value: HTMLElement): HTMLElement {
  return h('div', { class: 'stat' }, say(h('span', { class: 'stat-name' }), key), value);
}

/** Train, Step, Reset and what they have come to; stays in sight. */
export function runBar(session: Session): HTMLElement {
  const train = h('button', { class: 'primary', id: 'train', type: 'button', on: { click: () => (session.activity === 'training' ? session.pause() : session.train()) } });
  const step = h('button', { type: 'button', id: 'step', on: { click: () => session.stepOnce() } }, icon(STEP), say(h('span'), 'run.step'));
  const reset = h('button', { type: 'button', id: 'reset', on: { click: () => askReset(session) } }, icon(RESET), say(h('span'), 'run.reset'));
  const steps = h('output', { id: 'steps' });
  const losses = h('output', { id: 'loss' });
  const accuracy = h('output', { id: 'accuracy', class: 'big' });
  const images = h('output', { id: 'speed' });
  const digest = h('output', { id: 'digest', class: 'mono' });
  const bar = h('div', { class: 'epoch-bar' }, h('i'));
  const update = (): void => {
    const { activity, accuracy: fraction, history, step: at } = session;
    const training = activity === 'training' || activity === 'pausing';
    if (train.dataset['shows'] !== String(training)) {
      train.dataset['shows'] = String(training);
      train.replaceChildren(icon(training ? PAUSE : PLAY), say(h('span'), training ? 'run.pause' : 'run.train'));
    }
    train.disabled = activity !== 'idle' && activity !== 'training';
    step.disabled = activity !== 'idle';
    steps.textContent = count(at);
    losses.textContent = Number.isNaN(history.mean) ? '–' : loss(history.mean);
    accuracy.textContent = fraction === null ? '–' : percent(fraction);
    images.textContent = session.imagesPerSecond > 0 ? speed(session.imagesPerSecond) : '–';
    digest.textContent = session.digest ? session.digest.digest : '–';
    (bar.firstElementChild as HTMLElement).style.transform = `scaleX(${session.part})`;
    document.title = fraction === null ? 'convasm' : `${percent(fraction)} · convasm`;
  };
  session.onChange(update);
  session.on('validated', ({ epoch, accuracy: fraction }) => announceRarely(words('run.spoken', { epoch, accuracy: percent(fraction) })));
  update();
  return label(h('div', { class: 'runbar', role: 'toolbar' },
    h('div', { class: 'buttons' }, train, step, reset),
    h('div', { class: 'stats' }, stat('run.accuracy', accuracy), stat('run.loss', losses), stat('run.steps', steps), stat('run.speed', images), stat('run.digest', digest)), bar), 'run.toolbar');
}

function askReset(session: Session): void {
  if (session.step > ASK_ABOVE && !confirm(words('run.ask', { steps: count(session.step) }))) return;
  session.promise = null;
  session.open(session.run);
}

/** Below the bar: what the run is doing, what went wrong, what a link promised. */
export function runNotes(session: Session): HTMLElement {
  const state = h('p', { class: 'note', id: 'state' });
  const problem = h('p', { class: 'note bad', role: 'alert', id: 'problem', hidden: true });
  const promise = h('p', { class: 'note promise', id: 'promise', hidden: true });
  const update = (): void => {
    const { activity, step } = session;
    if (activity === 'opening') say(state, 'run.opening');
    else if (activity === 'idle' && step === 0) say(state, 'run.fresh', { images: count(session.facts.images), params: count(session.facts.params) });
    else if (activity === 'idle') say(state, 'run.paused', { step: count(step) });
    else say(state, 'run.running', { epoch: session.epoch });
    if (activity === 'training' || activity === 'opening') problem.hidden = true;
  };
  session.onChange(update);
  const failed = (key: Key, gaps: Gaps): void => {
    problem.hidden = false;
    say(problem, key, gaps);
  };
  session.on('diverged', ({ step, layer, rate: now }) => failed('run.diverged', { step: count(step), layer: layer ?? '?', rate: rate(now), less: rate(now > 0.05 ? 0.05 : now / 10) }));
  session.on('refused', ({ what, message }) => (what === 'load' ? undefined : failed('run.refused', { message })));
  session.on('opened', () => {
    promise.hidden = session.promise === null;
    promise.classList.remove('good', 'bad');
    if (session.promise) say(promise, 'run.promised', { step: count(session.promise.step), digest: session.promise.digest.slice(0, 8) });
  });
  session.on('reached', ({ digest }) => {
    const wanted = session.promise!.digest.slice(0, 8);
    const same = digest === wanted;
    promise.classList.add(same ? 'good' : 'bad');
    say(promise, same ? 'run.same' : 'run.differs', { step: count(session.promise!.step), wanted, digest: digest ?? '?', engine: navigator.userAgent.replace(/^.*?\) /, '') });
    announce(promise.textContent!);
  });
  update();
  return h('div', { class: 'notes' }, state, problem, promise);
}

const FIELDS = { seed: [0, 2 ** 53 - 1], lr: [0, 100], batch: [1, 256], momentum: [0, 0.999] } as const;

/** Model, seed, rate, batch, momentum: a change takes effect with the next reset. */
export function runOptions(session: Session): HTMLElement {
  const model = h('select', { id: 'run-model' }, ...MODELS.map((name) => say(h('option', { value: name }), `model.${name}`)));
  const inputs = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map((name) => [name, h('input', { id: `run-${name}`, type: 'text', inputmode: 'decimal', size: 6 })] as const);
  const show = (run: RunOptions): void => {
    model.value = run.model;
    for (const [name, input] of inputs) input.value = String(run[name]);
  };
  const apply = (): void => {
    const read = Object.fromEntries(inputs.map(([name, input]) => {
      const value = typed(input.value);
      const [least, most] = FIELDS[name];
      const good = value >= least && value <= most && (name === 'lr' || name === 'momentum' || Number.isInteger(value));
      input.setAttribute('aria-invalid', String(!good));
      return [name, good ? value : session.run[name]];
    })) as unknown as Omit<RunOptions, 'model'>;
    session.promise = null;
    session.open({ ...read, model: model.value as ModelName });
  };
  const button = say(h('button', { type: 'button', id: 'apply', on: { click: apply } }), 'run.apply');
  session.on('opened', ({ run }) => show(run));
  show(session.run);
  const fields = inputs.map(([name, input]) => h('label', {}, say(h('span'), `run.${name}`), input));
  return h('details', { class: 'options' }, say(h('summary'), 'run.options'), h('div', { class: 'fields' }, h('label', {}, say(h('span'), 'run.model'), model), ...fields, button));
}
