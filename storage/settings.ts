import Type from 'typebox'
import { defineSettings, type SettingsOf } from '../config/fragment.ts'
import { mebibyte } from '../config/units.ts'

const gibibyte = 1024 * mebibyte

export const storageSettings = defineSettings('storage', 'What is kept on the disk, and in which portions', {
  segmentRecords: Type.Integer({
    default: 1_000_000,
    minimum: 1_000,
    maximum: 1_000_000_000,
    unit: 'records',
    answer: false,
    description: 'The journal begins a new segment after this many records; retention removes whole segments',
  }),
  segmentBytes: Type.Integer({
    default: 256 * mebibyte,
    minimum: mebibyte,
    maximum: 64 * gibibyte,
    unit: 'bytes',
    answer: false,
    description: 'The journal begins a new segment after this many bytes',
  }),
  retainedRecords: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    unit: 'records',
    answer: false,
    description: 'How many of the newest records the journal keeps at least; older segments are removed. 0 keeps all',
  }),
  onlineStoreMapBytes: Type.Integer({
    default: 16 * gibibyte,
    minimum: 16 * mebibyte,
    maximum: 4096 * gibibyte,
    unit: 'bytes',
    answer: false,
    description: 'Address space reserved for the online store at first; it grows by itself, which interrupts writing',
  }),
  itemCacheEntries: Type.Integer({
    default: 50_000,
    minimum: 100,
    maximum: 10_000_000,
    unit: 'items',
    answer: false,
    description: 'How many whole items are kept decoded in memory, for titles in feeds',
  }),
})

export type StorageSettings = SettingsOf<typeof storageSettings>
