import { Command, CommanderError } from 'commander';
import { settings, type SettingName } from '../config.ts';
import type { ExplainFlags } from './explain.ts';
import type { RunnerFlags } from './runner.ts';
import { batonVersion } from '../ops/version.ts';

/** The command line as a value: `gen` prints its help, tests read it. */
export function createProgram(): Command {
  const program = new Command('baton')
    .exitOverride()
    .description('A self-hosted server for fleets of CI runners')
    .version(batonVersion)
    .showHelpAfterError('(see `baton --help`)');

  const serve = program.command('serve').description('start the server');
  for (const setting of Object.values(settings)) {
    serve.option(`${setting.flag} <value>`, `${setting.help} [${setting.env}; default: ${setting.default}]`);
  }
  serve.action(async (flags: Record<string, string>) => (await import('./serve.ts')).serve(givenSettings(flags)));

  program
    .command('runner')
    .description('run jobs on this machine with the built-in runner (shell executor)')
    .requiredOption('--url <url>', 'where the server is')
    .option('--token <token>', 'authentication token of a runner that was created before (glrt-…)')
    .option('--registration-token <token>', 'registers a new runner with this token, and removes it at the end')
    .option('--description <text>', 'description of the new runner')
    .option('--tags <tags>', 'tags of the new runner, separated by commas')
    .option('--concurrent <number>', 'jobs at the same time', '1')
    .option('--builds <folder>', 'where jobs are checked out', './builds')
    .action(async (options: RunnerFlags) => (await import('./runner.ts')).runner(options));

  program
    .command('explain')
    .description('say why a job waits and what would let it run')
    .argument('<job>', 'id of the job, or the address of its page')
    .option('--url <url>', 'where the server is [BATON_URL; default: http://127.0.0.1:8080]')
    .option('--token <token>', 'personal access token of somebody who may read the job [BATON_TOKEN]')
    .option('--json', 'print the answer of the server as it is')
    .action(async (job: string, flags: ExplainFlags) => (await import('./explain.ts')).explain(job, flags));

  program
    .command('demo')
    .description('start a server in memory with the built-in runner, and run the pipeline of a real repository on it')
    .action(async () => (await import('./demo.ts')).demo());

  return program;
}

function givenSettings(flags: Record<string, string>): Partial<Record<SettingName, string>> {
  const names = Object.keys(settings) as SettingName[];
  return Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]));
}

/** Runs the command that `argv` names. A failure is one sentence on standard error and exit code 1. */
export async function runCommand(argv: string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else {
      process.stderr.write(`baton: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
