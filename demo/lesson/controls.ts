import { label, say } from '../i18n.js';
import { h } from '../view/dom.js';
import { LIMITS, withSize, type Setting, type Size } from './convolution.js';
import { PRESETS, type PresetName } from './presets.js';
import type { Symbols } from './symbols.js';

/** A preset without targets of its own fits any. */
function same(preset: Setting, setting: Setting): boolean {
  const text = ({ t, ...rest }: Setting): string => JSON.stringify([Object.entries(rest).sort(), preset.t.length > 0 ? t : []]);
  return text(preset) === text(setting);
}

export interface Controls {
  readonly element: HTMLElement;
  show(setting: Setting): void;
}

/** Preset, sizes, and which symbols to use. */
export function controls(open: (setting: Setting) => void, current: () => Setting, symbols: (name: Symbols) => void): Controls {
  const preset = label(h('select', { id: 'preset' }, ...(Object.keys(PRESETS) as PresetName[]).map((name) => say(h('option', { value: name }), `preset.${name}`)), say(h('option', { value: '', disabled: true }), 'preset.own')), 'lesson.preset');
  preset.addEventListener('change', () => open(PRESETS[preset.value as PresetName]));
  const sliders = (Object.keys(LIMITS) as Size[]).map((size) => {
    const [min, max] = LIMITS[size];
    const input = h('input', { type: 'range', min, max, step: 1, id: `size-${size}` });
    const output = h('output', {});
    input.addEventListener('input', () => open(withSize(current(), size, Number(input.value))));
    return { size, input, output, element: h('label', { class: 'slider' }, say(h('span'), `size.${size}`), input, output) };
  });
  const names = h('select', { id: 'symbols' }, h('option', { value: 'plain' }, 'x w y dy'), h('option', { value: 'course' }, 'a w z δ'));
  names.addEventListener('change', () => symbols(names.value as Symbols));
  const element = h('details', { class: 'controls-fold', open: matchMedia('(min-width: 720px)').matches }, say(h('summary'), 'lesson.settings'), h('div', { class: 'controls' }, h('label', {}, say(h('span'), 'lesson.preset'), preset), ...sliders.map((one) => one.element), h('label', {}, say(h('span'), 'lesson.symbols'), names)));
  const show = (setting: Setting): void => {
    for (const { size, input, output } of sliders) {
      input.value = String(setting[size]);
      output.textContent = String(setting[size]);
    }
    preset.value = (Object.keys(PRESETS) as PresetName[]).find((name) => same(PRESETS[name], setting)) ?? '';
  };
  return { element, show };
}
