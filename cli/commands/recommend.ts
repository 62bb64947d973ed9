import type { Item } from '../../domain/item.ts'
import type { Recommendation } from '../../domain/recommendation.ts'
import type { CommandContext } from '../context.ts'
import { type Door, type DoorReply, openDoor } from '../door.ts'
import { CommandError, exitCodes } from '../exit.ts'
import { renderExplanation } from '../output/explanation.ts'
import { renderFeed } from '../output/feed.ts'

export interface RecommendOptions {
  readonly n?: number
  readonly explain?: boolean
  readonly category?: readonly string[]
  readonly exclude?: readonly string[]
  readonly device?: string
  readonly region?: string
  readonly language?: string
  readonly time?: string
}

export async function recommend(context: CommandContext, user: string, options: RecommendOptions): Promise<void> {
  const door = await openDoor(context)
  try {
    const reply = await door.request('POST', '/v1/recommendations', requestBody(user, options))
    if (context.json) {
      process.stdout.write(`${reply.body}\n`)
      if (reply.status !== 200) process.exitCode = exitCodeOf(reply)
      return
    }
    if (reply.status !== 200) throw refusal(reply)
    const feed = JSON.parse(reply.body) as Recommendation
    const titles = await readTitles(door, idsToName(feed))
    process.stdout.write(renderFeed(feed, titles))
    if (feed.trace !== undefined) process.stdout.write(`\n${renderExplanation(feed, feed.trace, titles)}`)
  } finally {
    await door.close()
  }
}

export function requestBody(user: string, options: RecommendOptions) {
  const { device, region, language, time } = options
  return {
    userId: user,
    n: options.n,
    context: { device, region, language, time: time !== undefined && /^-?\d+$/.test(time) ? Number(time) : time },
    exclude: options.exclude,
    categories: options.category,
    explain: options.explain,
  }
}

/** A request that is refused was given wrongly; anything else is a failure. */
function exitCodeOf({ status }: DoorReply) {
  return status === 400 ? exitCodes.usage : exitCodes.failure
}

function refusal(reply: DoorReply): CommandError {
  const { code, message, hint } = JSON.parse(reply.body).error as { code: string; message: string; hint: string }
  return new CommandError(code, message, hint, { exitCode: exitCodeOf(reply) })
}

function idsToName({ items, trace }: Recommendation): string[] {
  return [...items.map(item => item.id), ...(trace?.removed ?? []).map(({ id }) => id)]
}

/** Titles by id; an item that has gone meanwhile keeps its id. */
export async function readTitles(door: Pick<Door, 'request'>, ids: readonly string[]): Promise<Map<string, string>> {
  const distinct = [...new Set(ids)]
  const replies = await Promise.all(distinct.map(id => door.request('GET', `/v1/items/${encodeURIComponent(id)}`)))
  return new Map(
    replies.map(({ status, body }, i) => [
      distinct[i],
      status === 200 ? (JSON.parse(body) as Item).title : distinct[i],
    ]),
  )
}
