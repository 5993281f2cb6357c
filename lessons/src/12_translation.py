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
#     lesson: 12
#     guide: ['6.2', '9.2']
#     budget_s: 45
#     errata: [A76, A77, A109]
#     introduces: [minillm.models.encoder_decoder, minillm.models.decoding.source_reader, minillm.tasks.metrics.alignment, minillm.tasks.metrics.bleu, minillm.tasks.metrics.chrf, minillm.tasks.translation.attention, minillm.tasks.translation.baselines, minillm.tasks.translation.batches, minillm.tasks.translation.evaluation, minillm.tasks.translation.recipe, minillm.tasks.translation.training, minillm.tasks.translation.translator, minillm.tasks.translation.word_links, minillm.text.corpora.parallel, minillm.text.parallel_files]
# ---

# %% tags=["numbers"]
LITERALS = {
    "by hand, asserted in section 2": "0 1 2 4 5 6 0.09 0.15 0.18 0.3 0.4 0.45 0.5",
    "fractions by hand, as LaTeX writes them": "12 18 24 45",
    "BLEU is in percent": "100",
    "settings of the experiments": "0.1 150 700 64",
}

# %% [markdown] lang="en"
# # Lesson 12. Translation: an encoder and a decoder
#
# **Question.** A translation is longer or shorter than its source, and its words stand elsewhere. Which network can write such a thing, and how does one tell whether it is any good?
#
# **Afterwards you can** derive and check cross-attention, through which a decoder teaches its encoder; shift a target for teacher forcing; compute BLEU by hand and say when it means nothing; compare greedy search with beams; hold a picture of attention against true links; and show what an encoder alone cannot write.
#
# **Before this**: lesson 6 (heads, masks, positions), lesson 8 (GPT), lesson 9 (BERT). **Time**: about forty seconds to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 12 课　翻译：编码器与解码器
#
# **问题**　译文比原文长或者短，词的位置也不一样。什么样的网络写得出这样的东西？译得好不好，又怎么判断？
#
# **学完本课，你能够**　推导并检验交叉注意力，解码器正是通过它教编码器的；为教师强制把目标错开一位；手算 BLEU，并说出它什么时候毫无意义；比较贪心搜索与集束搜索；拿注意力的图去对照真实的对应关系；演示只有编码器写不出什么。
#
# **预备知识**　第 6 课（多头、掩码与位置编码）、第 8 课（GPT）、第 9 课（BERT）。**用时**　运行约四十秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_vjp, gradients_of
from minillm.course import check, savefig, setup, stated
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.nn import MultiHeadAttention
from minillm.optim import AdamW
from minillm.tasks.metrics import alignment_error_rate, bleu, chrf
from minillm.tasks.translation import (
    TranslationRecipe,
    TranslationTraining,
    WordForWord,
    WordLinks,
    attention_of,
    evaluate_translations,
    score_translations,
)
from minillm.text.corpora.parallel import TIMES, load_parallel
from minillm.text.parallel_files import Pair
from minillm.training import fit

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 6.2: machine translation is one of the successes of large language models (A76); BERT learns in pretraining which expressions of two languages correspond, and can translate well (A77). Section 9.2 repeats it: BERT for classification and translation, GPT for generation (A109).
#
# The first sentence is right. The second is not. BERT is an encoder; its paper has no translation, it read one language, and, as section 6.4 shows, what it puts out has the wrong shape for a translation. The model that made translation a success is the first Transformer, an encoder *and a decoder*, learned from pairs of sentences (Vaswani et al. 2017).

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 6.2 节说：机器翻译是大语言模型的成功应用之一（A76）；BERT 通过预训练学习源语言和目标语言之间的对应关系，可以实现高质量的翻译（A77）。9.2 节又说了一遍：BERT 用于分类和翻译，GPT 用于生成（A109）。
#
# 第一句对，第二句不对。BERT 是编码器；它的论文里没有翻译，它读的只是一种语言，而且（见 6.4 节）它的输出在形状上就不是译文。使翻译取得成功的，是最早的 Transformer：一个编码器**加一个解码器**，用成对的句子训练（Vaswani 等，2017）。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Teacher forcing.** A decoder is asked at every position for the next token, and is given the *right* tokens before it, not its own. So the same sentence stands twice, one position apart:
#
# | the decoder is given | [BOS] | *wǒ* | *zuó* | *tiān* |
# |---|---|---|---|---|
# | it has to say | *wǒ* | *zuó* | *tiān* | [EOS] |
#
# Forget to shift, and it learns to copy what it is given: the loss falls to 0 and nothing has been learned.
#
# **Two right translations.** In Chinese "I ... yesterday" begins with *wǒ zuó tiān* (I, yester-, day) or with *zuó tiān wǒ*. (In tables and figures, and where a cell prints such pieces, characters are written by their sound, in *pinyin*.) Both are right, each half of the time. A decoder writes its first character by a coin, with probability $\tfrac12$, and *knows which one it wrote*: $\tfrac12 \cdot 1 \cdot 1$ for either, a loss of $\ln 2$ = {here.coin} nats. An encoder has one distribution for each place, and chooses in each without the others. The best it can have is *wǒ* or *zuó*, then *zuó* or *tiān*, then *tiān* or *wǒ*, each $\tfrac12$: both right beginnings have $(\tfrac12)^3 = \tfrac18$, the loss is $3 \ln 2$ = {here.coins}, and in three of four cases it writes nonsense like *wǒ tiān tiān*.
#
# **BLEU.** Reference *she bought a red book yesterday*, translation *she bought a a book*. Of its 5 words 4 are right: the second *a* does not count, for the reference has only one (*clipping*: no word counts oftener than the reference has it). Of its 4 pairs 2 are right. Whoever says little is seldom wrong, so what is too short pays $e^{1 - 6/5}$ = {here.brevity}, the *brevity penalty*. With runs of 1 and 2 words (*n-grams*): $\sqrt{\tfrac45 \cdot \tfrac24}\; e^{-1/5}$ = {here.two_runs}. BLEU takes runs of 1 to 4; no run of 4 is right here, and one sentence would get 0. It is a measure of a corpus.
#
# **More beams are not always better.** That greedy search may miss the best text was seen in lesson 8, where two *beams* found it. But it happens the other way round, too: let A have the probability 0.5 and then 0.3 and then 1, in all 0.15. B has 0.4, and two continuations of 0.45 each, 0.18: these two push A out of two beams. If they go on with 0.5, the beams end at 0.09, below greedy.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **教师强制**　每个位置都问解码器下一个词元是什么，而且给它看的是前面**正确的**词元，不是它自己写的。所以同一个句子出现两次，错开一位：
#
# | 给解码器看 | [BOS] | 我 | 昨 | 天 |
# |---|---|---|---|---|
# | 要它说出 | 我 | 昨 | 天 | [EOS] |
#
# 忘了错开，它学会的就是照抄：损失降到 0，却什么也没学到。
#
# **两种都对的译文**　“I ... yesterday” 的译文可以用“我昨天”开头，也可以用“昨天我”开头，都对，各占一半。（下面单元格打印的和图里的字用拼音：wǒ 是我，zuó 是昨，tiān 是天。）解码器用抛硬币的办法写第一个字，概率 $\tfrac12$，然后**知道自己写的是哪个**：两种各是 $\tfrac12 \cdot 1 \cdot 1$，损失是 $\ln 2$ = {here.coin} 奈特。编码器每个位置有一个分布，各选各的。它最好也只能是：我或昨，昨或天，天或我，各 $\tfrac12$；两种对的开头各有 $(\tfrac12)^3 = \tfrac18$，损失是 $3 \ln 2$ = {here.coins}，四次里有三次写出“我天天”之类的胡话。
#
# **BLEU**　参考译文 *she bought a red book yesterday*，译文 *she bought a a book*。5 个词对了 4 个：第二个 *a* 不算，参考译文里只有一个（这叫**截断计数**，clipping；与第 2 课截去过长文本的截断，truncation，不是一回事）。4 个二元组对了 2 个。说得少的人错得也少，所以太短要受罚，乘以 $e^{1 - 6/5}$ = {here.brevity}，即**简短惩罚**。只取一元组和二元组：$\sqrt{\tfrac45 \cdot \tfrac24}\; e^{-1/5}$ = {here.two_runs}。BLEU 取 1 到 4 元组；这里四元组一个都不对，单看这一句就是 0 分。它衡量的是整个语料。
#
# **多留几个开头，不一定更好**　贪心搜索会错过最好的文本，第 8 课见过，那里集束搜索留下两个开头就找到了。反过来的情形也有：设 A 的概率是 0.5，接着是 0.3，再接着是 1，一共 0.15。B 是 0.4，有两种各 0.45 的接法，都是 0.18：只留两个，A 就被这两个挤掉了。如果它们再往下是 0.5，集束搜索就停在 0.09，还不如贪心。

