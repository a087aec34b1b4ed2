"""How names are read, for sorting and for finding by initials: 曾小明 is 'zeng xiao ming', 'zxm'.

Surnames have readings of their own (单 shan, 查 zha, 仇 qiu), which a general dictionary gets
wrong; they stand here, the rest comes from pypinyin. ü is written v, as people type it.
"""

from __future__ import annotations

import re
import unicodedata

# Only where the surname is read otherwise than pypinyin reads the character alone.
_SURNAMES = {
    "乜": "nie",
    "乐": "yue",
    "仇": "qiu",
    "佴": "nai",
    "区": "ou",
    "单": "shan",
    "卜": "bu",
    "句": "gou",
    "召": "shao",
    "员": "yun",
    "折": "she",
    "曾": "zeng",
    "朴": "piao",
    "查": "zha",
    "洗": "xian",
    "盖": "ge",
    "祭": "zhai",
    "种": "chong",
    "秘": "bi",
    "粘": "nian",
    "缪": "miao",
    "翟": "zhai",
    "能": "nai",
    "薄": "bo",
    "藏": "zang",
    "覃": "qin",
    "角": "jue",
    "解": "xie",
    "贠": "yun",
    "郇": "xun",
    "都": "du",
    "长": "zhang",
    "阚": "kan",
}
# 单于 is left out: a 单 whose given name begins with 于 is by far the likelier.
_COMPOUND_SURNAMES = {
    "万俟": "mo qi",
    "子车": "zi ju",
    "尉迟": "yu chi",
    "澹台": "tan tai",
    "长孙": "zhang sun",
}
# The usual reading in given names, where pypinyin's first is another.
_GIVEN = {"呢": "ni", "晟": "sheng", "曾": "zeng", "长": "chang", "隽": "jun"}


class _Readings(dict[str, str]):
    """One reading a character, looked up once."""

    def __missing__(self, character: str) -> str:
        reading = _GIVEN.get(character) or _look_up(character)
        self[character] = reading
        return reading


def _look_up(character: str) -> str:
    # Loaded at the first name, not at start: its tables take a quarter of a second.
    from pypinyin import lazy_pinyin

    reading: str = lazy_pinyin(character)[0]
    return reading


_readings = _Readings()


def name_key(name: str) -> str:
    """Syllables in small letters with a space between; what cannot be read stays as it is."""
    if name.isascii() or "·" in name or not _is_han(name[0]):
        return _foreign_key(name)
    given = name[2:]
    compound = _COMPOUND_SURNAMES.get(name[:2])
    if compound and given:
        return " ".join([compound, *[_readings[character] for character in given]])
    first = _SURNAMES.get(name[0]) or _readings[name[0]]
    return " ".join([first, *[_readings[character] for character in name[1:]]])


def title_key(title: str) -> str:
    """The key of a union's or a firm's name: read in whole words (重庆路 chong qing lu), no surname."""
    from pypinyin import lazy_pinyin

    return " ".join(" ".join(lazy_pinyin(title)).lower().split())


def initials(name: str) -> str:
    return initials_of_key(name_key(name))


def initials_of_key(key: str) -> str:
    return "".join([syllable[0] for syllable in key.split()])


def _is_han(character: str) -> bool:
    return character == "〇" or "\u3400" <= character <= "\u9fff" or character >= "\U00020000"


def _foreign_key(name: str) -> str:
    """买买提·艾力 is read character by character, with no surname; José loses his accent."""
    syllables: list[str] = []
    for part in re.split(r"[\s·\-]+", name):
        if part and _is_han(part[0]):
            syllables.extend(_readings[character] for character in part)
        else:
            plain = unicodedata.normalize("NFKD", part).lower()
            syllables.append("".join(c for c in plain if c.isalnum()))
    return " ".join(syllable for syllable in syllables if syllable)
