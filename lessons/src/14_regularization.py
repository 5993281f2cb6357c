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
#     lesson: 14
#     guide: ['1.4.2', '9.3']
#     budget_s: 30
#     errata: [A12, A13, A112]
#     introduces: [minillm.nn.dropout, minillm.ops.noise, minillm.optim.penalties, minillm.optim.groups, minillm.optim.schedules, minillm.tasks.classifier_training, minillm.tasks.recipe, minillm.tasks.metrics]
# ---

# %% [markdown] lang="en"
# # Lesson 14. Regularisation: L2, weight decay, dropout
#
# **Question.** A model with more weights than examples can learn every example by heart. What makes it more often right on the next one?
#
# **Afterwards you can** write L2, decoupled weight decay and dropout, check their gradients, say why L2 in Adam is not
# weight decay, choose a strength without fooling yourself, and say what none of the three cures.
#
# **Before this**: gradients, SGD and Adam, a trained classifier. **Time**: ten seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 第 14 课　正则化：L2、权重衰减与 dropout
#
# **问题**　权重比样本还多的模型，完全可以把每个样本背下来。怎样才能让它在下一个样本上也更常答对？
#
# **学完本课，你能够**　写出 L2、解耦的权重衰减和随机失活（dropout，以下用英文名），并检验它们的梯度；说清 Adam 里的 L2 为什么不是权重衰减；选定正则化的强度，又不拿测试集的分数骗自己；说出这三样都治不了的是什么。
#
# **预备知识**　梯度、SGD 与 Adam、训练过一个分类器。**用时**　运行约十秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import Parameter, Tensor, check_vjp, gradients_of, nn, ops, optim
from minillm.course import check, savefig, setup
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.regularization import gap, shrinkage, spurious
from minillm.labs.worlds import clue

setup()
rng = np.random.default_rng(14)

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 1.4.2 of the guide: *regularisation* adds a penalty term, against over-fitting; *dropout* regularises by dropping neurons at random, which
# lowers the complexity of the model. Section 9.3, point 3, names both among four remedies for conflicting objectives and mismatched generalisation. There is
# no formula. The penalty it means is
#
# $$L_\lambda(\theta) = L(\theta) + \frac{\lambda}{2} \lVert\theta\rVert^2.$$
#
# *Over-fitting* is a gap: good on the examples learned from, worse on others **of the same kind**. The last four words decide how much of section 9.3 is right.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 1.4.2 节有两个词条。**正则化**：加上一个惩罚项，防止过拟合，提高泛化能力。**dropout**：一种正则化方法，随机丢弃神经元，从而降低模型复杂度。9.3 节列出解决“冲突目标和泛化不匹配”的四种办法，第 3 条就是 L2 正则化和 dropout。指南没有给公式，它所指的惩罚是
#
# $$L_\lambda(\theta) = L(\theta) + \frac{\lambda}{2} \lVert\theta\rVert^2.$$
#
# **过拟合**说的是一种差距：学过的样本答得好，没学过的**同类**样本答得差。9.3 节说对了多少，就看“同类”这两个字。

# %% [markdown] lang="en"
# ## 2 By hand
#
# **A step with L2.** One weight $w = 3$, loss $\tfrac12 (w - 1)^2$, $\lambda = 0.5$, learning rate $0.2$. The gradient is $2$, the penalty adds
# $\lambda w = 1.5$, so $w$ becomes $3 - 0.2 \cdot 3.5 = 2.3$. The same in two moves: shrink, $(1 - 0.2 \cdot 0.5) \cdot 3 = 2.7$, then step, $2.7 - 0.2 \cdot 2 = 2.3$.
# Hence the name *weight decay*.
#
# **Ridge regression**, which is least squares with that penalty. Two points $(1, 1)$ and $(2, 4)$ and a line $y = wx$: the best $w$ is $\sum xy / (\sum x^2 + \lambda) = 9 / (5 + \lambda)$.
# Without a penalty that is $1.8$, with $\lambda = 4$ it is $1$.
#
# **Dropout** of $(1, 2, 3, 4)$ with $p = \tfrac12$: what is kept is multiplied by $1/(1-p) = 2$.
#
# | mask | result | mean |
# |---|---|---|
# | $(1, 0, 1, 0)$ | $(2, 0, 6, 0)$ | $2$ |
# | $(0, 1, 0, 1)$ | $(0, 4, 0, 8)$ | $3$ |
#
# The two masks are equally likely, and the mean of the two results is the input, $(1, 2, 3, 4)$.

# %% [markdown] lang="zh"
# ## 2 手算
#
# **带 L2 的一步**　只有一个权重 $w = 3$，损失 $\tfrac12 (w - 1)^2$，$\lambda = 0.5$，学习率 $0.2$。梯度为 $2$，惩罚项再添 $\lambda w = 1.5$，于是 $w$ 变为 $3 - 0.2 \cdot 3.5 = 2.3$。也可以拆成两步：先缩小，$(1 - 0.2 \cdot 0.5) \cdot 3 = 2.7$；再按原来的梯度走，$2.7 - 0.2 \cdot 2 = 2.3$。“权重衰减”由此得名。
#
# **岭回归**，即带这种惩罚的最小二乘法。两个点 $(1, 1)$、$(2, 4)$，直线 $y = wx$，最优的 $w$ 是 $\sum xy / (\sum x^2 + \lambda) = 9 / (5 + \lambda)$。不加惩罚时为 $1.8$；取 $\lambda = 4$，则为 $1$。
#
# **dropout**　对 $(1, 2, 3, 4)$ 取 $p = \tfrac12$：留下的单元乘以 $1/(1-p) = 2$。
#
# | 掩码 | 结果 | 均值 |
# |---|---|---|
# | $(1, 0, 1, 0)$ | $(2, 0, 6, 0)$ | $2$ |
# | $(0, 1, 0, 1)$ | $(0, 4, 0, 8)$ | $3$ |
#
# 两种掩码的概率相同；两个结果平均起来，恰好还原成输入 $(1, 2, 3, 4)$。

