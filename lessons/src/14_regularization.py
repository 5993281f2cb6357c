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
#     introduces: [minillm.nn.dropout, minillm.ops.noise, minillm.optim.penalties, minillm.optim.groups, minillm.tasks.classifier_training, minillm.tasks.recipe, minillm.tasks.metrics]
# ---

# %% tags=["numbers"]
import numpy as np

from minillm.course.numbers import study
from minillm.labs import mean_and_interval
from minillm.labs.regularization.gap import chosen_by_dev
from minillm.labs.statistics import prediction_interval

shrunk, fits, sweeps = study("shrinkage"), study("spurious"), study("gap")
quiet, noisy = 0.01, 0.004  # a cell asserts both
ends = {form: shrunk[form][:, -1] for form in ("decoupled", "none")}  # (10, 2) each
minus = ends["none"] - ends["decoupled"]
low, high = prediction_interval(minus)
taken = {"quiet": minus[:, 0].mean(), "noisy": minus[:, 1].mean(), "pure": 1 - (1 - 1e-4) ** 3000}
taken |= {"low": low.min(), "high": high.max()}
low, high = prediction_interval(ends["decoupled"])
left = {"low": low.min(), "high": high.max()}

percent = {method: 100 * scores for method, scores in fits.items()}  # (10, 2, 2) each
plain = {"same": percent["plain"][:, 0, 0].mean(), "shifted": percent["plain"][:, 0, 1].mean()}
mean, half = mean_and_interval((percent["dropout 0.3"] - percent["plain"])[:, 0, 1])
dropout = {"mean": mean, "half": half}
large, small = percent["L2 1"][:, :, 1].mean(axis=0)
strong = {"large": large, "small": small}
large, small = (percent["L2 0.01"] > percent["plain"])[:, :, 0].sum(axis=0)
wins = {"large": large, "small": small}
again, price = percent["reweighted"][:, 0], percent["plain"] - percent["reweighted"]
low, high = prediction_interval(again[:, 1])
reweighted = {
    "shifted": again[:, 1].mean(),
    "low": low,
    "high": high,
    "price": price[:, 0, 0].mean(),
}
reweighted |= {"above": (again[:, 1] > 84.1345).sum()}


def summary(sweep):
    """A sweep of the gap: what the strength chosen on dev gains, the strongest, the gap left."""
    chosen = chosen_by_dev(sweep)
    gained = 100 * (chosen[:, 1] - sweep[:, 0, 2])
    gain, half = mean_and_interval(gained)
    low, high = prediction_interval(gained)
    train = sweep[np.arange(len(sweep)), chosen[:, 2].astype(int), 0]
    still = 100 * (train - chosen[:, 1]).mean() / (sweep[:, 0, 0] - sweep[:, 0, 2]).mean()
    seeds, most = (gained > 0).sum(), 100 * sweep[:, -1, 2].mean()
    found = {"gain": gain, "half": half, "low": low, "high": high, "seeds": seeds}
    return {**found, "most": most, "still": still}


dropped, decayed = summary(sweeps["dropout"]), summary(sweeps["decay"])
without = 100 * sweeps["decay"][:, 0].mean(axis=0)  # (3,)
none = {"learned": without[0], "unseen": without[2]}
gain, half = mean_and_interval(100 * (sweeps["decay"][:, 1, 2] - sweeps["decay"][:, 0, 2]))
usual = {"gain": gain, "half": half}
LITERALS = {
    "by hand, asserted in sections 2 and 3": "0.2 1.5 1.8 2.3 2.7 3.5 0.1 0.19 0.001 0.001999 0.003996 "
    "0.004 0.007996 0.02 0.18 0.9 0.9053 19 2.1 0.89",
    "Adam's usual settings": "0.999 10^-8",
    "the fraction one half, as LaTeX writes it": "12",
    "settings of the studies": "0.0001 0.01 0.5 4 5 10 30 32 40 95 100 200 280 500 1000 3000",
    "how many, and the first of a count": "0 1 2 3",
    "the number of ones in section 5": "10^5",
    "a setting of exercise 14.2": "10^-9",
}

# %% [markdown] lang="en"
# # Lesson 14. Regularisation: L2, weight decay, dropout
#
# **Question.** A model with more weights than examples can learn every example by heart. What makes it more often right on the next one?
#
# **Afterwards you can** write L2, decoupled weight decay and dropout, check their gradients, say why L2 in Adam is not
# weight decay, choose a strength without fooling yourself, and say what none of the three cures.
#
# **Before this**: lesson 1 (gradients, SGD and Adam, training a classifier), lesson 00 (intervals). **Time**: about twenty seconds to run, an hour to read.

# %% [markdown] lang="zh"
# # 第 14 课　正则化：L2、权重衰减与 dropout
#
# **问题**　权重比样本还多的模型，完全可以把每个样本背下来。怎样才能让它在下一个样本上也更常答对？
#
# **学完本课，你能够**　写出 L2、解耦的权重衰减和随机失活（dropout，也译作暂退法、丢弃法，以下用英文名），并检验它们的梯度；说清 Adam 里的 L2 为什么不是权重衰减；选定正则化的强度，又不拿测试集的准确率骗自己；说出什么是这三样都治不了的。
#
# **预备知识**　第 1 课（梯度、SGD 与 Adam、训练分类器）、第 0 课（置信区间）。**用时**　运行约二十秒，细读约一小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import Parameter, Tensor, check_vjp, gradients_of, nn, ops, optim
from minillm.course import check, savefig, setup, stated
from minillm.labs import mean_and_interval, read_settings, read_study
from minillm.labs.regularization import gap, shrinkage, spurious
from minillm.labs.statistics import prediction_interval
from minillm.labs.worlds import clue
from minillm.tasks import ClassifierTraining, Recipe

setup()

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 1.4.2 of the guide: *regularisation* adds a penalty term, against over-fitting; *dropout* regularises by dropping neurons at random, which
# lowers the complexity of the model. Of both it says that they improve generalisation. Section 9.3, point 3, names both among four remedies for conflicting objectives and mismatched generalisation. There is
# no formula. The penalty it means is
#
# $$L_\lambda(\theta) = L(\theta) + \frac{\lambda}{2} \lVert\theta\rVert^2.$$
#
# *Over-fitting* is a gap: good on the examples learned from, worse on others **of the same kind**. The last four words decide how much of section 9.3 is right.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 1.4.2 节有两个词条。**正则化**：加上一个惩罚项，防止过拟合，提高泛化能力。**dropout**：一种正则化方法，随机丢弃神经元，降低模型复杂度，提高泛化能力。9.3 节列出解决“冲突目标和泛化不匹配”的四种办法，第 3 条就是 L2 正则化和 dropout。指南没有给公式，它所指的惩罚是
#
# $$L_\lambda(\theta) = L(\theta) + \frac{\lambda}{2} \lVert\theta\rVert^2.$$
#
# **过拟合**说的是一种差距：学过的样本答得好，未见过的**同类**样本答得差。9.3 节说对了多少，就看“同类”这两个字。

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


in_one = w - lr * ((w - 1) + strength * w)
in_two = (1 - lr * strength) * w - lr * (w - 1)
assert np.allclose([in_one, in_two], 2.3), "one step, in one move and in two, as by hand"
lines = [ridge(points_x, points_y, s)[0] for s in (0, 4)]
assert np.allclose(lines, [1.8, 1.0]), "the two lines fitted by hand"
flat = ridge_gradient(np.ones(1), points_x, points_y, 4)
assert np.allclose(flat, 0), "at the minimum the penalised gradient is 0"

weight = Parameter(np.array([w]))
(gradient,) = gradients_of(strength * optim.l2_penalty([weight]), [weight])
assert np.allclose(gradient, strength * w), "the library's penalty has the gradient strength * w"
optim.SGD([weight], lr=lr, weight_decay=strength).step([np.array([w - 1])])
print(weight.data)
assert np.allclose(weight.data, 2.3), "the library's SGD makes the step made by hand"

# %% [markdown] lang="en"
# **Adam** keeps two running means, of the gradient $g_t$ of step $t$ and of its square, both from $m_0 = v_0 = 0$:
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2, \quad \hat m_t = \frac{m_t}{1 - \beta_1^t}, \quad \hat v_t = \frac{v_t}{1 - \beta_2^t}, \quad \theta_t = \theta_{t-1} - \eta\,\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}.$$
#
# The start at 0 makes both means too small: in $m_t$ all gradients together have the weight $1 - \beta_1^t$, not 1. Hence the hats.
# Usual are $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$. Two steps by hand, from $\theta_0 = 1$ with $\eta = 0.1$, without $\epsilon$:
#
# | $t$ | $g_t$ | $m_t$ | $v_t$ | $\hat m_t$ | $\hat v_t$ | $\hat m_t / \sqrt{\hat v_t}$ | $\theta_t$ |
# |---|---|---|---|---|---|---|---|
# | 1 | $2$ | $0.2$ | $0.004$ | $0.2 / 0.1 = 2$ | $0.004 / 0.001 = 4$ | $1$ | $0.9$ |
# | 2 | $-2$ | $0.18 - 0.2 = -0.02$ | $0.003996 + 0.004 = 0.007996$ | $-0.02 / 0.19 = -2/19$ | $0.007996 / 0.001999 = 4$ | $-1/19$ | $0.9 + 0.1/19 = 0.9053$ |
#
# The first step is $\eta$ long whatever the gradient's size; the second gradient undoes little of it, because the mean remembers the first.

