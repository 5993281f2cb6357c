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
#     lesson: 1
#     guide: ['1.4.2', '5.2.2']
#     budget_s: 20
#     errata: [A11, A12, A72]
#     introduces: [minillm.autograd.tape, minillm.autograd.tensor, minillm.autograd.recording, minillm.autograd.arithmetic, minillm.autograd.reductions, minillm.autograd.check, minillm.autograd.gradients, minillm.ops.activations, minillm.autograd.elementary, minillm.ops.probabilities, minillm.ops.losses, minillm.optim.sgd, minillm.optim.adam, minillm.training.loop]
# ---

# %% [markdown] lang="en"
# # Lesson 1. Loss, backpropagation and gradient checks
#
# **Question.** A model has a million weights and gives a wrong answer. Which weights are to blame, and in which
# direction should each one move?
#
# **Afterwards you can** compute a cross-entropy and its gradient by hand, explain what backpropagation does as one
# loop over a list, write a backward rule, and test it so that a wrong one is found.
#
# **Before this**: lesson 00; partial derivatives, the chain rule, matrix products, NumPy arrays. **Time**: some ten seconds to run,
# an hour and a half to read.

# %% [markdown] lang="zh"
# # 第 1 课　损失、反向传播与梯度检验
#
# **问题**　模型有一百万个权重，却答错了一道题。这个错该算在哪些权重头上？每个权重又该往哪个方向调？
#
# **学完本课，你能够**　手算交叉熵及其梯度；说清反向传播为什么不过是把一张清单倒着走一遍；写出一条反向规则，并用能查出错误的办法检验它。
#
# **预备知识**　第 0 课；偏导数、链式法则、矩阵乘法、NumPy 数组。**用时**　运行十几秒，细读约一个半小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm import Parameter, check_vjp, gradients_of, ops, optim
from minillm.course import check, savefig, setup, stated
from minillm.course.drawing.plane import draw_plane
from minillm.course.drawing.tape import draw_tape
from minillm.training import fit

setup()

# %% tags=["numbers"]
LITERALS = {
    "labels, steps and settings, in the cells beside": "0 1 2 10 100 499 0.25",
    "examples of many": "1000",
    "entries of the public vocabulary of BERT": "30,522",
    "orders of size, asserted in section 6, and the step of check_vjp": "10^-5 10^-11",
    "a small size in exercise 01.2": "10^-3",
    "Adam's usual settings, the defaults of optim.Adam": "0.9 0.999 10^-8",
    "points of the training on rings": "200",
    "how near the best step is to the expected one, asserted in section 6": "3",
}

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# Section 1.4.2: a *loss function* measures how far a prediction is from the truth, and training
# uses it to optimise the parameters. That is right (A11). Section 5.2.2 then names, in two lines of code, a softmax output,
# the loss `categorical_crossentropy` and the optimiser Adam, without a formula. Behind the first two names
# stand, for scores $z_1, \dots, z_K$ and a target $y$ with $\sum_k y_k = 1$,
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\sum_{k=1}^{K} y_k \ln p_k.$$
#
# The scores before softmax are called *logits*, and from here on we use that name alone (the *scores* of lesson 5 belong to attention). How $L$ leads to a better model, the guide does not say; this
# lesson does (Adam's formula is in section 6). Marks such as A11 number the guide's statements, so that lessons and tests can refer to them.

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南 1.4.2 节说，**损失函数**衡量预测与真实值相差多少，训练时靠它来优化参数。这话没有错（A11）。5.2.2 节的代码里又出现三个名字：softmax 输出、损失 `categorical_crossentropy`、优化器 Adam，但都没有公式。前两个名字背后的公式如下。设各类的得分为 $z_1, \dots, z_K$，目标 $y$ 满足 $\sum_k y_k = 1$，则
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\sum_{k=1}^{K} y_k \ln p_k.$$
#
# 送入 softmax 之前的得分称为 *logits*，以下只用这个名称（第 5 课的**分数**专指注意力）。有了 $L$，怎样把模型改好？指南没有讲，本课就讲这件事（Adam 的公式见第 6 节）。文中 A11 之类的记号是指南中各条说法的编号，便于引用。

# %% [markdown] lang="en"
# ## 2 By hand
#
# Three classes with the logits $0, \ln 2, \ln 3$; the true class is the first. A target that is 1 at the true class and 0
# elsewhere is called *one-hot*.
#
# | class | $z$ | $e^z$ | $p$ | $y$ | $p - y$ |
# |---|---|---|---|---|---|
# | 0 | $0$ | $1$ | $1/6$ | $1$ | $-5/6$ |
# | 1 | $\ln 2$ | $2$ | $2/6$ | $0$ | $+2/6$ |
# | 2 | $\ln 3$ | $3$ | $3/6$ | $0$ | $+3/6$ |
#
# The loss is $-\ln \tfrac{1}{6} = \ln 6 \approx {here.LN6}$. To see how it depends on the logits, write it out for the true
# class $t$:
#
# $$L = -z_t + \ln \sum_j e^{z_j}, \qquad \frac{\partial L}{\partial z_k} = p_k - y_k.$$
#
# The last column is therefore the gradient. A step *against* it raises the logit of the true class and lowers the others, most
# of all the one that was believed most. The gradient vanishes as the model becomes certain and right.

# %% [markdown] lang="zh"
# ## 2 手算
#
# 设有三类，logits 为 $0, \ln 2, \ln 3$，正确答案是第一类。在正确的类上取 1、其余取 0 的目标，称为**独热**（one-hot）向量。
#
# | 类 | $z$ | $e^z$ | $p$ | $y$ | $p - y$ |
# |---|---|---|---|---|---|
# | 0 | $0$ | $1$ | $1/6$ | $1$ | $-5/6$ |
# | 1 | $\ln 2$ | $2$ | $2/6$ | $0$ | $+2/6$ |
# | 2 | $\ln 3$ | $3$ | $3/6$ | $0$ | $+3/6$ |
#
# 损失为 $-\ln \tfrac{1}{6} = \ln 6 \approx {here.LN6}$。它怎样随 logits 变化？记正确的类为 $t$，展开得
#
# $$L = -z_t + \ln \sum_j e^{z_j}, \qquad \frac{\partial L}{\partial z_k} = p_k - y_k.$$
#
# 可见表中最后一列就是梯度。**逆着**梯度走一步，正确类的 logit 升高，其余各类的降低；模型原先越相信哪个错误的类，那一类就降得越多。模型越有把握，而且答对了，梯度就越接近零。

# %%
z = np.log([[1.0, 2.0, 3.0]])  # (1, 3): one example, three classes
loss_by_hand = np.log(6)
gradient_by_hand = np.array([[-5, 2, 3]]) / 6  # (1, 3)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# For a batch of $B$ examples the loss is the mean. A comment such as `# (B, K)` gives the shape of a result. The label
# of an example can be written in two ways: as a one-hot row, or as the number of its class. With the number one does
# not multiply by zeros but picks the one logarithm that counts.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 一批共 $B$ 个样本时，损失取均值。`# (B, K)` 这样的注释写明结果的形状。标签有两种写法：独热的一行，或者类别的编号。用编号时不必去乘那许多零，直接取出该算的那个对数即可。


# %%
def softmax(z):
    powers = np.exp(z)  # (B, K)
    return powers / powers.sum(axis=-1, keepdims=True)  # (B, K), rows sum to 1


def one_hot(labels, classes):
    return np.eye(classes)[labels]  # (B,) -> (B, K)


def loss_one_hot(z, y):
    return -(y * np.log(softmax(z))).sum(axis=-1).mean()  # (B, K) -> ()


def loss_integer(z, labels):
    return -np.log(softmax(z)[np.arange(len(z)), labels]).mean()  # (B, K) -> ()


# %%
stated("LN6", loss_by_hand, 1.79, 0.005, "the loss found by hand")
assert np.isclose(loss_integer(z, [0]), loss_by_hand), "the code gives the loss found by hand"

