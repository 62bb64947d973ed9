import { events } from '../../simulator/events.ts'
import { createWorld, type World } from '../../simulator/world.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { importSettings } from '../commands/import.ts'
import type { CommandContext } from '../context.ts'
import { openCommandEngine } from '../engine.ts'
import { BadRecords } from '../import/bad-record.ts'
import { readKnownEvents } from '../import/known-events.ts'
import { type FeedTarget, runImport } from '../import/run-import.ts'
import { type DemoMarker, writeMarker } from './marker.ts'

/** Imports the world and its history. @returns a person to show a feed of */
export async function simulateInto(
  context: CommandContext,
  { world: worldSettings }: DemoMarker,
  signal: AbortSignal,
): Promise<string> {
  const settings = context.settings(importSettings)
  const opened = await openCommandEngine(context, settings, 'command')
  const progress = context.progress()
  try {
    await writeMarker(context.dataDir, { world: worldSettings })
    const known = await readKnownEvents(layoutOf(context.dataDir).journal)
    const world = createWorld(worldSettings)
    const clicks = new Map<string, number>()
    const run = { ...opened, known, bad: new BadRecords(false), progress, signal }
    await runImport(run, target => importWorld(world, target, progress, clicks, signal))
    const person = someoneActive(clicks)
    await writeMarker(context.dataDir, { world: worldSettings, person })
    return person
  } finally {
    await opened.engine.stop()
  }
}

const file = 'simulation'

async function importWorld(
  world: World,
  { importer, readers, clock }: FeedTarget,
  progress: Progress,
  clicks: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  let line = 0
  progress.step('Importing titles and people', world.itemCount + world.userCount)
  for (const item of world.items()) {
    const place = { file, line: ++line }
    await importer.add({ kind: 'item', value: readers.item(item, place) }, place)
  }
  for (const user of world.users()) {
    const place = { file, line: ++line }
    await importer.add({ kind: 'user', value: readers.user(user, place) }, place)
  }
  await importer.finish()
  progress.step('Simulating and importing events')
  for (const event of events(world)) {
    if (signal.aborted) return
    const place = { file, line: ++line }
    const record = readers.event(event, place, () => event.eventId, clock.now())
    if (event.type === 'click') clicks.set(event.user, (clicks.get(event.user) ?? 0) + 1)
    const full = importer.add(record, place)
    if (full !== undefined) await full
  }
}

const clicksToShow = 30

/** The first one with enough history for a feed that is their own, else whoever has most. */
function someoneActive(clicks: ReadonlyMap<string, number>): string {
  const people = [...clicks].sort((a, b) => b[1] - a[1])
  const enough = [...clicks].find(([, count]) => count >= clicksToShow) ?? people[0]
  return enough?.[0] ?? 'u0'
}
