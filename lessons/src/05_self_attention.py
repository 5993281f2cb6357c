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
#     lesson: 5
#     guide: ['3.1', '4.1.2', '4.2.2']
#     budget_s: 15
#     errata: [A28, A29, A30, A31, A58, A59, A60, A61]
#     introduces: [minillm.ops.attention]
# ---

# %% [markdown] lang="en"
# # Lesson 5. Self-attention
#
# **Question.** In "the bank of the river" the word *bank* should look at *river*. How does a word find
# out which other words concern it, if nobody says so?
#
# **Afterwards you can** compute attention by hand, write it in NumPy in the right orientation, derive and
# check its gradient, and say what $\sqrt{d_k}$ is there for.
#
# **Before this**: matrix products, the chain rule, softmax. **Time**: a few seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 第 5 课　自注意力
#
# **问题**　“妈妈去打酱油”：“打”字有许多意思，要看到“酱油”，才知道这里是“买”。没有人告诉模型哪些词与“打”有关，它怎么知道该看哪里？
#
# **学完本课，你能够**　用手算出注意力；用 NumPy 按正确的行列约定写出它；推导并检验它的梯度；说清 $\sqrt{d_k}$ 的用处。
#
# **预备知识**　矩阵乘法、链式法则、softmax。**用时**　运行只要几秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp, ops
from minillm.course import check, savefig, setup

setup()
rng = np.random.default_rng(5)

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 3.1 of the guide describes three steps. The input $X$ is multiplied by three weight matrices, giving
# *queries* $Q$, *keys* $K$ and *values* $V$. Every query is compared with every key by a dot product. The results,
# divided by $\sqrt{d_k}$ and put through softmax, weigh the values. It prints
#
# $$Q = W_Q \cdot X, \qquad \mathrm{Attention}(Q, K, V) = \mathrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right) V.$$
#
# Section 4.2.2 then works an example with the words *apple* and *banana*. The idea is right and the second
# formula is right. The two formulas do not fit each other, and the numbers of the example are wrong: section 5 below.
# Marks such as A59 number the guide's statements, so that lessons and tests can refer to them.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 3.1 节把自注意力分成三步：输入 $X$ 分别乘上三个权重矩阵，得到**查询** $Q$、**键** $K$ 和**值** $V$；每个查询与所有的键作点积；点积除以 $\sqrt{d_k}$，经过 softmax，成为各个值的权重。指南的公式是
#
# $$Q = W_Q \cdot X, \qquad \mathrm{Attention}(Q, K, V) = \mathrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right) V.$$
#
# 4.2.2 节又用 *apple* 和 *banana* 两个词举了一个例子。思路没有错，第二个公式也没有错；但前后两个公式的行列约定对不上，例子里的数字也是错的。这些留到下面第 5 节再说。文中 A59 之类的记号是指南中各条说法的编号，便于引用。

# %% [markdown] lang="en"
# ## 2 By hand
#
# One query, two keys, two values, with $d_k = 4$, so that $\sqrt{d_k} = 2$:
#
# | | key | dot product with $q = (1, 1, 0, 0)$ | divided by 2 | exp | weight | value |
# |---|---|---|---|---|---|---|
# | first | $(0, 0, 1, 1)$ | $0$ | $0$ | $1$ | $1/4$ | $(4, 0)$ |
# | second | $(\ln 3, \ln 3, 0, 0)$ | $2 \ln 3$ | $\ln 3$ | $3$ | $3/4$ | $(0, 8)$ |
#
# The output is $\tfrac14 (4, 0) + \tfrac34 (0, 8) = (1, 6)$: a mean of the values, nearer to the one whose key
# matches the query. Do it on paper before going on.

# %% [markdown] lang="zh"
# ## 2 手算
#
# 取一个查询、两个键、两个值，$d_k = 4$，于是 $\sqrt{d_k} = 2$：
#
# | | 键 | 与 $q = (1, 1, 0, 0)$ 的点积 | 除以 2 | 取指数 | 权重 | 值 |
# |---|---|---|---|---|---|---|
# | 第一个 | $(0, 0, 1, 1)$ | $0$ | $0$ | $1$ | $1/4$ | $(4, 0)$ |
# | 第二个 | $(\ln 3, \ln 3, 0, 0)$ | $2 \ln 3$ | $\ln 3$ | $3$ | $3/4$ | $(0, 8)$ |
#
# 输出为 $\tfrac14 (4, 0) + \tfrac34 (0, 8) = (1, 6)$。它是两个值的加权平均，谁的键与查询更吻合，结果就离谁的值更近。请先在纸上算一遍，再往下读。

