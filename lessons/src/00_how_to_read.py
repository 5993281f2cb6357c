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
# **Before this**: Python, NumPy arrays, a mean and a standard deviation. **Time**: some ten seconds to run, half an hour to read.

# %% [markdown] lang="zh"
# # 第 0 课　怎样读这门课
#
# **问题**　指南说某个办法有效。你怎样才能知道它是不是真的有效？
#
# **学完本课，你能够**　为指南的任何一节找到对应的课、源代码和测试；读懂本课程的代码单元格；使用 `check`；说清为什么只跑一次的实验证明不了什么。
#
# **预备知识**　Python、NumPy 数组、均值与标准差。**用时**　运行十秒左右，细读约半小时。

# %%
import matplotlib.pyplot as plt
import numpy as np

from minillm.commands.info import facts
from minillm.course import check, savefig, setup, stated
from minillm.course.errata import PAGE, read_errata
from minillm.course.guide_map import read_map
from minillm.course.lesson_tables import read_lessons
from minillm.course.markers import marked
from minillm.labs import mean_and_interval
from minillm.labs.statistics import prediction_interval

setup()

# %% tags=["numbers"]
from minillm.course.errata import PAGE
from minillm.course.guide_map import read_map

words = [f"{word['en']} {word['zh']}" for word in PAGE["verdicts"].values()]
verdict = {"words": PAGE["words"]["comma"]["zh"].join(words)}

features = {
    "all": len(read_map()),
    "done": sum(not entry.open for entry in read_map()),
}
LITERALS = {
    "by hand in section 2, and asserted": "0.70 0.80 0.90 4.303",
    "by hand in section 4, and asserted": "0.1 3 3.01",
    "the level of an interval": "95",
    "settings of the experiment, in its cell": "0.83 0.03 200 10,000 1 2 5 10",
    "examples of large and small in exercise 00.1": "0 0.001 1000 0.0001",
    "lessons that are planned": "17 20",
    "what a test demands of every lesson": "25",
}

# %% [markdown] lang="en"
# The cell above begins every lesson: one thread for BLAS, the library that multiplies matrices for NumPy (small matrices are slower
# with two), and the versions it runs with. Nothing is downloaded. A cell that draws random numbers makes its own generator with a fixed seed, as `np.random.default_rng(0)`, so that you see the
# numbers that we saw, up to the rounding of your machine, and once you have run all of them from top to bottom you may run any cell again, in any order. This is your machine:

# %% [markdown] lang="zh"
# 每一课都从上面这个单元格开始。它让 BLAS（替 NumPy 做矩阵乘法的程序库）只用一个线程，因为矩阵很小，两个线程反而更慢；它还打印所用的版本。课程不下载任何东西。要用随机数的单元格各自新建生成器，种子固定，例如 `np.random.default_rng(0)`，所以你看到的数字与我们的相同，至多差一点舍入误差。从头到尾运行过一遍之后，任何单元格都可以再运行，次序不限。下面是你的机器：

# %% tags=["machine"]
for name, value in facts().items():
    print(f"{name:<12} {value}")

# %% [markdown] lang="en"
# **Reading the table**: on the left what is asked, on the right what was found on this machine. A GPU is not needed.

# %% [markdown] lang="zh"
# **读表**：左列是项目，右列是这台机器的情况。没有 GPU 也可以。

# %% [markdown] lang="en"
# ## 1 What the guide says
#
# The guide announces two problems, *conflicting objectives* and *mismatched generalisation*, and promises their
# causes, solutions and cases (section 1.1). On the way it explains embeddings, the Transformer, BERT, training code and applications. The
# two words of its title are the diagnosis of Wei, Haghtalab & Steinhardt 2023, who are not named (A1; such numbers are those of the guide's statements, see section 5), and they return
# only in one line of the glossary and in four general pieces of advice (A2). In short: objectives are in conflict where a gain in one is a loss in another, as
# when a model is to be helpful and to refuse; generalisation is mismatched where what was learned on one kind of input does not reach another kind on which the model is used.
#
# We go the other way: what the guide describes is to run here, in NumPy, small enough for a laptop, and an error that
# a number can show is shown by a number. The guide was divided into {features.all} *features*; {features.done} of them are done so far: they have functions, and tests
# that fail without these. The features that a lesson treats are the following, each with the first of its files and of its tests:

