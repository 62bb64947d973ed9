import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { cruise, type IReporterOutput } from 'dependency-cruiser'
import { beforeAll, describe, expect, it } from 'vitest'

/**
 * What a machine can check about the house. A folder imports only from folders above it in this list; the reasons are
 * in docs/architecture.md.
 */
const folders = [
  'config',
  'domain',
  'telemetry',
  'features',
  'algorithms',
  'models',
  'storage',
  'simulator',
  'funnel',
  'learning',
  'supervision',
  'workers',
  'actors',
  'evaluation',
  'gateway',
  'cli',
  'benchmarks',
  'test',
] as const

const root = join(import.meta.dirname, '..')
const linesMax = 350
/** Scenarios of one actor read better in one file. */
const testLinesMax = 400
const functionLinesMax = 80

interface Step {
  readonly dependencyTypes: readonly string[]
}

interface Module {
  readonly source: string
  readonly dependencies: readonly {
    readonly resolved: string
    readonly module: string
    readonly cycle?: readonly Step[]
  }[]
}

let modules: readonly Module[] = []

beforeAll(async () => {
  const present = folders.filter(folder => readdirSync(root).includes(folder))
  const result = (await cruise(present, {
    baseDir: root,
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import'],
    },
  })) as IReporterOutput
  modules = (result.output as unknown as { modules: Module[] }).modules.filter(
    module =>
      !module.source.startsWith('node_modules') && folders.some(folder => module.source.startsWith(`${folder}/`)),
  )
}, 120_000)

const folderOf = (path: string) => folders.indexOf(path.split('/')[0] as (typeof folders)[number])

/** "importer → imported" for every import that `isWrong`. */
function offences(isWrong: (from: string, to: Module['dependencies'][number]) => boolean): string[] {
  return modules.flatMap(({ source, dependencies }) =>
    dependencies.filter(to => isWrong(source, to)).map(to => `${source} → ${to.resolved}`),
  )
}

function sourceFiles(): string[] {
  return folders.flatMap(folder =>
    readdirSync(root).includes(folder)
      ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
          .filter(entry => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
          .map(entry => relative(root, join(entry.parentPath, entry.name)))
      : [],
  )
}

describe('the house', () => {
  it('is seen by the dependency check', () => {
    expect(modules.length).toBeGreaterThan(100)
  })

  it('imports go one way: only from folders above', () => {
    expect(offences((from, { resolved }) => folderOf(resolved) > folderOf(from))).toEqual([])
  })

  it('has no import cycles: types may refer to each other, code may not', () => {
    const runs = (step: Step) => !step.dependencyTypes.includes('type-only')
    expect(offences((_from, { cycle }) => cycle?.every(runs) === true)).toEqual([])
  })

  it('imports nact in one file', () => {
    const importers = offences((_from, { module }) => module === 'nact')
    expect(importers.map(line => line.split(' → ')[0])).toEqual(['supervision/nact.ts'])
  })

  it('imports piscina in workers/ only', () => {
    expect(offences((from, { module }) => module === 'piscina' && !from.startsWith('workers/'))).toEqual([])
  })

  it('keeps algorithms free of everything of ours', () => {
    expect(
      offences(
        (from, { resolved }) =>
          from.startsWith('algorithms/') && folderOf(resolved) >= 0 && !resolved.startsWith('algorithms/'),
      ),
    ).toEqual([])
  })

  it('has protocols that import types only', () => {
    const protocols = sourceFiles().filter(file => file.endsWith('/protocol.ts'))
    const values = protocols.filter(file => /^import (?!type )/m.test(readFileSync(join(root, file), 'utf8')))
    expect(values).toEqual([])
  })
})

describe('the files', () => {
  it('are all used: none is dead', () => {
    const knip = spawnSync(join(root, 'node_modules/.bin/knip'), ['--include', 'files', '--no-progress'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect({ status: knip.status, unused: knip.stdout }).toEqual({ status: 0, unused: '' })
  }, 60_000)

  it(`are at most ${linesMax} lines long`, () => {
    const long = sourceFiles()
      .map(file => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length }))
      .filter(({ file, lines }) => lines > (file.startsWith('test/') ? testLinesMax : linesMax))
    expect(long).toEqual([])
  })

  it(`have functions of at most ${functionLinesMax} lines`, () => {
    expect(
      sourceFiles()
        .filter(file => !file.startsWith('test/'))
        .flatMap(longFunctions),
    ).toEqual([])
  })

  it('name no path of a machine', () => {
    const named = sourceFiles().filter(file =>
      /\/(home|Users|work)\/[a-z]/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(named.filter(file => file !== 'test/tidy.test.ts')).toEqual([])
  })
})

/** Functions and methods are found by their indentation, which the formatter guarantees. */
function longFunctions(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  const long: string[] = []
  lines.forEach((line, start) => {
    const head =
      /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\b|(?:private |protected |override |static |async |\*)*[a-zA-Z#]\w*\(.*\{$)/.exec(
        line,
      )
    if (head === null || /^\s*(if|for|while|switch|catch|return)\b/.test(line)) return
    const end = lines.findIndex((candidate, at) => at > start && candidate.startsWith(`${head[1]}}`))
    if (end - start > functionLinesMax) long.push(`${file}:${start + 1} has ${end - start} lines`)
  })
  return long
}
