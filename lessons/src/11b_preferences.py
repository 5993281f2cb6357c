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
#     lesson: 11b
#     guide: ['8', '9.2', '9.3']
#     budget_s: 40
#     errata: [A108, A109, A112, A113]
#     introduces: [minillm.tasks.dialogue.instruction, minillm.tasks.dialogue.preference, minillm.tasks.dialogue.recipe, minillm.tasks.dialogue.scores, minillm.tasks.generation.pretraining, minillm.tasks.generation.recipe, minillm.text.corpora.dialogues, minillm.text.documents, minillm.training.preferences.best_of_n, minillm.training.preferences.divergence, minillm.training.preferences.dpo, minillm.training.preferences.grpo, minillm.training.preferences.responses]
# ---

# %% tags=["numbers"]
from minillm.course.numbers import study
from minillm.labs import mean_and_interval, read_settings

over, asked, moved = (
    study("overoptimisation"),
    read_settings("overoptimisation"),
    study("displacement"),
)
n_over, n_moved = len(over["best_of_n_normal"]), len(moved["similarity"])
answers, prompts, draws = asked["answers"], asked["prompts"], asked["n"]
n_pairs, n_updates = (read_settings("displacement")[key] for key in ("pairs", "steps"))


def spread(values):
    """Mean, and half a confidence interval."""
    mean, half = mean_and_interval(values)
    return {"mean": mean, "half": half}


few, most = draws.index(16), draws[-1]
kept = {
    tail: {
        "few": spread(over[f"best_of_n_{tail}"][:, few, 2]),
        "end": spread(over[f"best_of_n_{tail}"][:, -1, 2]),
        "proxy_few": spread(over[f"best_of_n_{tail}"][:, few, 1]),
        "proxy": spread(over[f"best_of_n_{tail}"][:, -1, 1]),
        "best": spread(over[f"optimum_{tail}"][:, :, 2].max(axis=1)),
        "grpo": spread(over[f"grpo_{tail}_0.0"][:, -1, 2]),
    }
    for tail in ("normal", "student")
}
fallen = spread(over["best_of_n_student"][:, few, 2] - over["best_of_n_student"][:, -1, 2])
far = float(over["best_of_n_student"][:, -1, 0].mean())
near = float(over["best_of_n_student"][:, few, 0].mean())
assert asked["error"] == 2 and asked["degrees"] == 3
fell = {
    kind: {
        name: spread(100 * (moved[f"last_{kind}"] < 0)[:, start::2].mean(axis=1))
        for start, name in enumerate(("alike", "others"))
    }
    for kind in ("tied", "orthogonal")
}
rank = {key: spread(moved[f"rank_last_{key}"]) for key in fell}
rank["orthogonal"]["mean"] = round(rank["orthogonal"]["mean"], 2) + 0.0  # no "-0.00"
within = spread(moved["rank_of_alike_tied"])
whole = study("assistant")
stages = {
    name: {
        "right": spread(100 * whole["right"][:, i]),
        "exact": spread(100 * whole["exact"][:, i]),
        "ln_p": spread(whole["log_right"][:, i]),
    }
    for i, name in enumerate(("pretrained", "instructed", "dpo", "chosen", "clean"))
}
n_whole = len(whole["right"])
gained = spread(100 * (whole["right"][:, 2] - whole["right"][:, 1]))
ahead = spread(100 * (whole["right"][:, 3] - whole["right"][:, 2]))
for less in (fallen, gained, ahead):
    assert less["mean"] > less["half"], "what the prose calls less or more"
missed = spread(over["best_of_n_student"][:, few, 2] - over["optimum_student"][:, :, 2].max(axis=1))
assert missed["mean"] > missed["half"] and len(asked["betas"]) == 12, "no penalty comes up to it"
assert (moved["last_orthogonal"] > 0).all(), "orthogonal: none loses"
LITERALS = {
    "by hand, asserted in sections 2 and 3": "0 1 2 4 16 32 0.69 1.04 1.39",
    "fractions by hand, as LaTeX writes them": "12 14 34 43 54 74",
    "settings of the experiments": "40 3 8 64 10 20 24 100 0.1 0.9",
    "the level of all intervals": "95",
    "weights of the assistant, asserted in section 6": "62,000",
}

# %% [markdown] lang="en"
# # Lesson 11b. Preferences
#
# **Question.** Nobody can write down what makes an answer good, but of two answers most people can say which is better. How does a model learn from that, and what does it learn instead, if the judge has an error?
#
# **Afterwards you can** mark in a dialogue what a model must learn to write; derive the loss of DPO from the best policy that stays near its reference; compute exactly how far best-of-n is from drawing once; turn the rewards of a group into advantages;
# and say which two numbers to watch beside the margin.
#
# **Before this**: lesson 8 (GPT), lesson 11 (fine-tuning). **Time**: about a quarter of a minute to run, two hours to read.

