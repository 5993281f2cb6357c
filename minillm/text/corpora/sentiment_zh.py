"""Chinese reviews: what is judged, and how."""

from minillm.text.corpora.sentiment import Domain, Phrases, aspect

FILM = Domain(
    (
        "这部电影",
        "昨晚看的电影",
        "这部国产片",
        "那部动画片",
        "他的新片",
        "去年的贺岁片",
        "这部老电影",
    ),
    (
        aspect("剧情", "精彩/平淡 紧凑/拖沓 新颖/老套"),
        aspect("演技", "自然/做作 细腻/生硬"),
        aspect("对白", "风趣/乏味 自然/做作"),
        aspect("配乐", "动听/刺耳"),
        aspect("结局", "合理/牵强 精彩/平淡"),
    ),
)
BOOK = Domain(
    ("这本小说", "他的新书", "这部长篇", "那本短篇集", "朋友推荐的书", "她的第二本书", "这部传记"),
    (
        aspect("情节", "紧凑/拖沓 新颖/老套"),
        aspect("人物", "鲜活/单薄"),
        aspect("文笔", "优美/粗糙 流畅/生涩"),
        aspect("结尾", "合理/牵强 精彩/平淡"),
    ),
)
RESTAURANT = Domain(
    (
        "这家餐馆",
        "楼下的面馆",
        "新开的小店",
        "学校旁边的饭馆",
        "这家火锅店",
        "巷口的饺子馆",
        "公司的食堂",
    ),
    (
        aspect("味道", "鲜美/寡淡"),
        aspect("服务", "周到/敷衍 热情/冷淡"),
        aspect("环境", "安静/嘈杂 整洁/脏乱"),
        aspect("价格", "公道/离谱"),
        aspect("上菜", "快/慢"),
    ),
)
HOTEL = Domain(
    (
        "这家酒店",
        "海边的民宿",
        "车站旁边的旅馆",
        "山里的客栈",
        "那家宾馆",
        "机场附近的酒店",
        "这家青年旅舍",
    ),
    (
        aspect("房间", "整洁/脏乱 宽敞/狭小 安静/嘈杂"),
        aspect("早餐", "丰盛/单调 可口/难吃"),
        aspect("前台", "热情/冷淡 耐心/急躁"),
        aspect("位置", "方便/偏僻"),
    ),
)
COURSE = Domain(
    ("这门课", "周末的培训班", "网上的课程", "暑期班", "学校的选修课", "晚上的辅导班", "这门新课"),
    (
        aspect("讲解", "清楚/含糊 生动/枯燥"),
        aspect("内容", "充实/空洞 新颖/过时"),
        aspect("老师", "耐心/急躁 认真/敷衍"),
        aspect("作业", "轻松/繁重"),
    ),
)

CHINESE = Phrases(
    domains=(FILM, BOOK, RESTAURANT, HOTEL, COURSE),
    agreement=(
        "{setting}{main}很{strong}，{second}也很{also}。",
        "{setting}不但{main}很{strong}，而且{second}也很{also}。",
        "{setting}{main}很{strong}，再加上{second}很{also}。",
    ),
    comment=(
        "{setting}{main}很{strong}，{verdict}。",
        "{setting}{main}真的很{strong}，{verdict}。",
    ),
    verdicts={
        "positive": ("让人满意", "让人惊喜", "值得推荐"),
        "negative": ("让人失望", "让人后悔", "让人扫兴"),
    },
    denial=(
        "{setting}{main}一点也不{weak}。",
        "{setting}{main}一点都不{weak}。",
        "{setting}{main}并不{weak}。",
        "{setting}{main}根本不{weak}。",
        "{setting}{main}完全不{weak}。",
    ),
    concession=(
        "{setting}虽然{side}很{weak}，但是{main}很{strong}。",
        "{setting}尽管{side}很{weak}，{main}却很{strong}。",
        "别看{setting}{side}很{weak}，{main}却很{strong}。",
        "{setting}{side}很{weak}，但是{main}很{strong}。",
        "{setting}{side}很{weak}，不过{main}很{strong}。",
        "{setting}{main}很{strong}，尽管{side}很{weak}。",
        "{setting}{main}很{strong}，虽说{side}很{weak}。",
    ),
    contrast=(
        "{setting}{main}不{weak}，很{strong}。",
        "{setting}{main}并不{weak}，而是很{strong}。",
        "{setting}{main}一点也不{weak}，反而很{strong}。",
        "{setting}{main}很{strong}，一点也不{weak}。",
        "{setting}{main}很{strong}，绝对算不上{weak}。",
        "{setting}{main}很{strong}，并不{weak}。",
        "谁说{setting}{main}{weak}，其实很{strong}。",
        "{setting}{main}哪里{weak}，明明很{strong}。",
    ),
    single_statement=(
        "{setting}{main}很{strong}。",
        "{setting}{main}真的很{strong}。",
        "{setting}{main}非常{strong}。",
        "{setting}的{main}特别{strong}。",
    ),
    single_concession=(
        "{setting}在{side}很{weak}的情况下{main}依然很{strong}。",
        "{side}很{weak}的{setting}{main}却很{strong}。",
    ),
    single_contrast=(
        "{setting}{main}不是{weak}而是{strong}。",
        "{setting}{main}并非{weak}而是很{strong}。",
        "{setting}{main}与其说{weak}不如说{strong}。",
    ),
)
