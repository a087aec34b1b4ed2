"""Cutting pinyin into syllables: 'linxiaoyan' is typed without spaces, keys are kept with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

# Every syllable of Mandarin by its beginning; ü is written v.
_FINALS = {
    "": "a ai an ang ao e ei en eng er o ou wa wai wan wang wei wen weng wo wu yi ya yan yang yao ye yin ying yo yong"
    " you yu yuan yue yun",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "f": "a an ang ei en eng o ou u",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan un uo v ve",
    "l": "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu ong ou u uan un uo v ve",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "k": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "r": "an ang ao e en eng i ong ou u ua uan ui un uo",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
}
SYLLABLES = frozenset(begin + final for begin, finals in _FINALS.items() for final in finals.split())
_BEGUN = frozenset(syllable[:length] for syllable in SYLLABLES for length in range(1, len(syllable) + 1))
LONGEST_SYLLABLE = 6
MOST_READINGS = 8


@lru_cache(maxsize=1000)
def readings(letters: str) -> tuple[str, ...]:
    """The beginnings of keys that letters can mean; the last syllable may be half typed, the first never.

    Spaces that were typed are kept: 'xi an' is not 'xian'.
    """
    whole = (cut for cut in _cuts(letters.split()) if cut.split(" ")[0] in SYLLABLES)
    return tuple(islice(whole, MOST_READINGS))


def _cuts(parts: list[str]) -> Iterator[str]:
    """Every way to write the parts as syllables, the longest syllables first."""
    if not parts:
        yield ""
        return
    part, later = parts[0], parts[1:]
    for length in range(min(LONGEST_SYLLABLE, len(part)), 0, -1):
        first, rest = part[:length], part[length:]
        if first in SYLLABLES:
            for more in _cuts([rest, *later] if rest else later):
                yield f"{first} {more}".strip()
        elif not rest and not later and first in _BEGUN:
            yield first