# %% [markdown] lang="zh"
# # 第 11b 课　偏好优化
#
# **问题**　一个回答好在哪里，谁也写不成公式；但给出两个回答，多数人都说得出哪个更好。模型怎样从中学习？如果评判的人或模型有误差，它又会学成什么样？
#
# **学完本课，你能够**　在对话里标出模型必须学会写的部分；从“不离参考模型太远的最优策略”推出 DPO 的损失；精确算出 n 选一（best-of-n）离只抽一次有多远；把一组奖励变成优势；说出除了间隔之外还要盯住哪两个数。
#
# **预备知识**　第 8 课（GPT）、第 11 课（微调）。**用时**　运行约十几秒，细读约两小时。

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from minillm import Parameter, Tensor, check_vjp, gradients_of, ops
from minillm.course import assets, check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.preferences import displacement, overoptimisation
from minillm.tasks.dialogue import (
    ChatRecipe,
    InstructionTuning,
    PreferenceRecipe,
    PreferenceTuning,
    answer,
    score_answers,
)
from minillm.tasks.generation import CausalPretraining, GptRecipe
from minillm.text.corpora import load_dialogues, preferences
from minillm.text.documents import Message
from minillm.training import preferences as library

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 9.2: GPT is used mainly for generation, such as writing texts and dialogue (A109). Section 9.3 gives four remedies for conflicting objectives and mismatched generalisation, among them regularisation, such as L2 and dropout (A112), and fine-tuning, which adjusts the parameters so that the model suits the needs of the task better (A113).
# Section 8 lists trends and challenges. How a GPT comes to answer at all, and how what people prefer gets into its weights, is nowhere said: the words for preference, reward, alignment, reinforcement, feedback and RLHF do not occur in the guide at all (A108), although the two problems in its title were named by those who study how such training fails (Wei et al. 2023).
# This lesson puts in what is missing.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 9.2 节说：GPT 主要用于生成任务，如文本生成、对话系统（A109）。9.3 节为“冲突目标和泛化不匹配”开出四个办法，其中有正则化，如 L2 和 dropout（A112），还有微调：调整参数，使模型更好地适应任务需求（A113）。第 8 节列出趋势与挑战。GPT 究竟怎样学会回答问题，人的偏好又怎样进入权重，指南只字未提：“偏好”“奖励”“对齐”“强化”“反馈”“RLHF”这些词，在全文中一次也没有出现（A108）；而标题里的两个问题，恰恰是研究这类训练为何失效的人提出来的（Wei 等，2023）。本课把缺的这一块补上。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **Which tokens are learned.** A conversation is one text, with special tokens for whose turn it is:
#
# | token | `<user>` | say | red | `<end>` | `<assistant>` | red | `<end>` |
# |---|---|---|---|---|---|---|---|
# | learned | no | no | no | no | no | yes | yes |
#
# The end is learned too: otherwise the model would never stop. With probability $\tfrac12$ for `red` and $\tfrac14$ for the end the loss is $\tfrac12(\ln 2 + \ln 4) = \tfrac32 \ln 2$ = 1.04. What the model says of the user's words costs nothing and has no gradient.
#
# **A judge compares** (Bradley and Terry 1952). If answers have the rewards $r_c$ and $r_r$, the first is preferred with probability $\sigma(r_c - r_r)$. With a margin of $\ln 3$ that is $\tfrac34$; the loss is $\ln\tfrac43$, its slope with respect to $r_c$ is $-\tfrac14$. Rewards that are equal cost $\ln 2$ = 0.69.
#
# **Best of n.** Three answers A, B, C:
#
# | | A | B | C |
# |---|---|---|---|
# | reward $r$ | 0 | 1 | 2 |
# | probability $p$ | 1/2 | 1/4 | 1/4 |
# | best of 2 | $(\tfrac12)^2 = \tfrac14$ | $(\tfrac34)^2 - (\tfrac12)^2 = \tfrac5{16}$ | $1 - (\tfrac34)^2 = \tfrac7{16}$ |
#
# How far is that from drawing once? The Kullback–Leibler divergence, here simply called the distance, is the mean of $\ln(\pi/p)$ under the new probabilities $\pi$: $\mathrm{KL} = \tfrac14 \ln\tfrac12 + \tfrac5{16}\ln\tfrac54 + \tfrac7{16}\ln\tfrac74$ = {here.kl_2} nats. The formula that one usually reads, $\ln n - \tfrac{n-1}{n}$, gives {here.bound_2}: too much, since an answer may be drawn twice. And for large $n$ the formula grows without end, while C alone is left, at $\ln 4$ = 1.39.
#
# **The best policy that stays near.** Who leaves $p$ pays $\beta\,\mathrm{KL}$. With $\beta = 1/\ln 2$ the best policy is $\pi^* \propto p\, e^{r/\beta} = p\, 2^r$: from $\tfrac12 \cdot 1, \tfrac14 \cdot 2, \tfrac14 \cdot 4$, whose sum is $Z = 2$, it is $(\tfrac14, \tfrac14, \tfrac12)$.
# Backwards, $\beta \ln(\pi^*/p) = (-1, 0, 1)$: the rewards, less the constant $\beta \ln Z = 1$. *A policy tells which rewards it is the best one for.*
#
# **DPO** (direct preference optimisation). C is preferred to A. At the start $\pi = p$, the margin is 0, the loss $\ln 2$; the gradient with respect to the logits is $(+\tfrac{\beta}2, 0, -\tfrac{\beta}2)$, whatever $p$ is. At $\pi^*$ the margin is $1 - (-1) = 2$, the difference of the rewards.
#
# **A group.** Four answers to one question, rewards 1, 0, 0, 0: mean $\tfrac14$, standard deviation $\tfrac{\sqrt3}4$, advantages $\sqrt3, -\tfrac1{\sqrt3}, -\tfrac1{\sqrt3}, -\tfrac1{\sqrt3}$, whose sum is 0. Rewards 1, 0, 0, 1: $1, -1, -1, 1$. All four right, or all four wrong: $0/0$, which has to be read as 0, for nothing can be learned from them.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **学哪些词元**　一段对话写成一个文本，用特殊词元标明轮到谁说话：
#
# | 词元 | `<user>` | say | red | `<end>` | `<assistant>` | red | `<end>` |
# |---|---|---|---|---|---|---|---|
# | 要学吗 | 否 | 否 | 否 | 否 | 否 | 是 | 是 |
#
# 结束符也要学，不然模型永远停不下来。设模型给 `red` 的概率是 $\tfrac12$，给结束符的是 $\tfrac14$，损失就是 $\tfrac12(\ln 2 + \ln 4) = \tfrac32 \ln 2$ = 1.04。用户的话预测得好不好，不计损失，也没有梯度。
#
# **评判者作比较**（Bradley、Terry，1952）　设两个回答的奖励是 $r_c$ 和 $r_r$，前者被选中的概率是 $\sigma(r_c - r_r)$。间隔为 $\ln 3$ 时概率是 $\tfrac34$，损失是 $\ln\tfrac43$，对 $r_c$ 的导数是 $-\tfrac14$。两个奖励相等，损失是 $\ln 2$ = 0.69。
#
# **n 选一**　三个回答 A、B、C：
#
# | | A | B | C |
# |---|---|---|---|
# | 奖励 $r$ | 0 | 1 | 2 |
# | 概率 $p$ | 1/2 | 1/4 | 1/4 |
# | 2 选一 | $(\tfrac12)^2 = \tfrac14$ | $(\tfrac34)^2 - (\tfrac12)^2 = \tfrac5{16}$ | $1 - (\tfrac34)^2 = \tfrac7{16}$ |
#
# 这离只抽一次有多远？用 KL 散度（下文简称距离）来量，即在新概率 $\pi$ 之下 $\ln(\pi/p)$ 的平均：$\mathrm{KL} = \tfrac14 \ln\tfrac12 + \tfrac5{16}\ln\tfrac54 + \tfrac7{16}\ln\tfrac74$ = {here.kl_2} 奈特。常见的公式 $\ln n - \tfrac{n-1}{n}$ 给出 {here.bound_2}，偏大，因为同一个回答可能被抽中两次。$n$ 很大时，公式无止境地增长，实际上最后只剩下 C，距离停在 $\ln 4$ = 1.39。
#
# **不离得太远的最优策略**　离开 $p$ 要付出 $\beta\,\mathrm{KL}$。取 $\beta = 1/\ln 2$，最优策略是 $\pi^* \propto p\, e^{r/\beta} = p\, 2^r$：由 $\tfrac12 \cdot 1, \tfrac14 \cdot 2, \tfrac14 \cdot 4$，总和 $Z = 2$，得 $(\tfrac14, \tfrac14, \tfrac12)$。反过来，$\beta \ln(\pi^*/p) = (-1, 0, 1)$，正是各个奖励减去常数 $\beta \ln Z = 1$。**一个策略本身就说出了：它对哪些奖励来说是最优的。**
#
# **DPO**（直接偏好优化，direct preference optimization）　C 比 A 好。起点处 $\pi = p$，间隔是 0，损失是 $\ln 2$；对 logits 的梯度是 $(+\tfrac{\beta}2, 0, -\tfrac{\beta}2)$，与 $p$ 无关。到了 $\pi^*$，间隔是 $1 - (-1) = 2$，恰好是奖励之差。
#
# **一组回答**　同一个问题的四个回答，奖励是 1、0、0、0：均值 $\tfrac14$，标准差 $\tfrac{\sqrt3}4$，优势是 $\sqrt3, -\tfrac1{\sqrt3}, -\tfrac1{\sqrt3}, -\tfrac1{\sqrt3}$，总和为 0。奖励是 1、0、0、1，优势就是 $1, -1, -1, 1$。四个全对或全错，就成了 $0/0$，必须当作 0，因为从中学不到任何东西。

# %%
p, r, beta = np.array([0.5, 0.25, 0.25]), np.array([0.0, 1, 2]), 1 / np.log(2)
up_to = np.cumsum(p)  # P(reward <= r), the rewards being in order
best = np.diff(up_to**2, prepend=0)
assert np.array_equal(best, [4 / 16, 5 / 16, 7 / 16]), "best of 2 by hand"
stated("kl_2", (best * np.log(best / p)).sum(), 0.141, 0.0005, "its distance")
stated("bound_2", np.log(2) - 1 / 2, 0.193, 0.0005, "the usual formula")
optimum = p * np.exp(r / beta)
Z = optimum.sum()
optimum /= Z
assert np.allclose([*optimum, Z], [1 / 4, 1 / 4, 1 / 2, 2]), "the best policy by hand"
assert np.allclose(beta * np.log(optimum / p), r - beta * np.log(Z)), "it tells the rewards"
logarithms = np.log(4), 1.5 * np.log(2), np.log(2)
assert np.allclose(logarithms, [1.39, 1.04, 0.69], atol=0.005), "three logarithms by hand"
assert np.allclose(beta * np.log(Z), 1), "the constant by hand"
assert np.allclose(1 / (1 + np.exp(-np.log(3))), 3 / 4), "how often the better one is preferred"
for rewards, by_hand in (
    ([1, 0, 0, 0], [3**0.5, *[-(3**-0.5)] * 3]),
    ([1, 0, 0, 1], [1, -1, -1, 1]),
):
    advantages = (rewards - np.mean(rewards)) / np.std(rewards)
    assert np.allclose(advantages, by_hand), "advantages by hand"

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# **Loss on the reply alone.** $y_t$ are the tokens of a conversation, $R$ the places of those that the assistant wrote, $n$ is their number, $z_{t-1}$ the logits behind the first $t - 1$ tokens:
#
# $$L = -\frac1n \sum_{t \in R} \ln p(y_t \mid y_1 \dots y_{t-1}), \qquad \frac{\partial L}{\partial z_{t-1}} = \begin{cases} \bigl(p - \mathrm{onehot}(y_t)\bigr) / n & t \in R, \\ 0 & t \notin R. \end{cases}$$

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# **只对回答计损失**　$y_t$ 是对话里的词元，$R$ 是助手所写词元的位置，$n$ 是它们的个数，$z_{t-1}$ 是读完前 $t - 1$ 个词元之后的 logits：
#
# $$L = -\frac1n \sum_{t \in R} \ln p(y_t \mid y_1 \dots y_{t-1}), \qquad \frac{\partial L}{\partial z_{t-1}} = \begin{cases} \bigl(p - \mathrm{onehot}(y_t)\bigr) / n & t \in R, \\ 0 & t \notin R. \end{cases}$$


# %%
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def reply_rule(z, ids, written):  # (T, V), (T,), (T,) True where the assistant writes
    places = np.flatnonzero(written[1:])  # of the positions whose next token is learned
    p = softmax(z[places])  # (n, V)
    rows, wanted = np.arange(len(places)), ids[places + 1]

    def vjp(g):  # ()
        dz, error = np.zeros_like(z), p.copy()
        error[rows, wanted] -= 1
        dz[places] = g * error / len(places)
        return (dz,)

    return -np.log(p[rows, wanted]).mean(), vjp


# %% [markdown] lang="en"
# A real conversation in the library's chat template, and the tokens of which `encode_answers` says that the assistant writes them. The GPT is that of lesson 8; its vocabulary has room for the tokens of turns, though no text that it read had any:

# %% [markdown] lang="zh"
# 下面用程序库的对话模板写一段真正的对话，`encode_answers` 指出哪些词元由助手来写。GPT 是第 8 课的那个：它的词元表里留了表示轮次的词元，但它读过的文本里一个也没有：

