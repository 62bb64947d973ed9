import { readLightgcn, readS3rec, readSasrec } from './id-lines.ts'
import type { InteractionLog } from './interaction-log.ts'
import { readJsonl } from './jsonl.ts'
import { readMovieLens } from './movielens.ts'

/** The readers, by the name of `--format`. @throws BadLine, BadInput */
export const formats: Readonly<Record<string, (path: string) => Promise<InteractionLog>>> = {
  movielens: readMovieLens,
  sasrec: readSasrec,
  s3rec: readS3rec,
  lightgcn: readLightgcn,
  jsonl: readJsonl,
}
