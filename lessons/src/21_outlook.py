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
#     lesson: 21
#     guide: ['7.3.1', '7.3.2', '8.1.2', '8.1.3', '10']
#     budget_s: 35
#     errata: [A102, A103]
#     introduces: [minillm.models.adversarial.steps, minillm.models.adversarial.word_swaps, minillm.models.segment_memory, minillm.nn.expert_shards, minillm.nn.experts, minillm.nn.routing, minillm.ops.balance, minillm.ops.contrastive, minillm.tasks.metrics.retrieval, minillm.training.adversarial]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.course.pages import read_reading
from minillm.course.verdict_tables import spread
from minillm.labs import read_settings
from minillm.labs.challenges import adversarial
from minillm.labs.challenges.adversarial_attacks import STEPS, SWAPS
from minillm.labs.challenges.fusion import MODELS
from minillm.labs.compare_result import Result
from minillm.labs.verdicts import LEAST, NOTHING
from minillm.labs.worlds.described import THINGS

turned, plan = study("adversarial_directions"), read_settings("adversarial_directions")
LINE, EVEN, ENCODER, RAREST = (plan["arms"].index([n, r]) for n, r in (
    (0, 0.1), (1, 0.5), (1, 0.1), (1, 0.02)
))  # fmt: skip
n_attacked = len(turned["accuracy"])


def right_after(step, size, arm=ENCODER):
    place = plan["sizes"].index(size)
    return spread(100 * turned["accuracy"][:, arm, STEPS.index(step), place])


def after_swap(way, arm):
    return spread(100 * turned["swapped"][:, arm, SWAPS.index(way), 1])


aimed, blind = right_after("gradient sign", 0.1), right_after("random sign", 0.1)
far = right_after("random sign", 1.0)
along, signed = right_after("gradient direction", 0.05), right_after("gradient sign", 0.05)
by_way = turned["accuracy"][:, ENCODER, :2, plan["sizes"].index(0.05)]
ahead = spread(100 * (by_way[:, 0] - by_way[:, 1]))
assert STEPS[:2] == ["gradient sign", "gradient direction"], "the rows of the study"
assert ahead["mean"] > ahead["half"], "of one length the gradient's own direction is worse"
line = [right_after("gradient sign", size, LINE) for size in (0.1, 0.2)]
tenth = plan["sizes"].index(0.1)
more = spread(turned["risen"][:, ENCODER, 0, tenth] / turned["foretold"][:, ENCODER, tenth])
off = np.abs(turned["risen"][:, LINE, 0, 1:] / turned["foretold"][:, LINE, 1:] - 1).max()
assert off < 2e-3 and more["mean"] - more["half"] > 1.5, "a line is foretold, an encoder is not"
assert blind["mean"] > 98 and aimed["mean"] + aimed["half"] < 50, "it is the aim"
swap = [after_swap("exhaustive", arm) for arm in (EVEN, ENCODER, RAREST)]
any_swap = [after_swap("random", arm) for arm in (EVEN, ENCODER, RAREST)]
cheap = [after_swap("first order", arm) for arm in (EVEN, ENCODER, RAREST)]
assert max(a["mean"] - b["mean"] for a, b in zip(cheap, swap, strict=True)) < 2, "as good"
lowest = 100 * turned["swapped"][:, ENCODER, SWAPS.index("exhaustive"), 1].min()
highest = 100 * turned["swapped"][:, ENCODER, SWAPS.index("exhaustive"), 1].max()
assert swap[0]["mean"] > 99 and swap[2]["mean"] < 35 and highest - lowest > 30, "as rare as that"

lab = Result(adversarial.STUDY, list(adversarial.STUDY.remedies), study("adversarial"), {})
words = {key: one.word.partition(" ")[0] for key, one in lab.verdicts().items()}
price = spread(lab.differences("weight decay", "accuracy"))
assert abs(price["mean"]) < price["half"], "what weight decay costs is undecided"
STEP, SWAP = adversarial.AIMS
against_steps = [r for r in lab.remedies[1:] if words[r, STEP] == "helps"]
assert sorted(against_steps) == [
    *("adversarial training", "dropout", "linear model", "weight decay", "word dropout")
], "as the prose says"
assert {words[r, SWAP] for r in lab.remedies[1:]} == {"undecided"}, "nothing is certain of swaps"
levels = {
    remedy.replace(" ", "_"): {
        "plain": spread(100 * lab.values(remedy, "accuracy")),
        "step": spread(100 * lab.values(remedy, STEP)),
        "swap": spread(100 * lab.values(remedy, SWAP)),
    }
    for remedy in lab.remedies
}
assert lab.values("words swapped", SWAP).min() > 0.99
assert lab.verdicts()["words swapped", STEP].word.startswith(NOTHING), "no effect worth LEAST"
worth = LEAST
assert all(lab.passes(name) for name in adversarial.CONTROLS), "the controls of the prose"
n_lab, n_swept = len(lab.values("none", STEP)), adversarial.STUDY.comparisons
fused, arms = study("fusion"), read_settings("fusion")["arms"]
XOR, HALF_TOLD, NOTHING, EITHER = (arms.index(one) for one in (
    ["both", 1.0, 1.0, 0.1], ["both", 0.5, 1.0, 0.1], ["both", 0.0, 1.0, 0.1],
    ["either", 0.6, 0.6, 0.1],
))  # fmt: skip
n_fused, ways = len(fused["accuracy"]), [*MODELS]


def fusion_of(arm):
    found = {name.replace(" ", "_"): spread(100 * fused["accuracy"][:, arm, i])
             for i, name in enumerate(ways[:4])}  # fmt: skip
    return found | {"best": 100 * fused["best"][0, arm, ways.index("joint")]}


xor, half_told, nothing, either = (fusion_of(arm) for arm in (XOR, HALF_TOLD, NOTHING, EITHER))
assert xor["joint"]["mean"] - xor["joint"]["half"] > 70, "together"
assert max(abs(xor[name]["mean"] - 50) for name in ways[:3]) < 3, "and not alone, nor added"
spare = spread(
    100
    * (fused["accuracy"][:, EITHER, ways.index("late")] - fused["accuracy"][:, EITHER, :2].max(1))
)
assert spare["mean"] > spare["half"], "where each tells the same a sum is better than either"
different = int(np.prod([len(words_of) for words_of in THINGS]))
found = study("retrieval")
told = read_settings("retrieval")["arms"]
assert [one[0] for one in told[:3]] == [1.0, 0.5, 0.0] and told[4][2] == 1.0, "the arms"
n_found, n_asked = len(found["recall"]), read_settings("retrieval")["tested"]
recalls = [
    {"ours": spread(100 * both[:, :, 0].mean(axis=1)), "best": 100 * best[:, :, 0].mean()}
    for both, best in zip(found["recall"].swapaxes(0, 1), found["best"].swapaxes(0, 1), strict=True)
]
assert n_asked == 100 and abs(recalls[2]["ours"]["mean"] - 1) < 2, "chance where nothing is told"

mixed, sizes = study("mixture_of_experts"), read_settings("mixture_of_experts")
assert sizes["own"][0] == 1.0 and sizes["mixture"]["n_experts"] == 8, "the world of the prose"
n_mixed = len(mixed["use"])
busiest = [spread(100 * mixed["use"][:, 0, kind, 0]) for kind in (0, 1)]  # balanced, not
calmer = spread(100 * (mixed["use"][:, 0, 1, 0] - mixed["use"][:, 0, 0, 0]))
assert calmer["mean"] > calmer["half"], "the balance loss spreads use"
dropped = [spread(100 * mixed["dropped"][:, 0, kind, 0]) for kind in (0, 1)]
assert sizes["factors"][0] == 1.0, "as many places as even use needs"
hardly = (mixed["use"][:, 0] < 0.01).sum(axis=-1)  # (seeds, balanced or not)
unused = {"least": hardly[:, 1].min(), "most": hardly[:, 1].max()}
assert not hardly[:, 0].any() and unused["most"] == 2, "fewer than in the map of the lesson"
top = {"least": 100 * mixed["use"][:, 0, 1, 0].min(), "most": 100 * mixed["use"][:, 0, 1, 0].max()}
excess = [spread(one) for one in mixed["excess"][:, 0].T]
gains = [spread(mixed["excess"][:, 0, other] - mixed["excess"][:, 0, 2]) for other in (0, 1, 3)]
undecided = [abs(one["mean"]) < one["half"] for one in gains]
assert all(undecided), "as the prose says"
stuck = [int((one > 0.1).sum()) for one in mixed["excess"][:, 0].T]
assert stuck[0] == n_mixed, "the small network never comes near"
assert all(0 < one < n_mixed for one in stuck[1:]), "of the others some do"
longer = study("mixture_of_experts_longer")
long_steps = read_settings("mixture_of_experts_longer")["case"]["training"]["steps"]
later = [spread(longer["excess"][:, 0, other] - longer["excess"][:, 0, 2]) for other in (0, 1, 3)]
assert all(abs(one["mean"]) < one["half"] for one in later[:2]), "undecided after more steps, too"
more_calm = spread(100 * (longer["use"][:, 0, 1, 0] - longer["use"][:, 0, 0, 0]))
assert more_calm["mean"] > more_calm["half"], "use is spread after more steps, too"
cluster = [spread(100 * mixed["cluster"][:, 0, kind, 0]) for kind in (0, 1)]
by_lot = 100 * mixed["cluster"][:, 0, :, 1].mean()
found_by = [spread(100 * (one[:, 0] - one[:, 1])) for one in mixed["cluster"][:, 0].swapaxes(0, 1)]
assert found_by[0]["mean"] < found_by[0]["half"], "not for certain with the balance loss"
assert found_by[1]["mean"] > found_by[1]["half"], "but without it"

kept, memories = study("segment_recurrence"), read_settings("segment_recurrence")
NEAR, FAR = (memories["arms"].index(one) for one in ([4, 0.9], [12, 0.9]))
tried, n_kept = memories["tried"], len(kept["nats"])
assert (tried, memories["segment"]) == ([0, 4, 8, 12, 16], 8), "the memories of the prose"
assert memories["tokens"] == 16, "15 others, as the sum has them"
ppl = [spread(np.exp(kept["nats"][:, FAR, i].mean(axis=1))) for i in range(len(tried))]
least = np.exp(kept["least"][0, FAR].mean(axis=1))
without = spread(np.exp(kept["without"][:, FAR].mean(axis=1)))
strange = spread(np.exp(kept["other"][:, FAR].mean(axis=1)))
assert ppl[0]["mean"] > 3 * least[0] and abs(without["mean"] - least[0]) < 1, "it needs its memory"
gained = [spread(one) for one in (kept["without"][:, NEAR] - kept["nats"][:, NEAR, -1]).T]
missed = gained[4]["mean"] + gained[4]["half"]
assert 0.15 < missed < 0.16 and gained[4]["mean"] < gained[4]["half"], "the margin that is missed"
assert all(abs(one["mean"]) + one["half"] < 0.15 for one in gained[5:]), "and the others are kept"
assert sizes["training"]["steps"] == 1000 and n_asked == 100, "as the prose says"
of_papers = [entry for entry in read_reading()[1] if entry.section.startswith("7.3")]
cited = {
    "all": len(of_papers),
    "missing": sum(entry.verdict == "does not exist" for entry in of_papers),
}
assert cited["missing"] > cited["all"] / 2, "most of them do not exist"
LITERALS = {
    "by hand, asserted in section 2": "0 1 3 4 8 12 0.1 0.3 0.4 0.6 0.7 0.8",
    "numerators and denominators, as LaTeX writes them": "14 34",
    "sizes of steps, as the studies tried them, asserted above": "0.05 0.2",
    "parts of hundred texts, captions, or the level of the intervals": "100 95",
    "experts, segments, memories and steps, asserted above": "15 16 1000",
    "how often a token is repeated, as the study has it": "0.9",
    "the margin of a control, written down in its test, asserted above": "0.15",
    "a small temperature, in an exercise": "0.001",
    "weights of GShard in billions, as its paper has them": "600",
}

