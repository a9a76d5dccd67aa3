let context: AudioContext | undefined

/** Two rising notes for urgent, one low note for one's own. Silent until the person has pressed something. */
export function beep(kind: 'urgent' | 'mine') {
  context ??= new AudioContext()
  void context.resume()
  if (kind === 'mine') note(context, 520, 0, 0.14)
  else for (const [i, pitch] of [740, 990, 740, 990].entries()) note(context, pitch, i * 0.18, 0.16)
}

function note(audio: AudioContext, pitch: number, wait: number, length: number) {
  const start = audio.currentTime + wait
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  tone.frequency.value = pitch
  volume.gain.setValueAtTime(0.0001, start)
  volume.gain.exponentialRampToValueAtTime(0.2, start + 0.02)
  volume.gain.exponentialRampToValueAtTime(0.0001, start + length)
  tone.connect(volume).connect(audio.destination)
  tone.start(start)
  tone.stop(start + length)
}
