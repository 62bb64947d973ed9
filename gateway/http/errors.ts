import type { FastifyReply } from 'fastify'
import { EngineError, type EngineErrorCode } from '../../actors/engine.ts'
import type { EventRejection } from '../../domain/event.ts'
import { type InputFault, InvalidInput } from '../validation/invalid-input.ts'

type ErrorCode =
  | InputFault
  | EngineErrorCode
  | EventRejection['code']
  | 'malformed_request'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'not_found'
  /** Of a single item: it is its result's code in a batch. */
  | 'catalog_full'

/** Every answer that is an error has the body `{error: Problem}`; batches add their `results`. */
export interface Problem {
  /** An ErrorCode, or what the engine said about an item or user. */
  readonly code: string
  readonly message: string
  readonly field?: string
  readonly hint: string
}

/** A request that is refused for another reason than a value in its body. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: string
  readonly field: string | undefined
  readonly hint: string

  constructor(code: string, message: string, hint: string, field?: string) {
    super(message)
    this.code = code
    this.field = field
    this.hint = hint
  }
}

/** What is not named here is a fault of the request: 400. */
const statusByCode: Readonly<Record<string, number>> = {
  not_allowed: 403,
  not_found: 404,
  body_too_large: 413,
  unsupported_media_type: 415,
  internal: 500,
  overloaded: 503,
  not_ready: 503,
  storage_failed: 503,
  deadline: 504,
  catalog_full: 507,
} satisfies Partial<Record<ErrorCode, number>>

const retryAfterSeconds = 1

const engineHints: Readonly<Record<Exclude<EngineErrorCode, 'internal'>, string>> = {
  overloaded: 'Send it again after the time in Retry-After, and fewer at once',
  deadline: 'Send it again; if this goes on, the engine needs more threads or narrower searches',
  not_ready: 'Wait until GET /v1/health/ready answers 200',
  not_allowed: 'Check the number of the shard, and that the engine runs with faults switched on',
  storage_failed: 'Look for the cause in the log of the engine: a full disk, usually',
}

const internalProblem: Problem = {
  code: 'internal',
  message: 'the engine failed to answer',
  hint: 'Look for the cause in the log of the engine',
}

export const overloadedProblem: Problem = {
  code: 'overloaded',
  message: 'too many requests are in progress',
  hint: engineHints.overloaded,
}

/** What a client is told. Of a defect it learns nothing, its message and stack belong in the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof InvalidInput || error instanceof RequestError) {
    const { code, message, field, hint } = error
    return { code, message, field, hint }
  }
  if (error instanceof EngineError && error.code !== 'internal') {
    return { code: error.code, message: error.message, hint: engineHints[error.code] }
  }
  return frameworkProblem(error) ?? internalProblem
}

/** Errors of Fastify and of the connection carry a status; only those of the client are its own to know. */
function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  switch (error.statusCode) {
    case 413:
      return {
        code: 'body_too_large',
        message: 'the body is larger than the setting limits.bodyBytesMax allows',
        hint: 'Send several smaller batches',
      }
    case 415:
      return {
        code: 'unsupported_media_type',
        message: 'the body is not declared as JSON',
        hint: 'Send the header content-type: application/json',
      }
    default:
      return Number(error.statusCode) < 500 ? malformedRequest(error.message) : undefined
  }
}

export function malformedRequest(message: string): Problem {
  return { code: 'malformed_request', message, hint: 'Check the path, its percent-encoding and the headers' }
}

export function statusOf(problem: Problem): number {
  return statusByCode[problem.code] ?? 400
}

/** Sets the status, and Retry-After where waiting helps; the caller sends the body. */
export function asError(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.code === 'overloaded' || problem.code === 'not_ready') reply.header('retry-after', retryAfterSeconds)
  return reply.code(statusOf(problem))
}
