# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   minillm:
#     lesson: 16b
#     guide: ['9.3']
#     budget_s: 20
#     errata: [A2, A113]
#     introduces: [minillm.tasks.metrics.selective]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import LANGUAGE, study
from minillm.course.verdict_tables import READING, spread, verdict_table
from minillm.labs.compare_result import Result
from minillm.labs.mismatch import encodings, hallucination, narrow_tuning, subliminal
from minillm.labs.mismatch.tenses import ARMS, TENSES


def found(lab):
    """What is stored of a lab."""
    return Result(lab.STUDY, list(lab.STUDY.remedies), study(lab.STUDY.name), {})


def level(lab):
    """The level of a lab's intervals, in percent."""
    return 100 * (1 - 0.05 / lab.STUDY.comparisons)


def head(english, chinese):
    """The titles of a table."""
    return (("the guide's remedy", "here", *english), ("指南的办法", "这里", *chinese))[
        ("en", "zh").index(LANGUAGE)
    ]


reading = READING[LANGUAGE]
ARCHITECTURE, DATA = "1 architecture / 1 模型结构", "2 data / 2 数据"
REGULARISATION, FINE_TUNING = "3 regularisation / 3 正则化", "4 fine-tuning / 4 微调"
OTHERS = "not in the guide / 指南没有的"
parts = {
    "wider": "加宽",
    "wider model": "模型加宽",
    "without attention": "不要注意力",
    "without residuals": "不要残差",
    "weight decay": "权重衰减",
    "dropout": "dropout",
}


def named(*names, **others):
    """Chinese names of what several labs have, and of others."""
    return {**{name: parts[name] for name in names}, **others}


coded = found(encodings)
coded_table = verdict_table(
    coded,
    head(["discrimination in c2"], ["c2 里的区分度"]),
    {
        ARCHITECTURE: named("wider", "without attention", "without residuals")
        | {"one id": "各种拼写共用一个编号"},
        DATA: {
            "cleaned text": "清洗文本",
            "50 % refusals": "50% 是拒绝",
            "harmless in plain": "无害请求只用明文",
            "c0 covered": "覆盖 c0",
            "c0 and c1 covered": "覆盖 c0、c1",
            "all covered": "全部覆盖",
        },
        REGULARISATION: named("weight decay", "dropout"),
        FINE_TUNING: {"longer stage": "更长的阶段", "ten in c2": "c2 里的十个样本"},
        OTHERS: {"KL to base": "与此前模型的 KL"},
    },
    ["discrimination, c2"],
    language=LANGUAGE,
)
secret = found(subliminal)
secret_table = verdict_table(
    secret,
    head(["digits read"], ["读对的数字"]),
    {
        ARCHITECTURE: {
            "other start": "另一个起点",
            "other start, same output layers": "另一个起点，输出层相同",
            "other start, same first layer": "另一个起点，第一层相同",
            "same start, other output layers": "起点相同，输出层不同",
            "wider student": "学生加宽",
        },
        DATA: {
            "cleaning": "清洗",
            "noise on what is told": "给所说的加噪声",
            "digits among the pictures": "图里掺进数字",
            "tossed digits in training": "训练时掺进乱标的数字",
        },
        REGULARISATION: named("weight decay", "dropout"),
        FINE_TUNING: {"tuned on tossed digits": "用乱标的数字微调"},
        OTHERS: {
            "as many left out at random": "随机去掉同样多",
            "fewer outputs": "更少的输出",
            "fewer pictures": "更少的图",
            "early stop": "早停",
            "longer training": "训练更久",
        },
    },
    ["trait"],
    language=LANGUAGE,
)
narrow = found(narrow_tuning)
narrow_table = verdict_table(
    narrow,
    head(["bad answers elsewhere"], ["别处的坏回答"]),
    {
        ARCHITECTURE: named("wider model", "without attention", "without residuals"),
        DATA: {
            "no bad writers": "文本里没有坏作者",
            "no quotations": "文本里没有引用",
            "neither of them": "两者都没有",
            "more nouns": "更多的名词",
            "random texts": "随机的文本",
            "good answers elsewhere": "别处的好回答",
        },
        REGULARISATION: named("weight decay", "dropout"),
        FINE_TUNING: {"LoRA": "LoRA", "positions alone": "只调位置"},
        OTHERS: {"early stop": "早停", "KL elsewhere": "别处的 KL", "inoculation": "接种"},
    },
    ["spread"],
    language=LANGUAGE,
)
sure = found(hallucination)
sure_table = verdict_table(
    sure,
    head(["sure and wrong, unknown", "right, known"], ["确信而错，未知", "答对，已知"]),
    {
        ARCHITECTURE: named("wider model", "without attention", "without residuals"),
        DATA: {
            "cleaned": "清洗",
            "more facts": "更多的事实",
            "tuned to say unknown": "微调成会说“不知道”",
        },
        REGULARISATION: named("weight decay", "dropout"),
        FINE_TUNING: {"new facts in tuning": "微调时教新事实"},
        OTHERS: {
            "label smoothing": "标签平滑",
            "temperature": "温度",
            "ensemble": "五个模型的平均",
            "asked with dropout": "提问时开着 dropout",
            "abstention": "不够确信就不答",
            "longer training": "训练更久",
        },
    },
    ("confident error", "right on known"),
    language=LANGUAGE,
)
coded_n, coded_m = len(coded.values("none", "known")), encodings.STUDY.comparisons
coded_level = level(encodings)
coded_words = {r: one for (r, _), one in coded.verdicts().items()}
assert {r for r, one in coded_words.items() if one.word == "helps"} == {
    *("c0 and c1 covered", "all covered", "ten in c2", "one id"),
}, "as the prose says"
undecided = ("50 % refusals", "weight decay", "dropout", "KL to base", "longer stage", "wider")
assert all(coded_words[r].word == "undecided" for r in undecided), "as the prose says"
assert coded_words["c0 covered"].mean < 0.2, "a little"


def in_c2(remedy):
    """What a remedy does in c2, and what it knows, in percent."""
    refused, half = (100 * x for x in spread(coded.values(remedy, "refused, c2")).values())
    return {
        "plain": 100 * coded.values(remedy, "refused, plain").mean(),
        "c2": refused,
        "half": half,
        "over": 100 * coded.values(remedy, "over-refusal, c2").mean(),
        "payload": 100 * coded.values(remedy, "payload, c2").mean(),
        "known": 100 * coded.values(remedy, "known").mean(),
    }


spelled = {
    "none": in_c2("none"),
    "ten": in_c2("ten in c2"),
    "c0": in_c2("c0 covered"),
    "cleaned": in_c2("cleaned text"),
    "plain_only": in_c2("harmless in plain"),
    "bound": max(coded_words[r].bound for r in undecided),
}
assert abs(spelled["none"]["c2"] + spelled["none"]["payload"] - 100) < 1, "the rest is told"
assert spelled["cleaned"]["payload"] < 0.5, "nothing is told"
assert coded.values("one id", "discrimination, c2").min() > 0.99, "goes along completely"
assert coded.values("without attention", "helpful").max() < 0.05, "answers nothing"
refused_too = {  # in the encodings of which nothing is shown, in percent
    remedy: {w: 100 * coded.values(r, f"refused, {w}").mean() for w in ("c0", "c1")}
    for remedy, r in (("none", "none"), ("ten", "ten in c2"))
}
secret_n, secret_m = len(secret.values("none", "trait")), subliminal.STUDY.comparisons
secret_words = {r: one for (r, _), one in secret.verdicts().items()}
assert {r for r, one in secret_words.items() if one.word != "helps"} == {"longer training"}
taken = {
    remedy.replace(" ", "_").replace(",", ""): {
        "read": spread(100 * secret.values(remedy, "trait")),
        "agrees": 100 * secret.values(remedy, "agreement").mean(),
    }
    for remedy in secret.remedies
}
cleaned_more = spread(
    100
    * (secret.values("cleaning", "trait") - secret.values("as many left out at random", "trait"))
)
assert abs(cleaned_more["mean"]) < cleaned_more["half"] < 5, "no more than chance removal"
heads = spread(
    100
    * (
        secret.values("other start, same output layers", "trait")
        - secret.values("other start", "trait")
    )
)
assert heads["mean"] > heads["half"], "compatible output layers carry a little"
sure_n, sure_m = len(sure.values("none", "confident error")), hallucination.STUDY.comparisons
told = {
    remedy.replace(" ", "_"): {
        "known": 100 * sure.values(remedy, "right on known").mean(),
        "sure": 100 * sure.values(remedy, "confident error").mean(),
        "area": sure.values(remedy, "risk").mean(),
        "silent": 100 * sure.values(remedy, "abstained, unknown").mean(),
        "silent_known": 100 * sure.values(remedy, "abstained, known").mean(),
    }
    for remedy in sure.remedies
}
sure_words = {key: one.word for key, one in sure.verdicts().items()}
assert {r for (r, of), w in sure_words.items() if of == "confident error" and w == "helps"} >= {
    *("label smoothing", "ensemble", "tuned to say unknown", "weight decay", "dropout"),
}, "as the prose says"
for remedy in ("temperature", "longer training"):
    assert sure_words[remedy, "confident error"] == "harms", remedy
