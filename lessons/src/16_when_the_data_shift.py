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
#     lesson: 16
#     guide: ['1.4.1', '9.3']
#     budget_s: 20
#     errata: [A2, A9, A111, A112, A113]
#     introduces: [minillm.tasks.metrics.calibration, minillm.tasks.metrics.groups, minillm.training.robust, minillm.tasks.shift.importance, minillm.tasks.shift.label_shift, minillm.tasks.shift.two_sample, minillm.tasks.temperature]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import LANGUAGE, study
from minillm.course.verdict_tables import READING, spread, verdict_table
from minillm.labs import read_settings
from minillm.labs.compare_result import Result
from minillm.labs.mismatch import length, lexicon, shortcut

reading = READING[LANGUAGE]
words = Result(lexicon.STUDY, list(lexicon.STUDY.remedies), study("lexicon"), {})
n_seeds, m = len(words.values("none", "accuracy")), lexicon.STUDY.comparisons
words_n = len(words.remedies) - 1
level = 100 * (1 - 0.05 / m)
measured = {
    remedy.replace(" ", "_"): {
        "books": spread(100 * words.values(remedy, "accuracy, books")),
        "tools": spread(100 * words.values(remedy, "accuracy")),
        "ece_books": spread(words.values(remedy, "calibration error, books")),
        "ece_tools": spread(words.values(remedy, "calibration error")),
    }
    for remedy in words.remedies
}
names_of_remedies = {
    "1 architecture / 1 模型结构": {
        "wider model": "模型加宽",
        "without attention": "不要注意力",
        "without residuals": "不要残差",
    },
    "2 data / 2 数据": {
        "more data": "更多的数据",
        "word dropout": "随机删词",
        "synonyms": "同义词",
    },
    "3 regularisation / 3 正则化": {"weight decay": "权重衰减", "dropout": "dropout"},
    "4 fine-tuning / 4 微调": {
        "32 of tools": "32 条工具评论",
        "128 of tools": "128 条工具评论",
        "pretraining": "预训练",
        "pretraining and synonyms": "预训练加同义词",
    },
    "not in the guide / 指南没有的": {
        "label smoothing": "标签平滑",
        "temperature": "温度",
        "asked with dropout": "提问时开着 dropout",
        "ensemble": "五个模型的平均",
    },
}
head = {
    "en": ("the guide's remedy", "here", "accuracy, tools", "calibration error, tools"),
    "zh": ("指南的办法", "这里", "准确率，工具", "校准误差，工具"),
}[LANGUAGE]
table = verdict_table(
    words, head, names_of_remedies, ("accuracy", "calibration error"), language=LANGUAGE
)
verdicts = {key: one.word for key, one in words.verdicts().items()}
assert {r for (r, of), word in verdicts.items() if of == "accuracy" and word == "helps"} == {
    *("synonyms", "32 of tools", "128 of tools", "pretraining", "pretraining and synonyms"),
}, "as the prose says of accuracy"
assert {r for (r, of), w in verdicts.items() if of == "calibration error" and w == "helps"} == {
    *("128 of tools", "pretraining", "pretraining and synonyms"),
}, "as the prose says of calibration"
assert "harms" not in verdicts.values(), "none harms"
assert verdicts["temperature", "calibration error"].startswith("no effect"), "temperature"
assert verdicts["ensemble", "calibration error"] == "undecided", "ensemble"
silent = ("weight decay", "dropout", "word dropout", "more data", "without attention")
assert all(verdicts[r, "accuracy"].startswith("no effect") for r in silent), "no effect"
for r in ("wider model", "without residuals"):
    assert verdicts[r, "accuracy"] == "undecided", r
bound = max(words.verdicts()[r, "accuracy"].bound for r in ("wider model", "without residuals"))
gain = {
    r.replace(" ", "_"): 100 * words.verdicts()[r, "accuracy"].mean
    for r in ("synonyms", "32 of tools", "128 of tools", "pretraining")
}
ensemble = {
    "mean": words.verdicts()["ensemble", "calibration error"].mean,
    "half": words.verdicts()["ensemble", "calibration error"].half,
}
cooler = words.values("temperature", "calibration error, books") - words.values(
    "none", "calibration error, books"
)
cooled_books = spread(cooler)
assert abs(cooled_books["mean"]) < 0.02, "little to mend"
known, sizes = study("known_shift"), read_settings("known_shift")
assert (sizes["source"], sizes["target"]) == (0.25, 0.75), "the shares of the prose"
assert sizes["priors"][0] == 0.05, "the strongest shift of the prose"
n_known = len(known["covariate, accuracy"])
models = known["covariate, accuracy"]
estimates = {
    "plain": spread(100 * known["covariate, estimate"][:, 0]),
    "weighted": spread(100 * known["covariate, estimate"][:, 1]),
}
trained = {
    "plain": spread(100 * models[:, 0]),
    "weighted": spread(100 * (models[:, 1] - models[:, 0])),
    "target": spread(100 * models[:, 2]),
    "effective": 100 * known["covariate, effective"].mean(),
}
assert trained["weighted"]["mean"] + trained["weighted"]["half"] < 0, "weights harm the training"
assert abs(estimates["weighted"]["mean"]) < estimates["weighted"]["half"], "and mend the estimate"
assert estimates["plain"]["mean"] > estimates["plain"]["half"], "which was too high"
labels_gain = spread(100 * (known["label, accuracy"][:, 0, 1] - known["label, accuracy"][:, 0, 0]))
assert labels_gain["mean"] > labels_gain["half"], "counting helps at the strongest shift"
off = {
    "counted": 100 * known["label, error"][:, 0, 0].mean(),
    "solved": 100 * known["label, error"][:, 0, 1].mean(),
}
told_apart = {
    "shift": spread(100 * known["two samples, shift"][:, 0]),
    "none": spread(100 * known["two samples, no shift"][:, 0]),
    "p": known["two samples, shift"][:, 1].max(),
}
assert told_apart["p"] < 0.001, "found on every seed"
tagged = Result(shortcut.STUDY, list(shortcut.STUDY.remedies), study("shortcut"), {})
tag_n, tag_m = len(tagged.values("none", "worst group")), shortcut.STUDY.comparisons
tag_level = 100 * (1 - 0.05 / tag_m)
tag_table = verdict_table(
    tagged,
    {
        "en": ("the guide's remedy", "here", "worst group"),
        "zh": ("指南的办法", "这里", "最差的一组"),
    }[LANGUAGE],
    {
        "1 architecture / 1 模型结构": {
            "wider model": "模型加宽",
            "without attention": "不要注意力",
            "without residuals": "不要残差",
        },
        "2 data / 2 数据": {
            "tag masked": "遮住标记",
            "word dropout": "随机删词",
            "more data": "更多的数据",
            "20 % counterfactual": "两成再换标记学",
            "counterfactual tags": "全部再换标记学",
        },
        "3 regularisation / 3 正则化": {"weight decay": "权重衰减", "dropout": "dropout"},
        "4 fine-tuning / 4 微调": {
            "last layer": "只调最后一层",
            "64 of target": "64 条目标评论",
            "256 of target": "256 条目标评论",
        },
        "not in the guide / 指南没有的": {
            "balanced groups": "各组同样多",
            "balanced and dropout": "各组同样多加 dropout",
            "group DRO": "group DRO",
            "group DRO and dropout": "group DRO 加 dropout",
            "IRM": "IRM",
            "V-REx": "V-REx",
            "just train twice": "训练两遍",
        },
    },
    ["worst group"],
    language=LANGUAGE,
)
tag_words = {remedy: one for (remedy, _), one in tagged.verdicts().items()}
blind = [
    *("weight decay", "dropout", "wider model", "without attention", "without residuals"),
    *("word dropout", "more data", "IRM", "V-REx"),
]
assert {r for r, one in tag_words.items() if one.word != "helps"} == {*blind}, "as the prose says"
assert {tag_words[r].word for r in blind} == {"undecided"}, "as the prose says"
assert abs(tagged.values("IRM", "accuracy, inside") - 0.5).max() < 0.05, "a coin on every seed"


def groups_of(remedy):
    """Worst group, and accuracy where the tag agrees as in training, in percent."""
    worst, inside = tagged.values(remedy, "worst group"), tagged.values(remedy, "accuracy, inside")
    return {"worst": spread(100 * worst), "inside": 100 * inside.mean()}


by_group = {
    "none": groups_of("none"),
    "masked": groups_of("tag masked"),
    "swapped": groups_of("counterfactual tags"),
    "balanced": groups_of("balanced groups"),
    "both": groups_of("balanced and dropout"),
    "target": groups_of("64 of target"),
    "twice": groups_of("just train twice"),
    "irm": groups_of("IRM"),
    "bound": max(tag_words[r].bound for r in blind),
}
assert by_group["both"]["worst"]["mean"] > by_group["balanced"]["worst"]["mean"] + 20, "together"
long_texts = Result(length.STUDY, list(length.STUDY.remedies), study("length"), {})
long_n, long_m = len(long_texts.values("none", length.STUDY.headlines[0])), length.STUDY.comparisons
long_level = 100 * (1 - 0.05 / long_m)
long_table = verdict_table(
    long_texts,
    {
        "en": ("the guide's remedy", "here", "*last*", "*first*"),
        "zh": ("指南的办法", "这里", "*last*", "*first*"),
    }[LANGUAGE],
    {
        "1 architecture / 1 模型结构": {
            "sinusoidal": "正弦位置",
            "rotary": "旋转位置",
            "ALiBi": "ALiBi",
            "no positions": "不要位置",
            "wider model": "模型加宽",
            "without attention": "不要注意力",
        },
        "2 data / 2 数据": {
            "more data": "更多同样的数据",
            "200 long texts": "200 条长文本",
            "random offsets": "随机的起点",
            "randomised positions": "随机的位置",
        },
        "3 regularisation / 3 正则化": {"weight decay": "权重衰减", "dropout": "dropout"},
        "4 fine-tuning / 4 微调": {"fine-tuned on 50 long": "用 50 条长文本微调"},
        "not in the guide / 指南没有的": {"cut to 12 words": "只读最后 12 个词"},
    },
    length.STUDY.headlines,
    language=LANGUAGE,
)
sizes_long = read_settings("length")
reach = {
    "shortest": sizes_long["shortest"],
    "longest": sizes_long["longest"],
    "places": sizes_long["longest"] + 1,  # with the question
    "table": sizes_long["model"]["longest"],
    "unused": sizes_long["model"]["longest"] - sizes_long["longest"] - 1,
    "middle": sizes_long["lengths"][1],
    "far": sizes_long["lengths"][2],
    "texts": sizes_long["strengths"]["many"],
    "few": sizes_long["strengths"]["few"],
    "times": sizes_long["strengths"]["times"],
}