# %%
ln3 = np.log(3)
q = np.array([[1.0, 1.0, 0.0, 0.0]])  # (1, 4)
k = np.array([[0.0, 0.0, 1.0, 1.0], [ln3, ln3, 0.0, 0.0]])  # (2, 4)
v = np.array([[4.0, 0.0], [0.0, 8.0]])  # (2, 2)
by_hand = np.array([[1.0, 6.0]])  # (1, 2)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# We write one word per **row**, as nearly all code does. With $n$ queries, $m$ keys and $m$ values,
#
# $$A = \mathrm{softmax}_{\mathrm{rows}}\left(\frac{QK^\top}{\sqrt{d_k}}\right), \qquad O = AV,$$
#
# where $Q$ is $(n, d_k)$, $K$ is $(m, d_k)$, $V$ is $(m, d_v)$. The dot products are the *scores*; only after
# softmax are they *weights* (the guide goes from the dot products straight to "weights", A30). Row $i$ of $A$ says how query $i$ divides its attention: it sums to one.
# The whole is called *scaled dot-product attention*.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 我们采用**行**约定：一个词占一行，绝大多数代码都是如此。设有 $n$ 个查询、$m$ 个键和 $m$ 个值，则
#
# $$A = \mathrm{softmax}_{\mathrm{rows}}\left(\frac{QK^\top}{\sqrt{d_k}}\right), \qquad O = AV,$$
#
# 其中 $Q$ 的形状是 $(n, d_k)$，$K$ 是 $(m, d_k)$，$V$ 是 $(m, d_v)$。点积只是**分数**，经过 softmax 之后才是**权重**，指南把二者混为一谈（A30）。$A$ 的第 $i$ 行表示第 $i$ 个查询怎样分配它的注意力，各项之和为 1。整个运算称为**缩放点积注意力**。


# %%
def softmax(scores):
    powers = np.exp(scores)  # (n, m)
    return powers / powers.sum(axis=-1, keepdims=True)  # (n, m), rows sum to 1


def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[-1])  # (n, dk) (dk, m) -> (n, m)
    weights = softmax(scores)  # (n, m)
    return weights @ v  # (n, m) (m, dv) -> (n, dv)


# %%
print(attention(q, k, v))
assert np.allclose(attention(q, k, v), by_hand)
assert np.allclose(attention(q, k, v), ops.scaled_dot_product_attention(q, k, v).data)

# %% [markdown] lang="en"
# The last line compares with the library: open `minillm/ops/attention.py` and find the same three lines there.
#
# In **self**-attention queries, keys and values come from the same words, each through its own matrix:
#
# $$Q = XW^Q, \qquad K = XW^K, \qquad V = XW^V.$$
#
# The matrices are learned. They let a word *ask* for something else than it *is*: with $Q = K = X$ each
# word would mostly find itself. Only $Q$ and $K$ must have the same width; the values may be
# wider (the guide makes all three equal, A29).

# %% [markdown] lang="zh"
# 最后一行拿我们的结果与程序库比较。请打开 `minillm/ops/attention.py`，在里面找到同样的三行。
#
# 所谓**自**注意力，是指查询、键、值都来自同一串词，只是各乘各的矩阵：
#
# $$Q = XW^Q, \qquad K = XW^K, \qquad V = XW^V.$$
#
# 三个矩阵都是学出来的。有了它们，一个词“要找什么”可以不同于它“是什么”；倘若 $Q = K = X$，每个词找到的多半是它自己。必须同宽的只有 $Q$ 和 $K$，值的宽度可以任选（指南说三者维度相同，A29）。