draw = np.random.default_rng(1)
scores, labels = draw.standard_normal((8, 10)), draw.integers(0, 10, 8)  # (8, 10), (8,)
y = one_hot(labels, 10)  # (8, 10)
values = [
    loss_one_hot(scores, y),
    loss_integer(scores, labels),
    ops.cross_entropy_with_probabilities(scores, probabilities=y).item(),
    ops.cross_entropy(scores, targets=labels).item(),
]
print(*values)
assert np.ptp(values) < 1e-12, "the four ways give one number"

start = ops.cross_entropy(np.zeros((8, 10)), targets=labels).item()
print(start, np.log(10))
assert np.isclose(start, np.log(10), rtol=1e-12), "equal scores give the loss ln K"

# %% [markdown] lang="en"
# Four ways, one number; the last two are the library's (`minillm/ops/losses.py`). And a number to remember: a model that
# knows nothing gives each of $K$ classes the probability $1/K$, so its loss is $\ln K$. **Training should start
# near $\ln K$.** Much more means that the model is confidently wrong before it has seen anything.
#
# Our softmax has a weakness: `np.exp(1000)` is infinite. Take the logits $1000, 0, -1000$ and in turn the labels 0, 1 and 2.
# The library first subtracts the largest logit and computes $\ln p$ without ever forming $p$; none of the three labels troubles it. Exercise 05.1 comes back to this.

# %% [markdown] lang="zh"
# 四种算法，同一个数；后两种是程序库的（`minillm/ops/losses.py`）。还有一个数值得记住：什么都不懂的模型给 $K$ 个类各 $1/K$ 的概率，损失就是 $\ln K$。**训练开始时，损失应当在 $\ln K$ 附近**；如果高出许多，说明模型还没见过数据，就已经错得很有把握。
#
# 我们的 softmax 有个弱点：`np.exp(1000)` 是无穷大。取 logits 为 $1000, 0, -1000$，标签依次取 0、1、2。程序库先减去最大的 logit，再直接算 $\ln p$，不经过 $p$ 本身，三种标签都难不倒它；练习 05.1 还会回到这个问题。

# %%
huge = np.array([[1000.0, 0.0, -1000.0]])  # (1, 3)
with np.errstate(all="ignore"):
    print(loss_integer(huge, [0]), loss_integer(huge, [2]))
stable = [ops.cross_entropy(huge, targets=[t]).item() for t in (0, 1, 2)]
print(*stable)
assert stable == [0, 1000, 2000], "the library's loss stays finite and exact"

# %% [markdown] lang="en"
# **Reading the table**: in the first line our loss, for the labels 0 and 2; in the second line the library's, for the labels 0, 1 and 2.
# For label 0 ours is $\infty / \infty$, which is no number (`nan`); for label 2 the probability is $0 / \infty = 0$, and $-\ln 0 = \infty$ (`inf`).

# %% [markdown] lang="zh"
# **读表**：第一行是我们的损失，标签依次取 0 和 2；第二行是程序库的，标签依次取 0、1、2。用我们的算法，标签为 0 时得到 $\infty / \infty$，不是一个数（nan）；标签为 2 时，概率成了 $0 / \infty = 0$，而 $-\ln 0 = \infty$（inf）。

# %% [markdown] lang="en"
# **The chain rule, from the back.** Between the weights and the loss lie many functions. Take one of them, $y = f(x)$,
# with $x$ and $y$ arrays, and suppose we already know $g = \partial L / \partial y$. Then
#
# $$\frac{\partial L}{\partial x_j} = \sum_i g_i \frac{\partial y_i}{\partial x_j}, \qquad \frac{\partial L}{\partial x} = J^\top g, \qquad J_{ij} = \frac{\partial y_i}{\partial x_j}.$$
#
# This is a *vector–Jacobian product*, VJP. A function needs to know no more about backpropagation: given $g$ at
# its output, what arrives at its inputs? The matrix $J$ is hardly ever written down. For $y = \tanh x$ with 1000 elements it has
# a million entries, all zero off the diagonal; $J^\top g$ is $g \cdot (1 - y^2)$, element by element.
#
# So we write every function as a *rule*: it takes arrays and returns its output together with its VJP. Four rules make
# a small network. In `add`, the vector $b$ serves all $B$ rows, so it receives the sum of $B$ gradients.

# %% [markdown] lang="zh"
# **从后往前用链式法则**　权重与损失之间隔着许多函数。任取其中一个 $y = f(x)$，$x$、$y$ 都是数组，假定 $g = \partial L / \partial y$ 已经求得。那么
#
# $$\frac{\partial L}{\partial x_j} = \sum_i g_i \frac{\partial y_i}{\partial x_j}, \qquad \frac{\partial L}{\partial x} = J^\top g, \qquad J_{ij} = \frac{\partial y_i}{\partial x_j}.$$
#
# 这叫**向量–雅可比积**（VJP）。关于反向传播，一个函数只需回答一个问题：输出端传来 $g$，输入端该得到什么？矩阵 $J$ 几乎从不写出来。以 1000 个元素的 $y = \tanh x$ 为例，$J$ 有一百万个元素，对角线以外全是零；而 $J^\top g$ 不过是逐元素的 $g \cdot (1 - y^2)$。
#
# 于是我们把每个函数写成一条**规则**：输入数组，返回输出和它的 VJP。四条规则就够搭一个小网络。注意 `add`：向量 $b$ 加到了 $B$ 行的每一行上，用了 $B$ 次，就应收回 $B$ 份梯度之和。


# %%
def matmul(a, b):
    return a @ b, lambda g: (g @ b.T, a.T @ g)  # (B, I) (I, O) -> (B, O)


def add(a, b):
    return a + b, lambda g: (g, g.sum(axis=0))  # (B, O) (O,) -> (B, O)


def tanh(x):
    y = np.tanh(x)  # (B, O)
    return y, lambda g: (g * (1 - y * y),)


def cross_entropy(z, labels):
    p = softmax(z)  # (B, K)
    y = one_hot(labels, z.shape[-1])  # (B, K)
    return loss_integer(z, labels), lambda g: (g * (p - y) / len(z),)


# %% [markdown] lang="en"
# **The tape.** While the network computes, we keep a list, the *tape*: what was computed, from which earlier entries, and with which
# VJP. Backpropagation is one loop over that list, from its end. Each entry passes its gradient through its VJP and *adds*
# the shares to the entries that it came from: an entry that was used twice, like $a$ in $a \cdot a$, gets $a + a = 2a$ where 1 arrives at the product. When the loop
# reaches an entry, all that used it stand later in the list and have been visited: its gradient is complete.
#
# We record a network whose numbers you can follow. Since $\tanh(\tfrac{1}{2} \ln 3) = \tfrac{1}{2}$ and $\tanh(\ln 3) = \tfrac{4}{5}$, we
# choose weights that lead exactly to the logits of section 2:
#
# $$x = (1, 2) \;\to\; xW + b = (\tfrac{1}{2} \ln 3, \ln 3) \;\to\; h = (\tfrac{1}{2}, \tfrac{4}{5}) \;\to\; z = hV = (0, \ln 2, \ln 3).$$

# %% [markdown] lang="zh"
# **磁带**　网络一边计算，我们一边像录音那样记一张清单，通常叫“磁带”（tape）：算出了什么、由清单上哪几项算来、VJP 是什么。反向传播就是倒带，从末尾开始把清单走一遍：每一项把自己的梯度交给 VJP，得到的各份**加**到它的来源上去。为什么是加？因为一个量可能用了两次，例如 $a \cdot a$ 里的 $a$，当传到乘积的梯度是 1 时，两份相加才是 $2a$。循环走到某一项时，凡是用过它的都排在后面，已经走过了，所以它的梯度已经收齐。
#
# 我们来记录一个每步都能手算的网络。由于 $\tanh(\tfrac{1}{2} \ln 3) = \tfrac{1}{2}$，$\tanh(\ln 3) = \tfrac{4}{5}$，可以选好权重，让它恰好算出第 2 节的 logits：
#
# $$x = (1, 2) \;\to\; xW + b = (\tfrac{1}{2} \ln 3, \ln 3) \;\to\; h = (\tfrac{1}{2}, \tfrac{4}{5}) \;\to\; z = hV = (0, \ln 2, \ln 3).$$


