import type { JournalRecord } from '../../../domain/journal.ts'
import { Role } from '../../../domain/roles.ts'
import { events } from '../../../simulator/events.ts'
import { simulatorSettings } from '../../../simulator/settings.ts'
import { createWorld } from '../../../simulator/world.ts'
import { MemoryEventLog } from '../../fakes/memory-event-log.ts'

const roles: Readonly<Record<string, number>> = {
  impression: Role.impression,
  click: Role.click,
  finish: Role.finish | Role.click,
  like: Role.positive,
  dislike: Role.negative,
}

/** A small simulated world as a journal: items, people, then events with an epoch every 200. */
export async function simulatedJournal(seed = 1): Promise<MemoryEventLog> {
  const world = createWorld(simulatorSettings({ seed, titles: 200, people: 80, days: 20, sessionsPerWeek: 3 }))
  const at = world.startsAt
  const records: JournalRecord[] = []
  for (const item of world.items()) records.push({ kind: 'item', at, item })
  for (const user of world.users()) records.push({ kind: 'user', at, user })
  let count = 0
  for (const event of events(world)) {
    const journaled = { ...event, roles: roles[event.type], receivedAt: event.time }
    records.push({ kind: 'event', at: event.time, event: journaled })
    if (++count % 200 === 0) records.push({ kind: 'epoch', at: event.time })
  }
  const journal = new MemoryEventLog()
  await journal.append(records)
  return journal
}