# %%
w, lr, strength = 3.0, 0.2, 0.5
points_x, points_y = np.array([[1.0], [2.0]]), np.array([1.0, 4.0])  # (2, 1), (2,)
units = np.array([1.0, 2.0, 3.0, 4.0])  # (4,)
masks = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]])  # (2, 4)
dropped_by_hand = np.array([[2.0, 0.0, 6.0, 0.0], [0.0, 4.0, 0.0, 8.0]])  # (2, 4)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# The penalty adds $\lambda\theta$ to the gradient. In plain gradient descent with rate $\eta$ that is a decay:
#
# $$\theta \leftarrow \theta - \eta \left(\nabla L + \lambda\theta\right) = (1 - \eta\lambda)\,\theta - \eta \nabla L.$$
#
# For least squares, $L = \tfrac12 \lVert Xw - y \rVert^2$, the minimum has a closed form: $w = (X^\top X + \lambda I)^{-1} X^\top y$.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 惩罚项给梯度添上 $\lambda\theta$。在学习率为 $\eta$ 的普通梯度下降中，它就是衰减：
#
# $$\theta \leftarrow \theta - \eta \left(\nabla L + \lambda\theta\right) = (1 - \eta\lambda)\,\theta - \eta \nabla L.$$
#
# 对最小二乘 $L = \tfrac12 \lVert Xw - y \rVert^2$，最小值点有闭式解：$w = (X^\top X + \lambda I)^{-1} X^\top y$。


# %%
def ridge_gradient(w, x, y, strength):
    return x.T @ (x @ w - y) + strength * w  # (d, n) (n,) -> (d,)


def ridge(x, y, strength):
    gram = x.T @ x + strength * np.eye(x.shape[1])  # (d, d)
    return np.linalg.solve(gram, x.T @ y)  # (d,)


assert np.isclose(w - lr * ((w - 1) + strength * w), 2.3)
assert np.isclose((1 - lr * strength) * w - lr * (w - 1), 2.3)
assert np.allclose([ridge(points_x, points_y, s)[0] for s in (0, 4)], [1.8, 1.0])
assert np.allclose(ridge_gradient(np.ones(1), points_x, points_y, 4), 0)

weight = Parameter(np.array([w]))
(gradient,) = gradients_of(strength * optim.l2_penalty([weight]), [weight])
assert np.allclose(gradient, strength * w)
optim.SGD([weight], lr=lr, weight_decay=strength).step([np.array([w - 1])])
print(weight.data)
assert np.allclose(weight.data, 2.3)

# %% [markdown] lang="en"
# **Adam** divides the gradient by its own recent size. So it matters whether $\lambda\theta$ goes through that division (L2)
# or around it (*decoupled* decay, AdamW):
#
# $$\theta \leftarrow \theta - \eta\,\frac{\hat m}{\sqrt{\hat v} + \epsilon} \quad\text{with } \hat m, \hat v \text{ of } \nabla L + \lambda\theta, \qquad \theta \leftarrow \theta - \eta \left(\frac{\hat m}{\sqrt{\hat v} + \epsilon} + \lambda\theta\right) \quad\text{with } \hat m, \hat v \text{ of } \nabla L.$$
#
# In its first step Adam has seen one gradient $g$, so $\hat m / \sqrt{\hat v} = g / |g|$: only the sign counts. Take $w = 1$, $g = 2$, $\eta = \lambda = 0.1$. With L2, $g$ becomes $2.1$, the step is
# still $0.1$, and $w = 0.9$, as without any penalty. Decoupled, $w = 1 - 0.1 \cdot (1 + 0.1) = 0.89$.
#
# By custom only matrices decay: `optim.decay_groups` spares biases and the gains of normalisation, which weigh no input.

# %% [markdown] lang="zh"
# **Adam** 把梯度除以它自己近来的大小。因此 $\lambda\theta$ 是一起被除（L2），还是绕过这道除法（**解耦**的衰减，即 AdamW），结果大不相同：
#
# $$\theta \leftarrow \theta - \eta\,\frac{\hat m}{\sqrt{\hat v} + \epsilon} \quad\text{with } \hat m, \hat v \text{ of } \nabla L + \lambda\theta, \qquad \theta \leftarrow \theta - \eta \left(\frac{\hat m}{\sqrt{\hat v} + \epsilon} + \lambda\theta\right) \quad\text{with } \hat m, \hat v \text{ of } \nabla L.$$
#
# 走第一步时，Adam 只见过一个梯度 $g$，所以 $\hat m / \sqrt{\hat v} = g / |g|$，只有符号起作用。取 $w = 1$，$g = 2$，$\eta = \lambda = 0.1$：用 L2 时，$g$ 变成 $2.1$，步长仍是 $0.1$，得 $w = 0.9$，与没有惩罚时一模一样；用解耦的衰减，$w = 1 - 0.1 \cdot (1 + 0.1) = 0.89$。
#
# 习惯上只让矩阵衰减：`optim.decay_groups` 不碰偏置和归一化的增益，因为它们并不给输入加权。


# %%
def first_step(optimizer, gradient):
    weight = Parameter(np.ones(1))
    optimizer([weight]).step([np.array([gradient])])
    return weight.data[0]


plain = first_step(lambda p: optim.Adam(p, lr=0.1), 2.0)
penalised = first_step(lambda p: optim.Adam(p, lr=0.1), 2.0 + 0.1 * 1.0)
decoupled = first_step(lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.1), 2.0)
print(plain, penalised, decoupled)
assert np.allclose([plain, penalised, decoupled], [0.9, 0.9, 0.89])