# %%
class Tape:
    def __init__(self):
        self.values, self.steps = [], []

    def put(self, value, name, parents=(), vjp=lambda g: ()):
        self.values.append(np.asarray(value))
        self.steps.append((name, parents, vjp))
        return len(self.steps) - 1

    def apply(self, rule, *parents, **settings):
        value, vjp = rule(*(self.values[i] for i in parents), **settings)
        return self.put(value, rule.__name__, parents, vjp)

    def backward(self):
        gradients = [np.zeros(value.shape) for value in self.values]
        gradients[-1] = np.ones(self.values[-1].shape)  # dL/dL = 1
        for i in reversed(range(len(self.steps))):
            _, parents, vjp = self.steps[i]
            for parent, share in zip(parents, vjp(gradients[i]), strict=True):
                gradients[parent] = gradients[parent] + share
        return gradients


# %%
square = Tape()
a = square.put([[3.0]], "a")  # (1, 1)
square.apply(matmul, a, a)
assert square.backward()[a] == 6, "an entry that is used twice gets both shares: 2a"

ln2, ln3 = np.log([2, 3])
tape = Tape()
x = tape.put([[1.0, 2.0]], "x")  # (1, 2)
w = tape.put([[ln3 / 2, 0.0], [0.0, ln3 / 2]], "W")  # (2, 2)
b = tape.put([0.0, 0.0], "b")  # (2,)
v = tape.put([[0.0, 2 * ln2, 0.0], [0.0, 0.0, 5 / 4 * ln3]], "V")  # (2, 3)
h = tape.apply(tanh, tape.apply(add, tape.apply(matmul, x, w), b))  # (1, 2)
logits = tape.apply(matmul, h, v)  # (1, 3)
tape.apply(cross_entropy, logits, labels=[0])
gradients = tape.backward()
for name, place in (("h", h), ("logits", logits), ("loss", -1)):
    print(f"{name:<7} {tape.values[place].round(4)}  gradient {gradients[place].round(4)}")

# %%
for message, found, wanted in (
    ("the hidden values are those of the text", tape.values[h], [[1 / 2, 4 / 5]]),
    ("the loss is the one found by hand", tape.values[-1], loss_by_hand),
    ("the gradient of the logits is p - y", gradients[logits], gradient_by_hand),
    ("that of h is (p - y) V^T", gradients[h], [[2 / 3 * ln2, 5 / 8 * ln3]]),
    ("that of b is that of h times 1 - h^2", gradients[b], gradients[h] * [3 / 4, 9 / 25]),
):
    assert np.allclose(found, wanted), message

# %% [markdown] lang="en"
# **Reading the table**: of three entries the value and the gradient; the gradient of the logits is the last column of section 2.
#
# The picture is drawn from the tape itself: a node for each entry, a pair of arrows for each use, with the value forward and the
# gradient backward. Start at the right with $\partial L / \partial L = 1$ and follow one path with a pencil.

# %% [markdown] lang="zh"
# **读表**：三项各列出值和梯度（gradient）；logits 的梯度正是第 2 节表中的最后一列。
#
# 下图直接由这盘磁带画出：每一项是一个结点，每用一次画一对箭头。实线向前，写的是值；虚线向后，写的是梯度。请从最右边的 $\partial L / \partial L = 1$ 出发，拿支铅笔沿一条路算回去。

# %%
figure, axes = plt.subplots(figsize=(10, 3.4))
draw_tape(axes, tape.steps, tape.values, gradients)
named = {"loss": -1, "logits": logits, "h": h, "W": w, "b": b, "V": v, "x": x}
plotted = {name: tape.values[i] for name, i in named.items()}
savefig(figure, "01_graph", plotted | {f"d_{name}": gradients[i] for name, i in named.items()})

# %% [markdown] lang="en"
# **The library does the same.** A `Parameter` is an array whose gradient is wanted; operators such as `@` put themselves
# on the tape. Open `minillm/autograd/tape.py`: `backpropagate` is our loop, and its other lines refuse a VJP of a wrong shape,
# or a parameter that was changed after use. In `minillm/autograd/recording.py`, `@op` turns a rule into an op that records itself;
# the bare rule stays at hand: `ops.tanh.rule` is a function like our `tanh`.

# %% [markdown] lang="zh"
# **程序库也是这样做的**　`Parameter` 是要求梯度的数组；`@` 之类的运算符会自动把自己记到磁带上。请打开 `minillm/autograd/tape.py`，其中的 `backpropagate` 就是上面的循环，多出来的几行是防护：VJP 返回的形状不对，或者参数用过之后又被改动，它都会拒绝。`minillm/autograd/recording.py` 里的 `@op` 把一条规则变成会自行记录的运算；规则本身仍然可以单独取用，例如 `ops.tanh.rule` 就是和我们的 `tanh` 一样的函数。

# %%
weights = [Parameter(tape.values[i]) for i in (w, b, v)]
hidden = ops.tanh(tape.values[x] @ weights[0] + weights[1])  # (1, 2)
loss = ops.cross_entropy(hidden @ weights[2], targets=[0])
recorded, node = [], loss.node
while node is not None:  # x is no Parameter: there the tape ends
    recorded.append(node.name)
    node = node.parents[0]
print(recorded)
ours = [name for name, parents, _ in reversed(tape.steps) if parents]
assert recorded == ours, "the library records the steps that our tape recorded"
for place, theirs in zip((w, b, v), gradients_of(loss, weights), strict=True):
    same = np.allclose(gradients[place], theirs, rtol=1e-12)
    assert same, "the library's gradients are those of our tape"

# %% [markdown] lang="en"
# **Reading the output**: what the library recorded, from the loss back to the first product. The list follows the first parent of each step only; $V$, $b$ and $W$ are second parents and do not appear.
#
# ## 4 Gradient check
#
# A backward rule is easy to get wrong, and a wrong one raises no error: the model merely learns worse. So we compare with
# the definition of the derivative. The *central difference* needs no rule at all:
#
# $$\frac{L(x + h e_i) - L(x - h e_i)}{2h} = \frac{\partial L}{\partial x_i} + \frac{h^2}{6} \frac{\partial^3 L}{\partial x_i^3} + \dots$$
#
# The output of a rule is an array, not a number $L$. We make a number of it with an arriving gradient $g$ (its name in
# books is *cotangent*): $L = \sum_i g_i y_i$.

# %% [markdown] lang="zh"
# **读输出**：程序库记下的各步，从损失倒着数到第一次矩阵乘法。这里每一步只沿第一个来源往回走；$V$、$b$、$W$ 是第二个来源，所以没有列出。
#
# ## 4 梯度检验
#
# 反向规则很容易写错，而且写错了并不报错，只是模型学得差一些。所以要拿它与导数的定义对照。**中心差分**完全不用反向规则：
#
# $$\frac{L(x + h e_i) - L(x - h e_i)}{2h} = \frac{\partial L}{\partial x_i} + \frac{h^2}{6} \frac{\partial^3 L}{\partial x_i^3} + \dots$$
#
# 规则的输出是数组，而不是一个数 $L$。我们用传入的梯度 $g$（教科书称为**余切向量**，cotangent）把它合成一个数：$L = \sum_i g_i y_i$。


# %%
def numeric_gradient(f, x, g, h=1e-5):
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        gradient[i] = (g * (f(x + step) - f(x - step))).sum() / (2 * h)
    return gradient


