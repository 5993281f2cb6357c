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
#     lesson: 3
#     guide: ['2.1', '4.1.1', '4.2.1']
#     budget_s: 20
#     errata: [A21, A42, A43, A44, A45, A51, A52, A53, A54, A55, A56]
#     introduces: [minillm.models.word_vectors.negative_sampling, minillm.models.word_vectors.noise, minillm.models.word_vectors.pmi, minillm.models.word_vectors.sentences, minillm.models.word_vectors.settings, minillm.models.word_vectors.subsampling, minillm.models.word_vectors.tables, minillm.models.word_vectors.training, minillm.models.word_vectors.windows]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.course.verdict_tables import spread
from minillm.labs import read_settings

found, asked = study("without_negatives"), read_settings("without_negatives")
n_seeds, n_steps, width = len(found["printed, loss"]), asked["steps"], asked["width"]
n_drawn, purity, n_topics = asked["negatives"], asked["world"]["purity"], asked["world"]["topics"]
n_sentences, n_words = asked["sentences"], asked["world"]["words"]
assert (n_drawn, n_topics, n_sentences, n_words, width) == (5, 4, 1000, 10, 8), (
    "as the cells have it"
)
assert (purity, asked["rate"], asked["steps"]) == (0.7, 10, 250), "as the cells have it"
printed = {
    "least": int(np.floor(np.log10(-found["printed, loss"][:, -1].max()))),
    "most": int(np.floor(np.log10(-found["printed, loss"][:, -1].min()))),
    "nearest": spread(100 * found["alike, printed"][:, 0]),
}
turned = {
    "loss": spread(found["turned, loss"][:, -1]),
    "same": spread(found["turned, told"][:, 0, 0]),
    "other": spread(found["turned, told"][:, 1, 0]),
    "positive": 100 * found["turned, told"][:, 1, 1].min(),
    "nearest": spread(100 * found["alike, turned"][:, 0]),
    "apart": spread(found["alike, turned"][:, 1]),
}
negatives = {
    "same": spread(found["negatives, told"][:, 0, 0]),
    "other": spread(found["negatives, told"][:, 1, 0]),
    "positive": 100 * found["negatives, told"][:, :, 1].max(),
    "nearest": spread(100 * found["alike, negatives"][:, 0]),
    "apart": spread(found["alike, negatives"][:, 1]),
    "distance": spread(found["negatives, mean distance"]),
    "correlation": spread(found["negatives, correlation"]),
}
word2vec = {
    "same": spread(found["word2vec, told"][:, 0, 0]),
    "other": spread(found["word2vec, told"][:, 1, 0]),
    "nearest": spread(100 * found["alike, word2vec"][:, 0]),
    "apart": spread(found["alike, word2vec"][:, 1]),
}
start = {"nearest": spread(100 * found["alike, at the start"][:, 0])}
chance = {"same": n_words - 1, "others": n_topics * n_words - 1}
chance["share"] = 100 * chance["same"] / chance["others"]
reads = asked["word2vec"]
assert (reads["window"], reads["noise_power"]) == (1, 1), "as the prose says"
assert abs(word2vec["same"]["mean"] - negatives["same"]["mean"]) < 0.06, "nearly the same"
assert abs(word2vec["other"]["mean"] - negatives["other"]["mean"]) < 0.06, "across as well"
assert turned["positive"] == 100 and negatives["positive"] == 0, "as the prose says"
assert (found["turned, loss"][:, -1] < 0.001).all(), "nearly 0 on every seed"
assert negatives["nearest"]["mean"] == word2vec["nearest"]["mean"] == 100, "as the prose says"
gap = spread(found["negatives, told"][:, 0, 0] - found["negatives, told"][:, 1, 0])
assert gap["mean"] - gap["half"] > 1, "topics are told apart"
assert turned["apart"]["mean"] < 0.05 < 0.3 < negatives["apart"]["mean"], "as the prose says"
LITERALS = {
    "by hand, asserted in section 2": "0 1 6 8 16 27 36 81 0.04 0.001",
    "by hand, asserted in section 5": "0.6 0.8",
    "fractions by hand, as LaTeX writes them": "12 14 32 34 43 64 68",
    "the guide's numbers, and those beside them, asserted in section 5": "10 20 299 300 600 1000",
    "words of the world, in its cell": "40",
    "the level of all intervals": "95",
}