# %%
n, d, dk, dv = 5, 16, 4, 7
x = rng.standard_normal((n, d))  # (5, 16): five words
wq, wk = (rng.standard_normal((d, dk)) / np.sqrt(d) for _ in range(2))  # (16, 4) each
wv = rng.standard_normal((d, dv)) / np.sqrt(d)  # (16, 7)
o = attention(x @ wq, x @ wk, x @ wv)  # (5, 7)
assert o.shape == (n, dv)
weights = softmax((x @ wq) @ (x @ wk).T / np.sqrt(dk))  # (5, 5)
assert np.allclose(weights.sum(axis=-1), 1)
unprojected = softmax(x @ x.T / np.sqrt(d))
print(weights.diagonal().mean().round(2), unprojected.diagonal().mean().round(2))
assert unprojected.diagonal().mean() > 0.6 > 0.4 > weights.diagonal().mean()

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Let $g = \partial L / \partial p$ be the gradient that arrives at one row $p = \mathrm{softmax}(s)$. From
# $\partial p_j / \partial s_i = p_j (\delta_{ij} - p_i)$,
#
# $$\frac{\partial L}{\partial s_i} = \sum_j g_j p_j (\delta_{ij} - p_i) = p_i \Big(g_i - \sum_j g_j p_j\Big).$$
#
# A score goes up only if its word did better than the weighted average. `check_vjp` compares such a rule with a
# central difference, in a random direction. The arriving gradient is random too: were it all ones, the formula
# above would give zero, and a rule that always returns zero would pass.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 记 $g = \partial L / \partial p$ 为传到某一行 $p = \mathrm{softmax}(s)$ 的梯度。由 $\partial p_j / \partial s_i = p_j (\delta_{ij} - p_i)$ 得
#
# $$\frac{\partial L}{\partial s_i} = \sum_j g_j p_j (\delta_{ij} - p_i) = p_i \Big(g_i - \sum_j g_j p_j\Big).$$
#
# 一个分数该升还是该降，要看它那个词是否好过加权平均。`check_vjp` 沿随机方向求中心差分，与这样的规则相比较。传入的梯度也必须是随机的：如果它全是 1，上式恒为零，一条永远返回零的错误规则也能通过。


# %%
def softmax_rule(s):
    p = softmax(s)  # (n, m)

    def vjp(g):  # (n, m), dL/dp
        return (p * (g - (g * p).sum(axis=-1, keepdims=True)),)  # (n, m), dL/ds

    return p, vjp


error = check_vjp(softmax_rule, rng.standard_normal((n, n)), rng=rng)
print(f"softmax: largest relative error {error:.1e}")
assert error < 1e-7

# %% [markdown] lang="en"
# Now the whole of self-attention. $X$ is used three times, so its gradient has three terms:
#
# $$\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Q} {W^Q}^\top + \frac{\partial L}{\partial K} {W^K}^\top + \frac{\partial L}{\partial V} {W^V}^\top, \qquad \frac{\partial L}{\partial W^Q} = X^\top \frac{\partial L}{\partial Q}.$$
#
# For the middle, $\partial L / \partial Q$ and its neighbours, we take the library's rule. You will write it yourself
# in exercise 05.2.

# %% [markdown] lang="zh"
# 再看整个自注意力。$X$ 用了三次，它的梯度就有三项：
#
# $$\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Q} {W^Q}^\top + \frac{\partial L}{\partial K} {W^K}^\top + \frac{\partial L}{\partial V} {W^V}^\top, \qquad \frac{\partial L}{\partial W^Q} = X^\top \frac{\partial L}{\partial Q}.$$
#
# 中间的 $\partial L / \partial Q$ 等三项，这里先借用程序库的规则；练习 05.2 要你自己写出来。


# %%
def self_attention_rule(x, wq, wk, wv, terms=3):
    o, inner = ops.scaled_dot_product_attention.rule(x @ wq, x @ wk, x @ wv)

    def vjp(g):  # (n, dv)
        grads = inner(g)  # dQ (n, dk), dK (n, dk), dV (n, dv)
        parts = [grad @ w.T for grad, w in zip(grads, (wq, wk, wv), strict=True)]  # (n, d) each
        return sum(parts[:terms]), *(x.T @ grad for grad in grads)  # dX, dWq, dWk, dWv

    return o, vjp


error = check_vjp(self_attention_rule, x, wq, wk, wv, rng=rng)
print(f"self-attention: largest relative error {error:.1e}")
assert error < 1e-7