# %% [markdown] lang="zh"
# ## 1 指南的说法
#
# 指南开篇提出两个问题，**冲突目标**与**泛化不匹配**（标题里写作“冲突的目标与不匹配的泛化”），并许诺说明原因、给出办法、举出案例（1.1 节）；其间介绍词嵌入、Transformer、BERT、训练代码和应用。这两个说法出自 Wei、Haghtalab 与 Steinhardt 2023 年的分析，指南却没有提到这三位作者（A1；这类编号指的是指南的各条说法，见第 5 节）。开篇之后，两个说法只在术语表的一行和四条笼统的建议里再次出现（A2）。简单说，**冲突目标**是指一个目标有所改善，另一个目标就要受损，例如既要有求必应，又要懂得拒绝；**泛化不匹配**是指在一类输入上学会的东西，换成实际使用时遇到的另一类输入，就不起作用。
#
# 我们换一种做法：指南讲到的东西，一样一样用 NumPy 写出来，规模小到在笔记本电脑上就能运行；凡能用数字检验的错误，都用算出的数字说明。指南的内容分成了 {features.all} 项，目前完成了 {features.done} 项：凡已完成的，都有相应的函数和测试；去掉函数，测试就会失败。已经有课讲到的各项如下，每项列出第一个源文件和第一个测试文件：

# %%
entries = read_map()
tests_of = marked("guide")  # feature -> its tests; empty where only the library is installed
for entry in entries:
    if entry.lesson:
        tests = tests_of.get(entry.feature, ["–"])
        code, test = (found[0].partition(":")[0] for found in (entry.code, tests))
        print(f"{entry.sections:<16} {entry.feature:<4} {entry.subject:<42} {entry.lesson}")
        print(f"{'':<21} {code:<42} {test}")
print(len(entries), "features,", sum(not entry.open for entry in entries), "done")
print("lessons so far:", *(lesson.number for lesson in read_lessons()))

# %% [markdown] lang="en"
# **Reading the table**: the first line of each pair names the sections of the guide, the feature (G1, G2, ...) and its lesson, the second
# line a file of the library (`minillm`, the one of this project) and a file of tests. The whole map, with links to all of them, is `lessons/guide_map.md`; `python -m minillm guide 4.1.2` prints its entry for a section of the guide.
#
# **Some numbers are missing.** The lessons have the numbers of a plan for the whole guide.
# Fairness, privacy, cost and interpretability (17 to 20) have no lesson yet;
# section 8 of `lessons/syllabus.md` has the list. You miss nothing that a later lesson needs: what must come first stands under "Before this" at its head.
#
# ## 2 By hand
#
# Before code comes a number that you can work out on paper. Three runs of a model, with three seeds, reach the accuracies
# 0.70, 0.80 and 0.90. Their mean is 0.80. Whoever draws three runs again and again, and works out a *95 % confidence interval* each time, finds the true mean inside 95 % of these intervals. The sample standard deviation is
# $\sqrt{(0.1^2 + 0 + 0.1^2) / (3 - 1)} = {here.SD}$. For three values the table of Student's $t$ says 4.303, so the 95 % interval of the mean is
# $0.80 \pm 4.303 \cdot {here.SD} / \sqrt 3 = 0.80 \pm {here.HALF}$. Three runs that differ this much leave open whether the model is any good.

# %% [markdown] lang="zh"
# **读表**：每项占两行，第一行是指南的章节、项目的编号（G1、G2……）和名称、对应的课，第二行是程序库（本项目的 `minillm`，以下都这样称呼）的一个文件和一个测试文件。完整的对照在 `lessons/zh/guide_map.md` 里，附有全部链接；`python -m minillm guide 4.1.2` 打印指南某一节的条目。
#
# **为什么课的编号有空缺**　编号来自一份覆盖整个指南的计划。公平性、隐私、计算代价与可解释性（17 至 20），目前还没有对应的课，清单见 `lessons/zh/syllabus.md` 第 8 节。后面的课不会用到没有写出的内容：每一课开头的“预备知识”写明了要先学什么。
#
# ## 2 手算
#
# 写代码之前，先算一个在纸上就能算出来的数。同一个模型用三个种子跑三次，准确率是 0.70、0.80、0.90，均值是 0.80。**95% 置信区间**的意思是：照同样的办法反复抽三次、反复算区间，其中 95% 的区间包含真正的均值。样本标准差（分母是 $n - 1$）是 $\sqrt{(0.1^2 + 0 + 0.1^2) / (3 - 1)} = {here.SD}$。查学生 $t$ 分布表，三个数对应的 $t$ 值是 4.303，于是均值的 95% 置信区间为 $0.80 \pm 4.303 \cdot {here.SD} / \sqrt 3 = 0.80 \pm {here.HALF}$。三次结果相差这么大，这个模型究竟好不好，还说不准。

