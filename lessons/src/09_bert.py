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
#     lesson: 9
#     guide: ['2.1', '2.2', '9.2']
#     budget_s: 30
#     errata: [A14, A18, A23, A24, A116]
#     introduces: [minillm.models.left_only, minillm.text.masking, minillm.tasks.masked_lm]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.labs.pretraining import sides as task
from minillm.labs.statistics import prediction_interval
from minillm.labs.worlds.agreement import FRAME

runs, n = study("sides"), len(study("sides")["curve both"])
language, at = task.STUDY.settings.language, task.STUDY.settings.measured_at
verb, words = FRAME.index("verb"), language.words


def spread(values):
    """Mean, and where one more run is expected."""
    low, high = prediction_interval(values)
    return {"mean": values.mean(), "low": low, "high": high}


ends = {name: spread(runs[f"curve {name}"][:, -1]) for name in ("both", "left", "next", "masks")}
early = {name: runs[f"curve {name}"][:, at.index(200)].mean() for name in ("left", "next")}
beside = runs["counted"][:, 0].mean()
at_verb = {name: runs[f"places {name}"][:, verb].mean() for name in ("both", "left", "next")}
drink = runs["answers both"][:, words.index("drink")].mean()
looked = runs["looks both"][:, verb].mean(axis=0)  # (T + 2,)
looks = {"noun": looked[2], "reason": looked[8], "near": looked[5]}
unmasked = runs["unmasked"].mean(axis=0)  # (3, 2)
bare = {
    "kept": unmasked[0, 0], "other": unmasked[0, 1],
    "kept_masks": unmasked[1, 0], "other_masks": unmasked[1, 1],
}  # fmt: skip
LITERALS = {
    "by hand, asserted in sections 2 and 3": (
        "0 1 2 3 4 8 0.2 0.25 0.8 0.125 0.500 0.645 0.842 1.04 1,024"
    ),
    "of the method, of the experiment": "15 80 10 20 50 100 200",
    "settings of the experiments": "27 40 64 800 0.003 0.001 0.01",
    "the level of all intervals": "95",
    "even shares": "0.1",
}

# %% [markdown] lang="en"
# # Lesson 9. BERT: masked language modelling
#
# **Question.** "The dogs near the horse ⟨?⟩ from thirst." Who reads from left to right knows that a plural verb comes; only who sees the end
# knows which one. How does a model learn to use both sides, what is that worth, and what does it cost?
#
# **Afterwards you can** corrupt a text as BERT's training does and say why, compute the masked loss with its gradient, tell the
# best possible loss of a language from that of a model, and show by a number why BERT is no generator.
#
# **Before this**: lesson 7 (a Transformer layer). **Time**: about half a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 9 课　BERT：掩码语言模型
#
# **问题**　The dogs near the horse ⟨?⟩ from thirst（马旁边的那些狗因为口渴而……）。从左往右读，只知道这里该用复数动词；看到句末的“口渴”，才知道是“喝水”。汉语也有这样的空：“一⟨?⟩黑色的马”，量词要看后面的名词才填得出。模型怎样学会同时利用左右两边？这样做值多少，代价又是什么？
#
# **学完本课，你能够**　像 BERT 的训练那样破坏一段文本，并说明为什么这样做；算出掩码损失和它的梯度；把一种语言可能达到的最小损失与模型的损失分开；用一个数字说明 BERT 为什么不是生成模型。
#
# **预备知识**　第 7 课（Transformer 层）。**用时**　运行约半分钟，细读约两小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import Parameter, check_module, check_vjp, gradients_of, nn, ops
from minillm.course import check, savefig, setup, stated
from minillm.course.drawing.heat_maps import heat_map
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.pretraining import filling, sides
from minillm.labs.worlds import agreement
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.optim import Adam
from minillm.text import Vocabulary, mask_tokens
from minillm.training import fit

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 2.1: pretraining trains a model on much text, usually by unsupervised methods such as autoencoders and masked language models; BERT and GPT owe
# their power to it (A23). BERT is called a "bidirectional encoding representer" (A14), learns representations in context and does well in many tasks (right, A24).
# The flow chart of section 2, and the summary in section 2.2, lead from the embedding layer to pretraining and from there to BERT (A18, A116). Section 9.2 tells BERT and
# GPT apart by their tasks: BERT for classification and translation, GPT for generation. The words "masked language model" occur once. How words are hidden, what the loss is, and why
# BERT cannot simply write text, the guide does not say.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 2.1 节说：预训练就是在大规模语料上训练模型，通常采用无监督方法，如自编码器、掩码语言模型，BERT 和 GPT 的能力都由此而来（A23）；BERT 被译作“双向编码表示器”（A14），它学习上下文表示，在许多任务上表现出色（这没有错，A24）。第 2 节的流程图和 2.2 节的小结，都从嵌入层画到预训练，再画到 BERT（A18、A116）。9.2 节按任务区分两种模型：BERT 用于分类和翻译，GPT 用于生成。“掩码语言模型”这个词只出现了一次；词怎样遮、损失是什么、BERT 为什么不能直接拿来写文章，指南都没有讲。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A language that we know exactly.** All sentences look like this, and everything is drawn with equal chances but for one thing:
#
# | the | dogs | near | the | horse | drink | from | thirst |
# |---|---|---|---|---|---|---|---|
# | | 4 nouns, in either number | near, behind | | the same, independent | 4 verbs, in the number of the *first* noun | | 4 reasons: the fitting one in 80 %, the one before it in 20 % |
#
# What is the least loss that a hidden word can cost, in nats? Minus the mean of $\ln p$ under the true $p$, given what is seen:
#
# | hidden word | who sees both sides | who sees the left only |
# |---|---|---|
# | first noun | its number from the verb: $\ln 4$ | $\ln 8$ |
# | place | $\ln 2$ | $\ln 2$ |
# | second noun | $\ln 8$ | $\ln 8$ |
# | verb | number *and* meaning known: $-0.8 \ln 0.8 - 0.2 \ln 0.2 = 0.500$ | its number alone: $\ln 4$ |
# | reason | from the verb: $0.500$ | $0.500$ |
# | the three fixed words | $0$ | $0$ |
# | mean of the 8 places | $0.645$ | $0.842$ |
#
# **The loss.** Two words are hidden. The model gives the first $p = 1/2$, the second $1/4$; at the third place nothing was hidden, so it does not count: $L = (\ln 2 + \ln 4)/2 = 1.04$. With
# $p = (1/2, 1/4, 1/4)$ at the first place, the gradient of its scores is $(p - \mathrm{onehot})/2 = (-0.25, 0.125, 0.125)$; at the third it is $0$.
#
# **No generator.** A language of two sentences, "a a" and "b b", each half of the time. Whoever sees the other word is certain: both conditionals are 1, so the products
# $p(x_1 \mid x_2)\,p(x_2 \mid x_1)$ of the two sentences are 1 and 1. They sum to **2**. From left to right, $p(x_1)\,p(x_2 \mid x_1)$ is $1/2$ and $1/2$, and sums to 1.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **一种完全清楚的语言**　所有句子都是下面这个样子；除了一处，所有的选择都是等可能的：
#
# | the | dogs | near | the | horse | drink | from | thirst |
# |---|---|---|---|---|---|---|---|
# | | 4 个名词，单复数各半 | near、behind 二选一 | | 同左，独立抽取 | 4 个动词，单复数与**第一个**名词一致 | | 4 个原因：80% 是与动词相配的，20% 是排在它前面的那个 |
#
# 遮住一个词，损失最少是多少奈特（nat）？就是已知所见的内容，真实的 $p$ 之下 $-\ln p$ 的均值：
#
# | 被遮住的词 | 左右都看得见 | 只看得见左边 |
# |---|---|---|
# | 第一个名词 | 单复数可由动词得知：$\ln 4$ | $\ln 8$ |
# | 方位词 | $\ln 2$ | $\ln 2$ |
# | 第二个名词 | $\ln 8$ | $\ln 8$ |
# | 动词 | 单复数**和**词义都知道：$-0.8 \ln 0.8 - 0.2 \ln 0.2 = 0.500$ | 只知道单复数：$\ln 4$ |
# | 原因 | 由动词得知：$0.500$ | $0.500$ |
# | 三个固定的词 | $0$ | $0$ |
# | 8 个位置的均值 | $0.645$ | $0.842$ |
#
# **损失**　遮住两个词：模型给第一个的概率是 $p = 1/2$，给第二个的是 $1/4$；第三个位置没有遮，不计入。所以 $L = (\ln 2 + \ln 4)/2 = 1.04$。如果第一个位置上 $p = (1/2, 1/4, 1/4)$，那么它的得分的梯度是 $(p - \mathrm{onehot})/2 = (-0.25, 0.125, 0.125)$；第三个位置的梯度是 $0$。
#
# **不是生成模型**　设一种语言只有两句话，“a a”和“b b”，各占一半。看得见另一个词，就有十成把握：两个条件概率都是 1，两句话的乘积 $p(x_1 \mid x_2)\,p(x_2 \mid x_1)$ 也都是 1，加起来是 **2**。而从左往右，$p(x_1)\,p(x_2 \mid x_1)$ 是 $1/2$ 和 $1/2$，加起来是 1。