def right_of(remedy):
    """How often readers are right by length and by task, in percent, with half an interval."""
    found = 100 * study("length")[f"{remedy}: by length"]  # (seeds, lengths, tasks)
    return [
        {task: spread(found[:, i, k]) for k, task in enumerate(("last", "first"))} for i in range(3)
    ]


long_right = {name.replace(" ", "_"): right_of(name) for name in long_texts.remedies}
in_both = {
    r: tuple(long_texts.verdicts()[r, one].word.partition(" ")[0] for one in length.STUDY.headlines)
    for r in long_texts.remedies[1:]
}
assert in_both == {
    "sinusoidal": ("helps", "undecided"),
    "rotary": ("undecided", "harms"),
    "ALiBi": ("helps", "harms"),
    "no positions": ("undecided", "harms"),
    "wider model": ("no", "no"),
    "without attention": ("no", "harms"),
    "more data": ("no", "no"),
    "200 long texts": ("undecided", "helps"),
    "random offsets": ("helps", "undecided"),
    "randomised positions": ("helps", "helps"),
    "weight decay": ("no", "no"),
    "dropout": ("no", "no"),
    "fine-tuned on 50 long": ("no", "no"),
    "cut to 12 words": ("helps", "harms"),
}, "as the prose says of every remedy"
assert long_right["none"][0]["first"]["mean"] > 98 < long_right["none"][0]["last"]["mean"]
LITERALS = {
    "by hand, asserted in section 2": "0 1 3 0.2 0.3 0.35 0.375 0.6 0.7 0.8 0.95 3.5 25.625 37 40 50 90 100",
    "the fraction one half, as LaTeX writes it": "12",
    "classes counted again, section 3": "20 30",
    "settings of the lab and of the study": "5 32 64 128 150 256 1000",
    "levels of intervals and verdicts, and the agreement of tags": "0.05 95",
}

# %% [markdown] lang="en"
# # Lesson 16. When the data shift
#
# **Question.** A model is right on all that it was tested on, and then it is asked something a little different. How does one notice, how bad is it, and which of the guide's four remedies helps?
#
# **Afterwards you can** keep two questions apart that are both called generalisation; weigh examples of one distribution so that they speak for another, and say when no weight can; see in a reliability diagram whether a model knows that it does not know; read a table of remedies without being misled by an average.
#
# **Before this**: lesson 8 (GPT), lesson 9 (BERT), lesson 14 (regularisation), lesson 15 (conflicting objectives: the four remedies, and how verdicts are given). **Time**: about a quarter of a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 16 课　数据变了
#
# **问题**　一个模型在测试过的一切上都答得对，然后遇到稍有不同的问题。怎样发现？有多糟？指南的四个办法，哪一个管用？
#
# **学完本课，你能够**　分清都叫“泛化”的两个问题；给一个分布的样本加权，让它们代表另一个分布，并说出什么时候怎样加权都没用；从可靠性图看出模型知不知道自己不知道；读一张办法的表而不被平均数误导。
#
# **预备知识**　第 8 课（GPT）、第 9 课（BERT）、第 14 课（正则化）、第 15 课（冲突的目标：四个办法，以及怎样判定）。**用时**　运行约十几秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_study
from minillm.labs.mismatch import length, lexicon, shortcut
from minillm.labs.mismatch.length_case import Length
from minillm.labs.mismatch.length_readers import Scattered, Trained, scattered
from minillm.labs.mismatch.lexicon_case import Lexicon, Settings
from minillm.labs.small_encoder import probabilities, scores
from minillm.tasks import accuracy
from minillm.tasks.metrics import calibration_error
from minillm.tasks.shift import (
    by_words,
    density_ratio,
    label_weights,
    two_sample_test,
    weighted_mean,
)
from minillm.tasks.temperature import cooled, fit_temperature

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# The second half of the title is *mismatched generalisation* (A2). Section 1.4.1 says what generalisation is: doing well on data that were not seen (A9). Section 9.3 has the four remedies that lesson 15 tried on conflicts, once more in a line each: a better architecture; data that are cleaned, augmented, more diverse (A111); regularisation, which lowers over-fitting (A112); fine-tuning (A113).
#
# What is missing: *which* data were not seen. Data of the same kind, and data of another kind, are two questions with two answers. Lesson 14 measured the first, the gap between training and test. Here both training and test come out well, and the model fails.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 标题的后半是**不匹配的泛化**（A2）。1.4.1 节说泛化是“在未见过的数据上表现良好的能力”（A9）。9.3 节还是第 15 课在冲突上试过的四个办法，各一句话：优化模型结构；数据清洗、增强、多样性扩充（A111）；正则化，减轻过拟合（A112）；微调（A113）。
#
# 缺的是：**哪些**数据未见过。同一类数据和另一类数据，是两个问题，答案也是两个。第 14 课量的是前一个，即训练与测试之间的差距。这里训练和测试都好好的，模型却错了。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Two gaps.** In training 1 % of the answers are wrong; on fresh texts of the same kind 3 %; on texts of another kind 40 %. The *generalisation gap* is $3 - 1 = 2$ points, and a remedy against over-fitting can win no more than these. The *shift* costs $40 - 3 = 37$ points.
#
# **Weights.** A classifier is right in 90 % of the short texts and in 50 % of the long ones. Of the texts that we have, $p = (0.8, 0.2)$ are short and long: it is right in $0.8 \cdot 90 + 0.2 \cdot 50 = {here.source}$ %. Where it will be used, $q = (0.3, 0.7)$: it will be right in $0.3 \cdot 90 + 0.7 \cdot 50 = {here.target}$ %. Whoever has texts of the first kind alone weighs each short one with $w = q/p = 0.3/0.8 = 0.375$ and each long one with $0.7/0.2 = 3.5$, and gets the second number from them. The price: ten texts, eight of them short, then count as
#
# $$\frac{(\sum_i w_i)^2}{\sum_i w_i^2} = \frac{(8 \cdot 0.375 + 2 \cdot 3.5)^2}{8 \cdot 0.375^2 + 2 \cdot 3.5^2} = \frac{100}{25.625} = {here.effective}$$
#
# texts. And if $p$ had no long texts at all? Then $q/p$ is a division by zero, and no weight helps.
#
# **How sure?** Ten answers, all with confidence 0.95, and six of them right: in this bin confidence and accuracy are $0.95 - 0.6 = 0.35$ apart. Ten others with confidence 0.6, six right: 0 apart. The calibration error (ECE, expected calibration error) is the mean over all answers, $\frac12 \cdot 0.35 + \frac12 \cdot 0 = {here.ece}$: 0 for whoever is right as often as it is sure.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **两种差距**　训练时答错 1%；同一类的新文本上答错 3%；另一类文本上答错 40%。**泛化差距**是 $3 - 1 = 2$ 个百分点，防过拟合的办法最多能赢回这么多。**偏移**的代价是 $40 - 3 = 37$ 个百分点。
#
# **加权**　一个分类器，短文本答对 90%，长文本答对 50%。手头的文本里，短的和长的各占 $p = (0.8, 0.2)$：答对 $0.8 \cdot 90 + 0.2 \cdot 50 = {here.source}$%。用到的地方是 $q = (0.3, 0.7)$：会答对 $0.3 \cdot 90 + 0.7 \cdot 50 = {here.target}$%。只有前一种文本的人，给每条短的加权 $w = q/p = 0.3/0.8 = 0.375$，每条长的 $0.7/0.2 = 3.5$，就能从它们算出第二个数。代价是：十条文本，其中八条短的，只顶得上
#
# $$\frac{(\sum_i w_i)^2}{\sum_i w_i^2} = \frac{(8 \cdot 0.375 + 2 \cdot 3.5)^2}{8 \cdot 0.375^2 + 2 \cdot 3.5^2} = \frac{100}{25.625} = {here.effective}$$
#
# 条。要是 $p$ 里根本没有长文本呢？那 $q/p$ 就是除以零，怎样加权都没用。
#
# **有多确信？**　十个回答，置信度都是 0.95，对了六个：这一格里置信度与准确率相差 $0.95 - 0.6 = 0.35$。另外十个，置信度 0.6，对了六个：相差 0。校准误差（ECE，expected calibration error）是全部回答的平均，$\frac12 \cdot 0.35 + \frac12 \cdot 0 = {here.ece}$：有多确信就有多对的，是 0。

