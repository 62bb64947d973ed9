import { systemMonotonicClock } from '../../domain/ports.ts'
import type { Recommendation } from '../../domain/recommendation.ts'
import { readPromoted } from '../../models/artefact/artefact.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { CommandContext } from '../context.ts'
import { openDemo } from '../demo/marker.ts'
import { simulateInto } from '../demo/simulate-into.ts'
import { type Door, remoteDoor } from '../door.ts'
import { type OpenedEngine, openCommandEngine, whenReady } from '../engine.ts'
import { CommandError, InterruptedError } from '../exit.ts'
import { interruptible } from '../interrupt.ts'
import { renderFeed } from '../output/feed.ts'
import { clockNote, createDoorServer, listen, stopOnSignal } from '../serving.ts'
import { trainModels } from '../training.ts'
import { readTitles } from './recommend.ts'
import type { WorldOptions } from './simulate.ts'

export interface DemoOptions extends WorldOptions {
  readonly once?: boolean
  readonly host?: string
  readonly port?: string
}

/** A first look should not take longer than its history is worth; what somebody set counts. */
const quickTraining = {
  'training.queriesMax': '6000',
  'training.twoTower.epochs': '3',
  'training.twoTower.examplesPerEpoch': '30000',
  'training.sequence.epochs': '4',
  'training.sequence.maxLength': '50',
  'training.sequence.positionsMax': '300000',
}

/** Simulates, imports, trains, serves, and shows a first feed. What an earlier run has done is not done again. */
export async function demo(context: CommandContext, options: DemoOptions): Promise<void> {
  const { once = false, host, port, ...world } = options
  const startedAt = systemMonotonicClock.ms()
  // What is given wrongly is told before anything is simulated.
  const settings = context.settings({ 'http.host': host, 'http.port': port })
  const { models } = layoutOf(context.dataDir)
  const marker = await openDemo(context.dataDir, world)
  const { person, opened } = await interruptible(async signal => {
    const person = marker.person ?? (await simulateInto(context, marker, signal))
    if ((await readPromoted(models)) === null)
      await trainModels(context, context.settings({}, quickTraining), {}, signal)
    const opened = await openCommandEngine(context, settings, 'command')
    try {
      await whenReady(opened.engine, signal)
      if (signal.aborted) throw new InterruptedError('interrupted', 'Start it again to go on')
    } catch (error) {
      await opened.engine.stop()
      throw error
    }
    return { person, opened }
  })
  await serveDemo(context, opened, person, once, startedAt)
}

async function serveDemo(
  context: CommandContext,
  opened: OpenedEngine,
  person: string,
  once: boolean,
  startedAt: number,
): Promise<void> {
  const server = createDoorServer(opened)
  const stop = async () => {
    opened.engine.announce(null)
    await server.close()
    await opened.engine.stop()
  }
  let url: string
  try {
    url = await listen(server, opened, true)
    if (!once) stopOnSignal(server, opened, context.json)
    const door = remoteDoor(url)
    const feed = await firstFeed(door, person)
    const titles = await readTitles(
      door,
      feed.items.map(({ id }) => id),
    )
    const seconds = (systemMonotonicClock.ms() - startedAt) / 1000
    const now = opened.engine.clock.now()
    const text = demoText(context, { url, person, feed, titles, seconds, now })
    context.print(text, { url, person, seconds, feed })
    if (!once) context.say(`\n${clockNote(opened)}Serving until Ctrl-C\n`)
  } catch (error) {
    await stop()
    throw error
  }
  if (once) await stop()
}

async function firstFeed(door: Door, userId: string): Promise<Recommendation> {
  const { status, body } = await door.request('POST', '/v1/recommendations', { userId, n: 10 })
  if (status === 200) return JSON.parse(body) as Recommendation
  throw new CommandError('no_feed', `the first feed was refused: ${body}`, 'Look for the cause in the log')
}

interface Demonstration {
  readonly url: string
  readonly person: string
  readonly feed: Recommendation
  readonly titles: ReadonlyMap<string, string>
  readonly seconds: number
  /** Epoch ms of the simulated world: a title of a later time would not be out yet. */
  readonly now: number
}

function demoText(context: CommandContext, { url, person, feed, titles, seconds, now }: Demonstration): string {
  const json = `-H 'content-type: application/json'`
  const liked = feed.items[0]?.id ?? 't1'
  return `
Sluice serves a simulated streaming service at ${url} (${seconds.toFixed(0)} s after the start)

The first feed of ${person}:

${renderFeed(feed, titles)}
Another feed:
  curl -s ${url}/v1/recommendations ${json} -d '{"userId":"${person}","n":5}'
Tell what somebody did; the next feed reflects it:
  curl -s '${url}/v1/events?ack=applied' ${json} -d '{"type":"like","user":"${person}","item":"${liked}"}'
Add a title:
  curl -s -X PUT ${url}/v1/items/my-title ${json} -d '{"title":"My title","categories":["Comedy"],"publishedAt":${now}}'
How a feed came about:
  npx sluice recommend ${person} --explain${context.dataDirOption()}
`
}
