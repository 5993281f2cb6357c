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
#     lesson: 10
#     guide: ['5.2', '5.2.1', '5.2.2', '5.2.3', '5.3', '6.1']
#     budget_s: 20
#     errata: [A63, A64, A66, A67, A68, A69, A70, A71, A72, A73, A74]
#     introduces: [minillm.models.average_pooling, minillm.ops.pooling, minillm.ops.similarity, minillm.text.labels, minillm.tasks.metrics.classification]
# ---

# %% tags=["numbers"]
from minillm.course.numbers import LANGUAGE, study
from minillm.labs import mean_and_interval, read_settings
from minillm.labs.guide_code.reviews_and_news import STUDY

orders, texts = study("word_order"), study("reviews_and_news")
n_runs, n_texts = len(orders["mean"]), len(texts["sentiment en, pooled"])
at = read_settings("word_order")["measured_at"]


def spread(of_seeds):
    mean, half = mean_and_interval(of_seeds)
    return {"mean": mean, "half": half}


early = {
    kind: spread(orders[kind][:, at.index(100)]) for kind in ("dense_places", "attention_places")
}
kinds = STUDY.settings.kinds
names = {"bag": "bag of words", "pairs": "bag of words and pairs", "net": "pooled", "bert": "BERT"}
reviews = {
    short: {
        kind: spread(texts[f"sentiment {LANGUAGE}, {name}"][:, i]) for i, kind in enumerate(kinds)
    }
    for short, name in names.items()
}
news = {
    short: spread(texts[f"topics {LANGUAGE}, {name}, macro-F1"]) for short, name in names.items()
}
sections = {}  # news: items that mention a topic and need no order, and those that need it
for short, name in names.items():
    of_seeds = texts[f"topics {LANGUAGE}, {name}"]  # (seeds, [all, plain, order, mention])
    sections[short] = spread(of_seeds[:, 2])
by_net = texts[f"topics {LANGUAGE}, pooled"]
errors = 1000 * (1 - by_net[:, 0]) - 148 * (1 - by_net[:, 2])  # of all items, of those of order
assert abs(errors).max() < 0.01, "the net's errors in the news are all in items that need order"
assert all((orders[kind] == 0.5).all() for kind in ("mean", "mean_places", "attention"))
ahead = orders["dense_places"] > orders["attention_places"]
assert ahead[:, at.index(100)].all() and not ahead[:, at.index(50)].all()
assert all((orders[kind][:, -1] > 0.99).all() for kind in ("dense_places", "attention_places"))
LITERALS = {
    "by hand, asserted in section 2": "0 1 2 3 4 5 6 38 0.75 0.5 0.412 0.206 1.386 98 0.9998",
    "of the guide's program and of its repair": "10 100 128 12,800 16,512 1,290",
    "settings of the studies": "12 25 50 64 400 500 1,000 4,000 32 0.001 0.003 0.01 0.03 0.0003",
    "an accuracy that is exact, asserted": "0.500",
    "the level of all intervals": "95",
}

# %% [markdown] lang="en"
# # Lesson 10. The guide's classifier, repaired
#
# **Question.** Section 5 of the guide is a program that it calls a large language model based on BERT. Where does it stop, what does it compute once it
# is repaired, and when is that enough? "Dog bites man" and "man bites dog" will be the same to it.
#
# **Afterwards you can** take a mean over the real words alone, with its gradient; find the faults of a program by what each layer demands; tell from the
# formula what a model can never learn; and report macro-F1 beside a baseline.
#
# **Before this**: lesson 7 (a Transformer layer), lesson 9 (BERT). **Time**: about half a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 10 课　修好指南的分类器
#
# **问题**　指南第 5 节是一个程序，自称是“基于 BERT 模型的大语言模型”。它在哪里出错停下？修好以后算的是什么？什么时候这就够用了？在它看来，“狗咬人”和“人咬狗”是一回事。
#
# **学完本课，你能够**　只对真实的词求均值，并写出梯度；根据每一层的要求找出程序的毛病；从公式看出一个模型永远学不会什么；报告宏平均 F1，并与基线作比较。
#
# **预备知识**　第 7 课（Transformer 层）、第 9 课（BERT）。**用时**　运行约半分钟，细读约两小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_module, check_vjp, gradients_of, nn, ops
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.guide_code import layers, reviews_and_news, word_order
from minillm.labs.guide_code.as_printed import AsPrinted
from minillm.labs.learners import share_right
from minillm.labs.worlds.kinds import groups_of
from minillm.models import AveragePoolingClassifier, Bert, BertConfig, SequenceClassifier
from minillm.tasks import accuracy, confusion_matrix, macro_f1
from minillm.text import Labels, pad
from minillm.text.corpora import load_corpus

setup()

