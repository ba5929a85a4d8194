"""A voice-like signal: syllables of a glottal pulse train through three formants, with pauses. Always the same bytes.

It need not be understood, only be to a statistical test what speech is: loud and soft, voiced and noisy, and silent
between the words.
"""
import array
import math
import random
import struct
import wave

# first three formants in Hz of five vowels
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (530, 1840, 2480), (570, 840, 2410), (300, 870, 2240))


def samples(rate, seconds):
    """16-bit samples of the signal."""
    chance = random.Random(20101)
    out = []
    while len(out) < rate * seconds:
        for _ in range(chance.randint(2, 4)):
            out += _syllable(rate, chance)
        out += [int(chance.gauss(0, 6)) for _ in range(int(rate * chance.uniform(0.12, 0.3)))]
    return out[: int(rate * seconds)]


def _syllable(rate, chance):
    count = int(rate * chance.uniform(0.14, 0.26))
    pitch = chance.uniform(95, 150)
    formants = chance.choice(VOWELS)
    hiss = int(rate * 0.04) if chance.random() < 0.5 else 0
    phase, state, out = 0.0, [[0.0, 0.0] for _ in formants], []
    for i in range(count):
        phase += pitch * (1 + 0.1 * math.sin(5 * i / rate)) / rate
        pulse = 1.0 if phase >= 1 else 0.0
        phase -= pulse
        source = chance.gauss(0, 0.25) if i < hiss else pulse + chance.gauss(0, 0.01)
        value = 0.0
        for formant, memory in zip(formants, state):
            radius = math.exp(-math.pi * 90 / rate)
            now = source + 2 * radius * math.cos(2 * math.pi * formant / rate) * memory[0] - radius ** 2 * memory[1]
            memory[1], memory[0] = memory[0], now
            value += now
        envelope = math.sin(math.pi * (i + 0.5) / count)
        out.append(max(-32000, min(32000, int(2600 * envelope * value))))
    return out


def mu_law(sample):
    """ITU-T G.711 mu-law code of a 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 15) & 0xFF


def write_mu_law(path, seconds=6):
    """8 kHz G.711, one byte a sample."""
    with open(path, "wb") as out:
        out.write(bytes(mu_law(sample) for sample in samples(8000, seconds)))


def write_wave(path, rate=48000, seconds=6):
    """A mono WAVE file."""
    values = array.array("h", samples(rate, seconds))
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(values)}h", *values))