# %%
language = agreement.Agreement()
sentences, chances = language.every  # (N, T), (N,)
words, n_words = np.array(language.words), len(language.words)
rare = -0.8 * np.log(0.8) - 0.2 * np.log(0.2)
ln2, ln4, ln8 = np.log([2, 4, 8])
both_by_hand = np.array([0, ln4, ln2, 0, ln8, rare, 0, rare])  # (T,)
left_by_hand = np.array([0, ln8, ln2, 0, ln8, ln4, 0, rare])  # (T,)
stated("rare", rare, 0.500, 5e-4, "a verb of which everything is known")
stated("best_both", both_by_hand.mean(), 0.645, 5e-4, "the least loss with both sides")
stated("best_left", left_by_hand.mean(), 0.842, 5e-4, "the least loss with the left side")
print(len(sentences), "sentences,", n_words, "words, such as:", *words[sentences[700]])

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **The best guess.** With all sentences in a list, a conditional probability is a sum over those that agree with what is seen. No model that sees as much
# can have a lower loss in the mean; a model's loss minus this one is what it has still to learn.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **最好的猜测**　所有句子都列得出来，条件概率就是对“与所见相符”的句子求和。看到同样内容的模型，平均损失都不可能比它更低；模型的损失减去它，就是模型还没有学到的部分。


# %%
def best_guess(place, seen, sentence):
    fits = np.all(sentences[:, seen] == sentence[seen], axis=1)  # (N,)
    p = np.bincount(sentences[fits, place], chances[fits], n_words)  # (V,)
    return p / p.sum()


def least_loss(place, seen):
    guesses = [best_guess(place, seen, sentence) for sentence in sentences]
    found = [p[word] for p, word in zip(guesses, sentences[:, place], strict=True)]
    return -chances @ np.log(found)


T = sentences.shape[1]
rest = [[i for i in range(T) if i != place] for place in range(T)]
both = np.array([least_loss(place, rest[place]) for place in range(T)])  # (T,)
left = np.array([least_loss(place, list(range(place))) for place in range(T)])  # (T,)
assert np.allclose(both, both_by_hand) and np.allclose(left, left_by_hand), "the table by hand"
same = np.allclose(both, filling.best_nats(filling.WAYS["both"], language))
assert same, "the study's least loss is ours"

# %% [markdown] lang="en"
# **The corruption.** A choice of 15 % of the words, then a lot for each of them: 80 % become [MASK], 10 % a random word, 10 % stay as they are. The loss is the mean
# over the $m$ chosen words, of the whole batch, given the corrupted text $\tilde x$:
#
# $$L = -\frac1m \sum_{i \in \text{chosen}} \ln p(t_i \mid \tilde x), \qquad \frac{\partial L}{\partial z_{iv}} = \frac{p_{iv} - [v = t_i]}{m} \text{ at chosen places, } 0 \text{ elsewhere.}$$
#
# Targets that do not count are written as $-100$. Why not always [MASK]? In use there is no [MASK]. A model that is asked at [MASK] alone never has to say
# anything at a word that it sees, and may forget there whatever it likes. The random words teach it that what stands there may be wrong, the kept ones that it may be right (Devlin et al. 2019, appendix A.1). What that
# is worth is measured in section 6. In `mask_tokens`, which words are chosen is drawn without replacement: of $n$ words exactly `round(0.15 n)`, and at least one.