# %%
gpt = assets.load("gpt")
talk = [Message("user", "say red"), Message("assistant", "red")]
ids, written = gpt.template.encode_answers(talk, gpt.tokenizer, gpt.vocabulary)
tokens = np.array(gpt.vocabulary.tokens)
print(*tokens[ids])
print("learned:", *tokens[ids[written]])
said = gpt.model(ids[None]).data.astype(np.float64)  # (1, T, V), logits
loss, vjp = reply_rule(said[0], ids, written)
theirs = library.response_loss(Tensor(said), ids=ids[None], answers=written[None])
assert np.isclose(float(theirs), loss), "our rule is the library's loss"
(dz,) = vjp(1.0)
assert not dz[np.flatnonzero(~written[1:])].any(), "nothing reaches what the user said"

# %% [markdown] lang="en"
# **Which is better?** With the margin $m = r_c - r_r$ of a chosen and a rejected answer, over $B$ pairs:
#
# $$L = -\frac1B \sum_b \ln \sigma(m_b), \qquad \frac{\partial L}{\partial r_c} = -\frac{\sigma(-m)}{B} = -\frac{\partial L}{\partial r_r}.$$
#
# Only differences count: a constant added to all rewards changes nothing, and nothing says what is *good*. A *reward model* is trained so, and stands in for the people who judge.

# %% [markdown] lang="zh"
# **哪个更好？**　设选中与落选的回答之间的间隔是 $m = r_c - r_r$，共 $B$ 对：
#
# $$L = -\frac1B \sum_b \ln \sigma(m_b), \qquad \frac{\partial L}{\partial r_c} = -\frac{\sigma(-m)}{B} = -\frac{\partial L}{\partial r_r}.$$
#
# 只有差才算数：所有奖励同加一个常数，什么也不变；至于什么叫**好**，它没有说。**奖励模型**就是这样训练的，它代替人来评判。


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def bradley_terry_rule(chosen, rejected):  # (B,), (B,)
    m = chosen - rejected

    def vjp(g):  # ()
        slope = -g * sigmoid(-m) / len(m)
        return slope, -slope

    return np.logaddexp(0, -m).mean(), vjp


# %% [markdown] lang="en"
# **Best of n.** Draw $n$ answers, keep the one with the highest reward. If no two rewards are equal, and $F(a)$ is the probability of a reward of at most $r_a$,
#
# $$\pi_n(a) = F(a)^n - \bigl(F(a) - p(a)\bigr)^n, \qquad \mathrm{KL}(\pi_n \,\|\, p) = \sum_a \pi_n(a) \ln \frac{\pi_n(a)}{p(a)} \;\le\; \ln n - \frac{n-1}{n},$$
#
# which comes close to the bound where hardly any answer is drawn twice (Beirami et al. 2024). What happens when rewards are equal is exercise 11b.2.

# %% [markdown] lang="zh"
# **n 选一**　抽 $n$ 个回答，留下奖励最高的一个。如果各个奖励互不相等，$F(a)$ 是奖励不超过 $r_a$ 的概率，那么
#
# $$\pi_n(a) = F(a)^n - \bigl(F(a) - p(a)\bigr)^n, \qquad \mathrm{KL}(\pi_n \,\|\, p) = \sum_a \pi_n(a) \ln \frac{\pi_n(a)}{p(a)} \;\le\; \ln n - \frac{n-1}{n},$$
#
# 几乎不会重复抽中同一个回答时，才接近这个上界（Beirami 等，2024）。奖励有相等的怎么办，见练习 11b.2。

# %%
print("      n  exact KL   ln n - (n - 1) / n   three answers")
for n in (1, 2, 4, 8, 32, 128):
    pi = np.diff(up_to**n, prepend=0)
    kl, bound = (pi * np.log(pi / p)).sum(), np.log(n) - (n - 1) / n
    print(f"{n:7} {kl:9.3f} {bound:12.3f}")
    assert np.isclose(kl, library.best_of_n_kl(p, r, n)), "ours is the library's"
    assert kl <= bound + 1e-12, "the formula is a bound"
alike = np.full(10_000, 1e-4)
many = library.best_of_n_kl(alike, np.arange(10_000.0), 16)
print(f"10,000 answers alike, n = 16: {many:.3f}, the bound {library.best_of_n_bound(16):.3f}")
assert abs(many - library.best_of_n_bound(16)) < 0.002, "where hardly any is drawn twice"

# %% [markdown] lang="en"
# **From the best policy to DPO.** The policy $\pi$ is to have a high reward and to stay near its reference $\pi_0$, which is usually the model after instruction tuning. With $\pi^* = \pi_0\, e^{r/\beta}/Z$ one sees at once what is best, since a distance is never below 0, and 0 only at $\pi = \pi^*$:
#
# $$\mathbb{E}_{\pi}[r] - \beta\,\mathrm{KL}(\pi \,\|\, \pi_0) = \beta \ln Z - \beta\,\mathrm{KL}(\pi \,\|\, \pi^*) \;\le\; \beta \ln Z, \qquad r = \beta \ln \frac{\pi^*}{\pi_0} + \beta \ln Z.$$
#
# $Z$ is a sum over all answers, and nobody can compute it for texts. But Bradley and Terry ask for the *difference* of two rewards of one prompt, and there $\beta \ln Z$ drops out. So put the policy itself in the place of the reward model (Rafailov et al. 2023):
#
# $$m = \beta \left[ \ln\frac{\pi(y_c)}{\pi_0(y_c)} - \ln\frac{\pi(y_r)}{\pi_0(y_r)} \right], \qquad L = -\ln \sigma(m), \qquad \nabla L = -\beta\,\sigma(-m)\,\bigl[\nabla \ln \pi(y_c) - \nabla \ln \pi(y_r)\bigr].$$
#
# At the reference $m = 0$: the loss is $\ln 2$ and the gradient $-\tfrac{\beta}{2}$ times the difference of the scores $\nabla \ln \pi$. $\ln \pi(y)$ is that of the whole answer: the sum over its tokens, not their mean. In code: Bradley and Terry, of other rewards.

# %% [markdown] lang="zh"
# **从最优策略到 DPO**　策略 $\pi$ 既要奖励高，又要不离参考模型 $\pi_0$ 太远；参考模型通常就是指令微调之后的模型。令 $\pi^* = \pi_0\, e^{r/\beta}/Z$，一眼就能看出什么最好，因为距离不会小于 0，只在 $\pi = \pi^*$ 时等于 0：
#
# $$\mathbb{E}_{\pi}[r] - \beta\,\mathrm{KL}(\pi \,\|\, \pi_0) = \beta \ln Z - \beta\,\mathrm{KL}(\pi \,\|\, \pi^*) \;\le\; \beta \ln Z, \qquad r = \beta \ln \frac{\pi^*}{\pi_0} + \beta \ln Z.$$
#
# $Z$ 要对所有回答求和，对文本来说谁也算不出来。但 Bradley 和 Terry 只问同一个提示下两个奖励之**差**，$\beta \ln Z$ 正好消去。于是让策略自己来当奖励模型（Rafailov 等，2023）：
#
# $$m = \beta \left[ \ln\frac{\pi(y_c)}{\pi_0(y_c)} - \ln\frac{\pi(y_r)}{\pi_0(y_r)} \right], \qquad L = -\ln \sigma(m), \qquad \nabla L = -\beta\,\sigma(-m)\,\bigl[\nabla \ln \pi(y_c) - \nabla \ln \pi(y_r)\bigr].$$
#
# 在参考模型处 $m = 0$：损失是 $\ln 2$，梯度是 $-\tfrac{\beta}{2}$ 乘以两个得分函数 $\nabla \ln \pi$ 之差。$\ln \pi(y)$ 指整个回答的对数概率，是各词元之和，不是均值。写成代码，就是换了奖励的 Bradley–Terry：


# %%
def dpo_rule(chosen, rejected, reference_chosen, reference_rejected, beta):  # four times (B,)
    loss, back = bradley_terry_rule(
        beta * (chosen - reference_chosen), beta * (rejected - reference_rejected)
    )
    return loss, lambda g: tuple(beta * slope for slope in back(g))


theirs = library.dpo_loss(
    *(Tensor(np.log(optimum[[i]])) for i in (2, 0)),
    reference_chosen=Tensor(np.log(p[[2]])),
    reference_rejected=Tensor(np.log(p[[0]])),
    beta=beta,
)
ours, _ = dpo_rule(*(np.log(x[[i]]) for x in (optimum, p) for i in (2, 0)), beta=beta)
print(f"at the best policy: margin {float(theirs.margin.data[0]):.3f}, loss {ours:.4f}")
assert np.isclose(float(theirs.loss), ours), "our rule is the library's loss"
assert np.isclose(theirs.margin.data[0], 2), "the difference of the rewards, by hand"

# %% [markdown] lang="en"
# **Where it starts.** The policy of section 2 with its logits as parameters; the pair is C before A:

# %% [markdown] lang="zh"
# **起点**　把第 2 节那个策略的 logits 当作参数，偏好是 C 胜过 A：

