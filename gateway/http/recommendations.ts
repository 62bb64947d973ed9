import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import type { Admission } from '../admission.ts'
import type { RequestReader } from '../validation/recommendation-request.ts'
import { asError, overloadedProblem } from './errors.ts'
import { bodyOf } from './json-body.ts'

export interface RecommendationRouteParts {
  readonly engine: Engine
  readonly read: RequestReader
  readonly admission: Admission
  readonly newId: () => string
}

export function registerRecommendations(server: FastifyInstance, parts: RecommendationRouteParts): void {
  const { engine, read, admission, newId } = parts
  server.post('/v1/recommendations', async (request, reply) => {
    // Refused before it is read: under overload, the cheapest answer is the best.
    if (!admission.enter()) return asError(reply, overloadedProblem).send({ error: overloadedProblem })
    try {
      return await engine.recommend(read(bodyOf(request), newId()))
    } finally {
      admission.leave()
    }
  })
}
