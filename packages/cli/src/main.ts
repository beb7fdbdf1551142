// main.ts: runs the command line and ends the process with its exit code. The only place that does.
import { CommanderError } from 'commander';

import { EXIT, type ExitCode } from './failure.ts';
import { explainFailure } from './explain-failure.ts';
import { createProgram } from './program.ts';

let exitCode: ExitCode = EXIT.ok;
const program = createProgram((code) => {
  exitCode = code;
});
exitOverrideAll(program);
try {
  await program.parseAsync();
} catch (error) {
  exitCode = codeOf(error);
}
// Whatever is still open (a keep-alive connection) must not keep a finished command alive.
process.exit(exitCode);

function codeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // it has said why itself
  const { message, exitCode: code } = explainFailure(error);
  process.stderr.write(`countersign: ${message}\n`);
  return code;
}

function exitOverrideAll(command: typeof program): void {
  command.exitOverride();
  for (const child of command.commands) exitOverrideAll(child);
}
