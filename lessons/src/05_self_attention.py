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

# %% tags=["numbers"]
LITERALS = {
    "by hand, asserted in section 3": "0 1 2 12 16 3.125 0.125",
    "the guide's": "10 0.1 300",
    "section 6, asserted there": "256",
    "a setting of exercise 05.3, in its check": "40 10^-9 10^-16",
    "a step of the guide": "3",
}

# %% [markdown] lang="en"
# # Lesson 5. Self-attention
#
# **Question.** In "the bank of the river" the word *bank* should look at *river*. How does a word find
# out which other words concern it, if nobody says so?
#
# **Afterwards you can** compute attention by hand, write it in NumPy in the right orientation, derive and
# check its gradient, and say what $\sqrt{d_k}$ is there for.
#
# **Before this**: lesson 1 (matrix products, the chain rule, softmax, gradient checks). **Time**: a few seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 第 5 课　自注意力
#
# **问题**　“妈妈要去打酱油”：“打”字有许多意思，要看到“酱油”，才知道这里是“买”。没有人告诉模型哪些词与“打”有关，它怎么知道该看哪里？
#
# **学完本课，你能够**　用手算出注意力；用 NumPy 按正确的行列约定写出它；推导并检验它的梯度；说清 $\sqrt{d_k}$ 的用处。
#
# **预备知识**　第 1 课（矩阵乘法、链式法则、softmax、梯度检验）。**用时**　运行只要几秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp, ops
from minillm.course import check, savefig, setup, stated
from minillm.course.drawing.fonts import drawable
from minillm.course.drawing.heat_maps import heat_map
from minillm.text.corpora.by_hand import TWO_MEANINGS

setup()

# %% tags=["language"]
LANGUAGE = "en"

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 3.1 of the guide describes three steps.
#
# 1. The input $X$ is multiplied by three weight matrices, giving *queries* $Q$, *keys* $K$ and *values* $V$ of one dimension.
# 2. The dot products of every query with all keys give the "attention weights". Beside this stands the second formula below.
# 3. The weights are multiplied with the values and summed, which gives the output, $\text{Output} = \mathrm{Attention}(Q, K, V)$.
#
# It prints
#
# $$Q = W_Q \cdot X, \qquad \mathrm{Attention}(Q, K, V) = \mathrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right) V.$$
#
# Section 4.2.2 then works an example with the words *apple* and *banana*. The idea is right and the second
# formula is right; only it belongs to step 3, since it contains the sum already. The two formulas do not fit each other, and the numbers of the example are wrong: section 5 below.
# Marks such as A59 number the guide's statements, so that lessons and tests can refer to them.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 3.1 节把自注意力分成三步。
#
# 1. 输入 $X$ 分别乘上三个权重矩阵，得到维度相同的**查询** $Q$、**键** $K$ 和**值** $V$。
# 2. 计算每个查询与所有键的点积，“得到注意力权重”。这一步旁边印着下面的第二个公式。
# 3. 权重与值相乘，再求和，得到输出，$\text{Output} = \mathrm{Attention}(Q, K, V)$。
#
# 指南的公式是
#
# $$Q = W_Q \cdot X, \qquad \mathrm{Attention}(Q, K, V) = \mathrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right) V.$$
#
# 4.2.2 节又用 *apple* 和 *banana* 两个词举了一个例子。思路没有错，第二个公式也没有错，只是它已经包含求和，应当放在第三步；但前后两个公式的行列约定对不上，例子里的数字也是错的。这些留到下面第 5 节再说。文中 A59 之类的记号是指南中各条说法的编号，便于引用。

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
# The output is $\tfrac{1}{4} (4, 0) + \tfrac{3}{4} (0, 8) = (1, 6)$: a mean of the values, nearer to the one whose key
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
# 输出为 $\tfrac{1}{4} (4, 0) + \tfrac{3}{4} (0, 8) = (1, 6)$。它是两个值的加权平均，谁的键与查询更吻合，结果就离谁的值更近。请先在纸上算一遍，再往下读。