# %% [markdown] lang="zh"
# **破坏文本**　选中 15% 的词，再逐个抽签：80% 换成 [MASK]，10% 换成随机的词，10% 保持原样。损失是整批中 $m$ 个选中的词的平均，条件是破坏之后的文本 $\tilde x$：
#
# $$L = -\frac1m \sum_{i \in \text{chosen}} \ln p(t_i \mid \tilde x), \qquad \frac{\partial L}{\partial z_{iv}} = \frac{p_{iv} - [v = t_i]}{m} \text{ at chosen places, } 0 \text{ elsewhere.}$$
#
# （chosen places 指选中的位置，elsewhere 指其余位置。）不计入的目标写成 $-100$。为什么不一律换成 [MASK]？因为使用的时候没有 [MASK]。如果只在 [MASK] 处提问，模型在看得见的词那里就从来不必回答什么，那里的信息丢了也无妨。换成随机的词，是让它知道写在那里的词可能是错的；保持原词，是让它知道也可能是对的（Devlin 等，2019，附录 A.1）。这样做值多少，第 6 节来量。`mask_tokens` 选词是不放回的：$n$ 个词里恰好选 `round(0.15 n)` 个，至少一个。

# %%
IGNORE = -100  # a target that does not count
vocabulary = Vocabulary(language.words)
first = vocabulary.ordinary_ids[0]  # of the words; special tokens come before them
rng = np.random.default_rng(9)
text = first + rng.integers(n_words, size=(500, 100))
corrupted, targets = mask_tokens(text, np.ones(text.shape, dtype=bool), vocabulary, rng=rng)
chosen = targets != IGNORE
fates = {
    "chosen": chosen.mean(),
    "of these [MASK]": (corrupted[chosen] == vocabulary.mask_id).mean(),
    "as it was": (corrupted[chosen] == text[chosen]).mean(),
}
for name, share in fates.items():
    print(f"{name:16} {share:.3f}")
assert np.array_equal(corrupted[~chosen], text[~chosen]), "what is not chosen stays"
assert abs(fates["of these [MASK]"] - 0.8) < 0.03, "80 % of the chosen become [MASK]"

# %% [markdown] lang="en"
# **Reading the table**: shares of all words, then of the chosen ones. "As it was" is a little more than 10 %: a random word may be the old one.
#
# The library's `cross_entropy` leaves out targets of $-100$; on the numbers of section 2:

# %% [markdown] lang="zh"
# **读表**：第一行是占全部词的比例，后两行是占选中的词的比例。“保持原样”的略多于 10%，因为随机换上的词可能碰巧就是原词。
#
# 程序库的 `cross_entropy` 会跳过目标为 $-100$ 的位置；用第 2 节的数字验证：

# %%
scores = Parameter(np.log([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))  # (3, V)
hand = ops.cross_entropy(scores, targets=np.array([0, 1, IGNORE]))
(slope,) = gradients_of(hand, [scores])  # (3, V)
stated("hand", float(hand), 1.04, 5e-4, "the loss by hand")
assert np.allclose(slope[0], [-0.25, 0.125, 0.125]), "the gradient by hand"
assert np.all(slope[2] == 0), "exactly zero where nothing was hidden"

# %% [markdown] lang="en"
# **Seeing one side.** Between a model that sees both sides and one that sees the left only there is a single difference, the causal mask of lesson 6:

# %% [markdown] lang="zh"
# **只看一边**　看得见两边的模型，与只看得见左边的模型，只差第 6 课的因果掩码：


# %%
class LeftOnly(Bert):
    def embed(self, ids, mask, segments):
        x, attend = super().embed(ids, mask, segments)
        return x, attend & nn.causal_mask(ids.shape[1])


small = BertConfig(
    vocabulary_size=9, width=8, n_layers=2, n_heads=2, hidden=12, max_length=6, dropout=0
)
ids = np.array([[2, 7, 8, 5, 7, 3]])  # (1, T)
seen = np.ones(ids.shape, dtype=bool)
for encoder in (Bert, LeftOnly):
    bert = encoder(small, rng=np.random.default_rng(0))
    before = bert(ids, seen).data
    last_changed = np.where(np.arange(6) == 5, 4, ids)  # another last token
    reached = np.abs(bert(last_changed, seen).data - before).max(axis=-1)[0] > 1e-9
    print(f"{encoder.__name__:10} places that notice the last token:", np.flatnonzero(reached))
    assert reached[:5].all() == (encoder is Bert), "only BERT sees what comes later"
theirs = filling.LeftOnly(small, rng=np.random.default_rng(0))
assert np.array_equal(theirs(ids, seen).data, before), "the study's model of one side is ours"

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# The rule from section 3, written out; then the whole masked loss through a small BERT, with embeddings, two layers and the head.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 先检验第 3 节的公式，再检验穿过一个小 BERT 的整个掩码损失：嵌入、两层、输出头都在内。


# %%
def masked_rule(logits, targets, count_all=False):
    hidden = targets != IGNORE  # (B, T)
    m = targets.size if count_all else hidden.sum()
    z = logits[hidden] - logits[hidden].max(axis=-1, keepdims=True)  # (m, V)
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)  # (m, V)
    rows, wanted = np.arange(len(p)), targets[hidden]

    def vjp(g):  # ()
        dz = np.zeros_like(logits)  # (B, T, V)
        dz[hidden] = g * (p - np.eye(p.shape[-1])[wanted]) / m
        return (dz,)

    return -np.log(p[rows, wanted]).mean(), vjp


# %%
rng = np.random.default_rng(9)
logits = rng.standard_normal((2, 6, 9))  # (B, T, V)
asked = np.full((2, 6), IGNORE)
asked[0, 2], asked[0, 4], asked[1, 1] = 8, 7, 5
model = MaskedLanguageModel(Bert(small, rng=rng), rng=rng).to_dtype(np.float64)
for parameter in model.parameters():
    parameter.data = parameter.data + 0.3 * rng.standard_normal(parameter.shape)
