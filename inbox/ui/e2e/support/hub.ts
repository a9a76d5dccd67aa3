import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '..')
const logs = join(folder, 'results', 'logs')
const program = process.env.TONGDAI_BIN ?? resolve(folder, '../../../bin/tongdai')

/** More than one: demonstrations run as several nodes over PostgreSQL, behind their balancer. */
const nodes = process.env.NODES ?? '1'

/** How long a hub may take to come up or go down, in ms, on a busy machine. */
const patience = 60_000

/** One hub of the real program, with data of its own. */
export class Hub {
  private child!: ChildProcess
  private said = ''
  private listen = '127.0.0.1:0'
  private readonly home = mkdtempSync(join(tmpdir(), 'tongdai-e2e-'))
  private readonly config = join(this.home, 'tongdai.yaml')
  url = ''

  private constructor(
    private readonly command: 'demo' | 'serve',
    private readonly name: string,
  ) {}

  /**
   * Starts a hub: `demo` with invented data, `serve` with none, perhaps with a configuration of its own
   * in YAML. Its log is kept under results/logs.
   */
  static async start(command: 'demo' | 'serve', name: string, config?: string): Promise<Hub> {
    if (!existsSync(program)) throw new Error(`${program} is missing: run "make build" first, or set TONGDAI_BIN`)
    const hub = new Hub(command, name)
    if (config !== undefined) writeFileSync(hub.config, config)
    await hub.run()
    return hub
  }

  private async run(): Promise<void> {
    mkdirSync(logs, { recursive: true })
    const log = createWriteStream(join(logs, `${this.name}.log`), { flags: 'a' })
    this.said = ''
    const demo = nodes === '1' ? ['--telegram', '--email', '--mattermost'] : ['--nodes', nodes]
    // The tests furnish the desk themselves, each from its beginning.
    const more = this.command === 'demo' ? ['--bare', ...demo] : []
    if (existsSync(this.config)) more.push('--config', this.config)
    this.child = spawn(program, [this.command, '--data', join(this.home, 'data'), '--listen', this.listen, ...more], { cwd: this.home })
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.pipe(log, { end: false })
      stream.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    }
    this.url = await this.hear(/(http:\/\/127\.0\.0\.1:\d+)/)
    this.listen = new URL(this.url).host
    await until(`${this.name} is ready`, async () => (await fetch(`${this.url}/readyz`)).ok)
  }

  /** Waits for the hub to write something, on its output or in its log, and returns the first group. */
  async hear(what: RegExp): Promise<string> {
    let found: string | undefined
    await until(`${this.name} says ${what}`, async () => {
      if (this.child.exitCode !== null) throw new Gone(`the hub ended:\n${this.said}`)
      found = what.exec(this.said)?.[1]
      return found !== undefined
    })
    return found!
  }

  /** Stops the hub in an orderly way, and starts it again at the same address with the same data. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    await this.end()
    await meanwhile()
    await this.run()
  }

  async stop(): Promise<void> {
    await this.end()
    rmSync(this.home, { recursive: true, force: true })
  }

  private async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = new Promise((done) => this.child.once('exit', done))
    this.child.kill('SIGTERM')
    const late = setTimeout(() => this.child.kill('SIGKILL'), patience)
    await gone
    clearTimeout(late)
  }
}

class Gone extends Error {}

/** Asks again and again, a little apart, until the answer is yes. */
async function until(what: string, answer: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patience
  for (;;) {
    const yes = await answer().catch((error: unknown) => {
      if (error instanceof Gone) throw error
      return false
    })
    if (yes) return
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s in vain: ${what}`)
    await new Promise((again) => setTimeout(again, 50))
  }
}
