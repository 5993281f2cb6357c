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
#     lesson: 2
#     guide: ['2.1', '5.2.1', '5.3']
#     budget_s: 30
#     errata: [A19, A20, A64, A65, A66, A67, A68]
#     introduces: [minillm.text.reading, minillm.text.cleaning, minillm.text.tokenizers, minillm.text.vocabulary, minillm.text.batching, minillm.text.corpora.by_hand, minillm.text.corpora.corpus, minillm.text.corpora.grammar, minillm.text.corpora.sentiment, minillm.text.corpora.sentiment_en, minillm.text.corpora.sentiment_zh, minillm.text.corpora.topics, minillm.text.corpora.topics_en, minillm.text.corpora.topics_zh, minillm.ops.lookup]
# ---

# %% tags=["numbers"]
LITERALS = {
    "by hand in section 2, asserted in section 3": "0 1 2 3 4 5 6 7 8 9 10 11 12",
    "bytes, asserted in section 3": "97 101 116 140 182 232 256",
    "settings of the experiment, set in its cells": "300 500",
    "padding in section 5, set in its cell, and ranks": "98 100",
    "of the published BERT (Devlin et al. 2019)": "768 30,522",
}

# %% [markdown] lang="en"
# # Lesson 2. From text to integers: tokens, vocabulary, padding
#
# **Question.** A model computes with numbers, and a text has none. Into which parts should it be cut, so that
# every part has a number, and what happens to a word that nobody has seen before?
#
# **Afterwards you can** cut text into words, characters and sub-words, learn the sub-words yourself, number and pad
# sentences, and say what goes wrong without a mask.
#
# **Before this**: Python lists and dictionaries, lesson 1. **Time**: ten seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 第 2 课　从文本到整数：词元、词表、填充
#
# **问题**　模型只会算数，文本里却没有数。应当把文本切成怎样的小块（**词元**，token），才能让每一块都有编号？碰到未见过的词，又该怎么办？
#
# **学完本课，你能够**　把文本切成词、字符和子词；自己训练子词；给句子编号并填充；说清没有掩码会出什么错。
#
# **预备知识**　Python 的列表与字典、第 1 课。**用时**　运行约十秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_vjp, ops
from minillm.course import check, savefig, setup, stated
from minillm.text import CharacterTokenizer, Vocabulary, WordTokenizer, frame, pad
from minillm.text.corpora import load_corpus
from minillm.text.corpora.by_hand import TEA

setup()

# %% tags=["language"]
LANGUAGE = "en"

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 2.1 of the guide: text, words or characters are tokenised, and an embedding layer maps them into a vector space.
# Section 5.2.1 has the code: read the lines of a file, let a class of Keras turn them into lists of integers, fill these up to
# length 100; section 5.3 repeats it in words.
#
# The plan is right. It lacks what language models use, **sub-words** (A19); its padding function cannot run; and there is no
# *mask* that tells padding from text: section 5 below. Reading and cleaning come first: see `read_lines` and `normalize` in `minillm/text`.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 2.1 节说：输入是文本、单词或字符，先“分词、标记化”，本课统称**词元化**，再由嵌入层映射到向量空间。5.2.1 节给出代码：读入文件的各行，交给 Keras 的分词器类，得到整数列表，再填充到长度 100。5.3 节用文字把这些步骤又说了一遍。
#
# 思路是对的。但它没有讲语言模型真正使用的**子词**（A19）；它的填充函数一运行就出错；而且没有**掩码**，也就是一张标明哪些位置是文字、哪些是填充的表。详见下面第 5 节。读文件与清洗在词元化之前，参看 `minillm/text` 中的 `read_lines` 和 `normalize`。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Sub-words.** *Byte pair encoding* (BPE) starts from single letters and joins, again and again, the most frequent pair of neighbours.
# Let a corpus have *tea* 3 times, *team* 2 times and *steam* 2 times:
#
# | merge | how often each pair occurs | joined | the words now |
# |---|---|---|---|
# | 1 | t·e 7, e·a 7, a·m 4, s·t 2 | e·a | t·ea, t·ea·m, s·t·ea·m |
# | 2 | t·ea 7, ea·m 4, s·t 2 | t·ea | tea, tea·m, s·tea·m |
# | 3 | tea·m 4, s·tea 2 | tea·m | tea, team, s·team |
# | 4 | s·team 2 | s·team | tea, team, steam |
#
# In the first row two pairs are equally frequent. We take the **smallest pair**, comparing numbers: (e, a) is (101, 97), (t, e) is
# (116, 101). A word that was never seen is cut by the same merges in the same order: *meat* gives m·ea·t, and nothing of it is lost.
#
# **Ids.** The training text is "the tea is hot", "the soup is cold". Seven special tokens have the ids 0 to 6, among them
# [PAD] 0, [UNK] 1, [CLS] 2 and [SEP] 3. The words follow, frequent ones first and equally frequent ones in alphabetical order: *is* 7,
# *the* 8, *cold* 9, *hot* 10, *soup* 11, *tea* 12. Two new sentences, framed by [CLS] and [SEP] and padded to one length:
#
# | sentence | ids | mask |
# |---|---|---|
# | the tea is cold | 2 8 12 7 9 3 | 1 1 1 1 1 1 |
# | hot coffee | 2 10 1 3 0 0 | 1 1 1 1 0 0 |
#
# *Coffee* is unknown and becomes 1. The mask is 0 where padding stands.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **子词**　**字节对编码**（byte pair encoding，BPE）反复把出现次数最多的一对相邻词元合并成一个。我们从字节开始：汉字的 UTF-8 编码通常占三个字节，“茶”是 `E8 8C B6`，“水”是 `E6 B0 B4`，“喝”是 `E5 96 9D`（十六进制）。设语料中“茶”出现 3 次，“茶水”2 次，“喝茶水”2 次：
#
# | 合并 | 各对出现的次数 | 合并哪一对 | 合并之后的“喝茶水” |
# |---|---|---|---|
# | 1 | `E8`·`8C` 7，`8C`·`B6` 7，`B6`·`E6` 4，`E6`·`B0` 4，`B0`·`B4` 4，`E5`·`96` 2，`96`·`9D` 2，`9D`·`E8` 2 | `8C`·`B6` | `E5`·`96`·`9D`·`E8`·`8CB6`·`E6`·`B0`·`B4` |
# | 2 | `E8`·`8CB6` 7，`8CB6`·`E6` 4，`E6`·`B0` 4，`B0`·`B4` 4，其余 2 | `E8`·`8CB6` | `E5`·`96`·`9D`·茶·`E6`·`B0`·`B4` |
# | 3 | 茶·`E6` 4，`E6`·`B0` 4，`B0`·`B4` 4，其余 2 | `B0`·`B4` | `E5`·`96`·`9D`·茶·`E6`·`B0B4` |
# | 4 | 茶·`E6` 4，`E6`·`B0B4` 4，其余 2 | `E6`·`B0B4` | `E5`·`96`·`9D`·茶·水 |
# | 5 | 茶·水 4，其余 2 | 茶·水 | `E5`·`96`·`9D`·茶水 |
#
# 第一行有两对次数相同。我们约定取**最小的一对**，按编号比较：(`8C`, `B6`) 是 (140, 182)，(`E8`, `8C`) 是 (232, 140)。第三、四行也靠这条约定。未见过的词，用同样的合并、按同样的次序来切：“茶杯”切成 茶·`E6`·`9D`·`AF`，“杯”字没有学过，留作三个字节，什么也不丢。
#
# **编号**　训练文本是“这茶很热”和“这汤很凉”两句，一个字算一个词元。七个特殊词元占用编号 0 到 6，其中 [PAD]（填充）是 0，[UNK]（未知）是 1，[CLS]（句首）是 2，[SEP]（句末）是 3。其余的按次数从多到少排，次数相同的按统一码（Unicode）的次序：很 7，这 8，凉 9，汤 10，热 11，茶 12。再来两个新句子，首尾加上 [CLS] 和 [SEP]，填充到同样长：
#
# | 句子 | 编号 | 掩码 |
# |---|---|---|
# | 这茶很凉 | 2 8 12 7 9 3 | 1 1 1 1 1 1 |
# | 汤鲜 | 2 10 1 3 0 0 | 1 1 1 1 0 0 |
#
# “鲜”不在词表里，编为 1。掩码在填充处为 0。

