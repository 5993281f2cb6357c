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
#     lesson: c1
#     guide: ['9.3']
#     budget_s: 40
#     errata: [A111]
#     introduces: [minillm.text.augmentation, minillm.text.splitting, minillm.text.corpora.rewriting, minillm.text.corpora.thesaurus, minillm.tasks.label_filter]
# ---

# %% [markdown] lang="en"
# # Case study 1. Data as a remedy
#
# **Question.** A classifier makes mistakes. Instead of a better model, can better *data* repair it: more of the same by
# augmentation, examples from more domains, cleaner labels?
#
# **Afterwards you can** say what an augmentation does to labels, measure whether it helps, and tell an improvement on the
# test split from one that reaches new data.
#
# **Before this**: training a classifier, bags of words, confidence intervals. **Time**: about fifteen seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 案例 1　数据能救什么
#
# **问题**　分类器出了错，不换模型，只改数据，能不能改好？可选的办法有三样：用数据增强多造一些同类的句子，从更多领域取样本，把标签清洗干净。
#
# **学完本课，你能够**　说清一种增强方法会怎样影响标签；用实验判断它是否真的有用；分辨“测试集上的提高”和“对新数据也成立的提高”。
#
# **预备知识**　分类器的训练、词袋模型、置信区间。**用时**　运行约十五秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import check_vjp, ops
from minillm.course import check, savefig, setup
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.data import augmentation, cleaning, diversification
from minillm.labs.learners import Learners, bert_fit, fits_of
from minillm.labs.worlds import flaws, kinds, reader
from minillm.tasks import label_probabilities
from minillm.text import augment, require_disjoint, rewrite, swap_words, word_dropout
from minillm.text.corpora import load_corpus, paraphrases

setup()
rng = np.random.default_rng(31)

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 9.3 lists four remedies against conflicting objectives and mismatched generalisation. The second is one
# sentence: preprocess the training data thoroughly, by *cleaning*, *augmentation* and *diversification*, and the
# model will generalise better.
#
# No method is named, and no measurement. We take the sentence apart: four augmentations, five domains, and flaws planted at
# known rates. The sentence is right where the new data cover what changes between training and use, and only
# there (A111).

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 面对冲突目标和泛化不匹配，指南 9.3 节列出四种办法，第二种只有一句话：对训练数据做充分的预处理，包括**数据清洗**、**数据增强**和**多样性扩充**，就能提高泛化能力。
#
# 用什么方法、怎样衡量，指南都没有说。我们把这句话拆开来检验：四种增强，五个领域，再按已知的比例往数据里掺假。结论先说在这里：训练与使用之间变了的东西，新数据要能覆盖到，这句话才成立（A111）。

# %% [markdown] lang="en"
# ## 2 By hand
#
# *Word dropout* deletes each word with probability $p$. Let $p = 0.1$ and take
#
# > The plot was **not dull** at all. (positive)
#
# | what happens to the two words in bold | probability | what the rest says |
# |---|---|---|
# | both stay | $0.9 \cdot 0.9 = 0.81$ | positive: the label fits |
# | only *dull* stays | $0.1 \cdot 0.9 = 0.09$ | negative: the label is now wrong |
# | *dull* goes | $0.1$ | nothing |
#
# In "The plot was lively, and the acting was natural" two words say the same, and the label is lost only with both:
# $1 - 0.1^2 = 0.99$. The same augmentation is harmless on one kind of sentence and not on another.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **随机删词**（word dropout）以概率 $p$ 删去每个词。取 $p = 0.1$，看这一句：
#
# > The plot was **not dull** at all.（情节一点也不沉闷，正面）
#
# | 两个黑体词的去留 | 概率 | 剩下的话是什么意思 |
# |---|---|---|
# | 都留下 | $0.9 \cdot 0.9 = 0.81$ | 正面，标签仍然对 |
# | 只剩 *dull* | $0.1 \cdot 0.9 = 0.09$ | 负面，标签成了错的 |
# | *dull* 被删 | $0.1$ | 什么也没说 |
#
# 换成“情节紧凑，演技也自然”，两个词说的是一件事，两个都被删掉，标签才失去依据，保住的概率是 $1 - 0.1^2 = 0.99$。同一种增强，对这类句子无害，对那类句子就未必。

# %% [markdown] lang="en"
# To count this on many sentences we need someone who reads. Our corpora come from a grammar that knows the label of
# each sentence, and `reader` recovers it from the words alone: conceded opinions do not count, denied ones are turned round. It is right on
# all 44 240 English and 43 134 Chinese sentences, and it says `None` where nothing, or both, is said.

# %% [markdown] lang="zh"
# 要在许多句子上这样统计，需要一个能读懂句子的程序。我们的语料出自一套文法，每句话的标签都是已知的；`reader` 只凭词语就能把标签读回来：让步的评价不算数，被否定的反过来算。英文 44,240 句、中文 43,134 句，它全都读对；一句话若什么都没说，或者两面都说，它回答 `None`。