# %% [markdown] lang="zh"
# **Adam** 记着两个滑动平均，$m_t$ 是第 $t$ 步梯度 $g_t$ 的，$v_t$ 是它的平方的，都从 $m_0 = v_0 = 0$ 开始：
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2, \quad \hat m_t = \frac{m_t}{1 - \beta_1^t}, \quad \hat v_t = \frac{v_t}{1 - \beta_2^t}, \quad \theta_t = \theta_{t-1} - \eta\,\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}.$$
#
# 从 0 开始，两个滑动平均都偏小：$m_t$ 里各个梯度的权重加起来只有 $1 - \beta_1^t$，不到 1，所以要除以这个和，得到带帽的 $\hat m_t$ 和 $\hat v_t$。通常取 $\beta_1 = 0.9$，$\beta_2 = 0.999$，$\epsilon = 10^{-8}$。下面手算两步，从 $\theta_0 = 1$ 出发，$\eta = 0.1$，略去 $\epsilon$：
#
# | $t$ | $g_t$ | $m_t$ | $v_t$ | $\hat m_t$ | $\hat v_t$ | $\hat m_t / \sqrt{\hat v_t}$ | $\theta_t$ |
# |---|---|---|---|---|---|---|---|
# | 1 | $2$ | $0.2$ | $0.004$ | $0.2 / 0.1 = 2$ | $0.004 / 0.001 = 4$ | $1$ | $0.9$ |
# | 2 | $-2$ | $0.18 - 0.2 = -0.02$ | $0.003996 + 0.004 = 0.007996$ | $-0.02 / 0.19 = -2/19$ | $0.007996 / 0.001999 = 4$ | $-1/19$ | $0.9 + 0.1/19 = 0.9053$ |
#
# 第一步更新量的大小总是 $\eta$，与梯度的大小无关；第二个梯度虽然与第一个相反，却只抵消了一小部分，因为滑动平均里还记着第一个。

# %%
by_hand = np.array(  # (2, 6)
    [(0.2, 0.004, 2, 4, 1, 0.9), (-0.02, 0.007996, -2 / 19, 4, -1 / 19, 0.9 + 0.1 / 19)]
)
theta = Parameter(np.ones(1))
adam = optim.Adam([theta], lr=0.1)
print("t      g       m          v      m hat   v hat    step     theta")
for t, g in ((1, 2.0), (2, -2.0)):
    adam.step([np.array([g])])
    m, v = adam.state["m"][0][0], adam.state["v"][0][0]
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    row = [m, v, m_hat, v_hat, m_hat / v_hat**0.5, theta.data[0]]
    print(t, f"{g:7.1f} {m:8.4f} {v:10.6f}", *(f"{number:8.4f}" for number in row[2:]))
    assert np.allclose(row, by_hand[t - 1], rtol=0, atol=1e-8), "the library's Adam, as by hand"

# %% [markdown] lang="en"
# **Reading the table**: a row for each step, the columns of the table above, as the library computes them.
#
# Now the penalty. Adam divides the gradient by its own recent size, so it matters whether $\lambda\theta$ goes through that division or around it.
# **L2**: the recursion gets $g_t = \nabla L + \lambda\theta_{t-1}$, and nothing else changes. ***Decoupled*** decay (AdamW): the recursion gets $g_t = \nabla L$ alone, and the decay stands beside the step:
#
# $$\theta_t = \theta_{t-1} - \eta \left(\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1}\right).$$
#
# Take the first step from $\theta_0 = 1$ with $g = 2$, $\eta = \lambda = 0.1$. With L2, $g$ becomes $2.1$, the step is
# still $0.1$, and $\theta_1 = 0.9$, as without any penalty. Decoupled, $\theta_1 = 1 - 0.1 \cdot (1 + 0.1) = 0.89$.
#
# By custom only matrices decay: `optim.decay_groups` spares biases and the *gains* of normalisation layers (a vector by which such a layer multiplies numbers that it has brought to one scale): they are not what combines inputs.

# %% [markdown] lang="zh"
# **读表**：每步一行，各列与上面的手算表相同，由程序库的 Adam 算出。
#
# 现在加上惩罚。Adam 把梯度除以它自己近来的大小，因此 $\lambda\theta$ 是一起被除，还是绕过这道除法，结果大不相同。用 **L2** 时，递推里取 $g_t = \nabla L + \lambda\theta_{t-1}$，其余不变；用**解耦**的衰减（AdamW）时，递推里只取 $g_t = \nabla L$，衰减另加在这一步上：
#
# $$\theta_t = \theta_{t-1} - \eta \left(\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1}\right).$$
#
# 从 $\theta_0 = 1$ 走第一步，取 $g = 2$，$\eta = \lambda = 0.1$：用 L2 时，$g$ 变成 $2.1$，更新量仍是 $0.1$，得 $\theta_1 = 0.9$，与没有惩罚时一模一样；用解耦的衰减，$\theta_1 = 1 - 0.1 \cdot (1 + 0.1) = 0.89$。
#
# 习惯上只让矩阵衰减。`optim.decay_groups` 不碰偏置，也不碰归一化层的**增益**（归一化层把各个数调到同一尺度之后，再逐个乘上的那个向量），因为这两样都不用来组合各个输入。


# %%
def first_step(optimizer, gradient):
    moved = Parameter(np.ones(1))
    optimizer([moved]).step([np.array([gradient])])
    return moved.data[0]


plain = first_step(lambda p: optim.Adam(p, lr=0.1), 2.0)
penalised = first_step(lambda p: optim.Adam(p, lr=0.1), 2.0 + 0.1 * 1.0)
decoupled = first_step(lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.1), 2.0)
print(f"first step: {plain:.4f} without, {penalised:.4f} with L2, {decoupled:.4f} decoupled")
assert np.allclose([plain, penalised, decoupled], [0.9, 0.9, 0.89]), "the first steps, as by hand"

linear = nn.Linear(3, 2, rng=np.random.default_rng(0))
adamw = optim.AdamW(optim.decay_groups(linear), weight_decay=0.1)
decay_of = zip(adamw.parameters, adamw.weight_decays, strict=True)
print([(p.shape, decay) for p, decay in decay_of])
assert adamw.weight_decays == [0.1, 0.0], "the matrix decays, the bias does not"

# %% [markdown] lang="en"
# **Dropout** with rate $p$ multiplies every unit by a factor of its own, drawn anew at each call and independently of the others, in training only:
#
# $$y = x \odot k, \qquad P(k_i = 0) = p, \qquad P\Big(k_i = \frac{1}{1-p}\Big) = 1 - p, \qquad \mathrm{E}\,k_i = 1, \quad \mathrm{Var}\,k_i = \frac{p}{1-p}.$$
#
# So the number of dropped units is itself random: of $n$ units $pn$ on average, with the variance $p(1-p)n$. The scaling in training is called *inverted*; it leaves nothing to do at evaluation.
# The way back needs the same factors.

# %% [markdown] lang="zh"
# **dropout** 以概率 $p$ 丢弃。每个单元乘以自己的系数，每次调用都重新抽取，各个单元互不相干，而且只在训练时进行：
#
# $$y = x \odot k, \qquad P(k_i = 0) = p, \qquad P\Big(k_i = \frac{1}{1-p}\Big) = 1 - p, \qquad \mathrm{E}\,k_i = 1, \quad \mathrm{Var}\,k_i = \frac{p}{1-p}.$$
#
# 因此丢弃多少个也是随机的：$n$ 个单元平均丢弃 $pn$ 个，方差为 $p(1-p)n$。在训练时就除以 $1-p$，这种做法叫 inverted dropout；这样评估时什么也不必做。反向传播要用同一组系数。


# %%
def dropout_rule(x, keep):
    def vjp(g):  # (...), dL/dy
        return (g * keep,)  # (...), dL/dx

    return x * keep, vjp


def draw_keep(shape, rate, rng):
    return (rng.random(shape) >= rate) / (1 - rate)  # 0 or 1 / (1 - p)


by_mask = np.array([dropout_rule(units, mask / (1 - 0.5))[0] for mask in masks])  # (2, 4)
assert np.allclose(by_mask, dropped_by_hand), "dropout under both masks, as by hand"
assert np.allclose(by_mask.mean(axis=0), units), "their mean is the input"
five = draw_keep((5, 4), 0.3, np.random.default_rng(3))  # (5, 4)
by_library = ops.dropout(np.tile(units, (5, 1)), keep=five).data  # (5, 4)
assert np.allclose(dropout_rule(units, five)[0], by_library), "the library's op does the same"

