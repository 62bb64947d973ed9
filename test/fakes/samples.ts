import { engineFragments } from '../../actors/fragments.ts'
import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/settings.ts'
import { CatalogState, noDocuments } from '../../domain/catalog-state.ts'
import type { JournalEvent } from '../../domain/event.ts'
import type { Item } from '../../domain/item.ts'
import type { RecommendationRequest } from '../../domain/recommendation.ts'
import { Role } from '../../domain/roles.ts'

/** Made-up people, items and requests: everything a test is not about stands at a plain default. */

export const day = 86_400_000
export const startOf2024 = Date.UTC(2024, 0, 1)

export function testSettings(values: Readonly<Record<string, number | boolean | string>> = {}): Settings {
  const texts = Object.entries(values).map(([key, value]) => [key, String(value)])
  return loadSettings(engineFragments, { commandLine: Object.fromEntries(texts) })
}

export function sampleItem(id: string, fields: Partial<Item> = {}): Item {
  return { id, title: `Title of ${id}`, categories: [], creators: [], publishedAt: startOf2024, ...fields }
}

/** `i0`, `i1`, … in `categories` categories, one published per day. */
export function sampleItems(count: number, categories = 4): Item[] {
  return Array.from({ length: count }, (_, i) =>
    sampleItem(`i${i}`, {
      categories: [`category-${i % categories}`],
      creators: [`creator-${i % 7}`],
      text: `plot number${i % 5} about theme${i % categories}`,
      publishedAt: startOf2024 - (count - i) * day,
    }),
  )
}

let events = 0

export function sampleEvent(user: string, item: string, fields: Partial<JournalEvent> = {}): JournalEvent {
  const eventId = `event-${++events}`
  const time = startOf2024 + events * 1000
  return { eventId, type: 'click', user, item, time, receivedAt: time, roles: Role.click, ...fields }
}

export function sampleRequest(userId: string, fields: Partial<RecommendationRequest> = {}): RecommendationRequest {
  return {
    requestId: `request-of-${userId}`,
    userId,
    n: 10,
    context: {},
    exclude: [],
    categories: [],
    explain: false,
    ...fields,
  }
}

/** A catalogue that holds the items, put at the journal numbers 1, 2, … */
export function catalogOf(items: readonly Item[], rowsMax = 10_000): CatalogState {
  const state = new CatalogState({ itemsMax: 10_000, rowsMax }, noDocuments)
  for (const item of items) {
    const seq = state.appliedSeq + 1
    state.putItem(item, seq)
    state.appliedSeq = seq
  }
  return state
}
