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
#     budget_s: 40
#     errata: [A33, A35, A36, A37, A38, A39, A40, A49, A50]
#     introduces: [minillm.ops.normalization, minillm.nn.layer_normalization, minillm.nn.feed_forward, minillm.nn.encoder_blocks, minillm.nn.decoder_blocks, minillm.nn.table, minillm.models.bert]
# ---

# %% [markdown] lang="en"
# # Lesson 7. A Transformer layer: feed-forward, residuals, normalisation
#
# **Question.** Attention mixes the words. What are the other parts of a layer for, and what
# happens in a stack of 32 layers when one of them is missing?
#
# **Afterwards you can** compute a feed-forward network and layer normalisation by hand, put a layer together in both
# usual orders, count its parameters, and say what residual connections prevent and what they do not.
#
# **Before this**: attention (lessons 5 and 6), the chain rule. **Time**: about fifteen seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 第 7 课　Transformer 层：前馈、残差、层归一化
#
# **问题**　注意力已经把各个词的信息混合起来了，为什么还不够？层里的其他部件各管什么？叠到 32 层时，少了其中一件会怎样？
#
# **学完本课，你能够**　手算前馈神经网络和层归一化；按两种常见的次序搭出一层；数清它的参数；说清残差连接防的是什么，又不防什么。
#
# **预备知识**　注意力（第 5、6 课）、链式法则。**用时**　运行约十五秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_module, check_vjp, nn, ops
from minillm.course import check, savefig, setup
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.transformer import bending, depth, stacks
from minillm.nn import summary

setup()
rng = np.random.default_rng(7)

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
x = np.array([[1.0, 7.0, 9.0, 15.0]])  # (1, 4)
z_by_hand = np.array([[-1.4, -0.2, 0.2, 1.4]])  # (1, 4)
g = np.array([[5.0, 0.0, 0.0, 0.0]])  # (1, 4), dL/dz
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


assert np.allclose(layer_norm(x, np.ones(4), np.zeros(4)), z_by_hand, atol=1e-5)
assert np.allclose(feed_forward(word, w1, b1, w2, b2), [[3, -2]])
assert np.allclose(layer_norm(3 * x + 7, 1, 0), layer_norm(x, 1, 0), atol=1e-5)

# %% [markdown] lang="en"
# The last line: neither a shift nor a positive scale of $x$ changes its normalisation.
#
# A layer has two *sub-layers*, each with a residual connection. The original Transformer and BERT normalise after the addition
# (*post-norm*), GPT-2 before the sub-layer (*pre-norm*). Below, parameters are moved off their first values, or a swap of the two norms would go unnoticed.
#
# $$\text{post: } y = \mathrm{LN}_1(x + \mathrm{MHA}(x)),\; z = \mathrm{LN}_2(y + \mathrm{FFN}(y)) \qquad \text{pre: } y = x + \mathrm{MHA}(\mathrm{LN}_1(x)),\; z = y + \mathrm{FFN}(\mathrm{LN}_2(y)).$$

# %% [markdown] lang="zh"
# 最后一行断言的是：$x$ 整体平移，或者整体放大正数倍，归一化的结果都不变。
#
# 一层有两个**子层**，**各有**一处残差连接。原始的 Transformer 和 BERT 先相加、后归一化，叫**后归一化**（post-norm）；GPT-2 先归一化、再进子层，叫**前归一化**（pre-norm）。下面与程序库对照时，先把参数都挪离初始值，否则两个归一化互换了也看不出来。
#
# $$\text{post: } y = \mathrm{LN}_1(x + \mathrm{MHA}(x)),\; z = \mathrm{LN}_2(y + \mathrm{FFN}(y)) \qquad \text{pre: } y = x + \mathrm{MHA}(\mathrm{LN}_1(x)),\; z = y + \mathrm{FFN}(\mathrm{LN}_2(y)).$$


# %%
def post_norm(x, attend, forward, norm1, norm2):
    y = norm1(x + attend(x))  # (B, n, d)
    return norm2(y + forward(y))  # (B, n, d)


