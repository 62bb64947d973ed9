import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import { batchReader } from '../validation/batch.ts'
import type { FieldReaders, Limits } from '../validation/field-readers.ts'
import { createUserReader } from '../validation/user.ts'
import { registerCollection } from './collection.ts'

export function registerUsers(server: FastifyInstance, engine: Engine, fields: FieldReaders, limits: Limits): void {
  const read = createUserReader(fields)
  registerCollection(server, {
    singular: 'user',
    plural: 'users',
    readId: fields.id,
    read,
    startBatch: () => value => read(value),
    readBatch: batchReader('users', limits.usersPerBatchMax, false),
    put: users => engine.putUsers(users),
    get: id => engine.getUser(id),
    delete: id => engine.deleteUser(id),
  })
}