# %%
scores = np.array([0.70, 0.80, 0.90])  # (3,)
mean_by_hand, half_by_hand = 0.80, 4.303 * 0.10 / np.sqrt(3)

# %% [markdown] lang="en"
# ## 3 Formula and code
#
# Then comes the formula, and code with the same letters, in cells of at most 25 lines:
#
# $$\bar x = \frac1n \sum_i x_i, \qquad s^2 = \frac1{n-1} \sum_i (x_i - \bar x)^2, \qquad \bar x \pm t_{n-1} \frac{s}{\sqrt n}.$$
#
# Comments say shapes, where they change: `# (n, d)` is an array of $n$ rows and $d$ columns. The last lines compare with
# the number found by hand and with the library, where the same thing exists with its checks. When you have read the
# lines here, open the library's file and find them there: `minillm/labs/statistics.py`.
#
# That is the interval of the *mean*. Where one further run will lie is another question, and its interval is wider, $\bar x \pm t_{n-1}\, s \sqrt{1 + 1/n}$, the
# *prediction interval*. Where later lessons say what to expect of a further seed, they mean this one.
#
# An `assert` stops the notebook where something does not hold, and says what. `stated("HALF", found, 0.248, 0.0005, "...")` does the same for a number of
# the text: first a name, then the number that was computed, the number in the text, how far apart the two may be, and what is being said.

# %% [markdown] lang="zh"
# ## 3 公式与代码
#
# 接着写出公式，再用同样的字母写成代码，每个单元格不超过 25 行：
#
# $$\bar x = \frac1n \sum_i x_i, \qquad s^2 = \frac1{n-1} \sum_i (x_i - \bar x)^2, \qquad \bar x \pm t_{n-1} \frac{s}{\sqrt n}.$$
#
# 注释写的是形状，只写在形状改变的地方：`# (n, d)` 表示 $n$ 行 $d$ 列的数组。最后几行把结果与手算的数作比较，再与程序库作比较；程序库里有同样的函数，多出来的是对输入的检查。读完这里的几行，请打开 `minillm/labs/statistics.py`，把它们在程序库里找出来。
#
# 上面是**均值**的区间。再多跑一次，结果会落在哪里，则是另一个问题；答案是一个更宽的区间，$\bar x \pm t_{n-1}\, s \sqrt{1 + 1/n}$，称为**预测区间**。后面的课说“再换一个种子，预计在……之间”，指的就是它。
#
# `assert` 在某件事不成立时让笔记本停下，并说出是哪件事。`stated("HALF", found, 0.248, 0.0005, "...")` 也是如此，用来核对正文里的一个数：括号里依次是名称、算出的数、正文里的数、容许的误差，以及这个数说的是什么。


# %%
def interval(x, t):
    mean = x.mean(axis=0)  # (n, ...) -> (...)
    s = np.sqrt(((x - mean) ** 2).sum(axis=0) / (len(x) - 1))  # (...)
    return mean, t * s / np.sqrt(len(x))


# %%
center, half = interval(scores, 4.303)
print(f"{center:.3f} ± {half:.3f}")
stated("SD", scores.std(ddof=1), 0.10, 1e-9, "the deviation found by hand")
stated("HALF", half_by_hand, 0.248, 0.0005, "half the interval found by hand")
same = np.allclose(interval(scores, 4.303), (mean_by_hand, half_by_hand))
assert same, "the formula gives the numbers found by hand"
same = np.allclose(interval(scores, 4.303), mean_and_interval(scores))
assert same, "the library gives what the formula gives"
further = 4.303 * scores.std(ddof=1) * np.sqrt(1 + 1 / 3)  # half of the interval of a further run
same = np.allclose(prediction_interval(scores), (center - further, center + further))
assert same, "the library's prediction interval is the formula's"

