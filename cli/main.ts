import { CommanderError } from 'commander'
import { CommandError, exitCodes } from './exit.ts'
import { createProgram } from './program.ts'

/** Runs the command. Sets the exit code; the process ends when everything that it opened is closed. */
export async function main(args: readonly string[]): Promise<void> {
  // Whoever reads the output may stop reading: `sluice simulate | head`.
  process.stdout.on('error', error => {
    process.exit((error as NodeJS.ErrnoException).code === 'EPIPE' ? exitCodes.ok : exitCodes.failure)
  })
  const program = createProgram()
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    // Usage errors are told like all others, by `tellError`.
    command.exitOverride().configureOutput({ outputError: () => {} })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const { tellError } = await import('./output/report.ts')
    process.exitCode = tellError(error instanceof CommanderError ? usageError(error) : error, args.includes('--json'))
  }
}

function usageError({ message, code }: CommanderError): CommandError {
  if (code === 'commander.help') {
    return new CommandError('usage', 'a command is missing', 'See above for what there is', {
      exitCode: exitCodes.usage,
    })
  }
  const [problem, suggestion] = message.replace(/^error: /, '').split('\n')
  const hint = suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'See `sluice --help`'
  return new CommandError('usage', problem, hint, { exitCode: exitCodes.usage })
}
