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
#     lesson: 17
#     guide: ['8.2.3']
#     budget_s: 25
#     errata: [A107]
#     introduces: [minillm.tasks.group_thresholds, minillm.tasks.metrics.association, minillm.tasks.metrics.fairness, minillm.tasks.metrics.fairness_identities, minillm.tasks.metrics.group_scores, minillm.tasks.metrics.intervals, minillm.text.word_swaps, minillm.training.fairness]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import LANGUAGE, study
from minillm.course.verdict_tables import READING, spread, verdict_table
from minillm.labs.challenges import fairness, fairness_dials, fairness_price, word_association
from minillm.labs.compare_result import Result

reading = READING[LANGUAGE]
lab = Result(fairness.STUDY, list(fairness.STUDY.remedies), study("fairness"), {})
n_seeds, m = len(lab.values("none", "TPR gap")), fairness.STUDY.comparisons
n_remedies, level = len(lab.remedies) - 1, 100 * (1 - 0.05 / m)
table = verdict_table(
    lab,
    {
        "en": ("kind, as in 9.3", "remedy", "TPR gap", "score gap"),
        "zh": ("种类，按 9.3 节", "办法", "TPR 之差", "分数之差"),
    }[LANGUAGE],
    {
        "1 architecture / 1 模型结构": {
            "wider model": "模型加宽",
            "without attention": "不要注意力",
            "without residuals": "不要残差",
        },
        "2 data / 2 数据": {
            "more data": "更多的数据",
            "word dropout": "随机删词",
            "names masked": "遮住名字",
            "names and hobbies masked": "名字和爱好都遮住",
            "counterfactual towns": "换个镇再学一遍",
            "quarter looked up": "复查四分之一",
        },
        "3 regularisation / 3 正则化": {"weight decay": "权重衰减", "dropout": "dropout"},
        "4 fine-tuning / 4 微调": {"128 judged by merit": "重新评定 128 人"},
        "not in the guide / 指南没有的": {
            "early stop": "提前停止",
            "reweighted": "重新加权",
            "covariance penalty": "协方差惩罚",
            "thresholds by town": "各镇各的阈值",
        },
    },
    ("TPR gap", "score gap"),
    language=LANGUAGE,
)
words = {key: one.word.partition(" ")[0] for key, one in lab.verdicts().items()}
neither = [  # know neither towns nor merits
    *("wider model", "without attention", "without residuals", "more data", "word dropout"),
    *("weight decay", "dropout", "early stop"),
]
assert {words[r, "TPR gap"] for r in neither} == {"undecided"}, "as the prose says"
assert [r for r in neither if words[r, "score gap"] != "no"] == ["wider model"], "as the prose says"
aimed = [r for r in lab.remedies[1:] if r not in neither]
assert {words[r, "TPR gap"] for r in aimed} == {"helps"}, "as the prose says"
assert [r for r in aimed if words[r, "score gap"] != "helps"] == ["thresholds by town"], "no score"
bound = {
    "gap": 100 * max(lab.verdicts()[r, "TPR gap"].bound for r in neither),
    "wider": 100 * lab.verdicts()["wider model", "score gap"].bound,
}
one = lab.verdicts()["128 judged by merit", "TPR gap"]
judged = {"mean": 100 * one.mean, "half": 100 * one.half}


def in_points(remedy):
    """Means in percent or points, each with half an interval, and changes against the baseline."""
    named = {
        "gap": "TPR gap",
        "score": "score gap",
        "merit": "accuracy, merit",
        "told": "accuracy, told",
        "flipped": "flipped by swap",
    }
    found = {key: spread(100 * lab.values(remedy, name)) for key, name in named.items()}
    for key in ("merit", "told"):
        found[f"{key}_change"] = spread(100 * lab.differences(remedy, named[key]))
    return found


shown = {r.replace(" ", "_"): in_points(r) for r in lab.remedies}
for r in ("names and hobbies masked", "counterfactual towns", "reweighted", "thresholds by town"):
    one = shown[r.replace(" ", "_")]
    assert one["told_change"]["mean"] + one["told_change"]["half"] < 0, "costs on labels as told"
    assert one["merit_change"]["mean"] + one["merit_change"]["half"] > 0, "no loss by merit is seen"
gain = shown["thresholds_by_town"]["merit_change"]
assert gain["mean"] - gain["half"] > 2, "thresholds gain by merit"
assert not lab.passes("towns by lot, TPR"), "the control that the prose names"
lots = 100 * lab.controls()["towns by lot, TPR"].bound
seen_controls = [name for name in fairness.CONTROLS if lab.passes(name)]
assert len(seen_controls) == 3, "the other controls pass"

dials, plan = study("fairness_dials"), fairness_dials.STUDY.settings
assert plan.penalties == (0.0, 0.2, 0.4, 0.0, 0.4) and plan.second_good[3] == 0.35, "the worlds"
n_dials = len(dials["TPR"])


def apart(name, world):
    """First town minus second in points."""
    return spread(100 * (dials[name][:, world, 0] - dials[name][:, world, 1]))


copied = {
    key: {"TPR": apart("TPR", w), "score": apart("merited score", w)}
    | {
        "known": apart("known TPR", w)["mean"],
        "planted": apart("known merited score", w)["mean"],
    }
    for key, w in (("none", 0), ("weak", 1), ("strong", 2), ("unequal", 3))
}
for key, planted in (("weak", 20), ("strong", 40)):
    one = copied[key]["TPR"]
    assert one["half"] < one["mean"] and abs(one["mean"] - planted) < one["half"], "undecided"
    one = copied[key]["score"]
    assert one["half"] < one["mean"] < copied[key]["planted"] - one["half"], "less than planted"
assert copied["weak"]["known"] == 0, "a threshold hides it"
one = copied["strong"]
assert one["TPR"]["mean"] + one["TPR"]["half"] < one["known"], "less than who knows all"
assert abs(copied["none"]["TPR"]["mean"]) < copied["none"]["TPR"]["half"], "nothing without it"
base = dict(zip(("first", "second"), dials["base rate"][:, 3].mean(axis=0) * 100, strict=True))
unequal = {
    name.replace(" ", "_"): [spread(100 * dials[name][:, 3, g]) for g in (0, 1)]
    for name in ("TPR", "FPR", "calibration error")
}
unequal["apart"] = apart("calibration error", 3)
assert abs(unequal["apart"]["mean"]) < unequal["apart"]["half"] < 2, "alike, as the prose says"

price = study("fairness_price")
n_price = len(price["none: TPR"])
UNFAIR, UNEQUAL = 1, 2  # worlds of the study
assert fairness_price.STUDY.settings.penalties == (0.0, 0.4, 0.0, 0.4), "the worlds"
names = {
    "none": "什么也不做",
    "names and hobbies masked": "名字和爱好都遮住",
    "counterfactual towns": "换个镇再学一遍",
    "reweighted": "重新加权",
    "covariance penalty": "协方差惩罚",
    "thresholds by town": "各镇各的阈值",
}


def cell(values):
    one = spread(100 * values)
    return f"{round(one['mean']) + 0:+d} ± {one['half']:.0f}"


rows = [
    {
        "en": "| | unfair labels: TPR | accuracy | other base rates: TPR | accuracy |",
        "zh": "| | 标签不公：TPR | 准确率 | 基率不同：TPR | 准确率 |",
    }[LANGUAGE],
    "|---|---|---|---|---|",
]
costs = {}
for remedy, chinese in names.items():
    cells = []
    for world in (UNFAIR, UNEQUAL):
        change = price[f"{remedy}: accuracy"][:, world] - price["none: accuracy"][:, world]
        cells += [cell(price[f"{remedy}: TPR"][:, world]), cell(change) if change.any() else "–"]
        costs[remedy.replace(" ", "_"), world] = spread(100 * change)
    rows.append(f"| {remedy if LANGUAGE == 'en' else chinese} | {' | '.join(cells)} |")
price_table = "\n".join(rows)
taken = {r: costs[r, UNEQUAL] for r in ("thresholds_by_town", "covariance_penalty")}
for one in taken.values():
    assert one["mean"] + one["half"] < 0, "equal opportunity costs where labels are fair"

one = costs["reweighted", UNEQUAL]
assert one["mean"] + one["half"] > 0, "undecided, as the prose says"
for remedy in ("names and hobbies masked", "counterfactual towns", "thresholds by town"):
    left = spread(100 * price[f"{remedy}: TPR"][:, UNFAIR])
    assert abs(left["mean"]) < left["half"], "as near as the intervals tell"
for (_, world), one in costs.items():
    assert world == UNEQUAL or one["mean"] + one["half"] >= 0, "no loss is seen"

text, dose = study("word_association"), word_association.STUDY.settings
n_texts, n_divisions = len(text["as told: qualities, effect"]), dose.draws
assert dose.strengths == (0.0, 0.1, 0.3), "the strengths of the prose"
weat_of = {
    key: {
        part: spread(text[f"as told: qualities, {part}"][:, i]) for part in ("effect", "difference")
    }
    for i, key in enumerate(("none", "weak", "strong"))
}
assert weat_of["weak"]["effect"]["mean"] > 1.9, "near its end"
grown = text["as told: qualities, difference"]
grown = spread(grown[:, 2] / grown[:, 1])
assert 1 < grown["mean"] - grown["half"] < grown["mean"] + grown["half"] < 3, "not proportional"
exchanged = {
    kind: {
        of: spread(text[f"{kind} exchanged: {of}, difference"][:, 2])
        for of in ("qualities", "hobbies")
    }
    for kind in ("names", "names and hobbies")
}
exchanged = {kind.replace(" ", "_"): one for kind, one in exchanged.items()}
tails = {
    key: 100 * (np.abs(text[f"no bias, hobbies {name}"] - 0.5) >= 0.45).mean()
    for key, name in (("tell", "tell"), ("lot", "by lot"))
}
assert tails["tell"] > 20 > 13 > tails["lot"], "too extreme where hobbies tell"
LITERALS = {
    "divisions of eight words, asserted in section 3": "70",
    "by hand, asserted in section 2": "0 0.2 0.25 0.3 0.5 0.8 1 2 4 5 6 8 10 15 20 40 4000 5000",
    "levels of intervals and tails, and their normal quantile": "0.05 0.95 1.96 95",
    "shares of a hundred": "100",
    "settings of the labs, asserted in this cell": "0.1 0.4 128",
    "a shape, exercise 17.1": "3",
}

