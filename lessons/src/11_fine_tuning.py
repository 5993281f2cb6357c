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
#     lesson: 11
#     guide: ['2.1', '6.3', '9.3']
#     budget_s: 20
#     errata: [A25, A78, A113]
#     introduces: [minillm.nn.lora, minillm.nn.adapter, minillm.nn.replacing, minillm.tasks.evaluation, minillm.tasks.finetuning.bodies, minillm.tasks.finetuning.methods, minillm.tasks.finetuning.recipe, minillm.tasks.finetuning.training, minillm.tasks.generation.language_model]
# ---

# %% tags=["numbers"]
from minillm.course.numbers import study
from minillm.labs import mean_and_interval, read_settings
from minillm.labs.finetuning.ways import STUDY, ways

runs, labels, passes = study("ranks"), study("ways"), study("passes")
n, n_labels, n_passes = len(runs["learned"]), len(labels["topics, own"]), len(passes["en, cosines"])


def spread(values):
    """Mean, and half a confidence interval."""
    mean, half = mean_and_interval(values)
    return {"mean": mean, "half": half}


order = ("full", "slow", "r1", "r4", "r16", "r64", "s1", "s4", "s16", "s64")  # s: an eighth
end = {
    name: {
        "news": spread(runs["learned"][:, i, -1]),
        "reviews": spread(runs["forgotten"][:, i, -1]),
        "rank": spread(runs["rank"][:, i]),
    }
    for i, name in enumerate(order)
}
at_first = dict(zip(("news", "reviews"), runs["before"].mean(axis=0), strict=True))
minus = runs["learned"][:, :, -1] - runs["learned"][:, 1:2, -1]  # each less the slow one
over = runs["forgotten"][:, :, -1] - runs["forgotten"][:, 1:2, -1]
beside = {
    name: {"news": spread(-minus[:, i]), "reviews": spread(over[:, i])}
    for i, name in enumerate(order)
}
same = spread(minus[:, 9])  # rank 64 and full training, both slow
same["mean"] = abs(same["mean"])
assert [rank for rank, _ in read_settings("ranks")["ways"]] == [0, 0, *[1, 4, 16, 64] * 2]
rates = [rate for _, rate in read_settings("ranks")["ways"]]
assert [rates[0] / rates[1], *(rates[i] / rates[i + 4] for i in range(2, 6))] == [8] * 5
by_rate = {
    name: spread(runs["forgotten"][:, i, -1] - runs["forgotten"][:, i + 4, -1])
    for i, name in ((2, "r1"), (3, "r4"), (4, "r16"), (5, "r64"))
}
seven = [name.replace(" ", "_") for name in ways(STUDY.settings, 0)]
told = {
    corpus: {
        name: {
            "right": spread(100 * labels[f"{corpus}, accuracy"][:, i, -1]),
            **{
                kind: spread(labels[f"{corpus}, {kind}"][:, i, -1] - before)
                for kind, before in zip(
                    ("own", "others"), labels[f"{corpus}, before"].T, strict=True
                )
            },
        }
        for i, name in enumerate(seven)
    }
    for corpus in ("sentiment", "topics")
}
bags = {
    corpus: {
        name: spread(100 * labels[f"{corpus}, bags"][:, i])
        for i, name in enumerate(("words", "pairs"))
    }
    for corpus in ("sentiment", "topics")
}
few, asked = study("few_labels"), read_settings("few_labels")
least, most = asked["updates"]
n_few, at = len(few["BERT"]), asked["labels"].index(400)
gain = few["BERT, pretrained"][..., 0] - few["BERT"][..., 0]  # (seeds, labels, updates)
shots = {
    "with": spread(100 * few["BERT, pretrained"][:, at, 1, 0]),
    "without": spread(100 * few["BERT"][:, at, 1, 0]),
    "pairs": spread(100 * few["bag of words and pairs"][:, at, 0]),
    "gain": spread(100 * gain[:, at, 1]),
    "loss": spread(-100 * gain[:, at, 0]),
    "all": spread(100 * gain[:, -1, 1]),
    "few": spread(100 * gain[:, : at - 1, 1].mean(axis=1)),
}
assert asked["labels"] == [10, 30, 100, 400, 1000]
near = dict(zip(("opposites", "unlike"), passes["en, cosines"][:, -1].mean(axis=0), strict=True))
LITERALS = {
    "by hand, asserted in sections 2 and 5": (
        "0 1 2 3 4 8 16 32 64 128 256 260 320 1,024 2,128 4,096 8,772 18,692"
    ),
    "one half and one eighth, as LaTeX writes them; passes of pretraining": "12 18",
    "settings of the experiments": "0.7 600 2,000 3,000 6,000",
    "numbers of labels, asserted where they are read": "10 30 1,000",
    "the level of all intervals": "95",
    "chance, of two and of four classes": "25 50",
    "what the rank of a change must hold, a setting of the study": "90",
    "about so many tokens, and weights; labels, asserted": "400 130,000 160,000",
}

