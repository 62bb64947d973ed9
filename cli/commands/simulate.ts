import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { calibrationTable, describeKuaiRand, describeMovieLens, describeWorld } from '../../simulator/calibration.ts'
import { events } from '../../simulator/events.ts'
import { type SimulatorSettings, simulatorSettings } from '../../simulator/settings.ts'
import { createWorld, type World } from '../../simulator/world.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, exitCodes, InterruptedError } from '../exit.ts'
import { interruptible } from '../interrupt.ts'
import { formatCount, renderTable } from '../output/table.ts'

/** What shapes a world; what is left out is that of the demo. */
export type WorldOptions = Partial<Pick<SimulatorSettings, 'seed' | 'titles' | 'people' | 'days'>>

export interface SimulateOptions extends WorldOptions {
  readonly out?: string
  readonly compare?: string
}

export async function simulate(context: CommandContext, options: SimulateOptions): Promise<void> {
  const { seed, titles, people, days, out, compare } = options
  const given = Object.entries({ seed, titles, people, days }).filter(([, value]) => value !== undefined)
  const settings = simulatorSettings(Object.fromEntries(given))
  if (compare !== undefined) return compareWith(context, compare, createWorld(settings))
  const world = createWorld(settings)
  const count = await interruptible(signal => writeWorld(context, world, out, signal))
  if (out === undefined) return
  const { itemCount, userCount } = world
  const amounts = `${formatCount(itemCount)} items, ${formatCount(userCount)} users and ${formatCount(count)} events`
  context.print(`${amounts} are in ${out}\nNext: ${context.command(`import jsonl ${out}`)}\n`, {
    out,
    items: itemCount,
    users: userCount,
    events: count,
  })
}

/** As `sluice import jsonl` reads it: items, users, then events in order of time. */
export function* worldLines(world: World): Generator<string> {
  for (const item of world.items()) yield `${JSON.stringify({ kind: 'item', ...item })}\n`
  for (const user of world.users()) yield `${JSON.stringify({ kind: 'user', ...user })}\n`
  for (const event of events(world)) yield `${JSON.stringify({ kind: 'event', ...event })}\n`
}

/** @returns the number of events */
async function writeWorld(
  context: CommandContext,
  world: World,
  out: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const stream: Writable = out === undefined ? process.stdout : createWriteStream(out)
  const failed = new Promise<never>((_, reject) => stream.once('error', reject))
  failed.catch(() => {})
  const progress = context.progress()
  progress.step('Simulating')
  let lines = 0
  for (const line of worldLines(world)) {
    lines++
    progress.advance()
    if (!stream.write(line)) await Promise.race([once(stream, 'drain'), failed])
    if (signal.aborted) throw new InterruptedError(`interrupted after ${lines} lines`, 'The file is incomplete')
  }
  if (stream !== process.stdout) await Promise.race([new Promise<void>(resolve => stream.end(resolve)), failed])
  progress.done()
  return lines - world.itemCount - world.userCount
}

/** Where the data sets that a world is compared with lie in a folder of them. */
const datasets = [
  { name: 'ML-latest-small', path: 'ml-latest-small/ratings.csv', describe: describeMovieLens },
  { name: 'ML-1M', path: 'ml-1m/ratings.dat', describe: describeMovieLens },
  { name: 'KuaiRand', path: 'kuairand-pure', describe: describeKuaiRand },
] as const

async function compareWith(context: CommandContext, folder: string, world: World): Promise<void> {
  const present = datasets.filter(({ path }) => existsSync(join(folder, path)))
  if (present.length === 0) {
    const hint = `It should hold ${datasets.map(({ path }) => path).join(', ')}, or some of these`
    throw new CommandError('no_data', `there is nothing to compare with in ${folder}`, hint, {
      exitCode: exitCodes.usage,
    })
  }
  const progress = context.progress()
  progress.step('Simulating')
  const profiles = [describeWorld(world)]
  for (const { name, path, describe } of present) {
    progress.step(`Reading ${name}`)
    profiles.push(await describe(join(folder, path), name))
  }
  progress.done()
  const [[statistic, ...names], ...rows] = calibrationTable(profiles)
  const columns = [{ name: statistic }, ...names.map(name => ({ name, align: 'right' as const }))]
  context.print(renderTable(columns, rows), { profiles })
}
