import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { openSession, run } from '../../../../models/engine/session.ts'
import { mul } from '../../../../models/graph/arithmetic.ts'
import { attention } from '../../../../models/graph/attention.ts'
import { Graph, type Value } from '../../../../models/graph/graph.ts'
import { reduceSum } from '../../../../models/graph/reduction.ts'
import { causalAttention } from '../../../../models/sequence/causal-attention.ts'
import { gradientsOf } from '../engine/gradient-check.ts'

const [batch, heads, length, width] = [2, 2, 130, 4]
const scale = 0.7

function inputs(graph: Graph) {
  const stack = (name: string) => graph.parameter(name, [batch, heads, length, width], normal(1))
  const mask = Float32Array.from({ length: length * length }, (_, place) =>
    place % length > Math.floor(place / length) ? -1e9 : 0,
  )
  const bias = graph.constant(mask, [1, length, length])
  return { query: stack('query'), key: stack('key'), value: stack('value'), bias }
}

const inStretches = (graph: Graph) => causalAttention(inputs(graph), scale, 0)
const whole = (graph: Graph) => {
  const { query, key, value, bias } = inputs(graph)
  return attention(query, key, value, bias, { scale })
}

function mixed(x: Value): Value {
  const shape = x.shape as readonly number[]
  const size = shape.reduce((product, axis) => product * axis, 1)
  const weights = Float64Array.from({ length: size }, (_, index) => Math.sin(index + 1))
  return reduceSum(mul(x, x.graph.constant(weights, shape)))
}

async function valuesOf(build: (graph: Graph) => Value): Promise<Float32Array> {
  const view = (name: string) => {
    const values = new Float32Array(batch * heads * length * width)
    normal(1)(values, [], name.length)
    return values
  }
  const graph = new Graph({ weights: { view } })
  graph.output('mixed', build(graph))
  const session = await openSession(graph.build('attention'), { threads: 1 })
  const outputs = await run(session, {}, ['mixed'])
  await session.release()
  return outputs.mixed
}

describe('causal attention in stretches', () => {
  it('gives what the whole matrix gives', async () => {
    const [parts, all] = [await valuesOf(inStretches), await valuesOf(whole)]
    expect(parts.length).toBe(all.length)
    for (const [index, value] of parts.entries()) expect(Math.abs(value - all[index])).toBeLessThan(1e-5)
  })

  it('has the gradient of the whole matrix', async () => {
    const parts = await gradientsOf(graph => mixed(inStretches(graph)), {}, 'float64')
    for (const [name, exact] of await gradientsOf(graph => mixed(whole(graph)), {}, 'float64')) {
      for (const [index, value] of parts.get(name)!.entries()) {
        expect(Math.abs(value - exact[index])).toBeLessThan(1e-6)
      }
    }
  })

  it('drops shares in each stretch', () => {
    const graph = new Graph()
    causalAttention(inputs(graph), scale, 0.2)
    expect(graph.dropoutMasks.map(({ shape }) => shape)).toEqual([
      [batch, heads, 65, 65],
      [batch, heads, 65, 130],
    ])
  })
})