def pre_norm(x, attend, forward, norm1, norm2):
    y = x + attend(norm1(x))  # (B, n, d)
    return y + forward(norm2(y))  # (B, n, d)


def shaken(module):
    for parameter in module.to_dtype(np.float64).parameters():
        parameter.data = parameter.data + 0.1 * rng.standard_normal(parameter.shape)
    return module


words = Tensor(rng.standard_normal((2, 5, 8)))  # (B, n, d)
blocks = [shaken(kind(8, 2, 32, rng=rng)) for kind in (nn.EncoderBlock, nn.PreNormEncoderBlock)]
for block, order in zip(blocks, (post_norm, pre_norm), strict=True):
    parts = block.attention, block.feed_forward, block.attention_norm, block.feed_forward_norm
    assert np.allclose(order(words, *parts).data, block(words).data)

norm = blocks[0].attention_norm
assert np.allclose(layer_norm(words.data, norm.weight.data, norm.bias.data), norm(words).data)

network = shaken(nn.FeedForward(8, 32, rng=rng, activation=ops.relu))
inner, outer = network.inner, network.outer
weights = inner.weight.data.T, inner.bias.data, outer.weight.data.T, outer.bias.data
assert np.allclose(feed_forward(words.data, *weights), network(words).data)

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
assert np.allclose(layer_norm_rule(x, np.ones(4), np.zeros(4))[1](g)[0], dx_by_hand, atol=1e-5)
batch = words.data[0]  # (n, d)
scale = norm.weight.data, norm.bias.data
errors = {
    "layer norm": check_vjp(layer_norm_rule, batch, *scale, rng=rng),
    "feed-forward": check_vjp(feed_forward_rule, batch, *weights, rng=rng),
    "post-norm block": check_module(blocks[0], lambda: blocks[0](words), rng=rng),
    "pre-norm block": check_module(blocks[1], lambda: blocks[1](words), rng=rng),
}
for name, error in errors.items():
    print(f"{name:16} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7

# %% [markdown] lang="en"
# (`check_module` does for all parameters of a module what `check_vjp` does for a rule. The bias of the keys shifts all scores of a row alike: its gradient is zero, and so is what rounding leaves of it.) The planted
# mistake: the mean term is forgotten, as if $m$ were constant.

# %% [markdown] lang="zh"
# （`check_module` 对模块的全部参数做 `check_vjp` 那样的检验。键的偏置使同一行的分数一齐平移，它的梯度恰好是零；不超过舍入误差的，就算零。）下面故意犯一个错：漏掉均值那一项，仿佛 $m$ 是常数。

# %%
try:
    check_vjp(layer_norm_rule, batch, *scale, rng=rng, mean_term=False)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten term went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **The outer ReLU** (4.1.3, A50). The hand example gives $(3, -2)$; with the guide's second ReLU, $(3, 0) + b_2 = (3, 1)$. Nothing
# comes out below $b_2$: as a branch of a residual connection it may add to the stream, but not subtract, beyond one constant for each
# feature. In five draws of 12 layers $x + \mathrm{FFN}(x)$ we measure the share of negative outputs, the mean of
# the stream, and the cosine between words that started unrelated.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **外层的 ReLU**（4.1.3 节，A50）　上面的手算得 $(3, -2)$；照指南再套一个 ReLU，就成了 $(3, 0) + b_2 = (3, 1)$，任何输出都不会低于 $b_2$。放在残差连接的支路上，它对主干（各层的输出依次相加的那条主路）只能加，不能减；能减的，至多是每个分量一个固定的常数。下面随机抽五次，每次叠 12 层 $x + \mathrm{FFN}(x)$，测三个量：负输出的比例，主干上各数的均值，以及本来毫不相干的词之间的余弦。


# %%
def twice(x, w1, b1, w2, b2):
    return np.maximum(np.maximum(x @ w1 + b1, 0) @ w2, 0) + b2  # (n, d)


def cosine(x):
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)  # (n, d)
    return (unit @ unit.T)[~np.eye(len(x), dtype=bool)].mean()