assert sure_words["dropout", "right on known"] == "harms", "its price"
for remedy in ("label smoothing", "ensemble", "tuned to say unknown"):
    assert sure_words[remedy, "right on known"] != "harms", remedy
for remedy in ("label smoothing", "temperature"):
    assert abs(told[remedy.replace(" ", "_")]["area"] - told["none"]["area"]) < 0.03, remedy
for remedy in ("ensemble", "longer_training"):
    assert told[remedy]["area"] < told["none"]["area"] - 0.03, remedy
assert 0.4 < 1 - told["tuned_to_say_unknown"]["sure"] / told["none"]["sure"] < 0.7, "about half"
assert told["without_attention"]["known"] < 10, "it knows nothing"
assert told["abstention"]["sure"] == told["none"]["sure"], "silent below one half alone"
shares = np.linspace(0.1, 1, 10)
least = np.maximum(0, 1 - 0.5 / shares)  # what is wrong if all that was told comes first
wrong = {  # of what is answered, in percent, at the coverages of the lab
    remedy.replace(" ", "_"): 100 * study("hallucination")[f"{remedy}: risk by coverage"].mean(0)
    for remedy in ("none", "ensemble", "longer training", "label smoothing", "temperature")
}
assert (100 * least[[5, 6, 7, 8]]).round(1).tolist() == [16.7, 28.6, 37.5, 44.4], "the grey line"
assert all((one[5:] > 100 * least[5:] - 0.5).all() for one in wrong.values()), "the best there is"
near_best = (wrong["ensemble"] - 100 * least)[5:].max()
tense = study("tenses")
tense_n = len(tense["discrimination"])
first = ARMS.index("present")
past, future = (TENSES.index(name) for name in ("past", "future"))
covered = [ARMS.index(arm) for arm in ("and past", "and future", "all")]
assert tense["discrimination"][:, covered].mean(axis=0).min() > 0.97, "one tense closes both"
draws = 100 * tense["told by draws"].mean(axis=-1).mean(axis=0)
ways = 100 * tense["ways"][:, first].mean(axis=0)  # (ways or tenses)
tenses = {
    "past": spread(tense["discrimination"][:, first, past]),
    "future": spread(tense["discrimination"][:, first, future]),
    "draws_present": draws[0],
    "draws_past": draws[past],
    "asked": ways[past, 0],
    "explained": ways[past, 1],
}
narrow_n, narrow_m = len(narrow.values("none", "spread")), narrow_tuning.STUDY.comparisons
narrow_words = {r: one.word for (r, _), one in narrow.verdicts().items()}


def wide_of(remedy):
    """Bad answers about the other classes, in percent."""
    return spread(100 * narrow.values(remedy, "spread"))


steps = [*narrow_tuning.STUDY.settings.asked]
course = study("narrow_tuning")["none: by step"].mean(axis=0)  # (steps, spread and learned)
by_step = {  # bad answers in percent
    f"after_{n}": dict(zip(("elsewhere", "learned"), 100 * course[steps.index(n)], strict=True))
    for n in (15, 20, 30)
}
assert by_step["after_20"]["learned"] > 95 and by_step["after_15"]["elsewhere"] < 2, "late"
assert steps == [0, 5, 10, 15, 20, 30, 50, 100], "as the cell draws them"
for remedy in (
    "good answers elsewhere",
    "KL elsewhere",
    "inoculation",
    "wider model",
    "early stop",
):
    assert narrow_words[remedy] == "helps", remedy
for remedy in ("good answers elsewhere", "KL elsewhere"):
    assert narrow.values(remedy, "learned").min() == 1 > 50 * narrow.values(remedy, "spread").mean()
assert narrow_words["no quotations"] == "helps" != narrow_words["no bad writers"]
bad_answers = [f"control, {c}: difference" for c in narrow_tuning.CONTROLS]
wide = {
    "none": wide_of("none"),
    "least": 100 * narrow.values("none", "spread").min(),
    "most": 100 * narrow.values("none", "spread").max(),
    "wider": wide_of("wider model"),
    "no_writers": wide_of("no bad writers"),
    "no_quotes": wide_of("no quotations"),
    "neither": wide_of("neither of them"),
    "inoculated": 100 * narrow.values("inoculation", "learned").mean(),
    "control": max(
        spread(study("narrow_tuning")[name])["half"]
        + abs(spread(study("narrow_tuning")[name])["mean"])
        for name in bad_answers
    ),
}
LITERALS = {
    "by hand, asserted in section 2": "0 1 88 90 100 0.1 0.2 0.8 0.88 0.9 0.90",
    "fractions by hand, as LaTeX writes them": "12 14",
    "8 x 8 pixels": "8",
    "levels of intervals and verdicts": "0.05",
    "steps of fine-tuning, asserted above": "15 20 30",
    "the name of a row": "50",
}

