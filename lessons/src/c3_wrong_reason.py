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
#     lesson: c3
#     guide: ['1.1', '1.4.1', '9.3']
#     budget_s: 20
#     errata: [A2, A9, A111, A112, A113]
#     introduces: [minillm.labs.worlds.shortcuts, minillm.labs.mismatch.shortcut_causes]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.course.verdict_tables import spread
from minillm.labs.compare_result import Result
from minillm.labs.mismatch import shortcut, shortcut_causes
from minillm.labs.verdicts import HELPS, UNDECIDED, verdict

s = shortcut_causes.STUDY.settings.case
assert s.agreements == (0.99, 0.91) and (s.strengths.few, s.strengths.many) == (64, 256), (
    "the settings of the prose"
)
found = study("shortcut_causes")
base = found["none: worst group"]
n_seeds, m = len(base), sum(key.endswith(": worst group") for key in found) - 1
level = 100 * (1 - 0.05 / m)
lowest = {  # not "worst", which stands between braces in a formula
    key.partition(":")[0].replace(" ", "_").replace(".", ""): spread(values)
    for key, values in found.items()
    if key.endswith(": worst group")
}
verdicts = {
    key.partition(":")[0]: verdict(values - base, good=1, items=250, comparisons=m)
    for key, values in found.items()
    if key.endswith(": worst group") and not key.startswith("none")
}
moving = ("tag masked in training", "agreement 0.6", "agreement 0.8")
assert all(verdicts[one].word == HELPS for one in moving), "what section 2 foretold"
size = ("150 steps", "1000 steps", "1000 reviews", "8000 reviews", "width 16", "width 64")
silent = [verdicts[one] for one in (*size, "agreement 0.95", "agreement 1")]
assert all(one.word != HELPS and one.mean < 0.1 for one in silent), "what section 2 foretold"
most, up_to = (
    max(one.mean for one in silent),
    max(one.mean + one.bound - abs(one.mean) for one in silent),
)
highest = base.max()
right = found["labels flipped 0: worst group"]
assert (np.delete(right, 2) == 1).all() and right[2] == 0, "the seed that does not fit is number 2"
assert verdicts["labels flipped 0"].word == UNDECIDED, "so the prose says"
odd = {
    "inside": found["labels flipped 0: inside"][2],
    "wrong": found["1000 steps: worst group"][2],
}
others = np.delete(found["labels flipped 0: inside"], 2)
assert odd["inside"] < 0.98 and others.min() > 0.99, "more than 99 of 100"
hidden = found["tag masked in the test: worst group"]
assert (hidden > 0.85).sum() == 2 and hidden.argmin() == 0, "who knows the opinion, and who least"
alone_groups = found["tag masked in the test: by group"]  # (seeds, 4)
apart = spread(abs(alone_groups[:, [0, 2]] - alone_groups[:, [1, 3]]).mean(axis=1))
groups = found["none: by group"]
before = spread(abs(groups[:, [0, 2]] - groups[:, [1, 3]]).mean(axis=1))
lab = Result(shortcut.STUDY, list(shortcut.STUDY.remedies), study("shortcut"), {})
n_lab, n_remedies = len(lab.values("none", "worst group")), len(lab.remedies) - 1
measured = {
    remedy.replace(" ", "_").replace("_%", ""): {
        "worst": spread(lab.values(remedy, "worst group")),
        "inside": spread(lab.values(remedy, "accuracy, inside")),
        "error": spread(lab.values(remedy, "calibration error, inside")),
    }
    for remedy in lab.remedies
}
BLIND = ("weight decay", "dropout", "wider model", "more data", "word dropout")
words = {remedy: one.word for (remedy, _), one in lab.verdicts().items()}
told = ("tag masked", "counterfactual tags", "20 % counterfactual", "balanced and dropout")
assert all(words[remedy] == HELPS for remedy in (*told, "balanced groups")), "who knows the tag"
blind = {remedy: lab.verdicts()[remedy, "worst group"] for remedy in BLIND}
assert all(one.word != HELPS and one.mean < 0.05 for one in blind.values()), "blind to the tag"
blind_bound = max(one.mean + one.bound - abs(one.mean) for one in blind.values())
assert all(measured[r.replace(" ", "_")]["worst"]["mean"] < 0.1 for r in BLIND), "near none"
assert words["just train twice"] == HELPS, "without a note of the tag"
assert (
    measured["balanced_and_dropout"]["worst"]["mean"]
    > 0.3 + measured["balanced_groups"]["worst"]["mean"]
)
assert (
    measured["20_counterfactual"]["worst"]["mean"]
    < measured["counterfactual_tags"]["worst"]["mean"] - 0.1
)
fallen = measured["none"]["inside"]["mean"] - measured["64_of_target"]["inside"]["mean"]
assert fallen > 0.15 and measured["64_of_target"]["worst"]["mean"] < 0.7, "not far from a coin"
assert measured["tag_masked"]["error"]["mean"] > 2 * measured["none"]["error"]["mean"], "the price"
assert apart["mean"] < 0.1 < 0.7 < before["mean"], "of one label, whatever tag they had"
LITERALS = {
    "by hand, asserted in section 2": "0 0.00 0.1 0.35 0.46 0.8 0.9 0.90 0.95 0.98 2 45 50 60 80 90 92 95 100 160 190 280 360 855 950 1800 1900 2000",
    "the fraction one half, as LaTeX writes it": "12",
    "settings of the lab and of the study, asserted above": "64 256 91 99 1000",
    "seeds, asserted above, and weights, asserted in section 4": "1.00 2.2 2.9",
    "the margin and the level of the verdicts": "0.05",
    "right answers count as one, exercise c3.1": "1",
}

# %% [markdown] lang="en"
# # Case study 3. Right for the wrong reason
#
# **Question.** A classifier is right in 95 of 100 reviews. Two kinds of reviews it gets wrong nearly always. Why?
#
# **Afterwards you can** lay out errors by group before you look at a mean; foretell from the training data what will be learned from them; try every suspect by an intervention of its own, and tell a cause from what is only near one; say what a repair costs, and what would refute your explanation.
#
# **Before this**: lesson 14 (regularisation), lesson 16 (when the data shift). **Time**: about twenty seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 案例 3　答对了，理由却不对
#
# **问题**　一个分类器，100 条评论答对 95 条；可是有两种评论，它几乎条条答错。为什么？
#
# **学完本课，你能够**　先按组列出错误，再看平均数；从训练数据预先推断模型会学到什么；用干预逐个检验嫌疑，分清真正的原因与只是沾边的因素；说出修补的代价，以及什么结果会推翻你的解释。
#
# **预备知识**　第 14 课（正则化）、第 16 课（数据变了）。**用时**　运行约二十秒，细读约一个小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp
from minillm.course import check, savefig, setup, stated
from minillm.labs import read_study
from minillm.labs.mismatch.shortcut_case import Settings, Shortcut
from minillm.labs.small_encoder import scores
from minillm.labs.statistics import student_t
from minillm.labs.verdicts import interval, verdict
from minillm.labs.worlds.shortcuts import GROUPS, Shortcuts
from minillm.tasks import accuracy
from minillm.tasks.metrics.groups import group_accuracy
from minillm.text.corpora.sentiment import LABELS