def stacked(branch, x, layers):
    negative = (branch(x, *layers[0]) < 0).mean()
    for layer in layers:
        x = x + branch(x, *layer)  # (n, d)
    return negative, x.mean(), cosine(x)


def random_layer(d=64, dff=256):
    w1 = rng.standard_normal((d, dff)) * np.sqrt(2 / d)
    return w1, np.zeros(dff), rng.standard_normal((dff, d)) / np.sqrt(dff), np.zeros(d)


assert np.allclose(twice(word, w1, b1, w2, b2), [[3, 1]])
measured = []
for _ in range(5):
    start, layers = rng.standard_normal((200, 64)), [random_layer() for _ in range(12)]
    measured.append([stacked(branch, start, layers) for branch in (feed_forward, twice)])
right, guide = np.array(measured).transpose(1, 0, 2)  # (5, 3) each
print("negative share, mean, cosine: mean and standard deviation of 5 draws")
for name, numbers in (("one ReLU", right), ("two ReLUs", guide)):
    pairs = zip(numbers.mean(axis=0), numbers.std(axis=0, ddof=1), strict=True)
    print(f"{name:9}", *(f"{mean:8.3f} ± {sd:.3f}" for mean, sd in pairs))
assert np.all(guide[:, 0] == 0) and np.all((right[:, 0] > 0.4) & (right[:, 0] < 0.6))
assert np.allclose([guide[:, 1].mean(), right[:, 1].mean()], [53.9, -0.6], atol=0.05)
assert np.allclose([guide[:, 2].mean(), right[:, 2].mean()], [0.99, 0.75], atol=0.005)
assert guide[:, 1].min() > 35 and abs(right[:, 1]).max() < 20
assert guide[:, 2].min() > 0.98 and right[:, 2].max() < 0.9

# %% [markdown] lang="en"
# With two ReLUs no output is negative (with one, half of them are), the mean drifts to $53.9 \pm 8.4$ (with one, $-0.6 \pm 7.3$; standard deviations), and the
# words end nearly parallel: cosine 0.99 against 0.75.
#
# Does training repair it? Each form learns the outputs of a correct network of the same size: 200 inputs, 300 steps of
# Adam, the best of four learning rates, five seeds. Gradients are not clipped. Predicting zero costs 1.

# %% [markdown] lang="zh"
# 套两层 ReLU，负的输出一个也没有（一层时占一半）；主干的均值漂到 $53.9 \pm 8.4$（一层时 $-0.6 \pm 7.3$；± 后面是标准差）；各词最后几乎平行，余弦 0.99，而一层时是 0.75。
#
# 训练能不能补救？取一个同样大小、写法正确的网络，让两种写法都去学它的输出：200 个输入，Adam 300 步，各取四个学习率中最好的，五个种子；梯度不裁剪。一律答 0 的损失是 1。

# %%
print(read_settings("bending"))
bent = read_study("bending")["loss"]  # (5, 2): one ReLU, two ReLUs
live = np.array(bending.losses(bending.STUDY.settings, 0))
assert np.allclose(live, bent[0], rtol=0.1)
print("loss: mean (lowest-highest) of 5 seeds")
for name, losses in zip(("one ReLU", "two ReLUs"), bent.T, strict=True):
    print(f"{name:9} {losses.mean():.4f} ({losses.min():.4f}-{losses.max():.4f})")
assert bent[:, 0].max() < 0.01 and bent[:, 1].min() > 0.1

# %% [markdown] lang="en"
# It does not: with two ReLUs the loss stays above 0.1 for every seed, with one it falls below 0.01.
#
# **Auxiliary?** (4.1.3, A49.) Count one layer of BERT-base:

# %% [markdown] lang="zh"
# 补救不了：套两层 ReLU 的，每个种子的损失都停在 0.1 以上；只有一层的，都降到 0.01 以下。
#
# **辅助组件？**（4.1.3 节，A49）　数一数 BERT-base 的一层：

