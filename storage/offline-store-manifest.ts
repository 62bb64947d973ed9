import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { canonicalJson } from '../config/settings.ts'
import { StorageError } from './errors.ts'
import type { Column } from './offline-store-columns.ts'

export const manifestName = 'manifest.json'

/** Where a data set comes from: with the same journal, this is enough to make it again. */
const Lineage = Type.Object({
  /** Hash of everything that gives a feature its value. */
  featureSchemaHash: Type.String(),
  /** Journal numbers of the first and the last record that was read. */
  fromSeq: Type.Number(),
  toSeq: Type.Number(),
  seed: Type.Number(),
  /** What was set for it, by path of the fragment. */
  settings: Type.Record(Type.String(), Type.Unknown()),
  /** What the kind of data set says besides. */
  details: Type.Record(Type.String(), Type.Unknown()),
})

const OfflineManifest = Type.Object({
  format: Type.Literal('sluice-data-set'),
  version: Type.Literal(1),
  name: Type.String(),
  rows: Type.Number(),
  files: Type.Array(Type.Object({ name: Type.String(), rows: Type.Number(), bytes: Type.Number() })),
  columns: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.Enum(['text', 'uint8', 'uint32', 'whole', 'float32'] as const),
    }),
  ),
  /** Over names and types of the columns, in their order. */
  columnsHash: Type.String(),
  lineage: Lineage,
})

export type Lineage = Static<typeof Lineage>
export type OfflineManifest = Static<typeof OfflineManifest>

/** The first 16 hex digits of a sha-256. */
export function hashColumns(columns: readonly Column[]): string {
  return createHash('sha256').update(canonicalJson(columns)).digest('hex').slice(0, 16)
}

/** @throws StorageError `invalid` where there is none, `corrupt` where it can not be understood */
export async function readManifest(directory: string): Promise<OfflineManifest> {
  const text = await readFile(join(directory, manifestName), 'utf8').catch(cause => {
    throw new StorageError('invalid', `${directory} holds no data set`, 'Export one there first', cause)
  })
  const manifest = parse(text)
  if (Value.Check(OfflineManifest, manifest) && manifest.columnsHash === hashColumns(manifest.columns)) return manifest
  throw new StorageError('corrupt', `the manifest in ${directory} can not be understood`, 'Export the data set again')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
