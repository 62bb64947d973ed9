import { InvalidInput } from './invalid-input.ts'
import { readObject, wrongType } from './readers.ts'

/** The values of one body, not read yet, and the path of each. */
export interface Batch {
  readonly values: readonly unknown[]
  pathOf(index: number): string
}

export type BatchReader = (body: unknown) => Batch

/** Reads a plain list or `{<plural>: [...]}`; with `orSingle`, also one value by itself. */
export function batchReader(plural: string, valuesMax: number, orSingle: boolean): BatchReader {
  const envelope = new Set([plural])
  return body => {
    if (Array.isArray(body)) return { values: withinMax(body, undefined), pathOf: index => `[${index}]` }
    if (orSingle && !isEnvelope(body)) return { values: [body], pathOf: () => '' }
    const values = readObject(body, undefined, envelope)[plural]
    if (!Array.isArray(values)) throw wrongType(values, plural, `a list of ${plural}`)
    return { values: withinMax(values, plural), pathOf: index => `${plural}[${index}]` }
  }

  function isEnvelope(body: unknown): boolean {
    return typeof body === 'object' && body !== null && Object.hasOwn(body, plural)
  }

  function withinMax(values: readonly unknown[], field: string | undefined): readonly unknown[] {
    if (values.length <= valuesMax) return values
    const problem = `has ${values.length} ${plural}, at most ${valuesMax} are allowed`
    throw new InvalidInput('too_many', field, problem, `Send at most ${valuesMax} ${plural} at once`)
  }
}