# %%
read = reader.reader("en").label
tokens = ["the", "plot", "was", "not", "dull", "at", "all", "."]
lots = [word_dropout(tokens, rate=0.1, rng=rng) for _ in range(20_000)]
readings = [read(" ".join(kept)) for kept in lots]
shares = [np.mean([r == label for r in readings]) for label in ("positive", "negative", None)]
print(np.round(shares, 3))
assert np.allclose(shares, [0.81, 0.09, 0.10], atol=0.012)

swapped = []
for i in range(len(tokens)):
    for j in range(i):
        moved = list(tokens)
        moved[i], moved[j] = moved[j], moved[i]
        swapped.append(read(" ".join(moved)))
print(len(swapped), swapped.count("positive"), swapped.count("negative"))
assert (swapped.count("positive"), swapped.count("negative")) == (20, 8)

# %% [markdown] lang="en"
# The second count tries all 28 ways to *swap* two tokens: in 8 of them *not* no longer stands before *dull*, or a full
# stop has come between, and the reader finds blame. (A person may still guess the meaning of some.)

# %% [markdown] lang="zh"
# 后一个统计穷举了**随机换位**（交换两个词元）的 28 种结果：其中 8 种，*not* 不再位于 *dull* 之前，或者中间隔了个句号，读出来就成了批评。（有几句人还猜得出原意。）

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# If the label of a sentence hangs on $m$ words, each of which must stay, word dropout keeps it with probability
#
# $$P(\text{label kept}) = (1 - p)^m .$$
#
# "Although the plot was dull, the acting was lively" hangs on two at least, *although* and *lively*. Both blind
# augmentations are a few lines:

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 如果一句话的标签取决于 $m$ 个词，少一个都不行，那么随机删词后标签保住的概率是
#
# $$P(\text{label kept}) = (1 - p)^m .$$
#
# “虽然情节沉闷，但演技生动”这样的句子至少取决于两个词：“虽然”和“生动”。不懂语言的两种增强，各只有几行：


# %%
def drop_words(tokens, p, rng):
    stays = rng.random(len(tokens)) >= p  # (T,)
    kept = [token for token, stay in zip(tokens, stays, strict=True) if stay]
    return kept or [tokens[rng.integers(len(tokens))]]


def swap_two(tokens, rng):
    i, j = rng.choice(len(tokens), size=2, replace=False)
    return [tokens[{i: j, j: i}.get(k, k)] for k in range(len(tokens))]


for seed in range(100):
    ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
    assert drop_words(tokens, 0.3, ours) == word_dropout(tokens, rate=0.3, rng=theirs)
    assert swap_two(tokens, ours) == swap_words(tokens, swaps=1, rng=theirs)

# %% [markdown] lang="en"
# Two others know something. *Synonyms* come from a thesaurus that we wrote (*dull*: boring, tedious, tiresome).
# *Rewriting* knows forms of one meaning and stands in for back-translation: translate there and back, and the form
# changes. Ours are rules, so we can check what they do:

# %% [markdown] lang="zh"
# 另外两种懂一点语言。**同义词替换**查的是我们自编的同义词表（“平淡”：平庸、乏味）。**句式改写**知道哪些说法意思相同，在这里代替**回译**：译成另一种语言再译回来，意思不变，句式变了。我们的改写是规则，所以改成了什么可以检查：

# %%
text = "At the pub, although the food was bland, the service was prompt."
for _ in range(3):
    print(rewrite(text, paraphrases("en"), rng=rng))
corpus = load_corpus("sentiment", "en", seed=0, sizes=(1000, 0, 1000), single_clauses=False)
changes = augmentation.corpus_changes("en", augmentation.Changes())
groups = kinds.groups_of(corpus.tags["train"])
print("share of changed sentences that still say their label")
print(f"{'':14s}", *(f"{kind:>7s}" for kind in groups))
kept = {}
for name, change in changes.items():
    kept[name] = augmentation.share_kept(
        corpus.train, groups, change, language="en", rng=np.random.default_rng(0)
    )
    print(f"{name:14s}", *(f"{share:7.3f}" for share in kept[name]))

# %%
for name in ("synonyms", "rewriting"):
    assert (kept[name] == 1).all()
for name, broken in (("word dropout", 1 / 6), ("swap", 1 / 3)):
    everything, plain, denial, order = kept[name]
    assert plain > 0.98 and np.allclose([1 - denial, 1 - order], [1 / 3, broken], atol=0.05)
assert np.mean(["order" in tags for tags in corpus.tags["train"]]) == 0.5

# %% [markdown] lang="en"
# In *plain* sentences all words agree with the label. *Denial* has one opinion, denied. *Order* sentences name a good and
# a bad quality, and only the order of the words tells which counts; they are half of the corpus. The blind augmentations
# leave the plain ones nearly alone and break the label of one order sentence in six (word dropout) or in three (swap), and of one denial in three.

