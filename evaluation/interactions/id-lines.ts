/** The formats of lines of ids apart by white space, in which the order of the file is the order of time. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput, BadLine } from './bad-line.ts'
import { type InteractionLog, InteractionLogBuilder } from './interaction-log.ts'
import { forEachLine, newHash } from './text-file.ts'

/** SASRec: one `user item` pair per line, in time order. */
export async function readSasrec(path: string): Promise<InteractionLog> {
  const builder = new InteractionLogBuilder({})
  const hash = newHash()
  await forEachLine(oneFile(path, 'sasrec'), 'utf8', hash, ({ file, number, text }) => {
    const ids = idsOf(text)
    if (ids.length !== 2) {
      const hint = 'A line is `user item`; for one line per user take --format s3rec'
      throw new BadLine(file, number, `has ${ids.length} ${ids.length === 1 ? 'id' : 'ids'}, but needs 2`, hint)
    }
    builder.add(ids[0], ids[1])
  })
  return builder.build(hash.digest('hex'))
}

/** S3-Rec: one `user item item …` line per user, in time order. */
export async function readS3rec(path: string): Promise<InteractionLog> {
  const builder = new InteractionLogBuilder({})
  const hash = newHash()
  const known = new Set<string>()
  await forEachLine(oneFile(path, 's3rec'), 'utf8', hash, ({ file, number, text }) => {
    const [user, ...items] = idsOf(text)
    if (items.length === 0) {
      throw new BadLine(file, number, 'names a user and no items', 'A line is `user item item …`; remove the line')
    }
    if (known.has(user)) {
      const hint = 'Put all items of a user into one line; for one pair per line take --format sasrec'
      throw new BadLine(file, number, `user ${user} has a line already`, hint)
    }
    known.add(user)
    for (const item of items) builder.add(user, item)
  })
  return builder.build(hash.digest('hex'))
}

/**
 * LightGCN: a folder with `train.txt` and `test.txt` of `user item item …` lines. A user without items is allowed there,
 * as the published files have such lines.
 */
export async function readLightgcn(path: string): Promise<InteractionLog> {
  const builder = new InteractionLogBuilder({ given: true })
  const hash = newHash()
  const seen = new Map<string, Set<string>>()
  for (const name of ['train.txt', 'test.txt']) {
    const full = join(path, name)
    if (!existsSync(full)) throw new BadInput(`${path} holds no ${name}`, 'Name the folder of train.txt and test.txt')
    const given = name === 'test.txt'
    await forEachLine(full, 'utf8', hash, ({ file, number, text }) => {
      const [user, ...items] = idsOf(text)
      if (user === undefined) return
      const own = seen.get(user) ?? new Set<string>()
      seen.set(user, own)
      for (const item of items) {
        if (given && own.has(item)) {
          const hint = 'An item must not stand in both files for one user: remove it from one'
          throw new BadLine(file, number, `item ${item} of user ${user} is in train.txt too`, hint)
        }
        builder.add(user, item, Number.NaN, Number.NaN, given)
      }
      if (!given) for (const item of items) own.add(item)
    })
  }
  return builder.build(hash.digest('hex'))
}

function idsOf(text: string): string[] {
  return text.split(/\s+/).filter(id => id !== '')
}

function oneFile(path: string, format: string): string {
  if (!existsSync(path)) throw new BadInput(`${path} does not exist`, `Name a file of the format ${format}`)
  if (!statSync(path).isDirectory()) return path
  throw new BadInput(`${path} is a folder`, `Name the file itself: the format ${format} is one file`)
}