# %%
logits = Parameter(np.log(p))
log_p = ops.log_softmax(logits)
start = {"reference_chosen": Tensor(np.log(p[[2]])), "reference_rejected": Tensor(np.log(p[[0]]))}
loss = library.dpo_loss(log_p[[2]], log_p[[0]], **start, beta=beta).loss
(slope,) = gradients_of(loss, [logits])
scores = [gradients_of(ops.log_softmax(logits)[i], [logits])[0] for i in (2, 0)]
print("loss", round(float(loss), 4), " gradient over beta", *(slope / beta).round(3))
assert np.isclose(float(loss), np.log(2)), "ln 2 at the reference"
assert np.allclose(slope, -beta / 2 * (scores[0] - scores[1])), "the difference of the scores"
assert np.allclose(slope / beta, [0.5, 0, -0.5]), "by hand"

# %% [markdown] lang="en"
# **Groups.** Where a program can check an answer (a sum, a proof, a test that code must pass), no reward model is needed: the reward is *verifiable*. GRPO (group relative policy optimisation, Shao et al. 2024) draws $G$ answers to each prompt from the policy, and judges each by the others. With $\rho = \pi/\pi_{\text{old}}$, the policy against the one that drew, and a width $\varepsilon$:
#
# $$A_i = \frac{r_i - \bar r}{\mathrm{std}(r)}, \qquad L = -\frac1G \sum_i \min\bigl(\rho_i A_i,\; \mathrm{clip}(\rho_i, 1 - \varepsilon, 1 + \varepsilon)\, A_i\bigr) + \beta\,\mathrm{KL}.$$
#
# The gradient of a term with respect to $\ln \pi$ is $\rho A$ (in the loss times $-1/G$), and 0 where $\rho$ has left the interval in the direction in which $A$ pushes: there the draws tell no more (Schulman et al. 2017). For texts the distance is estimated from the draws; for answers that can be counted out it is, exactly:
#
# $$\mathrm{KL}(\pi \,\|\, \pi_0) = \sum_a \pi_a \ln\frac{\pi_a}{\pi_{0,a}}, \qquad \frac{\partial\,\mathrm{KL}}{\partial z_a} = \pi_a \left( \ln\frac{\pi_a}{\pi_{0,a}} - \mathrm{KL} \right).$$

# %% [markdown] lang="zh"
# **成组比较**　如果回答对不对可以由程序检验（一道算术、一个证明、代码要通过的测试），就用不着奖励模型，这种奖励称为**可验证的奖励**。组相对策略优化（GRPO，Shao 等，2024）对每个提示从策略中抽 $G$ 个回答，让它们互相比较。记 $\rho = \pi/\pi_{\text{old}}$，即策略与当初抽样的那个策略之比，$\varepsilon$ 是宽度：
#
# $$A_i = \frac{r_i - \bar r}{\mathrm{std}(r)}, \qquad L = -\frac1G \sum_i \min\bigl(\rho_i A_i,\; \mathrm{clip}(\rho_i, 1 - \varepsilon, 1 + \varepsilon)\, A_i\bigr) + \beta\,\mathrm{KL}.$$
#
# 每一项对 $\ln \pi$ 的梯度是 $\rho A$（损失里再乘 $-1/G$）；如果 $\rho$ 已经朝着 $A$ 推的方向离开了区间，梯度就是 0，因为抽来的样本在那里已经说明不了什么（Schulman 等，2017）。对文本来说，距离要从样本估计；对能逐一列举的回答，可以精确算出：
#
# $$\mathrm{KL}(\pi \,\|\, \pi_0) = \sum_a \pi_a \ln\frac{\pi_a}{\pi_{0,a}}, \qquad \frac{\partial\,\mathrm{KL}}{\partial z_a} = \pi_a \left( \ln\frac{\pi_a}{\pi_{0,a}} - \mathrm{KL} \right).$$


# %%
def group_rule(log_p, drawn_log_p, advantages, width):  # (G,), (G,), (G,)
    ratio = np.exp(log_p - drawn_log_p)
    free, held = ratio * advantages, np.clip(ratio, 1 - width, 1 + width) * advantages

    def vjp(g):  # ()
        return (np.where(free <= held, -g * free / len(free), 0.0),)

    return -np.minimum(free, held).mean(), vjp


def kl_rule(z, reference):  # (A,) logits, (A,) probabilities
    p = softmax(z)
    log_ratio = np.log(p / reference)
    kl = (p * log_ratio).sum()
    return kl, lambda g: (g * p * (log_ratio - kl),)


# %%
rng = np.random.default_rng(11)
old, new = (np.log(rng.uniform(0.1, 0.9, 4)) for _ in range(2))
advantages = library.group_advantages(np.array([1.0, 0, 0, 0]))
ours, _ = group_rule(new, old, advantages, width=0.2)
theirs = library.grpo_loss(
    Tensor(new[:, None]),  # four answers of one token
    old_log_p=old[:, None],
    reference_log_p=old[:, None],
    advantages=advantages,
    answers=np.ones((4, 1), dtype=bool),
    width=0.2,
    beta=0.0,
)
assert np.isclose(float(theirs), ours), "our rule is the library's loss"
found = library.exact_kl(Tensor(np.log(optimum)), Tensor(np.log(p)))
assert np.isclose(float(found), kl_rule(np.log(optimum), p)[0]), "our distance is the library's"
print("advantages", *advantages.round(3), " all equal:", *library.group_advantages(np.full(4, 0.1)))

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# All five rules, at places chosen at random; the ratios of the group stay clear of the corners of the clipping, where there is no derivative.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 五条规则，都在随机选取的地方检验；组里的比值避开了截断的拐角，那里没有导数。

# %%
log_ratios = np.log([0.5, 0.9, 1.1, 1.7])  # two of them outside of 0.8 to 1.2
errors = {
    "reply": check_vjp(reply_rule, rng.standard_normal((len(ids), 6)), ids=ids % 6,
                       written=written, rng=rng),
    "Bradley-Terry": check_vjp(bradley_terry_rule, *rng.standard_normal((2, 5)), rng=rng),
    "DPO": check_vjp(dpo_rule, *rng.standard_normal((2, 5)), beta=0.3, rng=rng,
                     reference_chosen=rng.standard_normal(5),
                     reference_rejected=rng.standard_normal(5)),
    "group": check_vjp(group_rule, old + log_ratios, drawn_log_p=old,
                       advantages=np.array([1.0, -1, 0.5, 2]), width=0.2, rng=rng),
    "distance": check_vjp(kl_rule, rng.standard_normal(3), reference=p, rng=rng),
}  # fmt: skip
for name, error in errors.items():
    print(f"{name:14} largest relative error {error:.1e}")
assert max(errors.values()) < 1e-6, "all rules pass the gradient check"

# %% [markdown] lang="en"
# The planted mistake: $\sigma(m)$ in place of $\sigma(-m)$, so that pairs which are right already pull most. At the reference, where every training begins, $m = 0$ and both are one half: a check made there finds nothing.

# %% [markdown] lang="zh"
# 故意犯一个错：把 $\sigma(-m)$ 写成 $\sigma(m)$，于是早已排对的那些对，拉力反而最大。参考模型处 $m = 0$，两者都是二分之一，而训练总是从那里开始：只在那里检验，什么也查不出来。


# %%
def pulling_the_wrong_way(chosen, rejected):
    loss, _ = bradley_terry_rule(chosen, rejected)
    slope = sigmoid(chosen - rejected) / len(chosen)
    return loss, lambda g: (-g * slope, g * slope)


equal = rng.standard_normal(5)
there = check_vjp(pulling_the_wrong_way, equal, equal.copy(), rng=rng)
print(f"at the reference: {there:.1e}, nothing found")
try:
    check_vjp(pulling_the_wrong_way, *rng.standard_normal((2, 5)), rng=rng)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the wrong pull went unnoticed")

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **Regularisation is not staying near** (section 9.3, A112). The guide's regularisation is L2 and dropout, against overfitting; L2 pulls weights towards 0. What holds a model in preference learning is the distance from what it *was*. The policy of section 2 once more, trained by gradient descent on its logits, which are all the weights it has: with no reward at all, and with the rewards 0, 1, 2:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **正则化不等于“不离得太远”**（9.3 节，A112）　指南所说的正则化是 L2 和 dropout，用来防止过拟合；L2 把权重拉向 0。偏好优化里约束模型的，却是离它**原来的样子**有多远。再看第 2 节的策略，对 logits（它全部的权重）做梯度下降：一次没有任何奖励，一次奖励是 0、1、2：

# %%
penalties = {
    "L2": lambda z: z / 10,
    "distance": lambda z: beta * kl_rule(z, p)[1](1.0)[0],
}
ends = {}
for name, penalty in penalties.items():
    for told, rewards in {"no reward": 0 * r, "rewards": r}.items():
        z = np.log(p)
        for _ in range(2_000):
            pi = softmax(z)
            z = z - 0.5 * (penalty(z) - pi * (rewards - pi @ rewards))
        ends[name, told] = pi = softmax(z)
        print(f"{name:9} {told:10}", *pi.round(3), f" from p: {kl_rule(z, p)[0]:.3f} nats")
stated("forgot", kl_rule(np.log(ends["L2", "no reward"]), p)[0], 0.057, 0.0005, "L2 forgets p")
assert np.allclose(ends["L2", "no reward"], 1 / 3), "L2 ends at three answers alike"
assert np.allclose(ends["distance", "no reward"], p), "the distance keeps p"
assert np.allclose(ends["distance", "rewards"], optimum, atol=1e-6), "the best policy by hand"

