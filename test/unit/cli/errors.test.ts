import { describe, expect, it } from 'vitest'
import { CommandError, InterruptedError } from '../../../cli/exit.ts'
import { errorJson, errorText, reportOf } from '../../../cli/output/errors.ts'
import { resolveSettings } from '../../../cli/settings.ts'
import { TrainingFailed } from '../../../learning/trainer-process.ts'
import { StorageError } from '../../../storage/errors.ts'

const resolve = (environment: Record<string, string>, commandLine: Record<string, string>, configFile?: string) =>
  resolveSettings({ dataDir: 'none', configFile, environment, commandLine })

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('what a person is told', () => {
  it('has each wrong setting on lines of its own: key, value, what is allowed, layer and hint', () => {
    const error = thrownBy(() => resolve({ SLUICE_PORT: 'abc' }, { 'http.prot': '1' }))
    const report = reportOf(error)
    expect(report).toMatchObject({ code: 'invalid_settings', exitCode: 2 })
    expect(errorText(report, false)).toBe(`error: 2 settings are wrong

  http.port
    value    "abc"
    allowed  a whole number from 0 to 65535 (port)
    from     environment SLUICE_PORT

  http.prot
    http.prot is not a setting
    value    "1"
    from     --set http.prot
    hint     Did you mean http.port?

hint: \`sluice config\` lists every setting, with its range and where its value comes from
`)
  })

  it('names both variables that set one key, and the option that was typed', () => {
    const twice = thrownBy(() => resolve({ SLUICE_PORT: '1', SLUICE_HTTP_PORT: '2' }, {}))
    const text = errorText(reportOf(twice), false)
    expect(text).toContain('http.port is set twice, differently, by SLUICE_PORT and SLUICE_HTTP_PORT')
    expect(text).toContain('from     environment SLUICE_PORT and SLUICE_HTTP_PORT')
    const options = { 'http.port': '--port' }
    const typed = thrownBy(() =>
      resolveSettings({ dataDir: 'none', environment: {}, commandLine: { 'http.port': 'abc' }, options }),
    )
    expect(errorText(reportOf(typed), false)).toContain('from     --port')
  })

  it('shows a number that is too large as it was typed', () => {
    const text = errorText(reportOf(thrownBy(() => resolve({}, { 'http.port': '1e400' }))), false)
    expect(text).toContain('value    "1e400"')
  })

  it('is an object with code, message and hint for programs', () => {
    const report = reportOf(new StorageError('locked', 'It is in use', 'Stop the other process'))
    expect(JSON.parse(errorJson(report))).toEqual({
      error: { code: 'locked', message: 'It is in use', hint: 'Stop the other process' },
    })
  })

  it('is coloured only when asked', () => {
    const report = reportOf(new CommandError('code', 'message', 'hint'))
    expect(errorText(report, false)).toBe('error: message\nhint: hint\n')
    expect(errorText(report, true)).toContain('\u001b[')
  })

  it('says which path an operation of the system failed on', () => {
    const error = thrownBy(() => resolve({}, {}, 'no-such-file.toml'))
    expect(reportOf(error)).toMatchObject({ code: 'config_file', exitCode: 2 })
    expect(reportOf(error).message).toContain('no-such-file.toml')
  })

  it('says what a training lacks, apart from what to do about it', () => {
    const error = new TrainingFailed('NotEnoughData', 'The journal holds 3 engagements. Import more history.')
    expect(reportOf(error)).toMatchObject({
      code: 'not_enough_data',
      message: 'The journal holds 3 engagements',
      hint: 'Import more history.',
    })
    expect(reportOf(new TrainingFailed('exit', 'it ended'))).toMatchObject({ code: 'training_failed', exitCode: 1 })
  })

  it('calls what nobody foresaw a defect, with its stack', () => {
    const report = reportOf(new TypeError('x is not a function'))
    expect(report).toMatchObject({ code: 'internal', exitCode: 1 })
    expect(report.message).toContain('errors.test.ts')
  })

  it('tells an interrupt by its exit code', () => {
    expect(reportOf(new InterruptedError('interrupted', 'Go on'))).toMatchObject({ exitCode: 130 })
  })
})
