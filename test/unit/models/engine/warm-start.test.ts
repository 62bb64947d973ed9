import { describe, expect, it } from 'vitest'
import { Parameters } from '../../../../models/engine/parameters.ts'
import { takeOver } from '../../../../models/engine/warm-start.ts'
import type { ParameterSpec } from '../../../../models/graph/graph.ts'

/** A table of `items` rows, drawn as nines, and a gain. */
function specs(items: number, storage: ParameterSpec['storage'] = 'dense'): ParameterSpec[] {
  const nines = (out: Float32Array) => void out.fill(9)
  return [
    { name: 'items', shape: [items, 2], storage, initialise: nines },
    { name: 'gain', shape: [2], storage: 'dense', initialise: nines },
  ]
}

/** Weights 1, 2, … in the order of the specs. */
function counted(items: number, storage?: ParameterSpec['storage']): Parameters {
  const parameters = new Parameters(specs(items, storage))
  let next = 0
  for (const { name } of parameters.specs) {
    const view = parameters.view(name)
    for (let at = 0; at < view.length; at++) view[at] = ++next
  }
  return parameters
}

describe('the weights of an earlier model', () => {
  it.each(['dense', 'rows'] as const)('are taken over, and items that are new stay as drawn: table %s', storage => {
    const parameters = Parameters.initialise(specs(3, storage), 1)
    takeOver(parameters, counted(2, storage), ['items'])
    expect([...parameters.view('items')]).toEqual([1, 2, 3, 4, 9, 9])
    expect([...parameters.view('gain')]).toEqual([5, 6])
  })

  it('are refused where they are of another model, and nothing is changed then', () => {
    const parameters = Parameters.initialise(specs(2), 1)
    expect(() => takeOver(parameters, counted(3), ['items'])).toThrow('has 6 values of items, this one has 4')
    expect(() => takeOver(parameters, counted(1), [])).toThrow(RangeError)
    expect(() => takeOver(parameters, new Parameters(specs(2).slice(0, 1)), ['items'])).toThrow('built otherwise')
    expect(parameters.flat.every(weight => weight === 9)).toBe(true)
  })
})
