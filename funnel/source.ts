import type { AnyFragment } from '../config/fragment.ts'
import type { Partition } from './partition.ts'
import type { Proposals } from './proposals.ts'
import type { RequestFrame } from './request-frame.ts'

/**
 * A way of proposing candidates. It walks its own ranking, best first, and offers each item until its budget is full;
 * the runner filters what is offered, keeps provenance and checks the contract (finite scores that do not rise).
 *
 * A *partitioned* source runs in every index thread; what it offers of other partitions is passed over. A *global*
 * source runs in one index thread per request, over tables that every thread can read.
 */
export interface Source {
  readonly name: string
  readonly kind: 'partitioned' | 'global'
  /** Made with `sourceSettings`, so that every source can be switched, given a budget and weighed alike. */
  readonly settings: AnyFragment
  propose(query: RequestFrame, partition: Partition, out: Proposals): void
}