x0, g0 = np.random.default_rng(4).standard_normal((2, 4, 5))  # (4, 5) each
difference = np.abs(tanh(x0)[1](g0)[0] - numeric_gradient(np.tanh, x0, g0)).max()
print(f"tanh: largest difference {difference:.1e}")
assert difference < 1e-9, "the rule of tanh agrees with central differences"

# %% [markdown] lang="en"
# That takes two evaluations for each number in $x$; backpropagation takes one pass for all of them, which is why one trains
# with it. To check a rule, two evaluations are enough, along one random direction $u$. For every $u$ and $g$,
#
# $$g \cdot (J u) = (J^\top g) \cdot u,$$
#
# on the left a central difference, on the right the VJP. The library's `check_vjp` compares the two for
# each operand, with random $u$ and $g$, in float64, and returns the largest relative error. (Exercise 01.2 asks you for a checker of your own; then look how the library does it.)

# %% [markdown] lang="zh"
# 这样做，$x$ 里每有一个数，就要把函数算两遍；而反向传播走一趟就得到全部梯度，所以训练用它。若只为检验，沿一个随机方向 $u$ 总共算两遍就够了。对任何 $u$ 和 $g$ 都有
#
# $$g \cdot (J u) = (J^\top g) \cdot u,$$
#
# 左边用中心差分算，右边用 VJP 算。程序库的 `check_vjp` 用随机的 $u$ 和 $g$，以 float64 逐个操作数比较两边，返回最大的相对误差。（练习 01.2 请你自己写一个检验器；写好以后再看程序库的写法。）

# %%
draw = np.random.default_rng(4)
checks = {
    "tanh": (tanh, x0),
    "matmul": (matmul, x0, draw.standard_normal((5, 3))),
    "broadcast add": (add, x0, draw.standard_normal(5)),
    "log_softmax": (ops.log_softmax.rule, x0),
}
worst = {name: check_vjp(*case, rng=draw) for name, case in checks.items()}
worst["cross_entropy"] = check_vjp(cross_entropy, x0, rng=draw, labels=[0, 4, 2, 2])
for name, error in worst.items():
    print(f"{name:15s} {error:.1e}")
    assert error < 1e-7, f"the rule of {name} agrees with central differences"

# %% [markdown] lang="en"
# **Reading the table**: the rule, and the largest relative error over its operands. Errors as small as these come from the quotient, not from the rule. The last one is larger: a random direction may be nearly
# orthogonal to the gradient, as it is here; the two numbers compared are then small themselves, and the same rounding is a larger part of them.

# %% [markdown] lang="zh"
# **读表**：左列是规则，右列是各操作数中最大的相对误差；这么小的误差来自差商本身，而不是规则写错了。最后一行大一些，是因为随机方向可能与梯度近乎垂直，这次抽到的就是：相比较的两个数本身就小，同样的舍入误差所占的比例就大。

# %% [markdown] lang="en"
# **A checker that lies.** Many checks take the simplest cotangent: all ones, $L = \sum_i y_i$. Apply that to
# softmax. Its outputs sum to one whatever the logits are, so this $L$ is a constant and its true gradient is *zero*. A rule
# that returns nothing but zeros passes. So does one that subtracts the plain mean of $g$ where the right one has the
# mean weighted by $p$. In the table all three rules look perfect with $g = 1$; a random $g$ separates them. `check_vjp` draws $g$ at
# random, so it notices, and it notices an error of one in a thousand too.

# %% [markdown] lang="zh"
# **会骗人的检验**　不少检验图省事，让传入的梯度全取 1，即 $L = \sum_i y_i$。用到 softmax 上会怎样？不论 logits 是多少，输出之和总是 1，这个 $L$ 是常数，真正的梯度就是**零**。于是，一条只会返回零的规则也能通过；本该减去 $g$ 按 $p$ 加权的均值、却减了普通均值的规则，同样能通过。下表中，$g$ 全取 1 时，三条规则看上去都没有错；换成随机的 $g$，就分出了对错。`check_vjp` 的 $g$ 是随机的，所以查得出来；哪怕只错千分之一，也查得出来。


# %%
def softmax_zeros(z):
    return softmax(z), lambda g: (np.zeros_like(z),)


def softmax_plain_mean(z):
    p = softmax(z)
    return p, lambda g: (p * (g - g.mean(axis=-1, keepdims=True)),)


def worst_difference(rule, g):
    return np.abs(rule(x0)[1](g)[0] - numeric_gradient(softmax, x0, g)).max()


print("                      g = 1   random g")
rules = (ops.softmax.rule, softmax_zeros, softmax_plain_mean)
off = np.array([[worst_difference(rule, g) for g in (np.ones_like(x0), g0)] for rule in rules])
for rule, (ones, random) in zip(rules, off, strict=True):
    print(f"{rule.__name__:20s} {ones:.1e}    {random:.1e}")
assert off[:, 0].max() < 1e-9, "with g = 1 all three rules look right"
assert off[0, 1] < 1e-9, "with a random g the right rule still does"
assert off[1:, 1].min() > 0.05, "with a random g both wrong rules are far off"

# %% [markdown] lang="en"
# **Reading the table**: the largest difference from the numeric gradient, for three rules of softmax: the right one, the one that returns zeros, the
# one with the plain mean.

# %% [markdown] lang="zh"
# **读表**：三条规则依次是正确的、返回零的（zeros）、减普通均值的（plain mean）；数字是与数值梯度的最大差别，左列 g 全取 1，右列 g 随机。


# %%
def tanh_almost(x):
    y, vjp = tanh(x)
    return y, lambda g: (1.001 * vjp(g)[0],)


for rule in (softmax_zeros, softmax_plain_mean, tanh_almost):
    try:
        check_vjp(rule, x0, rng=np.random.default_rng(4))
    except AssertionError as mistake:
        print(mistake)
    else:
        raise RuntimeError(f"{rule.__name__} went unnoticed")

# %% [markdown] lang="en"
# **Reading the output**: each rule with two numbers that should agree, what its VJP gives and what the central difference gives (`numeric`).
#
# ## 5 Where the guide differs
#
# **What does a language model minimise?** The guide names a loss for its classifier and none for a language model. It is the same one. The
# $K$ classes are the words of the vocabulary, and every place in the text is an example, whose label is the word that stands there:
#
# $$L(\theta) = -\frac{1}{T} \sum_{t=1}^{T} \ln p_\theta(x_t \mid x_1, \dots, x_{t-1}).$$
#
# Here $p_\theta(x_t \mid x_1, \dots, x_{t-1})$ is the probability that the model gives to word $t$, the one that stands there, when it has read the words before it; $T$ is the number of words, and $\theta$ are all weights.
#
# A model of BERT's kind sees the words on both sides and counts only the places whose words were hidden from it (lesson 9, planned). Such a training, too, starts near
# $\ln K$: about {here.LN_BERT} for the 30,522 entries of BERT's vocabulary.
#
# **Loss and accuracy** are two things. Accuracy jumps when a prediction changes sides and is flat everywhere else;
# its gradient is zero or does not exist. One minimises the loss and reports the accuracy.
#
# **Regularisation** is to the guide a penalty added to the loss (A12). That is one kind among several: lesson 14.
#
# **Which labels?** `categorical_crossentropy` needs one-hot rows, $(B, K)$. The guide's program never makes them: data sets
# come with class numbers, $(B,)$, for which Keras has a second loss, `sparse_categorical_crossentropy` (A72). Our
# library, too, has one function for each, and refuses what belongs to the other:

# %% [markdown] lang="zh"
# **读输出**：每行是一条规则和两个本应相等的数，vjp 是反向规则给出的，numeric 是中心差分给出的。
#
# ## 5 与指南不同之处
#
# **语言模型最小化的是什么？**　指南给分类器指定了损失，却没有说语言模型用什么损失。其实是同一个损失。$K$ 个类别就是词表里的 $K$ 个词，文本的每个位置是一个样本，标签是那里实际出现的词：
#
# $$L(\theta) = -\frac{1}{T} \sum_{t=1}^{T} \ln p_\theta(x_t \mid x_1, \dots, x_{t-1}).$$
#
# 其中 $p_\theta(x_t \mid x_1, \dots, x_{t-1})$ 是模型读过前面的词以后，给第 $t$ 个位置上实际出现的那个词的概率；$T$ 是词数，$\theta$ 是全部权重。
#
# BERT 一类的模型能看到左右两边的词，损失只算被遮住的位置（计划中的第 9 课）。这样的训练同样从 $\ln K$ 附近开始：BERT 的词表有 30,522 项，起点约为 {here.LN_BERT}。
#
# **损失与准确率**是两回事。预测由对变错或由错变对时，准确率跳一下，此外处处不变；它的梯度不是零，就是不存在。所以用来最小化的是损失，写进报告的是准确率。
#
# **正则化**在指南里就是给损失加一个惩罚项（A12）。那只是其中一种，见第 14 课。
#
# **标签是哪一种？**　`categorical_crossentropy` 要的是形状为 $(B, K)$ 的独热标签，而指南的程序从来没有生成过这种标签。数据集给出的通常是类别编号，形状为 $(B,)$，对此 Keras 另有一个损失 `sparse_categorical_crossentropy`（A72）。我们的程序库也是两种标签各有一个函数，给错了种类就会拒绝：

# %%
stated("LN_BERT", np.log(30522), 10.3, 0.05, "the loss of a model that knows nothing")
class_numbers = np.array([3, 0])  # (B,)
rows = one_hot(class_numbers, 4).astype(int)  # (B, K)
equal = np.zeros((2, 4))  # (B, K), scores
for wrong in (
    lambda: ops.cross_entropy_with_probabilities(equal, probabilities=class_numbers),
    lambda: ops.cross_entropy(equal, targets=rows),
):
    try:
        wrong()
    except ValueError as mistake:
        print(mistake)
    else:
        raise RuntimeError("the wrong kind of label went unnoticed")

# %% [markdown] lang="en"
# **Reading the output**: the two refusals. Each names the shape that it got and the shape that it needs.
#
# ## 6 Experiment
#
# **How small should the step be?** A smaller $h$ makes the formula more exact, and the arithmetic less: $f(x + h)$ and
# $f(x - h)$ become nearly equal, and their difference loses digits. With $\varepsilon$, the spacing of floating-point
# numbers near 1, the relative errors of the one-sided difference, $(f(x + h) - f(x))/h$, and of the central one are, up to constant factors,
#
# $$E_1 \approx h + \frac{\varepsilon}{h}, \qquad E_2 \approx h^2 + \frac{\varepsilon}{h}.$$
#
# Setting the derivative by $h$ to zero, we expect the best step near $\sqrt{\varepsilon}$ for one-sided differences and near
# $\sqrt[3]{\varepsilon}$ for central ones. We measure it for $f(x) = 1/(1 + x^2)$ at 1000 points, with steps that are powers of two.

# %% [markdown] lang="zh"
# **读输出**：两条拒绝的信息，各写明得到的是什么形状、需要的是什么形状。
#
# ## 6 实验
#
# **步长取多小才好？**　$h$ 越小，公式越准，可算术越不准：$f(x + h)$ 与 $f(x - h)$ 几乎相等，一相减，有效数字就丢了。设 $\varepsilon$ 为 1 附近相邻两个浮点数的间距，单侧差分 $(f(x + h) - f(x))/h$ 与中心差分的相对误差分别是（略去常数因子）
#
# $$E_1 \approx h + \frac{\varepsilon}{h}, \qquad E_2 \approx h^2 + \frac{\varepsilon}{h}.$$
#
# 对 $h$ 求导并令其为零，可知最佳步长：单侧差分在 $\sqrt{\varepsilon}$ 附近，中心差分在 $\sqrt[3]{\varepsilon}$ 附近。我们取 $f(x) = 1/(1 + x^2)$，在 1000 个点上实测，步长取 2 的各次幂。


# %%
def f(x):
    return 1 / (1 + x * x)


def slope(x):
    return -2 * x / (1 + x * x) ** 2


def quotient_errors(x, steps):
    exact = slope(x.astype(np.float64))  # (N,)
    errors = []
    for step in steps.astype(x.dtype):
        ahead, here, behind = f(x + step), f(x), f(x - step)
        quotients = np.stack([(ahead - here) / step, (ahead - behind) / (2 * step)])  # (2, N)
        errors.append(np.sqrt(((quotients - exact) ** 2).mean(axis=-1) / (exact**2).mean()))
    return np.array(errors).T  # (2, steps): one-sided, central


# %%
points = np.random.default_rng(6).uniform(0.5, 2, 1000).astype(np.float32)
measured = {}  # dtype -> steps, errors
for dtype, smallest in ((np.float32, 23), (np.float64, 51)):
    steps = np.ldexp(1.0, -np.arange(1, smallest + 1))  # 1/2, 1/4, ...
    measured[dtype.__name__] = steps, quotient_errors(points.astype(dtype), steps)
kinds = (("one-sided", 1 / 2), ("central", 1 / 3))  # the best step is near eps to that power
print("         epsilon             expected step   best step   error there")
for name, (steps, errors) in measured.items():
    eps = np.finfo(name).eps
    for (kind, power), row in zip(kinds, errors, strict=True):
        k = row.argmin()
        found = f"{eps**power:.1e}         {steps[k]:.1e}     {row[k]:.1e}"
        print(f"{name}  {eps:.1e}  {kind:<9}   {found}")

# %% [markdown] lang="en"
# **Reading the table**: for each kind of number, its $\varepsilon$ and each kind of difference, the step at which we expect the bottom, the one of our steps at which the error was smallest, and that error. Our steps are powers of two and
# constant factors were left out above, so expected and found agree up to a factor of 3.

# %% [markdown] lang="zh"
# **读表**：每行依次是浮点数的种类、它的 $\varepsilon$、差分的种类（one-sided 单侧，central 中心）、预期的最佳步长、误差最小时的步长，以及这个误差。步长只取 2 的幂，前面又略去了常数因子，所以预期与实测只差不到 3 倍。

# %%
for name, (steps, errors) in measured.items():
    eps = np.finfo(name).eps
    for k, expected in zip(errors.argmin(axis=-1), (eps ** (1 / 2), eps ** (1 / 3)), strict=True):
        assert 1 / 3 < steps[k] / expected < 3, "the best step is where the formula puts it"
_, errors = measured["float64"]
slopes = np.log2(errors[:, 5] / errors[:, 12]) / 7  # from h = 2^-6 to 2^-13
print(f"slopes on the right: {slopes.round(3)}")
assert np.allclose(slopes, [1, 2], atol=0.02), "right of the valley the error goes as h and h^2"
rounding = np.log2(errors[:, 44] / errors[:, 34]) / 10  # from h = 2^-35 to 2^-45
assert np.allclose(rounding, 1, atol=0.05), "left of the valley the error goes as 1/h"
for name, size in (("float32", 1e-5), ("float64", 1e-11)):
    lowest = measured[name][1][1].min()
    assert 1 / 3 < lowest / size < 3, "the bottom of the central difference is as deep as stated"

# %%
figure, both = plt.subplots(1, 2, sharey=True)
plotted = {}
for axes, (name, (steps, errors)) in zip(both, measured.items(), strict=True):
    for line, label, style in zip(errors, ("one-sided", "central"), ("o-", "s--"), strict=True):
        axes.loglog(steps, line, style, ms=4, markevery=2, label=label)
        plotted[f"{name}_{label}"] = line
    plotted[f"{name}_steps"] = steps
    eps = np.finfo(name).eps
    for power, text in ((1 / 2, r"$\sqrt{\epsilon}$"), (1 / 3, r"$\sqrt[3]{\epsilon}$")):
        axes.axvline(eps**power, color="gray", lw=0.8, ls=":")
        axes.annotate(text, (eps**power, 3), xytext=(3, 0), textcoords="offset points")
    axes.set(xlabel="step $h$", title=name, ylim=(1e-12, 30))
    axes.minorticks_off()
