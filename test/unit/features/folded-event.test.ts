import { expect, it } from 'vitest'
import { boundedValue, hashEventId } from '../../../features/folded-event.ts'

it('a hash of an event id is an integer of 53 bits, different for ids that differ little', () => {
  const hashes = new Set<number>()
  for (let i = 0; i < 200_000; i++) {
    hashes.add(hashEventId(`event-${i}`))
    hashes.add(hashEventId(`${i}-event`))
  }
  expect(hashes.size).toBe(400_000)
  expect([...hashes].every(hash => Number.isSafeInteger(hash) && hash >= 0)).toBe(true)
  expect(Math.max(...[...hashes].slice(0, 1000))).toBeGreaterThan(2 ** 52)
})

it('a hash of an event id stays what stored states know it by', () => {
  const hashes = ['', 'event-1', 'événement'].map(id => hashEventId(id).toString(16))
  expect(hashes).toEqual(['16c228ab3e7c0b', 'c8b9f1b91b7e7', '3abf6261f84e7'])
})

it('a value is bounded on both sides, and none stays none', () => {
  expect([boundedValue(1e300), boundedValue(-1e300), boundedValue(4.5)]).toEqual([1e6, -1e6, 4.5])
  expect(boundedValue(Number.NaN)).toBeNaN()
})
