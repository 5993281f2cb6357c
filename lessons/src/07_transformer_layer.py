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
#     lesson: 7
#     guide: ['3.1', '3.2', '3.3', '4.1.3']
#     budget_s: 45
#     errata: [A33, A35, A36, A37, A38, A39, A40, A49, A50]
#     introduces: [minillm.ops.normalization, minillm.nn.layer_normalization, minillm.nn.feed_forward, minillm.nn.encoder_blocks, minillm.nn.decoder_blocks, minillm.nn.table, minillm.models.bert]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.labs.statistics import prediction_interval

runs, VARIANTS = study("depth"), ("neither", "no_residual", "no_norm", "post", "pre")
n = len(runs["floor"])


def power(x):
    """A number as a power of ten, or as it is where it needs none."""
    if 0.1 <= x < 10_000:
        return f"{x:.2g}" if x < 100 else f"{float(f'{x:.2g}'):,.0f}"
    mantissa, exponent = f"{x:.0e}".split("e")
    return rf"${mantissa} \cdot 10^{{{int(exponent)}}}$"


def spread(values, write=power, most=np.inf):
    """Geometric mean, and where one more run is expected."""
    low, high = prediction_interval(np.log(values))
    numbers = np.exp([np.log(values).mean(), low, high]).clip(max=most)
    return dict(zip(("mean", "low", "high"), map(write, numbers), strict=True))


signals = {
    key: {name: spread(runs[key][:, i, -1]) for i, name in enumerate(VARIANTS)}
    for key in ("gradient", "rms", "distance")
}
gradient, rms, distance = signals["gradient"], signals["rms"], signals["distance"]
plain, clipped = (
    {
        name: [spread(runs["loss"][:, c, i, d], "{:.2f}".format, 1) for d in range(3)]
        for i, name in enumerate(VARIANTS)
    }
    for c in range(2)
)
learned = int((runs["loss"][:, 1, 2, 1] < 1).sum())
floor = {"low": runs["floor"].min(), "high": runs["floor"].max()}
bent = study("bending")["loss"]
bending = {"one": spread(bent[:, 0], "{:.4f}".format), "two": spread(bent[:, 1], "{:.2f}".format)}
LITERALS = {
    "by hand, asserted in sections 2 and 3": (
        "1 2 7 8 15 25 35 125 0 1.4 0.2 0.14 0.49 0.07 0.51 0.26 0.32 0.18 0.24"
    ),
    "of layer normalisation": "10^-5",
    "settings of the studies": "4 16 24 32 60 64 200 300",
    "what is drawn and asserted in section 6": "12 0.99",
    "the level of all intervals": "95",
    "an answer, asserted": "108,891,648",
}

# %% [markdown] lang="en"
# # Lesson 7. A Transformer layer: feed-forward, residuals, normalisation
#
# **Question.** Attention mixes the words. What are the other parts of a layer for, and what
# happens in a stack of 32 layers when one of them is missing?
#
# **Afterwards you can** compute a feed-forward network and layer normalisation by hand, put a layer together in both
# usual orders, count its parameters, and say what residual connections prevent and what they do not.
#
# **Before this**: attention (lessons 5 and 6), the chain rule. **Time**: about half a minute to run, an hour and a half to read.

# %% [markdown] lang="zh"
# # 第 7 课　Transformer 层：前馈、残差、层归一化
#
# **问题**　注意力已经把各个词的信息混合起来了，为什么还不够？层里的其他部件各管什么？叠到 32 层时，少了其中一件会怎样？
#
# **学完本课，你能够**　手算前馈神经网络和层归一化；按两种常见的次序搭出一层；数清它的参数；说清残差连接防的是什么，又不防什么。
#
# **预备知识**　注意力（第 5、6 课）、链式法则。**用时**　运行约半分钟，细读约一个半小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_module, check_vjp, nn, ops
from minillm.course import check, savefig, setup, stated
from minillm.course.drawing.blocks import layer_row
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.transformer import bending, depth, stacks
from minillm.nn import summary

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 3.1 builds a layer from multi-head attention, a feed-forward network, which adds non-linearity (right, A35), and a residual
# connection, which adds the input to the output of attention, against vanishing gradients. Section 4.1.3 calls the feed-forward network auxiliary and prints
#
# $$\mathrm{Output} = \mathrm{ReLU}(W_2 \cdot \mathrm{ReLU}(W_1 \cdot \mathrm{Input} + b_1)) + b_2.$$
#
# The pseudo-code of section 3.2 repeats "attention, add" once per head, then goes once through the feed-forward network and adds once
# more. Section 3.3 has yet another order: embedding, attention, feed-forward, residual. Layer normalisation is not mentioned (A33).

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 3.1 节说一层由三部分组成：多头注意力；前馈神经网络，用来增加非线性（这没有错，A35）；残差连接，把输入加到注意力的输出上，以缓解梯度消失。4.1.3 节把前馈神经网络称为辅助组件，公式是
#
# $$\mathrm{Output} = \mathrm{ReLU}(W_2 \cdot \mathrm{ReLU}(W_1 \cdot \mathrm{Input} + b_1)) + b_2.$$
#
# 3.2 节的伪代码里，有几个头就把“注意力、相加”做几遍，然后过一次前馈神经网络，再加一次。3.3 节列的步骤又是另一种次序：嵌入、注意力、前馈、残差。层归一化则通篇未提（A33）。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Layer normalisation** takes one word's vector, subtracts its mean and divides by its standard deviation. For $x = (1, 7, 9, 15)$:
#
# | step | result |
# |---|---|
# | mean $m$ | $8$ |
# | $c = x - m$ | $(-7, -1, 1, 7)$ |
# | variance $v$, the mean of $c^2$ | $25$ |
# | $z = c / \sqrt v$ | $(-1.4, -0.2, 0.2, 1.4)$ |
#
# **Backward**, when $g = (5, 0, 0, 0)$ arrives at $z$. A feature acts on $z$ directly, through $v$ and through $m$.
#
# | step | result |
# |---|---|
# | direct way to $c$: $g / \sqrt v$ | $(1, 0, 0, 0)$ |
# | to $v$: $-\tfrac12 v^{-3/2} \sum g c$ | $-\tfrac12 \cdot \tfrac1{125} \cdot (-35) = 0.14$ |
# | from $v$ on to $c$: $0.14 \cdot 2c/4$ | $(-0.49, -0.07, 0.07, 0.49)$ |
# | both ways to $c$ | $(0.51, -0.07, 0.07, 0.49)$ |
# | minus their mean, the way through $m$ | $(0.26, -0.32, -0.18, 0.24)$ |
#
# **Feed-forward**, for one word $x = (1, 2)$, with three hidden units and row vectors:
#
# $$x \begin{pmatrix} 1 & 0 & -1 \\ 0 & 1 & -1 \end{pmatrix} + (0, -1, 1) = (1, 1, -2) \;\to\; (1, 1, 0), \qquad (1, 1, 0) \begin{pmatrix} 1 & -2 \\ 2 & -1 \\ 3 & 3 \end{pmatrix} + (0, 1) = (3, -2).$$

