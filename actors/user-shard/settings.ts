import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

export const usersSettings = defineSettings('users', 'Who owns user state, and how much of it stays in memory.', {
  shards: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 1024,
    unit: 'actors',
    description: 'User shards; a person belongs to the shard that the hash of the id names.',
    answer: false,
  }),
  residentsPerShardMax: Type.Integer({
    default: 50_000,
    minimum: 1,
    maximum: 50_000_000,
    unit: 'users',
    description: 'People per shard whose state is in memory; the least recently used are written out.',
    answer: false,
  }),
  writeBatch: Type.Integer({
    default: 32,
    minimum: 1,
    maximum: 10_000,
    unit: 'users',
    description: 'States encoded at a time while a snapshot is written, so that no message waits long.',
    answer: false,
  }),
})
