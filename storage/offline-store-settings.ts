import Type from 'typebox'
import { defineSettings, type SettingsOf } from '../config/fragment.ts'
import { mebibyte } from '../config/units.ts'

export const offlineStoreSettings = defineSettings('offlineStore', 'Data sets in Parquet, for training and analysis', {
  rowsPerFile: Type.Integer({
    default: 131_072,
    minimum: 1,
    maximum: 100_000_000,
    unit: 'rows',
    answer: false,
    description: 'A data set begins a new file after this many rows; so many are held in memory at a time',
  }),
  compressionLevel: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 22,
    unit: 'level',
    answer: false,
    description: 'Level of zstd: higher is smaller and slower',
  }),
  memoryBytes: Type.Integer({
    default: 1024 * mebibyte,
    minimum: 64 * mebibyte,
    maximum: 1024 * 1024 * mebibyte,
    unit: 'bytes',
    answer: false,
    description: 'Memory that the database which writes and reads the files may use',
  }),
})

export type OfflineStoreSettings = SettingsOf<typeof offlineStoreSettings>