setup()

# %% tags=["language"]
LANGUAGE = "en"

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# The abstract and section 1.1 promise the root causes of conflicting objectives and of mismatched generalisation, step by step and by real cases (A2). Case study 2 looked for the cause of a conflict. This one looks for that of a *mismatch*. Section 1.4.1 says that generalisation is doing well on data that were not seen (A9). For when it fails, section 9.3 has four remedies: a better architecture; more data, cleaned and more diverse (A111); regularisation, which lowers over-fitting (A112); fine-tuning (A113).
#
# A remedy is chosen well by whoever knows the cause. Each of the four stands for a suspect: the model is too small, the data are too few or wrong, it over-fits, it was not trained for this. Which of them was it?

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 摘要和 1.1 节许诺结合实例，逐步揭示“冲突的目标”和“泛化不匹配”的根本原因（A2）。案例 2 查的是一次冲突的原因，这里查的是一次**不匹配**的原因。1.4.1 节说，泛化就是在未见过的数据上表现良好（A9）。泛化不好怎么办，9.3 节给了四个办法：优化模型结构；清洗、扩充数据（A111）；正则化，减轻过拟合（A112）；微调（A113）。
#
# 知道原因，才选得对办法。四个办法各对应一个嫌疑：模型太小，数据太少或有错，过拟合，没有为此训练过。究竟是哪一个？

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A mean hides a group.** Each review carries a *tag*, "[sponsored]" or "[verified]". Of 2000 reviews as they come, the tag goes with the label in 95 %: sponsored ones are bad, verified ones are good. P reads the tag and nothing else. Q reads the opinion, and errs in one review of ten, whatever the tag.
#
# | label, tag of | negative, negative | negative, positive | positive, negative | positive, positive | all | worst |
# |---|---|---|---|---|---|---|
# | reviews | 950 | 50 | 50 | 950 | 2000 | |
# | P right | 950 | 0 | 0 | 950 | $1900/2000 = 0.95$ | $0/50 = 0.00$ |
# | Q right | 855 | 45 | 45 | 855 | $1800/2000 = 0.90$ | $45/50 = 0.90$ |
#
# By the mean P is the better model. By its worst group it knows nothing.
#
# **How much can the tag explain?** Of 100 reviews whose tag speaks against their label, 92 are answered wrong. With the *other* tag, and nothing else changed, 60 of the same reviews are. Then the tag explains $(92 - 60)/92 = 0.35$ of these errors; the others have another reason. Had 2 been left, it would be $90/92 = 0.98$. *Masking* the tag can show less: a model that knows nothing but the tag must toss without it, half of its tosses are wrong, and $(92 - 50)/92 = 0.46$ is what comes out on average.
#
# **What do the data ask for?** In training one label in ten is told wrong, and the tag goes with the label *as told*. So the opinion is right in 90 %, the tag in 95 %. Where they contradict each other, in 2000 reviews:
#
# * the label is that of the opinion: $2000 \cdot 0.9 \cdot 0.05 = 90$ reviews;
# * the label is that of the tag: $2000 \cdot 0.1 \cdot 0.95 = 190$ reviews.
#
# Who follows the tag is right in 190 of these 280, and no other rule is right more often. *The loss asks for the tag.* It would not if no label were wrong (100 against 0), and not if the tag agreed in 80 % (360 against 160): the border is where tag and opinion are right equally often, at 90 %.
#
# That foretells section 6. Three things should lift the worst group: to take the tag away, to make it agree in less than 90 %, to tell the labels right. More steps, more reviews or another size should not, since they leave the proportions of these counts as they are.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **平均数遮住了一个组**　每条评论带一个**标记**：“[推广]”或“[已购]”。照原样取 2000 条，95% 的标记与标签一致：推广的是差评，已购的是好评。P 只看标记，别的一概不看。Q 只看意见，不管标记是什么，十条里答错一条。
#
# | 标签，标记所指 | 差，差 | 差，好 | 好，差 | 好，好 | 全部 | 最差 |
# |---|---|---|---|---|---|---|
# | 评论 | 950 | 50 | 50 | 950 | 2000 | |
# | P 答对 | 950 | 0 | 0 | 950 | $1900/2000 = 0.95$ | $0/50 = 0.00$ |
# | Q 答对 | 855 | 45 | 45 | 855 | $1800/2000 = 0.90$ | $45/50 = 0.90$ |
#
# 看平均数，P 更好；看最差的组，P 什么也不懂。
#
# **标记能解释多少？**　100 条评论，标记与标签相反，答错 92 条。只换成**另一个**标记，别的不动，同样这些评论还有 60 条答错。那么标记解释了这些错误的 $(92 - 60)/92 = 0.35$，其余的另有原因。如果只剩 2 条，就是 $90/92 = 0.98$。**遮住**标记，能显示的要少一些：只认得标记的模型，没有标记就只能掷硬币，一半还是错的，平均得到 $(92 - 50)/92 = 0.46$。
#
# **数据要求的是什么？**　训练时十个标签里有一个记错，而标记是跟着**记下的**标签走的。所以意见对 90%，标记对 95%。两者矛盾的时候，在 2000 条里：
#
# * 标签与意见一致：$2000 \cdot 0.9 \cdot 0.05 = 90$ 条；
# * 标签与标记一致：$2000 \cdot 0.1 \cdot 0.95 = 190$ 条。
#
# 跟着标记走，这 280 条里对 190 条，没有哪条规则能对得更多。**损失函数要求的就是标记。** 如果没有记错的标签，就不是这样（100 比 0）；如果标记只有 80% 一致，也不是这样（360 比 160）。分界在标记与意见同样可靠的地方，即 90%。
#
# 由此可以预言第 6 节的结果。能提高最差组的应当有三样：去掉标记；让标记的一致率低于 90%；把标签记对。多练几步、多给些评论、换个大小，都不应当有用，因为它们不改变这些数目的比例。


# %%
def told_with(agreement, flipped, n=2000):
    """How many labels go with the opinion, and how many with the tag, where these two differ."""
    return n * (1 - flipped) * (1 - agreement), n * flipped * agreement


sizes, p, q = (np.array(x) for x in ([950, 50, 50, 950], [950, 0, 0, 950], [855, 45, 45, 855]))
print("P", p.sum() / sizes.sum(), (p / sizes).min(), " Q", q.sum() / sizes.sum(), (q / sizes).min())
assert np.allclose([p.sum() / 2000, q.sum() / 2000], [0.95, 0.90]), "the means of the table"
assert (p / sizes).min() == 0 and np.allclose(q / sizes, 0.9), "the worst groups of the table"
explained = [round((92 - left) / 92, 2) for left in (60, 2, 50)]
assert explained == [0.35, 0.98, 0.46], "the errors that the tag explains"
assert np.allclose(told_with(0.95, 0.1), (90, 190)), "the tag is right more often"
for agreement, flipped in ((0.95, 0.1), (0.95, 0), (0.8, 0.1), (0.6, 0.1), (1, 0.1)):
    opinion, tag = told_with(agreement, flipped)
    wins = "tag" if tag > opinion else "opinion"
    print(f"agreement {agreement:4}, wrong {flipped:3}: {opinion:3.0f} : {tag:3.0f}  {wins}")
