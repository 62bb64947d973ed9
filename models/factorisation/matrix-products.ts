import { openSession, run, type Session, tensor } from '../engine/session.ts'
import { Graph } from '../graph/graph.ts'
import { matmul } from '../graph/matrix.ts'

type Transposed = 'plain' | 'left' | 'right'

/** Products of dense matrices in onnxruntime, row-major in plain arrays. */
export class MatrixProducts {
  readonly #sessions: Readonly<Record<Transposed, Session>>

  private constructor(sessions: Readonly<Record<Transposed, Session>>) {
    this.#sessions = sessions
  }

  static async open(threads: number): Promise<MatrixProducts> {
    const open = (transposed: Transposed) => openSession(productGraph(transposed), { threads })
    return new MatrixProducts({ plain: await open('plain'), left: await open('left'), right: await open('right') })
  }

  /** a [rows, inner] · b [inner, columns] */
  plain(a: Float32Array, b: Float32Array, rows: number, inner: number, columns: number): Promise<Float32Array> {
    return this.#product('plain', a, [rows, inner], b, [inner, columns])
  }

  /** aᵀ · b for a [inner, rows], b [inner, columns] */
  transposedLeft(a: Float32Array, b: Float32Array, inner: number, rows: number, columns: number) {
    return this.#product('left', a, [inner, rows], b, [inner, columns])
  }

  /** a · bᵀ for a [rows, inner], b [columns, inner] */
  transposedRight(a: Float32Array, b: Float32Array, rows: number, inner: number, columns: number) {
    return this.#product('right', a, [rows, inner], b, [columns, inner])
  }

  async close(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.release()
  }

  async #product(kind: Transposed, a: Float32Array, aShape: number[], b: Float32Array, bShape: number[]) {
    const feeds = { a: tensor(a, aShape), b: tensor(b, bShape) }
    return (await run(this.#sessions[kind], feeds, ['product'])).product
  }
}

function productGraph(transposed: Transposed): Uint8Array {
  const graph = new Graph()
  const a = graph.input('a', transposed === 'left' ? ['inner', 'rows'] : ['rows', 'inner'])
  const b = graph.input('b', transposed === 'right' ? ['columns', 'inner'] : ['inner', 'columns'])
  graph.output('product', matmul(a, b, { transposeA: transposed === 'left', transposeB: transposed === 'right' }))
  return graph.build('product')
}
