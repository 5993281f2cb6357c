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
#     lesson: 4
#     guide: ['2.1', '4.1.1', '4.2.1']
#     budget_s: 15
#     errata: [A21, A46, A47, A57]
#     introduces: [minillm.models.word_vectors.cooccurrence, minillm.models.word_vectors.glove, minillm.models.word_vectors.glove_training, minillm.models.word_vectors.vectors]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import LANGUAGE, study
from minillm.course.verdict_tables import READING, said, spread
from minillm.labs import read_settings
from minillm.labs.verdicts import verdict

reading = READING[LANGUAGE]
ascent, sizes = study("printed_glove"), read_settings("printed_glove")
n_ascent = len(ascent["topics, ratios"])
assert (sizes["topics"]["words"], sizes["topics"]["together"]) == (20, 0.95), "as the prose says"
climbed = {
    "start": ascent["topics, printed, loss"][:, 0].mean(),
    "end": ascent["topics, printed, loss"][:, -1].mean(),
    "end_none": ascent["none, printed, loss"][:, -1].mean(),
    "short": ascent["topics, printed, length"][:, 0].mean(),
    "long": ascent["topics, printed, length"][:, -1].mean(),
    "steps": sizes["printed"]["measured_at"][-1],
    "cosine": np.floor(1e4 * ascent["topics, printed, cosine"][:, -1].min()) / 1e4,
}
assert climbed["cosine"] > 0.999, "all vectors have one direction"
fell = {
    name: {
        "first": ascent[f"{name}, GloVe, J"][:, 0].mean(),
        "last": spread(ascent[f"{name}, GloVe, J"][:, 1]),
        "same": spread(ascent[f"{name}, GloVe, cosine"][:, 0]),
        "other": spread(ascent[f"{name}, GloVe, cosine"][:, 1]),
        "ratio": spread(ascent[f"{name}, GloVe, ratios"][:, 0]),
        "true": spread(ascent[f"{name}, ratios"][:, 0]),
    }
    for name in ("topics", "none")
}
fell["none"]["ratio"]["mean"] = round(fell["none"]["ratio"]["mean"], 2) + 0.0  # no "-0.00"
assert abs(fell["topics"]["last"]["mean"] - fell["none"]["last"]["mean"]) < 0.1, "alike at the end"
tables, chosen = study("pretrained_tables"), read_settings("pretrained_tables")
n_tables, fewest, most = len(tables["random"]), chosen["labels"][0], chosen["labels"][-1]
unlabelled = chosen["vectors"]["unlabelled"]["texts"]
assert chosen["labels"] == [8, 32, 128, 512, 2048], "the axis of the figure"
arms = {
    "random_frozen": ("random, frozen", "随机，冻结"),
    "dealt_tuned": ("GloVe's, dealt to other words, tuned", "GloVe 的，打乱分给别的词，微调"),
    "glove_frozen": ("GloVe, frozen", "GloVe，冻结"),
    "glove_tuned": ("GloVe, tuned", "GloVe，微调"),
    "sgns_frozen": ("skip-gram, frozen", "跳字模型，冻结"),
    "sgns_tuned": ("skip-gram, tuned", "跳字模型，微调"),
}
places = [(at, field) for field in (0, 1) for at in (0, -1)]  # books few, many; tools few, many
n_compared = len(arms) * len(places)
level = 100 * (1 - 0.05 / n_compared)
verdicts = {
    arm: [
        verdict(
            tables[arm][:, at, field] - tables["random"][:, at, field],
            good=1,
            items=chosen["tested"],
            comparisons=n_compared,
        )
        for at, field in places
    ]
    for arm in arms
}
words = {arm: [one.word.partition(" ")[0] for one in each] for arm, each in verdicts.items()}
assert words == {
    "random_frozen": ["undecided", "harms", "no", "no"],
    "dealt_tuned": ["no", "no", "no", "undecided"],
    "glove_frozen": ["helps", "no", "helps", "helps"],
    "glove_tuned": ["helps", "no", "helps", "helps"],
    "sgns_frozen": ["helps", "no", "helps", "helps"],
    "sgns_tuned": ["helps", "no", "helps", "helps"],
}, "as the prose says"
right = {
    arm: {
        "few": spread(100 * values[:, 0, 0]),
        "many": spread(100 * values[:, -1, 0]),
        "tools_few": spread(100 * values[:, 0, 1]),
        "tools_many": spread(100 * values[:, -1, 1]),
    }
    for arm, values in tables.items()
}
tuning = {
    arm: spread(100 * (tables[f"{arm}_frozen"] - tables[f"{arm}_tuned"])[:, 0, 0])
    for arm in ("glove", "sgns")
}
assert all(one["mean"] > one["half"] for one in tuning.values()), "frozen is ahead of tuned"
head = {
    "en": (
        "the table of words",
        *(f"{f}, {n} labels" for f in ("books", "tools") for n in (8, 2048)),
    ),
    "zh": ("词向量表", *(f"{f}，{n} 个标签" for f in ("书", "工具") for n in (8, 2048))),
}[LANGUAGE]
start = [f"{tables['random'][:, at, field].mean():.2f}" for at, field in places]
rows = [head, ["---"] * 5, [{"en": "random, learned", "zh": "随机，一起训练"}[LANGUAGE], *start]]
rows += [
    [names[LANGUAGE == "zh"], *(said(one, LANGUAGE) for one in verdicts[arm])]
    for arm, names in arms.items()
]
table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
LITERALS = {
    "by hand, asserted in section 2": "0 1 2 0.05 0.4 16 81",
    "fractions by hand, as LaTeX writes them": "12 14 18 32 34",
    "the guide's matrix and its like, asserted in section 5": "10 0.02 10,000",
    "settings of GloVe in its paper": "100",
    "the level of all intervals, and the share of one topic": "95",
}