# %% [markdown] lang="en"
# Does the check notice a mistake? We forget the third term, the way through the values:

# %% [markdown] lang="zh"
# 这个检验真能发现错误吗？我们故意漏掉第三项，也就是经过值的那条路：

# %%
try:
    check_vjp(self_attention_rule, x, wq, wk, wv, rng=rng, terms=2)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten term went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **Apple and banana** (guide 4.2.2). Both words get the vector $(1, \dots, 1)$ with 300 components, and the guide
# finds a score of $1/10$ and "softmax$(1/10) = 0.1$".
#
# * The score is $300/\sqrt{300} = \sqrt{300} \approx 17.32$. The $1/10$ follows from nothing (A59).
# * Softmax of a single number is always 1 (A60).
# * Two words need a $2 \times 2$ matrix of scores. All four are equal, so all weights are $1/2$ (A61).
# * With column vectors, as printed, $V_{apple} V_{banana}^\top$ would be a $300 \times 300$ matrix.
#
# And two identical vectors cannot show what attention does (A58): whatever the weights, the mean of equal values is that value.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **apple 与 banana**（指南 4.2.2 节）。两个词的词向量都是 300 个 1，指南由此得到分数 $1/10$，并写下“softmax$(1/10) = 0.1$”。
#
# * 分数应为 $300/\sqrt{300} = \sqrt{300} \approx 17.32$；$1/10$ 无从得来（A59）。
# * 只有一个数时，softmax 的结果永远是 1（A60）。
# * 两个词应有 $2 \times 2$ 的分数矩阵。四个分数全都相等，所以权重全是 $1/2$（A61）。
# * 若照指南写成列向量，$V_{apple} V_{banana}^\top$ 会是一个 $300 \times 300$ 的矩阵。
#
# 况且两个向量完全相同，根本显不出注意力的作用（A58）：权重无论怎样分，相同的值平均之后还是它自己。

# %%
words = np.ones((2, 300))  # apple, banana
scores = words @ words.T / np.sqrt(300)  # (2, 2)
print(scores.round(2), softmax(scores), softmax(np.array([0.1])), sep="\n")
assert np.allclose(scores, 17.3205, atol=1e-4)
assert np.allclose(softmax(scores), 0.5)
assert np.allclose(attention(words, words, words), words)

# %% [markdown] lang="en"
# **Rows or columns** (guide 3.1, A28). $Q = W_Q \cdot X$ is right if every word is a *column* of $X$. Then the scores
# must be $K^\top Q$, softmax runs down the columns, and the values stand on the left:
#
# $$O = V \, \mathrm{softmax}_{\mathrm{columns}}\left(\frac{K^\top Q}{\sqrt{d_k}}\right).$$
#
# The guide goes on with $QK^\top$, which in columns compares *features with features*. With equal widths, as the
# guide wants them, nothing fails: the scores are $(d_k, d_k)$, and the output even has the right shape. It is only not attention.

# %% [markdown] lang="zh"
# **行还是列**（指南 3.1 节，A28）。如果每个词是 $X$ 的一**列**，那么 $Q = W_Q \cdot X$ 是对的；但这时分数应为 $K^\top Q$，softmax 沿列进行，值则写在左边：
#
# $$O = V \, \mathrm{softmax}_{\mathrm{columns}}\left(\frac{K^\top Q}{\sqrt{d_k}}\right).$$
#
# 指南接下去写的却是 $QK^\top$。在列约定下，这是拿**特征与特征**相比。按指南的要求取相同的宽度，程序不会报错：分数的形状是 $(d_k, d_k)$，连输出的形状都是对的，只是算出来的不是注意力。

# %%
wv = wv[:, :dk]  # (16, 4): as wide as the keys, so that the guide's product exists
rows = attention(x @ wq, x @ wk, x @ wv)  # (5, 4)
qc, kc, vc = (w.T @ x.T for w in (wq, wk, wv))  # (4, 5) each: one word per column
columns = vc @ softmax((kc.T @ qc / np.sqrt(dk)).T).T  # (4, 5) (5, 5) -> (4, 5)
assert np.allclose(columns.T, rows)