# %% [markdown] lang="en"
# With nothing to gain, L2 forgets what the reference knew ({here.forgot} nats: all answers alike), and the distance leaves it as it is. With the rewards, the distance ends at the best policy that we had by hand. Whether the distance also protects from an error of the judge is measured in section 6.2; compared with best-of-16 it does not.
#
# **"Mainly for generation, such as dialogue"** (section 9.2, A109). What a GPT learns from texts is to go on. The GPT of lesson 8, asked something in the form of a dialogue:

# %% [markdown] lang="zh"
# 没有什么可得的时候，L2 会忘掉参考模型原来会的（{here.forgot} 奈特：各个回答都一样），距离则让它保持原样。有奖励时，用距离约束，最后到达手算出来的那个最优策略。至于距离能不能防住评判者的误差，6.2 节来量：在那里防不住。
#
# **“主要应用于生成任务，如……对话系统”**（9.2 节，A109）　GPT 从文本里学到的是往下续写。用对话的格式问一问第 8 课的 GPT：

# %%
end = softmax(said[0, -2])  # (V,), behind "red"
place = gpt.vocabulary.token_to_id[gpt.template.end]
assert ids[-1] == place, "what is asked for here is the end of the turn"
print(f"after its answer, the end of the turn: {end[place]:.0e}")
assert end[place] < 1e-6, "it has never seen the end of a turn"

# %% [markdown] lang="en"
# It never saw a turn end, and gives its end next to no probability. Dialogue is no property of the architecture: it takes a format, and training on replies; section 6.4 does both. (BERT and GPT differ by their mask and objective, lessons 8 and 9; the first GPT was itself tested on understanding, not on writing.)
#
# **It suits the needs of the task** (section 9.3, A113). It suits what is *measured*, be it a loss, a judge or a program. Section 6.2 lets a stand-in for the need grow until the need itself is lost; in section 6.4 the loss falls, and the answers get worse.
#
# ## 6 Experiment
#
# ### 6.1 A reward that can be checked
#
# Sums modulo 10 and modulo 100. For each of 100 questions the policy has the logits of all its answers, at first all 0; a program says right or wrong, nobody ever shows the right answer. GRPO with groups of 8. A group whose answers are all wrong, or all right, teaches nothing: at first, with ten answers, the chance of that is $0.9^8 + 0.1^8$. One step for each group, so that $\rho = 1$; and since the advantages sum to 0, of the gradient $\tfrac1G \sum_i A_i\,(\mathrm{onehot}(y_i) - \pi)$ only the first part is left: each answer that was drawn gets its advantage, divided by $G$, added to its logit.

# %% [markdown] lang="zh"
# 它从没见过一轮话怎样结束，几乎不给结束符任何概率。会不会对话，并不由架构决定：要有对话的格式，还要在回答上训练，6.4 节两样都做。（BERT 与 GPT 的区别在于掩码和训练目标，见第 8、9 课；最初的 GPT，测的恰恰是理解，不是写作。）
#
# **更适应任务需求**（9.3 节，A113）　它适应的是**被量的东西**：一个损失、一个评判者、一个程序。6.2 节里，需求的代理指标一直变大，需求本身却丢了；6.4 节里，损失下降，回答却变差了。
#
# ## 6 实验
#
# ### 6.1 可以检验的奖励
#
# 模 10 和模 100 的加法。共 100 道题，策略对每道题的所有答案各有一个 logit，起初都是 0；程序只说对或错，从不给出正确答案。用 GRPO，每组 8 个。一组答案如果全错或全对，就什么也教不了；起初有十种答案时，这种概率是 $0.9^8 + 0.1^8$。每组只走一步，所以 $\rho = 1$；又因为优势之和为 0，梯度 $\tfrac1G \sum_i A_i\,(\mathrm{onehot}(y_i) - \pi)$ 只剩前一半：抽到的每个答案，把自己的优势除以 $G$，加到自己的 logit 上。


# %%
def learned(correct, group, draws):  # (questions, answers), 1 where an answer is right
    z, rows = np.zeros(correct.shape), np.arange(len(correct))[:, None]
    shares = []  # right answers, in the mean of the questions
    for _ in range(draws):
        shares.append((softmax(z) * correct).sum(axis=1).mean())
        drawn = overoptimisation.drawn_answers(z, group, rng)  # (questions, group)
        worth = library.group_advantages(correct[rows, drawn])
        np.add.at(z, (rows, drawn), worth / group)  # a step of length 1 up the gain
    return shares


for numbers in (10, 100):
    chance = (1 - 1 / numbers) ** 8 + (1 / numbers) ** 8
    a, b = rng.integers(numbers, size=(2, 100))
    path = learned(np.eye(numbers)[(a + b) % numbers], group=8, draws=201)[::40]
    print(f"modulo {numbers:3}: {chance:.2f} of the first groups teach nothing; right", end=" ")
    print(*(f"{share:.3f}" for share in path), " after 0, 40, ... groups")
    assert path[-1] > 0.95 and path[1] > path[0], "it learns what nobody showed it"
    if numbers == 10:
        stated("silent", chance, 0.43, 0.005, "groups that teach nothing")
        ten = path
assert path[1] < ten[1] - 0.2, "where right answers are rare it takes longer"

# %% [markdown] lang="en"
# **Reading the lines.** With ten answers {here.silent} of the first groups teach nothing, with a hundred nearly all: what is never drawn cannot be learned. It gets there all the same, for here the reward has no error. (A table learns each question for itself; that says nothing about other questions.)
#
# ### 6.2 A judge with an error
#
# Now the *true* reward of an answer is normal, with deviation 1, and the judge sees a *proxy*: the true reward plus an error with deviation 2. The errors are normal, or they have a heavy tail (Student's t with 3 degrees of freedom, scaled to the same deviation). Best-of-n by the proxy, counted out exactly for {answers} answers to a question; here for 32 questions:

# %% [markdown] lang="zh"
# **读法**　有十种答案时，最初的组有 {here.silent} 什么也教不了，有一百种时几乎都是：从未抽到的，就学不到。但最后还是学会了，因为这里的奖励没有误差。（表格只是逐题学会，不能推广到别的题。）
#
# ### 6.2 有误差的评判者
#
# 现在，一个回答的**真实**奖励服从正态分布，标准差为 1；评判者看到的却是**代理**奖励：真实奖励加上标准差为 2 的误差。误差要么是正态的，要么有厚尾（自由度为 3 的 Student t，缩放到同样的标准差）。按代理奖励做 n 选一，每题 {answers} 个回答，精确计算；这里取 32 题：

# %%
world = replace(overoptimisation.STUDY.settings, prompts=32)
true = rng.standard_normal((world.prompts, world.answers))
live = {}
print("      n      KL   normal: proxy  true   heavy: proxy  true")
for tail in ("normal", "student"):
    proxy = true + overoptimisation.errors(world, tail, rng)
    live[tail] = overoptimisation.by_best_of_n(world, proxy, true)  # (n, 3)
for n, normal, heavy in zip(world.n, live["normal"], live["student"], strict=True):
    columns = (f"{proxy:13.2f} {truth:6.2f}" for _, proxy, truth in (normal, heavy))
    print(f"{n:7} {abs(normal[0]):7.2f}", *columns)
few, most = world.n.index(16), len(world.n) - 1
for tail in live:
    assert (np.diff(live[tail][:, 1]) > -1e-9).all(), f"{tail}: the proxy only grows"
assert live["normal"][most, 2] > live["normal"][few, 2], "normal: so does the truth"
assert live["student"][most, 2] < live["student"][few, 2], "heavy: the truth falls back"

# %% [markdown] lang="en"
# The whole of the study, with both other ways: the best policy under penalties from strong to weak, and GRPO (groups of 64, no penalty) on its way:

# %% [markdown] lang="zh"
# 整个研究，再加上另外两种做法：从强到弱的惩罚之下的最优策略，以及 GRPO（每组 64 个，没有惩罚）所走的路：

# %%
paths = read_study("overoptimisation")
assert read_settings("overoptimisation")["grpo"]["group"] == 64, "GRPO: its groups"
styles = {
    "best of n": ("best_of_n_{}", "C0", "o-", 1),
    "best under a penalty": ("optimum_{}", "C1", "s--", 1),
    "GRPO": ("grpo_{}_0.0", "C2", "^:", 3),  # every third point
}
figure, panels = plt.subplots(2, 2, figsize=(9, 5.6), sharex=True, sharey="row")
shown = {}
for column, tail in zip(panels.T, ("normal", "student"), strict=True):
    for label, (key, color, line, every_nth) in styles.items():
        mean, half = mean_and_interval(paths[key.format(tail)][:, ::every_nth])  # (points, 3)
        for axes, i in zip(column, (1, 2), strict=True):  # the proxy, the truth
            axes.errorbar(mean[:, 0], mean[:, i], half[:, i], fmt=line, color=color, ms=4,
                          lw=1, mfc="none", label=label)  # fmt: skip
        shown[f"{tail}, {label}"] = mean
    column[0].set(title={"normal": "normal errors", "student": "heavy tail"}[tail])
    column[1].set(xlabel="KL, nats")