# %% [markdown] lang="en"
# # Lesson 17. Bias and fairness
#
# **Question.** People of two groups apply for the same thing, and a model decides. How does one measure whether it treats them alike? Where does its bias come from? What takes it away, and what does that cost?
#
# **Afterwards you can** compute rates of groups with their intervals; say which of the usual measures of fairness exclude each other, and why; measure by exchanged words whether a decision depends on a group; check the gradient of a fairness penalty; read a table of remedies with their price; and test an association of word vectors.
#
# **Before this**: lesson 3 (word vectors), lesson 16 (groups; how verdicts are given). **Time**: about a quarter of a minute to run on a free core, two hours to read.

# %% [markdown] lang="zh"
# # 第 17 课　偏见与公平性
#
# **问题**　两群人申请同一样东西，由模型来定。怎样衡量它是不是一视同仁？它的偏见是从哪里来的？什么办法能去掉，又要付出什么代价？
#
# **学完本课，你能够**　计算各组的比率，连同区间；说出常用的公平性度量哪些互相排斥，为什么；用换词的办法量出决定是否取决于所属的组；检验公平性惩罚的梯度；读一张写明代价的办法表；检验词向量里的关联。
#
# **预备知识**　第 3 课（词向量）、第 16 课（分组；怎样判定）。**用时**　在空闲的机器上运行约十几秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_vjp, gradients_of
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_study
from minillm.labs.challenges import fairness, word_association
from minillm.labs.challenges.fairness_case import Fairness, Settings
from minillm.labs.worlds.applications import TOWNS, Applications
from minillm.tasks.metrics import (
    group_rates,
    implied_false_positive_rate,
    implied_negative_score,
    newcombe_interval,
    swap_test,
    weat,
    wilson_interval,
)
from minillm.text.word_swaps import WordSwap
from minillm.training.fairness import covariance_penalty, independence_weights

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 8.2.3, the third challenge: in training a model may be influenced by bias in the data, so that it performs unequally for different groups; how to remove these biases and achieve fairness is an important challenge (A107).
#
# That is right, and can be measured: section 6.1 plants a bias of known size and finds it again in a model. But "performs unequally" can be measured in several ways, and "remove" sounds as if one could have all of them at once. Section 2 shows with 40 people that one cannot.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 8.2.3 节，第三个挑战：模型在训练过程中可能受到数据偏见的影响，在不同群体中的表现不一致；如何消除这些偏见，实现公平性，是一个重要的挑战（A107）。
#
# 这是对的，而且量得出来：6.1 节埋下大小已知的偏见，再从模型里找到它。不过，“表现不一致”有好几种量法，而“消除”听起来好像可以样样都做到。第 2 节用 40 个人说明，做不到。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Rates.** People of two towns apply for a place. Some merit it, some are selected:
#
# | | first town | second town |
# |---|---|---|
# | apply | 20 | 20 |
# | merit the place | 10 | 5 |
# | are selected | 10 | 5 |
# | are selected and merit it | 8 | 4 |
#
# Is that fair? It depends on which share is to be equal:
#
# | | first | second | |
# |---|---|---|---|
# | selected, of all | 10/20 = 0.5 | 5/20 = 0.25 | *demographic parity*: no |
# | true positive rate (TPR): selected, of those who merit it | 8/10 = 0.8 | 4/5 = 0.8 | *equal opportunity*: yes |
# | false positive rate (FPR): selected, of those who do not | 2/10 = 0.2 | 1/15 = {here.fpr} | *equalised odds* (TPR and FPR): no |
# | precision: merit it, of those selected | 8/10 = 0.8 | 4/5 = 0.8 | *equal precision*: yes |
#
# The towns differ in their *base rate*, the share that merits the place: $p = 0.5$ and $0.25$. Take TPR 0.8 and precision 0.8 as given. Of the second town then 4 of 5 are selected rightly, and 1 of every 5 selected wrongly: the FPR is 1/15, there is no choice. *Equal TPR and equal precision make the FPR unequal* as soon as base rates are.
#
# **How sure?** Four of five is 0.8, and so is 4000 of 5000. The 95 % interval of 4 of 5 goes from {here.low} to {here.high}.
#
# **An association.** A number says of each of four words how much nearer it lies to good words than to bad ones: 0.5 and 0.3 for two names of the first town, 0.2 and −0.2 for two of the second. The sums are 0.8 and 0. Is that chance? There are 6 ways to divide four words into two and two; in 1 of 6 the first sum is at least 0.8. That share, 1/6, is the *p-value*, and it cannot be smaller: two names and two names never prove anything.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **比率**　两个镇的人申请一个名额。有些人够格，有些人入选：
#
# | | 甲镇 | 乙镇 |
# |---|---|---|
# | 申请 | 20 | 20 |
# | 够格 | 10 | 5 |
# | 入选 | 10 | 5 |
# | 入选而且够格 | 8 | 4 |
#
# 这公平吗？要看哪一个比率应当相等：
#
# | | 甲镇 | 乙镇 | |
# |---|---|---|---|
# | 入选率：全部的人里入选的 | 10/20 = 0.5 | 5/20 = 0.25 | **人口统计均等**：否 |
# | 真阳性率（TPR）：够格的人里入选的 | 8/10 = 0.8 | 4/5 = 0.8 | **机会均等**：是 |
# | 假阳性率（FPR）：不够格的人里入选的 | 2/10 = 0.2 | 1/15 = {here.fpr} | **几率均等**（TPR 和 FPR 都相等）：否 |
# | 精确率：入选的人里够格的 | 8/10 = 0.8 | 4/5 = 0.8 | **精确率均等**：是 |
#
# 两个镇的**基率**，也就是够格的人所占的比例，是不同的：$p = 0.5$ 和 $0.25$。假定 TPR 是 0.8，精确率也是 0.8。那么乙镇 5 个够格的人里有 4 个入选，而每 5 个入选的人里有 1 个是选错的：FPR 就是 1/15，没有别的可能。只要基率不同，**TPR 相等、精确率相等，FPR 就不相等**。
#
# **有多确信？**　五个里有四个是 0.8，5000 个里有 4000 个也是 0.8。5 个里有 4 个，95% 的区间从 {here.low} 到 {here.high}。
#
# **关联**　对四个词各给一个数，说它离好词比离坏词近多少：甲镇的两个名字是 0.5 和 0.3，乙镇的两个是 0.2 和 −0.2。两个和是 0.8 和 0。这是碰巧吗？四个词分成两个和两个，有 6 种分法；其中 1 种，第一个和不小于 0.8。这个比例 1/6 就是 **p 值**，而且不可能更小：两个名字对两个名字，永远证明不了什么。

# %%
people = {"first": (20, 10, 10, 8), "second": (20, 5, 5, 4)}  # apply, merit, selected, both
true, said, town = [], [], []
for place, (apply, merit, selected, both) in enumerate(people.values()):
    others = apply - merit - selected + both
    true += [1] * merit + [0] * (selected - both + others)
    said += [1] * both + [0] * (merit - both) + [1] * (selected - both) + [0] * others
    town += [place] * apply
true, said, town = np.array(true), np.array(said), np.array(town)
hand = group_rates(said, true, town, names=TOWNS)
for name, shares in hand._asdict().items():
    cells = (f"{v:.2f} ({a:.2f} to {b:.2f})" for v, a, b in zip(*shares, strict=True))
    print(f"{name:15}", *cells, sep="   ")
