import fc from 'fast-check'
import { Role } from '../../../domain/roles.ts'
import type { FoldedEvent } from '../../../features/folded-event.ts'
import type { FeatureSettings } from '../../../features/settings.ts'
import { defaultSettings, FakeItems } from './fakes.ts'

const start = 1_600_000_000_000
const day = 86_400_000
const itemCount = 40

/** Forty items with zero to three of nine categories, some creators and some publication times. */
export const catalogue = new FakeItems(
  Array.from({ length: itemCount }, (_, i) => ({
    categories: [1 + (i % 9), 1 + ((i * 5) % 9), 1 + ((i * 7) % 9)].slice(0, i % 4),
    creators: [1 + (i % 13), 100_000 + i].slice(0, i % 3),
    publishedAt: i % 5 === 0 ? undefined : start - i * 300 * day,
    language: i % 3,
    maturity: i % 19,
    regions: i % 2 === 0 ? [] : [1 + (i % 64)],
  })),
)

/** Limits small enough that a short sequence of events reaches all of them. */
export const smallSettings: FeatureSettings = {
  ...defaultSettings,
  historyLength: 12,
  viewHistoryLength: 11,
  seenLimit: 15,
  impressionCapacity: 6,
  eventIdWindow: 8,
  categoryCapacity: 5,
  creatorCapacity: 4,
}

const allRoles = Role.impression | Role.click | Role.finish | Role.positive | Role.negative

/** Mostly in order and minutes apart, sometimes years, sometimes late, sometimes twice. */
export const eventsArbitrary: fc.Arbitrary<FoldedEvent[]> = fc
  .array(
    fc.record({
      id: fc.nat(60),
      item: fc.nat(itemCount - 1),
      roles: fc.oneof(fc.integer({ min: 1, max: allRoles }), fc.constant(Role.impression)),
      value: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })),
      stepMs: fc.oneof(
        fc.integer({ min: 0, max: 600_000 }),
        fc.integer({ min: -3 * day, max: 30 * day }),
        fc.constantFrom(-4000 * day, 4000 * day),
      ),
      code: fc.nat(3),
    }),
    { maxLength: 80 },
  )
  .map(steps => {
    let time = start
    return steps.map(({ id, item, roles, value, stepMs, code }, i) => {
      time = Math.max(0, time + stepMs)
      const codes = { region: code, language: (code * 2) % 3, device: code }
      return { seq: i + 1, eventIdHash: id * 1_234_567_890_123, userHash: 1, item, roles, value, time, ...codes }
    })
  })