# %% [markdown] lang="zh"
# ## 2 手算
#
# **层归一化**　取一个词的向量，减去均值，再除以标准差。以 $x = (1, 7, 9, 15)$ 为例：
#
# | 步骤 | 结果 |
# |---|---|
# | 均值 $m$ | $8$ |
# | $c = x - m$ | $(-7, -1, 1, 7)$ |
# | 方差 $v$，即 $c^2$ 的均值 | $25$ |
# | $z = c / \sqrt v$ | $(-1.4, -0.2, 0.2, 1.4)$ |
#
# **反向**　设传到 $z$ 的梯度是 $g = (5, 0, 0, 0)$。$x$ 的每个分量有三条路影响 $z$：直接的一条，经过 $v$ 的一条，经过 $m$ 的一条。
#
# | 步骤 | 结果 |
# |---|---|
# | 直接到 $c$：$g / \sqrt v$ | $(1, 0, 0, 0)$ |
# | 到 $v$：$-\tfrac12 v^{-3/2} \sum g c$ | $-\tfrac12 \cdot \tfrac1{125} \cdot (-35) = 0.14$ |
# | 由 $v$ 再到 $c$：$0.14 \cdot 2c/4$ | $(-0.49, -0.07, 0.07, 0.49)$ |
# | 两路合到 $c$ | $(0.51, -0.07, 0.07, 0.49)$ |
# | 减去均值，即经过 $m$ 的那条路 | $(0.26, -0.32, -0.18, 0.24)$ |
#
# **前馈神经网络**　一个词 $x = (1, 2)$，三个隐藏单元，用行向量：
#
# $$x \begin{pmatrix} 1 & 0 & -1 \\ 0 & 1 & -1 \end{pmatrix} + (0, -1, 1) = (1, 1, -2) \;\to\; (1, 1, 0), \qquad (1, 1, 0) \begin{pmatrix} 1 & -2 \\ 2 & -1 \\ 3 & 3 \end{pmatrix} + (0, 1) = (3, -2).$$

# %%
row = np.array([[1.0, 7.0, 9.0, 15.0]])  # (1, 4), x above
z_by_hand = np.array([[-1.4, -0.2, 0.2, 1.4]])  # (1, 4)
g_row = np.array([[5.0, 0.0, 0.0, 0.0]])  # (1, 4), dL/dz
dx_by_hand = np.array([[0.26, -0.32, -0.18, 0.24]])  # (1, 4)

word = np.array([[1.0, 2.0]])  # (1, 2)
w1, b1 = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]), np.array([0.0, -1.0, 1.0])  # (2, 3), (3,)
w2, b2 = np.array([[1.0, -2.0], [2.0, -1.0], [3.0, 3.0]]), np.array([0.0, 1.0])  # (3, 2), (2,)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# After the normalisation every feature gets a learned scale and shift, and $\epsilon = 10^{-5}$ guards the division:
#
# $$\mathrm{LN}(x) = \gamma \odot \frac{x - \mathrm{mean}(x)}{\sqrt{\mathrm{var}(x) + \epsilon}} + \beta, \qquad \mathrm{FFN}(x) = \max(0, xW_1 + b_1)\,W_2 + b_2.$$
#
# Both treat every position by itself. $W_1$ widens from $d$ to $d_{ff}$, usually $4d$.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 归一化之后，每个分量还有可学习的缩放和平移；分母里的 $\epsilon = 10^{-5}$ 防止除以零：
#
# $$\mathrm{LN}(x) = \gamma \odot \frac{x - \mathrm{mean}(x)}{\sqrt{\mathrm{var}(x) + \epsilon}} + \beta, \qquad \mathrm{FFN}(x) = \max(0, xW_1 + b_1)\,W_2 + b_2.$$
#
# 二者都是逐个位置单独计算，位置之间互不相干。$W_1$ 把宽度从 $d$ 放大到 $d_{ff}$（通常是 $4d$），$W_2$ 再收回来。


# %%
def layer_norm(x, gain, bias, eps=1e-5):
    c = x - x.mean(axis=-1, keepdims=True)  # (n, d)
    v = (c**2).mean(axis=-1, keepdims=True)  # (n, 1)
    return gain * c / np.sqrt(v + eps) + bias  # (n, d)


def feed_forward(x, w1, b1, w2, b2):
    hidden = np.maximum(x @ w1 + b1, 0)  # (n, d) (d, dff) -> (n, dff)
    return hidden @ w2 + b2  # (n, dff) (dff, d) -> (n, d)


close = np.allclose(layer_norm(row, np.ones(4), np.zeros(4)), z_by_hand, atol=1e-5)
assert close, "layer normalisation by hand"
assert np.allclose(feed_forward(word, w1, b1, w2, b2), [[3, -2]]), "feed-forward by hand"
moved = layer_norm(3 * row + 7, 1, 0)
assert np.allclose(moved, layer_norm(row, 1, 0), atol=1e-5), "shift and scale change nothing"

# %% [markdown] lang="en"
# The last line: neither a shift nor a positive scale of $x$ changes its normalisation.
#
# A layer has two *sub-layers*, each with a residual connection. The original Transformer and BERT normalise after the addition
# (*post-norm*), GPT-2 before the sub-layer (*pre-norm*).
#
# $$\text{post: } y = \mathrm{LN}_1(x + \mathrm{MHA}(x)),\; z = \mathrm{LN}_2(y + \mathrm{FFN}(y)) \qquad \text{pre: } y = x + \mathrm{MHA}(\mathrm{LN}_1(x)),\; z = y + \mathrm{FFN}(\mathrm{LN}_2(y)).$$
#
# As a picture, from left to right; the thick lines are the residuals:

# %% [markdown] lang="zh"
# 最后一行断言的是：$x$ 整体平移，或者整体放大正数倍，归一化的结果都不变。
#
# 一层有两个**子层**，**各有**一处残差连接。原始的 Transformer 和 BERT 先相加、后归一化，叫**后归一化**（post-norm）；GPT-2 先归一化、再进子层，叫**前归一化**（pre-norm）。
#
# $$\text{post: } y = \mathrm{LN}_1(x + \mathrm{MHA}(x)),\; z = \mathrm{LN}_2(y + \mathrm{FFN}(y)) \qquad \text{pre: } y = x + \mathrm{MHA}(\mathrm{LN}_1(x)),\; z = y + \mathrm{FFN}(\mathrm{LN}_2(y)).$$
#
# 画成图，从左往右看，粗线是残差连接：

# %%
figure, axes = plt.subplots(figsize=(7, 3))
ways = {
    "post": layer_row(axes, "x MHA + LN y FFN + LN z", 2, "post-norm"),
    "pre": layer_row(axes, "x LN MHA + y LN FFN + z", 0, "pre-norm"),
}
axes.set(xlim=(-0.6, 8.4), ylim=(-0.5, 3.2), aspect="equal")
axes.axis("off")
savefig(figure, "07_block", ways)

# %% [markdown] lang="en"
# In the post-norm row every way from $x$ to $z$ leads through both normalisations. In the pre-norm row the thick lines alone lead from $x$ to $z$, and
# nothing on them changes the stream. Below, our two orders meet the library's blocks; all parameters are moved off their first values, or a swap of the two norms would go unnoticed.

# %% [markdown] lang="zh"
# 上一行（后归一化）里，从 $x$ 到 $z$ 的每一条路都要经过两次归一化；下一行（前归一化）里，只走粗线就能从 $x$ 到 $z$，一路上信号原样不动。下面与程序库的两种层对照。先把参数都挪离初始值，否则两个归一化互换了也看不出来。


# %%
def post_norm(x, attend, forward, norm1, norm2):
    y = norm1(x + attend(x))  # (B, n, d)
    return norm2(y + forward(y))  # (B, n, d)


def pre_norm(x, attend, forward, norm1, norm2):
    y = x + attend(norm1(x))  # (B, n, d)
    return y + forward(norm2(y))  # (B, n, d)