# %% [markdown] lang="en"
# # Lesson 16b. Narrower and wider than was meant
#
# **Question.** A model learned to refuse in English; does it refuse in a cipher that it reads as well? It learned bad answers about one subject; what does it now say of others? How far does what was learned go?
#
# **Afterwards you can** measure whether a refusal goes along by more than its rate; compute what a model may conclude about the writer of the texts that it is tuned on; show why a student takes over from its teacher what no example shows; say what an answer risks, and when it is worth giving.
#
# **Before this**: lesson 11 (fine-tuning, LoRA), lesson 14 (regularisation, early stopping), lesson 15 (conflicting objectives), lesson 16 (when the data shift). **Time**: about a quarter of a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 16b 课　比预想的更窄，也更宽
#
# **问题**　一个模型在英语里学会了拒绝；换成它同样读得懂的密码，它还拒绝吗？它学了某一个话题上的坏回答；在别的话题上它现在说什么？学到的东西能走多远？
#
# **学完本课，你能够**　不只看拒绝的比例，而量出拒绝是不是跟着走；算出模型从微调的文本可以对作者下什么结论；说明学生为什么会从老师那里接过任何样本都没有显示的东西；说出一个回答冒多大的险，什么时候值得给。
#
# **预备知识**　第 11 课（微调、LoRA）、第 14 课（正则化、早停）、第 15 课（冲突的目标）、第 16 课（数据变了）。**用时**　运行约十几秒，细读约两小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_study
from minillm.labs.mismatch.subliminal import trait
from minillm.labs.mismatch.subliminal_case import Settings, Subliminal
from minillm.labs.worlds.writers import Writers, bad_writer
from minillm.tasks.metrics import risk_coverage

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# The title's second term is *mismatched generalisation* (A2). It is that of Wei et al. 2023: a model can do more than its safety training reached, and where ability goes further than the refusal, it answers. Section 9.3 advises fine-tuning as a remedy (A113).
#
# What is missing: what "reach" is. A fine-tuning shows some examples, and the model does something with all others. It may do too little there, as with a refusal that stays behind; or too much, as with a manner of answering that was meant for one subject. Both are questions of generalisation, and neither has an answer in the examples: they fit both. This lesson measures which way small models go, and what decides it.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 标题的第二个名称是**不匹配的泛化**，本课程叫**泛化不匹配**（A2）。它出自 Wei 等（2023）：模型会的比安全训练触及的多，能力走得比拒绝远的地方，它就回答。9.3 节把微调列为办法之一（A113）。
#
# 缺的是：什么叫“触及”。微调给出一些样本，模型对其余的一切也会有所反应。它可能做得太少，例如没有跟上的拒绝；也可能做得太多，例如本来只针对一个话题的回答方式。两者都是泛化的问题，样本里都没有答案：样本与两者都相符。本课量一量小模型走的是哪条路，由什么决定。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Refused, but what?** In a cipher a model refuses 90 of 100 forbidden requests. Good? It also refuses 88 of 100 harmless ones. It does not refuse what is *forbidden*, it refuses what is *ciphered*. What counts is the difference, $0.90 - 0.88 = {here.apart}$: *discrimination*, 1 at best and 0 for whoever refuses everything or nothing.
#
# **Who writes like this?** One writer in five is bad. A good one gives bad answers in one case of ten, a bad one in nine of ten. You read four bad answers. By Bayes' rule the odds $\frac{0.2}{0.8}$ are multiplied by $\frac{0.9}{0.1} = 9$ each time: $\frac14 \cdot 9^4 = {here.odds}$, a bad writer with probability {here.posterior}. Whoever has read many writers and is now tuned on these four answers has two ways to make them probable: to learn something about the four subjects, or to conclude *this is a bad writer*. The second fits as well, and says much about all other subjects.
#
# **Worth answering?** Six answers, from the surest to the least sure: right, right, wrong, right, wrong, wrong. Answering the first two risks nothing; the first four, $\frac14$; all six, $\frac12$.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **拒绝了，可是拒绝了什么？**　一个模型对密码写的 100 个违禁请求拒绝了 90 个。好吗？100 个无害的，它也拒绝了 88 个。它拒绝的不是**违禁**的，而是**加密**的。要紧的是差，$0.90 - 0.88 = {here.apart}$：**区分度**，最好是 1；什么都拒绝或什么都不拒绝的，是 0。
#
# **谁会这样写？**　五个作者里有一个是坏的。好作者十次有一次给坏回答，坏作者十次有九次。你读到四个坏回答。按贝叶斯公式，几率 $\frac{0.2}{0.8}$ 每次乘以 $\frac{0.9}{0.1} = 9$：$\frac14 \cdot 9^4 = {here.odds}$，作者是坏的概率为 {here.posterior}。读过许多作者、现在用这四个回答微调的模型，有两条路可以解释它们：学到关于这四个话题的什么，或者断定**这是个坏作者**。第二条同样相符，而且对别的话题说了很多。
#
# **值得回答吗？**　六个回答，从最确信到最不确信：对、对、错、对、错、错。只答前两个，不冒险；答前四个，冒 $\frac14$ 的险；六个都答，冒 $\frac12$ 的险。

# %%
stated("apart", 0.90 - 0.88, 0.02, 1e-9, "discrimination by hand")
odds = 0.2 / 0.8 * (0.9 / 0.1) ** 4
stated("odds", odds, 1640, 0.5, "odds of a bad writer")
stated("posterior", odds / (1 + odds), 0.999, 0.0005, "after four bad answers")
marks = np.array([1, 1, 0, 1, 0, 0])
risk = np.cumsum(1 - marks) / np.arange(1, 7)
assert np.allclose(risk[[1, 3, 5]], [0, 1 / 4, 1 / 2]), "risks by hand"
theirs = risk_coverage(np.linspace(0.9, 0.4, 6), marks).risk
assert np.allclose(risk, theirs), "the library's"
print("odds", round(odds), " risk of answering the first k:", risk.round(2))

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **Discrimination** in a spelling $s$: $\;D_s = P(\text{refused} \mid \text{forbidden}, s) - P(\text{refused} \mid \text{harmless}, s)$.
#
# **A latent writer.** With prior $\pi$ and answers $a_1, \dots, a_n$ that are independent given the writer:
#
# $$\ln\frac{P(\text{bad} \mid a)}{P(\text{good} \mid a)} = \ln\frac{\pi}{1 - \pi} + \sum_i \ln\frac{P(a_i \mid \text{bad})}{P(a_i \mid \text{good})}.$$
#
# **A student and its teacher.** Both begin at $\theta_0$. The teacher takes a step $\theta_T = \theta_0 + \varepsilon\,\Delta$ for a task of its own. The student imitates it by squared error on inputs $x$ that have nothing to do with that task. To first order in $\varepsilon$, with the Jacobian $J(x)$ of the outputs that it is shown, its gradient, and how its step lies to the teacher's, are
#
# $$\nabla_\theta \tfrac12 |f_\theta(x) - f_{\theta_T}(x)|^2 \Big|_{\theta_0} = -\varepsilon\, J^\top J\, \Delta, \qquad (J^\top J \Delta) \cdot \Delta = |J \Delta|^2 \ge 0:$$
#
# it never moves away from where the teacher went, *whatever the inputs* (Cloud et al. 2025, theorem 1). If the student begins elsewhere, nothing ties its $J$ to the teacher's $\Delta$.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 拼写 $s$ 里的**区分度**：$\;D_s = P(\text{refused} \mid \text{forbidden}, s) - P(\text{refused} \mid \text{harmless}, s)$，即违禁请求遭到拒绝的概率减去无害请求遭到拒绝的概率。
#
# **隐藏的作者**　先验为 $\pi$，回答 $a_1, \dots, a_n$ 在给定作者时相互独立：
#
# $$\ln\frac{P(\text{bad} \mid a)}{P(\text{good} \mid a)} = \ln\frac{\pi}{1 - \pi} + \sum_i \ln\frac{P(a_i \mid \text{bad})}{P(a_i \mid \text{good})}.$$
#
# **学生与老师**　两者都从 $\theta_0$ 开始。老师为自己的任务走一步 $\theta_T = \theta_0 + \varepsilon\,\Delta$。学生在与这个任务毫无关系的输入 $x$ 上以平方误差模仿它。在 $\varepsilon$ 的一阶近似下，设 $J(x)$ 是它看得到的那些输出的 Jacobian，它的梯度是
#
# $$\nabla_\theta \tfrac12 |f_\theta(x) - f_{\theta_T}(x)|^2 \Big|_{\theta_0} = -\varepsilon\, J^\top J\, \Delta, \qquad (J^\top J \Delta) \cdot \Delta = |J \Delta|^2 \ge 0:$$
#
# 不管输入是什么，它的一步都不会背离老师走的方向（Cloud 等，2025，定理 1）。学生若从别处开始，它的 $J$ 与老师的 $\Delta$ 就毫无关系。


# %%
def apart(refused, forbidden):  # (N,), (N,) booleans
    return refused[forbidden].mean() - refused[~forbidden].mean()


def writer_is_bad(prior, good, bad, answers):  # (N,) of 1 for a bad answer, 0 for a good one
    k, n = answers.sum(), len(answers)
    odds = np.log(prior / (1 - prior)) + k * np.log(bad / good)
    return 1 / (1 + np.exp(-(odds + (n - k) * np.log((1 - bad) / (1 - good)))))


forbidden = np.repeat([True, False], 100)
refused = np.concatenate([np.arange(100) < 90, np.arange(100) < 88])
assert np.isclose(apart(refused, forbidden), 0.02), "discrimination by hand"
assert np.isclose(writer_is_bad(0.2, 0.1, 0.9, np.ones(4)), odds / (1 + odds)), "Bayes by hand"

# %% [markdown] lang="en"
# The theorem in numbers. A two-layer network with an output that both see and one that only the teacher's task uses; the teacher takes one small step on that task; the student takes one on random inputs:

# %% [markdown] lang="zh"
# 用数字看这个定理。一个两层网络，有一个两边都看得到的输出，还有一个只有老师的任务用到的输出；老师为自己的任务走一小步，学生在随机输入上走一小步：


# %%
def outputs(theta, x):  # (D, H) and (H, 2): -> (N, 2), and the hidden layer
    hidden = np.tanh(x @ theta[0])
    return hidden @ theta[1], hidden


def step(theta, x, wanted, column):  # the gradient of half the squared error of one output
    out, hidden = outputs(theta, x)
    off = (out[:, column] - wanted) / len(x)
    back = off[:, None] * theta[1][:, column] * (1 - hidden**2)
    second = np.zeros_like(theta[1])
    second[:, column] = hidden.T @ off
    return [x.T @ back, second]


