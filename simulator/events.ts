import FlatQueue from 'flatqueue'
import { createRandom } from '../algorithms/statistics/random.ts'
import type { InteractionEvent } from '../domain/event.ts'
import { Audience } from './audience.ts'
import { Incumbent } from './incumbent.ts'
import { type TimeWindow, type Visit, visits } from './visits.ts'
import type { World } from './world.ts'

const betweenRequestsMs = 4_000

/**
 * The logged history of a world: impressions of the slates that the incumbent showed, and what people did with them
 * (types impression, click, finish, like, dislike), in order of time. See `Audience` for the order within a request.
 *
 * The world always runs from its start, because what is shown depends on what was shown before; events outside the
 * window are dropped. So windows that follow each other give the same events as one that covers both.
 * Hand in a fresh `audience` to go on with it: after a log up to some time, its people remember what they were shown.
 * Memory is O(titles + people), besides the events of visits under way.
 */
export function* events(
  world: World,
  window: TimeWindow = { from: world.startsAt, to: world.endsAt },
  audience: Audience = new Audience(world),
): Generator<InteractionEvent> {
  const incumbent = new Incumbent(audience)
  const pending = new FlatQueue<InteractionEvent>()
  for (const visit of visits(world, { from: world.startsAt, to: window.to })) {
    while (pending.length > 0 && pending.peekValue()! < visit.time) {
      const event = pending.pop()!
      if (event.time >= window.from) yield event
    }
    for (const event of play(visit, audience, incumbent)) pending.push(event, event.time)
  }
  while (pending.length > 0 && pending.peekValue()! < window.to) {
    const event = pending.pop()!
    if (event.time >= window.from) yield event
  }
}

function play(visit: Visit, audience: Audience, incumbent: Incumbent): InteractionEvent[] {
  const random = createRandom(visit.seed)
  const size = audience.world.settings.slateSize
  const all: InteractionEvent[] = []
  let time = visit.time
  incumbent.open(time)
  for (let request = 0; request < visit.requests; request++) {
    const slate = incumbent.slate(visit.person, time, size, random)
    const requestId = `r${visit.person}-${visit.number}-${request}`
    for (const event of audience.respond(visit.person, slate, time, random, requestId)) {
      all.push(event)
      time = event.time
    }
    time += betweenRequestsMs
  }
  return all
}
