import type { InjectionKey } from 'vue'
import type { Limits, Message } from '@/api/types'

// What a message can do to the thread it stands in, given by whoever holds that thread.

/** Sends a stuck message again. */
export const retryKey: InjectionKey<(message: Message) => Promise<void>> = Symbol('retry')

/** Brings a message onto the screen, by its number. */
export const jumpKey: InjectionKey<(seq: number) => void> = Symbol('jump')

/** What may be quoted, and how: undefined where the channel cannot show it or the member may not answer. */
export const quoteKey: InjectionKey<() => ((message: Message) => void) | undefined> = Symbol('quote')

/** Proposes an entry from an answer: undefined where the member may not answer. */
export const proposeKey: InjectionKey<() => ((message: Message) => void) | undefined> = Symbol('propose')

/** Puts what a department would answer where one writes, as the channel lets it: undefined where the member may not answer. */
export const takeUpKey: InjectionKey<() => { limits: Limits; takeUp: (message: Message) => void } | undefined> = Symbol('takeUp')

/** Hides a comment from the public or shows it again: undefined where that cannot be. */
export const hideKey: InjectionKey<() => ((message: Message) => void) | undefined> = Symbol('hide')