# %% [markdown] lang="zh"
# *plain* 指所有词语都与标签一致的句子；*denial* 只有一个评价，而且被否定；*order* 有一个好评和一个差评，只有词序能说明哪个算数，这种句子占语料的一半。两种不懂语言的增强几乎不影响 *plain* 句；在 *order* 句里，随机删词弄坏约六分之一的标签，随机换位弄坏约三分之一；在 *denial* 句里，两者各弄坏约三分之一。

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# What does a broken label do to learning? Let a share $\rho$ of the copies of a sentence carry the other label. The mean
# loss is a mixture, and with $p = \mathrm{softmax}(z)$ and the one-hot labels $y$ and $\bar y$ its gradient is
#
# $$\frac{\partial}{\partial z}\Big[-(1 - \rho) \ln p_y - \rho \ln p_{\bar y}\Big] = p - \big((1 - \rho)\, y + \rho\, \bar y\big).$$
#
# It vanishes at $p_y = 1 - \rho$. So broken labels lower the confidence, but as long as $\rho < 1/2$ the right
# class stays the more probable one. Keep that in mind for section 6.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 标签坏了，学习会怎样？设一句话的副本中有比例 $\rho$ 带着相反的标签。平均损失是两项的加权和；记 $p = \mathrm{softmax}(z)$，$y$ 和 $\bar y$ 为两个独热标签，则梯度是
#
# $$\frac{\partial}{\partial z}\Big[-(1 - \rho) \ln p_y - \rho \ln p_{\bar y}\Big] = p - \big((1 - \rho)\, y + \rho\, \bar y\big).$$
#
# 它在 $p_y = 1 - \rho$ 处为零。可见坏标签降低的是把握；只要 $\rho < 1/2$，概率较大的仍是正确的那一类。这一点第 6 节要用到。


# %%
def mixed_loss(z, rho, forgotten=False):
    p = ops.softmax(z).data  # (N, 2); the label is class 0
    loss = -(1 - rho) * np.log(p[:, 0]) - rho * np.log(p[:, 1])  # (N,)
    target = np.array([1.0, 0.0] if forgotten else [1 - rho, rho])  # (2,)

    def vjp(g):  # (N,)
        return (g[:, None] * (p - target),)  # (N, 2)

    return loss, vjp


z = rng.standard_normal((6, 2))
error = check_vjp(mixed_loss, z, rng=rng, rho=0.18)
print(f"largest relative error {error:.1e}")
assert error < 1e-7
try:
    check_vjp(mixed_loss, z, rng=rng, rho=0.18, forgotten=True)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the forgotten labels went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# "Generalise better" needs a *where*. Held-out sentences of the same kind are one thing, another domain is another (A111).
# The grammar has five domains. Each is held out in turn; a bag of words is trained on 8,700 tokens, about 600 reviews, of one,
# two or four of the others, or of the domain itself, and tested on the plain sentences of the held-out one:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# “提高泛化能力”，总得说清**泛化到哪里**。同一来源里没见过的句子是一回事，换一个领域是另一回事（A111）。我们的文法有五个领域，每次留出一个，用其余领域中一个、两个或四个的 8700 个词元（约 600 条评论）训练词袋模型，也用该领域自己的同样多词元作对照，都用留出领域的 *plain* 句来测试：

# %%
bag = {"bag_of_words": fits_of(Learners(), seed=0)["bag_of_words"]}
settings = diversification.STUDY.settings
live = diversification.measure(settings, 0, fits=bag)
plain, known = live["bag_of_words"][:, :, 1], live["known"]  # (5, C) each
print(f"{'held out':12s}", *(f"{c:>16s}" for c in settings.conditions))
for name, scores, shares in zip(settings.held_out, plain, known, strict=True):
    print(f"{name:12s}", *(f"{s:10.2f} ({k:.2f})" for s, k in zip(scores, shares, strict=True)))
stored = read_study("diversification")
assert np.allclose(live["bag_of_words"], stored["bag_of_words"][0], atol=0.03)
assert plain[:, 0][known[:, 0] == 0].max() < 0.7 and plain[:, 0][known[:, 0] > 0.6].min() > 0.9

# %% [markdown] lang="en"
# In brackets: the share of the held-out adjectives that training contains. The accuracy follows it: the more of the words
# a single other domain happens to share, the better; where it shares none, the model does little more than toss a coin.

# %% [markdown] lang="zh"
# 括号里是留出领域的形容词中训练见过的比例。准确率随它升降：另一个领域碰巧相同的词越多越好；如果一个词也不相同，模型就比抛硬币强不了多少。

# %% [markdown] lang="en"
# And there is a trap inside one distribution. A rewritten training sentence can *be* a test sentence. `require_disjoint` finds
# such sentences, and `outside` keeps them out of every training below:

# %% [markdown] lang="zh"
# 就算在同一分布之内，也有一个陷阱：训练句改写之后，可能正好**就是**某个测试句。`require_disjoint` 能查出这种句子，`outside` 则把它们挡在下面各次训练之外。

# %%
copies = augment(corpus.train, changes["rewriting"], copies=4, rng=rng)
test_texts = {text for text, _ in corpus.test}
met = test_texts & {text for text, _ in copies}
print(f"{len(met)} of {len(test_texts)} test sentences are among the rewritten ones")
careful = augmentation.outside(corpus.test, changes["rewriting"])
clean_copies = augment(corpus.train, careful, copies=4, rng=rng)
require_disjoint(train=clean_copies, test=corpus.test)
assert len(met) > 50
try:
    require_disjoint(train=copies, test=corpus.test)