pair = np.array([[2, 7, 4, 5, 4, 3], [2, 4, 8, 3, 0, 0]])  # 4 is [MASK], 0 is padding
real = pair != 0
errors = {
    "the rule": check_vjp(masked_rule, logits, targets=asked, rng=rng),
    "a small BERT": check_module(model, lambda: model.loss(pair, real, asked), rng=rng),
}
for name, error in errors.items():
    print(f"{name:14} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-7, "the rule and the whole loss pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake: the slope is divided by the number of all places, as if each counted.

# %% [markdown] lang="zh"
# 故意犯一个错：梯度除以所有位置的个数，仿佛每个位置都计入了损失。

# %%
try:
    check_vjp(masked_rule, logits, targets=asked, rng=np.random.default_rng(9), count_all=True)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the wrong count went unnoticed")

# %% [markdown] lang="en"
# **Zero, and where.** What the model *says* at words that are not asked for gets a gradient of exactly 0. What it *reads* there does not: those words are the context. So one loss of a few words teaches the embeddings of all.

# %% [markdown] lang="zh"
# **零在哪里**　没有提问的位置，模型在那里**说**什么，梯度严格为 0；在那里**读**到什么，梯度却不为 0，因为那些词正是上下文。所以，损失虽然只问几个词，学到东西的却是所有词的嵌入。

# %%
outputs = Parameter(logits)
(slope,) = gradients_of(ops.cross_entropy(outputs, targets=asked), [outputs])  # (B, T, V)
assert np.all(slope[asked == IGNORE] == 0), "exactly zero at every place that is not asked for"
assert np.allclose(slope, masked_rule(logits, asked)[1](1.0)[0]), "our rule is the library's"

table = model.bert.positions.weight
(of_places,) = gradients_of(model.loss(pair, real, asked), [table])  # (T, d)
print("gradient of the positions:", *(f"{size:.3f}" for size in np.linalg.norm(of_places, axis=1)))
assert np.all(np.linalg.norm(of_places, axis=1) > 1e-6), "every place that is read learns"

# %% [markdown] lang="en"
# **Reading the line**: the norm of the gradient of each of the six position vectors. Asked were the second, third and fifth.
#
# ## 5 Where the guide differs
#
# **Autoencoders** (section 2.1, A23). An autoencoder gives back its input. With the input in view that takes no knowledge of the language, and none helps where a word is hidden:

# %% [markdown] lang="zh"
# **读法**：六个数是六个位置向量的梯度的范数；提问的是第二、第三和第五个位置。
#
# ## 5 与指南不同之处
#
# **自编码器**（2.1 节，A23）　自编码器的任务是还原输入。输入摆在眼前，照抄就行，不需要懂这门语言；词一旦遮住，照抄就毫无用处：

# %%
framed = filling.framed(language)
drawn = framed(language.draw(500, np.random.default_rng(1)))  # (500, T + 2)
hidden = np.random.default_rng(2).integers(1, T + 1, size=500)  # one place in each
shown = drawn.copy()
shown[np.arange(500), hidden] = vocabulary.mask_id
copied = shown  # the identity: no autoencoder has a lower loss
visible = shown != vocabulary.mask_id
right = copied == drawn
print(f"right at visible words: {right[visible].mean():.0%}, hidden: {right[~visible].mean():.0%}")
assert right[visible].all() and not right[~visible].any(), "a copy knows what it sees"

# %% [markdown] lang="en"
# The targets are the text itself, no label is needed: *self-supervised* is the present word (Devlin et al. still wrote "unsupervised"). Besides hidden words, the first BERT was asked whether two sentences belong together; later work found
# that it does without (Liu et al. 2019).
#
# **A stage between two layers?** (sections 2 and 2.2, A18, A116.) Pretraining is no station on the way of the data. The loss reaches every array of the model, the embeddings first of all:

# %% [markdown] lang="zh"
# 目标取自文本本身，不需要标注，如今称为**自监督学习**（Devlin 等人当时还写作 unsupervised）。除了填词，最初的 BERT 还要判断两句话是否相连；后来发现不做这一项也可以（Liu 等，2019）。
#
# **夹在两层之间？**（第 2 节和 2.2 节，A18、A116）　预训练不是数据通路上的一站。损失的梯度传到模型的每一个数组，首先就包括嵌入：

# %%
named = dict(model.named_parameters())
slopes = gradients_of(model.loss(pair, real, asked), list(named.values()))
untouched = [name for name, g in zip(named, slopes, strict=True) if np.abs(g).max() < 1e-9]
print(len(named), "arrays; the loss does not reach", *untouched)
stated("arrays", len(named), 42, 0, "arrays of the small model")
keys_only = all(name.endswith("attention.key.bias") for name in untouched)
assert keys_only and len(untouched) == 2, "all but the biases of the keys, which move nothing"

# %% [markdown] lang="en"
# All of the {here.arrays} arrays but two: the bias of the keys shifts all scores of a row alike (lesson 7).
#
# **The name** (sections 1.4.3, 2.1, 9.2, A14). Bidirectional Encoder *Representations* from Transformers: what it yields are representations, from the encoder of a Transformer.
#
# **BERT and GPT** (section 9.2). They differ in the mask and in the question, not first of all in the task: $p(t_i \mid \text{both sides})$ at hidden places, or $p(t_i \mid \text{what stands before})$ at
# every place. The first GPT was tested on classification too. And BERT does not translate: it has no decoder, and no way to emit a text; see the end of section 6.

# %% [markdown] lang="zh"
# {here.arrays} 个数组里只有两个例外：键的偏置使同一行的得分一齐平移，不起作用（第 7 课）。
#
# **名称**（1.4.3、2.1、9.2 节，A14）　全称 Bidirectional Encoder *Representations* from Transformers：它给出的是表示，这些表示来自 Transformer 的双向编码器。
#
# **BERT 与 GPT**（9.2 节）　两者的差别首先在掩码和所问的问题，不在任务：一个在遮住的位置问 $p(t_i \mid \text{both sides})$，条件是左右两边；另一个在每个位置问 $p(t_i \mid \text{what stands before})$，条件是前文。最早的 GPT 也做过分类的测试。至于翻译，BERT 做不了：它没有解码器，也没有办法吐出一段文本，见第 6 节末尾。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# Models of one size read the same 64 sentences in each of 800 steps of Adam. One sees both sides and fills in hidden words; one does the same under a causal mask; one, under the same mask, is asked
# for the next word at every place, as GPT is. Losses are exact: a sum over all 1,024 sentences with their probabilities, one word hidden at a time.
# Of the learning rates 0.001, 0.003 and 0.01 the middle one was, on a seed that is not used here, at most 0.003 nats worse than the best for each of them. Beside them stands counting: which words were seen between these two neighbours, and how often at all.
#
# {n} seeds are stored by `python -m minillm labs run sides`. Of seed 0 the first 50 steps run here, with both sides and with one:

# %% [markdown] lang="zh"
# ## 6 实验
#
# 几个同样大小的模型，用 Adam 训练 800 步，每步读同样的 64 句话。第一个左右都看得见，任务是填出遮住的词；第二个任务相同，但有因果掩码；第三个也有因果掩码，任务是像 GPT 那样在每个位置预测下一个词。损失都是精确值：对全部 1,024 句话按概率求和，每次遮住一个词。学习率试过 0.001、0.003 和 0.01，用的是本实验之外的一个种子；对每个模型，居中的那个比最好的至多差 0.003 奈特，就都用它。另外还有计数的办法作对照：一是在这左右两个词之间出现过哪些词，二是每个词一共出现多少次。
#
# {n} 个种子的结果已由 `python -m minillm labs run sides` 存好。这里现场跑种子 0 的前 50 步，看两边的和只看左边的各一个：

# %%
print(read_settings("sides"))
runs, settings = read_study("sides"), sides.STUDY.settings
measured_at = list(settings.measured_at)
for name in ("both", "left"):
    curve = []
    for step, reader in sides.training(settings, name, 0):
        if step in (25, 50):
            curve.append(filling.nats_by_place(reader, filling.WAYS[name], framed).mean())
        if step == 50:
            break
    stored = runs[f"curve {name}"][0, :2]
    print(f"{name:5} now", *(f"{x:.3f}" for x in curve), "stored", *(f"{x:.3f}" for x in stored))
    assert np.allclose(curve, stored, rtol=0.05), f"{name}: the first steps are the stored ones"

# %%
print("nats of a hidden word, mean of the places; steps:", *measured_at)
for name in ("both", "left", "next"):
    print(f"{name:5}", *(f"{nats:.3f}" for nats in runs[f"curve {name}"].mean(axis=0)))
print("at the end, by place:", *agreement.FRAME)
for name in ("both", "left", "next"):
    print(f"{name:5}", *(f"{nats:.3f}" for nats in runs[f"places {name}"].mean(axis=0)))
for name, nats in zip(("neighbours", "none"), runs["counted"].swapaxes(0, 1), strict=True):
    print(f"{name:10}", *(f"{x:.3f}" for x in nats.mean(axis=0)))
for name, least in (("both", both), ("left", left), ("next", left)):
    curve = runs[f"curve {name}"]
    assert np.all(curve >= least.mean() - 1e-4), f"{name}: nothing is below the least loss"
    assert np.all(curve[:, -1] < least.mean() + 0.05), f"{name}: at the end all are near it"

# %% [markdown] lang="en"
# **Reading the tables**: one row for each way to be trained, mean over the seeds; the last two rows are counts, of both neighbours and of no neighbour.

# %% [markdown] lang="zh"
# **读表**：一行是一种训练方式，数字是各种子的均值；最后两行是计数的办法，分别看左右两个词、什么也不看。

# %%
figure, (over, by) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(1, 1.2))
kept = {"steps": measured_at, "best both": both, "best left": left}
styles = {"both": ("C0", "o-"), "left": ("C1", "s-"), "next": ("C2", "^-")}
places = np.arange(T)
for name, (color, style) in styles.items():
    mean, half = mean_and_interval(runs[f"curve {name}"])  # (steps,), (steps,)
    over.semilogx(measured_at, mean, style, color=color, ms=5, mfc="none", label=name)
    over.fill_between(measured_at, mean - half, mean + half, color=color, alpha=0.2, lw=0)
    at_end, wide = mean_and_interval(runs[f"places {name}"])  # (T,), (T,)
    shift = 0.15 * (list(styles).index(name) - 1)
    by.errorbar(places + shift, at_end, wide, fmt=style[0], color=color, ms=5, mfc="none")
    kept |= {f"curve {name}": mean, f"places {name}": at_end}