# %%
stated("coin", np.log(2), 0.69, 0.005, "the loss of one coin")
stated("coins", 3 * np.log(2), 2.08, 0.005, "the loss of three")
stated("brevity", np.exp(1 - 6 / 5), 0.82, 0.005, "brevity penalty by hand")
stated("two_runs", np.sqrt(4 / 5 * 2 / 4) * np.exp(-1 / 5), 0.52, 0.005, "BLEU of two runs")
right = {"wǒ zuó tiān", "zuó tiān wǒ"}
one_by_one = {
    f"{a} {b} {c}" for a in ("wǒ", "zuó") for b in ("zuó", "tiān") for c in ("tiān", "wǒ")
}
assert len(one_by_one) == 2**3 and right < one_by_one, "two of eight are right"
assert np.allclose([0.5 * 0.3 * 1, 0.4 * 0.45, 0.4 * 0.45 * 0.5], [0.15, 0.18, 0.09]), "and lose A"
print("nonsense:", ", ".join(sorted(one_by_one - right)))

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **Cross-attention.** The encoder has made of the source a *memory* $M$ (S, D), one vector for each token. The decoder's vectors $X$ (T, D) ask; what answers is the memory:
#
# $$Q = X W_Q, \quad K = M W_K, \quad V = M W_V, \qquad A = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{D}}\right) \; (T, S), \qquad Y = A V.$$
#
# It is the attention of lesson 5 with two inputs. $A$ has a row for each token of the target and a column for each of the source: neither length depends on the other. There is no causal mask, for the source is known as a whole; padding of the source is hidden.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **交叉注意力**　编码器把原文变成**记忆** $M$ (S, D)，每个词元一个向量。由解码器的向量 $X$ (T, D) 来问，由记忆来答：
#
# $$Q = X W_Q, \quad K = M W_K, \quad V = M W_V, \qquad A = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{D}}\right) \; (T, S), \qquad Y = A V.$$
#
# 这就是第 5 课的注意力，只是有两个输入。$A$ 的每一行是译文的一个词元，每一列是原文的一个词元：两个长度互不相干。这里没有因果掩码，因为原文整个是已知的；要遮住的只有原文的填充。


# %%
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_attention_rule(x, m, wq, wk, wv):  # (T, D), (S, D), three times (D, D)
    q, k, v = x @ wq, m @ wk, m @ wv
    root = np.sqrt(x.shape[1])
    a = softmax(q @ k.T / root)  # (T, S)

    def vjp(g):  # (T, D)
        da, dv = g @ v.T, a.T @ g
        dz = a * (da - (a * da).sum(axis=-1, keepdims=True)) / root
        dq, dk = dz @ k, dz.T @ q
        dm = dk @ wk.T + dv @ wv.T  # the encoder is reached by two ways
        return dq @ wq.T, dm, x.T @ dq, m.T @ dk, m.T @ dv

    return a @ v, vjp


# %% [markdown] lang="en"
# **What is learned.** With $y_0$ = [BOS] and $y_{T}$ = [EOS], $p(y \mid x) = \prod_{t=1}^{T} p(y_t \mid x, y_0 \dots y_{t-1})$: that [EOS] is written like any other token is what gives each translation a length of its own. The loss has *label smoothing*: a share $\varepsilon$ of each target goes to all $C$ tokens alike,
#
# $$q_t = (1 - \varepsilon)\,\mathrm{onehot}(y_t) + \frac{\varepsilon}{C}, \qquad L = -\frac1T \sum_t \sum_c q_{t,c} \ln p_{t,c}, \qquad \frac{\partial L}{\partial z_t} = \frac{p_t - q_t}{T}.$$
#
# Its least value is not 0 but the entropy of $q$, reached at $p = q$.
#
# **BLEU** of a corpus, with $c$ words of all translations and $r$ of all references:
#
# $$p_n = \frac{\sum \min(\text{count in the translation},\ \text{count in the reference})}{\sum \text{count in the translation}}, \qquad \mathrm{BLEU} = 100 \cdot \min\bigl(1, e^{1 - r/c}\bigr) \cdot (p_1 p_2 p_3 p_4)^{1/4}.$$
#
# **chrF** is an F score of runs of 1 to 6 *characters*: it needs no words, so it suits Chinese.

