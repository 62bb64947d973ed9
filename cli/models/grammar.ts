import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'

/** How the program reads what was typed. */
interface Reading {
  readonly contextOf: (command: Command) => CommandContext
  readonly wholeNumber: (text: string) => number
}

/** The grammar of `sluice models`. What its commands do is loaded when one of them runs. */
export function addModels(program: Command, { contextOf, wholeNumber }: Reading): void {
  const group = program.command('models').description('list, promote, roll back, import and quantise model sets')
  const commands = () => import('../commands/models.ts')
  group
    .command('list')
    .description('every model set with its metrics; the one in use is marked')
    .action(async (_, command) => (await commands()).listModels(contextOf(command)))
  group
    .command('show')
    .description('everything about one model set')
    .argument('[id]', 'the model set (default: the one in use)')
    .action(async (id, _, command) => (await commands()).showModel(contextOf(command), id))
  group
    .command('promote')
    .description('use a model set; a running server takes it up by itself')
    .argument('<id>', 'the model set')
    .option('--force', 'although it did not pass its gate')
    .action(async (id, options, command) => (await commands()).promoteModel(contextOf(command), id, options))
  group
    .command('rollback')
    .description('use the model set that was in use before')
    .action(async (_, command) => (await commands()).rollBackModels(contextOf(command)))
  group
    .command('quantise')
    .description('make a model set with the INT8 version of a ranker, and say what it costs and gains')
    .argument('[id]', 'the model set (default: the one in use)')
    .action(async (id, _, command) => (await commands()).quantiseModels(contextOf(command), id))
  group
    .command('prune')
    .description('remove old model sets; never the one in use, nor the one that a rollback leads to')
    .option('--keep <n>', 'how many of the newest stay', wholeNumber, 5)
    .action(async (options, command) => (await commands()).pruneModels(contextOf(command), options))
  group
    .command('import')
    .description('make a model set with models from elsewhere; `sluice models signature` says what they must look like')
    .option('--ranker <file>', 'ONNX file of a ranker')
    .option('--objectives <names>', 'objectives that its columns stand for, joined by commas (default: all)')
    .option('--tower <file>', 'ONNX file of a tower that makes a query of the item vectors of a history')
    .option('--item-vectors <file>', 'its item vectors: .npy, or bare float32')
    .option('--ids <file>', 'the items of the vectors, one id per line')
    .option('--max-length <n>', 'newest items of a history that the tower is given', wholeNumber, 50)
    .option('--base <id>', 'the model set whose other models are kept (default: the one in use)')
    .action(async (options, command) => (await commands()).importModel(contextOf(command), options))
  group
    .command('signature')
    .description('print what models from elsewhere must look like, with every feature in order')
    .action(async (_, command) => (await commands()).printSignature(contextOf(command)))
}
