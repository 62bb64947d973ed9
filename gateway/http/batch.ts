import type { FastifyReply } from 'fastify'
import type { Batch } from '../validation/batch.ts'
import { fieldWithin, InvalidInput, nameOf } from '../validation/invalid-input.ts'
import { asError, overloadedProblem, type Problem, problemOf } from './errors.ts'

/** Why one value of a batch was not taken, as it stands in its result. */
export interface Rejection {
  readonly code: string
  readonly field?: string
  readonly hint: string
}

/** What is done with the values of a batch: `V` is a value that was read, `R` the result of one. */
export interface BatchWork<V, R> extends Rejections<R> {
  /** @throws InvalidInput */
  read(value: unknown): V
  /** Takes all values that could be read, in their order; gives one result for each. */
  submit(values: readonly V[]): Promise<readonly R[]>
}

/** Where a result says why its value was refused. */
interface Rejections<R> {
  rejectionOf(result: R): Rejection | undefined
  /** The result of a value that could not be read. */
  rejected(value: unknown, rejection: Rejection): R
  /** The same result with another rejection. */
  withRejection(result: R, rejection: Rejection): R
}

/**
 * Reads every value, submits the good ones together, and answers with one result per value, in order.
 * 200 when at least one was taken or there was none; else the error that is most worth knowing, with the results.
 */
export async function answerBatch<V, R>(reply: FastifyReply, batch: Batch, work: BatchWork<V, R>) {
  const results = new Array<R>(batch.values.length)
  const valid: V[] = []
  const positions: number[] = []
  let firstInvalid: InvalidInput | undefined
  for (let i = 0; i < batch.values.length; i++) {
    try {
      valid.push(work.read(batch.values[i]))
      positions.push(i)
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      firstInvalid ??= error.within(batch.pathOf(i))
      results[i] = work.rejected(batch.values[i], rejectionFor(error, batch.pathOf(i)))
    }
  }
  const submitted = valid.length === 0 ? [] : await work.submit(valid)
  for (let k = 0; k < submitted.length; k++) {
    results[positions[k]] = located(submitted[k], batch.pathOf(positions[k]), work)
  }
  const problem = failureOf(results, firstInvalid, work)
  return problem === undefined ? { results } : asError(reply, problem).send({ error: problem, results })
}

/** A result has no message beside its hint, so the hint says both. */
function rejectionFor({ code, field: inner, problem, hint }: InvalidInput, path: string): Rejection {
  const field = fieldWithin(path, inner)
  return { code, field, hint: `${nameOf(field)} ${problem}. ${hint}` }
}

/** The engine does not know where in the body a value stood. */
function located<R>(result: R, path: string, rejections: Rejections<R>): R {
  const rejection = rejections.rejectionOf(result)
  if (rejection?.field === undefined || path === '') return result
  return rejections.withRejection(result, { ...rejection, field: fieldWithin(path, rejection.field) })
}

/** Undefined unless every value was refused. What a second attempt may cure comes before what it can not. */
function failureOf<R>(
  results: readonly R[],
  firstInvalid: InvalidInput | undefined,
  { rejectionOf }: Rejections<R>,
): Problem | undefined {
  const refusals: Rejection[] = []
  for (const result of results) {
    const rejection = rejectionOf(result)
    if (rejection === undefined) return undefined
    refusals.push(rejection)
  }
  const passing = refusals.find(r => r.code === 'overloaded') ?? refusals.find(r => r.code === 'storage_failed')
  if (passing !== undefined) return problemFrom(passing)
  if (firstInvalid !== undefined) return problemOf(firstInvalid)
  return refusals.length === 0 ? undefined : problemFrom(refusals[0])
}

export function problemFrom({ code, field, hint }: Rejection): Problem {
  return { code, message: sentences[code]?.(nameOf(field)) ?? `${nameOf(field)} was refused as ${code}`, field, hint }
}

const sentences: Readonly<Record<string, (name: string) => string>> = {
  unknown_item: name => `${name} is not the id of an item in the catalogue`,
  overloaded: () => overloadedProblem.message,
  storage_failed: () => 'the journal cannot take it',
  catalog_full: () => 'the catalogue has no room for it',
  too_many: name => `${name} would be more than the catalogue can tell apart`,
  bad_vector: name => `${name} does not fit the vectors that are there`,
}
