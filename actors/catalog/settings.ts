import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

export const catalogSettings = defineSettings('catalog', 'The item table and the stream behind the journal.', {
  itemsMax: Type.Integer({
    default: 2_000_000,
    minimum: 1000,
    maximum: 200_000_000,
    unit: 'items',
    description: 'Items ever named. Only address space is reserved for them.',
    answer: false,
  }),
  rowsMax: Type.Integer({
    default: 3_000_000,
    minimum: 1000,
    maximum: 400_000_000,
    unit: 'rows',
    description: 'Versions of items in memory at one time, current and just superseded.',
    answer: false,
  }),
  sliceRecords: Type.Integer({
    default: 500,
    minimum: 1,
    maximum: 100_000,
    unit: 'records',
    description: 'Records applied before other messages get a turn.',
    answer: false,
  }),
  supersededKeptMs: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 3_600_000,
    unit: 'ms',
    description: 'How long a superseded version can still be read; longer than any request may take.',
    answer: false,
  }),
})