# %% [markdown] lang="en"
# # Lesson 4. GloVe
#
# **Question.** A table says how often each word stands near each other word. How does one make vectors of it, what does the guide's formula make of it, and are such vectors the first layer of a large language model?
#
# **Afterwards you can** count words that stand together, with a window and a weight; write the loss of GloVe with the gradients of all its four parameters; show that the guide's formula does not see the counts; say what a difference of two vectors means; give many different vectors that fit one table equally well; and say when pretrained vectors are worth having.
#
# **Before this**: lesson 1 (gradients), lesson 2 (from text to integers), lesson 3 (Word2Vec). **Time**: about twenty seconds to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 4 课　GloVe
#
# **问题**　有一张表，写着每个词在别的每个词附近出现过多少次。怎样由它得到词向量？指南的公式会由它得到什么？大语言模型的第一层，用的是这样的词向量吗？
#
# **学完本课，你能够**　按窗口和权重数出词的共现；写出 GloVe 的损失和它四组参数的梯度；说明指南的公式看不见共现次数；说出两个向量之差是什么意思；举出许多不同的向量，对同一张表拟合得一样好；说出预训练的词向量什么时候值得用。
#
# **预备知识**　第 1 课（梯度）、第 2 课（从文本到整数）、第 3 课（Word2Vec）。**用时**　运行约二十秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp
from minillm.course import assets, check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_study
from minillm.labs.guide_code import printed_glove
from minillm.labs.pretraining import pretrained_tables, table_vectors
from minillm.models.word_vectors import (
    Cooccurrences,
    GloveSettings,
    Weighting,
    Window,
    count_cooccurrences,
    glove,
    train_glove,
    weight,
)

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 2.1: in large language models the embedding layer usually holds pretrained word vectors such as Word2Vec or GloVe (A21). Section 4.1.1: GloVe rests on global statistics, and learns from the matrix $C$ of co-occurrences (A46). Its loss is printed as (A47)
#
# $$\text{Loss} = \sum_{(i,j) \in C} \log\Bigl(\sigma\Bigl(\frac{V[i] \cdot V[j]}{\sqrt{f(i) + f(j)}}\Bigr)\Bigr),$$
#
# where $f(i)$ is the frequency of word $i$. Section 4.2.1 has the counts of two words, $C = \begin{pmatrix} 0 & 10 \\ 10 & 0 \end{pmatrix}$, and says that "according to GloVe" one can compute the vectors of *apple* and *banana* from them (A57).
#
# The sentence A46 is right. Look for the counts $C_{ij}$ in the formula below it.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 2.1 节说：大语言模型的嵌入层通常使用预训练的词向量，如 Word2Vec、GloVe（A21）。4.1.1 节说：GloVe 基于全局统计，由单词的共现矩阵 $C$ 学习词向量（A46）；损失是（A47）
#
# $$\text{Loss} = \sum_{(i,j) \in C} \log\Bigl(\sigma\Bigl(\frac{V[i] \cdot V[j]}{\sqrt{f(i) + f(j)}}\Bigr)\Bigr),$$
#
# “其中，$f(i)$ 为单词 $i$ 的词频”。4.2.1 节给出两个词的共现次数 $C = \begin{pmatrix} 0 & 10 \\ 10 & 0 \end{pmatrix}$，说“根据 GloVe 模型”可以算出 *apple* 和 *banana* 的词向量（A57）。
#
# A46 这句话是对的。请在它下面的公式里找一找次数 $C_{ij}$。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Counting.** Two sentences, "a b a c" and "c b"; the window is 2 places, and words $d$ places apart count $1/d$. Side by side in the first: a b, b a, a c; two places apart: a a, b c. Each pair counts for both of its words:
#
# $$X = \begin{pmatrix} 1 & 2 & 1 \\ 2 & 0 & \tfrac32 \\ 1 & \tfrac32 & 0 \end{pmatrix}.$$
#
# $X_{ab} = 2$, since a and b are side by side twice. $X_{bc} = \tfrac12 + 1$: half from the first sentence, one from the second. $X_{aa} = \tfrac12 + \tfrac12$: each of the two a's stands two places from the other. $X_{cc} = 0$, although a c ends the first sentence and a c begins the second: nothing counts across the border.
#
# **Why the logarithm, and why a product?** Let *day* be $0.4$ of all that stands near *sun* and $0.05$ of what stands near *moon*. The ratio $P(\text{day} \mid \text{sun}) / P(\text{day} \mid \text{moon}) = 8$ says what tells the two apart; *sky*, near both, has the ratio 1, and *shoe*, near neither, has the ratio 1 as well. A *difference* of vectors is to give a *ratio* of probabilities: so products give logarithms, and $(w_{\text{sun}} - w_{\text{moon}}) \cdot \tilde w_{\text{day}}$ is to be $\ln 8$ = {here.ratio}, and 0 for *sky* and *shoe*.
#
# **A weight.** With $\alpha = \tfrac34$ and, since one can take the root of it by hand, $x_{\max} = 16$ (GloVe has 100, and so has the guide's example below) the counts 1, 16 and 81 weigh $f = \tfrac18, 1, 1$: rare pairs little, and none more than 1.
#
# **One cell.** $w = (1, 2)$, $\tilde w = (1, \tfrac12)$, $b = \tfrac12$, $\tilde b = -\tfrac12$, and the count is 1, whose logarithm is 0:
#
# $$e = w \cdot \tilde w + b + \tilde b - \ln 1 = 2, \qquad J = f e^2 = \tfrac18 \cdot 4 = \tfrac12, \qquad \frac{\partial J}{\partial b} = 2 f e = \tfrac12, \quad \frac{\partial J}{\partial w} = 2 f e\,\tilde w = (\tfrac12, \tfrac14), \quad \frac{\partial J}{\partial \tilde w} = 2 f e\,w = (\tfrac12, 1).$$
#
# **The guide's example**, done as GloVe does it. The cells with 0 drop out; there is no $\ln 0$. The two others ask for $w_a \cdot \tilde w_b + b_a + \tilde b_b = \ln 10$ = {here.log_ten}, each with the weight $f(10) = (10/100)^{3/4}$ = {here.weight}. With all parameters 0, $J$ = {here.at_zero}. A solution: all four vectors 0, and every bias $\tfrac12 \ln 10$. Then $J = 0$, and nothing is left to improve: *the vectors of apple and banana may be anything, even nothing.*

# %% [markdown] lang="zh"
# ## 2 手算
#
# **计数**　两个句子，“a b a c”和“c b”；窗口为 2，相距 $d$ 个位置的两个词计 $1/d$。第一句里，相邻的有 a b、b a、a c，隔一个的有 a a、b c。每一对对两个词都算：
#
# $$X = \begin{pmatrix} 1 & 2 & 1 \\ 2 & 0 & \tfrac32 \\ 1 & \tfrac32 & 0 \end{pmatrix}.$$
#
# $X_{ab} = 2$，因为 a 与 b 相邻两次。$X_{bc} = \tfrac12 + 1$：第一句里半次，第二句里一次。$X_{aa} = \tfrac12 + \tfrac12$：两个 a 各与对方相距两个位置。$X_{cc} = 0$，虽然第一句以 c 结尾、第二句以 c 开头：跨句的不算。
#
# **为什么取对数？为什么用点积？**　设 *sun*（太阳）附近的词有 $0.4$ 是 *day*（白天），*moon*（月亮）附近只有 $0.05$ 是它。比值 $P(\text{day} \mid \text{sun}) / P(\text{day} \mid \text{moon}) = 8$ 说明它能把二者区分开；*sky*（天空）在二者附近都常见，比值是 1；*shoe*（鞋）在二者附近都少见，比值也是 1。要让向量的**差**对应概率的**比**，点积就该是对数：$(w_{\text{sun}} - w_{\text{moon}}) \cdot \tilde w_{\text{day}}$ 应为 $\ln 8$ = {here.ratio}，对 *sky* 和 *shoe* 则应为 0。
#
# **权重**　取 $\alpha = \tfrac34$，并取 $x_{\max} = 16$，便于手算开方（GloVe 取 100，下面指南的算例也取 100），次数 1、16、81 的权重是 $f = \tfrac18, 1, 1$：少见的词对权重小，再多也不超过 1。
#
# **一个元素**　$w = (1, 2)$，$\tilde w = (1, \tfrac12)$，$b = \tfrac12$，$\tilde b = -\tfrac12$，次数是 1，它的对数是 0：
#
# $$e = w \cdot \tilde w + b + \tilde b - \ln 1 = 2, \qquad J = f e^2 = \tfrac18 \cdot 4 = \tfrac12, \qquad \frac{\partial J}{\partial b} = 2 f e = \tfrac12, \quad \frac{\partial J}{\partial w} = 2 f e\,\tilde w = (\tfrac12, \tfrac14), \quad \frac{\partial J}{\partial \tilde w} = 2 f e\,w = (\tfrac12, 1).$$
#
# **指南的算例**，照 GloVe 来算。为 0 的元素不计，不会出现 $\ln 0$。另外两个要求 $w_a \cdot \tilde w_b + b_a + \tilde b_b = \ln 10$ = {here.log_ten}，权重都是 $f(10) = (10/100)^{3/4}$ = {here.weight}。参数全为 0 时 $J$ = {here.at_zero}。有一个解：四个向量全为 0，每个偏置都是 $\tfrac12 \ln 10$。这时 $J = 0$，没有什么可以再改进的：**apple 和 banana 的向量可以是任何向量，连零向量也行。**

