import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { logLevels } from '../telemetry/log.ts'
import { CommandContext, type GlobalOptions } from './context.ts'
import { addProtocolEvaluations, protocolOptions } from './evaluate-protocols-grammar.ts'
import { addRankingEvaluation } from './evaluate-ranking-grammar.ts'
import { addModels } from './models/grammar.ts'
import { pairs, wholeNumber } from './option-values.ts'

const examples = `
Examples:
  $ sluice demo                                   simulate, train and serve a small streaming service
  $ sluice import movielens path/to/ml-1m         take over a data set
  $ sluice import jsonl history.jsonl             one {"kind":"item"|"user"|"event", ...} per line
  $ sluice train                                  train on it, and promote the model set
  $ sluice serve --port 9000                      serve it over HTTP
  $ sluice recommend u1 -n 5 --explain            a feed, and how it came about
  $ sluice config --changed                       what is set, and where

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted`

/**
 * The grammar of the command `sluice`. What a command does stands in `commands/`, which is loaded when it runs: help
 * needs none of it.
 */
export function createProgram(): Command {
  const program = new Command('sluice')
    .description('A recommender engine: retrieval, ranking and re-ranking in one process.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples)
  addGlobalOptions(program)
  addDemo(program)
  addImport(program)
  addTrain(program)
  addModels(program, { contextOf, wholeNumber })
  addServe(program)
  addRecommend(program)
  addEvaluate(program)
  addExport(program)
  addConfig(program)
  addSimulate(program)
  return program
}

function addGlobalOptions(program: Command): void {
  program
    .addOption(new Option('--data-dir <dir>', 'where everything is kept').env('SLUICE_DATA_DIR').default('.sluice'))
    .addOption(
      new Option('--config <file>', 'settings in TOML (default: sluice.toml here or in the data directory)').env(
        'SLUICE_CONFIG',
      ),
    )
    .option('--set <key=value>', 'one setting; may be repeated', pairs('a key and a value, as in http.port=9000'))
    .option('--json', 'one JSON document on standard output')
    .option('--no-progress', 'do not show how far it is')
    .addOption(new Option('--log-level <level>', 'least severe level that is logged').choices(logLevels))
}

function addDemo(program: Command): void {
  const demo = addAddress(program.command('demo'))
    .description('simulate a small streaming service, train on its history and serve it')
    .option('--once', 'stop after the first feed')
  addWorldOptions(demo).action(async (options, command) => {
    const { demo } = await import('./commands/demo.ts')
    await demo(contextOf(command), options)
  })
}

function addImport(program: Command): void {
  const group = program.command('import').description('put a catalogue and its history into the data directory')
  group
    .command('movielens')
    .description('MovieLens 1M (.dat files) or a later one (.csv files)')
    .argument('<folder>', 'folder with the files as they come')
    .option('--metadata <file>', 'CSV with overview, director, cast_top3 and release_date by movie_id')
    .option('--keep-going', 'count bad lines and list them at the end')
    .action(async (folder, options, command) => {
      const { importMovieLensCommand } = await import('./commands/import.ts')
      await importMovieLensCommand(contextOf(command), folder, options)
    })
  group
    .command('jsonl')
    .description('one record per line, each with the fields of the HTTP body beside its kind')
    .argument('<file>', 'the file, or - for standard input')
    .option('--keep-going', 'count bad lines and list them at the end')
    .addHelpText(
      'after',
      `
A line is one of
  {"kind":"item","id":"t1","title":"Twelve Bells","categories":["Mystery"],"publishedAt":"2026-10-01T00:00:00Z"}
  {"kind":"user","id":"u1","region":"de","ageBand":"25-34"}
  {"kind":"event","type":"click","user":"u1","item":"t1","time":"2026-11-01T20:15:00Z"}`,
    )
    .action(async (file, options, command) => {
      const { importJsonlCommand } = await import('./commands/import.ts')
      await importJsonlCommand(contextOf(command), file, options)
    })
}

function addTrain(program: Command): void {
  program
    .command('train')
    .description('train a model set on the history and promote it; a running server takes it up by itself')
    .option('--seed <n>', 'seed of every random choice', wholeNumber)
    .option('--no-promote', 'leave the model set in use as it is')
    .option('--force', 'promote it even where it does not pass the gates (training.gates)')
    .action(async (options, command) => {
      const { train } = await import('./commands/train.ts')
      await train(contextOf(command), options)
    })
}

function addServe(program: Command): void {
  addAddress(program.command('serve'))
    .description('serve over HTTP until a signal stops it')
    .option('--clock <clock>', 'data: time stands at the last event; real: the clock of the machine (engine.clock)')
    .option('--faults', 'open the routes that break things on purpose')
    .action(async (options, command) => {
      const { serve } = await import('./commands/serve.ts')
      await serve(contextOf(command), options)
    })
}

function addRecommend(program: Command): void {
  program
    .command('recommend')
    .description('show a feed: from the server of the data directory, else from the engine in this process')
    .argument('<user>', 'id of the person')
    .option('-n <count>', 'how many items', wholeNumber, 10)
    .option('--explain', 'show how each item came here, and what was removed')
    .option('--category <name>', 'only items of this category; may be repeated', collect)
    .option('--exclude <id>', 'not this item; may be repeated', collect)
    .option('--device <name>', 'device of the request')
    .option('--region <name>', 'region of the request')
    .option('--language <name>', 'language of the request')
    .option('--time <time>', 'time of the request, RFC 3339 or epoch ms')
    .action(async (user, options, command) => {
      const { recommend } = await import('./commands/recommend.ts')
      await recommend(contextOf(command), user, options)
    })
}

function addEvaluate(program: Command): void {
  const group = program
    .command('evaluate')
    .description('measure how good feeds are on history that was not learned from')
  group
    .command('funnel')
    .description('fit on the first nine tenths of the history, walk the rest through a system of its own')
    .option('--seed <n>', 'seed of every random choice', wholeNumber)
    .option('--users <n>', 'how many people are asked about at most', wholeNumber)
    .option('--keep', 'keep the scratch data directory')
    .option('--save-queries <file>', 'write what every arm was worth on every query, to compare another run with')
    .option('--compare <file>', 'compare query by query with a run that --save-queries wrote')
    .action(async (options, command) => {
      const { evaluateFunnelCommand } = await import('./commands/evaluate.ts')
      await evaluateFunnelCommand(contextOf(command), options)
    })
  group
    .command('two-tower')
    .description('retrieval by the two towers beside popularity, item-to-item and EASE, split by time')
    .requiredOption('--input <folder>', 'folder with the ratings as they come')
    .addOption(new Option('--format <name>', 'what the input is').choices(['movielens']).default('movielens'))
    .option('--metadata <file>', 'CSV with overview, director, cast_top3 and release_date by movie_id')
    .option('--ablation', 'also train with every kind of negatives, with and without log-Q')
    .option('--seed <n>', 'seed of every random choice', wholeNumber, 1)
    .option('--epochs <n>', 'passes over the drawn examples (default: as the model has it)', wholeNumber)
    .option('--threads <n>', 'threads of the training', wholeNumber, 2)
    .action(async (options, command) => {
      const { evaluateTwoTowerCommand } = await import('./commands/evaluate-two-tower.ts')
      await evaluateTwoTowerCommand(contextOf(command), options)
    })
  group
    .command('index')
    .description('recall of the approximate search against the exact one, on a simulated catalogue')
    .option('--items <n>', 'titles of the catalogue', wholeNumber, 100_000)
    .option('--events <n>', 'the simulated history ends after so many events', wholeNumber)
    .option('--seed <n>', 'seed of the simulated world', wholeNumber)
    .action(async (options, command) => {
      const { evaluateIndexCommand } = await import('./commands/evaluate.ts')
      await evaluateIndexCommand(contextOf(command), options)
    })
  addRankingEvaluation(group, async command => {
    const { evaluateRankingCommand } = await import('./commands/evaluate-ranking.ts')
    await evaluateRankingCommand(contextOf(command), protocolOptions(command))
  })
  addProtocolEvaluations(group, async (kind, command) => {
    const { evaluateNextItemCommand, evaluateTopNCommand } = await import('./commands/evaluate-protocols.ts')
    if (kind === 'next-item') await evaluateNextItemCommand(contextOf(command), protocolOptions(command))
    else await evaluateTopNCommand(contextOf(command), protocolOptions(command))
  })
}

function addExport(program: Command): void {
  program
    .command('export')
    .description('write a data set as Parquet, made from the journal by replay')
    .requiredOption('--dataset <name>', 'interactions, impressions or ranker-rows')
    .requiredOption('--out <dir>', 'the data set becomes a folder in it')
    .option('--to-seq <n>', 'look at nothing behind this record of the journal', wholeNumber)
    .option('--seed <n>', 'seed of every random choice', wholeNumber)
    .option('--verify', 'compute a sample of the rows again from the journal before them, and compare every bit')
    .action(async (options, command) => {
      const { exportCommand } = await import('./commands/export.ts')
      await exportCommand(contextOf(command), options)
    })
}

function addConfig(program: Command): void {
  program
    .command('config')
    .description('print every setting, its value, and where that comes from')
    .option('--changed', 'only those that are not the default')
    .action(async (options, command) => {
      const { config } = await import('./commands/config.ts')
      config(contextOf(command), options)
    })
}

function addSimulate(program: Command): void {
  const simulate = program
    .command('simulate')
    .description('write a simulated world as JSON lines for import, or compare it with real data')
    .option('--out <file>', 'where to (default: standard output)')
    .option('--compare <folder>', 'print the shape of the world beside MovieLens and KuaiRand in this folder')
  addWorldOptions(simulate).action(async (options, command) => {
    const { simulate } = await import('./commands/simulate.ts')
    await simulate(contextOf(command), options)
  })
}

function addAddress(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (http.host)')
    .option('--port <n>', 'port to listen on, 0 for any free one (http.port)')
}

function addWorldOptions(command: Command): Command {
  return command
    .option('--titles <n>', 'titles in the simulated catalogue', wholeNumber)
    .option('--people <n>', 'people in the simulated audience', wholeNumber)
    .option('--days <n>', 'days of simulated history', wholeNumber)
    .option('--seed <n>', 'seed of the simulated world', wholeNumber)
}

function contextOf(command: Command): CommandContext {
  return new CommandContext(command.optsWithGlobals<GlobalOptions>())
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

function version(): string {
  const path = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
