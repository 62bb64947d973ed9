import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import { InvalidInput, quote } from '../validation/invalid-input.ts'

/** Breaks things on purpose, to see the feed load all the same. */
export function registerFaults(server: FastifyInstance, engine: Engine): void {
  server.post<{ Params: { shard: string } }>('/v1/faults/index-threads/:shard/die', async request => {
    const shard = readShard(request.params.shard)
    engine.killIndexThread(shard)
    return { shard, status: 'killed' }
  })
}

function readShard(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  const problem = `must be the number of an index shard, but is ${quote(text)}`
  throw new InvalidInput('out_of_range', 'shard', problem, 'Shards are numbered from 0')
}