dropout_layer = nn.Dropout(0.3, rng=np.random.default_rng(3))
calls = [dropout_layer(Tensor(np.ones(1000))).data for _ in range(4)]
print("dropped of 1000 in each call:", [int((call == 0).sum()) for call in calls])
assert np.allclose(np.unique(calls), [0, 1 / 0.7]), "a factor is 0 or 1 / (1 - p)"
assert not np.array_equal(calls[0], calls[1]), "each call draws anew"
at_evaluation = dropout_layer.eval()(Tensor(units)).data
assert np.array_equal(at_evaluation, units), "at evaluation nothing happens"

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


rng = np.random.default_rng(4)
inputs = rng.standard_normal((6, 5))  # (6, 5)
held = draw_keep((6, 5), 0.2, rng)  # (6, 5)
errors = [
    check_vjp(penalty_rule, rng.standard_normal((4, 3)), rng=rng, strength=0.3),
    check_vjp(dropout_rule, inputs, rng=rng, keep=held),
    check_vjp(ops.dropout.rule, inputs, rng=rng, keep=held),
]
print("largest relative errors:", *(f"{error:.1e}" for error in errors))
assert max(errors) < 1e-7, "rules and central differences agree"

# %% [markdown] lang="en"
# A common mistake is to divide by $p$. On the way back only, the check notices it, except at $p = \tfrac12$, where $p = 1 - p$. Made both ways, forward and backward agree and the check is content:
# it knows derivatives, not intentions. Another test notices, that of the mean.

# %% [markdown] lang="zh"
# 一个常见的错误是把 $1 - p$ 写成 $p$。如果只在反向传播时写错，检验会发现，除非 $p = \tfrac12$，那时二者恰好相等。如果前向也写错了，前向与反向便彼此一致，检验就查不出来：它只管导数对不对，不管函数本身是不是你想要的。能发现这个错误的是另一项测试，就是看均值。


# %%
def planted_rule(x, keep, rate, both=False):
    wrong = (keep > 0) / rate  # 1 / p where it should be 1 / (1 - p)
    return x * (wrong if both else keep), lambda g: (g * wrong,)


generator = np.random.default_rng(5)
try:
    check_vjp(planted_rule, inputs, rng=generator, keep=held, rate=0.2)
except AssertionError as mistake:
    print(mistake)
else:
    raise RuntimeError("the wrong scale went unnoticed")

even = draw_keep((6, 5), 0.5, generator)
unseen_at_half = check_vjp(planted_rule, inputs, rng=generator, keep=even, rate=0.5)
unseen_both_ways = check_vjp(planted_rule, inputs, rng=generator, keep=held, rate=0.2, both=True)
assert max(unseen_at_half, unseen_both_ways) < 1e-7, "here the gradient check sees no mistake"
many = draw_keep(100_000, 0.1, generator)
wrong_mean = planted_rule(np.ones(100_000), many, 0.1, both=True)[0].mean()
print(f"mean of ones: {many.mean():.3f}, with 1 / p: {wrong_mean:.2f}")
assert abs(many.mean() - 1) < 0.005, "the right scale preserves the mean"
assert abs(wrong_mean - 0.9 / 0.1) < 0.05, "the wrong one multiplies it by (1 - p) / p"

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# **"Adding a penalty"** (A12). The next entry, dropout, adds no term to the loss; nor do early stopping or more data. And of those that do, not every one is a penalty on weights. *Label smoothing* asks for
# the probability $1 - \varepsilon + \varepsilon / K$ of the right class and $\varepsilon / K$ of each of the $K - 1$ others. Let $p$ be what the model says, $u$ equal probabilities $u_k = 1/K$. The *cross-entropy* $\mathrm{CE}(p)$ is $-\ln p_c$ with the right class $c$, and
# $\mathrm{KL}(u \,\Vert\, p) = \sum_k u_k \ln (u_k / p_k)$, the *Kullback-Leibler divergence*, says how far $p$ is from $u$: never negative, and zero only when $p = u$. Then
#
# $$-\sum_k u_k \ln p_k = \sum_k u_k \ln \frac{u_k}{p_k} - \sum_k u_k \ln u_k = \mathrm{KL}(u \,\Vert\, p) + \ln K,$$
#
# and since the wanted probabilities are $(1 - \varepsilon)$ times those of the label plus $\varepsilon u$, the loss is
#
# $$(1 - \varepsilon)\,\mathrm{CE}(p) + \varepsilon\,\big(\mathrm{KL}(u \,\Vert\, p) + \ln K\big).$$
#
# That is less of the cross-entropy, and a penalty on predictions that are far from $u$. Better: a regulariser is whatever we change in learning to do better on *unseen* examples, even at the cost of the training loss.

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# **“加惩罚项”**（A12）　紧接着的词条 dropout 并不往损失里加项，提前停止、增加数据也不加。加项的，也未必是对权重的惩罚。**标签平滑**要求正确类别的概率是 $1 - \varepsilon + \varepsilon / K$，其余 $K - 1$ 类各为 $\varepsilon / K$。记模型给出的分布为 $p$，均匀分布为 $u$，即 $u_k = 1/K$。**交叉熵** $\mathrm{CE}(p)$ 就是 $-\ln p_c$，$c$ 是正确类别；**KL 散度** $\mathrm{KL}(u \,\Vert\, p) = \sum_k u_k \ln (u_k / p_k)$ 衡量 $p$ 离 $u$ 多远，它不会是负数，只有 $p = u$ 时才为零。于是
#
# $$-\sum_k u_k \ln p_k = \sum_k u_k \ln \frac{u_k}{p_k} - \sum_k u_k \ln u_k = \mathrm{KL}(u \,\Vert\, p) + \ln K,$$
#
# 而标签平滑要求的概率，等于标签的概率乘以 $1 - \varepsilon$，再加上 $\varepsilon u$，所以损失等于
#
# $$(1 - \varepsilon)\,\mathrm{CE}(p) + \varepsilon\,\big(\mathrm{KL}(u \,\Vert\, p) + \ln K\big).$$
#
# 也就是交叉熵打了折扣，另加一项惩罚，罚的是远离 $u$ 的预测。更准确的说法是：为了在**未见过**的样本上做得更好而改动学习过程，哪怕训练损失因此变差，都叫正则化。

# %%
scores, epsilon, uniform = np.array([2.0, 0.5, -1.0, 0.0]), 0.1, np.full(4, 1 / 4)  # class 0 of 4
p = np.exp(scores) / np.exp(scores).sum()  # (4,)
wanted = (1 - epsilon) * np.eye(4)[0] + epsilon * uniform  # (4,)
smoothed = -wanted @ np.log(p)
cross_entropy, divergence = -np.log(p[0]), uniform @ np.log(uniform / p)
as_penalty = (1 - epsilon) * cross_entropy + epsilon * (divergence + np.log(4))
library = ops.smoothed_cross_entropy(scores[None], targets=np.array([0]), smoothing=epsilon)
print(f"smoothed {smoothed:.6f}, as cross-entropy and penalty {as_penalty:.6f}, {library.data:.6f}")
assert np.isclose(smoothed, as_penalty, rtol=1e-12), "label smoothing is a penalty on predictions"
assert np.isclose(smoothed, library.data, rtol=1e-12), "the library's loss is the same"

# %% [markdown] lang="en"
# **"Lowers the complexity"** (A13). What is dropped is back at the next call, and at evaluation nothing is missing: the whole network
# answers. The layer has no weights. What it changes is training, by noise. For $p = 0.1$ and $10^5$ ones the mean
# is 0.9 without the scale and 1 with it; the variance is $p/(1-p) = {here.variance}$.

# %% [markdown] lang="zh"
# **“降低模型复杂度”**（A13）　丢弃的单元下一次调用又回来了；评估时一个也不缺。给出答案的是整个网络，dropout 层本身也没有任何权重。它改变的是训练，办法是加噪声。取 $p = 0.1$ 和 $10^5$ 个 1：不缩放时均值为 0.9，缩放后为 1，方差是 $p/(1-p) = {here.variance}$。

# %%
ones_kept = draw_keep(100_000, 0.1, np.random.default_rng(13))  # (100000,)
unscaled = (ones_kept > 0).mean()
print(f"mean {unscaled:.3f}, scaled {ones_kept.mean():.3f}, variance {ones_kept.var():.3f}")
assert abs(unscaled - 0.9) < 0.004, "the mean without the scale, four standard errors"
assert abs(ones_kept.mean() - 1) < 0.0045, "the mean with it"
stated("variance", 0.1 / 0.9, 0.111, 0.0005, "p / (1 - p)")
assert abs(ones_kept.var() - 0.1 / 0.9) < 0.005, "the variance of the factors is p / (1 - p)"
assert not list(dropout_layer.parameters()), "a dropout layer has no weights"