mixed = softmax(qc @ kc.T / np.sqrt(dk)) @ vc  # (4, 4) (4, 5) -> (4, 5)
print((qc @ kc.T).shape, mixed.shape, np.abs(mixed.T - rows).max().round(2))
assert mixed.shape == columns.shape and not np.allclose(mixed, columns, atol=0.1)

# %% [markdown] lang="en"
# ## 6 Experiment
#
# The guide says what $d_k$ is, not why one divides by its root (A31). Let the components of $q$ and $k$ be independent, with
# mean 0 and variance 1. Each product $q_i k_i$ then has mean 0 and variance 1, and variances of independent terms add:
#
# $$\mathrm{Var}(q \cdot k) = \sum_{i=1}^{d_k} \mathrm{Var}(q_i k_i) = d_k.$$
#
# Divided by $\sqrt{d_k}$ the variance is 1 for every width. Without it, scores spread further apart in wider heads. To see what
# that does, let one query attend to 16 keys and measure the entropy of its weights, $-\sum_j p_j \ln p_j$: it is
# $\ln 16 \approx 2.77$ when all keys count the same, and 0 when only one counts. We also measure the size of softmax's
# Jacobian, by which every gradient is multiplied on its way back.

# %% [markdown] lang="zh"
# ## 6 实验
#
# 指南说明了 $d_k$ 是什么，却没有说为什么要除以它的平方根（A31）。设 $q$ 和 $k$ 的各分量相互独立，均值为 0，方差为 1。那么每个乘积 $q_i k_i$ 的均值为 0，方差为 1；独立项之和的方差等于方差之和：
#
# $$\mathrm{Var}(q \cdot k) = \sum_{i=1}^{d_k} \mathrm{Var}(q_i k_i) = d_k.$$
#
# 除以 $\sqrt{d_k}$ 以后，无论多宽，方差都是 1。不除的话，宽度越大，分数就散得越开。后果如何？让一个查询面对 16 个键，测量权重的熵 $-\sum_j p_j \ln p_j$：各键同等重要时，熵为 $\ln 16 \approx 2.77$；只看一个键时，熵为 0。同时测量 softmax 的雅可比矩阵的大小，因为梯度往回传时都要乘上它。


# %%
def measure(width, scale, trials=2000, keys=16):
    """Variance of the scores; mean entropy of the weights; mean norm of softmax's Jacobian."""
    q = rng.standard_normal((trials, 1, width))  # (trials, 1, dk)
    k = rng.standard_normal((trials, keys, width))  # (trials, 16, dk)
    s = (q @ k.swapaxes(-1, -2))[:, 0] * scale  # (trials, 16)
    p = ops.softmax(s).data  # (trials, 16)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1)  # (trials,)
    jacobian = p[:, :, None] * (np.eye(keys) - p[:, None, :])  # (trials, 16, 16)
    return s.var(), entropy.mean(), np.sqrt((jacobian**2).sum(axis=(1, 2))).mean()


widths = [4, 16, 64, 256]
raw = np.array([measure(width, 1.0) for width in widths])  # (4, 3)
scaled = np.array([measure(width, width**-0.5) for width in widths])  # (4, 3)
print("      variance        entropy         Jacobian")
print("  dk     raw  scaled     raw  scaled     raw  scaled")
for width, *measured in zip(widths, *raw.T, *scaled.T, strict=True):
    pairs = zip(measured[:3], measured[3:], strict=True)
    print(f"{width:4d}", *(f"{first:7.2f} {second:7.2f}" for first, second in pairs))

# %%
assert np.allclose(raw[:, 0] / widths, 1, atol=0.2)
assert np.allclose(scaled[:, 0], 1, atol=0.2)
assert raw[-1, 1] < 0.3 and scaled[:, 1].min() > 2.2
assert 0.25 < raw[-1, 2] / scaled[-1, 2] < 0.4 and scaled[:, 2].min() > 0.25

# %%
figure, (left, right) = plt.subplots(1, 2)
for numbers, label, style in (
    (raw, r"$q \cdot k$", "o-"),
    (scaled, r"$q \cdot k / \sqrt{d_k}$", "s--"),
):
    left.loglog(widths, numbers[:, 0], style, label=label)
    right.semilogx(widths, numbers[:, 1], style, label=label)