for least, color, dashes in ((both, "C0", "--"), (left, "C1", ":")):
    over.axhline(least.mean(), color=color, ls=dashes, lw=1.2)
    by.stairs(least, np.arange(T + 1) - 0.5, color=color, ls=dashes, lw=1.5, baseline=None)
over.set(xlabel="steps", ylabel="nats", ylim=(0.6, 1.3), xticks=measured_at)
over.set_xticklabels(measured_at, fontsize=7)
over.minorticks_off()
by.set(ylabel="nats", xticks=places, ylim=(-0.1, 2.4))
by.set_xticklabels(agreement.FRAME, rotation=45)
over.legend(fontsize=8)
savefig(figure, "09_sides", kept)

# %% [markdown] lang="en"
# **What you saw** (bands and bars: 95 % intervals of the mean of {n} seeds; dashed: the least loss with both sides, dotted: with the left side). Two numbers in brackets say where one more run is expected.
#
# With both sides the loss comes to {ends.both.mean:.3f} ({ends.both.low:.3f} to {ends.both.high:.3f}), near the least of {here.best_both}; under the causal mask to {ends.left.mean:.3f} ({ends.left.low:.3f} to {ends.left.high:.3f}),
# near its own least of {here.best_left}, which no training and no size of the model can beat. All of the difference lies in the first noun, whose number only the verb tells, and in the verb: {at_verb.both:.2f} against {at_verb.left:.2f} nats. At the other places the dashed and the dotted line coincide, and so do the models.
# Counting neighbours stays at {beside:.2f}: what matters stands four words to the left and two to the right.
#
# **The price.** Under the same causal mask, GPT's question has brought the model to {early.next:.2f} after 200 steps, the hidden words only to {early.left:.2f}. Each sentence
# asks for one hidden word, or for 8 next ones: of every sentence that it reads, BERT's training asks an eighth (in long texts 15 %), GPT's all. So it learns more slowly at first; in the end the mask decides, and the two under the same one meet ({ends.next.mean:.3f} and {ends.left.mean:.3f}).
#
# **One sentence.** Which verb stands in "the dogs near the horse [MASK] from thirst"?

# %% [markdown] lang="zh"
# **看到了什么**（色带和误差棒是 {n} 个种子的均值的 95% 置信区间；虚线是看得见两边时的最小损失，点线是只看左边时的最小损失）　括号里的两个数，是再跑一次时预计会落入的范围。
#
# 左右都看得见，损失降到 {ends.both.mean:.3f}（{ends.both.low:.3f} 至 {ends.both.high:.3f}），接近最小值 {here.best_both}；加了因果掩码，降到 {ends.left.mean:.3f}（{ends.left.low:.3f} 至 {ends.left.high:.3f}），接近它自己的最小值 {here.best_left}，这个值无论怎样训练、模型多大，都突破不了。差别全在两处：第一个名词，它的单复数只有动词透露；还有动词，{at_verb.both:.2f} 对 {at_verb.left:.2f} 奈特。其余位置虚线与点线重合，模型也一样。只数左右相邻的词，停在 {beside:.2f}：要紧的词在左边第四个和右边第二个。
#
# **代价**　同样是因果掩码，200 步之后，GPT 式的提问已使模型降到 {early.next:.2f}，填词的才到 {early.left:.2f}。每句话要么问一个遮住的词，要么问 8 个“下一个词”：读同样的句子，BERT 的训练只问其中的八分之一（长文本中是 15%），GPT 则全部都问，所以前者开头学得慢；最后起决定作用的是掩码，掩码相同的两个模型殊途同归（{ends.next.mean:.3f} 和 {ends.left.mean:.3f}）。
#
# **一句话**　“the dogs near the horse [MASK] from thirst”（马旁边的那些狗因为口渴而……），该填哪个动词？

