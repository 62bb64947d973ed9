/** First values of parameters, each a function of a key, so that they do not depend on the order of creation. */
import type { Initialiser } from '../graph/graph.ts'
import { normalAt, uniformAt } from './random.ts'

export const zeros: Initialiser = values => {
  values.fill(0)
}

export const ones: Initialiser = values => {
  values.fill(1)
}

/** Uniform in ±√(6 / (fan in + fan out)), for linear, sigmoid and softmax layers (Glorot & Bengio, AISTATS 2010). */
export const glorotUniform: Initialiser = (values, [fanIn, fanOut], key) => {
  const limit = Math.sqrt(6 / (fanIn + fanOut))
  for (let index = 0; index < values.length; index++) values[index] = (2 * uniformAt(key, index) - 1) * limit
}

/** Normal with variance 2 / fan in, for layers followed by a Relu (He et al., ICCV 2015). */
export const heNormal: Initialiser = (values, [fanIn], key) => {
  const deviation = Math.sqrt(2 / fanIn)
  for (let index = 0; index < values.length; index++) values[index] = normalAt(key, index) * deviation
}

/** Normal with the given standard deviation, for embedding tables. */
export function normal(deviation: number): Initialiser {
  return (values, _shape, key) => {
    for (let index = 0; index < values.length; index++) values[index] = normalAt(key, index) * deviation
  }
}