assert np.allclose(told_with(0.95, 0), (100, 0)), "without wrong labels"
assert np.allclose(told_with(0.8, 0.1), (360, 160)), "with a tag that agrees less"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# With $N_g$ reviews in group $g$, and their answers $\hat y$,
#
# $$a_g = \frac1{N_g} \sum_{i \in g} [\hat y_i = y_i], \qquad a = \sum_g \frac{N_g}{N}\, a_g, \qquad a_{\text{worst}} = \min_g a_g .$$
#
# The mean $a$ weighs a group by its size, so that a small one hardly counts. An *intervention* changes one thing; $d_s$ is how much higher $a_{\text{worst}}$ is then, on the same seed $s$. Its *effect* is the mean of $n$ differences with the interval
#
# $$\bar d \pm t_{n-1} \sqrt{\frac{1}{n\,(n-1)} \sum_s (d_s - \bar d)^2} .$$
#
# The intervention found a *cause* if the interval excludes 0 and $|\bar d|$ is at least 0.05. What it changed is *only near* if all the 95 % interval lies within 0.05. Else the question is open, and the report says so.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 组 $g$ 有 $N_g$ 条评论，$\hat y$ 是模型的回答，则
#
# $$a_g = \frac1{N_g} \sum_{i \in g} [\hat y_i = y_i], \qquad a = \sum_g \frac{N_g}{N}\, a_g, \qquad a_{\text{worst}} = \min_g a_g .$$
#
# 平均数 $a$ 按大小给各组加权，小组就几乎不算数。一次**干预**只改一样；$d_s$ 是改了之后 $a_{\text{worst}}$ 高出多少，两次用同一个种子 $s$。它的**效果**是 $n$ 个差值的平均，区间是
#
# $$\bar d \pm t_{n-1} \sqrt{\frac{1}{n\,(n-1)} \sum_s (d_s - \bar d)^2} .$$
#
# 区间不含 0，且 $|\bar d|$ 不小于 0.05，改的就是一个**原因**。95% 区间全在 0.05 以内，改的只是**沾边**的因素。否则问题没有解决，报告里要写明。


# %%
def by_group(guessed, labels, groups):  # (N,) each
    return np.array([(guessed == labels)[groups == g].mean() for g in range(groups.max() + 1)])


def effect(after, before, t):  # (seeds,), (seeds,); t is Student's factor of so many seeds
    d = after - before
    return d.mean(), t * d.std(ddof=1) / len(d) ** 0.5


rng = np.random.default_rng(3)
truth, guessed, kind = (rng.integers(k, size=200) for k in (2, 2, 4))
theirs = group_accuracy(guessed, truth, kind, names=GROUPS)
assert np.allclose(by_group(guessed, truth, kind), theirs), "the library's"
one, two, t_of_five = rng.random(5), rng.random(5), student_t(4, 0.95)
library = interval(two - one, items=250)
ours = effect(two, one, t_of_five)
assert np.allclose(ours, (library.mean, library.half)), "the library's"
print("by group", theirs.round(2), " effect {:+.2f} ± {:.2f}".format(*ours))

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Let $x = (\text{tag}, \text{opinion})$ with entries $\pm 1$, $y = \pm 1$ the label as told, and $n_i$ the number of reviews of kind $i$. A logistic model has the loss
#
# $$L(w) = \frac1N \sum_i n_i \ln\bigl(1 + e^{-y_i\, w \cdot x_i}\bigr), \qquad \frac{\partial L}{\partial w} = -\frac1N \sum_i n_i\, y_i\, x_i\, \sigma(-y_i\, w \cdot x_i), \qquad \left.\frac{\partial L}{\partial w}\right|_{w = 0} = -\tfrac12\, \overline{y x} .$$
#
# At the start every weight moves in proportion to the covariance of its feature with the label: $0.95 - 0.05 = 0.9$ for the tag, $0.9 - 0.1 = 0.8$ for the opinion. At the end, since tag and opinion are independent given the label, each weight is the logarithm of its odds, $w = \ln \frac{r}{1 - r}$ where the feature is right in the share $r$. The sign of $w_{\text{tag}} - w_{\text{opinion}}$ decides where they contradict each other: again the border is $r_{\text{tag}} = r_{\text{opinion}}$.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 设 $x$ 有两个分量，标记（tag）和意见（opinion），取值 $\pm 1$；$y = \pm 1$ 是记下的标签；$n_i$ 是第 $i$ 种评论的条数。逻辑回归模型的损失是
#
# $$L(w) = \frac1N \sum_i n_i \ln\bigl(1 + e^{-y_i\, w \cdot x_i}\bigr), \qquad \frac{\partial L}{\partial w} = -\frac1N \sum_i n_i\, y_i\, x_i\, \sigma(-y_i\, w \cdot x_i), \qquad \left.\frac{\partial L}{\partial w}\right|_{w = 0} = -\tfrac12\, \overline{y x} .$$
#
# 起步时，每个权重的变化正比于该特征与标签的协方差：标记是 $0.95 - 0.05 = 0.9$，意见是 $0.9 - 0.1 = 0.8$。到最后，由于标签给定时标记与意见相互独立，每个权重就是对数几率，$w = \ln \frac{r}{1 - r}$，其中 $r$ 是该特征正确的比例。两者矛盾时，由 $w_{\text{tag}} - w_{\text{opinion}}$ 的正负决定听谁的：分界还是 $r_{\text{tag}} = r_{\text{opinion}}$。


# %%
def logistic_rule(w, x, y, n, forgotten=False):  # (K,), kinds of reviews (I, K), (I,), (I,)
    margin = y * (x @ w)
    wrong = 1 / (1 + np.exp(x @ w if forgotten else margin))  # sigma(-margin)
    return (n * np.logaddexp(0, -margin)).sum() / n.sum(), lambda g: (
        -g * (n * y * wrong) @ x / n.sum(),
    )