# %%
sentence = language.encode(settings.asked)[0]  # (T,)
verb, verbs = agreement.FRAME.index("verb"), range(12, 20)
guesses = {
    "both": runs["answers both"].mean(axis=0),
    "best both": best_guess(verb, rest[verb], sentence),
    "left": runs["answers left"].mean(axis=0),
    "best left": best_guess(verb, list(range(verb)), sentence),
}
print(" " * 9, *(f"{words[i]:>6}" for i in verbs))
for name, p in guesses.items():
    print(f"{name:9}", *(f"{p[i]:6.2f}" for i in verbs))
for name in ("both", "left"):
    assert np.abs(guesses[name] - guesses[f"best {name}"]).max() < 0.1, f"{name}: near the truth"

# %% [markdown] lang="en"
# **Reading the table**: the probability of each verb, mean of the seeds, above the exact one. The noun beside the gap is singular and misleads neither: with both sides *drink* gets {drink:.2f}; with the left side the four plurals share what there is.
#
# **Where it looks.** With the word of a row hidden, the share of attention that its place gives to each place, mean of all sentences, heads and seeds:

# %% [markdown] lang="zh"
# **读表**：每个动词的概率，各种子的均值，下面一行是精确值。紧挨着空格的名词是单数，两个模型都没有被它误导：看两边的，给 drink {drink:.2f}；只看左边的，四个复数动词平分。
#
# **它在看哪里**　遮住一行所指的词，看这个位置把注意力分给各个位置的份额；对所有句子、各头、各种子取平均：

# %%
figure, panels = plt.subplots(1, 2, figsize=(9.5, 3.6))
columns = ["[CLS]", *agreement.FRAME, "[SEP]"]
attended = {name: runs[f"looks {name}"].mean(axis=0) for name in ("both", "left")}  # (T, T + 2)
for axes, (name, weights) in zip(panels, attended.items(), strict=True):
    heat_map(axes, weights, agreement.FRAME, columns)
    axes.set(title=name)
savefig(figure, "09_maps", attended)
after = np.triu(np.ones((T, T + 2)), 2).astype(bool)  # what stands behind the hidden word
assert np.all(runs["looks left"][:, after] == 0), "under the causal mask exactly nothing"
to_both = runs["looks both"][:, verb, [2, 8]]  # (seeds, 2): the first noun, the reason
assert np.all(to_both.sum(axis=1) > 0.3), "the verb looks to both sides, more than evenly"
print("verb to first noun and to reason, seed by seed:", *(f"{a:.2f}+{b:.2f}" for a, b in to_both))

# %% [markdown] lang="en"
# **Reading the maps**: a row is the hidden word, a column where it looks. In the mean of the seeds the verb gives {looks.noun:.2f} to the first noun, four words before it, and {looks.reason:.2f} to the reason, two behind it, and {looks.near:.2f} to the misleading noun at its side (with equal shares each place had 0.1). Which of the two gets more differs from seed to seed. On the right all is zero
# behind the diagonal, exactly. With one layer there is no other road for information, so these weights are evidence; in deeper models they are not so easily read.
#
# **[MASK] alone?** The same training with nothing but [MASK] at the chosen places, and then the question at a place where a word stands: the right one, or a random one. Means over all sentences, a random word drawn for each:

# %% [markdown] lang="zh"
# **读图**：一行是被遮住的词，一列是它看的位置。按各种子的均值，动词把 {looks.noun:.2f} 给了左边第四个词，即第一个名词，{looks.reason:.2f} 给了右边第二个词，即原因，给紧挨着它、会误导人的那个名词的是 {looks.near:.2f}（平均分配的话，每个位置 0.1）。两者哪个多，各种子不同。右图对角线以后严格为零。只有一层的模型，信息没有别的路可走，所以这些权重可以当作证据；层数多了，就不能这样直接解读。
#
# **只用 [MASK] 行不行？**　同样的训练，选中的词一律换成 [MASK]；然后在写着词的位置提问，写的可能是原词，也可能是随机的词。下面是对全部句子的均值，随机的词逐句抽取：

# %%
print("nats at    [MASK]  the right word  a random word")
ways = ("both", "masks")
rows = zip(ways, runs["unmasked"].swapaxes(0, 1)[:2], strict=True)  # (seeds, 2) each
for name, nats in rows:
    at_mask, (kept_word, other_word) = runs[f"curve {name}"][:, -1].mean(), nats.mean(axis=0)
    print(f"{name:10} {at_mask:6.3f}  {kept_word:14.3f}  {other_word:13.3f}")
least_kept, least_other = runs["unmasked"][:, 2].mean(axis=0)
print(f"least      {both.mean():6.3f}  {least_kept:14.3f}  {least_other:13.3f}")
worse = runs["unmasked"][:, 1].sum(axis=1) - runs["unmasked"][:, 0].sum(axis=1)
assert np.all(worse > 0.5), "without kept and random words, words in view are read badly"

# %% [markdown] lang="en"
# **Reading the table**: mean over the seeds; "least" is the best possible answer under 80/10/10. At [MASK] both trainings are level ({ends.both.mean:.3f} and {ends.masks.mean:.3f}). At words in view they are not: in the mean of the seeds, which differ much, the model that met only [MASK] pays {bare.kept_masks:.1f} nats for a word *that stands before its eyes*, the other {bare.kept:.2f}. Not that it
# cannot see it; nobody ever asked it to say so there, and fine-tuning begins at these places. The other one even repairs: at a random word it pays {bare.other:.2f}, near the least of all.
#
# **No generator.** Do a model's own probabilities make a distribution over sentences? Take 3 words, and the 27 sentences of three words. Both kinds of model learn the three sentences that say one word three times. Then we sum over all 27: the product of all $p(t_i \mid \text{the rest})$, one word hidden at a time, and the product of all $p(t_i \mid \text{before})$.

# %% [markdown] lang="zh"
# **读表**：各种子的均值；“least”是在 80/10/10 之下可能的最好答案。在 [MASK] 处，两种训练不相上下（{ends.both.mean:.3f} 和 {ends.masks.mean:.3f}）。在写着词的位置则不然：只见过 [MASK] 的模型，对**就写在眼前**的词平均要付出 {bare.kept_masks:.1f} 奈特（各种子相差很大），另一个只要 {bare.kept:.2f}。不是它看不见，而是从来没有人要它在那里作答；微调却正是从这些位置开始的。另一个模型甚至会改错：写着随机的词时，它付出 {bare.other:.2f}，接近可能的最小值。
#
# **不是生成模型**　模型给出的概率，能不能合成句子的概率分布？取 3 个词，三个词的句子一共 27 句；让两种模型都去学“同一个词说三遍”的三句话。然后对全部 27 句求和：一种是逐个遮住，把各个 $p(t_i \mid \text{the rest})$（条件是其余的词）相乘；另一种是把各个 $p(t_i \mid \text{before})$（条件是前面的词）相乘。


