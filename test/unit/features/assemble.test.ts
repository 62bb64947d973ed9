import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../domain/frame.ts'
import { FeatureAssembler, type FeatureTables } from '../../../features/assemble.ts'
import { applyToCounters } from '../../../features/item-counters.ts'
import { featureCount, featureIndex, featureSchema } from '../../../features/schema.ts'
import { applyEvent } from '../../../features/user-fold.ts'
import { UserState } from '../../../features/user-state.ts'
import { buildUserView, userViewLayout } from '../../../features/user-view.ts'
import { noQueryVectors, perSpace } from '../../../features/vector-spaces.ts'
import { catalogue, eventsArbitrary, smallSettings } from './arbitraries.ts'
import { defaultSettings, FakeCounters, FakeVectors } from './fakes.ts'

import { candidatesOf, day, now, request, World } from './feature-world.ts'

describe('assembling features', () => {
  const vectorsArbitrary = fc
    .array(
      fc.option(fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 4, maxLength: 4 }), {
        nil: undefined,
      }),
      { minLength: 40, maxLength: 40 },
    )
    .map(rows => new FakeVectors(4, rows))
  const queryArbitrary = fc.oneof(
    fc.constant(new Float32Array(0)),
    fc
      .array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 4, maxLength: 4 })
      .map(q => Float32Array.from(q)),
  )
  const worldArbitrary = fc.record({
    events: eventsArbitrary,
    items: fc.array(fc.nat(39), { maxLength: 12 }),
    spaces: fc.record(perSpace(() => vectorsArbitrary)),
    query: fc.record(perSpace(() => queryArbitrary)),
    laterMs: fc.oneof(fc.constant(0), fc.integer({ min: -100 * day, max: 100 * day }), fc.constant(9000 * day)),
    region: fc.nat(64),
  })

  function prepare({
    events,
    spaces,
    laterMs,
    region,
  }: typeof worldArbitrary extends fc.Arbitrary<infer W> ? W : never) {
    const user = new UserState()
    const counters = new FakeCounters(40)
    for (const event of events) {
      applyEvent(user, event, catalogue, smallSettings)
      applyToCounters(counters, event, smallSettings)
    }
    const at = Math.max(0, (events.at(-1)?.time ?? now) + laterMs)
    const view = buildUserView(user, { ...request, region }, at, smallSettings)
    const tables: FeatureTables = { items: catalogue, catalogSeq: 1000, counters, spaces }
    return { view, tables }
  }

  it('never gives a number that is not finite, or not small, whatever was folded', () => {
    fc.assert(
      fc.property(worldArbitrary, world => {
        const { view, tables } = prepare(world)
        const candidates = candidatesOf(world.items, item => catalogue.currentRow(item))
        const out = new Float32Array(world.items.length * featureCount)
        new FeatureAssembler(smallSettings).assemble(view, candidates, tables, world.query, out)
        out.forEach((value, i) => {
          if (!(Math.abs(value) <= 30)) throw new Error(`${featureSchema[i % featureCount].name} is ${value}`)
        })
      }),
    )
  })

  it('gives a candidate the same bits alone, among others, again, and through a frame', () => {
    const reused = new FeatureAssembler(smallSettings)
    fc.assert(
      fc.property(worldArbitrary, world => {
        const { view, tables } = prepare(world)
        const candidates = candidatesOf(world.items, item => catalogue.currentRow(item))
        const together = new Float32Array(world.items.length * featureCount)
        const framed = decodeFrame(userViewLayout, encodeFrame(userViewLayout, view))
        reused.assemble(framed, candidates, tables, world.query, together)
        world.items.forEach((item, i) => {
          const alone = candidatesOf([item], item => catalogue.currentRow(item))
          alone.bestRank[0] = candidates.bestRank[i]
          alone.proposers[0] = candidates.proposers[i]
          alone.coVisitation[0] = candidates.coVisitation[i]
          const row = new Float32Array(featureCount)
          new FeatureAssembler(smallSettings).assemble(view, alone, tables, world.query, row)
          const words = new Uint32Array(row.buffer)
          expect(words).toEqual(new Uint32Array(together.buffer, i * featureCount * 4, featureCount))
        })
      }),
      { numRuns: 40 },
    )
  })

  it('writes exactly one row per candidate', () => {
    const world = new World([{}, {}])
    const candidates = candidatesOf([0, 1], item => world.items.currentRow(item))
    const out = new Float32Array(2 * featureCount + 1).fill(77)
    const { items, counters, spaces } = world
    const tables = { items, catalogSeq: 1, counters, spaces }
    const view = buildUserView(undefined, request, now, defaultSettings)
    new FeatureAssembler(defaultSettings).assemble(view, candidates, tables, noQueryVectors, out)
    expect(out[2 * featureCount]).toBe(77)
    expect(out.subarray(0, 2 * featureCount).includes(77)).toBe(false)
    expect(out[featureCount + featureIndex('coVisitationPerPopularity')]).toBeCloseTo(1 / 3, 6)
  })

  it('refuses output that is too small, a view of another build, and a query of another space', () => {
    const world = new World([{}])
    expect(() => world.read(0, { userFeatures: new Float32Array(3) })).toThrow(/3 user features/)
    world.query = { ...noQueryVectors, collaborative: new Float32Array(3) }
    expect(() => world.read(0)).toThrow(/3 dimensions, its space 2/)
    const candidates = candidatesOf([0], () => 0)
    const { items, counters, spaces } = world
    const tables = { items, catalogSeq: 1, counters, spaces }
    const view = buildUserView(undefined, request, now, defaultSettings)
    const assembler = new FeatureAssembler(defaultSettings)
    expect(() => assembler.assemble(view, candidates, tables, noQueryVectors, new Float32Array(5))).toThrow(/need room/)
  })
})
