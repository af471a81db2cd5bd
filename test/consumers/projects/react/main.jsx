// Mounts docs/images.md's component under StrictMode, hands it a picture, takes it away; counts the networks that were made and disposed of.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { compile } from 'convasm';
import { lenet5 } from 'convasm/models';
import { lenet5Weights } from 'convasm/weights/lenet5';
import { DigitReader, useNetwork } from './recipe.jsx';

const made = new Set();
let disposed = 0;

/** Every network is given weights before it is used, and disposed of once or not at all. */
async function countNetworks() {
  const prototype = Object.getPrototypeOf(await compile(lenet5(), { input: [1, 32, 32] }));
  const { load, dispose } = prototype;
  prototype.load = function (...given) {
    made.add(this);
    return load.apply(this, given);
  };
  prototype.dispose = function () {
    disposed += Number(made.has(this));
    return dispose.call(this);
  };
}

const counts = () => `${made.size} made, ${disposed} disposed of`;

async function until(condition) {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 500) throw new Error(`waited in vain for ${condition}; ${counts()}; the page says ${document.body.textContent}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function mounted(element) {
  const root = createRoot(document.body.appendChild(document.createElement('div')));
  root.render(<StrictMode>{element}</StrictMode>);
  return root;
}

/** A bar of ink on paper. */
function one() {
  const canvas = new OffscreenCanvas(100, 100);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, 100, 100);
  context.fillStyle = '#000';
  context.fillRect(47, 20, 7, 60);
  return canvas.convertToBlob().then((blob) => new File([blob], 'one.png'));
}

function choose(input, file) {
  const chosen = new DataTransfer();
  chosen.items.add(file);
  input.files = chosen.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

async function unready() {
  const net = await compile(lenet5(), { input: [1, 32, 32] });
  net.load(lenet5Weights().subarray(0, 100));
  return net;
}

const Unready = () => (useNetwork(unready) ? 'ready' : 'waiting');

async function program() {
  await countNetworks();
  const root = mounted(<DigitReader />);
  await until(() => document.querySelector('input')?.disabled === false && disposed === 1);
  const alive = counts();
  choose(document.querySelector('input'), await one());
  await until(() => document.querySelector('output').textContent !== '');
  const said = document.querySelector('output').textContent;
  root.unmount();
  await until(() => disposed === made.size);
  const gone = counts();
  const hasty = mounted(<DigitReader />);
  await new Promise((resolve) => setTimeout(resolve, 10));
  hasty.unmount();
  await until(() => made.size > 2 && disposed === made.size);
  const failed = await new Promise((resolve) => {
    createRoot(document.body, { onUncaughtError: (error) => resolve(String(error)) }).render(<StrictMode><Unready /></StrictMode>);
  });
  return JSON.stringify({ alive, said, gone, failed });
}

globalThis.result = program();
