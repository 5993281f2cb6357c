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
#     lesson: 0
#     guide: ['1.1', '1.3', '1.4']
#     budget_s: 15
#     errata: [A1, A2, A4, A5]
#     introduces: [minillm.commands.info]
# ---

# %% [markdown] lang="en"
# # Lesson 0. How to read these lessons
#
# **Question.** A guide tells you that something works. How would you find out whether it does?
#
# **Afterwards you can** find the lesson, the source and the test for any part of the guide; read the code cells of
# this course; use `check`; and say why one run of an experiment proves little.
#
# **Before this**: Python, NumPy arrays, a mean and a standard deviation. **Time**: a few seconds to run, half an hour to read.

# %% [markdown] lang="zh"
# # 第 0 课　怎样读这门课
#
# **问题**　指南说某个办法有效。你怎样才能知道它是不是真的有效？
#
# **学完本课，你能够**　为指南的任何一节找到对应的课、源代码和测试；读懂本课程的代码单元格；使用 `check`；说清为什么只跑一次的实验证明不了什么。
#
# **预备知识**　Python、NumPy 数组、平均数与标准差。**用时**　运行只要几秒，细读约半小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm.commands.info import facts
from minillm.course import check, savefig, setup
from minillm.course.errata import read_errata
from minillm.course.guide_map import read_map
from minillm.labs import mean_and_interval

setup()
rng = np.random.default_rng(0)

# %% [markdown] lang="en"
# The cell above begins every lesson: one BLAS thread (small matrices are slower with two), and the versions it runs
# with. Nothing is downloaded, and nothing random is used but the generator `rng`, so that you see the numbers that we saw,
# up to the rounding of your machine. This is your machine:

# %% [markdown] lang="zh"
# 每一课都从上面这个单元格开始：BLAS 只用一个线程（矩阵很小，两个线程反而更慢），并打印所用的版本。课程不下载任何东西；随机数一律取自生成器 `rng`，所以你看到的数字与我们的相同，至多差一点舍入误差。下面是你的机器：

# %%
for name, value in facts().items():
    print(f"{name:<12} {value}")

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# The guide announces two problems, *conflicting objectives* and *mismatched generalisation*, and promises their
# causes, solutions and cases (1.1). On the way it explains embeddings, the Transformer, BERT, training code and applications. The
# two words of its title are the diagnosis of Wei, Haghtalab & Steinhardt 2023, who are not named (A1), and they return
# only in one line of the glossary and in four general pieces of advice (A2).
#
# We go the other way: what the guide describes is to run here, in NumPy, small enough for a laptop, and where
# it errs a number shows it. Each part is a *feature* with functions and with tests that fail without them. These have a lesson so far:

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南开篇提出两个问题，**冲突目标**与**泛化不匹配**，并许诺说明原因、给出办法、举出案例（1.1 节）；其间介绍词嵌入、Transformer、BERT、训练代码和应用。标题里的这两个说法，出自 Wei、Haghtalab 与 Steinhardt 2023 年的分析，指南没有提到他们（A1）；此后它们只出现在术语表的一行和四条笼统的建议里（A2）。
#
# 我们的做法相反：指南讲到的东西，要一样一样用 NumPy 写出来，规模小到在笔记本电脑上就能运行；它说错的地方，用一个数字指出来。每一项都有函数，以及缺了这些函数就会失败的测试。目前已有对应课程的是：

# %%
entries = read_map()
for entry in entries:
    if entry.lesson:
        print(f"{entry.sections:<16} {entry.feature:<4} {entry.subject:<46} {entry.lesson}")
print(len(entries), "features;", sum(not entry.open for entry in entries), "done")

# %% [markdown] lang="en"
# The whole table, with links to code and tests, is in the README.
#
# ## 2 By hand
#
# Before code comes a number that you can work out on paper. Three runs of a model, with three seeds, reach the accuracies
# 0.70, 0.80 and 0.90. Their mean is 0.80. Their sample standard deviation is
# $\sqrt{(0.1^2 + 0 + 0.1^2) / (3 - 1)} = 0.10$. For three values the table of Student's $t$ says 4.303, so the 95 % interval of the mean is
# $0.80 \pm 4.303 \cdot 0.10 / \sqrt 3 = 0.80 \pm 0.248$. Three runs that differ this much leave open whether the model is any good.

# %% [markdown] lang="zh"
# 完整的表在 README 里，附有代码与测试的链接。
#
# ## 2 手算
#
# 写代码之前，先算一个在纸上就能算出来的数。同一个模型用三个种子跑三次，准确率是 0.70、0.80、0.90。平均数是 0.80；样本标准差是 $\sqrt{(0.1^2 + 0 + 0.1^2) / (3 - 1)} = 0.10$。查学生 $t$ 分布表，三个数对应的 $t$ 值是 4.303，于是平均数的 95% 置信区间为 $0.80 \pm 4.303 \cdot 0.10 / \sqrt 3 = 0.80 \pm 0.248$。三次结果相差这么大，这个模型究竟好不好，还说不准。