# %% [markdown] lang="en"
# ## 4 Gradient check
#
# Wherever there is a derivative, the lesson does not ask you to believe it. It compares with
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}.$$
#
# For $f(x) = x^3$ the right side is $3x^2 + h^2$ exactly: at $x = 1$ with $h = 0.1$ it gives 3.01 instead of 3, and with a tenth of the
# *step* $h$ a hundredth of the error. Lesson 1 does this for whole networks and shows a check that lies.

# %% [markdown] lang="zh"
# ## 4 梯度检验
#
# 凡是出现导数的地方，本课程都不要求你直接相信，而是拿这个导数与下式比较：
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}.$$
#
# 取 $f(x) = x^3$，右边恰好等于 $3x^2 + h^2$：在 $x = 1$ 处取 $h = 0.1$，得到 3.01 而不是 3；**步长** $h$ 缩到十分之一，误差就缩到百分之一。第 1 课对整个网络作这种检验，还会给你看一个会骗人的检验。


# %%
def central_difference(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


for h in (0.1, 0.01, 0.001):
    error = central_difference(lambda x: x**3, 1.0, h) - 3.0
    print(f"h = {h:<6} error {error:.1e}")
    assert abs(error - h**2) < 1e-10, "the error of the central difference of x^3 is h^2"

# %% [markdown] lang="en"
# **Reading the table**: on the left the step, on the right how far the quotient is from 3.

# %% [markdown] lang="zh"
# **读表**：左边是步长 h，右边是差商与 3 之差（error，误差）。

# %% [markdown] lang="en"
# ## 5 Where the guide differs
#
# Its statements are numbered: A5 is "the English of the term is *Big Language Model*"; it is *large language model*. A4 is
# "this text has eight main parts"; ten sections are numbered, and the overview leaves out two of them. Where a statement can be tested by number a test computes what the guide says
# and what is right, and where there is no test the list says why. The page `lessons/errata.md` lists them all. These are the verdicts so far, for its sections 1 to 4 and for parts of section 5:

# %% [markdown] lang="zh"
# ## 5 与指南不同之处
#
# 指南的各条说法都有编号。例如 A5 是“大语言模型的英文为 Big Language Model”，通行的名称是 large language model；A4 是“全文分为八个主要部分”，而编了号的有十节，概述漏掉了其中两节。能用数字检验的，由测试把指南的说法和正确的说法都算出来；没有测试的，清单里写明了原因。完整的清单见 `lessons/zh/errata.md`。下面是目前对第 1 至 4 节和第 5 节部分内容的判断：

# %%
errata = read_errata()
for verdict, words in PAGE["verdicts"].items():
    print(f"{sum(row.verdict == verdict for row in errata):3d}  {words['en']}")
print(f"{len(errata):3d}  in all, {sum(not row.why for row in errata)} of them behind a test")
listed = {row.number for row in errata}
assert {"A1", "A2", "A4", "A5"} <= listed, "the statements of this lesson are in the list"
(parts,) = (row for row in errata if row.number == "A4")
agree = "eight main parts" in parts.states["en"] and "Ten sections" in parts.correct["en"]
assert agree, "the list says of A4 what the text says"

# %% [markdown] lang="en"
# **Reading the table**: how many statements got which verdict. *Imprecise* is what is right in part, an *omission* what is missing
# beside a statement that is right, *no content* words that say nothing about the subject.

# %% [markdown] lang="zh"
# **读表**：左列是条数，右列是判断，依次为{verdict.words}；末行是总条数，以及其中有测试的条数。“不准确”是只对了一部分，“遗漏”是说法没有错而漏掉了什么，“与内容无关”是没有说到主题。

# %% [markdown] lang="en"
# ## 6 Experiment
#
# Why several seeds? Take two methods that are *equally good*: each gets every one of 200 test sentences right with probability 0.80.
# We compare them 10,000 times, with 1, 2, 3, 5 or 10 seeds each time, and count the *false alarms*: how often somebody announces a difference that does not exist.
# One reader announces it when the means differ by more than 0.03; another only when the 95 % interval of the
# differences, seed by seed, leaves out zero.
#
# Whoever announces nothing raises no false alarm, so we also count what is found. In a second round the first method is *really better*: it has 0.83
# against 0.80. How often does each reader say so?

# %% [markdown] lang="zh"
# ## 6 实验
#
# 为什么要用好几个种子？取两个**同样好**的方法：200 个测试句，每句判对的概率都是 0.80。把它们比较 10,000 次，每次分别用 1、2、3、5、10 个种子，数一数**误报**：有多少次会有人认为有差别，而差别并不存在。一位读者的判据是：均值相差超过 0.03，就认为有差别；另一位要等到逐个种子之差的 95% 区间不包含零，才认为有差别。
#
# 什么都不报的人自然没有误报，所以还要看：真有差别时，**查出**了多少次。第二轮里第一个方法**确实更好**：0.83 对 0.80。两位读者各有多少次看得出来？


# %%
def announced(better, n, rng, trials=10_000, sentences=200):
    first, second = (rng.binomial(sentences, p, (n, trials)) / sentences for p in (better, 0.80))
    difference = first - second  # (n, trials), one for each seed
    mean = difference.mean(axis=0)  # (trials,)
    away = np.abs(mean) if better == 0.80 else mean  # a false alarm goes either way
    half = mean_and_interval(difference)[1] if n > 1 else np.inf  # one number has no spread
    return (away > 0.03 + 1e-9).mean(), (away > half).mean(), mean.std()


seeds = [1, 2, 3, 5, 10]
alarms, found = (  # (3, seeds) each: by difference, by interval, standard deviation
    np.array([announced(better, n, np.random.default_rng(0)) for n in seeds]).T
    for better in (0.80, 0.83)
)
print("seeds                             ", *(f"{n:6d}" for n in seeds))
for name, shares in (("equally good", alarms), ("really better", found)):
    print(f"{name:<14} over 0.03          ", *(f"{x:6.3f}" for x in shares[0]))
    print(f"{name:<14} interval without 0 ", *(f"{x:6.3f}" for x in shares[1]))
print("equally good   sd of the mean     ", *(f"{x:6.3f}" for x in alarms[2]))

# %% [markdown] lang="en"
# **Reading the table**: a column for each number of seeds; in the rows the share of the comparisons in which the first reader
# ("over 0.03") or the second one ("interval without 0") announces that there is a difference, or that the better method is better. A single seed has no
# interval, so the second reader never speaks. The last row is the standard deviation of the mean difference.

# %% [markdown] lang="zh"
# **读表**：每列对应一个种子数。前两行（equally good，同样好）是误报的比例，后两行（really better，确实更好）是查出的比例；over 0.03 是第一位读者，interval without 0 是第二位。只有一个种子时没有区间，第二位读者不作判断。末行是差值均值的标准差。

# %%
expected = np.sqrt(2 * 0.8 * 0.2 / 200 / np.array(seeds))  # of the mean of n differences
stated("ALARMS_1", alarms[0, 0], 0.42, 0.02, "false alarms of the first reader, one seed")
stated("ALARMS_10", alarms[0, -1], 0.02, 0.01, "false alarms of the first reader, ten seeds")
for share in alarms[1, 1:]:
    stated("ALARMS", share, 0.05, 0.01, "false alarms of the interval, from two seeds on")
for share in found[0]:
    stated("OVER", share, 0.48, 0.03, "what the first reader finds, however many seeds")
stated("FOUND_2", found[1, 1], 0.08, 0.02, "what the interval finds with two seeds")
stated("FOUND_3", found[1, 2], 0.13, 0.02, "what the interval finds with three seeds")
stated("FOUND_10", found[1, -1], 0.59, 0.02, "what the interval finds with ten seeds")
assert np.allclose(alarms[2], expected, rtol=0.05), "the spread falls with the root of n"

# %%
figure, both = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True)
titles = ("equally good: false alarms", "really better by 0.03: found")
for axes, title, shares in zip(both, titles, (alarms, found), strict=True):
    axes.plot(seeds, shares[0], "o-", color="black", label="means differ by more than 0.03")
    axes.plot(seeds[1:], shares[1, 1:], "s--", color="#b2182b", label="95 % interval leaves out 0")
    axes.set(title=title, xlabel="seeds", xticks=seeds, ylim=(0, 0.65))
