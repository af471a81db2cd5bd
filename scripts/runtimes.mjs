// `npm run setup:runtimes`: the JavaScript engines that the identity suite runs on. Engines from npm go to test/runtimes; browsers are
// looked for first, then installed: by Debian's package manager where this is root, else Chromium by Playwright. Says what was taken.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { install } from './packages.mjs';
import { root } from './stamp.mjs';

export const FOLDER = 'test/runtimes';

const windows = [process.env['ProgramFiles'], process.env['ProgramFiles(x86)'], process.env['LOCALAPPDATA']].filter(Boolean);
const onWindows = (file) => windows.map((folder) => path.join(folder, file));

/** Programs by name: a variable that names one, names on the PATH, places off it. */
const PROGRAMS = {
  chromium: {
    variable: 'CHROMIUM', names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    places: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium', ...onWindows('Google/Chrome/Application/chrome.exe')],
  },
  firefox: {
    variable: 'FIREFOX', names: ['firefox-esr', 'firefox'],
    places: ['/Applications/Firefox.app/Contents/MacOS/firefox', ...onWindows('Mozilla Firefox/firefox.exe')],
  },
  webdriver: { variable: 'WEBKITWEBDRIVER', names: ['WebKitWebDriver'], places: [] },
  minibrowser: {
    variable: 'MINIBROWSER', names: ['MiniBrowser'],
    places: ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((machine) => ['4.1', '4.0'].map((version) => `/usr/lib/${machine}/webkit2gtk-${version}/MiniBrowser`)),
  },
  xvfb: { variable: 'XVFB', names: ['Xvfb'], places: [] },
};

/** What each browser is made of, and Debian's packages for it. */
const BROWSERS = {
  chromium: { programs: ['chromium'], packages: ['chromium'] },
  firefox: { programs: ['firefox'], packages: ['firefox-esr'] },
  webkit: { programs: ['webdriver', 'minibrowser', 'xvfb'], packages: ['webkit2gtk-driver', 'xvfb'] },
};

/** Path of an installed program, or null. */
export function programPath(name) {
  const { variable, names, places } = PROGRAMS[name];
  const given = process.env[variable];
  if (given) return existsSync(given) ? given : null;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = [...names.flatMap((one) => folders.map((folder) => path.join(folder, one))), ...places];
  return candidates.find((file) => existsSync(file)) ?? (name === 'chromium' ? playwrightsChromium() : null);
}

const ours = createRequire(path.join(root, FOLDER, 'package.json'));

function playwrightsChromium() {
  try {
    const file = ours('playwright-core').chromium.executablePath();
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

const missing = (browser) => BROWSERS[browser].programs.filter((name) => programPath(name) === null);

function succeeds(command, ...args) {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0;
}

/** Debian's packages, as root or by a sudo that asks nothing. */
function byPackageManager(packages) {
  if (process.platform !== 'linux' || spawnSync('apt-get', ['--version']).status !== 0) return false;
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args) => succeeds(...sudo, 'apt-get', '-y', '-qq', ...args);
  return apt('update') && apt('install', '--no-install-recommends', ...packages);
}

const byPlaywright = (browser) => browser === 'chromium' && succeeds(process.execPath, path.join(path.dirname(ours.resolve('playwright-core/package.json')), 'cli.js'), 'install', 'chromium');

function installBrowser(browser) {
  const { packages } = BROWSERS[browser];
  const root = process.platform === 'linux' && process.getuid() === 0;
  const ways = [['Playwright', () => byPlaywright(browser)], ["Debian's packages", () => byPackageManager(packages)]];
  for (const [name, way] of root ? ways.reverse() : ways) if (way() && missing(browser).length === 0) return name;
  return null;
}

function setUp() {
  const start = performance.now();
  console.log(`engines from npm: ${install(FOLDER) ? `installed in ${((performance.now() - start) / 1000).toFixed(0)} s` : 'there'} (${FOLDER})`);
  for (const browser of Object.keys(BROWSERS)) {
    const from = missing(browser).length === 0 ? 'found' : installBrowser(browser);
    const said = from ? `${BROWSERS[browser].programs.map(programPath).join(', ')} (${from === 'found' ? 'found on this machine' : `installed from ${from}`})`
      : `missing: ${missing(browser).join(', ')}. Install ${BROWSERS[browser].packages.join(' and ')} by your system's package manager, or name it: ${PROGRAMS[missing(browser)[0]].variable}=/path`;
    console.log(`${browser}: ${said}`);
    if (!from) process.exitCode = 1;
  }
}

if (process.argv[1] === path.join(root, 'scripts/runtimes.mjs')) setUp();