panels[0, 0].set(ylabel="proxy reward")
panels[1, 0].set(ylabel="true reward")
panels[0, 0].legend(fontsize=8)
savefig(figure, "11b_overoptimisation", shown)

# %% [markdown] lang="en"
# **What the study saw** (`overoptimisation`: {n_over} seeds, {prompts} questions each, 95 % intervals). With 16 draws both judges are worth about the same (with fewer the heavy tail is even the better one): a true reward of {kept.normal.few.mean:.2f} and {kept.student.few.mean:.2f}. Beyond that the ways part. Under normal errors the truth goes on growing, to {kept.normal.end.mean:.2f} ± {kept.normal.end.half:.2f}. Under the heavy tail the proxy grows from {kept.student.proxy_few.mean:.1f} to {kept.student.proxy.mean:.1f}, and the truth falls to {kept.student.end.mean:.2f} ± {kept.student.end.half:.2f}, {fallen.mean:.2f} ± {fallen.half:.2f} less than with 16 draws: what is best by the proxy is the largest *error*. This is *over-optimisation* (Gao et al. 2023).
#
# **A penalty on the distance does not help here.** The best policy under a penalty (section 3), for twelve strengths of it, has at best a true reward of {kept.student.best.mean:.2f} ± {kept.student.best.half:.2f} under the heavy tail: about half of what best-of-16 has. It raises an answer by $e^{r/\beta}$ and so gives all that it may move to the few largest errors, while best-of-n goes by the order alone. GRPO without a penalty ends at {kept.student.grpo.mean:.2f} ± {kept.student.grpo.half:.2f}. Both hardly fall: they never rose.
#
# Two cautions. Which tail an error has is a property of the judge that nobody sees from inside. And the deviation of the error was 1 at first; it was set to 2 after a look at one seed that the study does not use, where the fall was small. So this shows that such a fall exists, not how far one falls elsewhere.

# %% [markdown] lang="zh"
# **研究中看到了什么**（`overoptimisation`：{n_over} 个种子，各 {prompts} 题，95% 置信区间）　抽 16 次，两种评判者差不多（抽得更少时，厚尾的反而更好）：真实奖励是 {kept.normal.few.mean:.2f} 和 {kept.student.few.mean:.2f}。此后便分道扬镳。误差为正态时，真实奖励继续增长，到 {kept.normal.end.mean:.2f} ± {kept.normal.end.half:.2f}。误差有厚尾时，代理奖励从 {kept.student.proxy_few.mean:.1f} 涨到 {kept.student.proxy.mean:.1f}，真实奖励却跌到 {kept.student.end.mean:.2f} ± {kept.student.end.half:.2f}，比抽 16 次时低 {fallen.mean:.2f} ± {fallen.half:.2f}：代理奖励最高的，是**误差**最大的。这叫**过度优化**（Gao 等，2023）。
#
# **在这里，惩罚距离也无济于事。**　带惩罚的最优策略（第 3 节）试了十二种强度，厚尾时真实奖励最多只有 {kept.student.best.mean:.2f} ± {kept.student.best.half:.2f}，约为 16 选一的一半。它把每个回答提高到 $e^{r/\beta}$ 倍，能挪动的概率就全给了误差最大的那几个；n 选一却只看名次。没有惩罚的 GRPO 最后是 {kept.student.grpo.mean:.2f} ± {kept.student.grpo.half:.2f}。两者几乎没有下跌，因为从来没有升上去。
#
# 有两点要当心。误差是哪种尾部，是评判者的性质，从里面谁也看不出来。而且，误差的标准差起初是 1，后来看了一个不在研究之内的种子，那里跌得不多，才改成 2。所以这里说明的是这种下跌确实存在，而不是别处会跌多少。

# %% [markdown] lang="en"
# ### 6.3 The chosen answer becomes less probable
#
# DPO asks for a difference only. Both probabilities may fall, and then a third answer gains. Three answers of two numbers each: *No* and *Never* nearly alike; *Yes* is more like *No* than like *Never*, and the prompt points to it most. The model scores answer $v$ by $w_v \cdot h$. One step of length $\eta$ on $W$ and $h$, from the reference, moves the logits by (Razin et al. 2024)
#
# $$\Delta z_v = \frac{\eta\beta}{2} \bigl[ w_v \cdot (w_c - w_r) + |h|^2 (1_{v=c} - 1_{v=r}) \bigr], \qquad \Delta \ln p_c = \Delta z_c - \sum_v p_v\, \Delta z_v.$$
#
# If $w_c$ and $w_r$ are alike, $w_c - w_r$ is short and may point at somebody else. The pair prefers *No* to *Never*:

# %% [markdown] lang="zh"
# ### 6.3 选中的回答，概率反而下降
#
# DPO 只问差。两个概率可以一起下降，得利的是第三个回答。设三个回答各由两个数表示：No 和 Never 几乎相同；Yes 与 No 比与 Never 更相近，提示最偏向的也是 Yes。模型给回答 $v$ 的分数是 $w_v \cdot h$。从参考模型出发，对 $W$ 和 $h$ 走步长为 $\eta$ 的一步，logits 的变化是（Razin 等，2024）
#
# $$\Delta z_v = \frac{\eta\beta}{2} \bigl[ w_v \cdot (w_c - w_r) + |h|^2 (1_{v=c} - 1_{v=r}) \bigr], \qquad \Delta \ln p_c = \Delta z_c - \sum_v p_v\, \Delta z_v.$$
#
# $w_c$ 与 $w_r$ 相近时，$w_c - w_r$ 很短，还可能指向别的回答。这一对里，选中的是 No，落选的是 Never：

# %%
vectors = 8 * displacement.unit(np.array([[1.0, 0], [1, -0.1], [0.6, 0.8]]))  # No, Never, Yes
hidden = np.array([[0.56, 0.42]])
pair = displacement.Pairs(np.array([0]), np.array([1]), np.array([2]), np.ones(1))
settings = displacement.STUDY.settings
before, one, last = displacement.trained(settings, vectors, hidden, pair)[:, 0]  # ln p, (3,)
closed = displacement.first_step(vectors, hidden, pair, settings.rate, settings.beta)[0]
for i, word in enumerate(("No", "Never", "Yes")):
    shown = f"p before {np.exp(before[i]):.3f}  after {np.exp(last[i]):.3f}"
    print(f"{word:6} {shown}  first step of ln p {one[i] - before[i]:+.4f}")
print(f"closed form, No: {closed:+.4f}")
assert abs(closed - (one - before)[0]) < 0.05 * abs(closed), "the first step, as derived"
assert (one - before)[1] < (one - before)[0] < 0 < (one - before)[2], "both fall, the third gains"

# %% [markdown] lang="en"
# The margin has grown, the loss has fallen, and *Yes* has what both have lost. How often does that happen? The study `displacement` draws {n_pairs} pairs of 32 answers for each seed, half of them from one group of like answers (of the others, too, some happen to be of one group), and does the same with *orthogonal* output vectors, where the closed form says that the chosen answer cannot lose. One seed of it here, whole:

# %% [markdown] lang="zh"
# 间隔变大了，损失变小了，而两者失去的都给了 Yes。这种事多久发生一次？`displacement` 研究每个种子取 {n_pairs} 对，共 32 个回答，其中一半的对取自同一组相近的回答（其余的对里，也有一些碰巧同组）；再换成彼此**正交**的输出向量做一遍，按公式，那时选中的回答不可能受损。下面完整地跑其中一个种子：

# %%
found = displacement.measure(settings, 0)
figure, (first, end) = plt.subplots(1, 2, figsize=(9.5, 3.8))
shown = {
    "cosine": found["similarity"] + 1,
    "closed form": 1000 * found["closed_form_tied"][::2],  # every other pair is a like one
    "first step": 1000 * found["first_tied"][::2],
}
first.plot(shown["closed form"], shown["first step"], "o", ms=4, mfc="none", label="tied, like")
first.axline((0, 0), slope=1, color="grey", lw=0.8)
first.axvline(0, color="grey", ls=":", lw=1)
first.set(xlabel="first step of ln p, thousandths: closed form", ylabel="measured")
for kind, marker in (("tied", "o"), ("orthogonal", "x")):
    shown[kind] = found[f"last_{kind}"]
    end.plot(shown["cosine"], shown[kind], marker, ms=4, mfc="none", label=kind)
    gap = np.abs(found[f"first_{kind}"] - found[f"closed_form_{kind}"]).max()
    assert gap < 0.02 * np.abs(found[f"closed_form_{kind}"]).max(), "one step, as derived"
    print(f"{kind:10} fell in the end: {(shown[kind] < 0).mean():.1%}")
end.set(xlabel="cosine of the two answers", ylabel="change of ln p after all steps")
for axes in (first, end):
    axes.axhline(0, color="grey", ls=":", lw=1)
    axes.legend(fontsize=8)
savefig(figure, "11b_displacement", shown)
assert (shown["orthogonal"] > 0).all(), "orthogonal: no chosen answer loses"

