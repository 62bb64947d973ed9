import { describe, expect, it } from 'vitest'
import { GroupCommit } from '../../../storage/group-commit.ts'

/** Each write waits to be let through by hand. */
function gate() {
  const groups: string[][] = []
  const doors: { open: () => void; break: (error: Error) => void }[] = []
  const commits = new GroupCommit<{ name: string; bytes: number }>(group => {
    groups.push(group.map(item => item.name))
    return new Promise((resolve, reject) => doors.push({ open: resolve, break: reject }))
  })
  const settled: string[] = []
  const submit = (name: string, bytes = 1) =>
    commits.submit({ name, bytes }).then(
      () => settled.push(name),
      (error: Error) => settled.push(`${name}: ${error.message}`),
    )
  const turn = () => new Promise(resolve => setImmediate(resolve))
  return { commits, groups, doors, settled, submit, turn }
}

describe('group commit', () => {
  it('writes what is submitted in one turn together, and what comes meanwhile together after it', async () => {
    const { groups, doors, settled, submit, turn } = gate()
    for (const name of ['a', 'b']) void submit(name)
    await turn()
    for (const name of ['c', 'd']) void submit(name)
    await turn()
    expect([groups, settled]).toEqual([[['a', 'b']], []])
    doors[0]!.open()
    await turn()
    expect(groups).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    expect(settled).toEqual(['a', 'b'])
    doors[1]!.open()
    await turn()
    expect(settled).toEqual(['a', 'b', 'c', 'd'])
  })

  it('rejects only the group that failed', async () => {
    const { doors, settled, submit, turn } = gate()
    for (const name of ['a', 'b']) void submit(name)
    await turn()
    void submit('c')
    doors[0]!.break(new Error('no'))
    await turn()
    doors[1]!.open()
    await turn()
    expect(settled).toEqual(['a: no', 'b: no', 'c'])
  })

  it('ends a group once it is large', async () => {
    const { groups, doors, submit, turn } = gate()
    for (const name of ['a', 'b', 'c']) void submit(name, 20 * 1024 * 1024)
    await turn()
    doors[0]!.open()
    await turn()
    expect(groups).toEqual([['a', 'b'], ['c']])
  })

  it('is idle when all is settled, and begins again after that', async () => {
    const { commits, doors, settled, submit, turn } = gate()
    await commits.idle()
    void submit('a')
    const idle = commits.idle().then(() => settled.push('idle'))
    await turn()
    doors[0]!.open()
    await idle
    expect(settled).toEqual(['a', 'idle'])
    void submit('b')
    await turn()
    doors[1]!.open()
    await turn()
    expect(settled).toEqual(['a', 'idle', 'b'])
  })
})
