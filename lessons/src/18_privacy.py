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
#     lesson: 18
#     guide: ['8.2.2']
#     budget_s: 60
#     errata: [A106]
#     introduces: [minillm.tasks.metrics.exposure, minillm.tasks.metrics.membership, minillm.text.duplicates, minillm.text.scrubbing, minillm.training.privacy.accountant, minillm.training.privacy.conversions, minillm.training.privacy.per_example, minillm.training.privacy.private, minillm.training.privacy.shares]
# ---

# %% tags=["numbers"]
import math

import numpy as np

from minillm.course.numbers import LANGUAGE, study
from minillm.course.verdict_tables import READING, spread, verdict_table
from minillm.labs import read_settings
from minillm.labs.challenges import privacy
from minillm.labs.compare_result import Result
from minillm.tasks.metrics import expected_exposure

reading = READING[LANGUAGE]
lab = Result(privacy.STUDY, list(privacy.STUDY.remedies), study("privacy"), {})
n_seeds, m = len(lab.values("none", "AUC")), privacy.STUDY.comparisons
n_remedies, level = len(lab.remedies) - 1, 100 * (1 - 0.05 / m)
sizes = read_settings("privacy")
told = sizes["learned"] + 2 * sizes["world"]["of_each"] * sum(sizes["world"]["times"])
luck = expected_exposure(10 ** sizes["world"]["digits"])
luck_of_eight = expected_exposure(8)
most = math.log2(10 ** sizes["world"]["digits"])


def of(remedy):
    """What the lab found, in percent where it is a share, each with half an interval."""
    times = lab.values(remedy, "exposure by times")
    return {
        "times": [spread(times[:, i]) for i in range(4)],
        "AUC": spread(lab.values(remedy, "AUC")),
        "calibrated": spread(lab.values(remedy, "AUC, calibrated")),
        "one": spread(100 * lab.values(remedy, "found at 1 %")),
        "plain_one": spread(100 * lab.values(remedy, "found at 1 %, not calibrated")),
        "phones": spread(lab.values(remedy, "phones")),
        "codes": spread(lab.values(remedy, "codes")),
        "loss": spread(lab.values(remedy, "loss, others")),
    }


seen = {name.replace(" ", "_"): of(name) for name in lab.remedies}
words = {key: one.word for key, one in lab.verdicts().items()}
price = {
    name.replace(" ", "_"): {"mean": one.mean, "half": one.half}
    for (name, of_), one in lab.verdicts().items()
    if of_ == "loss, others"
}
table = verdict_table(
    lab,
    {
        "en": ("the guide's remedy", "here", "exposure, bits", "AUC", "loss on others, nats"),
        "zh": ("指南的办法", "这里", "暴露度，比特", "AUC", "别的文本上的损失，nat"),
    }[LANGUAGE],
    {
        "1 architecture / 1 模型结构": {"wider model": "模型加宽"},
        "2 data / 2 数据": {
            "exact copies removed": "去掉完全相同的",
            "near copies removed": "去掉近似重复的",
            "scrubbed": "脱敏",
            "other digits": "每次换数字",
            "more texts": "更多的文本",
        },
        "3 regularisation / 3 正则化": {
            "weight decay": "权重衰减",
            "dropout": "dropout",
            "early stop": "提前停止",
        },
        "4 fine-tuning / 4 微调": {"epsilon 2 behind public texts": "公开文本之后，ε = 2"},
        "not in the guide / 指南没有的": {"epsilon 8": "ε = 8", "epsilon 2": "ε = 2"},
    },
    ["exposure", "AUC", "loss, others"],
    language=LANGUAGE,
)
allowed = {e: 100 * (math.exp(e) * 0.01 + sizes["delta"]) for e in (2, 8)}
told_once = lab.values("none", "exposure by times")[:, 1]
lost = {
    name: spread(lab.values(f"{name} copies removed", "exposure by times")[:, 1] - told_once)
    for name in ("exact", "near")
}
for one in lost.values():
    assert one["mean"] + one["half"] < 0, "hides a little of what was told once"
allowed = {"two": allowed[2], "eight": allowed[8]}
scrubber = {
    name: spread(100 * study("scrubbing")[f"en: {name}"][:, 0]) for name in ("recall", "precision")
}
half_odd = spread(100 * study("scrubbing")["en: recall"][:, 2])
n_scrubbing = len(study("scrubbing")["en: recall"])
assert sizes["world"]["digits"] == 3, "1000 candidates"
assert (sizes["world"]["times"], sizes["epsilons"]) == ([0, 1, 4, 16], [8.0, 2.0]), "as the prose"
assert read_settings("scrubbing")["odd"][2] == 0.5, "half of them odd"
assert seen["none"]["one"]["mean"] - seen["none"]["one"]["half"] > allowed["two"], "too much for 2"
assert seen["none"]["one"]["mean"] > 2 * seen["none"]["plain_one"]["mean"], "a reference tells"
for name in ("epsilon_8", "epsilon_2"):
    assert seen[name]["one"]["mean"] < 2, name
    assert abs(seen[name]["one"]["mean"] - 1) < 1, "near a coin"
    assert abs(seen[name]["times"][1]["mean"] - luck) < seen[name]["times"][1]["half"], "told once"
    assert seen[name]["times"][3]["mean"] - seen[name]["times"][3]["half"] > luck + 1, "16 copies"
for name in ("none", "exact_copies_removed", "near_copies_removed"):
    assert seen[name]["times"][1]["mean"] - seen[name]["times"][1]["half"] > luck + 3, "told once"
assert seen["exact_copies_removed"]["times"][3]["mean"] > most - 0.2, "copies that differ"
assert abs(seen["scrubbed"]["phones"]["mean"] - luck) < seen["scrubbed"]["phones"]["half"], "luck"
assert seen["scrubbed"]["codes"]["mean"] > luck + 5, "of which nobody thought"
assert scrubber["recall"]["mean"] == 100 and study("scrubbing")["en: recall"][:, 3].max() == 0
assert {r for (r, of_), word in words.items() if of_ == "loss, others" and word == "harms"} == {
    *("near copies removed", "dropout", "wider model", "epsilon 2"),
}, "what costs loss"
assert {r for (r, of_), word in words.items() if of_ == "loss, others" and word == "helps"} == {
    *("scrubbed", "more texts", "epsilon 2 behind public texts"),
}, "what gains"
assert words["epsilon 8", "loss, others"] == "undecided", "epsilon 8"
assert {r for (r, of_), word in words.items() if of_ == "exposure" and word != "helps"} == {
    *("exact copies removed", "wider model"),
}, "the others help"
assert {r for (r, of_), word in words.items() if of_ == "AUC" and word != "helps"} == {
    *("exact copies removed", "near copies removed", "wider model"),
}, "the others help"
LITERALS = {
    "by hand, asserted in section 2": "1 2 3 4 5 8 0.34 0.5 0.6 0.8 1.8 4.5 34 100",
    "the fraction one half, as LaTeX writes it": "12",
    "settings of the lab, asserted": "16 1000",
    "settings of the experiments": "40 0.01 0.03 10^-5",
    "a text of the lab": "7 555 0173",
    "rates and levels": "0.1 95",
    "a theorem": "2.2",
    "words of the world, whose logarithm is asserted": "106",
    "nothing added to a count, no difference": "0",
    "settings of exercise 18.3": "10,000 60",
}

# %% [markdown] lang="en"
# # Lesson 18. Privacy: what a model tells of its texts
#
# **Question.** A model has been trained on texts of people. Can somebody who has nothing but the model find out whose texts they were, or what they said? What protects them, what only seems to, and what does it cost?
#
# **Afterwards you can** attack a model by its losses and say how well that works, where few may be accused wrongly; plant a secret and measure in bits how much of it has come out; compute the gradient of every example without a loop, clip it and add noise; say what an epsilon promises and what it does not; and tell what removing copies, or removing names, hides.
#
# **Before this**: lesson 8 (GPT), lesson 14 (regularisation). **Time**: about half a minute to run on a free core, two hours to read.

# %% [markdown] lang="zh"
# # 第 18 课　隐私：模型泄露了训练文本的什么
#
# **问题**　一个模型在许多人的文本上训练过。手里只有这个模型的人，能不能查出那是谁的文本、里面说了什么？什么办法守得住，什么办法只是看上去守得住？代价又是多少？
#
# **学完本课，你能够**　用损失攻击一个模型，并说清在只许冤枉极少数人时它有多准；埋一个秘密，以比特衡量它泄露了多少；不用循环算出每个样本的梯度，裁剪它，加上噪声；说清一个 ε 承诺了什么、没有承诺什么；说出去重和脱敏各遮住了什么。
#
# **预备知识**　第 8 课（GPT）、第 14 课（正则化）。**用时**　在空闲的机器上运行约半分钟，细读约两小时。

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

