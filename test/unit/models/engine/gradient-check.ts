/** Gradients of a model at its first weights: by differentiation in either precision, and by central differences in float64. */

import { Parameters } from '../../../../models/engine/parameters.ts'
import { type Feeds, openSession, run, tensor } from '../../../../models/engine/session.ts'
import { gradients } from '../../../../models/graph/gradients.ts'
import { Graph, type Initialiser, type Precision, type Value } from '../../../../models/graph/graph.ts'
import { staticSize } from '../../../../models/graph/shape.ts'

type Floats = Float32Array | Float64Array
type Build = (graph: Graph) => Value

/** Inputs by name. Floats are converted to the precision of the graph. */
export type Batch = Readonly<
  Record<string, { readonly data: number[] | Int32Array; readonly shape: readonly number[] }>
>

interface Differentiated {
  /** Live values of the parameters; writing to them moves the point at which `loss` is taken. */
  readonly values: ReadonlyMap<string, Floats>
  loss(): Promise<number>
  gradients(): Promise<Map<string, Float64Array>>
  close(): Promise<void>
}

async function differentiate(
  build: Build,
  batch: Batch,
  precision: Precision,
  start?: Initialiser,
): Promise<Differentiated> {
  const graph = new Graph({ precision })
  const loss = build(graph)
  graph.output('loss', loss)
  const found = gradients(loss)
  for (const { parameter, dense, rows } of found) {
    if (dense) graph.output(`dense/${parameter.name}`, dense)
    for (const [lookup, row] of rows.entries()) graph.output(`rows/${parameter.name}/${lookup}`, row.rows)
  }
  const session = await openSession(graph.build('check'), { threads: 1 })
  const floats = (source: ArrayLike<number>) =>
    precision === 'float64' ? Float64Array.from(source) : Float32Array.from(source)
  const specs = graph.parameters.map(spec => (start ? { ...spec, initialise: start } : spec))
  const parameters = Parameters.initialise(specs, 1)
  const values = new Map(graph.parameters.map(({ name }) => [name, floats(parameters.view(name))]))
  const feeds: Feeds = {}
  for (const [name, { data, shape }] of Object.entries(batch)) {
    feeds[name] = tensor(data instanceof Int32Array ? data : floats(data), shape)
  }
  // A mask is drawn once, so that the loss is a function of the parameters.
  for (const { name, shape, rate } of graph.dropoutMasks) {
    const mask = Array.from({ length: staticSize(shape) }, (_, index) => (index % 3 === 0 ? 0 : 1 / (1 - rate)))
    feeds[name] = tensor(floats(mask), shape)
  }
  for (const { name, shape } of graph.parameters) feeds[name] = tensor(values.get(name)!, shape)

  return {
    values,
    loss: async () => (await run<Floats>(session, feeds, ['loss'])).loss[0],
    async gradients() {
      const outputs = await run<Floats>(session, feeds, session.outputNames)
      const sums = found.map(({ parameter: { name, shape }, dense, rows }) => {
        const sum = Float64Array.from(
          dense ? outputs[`dense/${name}`] : { length: staticSize(shape) },
          value => value ?? 0,
        )
        const width = staticSize(shape.slice(1))
        for (const [lookup, { indices }] of rows.entries()) {
          const gradient = outputs[`rows/${name}/${lookup}`]
          for (const [position, row] of (feeds[indices.name].data as Int32Array).entries()) {
            for (let column = 0; column < width; column++)
              sum[row * width + column] += gradient[position * width + column]
          }
        }
        return [name, sum] as const
      })
      return new Map(sums)
    },
    close: () => session.release(),
  }
}

/** The gradient of every parameter, by name. */
export async function gradientsOf(
  build: Build,
  batch: Batch,
  precision: Precision,
): Promise<Map<string, Float64Array>> {
  const model = await differentiate(build, batch, precision)
  const found = await model.gradients()
  await model.close()
  return found
}

const step = 1e-5

/**
 * The largest relative error against central differences, over all elements of all parameters. An element far smaller than
 * the largest of its parameter is measured against a hundredth of that one, below which a difference of losses says nothing.
 * @param start replaces the model's own first values: biases of 0 put a Relu onto its kink, where differences mislead
 */
export async function gradientError(build: Build, batch: Batch = {}, start?: Initialiser): Promise<number> {
  const model = await differentiate(build, batch, 'float64', start)
  let worst = 0
  for (const [name, analytic] of await model.gradients()) {
    const largest = analytic.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
    const live = model.values.get(name)!
    for (let index = 0; index < live.length; index++) {
      const held = live[index]
      live[index] = held + step
      const above = await model.loss()
      live[index] = held - step
      const below = await model.loss()
      live[index] = held
      const numeric = (above - below) / (2 * step)
      const size = Math.max(largest / 100, Math.abs(numeric), Math.abs(analytic[index]))
      worst = Math.max(worst, Math.abs(numeric - analytic[index]) / size)
    }
  }
  await model.close()
  return worst
}
