import { type Command, InvalidArgumentError, Option } from 'commander'
import { pairs, wholeNumber, wholeNumberFromOne } from './option-values.ts'

/** The grammar of the evaluation of rankers on a log of impressions. */
export function addRankingEvaluation(evaluate: Command, run: (command: Command) => Promise<void>): void {
  const models = ['mmoe', 'single-task', 'logistic', 'light']
  evaluate
    .command('ranking')
    .description('rankers of several objectives on a log of impressions, split by time')
    .option('--input <path>', 'file or folder of impressions; a simulated world needs none')
    .addOption(
      new Option('--format <name>', 'what the input is')
        .choices(['kuairand', 'jsonl', 'simulated'])
        .makeOptionMandatory(),
    )
    .option('--people <n>', 'people of the simulated world (default: 3000)', wholeNumber)
    .option('--items <n>', 'titles of the simulated world (default: 2000)', wholeNumber)
    .option('--days <n>', 'days of the simulated world (default: 45)', wholeNumber)
    .addOption(
      new Option('--model <name>', 'the model to train; its settings are given by --set name=value')
        .choices(models)
        .default('mmoe'),
    )
    .addOption(
      new Option('--compare <model>', 'another model, with paired intervals of the difference').choices(models),
    )
    .option(
      '--compare-set <name=value>',
      'a setting of the other model; may be repeated',
      pairs('a name and a value, as in dropout=0.2'),
    )
    .option(
      '--objectives <names>',
      'outcomes to predict, joined by commas (default: click,long_view,finish,like; click,finish,positive,negative when simulated)',
      names,
    )
    .addOption(
      new Option('--part <name>', 'what is judged: settings are chosen on validation')
        .choices(['test', 'validation'])
        .default('test'),
    )
    .option('--seed <n>', 'seed of every random choice', wholeNumber, 1)
    .option(
      '--trainings <n>',
      'train each model so often, with seeds from --seed on, and judge the mean',
      wholeNumberFromOne,
      1,
    )
    .action((_, command) => run(command))
}

function names(text: string): string[] {
  const list = text.split(',').map(part => part.trim())
  if (list.every(name => name !== '') && new Set(list).size === list.length) return list
  throw new InvalidArgumentError('It must be different names, as in click,like.')
}
