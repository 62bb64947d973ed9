import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PackedRecords } from '../../../features/packed-records.ts'

const shape = { scalars: 2, widths: [1, 3, 2] }

const step = fc.record({
  list: fc.nat(2),
  what: fc.constantFrom('append', 'append', 'append', 'remove', 'keepNewest'),
  at: fc.nat(40),
})

function recordsOf(records: PackedRecords, list: number): number[][] {
  const width = shape.widths[list]
  return Array.from({ length: records.length(list) }, (_, i) => {
    const at = records.offset(list) + i * width
    return [...records.data.subarray(at, at + width)]
  })
}

describe('PackedRecords', () => {
  it('behaves like one array per list, and never mixes them up', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), steps => {
        const records = new PackedRecords(shape)
        const model: number[][][] = [[], [], []]
        records.data[0] = 11
        records.data[1] = 12
        steps.forEach(({ list, what, at }, i) => {
          const rows = model[list]
          if (what === 'append') {
            const row = Array.from({ length: shape.widths[list] }, (_, field) => 100 * i + field)
            const start = records.append(list)
            records.data.set(row, start)
            rows.push(row)
          } else if (what === 'keepNewest') {
            records.keepNewest(list, at)
            rows.splice(0, Math.max(0, rows.length - at))
          } else if (at < rows.length) {
            records.remove(list, at)
            rows.splice(at, 1)
          }
        })
        for (let list = 0; list < 3; list++) expect(recordsOf(records, list)).toEqual(model[list])
        expect([...records.data.subarray(0, 2)]).toEqual([11, 12])
      }),
    )
  })
})
