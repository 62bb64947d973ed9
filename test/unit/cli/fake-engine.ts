import type { Engine } from '../../../actors/engine.ts'
import { BadRecords } from '../../../cli/import/bad-record.ts'
import type { ImporterParts } from '../../../cli/import/importer.ts'
import type { EventResult, JournalEvent } from '../../../domain/event.ts'
import type { Item } from '../../../domain/item.ts'
import type { User } from '../../../domain/user.ts'
import { silentProgress } from '../../../telemetry/progress.ts'

/** What an import asked of its engine, in order. */
export type Call =
  | { readonly kind: 'items'; readonly ids: readonly string[] }
  | { readonly kind: 'users'; readonly ids: readonly string[] }
  | { readonly kind: 'events'; readonly ids: readonly string[]; readonly times: readonly number[] }
  | { readonly kind: 'epoch' }

/** Takes everything at once, and knows the items that were put. */
export class FakeEngine {
  readonly calls: Call[] = []
  readonly items = new Map<string, Item>()
  readonly users = new Map<string, User>()
  readonly events: JournalEvent[] = []

  readonly catalog = { findLiveItem: (id: string) => (this.items.has(id) ? 1 : -1) } as Engine['catalog']

  async putItems(items: readonly Item[]) {
    this.calls.push({ kind: 'items', ids: items.map(({ id }) => id) })
    await Promise.resolve()
    for (const item of items) this.items.set(item.id, item)
    return items.map(({ id }, i) => ({ id, status: 'stored' as const, seq: i }))
  }

  async putUsers(users: readonly User[]) {
    this.calls.push({ kind: 'users', ids: users.map(({ id }) => id) })
    for (const user of users) this.users.set(user.id, user)
    return users.map(({ id }, i) => ({ id, status: 'stored' as const, seq: i }))
  }

  async appendEvents(events: readonly JournalEvent[]): Promise<EventResult[]> {
    const times = events.map(({ time }) => time)
    this.calls.push({ kind: 'events', ids: events.map(({ eventId }) => eventId), times })
    await Promise.resolve()
    this.events.push(...events)
    return events.map(({ eventId }) => ({ eventId, status: 'applied', applied: true }))
  }

  async publishEpoch() {
    this.calls.push({ kind: 'epoch' })
  }
}

export function importerParts(engine: FakeEngine, keepGoing = false, known: readonly string[] = []): ImporterParts {
  const ids = new Set(known)
  return { engine, bad: new BadRecords(keepGoing), known: ids, progress: silentProgress }
}