layer = nn.Linear(3, 2, rng=rng)
optimizer = optim.AdamW(optim.decay_groups(layer), weight_decay=0.1)
decays = zip(optimizer.parameters, optimizer.weight_decays, strict=True)
print([(p.shape, decay) for p, decay in decays])
assert optimizer.weight_decays == [0.1, 0.0]

# %% [markdown] lang="en"
# **Dropout** with rate $p$ multiplies every unit by a factor of its own, drawn anew at each call, in training only:
#
# $$y = x \odot k, \qquad k_i = \begin{cases} 0 & \text{with probability } p \\ 1/(1-p) & \text{with probability } 1-p \end{cases}, \qquad \mathrm{E}\,k_i = 1, \quad \mathrm{Var}\,k_i = \frac{p}{1-p}.$$
#
# This scaling in training is called *inverted*; it leaves nothing to do at evaluation. The way back needs the same factors.

# %% [markdown] lang="zh"
# **dropout** 以概率 $p$ 丢弃。每个单元乘以自己的系数，每次调用都重新抽取，而且只在训练时进行：
#
# $$y = x \odot k, \qquad k_i = \begin{cases} 0 & \text{with probability } p \\ 1/(1-p) & \text{with probability } 1-p \end{cases}, \qquad \mathrm{E}\,k_i = 1, \quad \mathrm{Var}\,k_i = \frac{p}{1-p}.$$
#
# 在训练时就除以 $1-p$，这种做法叫 inverted dropout；这样评估时什么也不必做。系数要一并返回，因为反向传播得用同一组。


# %%
def dropout_rule(x, keep):
    def vjp(g):  # (...), dL/dy
        return (g * keep,)  # (...), dL/dx

    return x * keep, vjp


def draw_keep(shape, rate, rng):
    return (rng.random(shape) >= rate) / (1 - rate)  # 0 or 1 / (1 - p)


by_mask = np.array([dropout_rule(units, mask / (1 - 0.5))[0] for mask in masks])  # (2, 4)
assert np.allclose(by_mask, dropped_by_hand)
assert np.allclose(by_mask.mean(axis=0), units)
keep = draw_keep((5, 4), 0.3, rng)  # (5, 4)
assert np.allclose(
    dropout_rule(units, keep)[0], ops.dropout(np.tile(units, (5, 1)), keep=keep).data
)

layer = nn.Dropout(0.3, rng=rng)
first, second = (layer(Tensor(np.ones(1000))).data for _ in range(2))
assert np.allclose(np.unique(first), [0, 1 / 0.7]) and not np.array_equal(first, second)
layer.eval()
assert np.array_equal(layer(Tensor(units)).data, units)

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# The penalty $\tfrac{\lambda}{2} \lVert w \rVert^2$ has the gradient $\lambda w$. Dropout is checked with its factors held fixed: a rule that draws inside
# would be another function at each call.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 惩罚项 $\tfrac{\lambda}{2} \lVert w \rVert^2$ 的梯度是 $\lambda w$。检验 dropout 时必须固定系数：倘若在函数内部抽取，每次调用就是不同的函数，两次相减只剩噪声。


# %%
def penalty_rule(w, strength):
    return strength / 2 * (w**2).sum(), lambda g: (g * strength * w,)  # g is a number


keep = draw_keep((6, 5), 0.2, rng)  # (6, 5)
x = rng.standard_normal((6, 5))
errors = [
    check_vjp(penalty_rule, rng.standard_normal((4, 3)), rng=rng, strength=0.3),
    check_vjp(dropout_rule, x, rng=rng, keep=keep),
    check_vjp(ops.dropout.rule, x, rng=rng, keep=keep),
]
print("largest relative errors:", *(f"{error:.1e}" for error in errors))
assert max(errors) < 1e-7

# %% [markdown] lang="en"
# A common mistake is to divide by $p$. On the way back only, the check notices it, except at $p = \tfrac12$, where $p = 1 - p$. Made both ways, forward and backward agree and the check is content:
# it knows derivatives, not intentions. Another test notices, that of the mean.

# %% [markdown] lang="zh"
# 一个常见的错误是把 $1 - p$ 写成 $p$。如果只在反向传播时写错，检验会发现，除非 $p = \tfrac12$，那时二者恰好相等。如果前向也写错了，前向与反向便彼此一致，检验就查不出来：它只管导数对不对，不管函数本身是不是你想要的。能发现这个错误的是另一项测试，就是看均值。


# %%
def planted_rule(x, keep, rate, both=False):
    wrong = (keep > 0) / rate  # 1 / p where it should be 1 / (1 - p)
    return x * (wrong if both else keep), lambda g: (g * wrong,)


try:
    check_vjp(planted_rule, x, rng=rng, keep=keep, rate=0.2)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the wrong scale went unnoticed")

