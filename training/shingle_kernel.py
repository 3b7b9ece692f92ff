"""The compiled loop of `training.shingles`: functions of plain arrays, no state."""

import numpy as np

from recsys.compiled import I32, I64, U8, U32, U64, compiled
from recsys.key_index import MIX
from recsys.stories import KEPT, SHINGLE, WORDS

LETTER, ALONE = 1, 2  # classes of code points: part of a word, a word by itself; 0 for all others

_MIX = np.uint64(MIX)
_FOLD = np.uint64(29)
_HASH = np.uint64(16)
_CRC = np.uint32(0xEDB88320)
_ALL, _BYTE, _ONE = np.uint32(0xFFFFFFFF), np.uint32(0xFF), np.uint32(1)
_6, _8, _12, _18, _63 = np.uint32(6), np.uint32(8), np.uint32(12), np.uint32(18), np.uint32(0x3F)


@compiled
def shingles(points: U32, starts: I64, classes: U8, sizes: I32, ends: I64, hashes: U32) -> int:
    """Of s texts what `recsys.stories.Shingles.of` finds in each.

    points  (c,) code points of all texts, casefolded      starts  (s + 1,) where each text begins
    classes  of all code points
    sizes   (s,) out: distinct shingles      ends  (s,) out: where each text's kept hashes end in `hashes`
    hashes  out, as long as all texts may need: min(c, s * KEPT)      returns  how many are used
    """
    table = crc_table()
    words = np.empty(0, np.uint64)
    used = 0
    for text in range(sizes.size):
        i, end = starts[text], starts[text + 1]
        if end - i > words.size:
            words = np.empty(2 * (end - i), np.uint64)
        count = 0
        while i < end:
            kind = classes[points[i]]
            if kind != 0:
                crc = with_character(_ALL, points[i], table)
                if kind == LETTER:
                    while i + 1 < end and classes[points[i + 1]] == LETTER:
                        i += 1
                        crc = with_character(crc, points[i], table)
                words[count] = crc ^ _ALL
                count += 1
            i += 1
        sizes[text] = 0
        if count >= WORDS:
            found = mixed(words[:count])
            found.sort()
            first = used
            distinct = 0
            for j in range(found.size):
                if j == 0 or found[j] != found[j - 1]:
                    if distinct < KEPT:
                        hashes[used] = found[j]
                        used += 1
                    distinct += 1
            sizes[text] = distinct
            used = min(used, first + KEPT)
        ends[text] = used
    return used


@compiled
def mixed(words: U64) -> U32:
    """(m - SHINGLE + 1,) a hash of every SHINGLE words that follow each other, of m."""
    found = np.empty(words.size - SHINGLE + 1, np.uint32)
    for j in range(found.size):
        value = np.uint64(0)
        for place in range(SHINGLE):
            value = (value ^ words[j + place]) * _MIX
            value ^= value >> _FOLD
        found[j] = np.uint32(value >> _HASH)
    return found


@compiled
def with_character(crc: np.uint32, point: np.uint32, table: U32) -> np.uint32:
    """The CRC-32 so far, with the UTF-8 of one more character."""
    if point < 0x80:
        return with_byte(crc, point, table)
    if point < 0x800:
        crc = with_byte(crc, np.uint32(0xC0) | (point >> _6), table)
    elif point < 0x10000:
        crc = with_byte(crc, np.uint32(0xE0) | (point >> _12), table)
        crc = with_byte(crc, np.uint32(0x80) | ((point >> _6) & _63), table)
    else:
        crc = with_byte(crc, np.uint32(0xF0) | (point >> _18), table)
        crc = with_byte(crc, np.uint32(0x80) | ((point >> _12) & _63), table)
        crc = with_byte(crc, np.uint32(0x80) | ((point >> _6) & _63), table)
    return with_byte(crc, np.uint32(0x80) | (point & _63), table)


@compiled
def with_byte(crc: np.uint32, byte: np.uint32, table: U32) -> np.uint32:
    """The CRC-32 so far, with one more byte."""
    return np.uint32(table[(crc ^ byte) & _BYTE] ^ (crc >> _8))


@compiled
def crc_table() -> U32:
    """(256,) what each byte adds to a CRC-32 (polynomial 0x04C11DB7, reflected, as in zlib)."""
    table = np.empty(256, np.uint32)
    for byte in range(256):
        value = np.uint32(byte)
        for _ in range(8):
            value = (value >> _ONE) ^ _CRC if value & _ONE else value >> _ONE
        table[byte] = value
    return table