# %%
p, q, right = np.array([0.8, 0.2]), np.array([0.3, 0.7]), np.array([90.0, 50.0])
stated("source", p @ right, 82, 0.001, "accuracy where we are")
stated("target", q @ right, 62, 0.001, "accuracy where we go")
kinds = np.repeat([0, 1], [8, 2])  # ten texts
w = (q / p)[kinds]
assert np.isclose((w * right[kinds]).sum() / w.sum(), q @ right), "weights by hand"
stated("effective", w.sum() ** 2 / (w @ w), 3.9, 0.005, "what ten texts count for")
confidence = np.repeat([0.95, 0.6], 10)
hit = np.tile(np.repeat([1, 0], [6, 4]), 2)  # six of ten
gaps = [abs(hit[confidence == c].mean() - c) for c in (0.95, 0.6)]
stated("ece", np.mean(gaps), 0.175, 1e-9, "calibration error")
print("weights", (q / p).round(3), " as many as", round(w.sum() ** 2 / (w @ w), 2), "texts")

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# Training lowers the mean loss over texts from $p$. What counts is the mean over texts from $q$:
#
# $$\mathbb E_q[\ell] = \sum_x q(x)\,\ell(x) = \sum_x p(x)\,\frac{q(x)}{p(x)}\,\ell(x) = \mathbb E_p[w\,\ell], \qquad w(x) = \frac{q(x)}{p(x)}, \quad p(x) > 0 \text{ wherever } q(x) > 0.$$
#
# The last condition is the point of this lesson. *Covariate shift* changes how frequent texts are, and leaves unchanged what is right for each of them; then weights repair the mean (Shimodaira 2000). If $q$ has texts that $p$ never has, the data say nothing about them, and what the model says there is decided by its architecture, its start and by chance.
#
# *Label shift* changes how frequent the classes are. A held-out set tells which share of all its texts is of class $j$ and called $i$, $C_{ij}$ (of all texts, not of those of class $j$); the target tells in which share $i$ is said, $m_i$; then $C w = m$ gives the weights, without a single label of the target (Lipton et al. 2018).

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 训练降低的是来自 $p$ 的文本上的平均损失。要紧的是来自 $q$ 的文本上的平均：
#
# $$\mathbb E_q[\ell] = \sum_x q(x)\,\ell(x) = \sum_x p(x)\,\frac{q(x)}{p(x)}\,\ell(x) = \mathbb E_p[w\,\ell], \qquad w(x) = \frac{q(x)}{p(x)}, \quad p(x) > 0 \text{ wherever } q(x) > 0.$$
#
# 最后那个条件（凡是 $q(x) > 0$ 处都有 $p(x) > 0$）是本课的关键。**协变量偏移**改变的是文本出现的多少，每条文本的正确答案不变；这时加权能修好平均（Shimodaira，2000）。如果 $q$ 里有 $p$ 从来没有的文本，数据对它们什么也没说，模型在那里说什么，取决于结构、起点和偶然。
#
# **标签偏移**改变的是各类出现的多少。留出的数据说明，属于 $j$ 类又被叫作 $i$ 的文本在全部文本里占多少，即 $C_{ij}$（分母是全部文本，不是 $j$ 类的文本）；目标数据说明，被叫作 $i$ 的占多少，即 $m_i$；于是 $C w = m$ 给出权重，不需要目标数据的任何一个标签（Lipton 等，2018）。


# %%
def as_on_target(values, weights):  # (N,), (N,)
    return (weights * values).sum() / weights.sum()


def calibration(sure, hit, bin_of):  # confidence, right or not, number of the bin: (N,) each
    return sum(
        (bin_of == b).mean() * abs(hit[bin_of == b].mean() - sure[bin_of == b].mean())
        for b in np.unique(bin_of)
    )


rng = np.random.default_rng(16)
p_hand = np.stack([confidence, 1 - confidence], axis=1)  # class 0 is named each time
ours = calibration(confidence, hit, np.repeat([9, 6], 10))  # the bins that begin at 0.9 and 0.6
assert np.isclose(ours, 0.175), "calibration error by hand"
assert np.isclose(ours, calibration_error(p_hand, 1 - hit, bins=10)), "the library's"
assert np.isclose(as_on_target(right[kinds], w), weighted_mean(right[kinds], w)), "the library's"
assert np.allclose(density_ratio(q, p), q / p), "the library's"
try:
    density_ratio(np.array([0.3, 0.7]), np.array([1.0, 0.0]))
except ValueError as refused:
    print(refused)

# %% [markdown] lang="en"
# **Classes counted again.** Of the held-out texts one half praises. The classifier calls 90 % of praise and 20 % of blame "praise". On the target it says "praise" of 30 %. Is 30 % praise there?

# %% [markdown] lang="zh"
# **重新数一数各类**　留出的文本里一半是夸。分类器把 90% 的夸和 20% 的贬都叫作“夸”。在目标数据上，它对 30% 的文本说“夸”。那里的夸真是 30% 吗？

# %%
C = np.array([[0.8 * 0.5, 0.1 * 0.5], [0.2 * 0.5, 0.9 * 0.5]])  # rows: called, columns: is
m = np.array([0.7, 0.3])
classes = np.linalg.solve(C, m)  # how much more frequent each is
print("weights", classes.round(3), " praise there:", round(0.5 * classes[1], 3))
stated("praise", 100 * 0.5 * classes[1], 14.3, 0.05, "praise on the target, in percent")
true = np.repeat([0, 1], 100)
said = np.concatenate([np.repeat([0, 1], [80, 20]), np.repeat([0, 1], [10, 90])])
there = np.repeat([0, 1], [70, 30])
found = label_weights(true, said, there, labels=("blame", "praise"))
assert np.allclose(found, classes), "the library's"

# %% [markdown] lang="en"
# No: {here.praise} %. The classifier calls blame "praise" often enough to double it.
#
# ## 4 Gradient check
#
# The weighted loss in logits, and the fit of a temperature. A *temperature* $T$ divides all logits before the softmax: above 1 it makes every answer less sure, below 1 surer, and none another one. It is the number with which held-out labels are most probable (Guo et al. 2017), found by its inverse $b = 1/T$:
#
# $$L(z) = \frac{\sum_i w_i\,\ell_i}{\sum_i w_i}, \quad \frac{\partial L}{\partial z_{ic}} = \frac{w_i}{\sum_j w_j}\,(p_{ic} - [c = y_i]); \qquad L(b) = -\frac1N \sum_i \ln \mathrm{softmax}(b z_i)_{y_i}, \quad L'(b) = \frac1N \sum_i \Bigl(\sum_c p_{ic} z_{ic} - z_{i y_i}\Bigr).$$

# %% [markdown] lang="zh"
# 不是，是 {here.praise}%。分类器常把贬叫作“夸”，足以让这个数翻倍。
#
# ## 4 梯度检验
#
# 加权损失（对 logits），以及温度的拟合。**温度** $T$ 在 softmax 之前除所有的 logits：大于 1，每个回答都不那么确信；小于 1，都更确信；回答本身不变。取的是使留出的标签最有可能的那个数（Guo 等，2017），对它的倒数 $b = 1/T$ 来求：
#
# $$L(z) = \frac{\sum_i w_i\,\ell_i}{\sum_i w_i}, \quad \frac{\partial L}{\partial z_{ic}} = \frac{w_i}{\sum_j w_j}\,(p_{ic} - [c = y_i]); \qquad L(b) = -\frac1N \sum_i \ln \mathrm{softmax}(b z_i)_{y_i}, \quad L'(b) = \frac1N \sum_i \Bigl(\sum_c p_{ic} z_{ic} - z_{i y_i}\Bigr).$$


# %%
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def weighted_rule(z, y, weights):  # (N, C) logits, (N,) classes, (N,) weights
    p, rows = softmax(z), np.arange(len(y))
    loss = as_on_target(-np.log(p[rows, y]), weights)

    def vjp(g):  # ()
        return (g * (weights / weights.sum())[:, None] * (p - np.eye(z.shape[1])[y]),)

    return loss, vjp


def temperature_rule(b, z, y):  # (1,), scores (N, C), classes (N,)
    p, own = softmax(b * z), z[np.arange(len(y)), y]
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    return loss, lambda g: (g * ((p * z).sum(axis=1) - own).mean(keepdims=True),)


