"""Names of people are read as the kernel reads them; unions and employers sort by the same readings."""

from niangjia.kernel.pinyin import initials, initials_of_key, name_key

__all__ = ["initials", "initials_of_key", "name_key"]