def shaken(module, rng):
    for parameter in module.to_dtype(np.float64).parameters():
        parameter.data = parameter.data + 0.1 * rng.standard_normal(parameter.shape)
    return module


# %%
rng = np.random.default_rng(7)
words = Tensor(rng.standard_normal((2, 5, 8)))  # (B, n, d)
kinds = nn.EncoderBlock, nn.PreNormEncoderBlock
blocks = [shaken(kind(8, 2, 32, rng=rng), rng) for kind in kinds]
for block, order in zip(blocks, (post_norm, pre_norm), strict=True):
    parts = block.attention, block.feed_forward, block.attention_norm, block.feed_forward_norm
    same = np.allclose(order(words, *parts).data, block(words).data)
    assert same, f"{order.__name__} is what the library's block does"

norm = blocks[0].attention_norm
scale = norm.weight.data, norm.bias.data  # (d,), (d,)
assert np.allclose(layer_norm(words.data, *scale), norm(words).data), "our LN is the library's"

network = shaken(nn.FeedForward(8, 32, rng=rng, activation=ops.relu), rng)
inner, outer = network.inner, network.outer
weights = inner.weight.data.T, inner.bias.data, outer.weight.data.T, outer.bias.data
same = np.allclose(feed_forward(words.data, *weights), network(words).data)
assert same, "our FFN is the library's"

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Layer normalisation backward, step by step as in section 2, with $r = (v + \epsilon)^{-1/2}$ and $h = \gamma \odot g$:
#
# $$\frac{\partial L}{\partial v} = -\tfrac12 r^3 \sum_i h_i c_i, \qquad \frac{\partial L}{\partial c} = h r + \frac{2c}{d} \frac{\partial L}{\partial v}, \qquad \frac{\partial L}{\partial x} = \frac{\partial L}{\partial c} - \mathrm{mean}\Big(\frac{\partial L}{\partial c}\Big).$$
#
# The gradients of $\gamma$ and $\beta$ are $\sum g \odot c r$ and $\sum g$, over all positions. For the feed-forward network, with $a = \max(0, xW_1 + b_1)$:
#
# $$\frac{\partial L}{\partial W_2} = a^\top g, \qquad s = (g W_2^\top) \odot [a > 0], \qquad \frac{\partial L}{\partial W_1} = x^\top s, \qquad \frac{\partial L}{\partial x} = s W_1^\top.$$

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 层归一化的反向与第 2 节的步骤一样，记 $r = (v + \epsilon)^{-1/2}$，$h = \gamma \odot g$：
#
# $$\frac{\partial L}{\partial v} = -\tfrac12 r^3 \sum_i h_i c_i, \qquad \frac{\partial L}{\partial c} = h r + \frac{2c}{d} \frac{\partial L}{\partial v}, \qquad \frac{\partial L}{\partial x} = \frac{\partial L}{\partial c} - \mathrm{mean}\Big(\frac{\partial L}{\partial c}\Big).$$
#
# $\gamma$ 和 $\beta$ 的梯度分别是 $\sum g \odot c r$ 与 $\sum g$，对所有位置求和。前馈神经网络则记 $a = \max(0, xW_1 + b_1)$：
#
# $$\frac{\partial L}{\partial W_2} = a^\top g, \qquad s = (g W_2^\top) \odot [a > 0], \qquad \frac{\partial L}{\partial W_1} = x^\top s, \qquad \frac{\partial L}{\partial x} = s W_1^\top.$$


# %%
def layer_norm_rule(x, gain, bias, eps=1e-5, mean_term=True):
    c = x - x.mean(axis=-1, keepdims=True)  # (n, d)
    r = ((c**2).mean(axis=-1, keepdims=True) + eps) ** -0.5  # (n, 1)

    def vjp(g):  # (n, d)
        h = gain * g  # (n, d)
        dv = -0.5 * r**3 * (h * c).sum(axis=-1, keepdims=True)  # (n, 1)
        dc = h * r + 2 * c / x.shape[-1] * dv  # (n, d)
        dx = dc - mean_term * dc.mean(axis=-1, keepdims=True)  # (n, d)
        return dx, (g * c * r).sum(axis=0), g.sum(axis=0)

    return gain * c * r + bias, vjp


def feed_forward_rule(x, w1, b1, w2, b2):
    a = np.maximum(x @ w1 + b1, 0)  # (n, dff)

    def vjp(g):  # (n, d)
        s = (g @ w2.T) * (a > 0)  # (n, dff)
        return s @ w1.T, x.T @ s, s.sum(axis=0), a.T @ g, g.sum(axis=0)

    return a @ w2 + b2, vjp


# %%
backward = layer_norm_rule(row, np.ones(4), np.zeros(4))[1]
assert np.allclose(backward(g_row)[0], dx_by_hand, atol=1e-5), "the backward pass by hand"

