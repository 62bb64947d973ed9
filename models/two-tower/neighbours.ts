/** Exact nearest neighbours among unit vectors, by matrix products. */
import { openSession, run, tensor } from '../engine/session.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { matmul } from '../graph/matrix.ts'

const rowsPerRun = 256

/**
 * The neighbours of ranks `skip` ≤ rank < skip + take of every row of `vectors` [rows, dimension], best first, [rows × take];
 * a row itself has rank 0. Fewer rows than asked for repeat from the front.
 */
export async function nearestNeighbours(
  vectors: Float32Array,
  dimension: number,
  { skip, take, threads }: { readonly skip: number; readonly take: number; readonly threads: number },
): Promise<Int32Array> {
  const rows = vectors.length / dimension
  const depth = Math.min(rows, skip + take)
  const session = await openSession(neighbourGraph(rows, dimension, depth), { threads })
  const out = new Int32Array(rows * take)
  try {
    for (let begin = 0; begin < rows; begin += rowsPerRun) {
      const end = Math.min(rows, begin + rowsPerRun)
      const queries = tensor(vectors.subarray(begin * dimension, end * dimension), [end - begin, dimension])
      const feeds = { queries, vectors: tensor(vectors, [rows, dimension]) }
      const { nearest } = await run<Int32Array>(session, feeds, ['nearest'])
      const first = Math.min(skip, depth - 1)
      const kept = depth - first
      for (let row = begin; row < end; row++) {
        const from = (row - begin) * depth + first
        for (let rank = 0; rank < take; rank++) out[row * take + rank] = nearest[from + (rank % kept)]
      }
    }
  } finally {
    await session.release()
  }
  return out
}

function neighbourGraph(rows: number, dimension: number, depth: number): Uint8Array {
  const graph = new Graph()
  const vectors = graph.input('vectors', [rows, dimension])
  const scores = matmul(graph.input('queries', ['queries', dimension]), vectors, { transposeB: true })
  const shape = ['queries', depth]
  const [, indices] = graph.nodes('TopK', [scores, graph.integers([depth])], [{ shape }, { shape, type: 'int64' }])
  graph.output('nearest', asInt32(indices))
  return graph.build('neighbours')
}

/** ONNX numbers its element types; 6 is int32. */
function asInt32(value: Value): Value {
  return value.graph.node('Cast', [value], value.shape, { to: { int: 6 } }, { type: 'int32' })
}