# %%
layer = nn.EncoderBlock(768, 12, 3072, rng=rng)
print(summary(layer, depth=1))
attention_size, network_size = (
    layer.attention.parameter_count(),
    layer.feed_forward.parameter_count(),
)
assert (attention_size, network_size) == (2_362_368, 4_722_432)
assert abs(network_size / (attention_size + network_size) - 2 / 3) < 1e-3

# %% [markdown] lang="en"
# The feed-forward network holds two thirds: $8d^2$ of the $12d^2$ weights of both together.
#
# **The loop** (3.2, A37). Heads work side by side *inside* one call of multi-head attention. The guide calls all of
# attention once per head, with the same weights each time: $h$ attention sub-layers in a row, one feed-forward network at the end. The loop
# belongs around **layers**, each with its own parameters and a feed-forward network inside. We compare size (root mean
# square) and cosine of the words for $h$ heads in a loop, $h$ heads at once, and $h$ layers in both orders; the ways through a block stand
# in `minillm/labs/transformer/stacks.py`. Bands: the range of five draws.

# %% [markdown] lang="zh"
# 注意力与前馈神经网络合计，后者占三分之二：$12d^2$ 个权重中的 $8d^2$ 个。
#
# **循环**（3.2 节，A37）　各个头本来是在多头注意力的一次调用**之内**并排计算的。指南的循环却是有几个头就把整个注意力调用几次，每次用同一套权重，等于串起 $h$ 个注意力子层，最后只有一个前馈神经网络。该循环的是**层**：每层有自己的参数，前馈神经网络也在循环里面。下面比较三种做法：循环 $h$ 次、$h$ 个头并排、$h$ 层相叠（两种次序），看各词向量的大小（均方根）和彼此的余弦。各种接法的代码都在 `minillm/labs/transformer/stacks.py` 里。图中色带是五次抽样的范围。


# %%
counts = [1, 2, 4, 8, 16]
wide = stacks.Sizes(width=64, hidden=256)


def forms(rng):
    x = Tensor(rng.standard_normal((1, 16, 64)))  # (1, n, d)
    single, *blocks = stacks.new_blocks(17, wide, rng)
    for h in counts:
        single.attention.n_heads = h
        looped = x
        for _ in range(h):
            looped = looped + single.attention(looped)
        yield looped + single.feed_forward(looped)
        yield stacks.no_norm(single, x)
        yield stacks.through(stacks.post_norm, blocks[:h], x)
        yield stacks.through(stacks.pre_norm, blocks[:h], x)


ends = [[y.data[0] for y in forms(child)] for child in rng.spawn(5)]
sizes = np.array([[stacks.rms(y) for y in seed] for seed in ends]).reshape(5, 5, 4).T  # (4, 5, 5)
cosines = np.array([[cosine(y) for y in seed] for seed in ends]).reshape(5, 5, 4).T
names = ["loop over heads", "heads at once", "layers, post-norm", "layers, pre-norm"]
for name, size, angle in zip(names, sizes.mean(axis=2), cosines.mean(axis=2), strict=True):
    print(f"{name:18} size", *(f"{s:8.3g}" for s in size), " cosine", *(f"{a:5.2f}" for a in angle))

# %%
figure, (left, right_axes) = plt.subplots(1, 2)
styles = [("C0", "P-"), ("C1", "X--"), ("C3", "^:"), ("C4", "D-.")]
for i, (name, (color, style)) in enumerate(zip(names, styles, strict=True)):
    for axes, numbers in ((left, sizes), (right_axes, cosines)):
        axes.plot(counts, numbers[i].mean(axis=1), style, color=color, ms=5, label=name)
        low, high = numbers[i].min(axis=1), numbers[i].max(axis=1)
        axes.fill_between(counts, low, high, color=color, alpha=0.15, lw=0)