even = draw_keep((6, 5), 0.5, rng)
assert check_vjp(planted_rule, x, rng=rng, keep=even, rate=0.5) < 1e-7
assert check_vjp(planted_rule, x, rng=rng, keep=keep, rate=0.2, both=True) < 1e-7
keep = draw_keep(100_000, 0.1, rng)
mean = planted_rule(np.ones(100_000), keep, 0.1, both=True)[0].mean()
print(f"mean of ones: {keep.mean():.3f}, with 1 / p: {mean:.2f}")
assert abs(keep.mean() - 1) < 0.005 and abs(mean - 0.9 / 0.1) < 0.05

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **"Adding a penalty"** (A12). The next entry, dropout, adds none; nor do early stopping, augmented data, label smoothing.
# Better: a regulariser is whatever we change in learning to do better on *unseen* examples, even at the cost of the training loss.
#
# **"Lowers the complexity"** (A13). What is dropped is back at the next call, and at evaluation nothing is missing: the whole network
# answers. The layer has no weights. What it changes is training, by noise. For $p = 0.1$ and $10^5$ ones the mean
# is 0.900 without the scale and 1.000 with it; the variance is $p/(1-p) = 0.111$.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **“加惩罚项”**（A12）　紧接着的词条 dropout 就没有惩罚项；提前停止、增加或扩充数据、标签平滑也都没有。更准确的说法是：为了在**没见过**的样本上做得更好而改动学习过程，哪怕训练损失因此变差，都叫正则化。
#
# **“降低模型复杂度”**（A13）　丢弃的单元下一次调用又回来了；评估时一个也不缺。给出答案的是整个网络，dropout 层本身也没有任何权重。它改变的是训练，办法是加噪声。取 $p = 0.1$ 和 $10^5$ 个 1：不缩放时均值为 0.900，缩放后为 1.000，方差是 $p/(1-p) = 0.111$。

# %%
kept = keep > 0
print(f"{kept.mean():.3f} {keep.mean():.3f} {keep.var():.4f}", list(layer.parameters()))
assert abs(kept.mean() - 0.9) < 0.0006 and abs(keep.mean() - 1) < 0.0006
assert abs(keep.var() - 0.1 / 0.9) < 0.004
assert not list(layer.parameters())

# %% [markdown] lang="en"
# **L2 and weight decay** are often taken for one thing (A112). Two weights start at 1; their loss is flat, their gradients are noise around 0, of
# size 0.01 and 100. So whatever shrinks them is the regulariser: $\lambda = 0.1$, $\eta = 0.001$, 3000 steps of Adam. Decay alone leaves $(1 - 0.0001)^{3000} = 0.741$.
# One seed runs here, ten are stored; "none" shows what noise alone does.

# %% [markdown] lang="zh"
# **L2 与权重衰减**常被当成一回事（A112）。设两个权重都从 1 出发，损失恒定不变，梯度只是以 0 为中心的噪声，一个大小为 0.01，另一个为 100。因此让它们缩小的只能是正则化：$\lambda = 0.1$，$\eta = 0.001$，Adam 走 3000 步。单靠衰减，两个权重都应剩下 $(1 - 0.0001)^{3000} = 0.741$。这里现场运行一个种子，另存有十个种子的结果；`none` 一行表明光靠噪声会走多远。

# %%
print(read_settings("shrinkage"))
paths, live = read_study("shrinkage"), shrinkage.measure(shrinkage.STUDY.settings, 0)
print("weights after 3000 steps, gradient noise 0.01 and 100 (10 seeds, 95 %)")
for form, path in paths.items():
    mean, half = mean_and_interval(path[:, -1])  # (2,), (2,)
    print(f"{form:10s}", *(f"{m:6.3f} ± {h:.3f}" for m, h in zip(mean, half, strict=True)))
    assert np.allclose(live[form], path[0], atol=0.01)
pure = (1 - 1e-4) ** 3000
assert np.isclose(pure, 0.741, atol=0.001)
assert np.abs(paths["L2"][:, -1, 0]).max() < 0.02
assert np.abs((paths["L2"] - paths["none"])[:, -1, 1]).max() < 0.01
mean, half = mean_and_interval(paths["decoupled"][:, -1])
assert np.allclose(mean, [0.752, 0.760], atol=0.001) and (np.abs(mean - pure) < half).all()

# %% [markdown] lang="en"
# With L2 the quiet weight is gone and the noisy one stands where noise alone leaves it: Adam makes full steps of a pull that nothing opposes, and divides it by 100 where the noise
# is 100. Decoupled decay shrinks both alike, to 0.752 and 0.760 (0.741 is in both intervals). So a $\lambda$ that suits one says nothing about the other.
#
# **A remedy for the mismatch?** That both lower the risk of over-fitting is right; the guide counts them among the remedies for the mismatch too (9.3, point 3).
# Here the training data mislead. The class is $\pm 1$; the *core* feature is the class plus standard normal noise; a *clue* agrees with
# the class in 95 % of the training examples, and in 5 % after a shift. Logistic regression on 1000 examples; the clue is $\pm 2$ or, in a second experiment, $\pm \tfrac12$.
# *Reweighted* gives each of the four groups (class, clue) the same total weight.

# %% [markdown] lang="zh"
# 用 L2 时，噪声小的权重变成了零，噪声大的权重停在只有噪声时的位置：惩罚的拉力如果没有别的力量抵消，Adam 会把它放大成整步；噪声为 100 时，拉力却被除以 100。解耦的衰减对两个权重一样，分别剩下 0.752 和 0.760（0.741 都在区间之内）。可见适合 L2 的 $\lambda$ 与适合解耦衰减的 $\lambda$ 不能通用。
#
# **能治泛化不匹配吗？**（9.3 节第 3 条）　指南说它们能降低过拟合的风险，这没有错；但又把它们列为泛化不匹配的解法。下面的训练数据会误导模型。类别是 $\pm 1$；**核心特征**等于类别加标准正态噪声；另有一条**线索**，在训练样本中有 95% 与类别一致，分布偏移之后只有 5% 一致。用 1000 个样本做逻辑回归。线索的取值，一次实验取 $\pm 2$，另一次取 $\pm \tfrac12$。**重加权**（reweighted）让（类别，线索）四个组的总权重相等。

# %%
print(read_settings("spurious"))
shift, live = read_study("spurious"), spurious.measure(spurious.STUDY.settings, 0)
print("accuracy (%), 10 seeds      clue 2: same, shifted      clue 1/2: same, shifted")
for method, scores in shift.items():
    mean, half = (100 * a.ravel() for a in mean_and_interval(scores))  # (4,), (4,)
    print(f"{method:14s}", *(f"{m:9.1f} ± {h:.1f}" for m, h in zip(mean, half, strict=True)))
    assert np.allclose(live[method], scores[0], atol=1e-3)