# %%
scores = np.array([0.70, 0.80, 0.90])  # (3,)
mean_by_hand, half_by_hand = 0.80, 4.303 * 0.10 / np.sqrt(3)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# Then comes the formula, and at most fifteen lines of code with the same letters:
#
# $$\bar x = \frac1n \sum_i x_i, \qquad s^2 = \frac1{n-1} \sum_i (x_i - \bar x)^2, \qquad \bar x \pm t_{n-1} \frac{s}{\sqrt n}.$$
#
# Comments say shapes, where they change: `# (n, d)` is an array of $n$ rows and $d$ columns. The last lines compare with
# the number found by hand and with the library, where the same thing exists with its checks. When you have read the
# lines here, open the library's file and find them there: `minillm/labs/statistics.py`.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 然后是公式，以及不超过十五行、用同样字母写成的代码：
#
# $$\bar x = \frac1n \sum_i x_i, \qquad s^2 = \frac1{n-1} \sum_i (x_i - \bar x)^2, \qquad \bar x \pm t_{n-1} \frac{s}{\sqrt n}.$$
#
# 注释写的是形状，只写在形状改变的地方：`# (n, d)` 表示 $n$ 行 $d$ 列的数组。最后几行把结果与手算的数作比较，再与程序库作比较；程序库里有同样的函数，多出来的是对输入的检查。读完这里的几行，请打开 `minillm/labs/statistics.py`，在里面找到它们。


# %%
def interval(x, t):
    mean = x.mean(axis=0)  # (n, ...) -> (...)
    s = np.sqrt(((x - mean) ** 2).sum(axis=0) / (len(x) - 1))  # (...)
    return mean, t * s / np.sqrt(len(x))


# %%
print(interval(scores, 4.303))
assert np.allclose(interval(scores, 4.303), (mean_by_hand, half_by_hand))
assert np.allclose(interval(scores, 4.303), mean_and_interval(scores))

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Wherever there is a derivative, the lesson does not ask you to believe it. It compares with
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}.$$
#
# For $f(x) = x^3$ the right side is $3x^2 + h^2$ exactly: at $x = 1$ with $h = 0.1$ it gives 3.01 instead of 3, and with a tenth of the
# step a hundredth of the error. Lesson 1 does this for whole networks and shows a check that lies.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 凡是出现导数的地方，本课程都不要求你直接相信，而是拿它与下式比较：
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}.$$
#
# 取 $f(x) = x^3$，右边恰好等于 $3x^2 + h^2$：在 $x = 1$ 处取 $h = 0.1$，得到 3.01 而不是 3；步长缩到十分之一，误差就缩到百分之一。第 1 课对整个网络这样做，还会给你看一个会说谎的检验。