# %% [markdown] lang="en"
# # Lesson 3. Word2Vec
#
# **Question.** How can a program find out that *bread* and *cheese* belong together, if it sees nothing but which words stand beside which? And what goes wrong with the formula that the guide prints for it?
#
# **Afterwards you can** write the loss of skip-gram with negative sampling and its three gradients; say what the negatives are for, and show what happens without them; draw negatives by their frequency; say which number the score of two words ends at; and solve the guide's example of apple and banana.
#
# **Before this**: lesson 1 (gradients), lesson 2 (from text to integers). **Time**: about ten seconds to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 3 课　Word2Vec
#
# **问题**　程序只看得到哪些词挨着哪些词，怎么会知道 *bread*（面包）和 *cheese*（奶酪）是一类？指南给出的公式又错在哪里？
#
# **学完本课，你能够**　写出带负采样的跳字模型的损失和它的三个梯度；说清负样本有什么用，并演示没有它会怎样；按词频抽取负样本；说出两个词的分数最终等于什么；把指南里 apple 与 banana 的算例解对。
#
# **预备知识**　第 1 课（梯度）、第 2 课（从文本到整数）。**用时**　运行约十秒，细读约两小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp
from minillm.course import check, savefig, setup, stated
from minillm.labs import read_study
from minillm.labs.guide_code import worked_word_vectors as worked
from minillm.labs.guide_code.printed_word2vec import printed_loss
from minillm.labs.guide_code.without_negatives import alike
from minillm.labs.worlds.topics import Topics
from minillm.models.word_vectors import (
    Noise,
    Sentences,
    Word2VecSettings,
    negative_sampling,
    train_word2vec,
)
from minillm.models.word_vectors.noise import noise_probabilities
from minillm.models.word_vectors.pmi import expected_loss, pmi
from minillm.models.word_vectors.subsampling import keep_probabilities
from minillm.models.word_vectors.tables import add_rows
from minillm.models.word_vectors.windows import expected_pairs, pairs

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 2.1: in large language models the embedding layer usually holds pretrained word vectors such as Word2Vec or GloVe (A21). Section 4.1.1: the core idea of Word2Vec is to train word vectors by negative sampling (A42). The word vectors are one matrix $V \in \mathbb R^{|V| \times d}$ (A43), and the loss is printed as (A44)
#
# $$\text{Loss} = \sum_{t=1}^{T} \log \sigma(V[x_t] \cdot V[x_{t+1}]).$$
#
# Section 4.2.1 works out an example: from a matrix of two counts it computes "the vectors" of apple and banana (A51 to A56).
#
# The text has a right idea and a right name for it. The formula has neither: look for the negatives.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 2.1 节说：大语言模型的嵌入层通常使用预训练的词向量，如 Word2Vec、GloVe（A21）。4.1.1 节说：Word2Vec 的核心思想是“通过负采样训练词向量”（A42）；词向量是一个矩阵 $V \in \mathbb R^{|V| \times d}$（A43）；损失是（A44）
#
# $$\text{Loss} = \sum_{t=1}^{T} \log \sigma(V[x_t] \cdot V[x_{t+1}]).$$
#
# 4.2.1 节算了一个例子：由只有两个计数的矩阵，算出 apple 和 banana 的“词向量”（A51 至 A56）。
#
# 文字部分想法对，名称也对；公式却两样都没有：请在里面找一找负样本。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A true neighbour and a drawn word.** The word in the middle has the vector $v = (\ln 3, 0)$. Beside it stood a word with $u_0 = (1, 2)$; a word that was drawn at random has $u_1 = (-1, 1)$. The scores are $s_0 = u_0 \cdot v = \ln 3$ and $s_1 = -\ln 3$; the sigmoid $\sigma(s) = 1 / (1 + e^{-s})$ makes them $\tfrac34$ and $\tfrac14$: that probable, says the model, is it that each of them really stood there. It should say 1 and 0:
#
# $$L = -\ln \sigma(s_0) - \ln \sigma(-s_1) = 2 \ln \tfrac43 = {here.loss}, \qquad e_0 = \tfrac34 - 1 = -\tfrac14, \quad e_1 = \tfrac14 - 0 = \tfrac14.$$
#
# The gradients: $\partial L/\partial v = e_0 u_0 + e_1 u_1 = (-\tfrac12, -\tfrac14)$, $\partial L/\partial u_0 = e_0 v$, $\partial L/\partial u_1 = e_1 v$. A step downhill moves $u_0$ towards $v$ and $u_1$ away from it. If the same word is drawn twice, its two gradients are *added*.
#
# **Which words are drawn?** In proportion to $\text{count}^{3/4}$. Of three words with the counts 81, 16 and 1 the text shows {here.share_often}, {here.share_some} and {here.share_rare} %. Since $81^{3/4} = 27$, $16^{3/4} = 8$, $1^{3/4} = 1$, they are drawn with ${27}/{36}$, ${8}/{36}$, ${1}/{36}$, which is {here.noise_often}, {here.noise_some} and {here.noise_rare} %: the rare word almost three times as often as it occurs.
#
# **Which words are left out?** A frequent word says little of what stands beside it. A place of a word with the share $f$ is kept with probability $\min(1, \sqrt{t/f})$. With $f = 0.04$ and $t = 0.001$ that is {here.keep}: five places of six go.
#
# **How much oftener than by chance?** Two words $a$, $b$ are counted in 16 pairs: $X = \begin{pmatrix} 2 & 6 \\ 6 & 2 \end{pmatrix}$. Every row and every column sums to 8, so by chance each cell would have $8 \cdot 8 / 16 = 4$. The *pointwise mutual information* is $\mathrm{PMI}(a, b) = \ln \tfrac64 = \ln \tfrac32$, and $\mathrm{PMI}(a, a) = \ln \tfrac12$. With $k = 2$ negatives for each pair, cell $(a, b)$ meets 6 true pairs and $2 \cdot 4 = 8$ drawn ones: the best the model can say is $\sigma(s) = \tfrac{6}{14}$, that is $s = \ln \tfrac68 = \ln \tfrac32 - \ln 2$.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **一个真的上下文词和一个抽来的词**　中间那个词的向量是 $v = (\ln 3, 0)$。它旁边的词，$u_0 = (1, 2)$；随机抽来的词，$u_1 = (-1, 1)$。分数是 $s_0 = u_0 \cdot v = \ln 3$ 和 $s_1 = -\ln 3$；经过 sigmoid，即 $\sigma(s) = 1 / (1 + e^{-s})$，得 $\tfrac34$ 和 $\tfrac14$：模型认为，它们真在那里的概率各有这么大。应当说 1 和 0：
#
# $$L = -\ln \sigma(s_0) - \ln \sigma(-s_1) = 2 \ln \tfrac43 = {here.loss}, \qquad e_0 = \tfrac34 - 1 = -\tfrac14, \quad e_1 = \tfrac14 - 0 = \tfrac14.$$
#
# 梯度是：$\partial L/\partial v = e_0 u_0 + e_1 u_1 = (-\tfrac12, -\tfrac14)$，$\partial L/\partial u_0 = e_0 v$，$\partial L/\partial u_1 = e_1 v$。下降一步，$u_0$ 靠近 $v$，$u_1$ 离开它。同一个词抽中两次，它的两份梯度要**相加**。
#
# **抽哪些词？**　与 $\text{count}^{3/4}$（词频的四分之三次方）成正比。三个词的计数是 81、16、1，在文本中各占 {here.share_often}%、{here.share_some}%、{here.share_rare}%。因为 $81^{3/4} = 27$，$16^{3/4} = 8$，$1^{3/4} = 1$，抽到的概率是 ${27}/{36}$、${8}/{36}$、${1}/{36}$，即 {here.noise_often}%、{here.noise_some}%、{here.noise_rare}%：罕见的那个词，抽到的机会几乎是它出现比例的三倍。
#
# **略去哪些词？**　高频词旁边是什么，说明不了多少问题。所占比例为 $f$ 的词，每一处以概率 $\min(1, \sqrt{t/f})$ 保留。$f = 0.04$、$t = 0.001$ 时是 {here.keep}：六处去掉五处。
#
# **比碰巧多多少？**　两个词 $a$、$b$ 一共数到 16 对：$X = \begin{pmatrix} 2 & 6 \\ 6 & 2 \end{pmatrix}$。每行每列之和都是 8，所以碰巧的话，每格应有 $8 \cdot 8 / 16 = 4$ 对。**点互信息**是 $\mathrm{PMI}(a, b) = \ln \tfrac64 = \ln \tfrac32$，$\mathrm{PMI}(a, a) = \ln \tfrac12$。每一对配 $k = 2$ 个负样本，$(a, b)$ 这一格就有 6 对真的和 $2 \cdot 4 = 8$ 对抽来的：模型最好是说 $\sigma(s) = \tfrac{6}{14}$，也就是 $s = \ln \tfrac68 = \ln \tfrac32 - \ln 2$。

# %%
v, u = np.array([[np.log(3), 0.0]]), np.array([[[1.0, 2.0], [-1.0, 1.0]]])  # (1, D), (1, 2, D)
loss, d_v, d_u = negative_sampling(v, u)
stated("loss", loss[0], 0.575, 0.0005, "the loss by hand")
assert np.allclose(d_v[0], [-1 / 2, -1 / 4]), "dL/dv by hand"
assert np.allclose(d_u[0], [-v[0] / 4, v[0] / 4]), "dL/du by hand"
counts = np.array([81, 16, 1])
share, noise = 100 * counts / counts.sum(), 100 * noise_probabilities(counts)
stated("share_often", share[0], 82.7, 0.05, "the share of the first word, of 98")
stated("share_some", share[1], 16.3, 0.05, "of the second")
stated("share_rare", share[2], 1.0, 0.05, "of the third")
stated("noise_often", noise[0], 75.0, 0.05, "how often the first is drawn, of 36")
stated("noise_some", noise[1], 22.2, 0.05, "the second")
stated("noise_rare", noise[2], 2.8, 0.05, "the third")
kept = keep_probabilities(np.array([4, 96]), 0.001)
stated("keep", kept[0], 0.158, 0.0005, "how many places of a frequent word stay")
X = np.array([[2.0, 6], [6, 2]])
assert np.allclose(pmi(X), np.log([[1 / 2, 3 / 2], [3 / 2, 1 / 2]])), "PMI by hand"
assert abs(expected_loss(pmi(X) - np.log(2), X, 2)[1]).max() < 1e-12, "there the slope is 0"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# *Skip-gram*: from the word in the middle tell each word around it. Every word has two vectors, $v_w$ for when it stands in the middle and $u_w$ (in the papers $v'_w$) for when it stands beside. For each pair of a middle word and a neighbour at most $c$ words away, $k$ words are drawn from a noise distribution $P_n$, and *negative sampling* asks for a yes to the neighbour and a no to each of them (Mikolov et al. 2013b, equation 4). To be minimised is
#
# $$-\sum_t \sum_{0 < |j| \le c} \Bigl[ \ln \sigma(u_{x_{t+j}} \cdot v_{x_t}) + \sum_{i=1}^{k} \mathbb E_{w_i \sim P_n} \ln \sigma(-u_{w_i} \cdot v_{x_t}) \Bigr], \qquad P_n(w) = \frac{\mathrm{count}(w)^{3/4}}{\sum_{w'} \mathrm{count}(w')^{3/4}}.$$
#
# For one pair, with $y_0 = 1$ and $y_1 = \dots = y_k = 0$:
#
# $$L = -\ln \sigma(s_0) - \sum_{j=1}^k \ln \sigma(-s_j), \quad s_j = u_j \cdot v; \qquad e_j = \sigma(s_j) - y_j, \quad \frac{\partial L}{\partial v} = \sum_{j=0}^k e_j u_j, \quad \frac{\partial L}{\partial u_j} = e_j v.$$
#
# In code, for $B$ pairs at once:

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **跳字模型**（skip-gram）由中间的词说出它周围的每个词。每个词有两个向量：居中时用 $v_w$，在旁边时用 $u_w$（论文里写作 $v'_w$）。对每一对“中间的词与相距不超过 $c$ 的上下文词”，从噪声分布 $P_n$ 抽出 $k$ 个词；**负采样**要求对上下文词答“是”，对抽来的每个词答“否”（Mikolov 等，2013b，式 4）。要最小化的是
#
# $$-\sum_t \sum_{0 < |j| \le c} \Bigl[ \ln \sigma(u_{x_{t+j}} \cdot v_{x_t}) + \sum_{i=1}^{k} \mathbb E_{w_i \sim P_n} \ln \sigma(-u_{w_i} \cdot v_{x_t}) \Bigr], \qquad P_n(w) = \frac{\mathrm{count}(w)^{3/4}}{\sum_{w'} \mathrm{count}(w')^{3/4}}.$$
#
# 只看一对，$y_0 = 1$，$y_1 = \dots = y_k = 0$：
#
# $$L = -\ln \sigma(s_0) - \sum_{j=1}^k \ln \sigma(-s_j), \quad s_j = u_j \cdot v; \qquad e_j = \sigma(s_j) - y_j, \quad \frac{\partial L}{\partial v} = \sum_{j=0}^k e_j u_j, \quad \frac{\partial L}{\partial u_j} = e_j v.$$
#
# 写成代码，一次算 $B$ 对：