from minillm import Parameter, check_vjp, gradients_of, ops
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_study
from minillm.labs.challenges.privacy import STUDY, exposures
from minillm.labs.challenges.privacy_case import Privacy, Speaker, losses_of
from minillm.labs.worlds.canaries import NAMES, OWNERS, WORDS, Canaries, ids_of
from minillm.optim import AdamW, cosine_with_warmup, decay_groups
from minillm.tasks.generation.windows import Window, padded
from minillm.tasks.metrics import (
    calibrated_losses, expected_exposure, exposure, membership_auc, true_positives_at,
)  # fmt: skip
from minillm.text.duplicates import without_copies, without_near_copies
from minillm.text.scrubbing import scrub
from minillm.training import fit
from minillm.training.privacy import (
    PrivateGradients, clip_by_example, epsilon_spent, noise_for, per_example_gradients,
    renyi_of_sampled_gaussian, sampled_rows,
)  # fmt: skip

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 8.2.2: how to protect the privacy of users and the safety of data is a question that urgently needs an answer (A106).
#
# That is right, and it is all. Nothing is said of how one sees that something has leaked, nor of any method. Both exist: GPT-2 was made to recite names, addresses and telephone numbers of its training (Carlini et al. 2021), and five years before there was a training with a proof of what it keeps (Abadi et al. 2016).

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 8.2.2 节“数据隐私和安全”说：如何保护用户隐私和数据安全，是一个亟待解决的问题（A106）。
#
# 这是对的，但仅此而已：怎样看出有东西泄露了，没有说；办法也一个没有。两样其实都有：有人让 GPT-2 背出了训练文本里的人名、地址和电话（Carlini 等，2021）；再往前五年，就有了能证明自己守住什么的训练方法（Abadi 等，2016）。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Who was there?** A model has the losses 1, 2 and 4 on three texts that it was trained on (*members*), 2 and 5 on two others. The attack: the lower the loss, the sooner it was a member. Of the six pairs of a member and another the member has the lower loss in 4 and the same in 1, which counts one half. The share is the AUC (area under the curve): $4.5/6$ = {here.auc}. A coin has 0.5.
#
# **How much of a secret is out?** A code is one of 8. Who knows nothing has to search through all of them, $\log_2 8 = 3$ bits. A model gives each code a loss, and the true one has the second lowest: who tries them in this order is done after two. The *exposure* is $3 - \log_2 2$ = {here.exposure} bits, what the search has become shorter by.
#
# **How far may one example pull?** Two examples have the gradients $(3, 4)$ and $(0, 1)$, of lengths 5 and 1. Their sum is $(3, 5)$. Without the first it would be $(0, 1)$: one example has moved it by 5. *Clipped* to the length 1 they are $(0.6, 0.8)$ and $(0, 1)$, the sum is $(0.6, 1.8)$, and whoever stays away changes it by 1 at most.
#
# **What does an epsilon say?** A class is asked: did you copy? Each throws two coins in secret; who has two heads lies, all others tell the truth. A yes comes from one who copied with probability 3/4, from one who did not with 1/4. Whatever is heard, no odds change by more than the factor 3, and nobody can be convicted. One writes $\varepsilon = \ln 3$ = {here.epsilon}. Yet the class gives its answer: if 34 of 100 say yes, $(0.34 - 1/4) \cdot 2$ = {here.share} of them have copied, give or take the luck of the coins. And whoever is asked *16 times*, and throws anew each time, may change the odds by $3^{16}$ = {here.often:,.0f}: nothing is hidden any more.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **谁在里面？**　一个模型在三条训练过的文本（**成员**）上损失是 1、2、4，在另外两条上是 2 和 5。攻击的办法：损失越低，越像成员。成员与非成员配成六对，其中 4 对是成员的损失低，1 对相等，算一半。这个比例就是 AUC（曲线下面积）：$4.5/6$ = {here.auc}。掷硬币是 0.5。
#
# **秘密泄露了多少？**　一个密码是 8 个里的一个。什么也不知道的人得在 8 个里面找，$\log_2 8 = 3$ 比特。模型给每个密码一个损失，真的那个排第二低：按这个次序试，两次就中。**暴露度**是 $3 - \log_2 2$ = {here.exposure} 比特，即搜索缩短了多少。
#
# **一个样本能拉多远？**　两个样本的梯度是 $(3, 4)$ 和 $(0, 1)$，长度是 5 和 1，和是 $(3, 5)$。少了第一个，就是 $(0, 1)$：一个样本把和移动了 5。都**裁剪**到长度 1，就成了 $(0.6, 0.8)$ 和 $(0, 1)$，和是 $(0.6, 1.8)$；少了任何一个，和最多变化 1。
#
# **ε 说的是什么？**　问全班：你抄过作业吗？每人私下掷两枚硬币，两枚都是正面的说谎，其余的说真话。抄过的人答“是”的概率是 3/4，没抄过的是 1/4。不管听到什么，一个人抄过的几率（odds）最多变化 3 倍，谁也定不了罪。记作 $\varepsilon = \ln 3$ = {here.epsilon}。而全班的答案还是有了：如果 100 人里 34 人说“是”，抄过的就占 $(0.34 - 1/4) \cdot 2$ = {here.share}，误差来自硬币的运气。可要是同一个人被问 **16 次**，每次重新掷，几率就能变化 $3^{16}$ = {here.often:,.0f} 倍：什么也藏不住了。

# %%
members, others = np.array([1.0, 2.0, 4.0]), np.array([2.0, 5.0])
pairs = [float((a < b) + (a == b) / 2) for a in members for b in others]
stated("auc", sum(pairs) / len(pairs), 0.75, 1e-9, "pairs by hand")
stated("exposure", math.log2(8) - math.log2(2), 2, 1e-9, "bits by hand")
g_hand = np.array([[3.0, 4.0], [0.0, 1.0]])
clipped = g_hand * np.minimum(1, 1 / np.linalg.norm(g_hand, axis=1))[:, None]
assert np.allclose(clipped.sum(axis=0), [0.6, 1.8]), "clipped by hand"
stated("epsilon", math.log(3 / 4 / (1 / 4)), 1.10, 0.005, "two coins")
stated("share", (0.34 - 1 / 4) * 2, 0.18, 1e-9, "of the class")
stated("often", 3**16, 43046721, 0, "sixteen answers")
print("pairs", pairs, " clipped", *clipped.round(1).tolist())

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **The attack** (*membership inference*). For a threshold $t$ whoever has a loss of at most $t$ is called a member; the *true positive rate* is the share of members so called, the *false positive rate* that of the others, who are accused wrongly. The AUC is the mean of the true positive rate over all false positive rates,
#
# $$\mathrm{AUC} = P(\ell_\text{in} < \ell_\text{out}) + \tfrac12 P(\ell_\text{in} = \ell_\text{out}),$$
#
# and a mean may hide an attack that is sure of a few. So one asks how many members are found while 1 % or 0.1 % of the others are accused (Carlini et al. 2022). And a text that is easy has a low loss for every model: the loss *less that of a reference model*, trained on other texts, tells more (Watson et al. 2022).
#
# **The secret.** Of the set $R$ of all that it could have been, ordered by loss, $\text{exposure} = \log_2 |R| - \log_2 \text{rank}$ (Carlini et al. 2019). Who has never seen it has {luck:.2f} bits on average by luck, if 1000 are possible; of the 8 of section 2 it would be {luck_of_eight:.2f}.
#
# **The promise.** A training $M$ is $(\varepsilon, \delta)$-*differentially private* if for all texts $D$, for $D'$ which has one of them less, and for every set $S$ of models that may come out
#
# $$P(M(D) \in S) \le e^{\varepsilon} P(M(D') \in S) + \delta, \qquad P(M(D') \in S) \le e^{\varepsilon} P(M(D) \in S) + \delta.$$
#
# $\delta$ is a share of bad luck, for which nothing is promised; it should be far below one in the number of texts. Let $S$ be the models for which an attacker accuses Ada: *every* attack on *every* text then has a true positive rate of at most $e^\varepsilon$ times its false positive rate, plus $\delta$.
#
# **The training** (DP-SGD, Abadi et al. 2016). Each text takes part in a step with probability $q$, of those that do the gradients $g_i$ are clipped to the length $C$, and noise is added; of $N$ texts $qN$ take part on average:
#
# $$g = \frac1{qN} \Bigl(\sum_i g_i \min\bigl(1, \tfrac{C}{\lVert g_i \rVert}\bigr) + \sigma C z\Bigr), \qquad z \sim \mathcal N(0, I).$$
#
# **The bill** (the *accountant*). What a step yields has one distribution with a text and another without it; $r(\alpha)$ is their distance in the sense of Rényi, a logarithm of a mean of powers of their ratio, and the larger the order $\alpha$, the more the rarest outcomes count. The noise of all $T$ steps is independent, so ratios multiply and their logarithms, the costs, add up. Every $\alpha = 2, 3, \dots$ gives a bound, and the best counts (Mironov et al. 2019; the last line is by Canonne et al. 2020):
#
# $$r(\alpha) = \frac{1}{\alpha - 1} \ln \sum_{k=0}^{\alpha} \binom{\alpha}{k} (1-q)^{\alpha-k} q^k e^{(k^2-k)/(2\sigma^2)},$$
#
# $$\varepsilon = \min_\alpha\; T\, r(\alpha) + \ln \frac{\alpha - 1}{\alpha} - \frac{\ln \delta + \ln \alpha}{\alpha - 1}.$$

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **攻击**（**成员推断**，membership inference）　取一个阈值 $t$，损失不超过 $t$ 的都叫成员。**真阳性率**是成员里被叫中的比例，**假阳性率**是非成员里被冤枉的比例。AUC 是真阳性率对所有假阳性率的平均：
#
# $$\mathrm{AUC} = P(\ell_\text{in} < \ell_\text{out}) + \tfrac12 P(\ell_\text{in} = \ell_\text{out}),$$
#
# 而平均会掩盖“对少数几个很有把握”的攻击。所以要问：只冤枉 1% 或 0.1% 的非成员时，能找出多少成员（Carlini 等，2022）。另外，容易的文本对哪个模型损失都低：**减去参照模型的损失**（参照模型在别的文本上训练），能看出更多（Watson 等，2022）。
#
# **秘密**　它可能是集合 $R$ 中的任何一个，按损失排序，$\text{exposure} = \log_2 |R| - \log_2 \text{rank}$（Carlini 等，2019），exposure 是暴露度，rank 是名次。从没见过它的模型，平均也有 {luck:.2f} 比特（共有 1000 种可能时；第 2 节的 8 种则是 {luck_of_eight:.2f}），那是运气。
#
# **承诺**　一种训练 $M$ 满足 $(\varepsilon, \delta)$-**差分隐私**，是说对任何一组文本 $D$、对少了其中一条的 $D'$、对可能得到的模型的任何一个集合 $S$，
#
# $$P(M(D) \in S) \le e^{\varepsilon} P(M(D') \in S) + \delta, \qquad P(M(D') \in S) \le e^{\varepsilon} P(M(D) \in S) + \delta.$$
#
# $\delta$ 是什么也不承诺的那一份坏运气，应当远小于文本条数的倒数。取 $S$ 为“攻击者看了就指认小安”的那些模型，就得到：**任何**攻击对**任何**一条文本，真阳性率都不超过假阳性率的 $e^\varepsilon$ 倍再加 $\delta$。
#
# **训练**（DP-SGD，Abadi 等，2016）　每条文本以概率 $q$ 参加一步，参加者的梯度 $g_i$ 各自裁剪到长度 $C$，再加噪声；$N$ 条文本中平均有 $qN$ 条参加：
#
# $$g = \frac1{qN} \Bigl(\sum_i g_i \min\bigl(1, \tfrac{C}{\lVert g_i \rVert}\bigr) + \sigma C z\Bigr), \qquad z \sim \mathcal N(0, I).$$
#
# **账单**（由**隐私核算器**算出）　一步的结果，有某条文本时是一种分布，没有时是另一种；$r(\alpha)$ 是两者在 Rényi（雷尼）意义下的距离，即两者之比的幂取平均，再取对数，阶 $\alpha$ 越大，越看重最罕见的结果。各步的噪声相互独立，比值相乘，对数也就是花费，便相加。每个 $\alpha = 2, 3, \dots$ 都给出一个界，取最好的（Mironov 等，2019；最后一行出自 Canonne 等，2020）：
#
# $$r(\alpha) = \frac{1}{\alpha - 1} \ln \sum_{k=0}^{\alpha} \binom{\alpha}{k} (1-q)^{\alpha-k} q^k e^{(k^2-k)/(2\sigma^2)},$$
#
# $$\varepsilon = \min_\alpha\; T\, r(\alpha) + \ln \frac{\alpha - 1}{\alpha} - \frac{\ln \delta + \ln \alpha}{\alpha - 1}.$$