except ValueError as refused:
    print(refused)

# %% [markdown] lang="en"
# ## 6 Experiment
#
# **Data.** 1000 reviews for training, 1000 for the test. **Model.** A small BERT (one layer, width 32) without pretraining, 1000
# updates of 20 examples. An augmented training has four copies more of each sentence and *equally many updates*: it is
# not a longer training. In code, `bert(train)` trains one and returns a function from texts to class probabilities. **Error table**, for one seed:

# %% [markdown] lang="zh"
# ## 6 实验
#
# **数据**　训练 1000 条评论，测试 1000 条。**模型**　一个很小的 BERT（一层，宽 32），不做预训练，更新 1000 次，每次 20 句。用增强时，每句多四个副本，但**更新次数相同**，并没有多练。代码中的 `bert(train)` 训练一个模型，返回一个由文本算出各类概率的函数。**错误表**（一个种子）如下：

# %%
groups = kinds.groups_of(corpus.tags["test"])
bert = bert_fit(Learners().bert, seed=0)
labels = sorted({label for _, label in corpus.test})
truth = np.array([labels.index(label) for _, label in corpus.test])  # (N,)
wrong = {}
for name, train in (("as it is", corpus.train), ("rewriting", clean_copies)):
    guess = bert(train)([text for text, _ in corpus.test]).argmax(axis=1)  # (N,)
    wrong[name] = guess != truth

cues = (
    "although",
    "even though",
    "while",
    "but",
    "yet",
    "rather than",
    "far from",
    "not",
    "no way",
)
print(f"{'wrong sentences':17s}", "of", *wrong, sep="   ")
for kind, mask in groups.items():
    print(f"{kind:17s} {mask.sum():4d}", *(f"{w[mask].sum():10d}" for w in wrong.values()))
for cue in cues:
    has = [f" {cue} " in f" {text.lower()}" for text, _ in corpus.test]
    mask = groups["order"] & np.array(has)
    print(f"  order, {cue:9s} {mask.sum():4d}", *(f"{w[mask].sum():10d}" for w in wrong.values()))
share_wrong = [wrong["as it is"][groups[kind]].mean() for kind in ("plain", "denial", "order")]
assert share_wrong[0] < 0.1 < min(share_wrong[1:]) and share_wrong[2] > 0.2

# %% [markdown] lang="en"
# **Cause.** Where words agree there is little to correct. The mistakes are in denials and in the sentences that need the order, in every
# form of them: it may be that the model has seen too few of each to find out which words govern which.
# **Fix.** Show the same opinions in other forms: rewriting. **Measured again**: the second column has fewer mistakes in order sentences, but not in denials. And one seed is an anecdote. The study has
# five seeds, five sizes and four augmentations; below are the mean gains in order sentences with 95 % intervals, by size.

# %% [markdown] lang="zh"
# **原因**　词语一致的句子没有多少可改的。错误集中在否定句和要看词序的句子里，而且每种句式都有：多半是每种见得太少，模型学不会哪个词管着哪个词。
# **办法**　把同样的评价换几种句式给它看，也就是句式改写。**再测**　见第二列：*order* 句的错误少了，*denial* 句的没有少。不过一个种子只能算个例。完整的实验有五个种子、五种数据量、四种增强；下面按数据量列出 *order* 句上的平均增益和 95% 置信区间。

# %%
study = read_study("augmentation")
curves = study["bert_en"]  # (seeds, A, S, K)
settings = augmentation.STUDY.settings.curves
sizes = settings.sizes
print(read_settings("augmentation"))
gains = curves - curves[:, :1]
for name, gain in zip(settings.augmentations, gains.swapaxes(0, 1), strict=True):
    mean, half = mean_and_interval(gain[..., 3])  # (S,) each: order
    print(f"{name:13s}", *(f"{m:+.3f}±{h:.3f}" for m, h in zip(mean, half, strict=True)))
gain, half = mean_and_interval(gains[:, 1:, :, 3])  # (4, S) each
print(f"{(np.abs(gain) > half).sum()} of {gain.size} intervals leave out zero")
assert ((np.abs(gain) > half).sum(), (gain < -half).sum()) == (3, 2)
assert np.allclose([gain[3, 3], half[3, 3]], [0.090, 0.084], atol=0.0005)
assert np.abs(gain[:, :3]).max() < 0.03 and curves.mean(axis=0)[:, :3, 3].max() < 0.535
assert curves.mean(axis=0)[:, 3:, 1].min() > 0.97
bags = np.concatenate([study["bag_of_words_en"], study["bag_of_words_zh"]])[..., 0]  # (10, A, S)
print("bag of words, largest mean gain:", (bags - bags[:, :1]).mean(axis=0).max().round(3))
assert (bags - bags[:, :1]).mean(axis=0).max() < 0.01

# %%
again = read_study("augmentation_again")["bert"]  # (10 seeds, 3, K)
for name, row in zip(
    ("word dropout", "rewriting"), (again - again[:, :1]).swapaxes(0, 1)[1:], strict=True
):
    mean, half = mean_and_interval(row)  # (K,) each
    print(
        f"{name:13s}",
        *(f"{k} {m:+.3f}±{h:.3f};" for k, m, h in zip(settings.kinds, mean, half, strict=True)),
    )
    seen = {"word dropout": [0.059, 0.048], "rewriting": [0.072, 0.036]}[name]
    assert np.allclose([mean[0], half[0]], seen, atol=0.001)