# %%
ln3 = np.log(3)
q = np.array([[1.0, 1.0, 0.0, 0.0]])  # (1, 4)
k = np.array([[0.0, 0.0, 1.0, 1.0], [ln3, ln3, 0.0, 0.0]])  # (2, 4)
v = np.array([[4.0, 0.0], [0.0, 8.0]])  # (2, 2)
weights_by_hand = np.array([[1 / 4, 3 / 4]])  # (1, 2)
by_hand = np.array([[1.0, 6.0]])  # (1, 2)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# We write one word per **row**, as nearly all code does. With $n$ queries, $m$ keys and $m$ values,
#
# $$A = \mathrm{softmax}_{\mathrm{rows}}\left(\frac{QK^\top}{\sqrt{d_k}}\right), \qquad O = AV,$$
#
# where $Q$ is $(n, d_k)$, $K$ is $(m, d_k)$, $V$ is $(m, d_v)$. The dot products, divided by $\sqrt{d_k}$, are the *scores* (of a classifier, the numbers before softmax remain *logits*); only after
# softmax, taken row by row, are they *weights* (step 2 of the guide calls the dot products weights, A30). Row $i$ of $A$ says how query $i$ divides its attention: it sums to one.
# The whole is called *scaled dot-product attention*.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 我们采用**行**约定：一个词占一行，绝大多数代码都是如此。设有 $n$ 个查询、$m$ 个键和 $m$ 个值，则
#
# $$A = \mathrm{softmax}_{\mathrm{rows}}\left(\frac{QK^\top}{\sqrt{d_k}}\right), \qquad O = AV,$$
#
# 其中 $Q$ 的形状是 $(n, d_k)$，$K$ 是 $(m, d_k)$，$V$ 是 $(m, d_v)$。缩放后的点积只是**分数**（分类器送入 softmax 的数仍叫 logits），逐行（rows）取 softmax 之后才是**权重**；指南的第二步把点积直接叫作权重（A30）。$A$ 的第 $i$ 行表示第 $i$ 个查询怎样分配它的注意力，各项之和为 1。整个运算称为**缩放点积注意力**。


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
assert np.allclose(softmax(q @ k.T / 2), weights_by_hand), "the weights are those of the table"
assert np.allclose(attention(q, k, v), by_hand), "the output is the one found by hand"
of_library = ops.scaled_dot_product_attention(q, k, v).data
assert np.allclose(attention(q, k, v), of_library), "the library computes the same"

# %% [markdown] lang="en"
# This softmax has a limit: $e^{1000}$ is more than a floating-point number can hold (exercise 05.1).

# %% [markdown] lang="zh"
# 这个 softmax 有个限度：$e^{1000}$ 超出了浮点数的范围（练习 05.1）。

# %%
with np.errstate(all="ignore"):
    print(softmax(np.array([1000.0])))

# %% [markdown] lang="en"
# In **self**-attention queries, keys and values come from the same words, each through its own matrix:
#
# $$Q = XW^Q, \qquad K = XW^K, \qquad V = XW^V.$$
#
# The matrices are learned. They let a word *ask* for something else than it *is*: with $Q = K = X$ each
# word would mostly find itself. Only $Q$ and $K$ must have the same width; the values may be
# wider (the guide makes all three equal, A29).

# %% [markdown] lang="zh"
# 所谓**自**注意力，是指查询、键、值都来自同一串词，只是各乘各的矩阵：
#
# $$Q = XW^Q, \qquad K = XW^K, \qquad V = XW^V.$$
#
# 三个矩阵都是学出来的。有了它们，一个词“要找什么”可以不同于它“是什么”；倘若 $Q = K = X$，每个词找到的多半是它自己。必须同宽的只有 $Q$ 和 $K$，值的宽度可以任选（指南说三者维度相同，A29）。

