"""A small thesaurus for the sentiment corpora: words of about one meaning, chosen by hand.

A synonym fits wherever the corpora use the word, and it never praises what the word blames.  It
may be a word of the corpora too: "tedious" stands for "dull".
"""

ENGLISH = """
gripping: exciting, thrilling       dull: boring, tedious, tiresome
original: inventive, innovative         predictable: unsurprising, formulaic
clear: lucid, understandable        confusing: muddled, baffling
convincing: credible, persuasive    wooden: stiff, stilted
lively: spirited, animated          flat: lifeless, dull
witty: amusing, clever              tedious: dull, tiresome, wearisome
natural: unforced             clumsy: awkward, inept
moving: touching, stirring          silly: foolish, ridiculous
memorable: unforgettable            forgettable: unremarkable
touching: moving, affecting         shallow: superficial, thin
elegant: graceful, polished         satisfying: fulfilling, rewarding
disappointing: unsatisfying         delicious: tasty, appetising
bland: tasteless, insipid           fresh: crisp
stale: musty, dried                prompt: quick, swift
slow: sluggish                      friendly: kind, cordial
rude: impolite, discourteous        reasonable: fair, moderate
outrageous: exorbitant, shocking    generous: ample, plentiful
tiny: small, minuscule                clean: spotless, tidy
dirty: filthy, grimy                quiet: peaceful, calm
noisy: loud                         spacious: roomy, large
cramped: poky, narrow               comfortable: cosy, snug
lumpy: uneven                       helpful: obliging
careless: negligent, sloppy         meagre: scanty, tiny
useful: helpful, valuable           pointless: useless, futile
varied: diverse                     patient: tolerant
grumpy: surly, irritable            film: movie, picture
restaurant: diner
"""

CHINESE = """
精彩：出色，好看    平淡：平庸，乏味    紧凑：凝练            拖沓：冗长，松散
新颖：新鲜，别致    老套：俗套，陈旧    自然：真切            做作：造作，矫情
细腻：细致          生硬：僵硬          风趣：幽默，诙谐      乏味：无聊，枯燥
动听：悦耳，好听    刺耳：难听          合理：恰当            牵强：勉强
鲜活：生动，饱满    单薄：苍白          优美：雅致，漂亮      粗糙：粗劣
流畅：通顺          生涩：拗口          鲜美：美味，可口      寡淡：没味
周到：贴心，细心    敷衍：马虎，应付    热情：亲切，友好      冷淡：冷漠
安静：清静，宁静    嘈杂：吵闹，喧闹    整洁：干净            脏乱：邋遢
公道：实惠，合理    离谱：吓人          快：迅速              慢：迟缓
宽敞：宽大，开阔    狭小：狭窄，逼仄    丰盛：丰富            单调：单一
可口：美味，好吃    难吃：倒胃口        耐心：和气            急躁：暴躁
方便：便利          偏僻：偏远          清楚：明白，清晰      含糊：模糊
生动：鲜活，形象    枯燥：乏味，无聊    充实：丰富，扎实      空洞：空泛
过时：陈旧，落后    认真：用心，负责    轻松：省力            繁重：沉重
电影：影片          餐馆：饭馆            酒店：宾馆
"""


def parsed(table: str, colon: str, comma: str) -> dict[str, tuple[str, ...]]:
    """The entries of a table, parted by two blanks or more: a word and its synonyms."""
    entries = [entry for line in table.splitlines() for entry in line.split("  ") if entry.strip()]
    pairs = [entry.strip().split(colon) for entry in entries]
    return {word: tuple(map(str.strip, synonyms.split(comma))) for word, synonyms in pairs}


# language -> word -> synonyms
THESAURUS = {"en": parsed(ENGLISH, ":", ","), "zh": parsed(CHINESE, "：", "，")}