rng = np.random.default_rng(8)
batch = words.data[0]  # (n, d)
errors = {
    "layer norm": check_vjp(layer_norm_rule, batch, *scale, rng=rng),
    "feed-forward": check_vjp(feed_forward_rule, batch, *weights, rng=rng),
    "post-norm block": check_module(blocks[0], lambda: blocks[0](words), rng=rng),
    "pre-norm block": check_module(blocks[1], lambda: blocks[1](words), rng=rng),
}
for name, error in errors.items():
    print(f"{name:16} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7, "rules and blocks pass the gradient check"

# %% [markdown] lang="en"
# **Reading the table**: one row for each rule or block; what is right stays below 1e-7.
#
# (`check_module` does for all parameters of a module what `check_vjp` does for a rule. The bias of the keys shifts all scores of a row alike: its gradient is zero, and so is what rounding leaves of it.) The planted
# mistake: the mean term is forgotten, as if $m$ were constant.

# %% [markdown] lang="zh"
# **读表**：一行是一条规则或一层，数字是最大相对误差；低于 1e-7 就算正确。
#
# （`check_module` 对模块的全部参数做 `check_vjp` 那样的检验。键的偏置使同一行的分数一齐平移，它的梯度恰好是零；不超过舍入误差的，就算零。）下面故意犯一个错：漏掉均值那一项，仿佛 $m$ 是常数。

# %%
try:
    rng = np.random.default_rng(8)
    check_vjp(layer_norm_rule, batch, *scale, rng=rng, mean_term=False)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten term went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **The outer ReLU** (section 4.1.3, A50). The hand example gives $(3, -2)$; with the guide's second ReLU, $(3, 0) + b_2 = (3, 1)$. Nothing
# comes out below $b_2$: as a branch of a residual connection it may add to the stream, but not subtract, beyond one constant for each
# feature.
#
# **Auxiliary?** (section 4.1.3, A49.) Count one layer of BERT-base:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **外层的 ReLU**（4.1.3 节，A50）　上面的手算得 $(3, -2)$；照指南再套一个 ReLU，就成了 $(3, 0) + b_2 = (3, 1)$，任何输出都不会低于 $b_2$。放在残差连接的支路上，它对主干（各层的输出依次相加的那条主路）只能加，不能减；能减的，至多是每个分量一个固定的常数。
#
# **辅助组件？**（4.1.3 节，A49）　数一数 BERT-base 的一层：


# %%
def twice(x, w1, b1, w2, b2):
    return np.maximum(np.maximum(x @ w1 + b1, 0) @ w2, 0) + b2  # (n, d)


assert np.allclose(twice(word, w1, b1, w2, b2), [[3, 1]]), "the guide's formula by hand"

bert_layer = nn.EncoderBlock(768, 12, 3072, rng=np.random.default_rng(0))
print(summary(bert_layer, depth=1))
attention_size = bert_layer.attention.parameter_count()
network_size = bert_layer.feed_forward.parameter_count()
stated("attention", attention_size, 2_362_368, 0, "parameters of the attention of BERT-base")
stated("network", network_size, 4_722_432, 0, "parameters of its feed-forward network")
share = network_size / (attention_size + network_size)
assert abs(share - 2 / 3) < 1e-3, "two thirds are the feed-forward network's"

# %% [markdown] lang="en"
# **Reading the table**: a row for each part, with its number of parameters. The feed-forward network has {here.network:,.0f}, attention {here.attention:,.0f}: two thirds, $8d^2$ of the $12d^2$ weights of both together.
#
# **The loop** (section 3.2, A37). Heads work side by side *inside* one call of multi-head attention. The guide calls all of
# attention once per head, with the same weights each time: $h$ attention sub-layers in a row, one feed-forward network at the end. The loop
# belongs around **layers**, each with its own parameters and a feed-forward network inside.
#
# **How many residuals?** Section 3.1 has one, around attention; the pseudo-code two (right, A38); section 3.3 one after the
# feed-forward network, but adding the output of *attention* (A36, A40).
#
# **What is missing.** Normalisation (A33). The pseudo-code also lacks positions, masks, dropout, an output head and a number of layers (A38). And it sketches an encoder; the Transformer
# of 2017 has a decoder too (A39), whose layer, `nn.DecoderBlock`, has a third sub-layer that looks at the encoder's output.
#
# What each of these costs is measured in section 6, after the experiment that it rests on.

# %% [markdown] lang="zh"
# **读表**：一行是一个部件，数字是它的参数个数。前馈神经网络有 {here.network:,.0f} 个，注意力有 {here.attention:,.0f} 个：两者合计的 $12d^2$ 个权重中，前者的 $8d^2$ 个占三分之二。
#
# **循环**（3.2 节，A37）　各个头本来是在多头注意力的一次调用**之内**并排计算的。指南的循环却是有几个头就把整个注意力调用几次，每次用同一套权重，等于串起 $h$ 个注意力子层，最后只有一个前馈神经网络。该循环的是**层**：每层有自己的参数，前馈神经网络也在循环里面。
#
# **残差有几处？**　3.1 节说一处，绕过注意力；伪代码里有两处（这没有错，A38）；3.3 节只有一处，放在前馈神经网络之后，加的却是**注意力**的输出（A36、A40）。
#
# **还缺什么**　没有归一化（A33）。这段伪代码还缺位置编码、掩码、随机失活（dropout）、输出头和层数（A38）。它所勾画的只是编码器；2017 年的 Transformer 还有解码器（A39），解码器的每层（`nn.DecoderBlock`）多一个子层，用来看编码器的输出。
#
# 以上各点的代价，放在第 6 节的主实验之后测量。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# The same blocks, five ways: with neither residuals nor normalisation, with one of the two, with both (post-norm, pre-norm). At random
# weights and depths from 1 to 32 we measure the size of the stream (root mean square); its *distance* from all words of a sentence being equal,
#
# $$\frac{\lVert X - \mathbf{1}\,\bar{x} \rVert}{\lVert X \rVert}, \qquad \bar{x} = \frac1n \sum_i x_i;$$
#
# and the norm of the gradient that reaches the first layer's weights when a random one of norm 1 starts at the top. Then we train: four
# sentences of eight words, random targets to be learned by heart, 60 steps of Adam, the best of four learning rates; once with gradients as
# they are, once *clipped*: shortened to norm 1 where they are longer. Predicting 0 costs 1, and a loss above 1 counts as 1.
#
# {n} seeds are stored, by `python -m minillm labs run depth`. Seed 0 runs here: all signals, and of the trainings those of depth 8 with residuals, unclipped. These are the five ways through a block:

# %% [markdown] lang="zh"
# ## 6 实验
#
# 同样的层，五种接法：残差和归一化都没有；只有其中一种；两种都有，即后归一化与前归一化。权重随机，深度从 1 到 32，测主干上信号的大小（均方根），以及它与“一句话的各词全都相同”这种状态的**距离**
#
# $$\frac{\lVert X - \mathbf{1}\,\bar{x} \rVert}{\lVert X \rVert}, \qquad \bar{x} = \frac1n \sum_i x_i;$$
#
# 再从顶端传入一个范数为 1 的随机梯度，测它回到第一层权重时的范数。然后训练。一批四句话，每句八个词，目标随机，要求背下来；Adam 60 步，每种接法取四个学习率中最好的；一次不裁剪梯度，一次**裁剪**，即把范数超过 1 的缩短到 1。一律答 0 的损失是 1，超过 1 的损失一律记为 1。
#
# {n} 个种子的结果已由 `python -m minillm labs run depth` 存好。这里现场跑种子 0：全部信号，以及有残差的 8 层网络不裁剪的训练。五种接法如下：


# %%
def neither(x, attend, forward, norm1, norm2):
    return forward(attend(x))


def no_residual(x, attend, forward, norm1, norm2):
    return norm2(forward(norm1(attend(x))))


def no_norm(x, attend, forward, norm1, norm2):
    y = x + attend(x)  # (B, n, d)
    return y + forward(y)  # (B, n, d)


five = neither, no_residual, no_norm, post_norm, pre_norm
for ours, (name, theirs) in zip(five, stacks.VARIANTS.items(), strict=True):
    block = blocks[0]
    parts = block.attention, block.feed_forward, block.attention_norm, block.feed_forward_norm
    same = np.allclose(ours(words, *parts).data, theirs(block, words).data)
    assert same, f"{name}: the study's way through a block is ours"

# %%
print(read_settings("depth"))
study, settings = read_study("depth"), depth.STUDY.settings
variants, depths = settings.variants, settings.depths
for key, numbers in depth.signals(settings, 0).items():
    near = np.isclose(numbers, study[key][0], rtol=1e-3) | (numbers < 1e-12)
    assert np.all(near), f"{key} of seed 0 is the stored one"
last_three = replace(settings, variants=variants[2:])
only_8 = depth.with_trainings(last_three, depths=(8,), max_norms=(None,))
live = depth.losses(only_8, 0)["loss"]  # (1, 3, 1)
near = np.allclose(live, study["loss"][0, :1, 2:, 1:2], rtol=0.05)
assert near, "the losses of seed 0 at depth 8 are the stored ones"

# %%
print("size of the stream, geometric mean; depth", *depths)
for name, numbers in zip(variants, study["rms"].swapaxes(0, 1), strict=True):
    print(f"{name:12}", *(f"{size:9.2g}" for size in 10 ** np.log10(numbers).mean(axis=0)))
print("training loss, mean (lowest-highest); depth", *settings.trainings.depths)
for limit, losses in zip(settings.trainings.max_norms, study["loss"].swapaxes(0, 1), strict=True):
    print("gradients", "as they are" if limit is None else f"of norm {limit:g} at most")
    for name, numbers in zip(variants, losses.swapaxes(0, 1), strict=True):
        spread = zip(numbers.mean(axis=0), numbers.min(axis=0), numbers.max(axis=0), strict=True)
        print(f"{name:12}", *(f"  {mean:.2f} ({low:.2f}-{high:.2f})" for mean, low, high in spread))
print("floor for equal words, seed by seed:", *(f"{floor:.3f}" for floor in study["floor"]))

# %% [markdown] lang="en"
# **Reading the table**: a row is a way through the block, a column a depth; the loss is first the mean over the seeds, in brackets their lowest and highest; 1 is having learned nothing.

# %% [markdown] lang="zh"
# **读表**：一行是一种接法，一列是一个深度；损失一栏先写各种子的均值，括号里是最低和最高；1 表示什么也没学到。

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3.6))
kept = {"depth": depths}
for i, style in enumerate(["v-", "o-", "s--", "^:", "D-."]):
    for axis, key in zip(axes, ("gradient", "distance"), strict=True):
        mean, half = mean_and_interval(np.log10(study[key][:, i]))  # (6,), (6,), in decades
        middle, low, high = 10**mean, 10 ** (mean - half), 10 ** (mean + half)
        axis.loglog(depths, middle, style, ms=9 - i, mfc="none", label=variants[i])
        axis.fill_between(depths, low, high, alpha=0.2, lw=0)
        kept[f"{key} {variants[i]}"] = middle