# %% [markdown] lang="zh"
# **学什么**　设 $y_0$ = [BOS]，$y_{T}$ = [EOS]，$p(y \mid x) = \prod_{t=1}^{T} p(y_t \mid x, y_0 \dots y_{t-1})$：[EOS] 和别的词元一样是写出来的，正因如此，每个译文才有自己的长度。损失用**标签平滑**：每个目标拿出 $\varepsilon$ 的份额，平分给全部 $C$ 个词元，
#
# $$q_t = (1 - \varepsilon)\,\mathrm{onehot}(y_t) + \frac{\varepsilon}{C}, \qquad L = -\frac1T \sum_t \sum_c q_{t,c} \ln p_{t,c}, \qquad \frac{\partial L}{\partial z_t} = \frac{p_t - q_t}{T}.$$
#
# 它的最小值不是 0，而是 $q$ 的熵，在 $p = q$ 时达到。
#
# 整个语料的 **BLEU**，设全部译文共 $c$ 个词，全部参考译文共 $r$ 个词；分子里每种 n 元组取译文与参考译文中次数较小的一个，分母是译文中的次数：
#
# $$p_n = \frac{\sum \min(\text{count in the translation},\ \text{count in the reference})}{\sum \text{count in the translation}}, \qquad \mathrm{BLEU} = 100 \cdot \min\bigl(1, e^{1 - r/c}\bigr) \cdot (p_1 p_2 p_3 p_4)^{1/4}.$$
#
# **chrF** 是**字符**的 1 到 6 元组的 F 值：不需要分词，所以适合中文。

# %%
one = bleu(["she bought a a book"], ["she bought a red book yesterday"], smooth=False)
print("precisions", np.round(one.precisions, 1), " brevity", round(one.brevity_penalty, 3))
print("score", one.score, "of one sentence, without smoothing")
assert np.allclose(one.precisions, [80, 50, 100 / 3, 0]), "4 of 5, 2 of 4, 1 of 3, 0 of 2"
assert np.isclose(one.brevity_penalty, np.exp(-1 / 5)), "by hand"
deeds = (one for one in load_parallel(seed=12, sizes=(0, 0, 10)).test if one.kind == "deed")
reference = next(deeds).zh
written = reference[:-4] + reference[-3:]  # one character is missing
print("\n" + reference, written)
for rule in ("13a", "zh", "char"):
    print(
        f"BLEU, tokens by rule {rule!r:6}: {bleu([written], [reference], tokenize=rule).score:5.1f}"
    )
print(f"chrF{'':24}: {chrf([written], [reference]):5.1f}")
assert bleu([written], [reference], tokenize="13a").score == 0, "one long word, and it is wrong"

# %% [markdown] lang="en"
# The rule for English words takes the whole Chinese sentence for one word. *A score without the name of its tokens means nothing* (Post 2018).
#
# **Search.** A beam search keeps the $W$ best beginnings by $\ln p$ and continues each with every token. Every token costs, so that short translations win; hence the *length penalty*: ended texts are compared by $\ln p(y \mid x) \,/\, \bigl(\tfrac{5 + |y|}{6}\bigr)^{\alpha}$ (Wu et al. 2016).
#
# **Alignment error rate.** An alignment says which word stands for which. With the links that were found ($A$), the sure ones ($S$) and those that are possible ($P \supseteq S$), over the corpus: $\mathrm{AER} = 1 - \dfrac{|A \cap S| + |A \cap P|}{|A| + |S|}$ (Och & Ney 2003).

# %% [markdown] lang="zh"
# 为英文词定的规则把整个中文句子当作一个词。**不说明按什么切分，分数就毫无意义**（Post，2018）。
#
# **搜索**　集束搜索留下 $\ln p$ 最大的 $W$ 个开头，每个都用所有词元去接。每多一个词元都要付代价，短的译文就占便宜；所以有**长度惩罚**：写完的译文按 $\ln p(y \mid x) \,/\, \bigl(\tfrac{5 + |y|}{6}\bigr)^{\alpha}$ 比较（Wu 等，2016）。
#
# **对齐错误率**　词对齐说的是哪个词对应哪个词。设找到的对应关系为 $A$，确定的为 $S$，可能的为 $P \supseteq S$，对整个语料：$\mathrm{AER} = 1 - \dfrac{|A \cap S| + |A \cap P|}{|A| + |S|}$（Och、Ney，2003）。

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Nobody tells the encoder what is right: it has no loss of its own. All that it learns comes through $K$ and $V$ of the cross-attention:
#
# $$\frac{\partial L}{\partial M} = \frac{\partial L}{\partial K} W_K^\top + \frac{\partial L}{\partial V} W_V^\top.$$

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 没有谁告诉编码器什么是对的：它没有自己的损失。它学到的一切都来自交叉注意力的 $K$ 和 $V$：
#
# $$\frac{\partial L}{\partial M} = \frac{\partial L}{\partial K} W_K^\top + \frac{\partial L}{\partial V} W_V^\top.$$

