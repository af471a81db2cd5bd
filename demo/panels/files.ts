import { label, say, type Gaps, type Key } from '../i18n.js';
import { count, percent } from '../numbers.js';
import type { Session } from '../session.js';
import { forget, keep, kept, type SavedRun } from '../store.js';
import { announce } from '../view/announce.js';
import { h } from '../view/dom.js';
import { commandOf } from '../worker/trainer.js';

/** Hands bytes to the reader as a file. */
function download(bytes: Uint8Array, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

type Tell = (key: Key, gaps?: Gaps, bad?: boolean) => void;

/** Says how it went, to the eye and to a screen reader. */
function teller(told: HTMLElement): Tell {
  return (key, gaps = {}, bad = false) => {
    say(told, key, gaps);
    told.classList.toggle('bad', bad);
    announce(told.textContent!);
  };
}

/** Answers of the trainer, in words; returns a function that asks for the weights. */
function saver(session: Session, tell: Tell): (to: 'file' | 'browser') => void {
  let where: 'file' | 'browser' = 'file';
  session.on('weights', ({ bytes }) => {
    const gaps = { size: (bytes.length / 1000).toFixed(0) };
    if (where === 'browser') return void keep('weights', bytes).then(() => tell('files.keptHere', gaps), () => tell('files.full', {}, true));
    download(bytes, `${session.run.model}-${session.step}.safetensors`);
    return tell('files.saved', gaps);
  });
  session.on('loaded', ({ file, digest }) => tell('files.loaded', { file, digest: digest ?? '?' }));
  session.on('refused', ({ what, message }) => (what === 'load' ? tell('files.refused', { message }, true) : undefined));
  session.onKeepFailed(() => tell('files.full', {}, true));
  return (to) => {
    where = to;
    session.send({ type: 'weights' });
  };
}

/** A file of the reader's. */
function chooser(session: Session): HTMLElement {
  const file = h('input', { type: 'file', accept: '.safetensors', id: 'load-file', class: 'hidden-input' });
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0];
    if (chosen) session.send({ type: 'load', bytes: new Uint8Array(await chosen.arrayBuffer()), file: chosen.name });
    file.value = '';
  });
  return h('label', { class: 'button' }, say(h('span'), 'files.load'), file);
}

/** What the weights were trained by, and the command that gives the same. */
function provenance(session: Session): HTMLElement[] {
  const facts = h('p', { class: 'note' });
  const command = h('code', { class: 'command' });
  const note = say(h('p', { class: 'note' }), 'files.command');
  const update = (): void => {
    const { digest, accuracy, facts: { images }, run } = session;
    say(facts, 'files.facts', { images: count(images), seed: run.seed, accuracy: accuracy === null ? '–' : percent(accuracy), digest: digest ? `${digest.digest} (${count(digest.step)})` : '–' });
    command.textContent = commandOf(run);
    note.hidden = command.hidden = command.textContent === '';
  };
  session.onChange(update);
  update();
  return [facts, note, command];
}

/** Weights to and from files and this browser; what they were trained by. */
export function filesPanel(session: Session): HTMLElement {
  const told = h('p', { class: 'note', role: 'status', id: 'files-told' });
  const tell = teller(told);
  const save = saver(session, tell);
  const fromBrowser = async (): Promise<void> => {
    const bytes = await kept<Uint8Array>('weights').catch(() => undefined);
    if (bytes) session.send({ type: 'load', bytes, file: 'convasm' });
    else tell('files.none');
  };
  const drop = (): void => void Promise.all([forget('weights'), forget('run')]).then(() => tell('files.forgotten'), () => tell('files.none'));
  const button = (key: Key, id: string, click: () => void): HTMLElement => say(h('button', { type: 'button', id, on: { click } }), key);
  const buttons = h('div', { class: 'small-buttons', role: 'group' },
    button('files.save', 'save-file', () => save('file')), chooser(session),
    button('files.keep', 'save-browser', () => save('browser')), button('files.restore', 'load-browser', () => void fromBrowser()), button('files.forget', 'forget', drop));
  return h('section', { class: 'panel', id: 'files' }, say(h('h3'), 'files.title'), label(buttons, 'files.title'), told, ...provenance(session));
}

/** After a reload: the run that was kept, never continued by itself. */
export async function offerToContinue(session: Session, place: HTMLElement): Promise<void> {
  const saved = await kept<SavedRun>('run').catch(() => undefined);
  if (!saved || saved.step === 0) return;
  const close = (): void => bar.remove();
  const go = (): void => {
    session.promise = null;
    session.open(saved.run, saved);
    close();
  };
  const bar = h('div', { class: 'continue', id: 'continue' },
    say(h('span'), 'run.kept', { step: count(saved.step), accuracy: saved.history.validated.length > 0 ? percent(saved.history.validated.at(-1)!.accuracy) : '–' }),
    say(h('button', { type: 'button', class: 'primary', on: { click: go } }), 'run.continue', { step: count(saved.step) }), say(h('button', { type: 'button', on: { click: close } }), 'run.fromStart'));
  place.append(bar);
}