axes[0].set(ylabel="gradient norm, layer 1")
axes[1].set(ylabel="distance from all-equal")
axes[1].axhspan(1e-17, 1e-15, color="gray", alpha=0.2)
axes[1].annotate("rounding", (1, 2e-16), fontsize=8)
for axis in axes:
    axis.set(xlabel="depth (layers)", xticks=depths, xticklabels=depths)
    axis.minorticks_off()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5, fontsize=8)
savefig(figure, "07_depth", kept)

# %% [markdown] lang="en"
# **What you saw** in these {n} runs (bands: 95 % intervals of the mean). A number in the text is a geometric mean. Two numbers in brackets say where *one more* run is expected, with 95 %: a prediction interval, as a rule wider than the range of the few runs that we have.
#
# Left, at 32 layers. Where *both* are missing the gradient vanishes: {gradient.neither.mean} is left ({gradient.neither.low} to {gradient.neither.high}). With residuals alone it explodes, to {gradient.no_norm.mean}
# ({gradient.no_norm.low} to {gradient.no_norm.high}), and the stream grows to {rms.no_norm.mean} (A33). With normalisation it does neither: {gradient.no_residual.mean} ({gradient.no_residual.low} to {gradient.no_residual.high}) without residuals,
# {gradient.post.mean} and {gradient.pre.mean} with them. So what residuals do for the gradient depends on the normalisation. *Without* it they do cure vanishing gradients, and put explosion in
# the place; *with* it nothing vanishes that they could cure. He et al. 2016 (section 4.1) say the second of their own networks: with batch normalisation the gradients were healthy, and deep
# plain ones still had the higher training error, the *degradation* problem.
#
# Right: without residuals the words of a sentence become equal, to rounding after 8 layers in every run. A stack that
# gives all of them one answer cannot get below its seed's floor (from {floor.low:.2f} to {floor.high:.2f} here), and at depth 8 both stacks without residuals stay above the floor of their own seed in every run. With gradients as
# they are, pre-norm comes to {plain.pre.1.mean} there ({plain.pre.1.low} to {plain.pre.1.high}), post-norm to {plain.post.1.mean} ({plain.post.1.low} to {plain.post.1.high}); without normalisation no run of {n} learned anything. **Clipping** is a remedy
# of its own: pre-norm then comes to {clipped.pre.1.mean} ({clipped.pre.1.low} to {clipped.pre.1.high}), post-norm to {clipped.post.1.mean} ({clipped.post.1.low} to {clipped.post.1.high}), and without normalisation {learned} runs of {n} learn something (which ones turns on rounding). In each run, at 8 layers and at 24, clipped or not, pre-norm is the best
# of these three. Whether a loop clips belongs beside every such number.

# %% [markdown] lang="zh"
# **看到了什么**（这 {n} 次运行；色带是均值的 95% 置信区间）　以下正文里的数是几何平均；括号里的两个数，是**再跑一次**时以 95% 的把握预计会落入的范围，叫预测区间，一般比手头这几次从最低到最高的范围要宽。
#
# 先看左图中 32 层的结果。残差和归一化**都没有**，梯度消失，只剩 {gradient.neither.mean}（{gradient.neither.low} 至 {gradient.neither.high}）；只有残差，梯度爆炸，达到 {gradient.no_norm.mean}（{gradient.no_norm.low} 至 {gradient.no_norm.high}），信号也增大到 {rms.no_norm.mean}（A33）。有了归一化，两种情况都不出现：没有残差时是 {gradient.no_residual.mean}（{gradient.no_residual.low} 至 {gradient.no_residual.high}），有残差时是 {gradient.post.mean}（后归一化）和 {gradient.pre.mean}（前归一化）。可见残差对梯度起什么作用，要看有没有归一化：**没有**归一化，残差确实治好了梯度消失，却换来了梯度爆炸；**有**归一化，梯度本来就不消失，无须残差来治。He 等人 2016 年对自己的网络说的是后一种情形（4.1 节）：网络里有批归一化，梯度并无异常，可是没有残差的深层网络，训练误差仍然更高；这叫**退化**问题。
#
# 右图：没有残差，一句话里的各词趋于相同，每次运行都是 8 层之后，差别只剩舍入误差。如果一个网络对一句话里的各词只能给出同一个答案，损失不可能低于该种子自己的下限（这里从 {floor.low:.2f} 到 {floor.high:.2f}）；8 层时，两种没有残差的网络，每次都停在各自的下限以上。不裁剪时，8 层的前归一化降到 {plain.pre.1.mean}（{plain.pre.1.low} 至 {plain.pre.1.high}），后归一化降到 {plain.post.1.mean}（{plain.post.1.low} 至 {plain.post.1.high}）；没有归一化的，{n} 次无一学到东西。**裁剪**本身也是一种补救：裁剪之后，前归一化降到 {clipped.pre.1.mean}（{clipped.pre.1.low} 至 {clipped.pre.1.high}），后归一化降到 {clipped.post.1.mean}（{clipped.post.1.low} 至 {clipped.post.1.high}）；没有归一化的，{n} 次里有 {learned} 次学到了一些（是哪几次，取决于舍入）。无论 8 层还是 24 层，裁剪与否，每次都是前归一化在三者之中最好。训练时有没有裁剪，应当与这类数字一并写明。

# %%
loss, least = study["loss"], study["floor"][:, None]  # (seeds, 2, 5, 3), (seeds, 1)
bare, unlinked, unnormed, post, pre = loss.transpose(2, 0, 1, 3)  # (seeds, 2, 3) each
same = study["distance"][:, 1, 3:].max() < 1e-15 and study["distance"][:, 0, 3:].max() < 1e-15
assert same, "without residuals all words are equal after 8 layers"
above = np.all(unlinked[:, :, 1] > least) and np.all(bare[:, :, 1] > least)
assert above, "without residuals no loss at depth 8 is below the floor of its seed"
assert np.all(unnormed[:, 0, 1] == 1), "without normalisation and unclipped none learned"
best = np.all(pre[:, :, 1:] < np.minimum(post, unnormed)[:, :, 1:])
assert best, "pre-norm is the best of three at depths 8 and 24, clipped or not"
assert np.all(loss[:, :, :, 0] < 0.8), "at depth 2 every variant learns"