# %%
tea = TEA[LANGUAGE]
first_rows = [[7, 7, 4, 4, 4, 2, 2, 2], [7, 4, 4, 4, 2, 2, 2], [4, 4, 4, 2, 2, 2]]
pair_counts_by_hand = {  # in every row of the table, the largest first
    "en": [[7, 7, 4, 2], [7, 4, 2], [4, 2], [2]],
    "zh": [*first_rows, [4, 4, 2, 2, 2], [4, 2, 2, 2]],
}[LANGUAGE]
tokens_by_hand = {
    "en": [b"ea", b"tea", b"team", b"steam"],
    "zh": list(map(bytes.fromhex, ["8CB6", "E88CB6", "B0B4", "E6B0B4", "E88CB6E6B0B4"])),
}[LANGUAGE]
unseen_by_hand = {"en": [ord("m"), 256, ord("t")], "zh": [257, 0xE6, 0x9D, 0xAF]}[LANGUAGE]
ids_by_hand = np.array([[2, 8, 12, 7, 9, 3], [2, 10, 1, 3, 0, 0]])  # (2, 6)
mask_by_hand = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]], dtype=bool)  # (2, 6)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# Let word $w$ occur $c_w$ times, and let $n_w(a, b)$ be the number of places in it where $b$ follows $a$. A step of BPE joins
#
# $$(a^*, b^*) = \arg\max_{(a, b)} \sum_w c_w \, n_w(a, b),$$
#
# and of several such pairs the smallest. We start from **bytes**, not letters. Every text in every script is a row of bytes in UTF-8, and there are only 256 of
# them, so nothing is ever unknown. They keep their values as ids; the first joined pair becomes 256. Counting over
# different words instead of the whole text saves most of the work. In *aaa* the pair (a, a) is counted twice but can be joined
# only once, from the left: aa·a.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 设词 $w$ 出现 $c_w$ 次，其中 $b$ 紧跟在 $a$ 后面的地方有 $n_w(a, b)$ 处。BPE 每一步合并的是
#
# $$(a^*, b^*) = \arg\max_{(a, b)} \sum_w c_w \, n_w(a, b),$$
#
# 次数相同时取最小的一对。从**字节**出发有一个好处：任何文字按 UTF-8 编码都是一串字节，字节总共只有 256 种，所以永远不会有“未知”。代价是连三个字节合成一个汉字，也要靠合并学出来。字节的值就是它的编号，第一个合并出来的词元编为 256。只对不同的词计数，不必反复扫描全文，可以省去大部分工作。在 *aaa* 中，(a, a) 计两次，合并却只能从左边起合一次：aa·a。


# %%
def tally(words):
    """How often each pair of neighbours occurs in words given as (ids, times)."""
    counts = {}
    for ids, times in words:
        for i in range(len(ids) - 1):
            pair = (ids[i], ids[i + 1])
            counts[pair] = counts.get(pair, 0) + times
    return counts


def merge(ids, pair, new):
    """The ids with ``new`` in the place of every ``pair``, from the left."""
    if pair[0] not in ids:
        return ids
    out, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        out.append(new if found else ids[i])
        i += 2 if found else 1
    return out


# %%
def join_best(words, new):
    """One step: how often each pair occurs, the pair that is joined, the words afterwards."""
    counts = tally(words)
    pair = min(counts, key=lambda pair: (-counts[pair], pair))
    return counts, pair, [(merge(ids, pair, new), times) for ids, times in words]


def train(word_counts, n_merges):
    """The merges, and how often each pair occurred at each step."""
    words = [(list(word.encode()), times) for word, times in word_counts.items()]
    merges, tallies = [], []
    for new in range(256, 256 + n_merges):
        counts, pair, words = join_best(words, new)
        merges.append(pair)
        tallies.append(sorted(counts.values(), reverse=True))
    return merges, tallies


# %% [markdown] lang="en"
# A text is first cut into *pieces* that no merge crosses: a blank begins a piece, and letters part from other signs. Put together, they
# are the text again. To encode is to apply the merges in the order in which they were learned; to decode is to write out the bytes.

# %% [markdown] lang="zh"
# 文本先切成若干**片段**，合并不会跨越片段：每个空格开始一个新片段，字母（汉字也算）与其他符号分开。片段首尾相接就是原文，空格也不会丢。编码就是按学到的次序逐个应用这些合并；解码就是把字节写出来。