left.set(xscale="log", yscale="log", ylabel="root mean square")
right_axes.set(xscale="log", ylabel="cosine of two words", ylim=(-0.05, 1.05))
for axes in (left, right_axes):
    axes.set(xlabel="h (heads or layers)", xticks=counts, xticklabels=counts)
    axes.minorticks_off()
left.legend(fontsize=8)
savefig(
    figure,
    "07_pseudocode",
    {"h": counts, "size": sizes.mean(axis=2), "cosine": cosines.mean(axis=2)},
)
assert sizes[0, -1].min() > 1000 and np.ptp(sizes[1].mean(axis=1)) < 0.1
assert np.allclose(sizes[2], 1, atol=1e-3) and sizes[3, -1].max() < 6
assert cosines[0, -1].min() > 0.999 and abs(cosines[1]).max() < 0.2
assert cosines[2, -1].min() > 0.99 and cosines[3, -1].max() < 0.9

# %% [markdown] lang="en"
# 16 heads in a loop blow the stream up more than a thousandfold, and all words end in the same direction; side by side, the number of heads
# hardly matters. But the correct loop is not flattered either: 16 random *post-norm* layers have a cosine
# near 1 as well. What sets the guide's loop apart is the size, for want of normalisation, and that all rounds share one set of weights.
#
# **How many residuals?** Section 3.1 has one, around attention; the pseudo-code two (right, A38); section 3.3 one after the
# feed-forward network, but adding the output of *attention* (A36, A40). What does one around attention do in 12 layers?

# %% [markdown] lang="zh"
# 把 16 个头拿来循环，信号放大一千倍以上，最后所有的词都指向同一个方向；并排计算时，头数几乎没有影响。不过正确的循环也有同样的问题：随机权重的**后归一化**叠到 16 层，余弦同样接近 1。指南的循环与之不同的是：没有归一化，信号的大小失控；而且各轮共用一套权重。
#
# **残差有几处？**　3.1 节说一处，绕过注意力；伪代码里有两处（这没有错，A38）；3.3 节只有一处，放在前馈神经网络之后，加的却是**注意力**的输出（A36、A40）。下面看看，如果只绕过注意力，12 层之后会怎样。


# %%
def around_attention_only(block, x):
    return block.feed_forward(x + block.attention(x))


for child in rng.spawn(5):
    x = Tensor(child.standard_normal((1, 16, 64)))  # (1, n, d)
    blocks = stacks.new_blocks(12, wide, child)
    one = stacks.rms(stacks.through(around_attention_only, blocks, x).data)
    two = stacks.rms(stacks.through(stacks.no_norm, blocks, x).data)
    print(f"size after 12 layers: one residual {one:.1e}, two {two:.1e}")
    assert one < 1e-2 and two > 50

# %% [markdown] lang="en"
# With one, no way leads past the feed-forward networks, and the signal dwindles to less than a hundredth. With two it gets
# through, and grows: that takes normalisation (A33).
#
# The pseudo-code also lacks positions, masks, dropout, an output head and a number of layers (A38). And it sketches an encoder; the Transformer
# of 2017 has a decoder too (A39), whose layer, `nn.DecoderBlock`, has a third sub-layer that looks at the encoder's output.

# %% [markdown] lang="zh"
# 只有一处残差，前馈神经网络就绕不过去，贯穿各层的直路断了，信号衰减到不足百分之一。两处都有，信号通得过去，却越来越大，所以还需要归一化（A33）。
#
# **还缺什么**　这段伪代码还缺位置编码、掩码、随机失活（dropout）、输出头和层数（A38）。它所勾画的只是编码器；2017 年的 Transformer 还有解码器（A39），解码器的每层（`nn.DecoderBlock`）多一个子层，用来看编码器的输出。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# The same blocks, five ways: with neither residuals nor normalisation, with one of the two, with both (post-norm, pre-norm). At random
# weights and depths from 1 to 32 we measure the size of the stream; its *distance* from all words of a sentence being equal,
#
# $$\frac{\lVert X - \mathbf{1}\,\bar{x} \rVert}{\lVert X \rVert}, \qquad \bar{x} = \frac1n \sum_i x_i;$$
#
# and the norm of the gradient that reaches the first layer's weights when a random one of norm 1 starts at the top. Then we train: four
# sentences of eight words, random targets to be learned by heart, 60 steps of Adam, the best of four learning rates; once with gradients as
# they are, once *clipped*: shortened to norm 1 where they are longer. Predicting 0 costs 1. Seed 0 runs here
# (all signals; the trainings of depth 8, unclipped), five are stored.

