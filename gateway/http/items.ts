import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import { batchReader } from '../validation/batch.ts'
import type { FieldReaders, Limits } from '../validation/field-readers.ts'
import { createItemReader } from '../validation/item.ts'
import { BatchDimensions } from '../validation/vectors.ts'
import { registerCollection } from './collection.ts'

export function registerItems(server: FastifyInstance, engine: Engine, fields: FieldReaders, limits: Limits): void {
  const read = createItemReader(fields, limits)
  registerCollection(server, {
    singular: 'item',
    plural: 'items',
    readId: fields.id,
    read,
    startBatch() {
      const dimensions = new BatchDimensions()
      return value => {
        const item = read(value)
        if (item.vectors !== undefined) dimensions.agree(item.vectors)
        return item
      }
    },
    readBatch: batchReader('items', limits.itemsPerBatchMax, false),
    put: items => engine.putItems(items),
    get: id => engine.getItem(id),
    delete: id => engine.deleteItem(id),
  })
}
