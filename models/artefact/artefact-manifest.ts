/** What a model set says about itself, and the errors of loading one. */

export const formatVersion = 1
export const manifestName = 'manifest.json'
/** Names the promoted set. */
export const pointerName = 'promoted'
/** Names the sets that were promoted before it. */
export const historyName = 'promotion-history.json'

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

/** One thing that was looked at before a set may be promoted. */
export interface GateCheck {
  readonly name: string
  readonly passed: boolean
  /** What was measured, and the bound that it had to keep; null where it could not be measured. */
  readonly value: number | null
  readonly bound: number
  /** For people. */
  readonly text: string
}

/** Whether a model set may take the place of the one in use; see `learning/gates/`. */
export interface GateVerdict {
  readonly passed: boolean
  /** The set that it was compared with; null when there was none that could be asked the same. */
  readonly against: string | null
  /** Why it did not pass; empty when it did. */
  readonly reasons: readonly string[]
  readonly checks: readonly GateCheck[]
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
  /** `imported`: a part of it was made elsewhere. Default: trained. */
  readonly origin?: 'trained' | 'imported'
  /** Kinds of models that it holds: `collaborative`, `sequence`, `ranker`, … Default: its spaces, and the ranker. */
  readonly kinds?: readonly string[]
  /** Absent or null when nobody judged it. */
  readonly gate?: GateVerdict | null
}

export interface Manifest extends ModelSetDescription {
  readonly formatVersion: number
  readonly origin: 'trained' | 'imported'
  readonly kinds: readonly string[]
  readonly gate: GateVerdict | null
  /** Of all files together. */
  readonly bytes: number
  readonly files: FileSizes
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

/** There is no model set to go back to. */
export class NothingToRollBack extends Error {
  override readonly name = 'NothingToRollBack'

  constructor(promoted: string | null) {
    super(
      promoted === null
        ? 'No model set is promoted, so there is nothing to roll back.'
        : `No model set was promoted before ${promoted}, and its parent is not there: there is nothing to go back to.`,
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
  const parts = [parsed.files, parsed.spaces, parsed.objectives]
  if (typeof parsed.schemaHash !== 'string' || parts.some(part => typeof part !== 'object' || part === null)) {
    throw new ArtefactCorrupt(id, manifestName, 'lacks its schema hash, its files, its spaces or its objectives')
  }
  return withDefaults(parsed as WrittenManifest)
}

type FileSizes = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>
type WrittenManifest = ModelSetDescription & { readonly formatVersion: number; readonly files: FileSizes }

/** Sets that were written before something was noted say so. */
export function withDefaults(written: WrittenManifest): Manifest {
  const bytes = Object.values(written.files).reduce((sum, file) => sum + file.bytes, 0)
  const { origin = 'trained', kinds = kindsOf(written), gate = null } = written
  return { ...written, origin, kinds, gate, bytes }
}

/** What else the description tells of: a space is one model, and objectives are learned by a ranker. */
function kindsOf({ spaces, objectives }: ModelSetDescription): string[] {
  const hasRanker = Object.values(objectives).some(({ trained }) => trained)
  return [...Object.keys(spaces), ...(hasRanker ? ['ranker'] : [])]
}

/** @throws ArtefactNameInvalid */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new ArtefactNameInvalid(name)
}

/** @throws ArtefactNameInvalid when it cannot name a model set */
export function checkId(id: string): void {
  checkName(id)
  if (id === pointerName || id === historyName) throw new ArtefactNameInvalid(id)
}
