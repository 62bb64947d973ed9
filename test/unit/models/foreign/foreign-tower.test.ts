import { describe, expect, it } from 'vitest'
import { checkForeignTower } from '../../../../models/foreign/foreign-tower.ts'
import { ItemVectorsInvalid, placeVectors, readItemVectors } from '../../../../models/foreign/item-vectors.ts'
import { encodeModel, type NodeProto, type ValueInfo } from '../../../../models/onnx/model-proto.ts'

const float: ValueInfo['type'] = 'float32'

/** The mean of a history, unless other nodes are given. */
function tower({
  inputs = [{ name: 'vectors', type: float, shape: ['length', 4] }],
  outputs = [{ name: 'query', type: float, shape: [1, 4] }],
  nodes = [{ operator: 'ReduceMean', inputs: ['vectors', 'axis'], outputs: ['query'] }],
}: {
  inputs?: ValueInfo[]
  outputs?: ValueInfo[]
  nodes?: NodeProto[]
} = {}): Uint8Array {
  const axis = { name: 'axis', type: 'int64' as const, shape: [1], bytes: new Uint8Array(8) }
  const none = { name: 'none', type: float, shape: [1], bytes: new Uint8Array(4) }
  return encodeModel({ name: 'tower', nodes, inputs, outputs, initializers: [axis, none] })
}
const mean = (operator: string, second: string): NodeProto[] => [
  { operator: 'ReduceMean', inputs: ['vectors', 'axis'], outputs: ['mean'] },
  { operator, inputs: ['mean', second], outputs: ['query'] },
]

describe('a tower from elsewhere', () => {
  it('that makes a query of a history of any length is accepted', async () => {
    await checkForeignTower(tower(), { dimension: 4, maxLength: 20 })
    await checkForeignTower(tower(), { dimension: 4, maxLength: 1 })
  })

  it('is refused with what was expected', async () => {
    await expect(checkForeignTower(tower(), { dimension: 8, maxLength: 20 })).rejects.toThrow(
      "The tower is refused: 'vectors' has 4 columns. Expected input 'vectors' float32 [length, 8]",
    )
  })

  it.each<[string, Uint8Array, string]>([
    ['is no ONNX', new Uint8Array(3), 'onnxruntime cannot open it'],
    [
      'has another output',
      tower({ outputs: [{ name: 'mean', type: float }], nodes: mean('Add', 'none').slice(0, 1) }),
      "it has the outputs 'mean'",
    ],
    [
      'is fixed to one length',
      tower({ inputs: [{ name: 'vectors', type: float, shape: [20, 4] }] }),
      "'vectors' is fixed to 20 rows",
    ],
    [
      'answers once for each item',
      tower({
        outputs: [{ name: 'query', type: float }],
        nodes: [{ operator: 'Identity', inputs: ['vectors'], outputs: ['query'] }],
      }),
      'asked for 2 rows it answers with the shape [2, 4]',
    ],
    ['answers what is not finite', tower({ nodes: mean('Div', 'none') }), 'it answers a history of 1 with'],
    ['answers nothing but 0', tower({ nodes: mean('Mul', 'none') }), 'it answers a history of 1 with nothing but 0'],
  ])('that %s is refused', async (_, onnx, problem) => {
    await expect(checkForeignTower(onnx, { dimension: 4, maxLength: 20 })).rejects.toThrow(problem)
  })
})

const numbers = Float32Array.of(1, 2, 3, 4, 5, 6)
const bare = new Uint8Array(numbers.buffer)

/** As `numpy.save` writes it. */
function npy(header: string, content: Uint8Array = bare, version = 1): Uint8Array {
  const padded = `${header.padEnd(117)}\n`
  const length = version === 1 ? [padded.length, 0] : [padded.length, 0, 0, 0]
  const start = [0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...length]
  return Uint8Array.from([...start, ...new TextEncoder().encode(padded), ...content])
}
const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"

describe('item vectors from elsewhere', () => {
  it.each<[string, Uint8Array]>([
    ['bare numbers', bare],
    ['a .npy file', npy(header)],
    ['a .npy file of a later version', npy(header, bare, 2)],
  ])('are read from %s', (_, bytes) => {
    expect(readItemVectors(bytes, 'a\nb\r\nc\n')).toEqual({ ids: ['a', 'b', 'c'], dimension: 2, vectors: numbers })
  })

  it('are put in the order of the vocabulary, with zeros for items that have none', () => {
    const { placed, found } = placeVectors(readItemVectors(bare, 'a\nb\nc'), ['c', 'x', 'a'])
    expect([...placed]).toEqual([5, 6, 0, 0, 1, 2])
    expect(found).toBe(2)
  })

  it.each<[string, Uint8Array, string, string]>([
    ['of no ids', bare, '', 'there are no ids'],
    ['with an empty line among the ids', bare, 'a\n\nc', 'line 2 of the ids is empty'],
    ['with an id twice', bare, 'a\nb\na', "the id 'a' is there twice"],
    ['that do not divide into the ids', bare, 'a\nb\nc\nd', '24 bytes do not divide into 4 vectors'],
    ['of nothing', new Uint8Array(0), 'a', '0 bytes do not divide'],
    [
      'of another number of rows',
      npy(header.replace('(3, 2)', '(2, 3)')),
      'a\nb\nc',
      'the matrix is [2, 3], and there are 3 ids',
    ],
    ['of one axis', npy(header.replace('(3, 2)', '(6,)')), 'a\nb\nc', 'the matrix is [6]'],
    ['of float64', npy(header.replace('<f4', '<f8')), 'a\nb\nc', "elements of type '<f8'"],
    ['in Fortran order', npy(header.replace('False', 'True')), 'a\nb\nc', 'Fortran order'],
    ['cut short in the header', npy(header).subarray(0, 60), 'a\nb\nc', 'ends inside its header'],
    [
      'that are not finite',
      new Uint8Array(Float32Array.of(1, 2, Number.NaN).buffer),
      'a\nb\nc',
      "the vector of 'c' holds NaN",
    ],
  ])('%s are refused', (_, bytes, ids, problem) => {
    expect(() => readItemVectors(bytes, ids)).toThrow(ItemVectorsInvalid)
    expect(() => readItemVectors(bytes, ids)).toThrow(problem)
  })
})
