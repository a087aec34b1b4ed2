"""What the invented askers say, and how it is spread over kinds, doors, natures and urgencies."""

from __future__ import annotations

from typing import NamedTuple

from niangjia.modules.demands.rules import Channel, HowClosed, Nature


class Saying(NamedTuple):
    group: str  # of the catalogue
    weight: float
    title: str
    body: str
    with_sums: bool = False


SAYINGS: tuple[Saying, ...] = (
    Saying("01", 16, "{firm}拖欠{month}月工资", "我在{firm}上班，{month}月的工资到现在没有发，问了几次都说再等等，想请工会帮忙要回来。", True),
    Saying("01", 7, "{firm}克扣加班费", "{firm}每天要加班两个小时，工资条上没有加班费，厂里说已经包在计件里了，这样合理吗。", True),
    Saying("01", 4, "离职后{firm}不结算最后一个月工资", "上个月从{firm}离职，最后一个月的工资和押金一直没有退。", True),
    Saying("02", 7, "{firm}一个月只休一天", "{firm}排班一个月只休一天，身体吃不消，想问国家有没有规定。"),
    Saying("03", 6, "{firm}没有缴纳社会保险", "进{firm}三年了一直没有缴社保，说要缴就自己出钱，请工会问一问。"),
    Saying("04", 6, "{firm}不签劳动合同", "在{firm}做了半年，合同一直没有签，工资也是现金发的。"),
    Saying("04", 4, "{firm}违法解除劳动合同要求赔偿", "{firm}突然通知不用来了，没有提前说，也不肯给经济补偿。", True),
    Saying("05", 5, "在{firm}受伤，申请工伤认定被拖延", "上个月在{firm}车间手被压伤，单位一直拖着不报工伤，医药费都是自己垫的。", True),
    Saying("05", 3, "送餐途中摔伤，平台不配合工伤申报", "送餐路上下雨摔伤，站点说我是众包的不管，不知道找谁。", True),
    Saying("06", 4, "{firm}车间夏天没有防暑措施", "{firm}车间三十八度，没有风扇也没有发高温津贴。"),
    Saying("07", 3, "怀孕后被{firm}调岗降薪", "我怀孕四个月，{firm}把我调到仓库，工资少了一半。", True),
    Saying("08", 3, "{firm}要求签自愿放弃社保承诺书", "{firm}让所有人签自愿放弃社保的承诺书，不签就不让上班。"),
    Saying("09", 5, "家人重病住院，想申请困难帮扶", "爱人生病住院，自付部分已经两万多，家里只有我一个人上班，想申请帮扶。"),
    Saying("10", 4, "孩子考上大学，想申请金秋助学", "孩子今年考上大学，家里有困难，请问金秋助学怎么申请，要什么材料。"),
    Saying("11", 4, "想咨询职工医疗互助怎么报销", "参加了职工医疗互助，住院出来以后怎么报，要到哪里办。"),
    Saying("12", 3, "想报名电工技能培训", "想考四级电工证，工会有没有免费的培训班和补贴。"),
    Saying("13", 2, "连续夜班失眠，希望安排心理咨询", "上了三个月夜班，晚上睡不着，情绪很差，想找人聊一聊。"),
    Saying("14", 3, "咨询怎样加入工会", "我是骑手，没有单位，怎么加入工会，要交会费吗。"),
    Saying("14", 2, "建议在{place}增设户外劳动者驿站", "{place}附近骑手和环卫工很多，夏天没有地方喝水休息，建议设一个驿站。"),
    Saying("15", 2, "{firm}食堂饭菜质量差", "{firm}食堂的菜经常是冷的，反映过没有人管。"),
    Saying("15", 1, "感谢{place}工会帮忙讨回工资", "{place}工会的同志跑了很多趟，帮我们把工资要回来了，特来感谢。"),
)  # fmt: skip

CHANNELS = (
    (Channel.HOTLINE, 42), (Channel.PHONE_PAGE, 18), (Channel.WINDOW, 13), (Channel.PARTNER, 10), (Channel.ON_BEHALF, 7),
    (Channel.STATION, 3), (Channel.VISIT, 3), (Channel.LETTER, 2), (Channel.PETITION, 1.5), (Channel.SHEET, 0.5),
)  # fmt: skip
NATURES = (
    (Nature.HELP, 38), (Nature.ENQUIRY, 30), (Nature.COMPLAINT, 22), (Nature.SUGGESTION, 5), (Nature.REPORT, 3),
    (Nature.PRAISE, 2),
)  # fmt: skip
URGENCIES = ((1, 78), (2, 17), (3, 4.5), (4, 0.5))
CLOSINGS = (
    (HowClosed.DIRECT_ANSWER, 26), (HowClosed.EXPLAINED, 22), (HowClosed.COORDINATED, 32), (HowClosed.MEDIATED, 12),
    (HowClosed.HANDED_ON, 6), (HowClosed.NOT_OURS, 2),
)  # fmt: skip
PARTNERS = ("12345", "PROVINCE")