# %% [markdown] lang="en"
# **L2 and weight decay** are often taken for one thing (A112). Two weights start at 1; their loss is flat, their gradients are noise around 0, of
# size 0.01 and 100. So whatever shrinks them is the regulariser: $\lambda = 0.1$, $\eta = 0.001$, 3000 steps of Adam. Decay alone leaves $(1 - 0.0001)^{3000} = {here.pure}$.
# One seed runs here, ten are stored; "none" shows what noise alone does, and each seed's forms meet the same noise.
#
# The interval of lesson 00, $\bar x \pm t_{n-1}\, s / \sqrt n$, is where the *mean* of all seeds lies. The result of one *further seed* scatters by itself and lies in a wider one,
#
# $$\bar x \pm t_{n-1}\, s\, \sqrt{1 + \frac1n},$$
#
# with $n = 10$ stored seeds more than three times as wide. Both are meant for differences of seed with seed too.

# %% [markdown] lang="zh"
# **L2 与权重衰减**常被当成一回事（A112）。设两个权重都从 1 出发，损失恒定不变，梯度只是以 0 为中心的噪声，一个大小为 0.01，另一个为 100。因此让它们缩小的只能是正则化：$\lambda = 0.1$，$\eta = 0.001$，Adam 走 3000 步。单靠衰减，两个权重都应剩下 $(1 - 0.0001)^{3000} = {here.pure}$。这里现场运行一个种子，另存有十个种子的结果；`none` 一行表明光靠噪声会走多远，同一种子的三种形式遇到的噪声完全相同。
#
# 第 0 课的区间 $\bar x \pm t_{n-1}\, s / \sqrt n$ 说的是所有种子的**均值**落在哪里。**再换一个种子**，结果本身还有波动，区间要宽一些：
#
# $$\bar x \pm t_{n-1}\, s\, \sqrt{1 + \frac1n},$$
#
# 存有 $n = 10$ 个种子时，这个区间的宽度是前者的三倍多。两种区间也都用于逐个种子的差值。


# %%
def for_a_further_seed(values):
    _, half = mean_and_interval(values)  # t s / sqrt(n)
    off = half * np.sqrt(len(values) + 1)  # t s sqrt(1 + 1 / n)
    return values.mean(axis=0) - off, values.mean(axis=0) + off


def tell(name, values, digits=1):
    """Mean, its interval, the interval for a further seed, and how many seeds are above 0."""
    numbers = (*mean_and_interval(values), *for_a_further_seed(values))
    centre, half, low, high = (f"{number:.{digits}f}" for number in numbers)
    over = f"{(values > 0).sum()} of {len(values)} above 0"
    print(f"{name:32s}{centre:>7s} ± {half}, further seed {low} to {high}, {over}")


trio = np.array([0.7, 0.8, 0.9])  # the accuracies of lesson 00
tell("three accuracies of lesson 00", trio, 2)
same = np.allclose(for_a_further_seed(trio), prediction_interval(trio))
assert same, "the formula for a further seed is the library's"

# %%
print(read_settings("shrinkage"))
paths = read_study("shrinkage")  # (10, 16, 2) each: seeds, points of the path, weights
live_paths = shrinkage.measure(shrinkage.STUDY.settings, 0)
print("             weight after 3000 steps         minus the one with none")
print("noise            0.01            100            0.01            100")
for form, path in paths.items():
    ends = np.concatenate([path[:, -1], (path - paths["none"])[:, -1]], axis=1)  # (10, 4)
    cells = (f"{m:6.3f} ± {h:.3f}" for m, h in zip(*mean_and_interval(ends), strict=True))
    print(f"{form:10s}", *cells, sep="  ")
    assert np.allclose(live_paths[form], path[0], atol=0.01), "the live seed is the stored one"
quiet, noisy = np.abs(paths["L2"][:, -1, 0]), (paths["L2"] - paths["none"])[:, -1, 1]
taken = (paths["none"] - paths["decoupled"])[:, -1]  # (10, 2)
stated("pure", (1 - 1e-4) ** 3000, 0.741, 0.0005, "what decay alone leaves")
assert quiet.max() < 0.01, "with L2 the quiet weight is gone in every seed"
assert np.abs(noisy).max() < 0.004, "the noisy weight stands where noise alone leaves it"
assert taken.min() > 0.24 and taken.max() < 0.28, "decoupled decay takes the same from both"

# %%
print(f"L2, quiet weight: at most {quiet.max():.4f} from 0")
print(f"L2, noisy weight: at most {np.abs(noisy).max():.4f} from where noise alone leaves it")
print(f"decay alone leaves {(1 - 1e-4) ** 3000:.3f} and takes {1 - (1 - 1e-4) ** 3000:.3f}")
for j, noise in enumerate(("0.01", "100")):
    tell(f"decay takes, noise {noise}", taken[:, j], 3)
for j, noise in enumerate(("0.01", "100")):
    tell(f"weight after decay, noise {noise}", paths["decoupled"][:, -1, j], 3)

# %% [markdown] lang="en"
# **Reading the tables**: means and their 95 % intervals over ten seeds; on the right each seed's weight minus the same seed's without regularisation. Below, what the text quotes: "decay takes" is the weight of "none" minus that of "decoupled", seed by seed; the text names the widest bounds of both weights.
#
# With L2 the quiet weight is gone, in all ten seeds it ends within {quiet:.2f} of 0, and the noisy one stands within {noisy:.3f} of where noise alone leaves it: Adam makes full steps of a pull that nothing else in the gradient opposes, and divides it by 100 where the noise
# is 100. Decoupled decay shrinks both alike: by {taken.quiet:.3f} and {taken.noisy:.3f}, where decay alone takes {taken.pure:.3f} (for a further seed expect {taken.low:.2f} to {taken.high:.2f}). Without the comparison noise hides it: the weight itself may end anywhere between {left.low:.2f} and {left.high:.2f}.
# So a $\lambda$ that suits one form says nothing about the other.
#
# **A remedy for the mismatch?** That both lower the risk of over-fitting is right; the guide counts them among the remedies for the mismatch too (section 9.3, point 3).
# *Mismatch* means here: the model is asked about examples of another kind than it learned from, and goes by a rule that held only among those.
# Here the training data mislead. The class is $\pm 1$; the *core* feature is the class plus standard normal noise; a *clue* agrees with
# the class in 95 % of the training examples, and in 5 % after a shift. The clue is $\pm 2$ or, in a second experiment, $\pm \tfrac12$.
# The learner is *logistic regression* on $n = 1000$ examples $x_i$, each of core and clue: a single linear layer and softmax with two classes, of whose logits only the difference $w \cdot x + b$ counts. It minimises
#
# $$P(y \mid x) = \frac{1}{1 + e^{-y (w \cdot x + b)}}, \qquad L(w, b) = -\sum_i a_i \ln P(y_i \mid x_i) + \frac{\lambda}{2} \lVert w \rVert^2, \qquad \frac{\partial L}{\partial w} = -\sum_i a_i \big(1 - P(y_i \mid x_i)\big)\, y_i x_i + \lambda w.$$
#
# Here $a_i$ is what example $i$ counts in the loss: $1/n$, as a rule. *Reweighted* takes $a_i = 1 / (4 n_g)$, where $n_g$ is the size of the group to which the example belongs, one of four (class, clue): all groups count equally, and an example of a rare
# group counts more. Without L2, $\lambda = 0$; `dropout 0.3` takes the expected loss over the four masks of the two features. The accuracies are exact: they are computed for the whole world, not counted on a test sample.

# %% [markdown] lang="zh"
# **读表**：十个种子的均值与 95% 区间；右边两列是每个种子的权重减去同一种子不用正则化（`none`）时的权重。下面一段输出是正文引用的数：decay takes 是同一种子 `none` 的权重减去 `decoupled` 的权重，further seed 是再换一个种子的区间；正文取两个权重中最宽的上下界。
#
# 用 L2 时，噪声小的权重变成了零，十个种子与 0 相差都不到 {quiet:.2f}；噪声大的权重与只有噪声时相差不到 {noisy:.3f}。惩罚的拉力如果没有别的梯度与之抵消，Adam 会把它放大成一整步；噪声为 100 时，拉力却被除以 100。解耦的衰减对两个权重一样，分别减去 {taken.quiet:.3f} 和 {taken.noisy:.3f}，单靠衰减应减去 {taken.pure:.3f}（再换一个种子，预计在 {taken.low:.2f} 到 {taken.high:.2f} 之间）。如果不与 `none` 相比，这一点会被噪声盖住：权重本身可以落在 {left.low:.2f} 到 {left.high:.2f} 之间的任何地方。可见适合 L2 的 $\lambda$ 与适合解耦衰减的 $\lambda$ 不能通用。
#
# **能治泛化不匹配吗？**（9.3 节第 3 条）　指南说它们能降低过拟合的风险，这没有错；但又把它们列为泛化不匹配的解法。这里的**不匹配**是说：要回答的样本与学过的不同类，而模型照搬了一条只在训练样本中成立的规律。下面的训练数据会误导模型。类别是 $\pm 1$；**核心特征**等于类别加标准正态噪声；另有一条**线索**，在训练样本中有 95% 与类别一致，分布偏移之后只有 5% 一致。线索的取值，一次实验取 $\pm 2$，另一次取 $\pm \tfrac12$。用 $n = 1000$ 个样本做**逻辑回归**，每个样本 $x_i$ 由核心特征和线索组成；模型就是一个线性层加上两个类别的 softmax，两个 logits 只有差 $w \cdot x + b$ 起作用。最小化的是
#
# $$P(y \mid x) = \frac{1}{1 + e^{-y (w \cdot x + b)}}, \qquad L(w, b) = -\sum_i a_i \ln P(y_i \mid x_i) + \frac{\lambda}{2} \lVert w \rVert^2, \qquad \frac{\partial L}{\partial w} = -\sum_i a_i \big(1 - P(y_i \mid x_i)\big)\, y_i x_i + \lambda w.$$
#
# 其中 $a_i$ 是第 $i$ 个样本在损失中的分量，通常是 $1/n$。**重加权**（reweighted）取 $a_i = 1 / (4 n_g)$，$n_g$ 是该样本所在组的大小；（类别，线索）共有四个组，这样各组的分量相等，组越小，其中每个样本就算得越重。不用 L2 时 $\lambda = 0$；`dropout 0.3` 对两个特征的四种掩码求损失的期望。准确率是按整个总体精确算出的，不是在测试样本上数出来的。

