import { readAddress, runAddress, type Address } from './address.js';
import { language, onLanguage, preferred, say, setLanguage, words, type Lang } from './i18n.js';
import type { Setting } from './lesson/convolution.js';
import { Lesson } from './lesson/view.js';
import { barsPanel } from './panels/bars.js';
import { curvesPanel } from './panels/curves.js';
import { filesPanel, offerToContinue } from './panels/files.js';
import { kernelsPanel } from './panels/kernels.js';
import { layersPanel } from './panels/layers.js';
import { mistakesPanel } from './panels/mistakes.js';
import { Pad } from './panels/pad.js';
import { questionsPanel } from './panels/questions.js';
import { runBar, runNotes, runOptions } from './panels/runbar.js';
import { sumPanel } from './panels/sum.js';
import { header, sectionHead } from './panels/header.js';
import { Session } from './session.js';
import { announce, startAnnouncer } from './view/announce.js';
import { h } from './view/dom.js';
import type { Stroke } from './view/strokes.js';
import { startTheme } from './view/theme.js';

/** Browsers limit how often the address may be written. */
const ADDRESS_MS = 500;

/** Builds the page and starts its trainer from `source`, the page's own script. */
export function startPage(source: string): void {
  const address = readAddress(location.hash);
  startTheme();
  setLanguage(address.lang ?? preferred());
  const session = new Session(source);
  session.promise = address.promise;
  const voice = h('div', { class: 'voice' });
  startAnnouncer(voice);
  const lesson = lessonStory(address);
  const draw = drawStory(session, (setting) => {
    lesson.view.open(setting, 'y.1');
    lesson.view.element.focus();
    lesson.element.scrollIntoView();
  });
  const train = trainStory(session, (image) => {
    draw.pad.put(image);
    draw.element.scrollIntoView();
  });
  const main = h('main', { id: 'main' }, hero(), runBar(session), train, draw.element, lesson.element, say(h('p', { class: 'privacy' }), 'page.privacy'));
  document.body.replaceChildren(say(h('a', { class: 'skip', href: '#main', on: { click: (event) => { event.preventDefault(); main.querySelector<HTMLElement>('button')?.focus(); } } }), 'page.skip'), header({ switchLanguage, share: () => share(session, draw.pad.strokes) }), main, voice);
  for (const name of address.hide) document.getElementById(name)?.setAttribute('hidden', '');
  session.open(address.run);
  if (address.ink.length > 0) draw.pad.draw(address.ink);
  if (address.story !== 'train') document.getElementById(`story-${address.story}`)?.scrollIntoView();
  if (!session.line.inWorker) notice(main, 'page.noWorker');
  if (address.ignored.length > 0) notice(main, 'page.ignored', { names: address.ignored.join(', ') });
  if (!address.promise) void offerToContinue(session, document.getElementById('kept')!);
}

function notice(main: HTMLElement, key: 'page.noWorker' | 'page.ignored', gaps: Record<string, string> = {}): void {
  main.prepend(say(h('p', { class: 'notice', role: 'status' }), key, gaps));
}

const hero = (): HTMLElement => h('div', { class: 'hero' }, say(h('h1'), 'page.tagline'), say(h('p'), 'page.lead'));

function trainStory(session: Session, send: (image: Float32Array) => void): HTMLElement {
  return h('section', { class: 'story', id: 'story-train' }, h('div', { id: 'kept' }), runNotes(session), sectionHead(1, 'section.train'), runOptions(session),
    h('div', { class: 'side two' }, curvesPanel(session), kernelsPanel(session)),
    h('div', { class: 'side two' }, mistakesPanel(session, send), filesPanel(session)));
}

function drawStory(session: Session, takeApart: (setting: Setting) => void): { element: HTMLElement; pad: Pad } {
  const bars = barsPanel(session);
  let image: Float32Array | null = null;
  const look = (): void => {
    if (image && session.activity !== 'opening') session.look(image.slice());
  };
  let ranges: () => Readonly<Record<string, number>> = () => ({});
  const sum = sumPanel(session, takeApart, { rangeOf: (map) => ranges()[map] ?? 1, look });
  const layers = layersPanel(session, (choice) => {
    sum.choose(choice);
    sum.element.scrollIntoView({ block: 'nearest' });
  });
  ranges = layers.ranges;
  const pad = new Pad((next) => {
    image = next;
    if (image) look();
    else {
      session.seen = null;
      bars.clear();
      layers.redraw();
    }
  });
  for (const type of ['progress', 'opened', 'loaded', 'paused'] as const) session.on(type, look);
  const element = h('section', { class: 'story', id: 'story-draw' }, sectionHead(2, 'section.draw'), h('div', { class: 'side draw' }, pad.element, bars.element), layers.element, sum.element);
  return { element, pad };
}

function lessonStory(address: Address): { element: HTMLElement; view: Lesson } {
  const view = new Lesson(address.setting, address.at);
  const questions = questionsPanel();
  view.onNumbers = (numbers) => questions.show(numbers);
  view.onAddress = addressWriter(address.story === 'lesson');
  view.open(address.setting, address.at);
  return { view, element: h('section', { class: 'story', id: 'story-lesson' }, sectionHead(3, 'section.lesson'), view.element, questions.element) };
}

/** Writes the step of the lesson behind the hash, not too often, and not before the reader has moved. */
function addressWriter(fromStart: boolean): (address: string) => void {
  let timer = 0;
  let heard = fromStart ? 1 : 0;
  return (address) => {
    if (heard++ < 1) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => history.replaceState(null, '', `#${address}`), ADDRESS_MS);
  };
}

function switchLanguage(): Lang {
  setLanguage(language() === 'en' ? 'zh' : 'en');
  return language();
}

/** A link to this run, to the digest it has come to and to what is drawn on the pad. */
async function share(session: Session, ink: readonly Stroke[]): Promise<void> {
  const link = `${location.href.split('#')[0]}#${runAddress(session.run, session.digest, language(), ink)}`;
  history.replaceState(null, '', link);
  document.getElementById('share-out')?.remove();
  const field = h('input', { readonly: true, value: link, 'aria-label': words('share.link') });
  const told = h('p', {});
  const close = h('button', { type: 'button', 'aria-label': '×', on: { click: () => box.remove() } }, '×');
  const box = h('div', { id: 'share-out', class: 'share-out', role: 'dialog', on: { keydown: (event) => event.key === 'Escape' && box.remove() } }, told, h('div', {}, field, close));
  document.body.append(box);
  field.focus();
  field.select();
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  announce(say(told, copied ? 'share.copied' : 'share.shown').textContent!);
}

/** What was said in the other language is taken back. */
onLanguage(() => {
  document.getElementById('share-out')?.remove();
  announce('');
});
