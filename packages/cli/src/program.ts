// program.ts: the command line: names, options and help of every command. Thin: what a command does is in commands/,
// and is loaded when it runs, so that help and mistakes are answered at once.
import { Command, Option } from 'commander';

import type { ConformanceOptions } from './commands/conformance.ts';
import type { ConformanceVerifyOptions } from './commands/conformance-verify.ts';
import type { LogExportOptions } from './commands/log-export.ts';
import type { LogVerifyOptions } from './commands/log-verify.ts';
import { type Output, STANDARD_OUTPUT } from './commands/output.ts';
import type { ReplayCommandOptions } from './commands/replay.ts';
import type { ExitCode } from './failure.ts';
import { versionOfCommand } from './version.ts';

const ENVIRONMENT_HELP = `
Environment of serve and demo:
  HOST, PORT                 where to listen (127.0.0.1, 8642)
  COUNTERSIGN_DATA_DIR       where everything is kept (./.countersign)
  DATABASE_URL               your own PostgreSQL instead of the embedded one
  COUNTERSIGN_OPERATOR_KEY   the first operator's key, 32 characters or more; else one is generated
  COUNTERSIGN_LOG_LEVEL      trace, debug, info, warn, error, silent
  NO_COLOR                   plain output

Exit codes:
  0  done, or verified
  1  it failed, or a verification found a difference
  2  the command was not understood`;

/** @param ended told with what the process is to exit with */
export function createProgram(ended: (code: ExitCode) => void, output: Output = STANDARD_OUTPUT): Command {
  const program = new Command('countersign')
    .description(
      'Purchase authority gateway for AI agents: decides before money moves, and proves it afterwards.',
    )
    .version(versionOfCommand(), '--version')
    .showHelpAfterError('(add --help for what is known)')
    .addHelpText('after', ENVIRONMENT_HELP)
    .enablePositionalOptions();
  program
    .command('serve')
    .description('start the gateway; stop it with SIGTERM or Ctrl-C')
    .action(async () => {
      const { serve } = await import('./commands/serve.ts');
      ended(await serve(output));
    });
  program
    .command('demo')
    .description('start a gateway and show what it does, then leave it running')
    .option('--exit', 'end after the story, for continuous integration')
    .action(async (options: { exit?: boolean }) => {
      const { demo } = await import('./commands/demo.ts');
      ended(await demo(options, output));
    });
  addReplay(program, ended, output);
  addLog(program, ended, output);
  addConformance(program, ended, output);
  return program;
}

function addReplay(program: Command, ended: (code: ExitCode) => void, output: Output): void {
  program
    .command('replay')
    .argument('<file>', 'CSV, or CSV compressed with gzip, of any size')
    .description(
      'stream real purchases through the real gate, in a scratch database that is removed afterwards',
    )
    .requiredOption('--mapping <file>', 'JSON: which column means what (docs/operating/replay.md)')
    .requiredOption(
      '--policy <files>',
      'JSON of the policy; several with commas, of which requests name the first',
    )
    .option('--budget <file>', 'JSON list of budgets; without it no budget limits')
    .option('--limit <rows>', 'read at most so many rows')
    .option('--settle', 'charge and settle approved rows also where no posting date is mapped')
    .option('--no-settle', 'decide only')
    .option('--bad-rows <file>', 'write every bad row here, with its line and reason')
    .option('--json', 'the report as JSON')
    .option('--keep', 'keep the scratch database')
    .option('--data-dir <dir>', "make the scratch database's folder here instead of in the temporary folder")
    .addOption(
      new Option('--database-url <url>', 'make a scratch database on this PostgreSQL').conflicts('dataDir'),
    )
    .action(async (file: string, options: ReplayCommandOptions) => {
      const { replay } = await import('./commands/replay.ts');
      ended(await replay(file, options, output));
    });
}

function addLog(program: Command, ended: (code: ExitCode) => void, output: Output): void {
  const log = program.command('log').description('the tamper-evident record');
  log
    .command('verify')
    .description('verify a log: of a gateway, of an exported copy, or in a database')
    .option('--url <url>', 'a gateway')
    .option('--dir <dir>', 'a copy made with `log export`')
    .option('--database <url>', 'a PostgreSQL that a gateway works on')
    .option('--data-dir <dir>', 'the data directory of a gateway that is not running')
    .option('--key <key>', "the log's key (`name+id+key`) that you kept; pin it, or trust what the log says")
    .addOption(new Option('--token <key>', 'an auditor or operator key').env('COUNTERSIGN_TOKEN'))
    .option('--checkpoint <files...>', 'checkpoints kept from earlier, which must still hold')
    .option('--hashes-only', 'check the tree without reading entries')
    .option('--json', 'the result as JSON')
    .action(async (options: LogVerifyOptions) => {
      const { logVerify } = await import('./commands/log-verify.ts');
      ended(await logVerify(options, output));
    });
  log
    .command('export')
    .description('copy a log into a folder')
    .requiredOption('--url <url>', 'a gateway')
    .requiredOption('--dir <dir>', 'where to; a copy that is there is continued')
    .option('--key <key>', "the log's key that you kept")
    .addOption(new Option('--token <key>', 'an auditor or operator key').env('COUNTERSIGN_TOKEN'))
    .action(async (options: LogExportOptions) => {
      const { logExport } = await import('./commands/log-export.ts');
      ended(await logExport(options, output));
    });
}

function addConformance(program: Command, ended: (code: ExitCode) => void, output: Output): void {
  const conformance = program
    .command('conformance')
    .description('AG-642: run the tests of its section 8 against a gateway, or verify the evidence of a run');
  conformance
    .command('run', { isDefault: true })
    .description(
      'run them; ends with 0 only when every MUST was shown, so not when --only left some of them out',
    )
    .requiredOption('--url <url>', 'the gateway')
    .addOption(new Option('--key <key>', "an operator's key").env('COUNTERSIGN_OPERATOR_KEY'))
    .addOption(
      new Option('--second-key <key>', "another operator's key, where changes wait for a second person").env(
        'COUNTERSIGN_SECOND_OPERATOR_KEY',
      ),
    )
    .requiredOption('--out <dir>', 'an empty or new folder for the evidence')
    .option('--only <tests>', 'some of 8.1 to 8.8 and 4.9-4.11, with commas')
    .option('--full', 'all 847 placements of scenario B, not a tenth of them')
    .option('--first-matrix', 'publish an authority matrix though none is in force; it cannot be withdrawn')
    .option(
      '--shared-budgets',
      'go on where budgets of the whole organisation cover the purchases of the run',
    )
    .option('--json', 'the report as JSON')
    .action(async (options: ConformanceOptions) => {
      const { conformance: run } = await import('./commands/conformance.ts');
      ended(await run(options, output));
    });
  conformance
    .command('verify')
    .argument('<dir>', 'the folder that --out named')
    .description('verify the evidence of a run, offline')
    .option('--key <key>', "the log's key (`name+id+key`) that you kept")
    .option('--digest <sha256>', 'of the manifest, as the run printed it')
    .option('--json', 'the result as JSON')
    .action(async (dir: string, options: ConformanceVerifyOptions) => {
      const { conformanceVerify } = await import('./commands/conformance-verify.ts');
      ended(await conformanceVerify(dir, options, output));
    });
}