# %% [markdown] lang="en"
# # Lesson 21. Outlook: attacks, pictures, experts, memory
#
# **Question.** The guide foresees what will come, and names papers to be read, most of which do not exist. Which of these ideas can be tried today, on one core? And what is left of each when it is measured?
#
# **Afterwards you can** take one step against a model and say why a random step of the same size does nothing; write the loss that brings pictures and captions together, and say when two encoders are not enough; send tokens to experts and keep their use even; give a model a memory of what it read before, and say which gradient that costs; and look for a title before you cite it.
#
# **Before this**: lesson 8 (GPT), lesson 16 (shifts), lesson 20 (gradients of inputs). **Time**: less than half a minute to run on a core that is free, two hours to read.

# %% [markdown] lang="zh"
# # 第 21 课　展望：攻击、图像、专家、记忆
#
# **问题**　指南预言了将会出现什么，也推荐了论文，其中多数并不存在。这些想法，哪些今天在一个处理器核上就能动手试？量一量之后，各还剩下什么？
#
# **学完本课，你能够**　沿攻击的方向对模型走一步，并说出同样大的随机一步为什么没有作用；写出把图像和说明文字拉到一起的损失，并说出两个编码器什么时候不够；把词元分派给专家，并让各个专家用得均匀；让模型记住先前读过的东西，并说出这样少了哪一部分梯度；引用一篇论文之前，先查一查有没有这个题目。
#
# **预备知识**　第 8 课（GPT）、第 16 课（数据偏移）、第 20 课（对输入的梯度）。**用时**　处理器空闲时，运行不到半分钟，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_vjp, ops
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.challenges import fusion, mixture_case, mixture_of_experts, retrieval
from minillm.labs.challenges import segment_recurrence as recurrence
from minillm.labs.challenges.adversarial_attacks import STEPS, SWAPS, Attacked
from minillm.labs.challenges.adversarial_case import Adversarial
from minillm.labs.challenges.adversarial_case import Settings as Reviews
from minillm.labs.worlds.clustered_tokens import ClusterTexts
from minillm.labs.worlds.described import fit
from minillm.labs.worlds.distant_copies import DistantCopies
from minillm.models.adversarial import best_swaps, gradient_sign_step
from minillm.models.segment_memory import SegmentMemory, read_segment, segment_nats
from minillm.nn import noted_routings
from minillm.nn.expert_shards import ExpertShards
from minillm.tasks.metrics import recall_at
from minillm.training.adversarial import adversarial_loss

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 8.1 foresees four things. The first and the last have lessons of their own (lesson 19 and lesson 20). The second: language models will be joined with pictures and sound (8.1.2). That is right, and by now it is the present: CLIP, which puts pictures and captions into one space, is of 2021. The third: learning from few examples will be an important direction (8.1.3). That was the title of the paper on GPT-3 in 2020, "Language Models are Few-Shot Learners" (A103); what a small GPT makes of a few examples is measured in [a few examples](few_examples.md). Marks such as A103 number the guide's statements; what is not right in them stands in the [errata](errata.md#a103), and of papers in the [reading list](reading.md).
#
# Section 7.3 names {cited.all} works. Of {cited.missing} of them nothing was found under the title given. Three of these seem to mean papers that exist, and whose ideas can be tried; they have another title, and in two cases other authors:
#
# | the guide cites | what there is | the idea |
# |---|---|---|
# | 7.3.1: a theoretical analysis of "Elevator Attacks" (A90) | Goodfellow, Shlens & Szegedy 2015, "Explaining and Harnessing Adversarial Examples" | one small step against a model |
# | 7.3.2: "Generative Language Modeling with Transformer-XL" (A94) | Dai et al. 2019, "Transformer-XL: Attentive Language Models Beyond a Fixed-Length Context" | a memory of the segment before |
# | 7.3.2: "GShard: Improved BERT Pretraining …" (A95) | Lepikhin et al. 2021, "GShard: Scaling Giant Models with Conditional Computation and Automatic Sharding", a model that translates | many experts, of which each token uses two |
#
# A title that sounds right is what a language model is good at writing (lesson 16b). To look for it takes a minute: a bibliography has it, with the same authors and year, or it is not cited.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 8.1 节预见了四件事。第一件和最后一件各有一课（第 19、20 课）。第二件：语言模型将与图像、声音融合（8.1.2 节）。这是对的，而且如今已经是现实：把图像和说明文字放进同一个空间的 CLIP 是 2021 年的。第三件：小样本学习将成为重要方向（8.1.3 节）。2020 年 GPT-3 那篇论文的题目就是“Language Models are Few-Shot Learners”（A103）；一个小 GPT 能从几个样本里学到什么，见[小样本的测量结果](few_examples.md)。A103 之类的记号是指南中各条说法的编号；说得不对的，见[勘误](errata.md#a103)，论文的见[阅读书目](reading.md)。
#
# 7.3 节列出 {cited.all} 篇文献，其中 {cited.missing} 篇按所给的题目查无此文。有三篇看来指的是真实的论文，其中的想法可以动手试；它们另有题目，两篇连作者也不同：
#
# | 指南引用的 | 真实的论文 | 想法 |
# |---|---|---|
# | 7.3.1：对“Elevator Attacks”（“电梯攻击”）的理论分析（A90） | Goodfellow、Shlens、Szegedy，2015，“Explaining and Harnessing Adversarial Examples” | 对模型走小小的一步 |
# | 7.3.2：“Generative Language Modeling with Transformer-XL”（A94） | Dai 等，2019，“Transformer-XL: Attentive Language Models Beyond a Fixed-Length Context” | 记住前一个片段 |
# | 7.3.2：“GShard: Improved BERT Pretraining …”（A95） | Lepikhin 等，2021，“GShard: Scaling Giant Models with Conditional Computation and Automatic Sharding”，是一个翻译模型 | 许多专家，每个词元只用两个 |
#
# 写出听上去像真的题目，正是语言模型的拿手好戏（第 16b 课）。查一查只要一分钟：文献数据库里有，作者和年份也对得上，才引用；否则就不引用。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A step and its aim.** A loss rises along a line: $J(x + r) = J(x) + w \cdot r$ with $w = (1, -2, 2)$. Each number of $r$ may be 0.1 at most. Along the signs of $w$ the loss rises by $0.1\,(1 + 2 + 2)$ = {here.rise}. With signs drawn at random it rises by 0 in the mean, with a deviation of $0.1\sqrt{1 + 4 + 4}$ = {here.luck}. With $n$ slopes of one size that is $0.1\,n$ against $0.1\sqrt n$: the more numbers, the more the aim counts. A review here has {here.tokens} tokens ("The style was" is one), each a vector of {here.width} numbers: {here.numbers} in all.
#
# **Two pairs.** Pictures and captions, with the scores $s_{11} = s_{22} = 2$ and $s_{12} = s_{21} = 0$. Each row and each column is to find its own: $-\ln \frac{e^2}{e^2 + 1}$ = {here.pairs}, four times, and that is the mean. With equal scores it is $\ln 2$ = {here.equal}. If both captions say the same, the columns are equal, and no scores at all bring the loss below $\ln 2$: the loss takes for wrong whatever is not the pair, also what fits.
#
# **Two experts, four tokens.** The router gives the first expert 0.8, 0.7, 0.6 and 0.3. So it is the first choice of three tokens of four, $f = (\tfrac34, \tfrac14)$, and the mean probabilities are $P = (0.6, 0.4)$. The balance loss is $2\,(\tfrac34 \cdot 0.6 + \tfrac14 \cdot 0.4)$ = {here.balance}; even use has 1. Its slope is {here.busy} for each probability of the first expert and {here.idle} for each of the second: a step down takes from the busy one.
#
# **A segment and its memory.** A model reads 8 tokens at a time, of a text in which each token repeats the one that stands 12 before it (here always). At position $p$ (from 0) the token $p + 1$ is asked for, and its source stands at $p + 1 - 12$, that is, before the segment. It is seen if that is $-M$ or more, with $M$ tokens remembered. With $M = 4$ it is seen at {here.four} of the 8 positions, with $M = 8$ at {here.eight}, with $M = 12$ at all.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **一步，和瞄准**　损失沿直线上升：$J(x + r) = J(x) + w \cdot r$，$w = (1, -2, 2)$。$r$ 的每个数至多 0.1。沿 $w$ 的符号走，损失上升 $0.1\,(1 + 2 + 2)$ = {here.rise}。符号随机抽取，平均上升 0，标准差是 $0.1\sqrt{1 + 4 + 4}$ = {here.luck}。如果有 $n$ 个同样大的斜率，就是 $0.1\,n$ 比 $0.1\sqrt n$：数越多，瞄准越要紧。本课的一条评论有 {here.tokens} 个词元（“The style was”算一个），每个是 {here.width} 个数的向量，一共 {here.numbers} 个数。
#
# **两对**　两幅图像、两条说明文字，分数是 $s_{11} = s_{22} = 2$，$s_{12} = s_{21} = 0$。每一行、每一列都要找到自己的那一个：$-\ln \frac{e^2}{e^2 + 1}$ = {here.pairs}，一共四次，平均也是它。分数全相等时是 $\ln 2$ = {here.equal}。如果两条说明文字说的一样，两列就相同，那么无论什么分数，损失都不会低于 $\ln 2$：凡不是原配的，哪怕同样合适，这个损失都算错。
#
# **两个专家，四个词元**　路由器给第一个专家 0.8、0.7、0.6、0.3。所以四个词元里有三个首选它，$f = (\tfrac34, \tfrac14)$，平均概率是 $P = (0.6, 0.4)$。均衡损失是 $2\,(\tfrac34 \cdot 0.6 + \tfrac14 \cdot 0.4)$ = {here.balance}；用得均匀时是 1。它对第一个专家的每个概率的斜率是 {here.busy}，对第二个的是 {here.idle}：往下走一步，就是从忙的那个手里拿走一些。
#
# **片段和它的记忆**　模型每次读 8 个词元，文本中每个词元都重复它前面第 12 个（在这里一次不漏）。在位置 $p$（从 0 数起）要说出第 $p + 1$ 个词元，它的来源在 $p + 1 - 12$，也就是在片段之前。如果记住了 $M$ 个词元，来源不早于 $-M$ 就看得见。$M = 4$ 时，8 个位置里有 {here.four} 个看得见；$M = 8$ 时有 {here.eight} 个；$M = 12$ 时全看得见。

# %%
w = np.array([1.0, -2.0, 2.0])
signs = np.array(np.meshgrid(*3 * [[-1, 1]])).reshape(3, -1)  # all eight
risen = 0.1 * w @ signs
stated("rise", risen.max(), 0.5, 1e-9, "along the signs")
stated("luck", risen.std(), 0.3, 1e-9, "random signs")
reviews = Adversarial(Reviews(), 21)
stated("tokens", reviews.tested.ids.shape[1], 9, 0, "tokens of a review")
stated("width", Reviews().model.width, 32, 0, "numbers of a token")
stated("numbers", reviews.tested.ids.shape[1] * Reviews().model.width, 288, 0, "of one review")

stated("pairs", ops.contrastive_loss.rule(2 * np.eye(2))[0], 0.127, 5e-4, "two pairs")
stated("equal", np.log(2), 0.693, 5e-4, "equal scores")
alike = [[[a, a], [b, b]] for a in np.linspace(-9, 9, 37) for b in np.linspace(-9, 9, 37)]
least = min(ops.contrastive_loss.rule(np.array(s))[0] for s in alike)
assert least > np.log(2) - 1e-12, "two captions that say the same"