# %% tags=["language"]
LANGUAGE = "en"

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 5.2 promises three parts: preprocessing, model, training (A63). **Preprocessing** (5.2.1): read lines, number their words with a Keras class (A66), pad them to length 100 with a
# function of its own, which has the name of the imported one (A64, A67). **Model** (5.2.2): a table of embeddings with 100 rows (A68); twice in turn global average pooling and a dense layer of 128 units, called "layers of BERT" (A69, A70, A71); a softmax over 10 classes, with the loss for one-hot labels (A72). Section 5.2.3 says that BERT compresses the sequence by
# this pooling (A73), section 5.3 that the code is clearly structured, easy to understand and to change (A74). Section 6.1 then speaks of accurate classification of news. Neither labels nor a single step of training occur.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 5.2 节说代码分三部分：数据预处理、模型构建和训练（A63）。**预处理**（5.2.1 节）：逐行读取，用 Keras 的类给词编号（A66），再用自己写的函数填充到长度 100，而这个函数与导入的库函数同名（A64、A67）。**模型**（5.2.2 节）：一张 100 行的嵌入表（A68）；全局平均池化和 128 个单元的全连接层轮流做两遍，称为“BERT 层”（A69、A70、A71）；最后是 10 个类别的 softmax，损失要求独热标签（A72）。5.2.3 节说 BERT 通过这种池化压缩序列（A73），5.3 节说“代码结构清晰，易于理解和修改”（A74）。6.1 节又说新闻可以准确分类。可是标签没有出现，训练一步也没有。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A mean.** Two words with the vectors $(0, 1)$ and $(0, 3)$, padded in front to length 4; the vector of padding is $(3, 0)$.
#
# | | mean | gradient at a word, for $g = (1, -1)$ | at padding |
# |---|---|---|---|
# | over all 4 places | $(3/2, 1)$ | $(1/4, -1/4)$ | $(1/4, -1/4)$ |
# | over the $n = 2$ words | $(0, 2)$ | $(1/2, -1/2)$ | $(0, 0)$ |
#
# **Two texts of two words each, padded to length 100.** That is 98 paddings each. Let padding and four words have vectors of length 1, all at right angles. The texts have no word in common; the cosine of their plain means is $98^2 / (98^2 + 2) = 0.9998$, that of the masked ones $0$.
#
# **Softmax regression on the mean.** $x = (0, 2)$, two classes with the rows $(0, 0)$ and $(0, \tfrac12 \ln 3)$: scores $(0, \ln 3)$, so $p = (1/4, 3/4)$. If the first class is right, the loss is $\ln 4 = 1.386$; the gradient of the scores is
# $p - \mathrm{onehot} = (-3/4, 3/4)$, that of $x$ is $(0, \tfrac38 \ln 3) = (0, 0.412)$, and each of the two words gets half, $(0, 0.206)$.
#
# **Macro-F1.** Eight texts, three classes. Five of the first, all found; two of the second, one found; one of the third, not found. Both that are missed were called the first class. Of a class, TP counts the texts found, FP those wrongly given to it, FN those missed.
#
# | class | TP | FP | FN | $F_1 = 2\,\mathrm{TP} / (2\,\mathrm{TP} + \mathrm{FP} + \mathrm{FN})$ |
# |---|---|---|---|---|
# | first | 5 | 2 | 0 | $10/12$ |
# | second | 1 | 0 | 1 | $2/3$ |
# | third | 0 | 0 | 1 | $0$ |
#
# Accuracy $6/8 = 0.75$, macro-F1 $(10/12 + 2/3 + 0)/3 = 0.5$: the class that is never found shows only in the second.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **均值**　两个词的向量是 $(0, 1)$ 和 $(0, 3)$，在前面填充到长度 4；填充的向量是 $(3, 0)$。
#
# | | 均值 | $g = (1, -1)$ 时，词得到的梯度 | 填充得到的梯度 |
# |---|---|---|---|
# | 对全部 4 个位置 | $(3/2, 1)$ | $(1/4, -1/4)$ | $(1/4, -1/4)$ |
# | 只对 $n = 2$ 个词 | $(0, 2)$ | $(1/2, -1/2)$ | $(0, 0)$ |
#
# **两段文本，各有两个词，填充到长度 100**　于是各有 98 个填充。设填充和四个词的向量长度都是 1，两两垂直。两段文本没有一个词相同；直接求均值，两个均值的余弦是 $98^2 / (98^2 + 2) = 0.9998$；用掩码求均值，余弦是 $0$。
#
# **均值上的 softmax 回归**　$x = (0, 2)$，两个类别的行向量是 $(0, 0)$ 和 $(0, \tfrac12 \ln 3)$：得分 $(0, \ln 3)$，所以 $p = (1/4, 3/4)$。如果正确的是第一类，损失是 $\ln 4 = 1.386$；得分的梯度是 $p - \mathrm{onehot} = (-3/4, 3/4)$，$x$ 的梯度是 $(0, \tfrac38 \ln 3) = (0, 0.412)$，两个词各分到一半，即 $(0, 0.206)$。
#
# **宏平均 F1**　八段文本，三个类别。第一类有五段，全部找到；第二类有两段，找到一段；第三类有一段，没有找到。漏掉的两段都被判成第一类。对一个类别来说，TP 是找到的，FP 是误判成这一类的，FN 是漏掉的。
#
# | 类别 | TP | FP | FN | $F_1 = 2\,\mathrm{TP} / (2\,\mathrm{TP} + \mathrm{FP} + \mathrm{FN})$ |
# |---|---|---|---|---|
# | 第一类 | 5 | 2 | 0 | $10/12$ |
# | 第二类 | 1 | 0 | 1 | $2/3$ |
# | 第三类 | 0 | 0 | 1 | $0$ |
#
# 准确率 $6/8 = 0.75$，宏平均 F1 是 $(10/12 + 2/3 + 0)/3 = 0.5$：有一类一次也没有找到，只有后者看得出来。

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **The masked mean.** With $m_t = 1$ at a word, $0$ at padding, and $n = \max(1, \sum_t m_t)$:
#
# $$x = \frac1n \sum_t m_t\, v_t, \qquad v_t = E[i_t], \qquad \frac{\partial L}{\partial v_t} = \frac{m_t}{n}\, g, \qquad g = \frac{\partial L}{\partial x}.$$
#
# A word that occurs twice has two of the $v_t$; its row of $E$ gets the sum of both gradients.
#
# **Softmax regression.** A row of $U$ for each class, $K$ of them; a batch of $B$ texts:
#
# $$p = \mathrm{softmax}(x U^T), \qquad L = -\frac1B \sum_b \ln p_b[y_b], \qquad \frac{\partial L}{\partial U} = \frac1B \sum_b (p_b - \mathrm{onehot}(y_b))^T x_b, \qquad \frac{\partial L}{\partial x_b} = \frac1B (p_b - \mathrm{onehot}(y_b))\, U.$$

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **掩码均值**　词的位置 $m_t = 1$，填充的位置 $m_t = 0$，$n = \max(1, \sum_t m_t)$：
#
# $$x = \frac1n \sum_t m_t\, v_t, \qquad v_t = E[i_t], \qquad \frac{\partial L}{\partial v_t} = \frac{m_t}{n}\, g, \qquad g = \frac{\partial L}{\partial x}.$$
#
# 出现两次的词对应两个 $v_t$，它在 $E$ 中的那一行得到两者的梯度之和。
#
# **softmax 回归**　$U$ 的每一行对应一个类别，共 $K$ 行；一批有 $B$ 段文本：
#
# $$p = \mathrm{softmax}(x U^T), \qquad L = -\frac1B \sum_b \ln p_b[y_b], \qquad \frac{\partial L}{\partial U} = \frac1B \sum_b (p_b - \mathrm{onehot}(y_b))^T x_b, \qquad \frac{\partial L}{\partial x_b} = \frac1B (p_b - \mathrm{onehot}(y_b))\, U.$$


# %%
def mean_rule(vectors, mask, forget_mask=False):
    n = np.maximum(1, mask.sum(axis=1))[:, None, None]  # (B, 1, 1)
    share = mask[..., None] / n  # (B, T, 1)

    def vjp(g):  # (B, D)
        back = np.ones_like(vectors) / n if forget_mask else share
        return (back * g[:, None],)

    return (share * vectors).sum(axis=1), vjp


# %%
def regression_rule(x, U, targets):
    z = x @ U.T  # (B, K)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p, rows = e / e.sum(axis=1, keepdims=True), np.arange(len(x))

    def vjp(g):  # ()
        dz = g * (p - np.eye(len(U))[targets]) / len(x)  # (B, K)
        return dz @ U, dz.T @ x

    return -np.log(p[rows, targets]).mean(), vjp


# %%
table = np.array([[3.0, 0], [0, 1], [0, 3]])  # (V, D), the row of padding first
ids, mask = pad([[1, 2]], length=4, side="left")
x, back = mean_rule(table[ids], mask)
(to_words,) = back(np.array([[1.0, -1]]))
assert np.allclose(table[ids].mean(axis=1), [[1.5, 1]]) and np.allclose(x, [[0, 2]]), "both means"
assert np.allclose(to_words[0, 2:], [[0.5, -0.5]] * 2), "half of the slope at each word"
assert np.all(to_words[0, :2] == 0), "exactly nothing at padding"
U = np.array([[0, 0], [0, np.log(3) / 2]])
loss, back_to_x = regression_rule(x, U, np.array([0]))
to_x, to_U = back_to_x(1.0)
stated("loss", loss, 1.386, 5e-4, "the loss by hand")
stated("to_x", to_x[0, 1], 0.412, 5e-4, "the gradient of the mean")
stated("to_word", back(to_x)[0][0, 3, 1], 0.206, 5e-4, "the gradient of each word")
assert np.allclose(to_U, [[0, -1.5], [0, 1.5]]), "the slope of the rows of U: (p - onehot) times x"
assert np.allclose(ops.masked_mean(table[ids], mask=mask).data, x), (
    "the library's masked mean is ours"
)
assert np.isclose(float(ops.cross_entropy(x @ U.T, targets=np.array([0]))), loss), "its loss, too"