# %% [markdown] lang="en"
# # Lesson 11. Fine-tuning, LoRA, forgetting
#
# **Question.** A model that has read much is to learn a task from some hundreds or thousands of labels. Must all its numbers change? And what becomes of
# what it knew before?
#
# **Afterwards you can** write LoRA with its gradient and merge it into the weight; say how many numbers each way of fine-tuning trains;
# measure what a model learns *and* what it forgets; and say when a small change does not suffice.
#
# **Before this**: lesson 8 (GPT), lesson 9 (BERT), lesson 10 (bags of words). **Time**: about a quarter of a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 11 课　微调、LoRA 与遗忘
#
# **问题**　一个读过许多文本的模型，要靠几百到几千个标签学会一项任务。它所有的参数都必须改变吗？它原来会的东西，又会怎样？
#
# **学完本课，你能够**　写出 LoRA 和它的梯度，并把它并入权重；说清每种微调方式要训练多少个参数；既量模型学到了多少，**也**量它忘掉了多少；说出什么时候小小的改动是不够的。
#
# **预备知识**　第 8 课（GPT）、第 9 课（BERT）、第 10 课（词袋）。**用时**　运行约十几秒，细读约两小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_module, check_vjp, gradients_of, nn, ops
from minillm.course import assets, check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.finetuning import ways
from minillm.optim import Adam
from minillm.tasks import evaluate
from minillm.tasks.finetuning import FinetuneRecipe, FineTuning, GptBody, layer_groups
from minillm.tasks.generation import LanguageModel
from minillm.text.corpora import load_corpus

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 2.1: task-specific fine-tuning starts from a large language model and adjusts its parameters to a task, usually with supervision (A25: right). Section 6.3: having learned from many texts, such models
# recognise accurately whether a comment is positive or negative (A78). Section 9.3 lists fine-tuning as its fourth remedy for conflicting objectives and mismatched generalisation: it makes the model suit the needs of the task (A113). Which
# parameters change, how many labels it takes and what fine-tuning costs, the guide does not say; that a model may *lose* something by it does not occur.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 2.1 节说：任务特定微调以大语言模型为基础，通常用有监督的方法调整参数，使模型适应特定任务（A25，没有错）。6.3 节说：学习大量文本之后，可以准确识别评论的情感极性（A78）。9.3 节把微调列为解决“冲突目标和泛化不匹配”的第四种办法：调整参数，使模型更适应任务需求（A113）。改动哪些参数，需要多少标签，微调有什么代价，指南都没有说；模型会因此**失去**些什么，更是只字未提。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A change of rank 1.** A weight $W$ (2 outputs, 3 inputs) stays as it is; beside it stand $A$ (1 × 3) and $B$ (2 × 1), narrow in the middle: their *rank* is $r = 1$. The strength of the change is $s = \alpha/r = 2/1$:
#
# $$W = \begin{pmatrix} 1 & 0 & 2 \\ 0 & 1 & -1 \end{pmatrix}, \quad A = \begin{pmatrix} 1 & 2 & -1 \end{pmatrix}, \quad B = \begin{pmatrix} \tfrac12 \\ -1 \end{pmatrix}, \quad sBA = \begin{pmatrix} 1 & 2 & -1 \\ -2 & -4 & 2 \end{pmatrix}, \quad W + sBA = \begin{pmatrix} 2 & 2 & 1 \\ -2 & -3 & 1 \end{pmatrix}.$$
#
# Both rows of $sBA$ point the same way: that is rank 1. With $x = (1, 1, 1)$:
#
# | | |
# |---|---|
# | two thin steps | $Wx = (3, 0)$, $Ax = 2$, $s\,B \cdot 2 = (2, -4)$, together $(5, -4)$ |
# | the merged weight | $(W + sBA)\,x = (5, -4)$ |
#
# **Backwards**, with $g = (1, -1)$, the slope of the loss with respect to the output: $g \cdot B = 3/2$, so $dA = s \cdot \tfrac32 \cdot x = (3, 3, 3)$; $dB = s\,(Ax)\,g = (4, -4)$; $dx = g\,(W + sBA) = (4, 5, 0)$; and nothing for $W$.
#
# **Why $B$ begins at 0.** Then $sBA = 0$ and the model starts exactly as it was. Now $g \cdot B = 0$, so $dA = (0, 0, 0)$; but $dB = (4, -4)$ as before, and after one step $A$ learns too. If $A$ began at 0 as well, both gradients were 0 for ever.
#
# **How many numbers?** For one weight of 64 × 64; an *adapter* is a narrow network behind it (section 3), a *head* here the last linear layer, which turns a text's vector into a number for each class:
#
# | | numbers that are trained |
# |---|---|
# | the weight | $64 \cdot 64$ = 4,096 |
# | LoRA of rank 8 | $8 \cdot (64 + 64)$ = 1,024 |
# | LoRA of rank 1 | $128$ |
# | an adapter of width 16 behind it | $2 \cdot 64 \cdot 16 + 16 + 64$ = 2,128 |
# | a head for 4 classes | $4 \cdot 64 + 4 = 260$ |
#
# From rank 32 on, LoRA trains no fewer numbers than the weight has ($32 \cdot 128$ = 4,096). In a weight of 4,096 × 4,096, as large models have them, rank 8 is one number in 256.
#
# **Forgetting.** Two weights $w = (1, 0)$, output $w \cdot x$, loss $\tfrac12 (w \cdot x - t)^2$. The first task, $x = (1, 0)$ with $t = 1$, is solved. The second is $x = (1, 1)$ with $t = 0$: the output is 1, the gradient $(1, 1)$, and after a step of length $\tfrac12$ down it
# $w = (\tfrac12, -\tfrac12)$. The second task is solved; the loss of the first rose from 0 to $\tfrac18$, though nobody asked for that. With the first weight frozen, a step of length 1 leads to $w = (1, -1)$: both are solved.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **秩为 1 的改动**　权重 $W$（2 个输出，3 个输入）保持不变，旁边放 $A$（1 × 3）和 $B$（2 × 1），中间很窄，**秩**是 $r = 1$；改动的强度 $s = \alpha/r = 2/1$：
#
# $$W = \begin{pmatrix} 1 & 0 & 2 \\ 0 & 1 & -1 \end{pmatrix}, \quad A = \begin{pmatrix} 1 & 2 & -1 \end{pmatrix}, \quad B = \begin{pmatrix} \tfrac12 \\ -1 \end{pmatrix}, \quad sBA = \begin{pmatrix} 1 & 2 & -1 \\ -2 & -4 & 2 \end{pmatrix}, \quad W + sBA = \begin{pmatrix} 2 & 2 & 1 \\ -2 & -3 & 1 \end{pmatrix}.$$
#
# $sBA$ 的两行方向相同，这就是秩为 1。取 $x = (1, 1, 1)$：
#
# | | |
# |---|---|
# | 先窄后宽，分两步 | $Wx = (3, 0)$，$Ax = 2$，$s\,B \cdot 2 = (2, -4)$，相加得 $(5, -4)$ |
# | 并入权重 | $(W + sBA)\,x = (5, -4)$ |
#
# **反向**　设损失对输出的梯度 $g = (1, -1)$：$g \cdot B = 3/2$，所以 $dA = s \cdot \tfrac32 \cdot x = (3, 3, 3)$；$dB = s\,(Ax)\,g = (4, -4)$；$dx = g\,(W + sBA) = (4, 5, 0)$；$W$ 没有梯度。
#
# **$B$ 为什么从 0 开始**　这样 $sBA = 0$，模型的起点与原来完全相同。这时 $g \cdot B = 0$，$dA = (0, 0, 0)$；但 $dB = (4, -4)$ 不变，走一步之后，$A$ 也就学得动了。如果 $A$ 也从 0 开始，两个梯度就永远是 0。
#
# **多少个参数？**　以一个 64 × 64 的权重为例；**适配器**是接在它后面的窄网络（见第 3 节），**输出头**在这里指最后的线性层，把文本的向量变成每个类别一个数：
#
# | | 要训练的参数个数 |
# |---|---|
# | 权重本身 | $64 \cdot 64$ = 4,096 |
# | 秩为 8 的 LoRA | $8 \cdot (64 + 64)$ = 1,024 |
# | 秩为 1 的 LoRA | $128$ |
# | 接在后面、宽 16 的适配器 | $2 \cdot 64 \cdot 16 + 16 + 64$ = 2,128 |
# | 4 个类别的输出头 | $4 \cdot 64 + 4 = 260$ |
#
# 秩到了 32，LoRA 训练的参数就不比权重本身少了（$32 \cdot 128$ = 4,096）。大模型里 4,096 × 4,096 的权重，秩 8 训练的参数只有 256 分之一。
#
# **遗忘**　两个权重 $w = (1, 0)$，输出 $w \cdot x$，损失 $\tfrac12 (w \cdot x - t)^2$。第一个任务是 $x = (1, 0)$、$t = 1$，已经解决。第二个任务是 $x = (1, 1)$、$t = 0$：输出是 1，梯度是 $(1, 1)$，沿它下降一步，步长 $\tfrac12$，得 $w = (\tfrac12, -\tfrac12)$。第二个任务解决了；第一个任务的损失却从 0 升到 $\tfrac18$，谁也没有要求它这样。如果冻结第一个权重，步长取 1，就到 $w = (1, -1)$：两个任务都解决。

# %%
W, x, g = np.array([[1.0, 0, 2], [0, 1, -1]]), np.ones((1, 3)), np.array([[1.0, -1]])
A, B, scale = np.array([[1.0, 2, -1]]), np.array([[0.5], [-1.0]]), 2.0
change = scale * B @ A  # (outputs, inputs)
assert np.array_equal(change, [[1, 2, -1], [-2, -4, 2]]), "the change by hand"
assert np.linalg.matrix_rank(change) == 1, "its rank"
assert np.array_equal(x @ (W + change).T, [[5, -4]]), "the output by hand"
assert np.array_equal(scale * (g @ B).T @ x, [[3, 3, 3]]), "dA by hand"
assert np.array_equal(scale * g.T @ (x @ A.T), [[4], [-4]]), "dB by hand"
assert np.array_equal(g @ (W + change), [[4, 5, 0]]), "dx by hand"
assert (64 * 64, 8 * 128, 2 * 64 * 16 + 16 + 64, 4 * 64 + 4) == (4096, 1024, 2128, 260), "counts"
assert 32 * 128 == 64 * 64 and 4096**2 == 256 * 8 * (4096 + 4096), "where LoRA is small"
both, slope = np.array([1.0, 0]), np.array([1.0, 1])  # slope of the second task there
after, frozen = both - slope / 2, both - slope * [0, 1]
assert after.sum() == frozen.sum() == 0, "the second task is solved"
assert ((after[0] - 1) ** 2 / 2, (frozen[0] - 1) ** 2 / 2) == (1 / 8, 0), "the first one"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **LoRA** (low-rank adaptation). $W$ and the bias $c$ are frozen; $A$ ($r$ × inputs) and $B$ (outputs × $r$) are trained:
#
# $$y = xW^\top + c + s\,(xA^\top)B^\top, \qquad s = \frac{\alpha}{r}; \qquad dA = s\,(gB)^\top x, \quad dB = s\,g^\top (xA^\top), \quad dx = gW + s\,(gB)A.$$
#
# The bracket matters: $xA^\top$ has $r$ columns, and the large matrix $BA$ is never built in training. $\alpha$ is meant to keep the size of the change comparable when $r$ is varied (Hu et al. 2021, section 4.1); in all experiments of this lesson $\alpha = r$, so $s = 1$. As a rule in the form of lesson 1, with $W$ among the settings, since it has no gradient:

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **LoRA**（低秩适配，low-rank adaptation）　$W$ 和偏置 $c$ 冻结不动，训练的是 $A$（$r$ × 输入）和 $B$（输出 × $r$）：
#
# $$y = xW^\top + c + s\,(xA^\top)B^\top, \qquad s = \frac{\alpha}{r}; \qquad dA = s\,(gB)^\top x, \quad dB = s\,g^\top (xA^\top), \quad dx = gW + s\,(gB)A.$$
#
# 括号很要紧：$xA^\top$ 只有 $r$ 列，训练时从来不必算出 $BA$ 那个大矩阵。$\alpha$ 的用意是：$r$ 取不同的值时，改动的大小仍可以相比（Hu 等，2021，4.1 节）；本课的实验里都取 $\alpha = r$，也就是 $s = 1$。写成第 1 课那种规则，$W$ 没有梯度，所以放在设置里：


# %%
def lora_rule(x, a, b, w, scale):
    low = x @ a.T  # (N, r)

    def vjp(g):  # (N, outputs)
        back = scale * (g @ b)  # (N, r)
        return g @ w + back @ a, back.T @ x, scale * g.T @ low

    return x @ w.T + scale * low @ b.T, vjp


# %% [markdown] lang="en"
# The same as a layer of the library, `nn.LoRA`, with our numbers in it. Its `forward` is one line: `self.layer(x) + linear(linear(x, self.A), self.B) * self.scale`.

# %% [markdown] lang="zh"
# 程序库里的层 `nn.LoRA` 是同一回事，把我们的数字放进去比一比。它的 `forward` 只有一行：`self.layer(x) + linear(linear(x, self.A), self.B) * self.scale`。

