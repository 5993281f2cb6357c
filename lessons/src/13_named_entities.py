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
#     lesson: 13
#     guide: ['6.4']
#     budget_s: 25
#     errata: [A79]
#     introduces: [minillm.models.crf, minillm.models.crf.layer, minillm.models.crf.paths, minillm.models.crf.recursions, minillm.models.crf.rules, minillm.models.token_classifier, minillm.tasks.entities.alignment, minillm.tasks.entities.baselines, minillm.tasks.entities.batches, minillm.tasks.entities.evaluation, minillm.tasks.entities.recipe, minillm.tasks.entities.schemes, minillm.tasks.entities.shapes, minillm.tasks.entities.spans, minillm.tasks.entities.tagger, minillm.tasks.entities.training, minillm.tasks.metrics.entities, minillm.text.conll_files, minillm.text.corpora.names]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import figure
from minillm.course.verdict_tables import spread

stored = figure("real_text/entities")["scores"]
NAMES = {"dictionary": "dictionary", "token": "a head for each word", "crf": "field (CRF)"}
wnut = {
    short: {group: 100 * np.mean(f1) for group, f1 in stored[name]["test"].items()}
    for short, name in NAMES.items()
}
ahead = {
    group: spread(
        100
        * np.subtract(stored[NAMES["crf"]]["test"][group], stored[NAMES["token"]]["test"][group])
    )
    for group in ("all", "unseen")
}
assert all(0 < one["mean"] - one["half"] < 0.5 for one in ahead.values()), "just above 0"
LITERALS = {
    "by hand, asserted in section 2": "0 0.1 0.2 0.4 0.5 0.6 0.08 0.24",
    "counts of tags and names, asserted in section 2": "1 2 3 5 6",
    "a half, as LaTeX writes it": "12",
    "settings of the experiments": "400 200 4 10",
}

# %% [markdown] lang="en"
# # Lesson 13. Named entities: tags, names and whole paths
#
# **Question.** Which words of a sentence are a name, and of what? How does one say it with a tag for each word, how does one measure it, and what changes if the tags are chosen together?
#
# **Afterwards you can** tell legal tags from illegal ones; bring tags of words to pieces of words and back; compute F1 of whole names; sum over all paths of tags by a recursion, whose gradient is what the model believes; find the best path; and measure names that training did not have.
#
# **Before this**: lesson 2 (pieces of words), lesson 9 (BERT). **Time**: about a quarter of a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 13 课　命名实体：标签、名字与整条路径
#
# **问题**　句子里哪些词是名字，是什么的名字？怎样用每个词一个标签把它说出来？怎样衡量？把标签放在一起选，又有什么不同？
#
# **学完本课，你能够**　分辨合法与不合法的标签；把词的标签对到子词上，再对回来；计算整个名字的 F1；用递推对所有标签路径求和，而它的梯度正是模型的信念；找出最好的路径；单独衡量训练中没有出现过的名字。
#
# **预备知识**　第 2 课（子词）、第 9 课（BERT）。**用时**　运行约十几秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import Tensor, check_vjp, gradients_of
from minillm.course import check, savefig, setup, stated
from minillm.models.crf import Crf, best_paths, log_partition
from minillm.tasks.entities import align, first_illegal, gathered, legal, names_in, spans_of, spread
from minillm.tasks.entities.baselines import DictionaryTagger
from minillm.tasks.entities.batches import collate, encode_words
from minillm.tasks.entities.evaluation import evaluate_tagger
from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.entities.training import TaggerTraining
from minillm.tasks.metrics import entity_scores
from minillm.text.corpora.names import NameDials, NameWorld

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 6.4: named-entity recognition is a basic task of NLP, at which large language models have had marked success; having learned from much text, they recognise names of persons, places and organisations (A79).
#
# That is right. BERT had an F1 of 92.4 (base) and 92.8 (large) on the test of CoNLL-2003 (Devlin et al. 2019, table 7). But the guide does not say what is put out, nor what the F1 is of; both are needed to build a tagger, and to believe one.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 6.4 节说：命名实体识别是 NLP 中的一个基础任务，大语言模型在这方面取得了显著成果；通过学习大量文本数据，可以识别人名、地名、组织名等（A79）。
#
# 这是对的。BERT 在 CoNLL-2003 的测试集上 F1 为 92.4（base）和 92.8（large）（Devlin 等，2019，表 7）。但指南没有说输出的是什么，也没有说 F1 是什么的 F1；要做出一个标注器，并且信得过它，两样都少不了。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **BIO.** A name begins with B, goes on with I, and all other words are O:
#
# | | Anna | Brandt | lives | in | Rome | . |
# |---|---|---|---|---|---|---|
# | true | B-PER | I-PER | O | O | B-LOC | O |
# | said | B-PER | O | O | O | B-LOC | O |
#
# I-PER may stand behind B-PER or I-PER only; behind O, or behind B-LOC, it is *illegal*.
#
# **F1 of names.** 5 of 6 tags are right. But of 2 names there, and 2 said, only *Rome* is right in all its words and its type: *Anna* is no part of a success. Precision, recall and F1 are $\tfrac12$. And whoever says O six times has 3 of 6 tags right, and an F1 of 0.
#
# **Tags that are chosen together.** Two words; by themselves their tags have these probabilities:
#
# | | O | B | I |
# |---|---|---|---|
# | first word | 0.5 | 0.4 | 0.1 |
# | second word | 0.2 | 0.2 | 0.6 |
#
# Each word's best is O I, which is illegal. The legal paths are O O (0.1), O B (0.1), B O (0.08), B B (0.08) and B I (0.24), in all 0.6. So the best path is B I, with $0.24 / 0.6$ = {here.best}, and the first word is B with $0.4/0.6$ = {here.belief}: *the second word has changed what is believed of the first*.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **BIO**　名字的第一个词标 B，后面的词标 I，其余的词都标 O：
#
# | | Anna | Brandt | lives | in | Rome | . |
# |---|---|---|---|---|---|---|
# | 真实 | B-PER | I-PER | O | O | B-LOC | O |
# | 预测 | B-PER | O | O | O | B-LOC | O |
#
# I-PER 只能跟在 B-PER 或 I-PER 后面；跟在 O 或 B-LOC 后面就**不合法**。
#
# **名字的 F1**　6 个标签对了 5 个。可是真实的名字有 2 个，说出的也有 2 个，词和类型都对的只有 *Rome*：单说一个 *Anna* 不算对。精确率、召回率和 F1 都是 $\tfrac12$。而六个全说 O，6 个标签也对 3 个，F1 却是 0。
#
# **一起选标签**　有两个词，单独看，各标签的概率是：
#
# | | O | B | I |
# |---|---|---|---|
# | 第一个词 | 0.5 | 0.4 | 0.1 |
# | 第二个词 | 0.2 | 0.2 | 0.6 |
#
# 各选各的，得到 O I，不合法。合法的路径有 O O（0.1）、O B（0.1）、B O（0.08）、B B（0.08）和 B I（0.24），合计 0.6。所以最好的路径是 B I，概率 $0.24 / 0.6$ = {here.best}；第一个词是 B 的概率是 $0.4/0.6$ = {here.belief}：**第二个词改变了对第一个词的看法**。

