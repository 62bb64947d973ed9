import Type from 'typebox'
import { defineSettings } from '../config/fragment.ts'

export const indexSettings = defineSettings('index', 'Index partitions and how they are searched.', {
  shards: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 64,
    unit: 'threads',
    description: 'Partitions of the catalogue, each with a thread of its own.',
  }),
  linksPerPoint: Type.Integer({
    default: 16,
    minimum: 4,
    maximum: 64,
    unit: 'links',
    description: 'Links of a point in the HNSW graph (M).',
  }),
  buildWidth: Type.Integer({
    default: 200,
    minimum: 16,
    maximum: 2000,
    unit: 'candidates',
    description: 'Candidates kept in view while a point is linked (efConstruction).',
  }),
  searchWidthFactor: Type.Number({
    default: 2,
    minimum: 0.25,
    maximum: 16,
    unit: 'ratio',
    description: 'Scales the search width (ef) that is chosen for the number of neighbours asked for.',
  }),
  exactScanShare: Type.Number({
    default: 0.25,
    minimum: 0.001,
    maximum: 1,
    unit: 'ratio',
    description: 'A search for more than this share of a partition scans the partition exactly instead.',
  }),
  exactItemsMax: Type.Integer({
    default: 4096,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'items',
    description:
      'A partition that a model set brings no more items than this (and 1,024 to spare) compares all of them and keeps no graph; until the next set, however many come.',
  }),
  queueMax: Type.Integer({
    default: 1024,
    minimum: 1,
    maximum: 100_000,
    unit: 'searches',
    description: 'Searches under way in one index thread before feeds go on without its part.',
    answer: false,
  }),
  upsertSliceMs: Type.Number({
    default: 2,
    minimum: 0.1,
    maximum: 100,
    unit: 'ms',
    description: 'Longest stretch of index maintenance between two searches.',
  }),
  buildShare: Type.Number({
    default: 0.25,
    minimum: 0.01,
    maximum: 1,
    unit: 'ratio',
    description:
      'Share of an index thread that building a model set takes while it is searched. Where another set answers already and index.exactItemsMax is exceeded, a thread of low priority builds instead.',
    answer: false,
  }),
})

export const funnelSettings = defineSettings('funnel', 'Widths and time limits of a request.', {
  candidateLimit: Type.Integer({
    default: 600,
    minimum: 10,
    maximum: 4000,
    unit: 'items',
    description: 'Candidates that reach the ranker at most.',
  }),
  requestDeadlineMs: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 60_000,
    unit: 'ms',
    description: 'A request that takes longer is answered by an error.',
  }),
  gatherDeadlineMs: Type.Integer({
    default: 150,
    minimum: 1,
    maximum: 10_000,
    unit: 'ms',
    description: 'How long the gather waits for index shards before it goes on with what arrived.',
  }),
  removedInTraceMax: Type.Integer({
    default: 500,
    minimum: 0,
    maximum: 10_000,
    unit: 'items',
    description: 'Removed items that an explained reply lists per shard; the counts are always complete.',
  }),
  logCandidates: Type.Boolean({
    default: true,
    description:
      'Whether served records hold all ranked candidates with their evidence, so that replay can check them.',
  }),
})

export const policySettings = defineSettings('policy', 'What may be shown to whom when little is known.', {
  ageWhenUnknown: Type.Integer({
    default: 18,
    minimum: 0,
    maximum: 120,
    unit: 'years',
    description: 'Age assumed for people without an age band when maturity limits are checked.',
  }),
})
