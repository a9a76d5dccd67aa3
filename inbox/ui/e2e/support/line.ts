import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Page } from '@playwright/test'

/**
 * A wire between one person and the hub that can be cut. The browser's own
 * "offline" leaves open streams alone, which a real loss of connection does not.
 */
export class Line {
  private readonly open = new Set<Socket>()
  private whole = true
  url = ''

  private constructor(private readonly server: Server) {}

  static async to(hub: string): Promise<Line> {
    const { hostname, port } = new URL(hub)
    const server = createServer((near) => line.join(near, connect(Number(port), hostname)))
    const line = new Line(server)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    line.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return line
  }

  private join(near: Socket, far: Socket): void {
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => (this.open.delete(one), other.destroy()))
      one.pipe(other)
    }
    if (!this.whole) near.destroy()
  }

  /** Takes the network away from a page: what is open breaks, and nothing new gets through. */
  async cut(page: Page): Promise<void> {
    this.whole = false
    await page.context().setOffline(true)
    for (const socket of this.open) socket.destroy()
  }

  async mend(page: Page): Promise<void> {
    this.whole = true
    await page.context().setOffline(false)
  }

  close(): void {
    this.server.close()
    for (const socket of this.open) socket.destroy()
  }
}