mean = {method: scores.mean(axis=0) for method, scores in shift.items()}  # (2, 2) each
assert np.allclose(mean["plain"], [[0.959, 0.370]] * 2, atol=0.001)
assert np.allclose(mean["L2 1"], [[0.950, 0.055], [0.890, 0.771]], atol=0.001)
assert np.allclose(mean["dropout 0.3"], mean["plain"], atol=0.003)
assert np.allclose(mean["reweighted"], [[0.849, 0.831]] * 2, atol=0.001)
assert all((mean["plain"] > mean[f"L2 {s}"])[:, 0].all() for s in ("0.01", "0.1", "1"))
assert np.isclose(clue.normal(1), 0.841, atol=0.001)

# %% [markdown] lang="en"
# Plain regression is right on 95.9 % of its own world and 37.0 % of the shifted one; dropout changes next to nothing. L2 with $\lambda = 1$ gives 5.5 % if the clue is large, 77.1 % if it is small. A penalty
# knows sizes, not honesty: it gives up first what needs a large weight. And at home no $\lambda$ gains anything ($\lambda = 1$: 95.0 % and 89.0 %), so validation has no reason to choose one.
# Reweighting gives 83.1 % after the shift, where the core alone allows 84.1 %. It costs 11.0 points at home, and somebody has to name the clue. A later lesson has the whole of mismatched generalisation.

# %% [markdown] lang="zh"
# 不加正则化时，在与训练数据同分布的样本上，准确率为 95.9%，偏移之后只剩 37.0%；dropout 几乎不起作用。L2 取 $\lambda = 1$，线索数值大时偏移后为 5.5%，数值小时为 77.1%。惩罚只看大小，不辨真伪：哪个特征需要大权重，它就先舍弃哪个。而且在同分布的样本上，没有哪个 $\lambda$ 带来提高（$\lambda = 1$ 时为 95.0% 与 89.0%），只看验证结果，没有理由选用它。重加权之后，偏移后的准确率为 83.1%，而单凭核心特征最多也只有 84.1%；代价是同分布的准确率降了 11.0 个百分点，还得有人指出线索是什么。泛化不匹配的全貌，后面另有一课。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# **(a) The path of ridge regression.** Three features at right angles, of lengths 4, 1 and 1/4. Then the closed form leaves of each weight the share
#
# $$\frac{w_j(\lambda)}{w_j(0)} = \frac{\lVert x_j \rVert^2}{\lVert x_j \rVert^2 + \lambda}.$$
#
# We also walk there by gradient descent with the penalised gradient of section 3.

# %% [markdown] lang="zh"
# ## 6 实验
#
# **（a）岭回归的路径**　取三个相互正交的特征，长度为 4、1 和 1/4。由闭式解，各权重剩下的比例是
#
# $$\frac{w_j(\lambda)}{w_j(0)} = \frac{\lVert x_j \rVert^2}{\lVert x_j \rVert^2 + \lambda}.$$
#
# 再用第 3 节带惩罚的梯度做梯度下降，看是否走到同一点。

# %%
lengths = np.array([4.0, 1.0, 0.25])  # (3,)
q, _ = np.linalg.qr(rng.standard_normal((20, 3)))  # (20, 3), orthonormal columns
x = q * lengths  # (20, 3)
y = x @ np.ones(3) + 0.1 * rng.standard_normal(20)  # (20,)
strengths = 10.0 ** np.arange(-3, 4)  # (7,)
start = ridge(x, y, 0.0)  # (3,)
walked = []
for strength in strengths:
    w = np.zeros(3)
    for _ in range(8000):
        w = w - ridge_gradient(w, x, y, strength) / (lengths[0] ** 2 + strength)
    walked.append(w)
closed = np.array([ridge(x, y, strength) for strength in strengths])  # (7, 3)
shares = lengths**2 / (lengths**2 + strengths[:, None])  # (7, 3)
print("largest difference:", np.abs(walked - closed).max())
assert np.allclose(walked, closed, rtol=0, atol=1e-9)
assert np.allclose(closed / start, shares)

# %%
figure, (left, right) = plt.subplots(1, 2)
fine = np.geomspace(1e-3, 1e3, 61)  # (61,)
styles = ("o-", "s--", "^:")
for j, (length, style) in enumerate(zip(lengths, styles, strict=True)):
    (line,) = left.semilogx(fine, length**2 / (length**2 + fine), style[1:])
    left.plot(
        strengths,
        np.array(walked)[:, j] / start[j],
        style[0],
        color=line.get_color(),
        label=rf"$\Vert x_j \Vert = {length:g}$",
    )
left.set(xlabel=r"$\lambda$", ylabel=r"share kept, $w_j(\lambda) / w_j(0)$")
left.legend()
steps = np.arange(16) * 200  # (16,)
for form, marks in (("L2", ("o-", "s-")), ("decoupled", ("^--", "v--"))):
    mean, half = mean_and_interval(paths[form])  # (16, 2), (16, 2)
    for j, (noise, mark) in enumerate(zip(("0.01", "100"), marks, strict=True)):
        right.errorbar(
            steps, mean[:, j], half[:, j], fmt=mark, ms=4, lw=1, label=f"{form}, noise {noise}"
        )
right.plot(steps, (1 - 1e-4) ** steps, color="gray", lw=1)
right.set(xlabel="steps of Adam", ylabel="weight", ylim=(-0.1, 1.15))
right.legend(fontsize=8, loc="center right", bbox_to_anchor=(1, 0.47))
savefig(
    figure,
    "14_path",
    {
        "lambda": strengths,
        "share": shares,
        "steps": steps,
        "L2": paths["L2"].mean(axis=0),
        "decoupled": paths["decoupled"].mean(axis=0),
    },
)