# %%
print(read_settings("spurious"))
shift = read_study("spurious")  # (10, 2, 2) each: seeds, size of the clue, world
live_shift = spurious.measure(spurious.STUDY.settings, 0)
print("accuracy (%), 10 seeds      clue 2: same, shifted      clue 1/2: same, shifted")
for method, scores_of in shift.items():
    mean, half = (100 * a.ravel() for a in mean_and_interval(scores_of))  # (4,), (4,)
    print(f"{method:14s}", *(f"{m:9.1f} ± {h:.1f}" for m, h in zip(mean, half, strict=True)))
    assert np.allclose(live_shift[method], scores_of[0], atol=1e-3), "the live seed is the stored"
gains = {f"{lam:g}": shift[f"L2 {lam:g}"] - shift["plain"] for lam in (0.01, 0.1, 1.0)}
print("seeds of ten in which L2 gains at home:")
for lam, gain in gains.items():
    large, small = (gain > 0)[:, :, 0].sum(axis=0)
    print(f"  lambda {lam:5s} clue 2: {large}, clue 1/2: {small}")
core_alone = stated("core", 100 * clue.normal(1), 84.1, 0.05, "the core alone is right so often")
worlds = np.array([scores_of.mean(axis=2) for scores_of in shift.values()])  # (6, 10, 2)
assert 100 * worlds.max() < core_alone + 0.01, "nobody beats the core in the mean of both worlds"
assert gains["0.01"][:, :, 0].max() < 0.001, "the weakest penalty gains next to nothing at home"
assert max(gains["0.1"][:, :, 0].max(), gains["1"][:, :, 0].max()) < 0, "the others lose there"
by_units = np.ptp(shift["dropout 0.3"], axis=1).max()
assert by_units < 1e-4, "dropout does not care how large the clue is"

# %%
moved = {name: 100 * (scores_of - shift["plain"]) for name, scores_of in shift.items()}
print("points gained on the plain fit, seed by seed")
tell("dropout 0.3, clue 2, shifted", moved["dropout 0.3"][:, 0, 1])
tell("reweighted, clue 2, same", moved["reweighted"][:, 0, 0])
print(f"most that L2 0.01 gains at home in a seed: {moved['L2 0.01'][:, :, 0].max():.3f} points")
after_shift = 100 * shift["reweighted"][:, 0, 1]  # (10,)
tell("reweighted, clue 2, shifted (%)", after_shift)
above_core = (after_shift > core_alone).sum()
print(f"the core alone is right on {core_alone:.1f} %; reweighted is above in {above_core} of 10")

# %% [markdown] lang="en"
# **Reading the table**: means and their 95 % intervals over ten seeds; for either size of the clue first the training world ("same"), then the shifted one. Below, how often L2 beats the plain fit in the training world; then differences from the plain fit, the interval for a further seed, and the core alone.
#
# Plain regression is right on {plain.same:.1f} % of its own world and {plain.shifted:.1f} % of the shifted one. Dropout moves the latter by ${dropout.mean:.1f} \pm {dropout.half:.1f}$ points on average: no cure. L2 with $\lambda = 1$ gives {strong.large:.1f} % if the clue is large, {strong.small:.1f} % if it is small. A penalty
# knows sizes, not honesty: it gives up first what needs a large weight. And a *development set* (*dev*, also called validation set: examples that are neither learned from nor kept for the last measurement, by which settings are chosen) would give no reason to choose it, if it came from the training world: there $\lambda = 0.1$ and $\lambda = 1$ lose in all ten seeds, and $\lambda = 0.01$ gains in {wins.large} of ten seeds with the large clue and in {wins.small} with the small one, by less than 0.1 points.
#
# Reweighting gives {reweighted.shifted:.1f} % after the shift (for a further seed expect {reweighted.low:.0f} to {reweighted.high:.0f}). It costs {reweighted.price:.1f} points at home, and somebody has to name the clue. The core alone is right on {here.core} % of either world.
# A fit to 1000 examples gives the clue a weight near 0, now above it, now below. Where it is negative, the model bets on the shift: more often right there, less often at home. That is why in {reweighted.above} of the ten seeds the accuracy after the shift is above {here.core} %.
# In the mean of both worlds nobody passes the core: together they are a world in which the clue agrees half of the time, and so says nothing.
#
# What data can do about a shift is the subject of lesson c1. The rest of mismatched generalisation has no lesson yet.

# %% [markdown] lang="zh"
# **读表**：十个种子的均值与 95% 区间；线索的两种大小各占两列，先是与训练数据同分布（same），后是偏移之后（shifted）。下面几行是 L2 在同分布上胜过不加正则化的种子数；再往下是与不加正则化相比的差值、再换一个种子的区间，以及只用核心特征的准确率。
#
# 不加正则化时，在与训练数据同分布的样本上，准确率为 {plain.same:.1f}%，偏移之后只剩 {plain.shifted:.1f}%。dropout 使后者平均变动 ${dropout.mean:.1f} \pm {dropout.half:.1f}$ 个百分点，治不了这个问题。L2 取 $\lambda = 1$，线索数值大时偏移后为 {strong.large:.1f}%，数值小时为 {strong.small:.1f}%。惩罚只看大小，不辨真伪：哪个特征需要大权重，它就先舍弃哪个。而且从同一分布取来的**开发集**（dev，又称验证集，即既不参加训练、也不留到最后测量、专供选择设定的样本）也给不出选用它的理由：同分布时，$\lambda = 0.1$ 和 $\lambda = 1$ 在十个种子上都变差；至于 $\lambda = 0.01$，线索数值大时十个种子里有 {wins.large} 个略有提高，数值小时有 {wins.small} 个，幅度都不到 0.1 个百分点。
#
# 重加权之后，偏移后的准确率为 {reweighted.shifted:.1f}%（再换一个种子，预计在 {reweighted.low:.0f}% 到 {reweighted.high:.0f}% 之间）；代价是同分布的准确率降了 {reweighted.price:.1f} 个百分点，还得有人指出线索是什么。单凭核心特征，两个分布上都能答对 {here.core}%。在 1000 个样本上拟合，线索的权重只是接近 0，时正时负；为负时，模型就等于押注会发生偏移：偏移之后对得多些，同分布时对得少些。十个种子里有 {reweighted.above} 个在偏移之后超过了 {here.core}%，就是这个缘故。两个分布平均起来，谁也超不过核心特征：合在一起看，线索对错各半，什么信息也没有。
#
# 面对分布偏移，从数据入手能做什么，见案例 c1；泛化不匹配的其他方面，目前还没有专门的一课。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# **(a) The path of ridge regression.** Three features at right angles, of lengths 4, 1 and 1/4. Then all products of two different features are 0, $X^\top X$ is diagonal with the entries $\lVert x_j \rVert^2$, and the closed form falls apart into
# $w_j = x_j \cdot y \,/\, (\lVert x_j \rVert^2 + \lambda)$. So of each weight the penalty leaves the share
#
# $$\frac{w_j(\lambda)}{w_j(0)} = \frac{\lVert x_j \rVert^2}{\lVert x_j \rVert^2 + \lambda}.$$
#
# We also walk there by gradient descent with the penalised gradient of section 3. With $\ell$ for the largest of the three lengths (`largest` in the code) the rate is $1 / (\ell^2 + \lambda)$: a step multiplies what weight $j$ lacks by
# $1 - (\lVert x_j \rVert^2 + \lambda) / (\ell^2 + \lambda)$, which lies from 0 to below 1, for no length is above $\ell$. So nothing diverges.

