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
#     lesson: 8
#     guide: ['1.4.3', '2.1', '9.2']
#     budget_s: 45
#     errata: [A15, A21, A26]
#     introduces: [minillm.autograd.grad_mode, minillm.models.gpt, minillm.models.gpt_config, minillm.models.gpt_parts, minillm.models.ngrams, minillm.models.decoding.choosing, minillm.models.decoding.filters, minillm.models.decoding.generation, minillm.models.decoding.readers, minillm.models.decoding.beam, minillm.ops.projection, minillm.nn.blocks, minillm.nn.cache, minillm.text.byte_pairs, minillm.text.learned_tokenizers, minillm.tasks.generation.held_out, minillm.tasks.generation.windows, minillm.optim.schedules]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.labs.pretraining.echo import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.worlds.echoes import entropy, least_loss

runs, world = study("echo"), STUDY.settings.world


def spread(values):
    """Mean and half a confidence interval, three decimals."""
    mean, half = mean_and_interval(values - runs["truth"])
    return {"mean": f"{mean:.3f}", "half": f"{half:.3f}"}


gpt, ngrams = spread(runs["gpt"]), spread(runs["chosen"])
order = int(runs["order"][0])
floors = {str(n): f"{least_loss(world, n - 1) - entropy(world):.3f}" for n in (3, 14)}
reached = study("shakespeare")
counted = reached["n-grams"].mean(axis=0)
plays = {
    "order": int(counted.argmin()) + 1,
    "ngrams": f"{counted.min():.2f}",
    "gpt": f"{reached['held out'][:, -1].mean():.2f}",
}
LITERALS = {
    "by hand, asserted in section 2": "0.1 0.2 0.3 0.4 0.6 0.8 0.9 0.24 0.36 1 2 3 4 16 30",
    "settings of the page, and a place in its text": "0.08 20 32 31 2,700",
    "the guide's BERT, of 31 about": "15 5",
    "the language of section 6, its settings": "0 9 10 12 14 17 18 4,000",
    "quantiles of chi-squared": "10.83 13.82 16.27 999 1,000",
    "asserted in section 6": "256 20,000",
    "the level of all intervals": "95",
    "the library's IGNORE": "100",
    "rounded, asserted in section 7": "100,000",
}

# %% [markdown] lang="en"
# # Lesson 8. GPT: pretraining from left to right, and generation
#
# **Question.** A model that is asked nothing but "what comes next?" writes whole sentences. How is it trained, what is the best
# that it can reach, and how does a list of probabilities become a text?
#
# **Afterwards you can** train a language model from nothing on one page; say what its loss and its perplexity mean; check that it does not look
# ahead; sample with a temperature, top-k and top-p; and say what a key/value cache saves and what it does not.
#
# **Before this**: a Transformer layer (lesson 7), tokens (lesson 2). **Time**: some fifteen seconds to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 8 课　GPT：从左到右的预训练与生成
#
# **问题**　只反复问模型“下一个词元是什么”，它就能写出整句话。这样的模型怎么训练？最好能做到什么程度？一串概率又怎样变成文字？
#
# **学完本课，你能够**　用一页代码从零训练一个语言模型；说清它的损失和困惑度是什么意思；检验它没有偷看后文；用温度、top-k、top-p 采样；说清键值缓存省下了什么，又省不下什么。
#
# **预备知识**　Transformer 层（第 7 课）、词元（第 2 课）。**用时**　运行约十几秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt

from minillm import check_module, gradients_of
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.pretraining import echo
from minillm.labs.worlds import echoes
from minillm.models import decoding
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import gpt2_style
from minillm.ops.losses import IGNORE
from minillm.tasks.generation import best_ngrams, counting_loss, language_loss

setup()

# %% [markdown] lang="en"
# **The whole thing on one page.** Data, tokeniser, model, training, sampling: the cell below is a complete language model, most of it parts that you know from
# lessons 1 to 7. New are the targets, which are the text itself, shifted by one, and that the model writes at the end; and AdamW, an optimiser that lesson 14 takes apart, at a rate that rises for 20 updates and then falls on half a cosine. It learns from 2,700 short
# reviews that a grammar of ours has made, which is why a few seconds are enough. Read it, run it, change a number and run it again; the rest of the lesson explains it line by line.

# %% [markdown] lang="zh"
# **一页代码看全貌**　数据、分词器、模型、训练、采样：下面这一格就是一个完整的语言模型，所用的部件大多在第 1 至 7 课讲过。新的是：目标就是文本自己，错开一位；最后由模型来写；还有优化器 AdamW（第 14 课会拆开讲），学习率先升 20 次更新，再沿半个余弦下降。它学的是我们用语法生成的约 2,700 句短评，所以几秒钟就够了。先读一遍，运行一次，改一个数再运行一次；后面各节逐行解释。

# %% tags=["language", "timing", "whole"]
from time import process_time

import numpy as np

from minillm import fit, nn, no_grad, ops
from minillm.optim import AdamW, cosine_with_warmup
from minillm.text import BytePairTokenizer, own_vocabulary
from minillm.text.corpora import unlabelled

LANGUAGE = "en"
WIDTH, HEADS, LAYERS, LENGTH, BATCH, STEPS = 64, 4, 1, 32, 12, 250
rng, began = np.random.default_rng(8), process_time()