# %% [markdown] lang="en"
# Left: lines are the formula, points the descent. A weight is halved at $\lambda = \lVert x_j \rVert^2$: small features give way first, hence the two
# columns of section 5. Right: Adam's paths, 95 % intervals over ten seeds; grey is pure decay.
#
# **(b) Dropout as a penalty.** In a linear model, dropout on the *input* does amount to a penalty. The mean of $(y - w \cdot (x \odot k))^2$ over the noise is the squared mean plus the variance:
#
# $$\mathrm{E} \sum_i \big(y_i - w \cdot (x_i \odot k)\big)^2 = \sum_i (y_i - w \cdot x_i)^2 + \frac{p}{1-p} \sum_j w_j^2 \sum_i x_{ij}^2.$$
#
# Three features have eight masks, so both sides can be computed exactly.

# %% [markdown] lang="zh"
# 左图：线是公式，点是梯度下降的结果。$\lambda = \lVert x_j \rVert^2$ 时权重恰好减半：数值小的特征先让步。第 5 节表中两种线索结果相反，道理就在这里。右图：Adam 的四条路径，误差线是十个种子的 95% 区间，灰线是纯衰减。
#
# **（b）dropout 相当于哪种惩罚**　对线性模型，在**输入**上做 dropout 确实相当于一项惩罚。$(y - w \cdot (x \odot k))^2$ 对噪声求期望，等于均值的平方加上方差：
#
# $$\mathrm{E} \sum_i \big(y_i - w \cdot (x_i \odot k)\big)^2 = \sum_i (y_i - w \cdot x_i)^2 + \frac{p}{1-p} \sum_j w_j^2 \sum_i x_{ij}^2.$$
#
# 三个特征只有八种掩码，两边都能精确算出来。


# %%
def expected_loss(w, x, y, rate):
    total = 0.0
    for mask in np.ndindex(*[2] * len(w)):  # all 2^d masks
        kept = np.array(mask)  # (d,)
        probability = np.where(kept, 1 - rate, rate).prod()
        total += probability * ((y - (x * kept / (1 - rate)) @ w) ** 2).sum()
    return total


for rate in (0.1, 0.5, 0.9):
    w = rng.standard_normal(3)
    penalty = rate / (1 - rate) * (w**2 * (x**2).sum(axis=0)).sum()
    both = expected_loss(w, x, y, rate), ((y - x @ w) ** 2).sum() + penalty
    print(rate, *both)
    assert np.isclose(*both, rtol=1e-12)

# %% [markdown] lang="en"
# Each weight is charged in the units of its own feature: scale a feature, and its weight makes up for it. So dropout treated both clues alike in section 5. Behind a nonlinearity the identity is lost.
#
# **(c) The gap.** A small BERT (width 32, one block) learns 200 news items of four topics in 280 updates, 40 passes; 1000 others test it. `Recipe` holds the settings of a run,
# `ClassifierTraining` runs it, `accuracy` scores it: see `minillm/labs/regularization/gap.py`. Under a learning rate that rises and falls (`optim.linear_with_warmup`), AdamW's decay alone leaves the share
# $\prod_t (1 - \eta_t \lambda)$ of a weight; it reaches matrices, while biases and the vectors of normalisations keep all. Every seed has its own 200 items.

# %% [markdown] lang="zh"
# 每个权重的惩罚都以自己那个特征的大小为单位：特征放大几倍，权重缩小几倍就抵消了。所以在第 5 节，dropout 对两种线索的作用相同。后面一旦接上非线性，这个等式就不成立了。
#
# **（c）差距**　一个小 BERT（宽 32，一层）学习 200 条新闻，共四个主题，过 40 遍，更新 280 次；再用另外 1000 条来测试。`Recipe` 记下一次运行的全部设定，`ClassifierTraining` 执行，`accuracy` 评分，详见 `minillm/labs/regularization/gap.py`。学习率先升后降（`optim.linear_with_warmup`），单靠 AdamW 的衰减，一个权重会剩下原来的 $\prod_t (1 - \eta_t \lambda)$；衰减的只是矩阵，偏置和归一化的向量不衰减。每个种子各有自己的 200 条新闻。

# %%
rates, decays = [0, 0.1, 0.2, 0.3, 0.5], [0, 0.01, 1, 3, 10, 30]
schedule = optim.linear_with_warmup(peak=1e-3, warmup=28, total=280)
etas = np.array([schedule(step) for step in range(280)])  # (280,)
left_over = np.array([np.prod(1 - etas * decay) for decay in decays])  # (6,)
print("left by decay alone:", dict(zip(decays, left_over.round(3).tolist(), strict=True)))
assert np.isclose(1 - left_over[1], 0.0014, atol=0.0001) and left_over[5] < 0.02

print(read_settings("gap"))
study = read_study("gap")  # dropout (10, 5, 3), decay (10, 6, 3): train, dev, test
for name, place, live in (
    ("dropout", 0, gap.three_accuracies(gap.STUDY.settings, 0)),
    ("dropout", 1, gap.three_accuracies(gap.with_dropout(gap.STUDY.settings, 0.1), 0)),
    ("decay", 3, gap.three_accuracies(gap.with_decay(gap.STUDY.settings, 3.0), 0)),
):
    print(name, place, "train, dev, test:", live.round(3), "stored:", study[name][0, place])
    assert np.allclose(live, study[name][0, place], atol=0.06)

