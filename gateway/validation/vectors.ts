import { InvalidInput, kindOf, quote } from './invalid-input.ts'
import { type Read, readObject, wrongType } from './readers.ts'

type Vectors = Readonly<Record<string, readonly number[]>>

const spaceName = /^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/

/** Named vectors of finite numbers; the numbers are given back as they came, not copied. */
export function vectorsReader(spacesMax: number, dimensionMax: number): Read<Vectors> {
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw wrongType(value, field, 'an object of vectors by the name of their space')
    }
    const spaces = Object.keys(value)
    if (spaces.length > spacesMax) {
      const problem = `has ${spaces.length} spaces, at most ${spacesMax} are allowed`
      throw new InvalidInput('too_many', field, problem, `Send at most ${spacesMax} vectors per item`)
    }
    const vectors = readObject(value, field, new Set(spaces))
    for (const space of spaces) checkVector(vectors[space], space, field, dimensionMax)
    return vectors as Vectors
  }
}

function checkVector(vector: unknown, space: string, parent: string, dimensionMax: number): void {
  if (!spaceName.test(space)) {
    const hint = 'Name a space by a letter, then letters, digits, dots, dashes or underscores, 64 at most'
    throw new InvalidInput('bad_vector', parent, `has a space with the bad name ${quote(space)}`, hint)
  }
  const field = `${parent}.${space}`
  if (!Array.isArray(vector)) throw wrongType(vector, field, 'a list of numbers')
  if (vector.length < 1 || vector.length > dimensionMax) {
    const problem = `must have 1 to ${dimensionMax} dimensions, but has ${vector.length}`
    throw new InvalidInput('bad_vector', field, problem, 'Send the vector as its model made it')
  }
  for (let i = 0; i < vector.length; i++) {
    const x = vector[i]
    // Vectors are kept in 32 bits, where a larger number would become an infinity.
    if (typeof x !== 'number' || !Number.isFinite(Math.fround(x))) throw badElement(x, `${field}[${i}]`)
  }
}

function badElement(x: unknown, field: string): InvalidInput {
  if (typeof x !== 'number') {
    return new InvalidInput('bad_vector', field, `must be a number, but is ${kindOf(x)}`, 'Send numbers only')
  }
  const code = Number.isFinite(x) ? 'bad_vector' : 'not_finite'
  return new InvalidInput(code, field, 'is too large for a 32-bit float', 'Send numbers of at most 3.4e38')
}

/**
 * Vectors of one space have one dimension. What is stored knows its own; within one batch of a new space, the first
 * valid item decides.
 *
 * 1. An item that is refused decides nothing.
 */
export class BatchDimensions {
  private readonly bySpace = new Map<string, number>()

  /** @throws InvalidInput `bad_vector` */
  agree(vectors: Vectors): void {
    for (const space in vectors) {
      const dimension = this.bySpace.get(space)
      const { length } = vectors[space]!
      if (dimension === undefined || dimension === length) continue
      const problem = `has ${length} dimensions, but an earlier item of this batch has ${dimension}`
      throw new InvalidInput('bad_vector', `vectors.${space}`, problem, 'All vectors of one space have one dimension')
    }
    for (const space in vectors) this.bySpace.set(space, vectors[space]!.length)
  }
}