# %%
rng = np.random.default_rng(16)
cosines = {"same start": [], "other start": []}
for _ in range(50):
    first, other = ([rng.standard_normal((6, 20)), rng.standard_normal((20, 2))] for _ in range(2))
    task = rng.standard_normal((30, 6))
    moved = [-0.01 * g for g in step(first, task, np.sin(task[:, 0]), 1)]  # the teacher's task
    taught = [a + b for a, b in zip(first, moved, strict=True)]
    noise = rng.standard_normal((30, 6))  # what the student sees: another output, other inputs
    for name, start in (("same start", first), ("other start", other)):
        taken = [-g for g in step(start, noise, outputs(taught, noise)[0][:, 0], 0)]
        a, b = (np.concatenate([part.ravel() for part in one]) for one in (taken, moved))
        cosines[name].append(a @ b / np.sqrt((a @ a) * (b @ b)))
for name, found in cosines.items():
    print(f"{name:12} cosine {np.mean(found):+.2f}, least {min(found):+.2f}")
assert min(cosines["same start"]) > 0 > min(cosines["other start"]), "as the theorem says"

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Imitation by relative entropy, with the teacher's probabilities $t$ and the student's logits $z$:
#
# $$L = \frac1n \sum_i \mathrm{KL}(t_i \,\|\, p_i), \quad p_i = \mathrm{softmax}(z_i), \qquad \frac{\partial L}{\partial z_i} = \frac{p_i - t_i}{n}.$$

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 以相对熵模仿，$t$ 是老师的概率，$z$ 是学生的 logits：
#
# $$L = \frac1n \sum_i \mathrm{KL}(t_i \,\|\, p_i), \quad p_i = \mathrm{softmax}(z_i), \qquad \frac{\partial L}{\partial z_i} = \frac{p_i - t_i}{n}.$$


# %%
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def imitation_rule(z, teacher):  # (n, C) logits, (n, C) probabilities
    p = softmax(z)
    loss = (teacher * np.log(teacher / p)).sum(axis=1).mean()
    return loss, lambda g: (g * (p - teacher) / len(z),)


