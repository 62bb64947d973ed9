/** What a model set says about itself, and the errors of loading one. */

export const formatVersion = 1
export const manifestName = 'manifest.json'

export interface DataRange {
  /** Sequence numbers of the first and last journal record used. */
  readonly fromSeq: number
  readonly toSeq: number
  /** Epoch milliseconds of these records. */
  readonly fromTime: number
  readonly toTime: number
}

export interface SpaceDescription {
  readonly dimension: number
  readonly count: number
  /** Whether every vector has length 1. */
  readonly normalised: boolean
}

/** What the trainer knows about a model set. */
export interface ModelSetDescription {
  readonly id: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Hash of the feature schema that its ranker was trained on. */
  readonly schemaHash: string
  readonly dataRange: DataRange
  /** The model set in use when this one was trained. */
  readonly parent: string | null
  readonly seed: number
  readonly metrics: Readonly<Record<string, number>>
  /** Everything that was set for the training, as plain data. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly spaces: Readonly<Record<string, SpaceDescription>>
  readonly objectives: Readonly<Record<string, { readonly trained: boolean; readonly reason?: string }>>
}

export interface Manifest extends ModelSetDescription {
  readonly formatVersion: number
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>
}

export class ArtefactMissing extends Error {
  override readonly name = 'ArtefactMissing'

  constructor(root: string, id: string) {
    super(`There is no model set ${id} in ${root}. Train one, or promote one of those that are there.`)
  }
}

export class ArtefactCorrupt extends Error {
  override readonly name = 'ArtefactCorrupt'
  readonly file: string

  constructor(id: string, file: string, problem: string) {
    super(`Model set ${id} cannot be used: ${file} ${problem}. Promote its parent, or train a new one.`)
    this.file = file
  }
}

export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch'

  constructor(id: string, found: string, expected: string) {
    super(
      `Model set ${id} was trained on feature schema ${found}, this program computes ${expected}. ` +
        'Train a new model set, or start the version of the program that trained this one.',
    )
  }
}

/** The id or file name cannot be a name in the artefact folder. */
export class ArtefactNameInvalid extends Error {
  override readonly name = 'ArtefactNameInvalid'

  constructor(name: string) {
    super(
      `'${name}' cannot name a model set or a file of one: use letters, digits, '.', '_' and '-', a letter or digit first.`,
    )
  }
}

export class ArtefactExists extends Error {
  override readonly name = 'ArtefactExists'

  constructor(root: string, id: string) {
    super(`There is already a model set ${id} in ${root}; model sets are never overwritten.`)
  }
}

/** @throws ArtefactCorrupt when the text is no manifest of this format for that id */
export function parseManifest(id: string, text: string): Manifest {
  let parsed: Partial<Manifest>
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new ArtefactCorrupt(id, manifestName, 'is not valid JSON')
  }
  if (parsed?.formatVersion !== formatVersion) {
    throw new ArtefactCorrupt(
      id,
      manifestName,
      `has format ${parsed?.formatVersion}, this program reads ${formatVersion}`,
    )
  }
  if (parsed.id !== id) throw new ArtefactCorrupt(id, manifestName, `names model set ${parsed.id}`)
  if (typeof parsed.schemaHash !== 'string' || typeof parsed.files !== 'object' || parsed.files === null) {
    throw new ArtefactCorrupt(id, manifestName, 'lacks its schema hash or its files')
  }
  return parsed as Manifest
}

/** @throws ArtefactNameInvalid */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new ArtefactNameInvalid(name)
}