both[0].axhline(0.05, color="gray", lw=0.8)
both[0].set_ylabel("share of comparisons")
both[0].legend(loc="upper right")
plotted = {"seeds": seeds}
for name, shares in (("alarms", alarms), ("found", found)):
    plotted |= {f"{name}_by_difference": shares[0], f"{name}_by_interval": shares[1, 1:]}
savefig(figure, "00_seeds", plotted)

# %% [markdown] lang="en"
# **What you saw.** *False alarms.* With a single seed the first reader announces a difference between two equal methods in {here.ALARMS_1:.0%} of the
# comparisons; the spread falls with the root of the number of seeds, and with ten seeds it still happens in {here.ALARMS_10:.0%}. The interval is wrong in about
# {here.ALARMS:.0%}, for any number of seeds from two on: that is what 95 % means.
#
# *Misses.* This has its price. Where the first method is really better by 0.03, the interval says so in {here.FOUND_2:.0%} of the comparisons with two seeds, in
# {here.FOUND_3:.0%} with three, in {here.FOUND_10:.0%} with ten. The first reader finds about half of them with any number of seeds, since 0.03 is exactly
# the true difference. So an interval that contains zero does **not** say that there is no difference. It says: with so few seeds a difference of
# this size cannot be told from chance. Read how *wide* it is, as with the three runs of section 2, whose interval of $\pm {here.HALF}$ excludes almost nothing. This course says "no effect" only where the interval is narrow.
#
# **What it does not show.** Here every seed is an independent draw. In the lessons seeds share a test set and a grammar, so an
# interval says how far the *seeds* scatter, and nothing about another data set. Nor does it help whoever tries twenty remedies and reports the one that won.

