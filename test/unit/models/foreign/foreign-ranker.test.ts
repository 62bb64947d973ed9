import { describe, expect, it } from 'vitest'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { takeForeignRanker } from '../../../../models/foreign/foreign-ranker.ts'
import { ForeignModelRefused, type RankerSignature } from '../../../../models/foreign/signatures.ts'
import { encodeModel, type NodeProto, type ValueInfo } from '../../../../models/onnx/model-proto.ts'

const signature: RankerSignature = { features: ['age', 'length', 'fame'], objectives: ['click', 'finish', 'like'] }
const weights = [1, 0, -1, 0.5, 2, 0, -0.25, 0, 3]

/** A model of another maker: features × weights, whatever else is asked. */
function foreign({
  inputs = [{ name: 'features', type: 'float32', shape: ['n', 3] }],
  outputs = [{ name: 'logits', type: 'float32', shape: ['n', 'k'] }],
  nodes = [{ operator: 'MatMul', inputs: ['features', 'W'], outputs: ['logits'] }],
  columns = 3,
}: {
  inputs?: ValueInfo[]
  outputs?: ValueInfo[]
  nodes?: NodeProto[]
  columns?: number
} = {}): Uint8Array {
  const float = (name: string, values: readonly number[], shape: readonly number[]) => ({
    ...{ name, type: 'float32' as const, shape },
    bytes: new Uint8Array(Float32Array.from(values).buffer),
  })
  const initializers = [
    float('W', weights.slice(0, 3 * columns), [3, columns]),
    float('zero', [0], [1]),
    float('far', [50], [1]),
  ]
  return encodeModel({ name: 'foreign', nodes, inputs, outputs, initializers })
}

const probabilities = (columns = 3): Uint8Array =>
  foreign({
    columns,
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['n', columns] }],
    nodes: [
      { operator: 'MatMul', inputs: ['features', 'W'], outputs: ['logits'] },
      { operator: 'Sigmoid', inputs: ['logits'], outputs: ['probabilities'] },
    ],
  })

async function logitsOf(onnx: Uint8Array, features: readonly number[]): Promise<number[]> {
  const session = await openSession(onnx, { threads: 1 })
  expect(session.outputNames).toEqual(['logits'])
  const { logits } = await run(session, { features: tensor(Float32Array.from(features), [features.length / 3, 3]) }, [
    'logits',
  ])
  await session.release()
  return [...logits]
}

const expectRefusal = async (onnx: Uint8Array, problem: string | RegExp, columns?: readonly string[]) => {
  const refusal = await takeForeignRanker(onnx, signature, columns).then(
    () => null,
    error => error,
  )
  expect(refusal).toBeInstanceOf(ForeignModelRefused)
  expect((refusal as ForeignModelRefused).problem).toMatch(problem)
  return refusal as ForeignModelRefused
}