# %%
rng = np.random.default_rng(11)
layer = nn.Linear(3, 2, rng=rng, bias=False).to_dtype(np.float64)
layer.weight.data = W
ours = nn.LoRA(layer, rank=1, alpha=2, rng=rng)
assert np.array_equal(ours(x).data, layer(x).data), "B is 0: nothing has changed yet"
assert (gradients_of(ours(x).sum(), [ours.A])[0] == 0).all(), "with B = 0 nothing reaches A"
ours.A.data, ours.B.data = A, B
output, vjp = lora_rule(x, A, B, W, scale)
assert np.array_equal(ours(x).data, output), "our rule is the library's layer"
theirs = gradients_of((ours(x) * g).sum(), [ours.A, ours.B])
assert all(map(np.array_equal, theirs, vjp(g)[1:])), "our gradients are the library's"
merged = ours.merged()
print("merged weight:", *merged.weight.data.tolist(), " trained:", ours.A.size + ours.B.size)
assert np.array_equal(merged.weight.data, W + change), "merged by hand"

# %% [markdown] lang="en"
# **In a whole model.** `add_lora` puts such a layer in the place of every linear layer of a name; `merge_lora` writes the changes into the weights, after which the model is as fast as before. The GPT is the small one of lesson 8, which has read reviews and news. As if it had been trained, we move every $B$ away from 0:

# %% [markdown] lang="zh"
# **放进整个模型**　`add_lora` 把指定名称的线性层全都换成这样的层；`merge_lora` 再把改动并入权重，模型的速度就与原来一样了。这里用第 8 课存好的小 GPT，它读过评论和新闻。为了模仿训练的结果，我们让每个 $B$ 都离开 0：

# %%
LINEAR = ("query", "key", "value", "output", "inner", "outer")  # all six of a block
language = assets.load("gpt")
body = GptBody.of(language)  # the model with its tokens
gpt = body.fresh(np.random.default_rng(0)).model  # a copy
ids = body.ids("At this hotel, the breakfast was very good.")[None]  # (1, T)
untouched, blocks = gpt(ids).data, len(gpt.blocks)
places = nn.add_lora(gpt.freeze(), rank=8, rng=rng, names=LINEAR)
assert np.array_equal(gpt(ids).data, untouched), "every B is 0: the same logits, bit for bit"
for path, parameter in gpt.named_parameters():
    if path.endswith(".B"):
        parameter.data = parameter.data + 0.05 * rng.standard_normal(parameter.shape, np.float32)
beside = gpt(ids).data  # (1, T, V)
trained = sum(parameter.size for parameter in gpt.trainable_parameters())
nn.merge_lora(gpt)
gap, moved = np.abs(gpt(ids).data - beside).max(), np.abs(beside - untouched).max()
print(f"{len(places)} layers, {trained:,} trained numbers, {gpt.parameter_count():,} in all")
assert gap < 1e-4 * moved and moved > 1, "merged = beside, to the rounding of float32"

# %% tags=["machine"]
print(f"largest difference: merged and beside {gap:.1e}, of what LoRA changed {moved:.1f}")

# %% [markdown] lang="en"
# **An adapter** is another small addition: behind the output $h$ of a layer stands a narrow network: $D$ (width × outputs) with the bias $d$ narrows it, $U$ (outputs × width) with $u$ widens it again, and $U$ begins at 0,
#
# $$y = h + \mathrm{gelu}(h D^\top + d)\,U^\top + u.$$
#
# gelu is not linear, so an adapter cannot be merged into the weight: a model with adapters stays slower.
#
# **A rate for each layer.** Where all weights change, the lower layers, which hold what is common to all tasks, may go more slowly: each layer's rate is that of the one above times a factor.

# %% [markdown] lang="zh"
# **适配器**（adapter）是另一种小小的附加物：在一个层的输出 $h$ 后面接一个很窄的网络：$D$（宽 × 输出）和偏置 $d$ 把它变窄，$U$（输出 × 宽）和 $u$ 再把它变宽，$U$ 从 0 开始，
#
# $$y = h + \mathrm{gelu}(h D^\top + d)\,U^\top + u.$$
#
# gelu 不是线性的，所以适配器不能并入权重：带适配器的模型总要慢一些。
#
# **逐层的学习率**　如果所有权重都改动，可以让靠下的层走慢一些，那里存的是各种任务共用的东西：每一层的学习率，是它上面那一层的学习率乘以同一个系数。

# %%
layer = nn.Linear(5, 4, rng=rng).to_dtype(np.float64)
adapter, rows = nn.Adapter(layer, 2, rng=rng), rng.standard_normal((3, 5))
assert np.array_equal(adapter(rows).data, layer(rows).data), "U is 0: nothing has changed yet"
D, d, U, u = (rng.standard_normal(size) for size in ((2, 4), 2, (4, 2), 4))
adapter.down.data, adapter.down_bias.data, adapter.up.data, adapter.up_bias.data = D, d, U, u
h = layer(rows).data  # (N, outputs)
narrow = ops.gelu(h @ D.T + d).data  # (N, width)
assert np.allclose(adapter(rows).data, h + narrow @ U.T + u), "the formula is the library's layer"

classifier = body.fresh(rng).classifier(4, rng=rng, pooling="mean")
names = {id(parameter): name for name, parameter in classifier.named_parameters()}
groups = [g for g in layer_groups(classifier, decay=0.5) if g.parameters[0].ndim == 2]
for group in groups:
    first, *_ = (names[id(parameter)] for parameter in group.parameters)
    print(f"rate times {group.lr_scale:5.3f}: {len(group.parameters)} matrices, {first} ...")
assert [g.lr_scale for g in groups] == [1 / 8, 1 / 4, 1 / 2, 1], "half as fast, layer by layer"

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Our rule; then the whole loss of a small classifier in which only $A$, $B$ and the head are trained; and that $W$ has no gradient at all and is the same, bit for bit, after training.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 先检验我们的规则；再检验一个小分类器的整个损失，其中只有 $A$、$B$ 和输出头参加训练；最后看 $W$ 是否没有梯度，训练之后是否逐比特相同。


# %%
def away_from_zero(module):
    for parameter in module.trainable_parameters():
        parameter.data = parameter.data + 0.3 * rng.standard_normal(parameter.shape)
    return module