# %%
rng = np.random.default_rng(5)
n, d, dk, dv = 5, 16, 4, 7
x = rng.standard_normal((n, d))  # (5, 16): five words
wq, wk = (rng.standard_normal((d, dk)) / np.sqrt(d) for _ in range(2))  # (16, 4) each
wv = rng.standard_normal((d, dv)) / np.sqrt(d)  # (16, 7)
o = attention(x @ wq, x @ wk, x @ wv)  # (5, 7)
assert o.shape == (n, dv), "an output for each word, as wide as the values"
weights = softmax((x @ wq) @ (x @ wk).T / np.sqrt(dk))  # (5, 5)
assert np.allclose(weights.sum(axis=-1), 1), "each row of weights sums to one"
unprojected = softmax(x @ x.T / np.sqrt(d))  # (5, 5)
to_itself = weights.diagonal().mean(), unprojected.diagonal().mean()
print("weight of a word on itself: projected {:.2f}, with Q = K = X {:.2f}".format(*to_itself))
assert to_itself[1] > 0.5 > to_itself[0], "with Q = K = X each word mostly finds itself"

# %% [markdown] lang="en"
# **The bank of the river.** Now the word of the opening question, in two sentences, with vectors chosen by hand. Let a word have three features: what it has to do with
# water, what with money, and whether its meaning is open. Then *river* is $(1, 0, 0)$, *money* is $(0, 1, 0)$, *bank* is
# $(\tfrac{1}{2}, \tfrac{1}{2}, 1)$, and all other words are $(0, 0, 0)$. We choose
#
# $$W^Q = \sqrt2 \, \ln 12 \begin{pmatrix} 0 & 0 \\ 0 & 0 \\ 1 & 1 \end{pmatrix}, \qquad W^K = \begin{pmatrix} 1 & 0 \\ 0 & 1 \\ -\tfrac{1}{2} & -\tfrac{1}{2} \end{pmatrix}, \qquad W^V = \begin{pmatrix} 4 & 0 \\ 0 & 4 \\ 0 & 0 \end{pmatrix}.$$
#
# So a word with an open meaning *asks* for water or money; *bank*, whose own meaning is open, *offers* neither: its key is $(0, 0)$. With $d_k = 2$ the scores of *bank* are
# $\ln 12$ at *river* (or *money*) and $0$ at the other four words, itself included. Hence the weights are $12/16 = 3/4$ and four times $1/16$. The values are $(4, 0)$ of *river*, $(0, 4)$ of *money* and $(2, 2)$
# of *bank* itself, so that the output at *bank* is, in the first sentence and in the second,
#
# $$\tfrac{3}{4} (4, 0) + \tfrac{1}{16} (2, 2) = (3.125, 0.125), \qquad \tfrac{3}{4} (0, 4) + \tfrac{1}{16} (2, 2) = (0.125, 3.125).$$

# %% [markdown] lang="zh"
# **打酱油**　回到开头的“打”字，看它在两个句子里的情形，向量由我们手工选定。设每个词有三个特征：与“买”有多大关系，与“球”有多大关系，意思是否未定。于是“酱油”是 $(1, 0, 0)$，“篮球”是 $(0, 1, 0)$，“打”是 $(\tfrac{1}{2}, \tfrac{1}{2}, 1)$，其余的词都是 $(0, 0, 0)$。取
#
# $$W^Q = \sqrt2 \, \ln 12 \begin{pmatrix} 0 & 0 \\ 0 & 0 \\ 1 & 1 \end{pmatrix}, \qquad W^K = \begin{pmatrix} 1 & 0 \\ 0 & 1 \\ -\tfrac{1}{2} & -\tfrac{1}{2} \end{pmatrix}, \qquad W^V = \begin{pmatrix} 4 & 0 \\ 0 & 4 \\ 0 & 0 \end{pmatrix}.$$
#
# 这样，意思未定的词就去**找**与“买”或“球”有关的词；“打”自己的意思未定，什么也不**提供**，它的键是 $(0, 0)$。$d_k = 2$，“打”对“酱油”（或“篮球”）的分数是 $\ln 12$，对其余四个词（包括它自己）都是 $0$，所以权重是 $12/16 = 3/4$ 和四个 $1/16$。“酱油”的值是 $(4, 0)$，“篮球”的值是 $(0, 4)$，“打”自己的值是 $(2, 2)$，于是“打”处的输出，在前后两句中分别是
#
# $$\tfrac{3}{4} (4, 0) + \tfrac{1}{16} (2, 2) = (3.125, 0.125), \qquad \tfrac{3}{4} (0, 4) + \tfrac{1}{16} (2, 2) = (0.125, 3.125).$$