describe('a ranker from elsewhere', () => {
  it('that answers as expected is taken as it is, byte for byte', async () => {
    const onnx = foreign()
    const taken = await takeForeignRanker(onnx, signature)
    expect(taken).toEqual({ onnx, output: 'logits', objectives: signature.objectives })
  })

  it('that answers with probabilities gives their logits', async () => {
    const { onnx, output } = await takeForeignRanker(probabilities(), signature)
    expect(output).toBe('probabilities')
    const logits = await logitsOf(onnx, [1, 2, 3, 0, 0, 0])
    const expected = [1.25, 4, 8, 0, 0, 0]
    for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[i], 2)
  })

  it('whose probabilities reach 0 or 1 gives finite logits', async () => {
    const { onnx } = await takeForeignRanker(probabilities(), signature)
    const logits = await logitsOf(onnx, [1000, 0, 0, -1000, 0, 0])
    expect(logits.every(Number.isFinite)).toBe(true)
    expect([logits[0] > 15, logits[3] < -15]).toEqual([true, true])
  })

  it.each<[string, Uint8Array]>([
    ['logits', foreign({ columns: 2 })],
    ['probabilities', probabilities(2)],
  ])('of fewer objectives in another order gets its %s to their places, and 0 for the others', async (_, model) => {
    const { onnx, objectives } = await takeForeignRanker(model, signature, ['like', 'click'])
    expect(objectives).toEqual(['like', 'click'])
    // Row [1, 2, 0] × [[1, 0], [−1, 0.5], [2, 0]] is [−1, 1] for like and click.
    const logits = await logitsOf(onnx, [1, 2, 0])
    const expected = [1, 0, -1]
    for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[i], 4)
  })

  it('is refused with what is wrong and the whole expected signature', async () => {
    const { message } = await expectRefusal(
      foreign({ outputs: [{ name: 'W', type: 'float32', shape: [3, 3] }] }),
      "it has the outputs 'W'",
    )
    expect(message).toContain("input 'features' float32 [rows, 3]")
    expect(message).toContain("'logits' float32 [rows, 3], or 'probabilities'")
    expect(message).toContain('columns of the output: click, finish, like')
    expect(message).toContain('columns of the input: age, length, fame')
  })

  it.each<[string, Uint8Array, string | RegExp]>([
    ['is no ONNX', new TextEncoder().encode('hello'), /^onnxruntime cannot open it \(/],
    [
      'has an input of another name',
      foreign({
        inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
        nodes: [{ operator: 'MatMul', inputs: ['x', 'W'], outputs: ['logits'] }],
      }),
      "it has the inputs 'x'",
    ],
    [
      'wants more than the features',
      foreign({
        inputs: [
          { name: 'features', type: 'float32', shape: ['n', 3] },
          { name: 'user', type: 'float32', shape: ['n', 3] },
        ],
        nodes: [
          { operator: 'Add', inputs: ['features', 'user'], outputs: ['sum'] },
          { operator: 'MatMul', inputs: ['sum', 'W'], outputs: ['logits'] },
        ],
      }),
      "it has the inputs 'features', 'user'",
    ],
    [
      'wants another number of features',
      foreign({
        inputs: [{ name: 'features', type: 'float32', shape: ['n', 5] }],
        nodes: [{ operator: 'Identity', inputs: ['features'], outputs: ['logits'] }],
      }),
      "'features' has 5 columns",
    ],
    [
      'wants features of another type',
      foreign({
        inputs: [{ name: 'features', type: 'float64', shape: ['n', 3] }],
        nodes: [
          { operator: 'Cast', inputs: ['features'], outputs: ['cast'], attributes: { to: { int: 1 } } },
          { operator: 'MatMul', inputs: ['cast', 'W'], outputs: ['logits'] },
        ],
      }),
      "'features' has elements of type float64",
    ],
    [
      'wants features of three axes',
      foreign({
        inputs: [{ name: 'features', type: 'float32', shape: ['n', 1, 3] }],
        outputs: [{ name: 'logits', type: 'float32' }],
      }),
      "'features' has 3 axes",
    ],
    [
      'is fixed to a number of rows',
      foreign({
        inputs: [{ name: 'features', type: 'float32', shape: [500, 3] }],
        outputs: [{ name: 'logits', type: 'float32' }],
      }),
      "'features' is fixed to 500 rows",
    ],
    ['has another number of objectives', foreign({ columns: 2 }), "'logits' has 2 columns"],
    [
      'adds up over rows',
      foreign({
        nodes: [
          { operator: 'MatMul', inputs: ['features', 'W'], outputs: ['own'] },
          { operator: 'Softmax', inputs: ['own'], outputs: ['logits'], attributes: { axis: { int: 0 } } },
        ],
      }),
      'it answers a row otherwise when other rows stand beside it',
    ],
    [
      'answers what is not finite',
      foreign({
        nodes: [
          { operator: 'MatMul', inputs: ['features', 'W'], outputs: ['own'] },
          { operator: 'Div', inputs: ['own', 'zero'], outputs: ['logits'] },
        ],
      }),
      /^it answers ordinary features with -?(Infinity|NaN)/,
    ],
    [
      'gives as probabilities what is none',
      foreign({
        outputs: [{ name: 'probabilities', type: 'float32', shape: ['n', 'k'] }],
        nodes: [
          { operator: 'MatMul', inputs: ['features', 'W'], outputs: ['own'] },
          { operator: 'Add', inputs: ['own', 'far'], outputs: ['probabilities'] },
        ],
      }),
      /^'probabilities' holds \d/,
    ],
    [
      'answers with another number of rows',
      foreign({
        outputs: [{ name: 'logits', type: 'float32', shape: ['m', 3] }],
        nodes: [
          {
            operator: 'Concat',
            inputs: ['features', 'features'],
            outputs: ['logits'],
            attributes: { axis: { int: 0 } },
          },
        ],
      }),
      'asked for 7 rows it answers with the shape [14, 3]',
    ],
  ])('that %s is refused', async (_, onnx, problem) => {
    const refusal = await expectRefusal(onnx, /./)
    if (typeof problem === 'string') expect(refusal.problem).toBe(problem)
    else expect(refusal.problem).toMatch(problem)
  })

  it('is refused when it is said to hold objectives that there are not, or one twice', async () => {
    await expectRefusal(foreign(), "there is no objective 'share'", ['click', 'share', 'like'])
    await expectRefusal(foreign(), 'none or not distinct', ['click', 'click', 'like'])
    await expectRefusal(foreign(), 'none or not distinct', [])
  })
})