signs = np.array([-1.0, 1.0])
y, tag, opinion = (part.ravel() for part in np.meshgrid(signs, signs, signs, indexing="ij"))
x = np.stack([tag, opinion], axis=1)  # (8, 2)
n = 1000 * np.where(tag == y, 0.95, 0.05) * np.where(opinion == y, 0.9, 0.1)
error = check_vjp(logistic_rule, np.array([0.3, -0.2]), x=x, y=y, n=n, rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-7, "the gradient is that of the formula"
there = check_vjp(logistic_rule, np.zeros(2), x=x, y=y, n=n, forgotten=True, rng=rng)
print(f"label forgotten, w = 0: {there:.1e}, nothing found")
try:
    check_vjp(logistic_rule, np.array([0.3, -0.2]), x=x, y=y, n=n, forgotten=True, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten label went unnoticed")

# %% [markdown] lang="en"
# The planted mistake is $\sigma(w \cdot x)$ without the label. At the start, where all weights are 0, nobody can see it: check a gradient away from 0. Now the descent itself:

# %% [markdown] lang="zh"
# 故意犯的错是漏掉标签，写成 $\sigma(w \cdot x)$。起步时权重全是 0，谁也看不出来：检验梯度要离开 0。下面看下降的过程：

# %%
w = np.zeros(2)
first = -logistic_rule(w, x, y, n)[1](1.0)[0]
for _ in range(3000):
    w = w - logistic_rule(w, x, y, n)[1](1.0)[0]
print("first step", first.round(3), " at the end", w.round(3))
assert np.allclose(first, [0.45, 0.40]), "half the covariances"
assert np.allclose(w, np.log([0.95 / 0.05, 0.9 / 0.1]), atol=1e-6), "the log odds"

case = Shortcut(Settings(world=Shortcuts(LANGUAGE)), seed=0)
world, told = case.settings.world, case.reviews
has = np.zeros((len(told.ids), len(world.words)))
np.put_along_axis(has, told.ids, 1, axis=1)  # (N, V), which words a review has
slope = abs((2 * told.labels - 1) @ has / 2 / len(has))  # of a weight for each word, at 0
tags, words = slope[world.tags], slope[np.concatenate([world.ids(s) for s in world.opinions])]
stated("times", tags.mean() / words.mean(), 60, 5, "how much faster the tag is learned")
print(f"a weight for each word: tags {tags.mean():.3f}, opinions {words.mean():.4f}")

# %% [markdown] lang="en"
# A real model does not read "the opinion". It reads {here.words} words of opinion, each in one review of forty, and where "not" stands before it a word means the opposite. In the reviews of section 5 the first step moves the weight of a tag about {here.times} times as far as that of such a word. So the tag is learned *first* because it is in every review, and it *stays* because it is right more often.
#
# ## 5 Where the guide differs
#
# Regularisation "lowers over-fitting" (A112), and more data do, too (A111). Is it over-fitting? A small encoder learns {s.learned} reviews in which the tag goes with the label in 99 % or 91 %, by where they come from. Held out are others of the same kind:

# %% [markdown] lang="zh"
# 真正的模型读不到“意见”这个东西。它读到的是 {here.words} 个意见词，每个词四十条评论里才出现一次，前面有“不”字意思还要反过来。在第 5 节的评论里，第一步使标记的权重移动的距离，约是这样一个词的 {here.times} 倍。所以标记**先**被学会，因为条条评论都有它；标记**一直**管用，因为它对得更多。
#
# ## 5 与指南不同之处
#
# 正则化“减轻过拟合”（A112），增加数据也是（A111）。这里是过拟合吗？一个小编码器学 {s.learned} 条评论，标记与标签一致的占 99% 或 91%，看来源而定。再留出一些同类的评论：


# %%
def says(model, reviews):
    return scores(model, reviews.ids).argmax(axis=1)


model = case.plain()
held = case.told(2000, case.settings.agreements, "held out")
shares = [100 * accuracy(says(model, reviews), reviews.labels) for reviews in (told, held)]
shares.append(100 * accuracy(held.tags, held.labels))
stated("training", shares[0], 96, 1, "percent right in training")
stated("held", shares[1], 95, 1, "percent right in reviews of the same kind")
stated("words", len(words), 40, 0, "words of opinion")
for name, share in zip(("training", "held out", "the tag alone"), shares, strict=True):
    print(f"{name:14} right in {share:.1f} %")

# %% [markdown] lang="en"
# {here.training} % in training, {here.held} % held out: there is hardly a gap, so that there is hardly an over-fitting for a remedy to lower. This is the number of the report, and it is the tag's own. Now the complaint: "Praise of sponsored things is called bad. All of it."
#
# ## 6 Experiment
#
# ### 6.1 The error table
#
# A test set in which the tag says nothing, half of it for and half against the label, has about as many reviews of each group. Its labels are clean.

# %% [markdown] lang="zh"
# 训练时 {here.training}%，留出的 {here.held}%：几乎没有差距，也就几乎没有过拟合可减。报告上写的就是这个数，而它正是标记自己的正确率。这时来了投诉：“夸推广商品的，都被说成差评，一条不落。”
#
# ## 6 实验
#
# ### 6.1 错误表
#
# 用一个标记不说明任何问题的测试集：标记与标签一半一致，一半相反，四组的评论大致一样多。标签都是干净的。

# %% tags=["machine"]
even = case.tested["balanced"]
said = says(model, even)
shares = group_accuracy(said, even.labels, even.groups, names=GROUPS)
for g, share in enumerate(shares):
    first = np.flatnonzero(even.groups == g)[0]
    print(f"{GROUPS[g]:26} {(even.groups == g).sum()} reviews, right in {share:.0%}")
    print(f"    {world.text(even.ids[first])} -> {LABELS[said[first]]}")
print(f"all together right in {accuracy(said, even.labels):.0%}")
assert shares[[0, 3]].min() > 0.95, "right where the tag goes with the label"
assert shares[[1, 2]].max() < 0.25, "wrong where it does not"

# %% [markdown] lang="en"
# **Reading the table.** The complaint is right, and it is half of the matter: blame of verified things is called good as well. The label does not separate right from wrong, and neither does the tag. Both together do.
#
# ### 6.2 An intervention on the question
#
# A correlation in a table is no cause. So we change the question and nothing else: the same reviews with the other tag; the same reviews with the opposite word of opinion; the same with the tag masked.

# %% [markdown] lang="zh"
# **读表**　投诉属实，但只说出了一半：贬已购商品的，也被说成了好评。单看标签，分不出对错；单看标记，也分不出；两样合起来才分得出。
#
# ### 6.2 对问题的干预
#
# 表里的相关不等于原因。所以只改问题，别的一概不动：同样的评论，换成另一个标记；同样的评论，换成相反的意见词；同样的评论，把标记遮住。

# %% tags=["machine"]
bad, good = (world.ids(side) for side in world.opinions)
opposite = np.arange(len(world.words))
opposite[bad], opposite[good] = good, bad
asked = {
    "the other tag": world.swapped(even),
    "the opposite word": even._replace(ids=opposite[even.ids]),
    "the tag masked": case.masked(even),
}
against = even.tags != even.labels
wrong, changed, explained = (said != even.labels)[against].mean(), {}, {}
for name, reviews in asked.items():
    again = says(model, reviews)
    changed[name] = 100 * (again != said).mean()
    explained[name] = 100 * (wrong - (again != even.labels)[against].mean()) / wrong
    print(f"{name:18} changes {changed[name]:3.0f} % of the answers")
stated("by_tag", changed["the other tag"], 94, 6, "answers that change, in percent")
stated("by_word", changed["the opposite word"], 6, 6, "answers that change, in percent")
stated("explained", explained["the other tag"], 100, 2, "of the errors, in percent")
stated("hidden", explained["the tag masked"], 47, 10, "of the errors, in percent")
print(f"against the label {100 * wrong:.0f} % wrong; of these go away:")
print(*(f"with {name} {explained[name]:.0f} %" for name in ("the other tag", "the tag masked")))

# %% [markdown] lang="en"
# The tag changes about {here.by_tag} % of the answers, the opinion {here.by_word} %. About {here.explained} % of the errors in both bad groups go away with the other tag: these errors *are* the tag. With the tag masked about {here.hidden} % go away, as many as tossing explains: this model has learned nothing else, so that to hide the tag from it repairs nothing. (*This* model: it is one seed.)
#
# That is what the model does. Why does it do so, and what has to be changed *before* it learns?
#
# ### 6.3 The suspects
#
# The study `shortcut_causes` changes one thing at a time and trains anew, {n_seeds} seeds, {m} comparisons, so that the intervals are at {level:.1f} %. "Helps" and "harms" mean *cause* in the sense of section 3, "no effect worth 0.05" means *only near*, "undecided" says how far an effect may go. The ± is half the interval at that level; "no effect" and "at most" go by the plain 95 % interval of section 3, which is narrower, cut at 1, since no accuracy changes by more.

# %% [markdown] lang="zh"
# 换标记改变约 {here.by_tag}% 的回答，换意见改变约 {here.by_word}%。两个坏组里的错误，换个标记就有约 {here.explained}% 消失：这些错误**就是**标记造成的。遮住标记，约有 {here.hidden}% 消失，掷硬币也有这么多：这个模型别的什么也没学到，提问时把标记藏起来，什么也修不好。（只是**这个**模型：一个种子而已。）
#
# 模型在做什么，清楚了。它为什么这样做？要在学习**之前**改变什么？
#
# ### 6.3 逐个检验嫌疑
#
# `shortcut_causes` 研究每次只改一样，重新训练，{n_seeds} 个种子，{m} 项比较，所以区间取 {level:.1f}%。表中 helps 和 harms 就是第 3 节所说的**原因**，no effect worth 0.05 就是只**沾边**，undecided 是未能判定，后面是效果最多能有多大。± 是上述水平的区间半宽；no effect 和 at most 按第 3 节普通的 95% 区间，它窄一些；上界到 1 为止，准确率的变化不会更大。

# %%
stored = read_study("shortcut_causes")
names = [key.removesuffix(": worst group") for key in stored if key.endswith(": worst group")]
changes = names[1:]  # the first is the baseline, "none"
base = stored["none: worst group"]  # (seeds,)
effects = {}


def seeds(values):
    return " ".join(f"{value:.2f}" for value in values)


print(f"{'worst group of each seed':24} {'':{len(seeds(base))}}  effect")
print(f"{'none':24} {seeds(base)}")
for name in changes:
    after = stored[f"{name}: worst group"]
    one = verdict(after - base, good=1, items=250, comparisons=len(changes))
    effects[name] = one = replace(one, bound=min(one.bound, 1.0))
    print(f"{name:24} {seeds(after)}  {one.mean:+.2f} ± {one.half:.2f}  {one}")

# %% [markdown] lang="en"
# **As foretold.** To take the tag away before training lifts the worst group from {lowest.none.mean:.2f} ± {lowest.none.half:.2f} to {lowest.tag_masked_in_training.mean:.2f}; a tag that agrees in 80 % gives {lowest.agreement_08.mean:.2f}, one that agrees in 60 % {lowest.agreement_06.mean:.2f}. These are causes.
#
# Steps, reviews, width, a tag that agrees in 95 % everywhere, or always: none of them repairs anything, the largest mean effect is {most:+.2f}. But the baseline spreads from 0 to {highest:.2f} by itself, so that five seeds do not exclude a gain of up to {up_to:.2f}. The report has to call these *undecided*; it must not say "no effect".
#
# **Not as foretold: one seed.** With right labels four seeds come to 1.00 and one to 0.00, and the verdict is undecided. Such a seed is not to be left out. It is a question: what is different in it? It is right in {odd.inside:.2f} of all reviews as they come, where the others are right in more than 99 of 100. So it has not learned what there is to learn. Was its training too short? One more intervention, on this seed alone:

# %% [markdown] lang="zh"
# **应验的**　训练前去掉标记，最差的组从 {lowest.none.mean:.2f} ± {lowest.none.half:.2f} 升到 {lowest.tag_masked_in_training.mean:.2f}；标记只有 80% 一致，是 {lowest.agreement_08.mean:.2f}；只有 60% 一致，是 {lowest.agreement_06.mean:.2f}。这些是原因。
#
# 步数、评论数、宽度，处处 95% 一致或者永远一致的标记：哪一样也没有修好什么，平均效果最大的是 {most:+.2f}。可是基线自己就从 0 分散到 {highest:.2f}，五个种子还不能排除多达 {up_to:.2f} 的提高。报告里只能写**未能判定**，不能写“没有作用”。
#
# **没有应验的：一个种子**　标签全部记对，四个种子是 1.00，一个是 0.00，未能判定。这样的种子不能丢掉，它是一个问题：它有什么不同？在与训练同样来的评论上，它对 {odd.inside:.2f}，别的种子 100 条里对 99 条以上。可见它该学的还没有学完。是练得太短吗？只在这个种子上再做一次干预：

# %% tags=["machine"]
strengths = replace(case.settings.strengths, steps=1000)
longer = Shortcut(replace(case.settings, flipped=0.0, strengths=strengths), seed=2)
asked_2 = longer.tested["balanced"]
said_2 = says(longer.learned(), asked_2)
by_group_2 = group_accuracy(said_2, asked_2.labels, asked_2.groups, names=GROUPS)
print("right labels, 500 steps  ", stored["labels flipped 0: by group"][2].round(2))
print("right labels, 1000 steps ", by_group_2.round(2))
print("labels as told, 1000 steps", stored["1000 steps: by group"][2].round(2))
stated("longer", by_group_2.min(), 1.0, 0.05, "the worst group of the seed that did not fit")

print(f"tag masked in the test, by seed: {seeds(stored['tag masked in the test: worst group'])}")

# %% [markdown] lang="en"
# It was. With right labels and 1000 steps its worst group is at {here.longer}. With the labels as told the same 1000 steps leave it at {odd.wrong:.2f}. The counts of section 2 say what the data *ask for*, and not how long it takes to learn that. So the number of steps, no cause before, is one as soon as the labels are right.
#
# **Causes, and one effect.** The tag does no harm if the labels are right and the training is long enough. Wrong labels do little if there is no tag. Together they make the tag the best answer that training knows, and to take away *either* is enough. Who had tried one of them alone would have called it *the* cause.
#
# **Not as section 6.2 seemed to say.** With the tag masked in the test alone, the worst groups are those of the last line. The first is the model of section 6.2, which knew nothing but the tag. But two of the five *have* learned the opinion, nearly all of it, and let the tag overrule it, as the weights 2.9 and 2.2 of section 4 foretell. Whether a model knows the opinion differs from seed to seed; that the tag decides, where it is there, does not: the worst group of the baseline is {highest:.2f} at best.

# %% [markdown] lang="zh"
# 是的。标签记对，再练到 1000 步，它最差的组是 {here.longer}。标签照旧，同样 1000 步，只有 {odd.wrong:.2f}。第 2 节的数目说的是数据**要求**什么，没有说学会它要多久。所以步数原先不是原因，标签一旦记对，它就是了。
#
# **几个原因，一个结果**　标签都对，又练得够久，有标记也无妨；没有标记，标签有错也不要紧。两样凑在一起，标记才成了训练所知的最好答案；**任意**去掉一样就够。只试了其中一样的人，会把它当作**唯一**的原因。
#
# **与 6.2 节的印象不符的**　只在测试时遮住标记，各种子最差的组就是最后一行那些数。第一个是 6.2 节的模型，它只认得标记。可是五个里有两个**已经**学会了意见，几乎全对，却让标记压过了它，正如第 4 节的权重 2.9 和 2.2 所预示的。模型学没学会意见，各个种子不一样；只要有标记，就由标记说了算，这一点各个种子都一样：基线最差的组最高也只有 {highest:.2f}。

# %% [markdown] lang="en"
# ### 6.4 The repair, and its price
#
# The lab `shortcut` compares {n_remedies} remedies on {n_lab} seeds. Strengths were chosen on two others, where reviews in which tags tell nothing were at hand: who has only reviews like those of training cannot choose by that rule. The last two columns are measured on reviews that come as in training, with clean labels; ± is half a 95 % interval over the seeds.

# %% [markdown] lang="zh"
# ### 6.4 修补及其代价
#
# `shortcut` 实验用 {n_lab} 个种子比较了 {n_remedies} 个办法。强度在另外两个种子上选定，当时手头有标记不说明问题的评论；如果只有与训练同类的评论，就用不上这条规则。后两栏在与训练同样来的评论上测得，标签是干净的；± 是各种子上 95% 区间的半宽。

# %%
lab = read_study("shortcut")
shown = [
    *("none", "weight decay", "dropout", "wider model", "more data", "just train twice"),
    *("64 of target", "256 of target", "balanced groups", "balanced and dropout"),
    *("20 % counterfactual", "counterfactual tags", "tag masked"),
]
columns = ("worst group", "accuracy, inside", "calibration error, inside")
print(f"{'':20}", *(f"{column:>26}" for column in columns))
for remedy in shown:
    cells = []
    for column in columns:
        values = lab[f"{remedy}: {column}"]
        half = effect(values, 0 * values, student_t(len(values) - 1, 0.95))[1]
        cells.append(f"{values.mean():.2f} ± {half:.2f}")
    print(f"{remedy:20}", *(f"{cell:>26}" for cell in cells))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
for row, name in enumerate(reversed(changes)):
    one, colour = effects[name], "black" if effects[name].word in ("helps", "harms") else "0.6"
    left.errorbar(one.mean, row, xerr=one.half, fmt="o", color=colour, capsize=3)
    left.plot(stored[f"{name}: worst group"] - base, [row] * len(base), "|", color="black")
left.axvspan(-0.05, 0.05, color="0.9")
left.set(yticks=range(len(changes)), yticklabels=changes[::-1], title="one thing changed")
left.set(xlabel="worst group, difference to the baseline", xlim=(-0.6, 1.3))
for column, mark, fill in (("worst group", "o", "black"), ("accuracy, inside", "s", "white")):
    means = [lab[f"{remedy}: {column}"].mean() for remedy in reversed(shown)]
    right.plot(means, range(len(shown)), mark, color="black", markerfacecolor=fill, label=column)
right.set(
    yticks=range(len(shown)), yticklabels=shown[::-1], xlim=(-0.03, 1.03), xlabel="share right"
)
right.axvline(0.5, color="0.7", linestyle=":")  # a coin
right.set(title="remedies")
right.legend(fontsize=8, loc="lower left")
drawn = {name: [one.mean, one.half] for name, one in effects.items()}
drawn |= {remedy: [lab[f"{remedy}: {c}"].mean() for c in columns] for remedy in shown}
savefig(figure, "c3_causes", drawn)

# %% [markdown] lang="en"
# **What you saw.** Left, how far one change alone moves the worst group, with its interval (one goes beyond the picture), and every seed as a stroke; grey is what is no cause, or not shown to be one. Right, remedies: black the worst group, white all reviews that come as in training; the dotted line is a coin.
#
# The worst group of the baseline is at {measured.none.worst.mean:.2f} ± {measured.none.worst.half:.2f}. Of what knows nothing of the tag one helps, just train twice, of which more below. The others do not repair it: weight decay leaves it at {measured.weight_decay.worst.mean:.2f}, dropout at {measured.dropout.worst.mean:.2f}, a wider model at {measured.wider_model.worst.mean:.2f}, twice as many reviews at {measured.more_data.worst.mean:.2f}, and no gain above {blind_bound:.2f} is left possible for any of these. There is hardly an over-fitting to lower, and more of the same leaves the counts as they are. To mask the tag ({measured.tag_masked.worst.mean:.2f}), or to learn every review with the other tag as well ({measured.counterfactual_tags.worst.mean:.2f}), breaks the clue; with one review in five it is {measured.20_counterfactual.worst.mean:.2f}. To draw all four groups equally often gives {measured.balanced_groups.worst.mean:.2f} alone, and {measured.balanced_and_dropout.worst.mean:.2f} with dropout, which by itself repairs nothing. Sagawa et al. (2020) give the reason: without it the few reviews of the small groups are learned by heart.
#
# *Mind the coin.* Whoever tosses has a worst group of one half. 64 reviews of the target, learned after all others, lift it to {measured.64_of_target.worst.mean:.2f} ± {measured.64_of_target.worst.half:.2f} and lower all reviews from {measured.none.inside.mean:.2f} to {measured.64_of_target.inside.mean:.2f}: a model that had merely lost its clue would be at one half in both. 256 of them are better, {measured.256_of_target.worst.mean:.2f} and {measured.256_of_target.inside.mean:.2f}. Read the mean beside a worst group, too.
#
# **The price.** Nearly all of these repairs need to be told what the clue is: its word, a text that can be rewritten, or a note of it with every review. *Just train twice* (JTT, Liu et al. 2021) alone uses neither tags nor groups nor reviews of the target in training, it draws more often what a short training got wrong: {measured.just_train_twice.worst.mean:.2f} ± {measured.just_train_twice.worst.half:.2f}; but its two strengths, as all strengths, were chosen by reviews in which the tag tells nothing. The probabilities suffer: with the tag masked the calibration error rises from {measured.none.error.mean:.2f} to {measured.tag_masked.error.mean:.2f}, since the model goes on believing that one label in ten is wrong, and among clean ones none is. And the report? Live:

# %% [markdown] lang="zh"
# **看到了什么**　左图：只改一样，最差的组变化多少，连同区间（有一个超出了图），每个种子是一条短线；灰色的不是原因，或者没有查明是原因。右图是各个办法：黑点是最差的组，白方块是与训练同样来的全部评论，虚线是掷硬币。
#
# 基线最差的组是 {measured.none.worst.mean:.2f} ± {measured.none.worst.half:.2f}。对标记一无所知的办法里，有一个有效，即训练两遍，见下文。其余的都修不好它：权重衰减 {measured.weight_decay.worst.mean:.2f}，dropout {measured.dropout.worst.mean:.2f}，加宽 {measured.wider_model.worst.mean:.2f}，评论加倍 {measured.more_data.worst.mean:.2f}，其中哪一个也不可能提高 {blind_bound:.2f} 以上。过拟合几乎没有，无可再减；同样的数据再多，那些数目的比例也不变。遮住标记（{measured.tag_masked.worst.mean:.2f}），或者每条评论换上另一个标记再学一遍（{measured.counterfactual_tags.worst.mean:.2f}），线索就断了；只给五分之一的评论换，是 {measured.20_counterfactual.worst.mean:.2f}。四组抽得一样多，单用是 {measured.balanced_groups.worst.mean:.2f}，配上 dropout 是 {measured.balanced_and_dropout.worst.mean:.2f}，而单用 dropout 什么也修不好。Sagawa 等（2020）说明了原因：没有它，小组里那几条评论会被背下来。
#
# **别忘了硬币**　掷硬币，最差的组也有一半。最后再学 64 条目标评论，最差的组提到 {measured.64_of_target.worst.mean:.2f} ± {measured.64_of_target.worst.half:.2f}，全部评论却从 {measured.none.inside.mean:.2f} 跌到 {measured.64_of_target.inside.mean:.2f}：仅仅丢了线索的模型，两个数都会是一半。256 条好一些，{measured.256_of_target.worst.mean:.2f} 和 {measured.256_of_target.inside.mean:.2f}。所以看最差的组，也要同时看平均。
#
# **代价**　这些修补几乎都得有人说出线索是什么：是哪个词；或者文本可以改写；或者每条评论都注明了标记。只有**训练两遍**（just train twice，JTT，Liu 等，2021）在训练中既不用标记，也不用分组和目标评论，它把短训练答错的评论抽得更勤：{measured.just_train_twice.worst.mean:.2f} ± {measured.just_train_twice.worst.half:.2f}；可是它的两个强度，和所有强度一样，是用标记不说明问题的评论选出来的。概率也受影响：遮住标记之后，校准误差从 {measured.none.error.mean:.2f} 升到 {measured.tag_masked.error.mean:.2f}，因为模型仍然相信十个标签里有一个是错的，而干净的标签里一个也没有。那么，报告上的数呢？当场算：

# %% tags=["machine"]
judges, repaired = (held.labels, held.clean), case.learned(case.masked(told))
rows = [[100 * accuracy(says(one, held), by) for by in judges] for one in (model, repaired)]
stated("price", rows[0][0] - rows[1][0], 7, 3, "points lost by the labels as told")
assert rows[1][1] > rows[0][1] + 3, "by clean labels the repair gains"
for name, (as_told, clean) in zip(("as it was", "repaired"), rows, strict=True):
    print(f"{name:10} labels as told {as_told:.0f} %, clean labels {clean:.0f} %")

for name in ("none", "tag masked in the test"):
    of_group = stored[f"{name}: by group"]  # (seeds, 4), the groups in the order of the error table
    apart = abs(of_group[:, [0, 2]] - of_group[:, [1, 3]]).mean(axis=1)
    print(f"{name}: groups of one label with different tags are {apart.mean():.2f} apart")

# %% [markdown] lang="en"
# By the labels as told, the report's own number, the repaired model is about {here.price} points *worse*: it no longer repeats what was told wrong. By clean labels it is better. A company that lets its test set decide would have thrown the repair away.
#
# ### 6.5 What would refute it?
#
# An explanation that nothing can refute explains nothing. This one would have fallen
#
# * if groups of one label with different tags had stayed apart when the tag was masked in the test (they are {apart.mean:.2f} ± {apart.half:.2f} apart then, and {before.mean:.2f} before);
# * if more steps or more reviews had lifted the worst group as masking in training does, with the labels as they are;
# * if a tag that agrees in 80 % had left the worst group where it was, since it agrees with the label far more often than not;
# * if right labels had changed nothing, with the tag as it was, however long the training.
#
# The last two are the sharp ones: "the tag is correlated with the label" foretells neither. For a moment one seed of five looked like the last; that its training was too short was found afterwards, on this seed alone, and would have to be measured on others. Untested, too, is what the border at 90 % looks like from near.

# %% [markdown] lang="zh"
# 按记下的标签算，也就是按报告上的那个数算，修好的模型反而**差**了约 {here.price} 个百分点：记错的标签它不再照抄了。按干净的标签算，它更好。让自己的测试集说了算的公司，会把修好的模型扔掉。
#
# ### 6.5 什么结果会推翻它？
#
# 什么结果都推不翻的解释，什么也没解释。下面任何一条出现，这个解释就站不住：
#
# * 测试时遮住标记，标签相同、标记不同的两组仍然有差别（实际只差 {apart.mean:.2f} ± {apart.half:.2f}，原来是 {before.mean:.2f}）；
# * 标签照旧，多练几步或多给些评论，也能像训练前去掉标记那样提高最差的组；
# * 标记的一致率降到 80%，最差的组却不动：80% 的标记与标签仍然高度相关；
# * 标记照旧，标签全部记对，练多久结果都不变。
#
# 最后两条最有分量：光说“标记与标签相关”，这两条都预言不了。五个种子里有一个，一度像是最后一条；练得太短这个解释是事后找到的，只在这一个种子上试过，还应当在别的种子上测量。同样没有检验的是：分界 90% 附近是什么样子。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * A mean weighs groups by their size. Lay out the errors by group (label and suspect) before you believe it.
# * What data ask for can often be counted before a model is trained. Then the measurement is a test, and not a search. Whether a training gets there is another question.
# * A seed that does not fit is not left out: it is asked what is different in it.
# * An intervention on the question tells what a model relies on; one on the training tells why. To hide the clue when asking helps a model that has learned something else as well, and no other.
# * A cause is relative to what else stays as it is. Here it took two together, and either could be taken away.
# * The gap between training and test says nothing of it, nor does a test set that has the same clue.
# * A repair has to be judged on other labels, and on other reviews, than those that made the fault.
#
# **What it does not show.** One clue, one word long, whose name is known; opinions of {here.words} words; a small encoder. In real texts there are many clues, and nobody has marked them. That they are there is known: in data for inference the label can often be guessed from one of the two sentences (Gururangan et al. 2018), and models lean on words that both share (McCoy et al. 2019). The clue could be counted here because we knew where to look; to *find* it, where nobody complains, is harder.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 平均数按大小给各组加权。先按组（标签与嫌疑）列出错误，再决定信不信它。
# * 数据要求的是什么，常常在训练之前就数得出来。这样，测量是检验，而不是碰运气。训练到不到得了那里，是另一个问题。
# * 不合预期的种子不能丢掉，要问它有什么不同。
# * 对问题的干预说明模型依靠什么，对训练的干预说明为什么。提问时把线索藏起来，只帮得了另外还学会了别的东西的模型。
# * 是不是原因，要看其他条件怎样。这里要两样凑齐，而去掉哪一样都行。
# * 训练与测试的差距看不出这个毛病，带着同样线索的测试集也看不出。
# * 评判修补，要换一套标签、换一些评论，不能用造成毛病的那些。
#
# **不能由此得出的**　线索只有一条，只有一个词那么长，而且我们知道它叫什么；意见只有 {here.words} 个词；模型是个小编码器。真实文本里线索很多，也没有谁标出来。这样的线索确实存在，这是已知的：推理数据集里，只读两句中的一句，就能猜出许多标签（Gururangan 等，2018）；模型还会依赖两句共有的词（McCoy 等，2019）。这里数得出来，是因为我们知道往哪里看；没有人投诉的时候，**找到**它要难得多。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **c3.1 The worst group.** `labels`, `tags` and `right` (N,) are whole numbers: the label of each review, its tag, and 1 if it was answered rightly, else 0. A group is a label with a tag. Write `worst_group(labels, tags, right)`: the lowest accuracy among the groups that have a review, and the label and the tag of that group. Of groups with equal accuracy take the smallest label, then the smallest tag.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **c3.1 最差的组**　`labels`、`tags`、`right` (N,) 都是整数：每条评论的标签、标记，以及答对没有（答对为 1，答错为 0）。一个标签加一个标记是一组。请写 `worst_group(labels, tags, right)`，返回有评论的各组里最低的准确率，以及那一组的标签和标记。准确率并列时，取标签最小的；再并列，取标记最小的。


# %% tags=["exercise"]
def worst_group(labels, tags, right):
    return ..., ..., ...


# %% tags=["solution"]
def worst_group(labels, tags, right):
    groups = {}
    for label, tag, hit in zip(labels.tolist(), tags.tolist(), right.tolist(), strict=True):
        groups.setdefault((label, tag), []).append(hit)
    share, group = min((sum(hits) / len(hits), group) for group, hits in groups.items())
    return share, *group


# %% tags=["exercise-check"]
check("c3.1", worst_group)

# %% [markdown] lang="en"
# **c3.2 What the data ask for.** `counts` (W, T, C) says how many reviews of training have the opinion w, the tag t and the label c. Write `asked_for(counts)`: the rule (W, T) that is right most often in training, as labels from 0 to C - 1 (of equals the smallest; 0 for a pair without a review), and the share of all reviews in which it is right. Compare its rows: does it read the opinion or the tag?

# %% [markdown] lang="zh"
# **c3.2 数据要求的是什么**　`counts` (W, T, C) 是训练评论的条数：意见是 w、标记是 t、标签是 c 的各有多少。请写 `asked_for(counts)`，返回两样：在训练中对得最多的规则 (W, T)，取 0 到 C - 1 的标签（并列时取最小的；没有评论的一对取 0）；以及全部评论里它答对的比例。比较规则的各行：它看的是意见还是标记？


# %% tags=["exercise"]
def asked_for(counts):
    return ..., ...


# %% tags=["solution"]
def asked_for(counts):
    return counts.argmax(axis=2), counts.max(axis=2).sum() / counts.sum()


# %% tags=["exercise-check"]
check("c3.2", asked_for)

# %% [markdown] lang="en"
# **c3.3 Cause, or only near?** `base` (N,) has the results of the baseline on N seeds, `changed` those of every change on the same seeds, by name; `t` is Student's factor. Write `verdicts(base, changed, least, t)`: a dictionary that says of every change "cause" if its mean difference is `least` or more in size and larger than the half-width of its interval, `t` standard errors (section 3); else "near" if no end of the interval is further than `least` from 0; else "undecided".

# %% [markdown] lang="zh"
# **c3.3 是原因，还是只沾边？**　`base` (N,) 是基线在 N 个种子上的结果，`changed` 按名称给出每种改动在同样这些种子上的结果，`t` 是 Student 因子。请写 `verdicts(base, changed, least, t)`，返回一个字典，给每种改动一个判定：差值的平均在大小上不小于 `least`，又大于区间的半宽，即标准误差的 `t` 倍（第 3 节），是 "cause"；否则，区间两端离 0 都不超过 `least`，是 "near"；都不是，就是 "undecided"。


# %% tags=["exercise"]
def verdicts(base, changed, least, t):
    return ...


# %% tags=["solution"]
def verdicts(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        mean, half = abs(d.mean()), t * d.std(ddof=1) / len(d) ** 0.5
        if mean >= least and mean > half:
            found[name] = "cause"
        else:
            found[name] = "near" if mean + half <= least else "undecided"
    return found


# %% tags=["exercise-check"]
check("c3.3", verdicts)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Geirhos et al. 2020, "Shortcut Learning in Deep Neural Networks", arXiv:2004.07780: what this case is an example of.
# * Gururangan et al. 2018, "Annotation Artifacts in Natural Language Inference Data", arXiv:1803.02324.
# * McCoy, Pavlick & Linzen 2019, "Right for the Wrong Reasons: Diagnosing Syntactic Heuristics in Natural Language Inference", arXiv:1902.01007.
# * Sagawa et al. 2020, "Distributionally Robust Neural Networks for Group Shifts", arXiv:1911.08731: the worst group, and why regularisation is needed beside it.
# * Liu et al. 2021, "Just Train Twice: Improving Group Robustness without Training Group Information", arXiv:2107.09044.
# * Kaushik, Hovy & Lipton 2020, "Learning the Difference that Makes a Difference with Counterfactually-Augmented Data", arXiv:1909.12434.
# * In this project: `minillm/labs/mismatch/shortcut.py`, `minillm/labs/mismatch/shortcut_causes.py`, `minillm/tasks/metrics/groups.py`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Geirhos 等，2020，“Shortcut Learning in Deep Neural Networks”，arXiv:2004.07780：本案例就是它所说的“走捷径”。
# * Gururangan 等，2018，“Annotation Artifacts in Natural Language Inference Data”，arXiv:1803.02324。
# * McCoy、Pavlick、Linzen，2019，“Right for the Wrong Reasons: Diagnosing Syntactic Heuristics in Natural Language Inference”，arXiv:1902.01007。
# * Sagawa 等，2020，“Distributionally Robust Neural Networks for Group Shifts”，arXiv:1911.08731：最差的组，以及为什么还要配上正则化。
# * Liu 等，2021，“Just Train Twice: Improving Group Robustness without Training Group Information”，arXiv:2107.09044。
# * Kaushik、Hovy、Lipton，2020，“Learning the Difference that Makes a Difference with Counterfactually-Augmented Data”，arXiv:1909.12434。
# * 本项目：`minillm/labs/mismatch/shortcut.py`、`minillm/labs/mismatch/shortcut_causes.py`、`minillm/tasks/metrics/groups.py`。
