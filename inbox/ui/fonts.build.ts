import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

const require = createRequire(import.meta.url)
const stylesheet = new URL('./fonts.css', import.meta.url)

/**
 * Puts the font files that fonts.css names at /fonts/, from the package they
 * come in: "be-vietnam-pro-latin-400" there is "…-latin-400-normal" here.
 */
export function fonts(): Plugin {
  const file = (name: string) =>
    readFileSync(require.resolve(`@fontsource/be-vietnam-pro/files/${name.replace('.woff2', '-normal.woff2')}`))
  const names = [...readFileSync(stylesheet, 'utf8').matchAll(/url\("\/fonts\/([\w-]+\.woff2)"\)/g)].map((m) => m[1]!)
  return {
    name: 'fonts',
    generateBundle() {
      for (const name of names) this.emitFile({ type: 'asset', fileName: `fonts/${name}`, source: file(name) })
    },
    configureServer(server) {
      server.middlewares.use('/fonts', (request, response, next) => {
        const name = request.url?.slice(1) ?? ''
        if (!names.includes(name)) return next()
        response.setHeader('Content-Type', 'font/woff2').end(file(name))
      })
    },
  }
}