# %%
rng = np.random.default_rng(12)
x, m = rng.standard_normal((4, 6)), rng.standard_normal((5, 6))
weights = [rng.standard_normal((6, 6)) / 2 for _ in range(3)]
error = check_vjp(cross_attention_rule, x, m, *weights, rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-7, "the rule passes the gradient check"

# %% [markdown] lang="en"
# The same numbers in the library, with one head and nothing behind it:

# %% [markdown] lang="zh"
# 程序库里同样的数，一个头，后面什么也不接：

# %%
layer = MultiHeadAttention(6, 1, rng=rng, bias=False).to_dtype(np.float64)
for linear, w in zip((layer.query, layer.key, layer.value), weights, strict=True):
    linear.weight.data = w.T.copy()  # the library keeps (outputs, inputs)
layer.output.weight.data = np.eye(6)
y, vjp = cross_attention_rule(x, m, *weights)
inputs = [Tensor(x, requires_grad=True), Tensor(m, requires_grad=True)]
theirs = layer(*inputs)
g = rng.standard_normal(y.shape)
slopes = gradients_of((theirs * Tensor(g)).sum(), inputs)
assert np.allclose(theirs.data, y), "ours is the library's"
assert all(np.allclose(a, b) for a, b in zip(slopes, vjp(g)[:2], strict=True)), "so is its gradient"

# %% [markdown] lang="en"
# The planted mistake: of the two ways to the encoder one is forgotten, that through the keys. The output is right, the decoder learns all the same, and the encoder gets a part of its gradient only:

# %% [markdown] lang="zh"
# 故意犯一个错：通向编码器的两条路忘了一条，即经过键的那条。输出是对的，解码器照样学，编码器却只得到一部分梯度：


# %%
def forgetful_rule(x, m, wq, wk, wv):
    y, right = cross_attention_rule(x, m, wq, wk, wv)

    def vjp(g):
        dx, _, dwq, dwk, dwv = right(g)
        a = softmax(x @ wq @ (m @ wk).T / np.sqrt(x.shape[1]))
        return dx, a.T @ g @ wv.T, dwq, dwk, dwv  # the values alone

    return y, vjp


try:
    check_vjp(forgetful_rule, x, m, *weights, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten keys went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **"BERT can translate"** (section 6.2, A77). It has one distribution for each token *that it reads*. Two things follow, whatever it was trained on: it writes as many tokens as it reads, and it chooses each without knowing what the others have become. Section 6.4 measures both. A BERT may well serve as the *encoder* of a translator.
#
# **"BERT for classification and translation, GPT for generation"** (section 9.2, A109). Translation *is* generation: $p(y_t \mid x, y_0 \dots y_{t-1})$ is a GPT's question with a source beside it. What tells the models apart is who may look where:
#
# | | looks at | puts out |
# |---|---|---|
# | encoder (BERT) | the whole source | one distribution for each token of the source |
# | decoder (GPT) | what stands before | the next token, until [EOS] |
# | encoder and decoder | the whole source, and the target before | the next token of the target, until [EOS] |

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **“BERT 能翻译”**（6.2 节，A77）　它对**读进来的**每个词元给出一个分布。不管用什么训练，都有两个后果：读多少个词元就写多少个；每个都是独自选的，不知道别的选成了什么。6.4 节把两个都量出来。BERT 倒是可以充当翻译模型里的**编码器**。
#
# **“BERT 用于分类和翻译，GPT 用于生成”**（9.2 节，A109）　翻译**就是**生成：$p(y_t \mid x, y_0 \dots y_{t-1})$ 就是 GPT 的题目，旁边多了一个原文。区别在于谁可以看哪里：
#
# | | 看得到 | 给出 |
# |---|---|---|
# | 编码器（BERT） | 整个原文 | 原文的每个词元一个分布 |
# | 解码器（GPT） | 前面的词元 | 下一个词元，直到 [EOS] |
# | 编码器与解码器 | 整个原文，以及译文的前面部分 | 译文的下一个词元，直到 [EOS] |

# %% [markdown] lang="en"
# ## 6 Experiments
#
# ### 6.1 Pairs of sentences, and who needs no network
#
# The package writes a parallel corpus of its own, whose true links are known. Time and place stand at other ends of a sentence, Chinese counts with measure words and has no articles. We take four of its kinds of sentences.
#
# **Predict first.** A dictionary is counted from the pairs (IBM Model 1: which word explains which?), and every English word is replaced by its Chinese one. How many of the characters that it writes occur in the right translation? How many sentences are right?

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 成对的句子，和不用网络的办法
#
# 程序包自己写了一个平行语料，真实的对应关系是已知的。时间和地点在两种语言里位于句子的两头，中文用量词，没有冠词。这里取其中四种句子。
#
# **先猜一猜**　从句对里数出一本词典（IBM 模型 1：哪个词解释哪个词？），把每个英文词换成对应的中文词。它写出的字有多少出现在正确的译文里？有多少句子是对的？

# %%
KINDS = ("deed", "why", "not", "relative")
corpus = load_parallel(seed=12, sizes=(3000, 100, 300))
train, dev, test = ([one for one in part if one.kind in KINDS] for part in corpus)


def texts(part):
    return [Pair(one.en, one.zh) for one in part]


for one in (test[2], test[0], test[3]):
    print(f"{one.en:68} {one.zh}")
lengths = np.array([[len(one.en_tokens), len(one.zh_tokens)] for one in test])
alike = np.mean(lengths[:, 0] == lengths[:, 1])
print(f"{len(train)} pairs to learn from; of the test {alike:.0%} are as long as their source")
dictionary = WordForWord.learn(texts(train))
scores, word_for_word = evaluate_translations(dictionary, texts(test), tokenize="zh")
print("word for word:", word_for_word[2])
print(f"right characters {scores.bleu.precisions[0]:.0f} %, right sentences {scores.exact:.0%}")
print(f"BLEU {scores.bleu.score:.1f}, brevity penalty {scores.bleu.brevity_penalty:.2f}")
assert scores.bleu.precisions[0] > 70, "most characters are right"
assert scores.exact == 0 and scores.bleu.score < 10, "no sentence is"

# %% [markdown] lang="en"
# Most characters are right and no sentence is. One English word may need two or three characters, measure words have nothing that they come from, and the order is English. BLEU sees it, by its longer runs and by the brevity penalty.
#
# ### 6.2 An encoder and a decoder
#
# One layer each, width 64, trained with $\varepsilon$ = 0.1. Early in the training, after 150 of 700 updates, we look at how it searches.
#
# **Predict first.** Four beams look at more texts than greedy search. Do they find more probable ones? Better ones? Longer or shorter ones, without a length penalty?

# %% [markdown] lang="zh"
# 大多数字是对的，对的句子却一个也没有。一个英文词可能要两三个字，量词没有来源，语序还是英文的。BLEU 看得出来：靠较长的 n 元组，也靠简短惩罚。
#
# ### 6.2 编码器加解码器
#
# 各一层，宽度 64，以 $\varepsilon$ = 0.1 训练。训练早期，700 次更新中的第 150 次之后，先看看它怎样搜索。
#
# **先猜一猜**　宽度为 4 的集束搜索看过的译文比贪心多。它找到的译文更可能吗？更好吗？没有长度惩罚时，更长还是更短？

# %%
recipe = TranslationRecipe(
    seed=12,
    tokenizer="word",
    separate=True,
    min_count=1,
    width=64,
    n_layers=1,
    max_length=24,
    dropout=0.0,
    batch_size=32,
    steps=700,
    lr=3e-3,
    evaluate_every=200,
)
# at each look the loss on dev is measured, and the weights of the least one are kept in the end;
# by the test nothing is chosen, it is only measured
untrained = TranslationTraining(recipe, texts(train), texts(dev))
batch = next(untrained.batches(0, 1))
tokens = np.array(untrained.translator.tokens.target.vocabulary.tokens)
real = batch.targets[0] >= 0  # below 0: nothing follows
print("given: ", *tokens[batch.inputs[0][real]])
print("to say:", *tokens[batch.targets[0][real]])
print(f"{sum(p.data.size for p in untrained.model.parameters()):,} weights")

# %% tags=["machine"]
training = TranslationTraining(recipe, texts(train), texts(dev))
translator = training.translator


def search(width, alpha):
    found = translator.search([one.en for one in test], width=width, alpha=alpha)
    scores = score_translations([t.text for t in found], [t.zh for t in test], tokenize="zh")
    log_p = np.mean([sum(t.log_p) for t in found])
    print(
        f"beams {width}, alpha {alpha}: ln p {log_p:6.2f}  right {scores.exact:4.0%}  "
        f"BLEU {scores.bleu.score:5.1f}  chrF {scores.chrf:5.1f}  characters {scores.bleu.length}"
    )
    return scores, log_p


for step in training.steps():
    if step.index == 150:
        early = [search(*way) for way in ((1, 0), (4, 0), (4, 0.6), (4, 1))]
after = [search(*way) for way in ((1, 0), (4, 0))]

# %% tags=["machine"]
C, share = len(translator.tokens.target.vocabulary), recipe.smoothing
q = np.full(C, share / C)
q[0] += 1 - share
floor = -(q * np.log(q)).sum()
stated("floor", floor, 0.79, 0.005, "the least smoothed loss")
print(f"last loss of training {step.loss:.3f}, the entropy of q {floor:.3f} nats")
print(f"held out, without smoothing {training.held_out_loss():.3f}")
print(f"characters of the references: {after[0][0].bleu.reference_length}")
assert floor < step.loss < floor + 0.2, "the smoothed loss ends near its least value"
assert early[1][1] > early[0][1], "beams find what is more probable"
assert abs(early[1][0].exact - early[0][0].exact) < 0.05, "hardly any more are right"
assert early[1][0].bleu.length < early[3][0].bleu.length, "alpha makes it longer"
assert after[0][0].exact > 0.8 < after[1][0].exact, "both are nearly always right at the end"
assert abs(after[0][1] - after[1][1]) < 0.1, "and find the same"

# %% [markdown] lang="en"
# Early on, beams find translations that the model holds for more probable, and *hardly any more are right*: without a length penalty they are too short, for a token that is not written costs nothing. A penalty brings the length back. At the end both searches find the same: a model that is sure needs no search. *Search looks for what the model holds for probable; whether that is good is the model's affair.*
#
# The loss of training ends a little above {here.floor}, which is the entropy of $q$, and can go no lower; the held-out loss, measured without smoothing, is small.
#
# ### 6.3 What it looks at
#
# Each row of the cross-attention says where the decoder looked in the source before it wrote a character (what fell on [EOS] is left out). It is often shown as an alignment. Here the true links are known.
#
# **Predict first.** Which comes closer to the true links: the attention of a model that translates perfectly, or the counting of section 6.1, which cannot translate at all?

# %% [markdown] lang="zh"
# 训练早期，集束搜索找到的译文在模型看来更可能，对的却**几乎没有多**：没有长度惩罚就太短，因为不写的词元不用付代价。有了惩罚，长度就回来了。到最后两种搜索找到的是一样的：有把握的模型不需要搜索。**搜索找的是模型认为可能的；那是不是好的，要看模型。**
#
# 训练损失停在 {here.floor} 稍高处，这就是 $q$ 的熵，不可能再低；留出的损失不带平滑，很小。
#
# ### 6.3 它在看哪里
#
# 交叉注意力的每一行，说的是解码器写一个字之前看了原文的哪里（落在 [EOS] 上的略去）。人们常把它当作对齐来展示。这里真实的对应关系是已知的。
#
# **先猜一猜**　哪个更接近真实的对应：一个译得全对的模型的注意力，还是 6.1 节那种根本不会翻译的计数？

# %% tags=["machine"]
true = [one.links for one in test]
seen = attention_of(translator, texts(test))
counted = WordLinks([(one.en_tokens, one.zh_tokens) for one in train])
found = {
    "attention, mean of heads": [one.links() for one in seen],
    **{f"attention, head {h}": [one.links(0, h) for one in seen] for h in range(recipe.n_heads)},
    "a token too early": [frozenset((s, t - 1) for s, t in one.links()) for one in seen],
    "counting, IBM Model 1": [counted.links(one.en_tokens, one.zh_tokens) for one in test],
    "one true link for each": [frozenset({t: (s, t) for s, t in one}.values()) for one in true],
}
rates = {name: alignment_error_rate(links, true) for name, links in found.items()}
for name, rate in rates.items():
    print(f"{name:26} alignment error rate {rate:.2f}")
assert rates["one true link for each"] < rates["counting, IBM Model 1"] < 0.3, "counting is near"
heads = min(rate for name, rate in rates.items() if name.startswith("attention"))
assert heads > rates["counting, IBM Model 1"] + 0.1, "attention is further off"
assert rates["a token too early"] > rates["attention, mean of heads"] + 0.1, "no shift helps"

# %% tags=["machine"]
shown = [one.en for one in test].index("The cup that I lost on Sunday is green.")
sounds = ["wǒ", "xīng", "qī", "tiān", "diū", "de", "bēi", "zi", "hěn", "lǜ", "."]
one, looked = test[shown], seen[shown].of()[:-1, :-1]
shares = np.array([[counted.probability(f, e) for e in one.en_tokens] for f in one.zh_tokens])
shares /= shares.sum(axis=1, keepdims=True)  # which word explains the character
figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True, layout="constrained")
titles = "cross-attention, mean of heads", "counting, IBM Model 1"
for axes, picture, title in zip(panels, (looked, shares), titles, strict=True):
    image = axes.imshow(picture, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for s, t in sorted(one.links):
        for color, rim in (("white", 5), ("tab:red", 2)):
            axes.plot(s, t, "o", markersize=15, fillstyle="none", color=color, mew=rim)
    axes.set_xticks(range(len(one.en_tokens)), one.en_tokens, rotation=60)
    axes.set_title(f"{title}; rings: true links", fontsize=10)
panels[0].set_yticks(range(len(one.zh_tokens)), sounds)
panels[0].set_ylabel("written, from top to bottom")
figure.colorbar(image, ax=panels, label="share of the row")
print(one.en, one.zh)
savefig(figure, "12_alignment", {"links": sorted(one.links), "counted": shares})

# %% [markdown] lang="en"
# The counting wins by far. (The row *a token too early* gives each look to the character before it, in case rows were read off by one; they were not, it is much worse.) The model translates, and looks elsewhere while it does so: the memory at one place has already mixed in its neighbours', the decoder knows from what it has written what has to follow (for the second character of a word it need not look at all), and nobody asked its attention for links. *Attention shows what was read, not what it means.* Even one true link for each character is not free of errors, for a word of two characters has several links.
#
# ### 6.4 What an encoder alone can write
#
# **As many tokens as it reads.** Above stood how many translations of the test are as long as their sources. All others are out of reach of a BERT as it is. So let us help it: pad every source to the same length, train the encoder to write the target into these places and [EOS] into the rest. Now it has room. Its pairs are the sentences with *not*, once as they are and once with *two right orders*: the time behind the subject or in front of it (*tā zuótiān méiyǒu ...*, *zuótiān tā méiyǒu ...*), each sentence in both.
#
# **Predict first.** With one right translation, how many sentences of the test does the encoder get right? And with two, where either counts as right?

# %% [markdown] lang="zh"
# 计数远远胜出。（*a token too early* 那一行把每次看的地方算给前一个字，看看是不是错开了一位；并没有，那样差得多。）模型会翻译，译的时候看的却是别处：记忆在每个位置上早已混进了邻近的词；解码器从已经写下的就知道后面该是什么（写一个词的第二个字，根本不用看原文）；也从来没有谁要求注意力给出对应关系。**注意力显示的是读了什么，不是意思是什么。** 就算每个字都给一个真实的对应，也不会没有错误，因为两个字的词有好几个对应。
#
# ### 6.4 只有编码器，写得出什么
#
# **读多少就写多少。** 上面已经列出，测试集里有多少译文与原文一样长。其余的，原样的 BERT 都够不着。那就帮它一把：把所有原文填充到同样的长度，训练编码器把译文写进这些位置，剩下的位置写 [EOS]。这样地方就够了。用的是带 *not* 的句子：一次原样，一次有**两种都对的语序**，时间在主语之后或之前（她昨天没有……，昨天她没有……），每个句子两种各有一次。
#
# **先猜一猜**　只有一种正确译文时，测试集的句子，编码器译对多少？有两种、哪种都算对时，又对多少？

# %%
times = ["".join(one.zh) for one in TIMES]


def time_first(zh):
    (time,) = (time for time in times if time in zh)
    return time + zh.replace(time, "", 1)


denials, watched, asked = ([one for one in part if one.kind == "not"] for part in corpus)


def in_orders(part):
    both = [Pair(p.en, zh) for p in part for zh in (p.zh, time_first(p.zh))]
    return {"one order": texts(part), "two orders": both}


pairs, held_out = in_orders(denials), in_orders(watched)
allowed = {
    "one order": [{one.zh} for one in asked],
    "two orders": [{one.zh, time_first(one.zh)} for one in asked],
}
print(len(denials), "sentences, such as", *(pair.target for pair in pairs["two orders"][:2]))
ROOM = 16
print("longest target, with [EOS]:", max(len(pair.target) + 1 for pair in pairs["two orders"]))

# %%
source, target = translator.tokens.source.vocabulary, translator.tokens.target.vocabulary
end, nothing = target.id_of("eos"), source.id_of("unknown")


def in_places(rows, filler):
    return np.array([[*row, *[filler] * (ROOM - len(row))] for row in rows])


def encoder_alone(pairs, steps=300):
    rng = np.random.default_rng(12)
    x = in_places([translator.tokens.encode_source(one.source) for one in pairs], nothing)
    y = in_places([translator.tokens.encode_target(one.target)[1:] for one in pairs], end)
    sizes = BertConfig(max(len(source), len(target)), max_length=ROOM, dropout=0.0)
    model = MaskedLanguageModel(Bert(sizes, rng=rng), rng=rng)

    def loss(rows):
        return model.loss(x[rows], np.ones((len(rows), ROOM), bool), y[rows])

    batches = (rng.integers(len(x), size=32) for _ in range(steps))
    rates = replace(recipe, steps=steps).rates()
    for _ in fit(loss, batches, AdamW(model.parameters()), schedule=rates, max_norm=1.0):
        pass
    return model


# %%
def distributions(model, english):  # (N, places, V)
    x = in_places([translator.tokens.encode_source(text) for text in english], nothing)
    z = model(x, np.ones(x.shape, bool), np.arange(x.size)).data
    return softmax(z.astype(float)).reshape(*x.shape, -1)


def until_the_end(ids):
    return translator.tokens.decode(ids[: list(ids).index(end)] if end in ids else ids)


# %% tags=["machine"]
english, encoder_of, either = [one.en for one in asked], {}, {}
for name in pairs:
    learned = replace(recipe, steps=300, smoothing=0.0)
    decoder = TranslationTraining(learned, pairs[name], held_out[name], tokens=translator.tokens)
    for _ in decoder.steps():
        pass
    encoder_of[name] = encoder_alone(pairs[name])
    best = distributions(encoder_of[name], english).argmax(axis=-1)
    writes = {
        "encoder alone": [until_the_end(row) for row in best],
        "encoder and decoder": decoder.translator.translate(english),
    }
    for model, out in writes.items():
        right = np.mean([text in ok for text, ok in zip(out, allowed[name], strict=True)])
        either[name, model] = right
        print(f"{name:11} {model:20} right {right:4.0%}   such as {out[0]}")
assert either["one order", "encoder alone"] > 0.8, "with one right translation it writes them"
assert either["two orders", "encoder and decoder"] > 0.8, "who reads what he wrote has no trouble"
assert either["two orders", "encoder alone"] < 0.7, "it mixes both"

# %% [markdown] lang="en"
# With room and *one* right translation the encoder writes nearly all of them: everything follows from the source, and no character has to know of another. (So a test on such a corpus alone would have said: BERT translates.) With two it fails, on the same sentences and with the same words, and the decoder does not. Section 2 said why. (There each place was drawn, with one right sentence in four; here each place takes its most probable character, and where two are nearly alike tiny errors decide. So how many come out right is a matter of luck.) The picture shows it: what the encoder has for the first places of one sentence, and what the decoder has behind either first character.

# %% [markdown] lang="zh"
# 有了地方，又只有**一种**正确译文，编码器几乎全写对了：一切都由原文决定，哪个字都不需要知道别的字。（所以，只在这样的语料上测，会得出“BERT 能翻译”。）有两种，它就不行了，句子还是那些句子，词还是那些词；解码器没有问题。原因第 2 节说过了。（那里每个位置是抽出来的，四次里对一次；这里每个位置取最可能的字，两个字不相上下时，由微小的误差决定，所以对多少要看运气。）下图看得见：一个句子的前几个位置，编码器各有什么分布，解码器在两种首字之后又各有什么分布。

# %% tags=["machine"]
one = next(one for one in denials if one.en == "I did not find that novel yesterday.")
orders, syllables = (one.zh[:5], time_first(one.zh)[:5]), ["wǒ", "zuó", "tiān", "méi", "yǒu"]
signs = list(one.zh[:5])
rows = target.encode(signs)
given_by = {"encoder alone": distributions(encoder_of["two orders"], [one.en])[0]}
for start in orders:
    given = translator.tokens.encode_target(start)[None, :-1]
    asked_of = translator.tokens.encode_source(one.en)[None]
    z = decoder.model(asked_of, given).data[0]
    given_by[f"decoder, {syllables[signs.index(start[0])]} comes first"] = softmax(z.astype(float))
half = np.mean([[[sign == one[t] for t in range(5)] for sign in signs] for one in orders], axis=0)
gap = np.abs(given_by["encoder alone"][:5, rows].T - half).max()
print(one.en, *orders, f"  encoder alone: at most {gap:.2f} from half of both orders")
assert gap < 0.3, "the best that independent choices can be, nearly"

# %% tags=["machine"]
figure, drawn = plt.subplots(1, 3, figsize=(10, 2.9), sharey=True, layout="constrained")
for axes, (name, p) in zip(drawn, given_by.items(), strict=True):
    image = axes.imshow(p[:5, rows].T, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for (t, i), share in np.ndenumerate(p[:5, rows]):
        color = "white" if share > 0.6 else "black"
        axes.text(t, i, f"{share:.1f}", ha="center", va="center", color=color)
    axes.set(title=name, xlabel="place")
    axes.set_xticks(range(5), range(1, 6))
drawn[0].set_yticks(range(5), syllables)
figure.colorbar(image, ax=drawn, label="probability")
savefig(figure, "12_two_orders", {"half of both orders": half})

# %% [markdown] lang="en"
# The encoder's places are near halves of both orders, which were computed by hand. The decoder tosses its coin at the first place; from then on it is sure, for it has read what it wrote. That, and not a larger network or more data, is what a decoder adds.

# %% [markdown] lang="zh"
# 编码器的各个位置接近两种语序各一半，也就是手算的结果。解码器只在第一个位置抛硬币；从此它就有把握了，因为它读到了自己写的。解码器带来的正是这一点，而不是更大的网络或更多的数据。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Cross-attention is attention with two inputs, and the only way by which the loss reaches the encoder: through keys and through values.
# * A target stands twice, one position apart. [EOS] is a token like any other, so each translation ends where the model says so.
# * Label smoothing puts a floor under the loss of training. Compare held-out losses without it.
# * BLEU belongs to a corpus and to a rule for tokens. Most words right may mean no sentence right.
# * Beams find what the model holds for more probable, which isn't what is better; without a length penalty it is shorter.
# * Attention is no alignment. Here a model that translates nearly everything links words less well than counting, which translates nothing.
# * An encoder alone can write a translation if it has room and there is one. With two right ones it mixes them.
# * All on a corpus of a few grammar rules, on which one layer is enough, with one seed. On real pairs one needs millions of them, sub-words and far larger models; the difference of section 6.4 remains, since most sentences have many right translations.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 交叉注意力就是有两个输入的注意力，也是损失到达编码器的唯一途径：经过键，也经过值。
# * 目标出现两次，错开一位。[EOS] 和别的词元一样，所以译文在哪里结束由模型说了算。
# * 标签平滑给训练损失垫了一个底。比较留出的损失时不要带它。
# * BLEU 属于整个语料，也离不开切分的规则。大多数词都对，也可能没有一句是对的。
# * 集束搜索找到的是模型认为更可能的，不是更好的；没有长度惩罚，就更短。
# * 注意力不是对齐。这里，一个几乎全译对的模型，找对应还不如根本不会翻译的计数。
# * 只有编码器，如果地方够、又只有一种译文，也写得出来。有两种对的，它就混在一起。
# * 以上都在几条语法规则的语料上，一层就够，只用了一个种子。真实的句对要几百万，要子词和大得多的模型；6.4 节的差别依然在，因为大多数句子都有许多种正确的译文。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **12.1 BLEU.** `written` and `references` are lists of as many sentences, each a list of tokens. Write `bleu_parts(written, references)`: the four clipped precisions of runs of 1 to 4 tokens, between 0 and 1, and the brevity penalty: five numbers, of the whole corpus. A precision without any run is 0; the penalty of an empty corpus is 0. No smoothing.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **12.1 BLEU**　`written` 和 `references` 是句数相同的列表，每句是词元的列表。请写 `bleu_parts(written, references)`：1 到 4 元组的四个精确率，按截断计数（0 到 1 之间），以及简短惩罚，共五个数，都对整个语料而言。某一种 n 元组一个也没有时，它的精确率为 0；译文全空时，惩罚为 0。不做平滑。


# %% tags=["exercise"]
def bleu_parts(written, references):
    return ...


# %% tags=["solution"]
def bleu_parts(written, references):
    right, total = np.zeros(4), np.zeros(4)
    for text, reference in zip(written, references, strict=True):
        for n in range(1, 5):
            own, theirs = (
                [tuple(one[i : i + n]) for i in range(len(one) - n + 1)]
                for one in (text, reference)
            )
            right[n - 1] += sum(min(own.count(run), theirs.count(run)) for run in set(own))
            total[n - 1] += len(own)
    c, r = sum(map(len, written)), sum(map(len, references))
    penalty = min(1, np.exp(1 - r / c)) if c else 0
    return np.append(right / np.maximum(total, 1), penalty)


# %% tags=["exercise-check"]
check("12.1", bleu_parts)

# %% [markdown] lang="en"
# *Hint*: counts of `collections.Counter` have `&`, which keeps the smaller of two. Sum over all sentences first, divide then.
#
# **12.2 A step of beam search.** `totals` (W,) are the log-probabilities of W beginnings, `log_p` (W, V) those of every token behind each. Write `beam_step(totals, log_p, width)`: two arrays of whole numbers, best first: which beginnings are continued, and by which tokens, in the `width` best continuations; if there are fewer, all. A token with the log-probability $-\infty$ is forbidden and never taken.

# %% [markdown] lang="zh"
# **提示**　`collections.Counter` 的计数有 `&`，取两者中较小的。先对所有句子求和，再相除。
#
# **12.2 集束搜索的一步**　`totals` (W,) 是 W 个开头的对数概率，`log_p` (W, V) 是每个开头后面各词元的对数概率。请写 `beam_step(totals, log_p, width)`：两个整数数组，从最好的排起：最好的 `width` 个接法接在哪些开头后面，接的是哪些词元；不够 `width` 个，就全都要。对数概率为 $-\infty$ 的词元是禁用的，绝不能取。


# %% tags=["exercise"]
def beam_step(totals, log_p, width):
    return ...


# %% tags=["solution"]
def beam_step(totals, log_p, width):
    sums = (totals[:, None] + log_p).ravel()
    order = np.argsort(-sums, kind="stable")[:width]
    order = order[sums[order] > -np.inf]
    return order // log_p.shape[1], order % log_p.shape[1]


# %% tags=["exercise-check"]
check("12.2", beam_step)

# %% [markdown] lang="en"
# *Hint*: lay all sums in one row, (W · V,), and sort that; place $i$ of it belongs to beginning $\lfloor i / V \rfloor$ and to token $i \bmod V$: `divmod`, or `np.unravel_index`.
#
# **12.3 Attention as an alignment.** `weights` is a list of arrays (T + 1, S + 1), one for each sentence; the last row and the last column are those of [EOS], which has no links. Each other token t of the target is linked with the token s of the source, other than [EOS], that it looks at most. `sure` and `possible` are lists of sets of links (s, t). Write `error_rate(weights, sure, possible)`: the alignment error rate of the corpus; 0 where there is no link at all. S and T may be 0.

# %% [markdown] lang="zh"
# **提示**　把所有的和排成一行 (W · V,) 再排序；其中第 $i$ 个属于第 $\lfloor i / V \rfloor$ 个开头和第 $i \bmod V$ 个词元：用 `divmod` 或 `np.unravel_index`。
#
# **12.3 把注意力当作对齐**　`weights` 是数组的列表，每句一个 (T + 1, S + 1)；最后一行和最后一列属于 [EOS]，它没有对应。译文的其余每个词元 t，对应它看得最多的、[EOS] 以外的原文词元 s。`sure` 和 `possible` 是对应 (s, t) 的集合的列表。请写 `error_rate(weights, sure, possible)`：整个语料的对齐错误率；一个对应也没有时为 0。S 和 T 可以是 0。


# %% tags=["exercise"]
def error_rate(weights, sure, possible):
    return ...


# %% tags=["solution"]
def error_rate(weights, sure, possible):
    right = total = 0
    for w, s, p in zip(weights, sure, possible, strict=True):
        words = w[:-1, :-1]
        best = words.argmax(axis=1) if words.size else []
        found = {(int(place), t) for t, place in enumerate(best)}
        right += len(found & s) + len(found & p)
        total += len(found) + len(s)
    return 1 - right / total if total else 0


# %% tags=["exercise-check"]
check("12.3", error_rate)

# %% [markdown] lang="en"
# *Hint*: leave out the last row *and* the last column before `argmax`; `argmax` of an array without columns is an error. `&` of two sets has what is in both.
#
# ## 9 Further reading
#
# * Vaswani et al. 2017, "Attention Is All You Need", sections 3 and 5.4.
# * Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate", for attention and its pictures.
# * Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation". Post 2018, "A Call for Clarity in Reporting BLEU Scores". Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation".
# * Brown et al. 1993, "The Mathematics of Statistical Machine Translation: Parameter Estimation". Och & Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models".
# * Wu et al. 2016, "Google's Neural Machine Translation System", section 7, for beams and the length penalty.
# * In this project: `minillm/models/encoder_decoder.py`, `minillm/tasks/translation/`; on pairs of your own: `python -m minillm translate --help`.

# %% [markdown] lang="zh"
# **提示**　先去掉最后一行**和**最后一列，再取 `argmax`；对没有列的数组取 `argmax` 会出错。两个集合的 `&` 是它们的交集。
#
# ## 9 延伸阅读
#
# * Vaswani 等，2017，“Attention Is All You Need”，第 3 节和 5.4 节。
# * Bahdanau、Cho、Bengio，2015，“Neural Machine Translation by Jointly Learning to Align and Translate”，注意力及其图的出处。
# * Papineni 等，2002，“BLEU: a Method for Automatic Evaluation of Machine Translation”。Post，2018，“A Call for Clarity in Reporting BLEU Scores”。Popović，2015，“chrF: character n-gram F-score for automatic MT evaluation”。
# * Brown 等，1993，“The Mathematics of Statistical Machine Translation: Parameter Estimation”。Och、Ney，2003，“A Systematic Comparison of Various Statistical Alignment Models”。
# * Wu 等，2016，“Google's Neural Machine Translation System”，第 7 节，集束搜索与长度惩罚。
# * 本项目：`minillm/models/encoder_decoder.py`、`minillm/tasks/translation/`；用自己的句对：`python -m minillm translate --help`。