# %% [markdown] lang="en"
# **Macro-F1** is the mean over the classes, $\frac1K \sum_c F_1(c)$, and a class that neither occurs nor is named counts as 0. The *confusion matrix* has the true classes in its rows, the answers in its columns. For section 2:

# %% [markdown] lang="zh"
# **宏平均 F1** 是对各类别求平均，$\frac1K \sum_c F_1(c)$；既没有出现、也没有被判到的类别算 0。**混淆矩阵**的行是真实的类别，列是判成的类别。第 2 节的例子：

# %%
true = np.array([0, 0, 0, 0, 0, 1, 1, 2])
said = np.array([0, 0, 0, 0, 0, 0, 1, 0])
stated("share", accuracy(said, true), 0.75, 1e-12, "accuracy by hand")
stated("macro", macro_f1(said, true, 3), 0.5, 1e-12, "macro-F1 by hand")
print(confusion_matrix(said, true, 3))

# %% [markdown] lang="en"
# **The whole net.** What the guide's program is meant to be: masked mean, two dense layers with ReLU, scores. It has no place for order: $\frac1n \sum_t E[i_t]$ is the same sum in any order.

# %% [markdown] lang="zh"
# **整个网络**　指南的程序想做的事就是：掩码均值，两层带 ReLU 的全连接，得分。其中没有词序的位置：$\frac1n \sum_t E[i_t]$ 按什么顺序相加，结果都一样。


# %%
class Pooled(nn.Module):
    def __init__(self, size, width, n_classes, rng):
        self.words = nn.Embedding(size, width, rng=rng)
        self.dense = [nn.Linear(width, width, rng=rng) for _ in range(2)]
        self.output = nn.Linear(width, n_classes, rng=rng)

    def forward(self, two_ids, two_real):
        h = ops.masked_mean(self.words(two_ids), mask=two_real)  # (B, D)
        for layer in self.dense:
            h = ops.relu(layer(h))
        return self.output(h)  # (B, K)


ours = Pooled(100, 128, 10, np.random.default_rng(10))
theirs = AveragePoolingClassifier(100, 10, rng=np.random.default_rng(10))
two_ids, two_real = pad([[7, 11, 42], [5]], length=6, side="left")
assert np.allclose(ours(two_ids, two_real).data, theirs(two_ids, two_real).data), (
    "the library's net is ours"
)
stated("count", theirs.parameter_count(), 47_114, 0, "parameters of the repaired net")
for name, parameter in theirs.named_parameters():
    print(f"{name:17} {parameter.shape!s:11} {parameter.size:7,}")

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Both rules, then the whole net with a padded batch in which a word comes twice.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 先检验两条公式，再检验整个网络；那一批文本有填充，还有一个词出现两次。

# %%
rng = np.random.default_rng(10)
batch, real = pad([[3, 7, 7], [5], [1, 2, 9, 4]])  # (B, T)
classes = np.array([2, 0, 1])
small = Pooled(10, 5, 3, rng).to_dtype(np.float64)
for parameter in small.parameters():
    parameter.data = parameter.data + rng.standard_normal(parameter.shape)


def loss_of_small():
    return ops.cross_entropy(small(batch, real), targets=classes)


