/**
 * KuaiRand-Pure (Gao et al., CIKM 2022) as a log of impressions: `val.parquet` and `test.parquet` joined by time, what the
 * people's earlier sequences tell, and columns of videos and people that were fixed before. Left out because they know the
 * future: every counter of a video, its visibility, how active a person was, and whatever a row says of its own outcome.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { Numbering } from './numbering.ts'
import {
  type CategoryColumn,
  type EarlierImpressions,
  type NumberColumn,
  type RankingLog,
  RankingLogInvalid,
} from './ranking-log.ts'

type Row = readonly unknown[]

const kuaiRandSignals = ['click', 'long_view', 'finish', 'like', 'watch', 'hate'] as const

const dayMs = 86_400_000
/** China has one time zone, and the days of the log are its days. */
const utcOffsetMs = 8 * 3_600_000
const files = ['val.parquet', 'test.parquet', 'user_sequences.parquet', 'user_features.parquet']
const videoFile = 'video_features_basic_pure.csv'

/** @throws RankingLogInvalid when a file is missing */
export async function readKuaiRandLog(directory: string): Promise<RankingLog> {
  for (const file of [...files, videoFile]) {
    if (!existsSync(join(directory, file))) throw new RankingLogInvalid(`${directory} has no ${file}`)
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    return build(await readTables(connection, directory))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

interface Tables {
  /** user, video, time, tab, click, long view, finish, like, watched share, hate, duration */
  readonly impressions: readonly Row[]
  /** video, author, tag, music, upload type, music type, duration, upload day, width, height */
  readonly videos: readonly Row[]
  /** user, follows, fans, friends, days registered, then small encrypted features */
  readonly people: readonly Row[]
  /** user, time, watched, long views, likes */
  readonly sequences: readonly Row[]
}

async function readTables(connection: DuckDBConnection, directory: string): Promise<Tables> {
  const path = (file: string) => `'${join(directory, file).replaceAll("'", "''")}'`
  const rows = async (query: string) => (await connection.runAndReadAll(query)).getRows()
  const columns = `user_id, video_id, time_ms, tab, is_click, long_view, finish, is_like,
    least(play_time_ms / greatest(duration_ms, 1), 1.0)::DOUBLE, is_hate, duration_ms`
  return {
    impressions: await rows(
      `SELECT ${columns} FROM read_parquet([${path('val.parquet')}, ${path('test.parquet')}])
       ORDER BY time_ms, user_id, video_id`,
    ),
    videos: await rows(
      `SELECT video_id, author_id, coalesce(split_part(tag, ',', 1), ''), music_id, coalesce(upload_type, ''), music_type,
         coalesce(video_duration, -1), epoch_ms(upload_dt::TIMESTAMP), coalesce(server_width, 0), coalesce(server_height, 0)
       FROM read_csv(${path(videoFile)}, types={'tag': 'VARCHAR', 'upload_dt': 'VARCHAR'}) ORDER BY video_id`,
    ),
    people: await rows(
      `SELECT user_id, follow_user_num, fans_user_num, friend_user_num, register_days, onehot_feat0, onehot_feat1,
         coalesce(onehot_feat4, -1), onehot_feat6, onehot_feat9, onehot_feat10, onehot_feat11
       FROM read_parquet(${path('user_features.parquet')}) ORDER BY user_id`,
    ),
    sequences: await rows(
      `SELECT user_id, last_time_ms, watch_seq::VARCHAR, long_watch_seq::VARCHAR, like_seq::VARCHAR
       FROM read_parquet(${path('user_sequences.parquet')}) ORDER BY last_time_ms, user_id`,
    ),
  }
}

function build({ impressions, videos, people, sequences }: Tables): RankingLog {
  const userNumbers = new Numbering()
  const videoNumbers = new Numbering()
  for (const [id] of people) userNumbers.of(id)
  for (const [id] of videos) videoNumbers.of(id)
  const users = Int32Array.from(impressions, ([user]) => userNumbers.of(user))
  const items = Int32Array.from(impressions, ([, video]) => videoNumbers.of(video))
  const earlier = earlierImpressions(sequences, userNumbers, videoNumbers)
  const times = Float64Array.from(impressions, ([, , time]) => Number(time))
  const days = new Numbering()
  return {
    rows: impressions.length,
    times,
    users,
    items,
    userCount: userNumbers.size,
    itemCount: videoNumbers.size,
    signals: kuaiRandSignals,
    auxiliary: ['watch'],
    outcomes: Float32Array.from(impressions.flatMap(row => row.slice(4, 10).map(Number))),
    context: numbered('tab', 'impression', impressions, row => row[3]),
    categories: [
      { name: 'user', of: 'user', values: users, size: userNumbers.size, perUser: false },
      ...videoCategories(videos, items, videoNumbers.size),
      numbered('hour', 'impression', impressions, row =>
        Math.floor(((Number(row[2]) + utcOffsetMs) % dayMs) / 3_600_000),
      ),
    ],
    numbers: [...videoNumbersOf(videos, items, times), ...peopleNumbers(people, users)],
    requests: Int32Array.from(times, (time, row) =>
      days.of(`${users[row]}/${Math.floor((time + utcOffsetMs) / dayMs)}`),
    ),
    requestMeaning: 'the impressions of one person on one day (UTC+8)',
    earlier,
  }
}

function numbered(
  name: string,
  of: CategoryColumn['of'],
  rows: readonly Row[],
  value: (row: Row) => unknown,
): CategoryColumn {
  const numbers = new Numbering()
  const values = Int32Array.from(rows, row => numbers.of(value(row)))
  return { name, of, values, size: numbers.size, perUser: false }
}

/** Videos stand in the order of their numbers; those that have no row share the value "unknown". */
function videoCategories(videos: readonly Row[], items: Int32Array, itemCount: number): CategoryColumn[] {
  const column = (name: string, perUser: boolean, value: (row: Row) => unknown): CategoryColumn => {
    const numbers = new Numbering()
    const byItem = Int32Array.from({ length: itemCount }, (_, item) =>
      numbers.of(item < videos.length ? value(videos[item]) : 'unknown'),
    )
    return { name, of: 'item', values: items.map(item => byItem[item]), size: numbers.size, byItem, perUser }
  }
  return [
    column('video', true, row => row[0]),
    column('author', true, row => row[1]),
    column('tag', true, row => row[2]),
    column('music', false, row => row[3]),
    column('upload', false, row => row[4]),
    column('music type', false, row => row[5]),
    column('duration', true, row => Math.floor(2 * Math.log2(Math.max(1, Number(row[6]) / 1000)))),
  ]
}

function videoNumbersOf(videos: readonly Row[], items: Int32Array, times: Float64Array): NumberColumn[] {
  const column = (name: string, value: (video: Row, time: number) => number): NumberColumn => ({
    name,
    values: Float32Array.from(items, (item, row) => {
      const video = videos[item]
      const number = video ? value(video, times[row]) : 0
      return Number.isFinite(number) ? number : 0
    }),
  })
  const seconds = (video: Row) => Math.max(0, Number(video[6]) / 1000)
  return [
    column('video.duration', video => Math.log1p(seconds(video))),
    column('video.short', video => Number(seconds(video) <= 7)),
    column('video.below long view', video => Number(seconds(video) <= 18)),
    column('video.age', (video, time) => Math.log1p(Math.max(0, time - Number(video[7])) / dayMs)),
    column('video.shape', video => Number(video[9]) / Math.max(1, Number(video[8]))),
  ]
}

function peopleNumbers(people: readonly Row[], users: Int32Array): NumberColumn[] {
  const names = ['follows', 'fans', 'friends', 'registered']
  const column = (name: string, value: (row: Row) => number): NumberColumn => ({
    name: `user.${name}`,
    values: Float32Array.from(users, user => (user < people.length ? value(people[user]) : 0)),
  })
  const columns = names.map((name, index) => column(name, row => Math.log1p(Math.max(0, Number(row[index + 1] ?? 0)))))
  for (let index = 5; index < 12; index++) {
    const values = new Set(people.map(row => Number(row[index] ?? -1)))
    for (const value of [...values].sort((a, b) => a - b).slice(0, 8)) {
      columns.push(column(`feature ${index} is ${value}`, row => Number(Number(row[index] ?? -1) === value)))
    }
  }
  return columns
}

/** A video was watched long when it is among the long views, which reach back at least as far as what was watched. */
function earlierImpressions(
  sequences: readonly Row[],
  users: Numbering,
  videos: Numbering,
): readonly EarlierImpressions[] {
  const parse = (list: unknown) => JSON.parse(String(list)) as number[]
  return sequences.map(([user, time, watched, longViews, likes]) => {
    const shown = parse(watched)
    const long = new Set(parse(longViews))
    const liked = new Set(parse(likes))
    const outcomes = shown.flatMap(video => [
      Number.NaN,
      +long.has(video),
      Number.NaN,
      +liked.has(video),
      Number.NaN,
      Number.NaN,
    ])
    return {
      time: Number(time),
      user: users.of(user),
      items: Int32Array.from(shown, video => videos.of(video)),
      outcomes: Float32Array.from(outcomes),
    }
  })
}
