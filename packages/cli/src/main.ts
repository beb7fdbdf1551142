// main.ts: runs the command line and ends the process with its exit code. The only place that does.
import { CommanderError } from 'commander';

import { CommandFailure, EXIT, type ExitCode } from './failure.ts';
import { createProgram } from './program.ts';

let exitCode: ExitCode = EXIT.ok;
const program = createProgram((code) => {
  exitCode = code;
});
exitOverrideAll(program);
try {
  await program.parseAsync();
} catch (error) {
  exitCode = await reported(error);
}
// Whatever is still open (a keep-alive connection) must not keep a finished command alive.
process.exit(exitCode);

async function reported(error: unknown): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // it has said why itself
  if (error instanceof CommandFailure) return said(error);
  const { explainFailure } = await import('./explain-failure.ts');
  return said(explainFailure(error));
}

function said({ message, exitCode: code }: { message: string; exitCode: ExitCode }): ExitCode {
  process.stderr.write(`countersign: ${message}\n`);
  return code;
}

function exitOverrideAll(command: typeof program): void {
  command.exitOverride();
  for (const child of command.commands) exitOverrideAll(child);
}