assert np.allclose([hand.true_positive.value, hand.precision.value], 0.8), "equal, by hand"
stated("fpr", hand.false_positive.value[1], 0.07, 0.005, "1 of 15")
stated("low", hand.true_positive.low[1], 0.38, 0.005, "4 of 5, at least")
stated("high", hand.true_positive.high[1], 0.96, 0.005, "4 of 5, at most")
near = np.array([0.5, 0.3, 0.2, -0.2])
halves = [(i, j) for i in range(4) for j in range(i)]
at_least = [near[[i, j]].sum() >= near[:2].sum() for i, j in halves]
print("divisions with at least that sum:", sum(at_least), "of", len(halves))
assert (sum(at_least), len(halves)) == (1, 6), "by hand"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# Letters: $y$ is 1 for who merits the place, $d$ for who is selected, $r$ is the score, $g$ the group, $p = P(y = 1)$ in it, $v$ the precision.
#
# **The identity of the rates** (Chouldechova 2017). In a group, those who are selected wrongly can be counted in two ways: $(1 - p)\,\mathrm{FPR}$ of all people by the definition of FPR; and, because among the selected there are $(1 - v)/v$ of them for each right one, $\frac{1-v}{v}\,p\,\mathrm{TPR}$. So
#
# $$\mathrm{FPR} = \frac{p}{1-p} \cdot \frac{1-v}{v} \cdot \mathrm{TPR}.$$
#
# It holds in every table. Of three equalities, of TPR, FPR and $v$, two leave no room for the third where the $p$ differ, unless $v = 1$ (nobody is selected wrongly) or $\mathrm{TPR} = 0$ (nobody rightly).
#
# **The identity of the scores** (Kleinberg et al. 2016). Scores are *calibrated within a group* if of those with the score $r$ a share $r$ merits the place. Then their mean is $p$. With the mean score $m_1$ of those who merit it and $m_0$ of those who do not,
#
# $$p\,m_1 + (1 - p)\,m_0 = p \quad\Longrightarrow\quad m_0 = \frac{p\,(1 - m_1)}{1 - p}.$$
#
# So calibrated scores cannot have equal $m_1$ *and* equal $m_0$ in both groups, unless $m_1 = 1$ and $m_0 = 0$: a model without fault.
#
# **An interval of a share** (Wilson 1927) of $k$ in $n$, with $z = 1.96$ for 95 %; it stays between 0 and 1:
#
# $$\frac{k + z^2/2}{n + z^2} \pm \frac{z}{n + z^2} \sqrt{\frac{k(n-k)}{n} + \frac{z^2}{4}}.$$
#
# For the difference of two shares $a - b$, Newcombe (1998) takes what each lies away from the end of its own interval, and adds the two as the legs of a right triangle: down by $\sqrt{(a - a_\text{low})^2 + (b_\text{high} - b)^2}$, up by $\sqrt{(a_\text{high} - a)^2 + (b - b_\text{low})^2}$.
#
# **The association test WEAT** (Caliskan et al. 2017). Two sets of $h$ words, $X$ and $Y$ (names), are asked whether they lie nearer to the words $A$ or to $B$ (good and bad qualities):
#
# $$s(w) = \operatorname*{mean}_{a \in A} \cos(w, a) - \operatorname*{mean}_{b \in B} \cos(w, b), \qquad \text{effect} = \frac{\operatorname{mean}_X s - \operatorname{mean}_Y s}{\operatorname{std}_{X \cup Y} s}.$$
#
# The p-value is the share of all divisions of $X \cup Y$ into halves in which the first sum is at least that of $X$. The effect has an end: if all $s$ of $X$ are $+c$ and all of $Y$ are $-c$, the means are $2c$ apart and the sample deviation is $c \sqrt{2h/(2h-1)}$, *whatever the size of $c$*:
#
# $$\text{effect} \le 2 \sqrt{\frac{2h-1}{2h}}.$$

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 记号：$y$ 为 1 表示够格，$d$ 为 1 表示入选，$r$ 是分数，$g$ 是所属的组，$p$ 是组里 $y = 1$ 的比例，$v$ 是精确率。
#
# **比率的恒等式**（Chouldechova，2017）　一个组里选错的人有两种数法。按 FPR 的定义，占全组的 $(1 - p)\,\mathrm{FPR}$；又因为入选的人里，每有一个选对的，就有 $(1 - v)/v$ 个选错的，所以占 $\frac{1-v}{v}\,p\,\mathrm{TPR}$。于是
#
# $$\mathrm{FPR} = \frac{p}{1-p} \cdot \frac{1-v}{v} \cdot \mathrm{TPR}.$$
#
# 任何一张表都满足它。TPR、FPR、$v$ 三者，在 $p$ 不同时，两个相等就不容第三个也相等，除非 $v = 1$（一个也没选错），或者 $\mathrm{TPR} = 0$（一个也没选对）。
#
# **分数的恒等式**（Kleinberg 等，2016）　如果组里分数为 $r$ 的人恰有 $r$ 这么大的比例够格，分数就是**组内校准**的，它们的平均是 $p$。设够格的人平均分是 $m_1$，不够格的人是 $m_0$，则
#
# $$p\,m_1 + (1 - p)\,m_0 = p \quad\Longrightarrow\quad m_0 = \frac{p\,(1 - m_1)}{1 - p}.$$
#
# 所以校准的分数不可能在两组里 $m_1$ 相等、$m_0$ **也**相等，除非 $m_1 = 1$、$m_0 = 0$，即模型毫无差错。
#
# **比例的区间**（Wilson，1927）　$n$ 个里有 $k$ 个，95% 时 $z = 1.96$；它总在 0 和 1 之间：
#
# $$\frac{k + z^2/2}{n + z^2} \pm \frac{z}{n + z^2} \sqrt{\frac{k(n-k)}{n} + \frac{z^2}{4}}.$$
#
# 两个比例之差 $a - b$ 的区间（Newcombe，1998）：各取比例到自己区间端点的距离，当作直角三角形的两条直角边来相加，往下是 $\sqrt{(a - a_\text{low})^2 + (b_\text{high} - b)^2}$，往上是 $\sqrt{(a_\text{high} - a)^2 + (b - b_\text{low})^2}$。
#
# **词嵌入关联检验（WEAT）**（Caliskan 等，2017）　两组各 $h$ 个词 $X$ 和 $Y$（名字），问它们离 $A$ 的词近，还是离 $B$ 的词近（好的和坏的品质）：
#
# $$s(w) = \operatorname*{mean}_{a \in A} \cos(w, a) - \operatorname*{mean}_{b \in B} \cos(w, b), \qquad \text{effect} = \frac{\operatorname{mean}_X s - \operatorname{mean}_Y s}{\operatorname{std}_{X \cup Y} s}.$$
#
# 把 $X \cup Y$ 对半分的全部分法里，第一个和不小于 $X$ 的和的，所占的比例就是 p 值。效应量 effect 有上限：如果 $X$ 的 $s$ 全是 $+c$，$Y$ 的全是 $-c$，两个平均相差 $2c$，样本标准差是 $c \sqrt{2h/(2h-1)}$，**与 $c$ 的大小无关**：
#
# $$\text{effect} \le 2 \sqrt{\frac{2h-1}{2h}}.$$


# %%
def interval(k, n, z=1.96):
    middle, half = k + z * z / 2, z * np.sqrt(k * (n - k) / n + z * z / 4)
    return np.array([middle - half, middle + half]) / (n + z * z)


def nearer(w, a, b):  # (h, D), (A, D), (B, D) -> (h,)
    w, a, b = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (w, a, b))
    return (w @ a.T).mean(axis=1) - (w @ b.T).mean(axis=1)


def effect_of(x, y, a, b):
    s_x, s_y = nearer(x, a, b), nearer(y, a, b)
    return (s_x.mean() - s_y.mean()) / np.concatenate([s_x, s_y]).std(ddof=1)


# %%
rng = np.random.default_rng(17)
theirs = wilson_interval(np.array([4, 4000]), np.array([5, 5000]), level=0.95)
for k, n, *ends in zip((4, 4000), (5, 5000), theirs.low, theirs.high, strict=True):
    print(f"{k:4} of {n:4}: {interval(k, n).round(3)}")
    assert np.allclose(interval(k, n), ends, atol=1e-4), "the library's"
gap = newcombe_interval(wilson_interval(np.array([8, 4]), np.array([10, 5]), level=0.95))
print("TPR of the first minus that of the second: 0.0, from {:+.2f} to {:+.2f}".format(*gap))
assert gap[0] < -1 / 3 and gap[1] > 1 / 3, "more than a third to either side"
for p, fpr in zip(hand.base.value, hand.false_positive.value, strict=True):
    no_choice = implied_false_positive_rate(p, precision=0.8, true_positive_rate=0.8)
    print(f"base rate {p}: FPR {fpr:.3f}, by the identity {no_choice:.3f}")
    assert np.isclose(fpr, no_choice), "the identity of the rates"
vectors = [rng.standard_normal((size, 5)) for size in (4, 4, 3, 3)]
found = weat(*vectors, rng=rng)
assert np.isclose(found.effect, effect_of(*vectors)), "the library's"
print(f"four random names and four: effect {found.effect:+.2f}, p = {found.p_value:.2f}")
stated("smallest", 1 / 70, 0.014, 0.0005, "of all divisions of 8 words the smallest p-value")

# %% [markdown] lang="en"
# The difference of 0 that looked so fair has an interval of more than a third to either side: the 15 people of whom that rate speaks leave everything open. *Equal in the sample is not equal*, and a gap in the sample is not yet a gap. Nor can four names against four have a p-value below 1/70 = {here.smallest}.
#
# Scores, by example: of the second town all 5 selected may have the score 0.8, and the 15 others 1/15. Both are calibrated: 4 of 5 and 1 of 15.

# %% [markdown] lang="zh"
# 看上去那么公平的 0，区间向两边各伸出三分之一以上：那个比率说的不过是 15 个人，什么都还说不定。**样本里相等，并不就是相等**；样本里有差，也还不能算差。四个名字对四个名字，p 值也不会小于 1/70 = {here.smallest}。
#
# 举例看分数：乙镇入选的 5 个人分数都是 0.8，其余 15 个人都是 1/15。两种都是校准的：5 个里有 4 个，15 个里有 1 个。

# %%
parts_of = {"first": [(10, 8, 0.8), (10, 2, 0.2)], "second": [(5, 4, 0.8), (15, 1, 1 / 15)]}
for name, groups in parts_of.items():
    n, k, r = np.array(groups).T  # how many, how many of them merit it, their score
    assert np.allclose(k / n, r), "calibrated"
    m_1, m_0, rate = k @ r / k.sum(), (n - k) @ r / (n - k).sum(), k.sum() / n.sum()
    by_identity = implied_negative_score(rate, positive_score=m_1)
    assert np.isclose(m_0, by_identity), "the identity of scores"
    print(f"{name:7} mean score of those who merit it {m_1:.2f}, of the others {m_0:.2f}")

# %% [markdown] lang="en"
# Calibrated in both towns, and yet who does not merit the place has nearly three times the score in the first.
#
# ## 4 Gradient check
#
# One remedy is a penalty on scores that go with the group (after Zafar et al. 2017). For the scores $r_i$ of $N$ people, of whom $N_g$ are of group $g$,
#
# $$L = \sum_g C_g^2, \qquad C_g = \frac1N \sum_i \Bigl([g_i = g] - \frac{N_g}{N}\Bigr)\, r_i, \qquad \frac{\partial L}{\partial r_i} = \frac2N \sum_g C_g \Bigl([g_i = g] - \frac{N_g}{N}\Bigr).$$
#
# $C_g$ is the covariance of the score with "is of group $g$". All are 0 exactly if all groups have the same mean score; the penalty looks at nothing else.