# %% [markdown] lang="zh"
# ## 6 实验
#
# 同样的层，五种接法：残差和归一化都没有；只有其中一种；两种都有，即后归一化与前归一化。权重随机，深度从 1 到 32，测主干上信号的大小，以及它离“一句话的各词全都相同”的**距离**
#
# $$\frac{\lVert X - \mathbf{1}\,\bar{x} \rVert}{\lVert X \rVert}, \qquad \bar{x} = \frac1n \sum_i x_i;$$
#
# 再从顶端传入一个范数为 1 的随机梯度，测它回到第一层权重时的范数。然后训练：一批四句话，每句八个词，目标随机，要求背下来；Adam 60 步，每种接法取四个学习率中最好的；一次不裁剪梯度，一次**裁剪**：范数超过 1 的缩短到 1。一律答 0 的损失是 1。这里现场跑种子 0（全部信号；训练只跑 8 层、不裁剪的），五个种子的结果已经存好。

# %%
print(read_settings("depth"))
study, settings = read_study("depth"), depth.STUDY.settings
variants, depths = settings.variants, settings.depths
live = depth.signals(settings, 0)
for key, numbers in live.items():
    close = np.isclose(numbers, study[key][0], rtol=1e-3)
    assert np.all(close | (numbers < 1e-12)), key
live = depth.losses(depth.with_trainings(settings, depths=(8,), max_norms=(None,)), 0)
assert np.allclose(live["loss"], study["loss"][0, :1, :, 1:2], rtol=0.05)

print("size of the stream, geometric mean of 5 seeds; depth", *depths)
for name, numbers in zip(variants, study["rms"].swapaxes(0, 1), strict=True):
    print(f"{name:12}", *(f"{size:9.2g}" for size in 10 ** np.log10(numbers).mean(axis=0)))
print("training loss, mean and range of 5 seeds; depth", *settings.trainings.depths)
for limit, losses in zip(settings.trainings.max_norms, study["loss"].swapaxes(0, 1), strict=True):
    print("gradients", "as they are" if limit is None else f"of norm {limit:g} at most")
    for name, numbers in zip(variants, losses.swapaxes(0, 1), strict=True):
        spread = zip(numbers.mean(axis=0), numbers.min(axis=0), numbers.max(axis=0), strict=True)
        print(f"{name:12}", *(f"  {mean:.2f} ({low:.2f}-{high:.2f})" for mean, low, high in spread))
print("floor for equal words, seed by seed:", *(f"{floor:.3f}" for floor in study["floor"]))

# %%
neither, no_residual, no_norm, post, pre = (
    {
        **{key: study[key][:, i] for key in ("rms", "gradient", "distance")},
        "loss": study["loss"][:, 0, i],
        "clipped": study["loss"][:, 1, i],
    }
    for i in range(5)
)  # (5 seeds, depths) each
assert neither["gradient"][:, -1].max() < 1e-10 and no_norm["gradient"][:, -1].min() > 1e8
for one in (no_residual, post, pre):
    assert one["gradient"].min() > 1 and one["gradient"].max() < 1000
