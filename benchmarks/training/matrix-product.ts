import { normalAt } from '../../models/engine/random.ts'
import { openSession, run, tensor } from '../../models/engine/session.ts'
import { Graph } from '../../models/graph/graph.ts'
import { matmul } from '../../models/graph/matrix.ts'
import { closing, type StepRunner } from './steps.ts'

/** The unit of this benchmark: one float32 product of two square matrices, the result in a buffer of its own. */
export async function openMatrixProduct(size: number, threads: number): Promise<StepRunner> {
  const graph = new Graph()
  graph.output('product', matmul(graph.input('left', [size, size]), graph.input('right', [size, size])))
  const session = await openSession(graph.build('product'), { threads })
  const matrix = (key: number) =>
    tensor(
      Float32Array.from({ length: size * size }, (_, at) => normalAt(key, at)),
      [size, size],
    )
  const feeds = { left: matrix(1), right: matrix(2) }
  return closing(session, () => run(session, feeds, ['product']))
}
