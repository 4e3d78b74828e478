#!/usr/bin/env node
import { UsageError } from './arguments.js';
import { doctorHelp, runDoctor } from './doctor.js';
import { evaluateHelp, runEvaluate } from './evaluate.js';
import { modelsHelp, runModels } from './models.js';
import { readHelp, runRead } from './read.js';

const commands: Record<string, { run: (args: string[]) => Promise<number>; help: string }> = {
  read: { run: runRead, help: readHelp },
  evaluate: { run: runEvaluate, help: evaluateHelp },
  models: { run: runModels, help: modelsHelp },
  doctor: { run: runDoctor, help: doctorHelp },
};

const help = `alpr: licence plates from pictures and videos, on this machine

alpr read <picture|folder|video>…    reads plates
alpr evaluate <labels>…              measures the networks on labelled pictures
alpr doctor                          says what is wrong on this machine, and how to fix it
alpr models list|pull|verify          the networks there are; fetches and checks their files
alpr <command> --help                its options
`;

/** @returns the exit code: 0 done, 1 something could not be read, 2 the command line was not understood */
async function main(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '' || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(help);
    return name === '' ? 2 : 0;
  }
  const command = commands[name];
  if (command === undefined) {
    process.stderr.write(`Expected one of ${Object.keys(commands).join(', ')} but received '${name}'\n\n${help}`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (usage) process.stderr.write(`Try: alpr ${name} --help\n`);
    return usage ? 2 : 1;
  }
}

// A reader that closes the pipe early (head) is not an error.
process.stdout.on('error', () => process.exit(0));
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