# %%
X = count_cooccurrences([[0, 1, 0, 2], [2, 1]], 3, Window(size=2)).dense()
assert np.array_equal(X, [[1, 2, 1], [2, 0, 1.5], [1, 1.5, 0]]), "counts by hand"
stated("ratio", np.log(0.4 / 0.05), 2.079, 0.0005, "the logarithm of the ratio")
assert np.allclose(weight([1, 16, 81], Weighting(x_max=16)), [1 / 8, 1, 1]), "weights by hand"
cell = [np.array([x]) for x in ([1.0, 2.0], [1.0, 0.5], 0.5, -0.5, 1.0)]
loss, d_w, d_w_tilde, d_b, d_b_tilde = glove(*cell, Weighting(x_max=16))
assert loss[0] == d_b[0] == d_b_tilde[0] == 1 / 2, "one cell by hand"
assert np.array_equal([*d_w[0], *d_w_tilde[0]], [1 / 2, 1 / 4, 1 / 2, 1]), "its gradients"
ten = np.full(2, 10.0)  # apple-banana and banana-apple
stated("log_ten", np.log(ten), 2.302585, 5e-7, "what both cells ask for")
stated("weight", weight(ten), 0.177828, 5e-7, "what they weigh")
vectors, biases = np.zeros((2, 3)), np.zeros(2)
stated("at_zero", glove(vectors, vectors, biases, biases, ten).loss.sum(), 1.886, 0.0005, "J at 0")
half = biases + np.log(10) / 2
assert glove(vectors, vectors, half, half, ten).loss.max() < 1e-30, "vectors of 0 are a solution"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# Every word has two vectors and two numbers: $w_i$ and $b_i$ for when it is the row of the table, $\tilde w_j$ and $\tilde b_j$ for when it is the column. They are to be found by weighted least squares (Pennington, Socher & Manning 2014, equations 8 and 9):
#
# $$J = \sum_{X_{ij} > 0} f(X_{ij}) \bigl(w_i \cdot \tilde w_j + b_i + \tilde b_j - \ln X_{ij}\bigr)^2, \qquad f(x) = \min\Bigl(\Bigl(\frac{x}{x_{\max}}\Bigr)^{\alpha}, 1\Bigr), \qquad x_{\max} = 100, \quad \alpha = \tfrac34.$$
#
# $f$ weighs a *count of two words together*; the guide's $f$ is how often one word occurs. For a cell with the error $e$:
#
# $$\frac{\partial J}{\partial w} = 2 f e\,\tilde w, \qquad \frac{\partial J}{\partial \tilde w} = 2 f e\,w, \qquad \frac{\partial J}{\partial b} = \frac{\partial J}{\partial \tilde b} = 2 f e.$$
#
# In code, for $B$ cells at once:

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 每个词有两个向量和两个数：作为表的行，用 $w_i$ 和 $b_i$；作为列，用 $\tilde w_j$ 和 $\tilde b_j$。它们由加权最小二乘求得（Pennington、Socher、Manning，2014，式 8、式 9）：
#
# $$J = \sum_{X_{ij} > 0} f(X_{ij}) \bigl(w_i \cdot \tilde w_j + b_i + \tilde b_j - \ln X_{ij}\bigr)^2, \qquad f(x) = \min\Bigl(\Bigl(\frac{x}{x_{\max}}\Bigr)^{\alpha}, 1\Bigr), \qquad x_{\max} = 100, \quad \alpha = \tfrac34.$$
#
# $f$ 加权的是**两个词一起出现的次数**；指南的 $f$ 则是一个词的词频。一个元素的误差为 $e$ 时：
#
# $$\frac{\partial J}{\partial w} = 2 f e\,\tilde w, \qquad \frac{\partial J}{\partial \tilde w} = 2 f e\,w, \qquad \frac{\partial J}{\partial b} = \frac{\partial J}{\partial \tilde b} = 2 f e.$$
#
# 写成代码，一次算 $B$ 个元素：


# %%
def glove_rule(w, w_tilde, b, b_tilde, x):  # (B, D), (B, D), (B,), (B,), counts (B,)
    f = np.minimum((x / 100) ** 0.75, 1)
    e = (w * w_tilde).sum(axis=1) + b + b_tilde - np.log(x)

    def vjp(g):  # (B,)
        d_e = g * 2 * f * e
        return d_e[:, None] * w_tilde, d_e[:, None] * w, d_e, d_e

    return f * e**2, vjp


rng = np.random.default_rng(4)
some = [*rng.standard_normal((2, 6, 3)), *rng.standard_normal((2, 6))]
counts = np.array([0.5, 1, 8, 99, 100, 5000])  # on both sides of x_max
(ours, vjp), theirs = glove_rule(*some, x=counts), glove(*some, counts)
assert np.allclose(ours, theirs.loss), "the library's loss"
for one, other in zip(vjp(np.ones(6)), theirs[1:], strict=True):
    assert np.allclose(one, other), "and its four gradients"

# %% [markdown] lang="en"
# The library goes through the cells in random order and takes steps of *AdaGrad* (Duchi, Hazan & Singer 2011): each number is divided by the root of the sum of all its squared gradients so far, so that words which are seen in many cells calm down early and rare ones still move. What is kept in the end is $w + \tilde w$; both have seen the same table, and their sum is a little better than either (Pennington et al. 2014, section 4.2).
#
# ## 4 Gradient check
#
# All four parameters at once, with counts on both sides of $x_{\max}$:

# %% [markdown] lang="zh"
# 程序库以随机的次序走遍各个元素，用 **AdaGrad** 更新（Duchi、Hazan、Singer，2011）：每个数的步长，除以它至今梯度的平方和的平方根；出现在许多元素里的词早早安定下来，少见的词还能移动。最后保留的是 $w + \tilde w$：二者看的是同一张表，它们的和比任何一个都略好（Pennington 等，2014，4.2 节）。
#
# ## 4 梯度检验
#
# 四组参数一起检验，次数在 $x_{\max}$ 两边都有：