# %% [markdown] lang="zh"
# **看到了什么**　**误报**：只用一个种子时，在 {here.ALARMS_1:.0%} 的比较里，第一位读者会认为两个同样好的方法有差别。差值的离散程度与种子数的平方根成反比；用到十个种子，仍有 {here.ALARMS_10:.0%} 的误报。用区间来判断，无论几个种子（至少两个），误报都在 {here.ALARMS:.0%} 左右：95% 就是这个意思。
#
# **漏报**：这是有代价的。第一个方法确实好 0.03 时，用区间来判断，两个种子只查出 {here.FOUND_2:.0%}，三个种子 {here.FOUND_3:.0%}，十个种子 {here.FOUND_10:.0%}。第一位读者不管用几个种子，都查出一半左右，因为他的判据 0.03 恰好就是真正的差值。所以，区间包含零**并不**说明没有差别，只说明凭这么几个种子，还不能把这样大的差别与偶然波动区分开。还要看区间有多**宽**：第 2 节那三次运行的区间是 $\pm {here.HALF}$，几乎什么都排除不了。本课程只在区间很窄的地方才说“没有作用”。
#
# **不能由此得出的**　这里每个种子都是独立的一次抽样。而在后面各课里，各个种子共用同一个测试集、同一套文法（生成句子的规则），所以区间说的是**种子**之间有多分散，并不涉及别的数据。倘若有人试了二十种办法，只报告胜出的那一种，他的区间也就不再有 95% 的把握。

# %% [markdown] lang="en"
# ## 7 Summary and limits
#
# * The question at the start: to find out whether something works, run it with and without, with several seeds, and look at the interval of the
#   differences, at its place *and* its width.
# * Guide, lesson, source, test: the table of section 1 leads from each to the others. Of the two problems of the title, mismatched generalisation is taken up
#   in lesson 14 and in case study c1; conflicting objectives have no lesson yet.
# * What the guide says, by hand, formula and code, gradient check, where the guide differs, experiment, summary and limits, exercises, further reading: these
#   nine sections, in this order, in every lesson.
# * Numbers in the prose come from stored results of experiments, or are compared in a cell, within a tolerance. If an `assert` fails on your machine, that is a fault of ours.
# * The models are small and most texts come from grammars that we wrote. They show *how* something works or fails, not how well a large model does it.

