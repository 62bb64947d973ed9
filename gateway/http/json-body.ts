import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { InvalidInput } from '../validation/invalid-input.ts'
import { RequestError } from './errors.ts'

const hint = 'Send one JSON value in UTF-8'

/** Bodies are JSON and nothing else. A key `__proto__` stays an ordinary key, which no reader knows. */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      done(null, parseBody(request, body))
    } catch (error) {
      done(error as Error)
    }
  })
}

function parseBody(request: FastifyRequest, body: Buffer): unknown {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    const remedy = 'Send the body without content-encoding'
    throw new RequestError('unsupported_media_type', `the body is encoded as ${encoding}`, remedy)
  }
  if (body.length === 0) return undefined
  // Decoding would replace what is not UTF-8 by U+FFFD, and two different ids would become one.
  if (!isUtf8(body)) throw new InvalidInput('malformed_json', undefined, 'is not valid UTF-8', hint)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new InvalidInput('malformed_json', undefined, `is not JSON: ${(error as Error).message}`, hint)
  }
}

/** @throws InvalidInput when there is none */
export function bodyOf(request: FastifyRequest): unknown {
  if (request.body === undefined) throw new InvalidInput('malformed_json', undefined, 'is empty', hint)
  return request.body
}
