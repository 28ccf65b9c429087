import { runCommand } from './cli/command.ts';

await runCommand(process.argv);