# %% [markdown] lang="en"
# **What you saw.** Left: the like pairs with tied vectors (the output vectors are those of the answers themselves), the first step, in thousandths, against its closed form: all lie on the line, some below 0. Right: all pairs after {n_updates} steps, against the cosine of the two answers, that is, how alike they are. In the study ({n_moved} seeds) the chosen answer has lost in {fell.tied.alike.mean:.0f} ± {fell.tied.alike.half:.0f} % of the like pairs and in {fell.tied.others.mean:.0f} ± {fell.tied.others.half:.0f} % of the others; with orthogonal vectors in none. The more alike the answers, the less the chosen one gains in the end (rank correlation {rank.tied.mean:.2f} ± {rank.tied.half:.2f}; orthogonal {rank.orthogonal.mean:.2f} ± {rank.orthogonal.half:.2f}), mostly because likeness tells like pairs from others: among like pairs alone, after the first step, it is {within.mean:.2f} ± {within.half:.2f}. How many lose is no finding: the settings were chosen so that some do. How often it happens in a real model is to be measured there.
#
# ### 6.4 A small assistant
#
# A model that has read nothing learns to answer from conversations such as the first one below. Nearly a third of the answers that it learns from are bad: wrong, said twice, or with words in front that say nothing. Then it gets pairs. We compare three ways to go on, with two passes over the same questions: DPO at a low rate, DPO at a rate ten times higher, and, with no preferences at all, the chosen answers alone. The settings were chosen on seeds from 100 on; what is asserted below held on five further seeds that we had not looked at (20 to 24).

# %% [markdown] lang="zh"
# **看到了什么**　左图是共享输出向量（tied，输出向量就是回答自己的向量）时相近的那些对：第一步的实测值与公式相比（单位是千分之一），都落在直线上，有一些在 0 以下。右图是走完 {n_updates} 步之后的所有对，横轴是两个回答的余弦，也就是有多相近。整个研究（{n_moved} 个种子）里，相近的对中有 {fell.tied.alike.mean:.0f} ± {fell.tied.alike.half:.0f}% 选中的回答受损，其余的对中有 {fell.tied.others.mean:.0f} ± {fell.tied.others.half:.0f}%；输出向量正交时一个也没有。两个回答越相近，选中的那个最后得利越少（秩相关 {rank.tied.mean:.2f} ± {rank.tied.half:.2f}；正交时 {rank.orthogonal.mean:.2f} ± {rank.orthogonal.half:.2f}），但主要是因为它分得出相近的对和其余的对：单看相近的对，第一步之后只有 {within.mean:.2f} ± {within.half:.2f}。有多少受损，算不上发现：设置本来就选得让一些受损。真实的模型里有多少，要在那里量。
#
# ### 6.4 一个小助手
#
# 一个什么也没读过的模型，从下面第一段那样的对话里学习回答。它学的回答有将近三分之一不好：要么答错，要么说两遍，要么前面先来一句废话。然后给它成对的偏好。接下来比较三种做法，都把同样的问题过两轮：学习率较低的 DPO，学习率为其十倍的 DPO，以及完全不用偏好，只学选中的回答。设置是在 100 号以后的种子上选定的；下面断言的各项，在五个事先没有看过的种子（20 到 24）上也都成立。

# %%
every = load_dialogues("en", seed=0, sizes=(880, 0, 280))
train, test = (
    [question for question in some if question.right.startswith("After ")]
    for some in (every.train, every.test)
)
draw = np.random.default_rng(0)
pairs, unseen = (preferences(some, "en", rng=draw) for some in (train, test))
bad = draw.random(len(pairs)) < 1 / 3
mixed = [
    (*pair.asked, Message("assistant", pair.rejected if worse else pair.chosen))
    for pair, worse in zip(pairs, bad, strict=True)
]
spoken = [question.answered for question in train]
for message in test[0].answered:
    print(f"{message.role:10} {message.content}")
print("rejected  ", unseen[0].rejected)
print(f"{len(pairs)} pairs to learn from, {len(unseen)} others")

# %% tags=["machine"]
small = GptRecipe(tokenizer="word", width=48, n_layers=2, n_heads=2, max_length=64, dropout=0.0)
assistant = CausalPretraining(small, [*mixed, *spoken], spoken[:2]).result()  # has read nothing


def right(model):
    return score_answers(answer(model, test, longest=30), test, model).exact


blank = right(assistant)
for _ in InstructionTuning(ChatRecipe(epochs=36, lr=8e-3), assistant, mixed).steps():
    pass
instructed, weights = right(assistant), assistant.model.state_dict()
print(f"right: {blank:.2f} before, {instructed:.2f} after learning from {len(mixed)} conversations")
assert round(assistant.model.parameter_count(), -3) == 62_000, "its weights, about"
assert blank < 0.05 and instructed > 0.6, "it has learned to answer, though a third was bad"

# %% tags=["machine"]
ways = {
    "DPO, low": (PreferenceTuning, pairs, PreferenceRecipe(epochs=2, lr=1e-4)),
    "DPO, high": (PreferenceTuning, pairs, PreferenceRecipe(epochs=2, lr=1e-3)),
    "chosen": (InstructionTuning, spoken, ChatRecipe(epochs=2, lr=1e-3)),
}
seen, judging = {}, PreferenceRecipe(beta=0.1)
print("right would be:", test[1].right)
print("                  loss  margin > 0   ln p: chosen  rejected   right")
for name, (kind, data, recipe) in ways.items():
    assistant.model.load_state_dict(weights)  # each way begins at the same place
    judge = PreferenceTuning(judging, assistant, unseen, held_out=unseen)  # does not train
    assert abs(judge.held_out_loss() - np.log(2)) < 1e-6, "at the reference: ln 2"
    for _ in kind(recipe, assistant, data).steps():
        pass
    change = judge.rewards() / judging.beta  # of ln p, (2, pairs): chosen, rejected
    positive = (judge.margins() > 0).mean()
    seen[name] = judge.held_out_loss(), positive, *change.mean(axis=1), right(assistant)
    print(f"{name:14}", *(f"{number:10.2f}" for number in seen[name]))
    print("    answers:", *answer(assistant, test[1:2], longest=12))

# %% tags=["machine"]
for name, (loss, positive, *_) in seen.items():
    assert loss < np.log(2) and positive > 0.6, f"{name}: other pairs come apart as well"
low, high, plain = seen.values()
assert high[0] < low[0] and high[2] < -2 and high[4] < 0.3, "the loss falls, and all else"
assert low[4] > instructed - 0.2, "the low rate leaves the answers"
assert plain[2] > 0 > plain[3] and plain[4] > instructed - 0.05, "good answers alone do better"

# %% [markdown] lang="en"
# **Reading the table** (one model, one seed). The columns are about conversations that it did not learn from, though most of their questions stand in other ones that it did: the loss of the pairs, the share with a margin above 0, the *change* of $\ln p$ of chosen and rejected answers, and the share of right answers, of which the cell before the last shows what it was. In the mean all three ways pull the pairs apart, and by its own measure the high rate is the best DPO: the lowest loss. But the chosen answers have become *less* probable, and it can hardly answer any more: the probability has gone to other answers, such as the one printed. The mean margin, which is what one usually plots, has grown most of all; only its share above 0 gives a hint. At the low rate DPO does the answers neither much harm nor much good, and there is little to gain. So watch two more numbers: $\ln p$ of the chosen answers, and the answers themselves.
#
# Simply to learn the chosen answers, which knows nothing of the rejected ones, made them more probable here than DPO at the low rate, at a rate that is ten times that: where there are good answers for every question, show them. Preferences are for what can be compared and not shown.
#
# **Over several seeds, with rates and beta tuned for each way by itself** (study `assistant`, {n_whole} seeds; a model that has read statements first, 40 % of the answers bad): the probability of the right answer (of all that could be drawn, which is less than the share of most probable answers that are right) is {stages.pretrained.right.mean:.0f} % after reading, {stages.instructed.right.mean:.0f} ± {stages.instructed.right.half:.0f} % after instruction, about the share of good answers in the data. DPO adds {gained.mean:.0f} ± {gained.half:.0f} points and here makes right answers *more* probable; as many updates on the chosen answers alone end another {ahead.mean:.0f} ± {ahead.half:.0f} points higher. So what the table shows is what a rate can do, not what DPO must do.