# %% [markdown] lang="zh"
# 两个镇都校准，可是不够格的人，在甲镇的分数将近乙镇的三倍。
#
# ## 4 梯度检验
#
# 有一个办法是惩罚与所属的组相关的分数（仿照 Zafar 等，2017）。$N$ 个人的分数是 $r_i$，其中 $N_g$ 个属于组 $g$，
#
# $$L = \sum_g C_g^2, \qquad C_g = \frac1N \sum_i \Bigl([g_i = g] - \frac{N_g}{N}\Bigr)\, r_i, \qquad \frac{\partial L}{\partial r_i} = \frac2N \sum_g C_g \Bigl([g_i = g] - \frac{N_g}{N}\Bigr).$$
#
# $C_g$ 是分数与“属于组 $g$”的协方差。当且仅当各组平均分相同时，它们全是 0；除此之外，这个惩罚什么也不看。


# %%
def covariance_rule(r, member):  # scores (N,), which group each is of, one-hot (N, G)
    around = (member - member.mean(axis=0)) / len(r)
    C = r @ around  # (G,)
    return C @ C, lambda slope: (slope * 2 * around @ C,)


uneven = np.array([0, 0, 0, 0, 0, 1, 1, 1])
scores = rng.standard_normal(8)
error = check_vjp(covariance_rule, scores, member=np.eye(2)[uneven], rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-7, "the rule passes the gradient check"
inputs = Tensor(scores, requires_grad=True)
penalty = covariance_penalty(inputs, uneven, TOWNS)
(slopes,) = gradients_of(penalty, [inputs])
ours, vjp = covariance_rule(scores, np.eye(2)[uneven])
assert np.isclose(penalty.data, ours) and np.allclose(slopes, vjp(1.0)[0]), "the library's"
print("gradient:", slopes.round(3))

# %% [markdown] lang="en"
# The planted mistake: the share $N_g/N$ is forgotten in the gradient. Between two groups of equal size nobody can see it, for what it leaves out adds up to 0 then:

# %% [markdown] lang="zh"
# 故意犯一个错：梯度里忘了减去 $N_g/N$。两组人数相同时谁也看不出来，因为这时漏掉的部分加起来正好是 0：


# %%
def uncentred(r, member):
    value, _ = covariance_rule(r, member)
    C = r @ (member - member.mean(axis=0)) / len(r)
    return value, lambda slope: (slope * 2 * member @ C / len(r),)


even = np.array([0, 0, 0, 0, 1, 1, 1, 1])
unseen = check_vjp(uncentred, scores, member=np.eye(2)[even], rng=rng)
print(f"groups of equal size: {unseen:.1e}, nothing found")
try:
    check_vjp(uncentred, scores, member=np.eye(2)[uneven], rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the share of the group was forgotten, and nobody noticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **"Performs unequally"** (A107). By which measure? In section 2 the same decisions are fair by two of them and unfair by two.
#
# **"Remove these biases".** Where base rates differ, no decision that selects some rightly and some wrongly has equal TPR, equal FPR and equal precision. One has to choose, and to say what was chosen. That is not a matter of better technique: it is arithmetic.
#
# **"Bias in the data".** It may sit in the labels (who was judged unfairly), in the texts (who is spoken of, and how), or in who is in the data at all. More data of the same kind has the same bias. And *test labels have it, too*: by these an unfair model looks right. Section 6.3 shows it.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **“表现不一致”**（A107）　按哪种度量？第 2 节里，同样的决定，按其中两种公平，按另外两种不公平。
#
# **“消除这些偏见”**　基率不同的时候，只要有人选对、也有人选错，TPR、FPR 和精确率就不可能全相等。要什么只能自己选，并且说明选了什么。这不是技术还不够好，这是算术。
#
# **“数据偏见”**　它可能在标签里（评判本身不公），可能在文本里（说到谁，怎么说），也可能在于数据里根本没有哪些人。同样的数据再多，偏见还是一样。而且**测试用的标签里也有它**：拿这种标签去衡量，不公平的模型反而显得对。见 6.3 节。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# ### 6.1 A bias of known size
#
# The package writes applications: a name, a hobby and five qualities, in any order. The more good qualities, the likelier it is that somebody merits the place; both towns have equally good people. Names belong to a town, hobbies in nine cases of ten. The *labels* are those of a committee which withholds the place from a share, the *penalty*, of those of the second town who merit it. A small encoder (lesson 9) learns from the labels; it is judged by the merit, which it never sees.
#
# **Predict first.** The committee rejects 20, or 40, of 100 people of the second town who merit the place. By how many points will the model's TPR of the two towns differ: by fewer, as many, or more?

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 大小已知的偏见
#
# 程序包自己写申请：一个名字、一种爱好、五个品质，次序不定。好品质越多，越可能够格；两个镇的人一样好。名字属于某个镇，爱好十有八九也是。**标签**出自一个委员会：乙镇（程序里两个镇叫 first town 和 second town）够格的人里，有一定比例的人被它扣下名额，这个比例叫**扣罚率**（penalty）。一个小编码器（第 9 课）从标签学习，衡量它的却是它从没见过的、真正够不够格。
#
# **先猜一猜**　乙镇每 100 个够格的人，委员会拒绝 20 个或 40 个。模型对两个镇的 TPR 会差多少个百分点：比这少，一样多，还是更多？

# %%
world = Applications()
sample = world.draw(4, 0.4, np.random.default_rng(8))
for row, label, merits, home in zip(*sample, strict=True):
    print(f"{TOWNS[home]:11}  merits {merits}  label {label}  {world.text(row)}")
print("chance of label 1 in the second town, with 0 to 5 good qualities:")
for penalty in (0.0, 0.2, 0.4):
    print(f"penalty {penalty}:", *(f"{one:.2f}" for one in world.merit * (1 - penalty)))
stated("three", 0.8 * world.merit[3], 0.58, 0.005, "three good qualities, penalty 0.2")
stated("three_strong", 0.6 * world.merit[3], 0.44, 0.005, "three good qualities, penalty 0.4")

# %% tags=["machine"]
SEEDS, PENALTIES = (0, 1, 2), (0.0, 0.2, 0.4)


def learned(penalty, seed):
    case = Fairness(replace(Settings(), penalty=penalty), seed)
    return case, case.selector(case.plain())


trained = {(penalty, seed): learned(penalty, seed) for penalty in PENALTIES for seed in SEEDS}
measured = {key: fairness.evaluate(*pair) for key, pair in trained.items()}


# %% tags=["machine"]
def first_minus_second(penalty, name):  # in points: mean over the seeds, half an interval
    gaps = [measured[penalty, seed][name] for seed in SEEDS]
    return mean_and_interval(100 * np.array([g[0] - g[1] for g in gaps]))


for penalty in PENALTIES:
    gaps = [first_minus_second(penalty, name) for name in ("TPR", "merited score")]
    words = ["" if abs(mean) > half else " (undecided)" for mean, half in gaps]
    print(
        "penalty {:.1f}: TPR {:+5.1f} ± {:.1f} points{}, mean score of those who merit it "
        "{:+5.1f} ± {:.1f}{}".format(penalty, *gaps[0], words[0], *gaps[1], words[1])
    )
one_case, one_model = trained[0.4, 0]
one = group_rates(
    one_model.selects(one_case.tested), one_case.tested.merits, one_case.tested.towns, names=TOWNS
)
alone = newcombe_interval(one.true_positive)
print("one training, penalty 0.4: TPR {:+.2f} to {:+.2f}".format(*alone))
assert abs(first_minus_second(0.0, "TPR")[0]) < 6 and alone[0] > 0.2, "no penalty, no gap"
assert first_minus_second(0.4, "TPR")[0] > 20, "with the penalty there is one"

# %% [markdown] lang="en"
# At 0.4 the gap is plain. At 0.2 three trainings are few: where an interval contains 0 the cell says *undecided*, however large the mean. (The last line is narrower, but it speaks of one training alone, and not of what training does.) The stored study `fairness_dials` has {n_dials} seeds. In points, first town minus second:
#
# | penalty | 0 | 0.2 | 0.4 |
# |---|---|---|---|
# | TPR of the model | {copied.none.TPR.mean:+.1f} ± {copied.none.TPR.half:.1f} | {copied.weak.TPR.mean:+.1f} ± {copied.weak.TPR.half:.1f} | {copied.strong.TPR.mean:+.1f} ± {copied.strong.TPR.half:.1f} |
# | TPR, who knows all probabilities | {copied.none.known:.1f} | {copied.weak.known:.1f} | {copied.strong.known:+.1f} |
# | score of those who merit it, model | {copied.none.score.mean:+.1f} ± {copied.none.score.half:.1f} | {copied.weak.score.mean:+.1f} ± {copied.weak.score.half:.1f} | {copied.strong.score.mean:+.1f} ± {copied.strong.score.half:.1f} |
# | the same, who knows all probabilities | {copied.none.planted:.1f} | {copied.weak.planted:+.1f} | {copied.strong.planted:+.1f} |
#
# *The model copies the committee.* By as many points? Of decisions that is undecided: 20 and 40 lie within the intervals. Scores copy less than was planted, after a training of this length. And a share of labels is not a share of decisions: whoever knows all probabilities, and selects from ½ on, decides with the penalty 0.2 as before: scores of the second town fall, and none of them below ½ (with three good qualities to {here.three}; the first cell of this section prints all). With 0.4 some do ({here.three_strong}), and then everybody with that many good qualities is rejected, more than the committee did. The model's decisions differ at 0.2 already, and at 0.4 by less than those of who knows all. So measure scores *and* decisions.
#
# ### 6.2 What if only the town were another?
#
# The *counterfactual* question: would this very person, from the other town, be decided otherwise? Here one can ask it, by exchanging the words that tell of the town and no others. `WordSwap` does it in any text.
#
# **Predict first.** Names tell of the town always, hobbies in nine of ten cases. If the name alone is exchanged, will fewer decisions flip, or nearly as many as when both are?

# %% [markdown] lang="zh"
# 扣罚率 0.4 时，差距很明显。0.2 时三次训练就嫌少：区间只要包含 0，不管平均有多大，单元格都写**未能判定**（undecided）。（最后一行的区间窄得多，但它说的只是那一次训练，不是训练这件事。）存下的研究 `fairness_dials` 有 {n_dials} 个种子。下面都是甲镇减乙镇，单位是百分点：
#
# | 扣罚率 | 0 | 0.2 | 0.4 |
# |---|---|---|---|
# | 模型的 TPR | {copied.none.TPR.mean:+.1f} ± {copied.none.TPR.half:.1f} | {copied.weak.TPR.mean:+.1f} ± {copied.weak.TPR.half:.1f} | {copied.strong.TPR.mean:+.1f} ± {copied.strong.TPR.half:.1f} |
# | 概率全都知道的人，TPR | {copied.none.known:.1f} | {copied.weak.known:.1f} | {copied.strong.known:+.1f} |
# | 够格的人的分数，模型 | {copied.none.score.mean:+.1f} ± {copied.none.score.half:.1f} | {copied.weak.score.mean:+.1f} ± {copied.weak.score.half:.1f} | {copied.strong.score.mean:+.1f} ± {copied.strong.score.half:.1f} |
# | 同上，概率全都知道的人 | {copied.none.planted:.1f} | {copied.weak.planted:+.1f} | {copied.strong.planted:+.1f} |
#
# **模型照抄了委员会。**是不是一样多？就决定而言未能判定：20 和 40 都在区间之内。就分数而言，训练这么长时间，抄来的比埋下的少。再说，标签里的比例并不就是决定里的比例。谁要是概率全都知道，并从 ½ 起录取，扣罚率为 0.2 时决定会和原来一样：乙镇的分数降了，却没有从 ½ 以上降到 ½ 以下的（有三个好品质的降到 {here.three}；本节第一个单元格列出了全部）。扣罚率为 0.4 时就有了（{here.three_strong}），于是凡有那么多好品质的乙镇人全都落选，比委员会拒绝的还多。而模型的决定，在 0.2 时已经有差别，在 0.4 时则比概率全都知道的人差得少。所以分数和决定**都**要量。
#
# ### 6.2 如果只换一个镇
#
# **反事实**的问题是：就是这个人，只不过来自另一个镇，决定会不同吗？在这里可以直接问：只把透露镇的词换掉，别的词不动。`WordSwap` 能在任何文本里这样换。
#
# **先猜一猜**　名字总是透露镇，爱好十有八九。如果只换名字，改变的决定会少一些，还是和两样都换差不多？

# %%
pairs = [pair for kind in ("names", "hobbies") for pair in zip(*world.sides[kind], strict=True)]
swap = WordSwap(pairs)
turned = world.swapped(sample)
print(world.text(sample.ids[0]), "->", swap(world.text(sample.ids[0])), sep="\n")
for before, after in zip(sample.ids, turned.ids, strict=True):
    assert swap(world.text(before)) == world.text(after), "the same exchange"
    assert swap(swap(world.text(before))) == world.text(before), "twice is as it was"

# %% tags=["machine"]
flips, moved = {}, {}
for exchanged in (("names",), ("hobbies",), ("names", "hobbies")):
    cells = []
    for seed in SEEDS:
        pair = trained[0.4, seed]
        asked = pair[0].tested.only(pair[0].tested.towns == 1)
        other = world.swapped(asked, exchanged)
        tried = swap_test(
            *(pair[1].scores(x.ids) for x in (asked, other)),
            *(pair[1].selects(x) for x in (asked, other)),
        )
        size = np.array([len(asked.labels)])
        share = wilson_interval(np.round(tried.flipped * size), size, level=0.95)
        flips.setdefault(exchanged, []).append(share.low[0])
        moved.setdefault(exchanged, []).append(-tried.shift)
        ends = (100 * one[0] for one in share)
        cells.append("{:4.1f} ({:.1f} to {:.1f})".format(*ends))
    print(f"{' and '.join(exchanged):17} decided otherwise, in percent:", *cells, sep="   ")
    print(f"{'':17} score, in points: ", *(f"{100 * one:+.1f}" for one in moved[exchanged]))
assert min(flips["hobbies",]) > 0.01 and min(moved["hobbies",]) > 0, "each model reads hobbies"
assert min(moved["names",]) > 0.03, "and names"
assert (np.array(flips["names",]) < flips["names", "hobbies"]).all(), "fewer than both"

# %% [markdown] lang="en"
# Each row is of the second town, each column of one training; the interval is that of its 2000 people. Each of these three models reads names, and each reads hobbies as well, so that the name alone flips fewer decisions than both; how much a model relies on which differs from training to training. So whoever strikes out names has not struck out the town: the hobby is a *proxy*, a word that stands for another. (Stored: over {n_seeds} seeds exchanging both flips {shown.none.flipped.mean:.0f} ± {shown.none.flipped.half:.0f} % of all decisions, of both towns.)
#
# ### 6.3 What helps, and what does it cost?
#
# The lab `fairness` tries {n_remedies} remedies at the penalty 0.4 ({n_seeds} seeds, {m} comparisons, intervals at {level:.1f} %; verdicts as in lesson 15). *TPR gap* is the distance of the towns' TPR, *score gap* that of the mean scores of those who merit the place; less is better.
#
# In the rows: *counterfactual towns*, everybody is learned once more as from the other town, with the same label; *quarter looked up*, a quarter of the rejected of the second town is judged anew by merit; *128 judged by merit*, the trained model learns on from so many people; *reweighted*, people are drawn so that labels are independent of towns; *covariance penalty*, that of section 4; *thresholds by town*, the baseline with a threshold for each town that gives both the same TPR, by the labels (exercise 17.2).
#
# **Predict first.** Which rows help? And which accuracy falls with them: that by merit, or that by the labels as told?
#
# {table}
#
# {reading}

# %% [markdown] lang="zh"
# 每一行都是乙镇的人，每一列是一次训练，区间是就它的 2000 人而言的。三个模型个个都读名字，也个个都读爱好，所以只换名字，改变的决定比两样都换少；各自更依赖哪一样，每次训练都不同。所以划掉名字，并没有划掉镇：爱好是**代理变量**，一个词替另一个词说了话。（存下的：{n_seeds} 个种子上，两样都换，两个镇合计有 {shown.none.flipped.mean:.0f} ± {shown.none.flipped.half:.0f}% 的决定改变。）
#
# ### 6.3 什么管用，代价是什么？
#
# `fairness` 实验在扣罚率 0.4 下试了 {n_remedies} 个办法（{n_seeds} 个种子，{m} 项比较，区间取 {level:.1f}%，判定与第 15 课相同）。**TPR 之差**是两个镇的 TPR 相差多少，**分数之差**是两个镇够格的人平均分相差多少；都是越小越好。
#
# 几行的意思：**换个镇再学一遍**，每个人当作来自另一个镇，标签不变，再学一遍；**复查四分之一**，乙镇落选的人里有四分之一按是否够格重新评定；**重新评定 128 人**，训练好的模型再从这么多人学下去；**重新加权**，抽样时使标签与镇独立；**协方差惩罚**就是第 4 节的；**各镇各的阈值**，基线模型，每个镇一个阈值，使两个镇按标签的 TPR 相同（练习 17.2）。
#
# **先猜一猜**　哪几行有效？与此同时降下来的是哪一种准确率：按是否够格的，还是按记录的标签的？
#
# {table}
#
# {reading}

# %%
stored = read_study("fairness")
NEITHER = [  # know neither towns nor merits
    *("weight decay", "dropout", "early stop", "word dropout", "more data"),
    *("wider model", "without attention", "without residuals"),
]
aimed = [name for name in fairness.STUDY.remedies if name not in ("none", *NEITHER)]
MERITS = ("quarter looked up", "128 judged by merit")  # know some true merits
grey = {"marker": "o", "color": "0.6", "markerfacecolor": "white", "markersize": 5}
STYLES = dict.fromkeys(NEITHER, grey)
STYLES["none"] = {"marker": "*", "color": "tab:red", "markersize": 14, "zorder": 4}
for name, marker in zip(aimed, "<sDP^Xvh", strict=True):
    color = "tab:green" if name in MERITS else "tab:blue"
    STYLES[name] = {"marker": marker, "color": color, "markersize": 7, "zorder": 3}

# %%
figure, panels = plt.subplots(1, 2, figsize=(11.5, 4), sharey=True, layout="constrained")
points = {}
for name, style in STYLES.items():
    across = mean_and_interval(stored[f"{name}: TPR gap"])
    points[name] = [*across]
    for axes, of in zip(panels, ("merit", "told"), strict=True):
        up = mean_and_interval(stored[f"{name}: accuracy, {of}"])
        points[name].extend(up)
        told_as = "_" if name in NEITHER[1:] else "knows neither" if name in NEITHER else name
        bars = {"xerr": across[1], "yerr": up[1], "elinewidth": 0.7, "linestyle": ""}
        axes.errorbar(across[0], up[0], label=told_as, **bars, **style)
for axes, of in zip(panels, ("merit", "the labels as told"), strict=True):
    axes.set(xlabel="TPR gap of the towns", title=f"by {of}")
panels[0].set_ylabel("accuracy")
panels[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
savefig(figure, "17_front", points)

# %% [markdown] lang="en"
# (Further left is fairer, further up is right more often. Star: no remedy. White circles: remedies that know neither towns nor merits. Blue: those that know towns. Green: those that know some true merits, *128 judged by merit* and *quarter looked up*, which knows towns, too. Crosses: 95 % intervals over the seeds, each number by itself.)
#
# * *What knows neither towns nor merits does nothing that shows*: other architectures, weight decay, dropout, an earlier end, words left out, twice the data. Of the TPR gap that is undecided, at most {bound.gap:.0f} points; the score gap changes by less than 5, for the wider model by at most {bound.wider:.0f}.
# * *What takes the town away closes the gap*, from {shown.none.gap.mean:.0f} points to {shown.names_and_hobbies_masked.gap.mean:.0f} with names and hobbies masked, and to {shown.counterfactual_towns.gap.mean:.0f} with everybody twice. Names alone: {shown.names_masked.gap.mean:.0f}. The proxy of section 6.2.
# * *A few true merits help, too*: learning on from 128 people who were judged by merit knows nothing of towns, and changes the gap by {judged.mean:+.0f} ± {judged.half:.0f} points.
# * *Thresholds* make decisions fair, {shown.thresholds_by_town.gap.mean:.0f} points, and leave the scores as they are, {shown.thresholds_by_town.score.mean:.0f} points apart. They ask for everybody's town when deciding, which laws may forbid.
# * *The price* is in the panel on the right. By the labels as told the fair selectors are worse: both masked {shown.names_and_hobbies_masked.told_change.mean:+.1f} ± {shown.names_and_hobbies_masked.told_change.half:.1f} points, thresholds {shown.thresholds_by_town.told_change.mean:+.1f} ± {shown.thresholds_by_town.told_change.half:.1f}. By merit no loss is seen, and thresholds gain {shown.thresholds_by_town.merit_change.mean:+.1f} ± {shown.thresholds_by_town.merit_change.half:.1f}. *Whoever tests on the committee's labels chooses the unfair model.*
#
# A *control* is a question of which the answer is known beforehand: nothing was planted there, so that nothing may be found. Of the four controls of the lab three find nothing, as they should. The fourth, whether the TPR is alike if everybody's town is drawn by lot, has too wide an interval, up to {lots:.0f} points. And all strengths were chosen by the merit of other people (*oracle*), which outside of an experiment nobody knows.
#
# Your turn: a remedy of your own, against the same three baselines. Here it is reweighting; change it.

# %% [markdown] lang="zh"
# （越靠左越公平，越靠上越常答对；横轴是两个镇 TPR 之差，十字线是各个数自己在各种子上的 95% 区间。）
#
# * 左图 by merit：准确率按是否够格；右图 by the labels as told：按记录的标签。
# * 红星 none：什么也不做。白圈 knows neither：对镇、对谁真正够格都一无所知的办法。
# * 蓝色，知道镇的办法：names masked 遮住名字，names and hobbies masked 名字和爱好都遮住，counterfactual towns 换个镇再学一遍，reweighted 重新加权，covariance penalty 协方差惩罚，thresholds by town 各镇各的阈值。
# * 绿色，知道一些人真正够不够格的办法：quarter looked up 复查四分之一（它也知道镇），128 judged by merit 重新评定 128 人。
#
# 从中读出：
#
# * **对镇、对谁真正够格都一无所知的办法，看不出有什么作用**：别的结构、权重衰减、dropout、提前停止、随机删词、两倍的数据。TPR 之差未能判定，变化至多 {bound.gap:.0f} 个百分点；分数之差的变化不到 5 个百分点，模型加宽时至多 {bound.wider:.0f} 个。
# * **把镇去掉，差距就没有了**：从 {shown.none.gap.mean:.0f} 个百分点降下来，名字和爱好都遮住，降到 {shown.names_and_hobbies_masked.gap.mean:.0f}；换个镇再学一遍，降到 {shown.counterfactual_towns.gap.mean:.0f}。只遮名字，还有 {shown.names_masked.gap.mean:.0f}：就是 6.2 节的代理变量。
# * **知道少数人真正够不够格，也有用**：从重新评定的 128 人学下去，对镇一无所知，却使差距变化 {judged.mean:+.0f} ± {judged.half:.0f} 个百分点。
# * **各镇各的阈值**使决定公平，差 {shown.thresholds_by_town.gap.mean:.0f} 个百分点；分数却照旧，差 {shown.thresholds_by_town.score.mean:.0f} 个百分点。它在作决定时要知道每个人是哪个镇的，法律可能不允许。
# * **代价**在右图。按记录的标签，公平的模型都差一些：两样都遮住 {shown.names_and_hobbies_masked.told_change.mean:+.1f} ± {shown.names_and_hobbies_masked.told_change.half:.1f} 个百分点，阈值 {shown.thresholds_by_town.told_change.mean:+.1f} ± {shown.thresholds_by_town.told_change.half:.1f}。按是否够格，看不出损失，阈值还多了 {shown.thresholds_by_town.merit_change.mean:+.1f} ± {shown.thresholds_by_town.merit_change.half:.1f}。**拿委员会的标签来测试，选出来的就是不公平的模型。**
#
# **对照**是事先就知道答案的问题：那里什么也没埋，所以什么也不该查出来。实验的四项对照，有三项什么也没查出来，理应如此。第四项，把每个人的镇改为抽签决定，看 TPR 是否一样，区间太宽，到 {lots:.0f} 个百分点为止。另外，各种强度都是按另一些人是否够格来选的（**oracle** 规程），出了实验，没有人知道这个。
#
# 轮到你了：自己想一个办法，与同样三个基线相比。这里写的是重新加权，请改一改。


# %% tags=["machine"]
def remedy_of_mine(case):  # change it, and run this cell again
    # case.people has ids, labels, merits (for tests alone) and towns; case.judged, 128 others with
    # merits as labels; case.learned(people, weights=..., start=case.plain()) trains a model on them
    weights = independence_weights(case.people.labels, case.people.towns, TOWNS, n_classes=2)
    return case.selector(case.learned(weights=weights))


mine = {}
for seed in SEEDS:
    case = trained[0.4, seed][0]
    mine[seed] = fairness.evaluate(case, remedy_of_mine(case))
for name in ("TPR gap", "score gap", "accuracy, merit", "accuracy, told"):
    change = [100 * (mine[seed][name] - measured[0.4, seed][name]) for seed in SEEDS]
    mean, half = mean_and_interval(np.array(change))
    word = "" if abs(mean) > half else "   undecided"
    print(f"{name:16} {mean:+6.1f} ± {half:4.1f} points{word}")

# %% [markdown] lang="en"
# With three seeds the intervals are wide, and much stays undecided: hence the ten of the lab.
#
# ### 6.4 Not all at once
#
# Now the labels are *fair*, and the people of the second town have fewer good qualities: base rates of {base.first:.0f} and {base.second:.0f} %. (Why, is not asked; it may be another, earlier unfairness.) **Predict first**: a model that is calibrated in both towns, will its TPR and FPR be equal?

# %% [markdown] lang="zh"
# 只有三个种子，区间很宽，许多都未能判定。实验用十个种子，就是为了这个。
#
# ### 6.4 不能样样都要
#
# 现在标签是**公平的**，而乙镇的人好品质少一些：基率是 {base.first:.0f}% 和 {base.second:.0f}%。（原因先不问，也许是更早的另一种不公。）**先猜一猜**：一个在两个镇都校准的模型，TPR 和 FPR 会相等吗？

# %%
other_rates, q = Applications(good=(0.5, 0.35)), Applications().merit
seen = {name: read_study("fairness_dials")[name][:, 3] for name in ("base rate", "TPR", "FPR")}
drawn = {"base rates": seen["base rate"].mean(axis=0)}
for g, place in enumerate(TOWNS):
    chance = other_rates.chances(g)
    both = chance * (1 - q), chance * q
    fpr, tpr = (np.append(0, np.cumsum(x[::-1]) / x.sum()) for x in both)  # of all thresholds
    drawn[place] = np.array([fpr, tpr])
    print(f"{place:11}  base rate {chance @ q:.3f}, in the study {drawn['base rates'][g]:.3f}")
    assert abs(chance @ q - drawn["base rates"][g]) < 0.02, "the world of the study"


def implied(base_rate, precision=0.8, tpr=0.8):
    return implied_false_positive_rate(base_rate, precision=precision, true_positive_rate=tpr)


# %%
figure, panels = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
many = np.linspace(0.1, 0.6, 101)
for precision, style in ((0.6, ":"), (0.8, "-"), (0.95, "--")):
    curve = [implied(one, precision) for one in many]
    panels[0].plot(many, curve, style, color="black", label=f"precision {precision}")
looks = zip(TOWNS, drawn["base rates"], ("tab:blue", "tab:orange"), "os", ("-", "-."), strict=True)
for g, (place, base_rate, color, mark, style) in enumerate(looks):
    panels[0].plot([base_rate] * 2, [0, implied(base_rate)], color=color, linewidth=1)
    panels[0].plot(base_rate, implied(base_rate), mark, color=color, markersize=9, label=place)
    panels[1].plot(*drawn[place], style, color=color, label=f"{place}: all thresholds")
    ray = [0, implied(base_rate, tpr=1.0)], [0, 1]
    panels[1].plot(*ray, ":", color=color, label=f"{place}: precision 0.8")
    rim = {"color": color, "markeredgecolor": "black", "label": f"{place}: trained models"}
    panels[1].plot(seen["FPR"][:, g], seen["TPR"][:, g], mark, **rim)
panels[0].set(xlabel="base rate p", ylabel="FPR", ylim=(0, 0.5), title="TPR 0.8 everywhere")
panels[0].legend(fontsize=8)
panels[1].set(xlabel="FPR", ylabel="TPR", xlim=(0, 0.6), ylim=(0, 1.02))
panels[1].set_title("what decisions can reach, in each town")
panels[1].legend(fontsize=8, loc="lower right")
savefig(figure, "17_impossible", drawn)

# %% [markdown] lang="en"
# *Left*: with TPR and precision equal, the FPR is a curve of the base rate, and the towns stand at two places of it. *Right*: every decision by a threshold on what can be known lies on the line of its town, between the corners with a coin tossed between two thresholds (points: the {n_dials} models of the study, but for the luck of their tests). *Equal odds* is one common point: there is one wherever the two lines cross. *Equal precision* 0.8 is the dotted ray of the own town, and the two rays meet at 0 only, where nobody is selected. So one can have the one or the other.
#
# The trained models have, in percent, a calibration error of {unequal.calibration_error.0.mean:.1f} ± {unequal.calibration_error.0.half:.1f} and {unequal.calibration_error.1.mean:.1f} ± {unequal.calibration_error.1.half:.1f}, *alike* as far as the intervals tell (difference {unequal.apart.mean:.1f} ± {unequal.apart.half:.1f}). The TPR is {unequal.TPR.0.mean:.0f} ± {unequal.TPR.0.half:.0f} and {unequal.TPR.1.mean:.0f} ± {unequal.TPR.1.half:.0f}, the FPR {unequal.FPR.0.mean:.0f} ± {unequal.FPR.0.half:.0f} and {unequal.FPR.1.mean:.0f} ± {unequal.FPR.1.half:.0f}. Nobody was wronged by a label here.
#
# A remedy cannot see which of the two worlds it is in. `fairness_price` puts the same ones into both ({n_price} seeds): first town minus second in the TPR, and how the accuracy by merit changes, in points.
#
# {price_table}
#
# * *Where labels are unfair*, towns come nearer to each other (by masking, by learning twice and by thresholds as near as the intervals tell), and no accuracy by merit is seen to be lost.
# * *Where labels are fair and base rates differ*, taking the town out of the texts (masking, learning twice) leaves the gap, which was not made by labels, and loses nothing that shows. Who *makes* the TPR equal pays with accuracy by merit: thresholds {taken.thresholds_by_town.mean:+.1f} ± {taken.thresholds_by_town.half:.1f} points, penalty {taken.covariance_penalty.mean:+.1f} ± {taken.covariance_penalty.half:.1f}. Of reweighting it is undecided.
#
# So the price depends on a fact that no number of the training data shows: *whether the labels are fair*. To find out one has to judge some people anew.
#
# ### 6.5 Associations of words
#
# Long before a decision the text itself may speak better of one group. Now the texts are plain applications, without labels; beside names of the first town a quality is good with the probability $½ + t/2$, beside those of the second with $½ - t/2$. Word vectors are made of counts (lesson 4), and WEAT asks whether names of the first town lie nearer to good qualities.
#
# **Predict first.** If the strength $t$ is three times as large, is the effect three times as large?

# %% [markdown] lang="zh"
# （图中 precision 是精确率，base rate 是基率，first town、second town 是甲镇、乙镇，all thresholds 是所有的阈值，trained models 是训练出来的模型，TPR 0.8 everywhere 是说 TPR 处处为 0.8。）**左图**：TPR 和精确率相等时，FPR 是基率的一条曲线，两个镇站在曲线上的两处。**右图**：凡是根据能知道的东西、用阈值作的决定，都落在自己镇的那条线上，拐角之间则是在两个阈值之间掷硬币（点是研究里的 {n_dials} 个模型，测试时各有一点运气）。**几率均等**要求落在同一个点：两条线相交处就有。**精确率**都是 0.8，则要各自落在自己镇的点线上，而两条点线只在 0 处相交，那里一个人也不选。所以两样只能要一样。
#
# 训练出来的模型，校准误差（以 % 计，下同）是 {unequal.calibration_error.0.mean:.1f} ± {unequal.calibration_error.0.half:.1f} 和 {unequal.calibration_error.1.mean:.1f} ± {unequal.calibration_error.1.half:.1f}，就区间所能分辨的，两个镇**差不多**（相差 {unequal.apart.mean:.1f} ± {unequal.apart.half:.1f}）；TPR 却是 {unequal.TPR.0.mean:.0f} ± {unequal.TPR.0.half:.0f} 和 {unequal.TPR.1.mean:.0f} ± {unequal.TPR.1.half:.0f}，FPR 是 {unequal.FPR.0.mean:.0f} ± {unequal.FPR.0.half:.0f} 和 {unequal.FPR.1.mean:.0f} ± {unequal.FPR.1.half:.0f}。而这里没有一个人受了标签的亏待。
#
# 身处哪一个世界，办法自己是看不出来的。`fairness_price` 把同样几个办法放进两个世界（{n_price} 个种子）：甲镇与乙镇的 TPR 之差，以及按是否够格的准确率的变化，单位都是百分点。
#
# {price_table}
#
# * **标签不公时**，两个镇接近了（遮住、再学一遍、阈值这三样，接近到区间分辨不出的程度），按是否够格的准确率看不出损失。
# * **标签公平而基率不同时**，从文本里去掉镇的办法（遮住、再学一遍）留下了差距（它本来就不是标签造成的），也看不出损失。硬要 TPR **相等**的，付出的是按是否够格的准确率：阈值 {taken.thresholds_by_town.mean:+.1f} ± {taken.thresholds_by_town.half:.1f} 个百分点，惩罚 {taken.covariance_penalty.mean:+.1f} ± {taken.covariance_penalty.half:.1f}。重新加权未能判定。
#
# 所以代价取决于训练数据里的数都显示不出来的一件事：**标签公不公平**。要弄清楚，只能把一些人重新评定。
#
# ### 6.5 词的关联
#
# 远在作决定之前，文本本身就可能把一群人说得更好。现在的文本是没有标签的申请：甲镇的名字旁边，一个品质是好的概率为 $½ + t/2$，乙镇的名字旁边为 $½ - t/2$。由计数做出词向量（第 4 课），再用 WEAT 问：甲镇的名字是不是离好品质更近。
#
# **先猜一猜**　强度 $t$ 是三倍，效应量也是三倍吗？

# %% tags=["machine"]
plan = word_association.Settings()
largest = 2 * np.sqrt(15 / 16)  # 8 names and 8
stated("largest", largest, 1.936, 0.0005, "the largest effect of 8 and 8 words")
told = {}
for strength in (0.0, 0.02, 0.05, 0.1, 0.3):
    rng_of_text = np.random.default_rng([17, round(100 * strength)])
    ids = word_association.texts(plan, strength, (), rng_of_text)
    told[strength] = word_association.association(plan, ids, "qualities", 1, rng_of_text)
    effect, p, _, difference = told[strength]
    print(f"strength {strength:4}  effect {effect:+.3f}  p = {p:.5f}  difference {difference:+.2f}")
assert 1.85 < told[0.1].effect < told[0.3].effect < largest, "at the end of the scale"
assert told[0.3].difference > 1.5 * told[0.1].difference, "while the association grows"

# %% [markdown] lang="en"
# This is one text of each strength. Over {n_texts} seeds the effect is {weat_of.weak.effect.mean:.2f} at strength 0.1 and {weat_of.strong.effect.mean:.2f} at 0.3: both at the end of the scale, {here.largest}. *The effect size says that there is an association, and not how strong it is.* The plain difference of the means at least puts strengths in order: {weat_of.weak.difference.mean:.2f} ± {weat_of.weak.difference.half:.2f} and {weat_of.strong.difference.mean:.2f} ± {weat_of.strong.difference.half:.2f}. Proportional it is not: for three times the strength it is {grown.mean:.1f} ± {grown.half:.1f} times as large. The p-value has an end, too: one in {n_divisions:,} divisions.
#
# * *Exchanging names* in every other text ends the association: {exchanged.names.qualities.mean:+.2f} ± {exchanged.names.qualities.half:.2f} at strength 0.3. It also ends what is *true*, that names and hobbies of a town go together: {exchanged.names.hobbies.mean:+.2f}. Exchanging both keeps it: {exchanged.names_and_hobbies.hobbies.mean:+.2f}. That is a price, too.
# * *A small p-value is not yet a bias.* In texts without any, 10 of 100 p-values should lie below 0.05 or above 0.95. So it is where hobbies tell nothing of the town ({tails.lot:.1f} of 100). Where they tell of it, {tails.tell:.1f} of 100 lie there: names of a town share their neighbours, and so are no independent witnesses, as the divisions take them to be.
#
# ## 7 Summary and limits
#
# * Fairness of groups is equality of a rate, and one has to say of which. With unequal base rates not all can be had, by an identity.
# * A gap has an interval. A gap of 0 in a few people says nothing.
# * A model copies unfair labels, in scores and in decisions, and not by the same amount. A proxy carries on what was struck out.
# * Remedies that know neither groups nor true merits did nothing that shows. Those that know groups narrow the gap or close it, and those that know some true merits narrow it. The price appears on unfair test labels; where labels are fair, equal TPRs cost accuracy by merit.
# * WEAT's effect and p-value have an end; the difference puts strengths in order, and is not proportional.
# * All this in one small world with two groups, invented names, and a merit that somebody knows. In life the merit is what is disputed, people belong to several groups, and what is fair is not for the model to say.

# %% [markdown] lang="zh"
# 以上每种强度只有一份文本。{n_texts} 个种子上，强度 0.1 时效应量是 {weat_of.weak.effect.mean:.2f}，0.3 时是 {weat_of.strong.effect.mean:.2f}：都到了量程的尽头 {here.largest}。**效应量说明有没有关联，说明不了关联有多强。**平均之差（difference）至少能排出强弱：{weat_of.weak.difference.mean:.2f} ± {weat_of.weak.difference.half:.2f} 和 {weat_of.strong.difference.mean:.2f} ± {weat_of.strong.difference.half:.2f}。但它不成正比：强度是三倍，它只是 {grown.mean:.1f} ± {grown.half:.1f} 倍。p 值也有尽头：{n_divisions:,} 种分法里的一种。
#
# * 在每两份文本的一份里**换掉名字**，关联就没有了：强度 0.3 时是 {exchanged.names.qualities.mean:+.2f} ± {exchanged.names.qualities.half:.2f}。可是连**真实的**关联也没有了，即同一个镇的名字和爱好常在一起：{exchanged.names.hobbies.mean:+.2f}。两样都换，它就还在：{exchanged.names_and_hobbies.hobbies.mean:+.2f}。这也是代价。
# * **p 值小，还不等于有偏见。**没有任何偏见的文本里，100 个 p 值该有 10 个小于 0.05 或大于 0.95。爱好不透露镇的时候确实如此（100 个里有 {tails.lot:.1f} 个）；透露的时候，有 {tails.tell:.1f} 个：同一个镇的名字有共同的邻居，不是相互独立的证人，而各种分法却把它们当成独立的。
#
# ## 7 小结与局限
#
# * 各组之间的公平就是某个比率相等，必须说清是哪一个。基率不同时，由恒等式可知不能样样都要。
# * 差距要连同区间。人数很少时，差距为 0 什么也说明不了。
# * 模型会照抄不公的标签，分数和决定都照抄，程度却不同。划掉的东西，由代理变量接着说。
# * 对组、对谁真正够格都一无所知的办法，看不出作用。知道组的办法缩小或消除了差距，知道一些人真正够不够格的办法缩小了差距。代价呢，标签不公时显在测试标签上；标签公平时，TPR 相等要以按是否够格的准确率来换。
# * WEAT 的效应量和 p 值都有尽头；平均之差排得出强弱，但不成正比。
# * 以上都在一个小世界里：两个组，编造的名字，够不够格有人知道。现实中，够不够格正是争论之处，一个人属于好几个组，什么算公平也不该由模型来说。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **17.1 Rates of two groups.** `true`, `said` and `groups` are arrays (N,) of 0 and 1: who merits it, who is selected, the group of each. Write `rates(true, said, groups)`: an array (2, 3) with a row for each group, of the selection rate, the TPR and the FPR. A rate of nothing is none, and whoever reports it as 0 may report a fair model. So return `None` if one of the two groups is empty, has nobody with `true` 1, or nobody with 0.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **17.1 两组的比率**　`true`、`said`、`groups` 是由 0 和 1 组成的数组 (N,)：够不够格，是否入选，属于哪一组。请写 `rates(true, said, groups)`：数组 (2, 3)，每组一行，依次是入选率、TPR、FPR。没有人就没有比率；要是当成 0 报出来，模型可能显得很公平。所以，只要两组中有一组是空的，或者没有 `true` 为 1 的人，或者没有为 0 的人，就返回 `None`。


# %% tags=["exercise"]
def rates(true, said, groups):
    return ...


# %% tags=["solution"]
def rates(true, said, groups):
    found = []
    for g in (0, 1):
        y, d = true[groups == g], said[groups == g]
        if not (y == 1).any() or not (y == 0).any():  # an empty group has neither
            return None
        found.append([d.mean(), d[y == 1].mean(), d[y == 0].mean()])
    return np.array(found)


# %% tags=["exercise-check"]
check("17.1", rates)

# %% [markdown] lang="en"
# *Hint*: `said[groups == g]` are the decisions of a group; the mean of zeros and ones is a share. Look for what is missing before you divide.
#
# **17.2 A threshold for each group.** `scores` (N,), `true` (N,) and `groups` (N,) of 0 and 1; who has at least the threshold of the own group is selected. Write `thresholds(scores, true, groups, rate)`: for group 0 and group 1 the *highest* threshold at which the TPR of that group is at least `rate`, a multiple of 1/8 above 0 and at most 1. In both groups somebody has `true` 1; several people may have the same score. Both groups then have nearly the same TPR.

# %% [markdown] lang="zh"
# **提示**　`said[groups == g]` 是一组的决定；0 和 1 的平均就是比例。做除法之前先看看缺了什么。
#
# **17.2 每组一个阈值**　`scores` (N,)，由 0 和 1 组成的 `true` (N,) 和 `groups` (N,)；分数不低于本组阈值的人入选。请写 `thresholds(scores, true, groups, rate)`：依次为组 0 和组 1 给出使本组的 TPR 不低于 `rate` 的**最高**阈值；`rate` 是 1/8 的倍数，大于 0，至多为 1。两组里都有 `true` 为 1 的人；几个人的分数可以相同。这样两组的 TPR 就差不多了。


# %% tags=["exercise"]
def thresholds(scores, true, groups, rate):
    return ...


# %% tags=["solution"]
def thresholds(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        best = np.sort(scores[(groups == g) & (true == 1)])[::-1]
        needed = int(np.ceil(rate * len(best)))  # so many of them have to be selected
        found.append(best[needed - 1])
    return np.array(found)


# %% tags=["exercise-check"]
check("17.2", thresholds)

# %% [markdown] lang="en"
# *Hint*: only those with `true` 1 count. Sort their scores from the highest down: how many of them have to be selected, and what is the score of the last one?
#
# **17.3 An exact p-value.** `s_x` and `s_y` are the numbers $s(w)$ of $h$ words each, multiples of 1/8, so that equal sums are equal floats. Write `p_value(s_x, s_y)`: the share of all divisions of the $2h$ words into two halves in which the sum of the first half is at least that of `s_x`. The division as it is counts, too. $h$ is at most 4.

# %% [markdown] lang="zh"
# **提示**　只看 `true` 为 1 的人。把他们的分数从高到低排好：其中多少人必须入选，最后一个人的分数是多少？
#
# **17.3 精确的 p 值**　`s_x` 和 `s_y` 各是 $h$ 个词的 $s(w)$，都是 1/8 的倍数，所以相等的和作为浮点数也相等。请写 `p_value(s_x, s_y)`：把这 $2h$ 个词分成两半的全部分法中，前一半之和不小于 `s_x` 之和的，所占的比例。原样的分法也算一种。$h$ 至多为 4。


# %% tags=["exercise"]
def p_value(s_x, s_y):
    return ...


# %% tags=["solution"]
def p_value(s_x, s_y):
    def sums(rest, n):  # of all ways to take n of the rest
        if n == 0:
            return [0.0]
        if len(rest) < n:
            return []
        return [rest[0] + more for more in sums(rest[1:], n - 1)] + sums(rest[1:], n)

    every = np.array(sums([*s_x, *s_y], len(s_x)))
    return (every >= sum(s_x)).mean()


# %% tags=["exercise-check"]
check("17.3", p_value)

# %% [markdown] lang="en"
# *Hint*: a word is in the first half or it is not. `itertools.combinations(range(2 * h), h)` names the places of all first halves; a loop over all numbers below $2^{2h}$ whose digits in base two have $h$ ones does, too.
#
# ## 9 Further reading
#
# * Chouldechova 2017, "Fair Prediction with Disparate Impact", section 2. Kleinberg, Mullainathan & Raghavan 2016, "Inherent Trade-Offs in the Fair Determination of Risk Scores", section 1.
# * Hardt, Price & Srebro 2016, "Equality of Opportunity in Supervised Learning", sections 2 and 3.
# * Kamiran & Calders 2012, "Data preprocessing techniques for classification without discrimination". Zafar et al. 2017, "Fairness Constraints: Mechanisms for Fair Classification", section 3.
# * Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference"; Newcombe 1998, "Interval Estimation for the Difference between Independent Proportions".
# * Caliskan, Bryson & Narayanan 2017, "Semantics derived automatically from language corpora contain human-like biases". Hall Maudslay et al. 2019, "It's All in the Name", for names exchanged.
# * In this project: `minillm/tasks/metrics/fairness.py`, `minillm/labs/challenges/`; a remedy of your own in the lab: `python -m minillm labs template fairness`.

# %% [markdown] lang="zh"
# **提示**　一个词要么在前一半里，要么不在。`itertools.combinations(range(2 * h), h)` 给出所有前一半的位置；对所有小于 $2^{2h}$、二进制里恰有 $h$ 个 1 的数循环，也行。
#
# ## 9 延伸阅读
#
# * Chouldechova，2017，“Fair Prediction with Disparate Impact”，第 2 节。Kleinberg、Mullainathan、Raghavan，2016，“Inherent Trade-Offs in the Fair Determination of Risk Scores”，第 1 节。
# * Hardt、Price、Srebro，2016，“Equality of Opportunity in Supervised Learning”，第 2、3 节。
# * Kamiran、Calders，2012，“Data preprocessing techniques for classification without discrimination”。Zafar 等，2017，“Fairness Constraints: Mechanisms for Fair Classification”，第 3 节。
# * Wilson，1927，“Probable Inference, the Law of Succession, and Statistical Inference”；Newcombe，1998，“Interval estimation for the difference between independent proportions”。
# * Caliskan、Bryson、Narayanan，2017，“Semantics derived automatically from language corpora contain human-like biases”。Hall Maudslay 等，2019，“It's All in the Name”，讲交换名字。
# * 本项目：`minillm/tasks/metrics/fairness.py`、`minillm/labs/challenges/`；在实验里试自己的办法：`python -m minillm labs template fairness`。