f, P = np.array([3, 1]) / 4, np.mean([[0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.3, 0.7]], axis=0)
stated("balance", 2 * (f @ P), 1.1, 1e-9, "two experts")
stated("busy", 2 * f[0] / 4, 0.375, 1e-9, "slope of the first")
stated("idle", 2 * f[1] / 4, 0.125, 1e-9, "slope of the second")
seen = {M: sum(p + 1 - 12 >= -M for p in range(8)) for M in (4, 8, 12)}
stated("four", seen[4], 1, 0, "positions that see their source")
stated("eight", seen[8], 5, 0, "positions that see their source")
assert seen[12] == 8, "all see their source"
print("rises:", risen.round(2), " seen:", seen)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **One step against a model** (the fast gradient sign method; what comes out is an *adversarial example*). Words cannot move a little, but their vectors $x$ can. Of all $r$ with $|r_i| \le \varepsilon$ this one has the largest $g \cdot r$, with $g = \partial J / \partial x$:
#
# $$r = \varepsilon \operatorname{sign}(g), \qquad \max_{|r_i| \le \varepsilon} g \cdot r = \varepsilon \sum_i |g_i|.$$
#
# For a line all is known beforehand. It takes the mean $\bar x$ of a text's vectors and its product with $u$; with the logistic loss and a label $y = \pm 1$ that is $J(x + r) = \ln\bigl(1 + e^{\varepsilon |u|_1 - y\, u \cdot \bar x}\bigr)$, as each vector moves by $\varepsilon$ in every number and so does the mean. *Adversarial training* learns from half of $J(x)$ and half of $J(x + r)$; the step is taken as given, and no gradient goes through it.
#
# **Pictures and captions** (the contrastive loss of CLIP). In a batch of $N$ pairs, $s_{ij} = \cos(u_i, v_j) / \tau$ says how near picture $i$ is to caption $j$. With $p$ the softmax of the rows and $q$ that of the columns,
#
# $$L = -\frac{1}{2N} \sum_i \bigl(\ln p_{ii} + \ln q_{ii}\bigr), \qquad \frac{\partial L}{\partial s} = \frac{p + q - 2I}{2N}.$$
#
# **Experts** (a *mixture of experts*). A router gives a token the probabilities $p = \operatorname{softmax}(x W)$ of $E$ feed-forward networks. The token goes to the two most probable ones, and its answer is their sum with the gates $p_a / (p_a + p_b)$ and $p_b / (p_a + p_b)$. All $E$ are stored; two are computed. What keeps the router from sending everything to one of them is the *balance loss*, with $f_e$ the share of tokens whose first choice is $e$:
#
# $$L = E \sum_e f_e P_e, \qquad P_e = \frac1N \sum_n p_{ne}, \qquad \frac{\partial L}{\partial p_{ne}} = \frac{E f_e}{N}.$$
#
# A choice has no slope: $f$ counts, and a small change of $p$ does not change a count. So the gradient goes through $P$ alone.
#
# **Memory** (segment recurrence). A text is read in segments. What entered a block at the $M$ positions before, $m$, is kept; queries come from the segment $h$, keys and values from both:
#
# $$q = h W_q, \qquad k = [\mathrm{SG}(m);\, h]\, W_k, \qquad v = [\mathrm{SG}(m);\, h]\, W_v.$$
#
# SG ("stop gradient") takes $m$ as a constant: nothing is learned through it. Positions must be relative (here rotary), or a remembered position would look like one of the segment.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **对模型的一步**（快速梯度符号法，走出来的就是**对抗样本**）　词不能稍微动一动，词向量 $x$ 可以。记 $g = \partial J / \partial x$，在所有 $|r_i| \le \varepsilon$ 的 $r$ 里，下面这个使 $g \cdot r$ 最大：
#
# $$r = \varepsilon \operatorname{sign}(g), \qquad \max_{|r_i| \le \varepsilon} g \cdot r = \varepsilon \sum_i |g_i|.$$
#
# 如果模型是一条直线，一切都能事先算出。它先求一条文本各向量的平均 $\bar x$，再与 $u$ 作点积；用逻辑损失，标签是 $y = \pm 1$ 时，$J(x + r) = \ln\bigl(1 + e^{\varepsilon |u|_1 - y\, u \cdot \bar x}\bigr)$，因为每个向量的每个数都移动 $\varepsilon$，平均也移动这么多。**对抗训练**一半学 $J(x)$，一半学 $J(x + r)$；这一步当作给定的，梯度不穿过它。
#
# **图像和说明文字**（CLIP 的对比损失）　一个批次有 $N$ 对，$s_{ij} = \cos(u_i, v_j) / \tau$ 表示图像 $i$ 与说明文字 $j$ 有多近。$p$ 是各行的 softmax，$q$ 是各列的 softmax，
#
# $$L = -\frac{1}{2N} \sum_i \bigl(\ln p_{ii} + \ln q_{ii}\bigr), \qquad \frac{\partial L}{\partial s} = \frac{p + q - 2I}{2N}.$$
#
# **专家**（混合专家模型）　路由器为一个词元给出 $E$ 个前馈网络的概率 $p = \operatorname{softmax}(x W)$。词元送到概率最大的两个，答案按门 $p_a / (p_a + p_b)$、$p_b / (p_a + p_b)$ 加权求和。存的是全部 $E$ 个，算的只有两个。不让路由器把一切都送给同一个专家的，是**均衡损失**，其中 $f_e$ 是首选为 $e$ 的词元所占的比例：
#
# $$L = E \sum_e f_e P_e, \qquad P_e = \frac1N \sum_n p_{ne}, \qquad \frac{\partial L}{\partial p_{ne}} = \frac{E f_e}{N}.$$
#
# 选择没有斜率：$f$ 是数出来的，$p$ 稍微一变，数目不变。所以梯度只经过 $P$。
#
# **记忆**（片段循环）　文本一段一段地读。把前面 $M$ 个位置进入某一层的向量 $m$ 存下来；查询来自本段 $h$，键和值来自两者：
#
# $$q = h W_q, \qquad k = [\mathrm{SG}(m);\, h]\, W_k, \qquad v = [\mathrm{SG}(m);\, h]\, W_v.$$
#
# SG（停止梯度）把 $m$ 当作常数：不通过它学习任何东西。位置必须是相对的（这里用旋转位置编码），否则记住的位置会和本段的位置混淆。


# %%
def loss_rule(x, u, y):  # (T, D), (D,), -1 or 1: a line reads the mean of the words
    ahead = y * (x @ u).mean()

    def vjp(g):
        slope = -g * y / (1 + np.exp(ahead)) / len(x)
        return slope * np.tile(u, (len(x), 1)), slope * x.sum(axis=0)

    return np.logaddexp(0, -ahead), vjp


def log_softmax(s, axis):
    s = s - s.max(axis=axis, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=axis, keepdims=True))


def contrastive_rule(s):  # (N, N): pictures in rows, captions in columns
    rows, columns = log_softmax(s, 1), log_softmax(s, 0)
    grad = (np.exp(rows) + np.exp(columns) - 2 * np.eye(len(s))) / (2 * len(s))
    return -(rows + columns).trace() / (2 * len(s)), lambda g: (g * grad,)


# %%
def two_gates(p):  # (N, E): the numbers of two experts, and their gates
    chosen = np.argsort(-p, axis=1, kind="stable")[:, :2]
    taken = np.take_along_axis(p, chosen, axis=1)
    return chosen, taken / taken.sum(axis=1, keepdims=True)


def balance_rule(p, chosen):  # (N, E), first choices (N,)
    n, experts = p.shape
    f = np.bincount(chosen, minlength=experts) / n
    loss = experts * f @ p.mean(axis=0)
    return loss, lambda g: (np.tile(g * experts * f / n, (n, 1)),)


def remembering_rule(h, m):  # (T, D), (M, D); q, k and v are the vectors themselves
    both, root = np.concatenate([m, h]), np.sqrt(h.shape[1])
    later = np.arange(len(both)) > len(m) + np.arange(len(h))[:, None]
    w = np.exp(log_softmax(np.where(later, -np.inf, h @ both.T / root), 1))

    def vjp(g):
        slope = w * (g @ both.T - (g * (w @ both)).sum(axis=1, keepdims=True)) / root
        d_both = slope.T @ h + w.T @ g  # as keys, and as values
        return slope @ both + d_both[len(m) :], np.zeros_like(m)  # SG

    return w @ both, vjp


# %% [markdown] lang="en"
# ## 4 Gradient check
#
# All four rules, in float64, with random gradients coming in. The balance loss is checked with the choices as they are, the memory as the constant that SG makes of it.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 四条规则都用 float64 检验，传入的梯度是随机的。均衡损失在选择固定时检验；记忆则按 SG 的规定当作常数。

# %%
rng = np.random.default_rng(21)
x, u = rng.standard_normal((4, 5)), rng.standard_normal(5)
h, m = rng.standard_normal((4, 5)), rng.standard_normal((3, 5))
p = np.exp(log_softmax(rng.standard_normal((6, 4)), 1))
chosen = p.argmax(axis=1)


def behind_memory(h):
    y, vjp = remembering_rule(h, m)
    return y, lambda g: vjp(g)[:1]