# %%
def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def pair_rule(v, u):  # (B, D), (B, 1 + k, D)
    s = np.einsum("bjd,bd->bj", u, v)  # (B, 1 + k)
    y = np.zeros_like(s)
    y[:, 0] = 1
    loss = np.logaddexp(0, np.where(y == 1, -s, s)).sum(axis=1)  # -ln σ(s) is ln(1 + exp(-s))

    def vjp(g):  # (B,)
        e = g[:, None] * (sigmoid(s) - y)
        return np.einsum("bj,bjd->bd", e, u), e[:, :, None] * v[:, None, :]

    return loss, vjp


rng = np.random.default_rng(3)
six_pairs = rng.standard_normal((6, 4)), rng.standard_normal((6, 3, 4))  # of v and u
(ours, vjp), theirs = pair_rule(*six_pairs), negative_sampling(*six_pairs)
assert np.allclose(ours, theirs.loss), "the library's loss"
for one, other in zip(vjp(np.ones(6)), theirs[1:], strict=True):
    assert np.allclose(one, other), "and its gradients"

# %% [markdown] lang="en"
# **Both tables.** A batch names rows of the tables by id, and one word may be named many times: as the middle of several pairs, as their neighbour, as a negative. What they all want of that row is added; rows that nobody names stay as they are, and nothing of the size of the table is made. So goes a whole step:

# %% [markdown] lang="zh"
# **两张表**　一批样本用编号指明表里的行，同一个词可以被指到好几次：作为几对的中间词，作为上下文词，作为负样本。它们对这一行的要求要相加；没有指到的行不动，也不必造出一个与表同样大小的数组。整个一步是这样：


# %%
def step(V, U, centres, ids, rate):  # (N, D), (N, D), (B,), (B, 1 + k)
    loss, vjp = pair_rule(V[centres], U[ids])
    d_v, d_u = vjp(np.ones(len(centres)))
    add_rows(V, centres, -rate * d_v)
    add_rows(U, ids.ravel(), -rate * d_u.reshape(-1, U.shape[1]))
    return loss.sum()


some_V, some_U = np.ones((5, 2)), np.ones((5, 2))
step(some_V, some_U, np.array([0, 0]), np.array([[1, 2], [1, 3]]), rate=1.0)
print(
    "some_U", *some_U.round(3)
)  # word 1 is the neighbour in both pairs, 2 and 3 are drawn once each
assert np.allclose(some_U[1], 1 + 2 * sigmoid(-2.0)), "both pairs move it"
assert np.allclose(some_U[[2, 3]], 1 - sigmoid(2.0)), "away, each by one pair"
assert (some_V[1:] == 1).all() and (some_U[[0, 4]] == 1).all(), "what nobody names stays"

# %% [markdown] lang="en"
# **Which pairs.** Each place sees the words up to $c$ places away *in its sentence*. The library draws $c$ anew for each place, from 1 to the window, so that near words count more. Here two sentences and $c = 1$:

# %% [markdown] lang="zh"
# **哪些词对**　每一处看得到**同一句里**相距不超过 $c$ 的词。程序库给每一处重新抽一个 $c$，从 1 到窗口大小，这样近的词分量更重。下面是两个句子，$c = 1$：

# %%
small = Sentences.of_ids([[0, 1, 2], [3, 0]], vocabulary_size=4)
middles, contexts = pairs(small, np.ones(5, dtype=int))
print(*(f"{a}-{b}" for a, b in zip(middles, contexts, strict=True)))
assert (2, 3) not in set(zip(middles, contexts, strict=True)), "no pair across sentences"
noise = Noise(np.array([81, 16, 1]))
drawn = np.bincount(noise.draw((100_000,), rng)) / 1000  # in percent
print("drawn", *drawn.round(1), "%")
assert np.allclose(drawn, 100 * noise.probabilities, atol=0.5), "as often as by hand"

# %% [markdown] lang="en"
# *Continuous bag of words* (CBOW), the other half of Word2Vec, turns the question round: the mean of the vectors around tells the word in the middle. Its loss and its gradients are the same, with that mean in the place of $v$; each of the $n$ words around gets $\frac1n \, \partial L/\partial v$.
#
# ## 4 Gradient check
#
# First the rule, then both tables with ids that repeat. The gradient of the losses in $V$ has the sum of $\partial L_b/\partial v$ over all pairs $b$ whose middle is that word in each row, and so for $U$.

# %% [markdown] lang="zh"
# **连续词袋模型**（CBOW）是 Word2Vec 的另一半，问题反过来：由周围各词向量的均值说出中间的词。损失和梯度都一样，只是用这个均值代替 $v$；周围 $n$ 个词各得 $\frac1n \, \partial L/\partial v$。
#
# ## 4 梯度检验
#
# 先检验规则，再检验有重复编号的两张表。损失对 $V$ 的梯度，每一行是中间词为该词的所有词对 $b$ 的 $\partial L_b/\partial v$ 之和；对 $U$ 也是这样。


# %%
def tables_rule(V, U, centres, ids):  # (N, D), (N, D), (B,), (B, 1 + k)
    loss, inner = pair_rule(V[centres], U[ids])

    def vjp(g):  # (B,)
        d_v, d_u = inner(g)
        d_V, d_U = np.zeros_like(V), np.zeros_like(U)
        np.add.at(d_V, centres, d_v)  # repeated ids are added
        np.add.at(d_U, ids, d_u)
        return d_V, d_U

    return loss, vjp


