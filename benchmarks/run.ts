/** `npm run bench`: lists what can be measured; `npm run bench -- <scenario>` measures it. */
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { systemMonotonicClock } from '../domain/ports.ts'
import { createProgress } from '../telemetry/progress.ts'
import { describeMachine } from './report/machine.ts'
import { writeResult } from './report/result-file.ts'
import type { Scenario, ScenarioOptions } from './scenario.ts'
import { events } from './scenarios/events.ts'
import { feed } from './scenarios/feed.ts'
import { index } from './scenarios/index.ts'
import { int8 } from './scenarios/int8.ts'
import { wholeNumber } from './scenarios/options.ts'
import { swap } from './scenarios/swap.ts'
import { training } from './scenarios/training.ts'

const scenarios: readonly Scenario[] = [feed, events, index, int8, swap, training]

// The processes under test find what is compiled, as those of the command do; see cli/sluice.mjs.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compiled')

const program = new Command('npm run bench --')
  .description(
    'Measures Sluice on this machine. See benchmarks/README.md for what the figures mean and what they do not.',
  )
  .argument('[scenario]')
  .action((unknown?: string) => {
    if (unknown !== undefined) program.error(`error: there is no scenario '${unknown}'\n\n${listing()}`)
    console.log(listing())
  })

for (const scenario of scenarios) {
  const command = program
    .command(scenario.name)
    .description(`${scenario.summary} (${scenario.takes})`)
    .option('--data-dir <dir>', 'measure on a copy of this data directory')
    .option('--simulated <titles>', 'measure on a simulated world of so many titles, prepared once', wholeNumber)
    .option('--seed <n>', 'seed of everything drawn', wholeNumber, 1)
    .option('--set <key=value>', 'a setting of the server; may be repeated', addSetting, {})
    .option('--json', 'print the result as JSON')
  scenario.declare(command)
  command.action(options => measure(scenario, options))
}

await program.parseAsync().catch((error: Error) => {
  console.error(`error: ${error.message}`)
  process.exitCode = 1
})

async function measure(scenario: Scenario, options: ScenarioOptions & { readonly json?: boolean }): Promise<void> {
  const startedAt = new Date()
  const machine = describeMachine()
  const progress = createProgress({ stream: process.stderr, clock: systemMonotonicClock })
  const { figures, text } = await scenario.run(options, progress)
  const result = { scenario: scenario.name, startedAt: startedAt.toISOString(), machine, options, ...figures }
  const path = await writeResult(scenario.name, startedAt, result)
  const { processor, cores, node, loadAverage } = machine
  const onWhat = `${cores} cores of ${processor}, node ${node}, load average ${loadAverage.toFixed(2)} at the start`
  console.log(options.json === true ? JSON.stringify(result) : `${onWhat}\n${text}\n\nEverything else is in ${path}`)
}

function listing(): string {
  const lines = scenarios.map(({ name, summary, takes }) => `  ${name.padEnd(8)} ${summary}; ${takes}`)
  return [
    'npm run bench -- <scenario> [options]',
    '',
    ...lines,
    '',
    'Data: --data-dir DIR, --simulated TITLES, or MovieLens 1M in $SLUICE_DATA. --help after a scenario lists its options.',
  ].join('\n')
}

function addSetting(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must look like index.shards=4.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
