import type { Recommendation } from '../../domain/recommendation.ts'
import type { KnownFeed, RequestMix } from '../traffic/request-mix.ts'
import type { ProbedFunnel } from './messages.ts'

/** Asks for feeds one by one, explained: what events will be about, and what the funnel does when nothing waits. */
export async function probe(
  url: string,
  mix: RequestMix,
  count: number,
): Promise<{ readonly feeds: readonly KnownFeed[]; readonly funnel: ProbedFunnel }> {
  const feeds: KnownFeed[] = []
  const proposed: Record<string, number> = {}
  const removed: Record<string, number> = {}
  let ranked = 0
  let degraded = 0
  for (let i = 0; i < count; i++) {
    const { path, body } = mix.feed()
    const request = { ...JSON.parse(body), explain: true }
    const { requestId, items, trace, degraded: step } = await ask(`${url}${path}`, request)
    if (items.length > 0) feeds.push({ requestId, user: request.userId, items: items.map(({ id }) => id) })
    if (step !== null) degraded++
    ranked += trace!.ranked / count
    addMeans(proposed, trace!.sources, count)
    addMeans(removed, trace!.filters, count)
  }
  return { feeds, funnel: { feeds: count, ranked, degraded, proposed, removed } }
}

async function ask(url: string, request: object): Promise<Recommendation> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  if (!response.ok) throw new Error(`a feed was refused with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Recommendation
}

function addMeans(means: Record<string, number>, counts: Readonly<Record<string, number>>, of: number): void {
  for (const [name, count] of Object.entries(counts)) means[name] = (means[name] ?? 0) + count / of
}
