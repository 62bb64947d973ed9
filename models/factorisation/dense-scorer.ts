/** Scores of people as one matrix product in onnxruntime: a batch of rows times a fixed table. */
import { openSession, run, type Session, tensor } from '../engine/session.ts'
import { Graph } from '../graph/graph.ts'
import { matmul } from '../graph/matrix.ts'

export class DenseScorer {
  readonly #session: Session
  readonly #table: Float32Array
  readonly #shape: readonly number[]

  private constructor(session: Session, table: Float32Array, shape: readonly number[]) {
    this.#session = session
    this.#table = table
    this.#shape = shape
  }

  /** @param columns `table` is [inner, items] where they are items, [items, inner] where they are inner */
  static async open(
    table: Float32Array,
    items: number,
    columns: 'items' | 'inner',
    threads: number,
  ): Promise<DenseScorer> {
    const graph = new Graph()
    const shape = columns === 'items' ? [table.length / items, items] : [items, table.length / items]
    const inner = columns === 'items' ? shape[0] : shape[1]
    const rows = graph.input('rows', ['count', inner])
    graph.output('scores', matmul(rows, graph.input('table', shape), { transposeB: columns === 'inner' }))
    return new DenseScorer(await openSession(graph.build('scores'), { threads }), table, shape)
  }

  /** @param rows [count, inner] @param out [count × items] */
  async score(rows: Float32Array, count: number, out: Float32Array): Promise<void> {
    const feeds = { rows: tensor(rows, [count, rows.length / count]), table: tensor(this.#table, this.#shape) }
    out.set((await run(this.#session, feeds, ['scores'])).scores)
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}