errors = {
    "loss of a line": check_vjp(lambda x, u: loss_rule(x, u, -1), x, u, rng=rng),
    "contrastive loss": check_vjp(contrastive_rule, rng.standard_normal((5, 5)), rng=rng),
    "balance loss": check_vjp(lambda p: balance_rule(p, chosen), p, rng=rng),
    "behind a memory": check_vjp(behind_memory, h, rng=rng),
}
for name, error in errors.items():
    print(f"{name:17} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7, "all rules pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake forgets the captions: its loss counts rows and columns, its gradient only the rows. And the memory as an operand: what SG does on purpose is, for the check, a gradient that is missing.

# %% [markdown] lang="zh"
# 故意犯一个错，忘掉说明文字：损失把行和列都算上，梯度却只算了行。另外，把记忆也当作操作数来检验：SG 有意为之的事，在检验看来就是少了一份梯度。


# %%
def one_way_rule(s):
    loss, _ = contrastive_rule(s)
    return loss, lambda g: (g * (np.exp(log_softmax(s, 1)) - np.eye(len(s))) / len(s),)


for wrong, operands in ((one_way_rule, [rng.standard_normal((5, 5))]), (remembering_rule, [h, m])):
    try:
        check_vjp(wrong, *operands, rng=rng)
    except AssertionError as mistake:
        print(mistake)
    else:
        raise RuntimeError("a part of the gradient was left out, and nobody noticed")
whole, _ = remembering_rule(np.concatenate([m, h]), np.zeros((0, 5)))
ours, _ = remembering_rule(h, m)
print(f"with memory, and in one pass: {np.abs(whole[3:] - ours).max():.0e} apart")
assert np.allclose(whole[3:], ours, atol=1e-14), "the value is that of one pass"

# %% [markdown] lang="en"
# So the *value* behind a memory is that of one pass over the whole text, to the last bit or two; the *gradient* is not, it ends where the segment begins. The other rules beside the library's, and the step against its formula:

# %% [markdown] lang="zh"
# 所以带记忆时，**值**与一遍读完全文相同，至多差最后一两位；**梯度**则不同，到片段开头为止。其余几条与程序库对照，那一步与它的公式对照：

# %%
s = rng.standard_normal((5, 5))
theirs, vjp = ops.contrastive_loss.rule(s)
assert np.isclose(theirs, contrastive_rule(s)[0]), "ours is the library's"
assert np.allclose(vjp(np.float64(1))[0], contrastive_rule(s)[1](1.0)[0]), "so is its slope"
theirs, _ = ops.balance_loss.rule(p, chosen=chosen)
assert np.isclose(theirs, balance_rule(p, chosen)[0]), "and the balance"
eps, y = 0.1, -1
slope = loss_rule(x, u, y)[1](1.0)[0]
step = gradient_sign_step(slope, eps)
after = loss_rule(x + step, u, y)[0]
formula = np.log1p(np.exp(eps * np.abs(u).sum() - y * (x @ u).mean()))
print(f"J(x + r) = {after:.6f}, by the formula {formula:.6f}")
assert np.isclose(after, formula), "of a line all is known beforehand"
both = adversarial_loss(
    lambda v: -ops.log_sigmoid((v @ u).mean(axis=1) * y), Tensor(x[None]), eps=eps
)
assert np.isclose(both.data, (loss_rule(x, u, y)[0] + after) / 2), "half and half"
_, gates = two_gates(p)
print("gates of the first token:", gates[0].round(3), " sum:", gates[0].sum())

# %% [markdown] lang="en"
# ## 5 Where the guide stops
#
# **Attacks.** The title that it cites speaks of a "vulnerability" of networks. Vulnerable to what? Not to noise: the next section moves vectors by as much in a random direction, and hardly anything happens. What harms is a change that is *aimed*, and the gradient is what aims.
#
# **Several modalities.** "To fuse" may mean two encoders whose scores are added, or one that reads both. The difference is not taste: a sum cannot say "one of both, but not both".
#
# **Larger models.** With experts the number of weights and the number of operations come apart. "A model of 600 billion weights" (GShard's) then says little about its cost; lesson 19's $6ND$ counts with the weights that a token uses.
#
# **Longer contexts.** A memory lets a model see beyond its segment. But nothing is learned through it, and a model that learned with a memory needs it.
#
# **Forecasts.** "Will be an important direction" cannot be wrong: it says neither by when, nor by which measure. Each experiment below asks for a number first.

# %% [markdown] lang="zh"
# ## 5 指南没有说的
#
# **攻击**　它引用的题目说网络有“脆弱性”。对什么脆弱？不是对噪声：下一节沿随机方向把向量移动同样多，几乎什么也没有发生。有害的是**瞄准了**的改动，而瞄准靠的是梯度。
#
# **多模态融合**　“融合”可以是两个编码器，分数相加；也可以是一个编码器，两样都读。这不是口味问题：相加说不出“二者有其一，但不能都有”。
#
# **更大的模型**　有了专家，权重的个数和运算量就分开了。“六千亿权重的模型”（GShard）因此说明不了代价；第 19 课的 $6ND$，要按一个词元用到的权重来算。
#
# **更长的上下文**　有了记忆，模型看得到本段以外。但通过它什么也学不到；而且带着记忆学出来的模型，离不开记忆。
#
# **预言**　“将成为重要方向”不会错，因为它没有说到什么时候，也没有说按什么衡量。下面每个实验，都先要你说出一个数。

# %% [markdown] lang="en"
# ## 6 Experiments
#
# Four ideas, each in a small world; each can be read by itself. All numbers of the stored studies, with other seeds, controls and remedies, stand in [the outlook, measured](outlook.md).
#
# ### 6.1 A step against a classifier
#
# The package writes reviews of three opinions, "The start was gripping, the price was clear and the cover was flat."; the label is what most opinions say. One opinion of ten is said in the words of another field, which are rare therefore. A small encoder learns a thousand reviews, and so does a *line*, the same without any layer: a mean of word vectors. Both are right nearly always. Then the vectors of other reviews move: by $\varepsilon$ times their usual size (the root mean square of their numbers) along the signs of the gradient, or along signs drawn at random. No word changes, so the right answer stays what it is.
#
# **Predict first.** With $\varepsilon = 0.1$, how many of 100 answers are still right if the signs are random? And if they are the gradient's?

# %% [markdown] lang="zh"
# ## 6 实验
#
# 四个想法，各有一个小世界，可以分开来读。存下的各项研究，连同另一些种子、对照和各种办法，都在[展望：实测结果](outlook.md)里。
#
# ### 6.1 对分类器走一步
#
# 程序包写评论，每条三个评价：“The start was gripping, the price was clear and the cover was flat.”，标签是多数评价所说的。十个评价里有一个用的是另一个领域的词，所以那些词少见。一个小编码器学一千条评论；再让一条**直线**也学，它没有任何层，只对词向量求平均。两者几乎总是对的。然后移动另一些评论的词向量：移动的大小是平常大小（各数的均方根）的 $\varepsilon$ 倍，符号或者取梯度的，或者随机抽取。词一个也没有变，所以正确答案也没有变。
#
# **先猜一猜**　$\varepsilon = 0.1$ 时，如果符号是随机的，100 个回答里还有几个对？如果是梯度的符号呢？

# %%
base = Reviews()
EPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def told(ids, label):  # a review with its label, and which of its words are rare
    rare = [base.world.words[i] for i in ids if i in base.world.opinions[1]]
    return f"{('blame', 'praise')[label]}: {base.world.text(ids)} (rare: {', '.join(rare) or '-'})"


# %% tags=["machine"]
def under_attack(n_layers, **learned):  # a model that has learned the reviews, and other reviews
    model = replace(base.model, n_layers=n_layers)
    case = Adversarial(replace(base, model=model), 21)
    return Attacked(case.taught(**learned), case.tested, case.alike, case.stream("at random"))


encoder, line = under_attack(n_layers=1), under_attack(n_layers=0)
print(told(encoder.reviews.ids[0], encoder.reviews.labels[0]))
print("accuracy, %, with eps =", *EPS)
moved = {}
for name, one in (("encoder", encoder), ("line", line)):
    moved[name] = one.along(EPS)
    for way in ("gradient sign", "random sign"):
        print(f"  {name:8} {way:14}", *(100 * moved[name]["accuracy"][STEPS.index(way)]).round(1))
ratio = moved["line"]["risen"][0] / moved["line"]["foretold"]
print("line: risen / eps |g|_1 =", ratio.round(3))
assert np.allclose(ratio, 1, atol=5e-3), "of a line all is known beforehand"
signs_at, random_at = (moved["encoder"]["accuracy"][STEPS.index(way), EPS.index(0.1)]
                       for way in ("gradient sign", "random sign"))  # fmt: skip
assert signs_at < 0.6 < 0.95 < random_at, "it is the aim that harms"

# %% tags=["machine"]
aims = np.linspace(-0.1, 0.2, 13, dtype=np.float32)
chances = np.linspace(-0.5, 0.5, 13, dtype=np.float32)
aim, chance = encoder.step("gradient sign", 1.0), encoder.step("random sign", 1.0)
still_right = 100 * np.array(
    [[(encoder.after(a * aim + c * chance) < 0).mean() for c in chances] for a in aims]
)
attack, at = read_study("adversarial_directions"), read_settings("adversarial_directions")
curves = {}
for label, arm, way in (
    ("encoder, random signs", [1, 0.1], "random sign"),
    ("line, gradient's signs", [0, 0.1], "gradient sign"),
    ("encoder, gradient's signs", [1, 0.1], "gradient sign"),
):
    of_arm = attack["accuracy"][:, at["arms"].index(arm), STEPS.index(way)]
    columns = [at["sizes"].index(size) for size in EPS]
    curves[label] = np.stack(mean_and_interval(100 * of_arm[:, columns]))

# %% tags=["machine"]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
looks = (("0.45", "s--"), ("tab:blue", "^-."), ("tab:red", "o-"))
for (label, (middle, width)), (color, style) in zip(curves.items(), looks, strict=True):
    left.errorbar(EPS, middle, width, fmt=style, color=color, capsize=3, label=label)
left.set(xscale="log", ylim=(-38, 104), ylabel="right, %")
left.set_xlabel("step, in sizes of the words' numbers")
left.set_xticks(EPS, EPS)
left.set_xticks([], minor=True)
left.set_yticks(range(0, 101, 20))
left.set_title(f"{len(attack['accuracy'])} models each, 95 % intervals", fontsize=10)
left.legend(fontsize=9, loc="lower left")
shown = right.pcolormesh(chances, aims, still_right, cmap="cividis", vmin=0, vmax=100)
edge = right.contour(chances, aims, still_right, [50], colors="white", linewidths=2)
right.clabel(edge, fmt="%d %%", fontsize=10)
right.set(xlabel="step along random signs, up to 0.5 (coarse scale)")
right.set(ylabel="along the gradient's signs (fine scale)")
right.set_title("one encoder: right, %", fontsize=10)
figure.colorbar(shown, ax=right)
savefig(figure, "21_adversarial", {**curves, "map": still_right})


# %% tags=["machine"]
def of_stored(what, values):  # a number of each stored model: mean, and half a 95 % interval
    print(f"{what:40} {' ± '.join(f'{one:.2f}' for one in mean_and_interval(values))}")


def accuracy(way, size):
    return 100 * attack["accuracy"][:, one_layer, STEPS.index(way), at["sizes"].index(size)]


one_layer, tenth = at["arms"].index([1, 0.1]), at["sizes"].index(0.1)
for way, size in (("gradient sign", 0.1), ("random sign", 0.1), ("random sign", 1.0),
                  ("gradient direction", 0.05), ("gradient sign", 0.05)):  # fmt: skip
    of_stored(f"right, %, {way}, {size}", accuracy(way, size))
ahead = accuracy("gradient sign", 0.05) - accuracy("gradient direction", 0.05)
of_stored("sign less direction, points", ahead)
rises, foretold = attack["risen"][:, one_layer, 0, tenth], attack["foretold"][:, one_layer, tenth]
of_stored("risen / foretold by the slope, 0.1", rises / foretold)

# %% [markdown] lang="en"
# Your two models are one draw; the curves on the left are those of {n_attacked} stored ones of each kind. With $\varepsilon = 0.1$ the encoder is right in {aimed.mean:.0f} ± {aimed.half:.0f} of 100 reviews along the gradient's signs, and in {blind.mean:.1f} ± {blind.half:.1f} along random ones (± is half a 95 % interval over the models). Ten times as far at random it is still right in {far.mean:.0f} ± {far.half:.0f}. The map shows why: to the left and right, along the random direction, nothing happens for a long way; upwards there is an edge near by, and mind that the upward scale is the finer one.
#
# **Is it the depth?** The line falls, too: {line.0.mean:.1f} ± {line.0.half:.1f} of 100 at 0.1, and {line.1.mean:.1f} ± {line.1.half:.1f} at 0.2. Of a line everything is foretold, $\varepsilon \sum_i |g_i|$. The encoder's score rises {more.mean:.1f} ± {more.half:.1f} times as much as its slope foretells: behind a small step its slope is steeper. So linearity is enough to explain that such steps exist (which is the paper's point), and not how much harm they do.
#
# **Why the signs?** They are the best step if each number is bounded. If the *length* of each word's step is, the gradient's own direction is best: with $\varepsilon = 0.05$ and steps of one length it leaves {along.mean:.0f} ± {along.half:.0f}, the signs {signed.mean:.0f} ± {signed.half:.0f} ({ahead.mean:.1f} ± {ahead.half:.1f} more).
#
# ### 6.2 From vectors to words, and what helps
#
# Nobody who writes a text can move a vector. But a word can be swapped for another of its kind: praise for praise, blame for blame. The gradient foretells what each swap does, $g_t \cdot (E_w - E_{x_t})$; or one tries them all.

# %% [markdown] lang="zh"
# （左图：虚线是编码器、随机符号；点划线是直线、梯度的符号；实线是编码器、梯度的符号。横轴是一步的大小，纵轴是答对的百分数。右图：横向沿随机符号走，纵向沿梯度的符号走，两轴的刻度不同，颜色是答对的百分数。）你的两个模型各只是一次抽样；左图的曲线是存下的模型，每种 {n_attacked} 个。$\varepsilon = 0.1$ 时，沿梯度的符号走，编码器 100 条评论里对 {aimed.mean:.0f} ± {aimed.half:.0f} 条；沿随机符号走，对 {blind.mean:.1f} ± {blind.half:.1f} 条（± 是各模型之间 95% 区间的半宽）。随机走十倍远，还对 {far.mean:.0f} ± {far.half:.0f} 条。右图说明了原因：往左右，沿随机方向，很远都没有动静；往上，不远就是边缘，何况纵轴的刻度还要细得多。
#
# **是因为层数吗？**　直线也会倒下：0.1 时 100 条里对 {line.0.mean:.1f} ± {line.0.half:.1f} 条，0.2 时对 {line.1.mean:.1f} ± {line.1.half:.1f} 条。直线的一切都能预先算出，就是 $\varepsilon \sum_i |g_i|$。编码器的得分上升是斜率所预示的 {more.mean:.1f} ± {more.half:.1f} 倍：迈出一小步之后，斜率更陡了。所以，要解释为什么有这样的一步，线性就够了（这正是那篇论文的要点）；要解释它有多大的害处，就不够了。
#
# **为什么取符号？**　如果限制的是每一个数，取符号的一步最好。如果限制的是每个词那一步的**长度**，那么最好的是梯度本身的方向：$\varepsilon = 0.05$、一步同样长时，它只剩 {along.mean:.0f} ± {along.half:.0f} 条，取符号还剩 {signed.mean:.0f} ± {signed.half:.0f} 条（多 {ahead.mean:.1f} ± {ahead.half:.1f} 条）。
#
# ### 6.2 从向量到词，以及什么办法有用
#
# 写文本的人动不了向量。但可以把一个词换成同类的另一个：褒换褒，贬换贬。每种换法有什么作用，梯度可以预示，$g_t \cdot (E_w - E_{x_t})$；也可以一种种试过来。

# %% tags=["machine"]
ids, labels = encoder.reviews.ids, encoder.reviews.labels
alike = encoder.alike[ids].sum(axis=2) - 1  # words that may stand for each one, itself left out
stated("subjects", alike[:, ::3].max(), 9, 0, "other subjects")
stated("opinions", alike[:, 1::3].max(), 39, 0, "other opinions of the same side")
stated("swaps", 3 * (alike[0, 0] + alike[0, 1]), 144, 0, "other words for all six")
spots, others = best_swaps(ids, encoder.gains("exhaustive", ids))
changed = ids.copy()
changed[np.arange(len(ids)), spots] = others
before, behind = encoder.of_ids(ids, labels), encoder.of_ids(changed, labels)
for n in np.flatnonzero((before < 0) & (behind > 0))[:2]:
    print(told(ids[n], labels[n]))
    print("  taken for", told(changed[n], 1 - labels[n]))
for name in ("random", "first order", "exhaustive"):
    print(f"after one swap, {name:11} {100 * encoder.swapped(name, 1)[1]:.0f} % right")

# %% tags=["machine"]
TRAINED = 0.2  # the step of adversarial training; try 0.05, or 0.0 for none

hardened = under_attack(n_layers=1, eps=TRAINED)
steady = hardened.along(EPS)["accuracy"][0]
print("along the gradient's signs, %:", *(100 * steady).round(1), " eps =", *EPS)
print(f"after the worst swap, {100 * hardened.swapped('exhaustive', 1)[1]:.0f} %")

# %% tags=["machine"]
for rare in (0.5, 0.1, 0.02):
    of_arm = 100 * attack["swapped"][:, at["arms"].index([1, rare]), :, 1]
    for way in ("exhaustive", "first order", "random"):
        of_stored(f"rare {rare}: right, %, {way} swap", of_arm[:, SWAPS.index(way)])
lab = read_study("adversarial")
print(f"{'right, %':24} {'plain':>12} {'sign step':>12} {'worst swap':>12}")
for key in [key for key in lab if key.endswith(": accuracy")]:
    remedy = key.removesuffix(": accuracy")
    cells = [mean_and_interval(100 * lab[f"{remedy}: {one}"])
             for one in ("accuracy", "accuracy, sign step", "accuracy, one swap")]  # fmt: skip
    print(f"{remedy:24}", *(f"{f'{mean:.1f} ± {half:.1f}':>12}" for mean, half in cells))

# %% [markdown] lang="en"
# How much one swap does hangs on how rare the words are. Of the stored encoders the worst swap leaves {swap.0.mean:.1f} ± {swap.0.half:.1f} of 100 right if no word was rarer than another in training; {swap.1.mean:.0f} ± {swap.1.half:.0f} if one opinion of ten is in rare words, and between {lowest:.1f} and {highest:.1f} in single models; {swap.2.mean:.0f} ± {swap.2.half:.0f} if one of fifty. A random swap leaves {any_swap.2.mean:.0f} ± {any_swap.2.half:.0f} even then. The swap that one gradient chooses is as bad as the worst of all ({cheap.2.mean:.0f} ± {cheap.2.half:.0f}), for which the model is asked about {here.swaps} other texts: three subjects have {here.subjects} others each, and three opinions {here.opinions}.
#
# **What helps?** The lab `adversarial` compares nine remedies with a baseline, which has none, on {n_lab} seeds. Its table of verdicts stands in [the outlook, measured](outlook.md); the cell above prints how many of 100 are right in each. What one learns from it:
#
# * *Adversarial training* ends the steps that it has seen: {levels.adversarial_training.step.mean:.0f} ± {levels.adversarial_training.step.half:.0f} are right, of {levels.none.step.mean:.0f} ± {levels.none.step.half:.0f} for the baseline, and it costs nothing here ({levels.adversarial_training.plain.mean:.1f} ± {levels.adversarial_training.plain.half:.1f} right without an attack). Against swaps, which it has not seen, nothing is gained that one could show: {levels.adversarial_training.swap.mean:.0f} ± {levels.adversarial_training.swap.half:.0f}, of {levels.none.swap.mean:.0f} ± {levels.none.swap.half:.0f}.
# * *Words swapped* at random in training leave {levels.words_swapped.swap.mean:.0f} ± {levels.words_swapped.swap.half:.0f} after the worst swap, and have no effect worth {worth} on steps. A model is steady against what it was made steady against.
# * Against swaps nothing is certain all the same: the baseline's models differ too widely, and {n_swept} comparisons are made at once. *Undecided* is not "does not help".

# %% [markdown] lang="zh"
# 换一个词有多大作用，取决于那些词有多少见。存下的编码器里，如果训练时没有哪个词比别的更少见，换掉最坏的一个词之后，100 条里还对 {swap.0.mean:.1f} ± {swap.0.half:.1f} 条；如果十个评价里有一个用少见的词，还对 {swap.1.mean:.0f} ± {swap.1.half:.0f} 条，单个模型在 {lowest:.1f} 到 {highest:.1f} 条之间；如果五十个里有一个，还对 {swap.2.mean:.0f} ± {swap.2.half:.0f} 条。即便那样，随机换一个词还对 {any_swap.2.mean:.0f} ± {any_swap.2.half:.0f} 条。由一个梯度挑出来的换法，与最坏的换法一样糟（{cheap.2.mean:.0f} ± {cheap.2.half:.0f}），而要找到最坏的，得拿 {here.swaps} 条别的文本问过模型：三个对象各有 {here.subjects} 个可换，三个评价各有 {here.opinions} 个。
#
# **什么办法有用？**　实验 `adversarial` 拿九种办法与基线（什么办法也不用）作比较，{n_lab} 个种子。判定的表在[展望：实测结果](outlook.md)里；上面的单元格打印出每种办法 100 条里对几条。从中可以学到：
#
# * **对抗训练**挡住了它见过的那种一步：对 {levels.adversarial_training.step.mean:.0f} ± {levels.adversarial_training.step.half:.0f} 条，基线对 {levels.none.step.mean:.0f} ± {levels.none.step.half:.0f} 条，而且在这里不用付代价（不受攻击时对 {levels.adversarial_training.plain.mean:.1f} ± {levels.adversarial_training.plain.half:.1f} 条）。对它没见过的换词，看不出有什么好处：对 {levels.adversarial_training.swap.mean:.0f} ± {levels.adversarial_training.swap.half:.0f} 条，基线对 {levels.none.swap.mean:.0f} ± {levels.none.swap.half:.0f} 条。
# * 训练时随机**换同类的词**，换掉最坏的一个词之后还对 {levels.words_swapped.swap.mean:.0f} ± {levels.words_swapped.swap.half:.0f} 条，对一步则没有值得一提（{worth}）的作用。模型只对练过的那种改动稳得住。
# * 尽管如此，对换词还是什么都不能肯定：基线的各个模型彼此相差太远，而且一次做了 {n_swept} 个比较。**未能判定**不等于“没有用”。

# %% [markdown] lang="en"
# ### 6.3 A picture and its caption
#
# **Two that tell more than either.** A picture shows a digit; a caption says "large blue paper" or "small red paper". The answer is 1 if the digit is odd *or* the colour is blue, but not both. Neither part alone tells anything. Three models learn it: one reads the picture; *late* has an encoder for each part and adds their scores; *joint* reads both as one sequence, rows of pixels and words.
#
# **Predict first.** What is the accuracy of each of the three?

# %% [markdown] lang="zh"
# ### 6.3 一幅图像和它的说明文字
#
# **单看没用、合看才有用**　图上是一个数字；说明文字是“large blue paper”或“small red paper”之类。数字是奇数**或者**颜色是蓝（但不能两者都是），答案就是 1。单看哪一样都什么也看不出。三个模型来学：第一个只读图；late（后期融合）每样有一个编码器，分数相加；joint（联合）把两样当作一个序列来读，序列里是像素行和词。
#
# **先猜一猜**　三个模型的准确率各是多少？

# %% tags=["machine"]
fusing = fusion.Settings()
pairs = fusing.world.draw(fusing.learned, np.random.default_rng(21))
asked_pairs = fusing.world.draw(fusing.tested, np.random.default_rng(22))
print(fusing.world.digits.text(asked_pairs.pixels[0]))
print(fusing.world.text(asked_pairs.captions[0]), "-> answer", asked_pairs.labels[0])
f, g = np.array(np.meshgrid(*4 * [[-2, -1, 1, 2]])).reshape(2, 2, -1)  # of odd, and of blue
rule = np.array([[0, 1], [1, 0]])[..., None]
of_a_sum = ((f[:, None] + g > 0) == rule).mean(axis=(0, 1)).max()
stated("sum", 100 * of_a_sum, 75, 0, "a sum is right in three cases of four at most")
reached = {}
for name in ("picture", "late", "joint"):
    way = fusion.MODELS[name]
    model = fusion.learned(fusing, way, pairs, 21)
    reached[name] = fusion.accuracy_of(model, asked_pairs, way.parts)
    best = of_a_sum if way.late else fusing.world.best(way.parts)
    print(f"{name:8} {100 * reached[name]:.0f} % right; the best that there is: {100 * best:.0f} %")
assert reached["late"] < 0.6 < reached["joint"], "a sum cannot say: one of both, but not both"

# %% [markdown] lang="en"
# In the {n_fused} stored models of each kind: the picture alone {xor.picture.mean:.0f} ± {xor.picture.half:.0f} %, the caption alone {xor.text.mean:.0f} ± {xor.text.half:.0f} %, both added {xor.late.mean:.0f} ± {xor.late.half:.0f} %, joint {xor.joint.mean:.0f} ± {xor.joint.half:.0f} %, of 100 possible for who reads both together. A *sum* can be right in three of the four cases at most, {here.sum} %, and its loss is least where it says nothing at all. If only half of the captions name the colour, {half_told.best:.0f} % are possible and the joint model has {half_told.joint.mean:.0f} ± {half_told.joint.half:.0f}; if none does, {nothing.joint.mean:.0f} ± {nothing.joint.half:.0f}, as it must. Where each part tells the same, but not always ("either"), a sum is enough: {either.late.mean:.0f} ± {either.late.half:.0f} % against {either.joint.mean:.0f} ± {either.joint.half:.0f} % joint, and {spare.mean:.0f} ± {spare.half:.0f} points more than the better part alone. So fusion is no good in itself: ask first whether the parts must be read in the light of each other.
#
# **Pairs that find each other.** Now captions describe a picture, "seven left top": the digit, and one of nine places. Two encoders learn by the contrastive loss. Then each of 100 pictures looks for its caption among 100: *recall@1* is the share that finds its own first. What a picture can show is one of {different} things, ten digits at nine places; so some of the 100 show the same, and the best that anybody can do is {recalls.0.best:.0f} in the mean, not 100.

# %% [markdown] lang="zh"
# 存下的模型每种 {n_fused} 个：只看图 {xor.picture.mean:.0f} ± {xor.picture.half:.0f}%，只看说明文字 {xor.text.mean:.0f} ± {xor.text.half:.0f}%，两者相加 {xor.late.mean:.0f} ± {xor.late.half:.0f}%，联合 {xor.joint.mean:.0f} ± {xor.joint.half:.0f}%；两样一起读，最多可达 100%。**相加**则四种情形至多答对三种，{here.sum}%，而损失最小的时候，它什么也没说。如果只有一半的说明文字提到颜色，最多可达 {half_told.best:.0f}%，联合模型有 {half_told.joint.mean:.0f} ± {half_told.joint.half:.0f}%；如果都不提，就是 {nothing.joint.mean:.0f} ± {nothing.joint.half:.0f}%，也只能如此。如果两样说的是同一件事，只是不总说（either），相加就够了：{either.late.mean:.0f} ± {either.late.half:.0f}%，联合是 {either.joint.mean:.0f} ± {either.joint.half:.0f}%，比两样里较好的一样单独用多 {spare.mean:.0f} ± {spare.half:.0f} 个百分点。所以融合本身不是好处：先要问，这两样是不是必须对照着读。
#
# **互相找得到的一对**　现在说明文字描述图像，“seven left top”：数字，和九个位置之一。两个编码器用对比损失来学。然后 100 幅图像各在 100 条说明文字里找自己的那一条：**recall@1**（首位的召回率）是一下就找对的比例。图上的内容共有 {different} 种，十个数字各有九个位置；所以 100 幅里有些内容相同，谁也只能平均做到 {recalls.0.best:.0f}，而不是 100。

# %% tags=["machine"]
TOLD = 1.0  # how often each of the three things is said; try 0.5

finding = replace(retrieval.Settings(), world=replace(retrieval.Settings().world, told=TOLD))
described = finding.world.draw(finding.learned, np.random.default_rng(21))
looked_for = finding.world.draw(100, np.random.default_rng(22))
finder = retrieval.learned(finding, described, 21)
scores = finder(looked_for.pixels, looked_for.captions).data
own = np.arange(100)
fits = fit(looked_for.shown, looked_for.captions)
for name, one, known in (("picture -> caption", scores, fits),
                         ("caption -> picture", scores.T, fits.T)):  # fmt: skip
    first, five = (100 * recall_at(one, own, k) for k in (1, 5))
    best = 100 * recall_at(known, own, 1)
    print(f"{name}: recall@1 {first:.0f} of 100, best {best:.0f}, chance 1; recall@5 {five:.0f}")

# %% tags=["machine"]
of_models, of_pairs = read_study("fusion"), read_study("retrieval")
odd_or_blue = read_settings("fusion")["arms"].index(["both", 1.0, 1.0, 0.1])
bars = {
    "odd or blue, not both": (
        ["picture", "text", "late", "joint"],
        *mean_and_interval(100 * of_models["accuracy"][:, odd_or_blue, :4]),
        100 * np.minimum(of_models["best"][0, odd_or_blue, :4], [1, 1, of_a_sum, 1]),
    ),
    "a picture and its caption among 100": (
        ["all told", "half", "nothing", "noise", "mispaired"],
        *mean_and_interval(100 * of_pairs["recall"][..., 0].mean(axis=2)),
        100 * of_pairs["best"][..., 0].mean(axis=(0, 2)),
    ),
}
nearest = scores.argmax(axis=1)
as_good = np.where(fits[own, nearest] == fits[own, own], "same", "wrong")
marks = np.where(nearest == own, "own", as_good)

# %% tags=["machine"]
figure = plt.figure(figsize=(10, 4.6), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=(1, 2))
for n, axis in enumerate(above.subplots(1, 7)):
    axis.imshow(looked_for.pixels[n].reshape(8, 8), cmap="Greys", vmin=0, vmax=1)
    axis.set_title(finding.world.text(looked_for.captions[nearest[n]]), fontsize=8)
    axis.set(xlabel=marks[n], xticks=[], yticks=[])
kept = {}
axes = below.subplots(1, 2, width_ratios=(1, 1.25))
for axis, (title, (ticks, middle, width, best)) in zip(axes, bars.items(), strict=True):
    spots = np.arange(len(ticks))
    axis.bar(spots, middle, 0.6, yerr=width, color="0.7", capsize=3, ecolor="black")
    axis.hlines(best, spots - 0.38, spots + 0.38, color="tab:red", lw=3, label="the best there is")
    axis.set_xticks(spots, ticks, fontsize=9)
    axis.set_title(title, fontsize=10)
    kept[title] = np.stack([middle, width, best])
axes[0].set(ylabel="right, %", ylim=(0, 108))
axes[1].set(ylabel="recall@1, %", ylim=(0, 75))
axes[1].axhline(1, color="black", linestyle=":", label="chance")
axes[1].legend(fontsize=9, loc=(0.33, 0.55))
savefig(figure, "21_multimodal", kept)

# %% [markdown] lang="en"
# (Above: pictures and the caption that your model finds nearest, "own" or "same" if it says just that. Below: the stored models, with 95 % intervals.) The {n_found} stored models have a recall@1 of {recalls.0.ours.mean:.0f} ± {recalls.0.ours.half:.0f} of {recalls.0.best:.0f} possible. If each thing is said half of the time, it is {recalls.1.ours.mean:.0f} ± {recalls.1.ours.half:.0f} of {recalls.1.best:.0f}; if nothing is said, or if captions were dealt out anew among the pictures before learning, {recalls.2.ours.mean:.1f} ± {recalls.2.ours.half:.1f} and {recalls.4.ours.mean:.1f} ± {recalls.4.ours.half:.1f}, which is chance. Under strong noise in the pictures it is {recalls.3.ours.mean:.0f} ± {recalls.3.ours.half:.0f}. The red lines know nothing of how a model was taught: "possible" does not count noise, and where captions were dealt out anew in learning (*mispaired*) those of the test still fit, so that {recalls.4.best:.0f} remain possible. The number to be reported beside a recall is thus not 100, but what can be had.
#
# ### 6.4 Experts, and who gets the tokens
#
# Texts of three tokens. A token has a cluster (one of eight) and a value; the cluster of the second token says by which table the value of the third follows from the first. So there are eight things to be known, and eight experts, of which a token uses two. A small GPT learns it twice, with the balance loss (times 0.1) and without it: here in {here.steps} steps, which take seconds, and in the stored study in 1000.
#
# **Predict first.** With even use each expert is the first choice of an eighth of the tokens. How large is the share of the busiest one if nothing keeps use even? How many experts are hardly used?

# %% [markdown] lang="zh"
# （上排：图像和你的模型认为最近的说明文字，own 是自己的，same 是别人的、但说的一样。下排：存下的模型，95% 区间；红线是最多可达，点线是随机。五组依次是：全说、说一半、什么也不说、图像有噪声、配错。）存下的 {n_found} 个模型，recall@1 是 {recalls.0.ours.mean:.0f} ± {recalls.0.ours.half:.0f}，最多可达 {recalls.0.best:.0f}。每样只有一半时候说，就是 {recalls.1.ours.mean:.0f} ± {recalls.1.ours.half:.0f}，最多可达 {recalls.1.best:.0f}；什么也不说，或者学习之前把说明文字在图像之间重新分发，就是 {recalls.2.ours.mean:.1f} ± {recalls.2.ours.half:.1f} 和 {recalls.4.ours.mean:.1f} ± {recalls.4.ours.half:.1f}，相当于瞎猜。图像噪声很大时是 {recalls.3.ours.mean:.0f} ± {recalls.3.ours.half:.0f}。红线不管模型是怎样学的：“最多可达”没有把噪声算进去；学习时说明文字重新分发过的（mispaired，配错），测试时的说明文字仍然配得上，所以还是最多可达 {recalls.4.best:.0f}。所以报告召回率时，旁边该写的不是 100，而是可能达到的数。
#
# ### 6.4 专家，以及词元归谁
#
# 文本有三个词元。一个词元有类（cluster，八类之一）和值；第二个词元的类决定按哪张表由第一个的值得出第三个的值。所以要知道的有八样，专家也有八个，每个词元用两个。一个小 GPT 学两遍，一遍带均衡损失（乘 0.1），一遍不带：这里学 {here.steps} 步，只要几秒；存下的研究学 1000 步。
#
# **先猜一猜**　用得均匀时，每个专家是八分之一词元的首选。如果不管，最忙的那个占多少？有几个专家几乎没人用？

# %% tags=["machine"]
mixing = mixture_of_experts.Settings()
training = replace(mixing.training, steps=500)
stated("steps", training.steps, 500, 0, "steps, of which the stored study has 1000")
draw = np.random.default_rng(21)
tables = ClusterTexts(mixing.world, 1.0, draw)
batches = [mixture_case.asked(tables.draw(training.batch, draw)) for _ in range(training.steps)]
unseen = tables.draw(mixing.tested, draw)[:, :2]


def with_experts(weight):  # a GPT that has learned, and which share goes where
    weights = np.random.default_rng(21)
    gpt = mixture_case.with_experts(mixing.world, mixing.model, mixing.mixture, rng=weights)
    mixture_case.learn(gpt, batches, training, weight)
    with noted_routings() as noted:
        gpt.eval()(unseen)
    second = noted[-1].chosen[:, 0].reshape(unseen.shape)[:, 1]
    given = np.zeros((8, 8))  # clusters, experts
    np.add.at(given, (mixing.world.cluster_of(unseen[:, 1]), second), 100 / len(second))
    return gpt, given, float(noted[-1].probabilities.max(axis=1).mean())


# %% tags=["machine"]
use = {weight: with_experts(weight) for weight in (0.1, 0.0)}
for weight, (_, given, _) in use.items():
    ordered = np.sort(given.sum(axis=0))[::-1]
    print(f"balance loss times {weight}: shares of first choices, %", ordered.round(1))
    print(f"  hardly used (under 1 %): {(ordered < 1).sum()} of 8")
most = {weight: given.sum(axis=0).max() for weight, (_, given, _) in use.items()}
assert most[0.1] < most[0.0], "the balance loss spreads use"
idle = (use[0.0][1].sum(axis=0) < 1).sum()
stated("idle experts", idle, 4, 1, "hardly used in the map, more than in any stored model")

# %% tags=["machine"]
layer = use[0.1][0].blocks[0].feed_forward
tokens = Tensor(np.random.default_rng(23).standard_normal((64, mixing.model.width)).astype("f"))
machines = ExpertShards(layer, machines=4)
apart = np.abs(machines(tokens).data - layer(tokens).data).max()
print(f"on four machines: {apart:.0e} apart, {machines.sent} numbers sent from one to another")
assert apart < 1e-6, "sharded is what it is on one machine"

BALANCE = 0.1  # try 0.001, or 1.0
_, tried, surest = use[BALANCE] if BALANCE in use else with_experts(BALANCE)
print(f"the busiest expert: {tried.sum(axis=0).max():.0f} % of first choices; "
      f"a token's largest probability: {surest:.2f} in the mean")  # fmt: skip

# %% tags=["machine"]
of_experts = read_study("mixture_of_experts")
places = np.array(read_settings("mixture_of_experts")["factors"])
hardly = (of_experts["use"][:, 0] < 0.01).sum(axis=-1).T  # (balanced or not, seeds)
busiest = 100 * of_experts["use"][:, 0, :, 0].T
for name, none, share in zip(("balanced", "not balanced"), hardly, busiest, strict=True):
    print(f"{name}, 5 stored models: hardly used {none}, first choices of the busiest, % {share}")
spreads = {
    name: {what: np.stack(mean_and_interval(100 * of_experts[what][:, 0, kind]))
           for what in ("use", "dropped")}
    for kind, name in enumerate(("balanced", "not balanced"))
}  # fmt: skip

# %% tags=["machine"]
figure, axes = plt.subplots(
    1, 4, figsize=(10, 3.3), width_ratios=(1, 1, 1.3, 1), layout="constrained"
)
for axis, (_, given, _), name in zip(axes, use.values(), spreads, strict=False):
    row = 100 * given / given.sum(axis=1, keepdims=True)
    shown = axis.imshow(row[:, np.argsort(-given.sum(axis=0))], cmap="Greys", vmin=0, vmax=50)
    axis.set(xlabel="expert, busiest first", ylabel="cluster", xticks=[], yticks=[])
    axis.set_title(f"one model, {name}", fontsize=9)
bar = figure.colorbar(shown, ax=axes[:2], orientation="horizontal", extend="max", aspect=40)
bar.set_label("% of the cluster's tokens", fontsize=9)
for (name, of_kind), (color, style), aside in zip(
    spreads.items(), (("tab:blue", "o-"), ("tab:red", "s--")), (-0.02, 0.02), strict=True
):
    for axis, (what, (middle, width)) in zip(axes[2:], of_kind.items(), strict=True):
        xs = np.arange(1, 9) + 4 * aside if what == "use" else places + aside
        axis.errorbar(xs, middle, width, fmt=style, color=color, capsize=3, label=name)
axes[2].axhline(12.5, color="0.5", linestyle=":", label="even")
axes[2].set(xlabel="expert, busiest first", ylabel="first choices, %", ylim=(0, None))
axes[2].set_title(f"{len(of_experts['use'])} models each", fontsize=10)
axes[2].legend(fontsize=9)
axes[3].set(xlabel="places / even use", ylabel="choices dropped, %", ylim=(0, None))
axes[3].set_xticks(places)
savefig(figure, "21_experts", {f"{a}, {b}": v for a, d in spreads.items() for b, v in d.items()})

# %% [markdown] lang="en"
# (A grey map has a row for each cluster, and shows which expert its tokens choose first; a white column is an expert that hardly any token chooses. *Balanced* is with the balance loss, *not balanced* without.) The maps are of one model each. In the {n_mixed} stored pairs the busiest expert is the first choice of {busiest.0.mean:.0f} ± {busiest.0.half:.0f} % of the tokens with the balance loss and of {busiest.1.mean:.0f} ± {busiest.1.half:.0f} % without, {calmer.mean:.0f} ± {calmer.half:.0f} points more. Chosen by less than one token of a hundred are no experts with it, and {unused.least} to {unused.most} of the eight without. So the map with more white columns, and a busiest expert beyond the {top.least:.0f} to {top.most:.0f} % of the stored models, is an *outlier*: it shows what can happen, not what is usual.
#
# **Why it matters.** On machines of a given size each expert has room for so many tokens and no more. What finds no place is dropped, and the token passes on the residual stream alone: with as many places as even use needs, {dropped.0.mean:.0f} ± {dropped.0.half:.0f} % of the choices with the balance loss, and {dropped.1.mean:.0f} ± {dropped.1.half:.0f} % without. Spread over machines the layer gives the same numbers; what it costs is the sending, from where a token is to its experts and back.
#
# **More is not always more even.** With `BALANCE = 1.0` the model above is less even than with 0.1, about as with `0.001`. The loss evens out the mean of the *probabilities*; perhaps these become so alike (see the largest one that is printed) that little decides which is first. But that is one model of each weight.
#
# **Do experts find the clusters?** Count how much less uncertain the cluster is once the first choice is known, as a share of all its uncertainty (mutual information over entropy: 0 if the choice says nothing, 100 % if it names the cluster). That is {cluster.0.mean:.0f} ± {cluster.0.half:.0f} % with the balance loss, which is not more than chance for certain, and {cluster.1.mean:.0f} ± {cluster.1.half:.0f} % without. With clusters dealt out at random it is {by_lot:.0f} % already, as the texts are finite.
#
# **Do they pay?** That is *not shown*. Experts with the balance loss stay {excess.2.mean:.2f} ± {excess.2.half:.2f} nats above the least possible loss, one network of as many operations {excess.0.mean:.2f} ± {excess.0.half:.2f}, one of as many weights {excess.1.mean:.2f} ± {excess.1.half:.2f}: *undecided*. Some models come near to 0, others are caught on a plateau, more than 0.1 nats above: of {n_mixed} each, {stuck.2} with the balance loss, {stuck.3} without it, {stuck.1} of the network of as many weights, and all {stuck.0} of that of as many operations. It is the same after {long_steps} steps ([the outlook, measured](outlook.md)).

# %% [markdown] lang="zh"
# （灰度图每行是一类，颜色是这类的词元首选各个专家的百分数；白的一列，是几乎没有词元选的专家。balanced 是带均衡损失，not balanced 是不带。第三幅是存下的模型：各个专家占首选的百分数，从最忙的排起，点线是均匀；第四幅是找不到位置而被丢弃的百分数，横轴是位置数与均匀使用所需之比。）两幅灰度图各只是一个模型。存下的 {n_mixed} 对模型里，最忙的专家，带均衡损失时是 {busiest.0.mean:.0f} ± {busiest.0.half:.0f}% 词元的首选，不带时是 {busiest.1.mean:.0f} ± {busiest.1.half:.0f}%，多 {calmer.mean:.0f} ± {calmer.half:.0f} 个百分点。一百个词元里选它的不到一个的专家，带均衡损失时一个也没有，不带时八个里有 {unused.least} 到 {unused.most} 个。所以，那幅白列更多、最忙的专家又超出存下模型的 {top.least:.0f}% 到 {top.most:.0f}% 的图，是一个**离群的例子**：它说明可能发生什么，不说明通常怎样。
#
# **为什么要紧**　机器大小有限，每个专家只容得下一定数目的词元。位置恰好是均匀使用所需时，带均衡损失有 {dropped.0.mean:.0f} ± {dropped.0.half:.0f}% 的选择找不到位置，不带时有 {dropped.1.mean:.0f} ± {dropped.1.half:.0f}%。（找不到位置的就丢弃，词元只沿残差流过去。）分到几台机器上，这一层给出的数还是一样的；代价在于传送：专家如果在别的机器上，词元要送过去，再送回来。
#
# **加得多，不一定更均匀**　取 `BALANCE = 1.0`，上面的模型不如取 0.1 时均匀，与取 `0.001` 时差不多。被压平的是**概率**的平均；也许各个概率因此太接近（看打印出的最大概率），谁排第一，差一点点就变了。不过这里每个系数只有一个模型。
#
# **专家找得到类吗？**　看知道了首选之后，类的不确定性少了多少，占全部不确定性的几成（互信息除以熵：什么也没说出是 0，完全说出是 100%）。带均衡损失时是 {cluster.0.mean:.0f} ± {cluster.0.half:.0f}%，不能肯定比碰运气多；不带时是 {cluster.1.mean:.0f} ± {cluster.1.half:.0f}%。即使把类随机分发，也会有 {by_lot:.0f}%，因为文本数目有限。
#
# **值得吗？**　这一点**没有显示出来**。与最小可能的损失相比，带均衡损失的专家高出 {excess.2.mean:.2f} ± {excess.2.half:.2f} 奈特，运算量相同的单个网络高出 {excess.0.mean:.2f} ± {excess.0.half:.2f}，权重数相同的单个网络高出 {excess.1.mean:.2f} ± {excess.1.half:.2f}：**未能判定**。有的模型降到 0 附近，有的停在平台期，高出 0.1 奈特以上：每种 {n_mixed} 个里，带均衡损失的有 {stuck.2} 个，不带的有 {stuck.3} 个，权重数相同的单个网络有 {stuck.1} 个，运算量相同的 {stuck.0} 个全是。走 {long_steps} 步也一样（见[展望：实测结果](outlook.md)）。

# %% [markdown] lang="en"
# ### 6.5 A memory of the segment before
#
# Texts as in section 2, with one difference: a token repeats the one that stands 12 before it nine times of ten, not always, and else it is drawn from all 16 tokens that there are. A GPT reads 8 at a time, so that the source always lies before the segment. It learns with a memory of 16 positions, and is asked with shorter ones, too.
#
# **Predict first.** Perplexity: among how many tokens, equally likely, does the reader hesitate (lesson 8)? Who does not see the source: 16. Who always sees it, and knows how texts are drawn, gives it $q = 0.9 + 0.1/16$ and each of the 15 others $r = 0.1/16$, and has $\exp(-q \ln q - 15\, r \ln r)$ = {here.known}. What has the model with 0, 4, 8, 12 and 16 positions remembered? Is it 16 with none?

# %% [markdown] lang="zh"
# ### 6.5 记住前一个片段
#
# 文本与第 2 节的一样，只有一点不同：词元重复它前面第 12 个，不是次次如此，而是十次有九次；其余的从全部 16 种词元里随机抽取。GPT 每次读 8 个，所以来源总在本段之前。学的时候记住 16 个位置，问的时候也试试记得少的。
#
# **先猜一猜**　困惑度：读的人好比在多少个等可能的词元之间犹豫（第 8 课）。看不见来源的是 16；总看得见来源、又知道文本怎样抽出来的，给来源 $q = 0.9 + 0.1/16$，给另外 15 种各 $r = 0.1/16$，困惑度是 $\exp(-q \ln q - 15\, r \ln r)$ = {here.known}。记住 0、4、8、12、16 个位置时，模型各是多少？什么也不记时，是 16 吗？

# %% tags=["machine"]
remembering = recurrence.Settings()
SEGMENT, TRIED = remembering.segment, remembering.tried
q, r = 0.9 + 0.1 / 16, 0.1 / 16
stated("known", np.exp(-q * np.log(q) - 15 * r * np.log(r)), 1.76, 5e-3, "who sees all")


def reader(distance, memory=16):  # a GPT that has learned, and texts to be asked about
    world, draw = DistantCopies(remembering.tokens, distance, 0.9), np.random.default_rng(21)
    learned = world.draw(16, remembering.training.steps * SEGMENT + 1, draw)
    gpt = recurrence.learned(remembering, 21, 0, learned, memory).eval()
    return gpt, world.draw(100, 8 * SEGMENT + 1, draw)


def perplexity(gpt, texts, memory):  # behind two segments, when every memory is full
    nats = segment_nats(gpt, texts, segment=SEGMENT, memory=memory)
    return float(np.exp(nats[:, 16:].mean()))


gpt, texts = reader(12)
by_memory = {memory: perplexity(gpt, texts, memory) for memory in TRIED}
print("perplexity by positions remembered:", {m: round(p, 2) for m, p in by_memory.items()})
other = np.exp(np.mean(recurrence.of_other_texts(remembering, gpt, texts)))
print(f"with the memory of another text: {other:.0f}")
assert by_memory[0] > 16 > by_memory[8] > by_memory[12], "as far as it remembers"
assert by_memory[16] < 2.5, "all is seen"

# %% tags=["machine"]
memory = SegmentMemory(16)
pieces = [read_segment(gpt, texts[:, a : a + SEGMENT], memory).data for a in (0, 8, 16)]
one_pass = gpt.hidden(texts[:, :24]).data
apart = np.abs(np.concatenate(pieces, axis=1) - one_pass).max()
print(f"{len(memory)} positions remembered before {len(memory.states)} blocks; "
      f"three segments and one pass are {apart:.0e} apart")  # fmt: skip
assert apart < 1e-4, "with all that came before, it is one pass"

DISTANCE = 12  # try 4, where most sources lie within the segment, or 20
again = (gpt, texts) if DISTANCE == 12 else reader(DISTANCE)
print({memory: round(perplexity(*again, memory), 2) for memory in TRIED})

# %% tags=["machine"]
of_readers = read_study("segment_recurrence")
twelve = read_settings("segment_recurrence")["arms"].index([12, 0.9])
nats, known = of_readers["nats"][:, twelve], of_readers["least"][0, twelve]
ends = {
    "learned with a memory": mean_and_interval(np.exp(nats.mean(axis=2))),
    "learned without": mean_and_interval(np.exp(of_readers["without"][:, twelve].mean(axis=1))),
}
best_there_is = np.exp(known.mean(axis=1))
stairs = {memory: np.exp(nats.mean(axis=0)[TRIED.index(memory)]) for memory in (4, 8, 12)}

# %% tags=["machine"]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
ours = [by_memory[memory] for memory in TRIED]
left.plot(TRIED, ours, "o", ms=10, mfc="none", color="0.4", label="your model")
for (label, (middle, width)), style in zip(ends.items(), ("o-", "s"), strict=True):
    color = "tab:red" if style == "o-" else "tab:blue"
    xs = TRIED[: np.size(middle)]
    left.errorbar(xs, middle, width, fmt=style, color=color, capsize=3, label=label)
left.hlines(best_there_is, np.array(TRIED) - 0.7, np.array(TRIED) + 0.7, color="black", lw=3,
            label="best in sight")  # fmt: skip
left.set(xlabel="positions remembered", xticks=TRIED)
for (memory, of_places), style in zip(stairs.items(), ("^:", "s--", "o-"), strict=True):
    color = {"^:": "0.6", "s--": "tab:blue", "o-": "tab:red"}[style]
    right.plot(range(8), of_places, style, color=color, label=f"{memory} remembered")
right.axhline(16, color="black", linestyle=":", label="16: knows nothing")
right.set(xlabel="position in the segment", title=f"{len(nats)} models")
for axis in (left, right):
    axis.set(yscale="log", ylabel="perplexity")
    axis.set_yticks([2, 4, 8, 16, 32, 64, 128], [2, 4, 8, 16, 32, 64, 128])
left.legend(fontsize=9)
right.legend(fontsize=9, loc=(0.47, 0.12))
savefig(figure, "21_memory", {**{k: np.stack(v) for k, v in ends.items()}, "best": best_there_is})

# %% [markdown] lang="en"
# In the {n_kept} stored models perplexity is {ppl.0.mean:.0f} ± {ppl.0.half:.0f}, {ppl.1.mean:.0f} ± {ppl.1.half:.0f}, {ppl.2.mean:.1f} ± {ppl.2.half:.1f}, {ppl.3.mean:.2f} ± {ppl.3.half:.2f} and {ppl.4.mean:.2f} ± {ppl.4.half:.2f} with 0, 4, 8, 12 and 16 positions remembered; who knows how texts are drawn, and sees those positions and the segment alone, has {least.0:.0f}, {least.1:.1f}, {least.2:.2f}, {least.3:.2f} and {least.4:.2f}. On the right one sees the staircase of section 2: with 4 remembered one position of the eight sees its source, with 8 five do, with 12 all.
#
# **Worse than knowing nothing.** Without its memory the model is not at 16, where one that learned without a memory is ({without.mean:.1f} ± {without.half:.1f}), but far above: it is sure of wrong tokens. With the memory of another text it is as bad, {strange.mean:.0f} ± {strange.half:.0f}. A shorter memory at use than in training is another model, which nobody has trained.
#
# **The control, and where it fails.** With a distance of 4 the memory is needed at the first three positions of the eight, and gains {gained.0.mean:.2f} ± {gained.0.half:.2f} nats at the first. Where the source lies well within the segment nothing should be gained, 0.15 nats at most, as was written down before. At the last three positions that holds. At position 4 the gain is {gained.4.mean:.2f} ± {gained.4.half:.2f}: the interval reaches {missed:.3f}, and the control *misses its margin*, by little. "No gain within the segment" is not shown there. What position 3 gains, and what other seeds say, stands in [the outlook, measured](outlook.md).

# %% [markdown] lang="zh"
# （左图横轴是记住的位置数，纵轴是困惑度；圆点是存下的、带记忆学的模型，横线是知道文本怎样抽出来、却只看得见本段和这些位置的，方块是不带记忆学的，空心圈是你的模型。右图横轴是段内位置。）存下的 {n_kept} 个模型，记住 0、4、8、12、16 个位置时，困惑度是 {ppl.0.mean:.0f} ± {ppl.0.half:.0f}、{ppl.1.mean:.0f} ± {ppl.1.half:.0f}、{ppl.2.mean:.1f} ± {ppl.2.half:.1f}、{ppl.3.mean:.2f} ± {ppl.3.half:.2f}、{ppl.4.mean:.2f} ± {ppl.4.half:.2f}；知道文本怎样抽出来、却只看得见本段和这些位置的，是 {least.0:.0f}、{least.1:.1f}、{least.2:.2f}、{least.3:.2f}、{least.4:.2f}。右图看得见第 2 节的台阶：记住 4 个，八个位置里有一个看得见来源；记住 8 个，有五个；记住 12 个，全看得见。
#
# **比一无所知还糟**　拿走记忆，模型并不是 16（不带记忆学的模型才是 {without.mean:.1f} ± {without.half:.1f}），而是高得多：它对错的词元很有把握。给它另一条文本的记忆，也一样糟，{strange.mean:.0f} ± {strange.half:.0f}。使用时的记忆比训练时短，得到的是另一个模型，一个没有人训练过的模型。
#
# **对照，以及它在哪里不合格**　距离为 4 时，八个位置里只有前三个要靠记忆；第一个位置上它带来 {gained.0.mean:.2f} ± {gained.0.half:.2f} 奈特。来源完全在段内的地方，应当什么也得不到；事先写下的界限是至多 0.15 奈特。最后三个位置合格。位置 4 上得到 {gained.4.mean:.2f} ± {gained.4.half:.2f}：区间到了 {missed:.3f}，对照**超出了界限**，虽然只超出一点。在那里，“段内没有好处”并没有得到证明。位置 3 的情形，以及另一些种子上怎样，见[展望：实测结果](outlook.md)。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * A small step harms if it is aimed. The same step at random does not, and to call a model robust one has to aim.
# * What a model was made steady against, it is steady against. What it has not seen has to be measured.
# * Fusion is needed where the parts must be read together; there a sum of two encoders is at chance. A recall is reported beside what can be had.
# * Experts part weights from operations. The balance loss spreads their use; that experts lower the loss was not shown here.
# * Each block sees as far back as its memory is long. The memory carries values and no gradient, and the model cannot do without it afterwards.
# * All this in models of one or two layers, on texts and pictures whose truth was planted; for large models it says what to ask, not what is so.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 小小的一步，瞄准了才有害；同样大的随机一步无害。要说一个模型稳健，得先瞄准了打。
# * 模型对练过的那种改动稳得住；没练过的，要量了才知道。
# * 两样必须对照着读时，才非融合不可；这时两个编码器相加等于瞎猜。报告召回率，要写上可能达到的数。
# * 专家把权重数和运算量分开。均衡损失使专家用得均匀；专家能降低损失，这里没有显示出来。
# * 记忆有多长，每一层就看得到多远。它带来的是值，不是梯度；学完之后，模型离不开它。
# * 以上都是一两层的模型，文本和图像里的规则是事先埋好的。对大模型来说，这些告诉我们该问什么，而不是答案。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **21.1 One step.** `x` (T, D) are word vectors of one text, `mask` (T,) is true where there is a word and false where there is padding, and `slope(x)` is the gradient of the loss, in the shape of `x`. Write `attacked(x, mask, slope, eps)`: the vectors after one step of the gradient's signs. Each number moves by `eps` times the root mean square of the numbers of the *words* (padding does not count), so that longer vectors are no protection; padding stays as it is, and so does a number whose slope is 0.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **21.1 走一步**　`x` (T, D) 是一条文本的词向量；`mask` (T,) 在有词处为真，在填充处为假；`slope(x)` 是损失的梯度，形状与 `x` 相同。请写 `attacked(x, mask, slope, eps)`：沿梯度的符号走一步之后的向量。每个数移动 `eps` 乘以各**词**的数的均方根（填充不算在内），这样向量再长也起不了保护作用；填充保持不变，斜率为 0 的数也不变。


# %% tags=["exercise"]
def attacked(x, mask, slope, eps):
    return ...


# %% tags=["solution"]
def attacked(x, mask, slope, eps):
    size = np.sqrt(np.mean(x[mask] ** 2))
    return x + eps * size * np.sign(slope(x)) * mask[:, None]


# %% tags=["exercise-check"]
check("21.1", attacked)

# %% [markdown] lang="en"
# *Hint*: `x[mask]` are the words. Root mean square: square, mean over all their numbers, root. The slope is asked for at `x` itself; padding may have a slope, too.
#
# **21.2 Pairs that find each other.** `pictures` (N, D) and `captions` (N, D) are vectors, row by row a pair; none has the length 0. Write `contrastive(pictures, captions, tau)`: the symmetric loss of section 3, with $s_{ij}$ the cosine divided by `tau`. It must stay finite and right for a small `tau`, such as 0.001.

# %% [markdown] lang="zh"
# **提示**　`x[mask]` 就是各个词。均方根：先平方，再对它们的全部数求平均，再开方。斜率要在 `x` 本身处问；填充处也可能有斜率。
#
# **21.2 互相找得到的一对**　`pictures` (N, D) 和 `captions` (N, D) 是向量，逐行配成一对，长度都不为 0。请写 `contrastive(pictures, captions, tau)`：第 3 节的对称损失，$s_{ij}$ 是余弦除以 `tau`。`tau` 很小（如 0.001）时，结果也必须有限而且正确。


# %% tags=["exercise"]
def contrastive(pictures, captions, tau):
    return ...


# %% tags=["solution"]
def contrastive(pictures, captions, tau):
    u = pictures / np.linalg.norm(pictures, axis=1, keepdims=True)
    v = captions / np.linalg.norm(captions, axis=1, keepdims=True)
    s = u @ v.T / tau
    total = 0.0
    for axis in (0, 1):
        top = s.max(axis=axis)
        total += np.mean(top + np.log(np.exp(s - np.expand_dims(top, axis)).sum(axis=axis)))
    return total / 2 - np.mean(np.diag(s))


# %% tags=["exercise-check"]
check("21.2", contrastive)

# %% [markdown] lang="en"
# *Hint*: $-\ln p_{ii} = \ln \sum_j e^{s_{ij}} - s_{ii}$. Take the largest number of the row out of the sum before `exp`; then the same for columns.
#
# **21.3 Even use.** `scores` (N, E) are what a router says of E experts for N tokens. Write `balance(scores)`: the balance loss of `softmax(scores)`, whose first choices are the largest scores (of equal ones the first), and its gradient with respect to the *scores*, (N, E). The counts have no slope; the softmax has. It must stay right for scores of a thousand.

# %% [markdown] lang="zh"
# **提示**　$-\ln p_{ii} = \ln \sum_j e^{s_{ij}} - s_{ii}$。先把一行里最大的数从和里提出来，再用 `exp`；列也一样。
#
# **21.3 用得均匀**　`scores` (N, E) 是路由器对 N 个词元、E 个专家打的分。请写 `balance(scores)`：返回 `softmax(scores)` 的均衡损失（首选是分数最大的，相等时取前面的），以及它对**分数**的梯度，(N, E)。计数没有斜率，softmax 有。分数上千时，结果也必须正确。


# %% tags=["exercise"]
def balance(scores):
    return ..., ...


# %% tags=["solution"]
def balance(scores):
    n, experts = scores.shape
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    f = np.bincount(scores.argmax(axis=1), minlength=experts) / n
    loss = experts * f @ p.mean(axis=0)
    slope = experts * f / n  # of each probability
    return loss, p * (slope - (p @ slope)[:, None])


# %% tags=["exercise-check"]
check("21.3", balance)

# %% [markdown] lang="en"
# *Hint*: section 3 has the slope of each probability. Through the softmax of a row, a slope $h$ becomes $p \cdot (h - \sum_e p_e h_e)$ (lesson 5). An expert that nobody chooses first has $f_e = 0$, and still counts.
#
# ## 9 Further reading
#
# * Goodfellow, Shlens & Szegedy 2015, "Explaining and Harnessing Adversarial Examples", sections 3 to 5. For text: Miyato, Dai & Goodfellow 2017 (steps in word vectors); Ebrahimi et al. 2018, "HotFlip" (swaps by the first order).
# * Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision" (CLIP), section 2.3.
# * Shazeer et al. 2017, "Outrageously Large Neural Networks"; Lepikhin et al. 2021, "GShard", section 2; Fedus, Zoph & Shazeer 2021, "Switch Transformers", section 2.2, for this balance loss.
# * Dai et al. 2019, "Transformer-XL", sections 3.2 and 3.3.
# * Brown et al. 2020, "Language Models are Few-Shot Learners".
# * In this project: `minillm/models/adversarial/`, `minillm/ops/contrastive.py`, `minillm/nn/experts.py`, `minillm/nn/expert_shards.py`, `minillm/models/segment_memory.py`; the studies: `python -m minillm labs run adversarial_directions`, `adversarial`, `fusion`, `retrieval`, `mixture_of_experts`, `segment_recurrence`, `mixture_of_experts_longer`; what each has found, also on other seeds: [the outlook, measured](outlook.md).

# %% [markdown] lang="zh"
# **提示**　每个概率的斜率见第 3 节。斜率 $h$ 穿过一行的 softmax，变成 $p \cdot (h - \sum_e p_e h_e)$（第 5 课）。没有人首选的专家，$f_e = 0$，但仍要算在内。
#
# ## 9 延伸阅读
#
# * Goodfellow、Shlens、Szegedy，2015，“Explaining and Harnessing Adversarial Examples”，第 3 至 5 节。用于文本的：Miyato、Dai、Goodfellow，2017（在词向量里走步）；Ebrahimi 等，2018，“HotFlip”（按一阶近似换）。
# * Radford 等，2021，“Learning Transferable Visual Models From Natural Language Supervision”（CLIP），第 2.3 节。
# * Shazeer 等，2017，“Outrageously Large Neural Networks”；Lepikhin 等，2021，“GShard”，第 2 节；Fedus、Zoph、Shazeer，2021，“Switch Transformers”，第 2.2 节，本课的均衡损失出自这里。
# * Dai 等，2019，“Transformer-XL”，第 3.2、3.3 节。
# * Brown 等，2020，“Language Models are Few-Shot Learners”。
# * 本项目：`minillm/models/adversarial/`、`minillm/ops/contrastive.py`、`minillm/nn/experts.py`、`minillm/nn/expert_shards.py`、`minillm/models/segment_memory.py`；研究：`python -m minillm labs run adversarial_directions`、`adversarial`、`fusion`、`retrieval`、`mixture_of_experts`、`segment_recurrence`、`mixture_of_experts_longer`；各项结果，连同另一些种子上的，见[展望：实测结果](outlook.md)。