# %% [markdown] lang="zh"
# ## 7 小结与局限
#
# * 回到开头的问题：要知道一个办法是否有效，就用它做一遍、不用它做一遍，各跑几个种子，再看差值的区间，既看它在哪里，**也**看它有多宽。
# * 指南、课、源代码、测试：从其中任何一个出发，都可以顺着第 1 节的表找到其余三个。标题里的两个问题，泛化不匹配在第 14 课和案例 c1 中还会讲到；冲突目标目前还没有对应的课。
# * 每一课都分九节，次序不变：指南的说法、手算、公式与代码、梯度检验、与指南不同之处、实验、小结与局限、练习、延伸阅读。
# * 正文里的数字，或取自存好的实验结果，或在单元格里用带容差的 `assert` 核对。如果哪个 `assert` 在你的机器上失败了，那是我们的错。
# * 模型很小，文本大多出自我们自己写的文法。这样的实验说明一种办法**怎样**起作用、怎样失灵，并不说明大模型做得有多好。

# %% [markdown] lang="en"
# ## 8 Exercises
#
# Replace `...` and run the cell below it. `check` tries your function on many inputs, the same in every run. If it is right, you see ✓. If not,
# you see the property that fails, the smallest input on which it fails, and what your function gave there; never the way to write it. A cell
# that you have not answered stops nothing. Answer one wrongly on purpose and see. If your function never comes to an end, and its cell goes on showing `[*]`, choose
# *Kernel > Interrupt* in the menu, mend the function and run both cells again.
#
# An answer must hold for every input, not only for the example in the text. It leaves its arguments as they are, returns the same whenever it is called with the same
# arguments, and is your own work: Python and NumPy are allowed, functions of `minillm` are not, unless the task names them.
#
# **00.1 Relative error.** Most comparisons in this course are relative: 0.001 is nothing beside 1000 and everything beside 0.0001. For two arrays of equal
# shape write the largest absolute difference, divided by the largest absolute value in either of them; 0 if all is zero.

# %% [markdown] lang="zh"
# ## 8 练习
#
# 把 `...` 换成你的代码，再运行下面的检查单元格。`check` 用许多输入试验你的函数，每次运行都一样。答对了，显示 ✓；答错了，显示不成立的性质、使它不成立的最小输入，以及你的函数在那里给出的结果，但不会给出写法。没有作答的单元格不影响后面的运行。不妨先故意答错一次看看。如果你的函数停不下来，单元格左边一直显示 `[*]`，就在菜单里选**内核 > 中断**（Kernel > Interrupt），改好函数，再把两个单元格都运行一遍。
#
# 答案要对一切输入都成立，不能只对正文里的例子成立；不得改动传入的参数；用同样的参数再调用一次，结果必须一样；而且要自己写：可以用 Python 和 NumPy，不能调用 `minillm` 的函数，除非题目点名允许。
#
# **00.1 相对误差**　本课程里的比较大多是相对的：0.001 在 1000 旁边微不足道，在 0.0001 旁边却大得很。给定形状相同的两个数组，请求出差的最大绝对值，再除以两个数组中最大的绝对值；全为零时得 0。


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
# **00.2 形状**　错误大多出在形状上，而形状不用计算机也能推出来。请写 `product_shape(a, b)`：给定两个形状（各至少两个轴），返回 `A @ B` 的形状；如果不能相乘，返回 `None`。最后两个轴按矩阵相乘；前面的轴必须两边相等，或有一边为 1，或有一边没有。


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
# **00.3 Is it better?** Two methods were run with the same seeds. Given both lists of accuracies (Python lists, two or more in each) and the value of $t$ that the table gives for their number and the
# confidence that is wanted, return `"first"`, `"second"` or `"open"`: which one is better (a higher accuracy is better), judged by the interval of the differences seed by seed. Where zero
# lies in the interval, or on its end, the answer is `"open"`. You may use `interval` of section 3.

# %% [markdown] lang="zh"
# **00.3 谁更好**　两个方法用同一组种子各跑了一遍。给定两列准确率（Python 列表，各至少两个，越高越好），以及 $t$ 值（由种子数和所要求的置信水平查表得来），按逐个种子之差的区间判断谁更好，返回 `"first"`、`"second"` 或 `"open"`（尚无定论）。零在区间内或恰在端点上时，返回 `"open"`。可以使用第 3 节的 `interval`。


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
# * Bouthillier 等，2021，“Accounting for Variance in Machine Learning Benchmarks”：应让哪些随机因素变化，要跑多少次才够。
# * 本项目：`README.md`、`lessons/zh/syllabus.md`、`lessons/zh/errata.md`、`lessons/glossary.md`、`lessons/zh/reading.md`。