# %%
word, sentences = TWO_MEANINGS[LANGUAGE]
place = sentences[0].index(word)  # the same in both sentences; the last word settles the meaning
by_hand_weights = np.array([1, 1, 1, 1, 12]) / 16
by_hand_outputs = np.array([[3.125, 0.125], [0.125, 3.125]])  # (2, 2): a sentence per row
features = {word: (0.5, 0.5, 1), sentences[0][-1]: (1, 0, 0), sentences[1][-1]: (0, 1, 0)}
ask = np.sqrt(2) * np.log(12) * np.array([[0, 0], [0, 0], [1, 1]])  # (3, 2)
offer = np.array([[1, 0], [0, 1], [-0.5, -0.5]])  # (3, 2)
give = np.array([[4, 0], [0, 4], [0, 0]])  # (3, 2)

maps, outputs = [], []
for sentence in sentences:
    vectors = np.array([features.get(w, (0, 0, 0)) for w in sentence])  # (5, 3)
    queries, keys, values = vectors @ ask, vectors @ offer, vectors @ give  # (5, 2) each
    maps.append(softmax(queries @ keys.T / np.sqrt(2)))  # (5, 5)
    outputs.append(attention(queries, keys, values)[place])  # (2,)
    print(*sentence, "  output", outputs[-1].round(3))
assert np.allclose([a[place] for a in maps], by_hand_weights), "the weights found by hand"
assert np.allclose(outputs, by_hand_outputs), "the outputs found by hand"


# %%
def draw_moves(axes, start, ends, labels):
    """Arrows from a word's own value to its outputs."""
    for end, label in zip(ends, labels, strict=True):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->"})
        axes.plot(*end, "ko")
        axes.annotate(label, end, (4, 6), textcoords="offset points")
    axes.plot(*start, "s", mfc="w", mec="k")
    axes.set(xlim=(-0.5, 4.5), ylim=(-0.5, 4.5), xlabel="first meaning", ylabel="second meaning")
    axes.set_aspect("equal")


# %% tags=["machine"]
different = list(dict.fromkeys([*sentences[0], *sentences[1]]))
label_of = dict(zip(different, drawable(different), strict=True))
labels = [[label_of[w] for w in sentence] for sentence in sentences]
figure, (left, middle, right) = plt.subplots(1, 3)
for axes, weights_of, words in zip((left, middle), maps, labels, strict=True):
    heat_map(axes, weights_of, words, words)
    axes.set(xlabel="key", ylabel="query")
draw_moves(right, values[place], outputs, [row[-1] for row in labels])
drawn = {"first": maps[0], "second": maps[1], "outputs": outputs}
savefig(figure, "05_words", drawn, language=LANGUAGE)

# %% [markdown] lang="en"
# **Reading the figure**: on the left the two matrices of weights, a row for each word that looks, dark where it looks; on the right the output at *bank*, which leaves its own value (square)
# for the side that its sentence asks for; the first meaning (the horizontal axis) is what has to do with water, the second (the vertical one) what has to do with money. The word, its query and its value are the same in both sentences; only the neighbours differ. All other queries are $0$: such a word looks at all alike.
#
# Nobody told the word where to look, but we did choose the matrices. A model has to learn them from data, and its features carry no names.

