import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, from test/support or from build/js/test/support. */
export const root = fileURLToPath(new URL(import.meta.url.includes('/build/js/') ? '../../../../' : '../../', import.meta.url));

export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Paths below `folder`, relative to the project, with forward slashes. */
export function filesUnder(folder: string, ending = '.ts'): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}

/** Source without comments and without what strings hold, line breaks kept. */
export function codeOf(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, blank);
}

export interface ImportLine {
  readonly file: string;
  /** A file of the project, as `src/core/shape.ts`, or the name of a package. */
  readonly target: string;
  readonly relative: boolean;
  /** Gone once compiled. */
  readonly typeOnly: boolean;
}

const IMPORT = /^\s*(?:import|export)\b(\s+type\b)?([^;'"]*?)\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s+['"]([^'"]+)['"]/gm;

/** What a file imports or re-exports; `import('...')` too. */
export function importsOf(file: string): ImportLine[] {
  return [...read(file).matchAll(IMPORT)].map(([, type, names, from, dynamic, bare]) => {
    const given = from ?? dynamic ?? bare!;
    const relative = given.startsWith('.');
    const joined = path.posix.join(path.posix.dirname(file), given);
    const target = relative ? joined.replace(/\.js$/, '.ts').replace(/^(assembly\/.*?)(\.ts)?$/, '$1.ts') : given;
    const listed = /\{([^}]*)\}/.exec(names ?? '')?.[1];
    const onlyTypes = listed !== undefined && !/^\s*[\w*]/.test(names!.replace(/\{[^}]*\}/, '')) && listed.split(',').every((one) => one.trim() === '' || one.trim().startsWith('type '));
    return { file, target, relative, typeOnly: type !== undefined || onlyTypes };
  });
}

/** A function as a report names it. */
export interface FunctionSize {
  readonly where: string;
  readonly lines: number;
}

const HEADS = [
  /^( *)(?:export )?(?:default )?(?:async )?function\*? *(#?\w+)/,
  /^( *)(?:export )?const (\w+)(?:: [^=]+)? = (?:async )?(?:<[^>]*>)?\(.*=> \{$/,
  /^( +)(?:static |override |async |get |set |\*)*(#?\w+)(?:<[^>]*>)?\(.*[{(,]$/,
];

/** Functions that begin on a line of their own and end on a line that is only a brace at the same indent. */
export function functionsOf(file: string): FunctionSize[] {
  const lines = codeOf(read(file)).split('\n');
  const found: FunctionSize[] = [];
  lines.forEach((line, at) => {
    const [, indent, name] = HEADS.map((head) => head.exec(line)).find((match) => match !== null) ?? [];
    if (indent === undefined || /^(if|for|while|switch|return|else|do|catch|super|throw|await)$/.test(name!)) return;
    const end = lines.findIndex((later, i) => i > at && later.startsWith(`${indent}}`) && /^ *\}[;,)]*$/.test(later));
    const next = lines.findIndex((later, i) => i > at && later.trim() !== '' && later.search(/\S/) < indent.length);
    if (end > 0 && (next < 0 || end <= next) && lines.slice(at, end + 1).some((one) => one.trimEnd().endsWith('{'))) found.push({ where: `${file}:${at + 1} ${name}`, lines: end - at + 1 });
  });
  return found;
}
