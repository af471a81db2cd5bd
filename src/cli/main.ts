#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { cac, type CAC } from 'cac';
import { useKernels } from '../runtime/builds.js';
import { embedded } from '../runtime/platform/embedded.js';
import { parseArgv } from './argv.js';
import { COMMANDS, GLOBAL, type Call, type OptionSpec } from './commands.js';
import { failureOf, UsageError } from './failure.js';
import { paint, progressTerminal } from './terminal.js';

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const flag = ({ name, value }: OptionSpec) => `--${name}${value === null ? '' : ` <${value}>`}`;

function commandLine(options: ReadonlyMap<string, string>): CAC {
  const cli = cac('convasm');
  for (const spec of COMMANDS) {
    const command = cli.command(`${spec.name} ${spec.args}`.trim(), spec.help);
    for (const option of spec.options) command.option(flag(option), option.help);
    command.action(async (...given: unknown[]) => {
      const args = given.slice(0, -1).flat() as string[];
      const call: Call = { args, options };
      await (await spec.load())(call);
    });
  }
  for (const option of GLOBAL) cli.option(flag(option), option.help);
  cli.help();
  cli.version(version());
  return cli;
}

async function run(argv: readonly string[]): Promise<void> {
  const { command, options, joined } = parseArgv(argv);
  const cli = commandLine(options);
  cli.parse(['node', 'convasm', ...joined], { run: false });
  if (options.has('version') && command !== null) cli.outputVersion();
  if (options.has('help') || options.has('version')) return;
  if (command === null) {
    throw new UsageError(`a command is missing: ${COMMANDS.map((spec) => spec.name).join(', ')} (convasm --help)`);
  }
  await cli.runMatchedCommand();
}

function fail(error: unknown, debug: boolean): void {
  const { line, status } = failureOf(error);
  const stack = debug && error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${stack ?? (status === 130 ? line : paint(progressTerminal, 'red', line))}\n`);
  process.exitCode = status;
}

useKernels(embedded);
const argv = process.argv.slice(2);
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? process.exit(0) : fail(error, false)));
await run(argv).catch((error: unknown) => fail(error, argv.includes('--debug')));