kept_order = study["kept_en"].mean(axis=0)[:, 3]  # (4,)
print("labels kept in order sentences:", kept_order.round(2))
assert np.isclose(1 - kept_order[0], 0.19, atol=0.005) and kept_order[3] == 1

# %%
figure, axes = plt.subplots(1, 2, sharey=True)
styles = ("o-", "s--", "^:", "D-.", "v-")
drawn = {"sizes": sizes}
for panel, kind in zip(axes, ("plain", "order"), strict=True):
    scores = curves[..., settings.kinds.index(kind)]  # (seeds, A, S)
    mean, half = mean_and_interval(scores)  # (A, S) each
    for a, (name, style) in enumerate(zip(settings.augmentations, styles, strict=True)):
        shifted = np.array(sizes) * 1.06 ** (a - 2)
        panel.errorbar(shifted, mean[a], half[a], fmt=style, ms=4, lw=1.2, capsize=2, label=name)
    panel.axhline(0.5, color="gray", lw=0.8)
    panel.set(xscale="log", xticks=sizes, xticklabels=sizes, title=kind)
    panel.set_xlabel("training sentences (log scale)")
    drawn |= {f"{kind}_mean": mean, f"{kind}_half": half}
axes[0].set(ylabel="test accuracy", ylim=(0.42, 1.08))
axes[1].legend(fontsize=8)
for panel in axes:
    panel.minorticks_off()
savefig(figure, "c1_curves", drawn)

# %% [markdown] lang="en"
# **What you saw.** The plain sentences are learned by 1000 examples with any treatment. The order sentences stay near chance up to
# 200 (at most 0.53), where no augmentation helps: copies of 200 sentences are still 200 sentences. From 1000 on rewriting looks best,
# $+0.090$, and its interval, $\pm 0.084$, just leaves out zero. So do two of the other 19, both for *harm* by swapping; chance alone would give one.
# Five seeds cannot tell. So the most promising size was measured again on **ten fresh seeds**: over all sentences word dropout gains
# $0.059 \pm 0.048$ and rewriting $0.072 \pm 0.036$. Both help.
#
# The surprise is word dropout. It breaks 19 % of the order labels, rewriting none, and it helps as much. Section 4 shows
# why it may: a minority of broken labels costs confidence, not the decision. Perhaps the gain comes from the model no longer leaning
# on single words; that was not measured. Swapping and synonyms show no gain, and in a bag of
# words nothing does (at most $0.01$): swapping cannot even change one.
#
# **Domains and cleaning.** The second study repeats section 5 with five seeds and the small BERT. The third plants
# flaws: 20 % wrong labels; copies with the other label, written the same, or in other case and blanks, or with one word more;
# stray control characters; useless lines. `clean` repairs and drops what shows in the text. A filter then asks models that were fitted on
# the *other* folds how probable each label is, and `drop_doubtful` drops those below 0.3:
#
# $$p_i = P\big(y_i \mid x_i;\ \theta_{-f(i)}\big) < 0.3 .$$
#
# One seed, with a bag of words as the filter:

# %% [markdown] lang="zh"
# **看到了什么**　*plain* 句有 1000 条就学会了，用哪种增强都一样。*order* 句在 200 条以内与瞎猜相差无几（至多 0.53），增强也无济于事：两百句再加多少副本，也还是那两百句。从 1000 条起，改写看上去最好，$+0.090$，区间 $\pm 0.084$ 刚好不含零。另外 19 个区间里还有两个不含零，都表示换位**有害**；单凭偶然也会有一个。只有五个种子，下不了结论。于是挑出最有希望的数据量，用**十个全新的种子**重测：就全部句子而言，随机删词提高 $0.059 \pm 0.048$，改写提高 $0.072 \pm 0.036$，两者都有用。
#
# 没想到的是随机删词。它弄坏 19% 的 *order* 标签，改写一个也不弄坏，效果却不相上下。第 4 节说明了为什么有这种可能：坏标签只要是少数，降低的是把握，不是判断的对错。至于收益从何而来，也许是因为模型不能再只依靠个别词；这一点没有测量。换位和同义词看不出收益；对词袋模型，哪种增强都没用（至多 $0.01$），换位根本改变不了一袋词。
#
# **领域与清洗**　第二项实验用五个种子重做第 5 节，并加上小 BERT。第三项实验往训练数据里掺假：20% 的标签改错；再加上标签相反的副本，或一字不差，或只改大小写和空白，或多一个词；还有混进来的控制字符和没有用的行。`clean` 负责修补和丢弃字面上看得出的毛病。然后把数据分成五份（称为五**折**），用**其余各折**训练出来的模型估计本折每个标签的概率，`drop_doubtful` 丢掉概率低于 0.3 的那些：
#
# $$p_i = P\big(y_i \mid x_i;\ \theta_{-f(i)}\big) < 0.3 .$$
#
# 先看一个种子，用词袋模型来筛：