some, a, b, w = (rng.standard_normal(size) for size in ((6, 5), (2, 5), (3, 2), (3, 5)))
small = body.fresh(rng).classifier(4, rng=rng, pooling="mean").to_dtype(np.float64)
nn.add_lora(small.body.freeze(), rank=2, rng=rng, names=("query", "outer"), alpha=3)
away_from_zero(small)
real, labels = np.ones(ids.shape, dtype=bool), np.array([2])
errors = {
    "the rule": check_vjp(lora_rule, some, a, b, w=w, scale=1.5, rng=rng),
    "a classifier": check_module(small, lambda: small.loss(ids, real, labels), rng=rng),
}
for name, error in errors.items():
    print(f"{name:13} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-6, "the rule and the whole loss pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake: the strength is forgotten on the way back to $A$.

# %% [markdown] lang="zh"
# 故意犯一个错：反向算 $A$ 的梯度时，忘了乘强度。


# %%
def without_strength(x, a, b, w, scale):
    output, vjp = lora_rule(x, a, b, w, scale)

    def wrong(g):
        dx, da, db = vjp(g)
        return dx, da / scale, db

    return output, wrong


try:
    check_vjp(without_strength, some, a, b, w=w, scale=1.5, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten strength went unnoticed")

# %%
frozen, head = dict(small.named_parameters()), small.output.weight
before = {name: p.data.tobytes() for name, p in frozen.items() if not p.requires_grad}
optimizer = Adam(small.trainable_parameters(), lr=0.01)
losses = []
for _ in range(20):
    optimizer.zero_grad()
    loss = small.loss(ids, real, labels)
    loss.backward()
    losses.append(float(loss))
    optimizer.step()
print(f"{len(before)} arrays are frozen; loss {losses[0]:.3f} to {losses[-1]:.3f}")
for name, bits in before.items():
    assert frozen[name].grad is None, f"{name}: no gradient"
    assert frozen[name].data.tobytes() == bits, f"{name}: the same, bit for bit"
assert head.grad is not None and losses[-1] < losses[0], "the others learn"

# %% [markdown] lang="en"
# **Reading the line**: the frozen arrays are the embeddings, all weights and biases of the blocks and the last normalization (the loss is that of one text); of the whole body only the $A$ and $B$ of two kinds of layers are trained.
#
# ## 5 Where the guide differs
#
# **It suits the task. Which one?** (section 9.3, A113.) To the one that it is trained on. Forty weights, ten examples of a first task, then ten of a second one, with a linear model and gradient descent until the second is solved:

# %% [markdown] lang="zh"
# **读法**：冻结的数组包括嵌入、各个块的全部权重和偏置，以及最后的归一化（损失只是一个文本的损失）；整个主体之中，参加训练的只有两类层的 $A$ 和 $B$。
#
# ## 5 与指南不同之处
#
# **更适应任务——哪个任务？**（9.3 节，A113）　适应的是正在训练的这一个。取四十个权重、一个线性模型，先有第一个任务的十个样本，再有第二个任务的十个样本，用梯度下降训练到第二个任务解决为止：

# %%
draw = np.random.default_rng(5)
inputs = draw.standard_normal((2, 10, 40)) / 40**0.5  # (tasks, examples, weights)
wanted = draw.standard_normal((2, 10))


def cost(weights, task):
    return ((inputs[task] @ weights - wanted[task]) ** 2).mean() / 2


def descend(weights, tasks, steps=20_000):
    for _ in range(steps):
        for task in tasks:
            weights = weights - 0.1 * inputs[task].T @ (inputs[task] @ weights - wanted[task])
    return weights


# %%
first = descend(np.zeros(40), tasks=[0])
second, two = descend(first, tasks=[1]), descend(first, tasks=[0, 1])
print("losses of the tasks, first and second")
for name, weights in {"the first": first, "then the second": second, "then both": two}.items():
    print(f"{name:16} {cost(weights, 0):.4f} {cost(weights, 1):.4f}")
stated("forgot", cost(second, 0), 0.28, 0.005, "the first task, forgotten")
assert max(cost(two, 0), cost(two, 1)) < 1e-6, "there is room for both"

# %% [markdown] lang="en"
# There are weights that solve both tasks, and training on both finds them: it is not for want of room that the first is forgotten (its loss, which had fallen to 0, is {here.forgot}), but because no loss asks for it any more. McCloskey and Cohen found this in 1989 and called it *catastrophic interference*; today one says *catastrophic forgetting*. One remedy
# can be read off the last row: go on asking the old question too. The first GPT did so, with half of its old loss added to the new one (Radford et al. 2018, section 3.2; A25). LoRA is another idea: to leave the old weights alone, and to allow but a small change. Whether that is a remedy is measured in section 6.
#
# **Parameters are adjusted.** (section 2.1.) Which, and how many? In the GPT of section 3, with a head for four classes:

# %% [markdown] lang="zh"
# 同时解决两个任务的权重是有的，两个任务一起训练就能找到：忘掉第一个任务（它的损失本已降到 0，现在是 {here.forgot}），不是因为容量不够，而是因为再也没有哪个损失过问它。McCloskey 和 Cohen 在 1989 年发现了这种现象，称之为灾难性干扰，如今多称**灾难性遗忘**。最后一行就是一种补救办法：旧的问题也继续问。最初的 GPT 就是这样做的，在新损失上再加一半的旧损失（Radford 等，2018，3.2 节；A25）。LoRA 是另一种思路：不动旧的权重，只允许小小的改动。这算不算补救，第 6 节来量。
#
# **调整参数**（2.1 节）　调整哪些，多少个？以第 3 节的 GPT 加上四个类别的输出头为例：

# %%
news = load_corpus("topics", "en", seed=0, sizes=(600, 100, 300))
recipes = {
    "full": FinetuneRecipe(method="full"),
    "head": FinetuneRecipe(method="head"),
    "lora 1": FinetuneRecipe(method="lora", rank=1, where=",".join(LINEAR)),
    "lora 8": FinetuneRecipe(method="lora", rank=8, where=",".join(LINEAR)),
    "adapter": FinetuneRecipe(method="adapter", adapter_width=16),
}
for name, recipe in recipes.items():
    numbers, in_all = FineTuning(recipe, body, news.train).counts()
    print(f"{name:8} {numbers:8,} of {in_all:,}  {numbers / in_all:6.1%}")
by_hand = 8 * blocks * (4 * (64 + 64) + 2 * (64 + 256)) + 4 * 64 + 4
stated("lora_8", by_hand, 18692, 0, "rank 8 in both blocks, and the head")
assert FineTuning(recipes["lora 8"], body, news.train).counts()[0] == by_hand, "as counted by hand"
assert FineTuning(recipes["adapter"], body, news.train).counts()[0] == 4 * 2128 + 260 == 8772, (
    "two adapters in each block, and the head"
)

# %% [markdown] lang="en"
# Rank 8, by hand: in each of the 2 blocks four weights of 64 × 64 and two of 64 × 256, and the head: $8 \cdot 2 \cdot (4 \cdot 128 + 2 \cdot 320) + 260$ = 18,692. Adapters stand behind two layers of each block, `attention.output` and `feed_forward.outer`: $2 \cdot 2 \cdot$ 2,128 + 260 = 8,772.
#
# **Accurately?** (section 6.3, A78.) Compared with what? Section 6 puts a bag of words beside every way of fine-tuning, and one of the two tasks will be too hard for most of them.
#
# ## 6 Experiment
#
# ### 6.1 What is learned, and what is forgotten
#
# The GPT learns from 600 labelled news items which of four subjects they are about, in four passes, in three ways, each at the rate that `FinetuneRecipe` takes by itself. Before and after we ask what a next token costs it, in nats: in other news, and in reviews, which do not occur in this training:

# %% [markdown] lang="zh"
# 秩 8 的手算：2 个块，每块有 64 × 64 的权重四个、64 × 256 的权重两个，再加上输出头：$8 \cdot 2 \cdot (4 \cdot 128 + 2 \cdot 320) + 260$ = 18,692。适配器接在每块的两个层后面，`attention.output` 和 `feed_forward.outer`：$2 \cdot 2 \cdot$ 2,128 + 260 = 8,772。
#
# **准确吗？**（6.3 节，A78）　与什么相比？第 6 节给每种微调方式都配上词袋模型作对照；两个任务之中，有一个对多数方式来说太难了。
#
# ## 6 实验
#
# ### 6.1 学到了什么，忘掉了什么
#
# GPT 用 600 条标注过的新闻学习分辨四个主题，训练四轮，用三种方式，学习率都是 `FinetuneRecipe` 的默认值。训练前后各问一次：预测下一个词元要付出多少奈特？一问其他的新闻，二问评论，而评论在这次训练中根本没有出现：

# %% tags=["machine"]
texts = {"news": news.dev, "reviews": load_corpus("sentiment", "en", seed=0, sizes=(0, 100, 0)).dev}
texts = {name: [text for text, _ in examples] for name, examples in texts.items()}
before = {name: body.language_loss(some) for name, some in texts.items()}
print("nats of a token: news  reviews   right")
print(f"before  {before['news']:10.2f} {before['reviews']:8.2f}")
tuned = {}
for name in ("full", "lora 8", "head"):
    recipe = FinetuneRecipe(**vars(recipes[name]) | {"epochs": 4, "pooling": "mean"})
    tuned[name] = training = FineTuning(recipe, body, news.train)
    for _ in training.steps():
        pass
    right = evaluate(training.result(), news.test).accuracy
    after = {place: training.language_loss(some) for place, some in texts.items()}
    print(f"{name:7} {after['news']:10.2f} {after['reviews']:8.2f} {right:8.0%}")
    lost = {place: after[place] - before[place] for place in texts}
    if name == "head":
        assert max(map(abs, lost.values())) < 1e-6, "under the head alone the language stays"
    else:
        assert lost["news"] > 0.3, f"{name}: the language of the news suffers"
        assert lost["news"] > 2 * lost["reviews"] > 0, f"{name}: that of the reviews less"

# %% [markdown] lang="en"
# **Reading the table.** One model, one seed. The labels are learned, and the language goes; most of all that of the very texts that it was trained on, of which nobody asked the next word any more. The head alone forgets nothing, since the body stays as it was, bit for bit, and learns
# least. LoRA does not protect: the old weights are all still there, but with the change beside them, merged or not, the language is spoiled. It only makes the damage *removable*: take $A$ and $B$ off again, and the old model is back, bit for bit, without the new task. What the damage looks like, if the GPT goes on with a
# beginning, always by the most probable token:

# %% [markdown] lang="zh"
# **读表**　一个模型，一个种子。标签学会了，语言却丢了；丢得最多的，恰恰是刚刚训练过的那类文本，因为再也没有人问它下一个词是什么。只训练输出头，主体逐比特不变，什么也没忘，学到的也最少。LoRA 并不能防止遗忘：旧的权重一个不少，但加上旁边的改动（并入与否都一样），语言还是坏了。它只是让这种损害**可以撤销**：拿掉 $A$ 和 $B$，原来的模型就逐比特地回来了，只是新任务也没有了。坏成什么样子？给它两个开头，让它续写，每次都取概率最大的词元：

# %% tags=["machine"]
writers = {"before": language.model} | {
    name: training.pretrained.model for name, training in tuned.items()
}
kept = {name.replace(".layer.", "."): a for name, a in writers["lora 8"].state_dict().items()}
for name, array in language.model.state_dict().items():
    assert np.array_equal(kept[name], array), f"{name}: under LoRA the old weight is still there"
for name, model in writers.items():
    writer = LanguageModel(
        model, language.tokenizer, language.vocabulary, documents=language.documents
    )
    for begun in ("The engineer measured", "At this hotel, the"):
        ((written,),) = writer.write([begun], 16)
        print(f"{name:8} {begun}{written.text}")

# %% [markdown] lang="en"
# ### 6.2 Learns less, forgets less?
#
# Now with the same objective before and after, over {n} seeds. A GPT has read 6,000 reviews, and then reads 3,000 news items for 600 updates, in full or by LoRA of ranks 1 to 64 in all six kinds of linear layers. Every way has the learning rate that was best for the news on another seed, of a row in steps of two, and a slow one as well, an eighth of it.
# For each run we ask afterwards what a token of *other* news costs (what was learned), and what a token of other reviews costs (what was forgotten).

# %% [markdown] lang="zh"
# ### 6.2 学得少，忘得也少？
#
# 现在让训练前后的目标相同，用 {n} 个种子。一个 GPT 读过 6,000 条评论，接着读 3,000 条新闻，更新 600 次；要么训练全部参数，要么用秩为 1 到 64 的 LoRA，放在全部六类线性层里。每种方式的学习率，都是在另一个种子上按每档两倍试出来的、对新闻最好的一个；另外再各跑一个慢的，学习率是它的八分之一。每次运行之后问两个数：**另外的**新闻里，一个词元要付出多少奈特（学到了多少）；另外的评论里，一个词元要付出多少奈特（忘掉了多少）。

# %%
runs, settings = read_study("ranks"), read_settings("ranks")
print({name: value for name, value in settings.items() if name != "ways"})
at, manners = settings["tuning"]["measured_at"], []
for rank, rate in settings["ways"]:
    name = f"LoRA {rank}" if rank else "full"
    manners.append(f"{name}, slow" if name in manners else name)
    print(f"{manners[-1]:13} highest rate {rate:g}")
print("nats of a token: news         reviews        rank of the change   trained")
for i, name in enumerate(manners):
    columns = runs["learned"][:, i, -1], runs["forgotten"][:, i, -1], runs["rank"][:, i]
    shown = ("{:5.2f} +- {:4.2f}".format(*mean_and_interval(values)) for values in columns)
    share = runs["trained"][0, i] / runs["numbers"][0]
    print(f"{name:13}", "  ".join(shown), f"{share:14.1%}")
for place, nats in zip(("news", "reviews"), runs["before"].mean(axis=0), strict=True):
    print(f"before: {place} {nats:.2f}")

# %%
new, old = (runs[key][:, :, -1].mean(axis=0) for key in ("learned", "forgotten"))  # (ways,)
for one in (new[2:6], new[6:], -old[2:6], -old[6:]):
    assert np.all(np.diff(one) < 0), "a higher rank learns more and forgets more"
assert np.all(old[6:] < old[2:6]) and old[1] < old[0], "whoever goes slowly forgets less"
more = mean_and_interval(runs["forgotten"][:, 2:6, -1] - runs["forgotten"][:, 6:, -1])
print("forgotten more at the higher rate, LoRA 1, 4, 16, 64:")
print("  ".join(f"{mean:.2f} +- {half:.2f}" for mean, half in zip(*more, strict=True)))
learned, lost = (runs[key].mean(axis=0) for key in ("learned", "forgotten"))  # (ways, S)
there = np.interp(np.log(learned[4:6]), np.log(learned[0, ::-1]), lost[0, ::-1])
assert np.all(lost[4:6] > there), "with as much learned, ranks 16 and 64 have forgotten more"
assert new[4] < new[1], "rank 16 learns more than slow full training"
for key in ("learned", "forgotten"):
    less = mean_and_interval(runs[key][:, 9, -1] - runs[key][:, 1, -1])
    print(f"LoRA 64, slow, less full, slow, nats: {key:10} {less[0]:5.2f} +- {less[1]:.2f}")

# %%
figure, (curves, by_rank) = plt.subplots(1, 2, figsize=(9.5, 3.8), width_ratios=(1.3, 1))
for i, (name, marker) in enumerate(zip(manners, "oPsD^vsD^v", strict=True)):
    new, wide = mean_and_interval(runs["learned"][:, i])  # (S,), (S,)
    old, high = mean_and_interval(runs["forgotten"][:, i])
    dashes = ":" if "slow" in name else "-"
    style = {"fmt": marker + dashes, "color": f"C{i if i < 6 else i - 4}", "ms": 5, "lw": 1}
    style["mfc"] = "none" if "slow" in name else None
    curves.errorbar(new, old, high, wide, label=name, **style)
curves.axhline(runs["before"][:, 1].mean(), color="grey", ls="--", lw=1)
blind = stated("blind", np.log(400), 5.99, 0.005, "a blind guess among 400 tokens")
curves.axhline(blind, color="grey", ls=":", lw=1.2)
curves.set(xlabel="nats, news", ylabel="nats, reviews", xscale="log", xlim=(5.6, 0.27))
curves.set_xticks([4, 2, 1, 0.5, 0.3], [4, 2, 1, 0.5, 0.3])
curves.minorticks_off()
curves.legend(fontsize=6, ncols=2, loc="lower right")
ranks, half = mean_and_interval(runs["rank"])  # (ways,)
ticks, allowed = np.arange(len(manners)), [rank or 64 for rank, _ in settings["ways"]]
by_rank.plot(ticks, allowed, "_", color="grey", ms=18)
by_rank.errorbar(ticks, ranks, half, fmt="o", ms=5, mfc="none")
by_rank.set(ylabel="rank of the change", yscale="log")
by_rank.set_xticks(ticks, manners, rotation=45, ha="right", fontsize=8)
by_rank.set_yticks(allowed[2:], allowed[2:])
by_rank.minorticks_off()
drawn = {key: runs[key].mean(axis=0) for key in ("before", "learned", "forgotten", "rank")}
savefig(figure, "11_forget", {"updates": at, **drawn})

# %% [markdown] lang="en"
# **What you saw** (bars: 95 % intervals of the mean of {n} seeds; each curve from 50 to 600 updates; learning goes to the right, forgetting upwards. Dashed: reviews before, dotted: a blind guess among some 400 tokens, $\ln 400$ = {here.blind}).
#
# The news were foreign to the model: a token of them cost {at_first.news:.1f} nats, more than a blind guess. In full, at its best rate, it brings that down to {end.full.news.mean:.2f}, and pays with *all* that it knew: a token of the reviews goes from {at_first.reviews:.2f} to {end.full.reviews.mean:.1f} nats (± {end.full.reviews.half:.1f}). That is catastrophic forgetting.
#
# *LoRA learns less and forgets less?* After 600 updates, each at the rate that was best for the news: yes, and the more so the lower the rank. Rank 64 ends at {end.r64.news.mean:.2f} and {end.r64.reviews.mean:.1f}, rank 16 at {end.r16.news.mean:.2f} and {end.r16.reviews.mean:.1f}, rank 1 at {end.r1.news.mean:.1f} and {end.r1.reviews.mean:.1f}. But the ends are not the curves: where ranks 16 and 64 have learned as much as full training had at some point, they have forgotten more than it had there, at their ends by little.
#
# **The rate protects, whatever the rank.** An eighth of it (dotted curves) brings full training to {end.slow.news.mean:.2f} and {end.slow.reviews.mean:.1f}; LoRA of rank 1, 4, 16 and 64 forgets {by_rate.r1.mean:.1f}, {by_rate.r4.mean:.1f}, {by_rate.r16.mean:.1f} and {by_rate.r64.mean:.1f} nats less with it, and learns somewhat less. And here two of them have learned the *same*: slow full training and slow LoRA of rank 64, which differ by {same.mean:.2f} ± {same.half:.2f} nats. LoRA has forgotten {beside.s64.reviews.mean:.1f} ± {beside.s64.reviews.half:.1f} nats more. Whoever compares LoRA with full fine-tuning at one rate compares two things at once.
#
# One reservation: to learn an all but unknown language, of which LoRA leaves the vectors of all tokens frozen, may be what suits it least. In large models LoRA was found to forget less than full fine-tuning (Biderman et al. 2024).
#
# **The rank of the change** (right; grey: the most that is possible, which for rank 64 is that of the weight itself) is the number of singular values that hold 90 % of the squared size, in the mean of the weights. That of full training is about {end.full.rank.mean:.0f}, of the slow one {end.slow.rank.mean:.0f}. That so many directions are *needed* does not follow: LoRA of rank 16, whose change has {end.r16.rank.mean:.0f}, learned more than slow full training.

# %% [markdown] lang="zh"
# **看到了什么**（误差棒是 {n} 个种子的均值的 95% 置信区间；每条曲线从 50 次更新到 600 次；越往右，学到的越多，越往上，忘掉的越多。虚线是训练之前的评论；点线是在约 400 个词元里瞎猜，$\ln 400$ = {here.blind}）
#
# 新闻对模型来说很陌生：一个词元要付出 {at_first.news:.1f} 奈特，比瞎猜还多。训练全部参数，用最好的学习率，能降到 {end.full.news.mean:.2f}，代价是把**原来会的全都**忘掉：评论里的一个词元，从 {at_first.reviews:.2f} 涨到 {end.full.reviews.mean:.1f} 奈特（± {end.full.reviews.half:.1f}）。这就是灾难性遗忘。
#
# **LoRA 学得少，忘得也少？**　都用对新闻最好的学习率，更新 600 次之后：是的，而且秩越低越是如此。秩 64 最后是 {end.r64.news.mean:.2f} 和 {end.r64.reviews.mean:.1f}，秩 16 是 {end.r16.news.mean:.2f} 和 {end.r16.reviews.mean:.1f}，秩 1 是 {end.r1.news.mean:.1f} 和 {end.r1.reviews.mean:.1f}。但终点不等于整条曲线：秩 16 和 64 学到全量微调某一时刻的程度时，忘掉的比它那时更多，在终点处只多一点。
#
# **起保护作用的是学习率，哪种秩都一样。**　学习率取八分之一（点线），全量微调最后是 {end.slow.news.mean:.2f} 和 {end.slow.reviews.mean:.1f}；秩 1、4、16、64 的 LoRA 分别少忘 {by_rate.r1.mean:.1f}、{by_rate.r4.mean:.1f}、{by_rate.r16.mean:.1f}、{by_rate.r64.mean:.1f} 奈特，学到的也少一些。其中有两个学到的**一样多**：慢速的全量微调和慢速的秩 64 LoRA，相差 {same.mean:.2f} ± {same.half:.2f} 奈特；LoRA 却多忘了 {beside.s64.reviews.mean:.1f} ± {beside.s64.reviews.half:.1f} 奈特。拿一种学习率下的全量微调与 LoRA 相比，是同时比较了两件事。
#
# 有一点保留：学一门几乎全新的语言，而 LoRA 又冻结了所有词元的向量，这也许正是它最不擅长的。在大模型上，有人发现 LoRA 比全量微调忘得少（Biderman 等，2024）。
#
# **改动的秩**（右图；灰色横线是可能的最大值，秩 64 就是权重本身的秩）是指占去平方大小 90% 的奇异值的个数，对各个权重取平均。全量微调约为 {end.full.rank.mean:.0f}，慢速的约为 {end.slow.rank.mean:.0f}。但不能由此说**需要**这么多方向：秩 16 的 LoRA，改动的秩是 {end.r16.rank.mean:.0f}，学到的比慢速的全量微调还多。

# %% [markdown] lang="en"
# ### 6.3 Seven ways to learn labels
#
# A BERT has read sentences of two corpora, reviews and news, and then learns the labels of one of them: 2,000 examples, eight passes, seven ways. The learning rates (printed below, behind each rank of LoRA its own) are for every way the best of a grid, by the mean of both corpora on held-out sentences, under two seeds that are not among these; "slower below" multiplies its rate by 0.7 from each layer to the one beneath. Forgetting is again counted in nats, here of a hidden word, in other sentences of the corpus that is trained on ("own"), and in sentences of the other one ("others"). In table and figure the reviews are "sentiment", the news "topics"; a classifier reads the mean of all positions. Beside the ways stand two bags of words with the same labels, their penalty chosen on held-out sentences: one of single words, one of neighbouring pairs too.

# %% [markdown] lang="zh"
# ### 6.3 学标签的七种方式
#
# 一个 BERT 读过评论和新闻两种语料的句子，再学其中一种的标签：2,000 个样本，八轮，七种方式。学习率打印在下面，LoRA 的每种秩后面是它自己的：每种方式都试过一组值，换两个种子，看两种语料的留出句子，取平均最好的那个；“slower below”的学习率每往下一层乘以 0.7。遗忘仍用奈特来量，这里问的是遮住的词：一问同一语料里的其他句子（own），二问另一种语料的句子（others）。表和图中，评论是 sentiment，新闻是 topics；分类器读的是各位置的平均。作对照的是两个词袋模型，用同样的标签，惩罚强度在留出的句子上选定：一个只看单个的词，一个还看相邻的词对。

# %%
print(read_settings("ways")["rates"], read_settings("ways")["lora"])
found, seven = read_study("ways"), list(ways.ways(ways.STUDY.settings, 0))
ends = {}
for corpus in ("sentiment", "topics"):
    accuracy = found[f"{corpus}, accuracy"][:, :, -1]  # (seeds, ways)
    lost = [
        found[f"{corpus}, {texts}"][:, :, -1] - found[f"{corpus}, before"][:, [place]]
        for place, texts in enumerate(("own", "others"))
    ]
    ends[corpus] = [mean_and_interval(values) for values in (accuracy, *lost)]
    print(f"{corpus:13} trained  right          forgotten: own   others")
    for i, name in enumerate(seven):
        row = "  ".join(f"{mean[i]:5.2f} +- {half[i]:4.2f}" for mean, half in ends[corpus])
        print(f"{name:13} {found[f'{corpus}, trained'][0, i]:7,.0f}  {row}")
    for name, right in zip(("single words", "and pairs"), found[f"{corpus}, bags"].T, strict=True):
        mean, half = mean_and_interval(right)
        print(f"{name:22} {mean:5.2f} +- {half:4.2f}")
(right, _), (lost, _), _ = ends["sentiment"]
single, pairs = found["sentiment, bags"].mean(axis=0)
few_numbers = [seven.index(name) for name in ("head", "lora 1", "lora 8", "adapter")]
assert np.abs(right[few_numbers] - 0.5).max() < 0.03, "reviews: these are right by chance"
assert 0.5 < right[seven.index("lora 64")] < single, "rank 64 learns less than single words do"
assert single < pairs < min(right[:2]), "all weights beat the bags"
assert lost.argmax() == seven.index("lora 8"), "what learned nothing forgot most"
assert ends["topics"][0][0][2:].max() < found["topics, bags"].mean(axis=0)[1], "news: no more"

# %%
figure, panels = plt.subplots(2, 2, figsize=(9.5, 6.2), sharex=True)
kept, ticks = {}, np.arange(len(seven))
for (right, lost), corpus in zip(panels, ends, strict=True):
    mean, half = ends[corpus][0]
    right.errorbar(ticks, mean, half, fmt="o", color="C0", ms=5, mfc="none")
    bags = found[f"{corpus}, bags"].mean(axis=0)  # (2,)
    for bag, dashes, label in zip(bags, (":", "--"), ("words", "words and pairs"), strict=True):
        right.axhline(bag, color="grey", ls=dashes, lw=1.2, label=f"bag of {label}")
    kept |= {f"{corpus}, right": mean, f"{corpus}, bags": bags}
    for i, (text, marker) in enumerate({"own": "s", "others": "^"}.items(), start=1):
        mean, half = ends[corpus][i]
        style = {"fmt": marker, "color": f"C{i}", "ms": 5, "mfc": "none"}
        lost.errorbar(ticks + 0.2 * i - 0.3, mean, half, label=text, **style)
        kept[f"{corpus}, {text}"] = mean
    right.set(ylabel="right", title=corpus)
    lost.set(ylabel="nats forgotten", title=corpus)
    for axes in (right, lost):
        axes.set_xticks(ticks, seven, rotation=45, ha="right", fontsize=8)
    right.legend(fontsize=8)
    lost.legend(fontsize=8, loc="upper right")
savefig(figure, "11_ways", kept)

# %% [markdown] lang="en"
# **What you saw** (mean of {n_labels} seeds with 95 % intervals; left the share that is right, with the two bags of words as lines; right how many nats dearer a hidden word has become).
#
# **News** are easy, their words tell the subject: a bag of words is right in {bags.topics.words.mean:.0f} % of them, with pairs in {bags.topics.pairs.mean:.0f} %, full training in {told.topics.full.right.mean:.0f} %. The small changes learn a part: LoRA of rank 1, 8 and 64 {told.topics.lora_1.right.mean:.0f}, {told.topics.lora_8.right.mean:.0f} and {told.topics.lora_64.right.mean:.0f} % (± {told.topics.lora_64.right.half:.0f}), adapters {told.topics.adapter.right.mean:.0f} %, the head alone {told.topics.head.right.mean:.0f} %; chance is 25 %. The best of them comes about as far as single words.
#
# **Reviews** are hard. Full training reaches {told.sentiment.full.right.mean:.0f} % (± {told.sentiment.full.right.half:.0f}), slower below {told.sentiment.slower_below.right.mean:.0f} % (± {told.sentiment.slower_below.right.half:.0f}); a bag of words {bags.sentiment.words.mean:.0f} %, with pairs {bags.sentiment.pairs.mean:.0f} %. LoRA of rank 64 learns a little, {told.sentiment.lora_64.right.mean:.0f} % (± {told.sentiment.lora_64.right.half:.0f}), and trains more numbers for it than the model has. *Nothing else learns anything*: the head alone, adapters and LoRA of rank 1 and 8 are right in {told.sentiment.head.right.mean:.0f}, {told.sentiment.adapter.right.mean:.0f}, {told.sentiment.lora_1.right.mean:.0f} and {told.sentiment.lora_8.right.mean:.0f} %, and chance is 50 %.
#
# **Forgotten.** The head alone forgets nothing. Full training makes a hidden word dearer by {told.topics.full.own.mean:.1f} nats in the news that it learned from and by {told.topics.full.others.mean:.1f} in the reviews; the other way round, by {told.sentiment.full.own.mean:.1f} and {told.sentiment.full.others.mean:.1f}. But forgetting is no price that buys learning: LoRA of rank 8 learned nothing about the reviews, and forgot {told.sentiment.lora_8.own.mean:.1f} nats there
# (± {told.sentiment.lora_8.own.half:.1f}) and {told.sentiment.lora_8.others.mean:.1f} in the news, more than any other. Its rate was the best for both corpora together, which means for the news; what it would forget of the reviews at a lower one was not measured.

# %% [markdown] lang="zh"
# **看到了什么**（{n_labels} 个种子的均值和 95% 置信区间；左边是答对的比例，横线是两个词袋模型；右边是一个遮住的词贵了多少奈特）
#
# **新闻**容易，看词就知道主题：词袋答对 {bags.topics.words.mean:.0f}%，加上词对 {bags.topics.pairs.mean:.0f}%，全量微调 {told.topics.full.right.mean:.0f}%。小的改动能学会一部分：秩为 1、8、64 的 LoRA 分别是 {told.topics.lora_1.right.mean:.0f}%、{told.topics.lora_8.right.mean:.0f}%、{told.topics.lora_64.right.mean:.0f}%（± {told.topics.lora_64.right.half:.0f}），适配器 {told.topics.adapter.right.mean:.0f}%，只训练输出头 {told.topics.head.right.mean:.0f}%；瞎猜是 25%。其中最好的，也就与只看单个词差不多。
#
# **评论**很难。全量微调 {told.sentiment.full.right.mean:.0f}%（± {told.sentiment.full.right.half:.0f}），下层走慢的 {told.sentiment.slower_below.right.mean:.0f}%（± {told.sentiment.slower_below.right.half:.0f}）；词袋 {bags.sentiment.words.mean:.0f}%，加上词对 {bags.sentiment.pairs.mean:.0f}%。秩 64 的 LoRA 学会了一点，{told.sentiment.lora_64.right.mean:.0f}%（± {told.sentiment.lora_64.right.half:.0f}），为此训练的参数比模型本身还多。**其余的什么也没学会**：只训练输出头、适配器、秩为 1 和 8 的 LoRA，分别答对 {told.sentiment.head.right.mean:.0f}%、{told.sentiment.adapter.right.mean:.0f}%、{told.sentiment.lora_1.right.mean:.0f}%、{told.sentiment.lora_8.right.mean:.0f}%，而瞎猜就是 50%。
#
# **遗忘**　只训练输出头，什么也不忘。全量微调用新闻训练之后，一个遮住的词在新闻里贵了 {told.topics.full.own.mean:.1f} 奈特，在评论里贵了 {told.topics.full.others.mean:.1f}；反过来用评论训练，分别贵了 {told.sentiment.full.own.mean:.1f} 和 {told.sentiment.full.others.mean:.1f}。但遗忘并不是学习的价钱，付了也未必换得到：秩 8 的 LoRA 在评论上什么也没学会，却在评论里忘了 {told.sentiment.lora_8.own.mean:.1f} 奈特（± {told.sentiment.lora_8.own.half:.1f}），在新闻里忘了 {told.sentiment.lora_8.others.mean:.1f}，比谁都多。它的学习率对两种语料合起来最好，也就是对新闻最好；学习率低一些，在评论上会忘多少，没有量过。

# %% [markdown] lang="en"
# **Why reviews are hard.** A word is good or bad; pretraining never asks which. It asks what fits, and opposites fit the same places. What the BERT of lesson 9 puts in the place of a word:

# %% [markdown] lang="zh"
# **评论为什么难**　一个词是褒是贬，预训练从来不问。它只问什么词放得进去，而反义词恰恰放得进同样的位置。看看第 9 课的 BERT 在一个词的位置上会填什么：

# %%
bert = assets.load("bert")
words = bert.encoder.vocabulary
(row,) = bert.encoder(["At this hotel, the breakfast was very generous."])
hidden_one = np.array(row)[None]  # (1, T)
place = row.tolist().index(words.token_to_id["generous"])
hidden_one[0, place] = words.mask_id
scores = bert.model(hidden_one, np.ones(hidden_one.shape, dtype=bool), np.array([place]))
p = ops.softmax(scores).data[0]  # (V,)
print(" ".join(words.tokens[i] if i != words.mask_id else "[MASK]" for i in hidden_one[0, 1:-1]))
for i in np.argsort(-p)[:5]:
    print(f"{words.tokens[i]:10} {p[i]:.2f}")
good, bad = (
    sum(p[words.token_to_id[word]] for word in some)
    for some in (("generous", "delicious"), ("meagre", "bland"))
)
assert good + bad > 0.95 and 0.4 < good < 0.6, "four words fit: two of praise, two of blame"

# %% [markdown] lang="en"
# It knows exactly which four words fit here, and nothing about which of them one would like to hear. In vectors that were learned so, opposites lie together: in the study `passes`, after 12 passes of pretraining, the mean cosine of opposites is {near.opposites:.2f}, that of a word of praise and another pair's word of blame {near.unlike:.2f} ({n_passes} seeds). Ways that leave the table of words as it is must tell apart what lies there almost in one place; full training may move the words themselves. That this is why they fail is our reading, not measured by itself. The subject of a news item, however, is told by the company of its words, and that is just what pretraining learns.

# %% [markdown] lang="zh"
# 它完全知道这里放得进哪四个词，却丝毫不知道人们爱听哪个。这样学来的向量，反义词靠在一起：`passes` 研究中，预训练 12 轮之后，反义词的平均余弦是 {near.opposites:.2f}，褒义词与别的词对里的贬义词是 {near.unlike:.2f}（{n_passes} 个种子）。不动词向量表的那些方式，要在几乎重合的地方分出彼此；全量微调可以挪动词本身。它们因此而失败，是我们的解读，没有单独量过。新闻的主题则由词与词的搭配透露，而这正是预训练学到的东西。

# %% [markdown] lang="en"
# ### 6.4 When does reading first pay?
#
# All that was said so far began with a model that had read. Is that worth it? The study `few_labels` gives 10 to 1,000 reviews with labels to a BERT that has read and to one of the same size with random weights: the same labels in the same order, the same rate, {least} or {most} updates. Beside them the two bags of words, as above.

# %% [markdown] lang="zh"
# ### 6.4 先读书，什么时候划算？
#
# 以上都从一个读过书的模型开始。先读书值得吗？`few_labels` 研究给两个同样大小的 BERT 看 10 到 1,000 条带标签的评论，一个读过书，一个权重是随机的：标签和次序相同，学习率相同，都更新 {least} 次或 {most} 次。旁边仍是那两个词袋模型。

# %%
few, asked = read_study("few_labels"), read_settings("few_labels")
figure, axes = plt.subplots(figsize=(6.4, 3.8))
kept = {"labels": asked["labels"]}
styles = {"BERT, pretrained": ("C0", "o"), "BERT": ("C1", "D")}
for name, (color, marker) in styles.items():
    for u, (updates, line) in enumerate(zip(asked["updates"], (":", "-"), strict=True)):
        mean, half = mean_and_interval(few[name][:, :, u, 0])  # over the seeds: (labels,)
        label = f"{name if 'pre' in name else 'BERT, random weights'}, {updates} updates"
        axes.errorbar(asked["labels"], mean, half, color=color, ls=line, marker=marker, ms=4,
                      capsize=2, label=label)  # fmt: skip
        kept[label] = mean
for name, marker in (("bag of words", "s"), ("bag of words and pairs", "^")):
    mean, half = mean_and_interval(few[name][..., 0])
    axes.errorbar(asked["labels"], mean, half, color="grey", ls="--", marker=marker, ms=4,
                  capsize=2, label=name)  # fmt: skip
    kept[name] = mean
axes.set(xscale="log", xlabel="labels", ylabel="right", xticks=asked["labels"])
axes.set_xticklabels(asked["labels"])
axes.minorticks_off()
axes.legend(fontsize=7)
savefig(figure, "11_shots", kept)

# %%
gain = few["BERT, pretrained"][..., 0] - few["BERT"][..., 0]
mean, half = mean_and_interval(gain)
for n_labels, row, margins in zip(asked["labels"], mean, half, strict=True):
    told = "  ".join(f"{m:+.3f} +- {h:.3f}" for m, h in zip(row, margins, strict=True))
    print(f"{n_labels:5} labels: having read is worth  {told}")
at_400 = asked["labels"].index(400)
assert mean[at_400, 1] - half[at_400, 1] > 0 > mean[at_400, 0] + half[at_400, 0], (
    "the sign turns with updates"
)
right = np.stack([few[name][:, :2].mean(axis=0) for name in styles])[..., 0]
assert np.abs(right - 0.5).max() < 0.03, "with 10 or 30 labels both are right by chance"

# %% [markdown] lang="en"
# **What you saw** ({n_few} seeds, 95 % intervals). With 400 labels and {most} updates the model that had read is right in {shots.with.mean:.0f} %, the other in {shots.without.mean:.0f} %: {shots.gain.mean:.0f} ± {shots.gain.half:.0f} points, and the bag of words and pairs, which has read nothing, in {shots.pairs.mean:.0f} %. After {least} updates the sign is the opposite one: having read *costs* {shots.loss.mean:.0f} ± {shots.loss.half:.0f} points (our reading: such a model must first take apart what lies together). With 1,000 labels the seeds differ too much to tell ({shots.all.mean:.0f} ± {shots.all.half:.0f}), and with 10 to 30 labels nobody learns anything (reading first: {shots.few.mean:.0f} ± {shots.few.half:.0f}).
#
# So "pretraining saves labels" has two numbers in it that are seldom said: how many labels, and how many updates.

# %% [markdown] lang="zh"
# **看到了什么**（{n_few} 个种子，95% 置信区间）　400 个标签、{most} 次更新时，读过书的模型答对 {shots.with.mean:.0f}%，没读过的 {shots.without.mean:.0f}%，相差 {shots.gain.mean:.0f} ± {shots.gain.half:.0f} 个百分点；什么也没读过的词袋加词对是 {shots.pairs.mean:.0f}%。只更新 {least} 次，符号就反了：读过书反而**少**对 {shots.loss.mean:.0f} ± {shots.loss.half:.0f} 个百分点（我们的解读：它得先把靠在一起的词分开）。1,000 个标签时，各个种子相差太大，看不出高下（{shots.all.mean:.0f} ± {shots.all.half:.0f}）；只有 10 到 30 个标签，谁也学不会（先读书的得失：{shots.few.mean:.0f} ± {shots.few.half:.0f}）。
#
# 所以，“预训练节省标签”这句话里有两个数很少有人说出来：多少个标签，多少次更新。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * LoRA: $y = xW^\top + c + s\,(xA^\top)B^\top$ with $r\,(\text{inputs} + \text{outputs})$ trained numbers. With $B = 0$ it begins as the old model; merged it costs no time.
# * $W$ gets no gradient and stays the same, bit for bit: the change can be taken off. As long as it is on, the model forgets like any other.
# * Where there is room for both tasks, the first is forgotten all the same, because no loss asks for it any more. The head alone forgets nothing.
# * "LoRA learns less and forgets less" holds after equally many updates at the rates that are best for learning. At an eighth of the rate everything forgets less; and where both had learned the same, slow full training had forgotten less than slow LoRA of rank 64. Compare at several rates, and give both numbers.
# * On reviews, where words of praise and blame fit the same places, only training all weights learned much from 2,000 labels; on news every way learned something, and none of the small changes came up to a bag of words and pairs. Forgetting buys nothing by itself: on the reviews rank 8 forgot most and learned nothing.
# * Reading first pays or costs, as the number of labels and of updates has it: at 400 labels its sign turned with the updates.
# * All this in models of 130,000 to 160,000 weights and two small corpora, with {n} seeds; in section 6.2 each way had two rates. What large models do is another question, but the measurement is the same.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * LoRA：$y = xW^\top + c + s\,(xA^\top)B^\top$，训练的参数有 $r\,(\text{inputs} + \text{outputs})$ 个（输入数加输出数，再乘 $r$）。$B = 0$ 时，起点就是原来的模型；并入权重之后，不多花时间。
# * $W$ 没有梯度，逐比特不变，所以改动可以拿掉；但只要改动还在，模型照样会遗忘。
# * 容量足够两个任务，第一个照样会忘，因为再也没有哪个损失过问它。只训练输出头，什么也不会忘。
# * “LoRA 学得少，忘得也少”，是在更新次数相同、各用最利于学习的学习率时成立的。学习率取八分之一，都忘得少些；而学到的一样多时，慢速的全量微调比慢速的秩 64 LoRA 忘得少。比较时应当多试几种学习率，并把两个数都写出来。
# * 评论里，褒义词和贬义词放得进同样的位置，2,000 个标签，只有训练全部权重才学得到多少东西；新闻里，每种方式都学到一些，小的改动却没有一种赶上词袋加词对。遗忘本身换不来什么：在评论上，秩 8 忘得最多，什么也没学会。
# * 先读书划算还是吃亏，要看有多少标签、更新多少次：400 个标签时，更新次数变了，符号就反了。
# * 以上都是 130,000 到 160,000 个权重的模型、两种小语料、{n} 个种子的结果；6.2 节里每种方式用了两种学习率。大模型怎样是另一个问题，但量的方法相同。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **11.1 The forward pass.** Write `lora(x, w, a, b, alpha)` in NumPy: the output of a linear layer without bias, weight `w` (outputs, inputs), with a change of low rank `a` ($r$, inputs) and `b` (outputs, $r$) of strength $\alpha / r$. `x` is (..., inputs) with any number of axes before the last, also none. The result must be that of the merged weight; how you get there is up to you.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **11.1 前向**　请用 NumPy 写 `lora(x, w, a, b, alpha)`：一个没有偏置的线性层的输出，权重 `w` 的形状是 (outputs, inputs)，低秩改动 `a` 是 ($r$, inputs)，`b` 是 (outputs, $r$)，强度 $\alpha / r$。`x` 的形状是 (..., inputs)，最后一维之前可以有任意多维，也可以没有。结果必须与并入之后的权重给出的相同；怎么算由你决定。


# %% tags=["exercise"]
def lora(x, w, a, b, alpha):
    return ...


# %% tags=["solution"]
def lora(x, w, a, b, alpha):
    return x @ w.T + alpha / len(a) * (x @ a.T) @ b.T


# %% tags=["exercise-check"]
check("11.1", lora)

# %% [markdown] lang="en"
# **11.2 Gradients without the input.** Somebody has already computed $G$ (outputs, inputs), the gradient of the loss with respect to the merged weight $W + \tfrac{\alpha}{r} BA$. That is enough: neither $x$ nor the slope of the output is needed any more. Write `lora_gradients(G, a, b, alpha)`, which returns $dA$ and $dB$, in the shapes of `a` ($r$, inputs) and `b` (outputs, $r$). What is $dA$ at the first step, when $B = 0$?

# %% [markdown] lang="zh"
# **11.2 不看输入的梯度**　有人已经算好了 $G$，形状是 (outputs, inputs)，即损失对并入之后的权重 $W + \tfrac{\alpha}{r} BA$ 的梯度。有它就够了，不再需要 $x$，也不需要输出的梯度。请写 `lora_gradients(G, a, b, alpha)`，返回 $dA$ 和 $dB$，形状分别与 `a` ($r$, inputs) 和 `b` (outputs, $r$) 相同。第一步时 $B = 0$，$dA$ 是什么？


# %% tags=["exercise"]
def lora_gradients(G, a, b, alpha):
    da, db = ..., ...
    return da, db


# %% tags=["solution"]
def lora_gradients(G, a, b, alpha):
    scale = alpha / len(a)
    return scale * b.T @ G, scale * G @ a.T


# %% tags=["exercise-check"]
check("11.2", lora_gradients)

# %% [markdown] lang="en"
# **11.3 A rank that one can afford.** `shapes` lists the weights that are to get LoRA, each as (outputs, inputs). Write `largest_rank(shapes, budget)`: the largest rank $r$, the same in all layers, for which at most `budget` numbers are trained in all. In no layer may it exceed the smaller side of the weight; 0 if not even rank 1 can be afforded.

# %% [markdown] lang="zh"
# **11.3 付得起的秩**　`shapes` 列出要加 LoRA 的各个权重，每个写作 (outputs, inputs)。请写 `largest_rank(shapes, budget)`：各层用同样的秩 $r$，总共训练的参数不超过 `budget` 个，$r$ 最大是多少。它在任何一层都不得超过权重较短的一边；连秩 1 也付不起，就返回 0。


# %% tags=["exercise"]
def largest_rank(shapes, budget):
    return ...


# %% tags=["solution"]
def largest_rank(shapes, budget):
    per_rank = sum(outputs + inputs for outputs, inputs in shapes)
    narrowest = min(min(shape) for shape in shapes)
    return min(budget // per_rank, narrowest)


# %% tags=["exercise-check"]
check("11.3", largest_rank)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4: two pages that say it all.
# * Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", section 2.1: adapters.
# * Howard & Ruder 2018, "Universal Language Model Fine-tuning for Text Classification", section 3.2: a rate for each layer.
# * Biderman et al. 2024, "LoRA Learns Less and Forgets Less": the same question, asked of large models.
# * McCloskey & Cohen 1989, "Catastrophic Interference in Connectionist Networks": forgetting, seen early. Kirkpatrick et al. 2017, "Overcoming Catastrophic Forgetting in Neural Networks": a penalty against it.
# * In this project: `minillm/nn/lora.py`, `minillm/nn/adapter.py`, `minillm/nn/replacing.py`, `minillm/tasks/finetuning/`, `minillm/labs/finetuning/`; and `python -m minillm finetune --help`, which does it with your own texts and draws what is forgotten.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Hu 等，2021，“LoRA: Low-Rank Adaptation of Large Language Models”，第 4 节：两页纸就说清楚了。
# * Houlsby 等，2019，“Parameter-Efficient Transfer Learning for NLP”，2.1 节：适配器。
# * Howard、Ruder，2018，“Universal Language Model Fine-tuning for Text Classification”，3.2 节：逐层的学习率。
# * Biderman 等，2024，“LoRA Learns Less and Forgets Less”：向大模型提出的同一个问题。
# * McCloskey、Cohen，1989，“Catastrophic Interference in Connectionist Networks”：很早就看到的遗忘。Kirkpatrick 等，2017，“Overcoming Catastrophic Forgetting in Neural Networks”：防止遗忘的惩罚项。
# * 本项目：`minillm/nn/lora.py`、`minillm/nn/adapter.py`、`minillm/nn/replacing.py`、`minillm/tasks/finetuning/`、`minillm/labs/finetuning/`；命令 `python -m minillm finetune --help` 用你自己的文本来微调，并画出忘掉了多少。
