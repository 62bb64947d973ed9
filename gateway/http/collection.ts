import type { FastifyInstance } from 'fastify'
import type { PutResult } from '../../actors/engine.ts'
import type { BatchReader } from '../validation/batch.ts'
import { InvalidInput, quote } from '../validation/invalid-input.ts'
import type { Read } from '../validation/readers.ts'
import { answerBatch, type BatchWork, problemFrom, type Rejection } from './batch.ts'
import { asError, RequestError } from './errors.ts'
import { bodyOf } from './json-body.ts'

/** Things that are put, read and deleted by their id. */
export interface Collection<T extends { readonly id: string }> {
  readonly singular: string
  readonly plural: string
  readonly readId: Read<string>
  /** `id` stands in for one that the value leaves out. @throws InvalidInput */
  readonly read: (value: unknown, id?: string) => T
  /** Called once per batch, for what the values of one batch must agree on. */
  readonly startBatch: () => (value: unknown) => T
  readonly readBatch: BatchReader
  put(values: readonly T[]): Promise<readonly PutResult[]>
  get(id: string): T | undefined | Promise<T | undefined>
  delete(id: string): Promise<boolean>
}

interface ById {
  readonly Params: { readonly id: string }
}

/** `POST /v1/<plural>` and `PUT`, `GET`, `DELETE /v1/<plural>/{id}`. */
export function registerCollection<T extends { readonly id: string }>(
  server: FastifyInstance,
  collection: Collection<T>,
): void {
  const { plural, readId } = collection

  server.post(`/v1/${plural}`, async (request, reply) => {
    return answerBatch(reply, collection.readBatch(bodyOf(request)), workOf(collection))
  })

  server.put<ById>(`/v1/${plural}/:id`, async (request, reply) => {
    const id = readId(request.params.id, 'id')
    const value = collection.read(bodyOf(request), id)
    if (value.id !== id) throw differentId(value.id, id)
    const [result] = await collection.put([value])
    if (result.status === 'stored') return result
    const problem = problemFrom(result)
    return asError(reply, problem).send({ error: problem })
  })

  server.get<ById>(`/v1/${plural}/:id`, async request => {
    const id = readId(request.params.id, 'id')
    const value = await collection.get(id)
    if (value === undefined) throw notFound(collection.singular, id)
    return value
  })

  server.delete<ById>(`/v1/${plural}/:id`, async request => {
    const id = readId(request.params.id, 'id')
    if (!(await collection.delete(id))) throw notFound(collection.singular, id)
    return { id, status: 'deleted' }
  })
}

function workOf<T extends { readonly id: string }>(collection: Collection<T>): BatchWork<T, PutResult> {
  return {
    read: collection.startBatch(),
    submit: values => collection.put(values),
    rejectionOf: result => (result.status === 'rejected' ? result : undefined),
    rejected: (value, rejection) => rejectedPut(givenId(value, collection.readId), rejection),
    withRejection: (result, rejection) => rejectedPut(result.id, rejection),
  }
}

function rejectedPut(id: string, { code, field, hint }: Rejection): PutResult {
  return { id, status: 'rejected', code, field, hint }
}

/** The id of a value that could not be read; empty when even that is not one. */
function givenId(value: unknown, readId: Read<string>): string {
  try {
    return readId((value as { readonly id?: unknown } | null)?.id, 'id')
  } catch {
    return ''
  }
}

function differentId(inBody: string, inPath: string): InvalidInput {
  const problem = `must be ${quote(inPath)} as in the path, but is ${quote(inBody)}`
  return new InvalidInput('out_of_range', 'id', problem, 'Leave the id out of the body, or send the same')
}

function notFound(singular: string, id: string): RequestError {
  return new RequestError('not_found', `there is no ${singular} ${quote(id)}`, 'Check the id, or put it first', 'id')
}