# %% [markdown] lang="zh"
# ## 6 实验
#
# **（a）岭回归的路径**　取三个相互正交的特征，长度为 4、1 和 1/4。不同特征两两的内积都是 0，所以 $X^\top X$ 是对角矩阵，对角元是 $\lVert x_j \rVert^2$，闭式解就拆成 $w_j = x_j \cdot y \,/\, (\lVert x_j \rVert^2 + \lambda)$。可见各权重剩下的比例是
#
# $$\frac{w_j(\lambda)}{w_j(0)} = \frac{\lVert x_j \rVert^2}{\lVert x_j \rVert^2 + \lambda}.$$
#
# 再用第 3 节带惩罚的梯度做梯度下降，看是否走到同一点。设 $\ell$ 是三个长度中最大的（代码中的 `largest`），学习率取 $1 / (\ell^2 + \lambda)$：每走一步，权重 $j$ 与终点的差距就乘以 $1 - (\lVert x_j \rVert^2 + \lambda) / (\ell^2 + \lambda)$；没有哪个长度超过 $\ell$，所以这个因子不小于 0，又小于 1，不会发散。


# %%
def descend(x, y, strength, largest):
    point = np.zeros(x.shape[1])  # (d,)
    for _ in range(8000):
        point = point - ridge_gradient(point, x, y, strength) / (largest**2 + strength)
    return point


draws = np.random.default_rng(6)
lengths = np.array([4.0, 1.0, 0.25])  # (3,)
angles, _ = np.linalg.qr(draws.standard_normal((20, 3)))  # (20, 3), orthonormal columns
features = angles * lengths  # (20, 3)
outcomes = features @ np.ones(3) + 0.1 * draws.standard_normal(20)  # (20,)
strengths = 10.0 ** np.arange(-3, 4)  # (7,)
free = ridge(features, outcomes, 0.0)  # (3,)
walked = np.array([descend(features, outcomes, s, lengths[0]) for s in strengths])  # (7, 3)
closed = np.array([ridge(features, outcomes, s) for s in strengths])  # (7, 3)
shares = lengths**2 / (lengths**2 + strengths[:, None])  # (7, 3)
print("largest difference:", np.abs(walked - closed).max())
assert np.allclose(walked, closed, rtol=0, atol=1e-9), "descent ends at the closed form"
assert np.allclose(closed / free, shares), "each weight keeps the share of the formula"


# %%
def draw_shares(axis):
    fine = np.geomspace(1e-3, 1e3, 61)  # (61,)
    for j, (length, style) in enumerate(zip(lengths, ("o-", "s--", "^:"), strict=True)):
        (line,) = axis.semilogx(fine, length**2 / (length**2 + fine), style[1:])
        label = rf"$\Vert x_j \Vert = {length:g}$"
        share = walked[:, j] / free[j]
        axis.plot(strengths, share, style[0], color=line.get_color(), label=label)
    axis.set(xlabel=r"$\lambda$", ylabel=r"share kept, $w_j(\lambda) / w_j(0)$")
    axis.legend()


def draw_paths(axis):
    steps = np.arange(16) * 200  # (16,)
    for form, marks in (("L2", ("o-", "s-")), ("decoupled", ("^--", "v--"))):
        means, halves = mean_and_interval(paths[form])  # (16, 2), (16, 2)
        for j, (noise, mark) in enumerate(zip(("0.01", "100"), marks, strict=True)):
            label = f"{form}, noise {noise}"
            axis.errorbar(steps, means[:, j], halves[:, j], fmt=mark, ms=4, lw=1, label=label)
    axis.plot(steps, (1 - 1e-4) ** steps, color="gray", lw=1, label="decay alone")
    axis.set(xlabel="steps of Adam", ylabel="weight", ylim=(-0.1, 1.15))
    axis.legend(fontsize=8, loc="center right", bbox_to_anchor=(1, 0.47))


# %%
figure, (left, right) = plt.subplots(1, 2)
draw_shares(left)
draw_paths(right)
plotted = {form: paths[form].mean(axis=0) for form in ("L2", "decoupled")}
numbers = {"lambda": strengths, "share": shares, "steps": np.arange(16) * 200, **plotted}
savefig(figure, "14_path", numbers)

# %% [markdown] lang="en"
# Left: lines are the formula, points the descent. A weight is halved at $\lambda = \lVert x_j \rVert^2$: small features give way first, hence the two
# columns of section 5. Right: Adam's paths, 95 % intervals over ten seeds; the two decoupled ones lie on each other and on pure decay.
#
# **(b) Dropout as a penalty.** In a linear model under squared error, dropout on the *input* does amount to a penalty. The mean of $(y - w \cdot (x \odot k))^2$ over the noise is the squared mean plus the variance:
#
# $$\mathrm{E} \sum_i \big(y_i - w \cdot (x_i \odot k)\big)^2 = \sum_i (y_i - w \cdot x_i)^2 + \frac{p}{1-p} \sum_j w_j^2 \sum_i x_{ij}^2.$$
#
# Three features have eight masks, so both sides can be computed exactly.

# %% [markdown] lang="zh"
# 左图：线是公式，点是梯度下降的结果。$\lambda = \lVert x_j \rVert^2$ 时权重恰好减半：数值小的特征先让步。第 5 节表中大小两种线索结果相反，道理就在这里。右图：权重（weight）随 Adam 的步数（steps）变化的四条路径，误差线是十个种子的 95% 区间；两条解耦（decoupled）的几乎重合，又与纯衰减（decay alone）的灰线重合。
#
# **（b）dropout 相当于哪种惩罚**　对用平方误差的线性模型，在**输入**上做 dropout 确实相当于一项惩罚。$(y - w \cdot (x \odot k))^2$ 对噪声求期望，等于期望的平方加上方差：
#
# $$\mathrm{E} \sum_i \big(y_i - w \cdot (x_i \odot k)\big)^2 = \sum_i (y_i - w \cdot x_i)^2 + \frac{p}{1-p} \sum_j w_j^2 \sum_i x_{ij}^2.$$
#
# 三个特征只有八种掩码，两边都能精确算出来。


# %%
def expected_loss(weights, x, y, rate):
    total = 0.0
    for mask in np.ndindex(*[2] * len(weights)):  # all 2^d masks
        kept = np.array(mask)  # (d,)
        probability = np.where(kept, 1 - rate, rate).prod()
        total += probability * ((y - (x * kept / (1 - rate)) @ weights) ** 2).sum()
    return total


tried = np.random.default_rng(8).standard_normal((3, 3))  # (3, 3)
print("rate   mean over the masks   loss and penalty")
for rate, weights in zip((0.1, 0.5, 0.9), tried, strict=True):
    penalty = rate / (1 - rate) * (weights**2 * (features**2).sum(axis=0)).sum()
    averaged = expected_loss(weights, features, outcomes, rate)
    penalised_loss = ((outcomes - features @ weights) ** 2).sum() + penalty
    print(f"{rate:4.1f} {averaged:21.10f} {penalised_loss:18.10f}")
    assert np.isclose(averaged, penalised_loss, rtol=1e-12), "the mean over all masks, exactly"

# %% [markdown] lang="en"
# **Reading the table**: a row for each rate; the two sides of the formula.
#
# Each weight is charged in the units of its own feature: a feature twice as large needs half the weight, and is charged the same. That much does not depend on the loss: a linear model sees of its input
# only the products $w_j k_j x_j$, which no change of units touches. So in section 5, where the loss is logistic, dropout treats both clues alike, though the identity above is one of squared error only. A network of several layers has no such identity either.

# %% [markdown] lang="zh"
# **读表**：每个丢弃率一行，后两列是等式的两边。
#
# 每个权重的惩罚都以自己那个特征的大小为单位：特征放大一倍，权重减半，惩罚不变。这一点与用哪种损失无关：线性模型从输入得到的只是乘积 $w_j k_j x_j$，换单位改变不了它。第 5 节用的是逻辑损失，上面的等式并不适用（它只对平方误差成立），但 dropout 对两种线索的作用仍然相同，就是这个缘故。多层网络同样没有这样的等式。

# %% [markdown] lang="en"
# **(c) The gap.** The learner is a small *BERT*. Lesson 7 takes it apart; for this experiment it is enough that it turns a text into four probabilities:
# each word becomes a vector of 32 numbers, and a vector for its place is added; one layer lets every word take something over from the others (attention) and then transforms each vector on its own;
# a small network makes four logits of the vector at the start of the text, and softmax makes of them the probabilities of the four topics. All its weights are random at first.
# With the first seed there are {here.weights:,.0f} of them, for 200 news items: it can learn every item by heart.
#
# It makes 280 updates, 40 passes over the items (epochs). 1000 others test it, and 500 further ones are the development set (section 5), by which strengths will be chosen. Every seed has its own 200 items to learn. `Recipe` holds the settings of a run, `ClassifierTraining` runs it.

