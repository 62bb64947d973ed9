import { type Command, InvalidArgumentError, Option } from 'commander'
import type { GlobalOptions } from './context.ts'
import { pairs, wholeNumber, wholeNumberFromOne } from './option-values.ts'

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
    .option('--splits <n>', 'so many seeds from --seed on; figures are their mean', wholeNumberFromOne, 1)
  addCommon(topN, ['movielens', 'lightgcn', 'jsonl'], 1)
  topN.action((_, command) => run('top-n', command))
}

function addCommon(command: Command, formats: readonly string[], minInteractions: number): void {
  command
    .requiredOption('--input <path>', 'file or folder of interactions')
    .addOption(new Option('--format <name>', 'what the input is').choices(formats).makeOptionMandatory())
    .requiredOption('--model <name>', 'the model to fit; its settings are given by --set name=value')
    .option('--compare <model>', 'another model, with paired intervals of the difference')
    .option(
      '--compare-set <name=value>',
      'a setting of the other model; may be repeated',
      pairs('a name and a value, as in regularisation=500'),
    )
    .option('--seed <n>', 'seed of every random choice', wholeNumber, 1)
    .option('--k <list>', 'cut-offs', cutoffs, [5, 10, 20])
    .option(
      '--min-interactions <n>',
      'users and items with fewer are removed, counted once',
      wholeNumber,
      minInteractions,
    )
    .addOption(
      new Option('--part <name>', 'what is evaluated: settings are chosen on validation')
        .choices(['test', 'validation'])
        .default('test'),
    )
    .option('--threads <n>', 'threads of the model', wholeNumberFromOne, 2)
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

function anyNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be a number.')
}