both[0].set_ylabel("relative error of the slope")
both[0].legend(loc="lower left")
savefig(figure, "01_gradcheck_eps", plotted)

# %% [markdown] lang="en"
# **What you saw.** Valleys. On their right the formula's error: a step ten times smaller makes it ten times smaller for
# one-sided differences (slope 1), a hundred times for central ones (slope 2). On their left the rounding error, which grows as $1/h$. The
# bottom lies where we expected it, and is deep only for central differences in float64: $10^{-11}$, against $10^{-5}$ in
# float32. That is why `check_vjp` uses them, takes $h = 10^{-5}$ and refuses float32.
#
# **What it does not show.** The place of the bottom also depends on the function: near a kink, as in $\max(x, 0)$ at 0, no
# step is good. And a difference can only show that a rule fits its forward function, not that this is the function you meant.

# %% [markdown] lang="zh"
# **看到了什么**　曲线都呈山谷形。谷底右侧是公式本身的误差：$h$ 缩小到十分之一，单侧差分的误差缩小到十分之一（斜率 1），中心差分缩小到百分之一（斜率 2）。谷底左侧是舍入误差，按 $1/h$ 增长。谷底的位置与预期相符；误差足够小的，只有 float64 下的中心差分，低到 $10^{-11}$；在 float32 下只能到 $10^{-5}$。`check_vjp` 采用中心差分、取 $h = 10^{-5}$、拒收 float32，就是这个道理。
#
# **不能由此得出的**　谷底的位置也随函数而变；在折点附近，例如 $\max(x, 0)$ 的 0 处，取什么步长都不好。另外，差分只能证明反向规则与前向函数一致，不能证明这个函数就是你想要的。

# %% [markdown] lang="en"
# **From gradients to learning.** Points lie on two rings around the origin, of radius 1 and 2, with noise of standard deviation 0.25 across the ring; the class is the
# ring. *Gradient descent* repeats one step for all weights $\theta$, with a small number $\eta$, the *learning rate* (a step of the weights has nothing to do with the step $h$ of a difference):
#
# $$\theta \leftarrow \theta - \eta \, \frac{\partial L}{\partial \theta}.$$
#
# We train with our own tape and our own four rules, and nothing else: at each step a new tape records the network of section 3 (with a second vector $c$ after $V$),
# the loop runs backwards, and every weight moves against its gradient. The second matrix starts at zero, so all logits are equal and the loss must start at
# $\ln 2 \approx {here.LN2}$. For comparison the same network without $\tanh$.

# %% [markdown] lang="zh"
# **从梯度到学习**　平面上的点分布在两个同心圆环附近，半径是 1 和 2，径向噪声的标准差是 0.25；在哪个环上就属于哪一类。**梯度下降**对所有权重 $\theta$ 反复作同样的更新，其中 $\eta$ 是一个小的正数，称为**学习率**。一次更新中权重的改变叫**更新量**，与差分的步长 $h$ 无关：
#
# $$\theta \leftarrow \theta - \eta \, \frac{\partial L}{\partial \theta}.$$
#
# 训练只用我们自己的磁带和四条规则：每一步都新开一盘磁带，记录第 3 节的网络（$V$ 之后再加一个向量 $c$），然后倒着走一遍，每个权重逆着自己的梯度移动。第二个矩阵从零开始，各类 logits 相等，损失必须从 $\ln 2 \approx {here.LN2}$ 起步。为了对照，再训练一个去掉 $\tanh$ 的网络。


# %%
def rings(n, rng):
    classes = rng.integers(0, 2, n)  # (n,)
    angle, radius = rng.uniform(0, 2 * np.pi, n), 1 + classes + 0.25 * rng.standard_normal(n)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), classes  # (n, 2)


def start_weights(rng, width=16):
    return [rng.standard_normal((2, width)), np.zeros(width), np.zeros((width, 2)), np.zeros(2)]


def unchanged(x):
    return x, lambda g: (g,)


def record(inputs, weights, bend):
    tape = Tape()
    x, w, b, v, c = (tape.put(array, "leaf") for array in (inputs, *weights))
    h = tape.apply(bend, tape.apply(add, tape.apply(matmul, x, w), b))  # (B, 16)
    tape.apply(add, tape.apply(matmul, h, v), c)  # (B, 2): the logits
    return tape, (w, b, v, c)


# %%
def descend(inputs, classes, bend, steps=500, rate=0.5):
    weights, losses = start_weights(np.random.default_rng(1)), []
    for _ in range(steps):
        tape, places = record(inputs, weights, bend)
        tape.apply(cross_entropy, len(tape.values) - 1, labels=classes)
        losses.append(tape.values[-1].item())
        slopes = tape.backward()
        weights = [x - rate * slopes[i] for x, i in zip(weights, places, strict=True)]
    return weights, losses


def accuracy(inputs, classes, weights, bend):
    logits = record(inputs, weights, bend)[0].values[-1]
    return (logits.argmax(axis=-1) == classes).mean()


seen, unseen = rings(200, np.random.default_rng(1)), rings(2000, np.random.default_rng(2))
trained = {bend.__name__: (bend, *descend(*seen, bend)) for bend in (tanh, unchanged)}
print("             loss at step 0, 10, 100, 499       accuracy: seen, unseen")
for name, (bend, learned, losses) in trained.items():
    shown = "  ".join(f"{losses[i]:.4f}" for i in (0, 10, 100, 499))
    shares = "   ".join(f"{accuracy(*some, learned, bend):.3f}" for some in (seen, unseen))
    print(f"{name:<12} {shown}           {shares}")

# %%
_, straight, straight_losses = trained["unchanged"]
_, bent, bent_losses = trained["tanh"]
stated("LN2", bent_losses[0], 0.6931, 0.00005, "the loss of a network that knows nothing")
stated("BENT", accuracy(*unseen, bent, tanh), 0.97, 0.02, "on new points, with tanh")
many, which = rings(100_000, np.random.default_rng(3))
circle = ((np.hypot(*many.T) > 1.5) == which).mean()  # the class whose ring is nearer
stated("BEST", circle, 0.977, 0.002, "what the best boundary, a circle, reaches")
assert bent_losses[-1] < 0.15, "the network with tanh learns the rings"
assert min(straight_losses) > 0.6, "without tanh it hardly learns anything"
assert 0.3 < accuracy(*unseen, straight, unchanged) < 0.7, "a straight line does not part rings"
stated("JUMP", max(straight_losses), 3.4, 0.05, "without tanh the first steps are too long")
slant = (straight[0] @ straight[2])[:, 1] - (straight[0] @ straight[2])[:, 0]  # (2,)
shift = (straight[1] @ straight[2] + straight[3]) @ [-1, 1]
inner = many[which == 0]  # (about 50000, 2)
stated("TAKEN", (inner @ slant + shift > 0).mean(), 0.76, 0.05, "inner points called outer")
print(f"largest loss without tanh {max(straight_losses):.2f}   best circle {circle:.3f}")

# %% [markdown] lang="en"
# **Reading the table**: a row for the network with $\tanh$ and one without (`unchanged`); the loss on the points that it learns from,
# after so many steps, then the share of right answers on these points and on 2000 new ones. Below the table: the
# largest loss of the row `unchanged` during the training, and the share of right answers of the best circle.
# A share below one half is no mistake of the program. No straight line parts the rings; the one with the least loss on these 200 points passes beside the centre and leaves {here.TAKEN:.0%} of the inner ring on
# the side of the outer one. It lowers the loss a little, and right answers were not what was minimised; with other points the share comes out above one half too.