# %% [markdown] lang="zh"
# **（c）差距**　要训练的是一个小 **BERT**。它的部件要到第 7 课才拆开来讲，做这个实验只须知道它把一条文本变成四个概率：每个词先变成一个 32 维的向量，再加上表示位置的向量；接下来有一层，让每个词从其他词那里取来一些信息（注意力），然后各个向量再分别作一次变换；最后取文本开头处的向量，经一个小网络得到四个 logits，再经 softmax 成为四个主题的概率。权重全部随机初始化。第一个种子的模型有 {here.weights:,.0f} 个权重，而要学的英文新闻只有 200 条，完全可以逐条背下来。
#
# 训练 40 轮（epoch），共更新 280 次。另有 1000 条作测试集，还有 500 条作开发集（见第 5 节），后面用它选定强度。要学的 200 条新闻，每个种子各不相同。一次运行的全部设定写在 `Recipe` 里，由 `ClassifierTraining` 执行。


# %%
def score(model, part):
    said = model.predict([text for text, _ in part])
    return float(np.mean([a == b for a, (_, b) in zip(said, part, strict=True)]))


corpus = gap.news("topics", "en")
items = corpus.train[:200]
sizes = {"max_length": 40, "width": 32, "n_layers": 1, "n_heads": 4}
neither = {"dropout": 0.0, "weight_decay": 0.0}
recipe = Recipe(pretrain_epochs=0, finetune_epochs=40, finetune_lr=1e-3, **sizes, **neither)
training = ClassifierTraining(recipe, items)
stated("weights", training.model.classifier.parameter_count(), 24516, 0, "weights of the model")
updates = [step.loss for step in training.finetune()]
classifier = training.result()
for text, label in items[:2]:
    print(f"{label:8s} {text}")
scored = [score(classifier, part) for part in (items, corpus.dev, corpus.test)]
print("right on the items learned, on 500 and on 1000 others:", scored)
assert len(updates) == 280, "40 passes over 200 items in batches of 32"

# %% [markdown] lang="en"
# Under a learning rate that rises and falls (`optim.linear_with_warmup`), AdamW's decay alone leaves the share
# $\prod_t (1 - \eta_t \lambda)$ of a weight; it reaches matrices, while biases and the vectors of normalisations keep all. The same training with dropout and with decay, and all ten seeds, from `minillm/labs/regularization/gap.py`:

# %% [markdown] lang="zh"
# 学习率先升后降（`optim.linear_with_warmup`），单靠 AdamW 的衰减，一个权重会剩下原来的 $\prod_t (1 - \eta_t \lambda)$；衰减的只是矩阵，偏置和归一化的向量不衰减。同样的训练，加上 dropout 或衰减，以及十个种子的全部结果，见 `minillm/labs/regularization/gap.py`：

# %%
rates, decays = [0, 0.1, 0.2, 0.3, 0.5], [0, 0.01, 1, 3, 10, 30]
schedule = optim.linear_with_warmup(peak=1e-3, warmup=28, total=280)
etas = np.array([schedule(step) for step in range(280)])  # (280,)
left_over = np.array([np.prod(1 - etas * decay) for decay in decays])  # (6,)
print("left by decay alone:", dict(zip(decays, left_over.round(3).tolist(), strict=True)))
stated("shrunk", 100 * (1 - left_over[1]), 0.14, 0.005, "percent that the usual decay takes")

print(read_settings("gap"))
gaps = read_study("gap")  # dropout (10, 5, 3), decay (10, 6, 3): train, dev, test
assert np.allclose(scored, gaps["decay"][0, 0], atol=0.06), "the run above is the stored one"
for name, settings, kept in (
    ("dropout 0.1", gap.with_dropout(gap.STUDY.settings, 0.1), gaps["dropout"][0, 1]),
    ("decay 10", gap.with_decay(gap.STUDY.settings, 10.0), gaps["decay"][0, 4]),
):
    three = gap.three_accuracies(settings, 0)
    print(f"{name:12s} live:", three.round(3), " stored:", kept)
    assert np.allclose(three, kept, atol=0.06), "the live seed is the stored one"

# %% [markdown] lang="en"
# **Reading the table**: accuracy on train, dev and test of the seed that ran here and of the same seed as stored.
#
# In the figure the decays stand on a logarithmic axis from 0.01 on; bars are 95 % intervals over ten seeds.

# %% [markdown] lang="zh"
# **读表**：这里运行的种子与同一种子的存档结果，依次是训练集、开发集、测试集的准确率。
#
# 下图中，实线是学过的新闻（items learned），虚线是未见过的（unseen items），误差线是十个种子的 95% 区间。右图的横轴从 0.01 起是对数刻度。


# %%
def draw_sweep(axis, values, scores):
    """Accuracy in percent at each strength, on the items learned and on others."""
    means, halves = (100 * a for a in mean_and_interval(scores))  # (settings, 3)
    parts = (("items learned", "o-", 0), ("unseen items", "s--", 2))
    for label, style, i in parts:
        axis.errorbar(values, means[:, i], halves[:, i], fmt=style, capsize=3, label=label)
    axis.axhline(means[0, 2], color="gray", lw=0.8, label="unseen, without either")
    return means, halves


figure, axes = plt.subplots(1, 2, sharey=True)
dropout_means, dropout_halves = draw_sweep(axes[0], rates, gaps["dropout"])
decay_means, decay_halves = draw_sweep(axes[1], decays, gaps["decay"])
axes[0].set(xlabel="dropout rate $p$", ylabel="accuracy (%)", ylim=(20, 104), xticks=rates)
axes[1].set_xscale("symlog", linthresh=0.01, linscale=0.5)
axes[1].set(xlabel=r"decoupled decay $\lambda$ (logarithmic from 0.01 on)", xlim=(-0.002, 50))
axes[1].set_xticks(decays, [f"{decay:g}" for decay in decays])
axes[0].legend(loc="lower left")
means = {"dropout": dropout_means, "decay": decay_means}
halves = {"dropout_interval": dropout_halves, "decay_interval": decay_halves}
savefig(figure, "14_gap", {**means, **halves})

# %% [markdown] lang="en"
# Chosen by the accuracy on test, a strength would make the test set a part of the training. So each seed chooses on dev, "none" among the choices, and reports on test.

# %% [markdown] lang="zh"
# 哪种强度最好？如果按测试集的准确率来选，测试集就成了训练的一部分。所以每个种子都用开发集来选，“不用正则化”也在候选之列，然后才报告测试集上的结果。

# %%
print("strength: how many seeds chose it; accuracy on test, points gained on none")
for sweep, values in (("dropout", rates), ("decay", decays)):
    chosen = gap.chosen_by_dev(gaps[sweep])  # (10, 3): dev, test, which setting
    gained = 100 * (chosen[:, 1] - gaps[sweep][:, 0, 2])  # (10,)
    counts = np.bincount(chosen[:, 2].astype(int), minlength=len(values))
    print(sweep, {value: int(n) for value, n in zip(values, counts, strict=True) if n})
    tell(f"{sweep}, chosen on dev", gained)
    assert mean_and_interval(gained)[0] > mean_and_interval(gained)[1], "more than chance"
learned, unseen = gaps["decay"][..., 0], gaps["decay"][..., 2]  # (10, 6), (10, 6)
assert (gaps["dropout"][:, 0, 0] == 1).all(), "without either all items are learned by heart"
assert (np.argmin(learned - unseen, axis=1) == 5).all(), "the strongest decay has the least gap"
assert (np.argmin(unseen, axis=1) == 5).all(), "and the worst accuracy on unseen items"

# %%
tell("decay 0.01, points gained", 100 * (unseen[:, 1] - unseen[:, 0]), 2)
print("mean accuracy (%) on items learned and on unseen ones; the gap, as % of that with none")
for sweep, values in (("dropout", rates), ("decay", decays)):
    at = gap.chosen_by_dev(gaps[sweep])[:, 2].astype(int)  # (10,)
    settings = [(f"{value:g}", gaps[sweep][:, i]) for i, value in enumerate(values)]
    widest = np.ptp(gaps[sweep][:, 0, ::2], axis=1).mean()  # of train and test, with none
    for setting, scores_of in [*settings, ("on dev", gaps[sweep][np.arange(10), at])]:
        train, _, test = scores_of.mean(axis=0)  # (10, 3) -> (3,)
        share = (train - test) / widest
        print(f"{sweep:8s} {setting:7s} {100 * train:6.1f} {100 * test:6.1f} {100 * share:6.0f}")