assert no_residual["distance"][:, 2].max() < 1e-3 and no_residual["distance"][:, 3].max() < 1e-15
assert neither["distance"][:, 3].max() < 1e-15
assert post["distance"][:, -1].max() < 1e-3 and pre["distance"][:, -1].min() > 0.2
floor = study["floor"]  # (5,): a seed has targets of its own
assert np.allclose([floor.min(), floor.max()], [0.85, 0.90], atol=0.005)
assert no_norm["rms"][:, -1].min() > 1e6
for key in ("loss", "clipped"):
    assert np.all(no_residual[key][:, 1] > floor) and np.all(neither[key][:, 1] > floor)
    assert (pre[key][:, 1:] < np.minimum(post[key], no_norm[key])[:, 1:]).all()
    assert 0.88 < post[key][:, 2].min() < post[key][:, 2].max() < 0.98
assert pre["loss"][:, 1].max() < 0.3 and post["loss"][:, 1].min() > 0.3
assert (no_norm["loss"][:, 1] == 1).all() and np.sum(no_norm["clipped"][:, 1] < 1) == 3
assert pre["clipped"][:, 1].max() < 0.1 and (pre["clipped"] < pre["loss"])[:, 1:].all()
assert 0.2 < post["clipped"][:, 1].min() < post["clipped"][:, 1].max() < 0.6
assert max(one["loss"][:, 0].max() for one in (neither, no_residual, no_norm, post, pre)) < 0.6

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
# **What you saw** (bands: 95 % intervals of the mean). Left: the gradient vanishes where *both* are missing (below $10^{-10}$ at 32 layers) and explodes
# with residuals alone (beyond $10^8$; the stream grows too, beyond $10^6$, A33). With normalisation it stays between 1 and 1000, **with or without residuals**. So with normalisation it is not vanishing
# gradients that residuals cure; without it, they turn vanishing into explosion. He et al. 2016 (section 4.1) say as much of their own networks: with batch normalisation the gradients were healthy, and deep
# plain ones still had the higher training error, the *degradation* problem.
#
# Right: without residuals the words of a sentence become equal, to rounding after 8 layers. A stack that
# gives all of them one answer cannot get below its seed's floor (0.85 to 0.90), and at depth 8 both stacks without residuals stay above the floor of their own seed. With gradients as
# they are, pre-norm stays below 0.3 there, post-norm above it; without normalisation no seed of five learned anything. **Clipping** is a remedy
# of its own: pre-norm then stays below 0.1, post-norm comes to between 0.2 and 0.6, and without normalisation three seeds of five learn something (which ones turns on rounding). Pre-norm is the best
# of these three either way. Whether a loop clips belongs beside every such number.
#
# **What it does not show.** Residuals slow the collapse, they do not exclude it: post-norm comes below $10^{-3}$ at 32 layers. At depth 24 it
# hardly trains (0.88 to 0.98, clipped or not); the warm-up of the learning rate that it is known to need (Xiong et al. 2020) is not tried here. At depth
# 2 every variant learns. That collapse causes the bad loss is plausible, not proven, and learning a small batch by heart says nothing about new text.

