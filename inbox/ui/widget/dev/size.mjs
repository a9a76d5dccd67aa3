// Fails when what a page loads is larger than promised.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 20 * 1024
const script = readFileSync(new URL('../dist/widget.js', import.meta.url))
const size = gzipSync(script, { level: 9 }).length
console.log(`widget.js: ${script.length} bytes, ${size} compressed, ${limit} allowed`)
if (size > limit) process.exit(1)