# %% [markdown] lang="en"
# **What it does not show.** Residuals slow the collapse, they do not exclude it: at 32 layers post-norm has a distance of {distance.post.mean} ({distance.post.low} to {distance.post.high}), pre-norm still {distance.pre.mean}. At depth 24 post-norm
# hardly trains ({plain.post.2.mean}, {plain.post.2.low} to {plain.post.2.high}; clipped {clipped.post.2.mean}, {clipped.post.2.low} to {clipped.post.2.high}), pre-norm does ({plain.pre.2.mean}, {plain.pre.2.low} to {plain.pre.2.high}); the warm-up of the learning rate that post-norm is known to need (Xiong et al. 2020) is not tried here. At depth
# 2 every variant learns, worst without residuals but with normalisation ({plain.no_residual.0.mean}, {plain.no_residual.0.low} to {plain.no_residual.0.high}). That collapse causes the bad loss is plausible, not proven, and learning a small batch by heart says nothing about new text.
#
# **The guide's forms, run.** Now the three from section 5. First the second ReLU: ten times we draw 12 layers $x + \mathrm{FFN}(x)$ and measure the share of negative outputs, the mean of
# the stream, and the cosine between words that started unrelated.

# %% [markdown] lang="zh"
# **不能由此得出的**　残差只是延缓坍缩（即各词变得相同），并不能杜绝：32 层时，后归一化的距离是 {distance.post.mean}（{distance.post.low} 至 {distance.post.high}），前归一化还有 {distance.pre.mean}。到 24 层，后归一化几乎学不动（{plain.post.2.mean}，{plain.post.2.low} 至 {plain.post.2.high}；裁剪后 {clipped.post.2.mean}，{clipped.post.2.low} 至 {clipped.post.2.high}），前归一化还学得动（{plain.pre.2.mean}，{plain.pre.2.low} 至 {plain.pre.2.high}）；深层的后归一化通常要先让学习率预热（Xiong 等，2020），这里没有试。只有 2 层时，五种接法都学得会，最差的是有归一化而没有残差的（{plain.no_residual.0.mean}，{plain.no_residual.0.low} 至 {plain.no_residual.0.high}）。说损失降不下去是由坍缩造成的，讲得通，却没有得到证明。再说，背下一小批数据，与能否处理新文本是两回事。
#
# **照指南的写法跑一跑**　现在回到第 5 节的三点。先看多出来的 ReLU。随机抽十次，每次叠 12 层 $x + \mathrm{FFN}(x)$，测三个量：负输出的比例，主干上各数的均值，以及本来毫不相干的词之间的余弦。


# %%
def cosine(x):
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)  # (n, d)
    return (unit @ unit.T)[~np.eye(len(x), dtype=bool)].mean()


def random_layer(rng, d=64, dff=256):
    first = rng.standard_normal((d, dff)) * np.sqrt(2 / d)  # (d, dff)
    return first, np.zeros(dff), rng.standard_normal((dff, d)) / np.sqrt(dff), np.zeros(d)


def stacked(branch, x, layers):
    negative = (branch(x, *layers[0]) < 0).mean()
    for layer in layers:
        x = x + branch(x, *layer)  # (n, d)
    return negative, x.mean(), cosine(x)


def both_branches(seed):
    rng = np.random.default_rng(seed)
    start, layers = rng.standard_normal((200, 64)), [random_layer(rng) for _ in range(12)]
    return [stacked(branch, start, layers) for branch in (feed_forward, twice)]


# %%
one_relu, two_relus = np.array([both_branches(seed) for seed in range(10)]).swapaxes(0, 1)
for name, found in (("one ReLU", one_relu), ("two ReLUs", two_relus)):  # (10, 3) each
    pairs = zip(found.mean(axis=0), found.std(axis=0, ddof=1), strict=True)
    print(f"{name:9}", *(f"{mean:8.3f} ± {sd:.3f}" for mean, sd in pairs))
stated("half", one_relu[:, 0].mean(), 0.51, 0.005, "share of negative outputs with one ReLU")
assert np.all(two_relus[:, 0] == 0), "with two ReLUs no output is negative"
stated("drift", two_relus[:, 1].mean(), 55.2, 0.05, "mean of the stream, two ReLUs")
stated("drift_sd", two_relus[:, 1].std(ddof=1), 8.2, 0.05, "its standard deviation")
stated("still", one_relu[:, 1].mean(), 0.9, 0.05, "mean of the stream, one ReLU")
stated("still_sd", one_relu[:, 1].std(ddof=1), 5.5, 0.05, "its standard deviation")
stated("parallel", two_relus[:, 2].mean(), 0.99, 0.005, "cosine of two words, two ReLUs")
stated("apart", one_relu[:, 2].mean(), 0.75, 0.005, "cosine of two words, one ReLU")

# %% [markdown] lang="en"
# **Reading the table**: for each formula the share of negative outputs of the first layer, the mean of the stream and the cosine after 12 layers, each as mean ± standard deviation of ten draws.
#
# With two ReLUs no output is negative (with one, a share of {here.half}), the mean drifts to {here.drift} ± {here.drift_sd} (with one, {here.still} ± {here.still_sd}), and the
# words end nearly parallel: cosine {here.parallel} against {here.apart}.
#
# Does training repair it? Each form learns the outputs of a correct network of the same size: 200 inputs, 300 steps of
# Adam, the best of four learning rates, five seeds. Gradients are not clipped. Predicting zero costs 1.

# %% [markdown] lang="zh"
# **读表**：一行是一种写法，三栏依次是第一层负输出的比例、12 层之后主干的均值和两词的余弦，都是十次的均值 ± 标准差。
#
# 套两层 ReLU，负的输出一个也没有（一层时占 {here.half}）；主干的均值漂到 {here.drift} ± {here.drift_sd}（一层时 {here.still} ± {here.still_sd}）；各词最后几乎平行，余弦 {here.parallel}，而一层时是 {here.apart}。
#
# 训练能不能补救？取一个同样大小、写法正确的网络，让两种写法都去学它的输出：200 个输入，Adam 300 步，各取四个学习率中最好的，五个种子；梯度不裁剪。一律答 0 的损失是 1。

# %%
print(read_settings("bending"))
bent = read_study("bending")["loss"]  # (5, 2): one ReLU, two ReLUs
again = np.array(bending.losses(bending.STUDY.settings, 0))  # (2,)
assert np.allclose(again, bent[0], rtol=0.1), "the losses of seed 0 are the stored ones"
for name, losses in zip(("one ReLU", "two ReLUs"), bent.T, strict=True):
    print(f"{name:9} {losses.mean():.4f} ({losses.min():.4f}-{losses.max():.4f})")
assert bent[:, 0].max() < 0.1 * bent[:, 1].min(), "one ReLU learns at least ten times better"

# %% [markdown] lang="en"
# **Reading the table**: the loss after training, mean (lowest–highest) of five seeds. Training does not repair it: with two ReLUs the loss comes to {bending.two.mean} ({bending.two.low} to {bending.two.high}), with one to {bending.one.mean} ({bending.one.low} to {bending.one.high}).
#
# **The loop.** Its $h$ rounds differ from $h$ layers in three things: one set of weights for all rounds, no normalisation, and one feed-forward network at the end. We change the first two separately, and measure size
# and cosine of the words in ten draws, beside $h$ heads at once and $h$ layers:

# %% [markdown] lang="zh"
# **读表**：训练后的损失，五个种子的均值（最低–最高）。训练补救不了：套两层 ReLU 的，损失是 {bending.two.mean}（{bending.two.low} 至 {bending.two.high}）；只有一层的，是 {bending.one.mean}（{bending.one.low} 至 {bending.one.high}）。
#
# **循环**　指南的 $h$ 轮循环与 $h$ 层相比，有三点不同：各轮共用一套权重，没有归一化，最后才有一个前馈神经网络。下面把前两点分开来改，随机抽十次，测各词向量的大小和彼此的余弦，并与 $h$ 个头并排、$h$ 层相叠比较：