# %%
figure, axes = plt.subplots(1, 2, sharey=True)
numbers = {}
for panel, name, places in ((axes[0], "dropout", rates), (axes[1], "decay", range(6))):
    mean, half = (100 * a for a in mean_and_interval(study[name]))  # (settings, 3)
    for part, style, i in (("training items", "o-", 0), ("unseen items", "s--", 2)):
        panel.errorbar(places, mean[:, i], half[:, i], fmt=style, capsize=3, label=part)
    panel.axhline(mean[0, 2], color="gray", lw=0.8)
    numbers |= {name: mean, f"{name}_interval": half}
axes[0].set(xlabel="dropout rate $p$", ylabel="accuracy (%)", ylim=(20, 104), xticks=rates)
axes[1].set(xlabel=r"decoupled decay $\lambda$", xticks=range(6), xticklabels=decays)
axes[0].legend(loc="lower left")
savefig(figure, "14_gap", numbers)

# %% [markdown] lang="en"
# Chosen by the test score, a strength would turn that score into a training score. So each seed chooses on 500 further items (*dev*), "none" among the choices, and reports on test.

# %% [markdown] lang="zh"
# 哪种强度最好？如果按测试分数来选，测试分数就成了训练分数。所以每个种子都另用 500 条（**开发集**）来选，“不用正则化”也在候选之列，然后才报告测试集上的结果。

# %%
for name, values in (("dropout", rates), ("decay", decays)):
    chosen = gap.chosen_by_dev(study[name])  # (10, 3): dev, test, which setting
    gain, half = mean_and_interval(100 * (chosen[:, 1] - study[name][:, 0, 2]))
    counts = np.bincount(chosen[:, 2].astype(int), minlength=len(values))
    print(
        f"{name}: test {gain:+.1f} ± {half:.1f} points; chosen",
        dict(zip(values, counts.tolist(), strict=True)),
    )
    assert np.allclose([gain, half], {"dropout": [5.5, 1.8], "decay": [7.7, 1.6]}[name], atol=0.06)
train, unseen = study["dropout"].mean(axis=0)[:, [0, 2]].T
assert train[0] == 1 and np.allclose(unseen[[0, 1, 3, 4]], [0.797, 0.842, 0.799, 0.335], atol=0.001)
train, unseen = study["decay"].mean(axis=0)[:, [0, 2]].T
assert np.allclose(unseen[[1, 4, 5]], [0.797, 0.874, 0.369], atol=0.001)
assert (train - unseen).argmin() == 5 and unseen.argmin() == 5
assert (train - unseen)[3] > 0.5 * (train - unseen)[0]

# %% [markdown] lang="en"
# **What you saw.** Without either (grey): 100 % on the items learned, 79.7 % on others. Dropout chosen on dev adds $5.5 \pm 1.8$ points, decay $7.7 \pm 1.6$, each seed against itself (the figure's intervals
# are wider: the items differ too). The usual $\lambda = 0.01$ does nothing: 280 updates shrink a weight by 0.14 %. Too much is worse than none: $p = 0.5$ gives 33.5 %, $\lambda = 30$ gives 36.9 %. And the smallest gap, at $\lambda = 30$, belongs to the worst model: the aim is the score on unseen items, not a small gap.
#
# **What it does not show.** Most of the gap is still there. A high rate learns slowly and might do better with more updates; all had 280. And the unseen items come from the same source; for others see section 5.

# %% [markdown] lang="zh"
# **看到了什么**　灰线是什么都不用的情形：学过的新闻答对 100%，没学过的答对 79.7%。在开发集上选定强度之后，dropout 让测试集上升 $5.5 \pm 1.8$ 个百分点，衰减上升 $7.7 \pm 1.6$ 个百分点，都是同一个种子前后相比（图中的区间更宽，因为各组新闻本身也有差别）。常用的 $\lambda = 0.01$ 不起作用，因为 280 次更新只让权重缩小 0.14%。用过了头还不如不用：$p = 0.5$ 时只有 33.5%，$\lambda = 30$ 时只有 36.9%。而差距最小的恰恰是 $\lambda = 30$，也就是最差的模型。可见目标不是差距小，而是没见过的样本答得好。
#
# **不能由此得出的**　大部分差距依然还在。丢弃率高则学得慢，多更新几次也许会好些，而这里一律只有 280 次。再说，没见过的新闻与学过的出自同一来源；来源不同会怎样，请看第 5 节。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * L2 adds $\lambda\theta$ to the gradient. In SGD that is weight decay; in Adam it is not. Decoupled decay shrinks all weights at one rate.
# * Dropout multiplies by noise of mean 1 and variance $p/(1-p)$, in training only; the factor is $1/(1-p)$.
# * They cure over-fitting, in part: examples of the same kind as those learned. Choose the strength on dev, report on test.
# * They do not cure a shift, nor objectives that contradict each other: the data and the aims stay what they were.
# * More data of the right kind regularises too; it was not tried here.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * L2 给梯度添上 $\lambda\theta$。在 SGD 中它就是权重衰减，在 Adam 中却不是；解耦的衰减让所有权重按同一速率缩小。
# * dropout 乘以均值为 1、方差为 $p/(1-p)$ 的噪声，只用于训练；留下的单元乘以 $1/(1-p)$。
# * 它们治的是过拟合，而且只治好一部分，仅限于与所学同类的样本。强度在开发集上选，结果在测试集上报告。
# * 它们治不了分布偏移，也治不了彼此矛盾的目标，因为数据没有变，目标也没有变。
# * 增加合适的数据也是正则化，本课没有试。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# **14.1 Dropout.** `dropout(x, rate, rng, training)`, as in section 3, returns `(y, keep)`: the result, and every unit's factor in the shape of `x`; `x` stays as it was. Noise comes from `rng`. With
# `training=False` nothing happens and all factors are 1.

# %% [markdown] lang="zh"
# ## 8 练习
#
# **14.1 dropout**　请按第 3 节的定义写 `dropout(x, rate, rng, training)`，返回 `(y, keep)`：结果，以及每个单元的系数，后者是与 `x` 同形状的数组；`x` 本身不可改动。噪声取自 `rng`。评估时 `training=False`，什么也不做，系数全为 1。