# %% [markdown] lang="zh"
# **读表**（一个模型，一个种子）　各列针对的都是没有学过的对话，不过其中的问题大多在学过的别的对话里出现过；依次是：损失、间隔为正的比例、选中与落选回答的 $\ln p$ 的**变化**、答对的比例（此前是多少，见前面的输出）。平均来说，三种做法都把一对对回答拉开了；按 DPO 自己的标准，高学习率最好：损失最低。可是，选中的回答概率**下降**了，模型几乎再也答不对：概率跑到了别的回答上，例如打印出来的那个。人们通常画的是平均间隔，它恰恰增长得最多；只有间隔为正的比例露出一点迹象。学习率低时，DPO 对回答既无大害，也无大益，而且本来就没有多少可以提高。所以还要盯住两个数：选中回答的 $\ln p$，以及回答本身。
#
# 只学选中的回答，对落选的一无所知，用的是十倍的学习率，在这里使选中的回答比低学习率的 DPO 之后概率更高：如果每个问题都拿得出好的回答，就直接给模型看。偏好用在比得出高下、却拿不出范例的地方。
#
# **多个种子，每种做法各自调好学习率和 beta**（`assistant` 研究，{n_whole} 个种子；模型先读过陈述句，回答有 40% 不好）：正确回答的概率（按概率抽取时，比概率最大的回答答对的比例低），只读过陈述句时是 {stages.pretrained.right.mean:.0f}%，指令微调之后是 {stages.instructed.right.mean:.0f} ± {stages.instructed.right.half:.0f}%，大约就是数据里好回答的比例。DPO 再添 {gained.mean:.0f} ± {gained.half:.0f} 个百分点，正确的回答在这里概率**更高**了；而用同样多次更新只学选中的回答，还要再高 {ahead.mean:.0f} ± {ahead.half:.0f} 个百分点。所以上面的表说明的是学习率能造成什么，不是 DPO 必然如此。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * A dialogue is a text with marks for turns; the loss counts the assistant's tokens, the end among them.
# * Comparisons fix rewards up to a constant. The best policy near a reference tells its rewards, up to a constant; put one into the other and the reward model is gone: that is DPO. It starts at $\ln 2$, with $-\tfrac{\beta}{2}$ times the difference of the scores.
# * The distance of best-of-n is at most $\ln n - \tfrac{n-1}{n}$, and with few answers much less.
# * Advantages of a group sum to 0, in any unit; a group that agrees teaches nothing, and what is never drawn is not learned.
# * A stand-in for the reward may be raised, by best-of-n, until the reward falls. It depended on the tail of the error, and with the heavy tail no penalty on the distance came up to stopping at 16 draws.
# * DPO can make the chosen answer less probable: where two answers have like vectors, and where the rate is high. Its loss and mean margin do not show it. Tuned, it made right answers more probable, and the chosen answers alone did so more.
# * All this with tables of logits, small vectors, and a model of some 62,000 weights. What holds for large models is another question; what to measure is the same.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 对话是标明了轮次的文本；损失只计助手写的词元，包括结束符。
# * 比较只能把奖励定到相差一个常数。不离参考模型太远的最优策略说出了自己的奖励，也相差一个常数；把后者代入前者，奖励模型就消失了：这就是 DPO。它从 $\ln 2$ 起步，梯度是 $-\tfrac{\beta}{2}$ 乘以得分函数之差。
# * n 选一的距离至多是 $\ln n - \tfrac{n-1}{n}$，回答种类少时要小得多。
# * 一组的优势之和为 0，与单位无关；一组答案全都一样好，就什么也教不了；从未抽到的，就学不到。
# * 用 n 选一可以一直提高代理奖励，直到真实奖励下跌。会不会这样，要看误差的尾部；厚尾时，无论怎样惩罚距离，都比不上只抽 16 次就停手。
# * DPO 可能使选中的回答概率下降：两个回答的向量相近时会，学习率高时也会。从它的损失和平均间隔上看不出来。调好之后，它使正确回答的概率更高，而只学选中的回答提高得更多。
# * 以上都是 logits 的表格、小向量和一个约 62,000 个权重的模型的结果。大模型怎样是另一个问题，要量的东西是一样的。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **11b.1 The loss of DPO from tokens.** `policy` and `reference` hold the log-probability of every token under the two models, with the shape (B, 2, T): `[b, 0]` is the chosen answer of pair b, `[b, 1]` the rejected one. `written` (B, 2, T), booleans, is True at the tokens of an answer; elsewhere stand prompts and padding, whose numbers, finite ones, mean nothing. Write `dpo(policy, reference, written, beta)`: the loss of the batch, one number. It must stay finite when a margin is far from 0, on either side.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **11b.1 从词元到 DPO 损失**　`policy` 和 `reference` 是两个模型下每个词元的对数概率，形状是 (B, 2, T)：`[b, 0]` 是第 b 对里选中的回答，`[b, 1]` 是落选的。`written` 是布尔数组，形状 (B, 2, T)，回答的词元处为 True；其余是提示和填充，那里的数没有意义。请写 `dpo(policy, reference, written, beta)`：这一批的损失，一个数。间隔离 0 很远时，无论正负，结果都必须有限。


# %% tags=["exercise"]
def dpo(policy, reference, written, beta):
    return ...


# %% tags=["solution"]
def dpo(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1)  # (B, 2)
    margin = beta * (gained[:, 0] - gained[:, 1])
    return np.logaddexp(0, -margin).mean()


# %% tags=["exercise-check"]
check("11b.1", dpo)

# %% [markdown] lang="en"
# **11b.2 How far is best-of-n?** An answer is drawn with the probabilities `p` (A,), all above 0; its rewards are `r` (A,), and some may be *equal*. Draw `n` times, independently, and keep the answer with the highest reward; among several of them the one that was drawn first. Write `best_of_n_distance(p, r, n)`: the exact KL, in nats, of the answer that is kept from the answer that is drawn once. There are few answers and draws, so that you may go through all sequences of draws (`itertools.product`); a formula is as good.

# %% [markdown] lang="zh"
# **11b.2 n 选一有多远？**　按概率 `p` (A,)（都大于 0）抽一个回答，奖励是 `r` (A,)，其中可以有**相等**的。独立地抽 `n` 次，留下奖励最高的回答；最高的不止一个时，留下先抽到的。请写 `best_of_n_distance(p, r, n)`：留下的回答的分布，相对于只抽一次的分布，精确的 KL 是多少奈特。回答和次数都很少，可以走遍所有的抽取序列（`itertools.product`）；用公式也一样好。


# %% tags=["exercise"]
def best_of_n_distance(p, r, n):
    return ...


# %% tags=["solution"]
def best_of_n_distance(p, r, n):
    at_most = (p * (r <= r[:, None])).sum(axis=1)  # P(reward <= r_a), (A,)
    below = (p * (r < r[:, None])).sum(axis=1)
    kept = p / (at_most - below) * (at_most**n - below**n)
    return (kept * np.log(kept / p)).sum()


# %% tags=["exercise-check"]
check("11b.2", best_of_n_distance)

# %% [markdown] lang="en"
# **11b.3 Advantages in any unit.** `rewards` is (N, G): G answers to each of N questions. Write `advantages(rewards)`, with the same shape: what a reward is above the mean of its group, in standard deviations of the group (divided by G, not G − 1). Two things must hold: a group whose rewards are all equal has the advantages 0, exactly; and the unit must not matter: rewards of a millionth of their size have the same advantages. (Three times 0.1 has a mean that is not 0.1, to the last digit.)

# %% [markdown] lang="zh"
# **11b.3 与单位无关的优势**　`rewards` 的形状是 (N, G)：N 道题，每题 G 个回答。请写 `advantages(rewards)`，形状不变：每个奖励比本组的均值高多少，以本组的标准差为单位（除以 G，不是 G − 1）。有两条必须成立：一组奖励全都相等时，优势恰好为 0；单位无关紧要：奖励缩小到百万分之一，优势不变。（三个 0.1 的均值，算出来的最后一位并不是 0.1。）


# %% tags=["exercise"]
def advantages(rewards):
    return ...


# %% tags=["solution"]
def advantages(rewards):
    low, high = (f(rewards, axis=1, keepdims=True) for f in (np.min, np.max))
    equal = high == low
    shares = (rewards - low) / np.where(equal, 1, high - low)  # 0 to 1, in every unit
    std = np.where(equal, 1, shares.std(axis=1, keepdims=True))
    return (shares - shares.mean(axis=1, keepdims=True)) / std


# %% tags=["exercise-check"]
check("11b.3", advantages)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Bradley & Terry 1952, "Rank Analysis of Incomplete Block Designs: I. The Method of Paired Comparisons": preferences as differences.
# * Ouyang et al. 2022, "Training language models to follow instructions with human feedback", section 3: instruction tuning, reward model, reinforcement.
# * Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly a Reward Model", section 4: the derivation of section 3.
# * Shao et al. 2024, "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models", section 4.1: GRPO. Schulman et al. 2017, "Proximal Policy Optimization Algorithms", section 3: the clipping.
# * Beirami et al. 2024, "Theoretical guarantees on the best-of-n alignment policy": the distance of best-of-n.
# * Gao, Schulman & Hilton 2023, "Scaling Laws for Reward Model Overoptimization". Razin et al. 2024, "Unintentional Unalignment: Likelihood Displacement in Direct Preference Optimization".
# * In this project: `minillm/training/preferences/`, `minillm/tasks/dialogue/`, `minillm/labs/preferences/`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Bradley、Terry，1952，“Rank Analysis of Incomplete Block Designs: I. The Method of Paired Comparisons”：把偏好写成差。
# * Ouyang 等，2022，“Training language models to follow instructions with human feedback”，第 3 节：指令微调、奖励模型、强化学习。
# * Rafailov 等，2023，“Direct Preference Optimization: Your Language Model is Secretly a Reward Model”，第 4 节：本课第 3 节的推导。
# * Shao 等，2024，“DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models”，4.1 节：GRPO。Schulman 等，2017，“Proximal Policy Optimization Algorithms”，第 3 节：截断。
# * Beirami 等，2024，“Theoretical guarantees on the best-of-n alignment policy”：n 选一的距离。
# * Gao、Schulman、Hilton，2023，“Scaling Laws for Reward Model Overoptimization”。Razin 等，2024，“Unintentional Unalignment: Likelihood Displacement in Direct Preference Optimization”。
# * 本项目：`minillm/training/preferences/`、`minillm/tasks/dialogue/`、`minillm/labs/preferences/`。