# %% [markdown] lang="zh"
# **读图**：左边两幅是权重矩阵，每行对应一个在看的词，颜色越深，看得越多；右边是“打”处的输出，它离开自己的值（方块），移向句子所指的那个意思；横轴（first meaning）是与“买”有关的意思，纵轴（second meaning）是与“球”有关的意思。两句中“打”的词向量、查询和值完全相同，不同的只是周围的词。其余的查询都是 $0$，这样的词对所有位置一视同仁。
#
# 没有人告诉“打”该看哪里，但矩阵是我们选的。实际的模型要从数据中学出矩阵，而且它的特征并没有名字。

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Let $g = \partial L / \partial p$ be the gradient that arrives at one row $p = \mathrm{softmax}(s)$, $p_j = e^{s_j} / Z$ with $Z = \sum_k e^{s_k}$. Since
# $\partial Z / \partial s_i = e^{s_i}$, the quotient rule gives
#
# $$\frac{\partial p_j}{\partial s_i} = \frac{\delta_{ij} e^{s_j} Z - e^{s_j} e^{s_i}}{Z^2} = p_j (\delta_{ij} - p_i),$$
#
# where $\delta_{ij}$ is 1 if $i = j$ and otherwise 0. With the chain rule
#
# $$\frac{\partial L}{\partial s_i} = \sum_j g_j p_j (\delta_{ij} - p_i) = p_i \Big(g_i - \sum_j g_j p_j\Big).$$
#
# The gradient of a score is positive where $g_i$ lies above the weighted mean $\sum_j g_j p_j$, and negative where it lies below; a step against the
# gradient lowers the former scores and raises the latter. `check_vjp` compares such a rule with a
# central difference, in a random direction. The arriving gradient is random too: were it all ones, the formula
# above would give zero, and a rule that always returns zero would pass.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 记 $g = \partial L / \partial p$ 为传到某一行 $p = \mathrm{softmax}(s)$ 的梯度，其中 $p_j = e^{s_j} / Z$，$Z = \sum_k e^{s_k}$。因为 $\partial Z / \partial s_i = e^{s_i}$，由商的求导法则，
#
# $$\frac{\partial p_j}{\partial s_i} = \frac{\delta_{ij} e^{s_j} Z - e^{s_j} e^{s_i}}{Z^2} = p_j (\delta_{ij} - p_i),$$
#
# 其中 $\delta_{ij}$ 在 $i = j$ 时为 1，否则为 0。再用链式法则，得
#
# $$\frac{\partial L}{\partial s_i} = \sum_j g_j p_j (\delta_{ij} - p_i) = p_i \Big(g_i - \sum_j g_j p_j\Big).$$
#
# 一个分数的梯度是正是负，取决于该位置的 $g_i$ 高于还是低于加权平均 $\sum_j g_j p_j$；逆着梯度走一步，前一种分数降低，后一种升高。`check_vjp` 沿随机方向求中心差分，与这样的规则相比较。传入的梯度也必须是随机的：如果它全是 1，上式恒为零，一条永远返回零的错误规则也能通过。


# %%
def softmax_rule(s):
    p = softmax(s)  # (n, m)

    def vjp(g):  # (n, m), dL/dp
        return (p * (g - (g * p).sum(axis=-1, keepdims=True)),)  # (n, m), dL/ds

    return p, vjp


rng = np.random.default_rng(5)
error = check_vjp(softmax_rule, rng.standard_normal((5, 5)), rng=rng)
print(f"softmax: largest relative error {error:.1e}")
assert error < 1e-7, "the rule of softmax agrees with central differences"

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


error = check_vjp(self_attention_rule, x, wq, wk, wv, rng=np.random.default_rng(5))
print(f"self-attention: largest relative error {error:.1e}")
assert error < 1e-7, "the rule of self-attention agrees with central differences"

# %% [markdown] lang="en"
# Does the check notice a mistake? We forget the third term, the way through the values:

# %% [markdown] lang="zh"
# 这个检验真能发现错误吗？我们故意漏掉第三项，也就是经过值的那条路：

# %%
try:
    check_vjp(self_attention_rule, x, wq, wk, wv, rng=np.random.default_rng(5), terms=2)
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
# * The score is $300/\sqrt{300} = \sqrt{300} \approx {here.apple}$. The $1/10$ follows from nothing (A59).
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
# * 分数应为 $300/\sqrt{300} = \sqrt{300} \approx {here.apple}$；$1/10$ 无从得来（A59）。
# * 只有一个数时，softmax 的结果永远是 1（A60）。
# * 两个词应有 $2 \times 2$ 的分数矩阵。四个分数全都相等，所以权重全是 $1/2$（A61）。
# * 若照指南写成列向量，$V_{apple} V_{banana}^\top$ 会是一个 $300 \times 300$ 的矩阵。
#
# 况且两个向量完全相同，根本显不出注意力的作用（A58）：权重无论怎样分，相同的值平均之后还是它自己。