# %% [markdown] lang="en"
# **Reading the tables**: how many seeds chose which strength; the mean gain on test over ten seeds with its 95 % interval, each seed against itself, and where a further seed lies. Then the means of every setting; "on dev" takes for each seed the strength that it chose.
#
# **What you saw.** Without either (grey): {none.learned:.0f} % on the items learned, {none.unseen:.1f} % on others. Dropout chosen on dev adds ${dropped.gain:.1f} \pm {dropped.half:.1f}$ points (more than 0 in {dropped.seeds} of 10 seeds), decay ${decayed.gain:.1f} \pm {decayed.half:.1f}$ (in {decayed.seeds} of 10; the figure's intervals
# are wider: the items differ too). For one further seed expect between ${dropped.low:.1f}$ and ${dropped.high:.1f}$ points with dropout, between ${decayed.low:.1f}$ and ${decayed.high:.1f}$ with decay. The usual $\lambda = 0.01$ changes ${usual.gain:.2f} \pm {usual.half:.2f}$ points: 280 updates shrink a weight by {here.shrunk} %. Too much is worse than none: $p = 0.5$ gives {dropped.most:.1f} %, $\lambda = 30$ gives {decayed.most:.1f} %. And the smallest gap of the decays, at $\lambda = 30$, belongs to the worst model, in each of these ten seeds: the aim is the accuracy on unseen items, not a small gap.
#
# **What it does not show.** Most of the gap is still there, {dropped.still:.0f} % of it with dropout and {decayed.still:.0f} % with decay. A high rate learns slowly and might do better with more updates; all had 280. And the unseen items come from the same source; for others see section 5.

# %% [markdown] lang="zh"
# **读表**：先是每种强度被几个种子选中；再是测试集上的平均提高（百分点）与 95% 区间，都是同一个种子前后相比，further seed 是再换一个种子的区间。然后是每种强度的平均准确率（学过的、未见过的）和差距，on dev 一行取各个种子自己选中的强度。
#
# **看到了什么**　灰线是什么都不用的情形：学过的新闻答对 {none.learned:.0f}%，未见过的答对 {none.unseen:.1f}%。在开发集上选定强度之后，dropout 让测试集上升 ${dropped.gain:.1f} \pm {dropped.half:.1f}$ 个百分点（10 个种子里有 {dropped.seeds} 个上升），衰减上升 ${decayed.gain:.1f} \pm {decayed.half:.1f}$ 个百分点（10 个里有 {decayed.seeds} 个）；图中的区间更宽，因为各组新闻本身也有差别。再换一个种子，dropout 的效果预计在 ${dropped.low:.1f}$ 到 ${dropped.high:.1f}$ 个百分点之间，衰减预计在 ${decayed.low:.1f}$ 到 ${decayed.high:.1f}$ 之间。常用的 $\lambda = 0.01$ 只改变 ${usual.gain:.2f} \pm {usual.half:.2f}$ 个百分点，因为 280 次更新只让权重缩小 {here.shrunk}%。用过了头还不如不用：$p = 0.5$ 时只有 {dropped.most:.1f}%，$\lambda = 30$ 时只有 {decayed.most:.1f}%。各种衰减里，差距最小的恰恰是 $\lambda = 30$，也就是最差的模型，这十个种子都是如此。可见目标不是差距小，而是未见过的样本答得好。
#
# **不能由此得出的**　大部分差距依然还在：用 dropout 还剩 {dropped.still:.0f}%，用衰减还剩 {decayed.still:.0f}%。丢弃率高则学得慢，多更新几次也许会好些，而这里一律只有 280 次。再说，未见过的新闻与学过的出自同一来源；来源不同会怎样，请看第 5 节。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * L2 adds $\lambda\theta$ to the gradient. In SGD that is weight decay; in Adam it is not. Decoupled decay shrinks all weights at one rate.
# * Dropout multiplies by noise of mean 1 and variance $p/(1-p)$, in training only; the factor is $1/(1-p)$.
# * They cure over-fitting, in part: examples of the same kind as those learned. Choose the strength on dev, report on test.
# * They did not cure the shift of section 5: L2 helped or harmed with the units of the clue. Objectives that contradict each other were not tried; a penalty leaves both as they are.
# * More data of the right kind regularises too; it was not tried here.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * L2 给梯度添上 $\lambda\theta$。在 SGD 中它就是权重衰减，在 Adam 中却不是；解耦的衰减让所有权重按同一速率缩小。
# * dropout 乘以均值为 1、方差为 $p/(1-p)$ 的噪声，只用于训练；留下的单元乘以 $1/(1-p)$。
# * 它们治的是过拟合，而且只治好一部分，仅限于与所学同类的样本。强度在开发集上选，结果在测试集上报告。
# * 它们没有治好第 5 节的分布偏移：L2 是帮忙还是添乱，要看线索用什么单位。彼此矛盾的目标没有试；加上惩罚，两个目标还是原来的目标。
# * 增加合适的数据也是正则化，本课没有试。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **14.1 Dropout.** `dropout(x, rate, rng, training)`, as in section 3, returns `(y, keep)`: the result, and every unit's factor in the shape of `x`, which may have any number of axes; `x` stays as it was. Noise comes from `rng`, a NumPy generator, and every unit is
# dropped or kept without regard to the others. With `training=False` nothing happens and all factors are 1.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **14.1 dropout**　请按第 3 节的定义写 `dropout(x, rate, rng, training)`，返回 `(y, keep)`：结果，以及每个单元的系数，后者是与 `x` 同形状的数组（`x` 可以有任意多个轴）；`x` 本身不可改动。噪声取自 NumPy 的随机数生成器 `rng`；每个单元丢不丢，与其他单元无关。评估时 `training=False`，什么也不做，系数全为 1。


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
# **14.2 Where the two part.** (a) Write step number `t` of Adam (from 1) by the recursion of section 3 with $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$, for a number or an array: with L2 in the gradient or, if `decoupled`, with decay beside the step. `g` is the gradient of $L$ alone, `strength` is $\lambda$. Return the new `w`, `m`, `v`,
# these last two without hats. (b) `parting(w, gradients)` runs both forms from the number `w`, moments 0, `lr = strength = 0.1`, and returns two things: the number of the first step
# after which the weights differ by more than $10^{-9}$, or 0 if there is none; and the difference after the last step, the weight with L2 minus the decoupled one. Guess the step first: from $w = 1$? From $w = 0$?

# %% [markdown] lang="zh"
# **14.2 二者在哪一步分开**　（a）请按第 3 节的递推写 Adam 的第 `t` 步（从 1 数起），取 $\beta_1 = 0.9$，$\beta_2 = 0.999$，$\epsilon = 10^{-8}$；参数可以是数，也可以是数组。L2 加在梯度里；若 `decoupled` 为真，则衰减不进梯度，直接加到这一步上。`g` 只是 $L$ 的梯度，`strength` 就是 $\lambda$。返回新的 `w`、`m`、`v`，后两个是不带帽的。（b）`parting(w, gradients)` 从数 `w` 出发，两个滑动平均从 0 开始，取 `lr = strength = 0.1`，两种形式各走一遍，返回两样东西：权重相差首次超过 $10^{-9}$ 的那一步是第几步（始终不分开则为 0），以及最后一步之后的差值，即 L2 的权重减去解耦的权重。先猜一猜是第几步：从 $w = 1$ 出发呢？从 $w = 0$ 出发呢？


# %% tags=["exercise"]
def adam_step(w, g, m, v, t, *, lr, strength, decoupled):
    return ...  # w, m, v


def parting(w, gradients):
    return ...  # step, difference


# %% tags=["solution"]
def adam_step(w, g, m, v, t, *, lr, strength, decoupled):
    pull = strength * w
    g = g if decoupled else g + pull
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - lr * (step + pull if decoupled else step), m, v


def parting(w, gradients):
    states, first = {False: (w, 0.0, 0.0), True: (w, 0.0, 0.0)}, 0
    for t, g in enumerate(gradients, start=1):
        for decoupled, (here, m, v) in states.items():
            states[decoupled] = adam_step(
                here, g, m, v, t, lr=0.1, strength=0.1, decoupled=decoupled
            )
        difference = states[False][0] - states[True][0]
        if not first and abs(difference) > 1e-9:
            first = t
    return first, difference


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
# * In this project, after the exercises (some of these files hold answers): `minillm/nn/dropout.py`, `minillm/optim/adam.py`, `minillm/optim/groups.py`, `minillm/tasks/classifier_training.py`, `minillm/labs/regularization/`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Srivastava 等，2014，“Dropout: A Simple Way to Prevent Neural Networks from Overfitting”；线性回归见 9.1 节，缩放见第 10 节。
# * Loshchilov、Hutter，2019，“Decoupled Weight Decay Regularization”。
# * Goodfellow、Bengio、Courville，2016，“Deep Learning”，第 7 章；Krogh、Hertz，1991，“A Simple Weight Decay Can Improve Generalization”。
# * Vaswani 等，2017，“Attention Is All You Need”，5.4 节：Transformer 在哪些位置做 dropout。
# * Sagawa 等，2020，“Distributionally Robust Neural Networks for Group Shifts”：重加权，以及大网络为什么还要配上强正则化。
# * 本项目（其中有的文件含有答案，请做完练习再看）：`minillm/nn/dropout.py`、`minillm/optim/adam.py`、`minillm/optim/groups.py`、`minillm/tasks/classifier_training.py`、`minillm/labs/regularization/`。
