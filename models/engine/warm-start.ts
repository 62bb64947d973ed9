import type { Parameters } from './parameters.ts'

/**
 * Begins with the weights of a model of the same sizes that knew fewer items, each under the place that it has here too.
 * Rows of items that it did not know stay as they were drawn.
 *
 * @param growing tables with a row per item
 * @throws RangeError when the two differ in anything but the length of these tables, or the earlier one's are longer
 */
export function takeOver(parameters: Parameters, earlier: Parameters, growing: readonly string[]): void {
  const known = new Set(earlier.specs.map(({ name }) => name))
  const same = known.size === parameters.specs.length && parameters.specs.every(({ name }) => known.has(name))
  if (!same) throw new RangeError('The earlier model is built otherwise: it has other parameters.')
  for (const { name } of parameters.specs) {
    const [to, from] = [parameters.view(name).length, earlier.view(name).length]
    const fits = growing.includes(name) ? from <= to : from === to
    if (!fits) throw new RangeError(`The earlier model has ${from} values of ${name}, this one has ${to}.`)
  }
  for (const { name } of parameters.specs) parameters.view(name).set(earlier.view(name))
}