# %%
ones = np.ones((2, 300))  # apple, banana
scores = ones @ ones.T / np.sqrt(300)  # (2, 2)
print("scores", *scores.round(2))
print("weights", *softmax(scores), "  softmax of the single number 0.1:", softmax(np.array([0.1])))
stated("apple", scores[0, 1], 17.32, 0.005, "the score of apple and banana")
assert np.ptp(scores) == 0, "all four scores are equal"
assert np.allclose(softmax(scores), 0.5), "so all weights are one half"
assert softmax(np.array([0.1])) == 1, "softmax of a single number is 1"
assert np.allclose(attention(ones, ones, ones), ones), "equal values: their mean is that value"

# %% [markdown] lang="en"
# **Rows or columns** (section 3.1 of the guide, A28). $Q = W_Q \cdot X$ is right if every word is a *column* of $X$. Then the scores
# must be $K^\top Q$, softmax runs down the columns, and the values stand on the left:
#
# $$O = V \, \mathrm{softmax}_{\mathrm{columns}}\left(\frac{K^\top Q}{\sqrt{d_k}}\right).$$
#
# The guide goes on with $QK^\top$, which in columns compares *features with features*. With equal widths, as the
# guide wants them, nothing fails: the scores are $(d_k, d_k)$, and the output even has the right shape. It is only not attention.

# %% [markdown] lang="zh"
# **行还是列**（指南 3.1 节，A28）。如果每个词是 $X$ 的一**列**，那么 $Q = W_Q \cdot X$ 是对的；但这时分数应为 $K^\top Q$，softmax 逐列（columns）来取，值则写在左边：
#
# $$O = V \, \mathrm{softmax}_{\mathrm{columns}}\left(\frac{K^\top Q}{\sqrt{d_k}}\right).$$
#
# 指南接下去写的却是 $QK^\top$。在列约定下，这是拿**特征与特征**相比。按指南的要求取相同的宽度，程序不会报错：分数的形状是 $(d_k, d_k)$，连输出的形状都是对的，只是算出来的不是注意力。

# %%
narrow = wv[:, :dk]  # (16, 4): values as wide as the keys, so that the guide's product exists
of_rows = attention(x @ wq, x @ wk, x @ narrow)  # (5, 4)
qc, kc, vc = (w.T @ x.T for w in (wq, wk, narrow))  # (4, 5) each: one word per column
of_columns = vc @ softmax((kc.T @ qc / np.sqrt(dk)).T).T  # (4, 5) (5, 5) -> (4, 5)
assert np.allclose(of_columns.T, of_rows), "both conventions give the same, one transposed"

mixed = softmax(qc @ kc.T / np.sqrt(dk)) @ vc  # (4, 4) (4, 5) -> (4, 5)
print("scores", (qc @ kc.T).shape, "output", mixed.shape, end=" ")
print(f"largest difference {np.abs(mixed.T - of_rows).max():.2f}")
assert mixed.shape == of_columns.shape, "the mixture has the right shape"
assert not np.allclose(mixed, of_columns, atol=0.1), "and other numbers"

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
# $\ln 16 \approx {here.ln16}$ when all keys count the same, and 0 when only one counts. We also measure the size of softmax's
# Jacobian, as the root of the sum of the squares of its entries (Frobenius norm), by which every gradient is multiplied on its way back.

# %% [markdown] lang="zh"
# ## 6 实验
#
# 指南说明了 $d_k$ 是什么，却没有说为什么要除以它的平方根（A31）。设 $q$ 和 $k$ 的各分量相互独立，均值为 0，方差为 1。那么每个乘积 $q_i k_i$ 的均值为 0，方差为 1；独立项之和的方差等于方差之和：
#
# $$\mathrm{Var}(q \cdot k) = \sum_{i=1}^{d_k} \mathrm{Var}(q_i k_i) = d_k.$$
#
# 除以 $\sqrt{d_k}$ 以后，无论多宽，方差都是 1。不除的话，宽度越大，分数就散得越开。后果如何？让一个查询面对 16 个键，测量权重的熵 $-\sum_j p_j \ln p_j$：各键同等重要时，熵为 $\ln 16 \approx {here.ln16}$；只看一个键时，熵为 0。同时测量 softmax 的雅可比矩阵的大小，即各元素平方和的平方根（弗罗贝尼乌斯范数），因为梯度往回传时都要乘上它。


