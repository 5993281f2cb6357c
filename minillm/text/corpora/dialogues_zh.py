"""Chinese tables and forms for the dialogues."""

from minillm.text.corpora.talk import Talk, Topic, both_ways, successors

OPPOSITES = both_ways(
    *(("热", "冷"), ("大", "小"), ("旧", "新"), ("快", "慢"), ("高", "低"), ("湿", "干")),
    *(("满", "空"), ("吵", "静"), ("硬", "软"), ("早", "晚"), ("亮", "暗"), ("开", "关")),
)
COLOURS = (
    *(("雪", "白"), ("牛奶", "白"), ("煤", "黑"), ("乌鸦", "黑"), ("草", "绿"), ("青蛙", "绿")),
    *(("血", "红"), ("樱桃", "红"), ("天空", "蓝"), ("大海", "蓝"), ("柠檬", "黄")),
    *(("黄油", "黄"), ("巧克力", "棕"), ("泥土", "棕"), ("大象", "灰"), ("灰烬", "灰")),
    *(("羊", "白"), ("骆驼", "黄"), ("猴子", "棕")),
)
DAYS = successors(*("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"))
MONTHS = successors(
    *("一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月"),
    *("九月", "十月", "十一月", "十二月"),
)
HOMES = (
    *(("鸟", "巢"), ("蜜蜂", "蜂房"), ("马", "马厩"), ("羊", "羊圈"), ("鸡", "鸡窝")),
    *(("狗", "狗窝"), ("兔子", "洞"), ("鱼", "水"), ("猴子", "树林"), ("骆驼", "沙漠")),
    *(("企鹅", "冰原"), ("蜘蛛", "网")),
)

CHINESE_TALK = Talk(
    topics=(
        Topic(
            OPPOSITES,
            ("“{asked}”的反义词是什么？", "请说出“{asked}”的反义词。", "与“{asked}”相反的是什么？"),
            ("那“{asked}”呢？", "“{asked}”的又是什么？"),
            "“{asked}”的反义词是“{right}”。",
            (
                "“{asked}”的反义词是“{right}”。",
                "“{asked}”与“{right}”相反。",
                "不是{asked}的，就是{right}的。",
            ),
        ),
        Topic(
            COLOURS,
            ("{asked}是什么颜色的？", "请说出{asked}的颜色。", "{asked}的颜色是什么？"),
            ("{asked}呢？", "那么{asked}呢？"),
            "{asked}是{right}色的。",
            (
                "{asked}是{right}色的。",
                "大家都知道{asked}是{right}色的。",
                "它像{asked}一样，是{right}色的。",
            ),
        ),
        Topic(
            DAYS + MONTHS,
            ("{asked}之后是什么？", "请说出{asked}之后是什么。", "{asked}过了是什么？"),
            ("那{asked}之后呢？", "{asked}过了呢？"),
            "{asked}之后是{right}。",
            ("{asked}之后是{right}。", "过了{asked}就是{right}。", "{right}在{asked}后面。"),
        ),
        Topic(
            HOMES,
            ("{asked}住在哪里？", "请说出{asked}住的地方。", "哪里是{asked}的家？"),
            ("{asked}呢？", "那{asked}住在哪里？"),
            "{asked}住在{right}里。",
            ("{asked}住在{right}里。", "{right}里住着{asked}。", "{asked}的家在{right}里。"),
        ),
    ),
    chatter=("这个问题问得很好。", "让我先想一想。", "很高兴为您服务。"),
    space="",
)
