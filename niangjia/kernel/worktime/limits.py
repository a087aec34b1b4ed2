"""How long something may take: an amount and a way of counting, as staff write it in tables of limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from niangjia.kernel.errors import Refused
from niangjia.kernel.words import Word

HOUR, MOST_DAYS, MOST_MINUTES = 60, 1_000, 200_000


class Unit(Word):
    WORKING_DAYS = "working_days", "工作日"
    WORKING_MINUTES = "working_minutes", "工作时间（分钟）"
    NATURAL_DAYS = "natural_days", "自然日"
    MINUTES = "minutes", "分钟（不分昼夜）"

    @property
    def is_of_office(self) -> bool:
        """Runs only while the office is open."""
        return self in (Unit.WORKING_DAYS, Unit.WORKING_MINUTES)

    @property
    def is_of_days(self) -> bool:
        return self in (Unit.WORKING_DAYS, Unit.NATURAL_DAYS)


@dataclass(frozen=True, slots=True)
class Limit:
    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        most = MOST_DAYS if self.unit.is_of_days else MOST_MINUTES
        if not 1 <= self.amount <= most:
            raise Refused("worktime.limit", f"期限要在 1 到 {most:,} 之间。")

    @classmethod
    def read(cls, written: Sequence[object]) -> Limit:
        """[5, "working_days"], as it stands in the database. Raises Refused."""
        try:
            amount, unit = written
            return cls(int(str(amount)), Unit(str(unit)))
        except ValueError:
            raise Refused("worktime.limit", "期限要写成数量和计算方式，如 5 个工作日。") from None

    def written(self) -> list[int | str]:
        return [self.amount, self.unit.value]

    @property
    def words(self) -> str:
        if self.unit is Unit.WORKING_DAYS:
            return f"{self.amount} 个工作日"
        if self.unit is Unit.NATURAL_DAYS:
            return f"{self.amount} 天（自然日）"
        hours, minutes = divmod(self.amount, HOUR)
        office = self.unit is Unit.WORKING_MINUTES
        spoken = [f"{hours} {'个工作小时' if office else '小时'}"] if hours else []
        if minutes:
            spoken.append(f"{minutes} {'工作分钟' if office and not hours else '分钟'}")
        return " ".join(spoken)