# %%
z, y = rng.standard_normal((6, 3)), rng.integers(3, size=6)
some = rng.uniform(0.1, 3, 6)
errors = {
    "weighted loss": check_vjp(weighted_rule, z, y=y, weights=some, rng=rng),
    "temperature": check_vjp(temperature_rule, np.array([0.7]), z=z, y=y, rng=rng),
}
for name, error in errors.items():
    print(f"{name:13} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-6, "both rules pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake: divided by the number of texts in place of the sum of their weights. Where the weights have the mean 1, as $q/p$ has it on average over $p$, nobody can see it.

# %% [markdown] lang="zh"
# 故意犯一个错：除以文本的条数，而不是权重之和。权重的平均是 1 时（$q/p$ 对 $p$ 的平均正是 1），谁也看不出来。


# %%
def divided_by_count(z, y, weights):
    loss, vjp = weighted_rule(z, y, weights)
    return loss, lambda g: (vjp(g)[0] * weights.mean(),)


there = check_vjp(divided_by_count, z, y=y, weights=some / some.mean(), rng=rng)
print(f"mean weight 1: {there:.1e}, nothing found")
try:
    check_vjp(divided_by_count, z, y=y, weights=some, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the wrong divisor went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **"Data that were not seen"** (section 1.4.1, A9). For unseen data of the *same* distribution one measures the gap $R(\theta) - \hat R_n(\theta)$. Data of *another* distribution may fail where that gap is zero. Mismatched generalisation is about these.
#
# **Regularisation "lowers over-fitting"** (section 9.3, A112). So it does, and that gap is the first one. The second may be there without the first.
#
# **More and more diverse data** (A111). What counts is whether $q$'s texts have $p(x) > 0$ in them afterwards. More of the same leaves every $p(x) = 0$ at 0. Section 6 puts numbers to this.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **“未见过的数据”**（1.4.1 节，A9）　数据**同分布**而未见过，看的是差距 $R(\theta) - \hat R_n(\theta)$。**换了分布**，即使这个差距为零也可能答错。泛化不匹配说的是后者。
#
# **正则化“减轻过拟合”**（9.3 节，A112）　不错，但那是前一个差距。没有前一个，也可以有后一个。
#
# **更多、更多样的数据**（A111）　要紧的是，加了之后，$q$ 的文本是不是有了 $p(x) > 0$。同样的数据再多，$p(x) = 0$ 的还是 0。第 6 节给出数字。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# ### 6.1 Another field, other words
#
# Reviews of books have three opinions, and the label is what most of them say. Tools are praised in other words. A small encoder learns 1000 reviews of books, of whose labels one in ten is wrong, and is asked about reviews of which the share $s$ of the opinions comes in the words of tools:

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 换个领域，换了词
#
# 书的评论有三个意见，标签是多数意见。工具是用别的词来夸的。一个小编码器学 1000 条书的评论，其中十分之一的标签是错的，然后回答这样的评论：意见中有 $s$ 这么大的比例用的是工具的词：

# %%
case = Lexicon(Settings(), seed=0)
world = case.settings.world
for shift, asked in zip(case.settings.shifts, case.tested, strict=True):
    print(f"s = {shift:4}  {world.text(asked.reviews.ids[0])}")
model = case.plain()
print(f"{model.parameter_count()} weights")
both = []
for name, reviews in (("training", case.books), ("held out", case.held)):
    both.append(100 * accuracy(probabilities(model, reviews.ids).argmax(axis=1), reviews.labels))
    print(f"{name:8}  right in {both[-1]:.1f} % by the labels as they come")
stated("gap", both[0] - both[1], 2, 2, "points between training and held-out reviews")
for shift, asked in zip(case.settings.shifts, case.tested, strict=True):
    told_p = probabilities(model, asked.reviews.ids)
    found, sure = accuracy(told_p.argmax(axis=1), asked.reviews.labels), told_p.max(axis=1).mean()
    error = calibration_error(told_p, asked.told, bins=10)
    print(f"s = {shift:4}  right {found:.0%}, confidence {sure:.0%}, ECE {error:.2f}")
    assert found > 0.9 or shift, "right in the words that it learned"
assert found < 0.65, "a coin's accuracy in the others"

# %% [markdown] lang="en"
# Both usual checks are passed: the test set of the same words, and a gap of about {here.gap} points between training and held-out reviews. Nothing in them tells what comes. (Accuracy is that on clean labels. Confidence is compared with labels as they come, one in ten of them wrong: who learned these is calibrated.)
#
# Can one see it *before* labels arrive? The classifier two-sample test can (Lopez-Paz & Oquab 2017): let a bag of words learn to tell the old texts from the new. If both are of one source it is right as often as a coin, and what is far from that is rare by the binomial distribution:

# %% [markdown] lang="zh"
# 通常的两项检查都通过了：同样的词的测试集；训练与留出的评论之间只差约 {here.gap} 个百分点。从它们看不出后来的事。（准确率按干净的标签算；置信度则与原样的标签比，其中十分之一是错的：学了这些标签的模型应当与之相符。）
#
# 标签到来**之前**看得出来吗？分类器两样本检验可以（Lopez-Paz、Oquab，2017）：让一个词袋学着分辨旧文本和新文本。如果同出一源，它只能像掷硬币那样对；偏离多少有多罕见，由二项分布说明：

# %%
draw = np.random.default_rng(16)


def texts(shift):
    return [[world.words[i] for i in row] for row in world.draw(400, shift, draw).ids]


for shift in (0.0, 0.1, 0.25, 0.75):
    test = two_sample_test(texts(0.0), texts(shift), by_words(0.01), rng=draw)
    print(f"s = {shift:4}  told apart {test.accuracy:.0%} of {test.tested}, p = {test.p_value:.2g}")
assert test.p_value < 0.001, "a strong shift is found"

# %% [markdown] lang="en"
# A test finds *that* texts differ. Whether that matters to the model it does not say: new names of cities would be found, too.
#
# ### 6.2 What helps?
#
# The lab `lexicon` tries {words_n} remedies on {n_seeds} seeds, strengths chosen on two others; {m} comparisons, so that the intervals are at {level:.1f} %. Verdicts as in lesson 15: *helps* or *harms* where the interval excludes 0 and the change is at least 0.05; *no effect worth 0.05* where the 95 % interval lies within 0.05; else *undecided*, with the bound that is left. Of the calibration error less is better.
#
# In the rows: *more data*, four times as many reviews of books; *word dropout* leaves words out at random; *synonyms* puts words of tools for those of books, as far as a thesaurus has them; *32* and *128 of tools*, labelled reviews of tools learned beside the others; *pretraining* fills gaps in texts of both fields first; *label smoothing* leaves some probability to the other label; *ensemble* averages five models; *asked with dropout* averages several answers of one.
#
# {table}
#
# {reading}

# %% [markdown] lang="zh"
# 检验发现的是文本**不同**。这对模型要不要紧，它不说：新出现的城市名也会被发现。
#
# ### 6.2 什么管用？
#
# `lexicon` 实验用 {n_seeds} 个种子试了 {words_n} 个办法，强度在另外两个种子上选定；共 {m} 项比较，所以区间取 {level:.1f}%。判定与第 15 课相同：区间不含 0 且变化至少 0.05，才判**有效**或**有害**；95% 区间全在 0.05 以内，是**没有值得一提的作用**；否则是**未能判定**，并给出剩下的上界。校准误差越小越好。
#
# 几行的意思：**更多的数据**，四倍的书评；**随机删词**，随机去掉一些词；**同义词**，把书的词换成工具的词，以同义词表里有的为限；**32 条、128 条工具评论**，带标签，与其余的一起学；**预训练**，先在两个领域的文本上学填空；**标签平滑**，给另一个标签留一点概率；**五个模型的平均**；**提问时开着 dropout**，同一个模型回答几次取平均。
#
# {table}
#
# {reading}

# %%
shown = ("none", "weight decay", "synonyms", "128 of tools", "pretraining")
stored, shifts = read_study("lexicon"), lexicon.STUDY.settings.shifts
figure, panels = plt.subplots(1, 2, figsize=(10, 3.6))
curves = {}
for remedy, style in zip(shown, ("-", "--", "-.", ":", "-"), strict=True):
    by_shift = stored[f"{remedy}: by shift"].mean(axis=0)  # (shifts, 3)
    curves[remedy] = by_shift[:, :2].T
    for axes, values in zip(panels, curves[remedy], strict=True):
        axes.plot(shifts, values, style, marker="o" if remedy == "none" else "", label=remedy)
for axes, name in zip(panels, ("accuracy", "calibration error"), strict=True):
    axes.set(xlabel="share of opinions in other words", ylabel=name)
panels[0].legend(fontsize=8)
savefig(figure, "16_shift", curves)

# %% [markdown] lang="en"
# **What the lab saw.** In the words of books the baseline is right in {measured.none.books.mean:.0f} %, in those of tools in {measured.none.tools.mean:.0f} ± {measured.none.tools.half:.0f} %: a coin. Weight decay, dropout, word dropout, four times as many reviews, and a model without attention change that by less than 0.05; a wider one and one without residuals by at most {bound:.2f}. *None of them brings a single new word.* What does, helps, the more the more words it brings: 32 reviews of tools with labels {gain.32_of_tools:+.0f} points, 128 of them {gain.128_of_tools:+.0f}; a thesaurus that knows half of the words {gain.synonyms:+.0f}; and pretraining on texts of both fields *without labels*, in which what follows an opinion tells its side, {gain.pretraining:+.0f}. So the guide's words "data" and "fine-tuning" name things that help fully, in part or not at all, and its words "architecture" and "regularisation" nothing that helps here.
#
# ### 6.3 Does it know that it does not know?
#
# A *reliability diagram* puts the answers into bins by their confidence. Each bar stands at the mean confidence of its bin, and is as high as the share of right answers among them; the triangle says what share of all answers is in the bin. Bars that end on the grey line are calibrated, bars below it are surer than right. The calibration error is the mean distance of bar and line, weighed by the triangles.

# %% [markdown] lang="zh"
# **实验中看到了什么**　基线在书的词上答对 {measured.none.books.mean:.0f}%，在工具的词上答对 {measured.none.tools.mean:.0f} ± {measured.none.tools.half:.0f}%：等于掷硬币。权重衰减、dropout、随机删词、四倍的评论、不要注意力，变化都不到 0.05；加宽和不要残差，至多 {bound:.2f}。**它们没有一个带来一个新词。**带来新词的就有效，带来得越多越有效：32 条带标签的工具评论 {gain.32_of_tools:+.0f} 个百分点，128 条 {gain.128_of_tools:+.0f}；认识一半词的同义词表 {gain.synonyms:+.0f}；在两个领域**没有标签**的文本上预训练（意见后面的词透露它是褒是贬）{gain.pretraining:+.0f}。所以指南说的“数据”和“微调”，所指的东西有的完全管用，有的管一部分，有的不管用；“模型结构”和“正则化”在这里没有管用的。
#
# ### 6.3 它知道自己不知道吗？
#
# **可靠性图**按置信度把回答分到各格。每根柱子立在这一格的平均置信度处，高度是其中答对的比例；三角形是这一格的回答占全部的比例。柱顶落在灰线上，就是校准的；低于灰线，就是确信多于正确。校准误差就是柱顶到灰线的距离，按三角形加权平均。

# %%
figure, panels = plt.subplots(1, 4, figsize=(11, 3), sharey=True)
drawn = {}
for axes, (remedy, end) in zip(
    panels, (("none", 0), ("none", 1), ("ensemble", 1), ("pretraining", 1)), strict=True
):
    found = stored[f"{remedy}: reliability"][:, end]  # (seeds, 3, bins)
    share = found[:, 2].mean(axis=0)
    sure, right_share = (found[:, :2] * found[:, 2:]).mean(axis=0) / np.maximum(share, 1e-9)
    seen = share > 0.01
    axes.plot([0.5, 1], [0.5, 1], color="0.8")
    axes.bar(sure[seen], right_share[seen], width=0.06, color="0.75", edgecolor="black")
    axes.plot(sure[seen], share[seen], "v", color="black")
    place = ("books", "tools")[end]
    axes.set(title=f"{remedy}, {place}", xlabel="confidence", xlim=(0.45, 1.02), ylim=(0, 1.02))
    drawn[f"{remedy}, {place}"] = np.stack([sure[seen], right_share[seen], share[seen]])
panels[0].set_ylabel("accuracy (bar), share (v)")
savefig(figure, "16_reliability", drawn)
T = fit_temperature(scores(model, case.held.ids), case.held.labels)
print(f"T = {T:.2f}")
for name, asked in (("books", case.tested[0]), ("tools", case.tested[-1])):
    logits = scores(model, asked.reviews.ids)
    errors = (calibration_error(cooled(logits, t), asked.told, bins=10) for t in (1.0, T))
    print("ECE on {}: {:.3f}, with the temperature {:.3f}".format(name, *errors))

# %% [markdown] lang="en"
# The calibration error rises from {measured.none.ece_books.mean:.2f} in the words of books to {measured.none.ece_tools.mean:.2f} ± {measured.none.ece_tools.half:.2f} in those of tools: confident, and wrong. A temperature that was fitted on held-out reviews of books finds little to mend *there* ({cooled_books.mean:+.3f} ± {cooled_books.half:.3f} over the seeds), and changes the other by less than 0.05: it knows nothing of the shift (so found Ovadia et al. 2019 in large models). Averaging five models is the best of what asks for no further data, {ensemble.mean:+.2f} ± {ensemble.half:.2f}, and undecided: ten seeds aren't enough for it. What repairs the answers repairs the confidence.
#
# ### 6.4 Shifts that are known
#
# In `known_shift` the words of tools are *rare* in training, a quarter of the opinions, and frequent where the model is asked, three quarters. Nothing is unseen, and $w = q/p$ is known exactly ({n_known} seeds):

# %% [markdown] lang="zh"
# 校准误差从书的词上的 {measured.none.ece_books.mean:.2f} 升到工具的词上的 {measured.none.ece_tools.mean:.2f} ± {measured.none.ece_tools.half:.2f}：很有把握，却是错的。在留出的书评上拟合的温度，在**那里**没有多少可修的（各种子上 {cooled_books.mean:+.3f} ± {cooled_books.half:.3f}），对另一边的影响不到 0.05：它对偏移一无所知（Ovadia 等（2019）在大模型上也是这样发现的）。不需要更多数据的办法里，五个模型取平均最好，{ensemble.mean:+.2f} ± {ensemble.half:.2f}，未能判定：十个种子还不够。修好了回答，也就修好了置信度。
#
# ### 6.4 已知的偏移
#
# `known_shift` 研究里，工具的词在训练中**少见**，占意见的四分之一，提问时常见，占四分之三。没有什么是没见过的，$w = q/p$ 精确已知（{n_known} 个种子）：

# %%
known = read_study("known_shift")
asked_of, counted = known["covariate, accuracy"], known["label, error"][:, 0]  # the largest shift
of_labels = known["label, accuracy"][:, 0]
rows = {
    "estimate minus accuracy on the target": known["covariate, estimate"][:, 0],
    "the same with weights": known["covariate, estimate"][:, 1],
    "accuracy, trained with weights, minus without": asked_of[:, 1] - asked_of[:, 0],
    "share of texts that weighted ones count for": known["covariate, effective"],
    "praise 5 %: off by counting": counted[:, 0],
    "praise 5 %: off by solving C w = m": counted[:, 1],
    "praise 5 %: accuracy with these weights, minus without": of_labels[:, 1] - of_labels[:, 0],
    "two samples told apart": known["two samples, shift"][:, 0],
    "two samples told apart, no shift": known["two samples, no shift"][:, 0],
}
print("in percent or points")
for name, values in rows.items():
    mean, half = mean_and_interval(100 * values)
    print(f"{name:55} {mean:6.1f} ± {half:.1f}")

# %% [markdown] lang="en"
# * *The estimate.* Held-out reviews of the source promise {estimates.plain.mean:.1f} ± {estimates.plain.half:.1f} points more than the target keeps. Weighted, they are off by {estimates.weighted.mean:+.1f} ± {estimates.weighted.half:.1f} points: repaired.
# * *The training.* The same weights, used to draw the batches, change the accuracy on the target by {trained.weighted.mean:+.1f} ± {trained.weighted.half:.1f} points: they *harm*, because 150 weighted reviews count as {trained.effective:.0f} % of them. A mean needs to be unbiased; a training needs examples.
# * *The classes.* Where praise is 5 % and was one half, counting what the model says is off by {off.counted:.1f} points, solving $C w = m$ by {off.solved:.1f}, and answers with these weights are right {labels_gain.mean:+.1f} ± {labels_gain.half:.1f} points more often.
# * *The test*: its classifier says rightly from which side a review comes in {told_apart.shift.mean:.0f} % of reviews, and in {told_apart.none.mean:.0f} % where there is no shift.

# %% [markdown] lang="zh"
# * **估计**　按源数据上留出的评论估计的准确率，比目标上实际的高 {estimates.plain.mean:.1f} ± {estimates.plain.half:.1f} 个百分点。加权之后相差 {estimates.weighted.mean:+.1f} ± {estimates.weighted.half:.1f} 个百分点：修好了。
# * **训练**　用同样的权重抽取每批样本，目标上的准确率变化 {trained.weighted.mean:+.1f} ± {trained.weighted.half:.1f} 个百分点：**有害**，因为加权的 150 条评论只顶得上其中的 {trained.effective:.0f}%。估计平均值要的是无偏；训练要的是样本。
# * **各类的多少**　夸从一半变成 5% 时，直接数模型说的，差 {off.counted:.1f} 个百分点；解 $C w = m$，差 {off.solved:.1f} 个百分点；用这些权重来回答，答对的多 {labels_gain.mean:+.1f} ± {labels_gain.half:.1f} 个百分点。
# * **检验**　两样本检验的分类器，说对评论出自哪一边的占 {told_apart.shift.mean:.0f}%，没有偏移时占 {told_apart.none.mean:.0f}%。

# %% [markdown] lang="en"
# ### 6.5 A tag in the place of the text
#
# So far the target had something new. Here nothing is new at all; something that was true no longer holds. Reviews come with a tag, [verified] or [sponsored], that says nothing of their contents. In training it agrees with the label in 95 of 100 reviews; where the model is asked it does not. Look at the four *groups*, label by tag, and at the worst of them (`shortcut`, {tag_n} seeds, {tag_m} comparisons, intervals at {tag_level:.1f} %). In the rows: *tag masked*, no tag in training; *counterfactual tags*, every review is learned again with the other tag, *20 % counterfactual*, one in five; *last layer*, only a new output layer is fitted, to reviews whose tags tell nothing, *64* and *256 of target*, the whole model learns on from so many of these; *balanced groups*, all four are drawn equally often; *group DRO*, of these the worst weighs more (exercise 16.3); *IRM* and *V-REx* know of two environments, in which the tags agree more and less often, and ask for one solution that is best in both, and for equal risks in both; *just train twice* (JTT), what a short training got wrong is drawn more often in a second one:
#
# {tag_table}
#
# {reading}

# %% [markdown] lang="zh"
# ### 6.5 标记顶替了文本
#
# 到这里为止，目标里都有新的东西。这里一点新东西也没有，只是原来对的不再对了。评论带着一个标记，[verified] 或 [sponsored]，与内容毫无关系。训练时它在 100 条评论中有 95 条与标签一致；提问时不再一致。看按标签和标记分成的四个**组**，看其中最差的一组（`shortcut`，{tag_n} 个种子，{tag_m} 项比较，区间取 {tag_level:.1f}%）。几行的意思：**遮住标记**，训练时没有标记；**全部再换标记学**，每条评论换成另一个标记再学一遍；**两成再换标记学**，五条里一条；**只调最后一层**，用标记说明不了什么的评论，只拟合一个新的输出层；**64 条、256 条目标评论**，整个模型接着学这么多条这样的评论；**各组同样多**，四组抽得一样勤；**group DRO**，其中最差的组分量更重（练习 16.3）；**IRM** 和 **V-REx** 比较标记一致程度不同的两个环境，前者要一个在两边都最好的解，后者要两边风险相等；**训练两遍**（just train twice，JTT），短训练答错的，在第二遍里抽得更勤：
#
# {tag_table}
#
# {reading}

# %%
groups_found, shown = read_study("shortcut"), {}
figure, axes = plt.subplots(figsize=(7, 4.6))
for remedy in shortcut.STUDY.remedies:
    inside, worst = (
        groups_found[f"{remedy}: {name}"].mean() for name in ("accuracy, inside", "worst group")
    )
    axes.plot(inside, worst, "o", color="0.4", markersize=4)
    shown[remedy] = (inside, worst)
line = {"arrowstyle": "-", "color": "0.6", "shrinkA": 0, "shrinkB": 3}
for remedy, place in (
    ("none", (0.84, 0.15)),
    ("tag masked", (0.8, 0.97)),
    ("balanced groups", (0.78, 0.5)),
    ("balanced and dropout", (0.68, 0.89)),
    ("just train twice", (0.8, 0.7)),
    ("64 of target", (0.56, 0.57)),
    ("256 of target", (0.66, 0.8)),
    ("last layer", (0.58, 0.68)),
    ("IRM", (0.56, 0.08)),
):
    axes.annotate(remedy, shown[remedy], xytext=place, fontsize=8, arrowprops=line)
axes.set(xlabel="accuracy where the tag agrees as in training", ylabel="worst group's accuracy")
savefig(figure, "16_groups", shown)

# %% [markdown] lang="en"
# **What the lab saw.** The baseline is right in {by_group.none.inside:.0f} % where the tag agrees as in training, and in {by_group.none.worst.mean:.0f} ± {by_group.none.worst.half:.0f} % of its worst group. It reads the tag. The mean does not show it; whoever looks at one number alone has seen a good model.
#
# * *What knows nothing of the tag* is not shown to help, with one exception: not decay, dropout, other architectures, more of the same reviews, words left out at random, by at most {by_group.bound:.2f}. The exception is just train twice (Liu et al. 2021), which uses neither tag nor groups in training and repeats what a first model got wrong: {by_group.twice.worst.mean:.0f} %.
# * IRM and V-REx, which know of two environments with different agreement, are not shown to help either (Gulrajani & Lopez-Paz 2021 found the like on pictures). IRM, at the strength chosen, has even ruined the model: {by_group.irm.inside:.0f} % where the tag agrees, a coin, on every seed.
# * *What names the tag* ends it: masked, {by_group.masked.worst.mean:.0f} %; every review learned again with the other tag, {by_group.swapped.worst.mean:.0f} %. These are the guide's "cleaning" and "augmentation", aimed.
# * *What knows the groups* helps in part: as many of each group, {by_group.balanced.worst.mean:.0f} %. With dropout *beside* it, {by_group.both.worst.mean:.0f} %. Dropout alone did nothing, and here it decides: rare groups are few reviews, shown again and again, and would be learned by heart (Sagawa et al. 2020).
# * *What knows a few reviews of the target* helps and costs: 64 of them, {by_group.target.worst.mean:.0f} %, and {by_group.target.inside:.0f} % where it was {by_group.none.inside:.0f} %.
#
# All strengths, also those of just train twice, were chosen by the worst group of other seeds. That is the *oracle* protocol: it needs reviews in which tags tell nothing.

# %% [markdown] lang="zh"
# **实验中看到了什么**　标记像训练时那样一致的地方，基线答对 {by_group.none.inside:.0f}%；最差的一组里，答对 {by_group.none.worst.mean:.0f} ± {by_group.none.worst.half:.0f}%。它读的是标记。平均数看不出来；只看一个数的人，看到的是一个好模型。
#
# * **对标记一无所知的办法**，除了一个，都没有证明有效：权重衰减、dropout、别的结构、更多同样的评论、随机删词，至多 {by_group.bound:.2f}。例外是训练两遍（Liu 等，2021），它在训练中既不用标记也不用分组，只是重复第一个模型答错的：{by_group.twice.worst.mean:.0f}%。
# * IRM 和 V-REx 知道有两个标记一致程度不同的环境，也没有证明有效（Gulrajani、Lopez-Paz（2021）在图像上也是这样发现的）。IRM 在选定的强度下甚至毁了模型：标记一致的地方也只答对 {by_group.irm.inside:.0f}%，等于掷硬币，每个种子都是这样。
# * **点出标记的办法**就此了结：遮住，{by_group.masked.worst.mean:.0f}%；每条评论换上另一个标记再学一遍，{by_group.swapped.worst.mean:.0f}%。这就是指南说的“清洗”和“增强”，只是瞄准了。
# * **知道分组的办法**管一部分用：各组同样多，{by_group.balanced.worst.mean:.0f}%。**再加上** dropout，{by_group.both.worst.mean:.0f}%。dropout 单独什么也没做，在这里却起决定作用：少见的组只有几条评论，反复出现，不然就背下来了（Sagawa 等，2020）。
# * **知道几条目标评论的办法**有效，也有代价：64 条，{by_group.target.worst.mean:.0f}%，而原来 {by_group.none.inside:.0f}% 的地方降到 {by_group.target.inside:.0f}%。
#
# 所有强度，包括训练两遍的，都是按别的种子上最差的一组来选的。这叫 **oracle** 规程：它需要标记说明不了什么的评论。

# %% [markdown] lang="en"
# ### 6.6 Longer than what was learned
#
# A decoder (lesson 8) learns from texts of {reach.shortest} to {reach.longest} words. Some of the words praise or blame, the others judge nothing; behind the question mark at the end, it says of which side the *last* opinion is. Another decoder says it of the *first*. Then both are asked about texts of {reach.middle} and {reach.far} words. No word is new to them, but *places* are: a learned table (lesson 6) has a row for each place, and no text of training has a word at place {reach.places} or beyond, counted from 0.
#
# Other positions have no rows that could stay untrained: sines and cosines; rotary ones, which turn queries and keys; ALiBi, which lowers the score of whatever is far away, in head $h$ of $H$ (Press et al. 2022),
#
# $$s_{ij} = \frac{q_i \cdot k_j}{\sqrt{d_k}} - m_h\,(i - j), \qquad m_h = 2^{-8h/H};$$
#
# or none at all, for the causal mask alone tells what came before (Kazemnejad et al. 2023). Or one keeps the table and trains all of it: with *randomised positions* the words of each text stand at random places, in order (Ruoss et al. 2023).
#
# **Guess first.** In a text of {reach.far} words the last opinion stands as near to the question as in one of {reach.longest}; the first one stands farther and farther away. Which of these positions carry on for *last*? And do the same ones carry on for *first*? Three readers of *last*, trained for half of the lab's steps:

# %% [markdown] lang="zh"
# ### 6.6 比学过的更长
#
# 一个解码器（第 8 课）从 {reach.shortest} 到 {reach.longest} 个词的文本学习。有些词是夸或贬，其余的不作评价；读到结尾的问号，它说出**最后**一个意见是褒是贬（任务 *last*）。另一个解码器说的是**第一个**意见（任务 *first*）。然后拿 {reach.middle} 和 {reach.far} 个词的文本来问它们。没有一个词是新的，新的是**位置**：学出来的位置表（第 6 课）每个位置有一行，而从 0 数起，训练的文本没有一个词站在位置 {reach.places} 或更后面。
#
# 别的位置编码没有会漏训的行：正弦和余弦；旋转位置，它旋转查询和键；ALiBi，它压低远处的分数，在 $H$ 个头的第 $h$ 个头里是（Press 等，2022）
#
# $$s_{ij} = \frac{q_i \cdot k_j}{\sqrt{d_k}} - m_h\,(i - j), \qquad m_h = 2^{-8h/H};$$
#
# 也可以什么都不用，因为因果掩码本身就分得出先后（Kazemnejad 等，2023）。还可以保留这张表，把它整个训练到：**随机的位置**让每条文本的词依次站在随机抽取的位置上（Ruoss 等，2023）。
#
# **先猜一猜**　在 {reach.far} 个词的文本里，最后一个意见离问号和在 {reach.longest} 个词的文本里一样近；第一个意见则越来越远。这些位置编码，哪些在 *last* 上用得下去？同样的几种在 *first* 上也用得下去吗？先看 *last* 的三个读者，训练步数是实验的一半：

# %% tags=["machine"]
longer = Length(length.STUDY.settings, seed=0)
s, plan = longer.settings, longer.settings.strengths
for row, labels in zip(longer.short.ids[:3], longer.short.labels[:3], strict=True):
    print("last {}, first {}:  {}".format(*(("bad", "good")[i] for i in labels), s.world.text(row)))
positions = {
    "learned": {},
    "ALiBi": {"model": replace(s.model, positions="ALiBi"), "rate": plan.alibi_rate},
    "randomised": {"places": scattered, "rate": plan.scattered_rate},
}
start = longer.untrained("last", s.model).places.weight.data
for name, options in positions.items():
    decoder = longer.learned("last", steps=plan.steps // 2, **options)
    reader = Scattered(decoder, longer.seed) if name == "randomised" else Trained(decoder)
    shares_right = [
        accuracy(reader.scores(x.ids).argmax(axis=1), x.labels[:, 0]) for x in longer.tested
    ]
    shares = (f"{n}: {a:.0%}" for n, a in zip(s.lengths, shares_right, strict=True))
    print(f"{name:10}  right at", *shares)
    assert shares_right[0] > 0.85 and (shares_right[-1] < 0.65) == (name == "learned"), (
        "only the table fails"
    )
    if name != "ALiBi":
        trained = (decoder.places.weight.data != start).any(axis=1)
        print(f"{name:10}  {trained.sum()} of {len(start)} rows have changed in training")
        assert trained.sum() == {"learned": s.longest + 1, "randomised": len(start)}[name], "rows"

# %% [markdown] lang="en"
# Of the learned table the first {reach.places} rows have changed; the other {reach.unused} are as chance made them, and a text of {reach.far} words reads them. It is section 3 once more: where $p$ is 0, the start decides. Is ALiBi the better architecture, then? The lab `length` asks for both opinions ({long_n} seeds, {long_m} comparisons, intervals at {long_level:.1f} %); changes of the accuracy at {reach.far} words, against the learned table:
#
# {long_table}
#
# {reading}

# %% [markdown] lang="zh"
# 学出来的表里，前 {reach.places} 行变了；其余 {reach.unused} 行还是随机初始化的样子，而 {reach.far} 个词的文本正要读它们。这又是第 3 节说的：$p$ 为 0 的地方由起点决定。那么 ALiBi 就是更好的结构吗？`length` 实验两个意见都问（{long_n} 个种子，{long_m} 项比较，区间取 {long_level:.1f}%）；下表是 {reach.far} 个词的文本上准确率的变化，与学出来的表相比：
#
# {long_table}
#
# {reading}

# %%
lengths_found, lengths = read_study("length"), np.array(length.STUDY.settings.lengths)
figure, panels = plt.subplots(1, 2, figsize=(9.5, 3.4), sharey=True)
carried = {}
shown = {"none": "o-", "sinusoidal": "s--", "rotary": "^-.", "ALiBi": "D-", "no positions": "v:"}
for i, (remedy, style) in enumerate({**shown, "randomised positions": "x-"}.items()):
    mean, half = mean_and_interval(lengths_found[f"{remedy}: by length"])  # (lengths, tasks) each
    carried[remedy] = np.stack([mean, half]).T  # (tasks, lengths, 2)
    label = "learned" if remedy == "none" else remedy
    for axes, (m, h) in zip(panels, carried[remedy].transpose(0, 2, 1), strict=True):
        beside = lengths * 1.02 ** (i - 2.5)
        axes.errorbar(beside, m, h, fmt=style, capsize=3, mfc="none", label=label)
for axes, task in zip(panels, ("last", "first"), strict=True):
    axes.axhline(1 / 2, color="0.7", lw=0.8)
    axes.set(title=f"the {task} opinion", xscale="log", xlabel="words of the texts asked about")
    axes.set_xticks(lengths, lengths)
    axes.minorticks_off()
panels[0].set(ylabel="accuracy", ylim=(0.45, 1.03))
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
savefig(figure, "16_lengths", carried)

# %% [markdown] lang="en"
# **What the lab saw.** At {reach.longest} words the learned table is right in {long_right.none.0.last.mean:.0f} % for both tasks; at {reach.far} in {long_right.none.2.last.mean:.0f} ± {long_right.none.2.last.half:.0f} % for *last*, a coin, and in {long_right.none.2.first.mean:.0f} ± {long_right.none.2.first.half:.0f} % for *first*, where the word that decides nearly always stands at a place that was learned.
#
# * *Architecture decides here*, as it did not in section 6.2. But it gives with one hand and takes with the other: ALiBi is right in {long_right.ALiBi.2.last.mean:.0f} ± {long_right.ALiBi.2.last.half:.0f} % for *last* and in {long_right.ALiBi.2.first.mean:.0f} ± {long_right.ALiBi.2.first.half:.0f} % for *first*, and for that one it is behind at {reach.longest} words already ({long_right.ALiBi.0.first.mean:.0f} %). Rotary positions carry *last* on to {reach.middle} words ({long_right.rotary.1.last.mean:.0f} %) and not to {reach.far} ({long_right.rotary.2.last.mean:.0f} %). No other kind of positions helps in both tasks; which is best depends on the task. Kazemnejad et al. found that decoders without positions went farthest *in their tasks*; here, with one layer, they are right in {long_right.no_positions.0.last.mean:.0f} % of *last* at {reach.longest} words already.
# * *What uses the places helps.* Randomised positions are the same model and the same texts, and right in {long_right.randomised_positions.2.last.mean:.0f} ± {long_right.randomised_positions.2.last.half:.0f} and {long_right.randomised_positions.2.first.mean:.0f} ± {long_right.randomised_positions.2.first.half:.0f} %: the one remedy that helps in both. A random start of each text (*random offsets*, exercise 16.4) trains all rows, too, but no two words of a text get farther apart than {reach.longest} places; it helps *last*, to {long_right.random_offsets.2.last.mean:.0f} ± {long_right.random_offsets.2.last.half:.0f} %, and leaves *first* undecided. {reach.texts} long texts among the others help *first*, to {long_right.200_long_texts.2.first.mean:.0f} %, and leave *last* undecided.
# * *What brings no new place*, weight decay, dropout, a wider model, {reach.times} times as many short texts, has no effect worth 0.05 in either task; nor has a fine-tuning on {reach.few} long ones, which may be too few.
# * *Cut to its last {reach.longest} words*, a long text is as good as a short one for *last* ({long_right.cut_to_12_words.2.last.mean:.0f} %) and tells nothing of *first* ({long_right.cut_to_12_words.2.first.mean:.0f} %). Whoever knows where the answer stands needs no other model.
#
# **What it does not show.** One layer, some thirty words, two tasks that ask for opposite ends of a text. That a kind of positions fails here doesn't say that it would fail in a large model.

# %% [markdown] lang="zh"
# **实验中看到了什么**　{reach.longest} 个词时，学出来的表在两个任务上都答对 {long_right.none.0.last.mean:.0f}%；{reach.far} 个词时，*last* 答对 {long_right.none.2.last.mean:.0f} ± {long_right.none.2.last.half:.0f}%，等于掷硬币，*first* 答对 {long_right.none.2.first.mean:.0f} ± {long_right.none.2.first.half:.0f}%，那里起决定作用的词几乎总是站在学过的位置上。
#
# * **这里结构起了决定作用**，在 6.2 节没有。但它一手给，一手拿：ALiBi 在 *last* 上答对 {long_right.ALiBi.2.last.mean:.0f} ± {long_right.ALiBi.2.last.half:.0f}%，在 *first* 上只有 {long_right.ALiBi.2.first.mean:.0f} ± {long_right.ALiBi.2.first.half:.0f}%，而且在 *first* 上，{reach.longest} 个词时就已经落后（{long_right.ALiBi.0.first.mean:.0f}%）。旋转位置在 *last* 上能用到 {reach.middle} 个词（{long_right.rotary.1.last.mean:.0f}%），用不到 {reach.far} 个（{long_right.rotary.2.last.mean:.0f}%）。换一种位置编码，没有对两个任务都有效的；哪种最好，要看任务。Kazemnejad 等发现，**在他们的任务上**不要位置的解码器走得最远；这里只有一层，它在 *last* 上，{reach.longest} 个词时就只答对 {long_right.no_positions.0.last.mean:.0f}%。
# * **用到这些位置的办法有效**　随机的位置，模型相同，文本相同，两个任务分别答对 {long_right.randomised_positions.2.last.mean:.0f} ± {long_right.randomised_positions.2.last.half:.0f}% 和 {long_right.randomised_positions.2.first.mean:.0f} ± {long_right.randomised_positions.2.first.half:.0f}%：只有这个办法对两个任务都有效。让每条文本从随机的位置开始（随机的起点，练习 16.4），也训练到了所有的行，但同一条文本的两个词最多相隔 {reach.longest} 个位置；它对 *last* 有效，达到 {long_right.random_offsets.2.last.mean:.0f} ± {long_right.random_offsets.2.last.half:.0f}%，对 *first* 未能判定。掺进 {reach.texts} 条长文本，对 *first* 有效，达到 {long_right.200_long_texts.2.first.mean:.0f}%，对 *last* 未能判定。
# * **不带来新位置的办法**，即权重衰减、dropout、加宽、{reach.times} 倍的短文本，在两个任务上都没有值得一提的作用；用 {reach.few} 条长文本微调也没有，也许是太少了。
# * **只读最后 {reach.longest} 个词**，长文本对 *last* 来说就和短的一样（{long_right.cut_to_12_words.2.last.mean:.0f}%），对 *first* 则什么也没说（{long_right.cut_to_12_words.2.first.mean:.0f}%）。知道答案在哪里的人，用不着换模型。
#
# **不能由此得出的**　只有一层，三十来个词，两个任务问的正好是文本的两头。一种位置编码在这里不行，不等于在大模型里也不行。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Generalisation is two questions. The gap between training and test is one; the shift is the other, and a model without any gap can fail at it.
# * Where everything of the target has been seen, weights $q/p$ repair an estimate. They may still harm a training, since they leave few examples that count.
# * Where the target has what was never seen, no weight, no regulariser, no size and no more of the same helps; what brings the missing piece does, even without labels.
# * Confidence under a shift is not what it was before. A temperature from the source does not know of it.
# * A shortcut is a shift in what a feature means. No mean shows it, the worst group does; what names it or the groups helps; of what is blind to it only just train twice is shown to.
# * Longer texts have places that were never learned. What uses these places in training helps in both tasks; another kind of positions helps one task and costs another.
# * A two-sample test finds a shift before labels arrive, and not whether it matters.
# * These are reviews of a few dozen words. That a whole lexicon changes at once is an extreme; real shifts are mixtures, and the five shares on the axis of the figure are a line through them.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 泛化是两个问题。训练与测试的差距是一个；偏移是另一个，没有任何差距的模型也可能过不了它。
# * 目标里的一切都见过时，权重 $q/p$ 能修好估计。它仍可能有害于训练，因为剩下算数的样本很少。
# * 目标里有从未见过的东西时，加权、正则化、加大、更多同样的数据都没有用；把缺的那一块带来才有用，没有标签也行。
# * 偏移之下的置信度不再是原来的样子。源数据上的温度对它一无所知。
# * 捷径是某个特征的含义变了。平均数看不出来，最差的一组看得出来；点出它或点出分组的办法有效；对它视而不见的办法里，只有训练两遍证明有效。
# * 更长的文本里有从未学过的位置。训练时用到这些位置的办法对两个任务都有效；换一种位置编码，成全一个任务，损害另一个。
# * 两样本检验在标签到来之前就能发现偏移，但不知道它要不要紧。
# * 这些是几十个词的评论。整个词表一下子换掉是极端情形；真实的偏移是混合，图中横轴上的五个比例是穿过它们的一条线。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **16.1 Somewhere else.** `values` (N,) is what was measured on texts of the source, `kinds` (N,) the kind of each, a whole number from 0 to K - 1; `p` and `q` (K,) say how frequent each kind is in the source and in the target. Write `elsewhere(values, kinds, p, q)`: the mean of the values as it would be on the target, each text weighed by $q/p$ of its kind as in section 2 (its share among these texts does not matter), and as how many texts the weighted ones count. A kind may be in neither; a kind with $p > 0$ may be missing from the target; of a kind of the target there always is a text.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **16.1 换个地方**　`values` (N,) 是在源数据的文本上量到的数，`kinds` (N,) 是每条文本的种类，取 0 到 K - 1 的整数；`p` 和 `q` (K,) 是各个种类在源数据和目标数据里所占的比例。请写 `elsewhere(values, kinds, p, q)`：这些数换到目标数据上的平均，每条文本按第 2 节以其种类的 $q/p$ 加权（各种类在这些文本里实际占多少不管）；以及加权之后顶得上多少条文本。有的种类两边都没有；有的 $p > 0$，目标里却没有；目标里有的种类，总有至少一条文本。


# %% tags=["exercise"]
def elsewhere(values, kinds, p, q):
    return ..., ...


# %% tags=["solution"]
def elsewhere(values, kinds, p, q):
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    ratio = np.divide(q, p, out=np.zeros_like(q), where=p > 0)
    w = ratio[kinds]
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


# %% tags=["exercise-check"]
check("16.1", elsewhere)

# %% [markdown] lang="en"
# **16.2 How sure, how right?** `p` (N, C) has the probabilities that a model gives to the classes of each text, `y` (N,) the classes. The confidence is the largest probability, the class named is the first that has it. Write `miscalibrated(p, y, bins)`: the calibration error of section 2, with `bins` bins of equal width from 0 to 1; a confidence on a border belongs to the bin above, and 1 to the last one.

# %% [markdown] lang="zh"
# **16.2 有多确信，有多对？**　`p` (N, C) 是模型给每条文本各个类别的概率，`y` (N,) 是类别。置信度是最大的概率，说出的类别是第一个取到它的。请写 `miscalibrated(p, y, bins)`：第 2 节的校准误差，把 0 到 1 等分成 `bins` 格；正好在边界上的置信度归上面那一格，1 归最后一格。


# %% tags=["exercise"]
def miscalibrated(p, y, bins):
    return ...


# %% tags=["solution"]
def miscalibrated(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    bin_of = np.minimum((sure * bins).astype(int), bins - 1)
    apart = np.bincount(bin_of, weights=hit - sure, minlength=bins)
    return np.abs(apart).sum() / len(y)


# %% tags=["exercise-check"]
check("16.2", miscalibrated)

# %% [markdown] lang="en"
# **16.3 Who is worst off?** Group DRO (Sagawa et al. 2020) trains on all groups of texts, each with a share of the loss that grows where the loss is large. `shares` (G,) are those so far, `losses` (N,) those of a batch, `groups` (N,) the group of each text. Write `shifted(shares, losses, groups, eta)`: the new shares, $q_g \propto q_g\, e^{\eta \bar\ell_g}$ with the mean loss $\bar\ell_g$ of the texts of the group in the batch. A group that isn't in the batch counts as one with the loss 0. Losses may be in the thousands.

# %% [markdown] lang="zh"
# **16.3 谁最吃亏？**　Group DRO（Sagawa 等，2020）在所有各组文本上训练，损失大的组所占的份额会变大。`shares` (G,) 是目前的份额，`losses` (N,) 是一批文本的损失，`groups` (N,) 是每条文本的组。请写 `shifted(shares, losses, groups, eta)`：新的份额 $q_g \propto q_g\, e^{\eta \bar\ell_g}$，其中 $\bar\ell_g$ 是该组文本在这一批里的平均损失。这一批里没有的组，按损失为 0 计。损失可能上千。


# %% tags=["exercise"]
def shifted(shares, losses, groups, eta):
    return ...


# %% tags=["solution"]
def shifted(shares, losses, groups, eta):
    n = len(shares)
    total = np.bincount(groups, weights=losses, minlength=n)
    mean = total / np.maximum(np.bincount(groups, minlength=n), 1)
    score = np.log(shares) + eta * mean
    grown = np.exp(score - score.max())
    return grown / grown.sum()


# %% tags=["exercise-check"]
check("16.3", shifted)

# %% [markdown] lang="en"
# **16.4 Which rows are trained?** A table of positions has `rows` rows; `n` (N,) says how many words each text of training has, from 1 to `rows`. A training text is one of these, each as likely as the others. Write `used(n, rows)`: how probable it is that a word of the text stands at each place, three arrays (rows,), worked out and not drawn: (a) if the words stand at the places $0, 1, \dots$; (b) if the text starts at a random place, each at which it fits as likely as the others; (c) if its words stand at random places in order, any set of places as likely as another. Which rows does (b) neglect?

# %% [markdown] lang="zh"
# **16.4 训练到哪些行？**　位置表有 `rows` 行；`n` (N,) 是每条训练文本的词数，从 1 到 `rows`。从中随机取一条，每条的可能性相同。请写 `used(n, rows)`：每个位置上站着这条文本的某个词的概率有多大，共三个数组 (rows,)，要算出来，不要抽样：（a）各个词依次站在位置 $0, 1, \dots$；（b）文本从随机的位置开始，放得下的起点可能性都相同；（c）各个词依次站在随机的位置上，每一组位置可能性都相同。（b）冷落了哪些行？


# %% tags=["exercise"]
def used(n, rows):
    return ..., ..., ...


# %% tags=["solution"]
def used(n, rows):
    n, place = np.asarray(n)[:, None], np.arange(rows)
    first, last = np.maximum(place - n + 1, 0), np.minimum(place, rows - n)
    starts = (last - first + 1) / (rows - n + 1)
    return (place < n).mean(axis=0), starts.mean(axis=0), np.full(rows, n.mean() / rows)


# %% tags=["exercise-check"]
check("16.4", used)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Shimodaira 2000, "Improving predictive inference under covariate shift by weighting the log-likelihood function": the weights $q/p$.
# * Lipton, Wang & Smola 2018, "Detecting and Correcting for Label Shift with Black Box Predictors", section 3.
# * Lopez-Paz & Oquab 2017, "Revisiting Classifier Two-Sample Tests".
# * Guo et al. 2017, "On Calibration of Modern Neural Networks"; Ovadia et al. 2019, "Can You Trust Your Model's Uncertainty? Evaluating Predictive Uncertainty Under Dataset Shift".
# * Lakshminarayanan, Pritzel & Blundell 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles".
# * Geirhos et al. 2020, "Shortcut Learning in Deep Neural Networks". Liu et al. 2021, "Just Train Twice: Improving Group Robustness without Training Group Information". Gulrajani & Lopez-Paz 2021, "In Search of Lost Domain Generalization": protocols of selection.
# * Sagawa et al. 2020, "Distributionally Robust Neural Networks for Group Shifts".
# * Press, Smith & Lewis 2022, "Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation"; Kazemnejad et al. 2023, "The Impact of Positional Encoding on Length Generalization in Transformers"; Ruoss et al. 2023, "Randomized Positional Encodings Boost Length Generalization of Transformers".
# * In this project: `minillm/tasks/shift/`, `minillm/labs/mismatch/`; a remedy of your own: `python -m minillm labs --help`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Shimodaira，2000，“Improving predictive inference under covariate shift by weighting the log-likelihood function”：权重 $q/p$。
# * Lipton、Wang、Smola，2018，“Detecting and Correcting for Label Shift with Black Box Predictors”，第 3 节。
# * Lopez-Paz、Oquab，2017，“Revisiting Classifier Two-Sample Tests”。
# * Guo 等，2017，“On Calibration of Modern Neural Networks”；Ovadia 等，2019，“Can You Trust Your Model's Uncertainty? Evaluating Predictive Uncertainty Under Dataset Shift”。
# * Lakshminarayanan、Pritzel、Blundell，2017，“Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles”。
# * Geirhos 等，2020，“Shortcut Learning in Deep Neural Networks”。Liu 等，2021，“Just Train Twice: Improving Group Robustness without Training Group Information”。Gulrajani、Lopez-Paz，2021，“In Search of Lost Domain Generalization”：选择的规程。
# * Sagawa 等，2020，“Distributionally Robust Neural Networks for Group Shifts”。
# * Press、Smith、Lewis，2022，“Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation”；Kazemnejad 等，2023，“The Impact of Positional Encoding on Length Generalization in Transformers”；Ruoss 等，2023，“Randomized Positional Encodings Boost Length Generalization of Transformers”。
# * 本项目：`minillm/tasks/shift/`、`minillm/labs/mismatch/`；放进你自己的办法：`python -m minillm labs --help`。