# %%
def measure(rng, width, scale, trials=2000, keys=16):
    """Variance of the scores; mean entropy of the weights; mean norm of softmax's Jacobian."""
    q = rng.standard_normal((trials, 1, width))  # (trials, 1, dk)
    k = rng.standard_normal((trials, keys, width))  # (trials, 16, dk)
    s = (q @ k.swapaxes(-1, -2))[:, 0] * scale  # (trials, 16)
    p = ops.softmax(s).data  # (trials, 16)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1)  # (trials,)
    jacobian = p[:, :, None] * (np.eye(keys) - p[:, None, :])  # (trials, 16, 16)
    return s.var(), entropy.mean(), np.sqrt((jacobian**2).sum(axis=(1, 2))).mean()


widths, rng = [4, 16, 64, 256], np.random.default_rng(5)
raw = np.array([measure(rng, width, 1.0) for width in widths])  # (4, 3)
scaled = np.array([measure(rng, width, width**-0.5) for width in widths])  # (4, 3)
print("      variance        entropy         Jacobian")
print("  dk     raw  scaled     raw  scaled     raw  scaled")
for width, *row in zip(widths, *raw.T, *scaled.T, strict=True):
    pairs = zip(row[:3], row[3:], strict=True)
    print(f"{width:4d}", *(f"{first:7.2f} {second:7.2f}" for first, second in pairs))

# %%
stated("ln16", np.log(16), 2.77, 0.005, "the entropy of 16 equal weights")
assert np.allclose(raw[:, 0] / widths, 1, atol=0.2), "without the scale the variance is the width"
assert np.allclose(scaled[:, 0], 1, atol=0.2), "with it, 1"
assert raw[-1, 1] < 0.3, "without the scale a wide query looks at nearly one key alone"
assert scaled[:, 1].min() > 2.2, "with it, at many"
assert 0.25 < raw[-1, 2] / scaled[-1, 2] < 0.4, "the Jacobian shrinks to about a third"
assert scaled[:, 2].min() > 0.25, "with the scale it does not shrink"


# %%
def draw_scale(left, right):
    """Variance and entropy against the width, without the scale and with it."""
    kinds = ((raw, r"$q \cdot k$", "o-"), (scaled, r"$q \cdot k / \sqrt{d_k}$", "s--"))
    for measured, label, style in kinds:
        left.loglog(widths, measured[:, 0], style, label=label)
        right.semilogx(widths, measured[:, 1], style, label=label)
    right.axhline(np.log(16), color="gray", lw=0.8)
    top = (widths[0], np.log(16))
    right.annotate(r"$\ln\,16$", top, xytext=(0, 3), textcoords="offset points")
    left.set(xlabel="$d_k$", ylabel="variance of the scores")
    right.set(xlabel="$d_k$", ylabel="entropy of 16 weights", ylim=(0, 3.1))
    for axes in (left, right):
        axes.set(xticks=widths, xticklabels=widths)
        axes.minorticks_off()
        axes.legend()


scale_figure, panels = plt.subplots(1, 2)
draw_scale(*panels)
variances = {"variance_raw": raw[:, 0], "variance_scaled": scaled[:, 0]}
entropies = {"entropy_raw": raw[:, 1], "entropy_scaled": scaled[:, 1]}
savefig(scale_figure, "05_scale", {"dk": widths, **variances, **entropies})

# %% [markdown] lang="en"
# **Reading the table**: a row for each width; *raw* is without the scale, *scaled* with it; the three pairs are the variance of the scores, the entropy of the weights and the size of the Jacobian.
#
# **What you saw.** Left: without the scale the variance of the scores is $d_k$, a straight line of slope 1; with it, 1.
# Right: without the scale a query of width 256 attends to nearly one key alone before it has learned anything, and
# softmax's Jacobian has shrunk to about a third (last columns of the table): less of the gradient comes through. With the scale both stay where they are.
#
# **What it does not show.** These are random vectors, as at the start of training. A trained head may well be
# sharp, on purpose, by making its weights large. That a small Jacobian slows learning is likely, but this experiment trains nothing.