# %%
def questions(rows, place, encoder):
    """Ids, where to ask, and nothing but the past for who sees the left side alone."""
    ids = rows.copy()
    if encoder is Bert:
        ids[:, place] = 4  # [MASK]
    return ids, place if encoder is Bert else place - 1


def trained(encoder, seed, steps):
    rng = np.random.default_rng(seed)
    config = BertConfig(vocabulary_size=8, width=16, n_layers=1, n_heads=2, hidden=16, dropout=0)
    model = MaskedLanguageModel(encoder(config, rng=rng), rng=rng).to_dtype(np.float64)
    asked = [questions(thrice, place, encoder) for place in (1, 2, 3)]
    ids = np.concatenate([rows for rows, _ in asked])  # (9, 5)
    targets = np.full(ids.shape, IGNORE)
    for i, (_, at) in enumerate(asked):
        targets[3 * i : 3 * i + 3, at] = thrice[:, i + 1]
    rows = ids, np.ones(ids.shape, dtype=bool), targets
    for _ in fit(lambda rows: model.loss(*rows), [rows] * steps, Adam(model.parameters(), lr=0.01)):
        pass
    return model


# %%
def total(encoder, model):
    scores = np.zeros(27)
    for place in (1, 2, 3):
        ids, at = questions(every, place, encoder)
        asked = np.arange(27) * 5 + at
        z = model(ids, np.ones(ids.shape, dtype=bool), asked).data[:, 5:]  # (27, 3), words alone
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        scores += np.log(p[np.arange(27), every[:, place] - 5])
    return np.exp(scores).sum()


# %%
thrice = np.array([[2, word, word, word, 3] for word in (5, 6, 7)])  # (3, 5), the training text
three = 5 + np.array(list(np.ndindex(3, 3, 3)))  # (27, 3), all sentences
every = np.pad(three, ((0, 0), (1, 1)), constant_values=(2, 3))  # (27, 5), between [CLS] and [SEP]
sums = {
    (encoder.__name__, steps): [total(encoder, trained(encoder, seed, steps)) for seed in range(5)]
    for encoder in (Bert, LeftOnly)
    for steps in (0, 40)
}
for (name, steps), found in sums.items():
    print(f"{name:8} {steps:2} steps ", *(f"{x:.6f}" for x in found))
left_sums = np.array([sums["LeftOnly", 0], sums["LeftOnly", 40]])
assert np.abs(left_sums - 1).max() < 1e-12, "left to right it is a distribution"
assert min(sums["Bert", 40]) > 1.5, "with both sides it is none, once something is learned"

products = np.ones(len(sentences))
for place in range(T):
    guess = [best_guess(place, rest[place], sentence) for sentence in sentences]
    products *= [p[word] for p, word in zip(guess, sentences[:, place], strict=True)]
stated("exact", products.sum(), 5.44, 1e-9, "even with the true conditionals of our language")
print(f"the true conditionals of our language, all sentences: {products.sum():.2f}")

# %% [markdown] lang="en"
# **Reading the lines**: five seeds each, before and after 40 steps. From left to right the sum is 1 to rounding, by the chain rule, trained or not. With both sides it is near 1 only as long as the model pays no attention to the context; the better it learns, the nearer it comes to 3, as in section 2 to 2. With the *true* conditionals of our own language
# the sum is {here.exact}. What each word says about the others is counted twice. One can still score a sentence with BERT (the sum of the $\ln p$ is called *pseudo*-log-likelihood, Salazar et al. 2020), or walk from sentence to sentence by hiding and drawing one word after another (Wang & Cho 2019); but there is no
# first word to begin with, no length, and no probability of a text that could be compared with that of another model.

# %% [markdown] lang="zh"
# **读法**：每行五个种子，训练前和训练 40 步之后各一行。从左往右，训练与否，总和在舍入误差之内都等于 1，这是链式法则保证的。看两边的，只有在模型还不理会上下文时才接近 1；学得越好，越接近 3，正如第 2 节里接近 2。就算用我们这种语言的**真实**条件概率，总和也是 {here.exact}，因为一个词透露的关于另一个词的信息，被算了两遍。BERT 仍然可以给句子打分（各 $\ln p$ 之和叫**伪**对数似然，Salazar 等，2020），也可以遮一个词、抽一个词，从一句话走到另一句话（Wang、Cho，2019）；但它没有开头的第一个词，没有长度，也没有可以拿来与别的模型比较的文本概率。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * 15 % of the words are chosen: 80 % become [MASK], 10 % a random word, 10 % stay. The loss is the mean over the chosen ones; elsewhere the gradient of the scores is exactly 0.
# * What seeing both sides is worth is a property of the language: here {here.best_left} against {here.best_both} nats, exact, and models of one size reach both.
# * The price is fewer questions per sentence, and no distribution over sentences.
# * The kept and random words make the model read what it sees; without them its answers there mean nothing.
# * A language of 1,024 sentences, one layer, {n} seeds. Natural text has no known optimum; how much both sides help there has to be measured. That 80/10/10 helps fine-tuning is not shown here: Devlin et al. (appendix C.2) found little difference in that.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 选中 15% 的词：80% 换成 [MASK]，10% 换成随机的词，10% 保持原样。损失是选中的词的平均；其他位置上得分的梯度严格为 0。
# * 看得见两边值多少，由语言本身决定：这里是 {here.best_left} 对 {here.best_both} 奈特，是精确值，同样大小的模型各自达到了。
# * 代价是每句话问得少，而且得不到句子的概率分布。
# * 保持原样的词和随机的词，使模型认真读它看见的词；没有它们，模型在那里的回答毫无意义。
# * 这里的语言只有 1,024 句话，模型只有一层，种子 {n} 个。自然语言没有已知的最优值，两边的信息值多少只能测量。这里也没有证明 80/10/10 对微调有好处：Devlin 等人（附录 C.2）发现差别很小。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **09.1 Hide words.** Write `corrupt(ids, eligible, ordinary, mask_id, rng)`. Every place where `eligible` $(B, T)$ is true is chosen with probability 15 %; a chosen word becomes `mask_id` with probability 80 %, with 10 % one of the ids in `ordinary`, all equally likely (it may
# be the old one), and otherwise stays. Return two arrays $(B, T)$: the corrupted ids, and the targets, which are the old ids at chosen places and $-100$ elsewhere. Draw from `rng` alone. The check counts fates, places and words, and judges them by chi-squared: it refuses counts that one right answer in a billion would give.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **09.1 遮词**　请写 `corrupt(ids, eligible, ordinary, mask_id, rng)`。`eligible`（形状 $(B, T)$）为真的位置，各以 15% 的概率选中；选中的词以 80% 的概率换成 `mask_id`，以 10% 的概率换成 `ordinary` 里的一个编号（各编号机会相等，可能碰巧是原来的），否则保持原样。返回两个 $(B, T)$ 的数组：破坏后的编号，以及目标；选中的位置以原来的编号为目标，其余为 $-100$。随机数只许取自 `rng`。检查会统计各种结果、各个位置、各个词的次数，用卡方来判断：十亿个正确答案里才会出现一次的次数，就算不对。