# %%
error = check_vjp(glove_rule, *some, x=counts, rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-7, "all four gradients pass"

# %% [markdown] lang="en"
# The planted mistake: the biases' gradient without the weight $f$. In a batch of frequent pairs all weights are 1, and nobody can see it:

# %% [markdown] lang="zh"
# 故意犯一个错：偏置的梯度漏乘权重 $f$。一批里若全是常见的词对，权重都是 1，谁也看不出来：


# %%
def without_weight(w, w_tilde, b, b_tilde, x):
    loss, vjp = glove_rule(w, w_tilde, b, b_tilde, x)
    f = np.minimum((x / 100) ** 0.75, 1)
    return loss, lambda g: (*vjp(g)[:2], *(d / f for d in vjp(g)[2:]))


there = check_vjp(without_weight, *some, x=100 * (1 + counts), rng=rng)
print(f"frequent pairs: {there:.1e}, nothing found")
try:
    check_vjp(without_weight, *some, x=counts, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the missing weight went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **The count never enters** (section 4.1.1, A47). Of $C$ the printed loss has only which cells are not 0. Take two words with the product 0.02, keep $f$ at 10 for both, and let them stand together 10 times, or 10,000 times:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **式子里没有次数**（4.1.1 节，A47）　印出来的损失只用到 $C$ 的哪些元素不为 0。取两个词，点积为 0.02，词频 $f$ 都固定为 10，让它们一起出现 10 次，或者 10,000 次：

# %%
two = np.array([[0.3, 0.1], [0.2, -0.4]])
seen, fitted = [], []
for count in (10, 10_000):
    C = np.array([[0, count], [count, 0]])
    seen.append(printed_glove.printed_loss(two, np.array([10, 10]), C).value)
    pair = np.full(2, float(count))
    fitted.append(glove(two, two[::-1], np.zeros(2), np.zeros(2), pair).loss.sum())
    print(f"{count:6} times: printed {seen[-1]:.4f}, GloVe {fitted[-1]:.4f}")
stated("blind", seen, -1.3818, 5e-5, "the printed loss, whatever the count")
stated("few", fitted[0], 1.853, 0.0005, "J of 10")
stated("many", fitted[1], 168.9, 0.05, "J of 10,000")
follow = [printed_glove.printed_loss(two, np.full(2, n), C).value for n in (10, 10_000)]
stated("row_ten", follow[0], -1.38183, 5e-6, "frequencies that are sums of rows")
stated("row_many", follow[1], -1.38615, 5e-6, "of 10,000")
print("frequencies that follow the counts: printed {:.5f} and {:.5f}".format(*follow))

# %% [markdown] lang="en"
# Twice {here.blind}, where $J$ of GloVe is {here.few} and {here.many}. If the frequencies follow the counts, as the sums of the rows do, the printed loss is {here.row_ten} and {here.row_many}: the *words* became more frequent, and all products are divided by more. That the two stand together more often than two other words is nowhere.
#
# And it is called a loss, to be minimised; each term is below 0 and falls without end if the products are made negative. Maximised instead, it has no maximum: every term comes nearer to 0, the longer all vectors are and the more they agree. Section 6.2 climbs it.
#
# **The matrix does not determine the vectors** (section 4.2.1, A57). The guide's $2 \times 2$ matrix again, fitted from three random starts:

# %% [markdown] lang="zh"
# 两次都是 {here.blind}，而 GloVe 的 $J$ 是 {here.few} 和 {here.many}。如果让词频随次数变，取各行之和，印出来的损失就是 {here.row_ten} 和 {here.row_many}：那是**词**变得常见了，所有的点积都除以更大的数。这两个词比别的两个词更常在一起，式子里哪儿也没有。
#
# 它叫“损失”，应当最小化；可是每一项都小于 0，只要把点积变成负的，就能无止境地降下去。改为最大化，也没有最大值：所有向量越长、方向越一致，每一项就越接近 0。6.2 节照它往上爬。
#
# **矩阵定不出向量**（4.2.1 节，A57）　还是指南的 $2 \times 2$ 矩阵，从三个随机的起点拟合：

# %%
for seed in range(3):
    draw = np.random.default_rng(seed)
    w, w_tilde = 0.5 * draw.standard_normal((2, 2, 3))  # of apple and banana
    b, b_tilde = np.zeros((2, 2))
    for step in range(301):
        loss, vjp = glove_rule(w, w_tilde[::-1], b, b_tilde[::-1], x=ten)
        if step == 0:
            print(f"J {loss.sum():.2f} at first,", end=" ")
        d = [0.5 * slope for slope in vjp(np.ones(2))]
        w, b = w - d[0], b - d[2]
        w_tilde, b_tilde = w_tilde - d[1][::-1], b_tilde - d[3][::-1]
    product, rest = w[0] @ w_tilde[1], b[0] + b_tilde[1]
    print(f"then product {product:+.3f}, biases {rest:+.3f}, together {product + rest:.6f}")
    assert loss.max() < 1e-25 and np.isclose(product + rest, np.log(10)), "all of them fit"

# %% [markdown] lang="en"
# Three perfect fits, three different products. And each of them could be turned: exercise 04.3.
#
# **Word vectors are not the first layer of an LLM** (section 2.1, A21). Do BERT and GPT begin with such vectors? The GPT of this project, drawn anew with two seeds, and the trained one:

# %% [markdown] lang="zh"
# 三次拟合都完美，点积各不相同。而且每一个解都还可以再转一转：见练习 04.3。
#
# **词向量不是大语言模型的第一层**（2.1 节，A21）　BERT 和 GPT 是从这样的词向量出发的吗？看本项目的 GPT：用两个种子各重新初始化一个，再看训练好的那一个：

# %%
gpt = assets.load("gpt")
fresh = [type(gpt.model)(gpt.model.config, rng=np.random.default_rng(s)) for s in (0, 1)]
begun = [model.tokens.weight.data.ravel() for model in fresh]
print(
    f"standard deviation {begun[0].std():.3f}, correlation of two {np.corrcoef(*begun)[0, 1]:+.3f}"
)
assert abs(np.corrcoef(*begun)[0, 1]) < 0.02, "each begins with numbers of its own"
kept = gpt.model.tokens.weight.data
print(f"standard deviation of the trained one {kept.std():.3f}")
ids = np.stack([gpt.prompt(text)[-3:] for text in ("the book is good", "this is not good")])
assert ids[0, -1] == ids[1, -1], "both end in one token"
enters = kept[ids[:, -1]]
leaves = gpt.model.hidden(ids).data[:, -1].astype(float)
u = leaves / np.linalg.norm(leaves, axis=1, keepdims=True)
print("the same token at the end: one row of the table,", end=" ")
print(f"cosine {u[0] @ u[1]:.2f} behind the last block")
assert np.array_equal(*enters) and u[0] @ u[1] < 0.99, "one row, two vectors in context"

# %% [markdown] lang="en"
# They begin with random numbers, and learn their table with everything else (so do Devlin et al. 2019); its rows are of pieces of words, and BERT adds one for the position and one for the segment. And a row is only where it starts: *one* vector for a word in every sentence, as Word2Vec and GloVe have it, becomes a different one in each context. Word vectors were the first layer of the networks before these. What they are worth there, section 6.3 measures.

# %% [markdown] lang="zh"
# 它们从随机数开始，词向量表与别的参数一起训练（Devlin 等，2019，也是这样）；表的每一行对应的是词元，不一定是整词，BERT 还要加上位置向量和片段向量。而且表里的一行只是起点：Word2Vec 和 GloVe 的一个词在任何句子里都是**同一个**向量，在这里，它在不同的上下文里会变成不同的向量。用词向量作第一层，是在它们之前的网络的做法。在那里值多少，6.3 节来量。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# ### 6.1 Ratios
#
# A world in which it is known what stands near *sun* and near *moon*: four words of the day, eight times as frequent near the sun; four of the night, the other way round; four near both, four near neither. In each group the frequencies fall by half from word to word.
#
# **Before you run on, write down**: which of the sixteen words have the highest probability near *sun*? And which would you look at, if somebody asked what the difference of sun and moon *is*?

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 比值
#
# 造一个世界，*sun*（太阳）和 *moon*（月亮）附近有什么词，全都知道：四个白天的词（白天、正午、温暖、明亮），在太阳附近的概率是月亮附近的八倍；四个夜晚的词（夜晚、猫头鹰、霜、潮），正好相反；四个在二者附近都常见（天空、升起、照耀、圆），四个都少见（鞋、面包、钥匙、书桌）。每一组里，词频逐个减半。
#
# **往下运行之前，先写下来**：十六个词里，在 *sun* 附近概率最大的是哪些？如果有人问太阳和月亮的**差别**是什么，你会看哪些词？

# %%
groups = (
    "day noon warm bright",
    "night owl frost tide",
    "sky rise shine round",
    "shoe bread key desk",
)
near = [word for group in groups for word in group.split()]
planted = 0.5 ** np.arange(4) * np.array([[8], [1], [8], [0.2]])  # day, night, both, neither
P = np.stack([planted, planted[[1, 0, 2, 3]]]).reshape(2, 16)  # near the sun, near the moon
P /= P.sum(axis=1, keepdims=True)
X = np.zeros((18, 18))
X[:2, 2:] = [np.random.default_rng(4).multinomial(60_000, p) for p in P]
settings = GloveSettings(width=1, rate=1.0, epochs=1500, batch=32)
*_, last = train_glove(Cooccurrences.of_dense(X), settings)
log_x = last.model.fitted(np.repeat([0, 1], 16), np.tile(np.arange(2, 18), 2)).reshape(2, 16)
log_p = log_x - np.log(np.exp(log_x).sum(axis=1, keepdims=True))
fitted, true = log_p[0] - log_p[1], np.log(P[0] / P[1])
stated("times", P[0, 8] / P[0, 12], 40, 1e-9, "how much more frequent sky is than shoe")
print(f"J {last.loss:.1e}; furthest from the planted logarithm {abs(fitted - true).max():.2f}")
along = last.model.context[2:, 0]  # one number for each word: width 1
along = along * np.sign(along[0] - along[4])
print("from sun to moon:", *(near[i] for i in np.argsort(-along, kind="stable")))
assert abs(fitted - true).max() < 0.4 and abs(fitted - true)[:12].max() < 0.2, "ratios are found"

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True)
y = np.arange(16) + np.repeat(np.arange(4), 4) * 0.7
left.hlines(y, P.min(axis=0), P.max(axis=0), color="0.75", lw=3)
left.plot(P[0], y, "o", color="black", mfc="white", ms=8, label="near sun")
left.plot(P[1], y, "o", color="black", ms=5, label="near moon")
left.set(xscale="log", xlabel="P(word | sun), P(word | moon)", yticks=y, yticklabels=near)
right.barh(y, true, height=0.7, color="0.8", label="planted")
right.plot(fitted, y, "x", color="black", label="GloVe, one dimension")
right.axvline(0, color="black", lw=0.8)
right.set(xlabel="ln P(word | sun) / P(word | moon)")
right.set_xticks([-np.log(8), 0, np.log(8)], ["ln 1/8", "0", "ln 8"])
left.invert_yaxis()
for axes in (left, right):
    axes.legend(loc="lower left" if axes is right else "upper left", fontsize=8)
savefig(figure, "04_ratios", {"planted": true, "fitted": fitted, "P": P})

# %% [markdown] lang="en"
# The left panel is what counting gives, and it is mostly about which words are frequent: near the sun, *sky* is as probable as *day*. On the right that is divided out. Words of the day are on one side, words of the night on the other, and *sky* and *shoe*, of which one is {here.times} times as frequent as the other, are both at 0. One dimension is enough, for there is one question: $(w_{\text{sun}} - w_{\text{moon}})\,\tilde w_k$ is this number, up to a constant that the biases have. What is left to error are the rare words, whose counts are small; there $f$ is small, too.
#
# ### 6.2 Up the printed loss, down the true one
#
# Twenty words of two topics; of the pairs that stand together 95 % are of one topic. And beside that a table of the same size in which topics mean nothing. GloVe goes down $J$; the guide's sum is climbed by gradient ascent.
#
# **Before you run on**: $J$ of GloVe after each pass, and the guide's sum after each step, each for both tables, make four curves. Which of them will differ, and which won't?

# %% [markdown] lang="zh"
# 左图是数出来的概率，主要说明哪些词常见：在太阳附近，*sky* 与 *day* 一样常见。右图里，这些都除掉了：白天的词在一边，夜晚的词在另一边；*sky* 和 *shoe*，一个的频率是另一个的 {here.times} 倍，都在 0 处。一维就够了，因为问题只有一个：$(w_{\text{sun}} - w_{\text{moon}})\,\tilde w_k$ 就是这个数，只差一个归偏置管的常数。剩下的误差在少见的词上，它们的次数少；那里 $f$ 也小。
#
# ### 6.2 印出来的损失往上爬，真正的损失往下降
#
# 两个主题，共二十个词；一起出现的词对，95% 属于同一主题。旁边再放一张同样大小的表，主题在其中不起作用。GloVe 让 $J$ 下降；指南的和式，用梯度上升去爬。
#
# **往下运行之前，先想一想**：GloVe 每一遍之后的 $J$、指南的和式每一步之后的值，各对两张表，共四条曲线。哪些会不同，哪些不会？

# %%
study = printed_glove.STUDY.settings
at = np.unique(np.geomspace(1, 3000, 40).astype(int))
down, up, ends = {}, {}, {}
for name, together in (("topics", 0.95), ("no topics", 0.5)):
    plan = replace(study.topics, together=together)
    C = printed_glove.planted_counts(plan, np.random.default_rng(4))
    x = Cooccurrences.of_dense(C)
    passes = [*train_glove(x, replace(study.glove, seed=4))]
    down[name] = [one.loss for one in passes]
    climb = replace(study.printed, measured_at=tuple(at))
    up[name], vectors = zip(*printed_glove.climbed(climb, C, seed=4), strict=True)
    v = passes[-1].model.table
    ends[name] = {"GloVe": v - v.mean(axis=0), "printed": vectors[-1]}
    for model, v in ends[name].items():
        same, other = printed_glove.same_and_other(v)
        print(f"{name:9} {model:7} cosines: one topic {same:+.2f}, two {other:+.2f}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
for name, style, width in (("no topics", "-", 4), ("topics", "--", 1.5)):
    color = "0.7" if width > 2 else "black"
    left.plot(range(1, 201), down[name], style, color=color, lw=width, label=name)
    right.plot(at, -np.array(up[name]), style, color=color, lw=width, label=name)
left.set(xscale="log", yscale="log", xlabel="passes", ylabel="J", title="GloVe")
right.set(xscale="log", yscale="log", xlabel="steps", title="the guide's sum, climbed")
right.set_ylabel("minus the sum")
left.legend()
savefig(figure, "04_losses", {"J": list(down.values()), "sum": list(up.values())})

# %%
figure, panels = plt.subplots(1, 3, figsize=(10, 3.5))
drawn = {}
shown = (("topics", "GloVe"), ("no topics", "GloVe"), ("topics", "printed"))
for axes, (name, model) in zip(panels, shown, strict=True):
    v = ends[name][model].astype(float)
    main = np.linalg.svd(v, full_matrices=False)[2][:2]
    points = v @ main.T * np.sign(v[0] @ main.T)  # the first word is on the right, and above
    for topic, face in ((slice(10), "black"), (slice(10, 20), "white")):
        for point in points[topic]:
            axes.plot(*np.stack([0 * point, point]).T, color="0.75", lw=0.8, zorder=1)
        axes.plot(*points[topic].T, "o", color="black", mfc=face, ms=6)
    reach = 1.1 * abs(points).max()
    axes.set(title=f"{model}, {name}", xlim=(-reach, reach), ylim=(-reach, reach))
    axes.set_box_aspect(1)
    drawn[f"{model}, {name}"] = np.linalg.svd(v)[1][:1]
savefig(figure, "04_vectors", drawn)

# %% [markdown] lang="en"
# Each dot is a word, filled for one topic and hollow for the other, seen along the two main directions of all vectors. On the right there are twenty dots as well: all in one place.
#
# **What the study saw** ({n_ascent} seeds):
#
# * *GloVe* with topics: $J$ falls from {fell.topics.first:,.0f} in the first pass to {fell.topics.last.mean:.2f} ± {fell.topics.last.half:.2f} in the last. Cosines of $w + \tilde w$, less their mean, are {fell.topics.same.mean:+.2f} in one topic and {fell.topics.other.mean:+.2f} across. The logarithm of the ratio of two topics is {fell.topics.true.mean:.2f} by the counts and {fell.topics.ratio.mean:.2f} by the fit. Without topics: {fell.none.same.mean:+.2f} and {fell.none.other.mean:+.2f}, and {fell.none.ratio.mean:.2f} for the logarithm. It has learned what is in the table, and nothing else. But $J$ does not say so: without topics it falls sooner, and it ends at {fell.none.last.mean:.2f} ± {fell.none.last.half:.2f}. Both tables are fitted well; *what* was fitted is in the vectors.
# * *The guide's sum* rises from {climbed.start:.0f} to {climbed.end:.4f} in {climbed.steps} steps, with topics, and to {climbed.end_none:.4f} without. The vectors grow from {climbed.short:.2f} to {climbed.long:.0f} and would go on; all have one direction, their cosines are above {climbed.cosine:.4f}. It looks like success: a smooth curve that comes near the best value there is. Whatever it was given, it says yes to every pair.
#
# So of the four curves the two of $J$ differ on their way and end alike, and the two of the guide's sum are one and the same. No curve tells the tables apart at its end; GloVe's vectors do, and the guide's do not.
#
# ### 6.3 Vectors as a first layer
#
# Here is where word vectors are worth something. A classifier reads reviews as the mean of their words' vectors, with a small network behind. Only reviews of *books* have labels, {fewest} to {most:,} of them. Texts without labels, {unlabelled:,}, are of books and of tools; in them the words behind an opinion tell whether it is good or bad. The table of words is random at the start and learned with the rest, as in BERT; or GloVe's vectors from those texts, or skip-gram's; *frozen*, or *tuned* with the rest.
#
# **Before you run on**: with {fewest} labels, and with {most:,}, is frozen or tuned better, or is there no difference? And what of reviews of *tools*, for which there is no label at all?

# %% [markdown] lang="zh"
# （图中 topics 是有主题的表，no topics 是没有主题的；passes 是遍数，steps 是步数；printed 是照指南的和式得到的。）每个点是一个词，实心是一个主题，空心是另一个，沿全体向量的两个主方向看过去。最右边那幅也有二十个点：全挤在一处。
#
# **研究中看到了什么**（{n_ascent} 个种子）
#
# * **GloVe**，有主题：$J$ 从第一遍的 {fell.topics.first:,.0f} 降到最后一遍的 {fell.topics.last.mean:.2f} ± {fell.topics.last.half:.2f}。$w + \tilde w$ 减去均值后，同一主题的余弦是 {fell.topics.same.mean:+.2f}，不同主题的是 {fell.topics.other.mean:+.2f}。两个主题之比的对数，照次数是 {fell.topics.true.mean:.2f}，照拟合是 {fell.topics.ratio.mean:.2f}。没有主题时，余弦是 {fell.none.same.mean:+.2f} 和 {fell.none.other.mean:+.2f}，比的对数是 {fell.none.ratio.mean:.2f}。它学到的就是表里有的，没有别的。但这从 $J$ 看不出来：没有主题时它降得更早，停在 {fell.none.last.mean:.2f} ± {fell.none.last.half:.2f}。两张表都拟合得很好；拟合的**是什么**，要看向量。
# * **指南的和式**，有主题时 {climbed.steps} 步里从 {climbed.start:.0f} 升到 {climbed.end:.4f}，没有主题时升到 {climbed.end_none:.4f}。向量的长度从 {climbed.short:.2f} 涨到 {climbed.long:.0f}，还会再涨；方向全都一样，余弦在 {climbed.cosine:.4f} 以上。看上去很成功：曲线平滑，趋近可能的最好值。可是不管给它什么，它对每一对词都说“是”。
#
# 所以四条曲线里，$J$ 的两条中途不同，终点相近；指南和式的两条完全重合。没有一条曲线能在终点区分两张表；GloVe 的向量能，指南的向量不能。
#
# ### 6.3 用词向量作第一层
#
# 词向量的用处在这里。分类器把评论读成各词向量的均值，后面接一个小网络。只有**书**的评论有标签，{fewest} 到 {most:,} 个。没有标签的文本有 {unlabelled:,} 条，书和工具都有；其中意见后面的词说明它是好是坏。词向量表可以随机初始化，与别的参数一起训练，像 BERT 那样；也可以用由这些文本学来的 GloVe 向量，或跳字模型的向量，**冻结**（frozen），或者与别的参数一起**微调**（tuned）。
#
# **往下运行之前，先想一想**：只有 {fewest} 个标签时，还有 {most:,} 个标签时，冻结好还是微调好，还是没有差别？**工具**的评论一个标签也没有，又会怎样？

# %% tags=["machine"]
task, seed = pretrained_tables.STUDY.settings, 1
plan = task.vectors
texts = table_vectors.unlabelled_texts(plan, seed)
words = plan.world.words
for text in texts[:3]:
    print(*(words[i] for i in text))
quick = replace(plan, glove=replace(plan.glove, epochs=10))
learned = table_vectors.glove_vectors(quick, texts, seed)
drawn = np.random.default_rng(seed).standard_normal(learned.shape)
reviews = pretrained_tables.labelled(task, seed).only(slice(8))
asked = pretrained_tables.asked(task, seed)
for name, table in (("random", drawn), ("GloVe", learned)):
    vectors = table_vectors.of_known_words(plan, texts, table)
    model = pretrained_tables.classifier(task, vectors, seed, frozen=True)
    how = pretrained_tables.Training(rate=0.03, steps=100)
    pretrained_tables.learned(task, model, reviews, how, seed)
    found = [pretrained_tables.share_right(model, one) for one in asked]
    print("{:6} frozen, 8 labels: books {:.0%}, tools {:.0%}".format(name, *found))
beside = vectors.nearest(["sturdy"], 4)[0]
print("nearest to sturdy:", *(one.word for one in beside))
assert min(found) > 0.9, "eight labels are enough, for tools as well"

# %%
stored, drawn = read_study("pretrained_tables"), {}
figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
styles = {
    "sgns_frozen": ("s-", "black"), "glove_frozen": ("o-", "black"),
    "glove_tuned": ("o--", "0.35"), "sgns_tuned": ("s--", "0.35"), "dealt_tuned": ("x:", "0.5"),
    "random": ("^-", "0.5"), "random_frozen": ("v:", "0.7"),
}  # fmt: skip
names = {"sgns": "skip-gram", "glove": "GloVe", "dealt": "GloVe's, dealt to\nother words"}
for i, (arm, (style, color)) in enumerate(styles.items()):
    table, _, how = arm.partition("_")
    label = f"{names.get(table, table)}, {how or 'learned'}"
    drawn[arm], halves = mean_and_interval(100 * stored[arm])  # (labels, fields)
    for axes, mean, half in zip(panels, drawn[arm].T, halves.T, strict=True):
        beside = np.array(task.labels) * 1.04 ** (i - 3)
        axes.plot(beside, mean, style, color=color, mfc="none", label=label)
        axes.errorbar(beside, mean, half, fmt="none", ecolor=color, capsize=2)
for axes, name in zip(panels, ("books", "tools: no label of them"), strict=True):
    axes.axhline(50, color="0.8", lw=0.8, zorder=0)
    axes.set(title=f"reviews of {name}", xscale="log", xlabel="labels (of books)")
    axes.set_xticks(task.labels, task.labels)
    axes.minorticks_off()
panels[0].set(ylabel="right, in percent", ylim=(42, 103))
listed = panels[0].get_legend_handles_labels()
figure.legend(*listed, loc="outside right center", fontsize=8, handlelength=4)
savefig(figure, "04_tables", drawn)

# %% [markdown] lang="en"
# The first row of the table has the accuracy of a random table that is learned; the others the difference from it, {n_tables} seeds, learning rate and steps of every row chosen alike on two other seeds; {n_compared} comparisons, so that the intervals are at {level:.1f} %.
#
# {table}
#
# *Helps* or *harms*: the interval excludes 0, and the change is at least 0.05; *no effect worth 0.05*: the plain 95 % interval lies within 0.05; else *undecided*, with the bound that is left (the verdicts of all lessons). {reading}
#
# * *With few labels* vectors are worth very much: {right.random.few.mean:.0f} % without, {right.glove_frozen.few.mean:.0f} ± {right.glove_frozen.few.half:.0f} % with GloVe's, {right.sgns_frozen.few.mean:.0f} % with skip-gram's, frozen. *With many labels* they are worth nothing: the random table has learned it all, {right.random.many.mean:.0f} %.
# * *Frozen is better than tuned* at {fewest} labels, by {tuning.glove.mean:.0f} ± {tuning.glove.half:.0f} points with GloVe's and by {tuning.sgns.mean:.0f} ± {tuning.sgns.half:.0f} with skip-gram's. Each arm had one rate for all numbers of labels, and the rate that suits the vectors need not be that of the network behind them; read this as a finding of this world.
# * *Of tools nobody has a label*, and no number of labels of books helps the random table there: {right.random.tools_many.mean:.0f} % at {most:,}. With vectors it is right, {right.glove_frozen.tools_few.mean:.0f} % at {fewest} labels: *sturdy* lies where *gripping* lies. The words of tools came in with the texts.
# * *It is what the vectors say*, and not their size or spread: the same vectors, dealt out to other words, are worth no more than random ones.
#
# **What it does not show.** A few dozen words, in texts that were made so that a word's neighbours show whether it is good or bad. In real text *good* and *bad* have much the same neighbours, and vectors of counts tell them apart less well.

# %% [markdown] lang="zh"
# 图例里 random 是随机初始化，learned 是与别的参数一起训练，frozen 是冻结，tuned 是微调，skip-gram 是跳字模型，dealt 是 GloVe 的向量打乱了分给别的词。
#
# 表的第一行是随机初始化、一起训练的词向量表的准确率；其余各行是与它的差，{n_tables} 个种子，各行的学习率和步数都在另外两个种子上以同样的办法选出；共 {n_compared} 次比较，所以区间取 {level:.1f}% 的水平。
#
# {table}
#
# 判定的办法各课相同：区间不含 0 且变化至少 0.05，才判**有效**或**有害**；普通的 95% 区间全在 0.05 以内，是**没有值得一提的作用**；否则是**未能判定**，并给出剩下的上界。{reading}
#
# * **标签少的时候**，词向量很值钱：没有它，答对 {right.random.few.mean:.0f}%；冻结的 GloVe 向量，{right.glove_frozen.few.mean:.0f} ± {right.glove_frozen.few.half:.0f}%；跳字模型的，{right.sgns_frozen.few.mean:.0f}%。**标签多的时候**，一文不值：随机的表全都学会了，{right.random.many.mean:.0f}%。
# * **冻结比微调好**，{fewest} 个标签时，GloVe 的高 {tuning.glove.mean:.0f} ± {tuning.glove.half:.0f} 个百分点，跳字模型的高 {tuning.sgns.mean:.0f} ± {tuning.sgns.half:.0f} 个。每一种做法对各种标签数只用一个学习率，适合词向量的学习率未必适合后面的网络；这只是这个世界里的结果。
# * **工具的评论没有任何标签**，书的标签再多，对随机的表也没有用：{most:,} 个标签时答对 {right.random.tools_many.mean:.0f}%。有了词向量就能答对，{fewest} 个标签时 {right.glove_frozen.tools_few.mean:.0f}%：*sturdy*（结实）就在 *gripping*（精彩）那一边。工具的词，是随着那些文本带进来的。
# * **起作用的是向量说了什么**，不是它们的大小和分布：同样的向量，打乱了分给别的词，就不比随机的强。
#
# **不能由此得出的**　这里只有几十个词，文本又是特意造的，词的好坏从上下文词就看得出来。真实的文本里，*good*（好）和 *bad*（坏）的上下文词差不多，由次数得来的向量不能这样把它们分开。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * GloVe fits the logarithms of counts by a product of two vectors and two biases, each cell with a weight that rises with its count up to 1. Cells with 0 have no term.
# * A difference of vectors then gives a ratio of probabilities: what is frequent anyway drops out.
# * The guide's formula has no count in it. Climbed, it makes all vectors one direction, whatever the table says.
# * A table of counts does not determine the vectors: biases can do a part, and an invertible matrix for the vectors of one table with its inverse, transposed, for those of the other fits as well. What is determined is the product with its biases; cosines of $w + \tilde w$ outlive a rotation, and not every such matrix.
# * BERT and GPT don't begin with word vectors. Where labels are few and texts without labels many, such vectors are worth much; where labels are many, nothing.
# * The study of section 6.2 has {n_ascent} seeds, the figure and the table of section 6.3 have {n_tables}; what the cells print, and the other figures, is of one.
# * Cells with 0 teach nothing, and that is a weakness: in a table in which good words and bad ones never meet, the biases alone would fit all that is there. The texts of section 6.3 have a share in which they do.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * GloVe 用两个向量的点积加两个偏置，去拟合次数的对数；每个元素有一个权重，随次数增大，到 1 为止。为 0 的元素没有项。
# * 于是向量之差对应概率之比：本来就常见的，除掉了。
# * 指南的公式里没有次数。照它往上爬，不管表里是什么，所有的向量都变成同一个方向。
# * 一张共现表定不出向量：偏置可以分担一部分；一张表的向量乘可逆矩阵、另一张表的乘它的逆的转置，拟合得一样好。定下来的只是点积加偏置；$w + \tilde w$ 的余弦经得起旋转，经不起别的矩阵。
# * BERT 和 GPT 不从词向量开始。标签少、没有标签的文本多的时候，这样的词向量很值钱；标签多的时候，一文不值。
# * 6.2 节的研究用了 {n_ascent} 个种子，6.3 节的图和表用了 {n_tables} 个；单元格打印出来的和别的图，只用了一个。
# * 为 0 的元素什么也不教，这是一个弱点：如果表里好坏两边的词从不相遇，单靠偏置就能拟合表里的一切。6.3 节的文本里，有一部分让它们相遇。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **04.1 Who stands near whom?** `sentences` is a list of rows of ids, each an array from 0 to `n_words` - 1; some rows may be empty. Write `near(sentences, n_words, size)`: the table `X`, shape (n_words, n_words), to which each two places of one sentence that are $d$ apart, $1 \le d \le$ `size`, add $1/d$ in both directions, as in section 2.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **04.1 谁在谁附近？**　`sentences` 是一列句子，每句是一个编号数组，编号从 0 到 `n_words` - 1；有的句子可能是空的。请写 `near(sentences, n_words, size)`：表 `X`，形状 (n_words, n_words)；同一句里相距 $d$ 的两个位置，$1 \le d \le$ `size`，在两个方向上各加 $1/d$，如第 2 节。


# %% tags=["exercise"]
def near(sentences, n_words, size):
    return ...


# %% tags=["solution"]
def near(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            np.add.at(X, (row[:-d], row[d:]), 1 / d)  # a pair may occur several times
    return X + X.T


# %% tags=["exercise-check"]
check("04.1", near)

# %% [markdown] lang="en"
# *Hint*: `X[a, b] += 1 / d` with arrays of ids keeps one of several equal pairs; `np.add.at` adds all.
#
# **04.2 The whole table.** `W`, `U` (V, D) are the vectors $w$, $\tilde w$; `b`, `c` (V,) the biases $b$, $\tilde b$; `X` (V, V) the counts, some of them 0. Write `fit(W, U, b, c, X, x_max)`: $J$ of section 3 with $\alpha = \tfrac34$, and its gradients in `W`, `U`, `b` and `c`, summed over all cells; five things. A cell with the count 0 has no part in any of them.

# %% [markdown] lang="zh"
# **提示**　`X[a, b] += 1 / d`，a、b 是编号数组时，几个相同的词对只算一次；`np.add.at` 全都加上。
#
# **04.2 整张表**　`W`、`U` (V, D) 是向量 $w$、$\tilde w$；`b`、`c` (V,) 是偏置 $b$、$\tilde b$；`X` (V, V) 是次数，有的为 0。请写 `fit(W, U, b, c, X, x_max)`：第 3 节的 $J$，取 $\alpha = \tfrac34$，以及它对 `W`、`U`、`b`、`c` 的梯度，对所有元素求和，共五样。次数为 0 的元素，对哪一样都没有贡献。


# %% tags=["exercise"]
def fit(W, U, b, c, X, x_max):
    return ..., ..., ..., ..., ...


# %% tags=["solution"]
def fit(W, U, b, c, X, x_max):
    there = X > 0
    f = np.minimum((X / x_max) ** 0.75, 1)  # 0 where X is 0
    log_x = np.log(np.where(there, X, 1))
    e = W @ U.T + b[:, None] + c - log_x
    d_e = 2 * f * e
    return (f * e**2).sum(), d_e @ U, d_e.T @ W, d_e.sum(axis=1), d_e.sum(axis=0)


# %% tags=["exercise-check"]
check("04.2", fit)

# %% [markdown] lang="en"
# *Hint*: `0 * np.log(0)` is not 0. Which rows of `U` does the gradient of one row of `W` need?
#
# **04.3 Other vectors, the same fit.** Somebody has changed all vectors of rows to $w_i' = A^\top w_i + s$, that is `W @ A + s`, with an invertible `A` (D, D) and a shift `s` (D,), and has left `b` as it was. Write `repaired(U, c, A, s)`: the vectors $\tilde w_j'$ (V, D) and biases $\tilde b_j'$ (V,) of the columns with which every $w_i \cdot \tilde w_j + b_i + \tilde b_j$, and with it $J$, is what it was, whatever `W`, `b` and the counts are. If `A` is a rotation and `s` is 0, what happens to the cosines of $w + \tilde w$? And otherwise? What follows for whoever compares the vectors of two trainings number by number?

# %% [markdown] lang="zh"
# **提示**　`0 * np.log(0)` 不是 0。`W` 的一行的梯度，要用到 `U` 的哪些行？
#
# **04.3 向量不同，拟合相同**　有人把所有的行向量改成了 $w_i' = A^\top w_i + s$，即 `W @ A + s`，`A` (D, D) 可逆，`s` (D,) 是平移，`b` 没有动。请写 `repaired(U, c, A, s)`：列的向量 $\tilde w_j'$ (V, D) 和偏置 $\tilde b_j'$ (V,) 应当是什么，才能使每个 $w_i \cdot \tilde w_j + b_i + \tilde b_j$ 都不变，从而 $J$ 也不变，不论 `W`、`b` 和次数是什么。如果 `A` 是旋转，`s` 是 0，$w + \tilde w$ 的余弦会怎样？否则呢？把两次训练得到的向量逐个数字地比较，会得到什么？


# %% tags=["exercise"]
def repaired(U, c, A, s):
    return ..., ...


# %% tags=["solution"]
def repaired(U, c, A, s):
    turned = U @ np.linalg.inv(A).T
    return turned, c - turned @ s


# %% tags=["exercise-check"]
check("04.3", repaired)

# %% [markdown] lang="en" tags=["solution"]
# *The questions.* For a rotation $A^{-1} = A^\top$, so that rows and columns are turned alike: $w' + \tilde w' = A^\top (w + \tilde w)$, and all cosines stay. With any other matrix the rows are multiplied by $A^\top$ and the columns by $A^{-1}$, two different things: the fit stays and the cosines of $w + \tilde w$ change; a shift changes them, too. So to compare the vectors of two trainings number by number says nothing: both may fit alike and have no number in common. What can be compared is what the table determines, products with their biases; cosines only as far as both trainings differ by a rotation.

# %% [markdown] lang="zh" tags=["solution"]
# **几个问题的答案**　旋转有 $A^{-1} = A^\top$，行与列转得一样：$w' + \tilde w' = A^\top (w + \tilde w)$，所有的余弦都不变。别的矩阵，行乘以 $A^\top$，列乘以 $A^{-1}$，两者不同：拟合不变，$w + \tilde w$ 的余弦却变了；平移也会改变它。所以把两次训练的向量逐个数字地比较，什么也说明不了：两者可以拟合得一样好，却没有一个数相同。能比较的是表所决定的，即点积加偏置；余弦只有在两次训练相差一个旋转时才能比。

# %% [markdown] lang="en"
# *Hint*: $(A^\top w) \cdot (A^{-1} u) = w \cdot u$; for a rotation $A^{-1} = A^\top$.
#
# ## 9 Further reading
#
# * Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation": section 3 from ratios to the loss, section 4.2 how it is trained.
# * Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization": AdaGrad.
# * Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization": skip-gram fits a table as well.
# * Kim 2014, "Convolutional Neural Networks for Sentence Classification": vectors as a first layer, frozen and tuned.
# * Devlin et al. 2019, "BERT", section 3: a table that is learned with the rest.
# * In this project: `minillm/models/word_vectors/`; vectors of your own texts: `python -m minillm embed --help`.

# %% [markdown] lang="zh"
# **提示**　$(A^\top w) \cdot (A^{-1} u) = w \cdot u$；旋转有 $A^{-1} = A^\top$。
#
# ## 9 延伸阅读
#
# * Pennington、Socher、Manning，2014，“GloVe: Global Vectors for Word Representation”：第 3 节从比值推到损失，4.2 节讲怎样训练。
# * Duchi、Hazan、Singer，2011，“Adaptive Subgradient Methods for Online Learning and Stochastic Optimization”：AdaGrad。
# * Levy、Goldberg，2014，“Neural Word Embedding as Implicit Matrix Factorization”：跳字模型拟合的也是一张表。
# * Kim，2014，“Convolutional Neural Networks for Sentence Classification”：用词向量作第一层，冻结与微调。
# * Devlin 等，2019，“BERT”，第 3 节：词向量表与别的参数一起训练。
# * 本项目：`minillm/models/word_vectors/`；用你自己的文本学词向量：`python -m minillm embed --help`。