# %% tags=["exercise"]
def dropout(x, rate, rng, training):
    return ...  # y, keep


# %% tags=["solution"]
def dropout(x, rate, rng, training):
    if not training:
        return x, np.ones_like(x)
    keep = (rng.random(x.shape) >= rate) / (1 - rate)
    return x * keep, keep


# %% tags=["exercise-check"]
check("14.1", dropout)

# %% [markdown] lang="en"
# **14.2 Where the two part.** (a) Write step number `t` of Adam (from 1; `betas` 0.9 and 0.999, $\epsilon = 10^{-8}$) with L2 in the gradient or, if `decoupled`, with decay beside the step. Return the new `w`, `m`, `v`;
# only the step uses $\hat m = m / (1 - 0.9^t)$ and $\hat v = v / (1 - 0.999^t)$. (b) `parting(w, gradients)` runs both forms from the number `w`, moments 0, `lr = strength = 0.1`, and returns the first step
# after which the weights differ by more than $10^{-9}$, or 0. Guess first: from $w = 1$? From $w = 0$?

# %% [markdown] lang="zh"
# **14.2 二者在哪一步分开**　（a）请写 Adam 的第 `t` 步（从 1 数起），`betas` 取 0.9 和 0.999，$\epsilon = 10^{-8}$：L2 加在梯度里；若 `decoupled` 为真，则衰减不进梯度，直接加到这一步上。返回新的 `w`、`m`、`v`。`m` 和 `v` 是梯度与其平方的滑动平均（一阶矩和二阶矩），从 0 开始，返回时不作修正，只有走步时才用 $\hat m = m / (1 - 0.9^t)$ 和 $\hat v = v / (1 - 0.999^t)$。（b）`parting(w, gradients)` 从数 `w` 出发，取 `lr = strength = 0.1`，两种形式各走一遍，返回权重相差首次超过 $10^{-9}$ 的那一步；始终不分开则返回 0。先猜一猜：从 $w = 1$ 出发呢？从 $w = 0$ 出发呢？


# %% tags=["exercise"]
def adam_step(w, g, m, v, t, *, lr, strength, decoupled):
    return ...  # w, m, v


def parting(w, gradients):
    return ...


# %% tags=["solution"]
def adam_step(w, g, m, v, t, *, lr, strength, decoupled):
    pull = strength * w
    g = g if decoupled else g + pull
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - lr * (step + pull if decoupled else step), m, v


def parting(w, gradients):
    states = {False: (w, 0.0, 0.0), True: (w, 0.0, 0.0)}
    for t, g in enumerate(gradients, start=1):
        for decoupled, (here, m, v) in states.items():
            states[decoupled] = adam_step(
                here, g, m, v, t, lr=0.1, strength=0.1, decoupled=decoupled
            )
        if abs(states[True][0] - states[False][0]) > 1e-9:
            return t
    return 0


# %% tags=["exercise-check"]
check("14.2", adam_step, parting)

# %% [markdown] lang="en"
# **14.3 Choose, then report.** `train`, `dev` and `test` are pairs `(x, y)`; every model is fitted on `train` alone. `choose(strengths, train, dev, test)` returns the $\lambda$ of ridge regression (section 3) that you would use, and the mean squared
# error that you would publish.

# %% [markdown] lang="zh"
# **14.3 先选，再报告**　`train`、`dev`、`test` 各是一对 `(x, y)`，模型一律只在 `train` 上拟合。请写 `choose(strengths, train, dev, test)`：岭回归（第 3 节）该用哪个 $\lambda$？该公布的均方误差是多少？两者一并返回。


# %% tags=["exercise"]
def choose(strengths, train, dev, test):
    return ...  # strength, error


# %% tags=["solution"]
def choose(strengths, train, dev, test):
    def error(strength, part):
        x, y = part
        return ((x @ ridge(*train, strength) - y) ** 2).mean()

    best = min(strengths, key=lambda strength: error(strength, dev))
    return best, error(best, test)


# %% tags=["exercise-check"]
check("14.3", choose)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 9.1 for linear regression, section 10 for the scaling.
# * Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization".
# * Goodfellow, Bengio & Courville 2016, "Deep Learning", chapter 7. Krogh & Hertz 1991, "A Simple Weight Decay Can Improve Generalization".
# * Vaswani et al. 2017, "Attention Is All You Need", section 5.4: where a Transformer drops.
# * Sagawa et al. 2020, "Distributionally Robust Neural Networks for Group Shifts": reweighting, and why it needs strong regularisation in large networks.
# * In this project: `minillm/nn/dropout.py`, `minillm/optim/adam.py`, `minillm/optim/groups.py`, `minillm/tasks/classifier_training.py`, `minillm/labs/regularization/`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Srivastava 等，2014，“Dropout: A Simple Way to Prevent Neural Networks from Overfitting”；线性回归见 9.1 节，缩放见第 10 节。
# * Loshchilov、Hutter，2019，“Decoupled Weight Decay Regularization”。
# * Goodfellow、Bengio、Courville，2016，“Deep Learning”，第 7 章；Krogh、Hertz，1991，“A Simple Weight Decay Can Improve Generalization”。
# * Vaswani 等，2017，“Attention Is All You Need”，5.4 节：Transformer 在哪些位置做 dropout。
# * Sagawa 等，2020，“Distributionally Robust Neural Networks for Group Shifts”：重加权，以及大网络为什么还要配上强正则化。
# * 本项目：`minillm/nn/dropout.py`、`minillm/optim/adam.py`、`minillm/optim/groups.py`、`minillm/tasks/classifier_training.py`、`minillm/labs/regularization/`。