# %%
def attack_rates(members, others, t):  # true and false positive rate
    return (members <= t).mean(), (others <= t).mean()


def bits_out(losses, secret):  # (R,), the place of the true one; no two losses are equal
    return math.log2(len(losses)) - math.log2((losses <= losses[secret]).sum())


def private_sum(g, clip, noise, rng):  # (B, P) -> (P,)
    lengths = np.linalg.norm(g, axis=1, keepdims=True)
    clipped = g * np.minimum(1, clip / lengths)
    return clipped.sum(axis=0) + noise * clip * rng.standard_normal(g.shape[1])


rng = np.random.default_rng(18)
for t in (1.0, 2.0, 4.0, 5.0):
    found, accused = attack_rates(members, others, t)
    print(f"loss <= {t:g}: {found:.2f} of members, {accused:.2f} of others")
assert membership_auc(members, others) == 0.75, "the library's"
assert true_positives_at(members, others, 0.0) == attack_rates(members, others, 1.0)[0], (
    "so is this"
)
some = rng.standard_normal(1000)
assert np.isclose(bits_out(some, 7), exposure(some, 7)), "the library's"
assert np.allclose(private_sum(g_hand, 1.0, 0.0, rng), clip_by_example([g_hand], 1.0)[0]), "so"


# %%
def renyi(order, q, sigma):  # what a step costs; order is a whole number
    k = np.arange(order + 1)
    ways = np.log([math.comb(order, int(one)) for one in k])
    logs = ways + (order - k) * math.log(1 - q) + k * math.log(q) + (k * k - k) / (2 * sigma**2)
    return np.logaddexp.reduce(logs) / (order - 1)  # the sum may be beyond all floats


def spent(q, sigma, steps, delta, orders=range(2, 33)):
    return min(
        steps * renyi(a, q, sigma) + math.log((a - 1) / a) - math.log(delta * a) / (a - 1)
        for a in orders
    )


library = renyi_of_sampled_gaussian(8, 0.01, 4.0)
assert math.isclose(renyi(8, 0.01, 4.0), library, rel_tol=1e-6), "the library's"
print("q = 0.01, sigma = 4, delta = 1e-5")
for steps in (100, 1000, 10000):
    theirs = epsilon_spent(rate=0.01, noise=4.0, steps=steps, delta=1e-5).epsilon
    print(
        f"{steps:6} steps: epsilon {spent(0.01, 4.0, steps, 1e-5):.3f}, the library's {theirs:.3f}"
    )
assert math.isclose(spent(0.01, 4.0, 10000, 1e-5), theirs, rel_tol=1e-6), "the same best order"

# %% [markdown] lang="en"
# (The library tries more orders, also such between the whole numbers: where few steps are taken, higher ones are better.)
#
# ## 4 Gradient check
#
# To clip each example one needs the gradient of each, and backpropagation adds them up. Think of every example $i$ as having *its own copy* $W_i$ of the weights, all with the same numbers. Then the slope of the loss in $W_i$ is the gradient of example $i$ alone, and since $W_1 = \dots = W_B = W$, the chain rule says that the gradient of the batch is their sum. For a linear layer and an embedding, with the arriving slopes $g_i$ of the positions of example $i$,
#
# $$y_i = x_i W_i^\top,\quad \frac{\partial L}{\partial W_i} = g_i^\top x_i; \qquad y_{it} = E_i[\text{id}_{it}],\quad \frac{\partial L}{\partial E_i}[v] = \sum_{t:\, \text{id}_{it} = v} g_{it}; \qquad \frac{\partial L}{\partial W} = \sum_i \frac{\partial L}{\partial W_i}.$$
#
# To keep them apart costs memory ($B$ times the weights), and hardly any time (Goodfellow 2015).

# %% [markdown] lang="zh"
# （程序库试的阶更多，整数之间的也有；步数少时，高的阶更好。）
#
# ## 4 梯度检验
#
# 要逐个裁剪，就要有每个样本自己的梯度，即**逐样本梯度**，而反向传播把它们加在了一起。设想每个样本 $i$ 都有**自己的一份**权重 $W_i$，数值全都相同。那么损失对 $W_i$ 的斜率就是样本 $i$ 自己的梯度；又因为 $W_1 = \dots = W_B = W$，由链式法则，整批的梯度就是它们的和。对线性层和嵌入层，设样本 $i$ 各位置传回来的斜率为 $g_i$，
#
# $$y_i = x_i W_i^\top,\quad \frac{\partial L}{\partial W_i} = g_i^\top x_i; \qquad y_{it} = E_i[\text{id}_{it}],\quad \frac{\partial L}{\partial E_i}[v] = \sum_{t:\, \text{id}_{it} = v} g_{it}; \qquad \frac{\partial L}{\partial W} = \sum_i \frac{\partial L}{\partial W_i}.$$
#
# 把它们分开留着，多费的是内存（权重的 $B$ 倍），时间几乎不多（Goodfellow，2015）。


# %%
def linear_each(x, w):  # (B, T, I), a copy for each example (B, O, I)
    return x @ w.swapaxes(1, 2), lambda g: (g @ w, g.swapaxes(1, 2) @ x)


def embedding_each(tables, *, ids):  # (B, V, D), (B, T) -> (B, T, D)
    own = np.arange(len(ids))[:, None]

    def vjp(g):
        found = np.zeros_like(tables)
        np.add.at(found, (own, ids), g)  # a word that comes twice counts twice
        return (found,)

    return tables[own, ids], vjp


