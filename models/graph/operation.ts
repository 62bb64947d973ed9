/** An operation is one entry: how it is computed, and how a gradient passes back through it. */
import type { Graph, Value } from './graph.ts'

/** The gradient of a table of which only the looked-up rows count: row i of `rows` belongs to table row `indices[i]`. */
export interface RowGradient {
  readonly indices: Value
  readonly rows: Value
}

/** What one application of an operation passes back: its values, and ∂loss/∂output for each output (undefined is zero). */
export interface Backward<Attributes> {
  readonly graph: Graph
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly attributes: Attributes
  readonly gradients: readonly (Value | undefined)[]
}

export interface Operation<Attributes> {
  forward(inputs: readonly Value[], attributes: Attributes): readonly Value[]
  /** ∂loss/∂input for each input, in order; undefined where an input takes no gradient (indices, labels, masks). */
  gradient(step: Backward<Attributes>): readonly (Value | RowGradient | undefined)[]
}

/** One application, with its operation and attributes closed over. */
export interface TapeEntry {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  backward(gradients: readonly (Value | undefined)[]): readonly (Value | RowGradient | undefined)[]
}

export type Unary = (x: Value) => Value
export type Binary = (left: Value, right: Value) => Value
export type Ternary = (first: Value, second: Value, third: Value) => Value

/** Computes the operation, and puts it on the tape when a parameter reaches it. */
export function apply<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly Value[],
  attributes: Attributes,
): readonly Value[] {
  const { graph } = inputs[0]
  const outputs = graph.untaped(() => operation.forward(inputs, attributes))
  if (inputs.some(input => input.differentiable)) {
    const backward = (gradients: readonly (Value | undefined)[]) =>
      graph.untaped(() => operation.gradient({ graph, inputs, outputs, attributes, gradients }))
    graph.record({ inputs, outputs, backward })
  }
  return outputs
}

/** An operation of one output and no attributes, as a function of its inputs. */
export function operation<Inputs extends readonly Value[]>(entry: {
  forward(...inputs: Inputs): Value
  /** `output` is what `forward` gave, `gradient` is ∂loss/∂output. */
  gradient(step: {
    readonly inputs: Inputs
    readonly output: Value
    readonly gradient: Value
  }): readonly (Value | RowGradient | undefined)[]
}): (...inputs: Inputs) => Value {
  const general: Operation<undefined> = {
    forward: inputs => [entry.forward(...(inputs as unknown as Inputs))],
    gradient: ({ inputs, outputs, gradients }) =>
      entry.gradient({ inputs: inputs as unknown as Inputs, output: outputs[0], gradient: gradients[0]! }),
  }
  return (...inputs) => apply(general, inputs, undefined)[0]
}
