import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recommendation } from '../../domain/recommendation.ts'
import { ScriptProcess } from '../unit/storage/child-process.ts'

/**
 * Does what docs/architecture.md says about adding a source, word for word, in a copy of the source tree: the file is
 * the example of the document, the line is put at the end of the list.
 */
const root = join(import.meta.dirname, '..', '..')
const notCopied = new Set(['node_modules', 'test', 'docs', 'benchmarks', 'coverage'])
const registry = 'funnel/sources/registry.ts'
const { file, name, code } = exampleOf(readFileSync(join(root, 'docs', 'architecture.md'), 'utf8'))

interface Run {
  readonly recommendation: Recommendation
  readonly settings: readonly string[]
}

interface Outcome {
  readonly plain: Run
  readonly narrowed: Run
  readonly served: readonly { readonly sourceNames: readonly string[]; readonly sources: readonly number[] }[]
}

let copy: string
let outcome: Outcome

/** The TypeScript example that begins with the path of its file. */
function exampleOf(document: string) {
  const [, code, file] = /```ts\n(\/\/ (funnel\/sources\/[a-z-]+\.ts)\n[^`]+)```/.exec(document)!
  const [, name] = /name: '([a-z-]+)'/.exec(code)!
  return { file, name, code }
}

function copyTree(): void {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || notCopied.has(entry.name)) continue
    if (entry.isDirectory() || entry.name === 'package.json') {
      cpSync(join(root, entry.name), join(copy, entry.name), { recursive: true })
    }
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'sluice-new-source-'))
  copyTree()
  writeFileSync(join(copy, file), code)
  const listed = readFileSync(join(copy, registry), 'utf8')
  const line = `  (await import('./${name}.ts')).${name},\n`
  writeFileSync(join(copy, registry), listed.replace(/^\]$/m, `${line}]`))

  const data = join(copy, 'data')
  const child = new ScriptProcess(new URL('./new-source.child.ts', import.meta.url), [copy, data, name, '3'])
  outcome = JSON.parse(await child.line())
  await child.ended()
})

afterAll(() => {
  rmSync(copy, { recursive: true, force: true })
})

describe('a source that was added as docs/architecture.md says, with one file and one line', () => {
  it('proposes each item once, over all partitions', () => {
    expect(outcome.plain.recommendation.trace!.sources[name]).toBe(12)
    expect(outcome.plain.recommendation.items).toHaveLength(10)
  })

  it('is named as the source of what it proposed, with its rank and score', () => {
    const { items, trace } = outcome.plain.recommendation
    for (const item of items) expect(item.sources).toContain(name)
    for (const { id, proposals } of trace!.paths) {
      const ordinal = Number(id.slice(1))
      expect(proposals).toContainEqual({ source: name, rank: ordinal, score: -ordinal + 0 })
    }
  })

  it('leaves the bits of the other sources as they are, and stands in the journal with the next', () => {
    const names = outcome.served[0].sourceNames
    expect(names.at(-1)).toBe(name)
    expect(names.slice(0, 2)).toEqual(['collaborative', 'content'])
    for (const bits of outcome.served[0].sources) expect((bits >> (names.length - 1)) & 1).toBe(1)
  })

  it('has the settings every source has, and follows them', () => {
    expect(outcome.plain.settings).toEqual(['enabled', 'budget', 'weight'].map(setting => `sources.${name}.${setting}`))
    expect(outcome.narrowed.recommendation.trace!.sources[name]).toBe(3)
  })
})