# %%
items = flaws.spoil(corpus.train, corpus.tags["train"], cleaning.flaw_rates(), rng)
left, dropped = flaws.cleaned(items, max_characters=1000)
print("clean:", *(f"{flaw} {flaws.recall(items, dropped, flaw):.2f};" for flaw in flaws.FLAWS))
fit = fits_of(Learners(), seed=0)["bag_of_words"]
own = label_probabilities([item.example for item in left], fit, folds=5, rng=rng)  # (N,)
doubtful = {}
for kind in ("plain", "order"):
    for flaw in ("", "wrong label"):
        mask = np.array([item.flaw == flaw and kind in item.tags for item in left])
        doubtful[kind, flaw] = (own[mask] < 0.3).mean()
        print(f"{kind:6s} {flaw or 'right label':12s} dropped {doubtful[kind, flaw]:.2f}")
assert doubtful["plain", "wrong label"] > 3 * doubtful["plain", ""]
assert abs(doubtful["order", "wrong label"] - doubtful["order", ""]) < 0.15

# %% [markdown] lang="en"
# In the order sentences the filter drops right and wrong labels alike: to its model they look the same. All five seeds, both filters:

# %% [markdown] lang="zh"
# 在 *order* 句里，正确的标签和错误的标签被丢掉的比例差不多：筛选所用的模型分不出二者。下面是五个种子、两种筛选的全部结果：

# %%
dirt = read_study("cleaning")
found = dirt["clean"].mean(axis=0)  # (8,)
names = ("precision", "wrong label", "twin", "near twin", "one word more", "useless")
print("clean      ", *(f"{name} {value:.2f};" for name, value in zip(names, found, strict=False)))
names = ("precision", "wrong label", "plain", "order", "one word more")
for model in ("bag_of_words", "bert"):
    row = dirt[f"filter_{model}"].mean(axis=0)  # (5,)
    print(f"{model:12s}", *(f"{name} {value:.2f};" for name, value in zip(names, row, strict=True)))
print("test sentences in training, before and after:", *dirt["shared"].mean(axis=0))
for model in ("bag_of_words", "bert"):
    leaked, honest = (dirt[f"{way}_{model}"][:, 0] for way in ("leaked", "honest"))
    mean, half = mean_and_interval(leaked - honest)
    seen, unseen = dirt[f"leaked_{model}"][:, 1:].mean(axis=0)
    print(f"{model:12s} {leaked.mean():.3f}, no leak {honest.mean():.3f}, {mean:+.3f}±{half:.3f};")
    print(f"{'':12s} leaked sentences {seen:.3f}, others {unseen:.3f}")
assert np.allclose(found[[2, 3, 5]], 1) and np.allclose(found[[1, 4]], 0)
assert np.isclose(found[0], 0.60, atol=0.005)
assert (dirt["shared"][:, 1] == 0).all()
bag_found, bert_found = (dirt[f"filter_{model}"].mean(axis=0) for model in ("bag_of_words", "bert"))
assert bert_found[0] < 0.5 and np.allclose(bert_found[[2, 3]], [0.73, 0.43], atol=0.005)
assert np.isclose(bag_found[3], 0.08, atol=0.005)
assert np.allclose([mean, half, seen], [0.09, 0.04, 0.99], atol=0.005)  # of the BERT
honest_others = dirt["honest_bert"][:, 2].mean()
assert np.allclose([honest_others, unseen], [0.82, 0.87], atol=0.005)
leak = dirt["leaked_bag_of_words"][:, 0] - dirt["honest_bag_of_words"][:, 0]
assert np.isclose(leak.mean(), 0.02, atol=0.005)

# %%
domains = stored["bert"].mean(axis=1)[..., 0]  # (seeds, C): mean over the held-out domains
remedies = dirt["bert"][..., 0]  # (seeds, C)
for scores, base in ((domains, 0), (remedies, 1), (remedies, 2)):
    mean, half = mean_and_interval(scores - scores[:, base : base + 1])  # (6,) each
    print(*(f"{m:+.3f}±{h:.3f}" for m, h in zip(mean, half, strict=True)))
other = slice(0, 3)  # 1, 2 and 4 domains
link = np.corrcoef(stored["known"][..., other].ravel(), stored["bert"][..., other, 0].ravel())[0, 1]
print(f"correlation of accuracy with the share of known adjectives: {link:.2f}")
assert np.isclose(link, 0.91, atol=0.005) and stored["known"][..., other].size == 75
mean, half = mean_and_interval(domains - domains[:, :1])  # (6,) each
assert np.allclose(mean[2:5], [0.105, 0.02, 0.03], atol=0.005)
assert np.allclose(half[2:5], [0.03, 0.01, 0.02], atol=0.005)
assert np.isclose(domains[:, 5].mean(), 0.89, atol=0.005)
mean, half = mean_and_interval(remedies - remedies[:, 2:3])
assert np.allclose([mean[4], half[4]], [0.014, 0.035], atol=0.001) and abs(mean[3]) < half[3]
assert np.allclose([mean[0] - mean[1], -mean[1], mean[5]], [0.28, 0.01, 0.20], atol=0.005)