right.axhline(np.log(16), color="gray", lw=0.8)
right.annotate(r"$\ln\,16$", (widths[0], np.log(16)), xytext=(0, 3), textcoords="offset points")
left.set(xlabel="$d_k$", ylabel="variance of the scores", xticks=widths, xticklabels=widths)
right.set(xlabel="$d_k$", ylabel="entropy of 16 weights", ylim=(0, 3.1))
right.set(xticks=widths, xticklabels=widths)
left.legend()
right.legend()
for axes in (left, right):
    axes.minorticks_off()
savefig(
    figure,
    "05_scale",
    {
        "dk": widths,
        "variance_raw": raw[:, 0],
        "variance_scaled": scaled[:, 0],
        "entropy_raw": raw[:, 1],
        "entropy_scaled": scaled[:, 1],
    },
)

# %% [markdown] lang="en"
# **What you saw.** Left: without the scale the variance of the scores is $d_k$, a straight line of slope 1; with it, 1.
# Right: without the scale a query of width 256 attends to nearly one key alone before it has learned anything, and
# softmax's Jacobian has shrunk to about a third (last columns of the table): less of the gradient comes through. With the scale both stay where they are.
#
# **What it does not show.** These are random vectors, as at the start of training. A trained head may well be
# sharp, on purpose, by making its weights large. That a small Jacobian slows learning is likely, but this experiment trains nothing.

# %% [markdown] lang="zh"
# **看到了什么**　左图：不缩放时，分数的方差就是 $d_k$，在双对数坐标下是斜率为 1 的直线；缩放以后恒为 1。右图：不缩放时，宽度为 256 的查询还什么都没有学，就几乎只看一个键；softmax 的雅可比矩阵也缩到三分之一左右（见上表最后两列），能传回去的梯度就少了。缩放以后，二者都不随宽度变化。
#
# **不能由此得出的**　这里用的是随机向量，相当于训练刚开始的时候。训练好的注意力头完全可以把投影矩阵学得很大，有意让注意力集中在少数键上。再说，雅可比矩阵小，学起来多半会慢，但本实验并没有训练任何东西。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Attention is a weighted mean of values; the weights are a softmax over scaled dot products of queries and keys.
# * One convention at a time: $Q = XW^Q$ with $QK^\top$ (rows), or $Q = W_Q X$ with $K^\top Q$ (columns).
# * Any two words are one step apart, however far they stand from each other. The price is a score for each pair: $n^2$
#   of them, so twice the text has four times as many.
# * It does not know the order of the words: exercise 05.3. Positions, several heads and masks are separate topics.
# * Weights show where a head looks, not why the model answered as it did.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 注意力是值的加权平均；权重来自查询与键的点积，先缩放，再取 softmax。
# * 约定只能选一种：行约定用 $Q = XW^Q$ 配 $QK^\top$，列约定用 $Q = W_Q X$ 配 $K^\top Q$。
# * 任意两个词之间只隔一步，无论相距多远。代价是每一对词都要算一个分数，共 $n^2$ 个；文本长一倍，分数就多到四倍。
# * 它不知道词的先后，见练习 05.3。位置编码、多头与掩码另行讨论。
# * 权重只说明一个头在看哪里，并不说明模型为什么这样回答。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# Replace `...` and run the cell below it. `check` tries your function on many inputs, the same in every run, and shows
# the smallest on which it goes wrong.
#
# **05.1 Softmax that survives.** `softmax(np.array([1000.0]))` above gives `nan`, because `np.exp(1000)` is infinite. Write one
# that works for scores of any size. It gets an array of shape `(n, m)`. Hint: what may be added to all
# scores of a row?

# %% [markdown] lang="zh"
# ## 8 练习
#
# 把 `...` 换成你的代码，再运行下面的检查单元格。`check` 用许多输入试验你的函数，每次运行都一样；出错时，它给出最小的反例。
#
# **05.1 不会溢出的 softmax**　前面的 `softmax(np.array([1000.0]))` 得到 `nan`，因为 `np.exp(1000)` 是无穷大。请写一个对任意大小的分数都成立的版本，输入的形状为 `(n, m)`。提示：给一行的所有分数同加一个数，结果会怎样？


# %% tags=["exercise"]
def stable_softmax(scores):
    return ...