# %% tags=["exercise"]
def corrupt(ids, eligible, ordinary, mask_id, rng):
    return ...


# %% tags=["solution"]
def corrupt(ids, eligible, ordinary, mask_id, rng):
    chosen = eligible & (rng.random(ids.shape) < 0.15)  # (B, T)
    lot, words = rng.random(ids.shape), rng.choice(ordinary, ids.shape)  # (B, T)
    corrupted = np.where(chosen & (lot < 0.8), mask_id, ids)
    corrupted = np.where(chosen & (lot >= 0.9), words, corrupted)
    return corrupted, np.where(chosen, ids, -100)


# %% tags=["exercise-check"]
check("09.1", corrupt)

# %% [markdown] lang="en"
# **09.2 The masked loss.** Write `masked_loss(logits, targets)` in NumPy, without the library: `logits` $(B, T, V)$, `targets` $(B, T)$ with $-100$ where nothing is asked (padding among it). Return the loss and its gradient $(B, T, V)$. The mean is over all hidden words of the batch, not sentence by sentence; at least one is hidden. Scores in the thousands must do no harm, and where nothing is asked the gradient is exactly 0.

# %% [markdown] lang="zh"
# **09.2 掩码损失**　请用 NumPy 写 `masked_loss(logits, targets)`，不用程序库：`logits` 的形状是 $(B, T, V)$，`targets` 的形状是 $(B, T)$，没有提问的位置（包括填充）是 $-100$。返回损失和它的梯度，梯度的形状是 $(B, T, V)$。求平均是对整批中所有被遮住的词，不是先逐句平均；至少遮住了一个词。得分上千也不能出错；没有提问的位置，梯度严格为 0。


# %% tags=["exercise"]
def masked_loss(logits, targets):
    loss, gradient = ..., ...
    return loss, gradient


# %% tags=["solution"]
def masked_loss(logits, targets):
    hidden = targets != -100  # (B, T)
    z = logits[hidden] - logits[hidden].max(axis=-1, keepdims=True)  # (m, V)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))  # (m, V)
    onehot = np.eye(logits.shape[-1])[targets[hidden]]  # (m, V)
    gradient = np.zeros_like(logits)
    gradient[hidden] = (np.exp(log_p) - onehot) / len(z)
    return -(onehot * log_p).sum() / len(z), gradient


# %% tags=["exercise-check"]
check("09.2", masked_loss)

# %% [markdown] lang="en"
# **09.3 Fill a gap exactly.** In a first-order Markov chain the next word depends on the last one alone: `P[a, b]` is the probability that `b` follows `a`. A word is hidden; the last word that can be seen before it, `left`, stands `before` places to its left, and the next one behind it, `right`, stands `after` places to its
# right; what lies between is hidden too. Write `fill(P, left, right, before, after)`: the probability of each word at the hidden place, $(V,)$. For direct neighbours it is $p(w \mid l, r) \propto P_{lw} P_{wr}$; hint: how does one go several steps?

# %% [markdown] lang="zh"
# **09.3 精确地填空**　一阶马尔可夫链里，下一个词只取决于前一个词：`P[a, b]` 是 `a` 后面接 `b` 的概率。有一个词被遮住了；它左边看得见的最近一个词是 `left`，相距 `before` 个位置，右边看得见的最近一个词是 `right`，相距 `after` 个位置，其间的词也都遮住了。请写 `fill(P, left, right, before, after)`，返回被遮住的位置上每个词的概率，形状是 $(V,)$。左右相邻时，$p(w \mid l, r) \propto P_{lw} P_{wr}$；提示：走几步的概率怎么算？


# %% tags=["exercise"]
def fill(P, left, right, before, after):
    return ...


# %% tags=["solution"]
def fill(P, left, right, before, after):
    there = np.linalg.matrix_power(P, before)[left]  # (V,)
    back = np.linalg.matrix_power(P, after)[:, right]  # (V,)
    return there * back / (there @ back)


# %% tags=["exercise-check"]
check("09.3", fill)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Devlin, Chang, Lee & Toutanova 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", section 3.1, appendices A.1 and C.2.
# * Taylor 1953, "'Cloze Procedure': A New Tool for Measuring Readability": the gap as a test, long before.
# * Liu et al. 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach", section 4: which parts of the recipe matter.
# * Clark, Luong, Le & Manning 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators": learning from every place, not from 15 %.
# * Wang & Cho 2019, "BERT has a Mouth, and It Must Speak"; Salazar, Liang, Nguyen & Kirchhoff 2020, "Masked Language Model Scoring".
# * In this project: `minillm/models/bert.py`, `minillm/text/masking.py`, `minillm/tasks/masked_lm.py`, `minillm/labs/pretraining/sides.py`, and a BERT pretrained on reviews, `minillm/assets/bert.safetensors`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Devlin、Chang、Lee、Toutanova，2019，“BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding”，3.1 节，附录 A.1 和 C.2。
# * Taylor，1953，“'Cloze Procedure': A New Tool for Measuring Readability”：填空作为测验，由来已久。
# * Liu 等，2019，“RoBERTa: A Robustly Optimized BERT Pretraining Approach”，第 4 节：训练配方里哪些部分要紧。
# * Clark、Luong、Le、Manning，2020，“ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators”：不只从 15% 的位置学习，而是从每个位置学习。
# * Wang、Cho，2019，“BERT has a Mouth, and It Must Speak”；Salazar、Liang、Nguyen、Kirchhoff，2020，“Masked Language Model Scoring”。
# * 本项目：`minillm/models/bert.py`、`minillm/text/masking.py`、`minillm/tasks/masked_lm.py`、`minillm/labs/pretraining/sides.py`；在评论上预训练好的 BERT 是 `minillm/assets/bert.safetensors`。