# %% [markdown] lang="zh"
# **看到了什么**（色带是均值的 95% 置信区间）　左图：残差和归一化**都没有**时，梯度消失（32 层时不到 $10^{-10}$）；只有残差时，梯度爆炸（超过 $10^8$），信号也随之增大（超过 $10^6$，A33）；有了归一化，**不管有没有残差**，梯度都在 1 到 1000 之间。可见有归一化时，残差治的并不是梯度消失；没有归一化时，残差只是把消失变成了爆炸。He 等人 2016 年对自己的网络也是这样说的（4.1 节）。他们的网络里有批归一化，梯度并无异常，可是没有残差的深层网络，训练误差仍然更高；这叫**退化**问题。
#
# 右图：没有残差，一句话里的各词趋于相同，8 层之后只剩舍入误差。如果一个网络对一句话里的各词只能给出同一个答案，损失不可能低于该种子自己的下限（0.85 至 0.90）；8 层时，两种没有残差的网络，每个种子都停在各自的下限以上。不裁剪时，8 层的前归一化，损失都在 0.3 以下，后归一化都在 0.3 以上；没有归一化的，五个种子无一学到东西。**裁剪**本身也是一种补救：裁剪之后，前归一化都在 0.1 以下，后归一化在 0.2 至 0.6 之间；没有归一化的，五个种子里有三个学到了一些（是哪几个，取决于舍入）。无论裁剪与否，三者之中都是前归一化最好。训练时有没有裁剪，应当与这类数字一并写明。
#
# **不能由此得出的**　残差只是延缓坍缩（即各词变得相同），并不能杜绝：后归一化到 32 层时，距离也不到 $10^{-3}$。到 24 层，后归一化几乎学不动（裁剪与否都在 0.88 到 0.98 之间）；深层的后归一化通常要先让学习率预热（Xiong 等，2020），这里没有试。只有 2 层时，五种接法都学得会。说损失降不下去是由坍缩造成的，讲得通，却没有得到证明。再说，背下一小批数据，与能否处理新文本是两回事。

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
# Replace `...` and run the cell below it.
#
# **07.1 Layer normalisation backward in one formula.** Section 4 goes step by step. Write
# $\partial L/\partial x$ in one line from $h = \gamma \odot g$, $z$ and $s = \sqrt{v + \epsilon}$, $\epsilon = 10^{-5}$. Hint: neither a shift nor a scale of $x$
# changes the output; which two directions must therefore be taken out of $h$? Return $\partial L/\partial x$ (one row for each word), $\partial L/\partial \gamma$ and $\partial L/\partial \beta$ (one number for each feature).

# %% [markdown] lang="zh"
# ## 8 练习
#
# 把 `...` 换成你的代码，再运行下面的检查单元格。
#
# **07.1 一个公式写出层归一化的反向**　第 4 节是一步一步算的。请只用 $h = \gamma \odot g$、$z$ 和 $s = \sqrt{v + \epsilon}$（$\epsilon = 10^{-5}$），一行写出 $\partial L/\partial x$。提示：$x$ 平移或缩放，输出都不变，那么该从 $h$ 中去掉哪两个方向？返回 $\partial L/\partial x$（每词一行）、$\partial L/\partial \gamma$ 和 $\partial L/\partial \beta$（每个分量一个数）。


# %% tags=["exercise"]
def layer_norm_backward(x, gain, g):
    return ...  # dL/dx, dL/dgain, dL/dbias


# %% tags=["solution"]
def layer_norm_backward(x, gain, g):
    c = x - x.mean(axis=-1, keepdims=True)  # (n, d)
    s = np.sqrt((c**2).mean(axis=-1, keepdims=True) + 1e-5)  # (n, 1)
    z, h = c / s, gain * g  # (n, d) each
    dx = (h - h.mean(axis=-1, keepdims=True) - z * (h * z).mean(axis=-1, keepdims=True)) / s
    return dx, (g * z).sum(axis=0), g.sum(axis=0)


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
# positions? There are three tables (tokens, positions, and two segments), a normalisation behind them, and the layers; every linear map has a
# bias. Compare with `summary` above. For BERT-base without its pooler the answer is 108,891,648.

# %% [markdown] lang="zh"
# **07.3 数参数**　BERT 编码器宽 $d$，有 $h$ 个头，隐藏宽度 $d_{ff}$，共 `layers` 层，词表大小 $V$，位置 $T$ 个，一共有多少参数？其中有三张表（词元表、位置表、句段表，句段只有两种），表后一个归一化，然后是各层；每个线性映射都带偏置。可以对照前面 `summary` 的输出。BERT-base 不算池化层，答案是 108,891,648。


# %% tags=["exercise"]
def parameters(d, h, d_ff, layers, V, T):
    return ...


# %% tags=["solution"]
def parameters(d, h, d_ff, layers, V, T):
    attention = 4 * (d * d + d)
    network = d * d_ff + d_ff + d_ff * d + d
    return (V + T + 2) * d + 2 * d + layers * (attention + network + 4 * d)


assert parameters(768, 12, 3072, 12, 30522, 512) == 108_891_648

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
