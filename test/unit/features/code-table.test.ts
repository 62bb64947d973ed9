import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodeTable } from '../../../features/code-table.ts'

describe('CodeTable', () => {
  it('numbers codes in the order they came, also when it is filled again', () => {
    const codes = fc.array(fc.integer({ min: 1, max: 0xffff_ffff }), { maxLength: 300 })
    fc.assert(
      fc.property(fc.array(codes, { minLength: 1, maxLength: 4 }), fillings => {
        const table = new CodeTable()
        for (const filling of fillings) {
          const model = new Map<number, number>()
          table.clear(filling.length)
          for (const code of filling) {
            if (!model.has(code)) model.set(code, model.size)
            expect(table.add(code)).toBe(model.get(code))
          }
          for (const code of [...filling, ...fillings[0], 7]) expect(table.find(code)).toBe(model.get(code) ?? -1)
        }
      }),
    )
  })
})