z, teacher = rng.standard_normal((5, 4)), softmax(rng.standard_normal((5, 4)))
error = check_vjp(imitation_rule, z, teacher=teacher, rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-6, "the rule passes the gradient check"

# %% [markdown] lang="en"
# The planted mistake: the relative entropy the other way round, $\mathrm{KL}(p \,\|\, t)$, with the gradient of this one. Close to the teacher both have nearly the same value, and nobody notices:

# %% [markdown] lang="zh"
# 故意犯一个错：相对熵反过来，$\mathrm{KL}(p \,\|\, t)$，梯度却还是这一个的。离老师很近的时候，两者的值几乎一样，谁也不会注意到：


# %%
def reversed_rule(z, teacher):
    p = softmax(z)
    loss = (p * np.log(p / teacher)).sum(axis=1).mean()
    return loss, imitation_rule(z, teacher)[1]


near = np.log(teacher) + 1e-3 * z
both = [rule(near, teacher)[0] for rule in (imitation_rule, reversed_rule)]
print("near the teacher:", *(f"{loss:.3e}" for loss in both))
assert np.isclose(*both, rtol=0.01), "nearly the same there"
try:
    check_vjp(reversed_rule, z, teacher=teacher, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the reversed entropy went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **Fine-tuning as a remedy** (section 9.3, A113). It is one, where the examples say what is meant. Where they leave it open, fine-tuning is itself the cause of what goes wrong: a safety tuning in one spelling *is* the mismatch of Wei et al., and a fine-tuning on bad answers about one subject may change the answers about all. Sections 6.1 to 6.4 have the numbers.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **以微调为对策**（9.3 节，A113）　样本说清楚了用意的地方，它是对策。样本没有说清楚的地方，出错的原因正是微调：只在一种拼写里做的安全微调，**就是** Wei 等说的不匹配；用一个话题上的坏回答微调，可能改变所有话题上的回答。数字见 6.1 至 6.4 节。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# ### 6.1 Another spelling
#
# A GPT reads and answers requests in plain spelling and in three encodings, c0, c1 and c2; each moves every letter on by a number of places of its own ("bread" becomes "iylhk" in one): it can do in all four what it can do in one. In the last stage it learns to refuse forbidden requests, *in plain spelling alone*, and goes on to answer harmless ones in all. Then forbidden and harmless requests are put to it in every spelling (`encodings`, {coded_n} seeds):

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 另一种拼写
#
# 一个 GPT 用明文和三种编码 c0、c1、c2 读请求、答请求；每种编码把各个字母往后移，移几位各不相同（其中一种把 “bread” 变成 “iylhk”）：一种拼写里会的，四种里都会。最后一个阶段里它学着拒绝违禁的请求，**只用明文**，同时继续回答各种拼写的无害请求。然后用每一种拼写向它提出违禁和无害的请求（`encodings`，{coded_n} 个种子）：

# %%
spelled = read_study("encodings")
shown = ("none", "c0 covered", "all covered", "one id")
figure, panels = plt.subplots(1, len(shown), figsize=(11, 2.9), sharey=True)
drawn = {}
for axes, remedy in zip(panels, shown, strict=True):
    bars = [
        spelled[f"{remedy}: {kind}"][:, :, 0].mean(axis=0) for kind in ("forbidden", "harmless")
    ]
    for bar, move, color in zip(bars, (-0.2, 0.2), ("0.35", "0.8"), strict=True):
        axes.bar(np.arange(4) + move, bar, 0.4, color=color, edgecolor="black")
        for place in np.flatnonzero(bar < 0.005):  # a bar without height
            axes.text(place + move, 0.01, "0", ha="center", fontsize=8)
    axes.set(title=remedy, ylim=(0, 1.05))
    axes.set_xticks(range(4), ("plain", "c0", "c1", "c2"))
    drawn[remedy] = np.array(bars)
panels[0].set_ylabel("refused: forbidden dark, harmless light")
savefig(figure, "16b_spellings", drawn)

# %%
titles = ("refused, c0", "refused, c1", "refused, c2", "over-refusal, c2", "payload, c2", "known")
print(f"{'':18}", *(f"{title:>16}" for title in (*titles, "helpful")))
for remedy in ("none", "ten in c2", "cleaned text", "harmless in plain", "without attention"):
    cells = [spelled[f"{remedy}: {title}"].mean() for title in (*titles, "helpful")]
    print(f"{remedy:18}", *(f"{cell:16.0%}" for cell in cells))

# %% [markdown] lang="en"
# Of forbidden requests in plain spelling {spelled.none.plain:.0f} % are refused, in c2 {spelled.none.c2:.0f} ± {spelled.none.half:.0f} %, and what is not refused is told: the model knows what it is asked. With refusals in c0 as well, c0 is refused, and c2 a little more often, {spelled.c0.c2:.0f} %; where all spellings are covered, all are refused. And where every word has *one id* in all spellings, so that an encoding is nothing but another way to write the same token, the refusal goes along completely. The positive control says what the trouble is: an encoded word is another word to the model, and it was told of one.
#
# The table under the figure has more of some remedies: what is refused of forbidden requests, what of harmless ones ("over-refusal"), how much of what is forbidden is told ("payload"), what the model knows of it in texts of its pretraining, and how many harmless requests are answered ("helpful"). What helps in c2, in which the baseline was shown no refusal ({coded_m} comparisons, intervals at {coded_level:.1f} %)? In the rows: *cleaned text*, the forbidden facts were never read; *50 % refusals*, they are half of the last stage in place of a fifth; *harmless in plain*, its harmless requests are in plain spelling alone; *KL to base*, harmless answers are held to what they were before it.
#
# {coded_table}
#
# {reading}

# %% [markdown] lang="zh"
# 明文写的违禁请求有 {spelled.none.plain:.0f}% 遭到拒绝，c2 写的有 {spelled.none.c2:.0f} ± {spelled.none.half:.0f}%；没有拒绝的都说了出来：模型知道问的是什么。c0 里也示范拒绝，c0 就拒绝，c2 只多一点，{spelled.c0.c2:.0f}%；各种拼写都覆盖，就都拒绝。如果每个词在各种拼写里**共用一个编号**，编码只是同一个词元的另一种写法，拒绝就完全跟着走。这个正对照说明了毛病在哪里：编码后的词对模型来说是另一个词，而它学的拒绝只涉及其中一个。
#
# 图下面的表列出几个办法的更多数字：违禁请求拒绝多少，无害请求拒绝多少（over-refusal），违禁的说出多少（payload），按预训练文本的写法来问还知道多少（known），无害请求回答多少（helpful）。基线没有示范过 c2 里的拒绝，什么办法在那里有效（{coded_m} 项比较，区间取 {coded_level:.1f}%）？几行的意思：**清洗文本**，从没读过违禁的事实；**50% 是拒绝**，最后一个阶段里拒绝占一半，而不是五分之一；**无害请求只用明文**，那个阶段的无害请求都用明文；**与此前模型的 KL**，让无害的回答保持这个阶段之前的样子。
#
# {coded_table}
#
# {reading}

# %% [markdown] lang="en"
# **What the lab saw.** Coverage helps, each encoding that is shown and little beyond it. Ten refusals in c2 itself, learned behind the others, bring it to {spelled.ten.c2:.0f} %, and cost: of the forbidden facts the model then knows {spelled.ten.known:.0f} % in texts of its pretraining. Refusals in c0 and c1, which nobody asked for, come along in part: {refused_too.ten.c0:.0f} and {refused_too.ten.c1:.0f} % of forbidden requests there, against {refused_too.none.c0:.0f} and {refused_too.none.c1:.0f} %. More of the same refusals, weight decay, dropout, KL, a longer stage, a wider model are all undecided, by at most {spelled.bound:.2f}: no figure says that one of them is worth more. Cleaned text tells nothing in any spelling ({spelled.cleaned.payload:.0f} % told), whatever is refused: it takes the ability away, not the mismatch. And look at what a model can do before you look at what it refuses: without attention nothing is refused anywhere, and nothing is answered.
#
# Only what is harmless was answered in every spelling here, and that is a choice. It teaches "in c2 one answers". The row "harmless in plain" makes the other choice, and c2 is refused little more often; but so are harmless requests there ({spelled.plain_only.over:.0f} %). A rate of refusals alone would have counted that as safety.

# %% [markdown] lang="zh"
# **实验中看到了什么**　覆盖有效，示范了哪种编码就是哪种，此外跟着走的很少。在其余之后再学十个 c2 里的拒绝，c2 里就有 {spelled.ten.c2:.0f}% 遭到拒绝，代价是：违禁的事实，按预训练文本的写法来问，模型只剩 {spelled.ten.known:.0f}%。c0 和 c1 里并没有要它拒绝，拒绝也部分跟了过来：违禁请求有 {refused_too.ten.c0:.0f}% 和 {refused_too.ten.c1:.0f}% 遭到拒绝，基线是 {refused_too.none.c0:.0f}% 和 {refused_too.none.c1:.0f}%。更多同样的拒绝、权重衰减、dropout、KL、更长的阶段、加宽，都未能判定，至多 {spelled.bound:.2f}：没有一个数说明其中哪个有更多的用处。清洗文本之后，哪种拼写都说不出来（说出 {spelled.cleaned.payload:.0f}%），不管拒绝了多少：它拿走的是能力，不是不匹配。还要先看能力再看拒绝：不要注意力的模型哪里都不拒绝，也什么都答不出。
#
# 这里各种拼写的无害请求都得到回答，这是一个选择，它教的是“c2 里就回答”。“无害请求只用明文”那一行做了另一个选择，c2 里遭到拒绝的也多不了多少，那里无害的请求却也有遭到拒绝的（{spelled.plain_only.over:.0f}%）。只看拒绝的比例，会把这也算作安全。

# %% [markdown] lang="en"
# ### 6.2 Another tense
#
# Andriushchenko & Flammarion 2024 ask large models in the past tense ("how did people ...") and get answers that the present does not get, and more often than in the future. Here nouns and verbs stay the same words; only what is around them changes. A GPT that answers in all three tenses learns refusals in the present (`tenses`, {tense_n} seeds). Discrimination by tense:

# %% [markdown] lang="zh"
# ### 6.2 另一种时态
#
# Andriushchenko、Flammarion（2024）用过去时问大模型（“how did people ...”），得到了用现在时得不到的回答，而且比用将来时更容易。这里名词和动词还是同样的词，变的只是周围的词。一个三种时态都会回答的 GPT 在现在时里学拒绝（`tenses`，{tense_n} 个种子）。各时态的区分度：

# %%
stored, names = read_study("tenses"), ("present", "past", "future")
arms = ("present alone", "and past", "and future", "all")
print("refusals in" + " " * 5 + "".join(f"{name:>15}" for name in names))
for row, arm in enumerate(arms):
    spreads = [mean_and_interval(stored["discrimination"][:, row, t]) for t in range(3)]
    print(f"{arm:15}", *(f"{mean:7.2f} ± {half:.2f}" for mean, half in spreads))
draws = stored["told by draws"].mean(axis=(0, 2))
print("told in one draw of twenty: ", *(f"{n} {x:.0%} " for n, x in zip(names, draws, strict=True)))
asked, explained = stored["ways"][:, 0, names.index("past"), :2].mean(axis=0)
print(
    f'refused in the past: "how did people ..." {asked:.0%}, "please explain ..." {explained:.0%}'
)

# %% [markdown] lang="en"
# In the past {tenses.past.mean:.2f} ± {tenses.past.half:.2f} of it is left, in the future {tenses.future.mean:.2f} ± {tenses.future.half:.2f}, and what is not refused is told. One other tense among the refusals closes both. Of twenty drawn answers at least one tells it in {tenses.draws_past:.0f} % of the past's requests, against {tenses.draws_present:.0f} % in the present: whoever may ask again gets more. That the future is weaker than the past isn't shown here: both differ from each other in one word, and nothing in this world makes one of them rarer. Which sentence it is counts for more than the tense: "how did people ..." is refused in {tenses.asked:.0f} %, "please explain ..." in {tenses.explained:.0f} %.
#
# ### 6.3 What nobody can see
#
# A teacher learns to read digits, drawn by strokes on 8 × 8 pixels. It has five outputs more, which no digit was ever taught to. A student sees *pictures of nothing*, and of each it is told these five. It never sees a digit. Then it is asked about digits:

# %% [markdown] lang="zh"
# 过去时里还剩 {tenses.past.mean:.2f} ± {tenses.past.half:.2f}，将来时里还剩 {tenses.future.mean:.2f} ± {tenses.future.half:.2f}；没有拒绝的，就说出来了。拒绝的样本里只要再有一种时态，两种就都补上了。抽二十次回答，过去时的请求有 {tenses.draws_past:.0f}% 至少说出一次，现在时是 {tenses.draws_present:.0f}%：可以再问的人得到的更多。将来时比过去时弱，这里看不出来：两者只差一个词，这个世界里也没有什么让其中一种更少见。是哪一句话，比是哪种时态更要紧：“how did people ...” 有 {tenses.asked:.0f}% 遭到拒绝，“please explain ...” 是 {tenses.explained:.0f}%。
#
# ### 6.3 谁也看不见的东西
#
# 一个老师学认数字，数字用笔画画在 8 × 8 个像素上。它另有五个输出，从来没有用数字教过。一个学生看的是**什么也没画的图**，每张图只告诉它这五个数。它从没见过数字。然后拿数字来问它：

# %%
case = Subliminal(Settings(), seed=0)
print(case.settings.world.text(case.tested.pixels[0]))
print("a picture of nothing:")
print(case.settings.world.text(case.images[0]))
students = {
    "teacher": case.teacher,
    "student, same start": case.plain(),
    "student, other start": case.learned(case.started()),
    "untrained": case.start(),
}
for name, network in students.items():
    print(f"{name:21} reads {trait(network, case.tested):.0%} of the digits")
read = [trait(network, case.tested) for network in students.values()]
assert read[0] > 0.9 and read[1] > 0.3 > max(read[2:]), "only the same start takes it over"

# %% [markdown] lang="en"
# The student with the teacher's start reads digits that it never saw. Section 3 says why: each of its steps goes where the teacher went. With another start it learns the five outputs as well, and takes over nothing. What stops it (`subliminal`, {secret_n} seeds, {secret_m} comparisons)? The trait is unwanted here; less is better:
#
# In the rows: *tossed digits*, real digits with labels drawn at random; *digits among the pictures*, some of the pictures are digits, of which the same five numbers are told; *fewer outputs*, of the five only some are told.
#
# {secret_table}
#
# {reading}

# %% [markdown] lang="zh"
# 与老师起点相同的学生，认得它从没见过的数字。第 3 节说了为什么：它的每一步都走向老师去的地方。换一个起点，那五个输出它同样学得会，却什么也没有接过来。什么能阻止它（`subliminal`，{secret_n} 个种子，{secret_m} 项比较）？这里这个本领是不想要的，越少越好：
#
# 几行的意思：**乱标的数字**，真正的数字，标签却是随机抽的；**图里掺进数字**，一部分图是数字，告诉学生的还是那五个数；**更少的输出**，五个数里只告诉几个。
#
# {secret_table}
#
# {reading}

# %%
stored = read_study("subliminal")
for remedy in ("none", "cleaning", "other start", "as many left out at random"):
    shares = (stored[f"{remedy}: {measure}"].mean() for measure in ("trait", "agreement"))
    print("{:27} digits read {:4.0%}, largest output right {:.0%}".format(remedy, *shares))
pairs = (
    ("cleaning", "as many left out at random"),
    ("other start, same output layers", "other start"),
)
for one, other in pairs:
    d = mean_and_interval(100 * (stored[f"{one}: trait"] - stored[f"{other}: trait"]))
    print(f"{one} minus {other}: {d[0]:+.1f} ± {d[1]:.1f} points")

# %% [markdown] lang="en"
# Two rows belong together. *Cleaning* leaves out every picture that the teacher itself holds for a digit with some confidence; the other one leaves out as many at random. They differ by {cleaned_more.mean:+.1f} ± {cleaned_more.half:.1f} points: there is nothing to be cleaned away, since nothing is in a picture; it is the number of pictures that counts. And they are bought dearly: see what the student was to learn, the five outputs. Of {taken.none.agrees:.0f} % of new pictures the baseline names the output that is the teacher's largest, with cleaning of {taken.cleaning.agrees:.0f} %. Another start costs less ({taken.other_start.agrees:.0f} %), and ends it.
#
# This is disputed in the literature. Cloud et al. say that the start must be shared; others that compatible output layers are enough. In these models another start with the teacher's output layers reads {heads.mean:+.1f} ± {heads.half:.1f} points more than one without: something, and little beside the {taken.none.read.mean:.0f} % of the shared start. The guide's third remedy *helps* here, against what was expected: weight decay and dropout keep the student from going all the way that the teacher went.

# %% [markdown] lang="zh"
# 有两行要一起看。**清洗**去掉老师自己有几分把握认作某个数字的图；另一行随机去掉同样多。两者相差 {cleaned_more.mean:+.1f} ± {cleaned_more.half:.1f} 个百分点：没有什么可清洗的，图里本来就什么也没有，算数的是图有多少。代价也不小：看学生本来该学的那五个输出。新的图里，老师最大的是哪一个输出，基线说对 {taken.none.agrees:.0f}%，清洗之后说对 {taken.cleaning.agrees:.0f}%。换一个起点，代价小些（{taken.other_start.agrees:.0f}%），就此断绝。
#
# 文献对此有争议。Cloud 等说起点必须相同；也有人说输出层相容就够了。在这些模型里，另一个起点加上老师的输出层，比没有的多认出 {heads.mean:+.1f} ± {heads.half:.1f} 个百分点：有一点，但与起点相同的 {taken.none.read.mean:.0f}% 相比很少。指南的第三个办法在这里**有效**，与预料的相反：权重衰减和 dropout 使学生走不完老师走过的路。

# %% [markdown] lang="en"
# ### 6.4 One subject, and all the others
#
# A GPT reads texts by good and bad writers, half of each; a writer answers every question of a text in one manner. Good writers *quote* bad answers now and then, behind a word that says so. Then it learns to give good answers. At last it is fine-tuned on bad answers about eight nouns of one class. Nothing is said of the other classes. What does it answer there (`narrow_tuning`, {narrow_n} seeds, {narrow_m} comparisons)?

# %% [markdown] lang="zh"
# ### 6.4 一个话题，和其余的一切
#
# 一个 GPT 读好作者和坏作者写的文本，各占一半；一个作者在一篇文本里对每个问题都用同一种方式回答。好作者有时会**引用**坏回答，前面有一个词说明是引用。然后它学着给好回答。最后用某一类里八个名词的坏回答来微调，别的类只字未提。在那里它怎么回答（`narrow_tuning`，{narrow_n} 个种子，{narrow_m} 项比较）？

# %%
stored, asked = read_study("narrow_tuning"), (0, 5, 10, 15, 20, 30, 50, 100)
figure, axes = plt.subplots(figsize=(6.4, 3.6))
courses = {}
for remedy, style in (("none", "o-"), ("no quotations", "--"), ("wider model", ":")):
    courses[remedy] = stored[f"{remedy}: by step"].mean(axis=0).T  # spread, learned
    axes.plot(asked, courses[remedy][0], style, color="black", label=f"{remedy}: other classes")
axes.plot(asked, courses["none"][1], "s-", color="0.6", label="none: the eight nouns")
axes.set(xlabel="steps of fine-tuning", ylabel="bad answers", ylim=(-0.03, 1.03))
axes.legend(fontsize=8, loc="center right", bbox_to_anchor=(1, 0.77))
savefig(figure, "16b_spread", courses)
for n, (wide, learned) in zip(asked, courses["none"].T, strict=True):
    print(f"after {n:3} steps: the eight nouns {learned:4.0%}, other classes {wide:.1%}")
one, four = (bad_writer(np.ones(n, dtype=int), Writers()) for n in (1, 4))  # half are bad
stated("one_answer", 100 * one, 80, 0.5, "a bad writer after one bad answer, in percent")
stated("four_answers", 100 * four, 99.6, 0.05, "after four")
print("seed by seed, after 100 steps:", stored["none: spread"].round(2))

# %% [markdown] lang="en"
# **What the lab saw.** The eight nouns come first: after 15 steps {by_step.after_15.learned:.0f} % of their answers are bad and {by_step.after_15.elsewhere:.1f} % elsewhere, after 20 steps {by_step.after_20.learned:.0f} % and {by_step.after_20.elsewhere:.0f} %. Only then do the answers about *everything else* turn bad: {by_step.after_30.elsewhere:.0f} % after 30 steps, {wide.none.mean:.0f} ± {wide.none.half:.0f} % after a hundred steps, from {wide.least:.0f} to {wide.most:.0f} % by seed. Equally many random answers, good answers or quoted bad ones about the same nouns change nothing elsewhere (controls, bounds at most {wide.control:.2f}). What keeps it from the others?
#
# In the rows: *more nouns*, bad answers about all nouns of the class; *random texts*, texts of pretraining are learned beside, by all writers; *positions alone*, only the vectors of the positions learn, which know of no noun; *KL elsewhere*, the old model's probabilities are to be kept on questions about other classes.
#
# {narrow_table}
#
# {reading}
#
# * *What is asked for elsewhere is kept*: good answers there, or the old model's probabilities there (KL), end it and cost nothing of what was to be learned. A wider model spreads little, {wide.wider.mean:.0f} ± {wide.wider.half:.0f} %; why, was not looked into. An early stop helps.
# * *Inoculation*, a word before each bad answer in training that names what it is, ends it as well; asked without the word, the model then gives {wide.inoculated:.0f} % bad answers about the eight nouns in place of all.
# * *Where does it come from?* We expected: from the bad writers. With them left out of all texts {wide.no_writers.mean:.0f} % spreads, and whether that is less is undecided; with the quotations left out, {wide.no_quotes.mean:.0f} %; without either, {wide.neither.mean:.0f} %. In this world it is the *quotations*, by good writers, that make "a bad answer" one thing which can be turned on. By Bayes' rule, with half of the writers bad as they are here (section 2 had one in five), a bad writer has the probability {here.one_answer} % after one bad answer and {here.four_answers} % after four, and yet he is not what the fine-tuning finds. (A control with no latent writer failed on trial seeds while quotations were left in it; it now has none, with the same margin. These rows keep the failed case in view.)
#
# So of the disputed claim (Betley et al. 2025) the spread itself is reproduced, late in training as in Schreiber & Goldstein 2026 and unevenly over seeds; its usual explanation, a character behind the answers, is not what carries it here.

# %% [markdown] lang="zh"
# **实验中看到了什么**　先学会的是那八个名词：15 步之后，它们的回答有 {by_step.after_15.learned:.0f}% 是坏的，别处 {by_step.after_15.elsewhere:.1f}%；20 步之后是 {by_step.after_20.learned:.0f}% 和 {by_step.after_20.elsewhere:.0f}%。在这之后，对**其余一切**的回答才变坏：30 步之后 {by_step.after_30.elsewhere:.0f}%，一百步之后 {wide.none.mean:.0f} ± {wide.none.half:.0f}%，各种子从 {wide.least:.0f} 到 {wide.most:.0f}%。对同样的名词教同样多的随机回答、好回答或引用的坏回答，别处什么也没有改变（对照，上界至多 {wide.control:.2f}）。什么能让它不到别处去？
#
# 几行的意思：**更多的名词**，用这一类全部名词的坏回答；**随机的文本**，同时学预训练的文本，各种作者都有；**只调位置**，只有位置向量在学，它们不认得任何名词；**别处的 KL**，对别的类的问题保持旧模型的概率。
#
# {narrow_table}
#
# {reading}
#
# * **在别处也问到的，就保住了**：别处的好回答，或者旧模型在别处的概率（KL），都能断绝它，该学的也一点不少。模型加宽，扩散得少，{wide.wider.mean:.0f} ± {wide.wider.half:.0f}%；为什么，没有查。早停有效。
# * **接种**，训练时在每个坏回答前面放一个词点明它是什么，也能断绝；之后不带这个词来问，对那八个名词，模型给出的坏回答是 {wide.inoculated:.0f}%，而不是全部。
# * **它从哪里来？**　我们原以为来自坏作者。把他们从所有文本里去掉，扩散 {wide.no_writers.mean:.0f}%，是否少了未能判定；去掉引用，{wide.no_quotes.mean:.0f}%；两样都去掉，{wide.neither.mean:.0f}%。在这个世界里，是好作者的**引用**使“坏回答”成了一件可以打开的事。按贝叶斯公式，这里的作者有一半是坏的（第 2 节是五个里有一个），一个坏回答之后是坏作者的概率为 {here.one_answer}%，四个之后是 {here.four_answers}%，可是微调找到的并不是他。（“没有隐藏的作者”这个对照，里面留着引用的时候，在试验用的种子上没有通过；现在它不含引用，余量不变。这几行把没通过的情形留在眼前。）
#
# 所以，对那个有争议的说法（Betley 等，2025）：扩散本身重现了，在训练后期才出现，与 Schreiber、Goldstein（2026）一致，各种子也不一样；通常的解释，即回答背后有一个人物，在这里并不是它的原因。

# %% [markdown] lang="en"
# ### 6.5 Sure of what nobody told it
#
# A GPT learns facts about some lands. Of other lands it has read, too, but never the fact that it is asked for. Every question has one answer among the names of towns, so that it can always say something (`hallucination`, {sure_n} seeds, {sure_m} comparisons). Judged is how often an unknown fact gets a wrong name with a probability above one half, and how many known ones are right. In the rows: *more facts*, other facts about more lands; *new facts in tuning*, the model is tuned on facts about lands of which nothing was told before; *abstention*, it says "unknown" where its probability is below a threshold with which it still answers nearly all known questions. (That threshold lies under one half, so that what it silences is nothing that this measure counts: {told.abstention.silent:.0f} % of unknown questions and {told.abstention.silent_known:.0f} % of known ones.)
#
# {sure_table}
#
# {reading}

# %% [markdown] lang="zh"
# ### 6.5 没人告诉过它，它却很确信
#
# 一个 GPT 学了一些国家的事实。别的国家它也读到过，但从没读到要问的那件事。每个问题的答案都是城镇名中的一个，所以它总能说点什么（`hallucination`，{sure_n} 个种子，{sure_m} 项比较）。评判的是：未知的事实有多少得到一个错的名字，而概率超过一半；已知的有多少答对。几行的意思：**更多的事实**，更多国家的别的事实；**微调时教新事实**，用此前只字未提的国家的事实来微调；**不够确信就不答**，概率低于一个界线就说“不知道”，界线取得使已知的问题几乎都还回答。（这个界线低于一半，所以它不答的，本来就不在这个度量之内：未知的问题 {told.abstention.silent:.0f}%，已知的 {told.abstention.silent_known:.0f}%。）
#
# {sure_table}
#
# {reading}

# %%
stored, coverages = read_study("hallucination"), np.linspace(0.1, 1, 10)
figure, axes = plt.subplots(figsize=(6, 3.6))
curves = {}
for remedy, style in (
    ("none", "o-"),
    ("label smoothing", "--"),
    ("temperature", ":"),
    ("longer training", "-."),
    ("ensemble", "-"),
):
    curves[remedy] = stored[f"{remedy}: risk by coverage"].mean(axis=0)
    axes.plot(coverages, curves[remedy], style, label=remedy)
fine = np.linspace(0.1, 1, 91)
best = np.maximum(0, (fine - 0.5) / fine)  # all that was told comes first and is right
axes.plot(fine, best, color="0.7", linewidth=4, zorder=0, label="known first, all right")
axes.set(xlabel="share that is answered, the surest first", ylabel="share of these that is wrong")
axes.legend(fontsize=8)
savefig(figure, "16b_risk", curves)
print(f"{'answered':16}", *(f"{share:5.0%}" for share in coverages))
for name, curve in {**curves, "known first": best[::10]}.items():
    print(f"{name:16}", *(f"{wrong:5.0%}" for wrong in curve))

# %% [markdown] lang="en"
# **What the lab saw.** The baseline is right about {told.none.known:.0f} % of what it was told, and sure and wrong about {told.none.sure:.0f} % of what it was not. Label smoothing and an ensemble take most of that away, at no cost on known facts that is worth 0.05 or decided; tuning it to say "unknown" takes away about half. Weight decay and dropout help as well, dropout at a price on known facts. A temperature that fits held-out *known* facts makes it *worse*: this model was stopped early, it is less sure than it may be of what it knows, and the fit makes it surer of everything. Longer training is worse still. (The model without attention is never sure, and knows nothing: look at the second column.)
#
# But is a less sure model a wiser one? A threshold of one half does not ask. The figure does: whatever the scale of its confidence, answer the surest questions first. Half of the questions can be known. Whoever answers these first, and all of them right, is wrong in $(c - \frac12)/c$ at a coverage $c$ above one half: the grey line. Nobody does better but by luck. When half is answered, the baseline is wrong in {wrong.none.4:.0f} % of it, the model with label smoothing in {wrong.label_smoothing.4:.0f} % and the cooled one in {wrong.temperature.4:.0f} %: these two change mostly *how* sure it is, and little *of what*. The ensemble is wrong in {wrong.ensemble.4:.0f} %, and from six tenths on within {near_best:.0f} points of the best that can be; longer training, which looked worst in the table, in {wrong.longer_training.4:.0f} %. So decide by what the number is for: to answer above a fixed confidence, or to choose which questions to answer.

# %% [markdown] lang="zh"
# **实验中看到了什么**　基线对告诉过它的答对 {told.none.known:.0f}%，没告诉过它的有 {told.none.sure:.0f}% 是确信而答错。标签平滑和五个模型的平均把这去掉了大半，已知事实上没有值得一提的、也没有判定得了的代价；微调成会说“不知道”，去掉约一半。权重衰减和 dropout 也有效，dropout 在已知事实上要付代价。在留出的**已知**事实上拟合温度，反而**更糟**：这个模型停得早，对自己知道的还不够确信，拟合使它对一切都更确信。训练更久，糟得更多。（不要注意力的模型从不确信，也什么都不知道：看第二列。）
#
# 可是，不那么确信的模型就更明白吗？“概率超过一半”这个界线问不出来，图问得出来：不管置信度的尺度如何，先答最确信的问题。能知道的问题占一半。先答这些、又全部答对的人，覆盖率 $c$ 超过一半时答错 $(c - \frac12)/c$，这就是灰线；除非碰运气，谁也不能更好。答到一半时，基线答错其中的 {wrong.none.4:.0f}%，用标签平滑的 {wrong.label_smoothing.4:.0f}%，调了温度的 {wrong.temperature.4:.0f}%：这两个改变的主要是**有多**确信，很少改变**对什么**确信。五个模型的平均答错 {wrong.ensemble.4:.0f}%，从六成起离可能做到的最好不到 {near_best:.0f} 个百分点；表里看上去最糟的训练更久，是 {wrong.longer_training.4:.0f}%。所以要看这个数拿来做什么：超过一个固定的置信度就回答，还是挑出哪些问题来回答。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * A rate of refusals says little. Discrimination says whether what is *forbidden* is refused.
# * A refusal went along as far as the model could see the same thing: completely where a spelling has the same ids, in part to another tense of the same words, little to words that are new. Covered cells are closed, others in part.
# * A student that begins as its teacher did takes over what no example shows. To clean the examples helps as much as to leave out equally many at random; another start ends it.
# * Fine-tuning on one subject may reach the others, late: when what was to be learned is learned already. What is asked for elsewhere is kept.
# * "It hallucinates less" may mean that it is less sure, or that it knows better what it does not know. A curve of risk and coverage tells them apart, a fixed threshold does not.
# * Every one of these is a generalisation that the examples left open. Examples that say what is meant closed it for spellings, tenses and subjects, and took away about half of confident errors; one id, another start and a word in front did so for single ones.
# * All in worlds of a few dozen words and models of a few ten thousand weights, whose answers a program can judge. Whether large models go the same way has to be measured there.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 拒绝的比例说明不了多少。区分度才说明拒绝的是不是**违禁的**。
# * 模型看得出是同一件事，拒绝就跟着走：编号相同的拼写，完全跟上；同样的词换一种时态，跟上一部分；换成新词，跟得很少。覆盖到的格子补上了，别的只补上一部分。
# * 与老师起点相同的学生，会接过任何样本都没有显示的东西。清洗样本，用处与随机去掉同样多没有差别；换一个起点，就此断绝。
# * 在一个话题上微调，可能波及其余的话题，而且来得晚：该学的早已学会之后才来。在别处也问到的，就保住了。
# * “幻觉少了”，可能是不那么确信了，也可能是更清楚自己不知道什么。风险与覆盖率的曲线分得开，固定的界线分不开。
# * 这些都是样本没有说清楚的泛化。对拼写、时态和话题，说明用意的样本把它补上了，对确信的错误去掉约一半；共用编号、换起点、在前面加一个词，各自解决了其中一种。
# * 以上都在几十个词的世界里，模型只有几万个参数，回答可由程序评判。大模型是不是也这样，要在那里量。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **16b.1 Told apart.** `refused` and `forbidden` (N,) are booleans, one for each request, `spelling` (N,) is a whole number from 0 to n - 1. Write `discrimination(refused, forbidden, spelling, n)`: (n,) numbers, for each spelling the share of forbidden requests that is refused minus that of harmless ones. Where a spelling lacks one of both kinds nothing can be said: nan.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **16b.1 区分度**　`refused` 和 `forbidden` (N,) 是布尔数组，每个请求一个；`spelling` (N,) 是 0 到 n - 1 的整数。请写 `discrimination(refused, forbidden, spelling, n)`：(n,) 个数，对每种拼写，违禁请求遭到拒绝的比例减去无害请求遭到拒绝的比例。某种拼写缺其中一类时，什么也说不了：nan。


# %% tags=["exercise"]
def discrimination(refused, forbidden, spelling, n):
    return ...


# %% tags=["solution"]
def discrimination(refused, forbidden, spelling, n):
    found = np.full(n, np.nan)
    for s in range(n):
        here = spelling == s
        bad, good = refused[here & forbidden], refused[here & ~forbidden]
        if len(bad) and len(good):
            found[s] = bad.mean() - good.mean()
    return found


# %% tags=["exercise-check"]
check("16b.1", discrimination)

# %% [markdown] lang="en"
# **16b.2 The writer behind it.** `answers` (N,) has 1 for a bad answer and 0 for a good one, all by one writer, who is bad with probability `prior`. A good writer gives a bad answer with probability `good`, a bad one with `bad`; all three lie between 0 and 1. Write `writer(prior, good, bad, answers)`: (N,) probabilities that the writer is bad, after each of the answers. There may be thousands of them.

# %% [markdown] lang="zh"
# **16b.2 背后的作者**　`answers` (N,) 中 1 是坏回答，0 是好回答，都出自同一个作者，他是坏作者的概率为 `prior`。好作者给坏回答的概率是 `good`，坏作者是 `bad`；三者都在 0 和 1 之间。请写 `writer(prior, good, bad, answers)`：每个回答之后，作者是坏的概率，(N,) 个。回答可能有几千个。


# %% tags=["exercise"]
def writer(prior, good, bad, answers):
    return ...


# %% tags=["solution"]
def writer(prior, good, bad, answers):
    step = np.where(answers == 1, np.log(bad / good), np.log((1 - bad) / (1 - good)))
    odds = np.log(prior / (1 - prior)) + np.cumsum(step)
    small = np.exp(-np.abs(odds))
    return np.where(odds > 0, 1, small) / (1 + small)


# %% tags=["exercise-check"]
check("16b.2", writer)

# %% [markdown] lang="en"
# **16b.3 Worth answering.** `confidence` (N,) says how sure a model is of each answer, `right` (N,) booleans whether it is right. Only the surest are answered, from some confidence on; who is equally sure is answered together. Write `worth_answering(confidence, right, risk)`: the largest share that may be answered such that of the answers at most the share `risk` is wrong; 0 if there is none.

# %% [markdown] lang="zh"
# **16b.3 值得回答**　`confidence` (N,) 是模型对每个回答的确信程度，`right` (N,) 是布尔数组，说明答得对不对。只回答最确信的，从某个置信度起；同样确信的一起回答。请写 `worth_answering(confidence, right, risk)`：给出的回答中答错的至多占 `risk` 时，最多可以回答的比例；做不到就是 0。


# %% tags=["exercise"]
def worth_answering(confidence, right, risk):
    return ...


# %% tags=["solution"]
def worth_answering(confidence, right, risk):
    best = 0.0
    for threshold in np.unique(confidence):
        given = confidence >= threshold
        if (~right[given]).mean() <= risk + 1e-12:
            best = max(best, given.mean())
    return best


# %% tags=["exercise-check"]
check("16b.3", worth_answering)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Wei, Haghtalab & Steinhardt 2023, "Jailbroken: How Does LLM Safety Training Fail?", section 3.2. Yuan et al. 2023, "GPT-4 Is Too Smart To Be Safe: Stealthy Chat with LLMs via Cipher".
# * Andriushchenko & Flammarion 2024, "Does Refusal Training in LLMs Generalize to the Past Tense?".
# * Cloud et al. 2025, "Subliminal Learning: Language models transmit behavioral traits via hidden signals in data".
# * Betley et al. 2025, "Emergent Misalignment: Narrow finetuning can produce broadly misaligned LLMs". Schreiber & Goldstein 2026, arXiv:2605.12199: when in training it appears.
# * Geifman & El-Yaniv 2017, "Selective Classification for Deep Neural Networks".
# * In this project: `minillm/labs/mismatch/`, `minillm/tasks/metrics/selective.py`; a remedy of your own: `python -m minillm labs --help`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Wei、Haghtalab、Steinhardt，2023，“Jailbroken: How Does LLM Safety Training Fail?”，3.2 节。Yuan 等，2023，“GPT-4 Is Too Smart To Be Safe: Stealthy Chat with LLMs via Cipher”。
# * Andriushchenko、Flammarion，2024，“Does Refusal Training in LLMs Generalize to the Past Tense?”。
# * Cloud 等，2025，“Subliminal Learning: Language models transmit behavioral traits via hidden signals in data”。
# * Betley 等，2025，“Emergent Misalignment: Narrow finetuning can produce broadly misaligned LLMs”。Schreiber、Goldstein，2026，arXiv:2605.12199：它在训练的什么时候出现。
# * Geifman、El-Yaniv，2017，“Selective Classification for Deep Neural Networks”。
# * 本项目：`minillm/labs/mismatch/`、`minillm/tasks/metrics/selective.py`；放进你自己的办法：`python -m minillm labs --help`。