x, w = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 2, 5))
tables, ids = rng.standard_normal((3, 6, 2)), np.array([[1, 1, 4], [0, 5, 2], [3, 3, 3]])
errors = {
    "linear": check_vjp(linear_each, x, w, rng=rng),
    "embedding": check_vjp(embedding_each, tables, ids=ids, rng=rng),
}
for name, error in errors.items():
    print(f"{name:9} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7, "both rules pass the gradient check"

# %% [markdown] lang="en"
# Their sum is the gradient of the batch, and the library, which keeps the shares of all layers in one pass, finds the same as a loop over the examples:

# %% [markdown] lang="zh"
# 它们的和就是整批的梯度；程序库一趟就留下所有层里每个样本的那一份，结果与逐个样本循环相同：

# %%
g = rng.standard_normal((3, 4, 2))
of_each = linear_each(x, w)[1](g)[1]  # (B, O, I)
assert np.allclose(of_each.sum(axis=0), g.reshape(-1, 2).T @ x.reshape(-1, 5)), "the batch's"
table, weight = (Parameter(0.5 * rng.standard_normal((7, 4))) for _ in range(2))
texts = rng.integers(7, size=(5, 6))


def next_word_losses(texts):  # (B, T) -> (B,)
    logits = ops.linear(ops.embedding(table, ids=texts[:, :-1]), weight)
    return ops.cross_entropy(logits, targets=texts[:, 1:], reduction="none").sum(axis=1)


_, together = per_example_gradients(next_word_losses, texts, [table, weight])
for i in range(len(texts)):
    alone = gradients_of(next_word_losses(texts[i : i + 1]).sum(), [table, weight])
    assert all(np.allclose(a[i], b) for a, b in zip(together, alone, strict=True)), "each alone"
batch = gradients_of(next_word_losses(texts).sum(), [table, weight])
assert all(np.allclose(a.sum(axis=0), b) for a, b in zip(together, batch, strict=True)), "the sum"
lengths = clip_by_example(together, 1.0)[1]
print("lengths of the gradients of five texts:", lengths.round(2))

# %% [markdown] lang="en"
# The planted mistake: rows are set, not added to. Where no word comes twice in a text, nobody can see it.

# %% [markdown] lang="zh"
# 故意犯一个错：把行写进去，而不是加上去。同一条文本里没有重复的词时，谁也看不出来。


# %%
def embedding_that_forgets(tables, *, ids):
    y = embedding_each(tables, ids=ids)[0]

    def forgetful(g):
        found = np.zeros_like(tables)
        found[np.arange(len(ids))[:, None], ids] = g
        return (found,)

    return y, forgetful


once = np.array([[1, 2, 4], [0, 5, 2], [3, 1, 0]])
error = check_vjp(embedding_that_forgets, tables, ids=once, rng=rng)
print(f"no word twice: {error:.1e}, nothing found")
try:
    check_vjp(embedding_that_forgets, tables, ids=ids, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("words that come twice went unnoticed")

# %% [markdown] lang="en"
# ## 5 What the guide leaves out
#
# **A method, and what it promises.** There is one with a proof, DP-SGD. Its $\varepsilon$ is often read as more than it is.
#
# **Each example is clipped, not their mean.** The noise is made for a sum that no example moves by more than $C$. Whoever clips the mean gradient of $B$ texts, as in every training, lets one of them move the sum by up to $2BC$; with the same noise next to nothing is promised. One text of fifty that surprises is enough:

# %% [markdown] lang="zh"
# ## 5 指南没有说的
#
# **办法，以及它承诺了什么**　有证明的办法是有的，就是 DP-SGD。但它的 $\varepsilon$ 常常被读出更多的意思来。
#
# **裁剪的是每个样本，不是它们的平均**　噪声的大小，是为“没有哪个样本能把和移动超过 $C$”而定的。像平常训练那样裁剪 $B$ 条文本的平均梯度，一条文本就可以把和移动多达 $2BC$；再加同样的噪声，几乎等于没有承诺。五十条文本里有一条出人意料就够了：


# %%
def moved(total, g):  # how far one example can move it
    return max(np.linalg.norm(total(g) - total(np.delete(g, i, axis=0))) for i in range(len(g)))


def by_example(g, clip=1.0):
    return clip_by_example([g], clip)[0][0]


def by_mean(g, clip=1.0):
    mean = g.mean(axis=0)
    return len(g) * mean * min(1, clip / np.linalg.norm(mean))


gradients = rng.standard_normal((50, 20))
gradients[7] *= 40  # a text that surprises
for name, total in (("each clipped", by_example), ("the mean clipped", by_mean)):
    print(f"{name:16} one example moves the sum by up to {moved(total, gradients):.1f} C")
assert moved(by_example, gradients) < 1.0001, "what the noise is made for"
assert moved(by_mean, gradients) > 10, "what it is not made for"

# %% [markdown] lang="en"
# **A text, not a person.** $D$ and $D'$ differ by one text. Whoever has told something $k$ times is in $k$ texts, and for all of them together no more than $k\varepsilon$ follows (Dwork & Roth 2014, theorem 2.2, for $\delta = 0$): with $\varepsilon = 2$ and 16 texts $e^{32}$, which is none. Section 6.3 measures it.
#
# **A bound, not a finding.** With $\varepsilon = 8$ an attack that accuses 1 % of the others may find up to {allowed.eight:.0f} % of the members by this bound, more than there are: that is no promise at all. That *one* attack finds less is seen in section 6.2; that another will is not excluded.
#
# **The number depends on who reckons.** One and the same training costs less by a tighter bound. So the bound belongs to the number, and $\delta$, too (here $10^{-5}$):

# %% [markdown] lang="zh"
# **一条文本，不是一个人**　$D$ 与 $D'$ 差一条文本。把一件事说了 $k$ 遍的人，在 $k$ 条文本里；对这些合在一起，能推出的只有 $k\varepsilon$（Dwork、Roth，2014，定理 2.2，$\delta = 0$ 时）：$\varepsilon = 2$，16 条文本，就是 $e^{32}$，等于没有。6.3 节来量它。
#
# **是上界，不是测量结果**　$\varepsilon = 8$ 时，按这个上界，冤枉 1% 的非成员的攻击最多可以找出 {allowed.eight:.0f}% 的成员，比全体还多：这根本算不上承诺。6.2 节会看到**某一种**攻击找出的少得多；别的攻击会不会多，排除不了。
#
# **数字取决于谁来算**　同一次训练，用更紧的界来算，花费就更小。所以报 ε 时要写明用的是哪个界，还要写明 $\delta$（这里是 $10^{-5}$）：

# %%
printed = {
    "Abadi et al. 2016, section 3.2": (0.01, 4.0, 10000, 1.26),
    "TensorFlow Privacy, tutorials, row 1": (256 / 60000, 1.12, 14063, 2.92),
    "TensorFlow Privacy, tutorials, row 3": (256 / 60000, 1.2, 2344, 1.20),
}
print(f"{'':38} printed   2017   2020")
for name, (q, sigma, steps, theirs) in printed.items():
    both = [
        epsilon_spent(rate=q, noise=sigma, steps=steps, delta=1e-5, conversion=one).epsilon
        for one in ("2017", "2020")
    ]
    print(f"{name:38} {theirs:7.2f} {both[0]:6.2f} {both[1]:6.2f}")
    assert round(both[0], 2) == theirs > both[1], "the earlier bound is what they used"

# %% [markdown] lang="en"
# (2017 is the bound of Mironov 2017, $T r + \ln(1/\delta)/(\alpha - 1)$; 2020 that of section 3.) The *security* of the guide's heading, such as who may read the files, or what a model can be talked into (lesson 15), is another subject: none of this helps there.
#
# ## 6 Experiments
#
# ### 6.1 A table of pairs tells already
#
# The smallest language model counts which word follows which, and adds $k$ to every count. It learns $n$ texts such as "mara of lund bought 7 red lamps on monday", and is attacked by their losses. With $k = 0$ a pair that was never seen has an infinite loss, so let it be above 0; who knows nothing has the loss ln 106 = {here.nothing}, for there are 106 words. All that can be learned about others is the grammar, and that some cities like some things; who bought how many is chance.
#
# **Predict first.** What is the AUC for 40 texts? For ten times as many? What does a larger $k$ do? The last line is yours: change $n$ and $k$.

# %% [markdown] lang="zh"
# （2017 指 Mironov 2017 的界，$T r + \ln(1/\delta)/(\alpha - 1)$；2020 指第 3 节的界。）指南标题里的**安全**，比如谁能读到文件、能哄得模型说什么（第 15 课），是另一个题目，这里的办法帮不上忙。
#
# ## 6 实验
#
# ### 6.1 一张二元词表就会泄露
#
# 最小的语言模型数一数哪个词后面跟哪个词，每个计数加上 $k$。$k = 0$ 时没见过的一对词损失是无穷大，所以 $k$ 要大于 0；什么也不知道的模型，损失是 ln 106 = {here.nothing}，因为一共有 106 个词。它学 $n$ 条文本，例如 “mara of lund bought 7 red lamps on monday”，然后用损失去攻击它。能推广到别的文本的，只有语法，以及某些城市偏爱某些东西；谁买了几个，纯属偶然。
#
# **先猜一猜**　40 条文本，AUC 是多少？多十倍呢？$k$ 大一些会怎样？最后一行归你：改一改 $n$ 和 $k$。

# %%
world = Canaries()


def table_of_pairs(texts, k):  # ln p of the next word, (V, V)
    counts = np.full((len(WORDS), len(WORDS)), float(k))
    for row in map(ids_of, texts):
        np.add.at(counts, (row[:-1], row[1:]), 1)
    return np.log(counts / counts.sum(axis=1, keepdims=True))


def attacked(n, k, draws=10):
    found = []
    for draw in range(draws):
        chance = np.random.default_rng([18, draw])
        learned, fresh = world.purchases(n, chance), world.purchases(n, chance)
        log_p = table_of_pairs(learned, k)
        losses = [
            [-log_p[row[:-1], row[1:]].mean() for row in map(ids_of, texts)]
            for texts in (learned, fresh)
        ]
        found.append([membership_auc(*map(np.array, losses)), np.mean(losses[1])])
    return [spread.tolist() for spread in mean_and_interval(np.array(found))]


# %%
areas = {}
for n, k in ((40, 0.01), (40, 1), (40, 10), (400, 0.01), (400, 1)):
    (auc_mean, loss_mean), (auc_half, loss_half) = attacked(n, k)
    areas[n, k] = auc_mean - auc_half, auc_mean + auc_half
    print(
        f"n = {n:3}, k = {k:5}: AUC {auc_mean:.2f} ± {auc_half:.2f}, "
        f"loss on others {loss_mean:.2f} ± {loss_half:.2f}"
    )
assert areas[40, 10][1] < areas[40, 0.01][0] > 0.8, "a larger k hides a little"
assert max(areas[400, 0.01][1], areas[400, 1][1]) < 0.7, "more texts hide more"
stated("nothing", math.log(len(WORDS)), 4.66, 0.005, "nats of who knows nothing")
yours = attacked(100, 0.5)  # change it; k above 0
print("yours: AUC {:.2f}, loss {:.2f}".format(*yours[0]))

# %% [markdown] lang="en"
# Ten draws each, with 95 % intervals. No network is needed, and no training that goes on too long: what a text has added to the counts makes it more likely than others. More texts are the better protection, for each counts for less. A large $k$ hides a little and costs much: the table then knows next to nothing.
#
# ### 6.2 Who was there: a small GPT
#
# The lab's GPT learns {sizes.learned} purchases and, among them, telephones and door codes of a few, and the attacker has {sizes.others} purchases of others besides. Three models for each of three seeds: one trained as usual; a *reference* on public texts, which has seen neither; and one trained with noise for $\varepsilon = 2$, by the formula of section 3.

# %% [markdown] lang="zh"
# 每种十次抽样，附 95% 区间。不必是神经网络，也不必训练过了头：一条文本给计数添上的那几笔，就使它显得比别的文本更有可能。更好的保护是更多的文本，因为每一条的分量小了。大的 $k$ 遮住得少，代价却大：那样的表几乎什么也不知道了。
#
# ### 6.2 谁在里面：一个小 GPT
#
# 实验中的 GPT 学 {sizes.learned} 条购物记录，其中夹着几个人的电话和门锁密码；攻击者另有 {sizes.others} 条别人的购物记录。三个种子，每个种子三个模型：一个照常训练；一个是**参照模型**，在公开文本上训练，两边都没见过；一个按第 3 节的公式加噪声训练，$\varepsilon = 2$。

# %%
SEEDS = (20, 21, 22)
cases = {seed: Privacy(STUDY.settings, seed) for seed in SEEDS}
for text in (*cases[20].records[:3], cases[20].told[-1]):
    print(text)


def private_gpt(case, epsilon, peak):
    s, n = case.settings, len(case.told)
    rate, steps, rng = s.training.batch / n, s.training.steps, case.stream("batches")
    noise = noise_for(epsilon=epsilon, delta=s.delta, rate=rate, steps=steps)
    gradients = PrivateGradients(
        clip=1.0, noise=noise, expected=s.training.batch, rng=case.stream("noise")
    )
    window, gpt = padded([ids_of(text) for text in case.told]), case.untrained(s.model)
    drawn = (sampled_rows(n, rate, rng) for _ in range(steps))
    batches = (Window(*(part[rows] for part in window)) for rows in drawn)
    optimizer = AdamW(decay_groups(gpt), weight_decay=0.0, betas=(0.9, 0.99))
    rates = cosine_with_warmup(peak=peak, warmup=20, total=steps, lowest=peak / 10)
    steps_of = fit(
        lambda b: losses_of(gpt, b), batches, optimizer, schedule=rates, gradients=gradients
    )
    for _ in steps_of:
        pass
    return Speaker(gpt)


# %% [markdown] lang="en"
# (AdamW in place of plain descent: what an optimiser does with the noisy gradient, which is all that it gets to know of the texts, costs nothing more.)
#
# **Predict first.** How large is the AUC of the plain model? How many members are found while 1 % of the others are accused: by the loss; by the loss less the reference's; of the model with noise?

# %% [markdown] lang="zh"
# （用 AdamW 代替普通的梯度下降：优化器所知道的关于文本的一切，就是带噪声的梯度，怎样用它，都不再多花隐私。）
#
# **先猜一猜**　照常训练的模型，AUC 有多大？冤枉 1% 的非成员时，能找出多少成员：只用损失；用损失减去参照模型的损失；对加了噪声的模型？

# %% tags=["machine"]
usual = {seed: (case.plain(), case.reference()) for seed, case in cases.items()}

# %% tags=["machine"]
private = {seed: private_gpt(case, epsilon=2.0, peak=0.03) for seed, case in cases.items()}


# %% tags=["machine"]
def attack_on(case, model, calibrate):  # losses of members and of others
    found = [model.losses(texts) for texts in (case.records, case.others)]
    if not calibrate:
        return found
    reference = [usual[case.seed][1].losses(texts) for texts in (case.records, case.others)]
    return [calibrated_losses(*both) for both in zip(found, reference, strict=True)]


attacks = {
    "loss": [attack_on(case, usual[seed][0], False) for seed, case in cases.items()],
    "loss - reference": [attack_on(case, usual[seed][0], True) for seed, case in cases.items()],
    "the same, epsilon 2": [attack_on(c, private[seed], True) for seed, c in cases.items()],
}
RATES = np.geomspace(0.001, 1, 31)
curves = {
    name: np.array([[true_positives_at(*pair, rate) for rate in RATES] for pair in found])
    for name, found in attacks.items()
}
for name, found in attacks.items():
    area = np.mean([membership_auc(*pair) for pair in found])
    at_one = [100 * true_positives_at(*pair, 0.01) for pair in found]
    mean, half = mean_and_interval(np.array(at_one))
    print(
        f"{name:19} AUC {area:.2f}, found at 1 %: {np.round(at_one, 1)}, {mean:.1f} ± {half:.1f} %"
    )

# %% tags=["machine"]
at_one = {name: curve[:, 10] for name, curve in curves.items()}  # RATES[10] is 1 %
assert np.all(at_one["loss - reference"] > 2 * at_one["the same, epsilon 2"]), "noise"
gain, half_gain = mean_and_interval(at_one["loss - reference"] - at_one["loss"])
assert gain > half_gain and math.isclose(RATES[10], 0.01), "a reference tells more"
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
bins, names = np.linspace(-1, 1, 41), ("members", "others")
for losses, style, name in zip(attacks["loss - reference"][0], ("-", "--"), names, strict=True):
    left.hist(losses, bins, density=True, histtype="step", color="black", ls=style, label=name)
left.set(xlabel="loss - loss of the reference, nats", ylabel="density", title="one seed")
left.legend(loc="upper left")
styles = ("tab:blue", "-."), ("black", "-"), ("tab:orange", "--")
for (name, curve), (color, style) in zip(curves.items(), styles, strict=True):
    right.loglog(RATES, curve.mean(axis=0), color=color, ls=style, lw=2, label=name)
    right.fill_between(RATES, curve.min(axis=0), curve.max(axis=0), color=color, alpha=0.15)
most = np.minimum(1, math.e**2 * RATES + STUDY.settings.delta)
right.loglog(RATES, most, color="0.5", lw=1, label="most for epsilon 2")
right.loglog(RATES, RATES, color="0.5", lw=1, ls=":", label="coin")
for rate, name in ((0.001, "0.1 %"), (0.01, "1 %")):
    for remedy, color in (("none", "black"), ("epsilon 2", "tab:orange")):
        of_lab = mean_and_interval(read_study("privacy")[f"{remedy}: found at {name}"])
        right.errorbar(rate, *of_lab, fmt="o", color=color, capsize=3)
right.set(xlabel="share of others accused", ylabel="share of members found", ylim=(5e-4, 1.1))
right.set_title("lines: 3 seeds; points: 6 seeds of the lab")
right.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
savefig(figure, "18_attack", {**curves, "rates": RATES})

# %% [markdown] lang="en"
# Left: members have lower losses than the reference expects, others don't. Right: both axes are logarithmic, so that the rates that matter, those at which few are accused, are not squeezed into a corner. A line is the mean of our three seeds, its band goes from the lowest to the highest; a point with bars is the mean of the lab's six with its 95 % interval. In the lab ({n_seeds} seeds) the AUC of the plain attack is {seen.none.AUC.mean:.2f} ± {seen.none.AUC.half:.2f}, which sounds harmless. But while 1 % of the others are accused, {seen.none.plain_one.mean:.0f} ± {seen.none.plain_one.half:.0f} % of the members are found by their loss, and {seen.none.one.mean:.0f} ± {seen.none.one.half:.0f} % with the help of a reference.
#
# A training that promises $\varepsilon = 2$ for each text allows no attack more than {allowed.two:.1f} % there (the grey line): the plain training cannot have been one. Of the model with noise this attack finds {seen.epsilon_2.one.mean:.1f} ± {seen.epsilon_2.one.half:.1f} % in the lab, a coin 1 %. Our three seeds may lie higher, as they did where this was written: look at the ± that the cell prints; theirs, of three seeds, still had the lab's mean and the coin in it. The grey line is far above: it holds for the worst attack and the worst text.
#
# ### 6.3 How much of a secret is out
#
# Among the texts are *canaries*: "well vera has the phone 555-0173", with digits that were drawn, told once, 4 or 16 times (some of the copies begin with another word), and some that were never told, for comparison. Of each the attacker knows all but three digits and tries all 1000.
#
# **Predict first.** How many bits are out of a secret that was told *once*, among {told} texts? What does noise for $\varepsilon = 2$ leave of one that was told 16 times?

# %% [markdown] lang="zh"
# 左图：成员（members）的损失低于参照模型的预期，非成员（others）则不然。右图横轴是被冤枉的非成员所占的比例，纵轴是找出的成员所占的比例；两轴都取对数，这样要紧的部分，即只冤枉极少数人的那些点，才不会挤在角落里。（loss 是只用损失，loss - reference 是减去参照模型的损失，epsilon 2 是对加了噪声的模型，most for epsilon 2 是 ε = 2 所容许的最大值，coin 是掷硬币。线是我们三个种子的平均，带子从最低到最高；带误差棒的点是实验的六个种子的平均和 95% 区间。）在实验中（{n_seeds} 个种子），只用损失的攻击 AUC 是 {seen.none.AUC.mean:.2f} ± {seen.none.AUC.half:.2f}，听上去无关紧要。可是冤枉 1% 的非成员时，用损失能找出 {seen.none.plain_one.mean:.0f} ± {seen.none.plain_one.half:.0f}% 的成员，有参照模型帮忙，能找出 {seen.none.one.mean:.0f} ± {seen.none.one.half:.0f}%。
#
# 对每条文本承诺 $\varepsilon = 2$ 的训练，在那里不容许任何攻击超过 {allowed.two:.1f}%（灰线）：所以照常训练的那个不可能满足它。对加了噪声的模型，这种攻击在实验中找出 {seen.epsilon_2.one.mean:.1f} ± {seen.epsilon_2.one.half:.1f}%，掷硬币是 1%。我们的三个种子可能高一些，写这一课时就是如此：请看单元格印出的 ±；当时只有三个种子，区间里仍有实验的平均，也有掷硬币的 1%。灰线高出许多：它对最厉害的攻击、最不利的文本也成立。
#
# ### 6.3 秘密泄露了多少
#
# 文本里埋着**金丝雀**（canary）：“well vera has the phone 555-0173”，其中的数字是随机抽的，说 1 遍、4 遍或 16 遍（有的重复换了开头的词），另有几个一遍也没说过，用来比较。攻击者除了三位数字什么都知道，把 1000 种可能全试一遍。
#
# **先猜一猜**　{told} 条文本里只说过**一遍**的秘密，泄露了多少比特？说过 16 遍的，$\varepsilon = 2$ 的噪声还能守住多少？

# %% tags=["machine"]
TIMES = STUDY.settings.world.times
out = {"plain": [], "epsilon 2": []}
for seed, case in cases.items():
    how_often = np.array([canary.times for canary in case.canaries])
    for name, model in (("plain", usual[seed][0]), ("epsilon 2", private[seed])):
        bits = exposures(case, model)
        out[name].append([bits[how_often == times].mean() for times in TIMES])
for name, rows in out.items():
    print(f"{name:9} told {TIMES} times: {np.mean(rows, axis=0).round(1)} bits")
luck = expected_exposure(1000)
print(f"by luck {luck:.2f}, all there is {math.log2(1000):.2f}")
assert np.mean(out["plain"], axis=0)[1] > 6, "told once, and nearly all is out"
assert np.mean(out["epsilon 2"], axis=0)[1] < 4, "told once, and kept"

# %% tags=["machine"]
figure, panels = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
shown = {
    "noise": ("none", "epsilon 8", "epsilon 2", "epsilon 2 behind public texts"),
    "other texts": ("none", "exact copies removed", "near copies removed", "scrubbed"),
}
looks = ("o-", "black"), ("s--", "tab:orange"), ("^-.", "tab:blue"), ("D:", "tab:green")
kept = {}
for axes, (title, remedies) in zip(panels, shown.items(), strict=True):
    for place, (remedy, (mark, color)) in enumerate(zip(remedies, looks, strict=True)):
        kept[remedy] = mean_and_interval(read_study("privacy")[f"{remedy}: exposure by times"])
        label = remedy.replace("none", "as usual").replace(" behind", ",\nafter")
        at = np.arange(len(TIMES)) + 0.06 * (place - 1.5)
        axes.errorbar(at, *kept[remedy], fmt=mark, color=color, capsize=3, label=label)
    axes.axhline(luck, color="0.5", ls=":")
    axes.set_xticks(range(len(TIMES)), [str(times) for times in TIMES])
    axes.set(xlabel="times told", title=f"{title}: the 6 seeds of the lab")
    axes.legend(fontsize=7, loc="center" if title == "noise" else "lower right")
for rows, color in zip(out.values(), ("black", "tab:blue"), strict=True):
    panels[0].plot(np.arange(len(TIMES)) + 0.2, np.transpose(rows), "x", color=color, ms=5)
panels[0].set_ylabel("exposure, bits")
savefig(figure, "18_exposure", kept)

# %% [markdown] lang="en"
# Dotted: luck. Bars: 95 % intervals of the lab's six seeds. Crosses: our three. Each point is a mean over telephones and door codes; of the scrubber, which hides the one kind and not the other, look at section 6.4. Told *once* among {told} texts, a secret has {seen.none.times.1.mean:.1f} ± {seen.none.times.1.half:.1f} of its {most:.2f} bits out; told 4 times it is as good as read. With noise for $\varepsilon = 2$ what was told once cannot be told from luck in these {n_seeds} seeds ({seen.epsilon_2.times.1.mean:.1f} ± {seen.epsilon_2.times.1.half:.1f}). Told 16 times it has {seen.epsilon_2.times.3.mean:.1f} ± {seen.epsilon_2.times.3.half:.1f} bits out, with $\varepsilon = 8$ {seen.epsilon_8.times.3.mean:.1f} ± {seen.epsilon_8.times.3.half:.1f}: *the promise is for a text*, and 16 texts agree.
#
# ### 6.4 What is taken out of the texts
#
# Two remedies without noise: take copies out, or take out what looks personal.
#
# **Predict first.** Of 16 copies, some of which begin with another word, how many are left when equal texts are kept once? Does it help somebody who told a secret once? Which of two secrets does a scrubber find?

# %% [markdown] lang="zh"
# （noise 一图是加噪声，other texts 一图是改动文本；as usual 是照常训练，after public texts 是先在公开文本上训练，exact copies、near copies removed 是去掉完全相同、近似重复的，scrubbed 是脱敏；横轴是说过几遍，纵轴是暴露度。）点线是运气，误差棒是实验的六个种子的 95% 区间，叉是我们的三个种子。每个点把电话和门锁密码合在一起平均；脱敏程序只遮得住其中一种，要看 6.4 节。{told} 条文本里只说过**一遍**的秘密，{most:.2f} 比特已泄露 {seen.none.times.1.mean:.1f} ± {seen.none.times.1.half:.1f}；说过 4 遍的，等于明摆着。加上 $\varepsilon = 2$ 的噪声，只说过一遍的，在这 {n_seeds} 个种子上与运气分不出来（{seen.epsilon_2.times.1.mean:.1f} ± {seen.epsilon_2.times.1.half:.1f}）。说过 16 遍的仍泄露 {seen.epsilon_2.times.3.mean:.1f} ± {seen.epsilon_2.times.3.half:.1f} 比特，$\varepsilon = 8$ 时是 {seen.epsilon_8.times.3.mean:.1f} ± {seen.epsilon_8.times.3.half:.1f}：**承诺是给一条文本的**，而这 16 条异口同声。
#
# ### 6.4 从文本里拿掉什么
#
# 不加噪声的两个办法：去掉重复的，或去掉像是个人信息的。
#
# **先猜一猜**　16 份重复，有的换了开头的词；相同的文本只留一条，还剩几份？这对只说过一遍秘密的人有用吗？下面两个秘密，脱敏程序找得到哪一个？

# %%
case = Privacy(STUDY.settings, 20)
loud = next(canary for canary in case.canaries if canary.times == 16)
kept_by = {
    "nothing": range(len(case.told)),
    "exact copies": without_copies(case.told),
    "near copies": without_near_copies([text.split() for text in case.told]),
}
for name, places in kept_by.items():
    left = [case.told[i] for i in places]
    tells = sum(loud.owner in text.split() for text in left)
    print(f"{name:12} taken out: {len(left)} texts, {tells} of them tell of {loud.owner}")
    assert tells == 16 if name == "nothing" else 1 <= tells < 9, "some copies differ"
for text in ("well vera has the phone 555-0173", "so nils has the door code 042"):
    print(f"{text!r} -> {scrub(text, names=(*NAMES, *OWNERS))!r}")
assert "[PHONE]" in scrub("the phone 555-0173"), "a form that somebody has thought of"
assert "042" in scrub("the door code 042"), "a form that nobody has thought of"

# %% [markdown] lang="en"
# *Equal texts kept once*: a copy with another first word is another text. What was told 16 times is still out ({seen.exact_copies_removed.times.3.mean:.1f} ± {seen.exact_copies_removed.times.3.half:.1f} bits). Where near copies go as well, one is left of them, and its secret is out by {seen.near_copies_removed.times.3.mean:.1f} ± {seen.near_copies_removed.times.3.half:.1f} bits: about what a text has that was told once ({seen.near_copies_removed.times.1.mean:.1f} ± {seen.near_copies_removed.times.1.half:.1f}). *Who has told a secret once has no copy to be removed*, and is hidden little: in these {n_seeds} seeds, where exact copies went, exposure is {lost.exact.mean:+.1f} ± {lost.exact.half:.1f} bits against the plain training, where near ones went, {lost.near.mean:+.1f} ± {lost.near.half:.1f}, and {seen.exact_copies_removed.times.1.mean:.0f} of {most:.0f} bits are still out. Why it is not 0 was not tested.
#
# *The scrubber* replaces what has the form of a telephone, and names on a list. Telephones are kept (exposure {seen.scrubbed.phones.mean:.1f} ± {seen.scrubbed.phones.half:.1f}, as by luck); the door codes, of whose form nobody had thought, are out ({seen.scrubbed.codes.mean:.1f} ± {seen.scrubbed.codes.half:.1f}). On sentences with personal data of known place (a second study, {n_scrubbing} seeds) it finds {scrubber.recall.mean:.0f} % of what is written in usual forms and nothing of what is written in others ("five five five ..."); with half of them unusual {half_odd.mean:.0f} ± {half_odd.half:.0f} %. And of what it takes out {scrubber.precision.mean:.0f} ± {scrubber.precision.half:.0f} % was personal. Its recall is not that of a method but of the forms that somebody has thought of.
#
# ### 6.5 The price
#
# Every remedy of the lab, beside the plain training of the same seed. Three numbers: the mean exposure of the secrets that were told, the AUC of the attack by loss, and the loss on texts of others, which is what a model is for. All should be low. In the row *other digits* the digits of a secret are drawn anew at each reading, so that no number can be learned, not even one that is wanted. Strengths were chosen on other seeds, by loss and exposure.

# %% [markdown] lang="zh"
# **相同的只留一条**　换了开头的词，就是另一条文本。说过 16 遍的仍然泄露（{seen.exact_copies_removed.times.3.mean:.1f} ± {seen.exact_copies_removed.times.3.half:.1f} 比特）。近似重复的也去掉，就只剩一份，泄露 {seen.near_copies_removed.times.3.mean:.1f} ± {seen.near_copies_removed.times.3.half:.1f} 比特，和只说过一遍的差不多（{seen.near_copies_removed.times.1.mean:.1f} ± {seen.near_copies_removed.times.1.half:.1f}）。**只说过一遍秘密的人，没有重复可去**，遮住的很少：在这 {n_seeds} 个种子上，与照常训练相比，去掉完全相同的，暴露度变化 {lost.exact.mean:+.1f} ± {lost.exact.half:.1f} 比特，去掉近似重复的，变化 {lost.near.mean:+.1f} ± {lost.near.half:.1f}，{most:.0f} 比特里仍有 {seen.exact_copies_removed.times.1.mean:.0f} 比特泄露在外。为什么不是 0，没有检验过。
#
# **脱敏程序**把形式像电话的、列在名单上的名字换掉。电话守住了（暴露度 {seen.scrubbed.phones.mean:.1f} ± {seen.scrubbed.phones.half:.1f}，和运气一样）；门锁密码的形式没有人想到，就泄露了（{seen.scrubbed.codes.mean:.1f} ± {seen.scrubbed.codes.half:.1f}）。另一个实验（{n_scrubbing} 个种子）用的是位置已知的个人信息（这里是英文句子）：写法平常的，它找到 {scrubber.recall.mean:.0f}%；写法不平常的（“five five five ...”），一个也找不到；两种各半时是 {half_odd.mean:.0f} ± {half_odd.half:.0f}%。而它拿掉的东西里，{scrubber.precision.mean:.0f} ± {scrubber.precision.half:.0f}% 真是个人信息。这个召回率不属于方法，只取决于有人想到过哪些写法。
#
# ### 6.5 代价
#
# 实验中的全部办法，各与同一种子照常训练的相比。看三个数：说过的秘密的平均暴露度，用损失攻击的 AUC，以及别的文本上的损失，模型就是为这个训练的。三个都是越低越好。“每次换数字”这一行，每读一遍就为秘密另抽数字，所以一个数也学不到，想要的也学不到。强度是在另外的种子上按损失和暴露度选的。

# %% [markdown] lang="en"
# {table}
#
# {n_seeds} seeds, differences to the plain training of the same seed, intervals at {level:.2f} % for {m} comparisons. {reading}
#
# * *Noise keeps, and costs.* $\varepsilon = 2$ costs {price.epsilon_2.mean:.2f} ± {price.epsilon_2.half:.2f} nats; what $\varepsilon = 8$ costs is undecided. Begun with a model of *public* texts, $\varepsilon = 2$ has a lower loss than the plain training, as Li et al. 2022 found for large ones: but that model was given other people's texts, and the promise does not speak of those.
# * *What fights learning by heart fights leaking*: dropout, weight decay, an early stop, more texts. They lower what we measured and promise nothing.
# * *A wider model* leaks more by AUC, and is worse on others.
#
# **Train one yourself.** Which $\varepsilon$ would you promise, and what does it cost? Change the first line; rates near 0.01 suit $\varepsilon = 8$, 0.03 suits 2. (Who tries several on the same private texts and keeps the best has all of them to pay for.)

# %% [markdown] lang="zh"
# {table}
#
# {n_seeds} 个种子，与同一种子照常训练的差；{m} 个比较，每个区间取 {level:.2f}% 的水平。{reading}
#
# * **噪声守得住，但有代价**　$\varepsilon = 2$ 的代价是 {price.epsilon_2.mean:.2f} ± {price.epsilon_2.half:.2f} nat；$\varepsilon = 8$ 的代价未能判定。从**公开**文本上训练好的模型开始，$\varepsilon = 2$ 的损失比照常训练还低，Li 等（2022）在大模型上也发现这样：不过那个模型用了别人的文本，对它们可没有承诺。
# * **防死记硬背的，也防泄露**：dropout、权重衰减、提前停止、更多的文本。它们降低了我们量到的数，但什么也没有承诺。
# * **加宽的模型**按 AUC 泄露更多，在别的文本上也更差。
#
# **自己训练一个**　你愿意承诺多大的 $\varepsilon$？代价是多少？改第一行；学习率 0.01 上下适合 $\varepsilon = 8$，0.03 适合 2。（在同一批私密文本上试了好几个，只留最好的，每一次试验都得付账。）

# %% tags=["machine"]
my_epsilon, my_rate = 8.0, 0.008  # change them
mine, same_seed = private_gpt(cases[21], my_epsilon, my_rate), cases[21]
for name, model in (("as usual", usual[21][0]), ("mine", mine)):
    bits = exposures(same_seed, model)
    told_bits = np.mean([b for b, c in zip(bits, same_seed.canaries, strict=True) if c.times])
    inside, outside = (model.losses(texts) for texts in (same_seed.records, same_seed.others))
    area = membership_auc(inside, outside)
    print(f"{name:8} {told_bits:.1f} bits, AUC {area:.2f}, loss on others {outside.mean():.2f}")
print("one seed: a look, and no claim")

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * A model gives its texts away by finding them likely. A reference model, and low false positive rates, show what the AUC hides.
# * Exposure says in bits how much of a secret is out. Told once may be enough.
# * Per-example gradients are the batch's, not yet added up. Each is clipped, then noise is added; clipping the mean promises next to nothing.
# * $\varepsilon$ is a bound for one text, for every attack, with a $\delta$ and the name of the bound by which it was reckoned. It is not for 16 texts that say the same.
# * Removing copies hides little of what was told once ({lost.exact.mean:+.1f} bits; {seen.exact_copies_removed.times.1.mean:.0f} of {most:.0f} are still out); a scrubber knows the forms that were thought of.
# * All on purchases of nine words and a GPT of one layer. How much leaks, and what noise costs, is another number for every model; that both are to be measured is not.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 模型觉得训练文本更有可能，就这样泄露了它们。参照模型和低的假阳性率，让人看到 AUC 掩盖的东西。
# * 暴露度以比特说明秘密泄露了多少。说过一遍就可能足够。
# * 每个样本的梯度，就是还没有相加的整批梯度。先各自裁剪，再加噪声；裁剪平均梯度，几乎等于没有承诺。
# * $\varepsilon$ 是对一条文本、对任何攻击的上界，要和 $\delta$ 以及计算所用的界一起报。对说同一件事的 16 条文本，它不作承诺。
# * 只说过一遍的，去重遮住的很少（{lost.exact.mean:+.1f} 比特，{most:.0f} 比特里仍有 {seen.exact_copies_removed.times.1.mean:.0f} 比特泄露在外）；脱敏程序只认得有人想到过的写法。
# * 以上都在九个词的购物记录和一层的 GPT 上。泄露多少、噪声代价多大，每个模型各不相同；但两样都要量，这一点都一样。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **18.1 The area by ranks.** `members` (M,) and `others` (N,) are losses. Write `auc(members, others)`: the share of pairs of a member and another in which the member has the lower loss, ties counting one half. Comparing all pairs takes $M N$ comparisons; can you do it by sorting all losses once?

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **18.1 用秩求面积**　`members` (M,) 和 `others` (N,) 是损失。请写 `auc(members, others)`：在成员与非成员配成的所有对里，成员损失较低的占多少，相等的算一半。逐对比较要 $M N$ 次；能不能把所有损失排一次序就算出来？


# %% tags=["exercise"]
def auc(members, others):
    return ...


# %% tags=["solution"]
def auc(members, others):
    together = np.concatenate([members, others])
    _, which, counts = np.unique(together, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2  # of equal ones the mean of their ranks
    m, n = len(members), len(others)
    over = middle[which[:m]].sum() - m * (m + 1) / 2  # pairs in which the member is above
    return 1 - over / (m * n)


# %% tags=["exercise-check"]
check("18.1", auc)

# %% [markdown] lang="en"
# *Hint*: give each loss its rank among all, equal ones the mean of their ranks. The ranks of the members alone would sum to $M(M+1)/2$ if all of them came first; each step more is another that is passed.
#
# **18.2 Clipped by example.** A linear layer $y = x W^\top + b$ has the inputs `x` (B, T, I) and gets the slopes `g` (B, T, O). Write `clipped_sum(x, g, clip)`: the sums over all examples of their gradients in $W$, (O, I), and in $b$, (O,), after each example's gradient, both parts together, was shortened to the length `clip` where it is longer. An example may have no gradient at all. (You may use `linear_each` and `private_sum`, as all functions of this notebook.)

# %% [markdown] lang="zh"
# **提示**　给每个损失一个在全体中的秩，相等的取它们秩的平均。如果成员全排在最前面，他们的秩之和是 $M(M+1)/2$；每多一步，就是越过了一个非成员。
#
# **18.2 逐个样本裁剪**　线性层 $y = x W^\top + b$ 的输入是 `x` (B, T, I)，传回来的斜率是 `g` (B, T, O)。请写 `clipped_sum(x, g, clip)`：每个样本的梯度（$W$ 和 $b$ 两部分合在一起）若长于 `clip`，先缩短到 `clip`，再对所有样本求和，返回 $W$ 的 (O, I) 和 $b$ 的 (O,)。有的样本可能梯度为零。（和本笔记本里的其他函数一样，`linear_each` 和 `private_sum` 也可以用。）


# %% tags=["exercise"]
def clipped_sum(x, g, clip):
    return ..., ...


# %% tags=["solution"]
def clipped_sum(x, g, clip):
    x, g = np.asarray(x, dtype=float), np.asarray(g, dtype=float)
    of_w, of_b = g.swapaxes(1, 2) @ x, g.sum(axis=1)  # (B, O, I), (B, O)
    lengths = np.sqrt((of_w**2).sum(axis=(1, 2)) + (of_b**2).sum(axis=1))
    scale = clip / np.maximum(lengths, clip)
    return np.einsum("b,boi->oi", scale, of_w), scale @ of_b


# %% tags=["exercise-check"]
check("18.2", clipped_sum)

# %% [markdown] lang="en"
# *Hint*: section 4 has the gradient of each example in $W$; that in $b$ is the sum of its slopes. `clip / np.maximum(lengths, clip)` divides by no zero.
#
# **18.3 The least noise.** `spent(noise)` says which $\varepsilon$ a training costs, for given rate, steps and $\delta$. It falls as noise grows, and may stay level. Write `least_noise(spent, epsilon)`: a noise that costs at most `epsilon` and is at most 1 % above the least such noise. That one lies between 0.01 and 10,000; `spent` may be asked 60 times.

# %% [markdown] lang="zh"
# **提示**　第 4 节有每个样本对 $W$ 的梯度；对 $b$ 的就是它的斜率之和。`clip / np.maximum(lengths, clip)` 不会除以零。
#
# **18.3 最小的噪声**　`spent(noise)` 给出一次训练的花费 $\varepsilon$，采样率、步数和 $\delta$ 已经定好。噪声越大，它越小，也可能有一段不变。请写 `least_noise(spent, epsilon)`：返回一个噪声，花费不超过 `epsilon`，而且最多比满足这一条的最小噪声大 1%。最小噪声在 0.01 与 10,000 之间；`spent` 最多问 60 次。


# %% tags=["exercise"]
def least_noise(spent, epsilon):
    return ...


# %% tags=["solution"]
def least_noise(spent, epsilon):
    low, high = 0.005, 10000.0  # too little, and enough
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


# %% tags=["exercise-check"]
check("18.3", least_noise)

# %% [markdown] lang="en"
# *Hint*: keep a noise that is too small and one that is enough, and try the one in the middle; with ratios in place of differences, a middle is $\sqrt{ab}$. Return the one that is enough. With it: how much noise does our training need for $\varepsilon \le 3$?

# %% [markdown] lang="zh"
# **提示**　留着一个太小的噪声和一个够大的噪声，试它们中间的；看比值而不看差，中间就是 $\sqrt{ab}$。返回够大的那个。有了它：我们的训练要 $\varepsilon \le 3$，需要多大的噪声？

# %% tags=["answer"]
ours = least_noise(lambda noise: spent(48 / 884, noise, 400, 1e-4), 3.0)
if ours is not None and ours is not ...:
    theirs = noise_for(epsilon=3.0, delta=1e-4, rate=48 / 884, steps=400)
    print(f"for epsilon 3: noise {ours:.2f}, the library's {theirs:.2f}")

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Carlini et al. 2021, "Extracting Training Data from Large Language Models"; Carlini et al. 2019, "The Secret Sharer", section 4, for exposure.
# * Yeom et al. 2018, "Privacy Risk in Machine Learning"; Carlini et al. 2022, "Membership Inference Attacks From First Principles", section III; Watson et al. 2022, "On the Importance of Difficulty Calibration in Membership Inference Attacks".
# * Abadi et al. 2016, "Deep Learning with Differential Privacy", algorithm 1; Goodfellow 2015, "Efficient Per-Example Gradient Computations".
# * Dwork & Roth 2014, "The Algorithmic Foundations of Differential Privacy", sections 2 and 3.2 (two coins: randomised response).
# * Mironov 2017, "Rényi Differential Privacy"; Mironov, Talwar & Zhang 2019, "Rényi Differential Privacy of the Sampled Gaussian Mechanism"; Canonne, Kamath & Steinke 2020, "The Discrete Gaussian for Differential Privacy", proposition 12.
# * Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better"; Li et al. 2022, "Large Language Models Can Be Strong Differentially Private Learners".
# * In this project, after the exercises: `minillm/training/privacy/`, `minillm/tasks/metrics/membership.py`, `minillm/labs/challenges/`; `python -m minillm bench --parts private` for what gradients of each example cost in time.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Carlini 等，2021，“Extracting Training Data from Large Language Models”；Carlini 等，2019，“The Secret Sharer”，第 4 节，暴露度。
# * Yeom 等，2018，“Privacy Risk in Machine Learning”；Carlini 等，2022，“Membership Inference Attacks From First Principles”，第 III 节；Watson 等，2022，“On the Importance of Difficulty Calibration in Membership Inference Attacks”。
# * Abadi 等，2016，“Deep Learning with Differential Privacy”，算法 1；Goodfellow，2015，“Efficient Per-Example Gradient Computations”。
# * Dwork、Roth，2014，“The Algorithmic Foundations of Differential Privacy”，第 2 节和 3.2 节（两枚硬币：随机应答）。
# * Mironov，2017，“Rényi Differential Privacy”；Mironov、Talwar、Zhang，2019，“Rényi Differential Privacy of the Sampled Gaussian Mechanism”；Canonne、Kamath、Steinke，2020，“The Discrete Gaussian for Differential Privacy”，命题 12。
# * Lee 等，2022，“Deduplicating Training Data Makes Language Models Better”；Li 等，2022，“Large Language Models Can Be Strong Differentially Private Learners”。
# * 本项目（做完练习再看）：`minillm/training/privacy/`、`minillm/tasks/metrics/membership.py`、`minillm/labs/challenges/`；求每个样本的梯度要多花多少时间：`python -m minillm bench --parts private`。