text = "\n".join(unlabelled("sentiment", LANGUAGE, size=3000))
learned, held_out = text[: 9 * len(text) // 10], text[9 * len(text) // 10 :]
tokenizer = BytePairTokenizer.train([learned], size=1000)
vocabulary = own_vocabulary(tokenizer)
ids = vocabulary.encode(tokenizer.tokenize(learned))  # (N,)


class MyGpt(nn.Module):
    def __init__(self):
        self.tokens = nn.Embedding(len(vocabulary), WIDTH, rng=rng)
        self.positions = nn.LearnedPositions(LENGTH, WIDTH, rng=rng)
        self.blocks, self.norm = [self.block() for _ in range(LAYERS)], nn.LayerNorm(WIDTH)
        for p in self.parameters():
            if p.ndim == 2:  # GPT-2 starts with 0.02 at a width of 768; 0.08 suits 64
                p.data = np.float32(0.08) * rng.standard_normal(p.shape, np.float32)

    def block(self):
        attention = nn.MultiHeadAttention(WIDTH, HEADS, rng=rng, causal=True)
        forward = nn.FeedForward(WIDTH, 4 * WIDTH, rng=rng, activation=ops.gelu_tanh)
        return nn.PreNormBlock(
            attention=attention, feed_forward=forward, norm=lambda: nn.LayerNorm(WIDTH)
        )

    def forward(self, ids):  # (B, T)
        x = self.positions(self.tokens(ids))  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return ops.linear(self.norm(x), self.tokens.weight)  # (B, T, V)

    def loss(self, pieces):  # (B, T + 1); the targets are the text, shifted by one
        return ops.cross_entropy(self(pieces[:, :-1]), targets=pieces[:, 1:])


gpt = MyGpt()
starts = rng.integers(len(ids) - LENGTH, size=(STEPS, BATCH, 1))
batches, adam = ids[starts + np.arange(LENGTH + 1)], AdamW(gpt.parameters(), betas=(0.9, 0.99))
rates = cosine_with_warmup(peak=1e-2, warmup=20, total=STEPS)
losses = [float(s.loss) for s in fit(gpt.loss, batches, adam, schedule=rates, max_norm=1)]
print("loss at every 50th update:", *np.round(losses[::50], 2))

written = list(ids[:1])
with no_grad():
    for _ in range(60):
        z = gpt(np.array([written[-LENGTH:]])).data[0, -1].astype(float)  # (V,)
        p = np.exp(z - z.max())
        written.append(rng.choice(len(p), p=p / p.sum()))
print(tokenizer.join(vocabulary.decode(written)), f"\n{process_time() - began:.1f} s")

# %% [markdown] lang="en"
# **Reading the output**: the loss at five of the updates, the seconds on your machine, and a text that the model wrote, token by token. You will see words, commas and
# full stops in their places, and sentences that no grammar would allow.

# %% [markdown] lang="zh"
# **读输出**：五次更新时的损失，你的机器所用的秒数，然后是模型逐个词元写出来的文字。词语、逗号、句号大多各得其所，也有些句子哪本语法书都不会放行。偶尔出现的 � 是残缺的汉字：词元由字节拼成，一个汉字占三个字节。

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 1.4.3 of the guide expands GPT as "Generative Pretrained Transformers" (it is singular, A15). Section 2.1 says that pretraining is training on a large corpus, usually by unsupervised methods such as autoencoders
# or masked language models, that BERT and GPT both arise that way, and that the embedding layer of large language models usually holds pretrained vectors such as Word2Vec. Section 9.2 tells BERT and GPT apart by
# their uses: BERT for classification and translation, GPT for generation, such as dialogue.
#
# How GPT is trained, what it must not see, how well it does and how it writes are not mentioned.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 1.4.3 节把 GPT 展开为“Generative Pretrained Transformers”（应为单数，A15）。2.1 节说，预训练是在大规模语料上训练，通常采用自编码器、掩码语言模型等无监督方法，BERT 和 GPT 都是这样得来的；又说大语言模型的嵌入层通常使用 Word2Vec 等预训练词向量。9.2 节按用途区分二者：BERT 用于分类和翻译，GPT 用于文本生成、对话等生成任务。
#
# 至于 GPT 究竟怎样训练，什么不能让它看见，它的好坏如何衡量，文字又怎样写出来，指南都没有提。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Perplexity.** A model gives the four tokens of a text the probabilities $\tfrac12, \tfrac18, \tfrac14, \tfrac14$, each given those before it. The text as a whole has their product, $2^{-1-3-2-2} = 2^{-8}$. The mean
# of $-\ln p$ is $\tfrac{8}{4} \ln 2 = 2 \ln 2$ nats, and $e^{2 \ln 2} = 4$: on average the model was as undecided as somebody who has to choose among 4 equally probable tokens. That number is the *perplexity*.
#
# **From probabilities to a token.** Let the next token be a, b, c or d with the probabilities in the first row.
#
# | | a | b | c | d | how |
# |---|---|---|---|---|---|
# | $p$ | $0.4$ | $0.3$ | $0.2$ | $0.1$ | |
# | temperature $\tfrac12$ | $16/30$ | $9/30$ | $4/30$ | $1/30$ | $p^2$, divided by its sum |
# | top-k, $k = 2$ | $4/7$ | $3/7$ | $0$ | $0$ | the two most probable share everything |
# | top-p, $p = 0.8$ | $4/9$ | $3/9$ | $2/9$ | $0$ | $0.4 + 0.3 < 0.8$, with $0.2$ it is enough |
#
# **Greedy is not best.** Two tokens are to be written. The first is a with $0.6$ or b with $0.4$. Behind a, every token has at most $0.4$; behind b, one has $0.9$. Always taking the most probable token begins with a and ends with a text of probability
# $0.6 \cdot 0.4 = 0.24$; the best text begins with b and has $0.4 \cdot 0.9 = 0.36$. *Beam search* keeps the $W$ best beginnings at every step; here $W = 2$ finds it.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **困惑度**　一段文本有四个词元，模型给它们的概率（各以前面的词元为条件）依次是 $\tfrac12, \tfrac18, \tfrac14, \tfrac14$。整段文本的概率是它们的乘积 $2^{-1-3-2-2} = 2^{-8}$。$-\ln p$ 的均值是 $\tfrac{8}{4} \ln 2 = 2 \ln 2$ 奈特，而 $e^{2 \ln 2} = 4$：平均起来，模型犹豫的程度相当于在 4 个等可能的词元中选一个。这个数就叫**困惑度**。
#
# **从概率到词元**　设下一个词元是 a、b、c、d 之一，概率见第一行。
#
# | | a | b | c | d | 做法 |
# |---|---|---|---|---|---|
# | $p$ | $0.4$ | $0.3$ | $0.2$ | $0.1$ | |
# | 温度 $\tfrac12$ | $16/30$ | $9/30$ | $4/30$ | $1/30$ | $p^2$，再除以总和 |
# | top-k，$k = 2$ | $4/7$ | $3/7$ | $0$ | $0$ | 只留概率最大的两个 |
# | top-p，$p = 0.8$ | $4/9$ | $3/9$ | $2/9$ | $0$ | $0.4 + 0.3 < 0.8$，再加 $0.2$ 就够了 |
#
# **贪心不等于最好**　要写两个词元。第一个是 a 的概率为 $0.6$，是 b 的概率为 $0.4$。a 之后，任何词元的概率都不超过 $0.4$；b 之后，有一个词元的概率是 $0.9$。每次都取概率最大的词元，就从 a 开始，整段文本的概率是 $0.6 \cdot 0.4 = 0.24$；最好的文本却从 b 开始，概率是 $0.4 \cdot 0.9 = 0.36$。**集束搜索**每一步都保留 $W$ 个最好的开头；这里 $W = 2$ 就能找到它。

# %%
of_text = np.array([1 / 2, 1 / 8, 1 / 4, 1 / 4])  # (4,)
p4 = np.array([0.4, 0.3, 0.2, 0.1])  # (4,), a to d
by_hand = {
    "temperature": np.array([16, 9, 4, 1]) / 30,
    "top_k": np.array([4, 3, 0, 0]) / 7,
    "top_p": np.array([4, 3, 2, 0]) / 9,
}
assert np.isclose(of_text.prod(), 2**-8), "the probability of the whole text"
assert np.isclose(np.exp(-np.log(of_text).mean()), 4), "its perplexity"
assert np.isclose(0.6 * 0.4, 0.24) and np.isclose(0.4 * 0.9, 0.36), "greedy and best"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **The loss.** By the chain rule of probability a text $t_1 \dots t_n$ has
#
# $$p(t_1 \dots t_n) = \prod_{i=1}^{n} p(t_i \mid t_1 \dots t_{i-1}), \qquad L = -\frac1n \sum_{i=1}^{n} \ln p(t_i \mid t_1 \dots t_{i-1}), \qquad \mathrm{PPL} = e^{L}.$$
#
# That holds for every distribution: from left to right is no approximation. A model that gives all $V$ tokens the same probability has the perplexity $V$. In the code, the scores at position $i$ are for token $i + 1$: *targets shifted by one*. Each text of $n$ tokens so gives $n - 1$ questions at once, with nobody to write the answers down. A model that foretells from left to right, its own words included, is called *autoregressive*.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **损失**　按概率的链式法则，文本 $t_1 \dots t_n$ 的概率是
#
# $$p(t_1 \dots t_n) = \prod_{i=1}^{n} p(t_i \mid t_1 \dots t_{i-1}), \qquad L = -\frac1n \sum_{i=1}^{n} \ln p(t_i \mid t_1 \dots t_{i-1}), \qquad \mathrm{PPL} = e^{L}.$$
#
# 这对任何分布都成立：从左到右并不是近似。若模型给全部 $V$ 个词元同样的概率，困惑度就是 $V$。落实到代码，位置 $i$ 上的分数是为第 $i + 1$ 个词元打的，即**目标错开一位**。这样，$n$ 个词元的文本一次给出 $n - 1$ 道题，答案不用任何人来标。这样由前面的词元（包括自己刚写的）预测下一个的模型，叫**自回归语言模型**。


# %%
def mean_surprise(logits, ids):  # (T, V), (T,)
    z = logits - logits.max(axis=-1, keepdims=True)  # (T, V)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))  # (T, V)
    return -log_p[np.arange(len(ids) - 1), ids[1:]].mean()  # logits i, token i + 1


piece = ids[:LENGTH]  # (T,)
with no_grad():
    logits = gpt(piece[None]).data[0].astype(float)  # (T, V)
inputs, targets = piece[None, :-1], piece[None, 1:]  # (1, T - 1) each
of_library = ops.cross_entropy(gpt(inputs), targets=targets).data
assert np.isclose(mean_surprise(logits, piece), of_library), "the training loss, by its definition"
partly = np.where(np.arange(LENGTH - 1) < 5, targets, IGNORE)  # as behind the end of a text
of_library = ops.cross_entropy(gpt(inputs), targets=partly).data
assert np.isclose(mean_surprise(logits[:6], piece[:6]), of_library), "IGNORE does not count"
assert np.isclose(mean_surprise(np.zeros((9, 50)), np.arange(9)), np.log(50)), "knows nothing: ln V"

# %% [markdown] lang="en"
# **The mask.** All positions are trained at once, so position $i$ must not see the tokens behind it, one of which is its own answer: the *causal mask* of lesson 6. Then a change of a later token changes no
# earlier score, not even in the last bit. Without the mask all of them change.

# %% [markdown] lang="zh"
# **掩码**　所有位置同时训练，所以位置 $i$ 不可以看到后面的词元，其中就有它自己的答案：这就是第 6 课的**因果掩码**。有了它，改动后面的词元，前面的分数一个也不变，连最后一个二进制位都不变；去掉它，全都会变。

# %% tags=["machine"]
other = piece.copy()
other[20] = (other[20] + 1) % len(vocabulary)
changed = {}
for causal in (True, False):
    for block in gpt.blocks:
        block.attention.causal = causal
    with no_grad():
        gap = np.abs(gpt(other[None]).data - gpt(piece[None]).data)[0].max(axis=-1)  # (T,)
    changed[causal] = gap
    print(f"causal = {causal!s:5}  largest change before place 20: {gap[:20].max():.1e}")
for block in gpt.blocks:
    block.attention.causal = True
assert changed[True][:20].max() == 0, "nothing before the changed token changes"
assert changed[True][20:].min() > 0, "everything from it on does"
assert changed[False].min() > 0, "without the mask, everything"

# %% [markdown] lang="en"
# **The model.** With $E$ the table of tokens, $P$ that of positions and the pre-norm layers of lesson 7,
#
# $$x^{(0)} = E[\mathrm{ids}] + P, \qquad x^{(l)} = \mathrm{block}_l\big(x^{(l-1)}\big), \qquad \mathrm{logits} = \mathrm{LN}\big(x^{(L)}\big)\, E^\top.$$
#
# The same table $E$ stands at both ends (*weight tying*): the score of a token is the dot product of its vector with what the model expects. That saves $V d$ numbers, here as many as half of all, and $E$ gets two gradients, one from each end, which add up.
# `Gpt` of the library is this model, with a few options more.

# %% [markdown] lang="zh"
# **模型**　记 $E$ 为词元表，$P$ 为位置表，各层是第 7 课的前归一化层，则
#
# $$x^{(0)} = E[\mathrm{ids}] + P, \qquad x^{(l)} = \mathrm{block}_l\big(x^{(l-1)}\big), \qquad \mathrm{logits} = \mathrm{LN}\big(x^{(L)}\big)\, E^\top.$$
#
# 首尾两端用的是同一张表 $E$（**权重共享**，weight tying）：一个词元的分数，就是它的向量与模型所期待的向量的点积。这样省下 $V d$ 个数，在这里约占全部参数的一半；而 $E$ 从首尾两端各得一份梯度，两份相加。程序库里的 `Gpt` 就是这个模型，只是多几个选项。

# %%
sizes = {"width": WIDTH, "n_heads": HEADS, "n_layers": LAYERS, "max_length": LENGTH}
model = Gpt(gpt2_style(len(vocabulary), **sizes), rng=np.random.default_rng(0))
model.load_state_dict(gpt.state_dict())  # the same names, the same shapes
assert np.array_equal(model(inputs).data, gpt(inputs).data), "the page is the library's Gpt"
n_all, n_tied = gpt.parameter_count(), gpt.tokens.weight.size
print(f"{n_all:,} parameters, of which {n_tied:,} in the table; untied {n_all + n_tied:,}")
assert 0.4 < n_tied / n_all < 0.6, "the table is about half of it"

# %% [markdown] lang="en"
# **Choosing a token.** All samplers change the scores $z$ and then draw from $\mathrm{softmax}(z)$:
#
# $$\text{temperature: } z_i / T, \qquad \text{top-k: } z_i = -\infty \text{ unless } z_i \text{ is among the } k \text{ largest}, \qquad \text{top-p: unless } \sum_{j \text{ before } i} p_j < p.$$
#
# Before $i$ come the more probable tokens, and equally probable ones with smaller ids. As $T \to 0$ the most probable token takes all (*greedy*), as $T \to \infty$ all are equal. Top-p you write yourself, in exercise 08.2.

# %% [markdown] lang="zh"
# **选词元**　各种采样都是先改分数 $z$，再按 $\mathrm{softmax}(z)$ 抽取：
#
# $$\text{temperature: } z_i / T, \qquad \text{top-k: } z_i = -\infty \text{ unless } z_i \text{ is among the } k \text{ largest}, \qquad \text{top-p: unless } \sum_{j \text{ before } i} p_j < p.$$
#
# 式中 temperature 是温度，unless 意为“除非”：top-k 只留最大的 $k$ 个分数，其余置为 $-\infty$；before 指排在它前面的词元：概率更大的，或概率相同而编号更小的；top-p 只留“排在它前面的词元加起来还不到 $p$”的词元。$T \to 0$ 时概率全归最大者（**贪心**），$T \to \infty$ 时各词元均等。top-p 留给你在练习 08.2 里写。


# %%
def softmax(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def temperature(z, t):
    return z / t


def top_k(z, k):
    return np.where(z >= np.sort(z)[-k], z, -np.inf)  # of equal scores all stay


z4 = np.log(p4)  # (4,)
assert np.allclose(softmax(temperature(z4, 1 / 2)), by_hand["temperature"]), "by hand"
assert np.allclose(softmax(top_k(z4, 2)), by_hand["top_k"]), "by hand"
of_library = softmax(decoding.top_p(z4[None], p=0.8))[0]
assert np.allclose(of_library, by_hand["top_p"]), "the library's top-p, by hand"

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Let $p_i = \mathrm{softmax}(\mathrm{logits}_i)$, $y_i$ the one-hot vector of the target, $h_i$ the normalised vector behind the last layer and $n$ the number of targets. By lesson 1, and by the product $\mathrm{logits}_i = h_i E^\top$,
#
# $$\frac{\partial L}{\partial\, \mathrm{logits}_i} = \frac1n (p_i - y_i), \qquad \frac{\partial L}{\partial E} = \underbrace{\frac1n \sum_i (p_i - y_i)\, h_i^\top}_{\text{head}} + \underbrace{\sum_{i:\, \mathrm{ids}_i = v} \frac{\partial L}{\partial x^{(0)}_i}}_{\text{input, row } v}.$$
#
# We check the whole one-layer model, all parameters; then the two shares of the tied table, by a twin of the model whose two tables are apart.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 记 $p_i = \mathrm{softmax}(\mathrm{logits}_i)$，$y_i$ 为目标的独热向量，$h_i$ 为最后一层之后归一化的向量，$n$ 为目标的个数。由第 1 课，再由 $\mathrm{logits}_i = h_i E^\top$，得
#
# $$\frac{\partial L}{\partial\, \mathrm{logits}_i} = \frac1n (p_i - y_i), \qquad \frac{\partial L}{\partial E} = \underbrace{\frac1n \sum_i (p_i - y_i)\, h_i^\top}_{\text{head}} + \underbrace{\sum_{i:\, \mathrm{ids}_i = v} \frac{\partial L}{\partial x^{(0)}_i}}_{\text{input, row } v}.$$
#
# 前一项来自输出端（head），后一项来自输入端（input），加到第 $v$ 行（row）上。下面先检验整个单层模型的全部参数；再造一个孪生模型，首尾两张表分开，用它检验共享的表所得的两份梯度。

# %%
rng = np.random.default_rng(80)
small = Gpt(gpt2_style(13, width=8, n_heads=2, n_layers=1, max_length=6), rng=rng)
for parameter in small.to_dtype(np.float64).parameters():
    parameter.data = parameter.data + 0.3 * rng.standard_normal(parameter.shape)
few = rng.integers(13, size=(2, 7))  # (B, T + 1)
asked = few[:, :-1], few[:, 1:]  # (B, T) each
error = check_module(small, lambda: small.loss(*asked), rng=rng)
print(f"whole model, {small.parameter_count()} numbers: {error:.1e}")
assert error < 1e-7, "the gradient of the whole model"

apart = Gpt(replace(small.config, tied=False), rng=rng).to_dtype(np.float64)
apart.load_state_dict({**small.state_dict(), "head.weight": small.tokens.weight.data})
(shared,) = gradients_of(small.loss(*asked), [small.tokens.weight])
at_input, at_head = gradients_of(apart.loss(*asked), [apart.tokens.weight, apart.head.weight])
norms = [np.linalg.norm(g) for g in (at_input, at_head, shared)]
print("norms: input {:.3f}, head {:.3f}, together {:.3f}".format(*norms))
assert np.allclose(shared, at_input + at_head), "the two shares add up"
assert min(norms) > 0.01, "and neither is nothing"

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **The output** (section 2.1, A26) is not "a classification" or "a translation" but a distribution over all tokens. Here are the five most probable ones behind a beginning, as our model sees them:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **输出**（2.1 节，A26）并不是“分类”或“翻译”，而是全部词元上的一个概率分布。下面是我们的模型在一个开头之后，认为最可能的五个词元：

# %% tags=["machine"]
with no_grad():
    p = softmax(gpt(ids[None, :2]).data[0, -1].astype(float))  # (V,)
print(
    repr(tokenizer.join(vocabulary.decode(ids[:2]))),
    f"  {len(p)} probabilities that sum to {p.sum():.6f}",
)
for i in np.argsort(-p)[:5]:
    print(f"{p[i]:.3f}  {tokenizer.join(vocabulary.decode([i]))!r}")
assert np.isclose(p.sum(), 1) and p.min() > 0, "a distribution over all tokens"

# %% [markdown] lang="en"
# **The embedding layer** (section 2.1, A21). No Word2Vec stands in the page above: the table was drawn at random, with a standard deviation of 0.08, and every update changed it, as the two gradients of section 4 demand. What the training has made of it:

# %% [markdown] lang="zh"
# **嵌入层**（2.1 节，A21）　前面那一页里没有 Word2Vec：词元表是随机抽的，标准差 0.08；第 4 节的两份梯度使它每次更新都在变。训练之后它变成了这样：

# %% tags=["machine"]
print(f"standard deviation of the table: 0.08 before, {gpt.tokens.weight.data.std():.2f} after")
assert gpt.tokens.weight.data.std() > 0.1, "the table has been learned"

# %% [markdown] lang="en"
# **Pretraining** (section 2.1). The objective of GPT is missing: autoencoders and masked language models are other things. From a piece of 32 tokens GPT gets 31 questions, each with everything before it to go by; BERT asks for 15 % of the tokens, here about 5, but may look to both sides.
#
# **BERT and GPT** (section 9.2, A109). The difference is not in what one uses them for, but in mask and question: which token, and what may be seen. Section 3 showed the whole of it: one mask, and the scores before place 20 are deaf to place 20. The first GPT was even tried on
# classification and inference, not on generation (Radford et al. 2018, section 4).

# %% [markdown] lang="zh"
# **预训练**（2.1 节）　指南没有提到 GPT 的训练目标；自编码器和掩码语言模型都是别的目标。一段 32 个词元的文本给 GPT 出 31 道题，每道题都可以看前面的一切；BERT 只问其中 15% 的词元，在这里约 5 个，但可以看左右两边。
#
# **BERT 与 GPT**（9.2 节，A109）　二者的区别不在用途，而在掩码和题目：问哪个词元，许看什么。第 3 节已经把这一点说尽了：只差一个掩码，第 20 位之前的分数就对第 20 位一无所知。第一个 GPT 的论文做的甚至是分类和推理，而不是生成（Radford 等，2018，第 4 节）。

# %% [markdown] lang="en"
# ## 6 Experiments
#
# ### 6.1 How good can a language model be?
#
# Its loss cannot fall below the *entropy* of the language, and of a real language nobody knows that. So we make a language. A sentence is a capital letter, 2 to 18 digits, a full stop, and *the capital once more, in small*:

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 语言模型最好能有多好？
#
# 损失不可能低于语言本身的**熵**，而真实语言的熵谁也不知道。所以我们自己造一种语言。一个句子依次是：一个大写字母，2 至 18 个数字，一个句点，最后**又是那个字母，改成小写**：

# %%
world = echo.STUDY.settings.world
for sentence in echoes.texts(world, 4, np.random.default_rng(8)):
    print(world.spelled(sentence))

# %% [markdown] lang="en"
# The capital is one of eight; the first digit is one of ten; each further one is the next or the one before (0 comes after 9); all 17 numbers of digits are equally probable. The capital is given. Then a sentence costs $\ln 10$ for the first digit, $\ln 2$ for each of the others, $\ln 17$ for the
# question where they end, and for its last letter *nothing*, to whoever remembers the capital. On average there are 10 digits, so 12 tokens to be foretold, and the entropy is
#
# $$\frac{\ln 10 + 9 \ln 2 + \ln 17}{12} \approx {here.entropy} \text{ nats}.$$
#
# *n-grams* count: how often did this token stand behind these $n - 1$? (Rare ones borrow from shorter ones; ours by the rule of Kneser and Ney.) They see $n - 1$ tokens. A letter whose capital is out of sight costs $\ln 8$, whatever the amount of text: the least loss for each $n$ can be computed exactly (`least_loss`).
# GPT gets the same 4,000 sentences, and the held-out ones are the same. The $n$ that is compared with it is chosen on a tenth of the training text.

# %% [markdown] lang="zh"
# 大写字母有八种，首个数字有十种；以后每个数字不是前一个加一，就是减一（9 之后是 0）；数字的个数有 17 种，各种等可能。大写字母是给定的。于是一个句子的代价是：首个数字 $\ln 10$，其余每个数字 $\ln 2$，在何处结束 $\ln 17$；至于最后那个字母，记得开头的人**分文不花**。平均有 10 个数字，也就是 12 个要预测的词元，所以熵是
#
# $$\frac{\ln 10 + 9 \ln 2 + \ln 17}{12} \approx {here.entropy} \text{ nats}.$$
#
# 单位是奈特（nats）。**n 元模型**靠计数：这个词元在这 $n - 1$ 个词元之后出现过多少次？（少见的组合向更短的组合借，我们用的是 Kneser 和 Ney 的规则。）它只看得见 $n - 1$ 个词元。大写字母一旦在视野之外，末尾的字母就要花 $\ln 8$，文本再多也没有用：每个 $n$ 的最小损失都能精确算出（`least_loss`）。GPT 学的是同样的 4,000 个句子，测试用的句子也相同。与它比较的 $n$，是用训练文本的十分之一选出来的。

# %%
truth = echoes.entropy(world)
stated("entropy", truth, 0.948, 0.0005, "the entropy of the language")
by_terms = (np.log(10) + 9 * np.log(2) + np.log(17)) / 12
assert np.isclose(truth, by_terms), "the formula above"

settings = echo.STUDY.settings
runs = read_study("echo")  # each with the seeds along its first axis
excess = {name: runs[name] - truth for name in ("gpt", "chosen")}  # (5,) each
mine = echo.trained(settings, 0)
_, unseen = echo.data(settings, 0)
here = language_loss(mine, unseen) - truth
for name, label in (("gpt", "GPT"), ("chosen", "n-grams")):
    print(f"{label:8} above the entropy, 5 seeds:", *excess[name].round(3))
assert abs(here - excess["gpt"][0]) < 0.03, "the stored loss of seed 0 is the one found here"
assert excess["gpt"].max() < 0.06, "GPT comes near the entropy"
assert excess["chosen"].min() > 0.15, "n-grams do not"


# %%
def band(axes, x, values, style, label):
    """The mean of the seeds with its 95 % interval; what was drawn."""
    mean, half = mean_and_interval(values)
    axes.plot(x, mean + 0 * np.array(x), style, ms=5, mfc="none", label=label)
    axes.fill_between(x, mean - half, mean + half, alpha=0.25, lw=0)
    return {f"{label} mean": mean, f"{label} half": half}


# %%
figure, (left, right) = plt.subplots(1, 2)
orders, lengths = list(settings.orders), list(world.lengths)
floor = [echoes.least_loss(world, n - 1) - truth for n in orders]
drawn = {"n": orders, "least": floor, "digits": lengths}
drawn |= band(left, orders, runs["ngrams"] - truth, "o-", "n-grams")
drawn |= band(left, orders, np.repeat(excess["gpt"][:, None], len(orders), 1), "-", "GPT")
left.plot(orders, floor, "k:", label="least for n-grams")
left.axhline(0, color="gray", lw=0.8)
left.set(xlabel="$n$", ylabel="nats above the entropy", xticks=orders)
right.axhline(np.log(8), color="k", ls=":", lw=0.8)
for name, style in (("chosen", "o-"), ("longest", "s--"), ("gpt", "-")):
    n = {"chosen": int(runs["order"][0]), "longest": orders[-1]}.get(name)
    label = f"{n}-grams" if n else "GPT"
    drawn |= band(right, lengths, runs[f"letter_{name}"], style, f"{label}, last letter")
right.set(xlabel="digits between", ylabel=r"$-\ln p$ of the last letter", xticks=lengths[::4])
left.legend(fontsize=7)
right.legend(fontsize=7)
savefig(figure, "08_loss", drawn)

# %% [markdown] lang="en"
# **Reading the figure**: on the left the loss above the entropy for each $n$, with the least that any reader of $n - 1$ tokens can reach (dotted), and GPT; on the right what the last letter alone costs, by the number of digits between it and its capital, with $\ln 8$ dotted. Bands are 95 % intervals of five seeds.
#
# **What you saw.** GPT stays {gpt.mean} ± {gpt.half} nats above the entropy, the n-grams of the chosen $n = {order}$ stay {ngrams.mean} ± {ngrams.half}. Of these, {floors.3} are what nobody can save who sees two tokens. Longer n-grams could know more (at $n = 14$ the least is {floors.14}), but get worse: what they would have to have
# counted, a capital with just these digits behind it, is new in nearly every sentence. GPT need not have seen just these digits: attention can look back at the capital, past all of them.
#
# **What it does not show.** We made this language so that counting must fail. Whether it fails on a real text, only counting says: *count before you train*. On Shakespeare's plays, character by character, {plays.order}-grams reach {plays.ngrams} nats, and a GPT of 4 layers with usual settings for a small machine {plays.gpt}, a mean of five seeds ([reference curves](reference_curves.md)): there counting wins. Here is the page's text, with GPT's loss on the tenth that it has not seen and that of n-grams:

# %% [markdown] lang="zh"
# **读图**：左图是各个 $n$ 的损失比熵高出多少，点线是只看 $n - 1$ 个词元的读者最少要高出多少，另有 GPT；右图只看末尾的字母，横轴是它与大写字母之间隔着几个数字，点线是 $\ln 8$。色带是五个种子的 95% 置信区间。
#
# **看到了什么**　GPT 比熵高 {gpt.mean} ± {gpt.half} 奈特；n 元模型选中的 $n = {order}$，比熵高 {ngrams.mean} ± {ngrams.half}，其中 {floors.3} 是只看两个词元的读者无论如何省不掉的。更长的 n 元模型本可以知道得更多（$n = 14$ 时最少只高 {floors.14}），结果反而更差：它要先数到过“这个大写字母后面恰好是这几个数字”，而这几乎每句都是新的。GPT 不必恰好见过这串数字：注意力可以越过它们，直接回头看大写字母。
#
# **不能由此得出的**　这种语言是我们特意造的，计数在这里必定失败。换成真实的文本会怎样，只有数过才知道：**先计数，再训练**。以莎士比亚的剧本为例，逐个字符预测，{plays.order} 元模型达到 {plays.ngrams} 奈特，而一个 4 层的 GPT 按小机器上的常用设置训练，是 {plays.gpt} 奈特（五个种子的均值，见[参考曲线](reference_curves.md)）：在那里胜出的是计数。下面是开头那一页的文本：GPT 在没有学过的那十分之一上的损失，以及 n 元模型的损失：

# %% tags=["machine"]
rest = vocabulary.encode(tokenizer.tokenize(held_out))
counted = best_ngrams([ids], len(vocabulary))
print(f"knows nothing   {np.log(len(vocabulary)):.2f} nats")
print(f"{counted.order}-grams         {counting_loss(counted, [rest]):.2f} nats")
of_page = language_loss(model, [rest])
print(f"GPT of the page {of_page:.2f} nats, perplexity {np.exp(of_page):.1f}")
assert of_page < 0.5 * np.log(len(vocabulary)), "it has learned most of what there is"

# %% [markdown] lang="en"
# And the plays? So falls the loss of that GPT on the tenth that it has not seen. The band is the 95 % interval of the mean of five seeds, dotted is what n-grams reach; a run of your own should come near it:

# %% [markdown] lang="zh"
# 剧本上又如何？下图是那个 GPT 在没有学过的那十分之一上的损失怎样下降。色带是五个种子均值的 95% 置信区间，点线是 n 元模型达到的损失；自己的训练应当与它相近：

# %%
plays = read_study("shakespeare")
recipe = read_settings("shakespeare")["recipe"]
updates = np.arange(1, plays["held out"].shape[1] + 1) * recipe["evaluate_every"]
figure, axes = plt.subplots(figsize=(6, 3.6))
shown = {"updates": updates, "n-grams": plays["n-grams"][0]}
shown |= band(axes, updates, plays["held out"], "o-", "GPT, held out")
for n in (2, 3, 4, 5, 7):
    loss = plays["n-grams"][0][n - 1]
    axes.axhline(loss, color="C1", ls=":", lw=0.8)
    axes.annotate(f"{n}-grams", (2190, loss), ha="right", va="bottom", fontsize=7)
axes.set(xlabel="update", ylabel="nats per character", xlim=(0, 2200), ylim=(1.45, 2.55))
axes.legend(fontsize=7)
savefig(figure, "08_reference", shown)

# %% [markdown] lang="en"
# ### 6.2 What a cache saves
#
# Writing token $t + 1$ needs the queries of the last position only, but keys and values of all. Whoever reads the whole text again for every token reads $1 + 2 + \dots + n = n(n+1)/2$ positions; whoever keeps keys and values reads each position once. Both must give the same scores. `Counting` is our `Gpt`, which also counts:

# %% [markdown] lang="zh"
# ### 6.2 缓存省下了什么
#
# 写第 $t + 1$ 个词元时，只需要最后一个位置的查询，却需要所有位置的键和值。每写一个词元就把全文重读一遍，共读 $1 + 2 + \dots + n = n(n+1)/2$ 个位置；把键和值存下来，每个位置只读一次。两种读法必须给出相同的分数。下面的 `Counting` 就是 `Gpt`，只是顺便计数：


# %%
class Counting(Gpt):
    read = 0

    def hidden(self, ids, mask=None, *, caches=None):
        self.read += ids.shape[1]
        return super().hidden(ids, mask, caches=caches)


rng = np.random.default_rng(81)
config = gpt2_style(50, width=32, n_layers=2, n_heads=4, max_length=128)
reading = Counting(config, rng=rng).to_dtype(np.float64)
line = rng.integers(50, size=128)
kinds = {"again": decoding.RecomputingReader, "cache": decoding.CachedReader}
counts, scores = {}, {}
for name, kind in kinds.items():
    reader, reading.read = kind(reading), 0
    found = [reader.start(line[None, :1], np.ones((1, 1), bool))]  # (1, V) each
    positions = [reading.read]
    for token in line[1:]:
        found.append(reader.step(np.array([token])))
        positions.append(reading.read)
    counts[name], scores[name] = np.array(positions), np.array(found)
gap = np.abs(scores["again"] - scores["cache"]).max()
print(f"largest difference {gap:.1e}; read for 128 tokens:", *(c[-1] for c in counts.values()))

# %%
n = np.arange(1, 129)
assert gap < 1e-12, "the cache changes nothing"
assert np.array_equal(counts["cache"], n), "each position is read once"
assert np.array_equal(counts["again"], n * (n + 1) // 2), "without it, n (n + 1) / 2"
kept = sum(cache.keys.size + cache.values.size for cache in reader.caches)
assert kept == 2 * 2 * 128 * 32, "kept: keys and values, layers, positions, width"

figure, axes = plt.subplots(figsize=(5, 3))
for name, style in (("again", "-"), ("cache", "--")):
    axes.loglog(n, counts[name], style, label=name)
axes.set(xlabel="tokens written", ylabel="positions read")
axes.legend()
savefig(figure, "08_cache", {"n": n, **counts})

# %% tags=["timing"]
for name, kind in kinds.items():
    reader, began = kind(reading), process_time()
    reader.start(line[None, :1], np.ones((1, 1), bool))
    for token in line[1:]:
        reader.step(np.array([token]))
    print(f"{name}: {process_time() - began:.2f} s for 128 tokens")

# %% [markdown] lang="en"
# **Reading the figure**: positions read against tokens written, both axes logarithmic; slopes 2 and 1. The seconds are those of your machine; in so small a model most of them are not arithmetic.
#
# **What a cache does not save**: every new token still compares its query with all keys, $n(n+1)/2$ scores in all for each head, instead of $1^2 + 2^2 + \dots + n^2$. And it takes memory: $2 \cdot \text{layers} \cdot n \cdot d$ numbers for each text, keys and values.
#
# ### 6.3 Do the samplers sample?
#
# A sampler is right if it draws each token with its probability. For $p = (0.4, 0.3, 0.2, 0.1)$ we know these for every filter, and compare 20,000 draws with them by Pearson's $\chi^2 = \sum (\text{drawn} - \text{expected})^2 / \text{expected}$. With one, two and three degrees of freedom a right sampler stays below 10.83, 13.82 and 16.27 in 999 of 1,000 cases.

# %% [markdown] lang="zh"
# **读图**：横轴是写出的词元数，纵轴是读过的位置数，都是对数坐标；两条线的斜率分别是 2 和 1。秒数是你的机器上的；模型这样小，大部分时间并不花在算术上。
#
# **缓存省不下的**　每个新词元的查询仍要与所有的键相比，每个头一共是 $n(n+1)/2$ 个分数；不用缓存则是 $1^2 + 2^2 + \dots + n^2$ 个。而且缓存要占内存：每段文本 $2 \cdot \text{layers} \cdot n \cdot d$ 个数（layers 为层数），包括键和值。
#
# ### 6.3 采样器真的在采样吗？
#
# 采样器若正确，抽到每个词元的频率就应当符合它的概率。对 $p = (0.4, 0.3, 0.2, 0.1)$，每种过滤之后的概率我们都知道，于是抽 20,000 次，用皮尔逊的 $\chi^2 = \sum (\text{drawn} - \text{expected})^2 / \text{expected}$ 来比（drawn 是抽到的次数，expected 是期望的次数）。自由度为 1、2、3 时，正确的采样器在 1,000 次中有 999 次不超过 10.83、13.82、16.27。

# %%
exact = {
    "temperature": (by_hand["temperature"], {"temperature": 0.5}),
    "top_k": (by_hand["top_k"], {"top_k": 2}),
    "top_p": (by_hand["top_p"], {"top_p": 0.8}),
    "min_p": (by_hand["top_p"], {"min_p": 0.5}),  # at least half as probable as the best: a, b, c
    "none": (p4, {}),
}
limits, draws = {1: 10.83, 2: 13.82, 3: 16.27}, 20_000
choose = decoding.sampling(np.random.default_rng(82))
z = np.tile(z4, (draws, 1))  # (draws, V)
for name, (wanted, setting) in exact.items():
    drawn = choose(decoding.filtering(**setting)(z, np.zeros(z.shape, bool)))  # (draws,)
    found, stays = np.bincount(drawn, minlength=4), wanted > 0
    chi2 = ((found - draws * wanted)[stays] ** 2 / (draws * wanted[stays])).sum()
    print(f"{name:12} {found}  chi-squared {chi2:.2f}")
    assert found[~stays].sum() == 0, "what is filtered away is never drawn"
    assert chi2 < limits[stays.sum() - 1], "the frequencies are those of the probabilities"
wrong = ((found - draws * by_hand["temperature"]) ** 2 / (draws * by_hand["temperature"])).sum()
assert wrong > 1000, "a sampler that forgot its temperature would be found out"

# %% [markdown] lang="en"
# ### 6.4 Beams against all texts
#
# With four tokens there are $4^4 = 256$ texts of four tokens: few enough to look at all of them. A random model, and the most probable text as greedy search, beams of several widths and a search through everything find it:

# %% [markdown] lang="zh"
# ### 6.4 集束搜索与穷举
#
# 只有四种词元时，四个词元的文本共有 $4^4 = 256$ 种，可以全部看一遍。取一个随机的模型，看贪心、各种宽度的集束搜索和穷举各能找到概率多大的文本：

# %%
rng = np.random.default_rng(163)
tiny = Gpt(gpt2_style(4, width=8, n_layers=1, n_heads=2, max_length=8), rng=rng)
for parameter in tiny.to_dtype(np.float64).parameters():
    parameter.data = parameter.data + 0.5 * rng.standard_normal(parameter.shape)
every = np.stack(np.meshgrid(*[np.arange(4)] * 4, indexing="ij"), -1).reshape(-1, 4)  # (256, 4)
with_start = np.concatenate([np.zeros((256, 1), int), every], axis=1)  # (256, 5)
with no_grad():
    totals = tiny.log_probabilities(with_start).sum(axis=1)  # (256,)
assert np.isclose(np.exp(totals).sum(), 1), "the probabilities of all texts sum to one"
found = {}
for width in (1, 2, 4, 64):
    found[width] = decoding.beam_search(tiny, np.array([0]), 4, width=width)[0]
    print(f"width {width:2}: probability {np.exp(found[width].score):.4f}  {found[width].tokens}")
print(f"all 256:  probability {np.exp(totals.max()):.4f}  {every[totals.argmax()].tolist()}")
assert np.isclose(found[64].score, totals.max()), "as many beams as beginnings: nothing is missed"
assert found[1].score < totals.max() - 0.1, "greedy misses the best text"

# %% [markdown] lang="en"
# That the 256 probabilities sum to 1 is the chain rule at work: what GPT gives is a distribution over texts. The most probable text is seldom the best one to read, by the way: it is short of surprises. That is why one samples.

# %% [markdown] lang="zh"
# 256 个概率之和为 1，正是链式法则的结果：GPT 给出的是全部文本上的一个分布。顺带一提，概率最大的文本往往并不好读，因为它毫无意外；所以实际写作时用的是采样。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * One objective: the next token. Targets are the text, shifted by one; the loss is $-\tfrac1n \sum \ln p(t_i \mid t_1 \dots t_{i-1})$, its exponential the perplexity.
# * The causal mask makes all positions trainable at once, and later tokens exactly invisible.
# * A loss means something beside the entropy, where it is known, and beside n-grams, where it is not.
# * Temperature, top-k and top-p change the distribution, beams look for its largest value; a cache changes nothing but the work.
# * Two losses can be compared only over the same tokens: with other tokens in the vocabulary the same text has another number of them.
# * All of this with models of about 100,000 parameters, on texts made by a grammar, whose sentences are all of a few kinds.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 目标只有一个：下一个词元。目标就是错开一位的文本；损失是 $-\tfrac1n \sum \ln p(t_i \mid t_1 \dots t_{i-1})$，取指数就是困惑度。
# * 因果掩码使所有位置能同时训练，又使后面的词元丝毫不可见。
# * 损失单看没有意义：知道熵，就与熵比；不知道，就与 n 元模型比。
# * 温度、top-k、top-p 改变分布，集束搜索寻找分布的最大值；缓存除了工作量，什么也不改变。
# * 两个损失要对同样的词元来算才能比较：换一个词表，同一段文本的词元个数就不同了。
# * 以上用的都是约 10 万参数的小模型，文本由语法生成，句式只有不多的几种。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **08.1 Perplexity.** Write `perplexity(logits, targets)` for `logits` $(B, T, V)$, any finite scores, and integer `targets` $(B, T)$. Places whose target is `IGNORE` (it is $-100$) do not count; the mean is over all others together, not text by text. Scores may be a million large; at least one place counts.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **08.1 困惑度**　请写 `perplexity(logits, targets)`：`logits` 的形状是 $(B, T, V)$，是任意有限的分数；`targets` 是整数，形状 $(B, T)$。目标为 `IGNORE`（即 $-100$）的位置不计；其余位置合在一起取平均，而不是逐段文本取平均。分数可以大到一百万；至少有一个位置计入。


# %% tags=["exercise"]
def perplexity(logits, targets):
    return ...


# %% tags=["solution"]
def perplexity(logits, targets):
    z = logits - logits.max(axis=-1, keepdims=True)  # (B, T, V)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))  # (B, T, V)
    counted = targets != IGNORE  # (B, T)
    right = np.where(counted, targets, 0)[..., None]  # (B, T, 1)
    return np.exp(-np.take_along_axis(log_p, right, axis=-1)[..., 0][counted].mean())


# %% tags=["exercise-check"]
check("08.1", perplexity)

# %% [markdown] lang="en"
# **08.2 Top-p.** Write `top_p(p, share)` for probabilities `p` $(B, V)$, a distribution in each row: keep in each row the fewest tokens whose probabilities together reach `share` (equal to it is enough), the most probable ones; of equally probable ones those with smaller ids. Return an array $(B, V)$: 0 for what is not
# kept, and the kept probabilities divided by their sum. `share` lies in $(0, 1]$. The row of section 2 is one of the cases; 0.6 of $(0.3, 0.3, 0.4)$ keeps the last and the first.

# %% [markdown] lang="zh"
# **08.2 top-p**　请写 `top_p(p, share)`：`p` 的形状是 $(B, V)$，每行是一个概率分布。每行只保留最少的几个词元，使它们的概率之和达到 `share`（恰好相等也算达到）：先留概率大的；概率相等时，先留编号小的。返回 $(B, V)$ 的数组：没有保留的为 0，保留的各除以它们的总和。`share` 在 $(0, 1]$ 之内。第 2 节那一行就是一例；又如 $(0.3, 0.3, 0.4)$ 取 0.6，留下的是最后一个和第一个。


# %% tags=["exercise"]
def top_p(p, share):
    return ...


# %% tags=["solution"]
def top_p(p, share):
    order = np.argsort(-p, axis=-1, kind="stable")  # (B, V)
    sorted_p = np.take_along_axis(p, order, axis=-1)
    before = np.cumsum(sorted_p, axis=-1) - sorted_p  # what the more probable ones have
    kept = np.zeros_like(p)
    np.put_along_axis(kept, order, np.where(before < share, sorted_p, 0), axis=-1)
    return kept / kept.sum(axis=-1, keepdims=True)


# %% tags=["exercise-check"]
check("08.2", top_p)

# %% [markdown] lang="en"
# **08.3 One step with a cache.** Write `attend(q, k, v, keys, values)`, one step of causal attention with one head. `q` and `k` $(d_k,)$ and `v` $(d_v,)$ belong to the new token, `keys` $(t, d_k)$ and `values` $(t, d_v)$ to the $t \ge 0$ tokens before it. Return three things: the output $(d_v,)$ of the new token, and the keys and values to be handed in with the next one.
# What you were given must stay as it was: another text may go on from it. Then step after step gives what causal attention gives for the whole text at once.

# %% [markdown] lang="zh"
# **08.3 带缓存的一步**　请写 `attend(q, k, v, keys, values)`，即单头因果注意力的一步。`q`、`k`（形状 $(d_k,)$）和 `v`（形状 $(d_v,)$）属于新词元；`keys` $(t, d_k)$ 和 `values` $(t, d_v)$ 属于它前面的 $t \ge 0$ 个词元。返回三样东西：新词元的输出 $(d_v,)$，以及下一步要交进来的键和值。传入的数组不可改动，因为也许还有另一段文本要从那里接着写。这样一步一步算下来，应当与整段文本一次算出的因果注意力相同。


# %% tags=["exercise"]
def attend(q, k, v, keys, values):
    return ...  # output, keys, values


# %% tags=["solution"]
def attend(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])  # (t + 1, dk), (t + 1, dv)
    weights = softmax(keys @ q / np.sqrt(len(q)))  # (t + 1,)
    return weights @ values, keys, values


# %% tags=["exercise-check"]
check("08.3", attend)

# %% [markdown] lang="en"
# ## 9 Further reading, and the last word
#
# * Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training": the objective is its equation 1. Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.
# * Shannon 1951, "Prediction and Entropy of Printed English": the entropy of English, measured on people who guess the next letter.
# * Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling".
# * Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", for top-p, and why the most probable text is a bad one.
# * In this project, once the exercises are done: `minillm/models/gpt.py`, `minillm/models/ngrams.py`, `minillm/models/decoding/`, `minillm/tasks/generation/`, `minillm/labs/pretraining/echo.py`.
#
# The last word is your model's. It begins with a line end, remembers the 32 last tokens, and draws with your `top_p` if exercise 08.2 is done, and from the whole distribution if not:

# %% [markdown] lang="zh"
# ## 9 延伸阅读，以及最后的话
#
# * Radford 等，2018，“Improving Language Understanding by Generative Pre-Training”：训练目标见其式 1。Radford 等，2019，“Language Models are Unsupervised Multitask Learners”，第 2 节。
# * Shannon，1951，“Prediction and Entropy of Printed English”：请人猜下一个字母，由此测出英语的熵。
# * Chen、Goodman，1999，“An empirical study of smoothing techniques for language modeling”。
# * Holtzman 等，2020，“The Curious Case of Neural Text Degeneration”：top-p 的出处，也说明为什么概率最大的文本并不好。
# * 本项目，做完练习再看：`minillm/models/gpt.py`、`minillm/models/ngrams.py`、`minillm/models/decoding/`、`minillm/tasks/generation/`、`minillm/labs/pretraining/echo.py`。
#
# 最后的话留给你的模型。它从一个换行写起，只记得最近的 32 个词元；练习 08.2 如果做了，就用你的 `top_p` 来抽，没有做就从整个分布里抽：

# %% tags=["answer", "machine"]
rng = np.random.default_rng(2018)
lines = list(vocabulary.encode(tokenizer.tokenize("\n")))
while len(lines) < 120:
    with no_grad():
        z = gpt(np.array([lines[-LENGTH:]])).data[0, -1].astype(float)  # (V,)
    p = softmax(z[None])  # (1, V)
    kept = top_p(p, 0.8)
    p = p if kept is ... else kept
    lines.append(rng.choice(len(vocabulary), p=p[0]))
print(tokenizer.join(vocabulary.decode(lines)).strip())