# %%
def rounds(x, blocks, h, normed):
    for block in blocks[:h]:
        x = x + block.attention(x)  # (1, n, d)
        x = block.attention_norm(x) if normed else x
    return x + blocks[0].feed_forward(x)


def forms(seed, h):
    rng = np.random.default_rng(seed)
    x = Tensor(rng.standard_normal((1, 16, 64)))  # (1, n, d)
    own = stacks.new_blocks(16, stacks.Sizes(width=64, hidden=256), rng)
    for block in own:
        block.attention.n_heads = h  # as many heads as rounds or layers
    same = own[:1] * h  # one block, h times
    yield "the guide's loop", rounds(x, same, h, normed=False)
    yield "own weights", rounds(x, own, h, normed=False)
    yield "normalised", rounds(x, same, h, normed=True)
    yield "both", rounds(x, own, h, normed=True)
    yield "heads at once", stacks.no_norm(own[0], x)
    yield "layers, post-norm", stacks.through(stacks.post_norm, own[:h], x)
    yield "layers, pre-norm", stacks.through(stacks.pre_norm, own[:h], x)


# %%
counts = [1, 2, 4, 8, 16]
grid = [[dict(forms(seed, h)) for h in counts] for seed in range(10)]
sizes, cosines = {}, {}  # (10, 5) each
for name in grid[0][0]:
    sizes[name] = np.array([[stacks.rms(at[name].data) for at in line] for line in grid])
    cosines[name] = np.array([[cosine(at[name].data[0]) for at in line] for line in grid])
    size, angle = np.exp(np.log(sizes[name]).mean(axis=0)), cosines[name].mean(axis=0)
    print(f"{name:18}", *(f"{s:7.3g}" for s in size), "  ", *(f"{a:5.2f}" for a in angle))

last = {name: np.exp(np.log(size[:, -1]).mean()) for name, size in sizes.items()}
stated("loop", last["the guide's loop"], 3734, 5, "size after 16 rounds of the guide's loop")
stated("own", last["own weights"], 83, 0.6, "size with weights of their own")
stated("tamed", last["normalised"], 1.1, 0.05, "size of the normalised loop")
stated("pre_size", last["layers, pre-norm"], 3.6, 0.05, "size after 16 pre-norm layers")
alike = [cosines[name][:, -1].min() for name in list(sizes)[:4]]
assert min(alike) > 0.99, "each of the four loops makes all words point one way"
assert cosines["layers, post-norm"][:, -1].min() > 0.99, "so do 16 post-norm layers"
stated("pre_cosine", cosines["layers, pre-norm"][:, -1].mean(), 0.76, 0.005, "of pre-norm")

# %%
figure, (left, right) = plt.subplots(1, 2)
drawn = {"h": counts}
styles = {"the guide's loop": "P-", "own weights": "X--", "normalised": "^:"}
styles |= {"heads at once": "o-", "layers, pre-norm": "D-."}
for name, style in styles.items():
    low, high = sizes[name].min(axis=0), sizes[name].max(axis=0)
    middle, angle = np.exp(np.log(sizes[name]).mean(axis=0)), cosines[name].mean(axis=0)
    left.loglog(counts, middle, style, ms=6, mfc="none", label=name)
    left.fill_between(counts, low, high, alpha=0.15, lw=0)
    right.semilogx(counts, angle, style, ms=6, mfc="none")
    drawn[f"size {name}"], drawn[f"cosine {name}"] = middle, angle
left.set(ylabel="root mean square")
right.set(ylabel="cosine of two words", ylim=(-0.05, 1.05))
for axes in (left, right):
    axes.set(xlabel="$h$ (rounds, heads or layers)", xticks=counts, xticklabels=counts)
    axes.minorticks_off()
left.legend(fontsize=8)
savefig(figure, "07_pseudocode", drawn)

# %% [markdown] lang="en"
# **Reading the table**: on the left the size (geometric mean of ten draws), on the right the mean cosine of two words, for $h$ = 1, 2, 4, 8, 16. Bands in the figure: the range of the ten draws.
#
# The size: 16 rounds of the guide's loop blow the stream up to {here.loop:,.0f}, weights of their own only to {here.own}, and normalisation alone holds it at {here.tamed}. So both causes count. That makes sense: going through the *same* matrices again and again stretches the same directions each time,
# and without normalisation nothing takes that back. The cosine is another matter: it ends above 0.99 with either change and with both, and 16 random *post-norm* layers are no better. So neither cause explains why it is so large; every round of attention mixes
# the words, and of all forms only pre-norm layers still tell them apart (cosine {here.pre_cosine}, size {here.pre_size}). Side by side, the number of heads hardly matters.
#
# **One residual.** Last, what one around attention alone, as in section 3.1, does in 12 layers:

# %% [markdown] lang="zh"
# **读表**：左边五栏是大小（十次的几何平均），右边五栏是两词余弦的均值，各对应 $h$ = 1、2、4、8、16。图中色带是十次的最低到最高。
#
# 先看大小：指南的循环转 16 轮，信号放大到 {here.loop:,.0f}；各轮改用自己的权重，只到 {here.own}；只加归一化，始终是 {here.tamed} 上下。可见两个原因都起作用。这也说得通：反复经过**同一组**矩阵，每次拉伸的都是同样的方向；没有归一化，又没有什么把它收回来。余弦却是另一回事：改哪一点，或者两点都改，最后都超过 0.99，随机权重的**后归一化**叠到 16 层也一样。可见这两个原因都解释不了余弦为什么这样大：每一轮注意力都在混合各词，几种做法里，只有前归一化的层还分得清各词（余弦 {here.pre_cosine}，大小 {here.pre_size}）。各头并排计算时，头数几乎没有影响。
#
# **一处残差**　最后，像 3.1 节那样只绕过注意力，12 层之后会怎样：


# %%
def around_attention_only(block, x):
    return block.feed_forward(x + block.attention(x))


ends = []
for seed in range(10):
    rng = np.random.default_rng(seed)
    x = Tensor(rng.standard_normal((1, 16, 64)))  # (1, n, d)
    twelve = stacks.new_blocks(12, stacks.Sizes(width=64, hidden=256), rng)
    ways_through = around_attention_only, stacks.no_norm
    ends.append([stacks.rms(stacks.through(way, twelve, x).data) for way in ways_through])
for name, size in zip(("one residual", "two"), np.array(ends).T, strict=True):
    middle = np.exp(np.log(size).mean())
    print(f"{name:12} {middle:.1e} ({size.min():.1e}-{size.max():.1e})")
    assert (size.max() < 1e-2) if name == "one residual" else (size.min() > 50), name

# %% [markdown] lang="en"
# **Reading the table**: the size after 12 layers, geometric mean (lowest–highest) of ten draws. With one residual no way leads past the feed-forward networks, and in each of the ten draws the signal dwindles to less than a hundredth. With two it gets
# through, and grows: that takes normalisation (A33).