# %% [markdown] lang="zh"
# **读表**：两行依次是有 $\tanh$ 的和没有的（unchanged）；前四列是走过 0、10、100、499 步后在训练用的点上的损失，后两列是在这些点上（seen）和在 2000 个新点上（unseen）的准确率。表下一行是 unchanged 训练中最大的损失，以及最好的圆的准确率。准确率低于一半，并不是程序出了错：没有哪条直线能把两环分开；在这 200 个点上损失最小的那条，从圆心旁边经过，把内环的 {here.TAKEN:.0%} 划到了外环一侧。它让损失略微降低，而训练时最小化的并不是错误的个数；换一批点，准确率也可能高于一半。

# %%
figure, (curves, plane) = plt.subplots(1, 2, figsize=(8, 3.4), width_ratios=[1.2, 1])
curves.plot(bent_losses, "-", color="black", label="with tanh")
curves.plot(straight_losses, "--", color="#b2182b", label="without tanh")
curves.axhline(np.log(2), color="gray", lw=0.8, ls=":")
curves.set(xlabel="step", ylabel="loss", ylim=(0, 1.3), title="our tape, gradient descent")
curves.legend(loc="upper right")


def probability_of_1(some):
    return softmax(record(some, bent, tanh)[0].values[-1])[:, 1]


draw_plane(plane, *seen, probability_of_1, reach=2.8)
plane.set_title("the boundary that it learned")
plotted = {"with_tanh": bent_losses[::10], "without_tanh": straight_losses[::10]}
on_axis = np.stack([np.linspace(0, 2.8, 15), np.zeros(15)], axis=1)  # (15, 2)
savefig(figure, "01_rings", plotted | {"probability_on_axis": probability_of_1(on_axis)})

# %% [markdown] lang="en"
# **What you saw.** A list, four rules and one loop are enough to learn. The boundary (where both classes have probability one half) closes around the inner ring; on
# new points the network is right in {here.BENT:.0%} of the cases, and the best of all boundaries, the circle between the rings, in {here.BEST:.1%}, because the noise
# carries some points over it. Without $\tanh$ two matrix products are one matrix product, the boundary is a straight line, and the loss, after a jump to {here.JUMP} at the start where the step is too long for it, stays near $\ln 2$.
#
# **The library does the same.** `fit` (`minillm/training/loop.py`) does for each batch what our loop does: compute the loss, call `gradients_of`, hand the gradients to the optimiser; here every
# batch is all the data. (It can also clip gradients: with `max_norm`, one whose norm is larger is scaled down to it; not used here.) `optim.SGD` is the step as printed. The guide's Adam (`optim.Adam`) keeps for each weight two *running
# means*, $m$ of its gradient $g$ and $v$ of $g^2$, and divides the one by the root of the other, so that each weight gets a step of its own. Of the old means the share $\beta_1$ (usually 0.9) of $m$ and $\beta_2$ (0.999) of $v$ is kept at each step; $\epsilon$ (usually
# $10^{-8}$) only guards against division by 0 and is not the spacing $\varepsilon$ of floating-point numbers from above; dividing by $1 - \beta^t$ undoes the start from 0. Step $t$, starting from $m = v = 0$, is
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \qquad \theta \leftarrow \theta - \eta \, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}.$$

# %% [markdown] lang="zh"
# **看到了什么**　一张清单、四条规则、一个循环，就足以学习。分界线（两类概率各为一半的地方）把内环围了起来；在新点上，网络答对 {here.BENT:.0%}。最好的分界线是两环之间的那个圆，也只能答对 {here.BEST:.1%}，因为噪声会把一些点带过界。没有 $\tanh$ 时，两次矩阵乘法合起来仍是一次矩阵乘法，分界线是直线；损失先因更新量太大而跳到 {here.JUMP}，随后停在 $\ln 2$ 附近。
#
# **程序库也是这样做的**　`fit`（`minillm/training/loop.py`）对每一批数据做的，就是我们的循环所做的：算损失，调用 `gradients_of`，把梯度交给优化器；这里每一批都是全部数据。（它还支持梯度裁剪：范数超过 `max_norm` 时按比例缩小，这里不用。）`optim.SGD` 就是前面那个式子。指南用的 Adam（`optim.Adam`）为每个权重保存两个**滑动平均**，$m$ 是梯度 $g$ 的，$v$ 是 $g^2$ 的，用前者除以后者的平方根，于是每个权重各有自己的更新量。每次更新时，旧的 $m$ 保留 $\beta_1$（通常取 0.9），旧的 $v$ 保留 $\beta_2$（0.999）；$\epsilon$（通常取 $10^{-8}$）只是为了防止除以 0，不是前面那个表示浮点数间距的 $\varepsilon$；除以 $1 - \beta^t$，是为了抵消从 0 起步的影响。从 $m = v = 0$ 开始，第 $t$ 步是
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \qquad \theta \leftarrow \theta - \eta \, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}.$$


# %%
def library_losses(make_optimizer):
    w1, b1, w2, b2 = parameters = [Parameter(x) for x in start_weights(np.random.default_rng(1))]

    def loss_of(batch):
        x, labels = batch
        return ops.cross_entropy(ops.tanh(x @ w1 + b1) @ w2 + b2, targets=labels)

    return [step.loss.item() for step in fit(loss_of, [seen] * 500, make_optimizer(parameters))]


by_sgd = library_losses(lambda parameters: optim.SGD(parameters, lr=0.5))
by_adam = library_losses(lambda parameters: optim.Adam(parameters, lr=0.05))
for name, losses in (("our tape", bent_losses), ("SGD", by_sgd), ("Adam", by_adam)):
    print(f"{name:<9}", *(f"{losses[i]:.4f}" for i in (0, 10, 100, 499)))
assert np.allclose(by_sgd, bent_losses, rtol=1e-9), "the library's losses are those of our tape"
assert by_adam[-1] < 0.15, "Adam learns the rings too"

# %% [markdown] lang="en"
# **Reading the table**: the loss at steps 0, 10, 100 and 499. The first two rows agree in every digit. The third has another learning rate, so the rows do not
# say which of the two optimisers is the better one.

# %% [markdown] lang="zh"
# **读表**：四列是第 0、10、100、499 步的损失。前两行每一位都相同。第三行用的是另一个学习率，所以由此看不出两种优化器哪个更好。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * The question at the start: the blame that falls on a weight is its partial derivative of the loss, and the weight should move against it. One pass gives all of them.
# * Cross-entropy is $-\ln p$ of the right class; its gradient by the logits is $p - y$; training starts near $\ln K$.
# * Labels are one-hot rows or class numbers, and each kind needs its own function.
# * Backpropagation is one loop over a list, backwards: each entry passes $g$ through its VJP, and shares add up.
# * A gradient check needs a random cotangent, central differences, float64, and must itself be seen to fail.
# * The gradient says where to go, not how far: the learning rate remains a choice. And a low loss on the training data is
#   not yet a good model.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 回到开头的问题：一个权重该负多少责任，就看损失对它的偏导数；它应当逆着偏导数移动。走一趟就求出全部偏导数。
# * 交叉熵就是正确类的 $-\ln p$；它对 logits 的梯度是 $p - y$；训练从 $\ln K$ 附近开始。
# * 标签或是独热的行，或是类别编号，要用各自的函数。
# * 反向传播是把一张清单倒着走一遍：每一项让 $g$ 通过自己的 VJP，各份梯度相加。
# * 梯度检验要用随机的传入梯度、中心差分和 float64；而且要见过它确实查出错误，才可信。
# * 梯度只说往哪里走，不说走多远，学习率仍要人来定。训练数据上损失低，也不等于模型好。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# {course.exercises}
#
# **01.1 Backward of log-softmax.** With $\ell_i = z_i - \ln \sum_j e^{z_j}$ along the last axis, and $g = \partial L / \partial \ell$, return
# $\partial L / \partial z$. The array $z$ may have one, two or three axes. Hint: find $\partial \ell_i / \partial z_k$ first, as in section 2.