# %%
alone = np.array([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
paths = {
    a + b: alone[0, i] * alone[1, j]
    for i, a in enumerate("OBI")
    for j, b in enumerate("OBI")
    if a != "I" and a + b != "OI"
}
total = sum(paths.values())
assert np.isclose(total, 0.6) and max(paths, key=paths.get) == "BI", "by hand"
stated("best", paths["BI"] / total, 0.4, 0.005, "the best path")
stated("belief", sum(p for path, p in paths.items() if path[0] == "B") / total, 0.67, 0.005, "B")
true = [["B-PER", "I-PER", "O", "O", "B-LOC", "O"]]
said = [["B-PER", "O", "O", "O", "B-LOC", "O"]]
print("said:   ", entity_scores(true, said).micro)
print("nothing:", entity_scores(true, [["O"] * 6]).micro)
print("B-LOC I-PER is illegal at place", first_illegal(["B-LOC", "I-PER"], "BIO"))
assert entity_scores(true, said).micro == (0.5, 0.5, 0.5), "by hand"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **Words and pieces.** Tags belong to words; a model reads pieces of words. The tag of a word is read off its *first* piece, and the loss passes over the others (Devlin et al. 2019, section 5.3).

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **词与子词**　标签属于词，模型读的却是子词。词的标签从它的**第一个**子词读出，其余的子词不计损失（Devlin 等，2019，5.3 节）。

# %%
world = NameWorld(NameDials(names=40, new=0.5, ambiguous=0.3), seed=13)
train, test = world.draw("train", 400), world.draw("test", 200)
recipe = TaggerRecipe(
    seed=13,
    tokenizer="wordpiece:400",
    width=32,
    n_heads=2,
    max_length=40,
    epochs=4.0,
    lr=3e-3,
)
encoder, tags = (lambda t: (t.encoder, t.tags))(TaggerTraining(recipe, train))
example = test[1]
pieces = align(example.words, encoder.tokenizer, unknown="[UNK]")
numbers = spread([tags.index(tag) for tag in example.tags], pieces)
for piece, number in zip(pieces.pieces, numbers, strict=True):
    print(f"{piece:10} {tags[number] if number >= 0 else 'not in the loss'}")
assert [tags[n] for n in gathered(numbers, pieces)] == list(example.tags), "and back"

# %% [markdown] lang="en"
# **Names.** A *span* is a type, the place of the first word and the place behind the last. With the spans that are there, those that are said, and those that are in both (*hits*), of all sentences together:
#
# $$P = \frac{\text{hits}}{\text{said}}, \qquad R = \frac{\text{hits}}{\text{there}}, \qquad F_1 = \frac{2\,\text{hits}}{\text{said} + \text{there}}.$$
#
# **A linear-chain conditional random field (CRF).** The network gives each tag $j$ at each word $t$ a score $e_t(j)$; a table $A$ of *transitions* scores each step from tag to tag, with a start $y_0$ and an end $y_{T+1}$ that are no words. A path of tags has the score and the probability
#
# $$s(y) = \sum_{t=1}^{T} e_t(y_t) + \sum_{t=0}^{T} A_{y_t, y_{t+1}}, \qquad p(y \mid x) = \frac{e^{s(y)}}{Z}, \qquad Z = \sum_{y} e^{s(y)}.$$
#
# An illegal step has $A_{ij} = -\infty$. There are $K^T$ paths, yet $\ln Z$ takes $T K^2$ steps only, for what stands before a tag is the same whatever follows:
#
# $$\alpha_1(j) = A_{\text{start},j} + e_1(j), \qquad \alpha_t(j) = e_t(j) + \ln \sum_i e^{\alpha_{t-1}(i) + A_{ij}}, \qquad \ln Z = \ln \sum_j e^{\alpha_T(j) + A_{j,\text{end}}}.$$
#
# The same from the right is $\beta$, what may follow a tag: $\beta_T(i) = A_{i,\text{end}}$, $\beta_t(i) = \ln \sum_j e^{A_{ij} + e_{t+1}(j) + \beta_{t+1}(j)}$. **Viterbi** is the first recursion with $\max$ in place of $\ln \sum e$, and a note for each tag of the one it came from: from the best last tag one walks back.

# %% [markdown] lang="zh"
# **名字**　一个**片段**由类型、第一个词的位置和最后一个词之后的位置组成。设真实的片段、说出的片段，以及两边都有的（命中），都对全部句子合计，则分子是命中数 hits，分母分别是说出的 said 和真实的 there：
#
# $$P = \frac{\text{hits}}{\text{said}}, \qquad R = \frac{\text{hits}}{\text{there}}, \qquad F_1 = \frac{2\,\text{hits}}{\text{said} + \text{there}}.$$
#
# **线性链条件随机场（CRF）**　网络为每个词 $t$ 的每个标签 $j$ 打分 $e_t(j)$；**转移**表 $A$ 为标签之间的每一步打分，包括开头 $y_0$ 和结尾 $y_{T+1}$，这两个都不是词。一条标签路径的分数和概率是
#
# $$s(y) = \sum_{t=1}^{T} e_t(y_t) + \sum_{t=0}^{T} A_{y_t, y_{t+1}}, \qquad p(y \mid x) = \frac{e^{s(y)}}{Z}, \qquad Z = \sum_{y} e^{s(y)}.$$
#
# 不合法的一步取 $A_{ij} = -\infty$。路径有 $K^T$ 条，求 $\ln Z$ 却只要 $T K^2$ 步，因为一个标签前面的部分，不管后面接什么都一样：
#
# $$\alpha_1(j) = A_{\text{start},j} + e_1(j), \qquad \alpha_t(j) = e_t(j) + \ln \sum_i e^{\alpha_{t-1}(i) + A_{ij}}, \qquad \ln Z = \ln \sum_j e^{\alpha_T(j) + A_{j,\text{end}}}.$$
#
# 从右边来的同样的量是 $\beta$，即一个标签后面的部分：$\beta_T(i) = A_{i,\text{end}}$，$\beta_t(i) = \ln \sum_j e^{A_{ij} + e_{t+1}(j) + \beta_{t+1}(j)}$。**维特比算法**就是把第一个递推里的 $\ln \sum e$ 换成 $\max$，并为每个标签记下它从哪个标签来：从最好的最后一个标签往回走。


# %%
def log_sum(s):  # over the first axis
    top = s.max(axis=0)
    return top + np.log(np.exp(s - top).sum(axis=0))


def log_z_rule(e, a):  # (T, K), (K + 1, K + 1): the last row starts, the last column ends
    steps, start, end = a[:-1, :-1], a[-1, :-1], a[:-1, -1]
    alpha, beta = np.empty_like(e), np.empty_like(e)
    alpha[0], beta[-1] = start + e[0], end
    for t in range(1, len(e)):
        alpha[t] = e[t] + log_sum(alpha[t - 1][:, None] + steps)
        beta[-1 - t] = log_sum((steps + e[-t] + beta[-t]).T)
    log_z = log_sum(alpha[-1] + end)

    def vjp(g):
        p = np.exp(alpha + beta - log_z)  # (T, K): what is believed of each word
        of_a = np.zeros_like(a)
        of_a[-1, :-1], of_a[:-1, -1] = p[0], p[-1]
        for t in range(1, len(e)):
            of_a[:-1, :-1] += np.exp(alpha[t - 1][:, None] + steps + e[t] + beta[t] - log_z)
        return g * p, g * of_a

    return log_z, vjp


# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Raise $e_t(j)$ a little: every path with the tag $j$ at $t$ gains that much, no other does. So the slope of $\ln Z$ is the share of those paths, which is a probability:
#
# $$\frac{\partial \ln Z}{\partial e_t(j)} = \frac{1}{Z} \sum_{y:\, y_t = j} e^{s(y)} = p(y_t = j \mid x) = e^{\alpha_t(j) + \beta_t(j) - \ln Z}, \qquad \frac{\partial \ln Z}{\partial A_{ij}} = \sum_t p(y_{t-1} = i,\, y_t = j \mid x).$$
#
# *The gradient of one number is all that the model believes*, its *marginals*. The loss $\ln Z - s(y)$ has the slope "believed minus true", as softmax has; softmax is the case $T = 1$.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 把 $e_t(j)$ 提高一点：凡是在 $t$ 处取标签 $j$ 的路径都跟着提高，别的都不动。所以 $\ln Z$ 的斜率就是这些路径所占的份额，也就是概率：
#
# $$\frac{\partial \ln Z}{\partial e_t(j)} = \frac{1}{Z} \sum_{y:\, y_t = j} e^{s(y)} = p(y_t = j \mid x) = e^{\alpha_t(j) + \beta_t(j) - \ln Z}, \qquad \frac{\partial \ln Z}{\partial A_{ij}} = \sum_t p(y_{t-1} = i,\, y_t = j \mid x).$$
#
# **一个数的梯度，就是模型的全部信念**，即**边缘概率**。损失 $\ln Z - s(y)$ 的斜率是“信念减真实”，和 softmax 一样；softmax 就是 $T = 1$ 的情形。

# %%
rng = np.random.default_rng(13)
e, a = rng.standard_normal((5, 3)), rng.standard_normal((4, 4))
error = check_vjp(log_z_rule, e, a, rng=rng)
print(f"largest relative error {error:.1e}")
assert error < 1e-7, "the rule passes the gradient check"


def score(y):
    walk = [3, *y, 3]  # 3: the start and the end
    return sum(e[t, j] for t, j in enumerate(y)) + sum(
        a[walk[t], walk[t + 1]] for t in range(len(y) + 1)
    )


every = list(np.ndindex(*[3] * 5))
weights = np.exp([score(y) for y in every])
ln_z, vjp = log_z_rule(e, a)
counted = [[weights[[y[t] == j for y in every]].sum() for j in range(3)] for t in range(5)]
believed = vjp(1.0)[0]
print(f"{len(every)} paths, one by one: {np.log(weights.sum()):.6f}, by recursion: {ln_z:.6f}")
print("marginals by the gradient, each row a word:", *np.round(believed, 3), sep="\n")
assert np.isclose(np.log(weights.sum()), ln_z), "the recursion sums over all paths"
assert np.allclose(np.array(counted) / weights.sum(), believed), "the gradient is what is believed"
best = best_paths(e[None], a, mask=np.ones((1, 5), bool))[0]
assert tuple(best) == every[int(weights.argmax())], "Viterbi finds the best of all"

# %% [markdown] lang="en"
# The same numbers in the library:

# %% [markdown] lang="zh"
# 程序库里同样的数：

# %%
inputs = [Tensor(e[None], requires_grad=True), Tensor(a, requires_grad=True)]
theirs = log_partition(*inputs, mask=np.ones((1, 5), bool))
slopes = gradients_of(theirs.sum(), inputs)
assert np.allclose(theirs.data, ln_z), "ours is the library's"
assert np.allclose(slopes[0][0], vjp(1.0)[0]) and np.allclose(slopes[1], vjp(1.0)[1]), "so is this"
print("transitions, as often as each is expected:", *np.round(slopes[1], 2), sep="\n")

# %% [markdown] lang="en"
# The planted mistake: the softmax of $\alpha_t$ looks like a belief. At the last word it nearly is one; at every other it knows what stands before, and not what follows:

# %% [markdown] lang="zh"
# 故意犯一个错：$\alpha_t$ 的 softmax 看上去也像信念。在最后一个词那里差不多就是；在别的词那里，它只知道前面，不知道后面：


# %%
def one_sided_rule(e, a):
    log_z, right = log_z_rule(e, a)
    alpha = np.empty_like(e)
    alpha[0] = a[-1, :-1] + e[0]
    for t in range(1, len(e)):
        alpha[t] = e[t] + log_sum(alpha[t - 1][:, None] + a[:-1, :-1])
    p = np.exp(alpha - log_sum(alpha.T)[:, None])  # from the left alone
    return log_z, lambda g: (g * p, right(g)[1])


try:
    check_vjp(one_sided_rule, e, a, rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("what follows was forgotten, and nobody noticed")

# %% [markdown] lang="en"
# ## 5 What the guide leaves out
#
# **What is put out.** A tag for each word, out of which names have to be read; a head that tags each word by itself (as BERT's does) may say what no reading makes sense of.
#
# **What is measured.** F1 of whole names. Most words are no names, so the share of right tags is high for a tagger that finds nothing.
#
# **Which names.** "Having learned from much text" hides the question of whether a name was in that text. A dictionary is good at names that it has; a model has to be measured on those that it has not.

# %% [markdown] lang="zh"
# ## 5 指南没有说的
#
# **输出的是什么**　每个词一个标签，名字要从标签里读出来；单独标注每个词的输出层（BERT 就是这样）可能说出怎么读都读不通的标签。
#
# **衡量的是什么**　整个名字的 F1。大多数词不是名字，所以什么也没找到的标注器，标签的正确率照样很高。
#
# **哪些名字**　“通过学习大量文本数据”，这句话掩盖了一个问题：那个名字在不在那些文本里？词典里有的名字，词典就认得好；衡量模型，要看它没见过的名字。

# %% [markdown] lang="en"
# ## 6 Experiments
#
# ### 6.1 Who finds nothing, and who looks names up
#
# The package writes sentences whose names are known: 400 to learn from, 200 to test, and in the test half of the names are new. Some names are words that persons, places and organisations share.
#
# **Predict first.** How many tags are right if all are O? What F1 does a dictionary of training's names have, on names that it has and on others?

# %% [markdown] lang="zh"
# ## 6 实验
#
# ### 6.1 什么也不找的，和查词典的
#
# 程序包自己写句子，名字是已知的：400 句用来学，200 句用来测，测试集里一半的名字是新的。有些名字是人、地方和机构共用的词。
#
# **先猜一猜**　全说 O，有多少标签是对的？用训练集的名字编一本词典，它在有的名字上和没有的名字上，F1 各是多少？

# %%
known = {name for s in train for name in names_in(s.words, spans_of(s.tags))}


class Nothing:
    def predict(self, sentences):
        return [["O"] * len(words) for words in sentences]


def measured(tagger):  # F1 of all, seen and unseen names; right tags; illegal sentences
    f1 = [scores.micro.f1 for scores in evaluate_tagger(tagger, test, known)]
    said = tagger.predict([s.words for s in test])
    right = [np.equal(s.tags, row) for s, row in zip(test, said, strict=True)]
    illegal = sum(first_illegal(row, "BIO") is not None for row in said)
    return [*f1, np.concatenate(right).mean(), illegal]


# %%
for s in test[:3]:
    print(*[w if tag == "O" else f"{w}/{tag}" for w, tag in zip(s.words, s.tags, strict=True)])
found = {
    "nothing": [measured(Nothing())],
    "dictionary": [measured(DictionaryTagger.learned(train))],
}
for name, (row,) in found.items():
    print("{:11} F1 {:.2f}, seen {:.2f}, unseen {:.2f}; right tags {:.2f}".format(name, *row))
stated("outside", found["nothing"][0][3], 0.77, 0.005, "tags that are O")
assert found["nothing"][0][0] == 0 == found["dictionary"][0][2], "no name, and no new name"

# %% [markdown] lang="en"
# With O everywhere a share of {here.outside} of the tags is right and not one name. The dictionary has no unseen name at all; nor is it perfect on seen ones, for of a shared word only the sentence says what it names.
#
# ### 6.2 Each word by itself, or all together
#
# The same small encoder under two heads: one tags each word by itself (*token*), one is a CRF; 4 passes over the training, three seeds. Two more: the token head *decoded* by Viterbi over legal paths only, nothing trained anew; and both heads after 10 passes.
#
# **Predict first.** How many of 200 sentences have illegal tags? Is forbidding them at the end as good as training with the CRF? On which names does it matter?

# %% [markdown] lang="zh"
# 全说 O，标签的正确率是 {here.outside}，名字却一个也没有。没见过的名字，词典一个也认不出；见过的也不全对，因为共用的词指的是什么，只有句子才说得清。
#
# ### 6.2 逐词标注，还是一起标注
#
# 同一个小编码器接两种输出层：一种单独标注每个词（token），一种是 CRF；训练集过 4 遍，三个种子。再加两种：逐词的输出层，不重新训练，只在**解码**时用维特比算法限于合法的路径；以及两种输出层各过 10 遍。
#
# **先猜一猜**　200 个句子里有多少句的标签不合法？最后才禁止，与用 CRF 训练一样好吗？差别在哪些名字上？


# %%
def trained(**changed):
    training = TaggerTraining(replace(recipe, **changed), train)
    for _ in training.steps():
        pass
    return training.result()


# %% tags=["machine"]
taggers = {}
for seed in (13, 14, 15):
    token = trained(head="token", seed=seed)
    taggers["token", seed] = token
    found.setdefault("token", []).append(measured(token))
    token.model.crf = Crf(legal(token.tags, "BIO"))  # all legal steps alike: nothing is learned
    found.setdefault("token, legal paths", []).append(measured(token))
    token.model.crf = None
    taggers["CRF", seed] = trained(head="crf", seed=seed)
    found.setdefault("CRF", []).append(measured(taggers["CRF", seed]))
    for head, label in (("token", "token, 10 passes"), ("crf", "CRF, 10 passes")):
        longer = measured(trained(head=head, seed=seed, epochs=10.0))
        found.setdefault(label, []).append(longer)
mean = {name: np.mean(rows, axis=0) for name, rows in found.items()}
for name, row in mean.items():
    print(
        "{:18} F1 {:.2f}, seen {:.2f}, unseen {:.2f}; right tags {:.3f}, "
        "illegal {:4.1f} sentences".format(name, *row)
    )
assert mean["token"][4] >= 1 and mean["CRF"][4] == 0, "a CRF says nothing illegal"
assert mean["token"][2] < mean["token, legal paths"][2] < mean["CRF"][2] - 0.02, "the order"
assert mean["CRF"][2] > mean["token"][2] + 0.03, "it finds more new names"
assert min(mean["token"][1], mean["CRF"][1]) > 0.9 > mean["dictionary"][1], "both read sentences"
assert mean["token, 10 passes"][2] > mean["token"][2] + 0.05, "more training catches up"
assert abs(mean["CRF, 10 passes"][2] - mean["token, 10 passes"][2]) < 0.05, "both are alike then"

# %% tags=["machine"]
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
shown = ["dictionary", "token", "token, legal paths", "CRF", "token, 10 passes", "CRF, 10 passes"]
for place, (label, column, grey) in enumerate((("seen", 1, "0.75"), ("unseen", 2, "0.35"))):
    x = np.arange(len(shown)) + 0.38 * (place - 0.5)
    axes.bar(x, [mean[n][column] for n in shown], 0.36, color=grey, label=f"{label} names")
    for at, name in zip(x, shown, strict=True):
        f1 = [row[column] for row in found[name]]
        axes.plot([at] * len(f1), f1, "o", markersize=5, color="white", markeredgecolor="black")
axes.set_xticks(range(len(shown)), [n.replace(", ", ",\n") for n in shown])
axes.set(ylabel="F1 of names", ylim=(0, 1.05), title="bars: mean; points: seeds")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
savefig(figure, "13_seen_unseen", {name: np.array(found[name])[:, 1:3] for name in shown})

# %% [markdown] lang="en"
# On seen names all heads are good: the sentence and the name say the same. On unseen ones the order is plain. To *forbid* illegal paths at the end, without any training, brings a part of the gain; to *train* with the whole path brings more. But after 10 passes both heads are alike: what a CRF knows from the start, this small world teaches a network in time. The share of right tags shows hardly any of it.
#
# ### 6.3 What it believes
#
# **Predict first.** Below is a sentence that the token head tags illegally. Where will the CRF's marginals differ, at the illegal tag only?

# %% [markdown] lang="zh"
# （图中 seen 是见过的名字，unseen 是没见过的；dictionary 是词典，legal paths 是只在合法的路径上解码，10 passes 是过 10 遍；柱是均值，点是各个种子。）见过的名字，几种输出层都好：句子和名字说的是一回事。没见过的名字，次序就很清楚。不重新训练，只在最后**禁止**不合法的路径，得到一部分好处；用整条路径来**训练**，得到更多。不过过 10 遍以后，两种输出层就差不多了：CRF 一开始就知道的，在这个小世界里，网络迟早也学得会。标签的正确率几乎看不出这些。
#
# ### 6.3 它相信什么
#
# **先猜一猜**　下面这个句子，逐词的输出层给出了不合法的标签。CRF 的边缘概率会在哪里不同，只在不合法的那个标签处吗？


# %% tags=["machine"]
def beliefs(tagger, words):  # (W, K)
    batch = collate(encode_words(words, tagger.encoder))(np.array([0]))
    tagger.model.eval()
    return tagger.model.probabilities(
        tagger.model(*batch[:4]).data, np.ones((1, len(words)), bool)
    )[0]


pair = [taggers[head, 13] for head in ("token", "CRF")]
token_says, crf_says = (tagger.predict([s.words for s in test]) for tagger in pair)
broken = [
    i
    for i, (s, token, crf) in enumerate(zip(test, token_says, crf_says, strict=True))
    if first_illegal(token, "BIO") is not None and tuple(crf) == s.tags
]
chosen = min(broken, key=lambda i: len(test[i].words))
one, panels = test[chosen], [beliefs(tagger, test[chosen].words) for tagger in pair]
print("words:", *one.words)
print("token:", *token_says[chosen])
print("CRF:  ", *crf_says[chosen])
assert all(np.allclose(p.sum(axis=1), 1, atol=1e-4) for p in panels), "probabilities"
changed = np.abs(panels[0] - panels[1]).max(axis=1)  # of each word
assert changed.argmax() == first_illegal(token_says[chosen], "BIO"), "most at the illegal tag"
assert np.sort(changed)[-2] < 0.3 < changed.max(), "and hardly elsewhere"

# %% tags=["machine"]
figure, drawn = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True, layout="constrained")
titles = "each word by itself", "CRF: marginals of all paths"
for axes, p, title in zip(drawn, panels, titles, strict=True):
    image = axes.imshow(p.T, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for place in [(t, tags.index(tag)) for t, tag in enumerate(one.tags)]:
        for color, rim in (("white", 5), ("tab:red", 2)):
            axes.plot(*place, "o", markersize=21, fillstyle="none", color=color, mew=rim)
    for (t, j), share in np.ndenumerate(p):
        if share > 0.05:
            color = "white" if share > 0.6 else "black"
            axes.text(t, j, f"{share:.1f}", ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks(range(len(one.words)), one.words, rotation=60)
    axes.set_title(f"{title}; rings: true tags", fontsize=10)
drawn[0].set_yticks(range(len(tags)), tags)
figure.colorbar(image, ax=drawn, label="probability")
savefig(figure, "13_marginals", {"token": panels[0], "CRF": panels[1]})

# %% [markdown] lang="en"
# A column on the left is decided without its neighbours. On the right all columns are marginals of one distribution of paths, in which no illegal step has any weight. In this sentence the neighbours were sure already, so that hardly any but the illegal tag changes: behind a B-LOC that is sure only I-LOC, O and a new B may stand, and what I-PER and I-ORG had goes there. Where a neighbour is in doubt, it changes as well, as by hand in section 2. (The CRF is another training; not all of a difference is due to its paths.)
#
# ### 6.4 Real text
#
# On WNUT 2017, whose names were chosen to be new, the same library, trained from nothing, has stored scores (mean F1 in percent, three seeds):
#
# | | all names | seen | unseen |
# |---|---|---|---|
# | dictionary | {wnut.dictionary.all:.0f} | {wnut.dictionary.seen:.0f} | {wnut.dictionary.unseen:.0f} |
# | a head for each word | {wnut.token.all:.0f} | {wnut.token.seen:.0f} | {wnut.token.unseen:.0f} |
# | CRF | {wnut.crf.all:.0f} | {wnut.crf.seen:.0f} | {wnut.crf.unseen:.0f} |
#
# The order is that of our small world, though between the heads it is close: on unseen names the CRF leads by {ahead.unseen.mean:.1f} ± {ahead.unseen.half:.1f} points. The level is not that of our world. "Accurately" needs pretraining on much text, and depends on which names are asked for.

# %% [markdown] lang="zh"
# （图中 each word by itself 是逐词标注，marginals of all paths 是全部路径的边缘概率，圈是真实的标签。）左边每一列都不管相邻的列，独自决定。右边各列都是同一个路径分布的边缘概率，不合法的步在其中毫无分量。这个句子里，相邻的词本来就有把握，所以几乎只有不合法的那个标签变了：前面的 B-LOC 确定无疑，后面就只能是 I-LOC、O 或新的 B，I-PER 和 I-ORG 原有的都归了它们。相邻的词若拿不准，也会跟着变，就像第 2 节手算的那样。（CRF 是另外训练的，差别不全来自路径。）
#
# ### 6.4 真实文本
#
# WNUT 2017 的名字特意选了新的。同一个程序库从零训练，存下的分数如下（F1 的平均值，百分数，三个种子）：
#
# | | 全部名字 | 见过的 | 没见过的 |
# |---|---|---|---|
# | 词典 | {wnut.dictionary.all:.0f} | {wnut.dictionary.seen:.0f} | {wnut.dictionary.unseen:.0f} |
# | 逐词的输出层 | {wnut.token.all:.0f} | {wnut.token.seen:.0f} | {wnut.token.unseen:.0f} |
# | CRF | {wnut.crf.all:.0f} | {wnut.crf.seen:.0f} | {wnut.crf.unseen:.0f} |
#
# 次序和我们的小世界一样，不过两种输出层相差无几：没见过的名字上，CRF 高 {ahead.unseen.mean:.1f} ± {ahead.unseen.half:.1f} 个百分点。高低则差得远。要“准确识别”，得在大量文本上预训练，还要看问的是哪些名字。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * BIO turns names into tags of words; not every row of tags is legal. A word's tag is read off its first piece.
# * F1 counts whole names. The share of right tags is high for who finds nothing.
# * A CRF scores whole paths. A recursion sums over all of them; its gradient is the marginals; with max for sum it finds the best path.
# * Names that training had and names that it had not are two questions. A dictionary answers one.
# * All on sentences of a few patterns, one corpus, three seeds; on it more training does what the CRF does.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * BIO 把名字变成词的标签；不是每一列标签都合法。词的标签从它的第一个子词读出。
# * F1 数的是整个名字。什么也没找到的，标签的正确率也很高。
# * CRF 给整条路径打分。递推对所有路径求和，它的梯度就是边缘概率；把求和换成取最大，就找到最好的路径。
# * 训练中有的名字和没有的名字，是两个问题。词典只能回答一个。
# * 以上都在句型很少的一个语料上，三个种子；在这里，多训练几遍也能做到 CRF 所做的。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **13.1 F1 of names.** `true` and `said` are lists of as many sentences, each a list of BIO tags. Either may be illegal: an I behind no name, or behind a name of another type, begins a name. Write `span_f1(true, said)`: F1 of whole names of all sentences together; 0 where there is no name on either side.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **13.1 名字的 F1**　`true` 和 `said` 是句数相同的列表，每句是 BIO 标签的列表。两边的标签都可能不合法：如果 I 的类型与前面的名字不同，或前面不是名字，它就开始一个名字。请写 `span_f1(true, said)`：全部句子合计的、整个名字的 F1；两边都没有名字时为 0。


# %% tags=["exercise"]
def span_f1(true, said):
    return ...


# %% tags=["solution"]
def span_f1(true, said):
    def names(sentences):
        found = set()
        for n, row in enumerate(sentences):
            start, kind = 0, ""
            for t, tag in enumerate([*row, "O"]):
                if tag[0] != "I" or tag[2:] != kind:  # the name before ends here
                    if kind:
                        found.add((n, start, t, kind))
                    start, kind = t, tag[2:]
        return found

    there, found = names(true), names(said)
    return 2 * len(there & found) / max(len(there) + len(found), 1)


# %% tags=["exercise-check"]
check("13.1", span_f1)

# %% [markdown] lang="en"
# *Hint*: turn each row of tags into a set of (type, first, behind the last), with the number of the sentence. A name ends where a B or an O comes, an I of another type, or the end of the sentence: an O more behind each row saves a case.
#
# **13.2 The sum over all paths.** `e` (T, K) are scores of tags, `a` (K + 1, K + 1) of steps; the last row is for starts, the last column for ends, and $-\infty$ forbids a step. Write `log_z(e, a)` by the recursion of section 3. Scores may be in the thousands.

# %% [markdown] lang="zh"
# **提示**　把每列标签变成（类型、第一个词、最后一个词之后）的集合，连同句子的序号。遇到 B、O、别的类型的 I，或句子结束，名字就到头了；在每列末尾多放一个 O，可以少写一种情形。
#
# **13.2 对所有路径求和**　`e` (T, K) 是标签的分数，`a` (K + 1, K + 1) 是各步的分数；最后一行是开头，最后一列是结尾，$-\infty$ 表示禁止。请用第 3 节的递推写 `log_z(e, a)`。分数可能上千。


# %% tags=["exercise"]
def log_z(e, a):
    return ...


# %% tags=["solution"]
def log_z(e, a):
    alpha = a[-1, :-1] + e[0]
    for row in e[1:]:
        alpha = row + np.logaddexp.reduce(alpha[:, None] + a[:-1, :-1], axis=0)
    return np.logaddexp.reduce(alpha + a[:-1, -1])


# %% tags=["exercise-check"]
check("13.2", log_z)

# %% [markdown] lang="en"
# *Hint*: `log_sum` of section 3 takes $-\infty$ from $-\infty$ where no step leads to a tag, and that is no number. `np.logaddexp.reduce(s, axis=0)` does without.
#
# **13.3 The best path.** With the same `e` and `a`, write `viterbi(e, a)`: the T tags of the path of the highest score (one of them, if there are several).

# %% [markdown] lang="zh"
# **提示**　如果没有哪一步能走到某个标签，第 3 节的 `log_sum` 就会用 $-\infty$ 减 $-\infty$，结果不是数；`np.logaddexp.reduce(s, axis=0)` 没有这个问题。
#
# **13.3 最好的路径**　`e` 和 `a` 同上，请写 `viterbi(e, a)`：分数最高的路径的 T 个标签（有几条并列时，任取一条）。


# %% tags=["exercise"]
def viterbi(e, a):
    return ...


# %% tags=["solution"]
def viterbi(e, a):
    best, came_from = a[-1, :-1] + e[0], []
    for row in e[1:]:
        ways = best[:, None] + a[:-1, :-1]
        came_from.append(ways.argmax(axis=0))
        best = row + ways.max(axis=0)
    path = [int((best + a[:-1, -1]).argmax())]
    for table in came_from[::-1]:
        path.append(int(table[path[-1]]))
    return path[::-1]


# %% tags=["exercise-check"]
check("13.3", viterbi)

# %% [markdown] lang="en"
# *Hint*: keep for each word, beside the best score of each tag, the tag that it came from. The end chooses the last tag; the rest is read off from right to left.
#
# ## 9 Further reading
#
# * Tjong Kim Sang & De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task", for the task and its measure.
# * Lafferty, McCallum & Pereira 2001, "Conditional Random Fields", section 3. Lample et al. 2016, "Neural Architectures for Named Entity Recognition", section 2.
# * Devlin et al. 2019, "BERT", section 5.3.
# * In this project: `minillm/models/crf/`, `minillm/tasks/entities/`; on sentences of your own: `python -m minillm tag --help`.

# %% [markdown] lang="zh"
# **提示**　每个词除了记下各标签的最好分数，还要记下它从哪个标签来。最后一个标签由结尾来选，其余的从右往左读出。
#
# ## 9 延伸阅读
#
# * Tjong Kim Sang、De Meulder，2003，“Introduction to the CoNLL-2003 Shared Task”，任务及其衡量办法。
# * Lafferty、McCallum、Pereira，2001，“Conditional Random Fields”，第 3 节。Lample 等，2016，“Neural Architectures for Named Entity Recognition”，第 2 节。
# * Devlin 等，2019，“BERT”，5.3 节。
# * 本项目：`minillm/models/crf/`、`minillm/tasks/entities/`；用自己的句子：`python -m minillm tag --help`。