# %% [markdown] lang="zh"
# **读表**：12 层之后的大小，十次的几何平均（最低–最高）。只有一处残差，前馈神经网络就绕不过去，贯穿各层的直路断了，十次里每一次信号都衰减到不足百分之一。两处都有，信号通得过去，却越来越大，所以还需要归一化（A33）。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Attention mixes positions; the feed-forward network works on each by itself and holds two thirds of the weights.
# * $\mathrm{FFN}(x) = \max(0, xW_1 + b_1)W_2 + b_2$, without a ReLU outside (BERT takes GELU in place of ReLU).
# * Two residuals a layer. They keep words apart for longer; sizes, forward and backward, are kept by the normalisation.
# * Loop over layers with parameters of their own. Heads are parallel, and their number changes no parameter count.
# * Pre-norm did best in the deeper stacks here. Its stream grows slowly, so that a stack ends with one more normalisation.
# * All of this at random weights or after at most 300 steps, at widths of 16 to 64.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 一层之中，注意力在位置之间混合信息；前馈神经网络逐个位置加工，并占去三分之二的权重。
# * $\mathrm{FFN}(x) = \max(0, xW_1 + b_1)W_2 + b_2$，外面没有 ReLU（BERT 用 GELU 代替 ReLU）。
# * 每层两处残差。残差使各词保持差别；正向、反向的大小则靠归一化保持。
# * 循环的是层，每层有自己的参数。头是并行的，头数不影响参数个数。
# * 在这里，层数一多，前归一化表现最好；它的信号随深度缓慢增大，所以末尾还要再归一化一次。
# * 以上都是随机权重，或训练至多 300 步，宽度不过 16 到 64。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **07.1 Layer normalisation backward in one formula.** Section 4 goes step by step, with $c$ and $v$. Write $\partial L/\partial x$ from nothing but
# `h` $= \gamma \odot g$ and `z`, both $(n, d)$, and `s` $= \sqrt{v + \epsilon}$, $(n, 1)$; in `z` each row has mean 0 and mean square 1, as if $\epsilon$ were 0. The formula has three terms and one division. Hint: neither a shift nor a scale of $x$
# changes the output; which two directions must therefore be taken out of each row of `h`? (The check takes the steps of section 4 in these letters too: they are right. But then you have not seen why.)

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **07.1 一个公式写出层归一化的反向**　第 4 节借助 $c$ 和 $v$，是一步一步算的。请只用 `h` $= \gamma \odot g$、`z`（形状都是 $(n, d)$）和 `s` $= \sqrt{v + \epsilon}$（形状 $(n, 1)$）写出 $\partial L/\partial x$；`z` 的每一行均值为 0，平方的均值为 1，就当 $\epsilon$ 是 0。公式一共三项，一次除法。提示：$x$ 平移或缩放，输出都不变，那么该从 `h` 的每一行里去掉哪两个方向？（把第 4 节的步骤改用这几个字母写出来，也算对；只是那样还看不出其中的道理。）


# %% tags=["exercise"]
def layer_norm_backward(h, z, s):
    return ...


# %% tags=["solution"]
def layer_norm_backward(h, z, s):
    mean = h.mean(axis=-1, keepdims=True)  # (n, 1), the shift
    along = (h * z).mean(axis=-1, keepdims=True)  # (n, 1), the scale
    return (h - mean - z * along) / s  # (n, d)


# %% tags=["exercise-check"]
check("07.1", layer_norm_backward)

# %% [markdown] lang="en"
# **07.2 The guide's loop, repaired.** Write `transformer(x, layers)` for a post-norm encoder. Each layer has four functions, `layer.attention`,
# `layer.feed_forward`, `layer.norm1`, `layer.norm2`, from $(n, d)$ to $(n, d)$; `x` must stay as it was. The check's layers can be followed by hand: attention
# gives every word `mix` times the mean of all words, feed-forward is $\mathtt{slope} \cdot \max(x, 0) - 1$, and the "normalisations" just multiply by `gain1` and `gain2`.

# %% [markdown] lang="zh"
# **07.2 修好指南的循环**　请写后归一化编码器 `transformer(x, layers)`。`layers` 的每一层有四个函数：`layer.attention`、`layer.feed_forward`、`layer.norm1`、`layer.norm2`，输入输出都是 $(n, d)$ 的数组；`x` 本身不可改动。检查用的层可以手算：注意力给每个词的都是全体词的均值乘 `mix`；前馈神经网络是 $\mathtt{slope} \cdot \max(x, 0) - 1$；两个“归一化”不过是乘上 `gain1` 和 `gain2`。


# %% tags=["exercise"]
def transformer(x, layers):
    return ...


# %% tags=["solution"]
def transformer(x, layers):
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        x = layer.norm2(y + layer.feed_forward(y))
    return x


# %% tags=["exercise-check"]
check("07.2", transformer)

# %% [markdown] lang="en"
# **07.3 Count.** How many parameters has a BERT encoder of width $d$ with $h$ heads, hidden width $d_{ff}$, `layers` layers, $V$ tokens and $T$
# positions? There are three tables (tokens, positions, and two segments, the first and the second sentence), a normalisation behind them, and the layers; every linear map has a
# bias. Compare with `summary` above. For BERT-base without its pooler the answer is 108,891,648.

# %% [markdown] lang="zh"
# **07.3 数参数**　BERT 编码器宽 $d$，有 $h$ 个头，隐藏宽度 $d_{ff}$，共 `layers` 层，词表大小 $V$，位置 $T$ 个，一共有多少参数？其中有三张表（词元表、位置表、片段表；片段只有两种，即第一句和第二句），表后一个归一化，然后是各层；每个线性映射都带偏置。可以对照前面 `summary` 的输出。BERT-base 不算池化层，答案是 108,891,648。


# %% tags=["exercise"]
def parameters(d, h, d_ff, layers, V, T):
    return ...


# %% tags=["solution"]
def parameters(d, h, d_ff, layers, V, T):
    attention = 4 * (d * d + d)
    network = d * d_ff + d_ff + d_ff * d + d
    return (V + T + 2) * d + 2 * d + layers * (attention + network + 4 * d)


base = parameters(768, 12, 3072, 12, 30522, 512)
assert base == 108_891_648, "parameters of BERT-base"

# %% tags=["exercise-check"]
check("07.3", parameters)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Ba, Kiros & Hinton 2016, "Layer Normalization".
# * Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 3.3 (equation 2).
# * He et al. 2016, "Deep Residual Learning for Image Recognition", sections 1 and 4.1.
# * Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture"; Radford et al. 2019, section 2.3, for GPT-2's order.
# * Dong, Cordonnier & Loukas 2021, "Attention is not all you need: pure attention loses rank doubly exponentially with depth".
# * In this project: `minillm/nn/blocks.py` (both orders), `minillm/nn/encoder_blocks.py`, `minillm/models/bert.py`, `tests/nn/test_depth.py`, `minillm/labs/transformer/depth.py`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Ba、Kiros、Hinton，2016，“Layer Normalization”。
# * Vaswani 等，2017，“Attention Is All You Need”，3.1 节和 3.3 节（式 2）。
# * He 等，2016，“Deep Residual Learning for Image Recognition”，第 1 节和 4.1 节。
# * Xiong 等，2020，“On Layer Normalization in the Transformer Architecture”；GPT-2 的次序见 Radford 等，2019，2.3 节。
# * Dong、Cordonnier、Loukas，2021，“Attention is not all you need: pure attention loses rank doubly exponentially with depth”。
# * 本项目：`minillm/nn/blocks.py`（两种次序）、`minillm/nn/encoder_blocks.py`、`minillm/models/bert.py`、`tests/nn/test_depth.py`、`minillm/labs/transformer/depth.py`。