# %% [markdown] lang="zh"
# ## 8 练习
#
# {course.exercises}
#
# **01.1 log-softmax 的反向传播**　沿最后一个轴，$\ell_i = z_i - \ln \sum_j e^{z_j}$。已知 $g = \partial L / \partial \ell$，请返回 $\partial L / \partial z$。数组 $z$ 可以有一个、两个或三个轴。提示：仿照第 2 节，先求 $\partial \ell_i / \partial z_k$。


# %% tags=["exercise"]
def log_softmax_backward(z, g):
    return ...  # dL/dz


# %% tags=["solution"]
def log_softmax_backward(z, g):
    return g - softmax(z) * g.sum(axis=-1, keepdims=True)


# %% tags=["exercise-check"]
check("01.1", log_softmax_backward)

# %% [markdown] lang="en"
# **01.2 A checker of your own.** Below are five rules with their operands. Some are wrong: can you see which, by reading alone? Write
# `is_right(rule, *operands)`: `True` if the gradients are right for **every** operand, else `False`. Use
# `numeric_gradient`, or the random direction of section 4; random numbers come from a generator that you make in the function. `check` hands you hidden rules, right ones and wrong
# ones. A gradient can have the wrong shape, $(1, m)$ for $(m,)$ too, or be missing; one of size $10^{-3}$ may be wrong by a thousandth; a
# right one may be exactly zero; an output may be a single number. An output may share memory with its input, as `x.T` does, so change a copy, a new one for each call of the rule.
# When it is written, the cell below it runs it over `candidates`.

# %% [markdown] lang="zh"
# **01.2 自己写一个检验器**　下面有五条规则，各附操作数，其中有对有错。只靠读代码，你看得出哪几条错了吗？请写 `is_right(rule, *operands)`：如果规则对**每一个**操作数的梯度都正确，返回 `True`，否则返回 `False`。可以用 `numeric_gradient`，也可以用第 4 节的随机方向；随机数请取自函数里新建的生成器。`check` 会交给它一些你看不到的规则，有对有错。要留心：梯度的形状可能不对（例如操作数是 $(m,)$，梯度却是 $(1, m)$），也可能少给一个；大小只有 $10^{-3}$ 的梯度也可能错了千分之一；正确的梯度可能恰好是零；输出可能只是一个数；输出可能与输入共用内存（例如 `x.T`），所以要改就改副本，而且每次调用规则都另取一份。写好以后，下面的单元格用它检验 `candidates`。


# %%
def scale_columns(x, y):
    return x * y, lambda g: (g * y, (g * x).sum(axis=0))  # (n, m) (m,) -> (n, m)


def logistic(x):
    y = 1 / (1 + np.exp(-x))
    return y, lambda g: (g * y * (1 - y),)


def column_means(x):
    return x.mean(axis=0), lambda g: (np.ones_like(x) * g,)  # (n, m) -> (m,)


def square_product(x, y):
    return x @ y, lambda g: (g @ y, x.T @ g)  # (n, n) (n, n) -> (n, n)


def logarithm_of_sum(x):
    return np.log(np.exp(x).sum()), lambda g: (g * softmax(x.ravel()).reshape(x.shape),)


# %%
draw = np.random.default_rng(8)
one, two, row = draw.standard_normal((3, 3)), draw.standard_normal((3, 3)), draw.standard_normal(3)
candidates = [
    (scale_columns, one, row),
    (logistic, one),
    (column_means, one),
    (square_product, one, two),
    (logarithm_of_sum, one),
]


# %% tags=["exercise"]
def is_right(rule, *operands):
    return ...


# %% tags=["solution"]
def is_right(rule, *operands):
    output, vjp = rule(*operands)
    g = np.random.default_rng(0).standard_normal(np.shape(output))
    gradients = vjp(g)
    if [np.shape(gradient) for gradient in gradients] != [x.shape for x in operands]:
        return False  # a wrong shape, or too few
    for i, (x, gradient) in enumerate(zip(operands, gradients, strict=True)):

        def forward(x, i=i):
            return rule(*operands[:i], x, *operands[i + 1 :])[0]

        wanted = numeric_gradient(forward, x, g)
        if np.abs(gradient - wanted).max() > 1e-5 * np.abs(wanted).max() + 1e-9:
            return False
    return True


verdicts = [is_right(*candidate) for candidate in candidates]
assert verdicts == [True, True, False, False, True], "the third and the fourth rule are wrong"

# %% tags=["answer"]
for rule, *arrays in candidates:
    print(f"{rule.__name__:18s} {is_right(rule, *arrays)}")

# %% [markdown] lang="en"
# **What to expect**: as long as the answer is `...`, five times `Ellipsis`; then `True` for three of the five and `False` for two. One of the two is a slip in
# a factor, the other a transposition forgotten: find both by reading.

# %% [markdown] lang="zh"
# **应当看到**：答案还是 `...` 时，五行都是 `Ellipsis`；写好以后，三行是 `True`，两行是 `False`。这两条里，一条漏了一个因子，一条忘了转置：请再读代码，把毛病找出来。

# %% tags=["exercise-check"]
check("01.2", is_right)

# %% [markdown] lang="en"
# **01.3 Undo broadcasting.** NumPy stretches an operand to the shape of its neighbour: axes of size 1 are repeated, and missing axes
# are put in front. The rule for `x + y` gets a $g$ of the large shape and must return a gradient of the operand's
# `shape`. Write `unbroadcast(g, shape)`. Hint: what did `add` do in section 3, and why?

# %% [markdown] lang="zh"
# **01.3 撤销广播**　NumPy 会把操作数扩展到与对方同形：大小为 1 的轴重复若干次，缺少的轴补在最前面。`x + y` 的反向规则收到的 $g$ 是大的形状，却要返回操作数原来的形状 `shape`。请写 `unbroadcast(g, shape)`。提示：第 3 节的 `add` 是怎么做的，为什么？


# %% tags=["exercise"]
def unbroadcast(g, shape):
    return ...


# %% tags=["solution"]
def unbroadcast(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=stretched, keepdims=True)


# %% tags=["exercise-check"]
check("01.3", unbroadcast)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".
# * Griewank & Walther 2008, "Evaluating Derivatives": what the tape does, in general; its roots are in Linnainmaa 1970.
# * Goodfellow, Bengio & Courville 2016, "Deep Learning", sections 6.2.2.3 (softmax and its loss) and 6.5 (backpropagation).
# * Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization".
# * In this project: `minillm/autograd/tape.py`, `minillm/ops/losses.py`, `tests/autograd/test_check.py`. After the exercises, the library's answers to them:
#   `log_softmax` in `minillm/ops/probabilities.py` (01.1), `minillm/autograd/check.py` (01.2), `unbroadcast` in `minillm/autograd/arithmetic.py` (01.3).

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Rumelhart、Hinton、Williams，1986，“Learning representations by back-propagating errors”。
# * Griewank、Walther，2008，“Evaluating Derivatives”：系统讲述磁带所做的事，其源头是 Linnainmaa 1970 年的工作。
# * Goodfellow、Bengio、Courville，2016，“Deep Learning”，6.2.2.3 节（softmax 及其损失）和 6.5 节（反向传播）。
# * Kingma、Ba，2015，“Adam: A Method for Stochastic Optimization”。
# * 本项目：`minillm/autograd/tape.py`、`minillm/ops/losses.py`、`tests/autograd/test_check.py`。做完练习以后，再看程序库的写法：`minillm/ops/probabilities.py` 中的 `log_softmax`（01.1）、`minillm/autograd/check.py`（01.2）、`minillm/autograd/arithmetic.py` 中的 `unbroadcast`（01.3）。