# %% [markdown] lang="zh"
# **读表**：每行是一个宽度 $d_k$；raw 是不缩放，scaled 是缩放；三组依次是分数的方差、权重的熵、雅可比矩阵的大小。
#
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
# * It does not know the order of the words: exercise 05.3. Positions, several heads and masks follow in lesson 6.
# * Weights show where a head looks, not why the model answered as it did.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 注意力是值的加权平均；权重来自查询与键的点积，先缩放，再取 softmax。
# * 约定只能选一种：行约定用 $Q = XW^Q$ 配 $QK^\top$，列约定用 $Q = W_Q X$ 配 $K^\top Q$。
# * 任意两个词之间只隔一步，无论相距多远。代价是每一对词都要算一个分数，共 $n^2$ 个；文本长一倍，分数就多到四倍。
# * 它不知道词的先后，见练习 05.3。位置编码、多头与掩码见第 6 课。
# * 权重只说明一个头在看哪里，并不说明模型为什么这样回答。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **05.1 Softmax that survives.** `softmax(np.array([1000.0]))` above gives `nan`, because `np.exp(1000)` is infinite. Write one
# that works for scores of any size, a million too, in float64, float32 or integers. It gets an array of shape `(n, m)` and leaves it as it is. Hint: what may be added to all
# scores of a row?

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **05.1 不会溢出的 softmax**　前面的 `softmax(np.array([1000.0]))` 得到 `nan`，因为 `np.exp(1000)` 是无穷大。请写一个对任意大小的分数都成立的版本，一百万也行；分数可以是 float64、float32 或整数。输入的形状为 `(n, m)`，不要改动它。提示：给一行的所有分数同加一个数，结果会怎样？


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
# without a difference of more than $10^{-9}$ somewhere in the output (rounding alone makes some $10^{-16}$). There may be up to 40 words. The words' own numbers
# lie between $-1$ and 1; keep those of your table of that size: with larger ones the scores of the table outgrow those of the words, and softmax, which looks at the largest
# scores alone, sees the table only. `check` tries several texts.

# %% [markdown] lang="zh"
# **05.3 词序**　自注意力是**置换等变**的：用任一置换矩阵 $P$ 把词打乱，输出也以同样的方式打乱，
#
# $$f(PX) = P f(X).$$
#
# （a）请写 `order_gap(f, x, order)`，返回两边之差的最大绝对值，其中 `x[order]` 就是 $PX$。对自注意力，它为零，只差舍入误差。（b）所以对自注意力来说，“狗咬人”和“人咬狗”是同一袋词。怎样的输入能打破这种对称？请写 `positions(n, d)`，返回形状为 `(n, d)` 的数组，把它加到词向量上以后，任意两个位置一旦互换，输出中就有相差超过 $10^{-9}$ 的地方（舍入误差只有 $10^{-16}$ 左右）。词最多 40 个。词向量本身的分量在 $-1$ 与 1 之间，表中的数也应当是这样的大小：如果再大，位置的分数就压过词的分数，而 softmax 只看最大的几个分数，于是只看得见位置。`check` 会用几段不同的文字来试。


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
# * In this project, once the exercises are done: `minillm/ops/probabilities.py` (05.1), `minillm/ops/attention.py` (05.2: find the three lines of section 3 there), `minillm/nn/attention.py`, `tests/guide/test_worked_attention.py`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Vaswani 等，2017，“Attention Is All You Need”，3.2 节；关于方差的论证见脚注 4。
# * Bahdanau、Cho、Bengio，2015，“Neural Machine Translation by Jointly Learning to Align and Translate”：Transformer 之前的注意力。
# * Jain、Wallace，2019，“Attention is not Explanation”；Wiegreffe、Pinter，2019，“Attention is not not Explanation”。
# * 本项目，做完练习再看：`minillm/ops/probabilities.py`（05.1）、`minillm/ops/attention.py`（05.2；请在里面找到第 3 节的三行）、`minillm/nn/attention.py`、`tests/guide/test_worked_attention.py`。