V, U = rng.standard_normal((2, 7, 4))
centres, ids = np.array([2, 5, 2, 0]), np.array([[1, 3, 3], [3, 0, 6], [1, 2, 4], [6, 6, 6]])
errors = {
    "one pair": check_vjp(pair_rule, *six_pairs, rng=rng),
    "tables": check_vjp(tables_rule, V, U, centres=centres, ids=ids, rng=rng),
}
for name, error in errors.items():
    print(f"{name:9} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7, "both pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake is the most frequent one in NumPy: `d_V[centres] += d_v`. It reads well, and of several gradients for one row it keeps the last. In a batch where nothing repeats nobody can see it:

# %% [markdown] lang="zh"
# 故意犯一个错，是用 NumPy 时最常见的：`d_V[centres] += d_v`。看上去很对，可是同一行有几份梯度时，只留下最后一份。一批里没有重复时，谁也看不出来：


# %%
def overwriting(V, U, centres, ids):
    loss, inner = pair_rule(V[centres], U[ids])

    def vjp(g):
        d_v, d_u = inner(g)
        d_V, d_U = np.zeros_like(V), np.zeros_like(U)
        d_V[centres] += d_v
        d_U[ids] += d_u
        return d_V, d_U

    return loss, vjp


apart = {"centres": np.array([2, 5]), "ids": np.array([[1, 3], [0, 6]])}
print(f"nothing repeats: {check_vjp(overwriting, V, U, rng=rng, **apart):.1e}, nothing found")
try:
    check_vjp(overwriting, V, U, centres=centres, ids=ids, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the lost gradients went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **The core is negative sampling** (section 4.1.1, A42). Word2Vec is two models, skip-gram and CBOW, and either may be trained by negative sampling or by hierarchical softmax, which has no negative at all.
#
# **One matrix** (A43). There are two. With one, the score of a word with itself is $\lVert v \rVert^2 \ge 0$: every word would be its own neighbour, and in a text hardly any word is.
#
# **The formula** (A44). Four things: its sign is that of something to be maximised, and it is called a loss; there is no negative in it; one matrix; one neighbour, and for $t = T$ none. Section 6 lets it run as it is printed.
#
# **What comes out** (A45) is not said. Section 6.2 measures it.
#
# **In large language models** (section 2.1, A21). The tables of BERT and GPT start at random and are learned with everything else (lessons 8 and 9). A vector of Word2Vec is the same in each sentence; pretrained vectors as a first layer were usual in the networks before them.
#
# **Apple and banana** (section 4.2.1). From the matrix $C = \begin{pmatrix} 0 & 10 \\ 10 & 0 \end{pmatrix}$ the guide sets one term of a loss to $-1$ and solves it:
#
# $$\log \sigma\Bigl(\frac{x}{\sqrt{10 + 0}}\Bigr) = -1 \;\Rightarrow\; x = e^{-1} \;\Rightarrow\; V[apple] = \frac{e^{-1}}{V[banana]}.$$
#
# * The vocabulary has 1000 words, so $C$ has 1000 rows, and all of them matter (A51).
# * The 0 under the root is a cell of $C$, no frequency. If the sums of rows are the frequencies, both words occur 10 times: $\sqrt{20}$ (A52).
# * Nothing singles out $-1$. A term is below 0, and the nearer to 0 the larger $x$ is (A53).
# * From $\log\sigma(z) = -1$ follows $\sigma(z) = e^{-1}$, hence $z = -\ln(e - 1)$ and $x = -\sqrt{10} \ln(e - 1) = {here.apple}$. With $\sqrt{20}$ it is {here.apple_20}. The guide's $e^{-1} = {here.printed}$ gives {here.term}, and not $-1$ (A54).
# * One cannot divide by a vector (A55). $u \cdot v = c$ is one equation for 300 numbers: $u = c\,v/\lVert v \rVert^2 + z$ with any $z \perp v$, a space of 299 dimensions. For $v = (3, 4)$ and $c = 5$ the solutions are $(0.6, 0.8) + a\,(4, -3)$. Dividing entry by entry gives $c/v = (5/3, 5/4)$, whose product with $v$ is 10: $c$ for every dimension.
# * "The same steps" for banana are the same equation again (A56): one of 600 unknowns is fixed.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **核心是负采样**（4.1.1 节，A42）　Word2Vec 有两种模型，跳字模型和 CBOW；两种都可以用负采样训练，也可以用层次 softmax，后者根本没有负样本。
#
# **一个矩阵**（A43）　应是两个。只用一个，词与自身的分数是 $\lVert v \rVert^2 \ge 0$：每个词都成了自己的上下文词，而文本里几乎没有词是这样。
#
# **公式**（A44）　有四处：符号是该最大化的量的符号，却叫损失；里面没有负样本；只有一个矩阵；只有一个上下文词，$t = T$ 时连一个也没有。第 6 节照印出来的样子运行它。
#
# **学到的是什么**（A45）　指南没有说。6.2 节来量。
#
# **大语言模型里**（2.1 节，A21）　BERT 和 GPT 的表随机初始化，与其余参数一起学习（第 8、9 课）。Word2Vec 的向量在每个句子里都一样；用预训练的向量作第一层，是在它们之前的网络里常见的做法。
#
# **apple 与 banana**（4.2.1 节）　由矩阵 $C = \begin{pmatrix} 0 & 10 \\ 10 & 0 \end{pmatrix}$，指南令损失中的一项等于 $-1$，再解出来：
#
# $$\log \sigma\Bigl(\frac{x}{\sqrt{10 + 0}}\Bigr) = -1 \;\Rightarrow\; x = e^{-1} \;\Rightarrow\; V[apple] = \frac{e^{-1}}{V[banana]}.$$
#
# * 词表有 1000 个词，所以 $C$ 有 1000 行，每一行都要紧（A51）。
# * 根号下的 0 是 $C$ 的一个元素，不是词频。若以各行之和为词频，两个词都出现 10 次：应是 $\sqrt{20}$（A52）。
# * $-1$ 没有来由。这一项小于 0，$x$ 越大，它越接近 0（A53）。
# * 由 $\log\sigma(z) = -1$ 得 $\sigma(z) = e^{-1}$，所以 $z = -\ln(e - 1)$，$x = -\sqrt{10} \ln(e - 1) = {here.apple}$。用 $\sqrt{20}$ 则是 {here.apple_20}。把指南的 $e^{-1} = {here.printed}$ 代回去，得 {here.term}，不是 $-1$（A54）。
# * 不能除以向量（A55）。$u \cdot v = c$ 是含 300 个数的一个方程：$u = c\,v/\lVert v \rVert^2 + z$，$z \perp v$ 任取，解空间有 299 维。取 $v = (3, 4)$，$c = 5$，解是 $(0.6, 0.8) + a\,(4, -3)$。逐个分量去除，得 $c/v = (5/3, 5/4)$，它与 $v$ 的点积是 10：每一维各出一个 $c$。
# * 对 banana 用“同样的步骤”，得到的还是同一个方程（A56）：600 个未知数，只定下一个。

# %%
stated("apple", worked.product_for(-1.0, (10.0, 0.0)), -1.711819, 5e-7, "the product by hand")
stated("apple_20", worked.product_for(-1.0, (10.0, 10.0)), -2.420878, 5e-7, "with both words")
stated("printed", worked.PRINTED_PRODUCT, 0.367879, 5e-7, "what the guide finds")
stated("term", worked.term(np.exp(-1), (10.0, 0.0)), -0.636671, 5e-7, "the term there")
z = -np.log(np.e - 1)
assert np.isclose(np.log(sigmoid(z)), -1), "the logarithm of the sigmoid is -1"
assert np.isclose(np.sqrt(10) * z, worked.product_for(-1.0, (10.0, 0.0))), "by hand"
v, c = np.array([3.0, 4.0]), 5.0
for a in (0.0, 1.0, -20.0):
    u = worked.vector_with_product(c, v, a * np.array([4.0, -3.0]))
    assert np.allclose(u, np.array([0.6, 0.8]) + a * np.array([4, -3])), "a solution by hand"
    print("u", u.round(2), " length", np.linalg.norm(u).round(2), " u · v", (u @ v).round(9))
print("entry by entry", (c / v).round(3), " u · v", (c / v) @ v)
assert np.isclose((c / v) @ v, 2 * c), "c for every dimension"
apple, banana = rng.standard_normal((2, 300))
print("equations that say something:", worked.constraint_rank(apple, banana), "of 2")
assert worked.constraint_rank(apple, banana) == 1, "the second is the first"

# %% [markdown] lang="en"
# ## 6 Experiment
#
# ### 6.1 The printed loss, its opposite, and negatives
#
# A world of which everything is known: four topics of ten words. A sentence has a topic, and each of its words is one of that topic with probability {purity}, else one of another. It is word salad with a hidden order; the names are for us, the program sees ids.

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 印出来的损失、反过来的、有负样本的
#
# 造一个什么都知道的世界：四个主题，各十个词（食物、天气、音乐、体育）。每个句子有一个主题，它的每个词以 {purity} 的概率属于这个主题，否则属于别的主题。句子杂乱无章，却暗藏秩序；词的名称是给我们看的，程序只看得到编号。

# %%
topics = (
    "bread cheese soup apple rice salt honey bean egg plum",
    "rain snow wind cloud storm frost fog hail sun ice",
    "violin drum flute song choir harp piano tune horn bell",
    "goal team match ball race coach league runner medal score",
)
words = np.array([word for topic in topics for word in topic.split()])
world = Topics(topics=4, words=10, purity=0.7)
read_ids, _ = world.draw(1000, 10, np.random.default_rng(3))
text = Sentences.of_ids(read_ids, len(words))
X = expected_pairs(text, window=1)  # (40, 40): how often each pair stands side by side
for sentence in read_ids[:4]:
    print(*words[sentence])
same = world.topic_of_word[:, None] == world.topic_of_word
print(f"{X.sum():.0f} pairs; of one topic {X[same].mean():.1f} each, of two {X[~same].mean():.1f}")

# %% [markdown] lang="en"
# Three losses on these sentences, each followed downhill from the same vectors by the same {n_steps} plain steps: the guide's, *as printed*; the same with the *sign turned*; and the one of section 3 *with negatives*, on average over its draws.
#
# **Before you run on, write down** for each of them: where does the loss end? And of how many pairs of words of *different* topics will the score be positive?

# %% [markdown] lang="zh"
# 在这些句子上用三种损失，各从同样的向量出发，用同样的 {n_steps} 步梯度下降：指南的，**照印出来的样子**（printed）；同一个，**符号反过来**（turned）；第 3 节的，**有负样本**（negatives），对抽样取平均。
#
# **往下运行之前，先写下来**：这三种损失各停在哪里？**不同**主题的词对，有多少分数会是正的？


# %%
def printed(V):  # (40, D)
    loss, slope = printed_loss(V, text)
    return loss / len(read_ids) / 9, slope / len(read_ids) / 9  # nine in ten


def turned(V):
    loss, slope = printed(V)
    return -loss, -slope


def negatives(tables, X=X, k=5):  # (2, 40, D), (40, 40)
    v, u = tables
    loss, slope = expected_loss(v @ u.T, X, k)
    return loss / X.sum(), np.stack([slope @ u, slope.T @ v]) / X.sum()


def descend(loss_of, x, steps=250, rate=10.0, every=50):
    for i in range(steps + 1):
        loss, slope = loss_of(x)
        if i % every == 0:
            print(f"{loss:10.4g}", end="  ")
        x = x - rate * slope
    print()
    return x


# %%
begin = 0.1 * np.random.default_rng(3).standard_normal((2, 40, 8))
ends = {}
for loss_of, at in ((printed, begin[0]), (turned, begin[0]), (negatives, begin)):
    print(f"{loss_of.__name__:10}", end="")
    end = descend(loss_of, at)
    v, u = end if loss_of is negatives else (end, end)
    ends[loss_of.__name__] = v @ u.T  # (40, 40)
theory = world.pmi - np.log(5)
for name, scores in {**ends, "theory": theory}.items():
    means = [scores[m].mean() for m in (same, ~same)]
    print(f"{name:10} one topic {means[0]:9.3g}, two {means[1]:9.3g},", end=" ")
    print(f"positive of these {(scores[~same] > 0).mean():.0%}")
assert (ends["turned"] > 0).all() and (ends["negatives"] < 0).all(), "all, and none"

# %%
figure, axes = plt.subplots(figsize=(7, 3.4))
stored, drawn = read_study("without_negatives"), {}
for name, style in (("printed", ":"), ("turned", "--"), ("negatives", "-")):
    losses = stored[f"{name}, loss"]  # (seeds, noted steps)
    at = np.linspace(0, 250, losses.shape[1])
    axes.plot(at, losses.T, style, color="black", lw=0.8)
    axes.plot([], [], style, color="black", label=name)
    drawn[name] = losses[:, -1]
axes.set_yscale("symlog", linthresh=1e-3)
axes.set(xlabel="steps", ylabel="loss", yticks=[1, 0, -1, -1e8, -1e16, -1e24, -1e32])
axes.axhline(0, color="0.7", lw=0.8)
axes.legend(loc="lower left")
savefig(figure, "03_losses", drawn)

# %%
figure, panels = plt.subplots(1, 4, figsize=(11, 3.3), sharey=True)
kept = {}
for axes, (name, low, high) in zip(
    panels,
    (("printed", -8, 8), ("turned", 0, 8), ("negatives", -3, 0), ("theory", -3, 0)),
    strict=True,
):
    scores = theory if name == "theory" else ends[name]
    image = axes.imshow(scores, cmap="gray", vmin=low, vmax=high)
    figure.colorbar(image, ax=axes, orientation="horizontal", ticks=[low, high], shrink=0.7)
    axes.set(title=name, xticks=range(0, 40, 10), yticks=range(0, 40, 10))
    axes.tick_params(labelbottom=False, labelleft=False)
    if name != "printed":
        kept[name] = [scores[same].mean(), scores[~same].mean()]
panels[0].set_yticks(range(0, 40, 10), labels=words[::10], fontsize=8)
panels[0].tick_params(labelleft=True)
savefig(figure, "03_scores", kept)

# %% [markdown] lang="en"
# **What you see**: the score of every word (row) with every word (column), topic after topic; the bars below say which score is black and which white.
#
# **What the study saw** ({n_seeds} seeds, mean ± half of a 95 % interval):
#
# * *Printed*: the loss falls below $-10^{{printed.least}}$ on every seed, and would go on: to lower $\ln\sigma(s)$ means to lower the scores of neighbours, and longer vectors make them lower still. The scores are a plaid, black or white (the bar is cut off, they go far beyond both its ends), whatever the text says. The nearest word is one of the same topic in {printed.nearest.mean:.0f} ± {printed.nearest.half:.0f} % of the cases; by chance it is in {chance.share:.0f} %, for {chance.same} of the other {chance.others} words are of that topic. Before the first step, when all vectors were random, it was in {start.nearest.mean:.0f} ± {start.nearest.half:.0f} %: that this interval leaves out chance is luck of these {n_seeds} seeds.
# * *Turned*: the loss falls towards 0, which looks like success ({turned.loss.mean:.4f}). It is the easiest way to be right about true pairs: say yes to everything. Scores of one topic are {turned.same.mean:.2f}, of two {turned.other.mean:.2f}, and {turned.positive:.0f} % of the latter are positive. A trace of the topics is left all the same: cosines within topics are larger than across, by {turned.apart.mean:.3f} ± {turned.apart.half:.3f}, and {turned.nearest.mean:.0f} ± {turned.nearest.half:.0f} % of the nearest words are right. Whoever looks at the nearest words alone does not notice what the loss has done.
# * *With negatives*: the loss stops well above 0, for true neighbours and drawn words really can't be told apart with certainty. Scores of one topic are {negatives.same.mean:.2f} ± {negatives.same.half:.2f}, of two {negatives.other.mean:.2f} ± {negatives.other.half:.2f}, {negatives.positive:.0f} % positive. Every nearest word is of its topic, and cosines within topics are by {negatives.apart.mean:.2f} ± {negatives.apart.half:.2f} larger than across.
#
# The right panel has no training in it at all. What is it?

# %% [markdown] lang="zh"
# **图中所见**　每个词（行）与每个词（列）的分数，按主题排列；下面的色条说明黑和白各是多少分。
#
# **研究中看到了什么**（{n_seeds} 个种子，均值 ± 95% 区间的一半）
#
# * **照印出来的样子**　每个种子上，损失都低于 $-10^{{printed.least}}$，而且还会继续降：要降低 $\ln\sigma(s)$，就得降低上下文词的分数，而向量越长，分数就能降得越低。分数成了黑白格子，与文本说的无关（色条两端截去了，真正的分数远在其外）。最近的词属于同一主题的占 {printed.nearest.mean:.0f} ± {printed.nearest.half:.0f}%；碰巧的话是 {chance.share:.0f}%，因为其余 {chance.others} 个词里有 {chance.same} 个属于这个主题。第一步之前向量全是随机的，这时占 {start.nearest.mean:.0f} ± {start.nearest.half:.0f}%：这个区间不含碰巧的比例，只是这 {n_seeds} 个种子凑巧。
# * **符号反过来**　损失趋于 0，看上去很成功（{turned.loss.mean:.4f}）。要在真的词对上答对，这是最省事的办法：对什么都说“是”。同一主题的分数是 {turned.same.mean:.2f}，不同主题的是 {turned.other.mean:.2f}，后者有 {turned.positive:.0f}% 是正的。主题还是留下了一点痕迹：同一主题内的余弦比不同主题之间大 {turned.apart.mean:.3f} ± {turned.apart.half:.3f}，最近的词有 {turned.nearest.mean:.0f} ± {turned.nearest.half:.0f}% 是对的。只看最近的词，就看不出这个损失做了什么。
# * **有负样本**　损失停在远高于 0 的地方，因为真的上下文词和抽来的词本来就不可能完全分清。同一主题的分数是 {negatives.same.mean:.2f} ± {negatives.same.half:.2f}，不同主题的是 {negatives.other.mean:.2f} ± {negatives.other.half:.2f}，{negatives.positive:.0f}% 是正的。最近的词全都属于同一主题；同一主题内的余弦比不同主题之间大 {negatives.apart.mean:.2f} ± {negatives.apart.half:.2f}。
#
# 最右边那幅根本没有训练。它是什么？

# %% [markdown] lang="en"
# ### 6.2 What the scores are
#
# Add up the loss of one cell of the table of pairs. It is seen as a true pair $X_{wc}$ times and drawn $k X_w P_n(c)$ times, where $X_w$ is how many pairs $w$ is the middle of (and $X_c$ in how many $c$ is the neighbour, of $N$ pairs in all):
#
# $$-X_{wc} \ln \sigma(s) - k X_w P_n(c) \ln \sigma(-s), \qquad \frac{\partial}{\partial s} = 0 \iff \sigma(s) = \frac{X_{wc}}{X_{wc} + k X_w P_n(c)} \iff e^s = \frac{X_{wc}}{k X_w P_n(c)}.$$
#
# If the noise is as frequent as the words, $P_n(c) = X_c / N$, that is
#
# $$u_c \cdot v_w = \ln \frac{X_{wc} N}{X_w X_c} - \ln k = \mathrm{PMI}(w, c) - \ln k,$$
#
# provided that the dimensions suffice for scores as one wants them (Levy & Goldberg 2014). The right panel is this, from the chances of the world.
#
# **Before you run on**: how many dimensions suffice for 40 words of four topics, if the text is endless? And for the text of {n_sentences:,} sentences?

# %% [markdown] lang="zh"
# ### 6.2 分数是什么
#
# 把词对表里一格的损失加起来。它作为真的词对出现 $X_{wc}$ 次，被抽中 $k X_w P_n(c)$ 次，其中 $X_w$ 是以 $w$ 居中的词对数（$X_c$ 则是以 $c$ 为上下文词的词对数，$N$ 是全部词对数）：
#
# $$-X_{wc} \ln \sigma(s) - k X_w P_n(c) \ln \sigma(-s), \qquad \frac{\partial}{\partial s} = 0 \iff \sigma(s) = \frac{X_{wc}}{X_{wc} + k X_w P_n(c)} \iff e^s = \frac{X_{wc}}{k X_w P_n(c)}.$$
#
# 如果噪声与词频一致，$P_n(c) = X_c / N$，就是
#
# $$u_c \cdot v_w = \ln \frac{X_{wc} N}{X_w X_c} - \ln k = \mathrm{PMI}(w, c) - \ln k,$$
#
# 条件是维数足够，分数可以随意取（Levy、Goldberg，2014）。最右边那幅就是它，由这个世界的概率算出来的。
#
# **往下运行之前，先想一想**：四个主题的 40 个词，如果文本无穷无尽，要多少维才够？{n_sentences:,} 句的文本呢？

# %%
seen = expected_pairs(text, window=5)  # of these sentences: no cell is empty
counted = {"endless text": world.pair_chances, "1000 sentences": seen}
widths, distances, losses, reached = [1, 2, 3, 4, 8, 16, 40], {}, {}, {}
for name, table in counted.items():
    wanted, distances[name], losses[name] = pmi(table) - np.log(5), [], []
    for width in widths:
        tables = 0.1 * np.random.default_rng(width).standard_normal((2, 40, width))
        for _ in range(1500):
            tables = tables - 20 * negatives(tables, table)[1]
        scores = tables[0] @ tables[1].T
        distances[name].append(np.abs(scores - wanted).mean())
        losses[name].append(negatives(tables, table)[0])
        reached[name, width] = scores
    for what, row in (("mean distance", distances[name]), ("loss", losses[name])):
        numbers = (f"{D}: {x:.3f}  " for D, x in zip(widths, row, strict=True))
        print(f"{name:15}{what:14}", *numbers)
stated("three", distances["endless text"][1:3], 0.295, 0.0005, "two and three, endless text")
stated("losses", losses["endless text"][:4], [2.703, 2.648, 2.597, 2.568], 0.0005, "their losses")
assert distances["endless text"][3] < 1e-9 < 0.01 < distances["endless text"][2], (
    "four dimensions suffice"
)
assert distances["1000 sentences"][-1] < 0.01 < 0.05 < distances["1000 sentences"][-2], (
    "forty suffice"
)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
wanted = pmi(seen) - np.log(5)
left.plot([-3, 0], [-3, 0], color="0.7")
for width, marker in ((2, "x"), (8, "+"), (40, ".")):
    some = reached["1000 sentences", width].ravel()[::9]
    left.plot(wanted.ravel()[::9], some, marker, color="black", ms=4, label=f"{width} dimensions")
left.set(xlabel=r"PMI $-\,\ln k$", ylabel="score")
left.legend()
for name, style in (("endless text", "o-"), ("1000 sentences", "s--")):
    right.plot(range(len(widths)), distances[name], style, color="black", label=name)
right.set(xticks=range(len(widths)), xticklabels=widths, xlabel="dimensions")
right.set(ylabel=r"mean distance from PMI $-\,\ln k$", ylim=(0, None))
right.legend()
shown = {
    "1000 sentences": distances["1000 sentences"][:-1],
    "endless text": distances["endless text"][:3],
}
savefig(figure, "03_pmi", {"dimensions": widths, **shown})

# %% [markdown] lang="en"
# **What you saw.** With as many dimensions as words every score ends at $\mathrm{PMI} - \ln k$ (dots on the line). For the endless text *four* are enough: a word is then known by its topic alone, and the distance falls from {here.three} with three dimensions to nothing. (It is {here.three} with two as well, as if the third were worth nothing. The loss, which is what the steps make small, tells otherwise: with one to four dimensions it ends at {here.losses.0}, {here.losses.1}, {here.losses.2} and {here.losses.3}.) A text of {n_sentences:,} sentences has chance in its counts as well; every word has some pairs too many and some too few, and to follow *these* takes all 40. Nobody wants that. Eight dimensions keep the topics and smooth the chance away.
#
# In the study, where counts come from neighbours side by side alone, the scores of {width} dimensions and the world's own $\mathrm{PMI} - \ln k$ have a correlation of {negatives.correlation.mean:.3f} ± {negatives.correlation.half:.3f}.
#
# With the noise of section 3, in proportion to $\mathrm{count}^{3/4}$, the same line of algebra gives $\mathrm{PMI} - \ln k + \ln(p(c)/P_n(c))$, where $p(c) = X_c/N$ is the share of the word: scores of frequent words are higher, those of rare words lower. The order of a word's neighbours may change with it; from one *middle* word to another the term is the same.
#
# ### 6.3 Neighbours
#
# Now the real thing: drawn windows, drawn negatives, a step for each small batch.

# %% [markdown] lang="zh"
# **看到了什么**　维数与词数一样多时，每个分数都停在 $\mathrm{PMI} - \ln k$（点都在直线上）。对无穷无尽的文本，**四维**就够了：这时一个词只凭主题就完全知道了，相差从三维时的 {here.three} 降到零。（二维时也是 {here.three}，好像第三维毫无用处。可是训练要减小的是损失，它并不这么说：从一维到四维，损失停在 {here.losses.0}、{here.losses.1}、{here.losses.2}、{here.losses.3}。）{n_sentences:,} 句的文本，计数里还有偶然；每个词总有些词对碰巧多了，有些碰巧少了，要连**这些**也跟上，就得用满 40 维。谁也不想这样。八维留住主题，把偶然抹平。
#
# 研究里的计数只来自紧挨着的词，{width} 维的分数与这个世界本身的 $\mathrm{PMI} - \ln k$ 的相关系数是 {negatives.correlation.mean:.3f} ± {negatives.correlation.half:.3f}。
#
# 噪声像第 3 节那样与 $\mathrm{count}^{3/4}$ 成正比时，同样的推导得到 $\mathrm{PMI} - \ln k + \ln(p(c)/P_n(c))$，其中 $p(c) = X_c/N$ 是这个词所占的比例：常见词的分数高一些，罕见词的低一些。一个词的上下文词，次序可能因此变化；换一个**中间**词，这一项不变。
#
# ### 6.3 相近的词
#
# 现在来真的：随机的窗口，抽取的负样本，每一小批走一步。

# %% tags=["machine"]
settings = Word2VecSettings(width=8, subsample=None, rate=0.1, epochs=3, chunk=2000)
for trained in train_word2vec(text, settings):
    if trained.chunks % 5 == 0:
        print(f"{trained.chunks:3} chunks, loss {trained.loss:.3f}")
after_v, after_u = trained.tables


def nearest(table, word, n=4):
    x = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = x @ x[list(words).index(word)]
    return " ".join(words[np.argsort(-cosines)[1 : n + 1]])


for word in ("bread", "snow", "violin", "team"):
    print(f"{word:7} before: {nearest(begin[0], word):24} after: {nearest(after_v, word)}")
right_before, right_after = (alike(table, same)[0] for table in (begin[0], after_v))
print(f"nearest word of the same topic: before {right_before:.0%}, after {right_after:.0%}")
assert right_after > 0.9, "topics are found"
assert set(nearest(after_v, "bread").split()) <= set(topics[0].split()), "all food"
own = (after_v * after_u).sum(axis=1)
print(f"words whose score with themselves is positive: {(own > 0).sum()} of 40")
assert ((after_v * after_v).sum(axis=1) > 0).all() and (own < 0).all(), (
    "two tables: none is its own neighbour"
)


# %%
def centred(table):
    return (table - table.mean(axis=0)) / np.linalg.norm(table, axis=1).mean()


figure, panels = plt.subplots(1, 2, figsize=(9, 4))
for axes, (title, table) in zip(panels, (("before", begin[0]), ("after", after_v)), strict=True):
    x = centred(table.astype(float))
    main = np.linalg.svd(x, full_matrices=False)[2][:3]  # three main directions, seen aslant
    directions = np.array([[1, 0, 0.6], [0, 1, -0.6]]) @ main
    for topic, marker in enumerate(("o", "x", "^", "s")):
        points = (x @ directions.T)[10 * topic : 10 * topic + 10]
        axes.plot(*points.T, marker, color=str(0.2 * topic), fillstyle="none")
        for word, point in list(zip(words[10 * topic :], points, strict=False))[:2]:
            axes.annotate(word, point, xytext=(5, 3), textcoords="offset points", fontsize=8)
    axes.set(title=title, xticks=[], yticks=[])
spreads = {"after": np.linalg.svd(centred(after_v.astype(float)))[1][:3]}
savefig(figure, "03_words", spreads)

# %% [markdown] lang="en"
# **What you saw.** The figure shows the eight dimensions from one side: circles are food, crosses weather, triangles music, squares sport. It is a shadow on two directions, and a shadow misleads: in it *bread* lies with the weather and far from *cheese*; in all eight dimensions, by the cosines above, its four nearest words are food. Words are near to each other because they stand beside *the same* words, whether or not they ever stand beside each other. No word has a positive score with itself, as with one table every word would have. In the study Word2Vec's nearest words are right in {word2vec.nearest.mean:.0f} % as well, with scores of {word2vec.same.mean:.2f} ± {word2vec.same.half:.2f} within topics and {word2vec.other.mean:.2f} ± {word2vec.other.half:.2f} across, where section 6.1 had {negatives.same.mean:.2f} and {negatives.other.mean:.2f}: what the draws give is *nearly* what they give on average. (To be compared with section 6.1, the study reads neighbours side by side alone, draws words as often as they occur and passes over the text {reads.epochs} times. The cell above has Word2Vec's usual window and noise, and three passes.)
#
# And where there is nothing to find?

# %% [markdown] lang="zh"
# **看到了什么**　图从一个侧面画出八维空间：圆是食物，叉是天气，三角是音乐，方块是体育。它只是投在两个方向上的影子，影子会骗人：图上 *bread* 挨着天气，离 *cheese* 很远；可是按上面的余弦，在全部八维里，离它最近的四个词都是食物。两个词彼此相近，是因为它们旁边有**同样的**词，不管它们自己是不是挨在一起过。没有一个词与自身的分数是正的；只用一张表，则个个都是。研究里，Word2Vec 最近的词也有 {word2vec.nearest.mean:.0f}% 是对的，同一主题的分数是 {word2vec.same.mean:.2f} ± {word2vec.same.half:.2f}，不同主题的是 {word2vec.other.mean:.2f} ± {word2vec.other.half:.2f}，而 6.1 节是 {negatives.same.mean:.2f} 和 {negatives.other.mean:.2f}：抽样得到的，与平均意义下得到的**相差无几**。（为了能与 6.1 节比较，研究里只取紧挨着的词，按词频抽负样本，把文本过 {reads.epochs} 遍；上面的单元格用的是 Word2Vec 通常的窗口和噪声，过三遍。）
#
# 要是本来就没有可学的呢？

# %% tags=["machine"]
for purity in (0.25, 0.4):
    other = Topics(topics=4, words=10, purity=purity)
    mixed = Sentences.of_ids(other.draw(1000, 10, np.random.default_rng(3))[0], 40)
    *_, trained = train_word2vec(mixed, settings)
    found = alike(trained.tables.input, same)
    print(f"purity {purity}: nearest of the same topic {found[0]:.0%}, cosines {found[1]:+.3f}")
    assert (found[1] < 0.05) == (purity == 0.25), "by chance alone there is nothing"

# %% [markdown] lang="en"
# At a purity of one quarter a sentence says nothing of its topic, PMI is 0 everywhere, and the vectors have no topics either. Vectors show what is in the counts.
#
# ## 7 Summary and limits
#
# * Skip-gram with negative sampling tells true neighbours from drawn words. Its rule: $e_j = \sigma(s_j) - y_j$, times the other vector.
# * Without negatives there is nothing to say no to: minimised as printed the guide's formula falls without end, turned round it says yes to all.
# * Repeated ids are added. `+=` with an array of ids does not do that.
# * The scores are $\mathrm{PMI} - \ln k$, as far as the dimensions allow; fewer dimensions smooth chance away.
# * One equation does not determine a vector, and nobody divides by one.
# * One vector for each word, whatever the sentence: a word of two meanings gets a mean of both. Lesson 5 begins with what does better.
# * What is said of the study has {n_seeds} seeds; what the cells of section 6 print has one text and one seed.
# * The world here has no grammar and no rare words, and its topics are all that there is. What vectors of real text show beside topics (tense, sentiment, prejudice) it can't say.

# %% [markdown] lang="zh"
# 纯度是四分之一时，句子与主题毫无关系，PMI 处处为零，向量里也没有主题。向量只显示计数里有的东西。
#
# ## 7 小结与局限
#
# * 带负采样的跳字模型分辨真的上下文词与抽来的词。规则是 $e_j = \sigma(s_j) - y_j$，再乘对方的向量。
# * 没有负样本，就没有可以说“否”的：指南的公式照原样最小化，会无止境地下降；反过来，则对一切说“是”。
# * 重复的编号要相加。用编号数组作 `+=` 做不到。
# * 在维数允许的范围内，分数等于 $\mathrm{PMI} - \ln k$；维数少，就把偶然抹平。
# * 一个方程定不出一个向量，也没有人能除以向量。
# * 一个词一个向量，不管在什么句子里：有两个意思的词，得到的是两者的平均。更好的办法从第 5 课讲起。
# * 说是“研究”的，有 {n_seeds} 个种子；第 6 节各单元格打印出来的，只用了一份文本、一个种子。
# * 这里的世界没有语法，没有罕见词，除了主题什么也没有。真实文本的向量除主题之外还显示什么（时态、褒贬、偏见），它说明不了。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **03.1 One pair.** `v` (D,) is the vector of the word in the middle, `u` (1 + k, D) has that of its neighbour in row 0 and those of the $k$ drawn words below; $k$ may be 0. Write `pair(v, u)`: the loss of section 3, $\partial L/\partial v$ and $\partial L/\partial u$. Scores may be in the thousands, and then the loss is large, but a number.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **03.1 一对词**　`v` (D,) 是中间那个词的向量；`u` (1 + k, D) 的第 0 行是它的上下文词，下面是抽来的 $k$ 个词，$k$ 可以是 0。请写 `pair(v, u)`：第 3 节的损失、$\partial L/\partial v$ 和 $\partial L/\partial u$。分数可能上千，这时损失很大，但仍是一个数。


# %% tags=["exercise"]
def pair(v, u):
    return ..., ..., ...


# %% tags=["solution"]
def pair(v, u):
    s = u @ v
    y = np.zeros(len(u))
    y[0] = 1
    loss = np.logaddexp(0, np.where(y == 1, -s, s)).sum()
    e = np.exp(-np.logaddexp(0, -s)) - y
    return loss, e @ u, e[:, None] * v


# %% tags=["exercise-check"]
check("03.1", pair)

# %% [markdown] lang="en"
# *Hint*: $-\ln \sigma(s) = \ln(1 + e^{-s})$, and $e^{1000}$ is too large for a float; `np.logaddexp(a, b)` is $\ln(e^a + e^b)$ without that. What is $\sigma$, written with it?
#
# **03.2 Drawn words.** `counts` (V,) are whole numbers, some of them 0, `power` is at least 0, `r` (N,) has random numbers from 0 up to, and without, 1. Write `drawn(counts, power, r)`: for each number the word $w$ with $P(0) + \dots + P(w-1) \le r < P(0) + \dots + P(w)$, where $P(w)$ is proportional to $\mathrm{count}(w)^{\mathrm{power}}$. A word that doesn't occur is never drawn, at power 0 either.

# %% [markdown] lang="zh"
# **提示**　$-\ln \sigma(s) = \ln(1 + e^{-s})$，而 $e^{1000}$ 超出了浮点数的范围；`np.logaddexp(a, b)` 就是 $\ln(e^a + e^b)$，但不会溢出。$\sigma$ 用它怎么写？
#
# **03.2 抽词**　`counts` (V,) 是整数，其中可以有 0；`power` 不小于 0；`r` (N,) 是随机数，从 0 到 1，不含 1。请写 `drawn(counts, power, r)`：对每个数，给出满足 $P(0) + \dots + P(w-1) \le r < P(0) + \dots + P(w)$ 的词 $w$，其中 $P(w)$ 与 $\mathrm{count}(w)^{\mathrm{power}}$ 成正比。没有出现过的词永远不会抽到，`power` 为 0 时也一样。


# %% tags=["exercise"]
def drawn(counts, power, r):
    return ...


# %% tags=["solution"]
def drawn(counts, power, r):
    weights = np.where(counts > 0, counts.astype(float) ** power, 0.0)
    ends = np.cumsum(weights) / weights.sum()
    return np.searchsorted(ends, r, side="right")


# %% tags=["exercise-check"]
check("03.2", drawn)

# %% [markdown] lang="en"
# *Hint*: `np.cumsum` gives the ends of all words on the line from 0 to 1, `np.searchsorted` finds between which two a number lies (which `side`?). And `0 ** 0` is 1.
#
# **03.3 The best scores.** `X` (V, C) says how often each pair was counted, `k` how many negatives there are for each. Write `best_scores(X, k)`: $\mathrm{PMI} - \ln k$ for every cell, and $-\infty$ where the pair never occurs. Every word is in some pair. Rows and columns may be different words.

# %% [markdown] lang="zh"
# **提示**　`np.cumsum` 给出各词在 0 到 1 这条线段上的终点，`np.searchsorted` 找出一个数落在哪两个之间（`side` 取什么？）。另外，`0 ** 0` 是 1。
#
# **03.3 最好的分数**　`X` (V, C) 是每个词对的计数，`k` 是每对的负样本数。请写 `best_scores(X, k)`：每一格的 $\mathrm{PMI} - \ln k$，从不出现的词对是 $-\infty$。每个词至少在一个词对里。行和列可以是不同的词。


# %% tags=["exercise"]
def best_scores(X, k):
    return ...


# %% tags=["solution"]
def best_scores(X, k):
    chance = X.sum(axis=1, keepdims=True) * X.sum(axis=0) / X.sum()
    with np.errstate(divide="ignore"):
        return np.log(X) - np.log(k * chance)


# %% tags=["exercise-check"]
check("03.3", best_scores)

# %% [markdown] lang="en"
# *Hint*: by chance cell $(w, c)$ would have $X_w X_c / N$; `keepdims=True` makes the sums of rows a column. The logarithm of 0 is what is asked for.
#
# ## 9 Further reading
#
# * Mikolov, Chen, Corrado & Dean 2013, "Efficient Estimation of Word Representations in Vector Space" (2013a): the two models.
# * Mikolov, Sutskever, Chen, Corrado & Dean 2013, "Distributed Representations of Words and Phrases and their Compositionality" (2013b): negative sampling, equation 4; the noise, section 2.2; frequent words, section 2.3.
# * Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization", section 3.1.
# * İrsoy, Benton & Stratos 2020, "Corrected CBOW Performs as well as Skip-gram".
# * Church & Hanks 1990, "Word Association Norms, Mutual Information, and Lexicography".
# * In this project: `minillm/models/word_vectors/`; vectors of a text of your own: `learn_word2vec` in `minillm/tasks/word_vectors.py`.

# %% [markdown] lang="zh"
# **提示**　碰巧的话，$(w, c)$ 这一格应有 $X_w X_c / N$ 对；`keepdims=True` 使各行之和成为一列。0 的对数正是这里要的。
#
# ## 9 延伸阅读
#
# * Mikolov、Chen、Corrado、Dean，2013，“Efficient Estimation of Word Representations in Vector Space”（2013a）：两种模型。
# * Mikolov、Sutskever、Chen、Corrado、Dean，2013，“Distributed Representations of Words and Phrases and their Compositionality”（2013b）：负采样见式 4，噪声见 2.2 节，高频词见 2.3 节。
# * Levy、Goldberg，2014，“Neural Word Embedding as Implicit Matrix Factorization”，3.1 节。
# * İrsoy、Benton、Stratos，2020，“Corrected CBOW Performs as well as Skip-gram”。
# * Church、Hanks，1990，“Word Association Norms, Mutual Information, and Lexicography”。
# * 本项目：`minillm/models/word_vectors/`；学自己的文本的词向量：`minillm/tasks/word_vectors.py` 的 `learn_word2vec`。