# %%
figure, axes = plt.subplots(1, 2)
panels = (
    (
        axes[0],
        domains,
        ("1 domain", "2 domains", "4 domains", "1 + synonyms", "1 + word dropout", "own domain"),
    ),
    (
        axes[1],
        remedies,
        ("no flaws", "flaws", "clean()", "+ bag filter", "+ BERT filter", "perfect filter"),
    ),
)
for panel, scores, names in panels:
    mean, half = mean_and_interval(scores)  # (6,) each
    places = np.arange(len(names))[::-1]
    for seed_scores in scores:
        panel.plot(seed_scores, places - 0.28, ".", color="gray", ms=3)
    panel.errorbar(mean, places, xerr=half, fmt="s", ms=5, capsize=3)
    panel.set(yticks=places, yticklabels=names, xlim=(0.5, 1), xlabel="test accuracy")
axes[0].set_title("trained elsewhere")
axes[1].set_title("trained on flawed data")
savefig(figure, "c1_remedies", {"domains": domains, "remedies": remedies})

# %% [markdown] lang="en"
# **What you saw.** Left: with the same 8,700 tokens, four domains instead of one raise the accuracy on a fifth by
# $0.105 \pm 0.03$. It follows the share of known adjectives (correlation 0.91 over 75 trainings): diversity helps as far as it covers
# what is new. Synonyms and word dropout, made from one domain, add little ($0.02 \pm 0.01$ and $0.03 \pm 0.02$), though they show
# the model five times as many tokens. The domain's own reviews would give 0.89.
#
# Right: the flaws cost 0.28. `clean` finds every twin that differs in spelling and every useless line, no wrong label and no reworded
# twin, and brings back only 0.01. (Its precision is 0.60, since of two labels that contradict each other it drops the right one too.) The filter with a BERT adds $0.014 \pm 0.035$: five seeds do not tell it from nothing, nor from a sixth of what a perfect one would bring (0.20). It sees
# 73 % of the wrong labels in plain sentences, 43 % where order decides, and more than half of what it drops was right. A
# bag of words, blind to order, finds 8 % there and gains nothing. A filter sees no further than its model.
#
# **Leaks.** With 30 % of the test sentences among the training ones the BERT scores $0.09 \pm 0.04$ more, the bag of words
# 0.02. Part of this is honest: 300 more examples help on the other sentences too (0.82 becomes 0.87); the leaked ones reach
# 0.99. `shared_texts` finds all, in whatever spelling.

# %% [markdown] lang="zh"
# **看到了什么**　左图：同样是 8700 个词元，来自四个领域而不是一个，在第五个领域上的准确率提高 $0.105 \pm 0.03$。它随“见过的形容词的比例”而变（75 次训练，相关系数 0.91）：多样性覆盖多少新东西，就有多少用。由一个领域造出来的同义词替换和随机删词只添一点（$0.02 \pm 0.01$ 与 $0.03 \pm 0.02$），尽管模型见到的词元多达五倍。若用该领域自己的评论，可达 0.89。
#
# 右图：掺假使准确率损失 0.28。`clean` 找出了全部只改写法的副本和全部没有用的行，但改错的标签和多一个词的副本一个也找不到，只挽回 0.01（精确率只有 0.60：两个标签互相矛盾时，对的那一条也一起丢了）。用 BERT 来筛，再添 $0.014 \pm 0.035$：五个种子既分不清它与零，也分不清它与完美筛选（0.20）的六分之一。*plain* 句里的错标签找到 73%，靠词序的句子里只有 43%，而且丢掉的有一半以上本是对的。词袋模型不看词序，在后者里只找到 8%，毫无收益。筛选能看出多少，取决于它所用的模型。
#
# **泄漏**　30% 的测试句混进训练集，BERT 的准确率高出 $0.09 \pm 0.04$，词袋模型高出 0.02。这并不全是虚的：多出的 300 句对其余句子同样有帮助（由 0.82 升到 0.87），而泄漏的句子高达 0.99。`shared_texts` 把它们全找了出来，不管写法怎么变。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * An augmentation is a claim about the label. Count on sentences of known truth how often it holds, by kind of sentence.
# * Kept labels and usefulness are two things: word dropout broke labels and helped, synonyms broke none, and no gain was seen.
# * Diversity helps as far as it covers what is new. Augmentation from one domain did little for another (A111).
# * `clean` removes what shows in the text. Wrong labels need a model that understands the sentence, and the filter
#   is as blind as its model.
# * Look for test sentences in the training data, also after augmentation: `require_disjoint`.
# * Equal updates, several seeds, paired intervals; what looks promising is tested again on fresh seeds.
#
# **What it does not show.** All sentences come from one small grammar, the model is tiny and not pretrained, and our rewriting is
# perfect because it knows the grammar. Real translators make mistakes, real domains share more words, so both effects may be smaller.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 用一种增强，就等于断言“标签不变”。用标签已知的句子，按句子的种类数一数，这个断言有多少时候成立。
# * 保住标签与是否有用是两回事：随机删词弄坏了标签却有用，同义词一个也没弄坏，却看不出用处。
# * 多样性覆盖多少新东西，就有多少用；由一个领域造出来的增强，对另一个领域帮助很小（A111）。
# * `clean` 只能去掉字面上看得出的毛病。错标签要靠读得懂句子的模型去找，模型看不见的，筛选也看不见。
# * 查一查训练数据里有没有测试句，做完增强还要再查：`require_disjoint`。
# * 更新次数要相等，种子要多，区间要配对；看上去有希望的，用新种子再测一遍。
#
# **不能由此得出的**　所有句子都出自一套小文法，模型极小，也没有预训练；我们的改写之所以完美，是因为它知道文法。真实的翻译会出错，真实的领域之间共用的词更多，两种效果恐怕都会打折扣。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# **c1.1 Synonyms.** Write `replace(tokens, thesaurus, rate, rng)`: a new list in which each token that the thesaurus knows is, with
# probability `rate`, replaced by one of its synonyms, drawn at random. `thesaurus` maps a word to a tuple of words.