# %% tags=["solution"]
def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# %% tags=["exercise-check"]
check("05.1", stable_softmax)

# %% [markdown] lang="en"
# **05.2 Attention backward.** Given $q$, $k$, $v$ and $g = \partial L / \partial O$, return the three gradients. Go backwards through
# $O = AV$, then softmax (section 4), then $S = QK^\top/\sqrt{d_k}$. Shapes tell you where a transpose belongs; the numbers
# of queries, keys and features may all differ.

# %% [markdown] lang="zh"
# **05.2 注意力的反向传播**　给定 $q$、$k$、$v$ 和 $g = \partial L / \partial O$，返回三个梯度。按相反的次序走：先是 $O = AV$，再是 softmax（第 4 节），最后是 $S = QK^\top/\sqrt{d_k}$。哪里该转置，看形状便知；检查时，查询、键、特征的个数可以各不相同。


# %% tags=["exercise"]
def attention_backward(q, k, v, g):
    return ...  # dL/dq, dL/dk, dL/dv


# %% tags=["solution"]
def attention_backward(q, k, v, g):
    scale = q.shape[-1] ** -0.5
    a = softmax(q @ k.T * scale)  # (n, m)
    h = g @ v.T  # (n, dv) (dv, m) -> (n, m), dL/dA
    ds = a * (h - (h * a).sum(axis=-1, keepdims=True)) * scale  # (n, m)
    return ds @ k, ds.T @ q, a.T @ g


# %% tags=["exercise-check"]
check("05.2", attention_backward)

# %% [markdown] lang="en"
# **05.3 Order.** Self-attention is *permutation equivariant*: shuffle the words with any permutation
# matrix $P$, and the outputs are shuffled the same way,
#
# $$f(PX) = P f(X).$$
#
# (a) Write `order_gap(f, x, order)`: the largest absolute difference between the two sides; `x[order]` is $PX$. For self-attention it
# is zero, up to rounding. (b) So "dog bites man" and "man bites dog" are one bag of words to it. Find what breaks
# that: write `positions(n, d)`, an array of shape `(n, d)` that is added to the words, such that no two places can be swapped
# without a difference in the output.

# %% [markdown] lang="zh"
# **05.3 词序**　自注意力是**置换等变**的：用任一置换矩阵 $P$ 把词打乱，输出也以同样的方式打乱，
#
# $$f(PX) = P f(X).$$
#
# （a）请写 `order_gap(f, x, order)`，返回两边之差的最大绝对值，其中 `x[order]` 就是 $PX$。对自注意力，它为零，只差舍入误差。（b）所以对它来说，“狗咬人”和“人咬狗”是同一袋词。怎样的输入能打破这种对称？请写 `positions(n, d)`，返回形状为 `(n, d)` 的数组，把它加到词向量上以后，任意两个位置一旦互换，输出就会不同。


# %% tags=["exercise"]
def order_gap(f, x, order):
    return ...


def positions(n, d):
    return ...


# %% tags=["solution"]
def order_gap(f, x, order):
    return np.abs(f(x[order]) - f(x)[order]).max()


def positions(n, d):
    return np.arange(n)[:, None] * np.ones(d) / n


# %% tags=["exercise-check"]
check("05.3", order_gap, positions)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Vaswani et al. 2017, "Attention Is All You Need", section 3.2; the argument about the variance is its footnote 4.
# * Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate": attention before the Transformer.
# * Jain & Wallace 2019, "Attention is not Explanation", and Wiegreffe & Pinter 2019, "Attention is not not Explanation".
# * In this project: `minillm/ops/attention.py`, `minillm/nn/attention.py`, `tests/guide/test_worked_attention.py`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Vaswani 等，2017，“Attention Is All You Need”，3.2 节；关于方差的论证见脚注 4。
# * Bahdanau、Cho、Bengio，2015，“Neural Machine Translation by Jointly Learning to Align and Translate”：Transformer 之前的注意力。
# * Jain、Wallace，2019，“Attention is not Explanation”；Wiegreffe、Pinter，2019，“Attention is not not Explanation”。
# * 本项目：`minillm/ops/attention.py`、`minillm/nn/attention.py`、`tests/guide/test_worked_attention.py`。
