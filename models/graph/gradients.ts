/** Reverse-mode differentiation: walks the tape backwards and adds the nodes of the backward pass to the same graph. */
import { add } from './arithmetic.ts'
import type { Graph, ParameterSpec, Value } from './graph.ts'
import type { RowGradient } from './operation.ts'
import { GraphError, sameShape } from './shape.ts'

/** ∂loss/∂parameter = dense + the rows of each list added at their indices. */
export interface ParameterGradient {
  readonly parameter: ParameterSpec
  readonly dense?: Value
  readonly rows: readonly RowGradient[]
}

/**
 * The gradient of a scalar with respect to every parameter of its graph, in the order of the parameters.
 * @throws GraphError when the loss is no scalar, a parameter does not influence it, or rows are looked up in a table that
 *   is not itself a parameter.
 */
export function gradients(loss: Value): ParameterGradient[] {
  const { graph } = loss
  if (loss.shape.length !== 0)
    throw new GraphError(`Only a scalar has a gradient here; the loss has shape [${loss.shape}].`)
  return graph.untaped(() => collect(graph, walkBackwards(loss)))
}

interface Contributions {
  readonly dense: Value[]
  readonly rows: RowGradient[]
}

function walkBackwards(loss: Value): Map<string, Contributions> {
  const { graph } = loss
  const contributions = new Map<string, Contributions>([[loss.name, { dense: [graph.constant(1)], rows: [] }]])
  for (const entry of graph.tape.toReversed()) {
    const outputGradients = entry.outputs.map(output => total(contributions.get(output.name)?.dense))
    if (outputGradients.every(gradient => gradient === undefined)) continue
    const inputGradients = entry.backward(outputGradients)
    for (const [position, input] of entry.inputs.entries()) {
      const gradient = inputGradients[position]
      if (gradient && input.differentiable) contribute(contributions, input, gradient)
    }
  }
  return contributions
}

function contribute(contributions: Map<string, Contributions>, input: Value, gradient: Value | RowGradient): void {
  const slot = contributions.get(input.name) ?? { dense: [], rows: [] }
  contributions.set(input.name, slot)
  if ('rows' in gradient) {
    slot.rows.push(gradient)
  } else if (sameShape(gradient.shape, input.shape)) {
    slot.dense.push(gradient)
  } else {
    throw new GraphError(`A gradient of shape [${gradient.shape}] reached ${input.name} of shape [${input.shape}].`)
  }
}

function collect(graph: Graph, contributions: Map<string, Contributions>): ParameterGradient[] {
  const found = graph.parameters.map(parameter => {
    const slot = contributions.get(parameter.name)
    if (!slot)
      throw new GraphError(`Parameter ${parameter.name} does not influence the loss; leave it out of the model.`)
    if (parameter.storage === 'rows' && slot.dense.length > 0) {
      throw new GraphError(`Table ${parameter.name} is stored by rows but is used whole; store it dense.`)
    }
    return { parameter, dense: total(slot.dense), rows: slot.rows }
  })
  const parameterNames = new Set(graph.parameters.map(parameter => parameter.name))
  for (const [name, slot] of contributions) {
    if (slot.rows.length > 0 && !parameterNames.has(name)) {
      throw new GraphError(`Rows are gathered from ${name}, which is computed; gather differentiates only parameters.`)
    }
  }
  return found
}

function total(parts: readonly Value[] | undefined): Value | undefined {
  return parts?.length ? parts.reduce((sum, part) => add(sum, part)) : undefined
}
