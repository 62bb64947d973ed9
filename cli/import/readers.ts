import { limits } from '../../config/limits.ts'
import type { Settings } from '../../config/settings.ts'
import type { Item } from '../../domain/item.ts'
import { type Clock, systemClock } from '../../domain/ports.ts'
import type { User } from '../../domain/user.ts'
import { createEventRoles, eventSettings } from '../../features/event-roles.ts'
import { createEventReader } from '../../gateway/validation/event.ts'
import { createFieldReaders } from '../../gateway/validation/field-readers.ts'
import { InvalidInput } from '../../gateway/validation/invalid-input.ts'
import { createItemReader } from '../../gateway/validation/item.ts'
import { createUserReader } from '../../gateway/validation/user.ts'
import { BatchDimensions } from '../../gateway/validation/vectors.ts'
import { BadRecord, type Place } from './bad-record.ts'
import type { EventRecord } from './importer.ts'

/** Reads values as the HTTP door does, with the same errors. All throw BadRecord. */
export interface RecordReaders {
  item(value: unknown, place: Place): Item
  user(value: unknown, place: Place): User
  /** `eventId` stands in for one that the value leaves out, `now` for its time. */
  event(value: unknown, place: Place, eventId: () => string, now: number): EventRecord
}

/** Readers for one import: all vectors of one space have the same dimension in it. */
export function createRecordReaders(settings: Settings, machine: Clock = systemClock): RecordReaders {
  const bounds = settings.of(limits)
  const fields = createFieldReaders(bounds)
  const readItem = createItemReader(fields, bounds)
  const readUser = createUserReader(fields)
  let newId = (): string => ''
  let clamped = false
  const events = createEventReader({
    fields,
    eventTypes: createEventRoles(settings.of(eventSettings)),
    // History tells its own time, but one wrong date must not move the clock of a data directory past the present.
    latestTime: () => machine.now(),
    onClamped: () => {
      clamped = true
    },
    newId: () => newId(),
  })
  const dimensions = new BatchDimensions()
  let clock = 0
  return {
    item: (value, place) =>
      located(place, () => {
        const item = readItem(value)
        if (item.vectors !== undefined) dimensions.agree(item.vectors)
        return item
      }),
    user: (value, place) => located(place, () => readUser(value)),
    event: (value, place, eventId, now) =>
      located(place, () => {
        newId = eventId
        clamped = false
        const event = events.read(value, Math.max(clock, now))
        // Imported history is received when it happens: the clock of a data directory follows its events.
        clock = Math.max(clock, event.time)
        return { kind: 'event', value: { ...event, receivedAt: clock }, clamped }
      }),
  }
}

function located<T>(place: Place, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    throw new BadRecord({ ...place, field: error.field }, error.problem, error.hint)
  }
}