# %%
def central_difference(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


for h in (0.1, 0.01, 0.001):
    error = central_difference(lambda x: x**3, 1.0, h) - 3.0
    print(f"h = {h:<6} error {error:.1e}")
    assert abs(error - h**2) < 1e-10

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# Its statements are numbered: A5 is "the English of the term is *Big Language Model*"; it is *large language model*. A4 is
# "this text has eight parts"; it has ten. Where a statement can be tested by number a test computes what the guide says
# and what is right, and where there is no test the list says why. The page `lessons/errata.md` lists them all. These are the verdicts so far, for its sections 1 to 4:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# 指南的各条说法都有编号。A5 是“大语言模型的英文为 Big Language Model”，通行的名称是 large language model；A4 是“全文分八个部分”，实际有十个。能用数字检验的，由测试把指南的说法和正确的说法都算出来；没有测试的，清单里写明了原因。完整的清单见 `lessons/zh/errata.md`。下面是目前对第 1 至 4 节的判断：

# %%
errata = read_errata()
for verdict in sorted({row.verdict for row in errata}):
    print(f"{sum(row.verdict == verdict for row in errata):3d}  {verdict}")
print(f"{len(errata):3d}  in all, {sum(not row.why for row in errata)} of them behind a test")
assert {"A1", "A2", "A4", "A5"} <= {row.number for row in errata}

# %% [markdown] lang="en"
# ## 6 Experiment
#
# Why several seeds? Take two methods that are *equally good*: each gets every one of 200 test sentences right with probability 0.8.
# We compare them 2,000 times, with 1, 2, 3, 5 or 10 seeds each time, and count how often somebody would announce a difference that does not exist.
# One reader announces it when the means differ by more than 0.03; another only when the 95 % interval of the
# differences, seed by seed, leaves out zero.

# %% [markdown] lang="zh"
# ## 6 实验
#
# 为什么要用好几个种子？取两个**同样好**的方法：200 个测试句，每句判对的概率都是 0.8。把它们比较 2000 次，每次分别用 1、2、3、5、10 个种子，数一数有多少次会有人宣布一个并不存在的差别。一位读者的规矩是：平均数相差超过 0.03 就宣布；另一位要等到逐个种子之差的 95% 区间不包含零，才宣布。

# %%
trials, sentences, seeds = 2000, 200, [1, 2, 3, 5, 10]
by_difference, by_interval, spread = [], [], []
for n in seeds:
    first, second = (
        rng.binomial(sentences, 0.8, size=(2, n, trials)) / sentences
    )  # (n, trials) each
    difference = first - second  # (n, trials), one for each seed
    mean = difference.mean(axis=0)  # (trials,)
    spread.append(mean.std())
    by_difference.append((np.abs(mean) > 0.03 + 1e-9).mean())
    if n > 1:  # a single number has no spread
        _, half = mean_and_interval(difference)  # (trials,)
        by_interval.append((np.abs(mean) > half).mean())
print("seeds               ", *(f"{n:6d}" for n in seeds))
print("sd of the difference", *(f"{x:6.3f}" for x in spread))
print("differs by over 0.03", *(f"{x:6.3f}" for x in by_difference))
print("interval without 0         ", *(f"{x:6.3f}" for x in by_interval))

# %%
assert np.allclose(spread, np.sqrt(2 * 0.8 * 0.2 / sentences / np.array(seeds)), rtol=0.1)
assert by_difference[0] > 0.35 and 0 < by_difference[-1] < 0.05
assert all(0.02 < share < 0.08 for share in by_interval)

# %%
figure, axes = plt.subplots(figsize=(6, 3.2))
axes.plot(seeds, by_difference, "o-", label="means differ by more than 0.03")
axes.plot(seeds[1:], by_interval, "s--", label="95 % interval leaves out 0")
axes.axhline(0.05, color="gray", lw=0.8)
axes.set(xlabel="seeds", ylabel="share of false alarms", xticks=seeds, ylim=(0, 0.5))
axes.legend()
savefig(
    figure,
    "00_seeds",
    {"seeds": seeds, "by_difference": by_difference, "by_interval": by_interval},
)

# %% [markdown] lang="en"
# **What you saw.** With a single seed the first reader announces a difference between two equal methods in more than a third of the
# cases; the spread falls with the root of the number of seeds, and with ten seeds it still happens now and then. The interval is wrong in about one
# case of twenty, for any number of seeds from two on: that is what 95 % means.
#
# **What it does not show.** Here every seed is an independent draw. In the lessons seeds share a test set and a grammar, so an
# interval says how far the *seeds* scatter, and nothing about another data set. Nor does it help whoever tries twenty remedies and reports the one that won.

# %% [markdown] lang="zh"
# **看到了什么**　只用一个种子时，在三分之一以上的情形里，第一位读者会宣布两个同样好的方法有差别。差值的离散程度与种子数的平方根成反比；用到十个种子，仍偶有误报。用区间来判断，无论几个种子（至少两个），大约二十次里错一次：95% 就是这个意思。
#
# **不能由此得出的**　这里每个种子都是独立的一次抽样。而在后面各课里，各个种子共用同一个测试集、同一套文法（生成句子的规则），所以区间说的是**种子**之间有多分散，并不涉及别的数据。倘若有人试了二十种办法，只报告胜出的那一种，区间也帮不了他。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * Guide, lesson, source, test: the table of section 1 leads from each to the others.
# * By hand, formula, code, gradient check, where the guide differs, experiment, exercises: nine sections, in this order, in every lesson.
# * Numbers in the prose are guarded by an `assert` in a cell, with a tolerance. If one fails on your machine, that is a fault of ours.
# * The models are small and most texts come from grammars that we wrote. They show *how* something works or fails, not how well a large model does it.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 指南、课、源代码、测试：从其中任何一个出发，都可以顺着第 1 节的表找到其余三个。
# * 手算、公式、代码、梯度检验、与指南不同之处、实验、练习：每一课都是这九节，次序不变。
# * 正文里的数字，都由单元格里带容差的 `assert` 守着。如果在你的机器上失败了，那是我们的错。
# * 模型很小，文本大多出自我们自己写的文法。它们说明一样东西**怎样**起作用、怎样失灵，并不说明大模型做得有多好。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# Replace `...` and run the cell below it. `check` tries your function on a hundred inputs, the same in every run. If it is right, you see ✓. If not,
# you see the property that fails, the smallest input on which it fails, and what your function gave there; never the answer. A cell
# that you have not answered stops nothing. Answer one wrongly on purpose and see.
#
# **00.1 Relative error.** Every comparison in this course is relative: 0.001 is nothing beside 1000 and everything beside 0.0001. For two arrays of equal
# shape write the largest absolute difference, divided by the largest absolute value in either of them; 0 if all is zero.

# %% [markdown] lang="zh"
# ## 8 练习
#
# 把 `...` 换成你的代码，再运行下面的检查单元格。`check` 用一百个输入试验你的函数，每次运行都一样。答对了，显示 ✓；答错了，显示不成立的性质、使它不成立的最小输入，以及你的函数在那里给出的结果，但不会给出答案。没有作答的单元格不影响后面的运行。不妨先故意答错一次看看。
#
# **00.1 相对误差**　本课程里的比较都是相对的：0.001 在 1000 旁边微不足道，在 0.0001 旁边却大得很。给定形状相同的两个数组，请写出：差的最大绝对值，除以两个数组中最大的绝对值；全为零时得 0。


# %% tags=["exercise"]
def relative_error(a, b):
    return ...


# %% tags=["solution"]
def relative_error(a, b):
    size = max(np.abs(a).max(), np.abs(b).max())
    return np.abs(a - b).max() / size if size > 0 else 0.0


# %% tags=["exercise-check"]
check("00.1", relative_error)

# %% [markdown] lang="en"
# **00.2 Shapes.** Most mistakes are mistakes of shape, and shapes can be worked out without a computer. Write `product_shape(a, b)`: the shape of `A @ B`
# for two shapes with at least two axes each, or `None` if the product does not exist. The last two axes are multiplied as matrices; those before
# them must be equal, or 1, or missing on one side.

# %% [markdown] lang="zh"
# **00.2 形状**　大多数错误是形状的错误，而形状不用计算机也能推出来。请写 `product_shape(a, b)`：给定两个形状（各至少两个轴），返回 `A @ B` 的形状；如果不能相乘，返回 `None`。最后两个轴按矩阵相乘；前面的轴必须两边相等，或有一边为 1，或有一边没有。


# %% tags=["exercise"]
def product_shape(a, b):
    return ...


# %% tags=["solution"]
def product_shape(a, b):
    if a[-1] != b[-2]:
        return None
    try:
        leading = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        return None
    return (*leading, a[-2], b[-1])


# %% tags=["exercise-check"]
check("00.2", product_shape)

# %% [markdown] lang="en"
# **00.3 Is it better?** Two methods were run with the same seeds. Given both lists of scores and the value of $t$, return `"first"`, `"second"` or `"open"`: which one is
# better (a higher score is better), judged by the 95 % interval of the differences seed by seed.

# %% [markdown] lang="zh"
# **00.3 谁更好**　两个方法用同一组种子各跑了一遍。给定两列得分（越高越好）和 $t$ 值，按逐个种子之差的 95% 区间判断谁更好，返回 `"first"`、`"second"` 或 `"open"`（尚无定论）。


# %% tags=["exercise"]
def better(first, second, t):
    return ...


# %% tags=["solution"]
def better(first, second, t):
    mean, half = interval(np.asarray(first) - np.asarray(second), t)
    if abs(mean) <= half:
        return "open"
    return "first" if mean > 0 else "second"


# %% tags=["exercise-check"]
check("00.3", better)

# %% [markdown] lang="en"
# ## 9 Further reading
#
# * Wei, Haghtalab & Steinhardt 2023, "Jailbroken: How Does LLM Safety Training Fail?": where the two problems of the title come from.
# * Student 1908, "The Probable Error of a Mean".
# * Bouthillier et al. 2021, "Accounting for Variance in Machine Learning Benchmarks": which sources of chance to vary, and how many runs it takes.
# * In this project: `README.md`, `lessons/syllabus.md`, `lessons/errata.md`, `lessons/glossary.md`, `lessons/reading.md`.

# %% [markdown] lang="zh"
# ## 9 延伸阅读
#
# * Wei、Haghtalab、Steinhardt，2023，“Jailbroken: How Does LLM Safety Training Fail?”：标题里两个问题的出处。
# * Student，1908，“The Probable Error of a Mean”。
# * Bouthillier 等，2021，“Accounting for Variance in Machine Learning Benchmarks”：应当改变哪些偶然因素，要跑多少次才够。
# * 本项目：`README.md`、`lessons/zh/syllabus.md`、`lessons/zh/errata.md`、`lessons/glossary.md`、`lessons/zh/reading.md`。