# %% [markdown] lang="zh"
# ## 8 练习
#
# **c1.1 同义词**　请写 `replace(tokens, thesaurus, rate, rng)`，返回一个新列表：同义词表里有的词，每个都以概率 `rate` 换成它的一个同义词，从中随机抽取。`thesaurus` 把一个词对应到一组词（元组）。


# %% tags=["exercise"]
def replace(tokens, thesaurus, rate, rng):
    return ...


# %% tags=["solution"]
def replace(tokens, thesaurus, rate, rng):
    new = []
    for token in tokens:
        changes = token in thesaurus and rng.random() < rate
        new.append(str(rng.choice(thesaurus[token])) if changes else token)
    return new


# %% tags=["exercise-check"]
check("c1.1", replace)

# %% [markdown] lang="en"
# **c1.2 Duplicates that contradict.** Write `deduplicate(examples)` for a list of pairs (text, label). Texts that differ only in
# case and in blanks between words are the same text. Of equal texts with one label the first stays, as it is written. If their
# labels differ, all go. The order stays.

# %% [markdown] lang="zh"
# **c1.2 互相矛盾的重复**　请写 `deduplicate(examples)`，输入是（文本，标签）对的列表。只在大小写和词间空白上不同的文本算同一条。同一条文本若标签一致，原样留下最先出现的一条；若标签不一，一条也不留。先后次序不变。


# %% tags=["exercise"]
def deduplicate(examples):
    return ...


# %% tags=["solution"]
def deduplicate(examples):
    labels, first = {}, {}
    for text, label in examples:
        key = " ".join(text.casefold().split())
        labels.setdefault(key, set()).add(label)
        first.setdefault(key, (text, label))
    return [pair for key, pair in first.items() if len(labels[key]) == 1]


# %% tags=["exercise-check"]
check("c1.2", deduplicate)

# %% [markdown] lang="en"
# **c1.3 Does it help?** `without` and `with_it` are accuracies of the same five seeds, without and with a remedy. Return
# `"helps"` if the 95 % interval of the *paired* differences lies above zero, `"hurts"` if it lies below, else `"cannot tell"`.
# `mean_and_interval` gives mean and half width. Why paired? Seeds differ from each other more than remedies do.

# %% [markdown] lang="zh"
# **c1.3 到底有没有用**　`without` 和 `with_it` 是同样五个种子在采用某种办法前后的准确率。若**配对之差**的 95% 置信区间全在零以上，返回 `"helps"`；全在零以下，返回 `"hurts"`；否则返回 `"cannot tell"`。`mean_and_interval` 给出均值和半宽。为什么要配对？因为种子之间的差别，往往比办法带来的差别还大。


# %% tags=["exercise"]
def verdict(without, with_it):
    return ...


# %% tags=["solution"]
def verdict(without, with_it):
    mean, half = mean_and_interval(with_it - without)
    if abs(mean) <= half:
        return "cannot tell"
    return "helps" if mean > 0 else "hurts"


# %% tags=["exercise-check"]
check("c1.3", verdict)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Wei & Zou 2019, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification Tasks".
# * Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods for Text Classification": word dropout.
# * Sennrich, Haddow & Birch 2016, "Improving Neural Machine Translation Models with Monolingual Data": back-translation.
# * Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels".
# * Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better".
# * In this project: `minillm/text/augmentation.py`, `minillm/text/cleaning.py`, `minillm/tasks/label_filter.py`, `minillm/labs/data/`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Wei、Zou，2019，“EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification Tasks”。
# * Iyyer 等，2015，“Deep Unordered Composition Rivals Syntactic Methods for Text Classification”：随机删词。
# * Sennrich、Haddow、Birch，2016，“Improving Neural Machine Translation Models with Monolingual Data”：回译。
# * Northcutt、Jiang、Chuang，2021，“Confident Learning: Estimating Uncertainty in Dataset Labels”。
# * Lee 等，2022，“Deduplicating Training Data Makes Language Models Better”。
# * 本项目：`minillm/text/augmentation.py`、`minillm/text/cleaning.py`、`minillm/tasks/label_filter.py`、`minillm/labs/data/`。
