import { type Command, InvalidArgumentError, Option } from 'commander'
import type { GlobalOptions } from './context.ts'

/** What `evaluate next-item` and `evaluate top-n` are run with; `set` takes settings of the model here. */
type Run = (kind: 'next-item' | 'top-n', command: Command) => Promise<void>

/** The grammar of the evaluations by public protocols. */
export function addProtocolEvaluations(evaluate: Command, run: Run): void {
  const nextItem = evaluate
    .command('next-item')
    .description('leave-one-out: the last item of each user, ranked among all that the user has not met')
  addCommon(nextItem, ['movielens', 'sasrec', 's3rec', 'jsonl'], 5)
  nextItem.action((_, command) => run('next-item', command))
  const topN = evaluate
    .command('top-n')
    .description('held-out items of each user in a list of items new to them')
    .addOption(
      new Option('--protocol <name>', 'how training and test are split')
        .choices(['random-80-20', 'random-8-1-1', 'given-split', 'global-time'])
        .makeOptionMandatory(),
    )
    .option('--min-rating <n>', 'only ratings from here on are interactions', anyNumber)
    .addOption(
      new Option('--recall <base>', 'what recall divides by').choices(['relevant', 'capped']).default('relevant'),
    )
    .addOption(new Option('--idcg <form>', 'the ideal of ndcg').choices(['full', 'truncated']).default('truncated'))
    .option('--mask-validation', 'validation items are no answers at test')
    .option('--splits <n>', 'so many seeds from --seed on; figures are their mean', positiveNumber, 1)
  addCommon(topN, ['movielens', 'lightgcn', 'jsonl'], 1)
  topN.action((_, command) => run('top-n', command))
}

function addCommon(command: Command, formats: readonly string[], minInteractions: number): void {
  command
    .requiredOption('--input <path>', 'file or folder of interactions')
    .addOption(new Option('--format <name>', 'what the input is').choices(formats).makeOptionMandatory())
    .requiredOption('--model <name>', 'the model to fit; its settings are given by --set name=value')
    .option('--compare <model>', 'another model, with paired intervals of the difference')
    .option('--compare-set <name=value>', 'a setting of the other model; may be repeated', collectPair)
    .option('--seed <n>', 'seed of every random choice', positiveOrZero, 1)
    .option('--k <list>', 'cut-offs', cutoffs, [5, 10, 20])
    .option(
      '--min-interactions <n>',
      'users and items with fewer are removed, counted once',
      positiveOrZero,
      minInteractions,
    )
    .addOption(
      new Option('--part <name>', 'what is evaluated: settings are chosen on validation')
        .choices(['test', 'validation'])
        .default('test'),
    )
    .option('--threads <n>', 'threads of the model', positiveNumber, 2)
}

/** Options of the command, with the global `--set`. */
export function protocolOptions<Options>(command: Command): Options {
  return { ...command.opts(), set: command.optsWithGlobals<GlobalOptions>().set } as Options
}

function cutoffs(text: string): number[] {
  const list = text.split(',').map(part => (/^[1-9]\d{0,5}$/.test(part.trim()) ? Number(part) : Number.NaN))
  if (list.some(Number.isNaN)) throw new InvalidArgumentError('It must be whole numbers from 1, as in 5,10,20.')
  return [...new Set(list)].sort((a, b) => a - b)
}

function collectPair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
  throw new InvalidArgumentError('It must be a name and a value, as in regularisation=500.')
}

function anyNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be a number.')
}

function positiveOrZero(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

function positiveNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}
