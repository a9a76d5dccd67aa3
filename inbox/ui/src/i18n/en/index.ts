import type { Words } from '../vi'
import { account } from './account'
import { answers } from './answers'
import { bench } from './bench'
import { change } from './change'
import { channels } from './channels'
import { composer } from './composer'
import { context } from './context'
import { desk } from './desk'
import { directory } from './directory'
import { duty } from './duty'
import { house } from './house'
import { knowledge } from './knowledge'
import { matter } from './matter'
import { members } from './members'
import { owed } from './owed'
import { shared } from './shared'
import { thread } from './thread'

export const en: Words = {
  ...shared,
  ...house,
  ...account,
  ...desk,
  ...thread,
  ...composer,
  ...change,
  ...owed,
  ...matter,
  ...context,
  ...answers,
  ...duty,
  ...members,
  ...knowledge,
  ...bench,
  ...channels,
  ...directory,
}
