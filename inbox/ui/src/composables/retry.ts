import type { InjectionKey } from 'vue'

/** Sends a stuck message again; given by whoever holds its thread. */
export const retryKey: InjectionKey<(message: string) => Promise<void>> = Symbol('retry')