vectors, means = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 5))
rows = rng.standard_normal((4, 5))  # (K, D)
errors = {
    "masked mean": check_vjp(mean_rule, vectors, mask=real, rng=rng),
    "softmax regression": check_vjp(regression_rule, means, rows, targets=classes, rng=rng),
    "the whole net": check_module(small, loss_of_small, rng=rng),
}
for name, error in errors.items():
    print(f"{name:18} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7, "both rules and the net pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake: the slope goes back to all places, padding among them.

# %% [markdown] lang="zh"
# 故意犯一个错：梯度传回所有的位置，填充也在内。

# %%
try:
    check_vjp(mean_rule, vectors, mask=real, rng=np.random.default_rng(10), forget_mask=True)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten mask went unnoticed")

(slope,) = gradients_of(loss_of_small(), [small.words.weight])  # (V, D)
used = np.abs(slope).max(axis=1) > 0
print("rows of the table that learn from this batch:", np.flatnonzero(used))
assert not used[0] and used[[1, 2, 3, 4, 5, 7, 9]].all(), "all words of the batch, not padding"

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# TensorFlow is no part of this project. We have written small copies of the layers and functions that the guide's program calls, `minillm/labs/guide_code/layers.py`. They stop where the originals stop, with errors of the same type, but for number 4 below; the words of the messages are ours.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# 本项目不用 TensorFlow。指南的程序调用的层和函数，我们照其行为自己写了微缩版，见 `minillm/labs/guide_code/layers.py`：原版在哪里出错，它们也在哪里出错，除下面第 4 条以外，异常的种类也相同；消息的文字是我们自己的。


# %%
def stops(run, *arguments, **named):
    try:
        run(*arguments, **named)
    except (TypeError, ValueError, NameError, IndexError, RecursionError) as error:
        print(f"{type(error).__name__}: {error}")
        return type(error)
    raise RuntimeError("it did not stop")


# %% [markdown] lang="en"
# **1. A function that calls itself** (5.2.1, A64). The wrapper has the name of what it wraps. From then on the name means the wrapper, which has no keyword `maxlen`; with the same keyword it calls itself without end.

# %% [markdown] lang="zh"
# **1. 自己调用自己**（5.2.1 节，A64）　包装函数与被包装的函数同名。从此这个名字指的就是包装函数自己，而它没有 `maxlen` 这个参数；就算参数同名，也会无休止地调用自己。

# %%
padded = layers.pad_sequences
assert padded([[4, 5, 6], [7]], maxlen=2).tolist() == [[5, 6], [0, 7]], "in front, both"


def padded(texts, length):
    return padded(texts, maxlen=length)


assert stops(padded, [[4, 5]], length=100) is TypeError, "the keyword of the other function"


def padded(texts, maxlen):
    return padded(texts, maxlen=maxlen)


assert stops(padded, [[4, 5]], maxlen=100) is RecursionError, "without end"

# %% [markdown] lang="en"
# **2. A name that is not there** (5.2.2, A69). The block with the model uses a name that only the first block imports. Run by itself it ends in a NameError, as here. In a notebook the first block imports the name before it stops, at its last line; then the name is there, and the next fault is met.

# %% [markdown] lang="zh"
# **2. 没有导入的名字**（5.2.2 节，A69）　构建模型的那段代码用到一个名字，只有前一段代码导入了它。单独运行这一段，会像下面这样抛出 NameError。如果是在笔记本里接着前一段运行，前一段到最后一行才停下，名字已经导入，于是碰到的是下一个毛病。

# %%
imported = {"Dense": layers.Dense}  # all that this block imports
exec("def pooled(x): return layers.GlobalAveragePooling()(x)", imported)
assert stops(imported["pooled"], None) is NameError, "the name is looked up when the block runs"

# %% [markdown] lang="en"
# **3. Pooled twice** (5.2.2, A70). The first pooling makes $(B, 100, 128)$ into $(B, 128)$; the second wants three axes.
#
# **4. A table as high as the texts are long** (5.2.2, A68). This is hidden until the pooling is repaired: the guide's program stops while the model is *built*, before it has seen a number. With one pooling every number from 100 on has no row. Our table stops with an IndexError; TensorFlow's raises an InvalidArgumentError on a CPU, and on a GPU it says nothing and gives zeros.

# %% [markdown] lang="zh"
# **3. 池化两次**（5.2.2 节，A70）　第一次池化把 $(B, 100, 128)$ 变成 $(B, 128)$；第二次却需要三个维度。
#
# **4. 表的行数等于文本的长度**（5.2.2 节，A68）　池化没有修好，这个毛病就看不到：指南的程序在**构建**模型时就停了，还没有读到任何编号。只池化一次之后，从 100 起的编号都没有对应的行。我们的表抛出 IndexError；TensorFlow 在 CPU 上抛出 InvalidArgumentError，在 GPU 上不报错，取出的是零。

# %%
printed = AsPrinted(max_length=100, width=128, n_classes=10, rng=np.random.default_rng(0))
few = layers.pad_sequences([[4, 5]], maxlen=100)
many = layers.pad_sequences([[4, 150]], maxlen=100)
assert stops(printed, few) is ValueError, "the second pooling has no positions left"
once = AsPrinted(
    max_length=100, width=128, n_classes=10, rng=np.random.default_rng(0), hidden=(128,)
)
assert once(few).shape == (1, 10), "pooled once it gives scores"
assert stops(once, many) is IndexError, "number 150 has no row"

# %% [markdown] lang="en"
# **5. Which labels?** (5.2.2, A72.) The loss in the program wants a row with a single 1 for each text; files usually have class numbers. There is a loss for each, with one value. At the random weights here it is near $\ln 10$: a guess among ten classes, and with that the guide's program would end, for nothing in it is trained (A63).

# %% [markdown] lang="zh"
# **5. 标签是哪一种？**（5.2.2 节，A72）　程序里的损失要求每段文本的标签是一行、其中只有一个 1；数据文件里通常是类别编号。两种标签各有各的损失，值是一样的。在这里的随机权重之下，损失接近 $\ln 10$，相当于在十类里瞎猜。指南的程序就算能运行，也到此为止，因为里面没有训练（A63）。

# %%
scores = theirs(two_ids, two_real)  # (2, 10), random weights
numbers = np.array([3, 8])
wrong = stops(ops.cross_entropy_with_probabilities, scores, probabilities=numbers)
assert wrong is ValueError, "class numbers are no rows"
of_rows = float(ops.cross_entropy_with_probabilities(scores, probabilities=np.eye(10)[numbers]))
of_numbers = float(ops.cross_entropy(scores, targets=numbers))
print(f"one-hot rows {of_rows:.4f}, class numbers {of_numbers:.4f}, ln 10 = {np.log(10):.4f}")
assert np.isclose(of_rows, of_numbers) and abs(of_rows - np.log(10)) < 0.05, "a guess, either way"

# %% [markdown] lang="en"
# **6. Padding is averaged in** (A67), and **words at blanks** (A66). No error, but wrong: with vectors that are still random, two texts without a common word look alike (training might change the vector of padding, but nothing tells the net that it is none of the words). A Chinese sentence is one word; a new word vanishes.

# %% [markdown] lang="zh"
# **6. 填充也算进均值**（A67），**按空格分词**（A66）　这两处不报错，却是错的：词向量还是随机的时候，两段文本没有一个相同的词，看上去却几乎一样（训练也许会改变填充的向量，但网络无从得知它不是词）。一个中文句子成了一个词，而没见过的词悄悄消失。

# %%
fifty = nn.Embedding(50, 128, rng=np.random.default_rng(0))
two = [[3, 17], [28, 41]]
plain = layers.GlobalAveragePooling()(fifty(layers.pad_sequences(two, maxlen=100)))
long_ids, long_mask = pad(two, length=100, side="left")
masked = ops.masked_mean(fifty(long_ids), mask=long_mask)
cosines = [float(ops.cosine_similarity(m[0], m[1])) for m in (plain, masked)]
print("cosine of the two texts: plain mean {:.4f}, masked mean {:.4f}".format(*cosines))
assert cosines[0] > 0.99 and abs(cosines[1]) < 0.3, "here almost the same, and almost unrelated"
at_right_angles = (
    np.eye(5)[[0] * 98 + [1, 2]].mean(axis=0),
    np.eye(5)[[0] * 98 + [3, 4]].mean(axis=0),
)
by_hand = float(ops.cosine_similarity(*at_right_angles))
stated("alike", by_hand, 0.9998, 5e-5, "the cosine by hand")
hand_ids, hand_mask = pad([[1, 2], [3, 4]], length=100, side="left")
of_words, _ = mean_rule(np.eye(5)[hand_ids], hand_mask)
assert float(ops.cosine_similarity(*of_words)) == 0, "masked, the two by hand are at right angles"

# %%
tokenizer = layers.SpaceTokenizer().fit(["The dog bites the man."])
print(tokenizer.numbers, tokenizer.encode(["The cat bites!"]))
assert tokenizer.encode(["The cat bites!"]) == [[1, 3]], "a new word vanishes"
chinese = load_corpus("sentiment", "zh", seed=0, sizes=(200, 0, 100))
tokenizer.fit([text for text, _ in chinese.train])
known = sum(map(len, tokenizer.encode([text for text, _ in chinese.test])))
print(f"200 Chinese sentences: {len(tokenizer.numbers)} words; of 100 new ones {known} are known")
assert len(tokenizer.numbers) == 200 and known == 0, "each sentence is a word of its own"

# %% [markdown] lang="en"
# **The smallest repair.** Another name for the wrapper, or none; a row for each word of the vocabulary; the mask; one pooling; class numbers with their loss; labels, and training. The text is cut by `WordTokenizer` (lesson 2): into words, and Chinese into single characters, so that a Chinese sentence is no longer one word; a new word gets the number of the unknown. Dense layers, widths and the optimiser may stay. With a vocabulary of 100 words it has 12,800 numbers in the table, twice 16,512 in the dense layers, 1,290 in the scores: {here.count:,.0f}.
#
# **Why it is no BERT** (5.2.2, 5.2.3, A71, A73). Count what lesson 9's model has:

# %% [markdown] lang="zh"
# **最小的修理**　包装函数改个名字，或者干脆不要；词表里每个词在表中占一行；加上掩码；只池化一次；标签用类别编号，损失也用与之相配的；要有标签，要训练。分词改用 `WordTokenizer`（第 2 课）：英文切成词，中文切成单个的字，一个中文句子就不再是一个词；没见过的词得到“未知”的编号。全连接层、各层宽度和优化器都可以不动。词表有 100 个词时，表里有 12,800 个数，两层全连接各有 16,512 个，得分层有 1,290 个，共 {here.count:,.0f} 个。
#
# **它为什么不是 BERT**（5.2.2、5.2.3 节，A71、A73）　数一数第 9 课的模型里有什么：

# %%
rng = np.random.default_rng(0)
config = BertConfig(vocabulary_size=100, width=32, n_layers=2, n_heads=4, hidden=128, dropout=0)
bert = SequenceClassifier(Bert(config, rng=rng), 10, rng=rng)
parts = (nn.MultiHeadAttention, nn.LearnedPositions, nn.LayerNorm, nn.FeedForward)
for part in parts:
    has = [sum(type(m) is part for _, m in net.named_modules()) for net in (theirs, bert)]
    print(f"{part.__name__:19} repaired net {has[0]}, a BERT of 2 layers {has[1]}")
    assert has[0] == 0 < has[1], f"{part.__name__}: in BERT alone"
print("the BERT reads its text at:", bert.pooling)
assert bert.pooling == "cls", "not a mean"
table_size, layer, pooler = 30522 + 512 + 2 + 2, 12 * 768**2 + 13 * 768, 768**2 + 768
base = table_size * 768 + 12 * layer + pooler
stated("base", base, 109_482_240, 0, "parameters of BERT-base")
dog_bites_man = np.array([[6, 3, 8], [8, 3, 6]])  # and man bites dog
everything = np.ones(dog_bites_man.shape, dtype=bool)
for name, net in (("repaired net", theirs), ("BERT", bert)):
    one, other = net(dog_bites_man, everything).data
    print(f"{name:12} dog bites man, man bites dog: up to {np.abs(one - other).max():.6f} apart")
    assert (np.abs(one - other).max() < 1e-6) == (net is theirs), "only BERT tells them apart"

# %% [markdown] lang="en"
# No attention, no position, no normalisation, no pretraining; not even the order of three words. BERT-base has {here.base:,.0f} parameters, and reads its text at [CLS]; to average BERT's vectors is a later choice (Reimers & Gurevych 2019). The repaired net has a name of its own: a *deep averaging network* (Iyyer et al. 2015);
# without the dense layers it is the core of fastText (Joulin et al. 2017). And of the two blocks of this code, which section 5.3 calls clearly structured, easy to understand and to change (A74), neither runs to its end.

# %% [markdown] lang="zh"
# 没有注意力，没有位置，没有归一化，也没有预训练；连三个词的先后也看不出来。BERT-base 有 {here.base:,.0f} 个参数，在 [CLS] 处读取文本；对 BERT 的向量求平均是后来的做法（Reimers、Gurevych，2019）。修好的网络另有名字：**深度平均网络**（Iyyer 等，2015）；去掉全连接层，就是 fastText 的核心（Joulin 等，2017）。至于这套“代码结构清晰，易于理解和修改”（5.3 节，A74）的程序，两段都不能运行到底。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# **Order alone.** 12 words, each once in every text, in random order; the class says whether word A stands before word B. As bags all texts are the same. Five readers take a mean over the words and learn alike (AdamW, 400 steps of 64 fresh texts) with about as many weights; they differ in what they average. The learning
# rates of the two that learn were the best of 0.001, 0.003, 0.01 and 0.03 on seeds outside the study; the other three are right half of the time at every rate, and have 0.003. The test: 1,000 new texts, each beside its twin with A and B exchanged. {n_runs} seeds are stored by `python -m minillm labs run word_order`; two readers of seed 0 run here, for half of the steps:

# %% [markdown] lang="zh"
# ## 6 实验
#
# **只看词序**　12 个词，每段文本里各出现一次，次序随机；类别由词 A 是否在词 B 之前决定。作为词袋，所有文本都一样。五个模型都对词求均值，训练方式相同（AdamW，400 步，每步 64 段新文本），权重的个数也差不多；不同的是拿什么来求均值。学得会的两个模型，学习率各自从 0.001、0.003、0.01、0.03 里选最好的，选的时候用的是本实验之外的种子；另外三个不管用哪个学习率都只对一半，用的是 0.003。测试用 1,000 段新文本，每段都配上把 A、B 对调的孪生文本。{n_runs} 个种子的结果已由 `python -m minillm labs run word_order` 存好；这里现场跑种子 0 的两个模型，各跑一半的步数：

# %% tags=["machine"]
print(read_settings("word_order"))
runs, settings = read_study("word_order"), word_order.STUDY.settings
steps = list(settings.measured_at)
for kind in ("mean", "attention_places"):
    tested, now = word_order.held_out(settings, 0), []
    for step, reader in word_order.training(settings, kind, 0):
        if step in (100, 200):
            now.append(share_right(reader, tested))
        if step == 200:
            break
    stored = runs[kind][0, 3:5]
    print(f"{kind:16} now", *(f"{x:.3f}" for x in now), "stored", *(f"{x:.3f}" for x in stored))
    assert abs(now[-1] - stored[-1]) < 0.1, f"{kind}: seed 0 is about what is stored"

# %%
print("accuracy after steps", *steps, "and how many weights")
for kind, weights in zip(settings.kinds, runs["weights"][0], strict=True):
    mean, half = mean_and_interval(runs[kind])
    print(f"{kind:16}", *(f"{x:.3f}" for x in mean), f"±{half[-1]:.3f}", f"{weights:6.0f}")
blind = ("mean", "mean_places", "attention")
assert all(np.all(runs[kind] == 0.5) for kind in blind), "exactly one half, at every step and seed"
sighted = ("dense_places", "attention_places")
assert all(runs[kind][:, -1].min() > 0.95 for kind in sighted), "nearly all right, for every seed"

# %% [markdown] lang="en"
# **Reading the table**: a row for each reader, with the mean over the seeds after so many steps, half of its 95 % interval at the end, and the number of weights. *mean*: the words' vectors, the guide's net; *places*: a vector for each place is added to the words; *dense*: a dense layer on each word before the mean; *attention*: an encoder layer before the mean.

# %% [markdown] lang="zh"
# **读表**：一行是一个模型，依次是各步数之后各种子的均值，末尾处 95% 置信区间的一半，以及权重的个数。mean：对词向量求均值，即指南的网络；places：给词加上位置向量；dense：求均值之前，对每个词先做一层全连接；attention：求均值之前，先过一层编码器。

# %%
figure, axes = plt.subplots(figsize=(7, 3.4))
styles = {
    "mean": ("0.4", "s-", "mean; mean, places; attention"),
    "dense_places": ("C1", "^-", "dense, places"),
    "attention_places": ("C0", "o-", "attention, places"),
}
kept = {"steps": steps}
for kind, (color, style, label) in styles.items():
    mean, half = mean_and_interval(runs[kind])
    axes.plot(range(len(steps)), mean, style, color=color, mfc="none", label=label)
    axes.fill_between(range(len(steps)), mean - half, mean + half, color=color, alpha=0.2, lw=0)
    kept |= {kind: mean, f"half {kind}": half}
axes.set(xlabel="steps", ylabel="accuracy", ylim=(0.3, 1.08), xticks=range(len(steps)))
axes.set_xticklabels(steps)
axes.legend(fontsize=8, loc="lower right")
savefig(figure, "10_order", kept)

# %% [markdown] lang="en"
# **What you saw** (bands: 95 % intervals of the mean of {n_runs} seeds, which may reach beyond what an accuracy can be). The guide's net stays at 0.500, and no training can change that: twins have the same scores, and one of them is wrong. It is a property of the formula, not of these runs.
#
# *Places added to the words* do not help either: $\frac1n \sum_t (E[i_t] + P_t) = \frac1n \sum_t E[i_t] + \frac1n \sum_t P_t$, and the last term is the same for all texts of a length. Attention without places does not help (lesson 6). In a reader that averages over words with places, both have to go through something that is not linear *before* the mean. Attention over both does it; so does
# a dense layer on each word by itself, which on this task was ahead after 100 steps with every seed ({early.dense_places.mean:.2f} ± {early.dense_places.half:.2f} against {early.attention_places.mean:.2f} ± {early.attention_places.half:.2f} in the mean; after 25 or 50 steps not with every seed). So this task shows that a mean of words cannot read order, not that only attention can.
#
# **Reviews and news.** Now sentences, made by a grammar; in the Chinese ones a "word" is a single character. There are reviews in which the words agree (*plain*), in which one opinion is denied (*denial*), in which the order decides between two opinions (*order*); and news of four topics: one topic alone (*plain*), another one mentioned (*mention*), and both named by an event, so that the order decides which is reported (*order*). The repaired net and a BERT of one layer start from random weights and read the same 1,000 batches of 32, of 4,000 labelled
# sentences, with the same optimiser; their sizes are printed below. For both, every sentence begins with [CLS] and ends with [SEP], and the net averages these in. The learning rates were chosen on reviews of other seeds (of 0.001, 0.003, 0.01 for the net, of 0.0003, 0.001, 0.003 for BERT). Neither is pretrained. Beside them are *bags of words*: the softmax regression of section 3, but with $x_j = 1$ if word $j$ occurs in the text and $0$ if not, and with a penalty $\frac{\lambda}{2} \lVert U \rVert^2$ added to the loss, which keeps the weights small. $\lambda$ is the best one on a *development set*, 500 sentences that are neither learned from nor tested on. One bag is of words alone, one of words and pairs of neighbours. Of seed 0 the net is trained here:

# %% [markdown] lang="zh"
# **看到了什么**（色带是 {n_runs} 个种子的均值的 95% 置信区间，有的地方超出了准确率可能的范围）　指南的网络停在 0.500，怎样训练都没有用：孪生文本得分相同，其中必有一段判错。这是公式决定的，与这几次运行无关。
#
# **给词加上位置**也没有用：$\frac1n \sum_t (E[i_t] + P_t) = \frac1n \sum_t E[i_t] + \frac1n \sum_t P_t$，最后一项对同样长度的文本都相同。只有注意力、没有位置，也没有用（第 6 课）。对带位置的词求均值的模型，词和位置必须在求均值**之前**经过某种非线性运算结合起来。对两者一起做注意力可以；对每个词单独用一层全连接也可以，在这个任务上，100 步之后每个种子都是它领先（平均 {early.dense_places.mean:.2f} ± {early.dense_places.half:.2f} 对 {early.attention_places.mean:.2f} ± {early.attention_places.half:.2f}；25 步或 50 步之后则不是每个种子都如此）。所以这个任务说明的是：词的均值读不出词序；而不是：只有注意力才读得出。
#
# **评论与新闻**　现在换成句子，由语法规则生成；中文的“词”在这里是单个的字。评论分几种：各词意见一致的（plain）、否定一个意见的（denial）、由词序决定哪个意见算数的（order）；新闻有四个主题：只谈一个主题的（plain），顺带提到另一个主题的（mention），两个主题都只以一个事件出现、由词序决定报道的是哪一个的（order）。修好的网络和一层的 BERT 都从随机权重开始，用同样的优化器（各自的大小见下面的输出）读同样的 1,000 批，每批 32 句，取自 4,000 个带标签的句子；句子前后都有 [CLS] 和 [SEP]，网络求均值时也把它们算在内；学习率是用其他种子的评论选的（网络从 0.001、0.003、0.01 里选，BERT 从 0.0003、0.001、0.003 里选）。两者都没有预训练。旁边是**词袋模型**：仍是第 3 节的 softmax 回归，只是第 $j$ 个词在文本中出现时 $x_j = 1$，否则 $x_j = 0$；损失再加上惩罚项 $\frac{\lambda}{2} \lVert U \rVert^2$，使权重不致太大。$\lambda$ 取在**开发集**上最好的；开发集是 500 个既不用来训练、也不用来测试的句子。一种只看单个的词（中文是字），一种还看相邻的两个。种子 0 的网络在这里现场训练：

# %% tags=["machine"]
print(read_settings("reviews_and_news"))
corpus = load_corpus("sentiment", LANGUAGE, seed=0)
for name, count in reviews_and_news.weights(reviews_and_news.STUDY.settings, corpus).items():
    print(f"{name}: {count:,} weights")

# %% tags=["machine"]
groups = list(reviews_and_news.STUDY.settings.kinds)
fitted = reviews_and_news.pooled_fit(reviews_and_news.STUDY.settings.pooled, seed=0)
predict = fitted(corpus.train)
texts, names = zip(*corpus.test, strict=True)
labels = Labels(names)
true, p = labels.encode(names), predict(texts)
masks = groups_of(corpus.tags["test"], groups)
now = [accuracy(p.argmax(axis=1)[mask], true[mask]) for mask in masks.values()]
results = read_study("reviews_and_news")
stored = results[f"sentiment {LANGUAGE}, pooled"][0]
assert np.abs(now - stored).max() < 0.05, "seed 0 is about what is stored"
for group, share in zip(groups, now, strict=True):
    print(f"{group:7} {share:.2f}")

# %% tags=["machine"]
for group in ("denial", "order"):
    for i in np.flatnonzero(masks[group])[:2]:
        print(f"{group:7} p(positive) = {p[i, 1]:.2f}, is {names[i]}: {texts[i]}")
gap = np.abs(p[masks["order"], 1] - 0.5)
print(f"of all order texts {np.mean(gap < 0.1):.0%} have a p within 0.1 of one half,", end=" ")
print(f"{np.mean(gap > 0.2):.0%} are more than 0.2 away")
assert np.mean(gap < 0.1) > 0.6 and np.mean(gap > 0.2) < 0.2, "most are near one half, few far"

# %%
models = {"bag of words": "bag", "bag of words and pairs": "pairs", "pooled": "net", "BERT": "BERT"}
print("accuracy     ", *(f"{group:>12}" for group in groups), "  news: macro-F1")
for name, short in models.items():
    mean, half = mean_and_interval(results[f"sentiment {LANGUAGE}, {name}"])
    f1, wide = mean_and_interval(results[f"topics {LANGUAGE}, {name}, macro-F1"])
    cells = (f"{x:6.2f} ±{w:.2f}" for x, w in zip(mean, half, strict=True))
    print(f"{short:13}", *cells, f"    {f1:.2f} ±{wide:.2f}")

tags = load_corpus("topics", LANGUAGE, seed=0).tags["test"]
kinds = {"plain": {"plain"}, "mention": {"mention"}, "order": {"mention", "order"}}
counts = np.array([sum(t == kind for t in tags) for kind in kinds.values()])
print("accuracy in the news", *(f"{k} ({n})" for k, n in zip(kinds, counts, strict=True)))
for name, short in models.items():
    _, plain, order, mentioned = results[f"topics {LANGUAGE}, {name}"].T  # of this one: all with it
    only = (mentioned * counts[1:].sum() - order * counts[2]) / counts[1]
    means = [share.mean() for share in (plain, only, order)]
    print(f"{short:20}", *(f"{mean:11.3f}" for mean in means))
    if short == "net":
        assert np.allclose(only, 1, atol=1e-4) and plain.min() > 0.995, "wrong where order decides"

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
columns, kept = [*groups, "news"], {}
for panel, language in zip(panels, ("en", "zh"), strict=True):
    for i, (name, short) in enumerate(models.items()):
        reviews = results[f"sentiment {language}, {name}"]  # (seeds, groups)
        score = results[f"topics {language}, {name}, macro-F1"][:, None]
        mean, half = mean_and_interval(np.concatenate([reviews, score], axis=1))
        places = np.arange(len(columns)) + 0.17 * (i - 1.5)
        panel.errorbar(places, mean, half, fmt="sD^o"[i], color=f"C{(3, 4, 1, 0)[i]}", label=short)
        kept |= {f"{language} {short}": mean, f"half {language} {short}": half}
    panel.set(title=language, xticks=range(len(columns)), ylim=(-0.05, 1.05))
    panel.set_xticklabels(columns)
    panel.axhline(0.5, color="0.7", lw=0.8, zorder=0)
panels[0].set(ylabel="accuracy; news: macro-F1")
panels[1].legend(fontsize=8, loc="lower left")
savefig(figure, "10_reviews", kept)

# %% [markdown] lang="en"
# **Reading table and figure** (bars: 95 % intervals of the mean of {n_texts} seeds; the figure has both languages; grey: one half). *Bag* and *pairs* are the bags of words, *net* is the guide's net, repaired.
#
# **As good as BERT** it is where it matters which words there are: plain reviews, {reviews.net.plain.mean:.2f} and {reviews.bert.plain.mean:.2f}. There a bag of words does ({reviews.bag.plain.mean:.2f}). And where one opinion is denied, {reviews.net.denial.mean:.2f} and {reviews.bert.denial.mean:.2f}; that a bag of words has wrong nearly always ({reviews.bag.denial.mean:.2f}). It cannot have all of them right, for it adds one weight for each word, and no weight
# of *far from* can turn round *tedious* and *thrilling* both; why it is so far below one half we have not looked into. Dense layers behind the mean can: which words stand together is enough.
#
# **Not as good** where order decides. Of "anything but memorable, in fact quite forgettable" and the same with *memorable* and *forgettable* exchanged it has one wrong, always. Its share is {reviews.net.order.mean:.2f} ± {reviews.net.order.half:.2f}, and most of its probabilities are near one half, as the lines above count for seed 0. BERT: {reviews.bert.order.mean:.2f} ± {reviews.bert.order.half:.2f}. A bag of pairs of neighbours, linear as it is, reaches {reviews.pairs.order.mean:.2f}.
# In the news, too, all errors of the net are in the items in which order decides: of those it has {sections.net.mean:.2f} right (bag {sections.bag.mean:.2f}, pairs {sections.pairs.mean:.2f}, BERT {sections.bert.mean:.2f}); of those that only mention another topic none is wrong. In all, macro-F1 is {news.net.mean:.2f} against {news.bert.mean:.2f}, no better than a bag of words ({news.bag.mean:.2f}), and less than pairs ({news.pairs.mean:.2f}).
#
# The accuracy over *all* reviews, {reviews.net.all.mean:.2f}, is a mixture of 1 and one half, and would be another if the corpus had other shares of them. Say what a test is made of.

# %% [markdown] lang="zh"
# **读表和图**（误差棒是 {n_texts} 个种子的均值的 95% 置信区间；图中两种语言都有；灰线：一半）　bag 和 pairs 是两种词袋模型，net 是修好的指南的网络。
#
# **与 BERT 一样好**的，是只看有哪些词就够的地方：意见一致的评论，{reviews.net.plain.mean:.2f} 和 {reviews.bert.plain.mean:.2f}；这里词袋就够了（{reviews.bag.plain.mean:.2f}）。还有只否定一个意见的评论，{reviews.net.denial.mean:.2f} 和 {reviews.bert.denial.mean:.2f}；这里词袋几乎全错（{reviews.bag.denial.mean:.2f}）。全对是不可能的，因为它给每个字一个权重，然后相加，“并”“不”两个字的权重无论是多少，都不可能既把“脏”“乱”、又把“整”“洁”翻转过来；至于为什么比一半低这么多，我们没有深究。均值后面的全连接层做得到：只要知道哪些字同时出现就够了。
#
# **不如 BERT** 的，是由词序决定的地方。“很嘈杂，一点也不安静”，把“嘈杂”和“安静”对调，字没有变，意思却反了，它总有一句判错：准确率 {reviews.net.order.mean:.2f} ± {reviews.net.order.half:.2f}；它给出的概率大多也接近一半，上面的输出数了种子 0 的。BERT 是 {reviews.bert.order.mean:.2f} ± {reviews.bert.order.half:.2f}。同样是线性、但看得到相邻两个字的词袋，达到 {reviews.pairs.order.mean:.2f}。新闻也一样，网络的错误全部在由词序决定的句子里：这些句子它判对 {sections.net.mean:.2f}（bag {sections.bag.mean:.2f}，pairs {sections.pairs.mean:.2f}，BERT {sections.bert.mean:.2f}）；只是顺带提到别的主题的，一句也没有判错。合起来，宏平均 F1 是 {news.net.mean:.2f} 对 {news.bert.mean:.2f}，与只看单字的词袋（{news.bag.mean:.2f}）相仿，比看两个字的（{news.pairs.mean:.2f}）低。
#
# **全部**评论上的准确率 {reviews.net.all.mean:.2f}，是 1 与一半的混合；语料中各种句子的比例一变，它就跟着变。所以要说明测试集由什么组成。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * The guide's program stops at a function that calls itself, at a name that is not there, and at a second pooling; behind these wait a table of the wrong height, labels of the wrong kind, padding in the mean, and no training.
# * Repaired it is a mean of word vectors under dense layers: {here.count:,.0f} parameters, attention 0, positions 0, pretraining none. It is no BERT.
# * What it cannot learn can be read off its formula: two orders of the same words get the same scores, but for rounding.
# * Where words decide it is as good as a BERT of equal training, where order decides it guesses. Dense layers behind the mean add something that a bag of words lacks: they read one denied opinion (where denial and order come together they guess, too).
# * Accuracy hides a class that is never found; macro-F1 shows it. One number over all texts hides a group; report groups, and a baseline.
# * Our sentences come from a grammar, of known words, and {n_texts} seeds of one size of model were tried, without pretraining. How much order matters in other texts has to be measured there: with a bag of pairs beside a bag of words, for a start.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 指南的程序停在三处：一个自己调用自己的函数，一个没有导入的名字，第二次池化。这三处后面还有：表的行数不对，标签的种类不对，均值里混进了填充，而且没有训练。
# * 修好以后，它是词向量的均值加几层全连接：{here.count:,.0f} 个参数，注意力 0，位置 0，没有预训练。它不是 BERT。
# * 它学不会什么，从公式就看得出来：同样的词换个顺序，得分相同，只差舍入误差。
# * 由词决定的，它与同等训练的 BERT 一样好；由词序决定的，它只能猜。均值后面的全连接层补上了词袋缺的一样东西：只否定一个意见的句子，它读得懂（否定与词序同时起作用的，它也只能猜）。
# * 有一类从来没有找到，准确率看不出来，宏平均 F1 看得出来。所有文本合成一个数，会掩盖其中一组；应当分组报告，并附上基线。
# * 这里的句子由语法规则生成，词都见过；只试了 {n_texts} 个种子、一种大小的模型，没有预训练。别的文本里词序有多重要，要到那里去量：不妨先比较只看单个词（或字）的词袋和还看相邻两个的词袋。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **10.1 A mean that does not read padding.** Write `masked_mean(x, mask, g)`: vectors $x$ $(B, T, D)$, `mask` $(B, T)$ true at words, and the slope $g$ $(B, D)$ of the loss in the means. Return the means $(B, D)$ and the gradient in $x$ $(B, T, D)$. Padding may stand anywhere, and hold anything, even what is no number; its gradient is exactly 0. A text of padding alone has the mean 0.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **10.1 不读填充的均值**　请写 `masked_mean(x, mask, g)`：向量 $x$ 的形状是 $(B, T, D)$，`mask` 的形状是 $(B, T)$，词的位置为真；$g$ 是损失对均值的梯度，形状是 $(B, D)$。返回均值 $(B, D)$ 和对 $x$ 的梯度 $(B, T, D)$。填充可能在任何位置，那里写着什么都有可能，甚至不是数；它的梯度严格为 0。全是填充的文本，均值为 0。


# %% tags=["exercise"]
def masked_mean(x, mask, g):
    mean, gradient = ..., ...
    return mean, gradient


# %% tags=["solution"]
def masked_mean(x, mask, g):
    real = mask[..., None]  # (B, T, 1)
    n = np.maximum(1, real.sum(axis=1))  # (B, 1)
    mean = np.where(real, x, 0).sum(axis=1) / n  # (B, D)
    return mean, real * (g / n)[:, None]


# %% tags=["exercise-check"]
check("10.1", masked_mean)

# %% [markdown] lang="en"
# **10.2 Macro-F1.** Write `mean_f1(predicted, true, n_classes)` from two arrays of class numbers, without the library: the mean of $F_1$ over all `n_classes` classes. A class that neither occurs nor is named counts as 0.

# %% [markdown] lang="zh"
# **10.2 宏平均 F1**　请写 `mean_f1(predicted, true, n_classes)`，参数是两个类别编号的数组，不用程序库：返回全部 `n_classes` 个类别的 $F_1$ 的均值。既没有出现、也没有被判到的类别算 0。


# %% tags=["exercise"]
def mean_f1(predicted, true, n_classes):
    return ...


# %% tags=["solution"]
def mean_f1(predicted, true, n_classes):
    scores = []
    for c in range(n_classes):
        hits = np.sum((predicted == c) & (true == c))
        total = np.sum(predicted == c) + np.sum(true == c)
        scores.append(2 * hits / total if total else 0)
    return sum(scores) / n_classes


# %% tags=["exercise-check"]
check("10.2", mean_f1)

# %% [markdown] lang="en"
# **10.3 Words of different weight, whatever the padding.** A mean gives every word the same share. Write `pool(x, mask, q)` that gives shares by a softmax: with $x$ and `mask` as in 10.1 and a query $q$ $(D,)$,
#
# $$y = \sum_t a_t x_t, \qquad a_t = \frac{m_t\, e^{x_t \cdot q}}{\sum_s m_s\, e^{x_s \cdot q}}.$$
#
# Padding, wherever it stands, however much, whatever is in it, must change nothing: each $y$ $(B, D)$ is that of the text alone. Scores in the hundreds must do no harm; a text of padding alone gives zeros.

# %% [markdown] lang="zh"
# **10.3 词有轻重，填充无关**　求均值时每个词的份额相同。请写 `pool(x, mask, q)`，用 softmax 来定份额：$x$ 和 `mask` 同 10.1，查询 $q$ 的形状是 $(D,)$，
#
# $$y = \sum_t a_t x_t, \qquad a_t = \frac{m_t\, e^{x_t \cdot q}}{\sum_s m_s\, e^{x_s \cdot q}}.$$
#
# 填充无论在哪里、有多少、里面是什么，都不能影响结果：每个 $y$（形状是 $(B, D)$）都要与这段文本单独计算时相同。得分上百也不能出错；全是填充的文本，结果为零。


# %% tags=["exercise"]
def pool(x, mask, q):
    return ...


# %% tags=["solution"]
def pool(x, mask, q):
    words = np.where(mask[..., None], x, 0)  # (B, T, D)
    z = np.where(mask, words @ q, -np.inf)  # (B, T)
    top = np.where(mask.any(axis=1), z.max(axis=1), 0)  # (B,)
    e = np.exp(z - top[:, None])  # 0 at padding
    shares = e / np.maximum(e.sum(axis=1, keepdims=True), 1e-300)
    return np.einsum("bt,btd->bd", shares, words)


# %% tags=["exercise-check"]
check("10.3", pool)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Iyyer, Manjunatha, Boyd-Graber & Daumé III 2015, "Deep Unordered Composition Rivals Syntactic Methods for Text Classification": this net, on natural text; section 5 looks at negation.
# * Joulin, Grave, Bojanowski & Mikolov 2017, "Bag of Tricks for Efficient Text Classification": fastText, with pairs of neighbours for a little order.
# * Devlin, Chang, Lee & Toutanova 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", sections 3 and 4.1: what is read at [CLS].
# * Reimers & Gurevych 2019, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks", section 3: means of BERT's vectors.
# * In this project: `minillm/models/average_pooling.py`, `minillm/labs/guide_code/`, `minillm/tasks/metrics/classification.py`, `minillm/models/bag_of_words.py`; the command `python -m minillm pipeline` trains BERT with pretraining on the same corpora.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Iyyer、Manjunatha、Boyd-Graber、Daumé III，2015，“Deep Unordered Composition Rivals Syntactic Methods for Text Classification”：就是这个网络，用在自然文本上；第 5 节考察否定句。
# * Joulin、Grave、Bojanowski、Mikolov，2017，“Bag of Tricks for Efficient Text Classification”：fastText，用相邻的两个词带来一点词序。
# * Devlin、Chang、Lee、Toutanova，2019，“BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding”，第 3 节和 4.1 节：在 [CLS] 处读到什么。
# * Reimers、Gurevych，2019，“Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks”，第 3 节：BERT 向量的均值。
# * 本项目：`minillm/models/average_pooling.py`、`minillm/labs/guide_code/`、`minillm/tasks/metrics/classification.py`、`minillm/models/bag_of_words.py`；命令 `python -m minillm pipeline` 在同样的语料上训练带预训练的 BERT。