# %%
def pieces(text):
    """The text cut before blanks, and between letters and other signs."""
    kind = [character.isalpha() for character in text]
    cuts = [
        i
        for i in range(1, len(text))
        if text[i] == " " or (text[i - 1] != " " and kind[i] != kind[i - 1])
    ]
    return [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def encode_piece(piece, merges):
    ids = list(piece.encode())
    for new, pair in enumerate(merges, start=256):
        ids = merge(ids, pair, new)
    return ids


# %%
def encode(text, merges):
    return [i for piece in pieces(text) for i in encode_piece(piece, merges)]


def bytes_of_tokens(merges):
    """The bytes that each id stands for: 256 single ones, then those of the merges."""
    tokens = [bytes([i]) for i in range(256)]
    for first, second in merges:
        tokens.append(tokens[first] + tokens[second])
    return tokens


def decode(ids, merges):
    tokens = bytes_of_tokens(merges)
    return b"".join(tokens[i] for i in ids).decode()


# %%
merges, tallies = train(tea.counts, len(tokens_by_hand))
for pair, counts in zip(merges, tallies, strict=True):
    print(f"{pair!s:12} joined; the pairs occurred", *counts)
print([token.decode(errors="backslashreplace") for token in bytes_of_tokens(merges)[256:]])
print(tea.unseen, encode(tea.unseen, merges))
print(pieces(tea.clauses), encode(tea.clauses, merges))
assert tallies == pair_counts_by_hand, "the pairs occur as often as in the table of section 2"
assert bytes_of_tokens(merges)[256:] == tokens_by_hand, "the merges are those of the table"
assert encode(tea.unseen, merges) == unseen_by_hand, "the unseen word is cut as in section 2"
for text in ("", "aaa", " caf\u00e9  \n", "\U0001f375 \u8336", tea.clauses):
    assert decode(encode(text, merges), merges) == text, f"{text!r} comes back"

# %% [markdown] lang="en"
# **Reading the table**: each line is a merge, first the pair that is joined, as ids, then how often each pair occurred; below them what the new ids stand for.
#
# Words, characters, ids and padding are in the library; `frame` puts [CLS] and [SEP] around a row and keeps it within `max_length`. The mask, not the value 0, says what is
# padding; `side` is where padding goes, `truncate` the end at which a long row is cut.

# %% [markdown] lang="zh"
# **读表**：每行是一次合并，先是合并的一对（编号是十进制的，140 即 `8C`），再是各对出现的次数；下面一行是新编号所代表的文字，`\x8c\xb6` 这样的还不成字。
#
# 按词、按字符切分，用程序库现成的分词器；编号用 `Vocabulary`、`frame` 和 `pad`。哪些是填充，由掩码决定，而不是看编号是否为 0。`side` 指定填充放在哪一边，`truncate` 指定过长时从哪一头截断。

# %%
words, characters = WordTokenizer().tokenize, CharacterTokenizer().tokenize
print(words(tea.signs), characters(tea.new[1]))
vocabulary = Vocabulary.build(map(words, tea.training))
rows = [vocabulary.encode(words(text)) for text in tea.new]
framed = [frame(row, vocabulary, max_length=8) for row in rows]
ids, mask = pad(framed)  # (2, 6) both
print(ids, mask.astype(int), sep="\n")
assert np.array_equal(ids, ids_by_hand), "the ids are those of section 2"
assert np.array_equal(mask, mask_by_hand), "the mask is that of section 2"
known = words(tea.new[1])[0]
found = vocabulary.decode(ids[1])
assert found == ["[CLS]", known, "[UNK]", "[SEP]", "[PAD]", "[PAD]"], "the second word is unknown"
left, _ = pad(framed, length=4, side="left", truncate="left")  # (2, 4)
print(left)
assert vocabulary.cls_id not in left[0], "cut at the front, a sentence loses [CLS]"

# %% [markdown] lang="en"
# **Reading the table**: first ids, then masks, a sentence to a row, as in the table of section 2; the last array is the same sentences cut and padded at
# the *front*, to length 4.

# %% [markdown] lang="zh"
# **读表**：先是编号，再是掩码，一句占一行，与第 2 节的表相同；最后一个数组是同样两句，改为在**前端**截断和填充，长度为 4。

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Tokenising has no gradient: text and ids are discrete, and there is no small step from *tea* towards *team* along which
# a loss could change. Gradients begin one step later, at the table $E$ with one row per id. With ids $t_i$, mask $m_i$ and
# $M = \sum_i m_i$, the masked mean of a sentence and its gradient are
#
# $$\bar{y} = \frac{1}{M} \sum_i m_i E[t_i], \qquad \frac{\partial L}{\partial E[v]} = \sum_{i:\, t_i = v} \frac{m_i}{M} \frac{\partial L}{\partial \bar{y}}.$$
#
# An id that occurs twice receives both terms: the gradient of a lookup is a *scatter-add*. A position with $m_i = 0$ contributes exactly nothing.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 词元化没有梯度。文本与编号都是离散的：“茶”和“茶水”之间什么也没有，谈不上“走一小步，看损失怎样变化”。梯度从下一步开始，那就是嵌入表 $E$，每个编号占一行。设编号为 $t_i$，掩码为 $m_i$，$M = \sum_i m_i$，则句子的掩码均值及其梯度为
#
# $$\bar{y} = \frac{1}{M} \sum_i m_i E[t_i], \qquad \frac{\partial L}{\partial E[v]} = \sum_{i:\, t_i = v} \frac{m_i}{M} \frac{\partial L}{\partial \bar{y}}.$$
#
# 同一个编号出现两次，两份梯度都要加进去，这叫**散加**（scatter-add）。$m_i = 0$ 的位置，贡献恰好是零。


# %%
def masked_mean_rule(table, ids, mask, accumulate=True):
    m = (mask / mask.sum(axis=1, keepdims=True))[:, :, None]  # (B, T, 1)

    def vjp(g):  # (B, D)
        grad, parts = np.zeros_like(table), m * g[:, None, :]  # (V, D), (B, T, D)
        if accumulate:
            np.add.at(grad, ids, parts)
        else:
            grad[ids] += parts
        return (grad,)

    return (m * table[ids]).sum(axis=1), vjp  # (B, D)


# %%
table = np.random.default_rng(2).standard_normal((len(vocabulary), 4))  # (13, 4)
error = check_vjp(masked_mean_rule, table, rng=np.random.default_rng(3), ids=ids, mask=mask)
print(f"masked mean of rows: largest relative error {error:.1e}")
assert error < 1e-7, "the rule of the masked mean agrees with central differences"
by_product = np.eye(len(vocabulary))[ids] @ table  # (2, 6, 4)
same = np.allclose(by_product, ops.embedding(table, ids=ids).data)
assert same, "a lookup is a product with one-hot rows"

# %% [markdown] lang="en"
# [CLS] and [SEP] stand in both sentences. The tempting `grad[ids] += parts` keeps only one contribution to a repeated row:

# %% [markdown] lang="zh"
# [CLS] 和 [SEP] 在两句里都出现。写成 `grad[ids] += parts` 看似省事，重复的行却只留下一份贡献：

# %%
try:
    rng = np.random.default_rng(3)
    check_vjp(masked_mean_rule, table, rng=rng, ids=ids, mask=mask, accumulate=False)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the lost contribution went unnoticed")

# %% [markdown] lang="en"
# Now the library's lookup, and a sentence of four tokens with more and more padding. With the mask, loss and gradient do not
# move, and [PAD] receives exactly 0. Without it, both depend on how long the *other* sentences of the batch happen to be:

# %% [markdown] lang="zh"
# 再用程序库的查表运算，取一个四个词元的句子，在后面不断增加填充。有掩码时，损失和梯度都不变，[PAD] 那一行的梯度恰好为 0。没有掩码时，两者都会随填充而变，也就是取决于同一批里**别的**句子有多长：


# %%
def loss_and_gradient(ids, mask, target):
    parameters = Tensor(table, requires_grad=True)  # (13, 4)
    x = ops.embedding(parameters, ids=ids)  # (1, T, 4)
    mean = (x * mask[:, :, None]).sum(axis=1) / mask.sum()  # (1, 4)
    loss = ((mean - target) ** 2).sum()
    loss.backward()
    return float(loss.data), parameters.grad


masked, unmasked = {}, {}
for extra in (0, 2, 8, 96):
    row, real = pad(framed[1:], length=4 + extra)  # (1, 4 + extra) both
    for results, weights in ((masked, real.astype(float)), (unmasked, np.ones(row.shape))):
        results[extra] = loss_and_gradient(row, weights, np.ones(4))

# %%
print("padding   masked: loss   |gradient of [PAD]|   unmasked: loss   |gradient of [PAD]|")
for extra in masked:
    shown = [
        x for loss, grad in (masked[extra], unmasked[extra]) for x in (loss, abs(grad[0]).max())
    ]
    print("{:7d} {:14.6f} {:21.6f} {:16.6f} {:21.6f}".format(extra, *shown))

loss, gradient = masked[0]
for padded_loss, padded_gradient in masked.values():
    assert (padded_gradient[0] == 0).all(), "with the mask, [PAD] receives exactly 0"
    assert np.isclose(padded_loss, loss, rtol=1e-12), "with the mask, the loss does not move"
    assert np.allclose(padded_gradient, gradient, rtol=1e-12), "nor does any gradient"
moved = [abs(unmasked[extra][0] - loss) for extra in (2, 8, 96)]
assert min(moved) > 1e-3, "without the mask, the loss depends on the padding"
reached = [abs(unmasked[extra][1][0]).max() for extra in (2, 8, 96)]
assert min(reached) > 1e-3, "without the mask, [PAD] is trained"

# %% [markdown] lang="en"
# **Reading the table**: a row for each number of [PAD] put behind the sentence; on the left loss and gradient with the mask, on the right without it.

# %% [markdown] lang="zh"
# **读表**：每行对应句末补上的 [PAD] 个数；左边两列是有掩码时的损失和 [PAD] 的梯度，右边两列是没有掩码时的。

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **Blanks** (5.2.1, A66). The Keras class splits at blanks. Chinese has none: a sentence becomes one "word". Unseen words are not
# counted as unknown, they vanish: in the last line printed below, *hot coffee* leaves one id instead of two. It is not BERT's tokeniser, and it is deprecated (A65). We split at blanks ourselves: 2000 Chinese
# reviews for the vocabulary and 500 unseen ones. The corpora come from small grammars, templates with slots, whose numbered sentences are
# parted into train and test.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **空格**（5.2.1 节，A66）　Keras 的分词器按空格切分。中文不用空格，整句话就成了一个“词”。未见过的词并不计为未知，而是悄悄消失：下面打印的最后一行，“汤鲜”本应有两个编号，却只剩一个。它不是 BERT 的分词器，而且已被弃用（A65）。我们自己按空格切一次试试：用 2000 条中文评论建词表，再看 500 条未见过的评论。这些语料由小型**文法**生成：模板带有空位，填上词就成句子；每句都有编号，再按编号分成训练集和测试集。


# %%
def load_texts(name, part):
    """The texts of one part of a corpus in both languages."""
    settings = {"sizes": (2000, 0, 500), "single_clauses": False}
    return {
        language: [example.text for example in load_corpus(name, language, **settings)[part]]
        for language in languages
    }


languages = ("en", "zh")
train_texts, test_texts = load_texts("sentiment", 0), load_texts("sentiment", 2)
news_texts = load_texts("topics", 2)

# %%
review = test_texts["zh"][0]
print(review.split(), len(words(review)), "tokens of WordTokenizer")
at_blanks = Vocabulary.build(map(str.split, train_texts["zh"]))
missed = at_blanks.unknown_rate(map(str.split, test_texts["zh"]))
n_words = len(at_blanks) - at_blanks.n_special
print(f"{n_words} words in 2000 sentences, unknown in the others: {missed:.2f}")
assert len(review.split()) == 1, "a Chinese sentence without blanks is one word"
assert len(words(review)) == len(review), "our tokeniser gives its characters"
assert (n_words, missed) == (2000, 1), "every sentence is a word of its own"

id_of = {word: i for i, word in enumerate(vocabulary.tokens)}
without_unknown = [id_of[word] for word in words(tea.new[1]) if word in id_of]
print(without_unknown, rows[1])
assert (len(without_unknown), len(rows[1])) == (1, 2), "the unknown word vanishes"

# %% [markdown] lang="en"
# **A function that calls itself** (A64). The guide imports a padding function, then defines its own under the same name, meaning to pass
# the work on. But from then on the name means the new function. Two small functions with the same fault:

# %% [markdown] lang="zh"
# **自己调用自己**（A64）　指南先导入一个填充函数，接着又定义了一个同名函数，想在里面调用前者。可是从定义完成起，这个名字指的就是新函数了。下面是我们自己写的两个小函数，毛病相同：


# %%
def shorten(rows, size):
    return [row[:size] for row in rows]


assert shorten(framed, size=2)[0].tolist() == [2, 8], "the first function works"


def shorten(rows, length):
    return shorten(rows, size=length)


try:
    shorten(framed, length=2)
except TypeError as fault:
    print(type(fault).__name__, fault)


def shorten(rows, size):
    return shorten(rows, size=size)


try:
    shorten(framed, size=2)
except RecursionError as fault:
    print(type(fault).__name__, fault)

# %% [markdown] lang="en"
# A new name for the new function is the whole remedy. Three more points:
#
# * **The size of the table** (5.2.2, A68) is that of the vocabulary. The guide gives it as many rows as a sequence has positions.
# * **Padding** (A67). The function that the guide imports also *cuts*, and does both at the front, unless told otherwise. With 98 of 100 positions
#   padded and no mask, the mean is nearly the vector of [PAD], and two texts without a common word look almost the same. Cut at the front, a sentence loses [CLS], as in the last array of section 3.
# * **High-dimensional** (section 2.1, A20): a row of $E$ is short compared with the one-hot vector that it stands for, e.g. 768 to 30,522 in BERT.

# %% [markdown] lang="zh"
# 给新函数另起一个名字就行了。还有三点：
#
# * **表的大小**（5.2.2 节，A68）应当等于词表的大小；指南的表却是序列有多少个位置，就有多少行。
# * **填充**（A67）　指南所用的函数还会**截断**，而且默认都在前端进行。100 个位置若有 98 个是填充，又没有掩码，求出的均值几乎就是 [PAD] 的向量，两段没有一个共同词的文本看上去也几乎一样。从前端截断，还会把 [CLS] 截掉，见第 3 节最后一个数组。
# * **高维**（2.1 节，A20）　$E$ 的一行比它所代表的独热向量短得多，例如 BERT 是 768 对 30,522。


# %%
try:
    ops.embedding(np.zeros((ids.shape[1], 4)), ids=ids)  # a row for each position
except IndexError as fault:
    print(type(fault).__name__, fault)
else:
    raise RuntimeError("a table of the wrong size went unnoticed")


# %%
def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


vectors = np.random.default_rng(4).standard_normal((len(vocabulary), 256))  # (13, 256)
two, real = pad([[8, 12], [10, 11]], length=100)  # (2, 100) both
all_averaged, _ = masked_mean_rule(vectors, two, np.ones(two.shape))  # (2, 256)
averaged, _ = masked_mean_rule(vectors, two, real)  # (2, 256)
print(f"cosine with [PAD], unmasked:     {cosine(all_averaged[0], vectors[0]):.4f}")
print(f"cosine of two texts, unmasked:   {cosine(*all_averaged):.4f}", end="   ")
print(f"masked: {cosine(*averaged):.4f}")
assert cosine(all_averaged[0], vectors[0]) > 0.99, "without a mask, a text is nearly [PAD]"
assert cosine(*all_averaged) > 0.99, "and two texts without a common word look alike"
assert abs(cosine(*averaged)) < 0.5, "with a mask they do not"

# %% [markdown] lang="en"
# ## 6 Experiment
#
# Words, characters or sub-words? We learn 300 merges from the 2000 training reviews of each language and measure on unused texts:
# 500 reviews of the *same* grammar, 500 *news* items of another. All vocabularies come from the training reviews alone.

# %% [markdown] lang="zh"
# ## 6 实验
#
# 词、字符、子词，哪种好？我们在每种语言的 2000 条训练评论上各学 300 次合并，再用没有参与训练的文本来测量：一是**同一文法**的 500 条评论，二是**另一文法**的 500 条新闻。所有词表都只取自训练评论。


# %%
def piece_counts(texts):
    counts = {}
    for text in texts:
        for piece in pieces(text):
            counts[piece] = counts.get(piece, 0) + 1
    return counts


def bytes_per_token(texts, merges):
    """Bytes per token after 0, 1, 2, ... merges."""
    rows = [(list(piece.encode()), times) for piece, times in piece_counts(texts).items()]
    n_bytes, curve = sum(len(ids) * times for ids, times in rows), [1.0]
    for new, pair in enumerate(merges, start=256):
        rows = [(merge(ids, pair, new), times) for ids, times in rows]
        curve.append(n_bytes / sum(len(ids) * times for ids, times in rows))
    return np.array(curve)


# %%
n_merges = 300
learned = {lang: train(piece_counts(train_texts[lang]), n_merges)[0] for lang in languages}
curves = {
    (lang, name): bytes_per_token(texts[lang], learned[lang])
    for lang in languages
    for name, texts in (("test", test_texts), ("news", news_texts))
}
for lang in languages:
    longest = sorted(bytes_of_tokens(learned[lang]), key=len)[-3:]
    print(lang, "longest tokens:", [token.decode(errors="backslashreplace") for token in longest])
    assert len(longest[0]) >= 11, "merges swallow whole words, in Chinese whole phrases"


# %%
def size_of(texts):
    return sum(len(text.encode()) for text in texts), sum(map(len, texts))  # bytes, characters


def row_of(lang, cut):
    """Size of the vocabulary; then tokens per character and unknown share, test and news."""
    from_training = Vocabulary.build(map(cut, train_texts[lang]))
    row = [len(from_training)]
    for texts in (test_texts[lang], news_texts[lang]):
        cut_texts = list(map(cut, texts))
        per_character = sum(map(len, cut_texts)) / size_of(texts)[1]
        row += [per_character, from_training.unknown_rate(cut_texts)]
    return row


def row_of_bpe(lang):
    row = [vocabulary.n_special + 256 + n_merges]
    for name, texts in (("test", test_texts[lang]), ("news", news_texts[lang])):
        n_bytes, n_characters = size_of(texts)
        row += [n_bytes / curves[lang, name][-1] / n_characters, 0.0]
    return row


# %%
table_of = {}
for lang in languages:
    for name, cut in (("blanks", str.split), ("words", words), ("characters", characters)):
        table_of[lang, name] = row_of(lang, cut)
    table_of[lang, "BPE"] = row_of_bpe(lang)

print("                            same grammar           news")
print("               vocabulary   tok/char unknown   tok/char unknown")
for (lang, name), row in table_of.items():
    print("{} {:11s} {:10d} {:10.3f} {:7.3f} {:10.3f} {:7.3f}".format(lang, name, *row))

leaking = Vocabulary.build(map(words, train_texts[LANGUAGE] + news_texts[LANGUAGE]))
leaked = leaking.unknown_rate(map(words, news_texts[LANGUAGE]))
print(f"{LANGUAGE}: unknown words in news, vocabulary from all texts: {leaked:.3f}")
assert leaked == 0, "a vocabulary that has seen the exam knows every word of it"

# %%
for lang in languages:
    tokens = bytes_of_tokens(learned[lang])
    for texts in (test_texts[lang], news_texts[lang]):
        whole = all("".join(pieces(text)) == text for text in texts)
        assert whole, "the pieces of a text, put together, are the text"
        for piece in piece_counts(texts):
            back = b"".join(tokens[i] for i in encode_piece(piece, learned[lang]))
            assert back == piece.encode(), "BPE loses nothing"

# %% [markdown] lang="en"
# **Reading the table**: *tok/char* is tokens per character of the text, *unknown* the share of tokens that the vocabulary lacks; first on the reviews, then
# on the news. BPE's 0 in that column is measured: in the cell above every piece of every text comes back from encoding and decoding
# unchanged. In Chinese, `WordTokenizer` has no dictionary and gives single characters.

# %% [markdown] lang="zh"
# **读表**：tok/char 是平均每个字符切成几个词元，unknown 是词表中没有的词元所占的比例；先看同一文法的评论，再看新闻。四种切法依次是按空格、按词、按字符和 BPE。
#
# BPE 的未知率为 0，是逐一验证过的：上面单元格里的断言把每段文本的每个片段编码后再解码，全都原样还原。词和字符用的是程序库的分词器；`WordTokenizer` 没有词典，遇到中文就切成单字。

# %%
unknown = {key: (row[2], row[4]) for key, row in table_of.items()}
assert unknown["en", "words"][0] == 0, "the same grammar has no new word"
stated("english_words", unknown["en", "words"][1], 0.64, 0.005, "unknown words in the news")
assert unknown["zh", "blanks"] == (1.0, 1.0), "split at blanks, all Chinese is unknown"
assert unknown["zh", "characters"][0] == 0, "the same grammar has no new character"
stated("chinese_characters", unknown["zh", "characters"][1], 0.61, 0.005, "unknown characters")
assert unknown["en", "characters"][1] < 0.02, "English letters are hardly ever unknown"
stated("test_en", curves["en", "test"][-1], 3.4, 0.05, "bytes per token, reviews")
stated("news_en", curves["en", "news"][-1], 1.8, 0.05, "bytes per token, news")
stated("test_zh", curves["zh", "test"][-1], 3.0, 0.05, "bytes per token, reviews")
stated("news_zh", curves["zh", "news"][-1], 1.4, 0.05, "bytes per token, news")
assert abs(table_of["zh", "BPE"][1] - 1) < 0.01, "one token per Chinese character"
assert table_of["zh", "BPE"][3] > 2, "on the news more than two"


# %%
def draw_curves(axes, lang):
    """Bytes per token against merges; the levels of words and characters, one over the other."""
    for name, style, label in (("test", "o-", "same grammar"), ("news", "s--", "news")):
        axes.plot(shown, curves[lang, name][shown], style, ms=4, label=label)
    for name, line in (("words", {"color": "0.75", "lw": 5}), ("characters", {"color": "k"})):
        style = ":" if name == "characters" else "-"
        axes.axhline(levels[lang, name], ls=style, zorder=1, label=name, **line)
    axes.set(xlabel="merges", ylabel="bytes per token", ylim=(0.5, 7.4), title=lang)
    axes.legend(loc="upper left", ncols=2)


shown = np.array([0, 5, 10, 20, 30, 50, 75, 100, 150, 200, 250, 300])
levels = {}
for lang in languages:
    n_bytes, n_characters = size_of(test_texts[lang])
    for name in ("words", "characters"):
        levels[lang, name] = n_bytes / n_characters / table_of[lang, name][1]

# %%
figure, both = plt.subplots(1, 2)
drawn = {"merges": shown}
for axes, lang in zip(both, languages, strict=True):
    draw_curves(axes, lang)
    drawn |= {f"{name}_{lang}": curves[lang, name][shown] for name in ("test", "news")}
    drawn |= {f"{name}_{lang}": levels[lang, name] for name in ("words", "characters")}
savefig(figure, "02_bpe_curve", drawn)

# %% [markdown] lang="en"
# **What you saw.** Whole words give short rows but are brittle: on the same grammar none is unknown, on the news {here.english_words:.0%} are. English
# letters hardly ever are, Chinese characters often: {here.chinese_characters:.0%} of those in the news were not in the reviews. Split at blanks, every Chinese test
# sentence is unknown. BPE loses nothing, and 300 merges bring English to {here.test_en} bytes per token and Chinese to {here.test_zh}, one token per character. On the news it
# pays: {here.news_en} and {here.news_zh}, in Chinese more than two tokens per character. Last line of the table: a vocabulary from *all* texts reports no unknown word, for it has
# seen the exam. In the right figure the wide grey line and the dotted one coincide, since our Chinese "words" are characters.
#
# **What it does not show.** The grammars repeat themselves, so merges swallow whole words, in Chinese whole phrases. Real models learn tens of thousands of merges
# from varied text; how close these come to words on new text, and which level gives the better *model*, is not measured here.

# %% [markdown] lang="zh"
# **看到了什么**　英文按词切，序列短，却经不起换文本：同一文法里没有一个未知词，换成新闻，{here.english_words:.0%} 的词是未知的。英文字母几乎不会未知，汉字却常常未知：新闻里 {here.chinese_characters:.0%} 的字在评论中没有出现过。按空格切分，每个中文测试句都未知。BPE 什么也不丢；300 次合并使英文达到每个词元 {here.test_en} 字节，中文 {here.test_zh} 字节，相当于一字一个词元。换成新闻就要付出代价：分别只有 {here.news_en} 和 {here.news_zh} 字节，中文一个字要用两个多词元。表下最后一行，词表取自**全部**文本，未知率就成了 0：这等于考前看过了试卷。右图中灰色的宽线与点线重合，因为这里中文的“词”就是单字。
#
# **不能由此得出的**　这两种文法总是重复那些句式，所以合并才能吞下整个词，在中文里甚至吞下整个短语。实际的模型要从多样的文本中学几万次合并；那样的子词在新文本上有多接近整词，哪一种切法训练出的**模型**更好，这里都没有测量。

# %% [markdown] lang="en"
# **How often do tokens occur?** *Zipf's law* says of natural text: the $r$-th most frequent word occurs about
#
# $$f(r) \approx \frac{C}{r^s}, \qquad \ln f(r) \approx \ln C - s \ln r, \qquad s \approx 1$$
#
# times, a straight line in logarithmic axes. Is that so in our training reviews?

# %% [markdown] lang="zh"
# **词元各出现多少次？**　**齐普夫定律**（Zipf's law）说，在自然文本中，次数排第 $r$ 位的词大约出现
#
# $$f(r) \approx \frac{C}{r^s}, \qquad \ln f(r) \approx \ln C - s \ln r, \qquad s \approx 1$$
#
# 次，在双对数坐标下是一条直线。我们的训练评论也是这样吗？


# %%
def frequencies(counted):
    totals = {}
    for tokens, times in counted:
        for token in tokens:
            totals[token] = totals.get(token, 0) + times
    return np.array(sorted(totals.values(), reverse=True))  # (number of different tokens,)


def slope(f, first, last):
    r = np.arange(first, last + 1)  # (last - first + 1,)
    return np.polyfit(np.log(r), np.log(f[first - 1 : last]), 1)[0]


f_of = {}
for lang in languages:
    f_of["words", lang] = frequencies((words(text), 1) for text in train_texts[lang])
    counted = piece_counts(train_texts[lang]).items()
    encoded = ((encode_piece(piece, learned[lang]), times) for piece, times in counted)
    f_of["BPE", lang] = frequencies(encoded)

# %%
print("           slope over ranks                            ten most")
print("             1-10  10-100   100-   all   rarest  once  frequent")
slopes, top_ten = {}, {}
for (name, lang), f in f_of.items():
    spans = ((1, 10), (10, 100), (100, len(f)), (1, len(f)))
    slopes[name, lang] = [slope(f, *span) for span in spans]
    top_ten[name, lang] = f[:10].sum() / f.sum()
    row = (name, lang, *slopes[name, lang], f[-1], (f == 1).mean(), top_ten[name, lang])
    print("{:5s} {}   {:7.2f} {:7.2f} {:6.2f} {:5.2f} {:8d} {:5.2f} {:9.2f}".format(*row))

# %%
first_en, middle_en, _, all_en = slopes["words", "en"]
first_zh, middle_zh, _, all_zh = slopes["words", "zh"]
stated("all_en", all_en, -0.9, 0.05, "slope over all ranks")
stated("all_zh", all_zh, -0.8, 0.05, "slope over all ranks")
stated("first_en", first_en, -1.1, 0.05, "slope over the first ten ranks")
stated("first_zh", first_zh, -0.9, 0.05, "slope over the first ten ranks")
stated("middle_en", middle_en, -0.7, 0.05, "slope over ranks 10 to 100")
stated("middle_zh", middle_zh, -0.55, 0.05, "slope over ranks 10 to 100")
stated("rarest_en", f_of["words", "en"][-1], 23, 0, "the rarest word")
stated("rarest_zh", f_of["words", "zh"][-1], 27, 0, "the rarest word")
for lang in languages:
    first, middle, last, _ = slopes["words", lang]
    assert middle > first + 0.2, "the line is flatter in its middle"
    assert last < middle - 0.4, "and steeper beyond rank 100"
    assert top_ten["BPE", lang] < top_ten["words", lang] - 0.09, "BPE spreads out the most frequent"

# %%
figure, both = plt.subplots(1, 2)
for axes, lang in zip(both, languages, strict=True):
    for name, style in (("words", "o"), ("BPE", "x")):
        f = f_of[name, lang]
        axes.loglog(np.arange(1, len(f) + 1), f, style, ms=4, label=name)
    ranks = np.array([1, 300])
    axes.loglog(ranks, f_of["words", lang][0] / ranks, "--", color="gray", lw=1, label="$C/r$")
    axes.set(xlabel="rank $r$", ylabel="occurrences $f(r)$", title=lang)
    axes.legend(loc="lower left")
savefig(figure, "02_zipf", {f"{name}_{lang}": f for (name, lang), f in f_of.items()})

# %% [markdown] lang="en"
# **Reading the table**: four slopes, each over a span of ranks; then how often the rarest token occurs, which share of the different tokens occurs once, and
# which share of the text the ten most frequent ones make up.
#
# **What you saw.** Over all ranks the slopes are ${here.all_en}$ and ${here.all_zh}$, which looks like Zipf's law. It is not. The line is bent: ${here.first_en}$ and ${here.first_zh}$ over the
# first ten ranks, flatter in the middle (${here.middle_en}$ and ${here.middle_zh}$), steeper beyond rank 100. And the tail is missing: the rarest word occurs {here.rarest_en} times in
# English and {here.rarest_zh} times in Chinese, while in natural text about half of the different words occur once. Grammars draw from closed lists; that is why
# their own test split had no unknown word. BPE lowers the share of the ten most frequent tokens, since it joins what is frequent.
#
# **What it does not show.** Texts written by a program are no evidence for or against the law. A vocabulary for natural text must cope
# with the long tail that they lack.

# %% [markdown] lang="zh"
# **读表**：前四列是各段名次上的斜率；rarest 是最少见的词元出现的次数，once 是只出现一次的词元所占的比例，最后一列是最常见的十个词元在文本中所占的比例。
#
# **看到了什么**　对全部名次作一次拟合，英文和中文的斜率是 ${here.all_en}$ 和 ${here.all_zh}$，很像齐普夫定律，其实不是。这条线是弯的：前十名是 ${here.first_en}$ 和 ${here.first_zh}$，中段较平（${here.middle_en}$ 和 ${here.middle_zh}$），一百名以后又变陡。而且没有长尾：出现次数最少的词，英文也有 {here.rarest_en} 次，中文 {here.rarest_zh} 次；而在自然文本中，大约一半的词只出现一次。文法只从固定的词单里挑词，所以同一文法的测试集里才没有未知词。BPE 专门合并常见的组合，最常见的十个词元在文本中所占的比例随之下降。
#
# **不能由此得出的**　这些文本由程序写成，既不能证明也不能否定齐普夫定律；自然文本的词表必须应付长尾，而这里恰恰没有长尾。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Tokenising and numbering are two steps: text to tokens, tokens to ids. Merges and vocabulary come from the training text alone.
# * Words lose unseen ones, characters give long rows, byte-level BPE loses nothing and adapts to what is frequent.
# * A lookup takes rows of a table that is as high as the vocabulary; its gradient adds up over repeated ids.
# * Padding needs a mask: then neither loss nor gradient knows that it is there.
# * A token of bytes may be part of a character: ids that were cut need not be valid text. And our rule for pieces is simple; how
#   to cut numbers, code or languages without blanks is a choice with consequences.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 词元化与编号是两步：文本切成词元，词元换成编号。合并与词表都只能取自训练文本。
# * 按词切，丢掉未见过的词；按字符切，序列太长；字节级 BPE 什么也不丢，并且能适应常见的组合。
# * 查表就是取表中的行，表的行数等于词表的大小；编号重复时，梯度要累加。
# * 填充必须配掩码，这样损失和梯度都察觉不到它的存在。
# * 字节级的词元可能只是一个汉字的一部分，从中间截断，得到的编号不一定还能解码成文字。我们切片段的规则很简单；数字、代码、没有空格的语言究竟该在哪里切，不同的选择会有不同的后果。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **02.1 Encode by rank.** `encode_piece` tries all merges in turn, 300 of them even for two letters. Real tokenisers go the other way: of
# the pairs that *are* there, join the one that was learned first, wherever it occurs, and repeat until no pair that was learned is
# left. Write this for any text, without pieces. `joined` is a dictionary: `joined[a, b]` is the id that the pair (a, b) becomes, and the pair learned
# first has the smallest. Look pairs up in it (`in`, `[]`, `get`), but do not walk through it: real ones hold tens of thousands. Your ids must decode to the same text.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **02.1 按次序编码**　`encode_piece` 要把所有合并挨个试一遍，哪怕文本只有两个字母，也要试 300 次。实际的分词器反过来做：在**现有**的相邻对中，找出最早学到的那一对，凡出现之处都合并，如此反复，直到没有一对是学过的。请对任意文本写出这种编码，不必切片段。`joined` 是一个字典：`joined[a, b]` 是 (a, b) 这一对合并成的编号，越早学到的编号越小。可以在里面查找某一对（`in`、`[]`、`get`），但不要把它从头到尾走一遍：实际的字典里有好几万对。你返回的编号解码之后必须与原文一字不差。


# %% tags=["exercise"]
def encode_by_rank(text, joined):
    return ...  # list of ids


# %% tags=["solution"]
def encode_by_rank(text, joined):
    ids = list(text.encode())
    while True:
        there = [pair for pair in tally([(ids, 1)]) if pair in joined]
        if not there:
            return ids
        pair = min(there, key=joined.get)
        ids = merge(ids, pair, joined[pair])


# %% tags=["exercise-check"]
check("02.1", encode_by_rank)

# %% [markdown] lang="en"
# **02.2 One length.** Bring rows of ids to `length`: cut at the end named by `truncate`, "left" or "right", or add `pad_id` at the
# end named by `side`. Return ids and mask (True at real ids), both `(number of rows, length)`. Careful: `pad_id` may also occur
# as a real id, and `length` may be 0.

# %% [markdown] lang="zh"
# **02.2 统一长度**　把若干行编号统一成长度 `length`：过长的，在 `truncate` 指定的一端（`"left"` 或 `"right"`）截断；不足的，在 `side` 指定的一端补上 `pad_id`。返回编号和掩码（真实编号处为 True），形状都是（行数，`length`）。当心：`pad_id` 也可能是真实的编号，`length` 还可能是 0。


# %% tags=["exercise"]
def to_length(rows, length, pad_id, side, truncate):
    return ...  # ids, mask


# %% tags=["solution"]
def to_length(rows, length, pad_id, side, truncate):
    ids = np.full((len(rows), length), pad_id)
    mask = np.zeros((len(rows), length), dtype=bool)
    for i, row in enumerate(rows):
        n = min(len(row), length)
        place = slice(0, n) if side == "right" else slice(length - n, length)
        ids[i, place] = row[:n] if truncate == "right" else row[len(row) - n :]
        mask[i, place] = True
    return ids, mask


# %% tags=["exercise-check"]
check("02.2", to_length)

# %% [markdown] lang="en"
# **02.3 A step of BPE with arrays.** `merge` walks through the ids one by one, which is slow in Python. Write a step with comparisons of whole
# NumPy arrays, without a loop over the ids: find the most frequent pair in `ids` (overlapping places count too; ties: the smallest pair), replace it by
# `new`, return the pair as two numbers and the new array. The trap is a run such as *aaaa*: which places begin a pair? There are
# at least two ids, none negative; they may go up to some thousands. `new` is none of them.

# %% [markdown] lang="zh"
# **02.3 用数组做一步 BPE**　`merge` 一个一个地走过编号，在 Python 里很慢。请改用整个数组的比较，不对编号写循环，对一个 NumPy 编号数组做一步 BPE：找出次数最多的一对（每一处都算，重叠的也算；次数相同取最小的一对），把它换成 `new`，返回这一对（两个数）和新数组。陷阱在 *aaaa* 这样连续相同的一段：哪些位置才是一对的开头？数组至少有两个编号，都不是负数，最大可达几千。`new` 与它们都不同。


# %% tags=["exercise"]
def bpe_step(ids, new):
    return ...  # pair, new array


# %% tags=["solution"]
def bpe_step(ids, new):
    ids = np.asarray(ids, dtype=np.int64)
    base = ids.max() + 1
    codes = ids[:-1] * base + ids[1:]  # one number a place, ordered like the pairs
    values, counts = np.unique(codes, return_counts=True)
    best = values[counts.argmax()]  # the first of the largest: the smallest pair
    begins = np.append(codes == best, False)
    places = np.arange(len(ids))
    last_other = np.maximum.accumulate(np.where(begins, -1, places))
    begins &= (places - last_other) % 2 == 1  # first, third, ... of a run
    replaced = np.where(begins, new, ids)
    return divmod(int(best), int(base)), replaced[~np.append(False, begins[:-1])]


# %% tags=["exercise-check"]
check("02.3", bpe_step)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Sennrich, Haddow & Birch 2016, "Neural Machine Translation of Rare Words with Subword Units": BPE for words.
# * Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2: bytes as the base.
# * Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", section 3: [CLS], [SEP] and a vocabulary of
#   30,000 pieces (30,522 in the models that were published).
# * Manning & Schütze 1999, *Foundations of Statistical Natural Language Processing*, section 1.4: Zipf's law, and how many words occur once.
# * In this project: `minillm/text/`, `minillm/ops/lookup.py`, `tests/guide/test_tokenization.py`, `tests/guide/test_padding.py`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Sennrich、Haddow、Birch，2016，“Neural Machine Translation of Rare Words with Subword Units”：把 BPE 用于切分单词。
# * Radford 等，2019，“Language Models are Unsupervised Multitask Learners”，2.2 节：从字节出发。
# * Devlin 等，2019，“BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding”，第 3 节：[CLS]、[SEP] 与 30,000 个子词的词表（公开发布的模型是 30,522 个）。
# * Manning、Schütze，1999，*Foundations of Statistical Natural Language Processing*，1.4 节：齐普夫定律，以及有多少词只出现一次。
# * 本项目：`minillm/text/`、`minillm/ops/lookup.py`、`tests/guide/test_tokenization.py`、`tests/guide/test_padding.py`。
